"""Each error has an exit code, and the help lists the meanings of the exit codes."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from callcontrol import (
    ApiError,
    BadRequest,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Conflict,
    Forbidden,
    ForeignLink,
    InvalidRequest,
    NotAnswered,
    NotFound,
    Reply,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnreadableReply,
    __version__,
)
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.command import callcontrol
from callcontrol.command.exit_codes import CODES, code_of, message_of
from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import DOCUMENT, Run, commands_of
from tests.callcontrol.scripted_api import CALL_ID

PAGE = (Path(__file__).parents[3] / "docs" / "interrupting.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## On the command line\n")[2].partition("\n## ")[0]
COMMANDS = [line.rpartition("| ")[2] for line in SECTION.partition("```sh\n")[2].partition("```")[0].splitlines()]

UPDATE = "UpdateCallBxml"
CREATE = "CreateCall"
SINCE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def reply(status: int) -> Reply:
    return Reply(status)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequest(reply(400), UPDATE, CALL_ID), 1),
        (Unauthorized(reply(401), UPDATE, CALL_ID), 1),
        (Forbidden(reply(403), UPDATE, CALL_ID), 1),
        (TooManyRequests(reply(429), UPDATE, CALL_ID), 1),
        (ApiError(reply(302), UPDATE, CALL_ID), 1),
        (ForeignLink(reply(200), "ListCalls"), 1),
        (CallControlError("something new"), 1),
        (InvalidRequest("call_id is no id"), 2),
        (TransportError("no connection", UPDATE, CALL_ID, sent=False), 2),
        (NotFound(reply(404), UPDATE, CALL_ID), 3),
        (Conflict(reply(409), UPDATE, CALL_ID), 3),
        (CallNotActive(reply(409), UPDATE, CALL_ID), 3),
        (NotAnswered(CALL_ID, 60.0), 3),
        (TransportError("no answer", UPDATE, CALL_ID), 4),
        (ServerError(reply(500), UPDATE, CALL_ID), 4),
        (UnreadableReply(reply(200), "GetCallState", CALL_ID), 4),
        (CallMayExist(ServerError(reply(500), CREATE), SINCE, {"to": "+12125550123"}), 4),
        # CallMayExist is raised if a call may have been created. After any other error of CreateCall there is no call.
        (ServerError(reply(503), CREATE), 1),
        (TooManyRequests(reply(429), CREATE), 1),
        (TransportError("no connection", CREATE, sent=False), 2),
        # Without a token no request was sent to the API.
        (TransportError("no answer", TOKEN_REQUEST), 2),
        (ServerError(reply(500), TOKEN_REQUEST), 1),
        (NotFound(reply(404), TOKEN_REQUEST), 1),
    ],
)
def test_each_error_has_an_exit_code(error: CallControlError, code: int) -> None:
    """A script can distinguish refused requests, commands that could not run, inactive calls, and unknown outcomes."""
    assert code_of(error) == code


def test_message_for_a_call_that_may_exist_names_the_command_to_search_with() -> None:
    """The message names the command that searches for the call, and contains no phone number."""
    error = CallMayExist(TransportError("the host did not answer", CREATE), SINCE, {"to": "+12125550123"})
    assert message_of(error) == (
        "CreateCall: the host did not answer; the call may have been created, at 2026-11-02T09:30:00.000Z or later; "
        "before you retry, search for it with callcontrol list and the same --to and --from"
    )


def test_help_lists_the_exit_codes(run: Run) -> None:
    """The help lists the exit codes with the meanings in ``CODES``."""
    ran = run("--help")
    assert (ran.code, ran.err) == (0, "")
    assert {int(code): meaning for code, meaning in re.findall(r"^ +(\d+)  (\S.*)$", ran.out, re.MULTILINE)} == CODES


@pytest.mark.parametrize("command", COMMANDS)
def test_documented_commands_run(run: Run, voice: Emulator, command: str) -> None:
    """Each command in the documentation builds a request."""
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    name, *arguments = shlex.split(command)
    assert name == "callcontrol"
    assert run(*arguments, "--dry-run", stdin=CALL_ID).code == 0


def test_documentation_shows_every_api_command() -> None:
    """Each command that sends requests is in the documentation."""
    documented = {tuple(word for word in command.split()[1:3] if word.islower()) for command in COMMANDS}
    names = {tuple(words) for words, command in commands_of(callcontrol) if not isinstance(command, click.Group)}
    assert {words if words in names else words[:1] for words in documented} == {
        words for words in names if words[0] not in {"emulator", "ledger", "phone", "profiles"}
    }


def test_version_is_printed(run: Run) -> None:
    """``--version`` prints the version of the package."""
    assert run("--version").out == f"callcontrol {__version__}\n"
