"""The command as a process: exit codes, closed streams, signals and terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from callcontrol import Client
from callcontrol.emulator import Emulator
from callcontrol.http_messages import Reply, Request
from tests.callcontrol.command.conftest import CREATE, DOCUMENT, Ran
from tests.callcontrol.ledger_files import outcomes
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

ROOT: Final = Path(__file__).parents[3]
COMMAND: Final = (sys.executable, "-W", "error", "-c", "from callcontrol.command import main; main()")


def environment() -> dict[str, str]:
    """Return the environment of a command, without variables that would replace the size of its terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}


def ran(*arguments: str) -> Ran:
    done = subprocess.run([*COMMAND, *arguments], env=environment(), capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def on_a_terminal(*arguments: str, width: int = 120, **variables: str) -> Ran:
    """Run a command with all streams on a terminal, and return its exit code and output."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, width))
    process = subprocess.Popen([*COMMAND, *arguments], env=environment() | variables, stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = bytearray()
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # Linux raises this error when the terminal is closed
        pass
    os.close(ours)
    return Ran(process.wait(timeout=60), shown.decode(), "")


def test_exit_codes_reach_the_shell(voice: Emulator, new_call: Callable[..., str]) -> None:
    """The process ends with the documented exit codes."""
    call_id = new_call()
    assert ran("get", call_id).code == 0
    assert ran("get", CALL_ID).code == 3
    assert ran("get").code == 2
    assert ran("--client-secret", "wrong", "get", call_id).code == 1


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("COMMAND list | true; exit ${PIPESTATUS[0]}", 141, ""),
        ("COMMAND list > /dev/full", 2, "callcontrol: cannot write to stdout: No space left on device\n"),
        ("COMMAND list >&-", 0, ""),
        ("COMMAND list 2>&-", 0, ""),
        ("COMMAND get nothing 2>&-", 3, ""),
        ("COMMAND bxml nothing <&-", 2, "callcontrol: -: stdin is closed\n"),
        ("COMMAND bxml --from-file - x <&-", 2, "callcontrol: -: standard input is closed\n"),
    ],
)
def test_closed_streams_print_no_traceback(
    voice: Emulator, new_call: Callable[..., str], shell: str, code: int, said: str
) -> None:
    """Closed streams, closed pipes and full disks end the command without a traceback."""
    new_call()
    script = f"{sys.executable} -c 'import time; from callcontrol.command import main; time.sleep(0.2); main()'"
    shell = shell.replace("COMMAND", script)
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, Ran(code, "", done.stderr).err) == (code, said)


def test_created_call_is_a_success_even_if_it_cannot_be_printed(voice: Emulator) -> None:
    """If stdout is full, the new call is printed to stderr with exit code 0, so that a script does not create a second call."""
    shell = f"{sys.executable} -c 'from callcontrol.command import main; main()' {' '.join(CREATE)} > /dev/full"
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    (call,) = voice._calls.by_id
    assert done.returncode == 0
    assert Ran(0, "", done.stderr).err.startswith("callcontrol: done, but the result could not be written to stdout: {")
    assert call in done.stderr


COLOUR: Final = "\x1b["


class TestTerminals:
    """Output on a terminal."""

    def test_list_is_a_table(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A list is printed as a table with a line for each call."""
        ids = [new_call() for _ in range(3)]
        voice.disconnect(ids[0])
        code, shown, _ = on_a_terminal("list", NO_COLOR="1", width=160)
        head, *lines = shown.splitlines()
        assert code == 0
        assert head.split() == ["callId", "state", "from", "to", "startTime", "disconnectCause"]
        assert [line.split()[0] for line in lines] == ids
        assert lines[0].split()[1:4] == ["disconnected", NEW_CALL["from_"], NEW_CALL["to"]]
        assert COLOUR not in shown

    def test_ids_are_not_split(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Ids stay in one piece on a narrow terminal, so that they can be copied."""
        call_id = new_call()
        assert call_id in on_a_terminal("list", width=20).out

    def test_call_is_a_table(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call is printed as a table with a line for each member that has a value."""
        call_id = new_call()
        code, shown, _ = on_a_terminal("get", call_id, NO_COLOR="1")
        members = dict(line.split() for line in shown.splitlines())
        assert code == 0
        assert members["callId"] == call_id
        assert members["state"] == "answered"
        assert "disconnectCause" not in members
        assert COLOUR not in shown

    def test_no_color_removes_colours(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Output has colors unless ``NO_COLOR`` is set."""
        call_id = new_call()
        assert f"{COLOUR}32manswered" in on_a_terminal("get", call_id).out
        assert f"{COLOUR}32manswered" in on_a_terminal("list").out
        assert COLOUR not in on_a_terminal("get", call_id, NO_COLOR="1").out

    def test_json_option_prints_json(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--json`` prints JSON even on a terminal."""
        call_id = new_call()
        assert Ran(*on_a_terminal("get", call_id, "--json")).records[0]["callId"] == call_id
        assert Ran(*on_a_terminal("list", "--json")).records[0]["callId"] == call_id

    @pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["get", "ID"], ["get", "ID", "--json"]])
    def test_control_characters_are_escaped(self, voice: Emulator, new_call: Callable[..., str], arguments: list[str]) -> None:
        """Control characters and markup in API responses are printed as text."""
        call_id = new_call(from_="+19195550100")
        voice.call(call_id).from_ = "[red]\x1b]0;gone\x07\x9b2J\x7f[/red]"
        code, shown, _ = on_a_terminal(*(call_id if each == "ID" else each for each in arguments), NO_COLOR="1", width=160)
        assert code == 0
        assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
        assert "[red]" in shown


class Slow(Emulator):
    """An emulator that delays each interruption."""

    seconds = 0.1

    def handle(self, request: Request) -> Reply:
        if request.method == "PUT":
            time.sleep(self.seconds)
        return super().handle(request)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Start a slow emulator, set environment variables for it, and write the ids of twenty calls to ``ids.txt``."""
    with Slow() as voice:
        variables = {"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "secret", "BW_VOICE_URL": voice.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with Client.from_env() as client:
            ids = [client.create_call(**NEW_CALL).call_id for _ in range(20)]
        Path("ids.txt").write_text("\n".join(ids), encoding="utf-8")
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        yield voice


BULK: Final = ("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "ledger.jsonl", "--workers", "1")


def test_interrupted_run_resumes(slow: Slow) -> None:
    """After Ctrl-C, the same command resumes the run, and each call gets the document once."""
    process = subprocess.Popen([*COMMAND, *BULK], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kept = Path("ledger.jsonl")
    while process.poll() is None and (not kept.exists() or kept.read_text(encoding="utf-8").count("\n") < 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    begun = len(outcomes(kept))
    assert process.returncode == 130
    assert (json.loads(out)["delivered"], json.loads(out)["left"]) == (begun, 20 - begun)
    resume = "run the same command again to resume from ledger.jsonl"
    assert err.splitlines()[-1] == f"callcontrol: interrupted; {20 - begun} calls left; {resume}"
    assert 1 <= begun < 20
    again = ran(*BULK)
    assert (again.code, again.records[0]["delivered"], again.records[0]["skipped"]) == (0, 20 - begun, begun)
    assert [len(record.documents) for record in slow._calls.by_id.values()] == [1] * 20


def test_progress_bar_on_a_terminal(slow: Slow) -> None:
    """A terminal shows a progress bar, and the counts at the end."""
    code, shown, _ = on_a_terminal(*BULK)
    assert code == 0
    assert re.search(r"of 20 calls: \d+ delivered; ", shown)
    assert re.search(r"delivered\s*\S* +\S*20", shown)


def test_no_progress_bar_without_a_terminal(slow: Slow) -> None:
    """If stderr is not a terminal, no progress bar is printed."""
    assert ran(*BULK).err == "callcontrol: 20 calls; writing the outcome of each to ledger.jsonl\n"


def test_interrupted_confirmation_sends_nothing(slow: Slow) -> None:
    """``--all-active`` asks for confirmation on a terminal; if Ctrl-C is pressed then, nothing is sent."""
    ours, its = pty.openpty()
    arguments = [*COMMAND, "bxml", "--all-active", "notice.bxml"]
    process = subprocess.Popen(arguments, env=environment(), stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = bytearray()
    while b"Continue? [y/N]: " not in shown:
        shown += os.read(ours, 4096)
    time.sleep(0.5)  # a signal that arrives just before input() begins is handled only after input() returns
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    os.close(ours)
    assert not any(record.documents for record in slow._calls.by_id.values())
