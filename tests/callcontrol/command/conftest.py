"""Fixtures that start an emulator, and run the command in the process of the test."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, NamedTuple, Self

import click
import pytest

from callcontrol import Client, OAuth2
from callcontrol.command import main
from callcontrol.emulator import Emulator
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

SECRET: Final = "s3cr3t-of-the-client"
PASSWORD: Final = "pa55-of-the-user"
HOOK: Final = "h00k-of-the-application"
SECRETS: Final = (SECRET, PASSWORD, HOOK)
"""Secrets that no command may ever print."""

DOCUMENT: Final = "<Bxml><SpeakSentence>We close.</SpeakSentence></Bxml>\n"
INVALID: Final = '<Bxml>\n  <Gather gatherUrl="https://app.example/menu" maxDigits="51"/>\n</Bxml>\n'
RISKY: Final = '<Bxml><SpeakSentence voice="Susan">Hello.</SpeakSentence></Bxml>\n'
"""A valid document with a warning."""

CREATE: Final = (
    *("create", "--to", NEW_CALL["to"], "--from", NEW_CALL["from_"]),
    *("--application-id", NEW_CALL["application_id"], "--answer-url", NEW_CALL["answer_url"]),
)
"""Arguments that create a call."""


class CodeAndOutput(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


ACCOUNT_LINE: Final = re.compile(r"^callcontrol: account \S+ at \S+(?: \(.*\))?\r?\n", re.MULTILINE)
"""The line on stderr that names the account in use."""


NO_CALLS: Final = "callcontrol: no call found; the API lists the calls of the last seven days\n"
"""The message of ``list`` if there is no call."""


class Ran(CodeAndOutput):
    """The exit code and the output of a command, without the line that names the account in use.

    Attributes:
        account: The line that names the account, without its line break. If the line was not printed, the string is empty.
    """

    account: str

    def __new__(cls, code: int, out: str, err: str) -> Self:
        """Create the result without the line that names the account. On a terminal, this line is part of ``out``."""
        ran = super().__new__(cls, code, ACCOUNT_LINE.sub("", out), ACCOUNT_LINE.sub("", err))
        ran.account = "".join(ACCOUNT_LINE.findall(out + err)).strip()
        return ran

    @property
    def records(self) -> list[Any]:
        """The JSON objects that were printed, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


def commands_of(group: click.Group) -> Iterator[tuple[list[str], click.Command]]:
    """For each command of a group and its subgroups, yield the words of the command's name, and the command."""
    for name, command in group.commands.items():
        yield [name], command
        if isinstance(command, click.Group):
            yield from (([name, *words], inner) for words, inner in commands_of(command))


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty directory, and remove the variables that the command reads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR", *(name for name in os.environ if name.startswith("BW_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CALLCONTROL_PROFILE", raising=False)
    monkeypatch.setenv("CALLCONTROL_CONFIG", os.devnull)  # not the configuration of the user who runs the tests
    return tmp_path


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Emulator]:
    """Start an emulator of the API, and set the environment variables that a client of the emulator needs."""
    # The command prints the log of this process, and the emulator's log would belong to another process.
    caplog.set_level(logging.CRITICAL, "callcontrol.emulator")
    with Emulator(accounts={ACCOUNT}, credentials={"client-7": SECRET, "user-7": PASSWORD}) as voice:
        variables = {
            "BW_ACCOUNT_ID": ACCOUNT,
            "BW_CLIENT_ID": "client-7",
            "BW_CLIENT_SECRET": SECRET,
            "BW_VOICE_URL": voice.url,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield voice


@pytest.fixture
def new_call(voice: Emulator) -> Callable[..., str]:
    """Return a function that creates a call and returns its id."""

    def new_call(**arguments: Any) -> str:
        with Client(ACCOUNT, OAuth2("client-7", SECRET), base_url=voice.url) as client:
            return client.create_call(**{**NEW_CALL, **arguments}).call_id

    return new_call


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``callcontrol`` and checks that the command prints no secret and no traceback."""

    def run(*arguments: str | Path, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["callcontrol", *map(str, arguments)])
        monkeypatch.setattr(os, "dup2", lambda *_: None)  # would replace the stdout of pytest
        capsys.readouterr()
        with TemporaryFile() as given:
            given.write(stdin.encode())
            given.seek(0)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given))
            try:
                main()
            except SystemExit as end:
                code = end.code
            else:
                code = 0
        assert isinstance(code, int)
        ran = Ran(code, *capsys.readouterr())
        for unwanted in (*SECRETS, "Traceback", "urllib3", "requests"):
            assert unwanted not in ran.out + ran.err
        return ran

    return run
