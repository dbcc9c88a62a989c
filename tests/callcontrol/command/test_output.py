"""Output: tables on a terminal, JSON elsewhere, and no control characters in tables or JSON."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from callcontrol.command import output
from callcontrol.command.account import _NoCredentials
from callcontrol.command.output import json_line, prints_table
from callcontrol.emulator import Emulator
from callcontrol.steps_and_drivers import drive
from tests.callcontrol.command.conftest import CREATE, HOOK, Run
from tests.callcontrol.scripted_api import unexpected

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    """A text stream that pretends to be a terminal."""

    def isatty(self) -> bool:
        """Return true."""
        return True


@pytest.mark.parametrize(
    ("stdout", "as_json", "is_table"),
    [(Terminal(), False, True), (Terminal(), True, False), (io.StringIO(), False, False), (None, False, False)],
)
def test_table_is_only_for_a_terminal(
    monkeypatch: pytest.MonkeyPatch, stdout: io.StringIO | None, *, as_json: bool, is_table: bool
) -> None:
    """A table is printed on a terminal unless JSON was requested. A closed stream does not count as a terminal."""
    with monkeypatch.context() as context:
        context.setattr(sys, "stdout", stdout)
        result = prints_table(as_json)
    assert result is is_table


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "prints_table", lambda _: True)


@pytest.mark.usefixtures("_terminal")
class TestTables:
    """Output on a terminal."""

    def test_call_has_a_line_per_member(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call is printed with a line for each member that has a value."""
        call_id = new_call()
        members = dict(line.split(maxsplit=1) for line in run("get", call_id).out.splitlines())
        assert (members["callId"].strip(), members["direction"].strip()) == (call_id, "outbound")
        assert "identity" not in members

    def test_list_has_a_table_per_page(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A list is printed as one table per page, with a line for each call."""
        ids = [new_call() for _ in range(3)]
        lines = run("list", "--page-size", "2").out.splitlines()
        assert [line.split()[0] for line in lines] == ["callId", *ids[:2], "callId", ids[2]]

    def test_numbers_and_objects_are_json(self, run: Run, voice: Emulator) -> None:
        """Values that are not strings are printed as JSON."""
        members = dict(line.split(maxsplit=1) for line in run(*CREATE, "--call-timeout", "12.5").out.splitlines())
        assert members["callTimeout"].strip() == "12.5"

    @pytest.mark.parametrize(("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
    def test_environment_decides_on_colours(
        self, run: Run, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch, *, variable: str, coloured: bool
    ) -> None:
        """``FORCE_COLOR`` and ``NO_COLOR`` switch colors on and off."""
        monkeypatch.setenv(variable, "1")
        assert ("\x1b[" in run("get", new_call()).out) is coloured


def test_json_escapes_control_characters() -> None:
    """JSON contains control characters only as escapes, and parses to the same strings."""
    record = {"tag": "\x1b]0;gone\x07\x9b2J\x7f\u202e", "to": "\N{SNOWMAN}"}
    assert json_line(record).isascii()
    assert json_line(record)[:-1].isprintable()
    assert json.loads(json_line(record)) == record


def test_json_hides_passwords() -> None:
    """Passwords at any depth are replaced, so that the output shows only that a password exists."""
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
    assert json.loads(json_line(record)) == shown


@pytest.mark.parametrize("arguments", [["list"], ["--version"]])
@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (BrokenPipeError(errno.EPIPE, "closed"), 141, ""),
        (OSError(errno.ENOSPC, "no space"), 2, "no space\n"),
    ],
)
def test_unwritable_stdout_ends_the_command(  # noqa: PLR0913
    run: Run,
    new_call: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    arguments: list[str],
    error: OSError,
    code: int,
    message: str,
) -> None:
    """A closed pipe ends a command without a message. Any other error of stdout is reported."""
    new_call()

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(click, "echo", refuse)
    ran = run(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.endswith(message)
    assert bool(ran.err) is bool(message)


def test_outcome_goes_to_stderr_if_stdout_is_closed(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """If stdout is closed, the new call is printed to stderr, and the command succeeds."""
    echo = click.echo

    def refuse(message: str, **options: object) -> None:
        if not options.get("err"):
            raise BrokenPipeError
        echo(message, err=True)

    monkeypatch.setattr(click, "echo", refuse)
    ran = run(*CREATE)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("callcontrol: done, but the result could not be written to stdout: {")


def test_import_loads_no_slow_libraries() -> None:
    """Libraries for tables and web servers are imported only when needed, because their imports are slow."""
    script = "import callcontrol.command, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {name for name in done.stdout.split() if name.partition(".")[0] in {"rich", "starlette"}}


def test_dry_run_requests_no_token() -> None:
    """A dry run requests no token, and does not renew its placeholder credentials if they are rejected."""
    credentials = _NoCredentials()
    assert drive(credentials.authorization("https://voice.example"), unexpected, unexpected) == "…"
    assert not credentials.refused("…")
