"""What is written, and how: tables for people, JSON for programs, and nothing that moves a terminal."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from callcontrol.command import output
from callcontrol.command.account import _NoAccess
from callcontrol.command.output import is_for_people, line
from callcontrol.emulator import Emulator
from callcontrol.transport import Transport
from tests.callcontrol.command.conftest import CREATE, HOOK, Run

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    """What a person sees."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(
    ("stdout", "as_json", "people"),
    [(Terminal(), False, True), (Terminal(), True, False), (io.StringIO(), False, False), (None, False, False)],
)
def test_who_reads(monkeypatch: pytest.MonkeyPatch, stdout: io.StringIO | None, *, as_json: bool, people: bool) -> None:
    """A table is for a terminal, unless JSON was asked for; a stream that is closed is none."""
    with monkeypatch.context() as context:
        context.setattr(sys, "stdout", stdout)
        answer = is_for_people(as_json)
    assert answer is people


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_for_people", lambda _: True)


@pytest.mark.usefixtures("_terminal")
class TestTables:
    """What people see."""

    def test_a_call(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call is a line for each member that has a value."""
        call_id = new_call()
        members = dict(line.split(maxsplit=1) for line in run("get", call_id).out.splitlines())
        assert (members["callId"].strip(), members["direction"].strip()) == (call_id, "outbound")
        assert "identity" not in members

    def test_a_list(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A list is a table for each page, with a line for each call."""
        ids = [new_call() for _ in range(3)]
        lines = run("list", "--page-size", "2").out.splitlines()
        assert [line.split()[0] for line in lines] == ["callId", *ids[:2], "callId", ids[2]]

    def test_numbers_and_objects(self, run: Run, voice: Emulator) -> None:
        """What is no text is shown as JSON."""
        members = dict(line.split(maxsplit=1) for line in run(*CREATE, "--call-timeout", "12.5").out.splitlines())
        assert members["callTimeout"].strip() == "12.5"

    @pytest.mark.parametrize(("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
    def test_colours(
        self, run: Run, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch, *, variable: str, coloured: bool
    ) -> None:
        """Colours are as the environment has them."""
        monkeypatch.setenv(variable, "1")
        assert ("\x1b[" in run("get", new_call()).out) is coloured


def test_json_is_harmless() -> None:
    """No control character stands in JSON as it is, and each is there when it is read."""
    record = {"tag": "\x1b]0;gone\x07\x9b2J\x7f\u202e", "to": "\N{SNOWMAN}"}
    assert line(record).isascii()
    assert line(record)[:-1].isprintable()
    assert json.loads(line(record)) == record


def test_json_has_no_passwords() -> None:
    """Passwords, wherever they stand, are not in what is written; that there is one is."""
    record = {
        "password": HOOK,
        "fallbackPassword": None,
        "answerUrl": f"https://shop:{HOOK}@app.example/",
        "more": [{"password": HOOK}],
    }
    shown = {
        "password": "*****",
        "fallbackPassword": None,
        "answerUrl": "https://…@app.example/",
        "more": [{"password": "*****"}],
    }
    assert json.loads(line(record)) == shown


def test_a_pipe_that_is_closed(run: Run, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A list ends when nobody reads it any more, and nothing is said of that."""
    new_call()
    echo = click.echo

    def refuse(message: str, **options: object) -> None:
        if not options.get("err"):
            raise BrokenPipeError
        echo(message, err=True)

    monkeypatch.setattr(click, "echo", refuse)
    assert run("list") == (2, "", "")


def test_what_is_done_is_told_elsewhere(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that was created is told of on standard error if standard output is closed, and is a success."""
    echo = click.echo

    def refuse(message: str, **options: object) -> None:
        if not options.get("err"):
            raise BrokenPipeError
        echo(message, err=True)

    monkeypatch.setattr(click, "echo", refuse)
    ran = run(*CREATE)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("callcontrol: it is done, but could not be written: {")


def test_tables_wait() -> None:
    """What draws tables is not loaded before there is one to draw, for it takes longer than most requests."""
    script = "import callcontrol.command, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {name for name in done.stdout.split() if name.partition(".")[0] in {"rich", "starlette"}}


def test_no_token_for_a_rehearsal() -> None:
    """What stands for credentials in a rehearsal asks for nothing, and has no second try."""
    access = _NoAccess()
    assert access.authorization(Transport(1.0), "https://voice.example") == "…"
    assert not access.refused("…")
