"""The command as a process: exit codes, streams that are closed, interruptions, and terminals."""

from __future__ import annotations

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
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

ROOT: Final = Path(__file__).parents[3]
COMMAND: Final = (sys.executable, "-W", "error", "-c", "from callcontrol.command import main; main()")


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}


def ran(*arguments: str) -> Ran:
    done = subprocess.run([*COMMAND, *arguments], env=environment(), capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def on_a_terminal(*arguments: str, width: int = 120, **variables: str) -> Ran:
    """What a command writes to a terminal, on which it has all its streams."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, width))
    process = subprocess.Popen([*COMMAND, *arguments], env=environment() | variables, stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = bytearray()
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # as the end of a terminal is told on Linux
        pass
    os.close(ours)
    return Ran(process.wait(timeout=60), shown.decode(), "")


def test_exit_codes(voice: Emulator, new_call: Callable[..., str]) -> None:
    """The codes reach the shell."""
    call_id = new_call()
    assert ran("get", call_id).code == 0
    assert ran("get", CALL_ID).code == 3
    assert ran("get").code == 2
    assert ran("--client-secret", "wrong", "get", call_id).code == 1


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("COMMAND list | true; exit ${PIPESTATUS[0]}", 2, ""),
        ("COMMAND list > /dev/full", 2, "callcontrol: cannot write to stdout: No space left on device\n"),
        ("COMMAND list >&-", 0, ""),
        ("COMMAND list 2>&-", 0, ""),
        ("COMMAND get nothing 2>&-", 3, ""),
        ("COMMAND bxml nothing <&-", 2, "callcontrol: -: stdin is closed\n"),
        ("COMMAND bxml --from-file - x <&-", 2, "callcontrol: -: standard input is closed\n"),
    ],
)
def test_odd_streams(voice: Emulator, new_call: Callable[..., str], shell: str, code: int, said: str) -> None:
    """Closed streams, pipes and full disks bring no traceback."""
    new_call()
    script = f"{sys.executable} -c 'import time; from callcontrol.command import main; time.sleep(0.2); main()'"
    shell = shell.replace("COMMAND", script)
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


def test_what_is_done_is_done(voice: Emulator) -> None:
    """A call that was created is no failure where its id cannot be written: who repeats failures would have two."""
    shell = f"{sys.executable} -c 'from callcontrol.command import main; main()' {' '.join(CREATE)} > /dev/full"
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    (call,) = voice._calls.by_id
    assert done.returncode == 0
    assert done.stderr.startswith("callcontrol: it is done, but could not be written: {")
    assert call in done.stderr


COLOUR: Final = "\x1b["


class TestTerminals:
    """People see tables."""

    def test_a_list(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A list is a table with a line for each call."""
        ids = [new_call() for _ in range(3)]
        voice.disconnect(ids[0])
        code, shown, _ = on_a_terminal("list", NO_COLOR="1", width=160)
        head, *lines = shown.splitlines()
        assert code == 0
        assert head.split() == ["callId", "state", "from", "to", "startTime", "disconnectCause"]
        assert [line.split()[0] for line in lines] == ids
        assert lines[0].split()[1:4] == ["disconnected", NEW_CALL["from_"], NEW_CALL["to"]]
        assert COLOUR not in shown

    def test_ids_are_whole(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """However narrow the terminal is, an id can be copied."""
        call_id = new_call()
        assert call_id in on_a_terminal("list", width=20).out

    def test_a_call(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call is a table with a line for each member that has a value."""
        call_id = new_call()
        code, shown, _ = on_a_terminal("get", call_id, NO_COLOR="1")
        members = dict(line.split() for line in shown.splitlines())
        assert code == 0
        assert members["callId"] == call_id
        assert members["state"] == "answered"
        assert "disconnectCause" not in members
        assert COLOUR not in shown

    def test_colours(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """There are colours, unless NO_COLOR is set."""
        call_id = new_call()
        assert f"{COLOUR}32manswered" in on_a_terminal("get", call_id).out
        assert f"{COLOUR}32manswered" in on_a_terminal("list").out
        assert COLOUR not in on_a_terminal("get", call_id, NO_COLOR="1").out

    def test_json(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--json`` is JSON on a terminal as well."""
        call_id = new_call()
        assert Ran(*on_a_terminal("get", call_id, "--json")).records[0]["callId"] == call_id
        assert Ran(*on_a_terminal("list", "--json")).records[0]["callId"] == call_id

    @pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["get", "ID"], ["get", "ID", "--json"]])
    def test_nothing_moves_the_terminal(self, voice: Emulator, new_call: Callable[..., str], arguments: list[str]) -> None:
        """What the API sends may hold anything: control characters and markup are shown, and not followed."""
        call_id = new_call(from_="+19195550100")
        voice.call(call_id).from_ = "[red]\x1b]0;gone\x07\x9b2J\x7f[/red]"
        code, shown, _ = on_a_terminal(*(call_id if each == "ID" else each for each in arguments), NO_COLOR="1", width=160)
        assert code == 0
        assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
        assert "[red]" in shown


class Slow(Emulator):
    """Takes its time for each interruption."""

    seconds = 0.1

    def handle(self, request: Request) -> Reply:
        if request.method == "PUT":
            time.sleep(self.seconds)
        return super().handle(request)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """An API that is slow, and an environment that leads to it; twenty calls, of which ``ids.txt`` has a list."""
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


def test_an_interruption_loses_nothing(slow: Slow) -> None:
    """Ctrl-C in the middle of many calls ends with 130 and says how to go on; so done, each call has the document once."""
    process = subprocess.Popen([*COMMAND, *BULK], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kept = Path("ledger.jsonl")
    while process.poll() is None and (not kept.exists() or kept.read_text(encoding="utf-8").count("\n") < 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "callcontrol: interrupted; the same command goes on where it stopped, by ledger.jsonl"
    begun = len(kept.read_text(encoding="utf-8").splitlines())
    assert 3 <= begun < 20
    again = ran(*BULK)
    assert (again.code, again.records[0]["delivered"], again.records[0]["skipped"]) == (0, 20 - begun, begun)
    assert [len(record.documents) for record in slow._calls.by_id.values()] == [1] * 20


def test_the_bar(slow: Slow) -> None:
    """Who waits on a terminal sees how far it has come, and the counts at the end."""
    code, shown, _ = on_a_terminal(*BULK)
    assert code == 0
    assert "interrupting" in shown
    assert re.search(r"delivered\S* +\S*20", shown)


def test_no_bar_without_a_terminal(slow: Slow) -> None:
    """A log has no bar."""
    assert ran(*BULK).err == "callcontrol: 20 calls; the outcome for each is kept in ledger.jsonl\n"


def test_a_question_on_a_terminal(slow: Slow) -> None:
    """``--all-active`` asks where somebody can answer; who interrupts the question has sent nothing."""
    ours, its = pty.openpty()
    arguments = [*COMMAND, "bxml", "--all-active", "notice.bxml"]
    process = subprocess.Popen(arguments, env=environment(), stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = bytearray()
    while b"go on? [y/N]: " not in shown:
        shown += os.read(ours, 4096)
    time.sleep(0.5)  # for a signal that comes just before the answer is waited for is seen only after it
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    os.close(ours)
    assert not any(record.documents for record in slow._calls.by_id.values())
