"""Error messages: one line of text, or one JSON object if ``--json`` was given."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, Final

import click

from bxml.command.standard_streams import tell
from callcontrol.command.output import NAME, json_line
from callcontrol.errors import CallMayExist

JSON_OPTION: Final = "--json"

MEMBERS: Final = {
    "status": "status",
    "type": "type",
    "description": "description",
    "error_id": "errorId",
    "operation": "operation",
    "call_id": "callId",
    "state": "state",
}
"""For each attribute of an error: the name of its JSON member. A member without a value is left out."""


def print_error(message: str, exit_code: int, error: BaseException) -> None:
    """Print an error to stderr. Print nothing if the message is empty.

    Args:
        message: The message, without the name of the command.
        exit_code: The exit code of the command.
        error: The error, whose attributes are JSON members.
    """
    if message and wants_json():
        print_json_error(message, exit_code, **_members(error))
    else:
        tell(NAME, message)


def print_json_error(message: str, exit_code: int, **members: Any) -> None:
    """Print an error as a JSON object to stderr.

    Args:
        message: The message, without the name of the command.
        exit_code: The exit code of the command.
        members: Further members of the object.
    """
    with suppress(OSError):  # stderr may be a terminal that was closed
        click.echo(json_line({"error": message, "exitCode": exit_code, **members}), nl=False, err=True)


def wants_json() -> bool:
    """Return whether ``--json`` was given.

    The command line is searched, because click has not parsed it after a usage error.
    """
    options = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    return JSON_OPTION in options


def _members(error: BaseException) -> dict[str, Any]:
    cause = error.error if isinstance(error, CallMayExist) else error
    found = {member: getattr(cause, name, None) for name, member in MEMBERS.items()}
    return {member: value for member, value in found.items() if value not in {None, ""}}
