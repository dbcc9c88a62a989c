"""Selecting calls, and the question that is asked before they are changed. The command runs in a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import DOCUMENT, Ran
from tests.callcontrol.command.test_process import COMMAND, environment, on_a_terminal, ran
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID

URL = "https://app.example/menu"


@pytest.fixture
def ids(new_call: Callable[..., str]) -> list[str]:
    """Create four answered calls, and write a document and the ids to files."""
    ids = [new_call(to=f"+1212555012{number}") for number in range(4)]
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    Path("ids.txt").write_text("\n".join(ids), encoding="utf-8")
    return ids


def answering(answer: str, *arguments: str) -> Ran:
    """Run a command on a terminal, and type an answer when it asks."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 160))
    process = subprocess.Popen([*COMMAND, *arguments], env=environment(), stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = bytearray()
    try:
        while part := os.read(ours, 4096):
            shown += part
            if b"Continue? [y/N]: " in shown and answer:
                os.write(ours, answer.encode())
                answer = ""
    except OSError:  # Linux raises this error when the terminal is closed
        pass
    os.close(ours)
    return Ran(process.wait(timeout=60), shown.decode().replace("\r\n", "\n"), "")


def test_several_ids(voice: Emulator, ids: list[str]) -> None:
    """``bxml``, ``redirect``, ``get`` and ``hangup`` accept several ids."""
    assert ran("bxml", *ids[:2], "notice.bxml").records[0]["delivered"] == 2
    assert ran("redirect", *ids[:2], URL).records[0]["delivered"] == 2
    assert [voice.call(call_id).redirects for call_id in ids] == [[URL], [URL], [], []]
    assert [each["state"] for each in ran("get", *ids).records] == ["answered"] * 4
    ended = ran("hangup", ids[0], CALL_ID, ids[1])
    assert (ended.code, ended.records[0]["delivered"], ended.records[0]["gone"]) == (1, 2, 1)


def test_filters_of_all_active(voice: Emulator, ids: list[str]) -> None:
    """``--all-active`` selects the calls that match all filters, with relative and absolute times."""
    found = ran("hangup", "--all-active", "--yes", "--to", "+12125550122", "--since", "10m", "--until", "2100-01-01")
    assert found.records[0]["delivered"] == 1
    assert voice.call(ids[2]).state == "disconnected"
    assert [each["callId"] for each in ran("list", "--since", "yesterday", "--state", "answered").records] == [
        *ids[:2],
        ids[3],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--state", "ringing"], "did you mean initiated?"),
        (["list", "--to", "12125550130"], 'did you mean "+12125550130"?'),
        (["list", "--disconnect-cause", "bussy"], "did you mean busy?"),
        (["list", "--since", "10"], "expected a duration before now such as 10m, 2h or 3d"),
        (["hangup", "--to", "+12125550123", CALL_ID], "--to requires --all-active"),
        (["bxml", "--tag", "night", "--all-active"], "the API does not return the tags of calls"),
    ],
)
def test_values_are_checked(voice: Emulator, arguments: list[str], said: str) -> None:
    """An invalid value is reported before anything is sent."""
    code, out, err = ran(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert not voice.exchanges


def test_list_without_result(voice: Emulator, ids: list[str]) -> None:
    """A list without calls says so on stderr, and the exit code is 0."""
    sentence = "callcontrol: no call matches --until; the API lists the calls of the last seven days\n"
    assert ran("list", "--until", "1h") == (0, "", sentence)


@pytest.mark.parametrize(("answer", "code"), [("n\r", 1), ("y\r", 0)])
def test_question(voice: Emulator, ids: list[str], answer: str, code: int) -> None:
    """The question names the account, the host, the document and the number of calls. It shows three calls."""
    shown = answering(answer, "bxml", "--all-active", "notice.bxml")
    for expected in (
        f"account:  {ACCOUNT} at 127.0.0.1:",
        'document: "We close."\n',
        "and 1 more\n",
        "4 calls will be interrupted",
    ):
        assert expected in shown.out
    assert [call_id in shown.out for call_id in ids] == [True, True, True, False]
    assert (shown.code, "writing the outcome of each to" in shown.out) == (code, code == 0)
    assert [voice.call(call_id).documents for call_id in ids] == [[] if code else [DOCUMENT]] * 4


def test_nothing_is_promised_without_calls(voice: Emulator) -> None:
    """If no call is active, no ledger is announced or written."""
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    code, out, err = ran("bxml", "--all-active", "--yes", "notice.bxml")
    assert (code, '"ledger": null' in out) == (0, True)
    assert err == "callcontrol: no answered call found; the API lists the calls of the last seven days\n"
    assert [*Path().iterdir()] == [Path("notice.bxml")]


def test_dry_run(voice: Emulator, ids: list[str]) -> None:
    """``--dry-run`` prints the number of calls and their ids, and changes nothing."""
    (record,) = ran("bxml", "--all-active", "--dry-run", "notice.bxml").records
    assert (record["calls"], record["callIds"]) == (4, ids)
    code, shown, _ = on_a_terminal("redirect", "--from-file", "ids.txt", URL, "--dry-run")
    assert (code, "4 calls would get such a request:" in shown) == (0, True)
    assert all(f"  {call_id}" in shown for call_id in ids)
    assert not any(voice.call(call_id).documents or voice.call(call_id).redirects for call_id in ids)


def test_closed_pipe_does_not_stop_the_changes(voice: Emulator, ids: list[str]) -> None:
    """If the program that reads the tally ends early, all calls are still changed, and the tally is printed to stderr."""
    script = f"{COMMAND[0]} -c 'from callcontrol.command import main; import time; time.sleep(0.2); main()'"
    shell = f"{script} hangup {' '.join(ids)} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert '"delivered": 4' in done.stderr
    assert [voice.call(call_id).state for call_id in ids] == ["disconnected"] * 4
