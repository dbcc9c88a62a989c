"""A run over many calls: signals and kills at any moment, the ledger that remains, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from callcontrol import Client, Tally
from callcontrol.command.bulk_run import AnnouncedLedger
from callcontrol.command.ledger_names import default_ledger
from callcontrol.emulator import Emulator
from callcontrol.errors import InvalidRequest
from callcontrol.file_ledger import read_ledger, write_ledger
from callcontrol.ledger import LedgerEntry, LedgerKey, digest
from tests.callcontrol import interruption_server
from tests.callcontrol.command.conftest import DOCUMENT, Run
from tests.callcontrol.command.test_process import COMMAND, environment
from tests.callcontrol.ledger_files import KEY, attempted, outcomes

CALLS: Final = [f"c-{number}0-5550100" for number in range(2000)]
"""Calls for which the server has no fault."""

SOON: Final = 30.0
"""Seconds within which an event happens, even on a busy machine."""

BULK: Final = ("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "ledger.jsonl")
LEDGER: Final = Path("ledger.jsonl")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[interruption_server.Crowd]:
    """Start a server that needs five milliseconds for each request, and write the files for a run over 2,000 calls."""
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    Path("ids.txt").write_text("\n".join(CALLS), encoding="utf-8")
    with interruption_server.serving(0.005) as server:
        variables = {"BW_ACCOUNT_ID": "9900123", "BW_USERNAME": "user-7", "BW_PASSWORD": "secret", "BW_VOICE_URL": server.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield server


def started(*arguments: str) -> subprocess.Popen[str]:
    """Start the command with its output on pipes."""
    command = [*COMMAND, *arguments]
    return subprocess.Popen(command, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(server: interruption_server.Crowd, number: int) -> None:
    """Wait until the server has delivered the document to a number of calls."""
    end = time.monotonic() + SOON
    while server.delivered.total() < number and time.monotonic() < end:
        time.sleep(0.005)


ON_ITS_OWN_TERMINAL: Final = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A program that starts a command whose controlling terminal is stdin, so that closing the terminal sends SIGHUP."""


class TestSignals:
    """SIGTERM and SIGHUP end a run like Ctrl-C."""

    @pytest.mark.parametrize(
        ("name", "code", "cause"),
        [("SIGINT", 130, ""), ("SIGTERM", 143, " by SIGTERM"), ("SIGHUP", 129, " by SIGHUP")],
    )
    def test_signal_ends_the_run(self, server: interruption_server.Crowd, name: str, code: int, cause: str) -> None:
        """The requests in progress end and get outcomes, the tally is printed, and the next run interrupts the other calls."""
        process = started(*BULK)
        wait_for(server, 100)
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=SOON)
        delivered = server.delivered.total()
        assert process.returncode == code
        tally = json.loads(out)
        assert (tally["delivered"], tally["unknown"], tally["left"]) == (delivered, 0, 2000 - delivered)
        left = f"{2000 - delivered:,} calls left"
        assert (
            err.splitlines()[-1]
            == f"callcontrol: interrupted{cause}; {left}; run the same command again to resume from {LEDGER}"
        )
        assert outcomes(LEDGER) == dict.fromkeys(attempted(LEDGER), "delivered")
        again = started(*BULK)
        out, _ = again.communicate(timeout=SOON)
        assert (again.returncode, json.loads(out)["skipped"]) == (0, delivered)
        assert server.delivered == dict.fromkeys(CALLS, 1)

    def test_ignored_signal_stays_ignored(self, server: interruption_server.Crowd) -> None:
        """Under ``nohup``, which ignores SIGHUP, the run goes on."""
        command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *COMMAND, *BULK]
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(server, 100)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=SOON)
        assert process.returncode == 0
        assert server.delivered == dict.fromkeys(CALLS, 1)

    def test_closed_terminal_ends_the_run(self, server: interruption_server.Crowd) -> None:
        """If the terminal is closed while it shows the progress, the outcomes of the requests in progress are still written."""
        ours, its = pty.openpty()
        command = [sys.executable, "-c", ON_ITS_OWN_TERMINAL, *COMMAND, *BULK, "--workers", "2"]
        process = subprocess.Popen(command, env=environment(), stdin=its, stdout=its, stderr=its)
        os.close(its)
        shown = b""
        while b" of 2,000 calls" not in shown:  # the progress, which appears after a second
            shown += os.read(ours, 4096)
        os.close(ours)
        process.wait(timeout=SOON)
        assert process.returncode == 129
        assert outcomes(LEDGER) == dict.fromkeys(server.delivered, "delivered")
        assert set(attempted(LEDGER)) == set(server.delivered)

    @pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
    def test_signal_in_this_process(
        self, run: Run, server: interruption_server.Crowd, monkeypatch: pytest.MonkeyPatch, name: str, code: int
    ) -> None:
        """A signal ends the run with its own exit code. Before the ledger is open, the message says that nothing was sent."""

        def end(opens: bool) -> Callable[..., Tally]:  # noqa: FBT001
            def interrupt_many(*_: object, ledger: AnnouncedLedger, **__: object) -> Tally:
                with ledger.open(KEY) if opens else nullcontext():
                    signal.raise_signal(getattr(signal, name))
                return Tally()

            return interrupt_many

        monkeypatch.setattr(Client, "interrupt_many", end(opens=True))
        ran = run(*BULK)
        assert (ran.code, ran.records[0]["left"]) == (code, 2000)
        assert f"interrupted by {name}; 2,000 calls left; run the same command again" in ran.err
        monkeypatch.setattr(Client, "interrupt_many", end(opens=False))
        assert run(*BULK) == (code, "", f"callcontrol: interrupted by {name}; nothing was sent\n")

    def test_active_calls_are_resumed_by_their_ids(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``--all-active`` may select other calls later, so the message names the file with the ids of the run."""

        def interrupt_many(*_: object, ledger: AnnouncedLedger, **__: object) -> Tally:
            with ledger.open(KEY):
                raise KeyboardInterrupt

        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        ids = [new_call(), new_call()]
        with monkeypatch.context() as patched:
            patched.setattr(Client, "interrupt_many", interrupt_many)
            ran = run("bxml", "--all-active", "--yes", "notice.bxml", "--ledger", "night.jsonl")
        again = "use --from-file night.jsonl.ids in place of --all-active to resume from night.jsonl"
        assert ran.err.splitlines()[-1] == f"callcontrol: interrupted; 2 calls left; {again}"
        assert run("bxml", "--from-file", "night.jsonl.ids", "notice.bxml").records[0]["delivered"] == len(ids)

    def test_active_calls_in_a_database_are_resumed_by_the_same_command(
        self, run: Run, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A ledger in a database has no file with the ids, so the message does not name a file."""

        def interrupt_many(*_: object, ledger: AnnouncedLedger, **__: object) -> Tally:
            with ledger.open(KEY):
                raise KeyboardInterrupt

        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        new_call()
        monkeypatch.setattr(Client, "interrupt_many", interrupt_many)
        ran = run("bxml", "--all-active", "--yes", "notice.bxml", "--ledger", "sqlite:///night.db")
        again = "run the same command again to resume from sqlite:///night.db"
        assert ran.err.splitlines()[-1] == f"callcontrol: interrupted; 1 call left; {again}"

    def test_ids_are_added_after_an_incomplete_line(self, run: Run, server: interruption_server.Crowd) -> None:
        """If an earlier run was killed while it wrote the ids, the next id begins on a line of its own."""
        beside = Path(f"{LEDGER}.ids")
        beside.write_text("c-old\nc-kil", encoding="ascii")
        assert run(*BULK).code == 0
        old, killed, *added = beside.read_text(encoding="ascii").splitlines()
        assert (old, killed) == ("c-old", "c-kil")
        assert set(added) == set(server.delivered)

    @pytest.mark.parametrize("content", [None, b"\xff\n"], ids=["a directory", "not ids"])
    def test_unusable_file_of_ids_is_reported(self, run: Run, server: interruption_server.Crowd, content: bytes | None) -> None:
        """If the ids cannot be written beside the ledger, nothing is sent, and the message names the next step."""
        beside = Path(f"{LEDGER}.ids")
        if content is None:
            beside.mkdir()
        else:
            beside.write_bytes(content)
        ran = run(*BULK)
        assert (ran.code, ran.out) == (2, "")
        assert "ledger.jsonl.ids cannot be written: " in ran.err
        assert ran.err.endswith("; use another ledger\n")
        assert not server.delivered

    def test_ignored_signal_in_this_process(
        self, run: Run, server: interruption_server.Crowd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A signal that is ignored before the run is ignored during the run."""

        def interrupt_many(*_: object, **__: object) -> Tally:
            signal.raise_signal(signal.SIGHUP)
            return Tally(delivered=2000)

        monkeypatch.setattr(Client, "interrupt_many", interrupt_many)
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            assert run(*BULK).records[0]["delivered"] == 2000
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_signals_have_their_usual_effect_after_the_run(self, run: Run, server: interruption_server.Crowd) -> None:
        """After the run, the signals have the same handlers as before the run."""
        before = signal.getsignal(signal.SIGTERM)
        assert run(*BULK).code == 0
        assert signal.getsignal(signal.SIGTERM) is before


class TestKills:
    """After SIGKILL at any moment, the ledger has a state for each call that may have received the document."""

    def test_no_call_is_interrupted_twice(self, server: interruption_server.Crowd) -> None:
        """After several kills and resumed runs, no call has received the document twice.

        A call without the document is in doubt.
        """
        kill_and_resume(server, 5, random.Random(20))
        code, tally = finished_run()
        states = Counter(entry.state for entry in read_ledger(LEDGER)[1])
        assert max(server.delivered.values()) == 1
        assert len(server.delivered) + len(missed(server)) == 2000
        assert states["delivered"] + states["in doubt"] == 2000
        assert states["in doubt"] == tally["skipped_unknown"]
        assert code == (1 if states["in doubt"] else 0)

    def test_doubtful_calls_are_repeated_on_demand(self, server: interruption_server.Crowd) -> None:
        """With ``--repeat-unknown``, the run also interrupts the calls that are in doubt."""
        kill_and_resume(server, 1, random.Random(21))
        code, tally = finished_run("--repeat-unknown")
        assert (code, tally["skipped_unknown"]) == (0, 0)
        assert set(server.delivered) == set(CALLS)
        assert set(outcomes(LEDGER).values()) == {"delivered"}


def kill_and_resume(server: interruption_server.Crowd, times: int, moments: random.Random) -> None:
    """Kill the command at random moments and start it again, and check that the ledger contains each call that was reached."""
    for _ in range(times):
        process = started(*BULK)
        wait_for(server, server.delivered.total() + 1)
        time.sleep(moments.uniform(0, 0.3))
        process.kill()
        process.communicate()
        assert set(server.delivered) <= set(attempted(LEDGER))


def finished_run(*options: str) -> tuple[int, dict[str, int]]:
    """Run the command to its end, and return the exit code and the tally."""
    process = started(*BULK, *options)
    out, _ = process.communicate(timeout=SOON)
    return process.returncode, json.loads(out)


def missed(server: interruption_server.Crowd) -> list[str]:
    """Return the ids of the calls that are in doubt and did not receive the document."""
    entries = read_ledger(LEDGER)[1]
    return [entry.call_id for entry in entries if entry.state == "in doubt" and entry.call_id not in server.delivered]


class TestLedger:
    """The ledger of the command: its location, and the errors if it cannot be used."""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [(Path.unlink, "was deleted during the run"), (lambda path: path.write_bytes(b""), "was changed by another program")],
        ids=["deleted", "changed"],
    )
    def test_lost_ledger_ends_the_run(
        self, server: interruption_server.Crowd, change: Callable[[Path], object], reason: str
    ) -> None:
        """If the ledger is deleted or changed during the run, no further call is interrupted, and the tally is printed."""
        process = started(*BULK)
        wait_for(server, 100)
        change(LEDGER)
        out, err = process.communicate(timeout=SOON)
        assert process.returncode == 1
        assert 50 <= json.loads(out)["delivered"] <= server.delivered.total() < 2000
        assert f"the ledger ledger.jsonl {reason}" in err

    def test_ledger_of_another_host_is_rejected(self, run: Run, server: interruption_server.Crowd) -> None:
        """A ledger that belongs to another server, such as an earlier emulator, is rejected, and nothing is sent."""
        Path("ids.txt").write_text("c-1", encoding="utf-8")
        run(*BULK)
        with interruption_server.serving() as other:
            ran = run("--base-url", other.url, *BULK)
            assert (ran.code, ran.out) == (2, "")
            assert "use one ledger for each host" in ran.err
            assert not other.delivered

    def test_default_file_is_in_the_state_directory(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The default file is named after the account, the host and the document, and only the user can list the directory."""
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        path = default_ledger(LedgerKey("9900123", "127.0.0.1:8080", "0a1b2c3d"))
        assert path == str(tmp_path / "callcontrol" / "ledgers" / "9900123_127.0.0.1_8080_0a1b2c3d.jsonl")
        assert Path(path).parent.stat().st_mode & 0o777 == 0o700

    def test_missing_state_directory_is_reported(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """If the directory cannot be created, the message names the option for another file."""
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
        with pytest.raises(InvalidRequest, match=r"cannot be created: Not a directory; name another file with --ledger"):
            default_ledger(LedgerKey("9900123", "voice.example", "0a1b2c3d"))

    def test_refused_calls_are_tried_again(self, run: Run, server: interruption_server.Crowd) -> None:
        """A run with the ledger of an earlier run tries refused calls again, and says how many calls the ledger contains."""
        Path("ids.txt").write_text("c-71-5550100\nc-1-5550100", encoding="utf-8")
        host = server.url.removeprefix("http://")
        key = LedgerKey("9900123", host, digest(DOCUMENT.encode()))
        write_ledger(LEDGER, key, [LedgerEntry("c-1-5550100", "refused", 429, None, datetime.now(UTC))])
        ran = run(*BULK)
        assert (ran.code, ran.records[0]["delivered"], ran.records[0]["skipped"]) == (0, 2, 0)
        assert (
            ran.err
            == "callcontrol: 2 calls; writing the outcome of each to ledger.jsonl, which already contains 1 of these calls\n"
        )

    def test_unknown_outcomes_are_reported(self, run: Run, server: interruption_server.Crowd) -> None:
        """If the outcomes of calls are unknown, the command names the option that interrupts these calls again."""
        Path("ids.txt").write_text("c-777-5550100\nc-1-5550100", encoding="utf-8")  # the server answers 500 for the first id
        ran = run(*BULK)
        assert (ran.code, ran.records[0]["unknown"]) == (1, 1)
        hint = "1 call may have received the request; the next run skips them, unless you use --repeat-unknown\n"
        assert ran.err.endswith(hint)
        again = run(*BULK)
        assert (again.code, again.records[0]["skipped_unknown"]) == (1, 1)
        assert again.err.endswith(hint)
