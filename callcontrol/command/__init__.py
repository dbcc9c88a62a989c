"""The ``callcontrol`` command: control live calls from a shell."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Final

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.standard_streams import PIPE_CLOSED, CannotWrite, Group, PipeClosed, ready, stop_writing
from bxml.command.version_option import version_option
from callcontrol.command import (
    account,
    calls,
    conferences,
    emulator,
    exit_codes,
    ledgers,
    phone,
    profiles,
    push_bxml,
    verbosity,
)
from callcontrol.command.account import Account
from callcontrol.command.command_transport import WrongBaseUrl
from callcontrol.command.error_report import print_error
from callcontrol.command.exit_codes import Interrupted
from callcontrol.command.output import NAME
from callcontrol.errors import CallControlError

# The help is not a docstring, because a docstring cannot be an f-string. \b keeps click from rewrapping the list.
HELP = f"""Control live calls on Bandwidth's Programmable Voice platform.

Set the account and its credentials by a profile in the configuration file, by environment variables, or by the options below,
which go before or after the command. A secret on the command line is visible to other users of the machine; prefer a profile,
environment variables or a file descriptor. The account in use is printed to stderr.

Commands print a table on a terminal, otherwise JSON. The commands phone and emulator print lines of text everywhere, unless
callcontrol phone --json or callcontrol emulator --json asks for JSON. Exit codes:

\b
{chr(10).join(f"{code:>3}  {meaning}" for code, meaning in exit_codes.CODES.items())}
"""


@click.group(NAME, cls=Group, help=HELP, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@account.options
@verbosity.options
@click.pass_context
def callcontrol(context: click.Context, /) -> None:
    """Store the account options for the subcommand."""
    context.ensure_object(Account)


OF_CALLS: Final = (calls.create, calls.get, calls.list_, calls.redirect, push_bxml.bxml, calls.hangup)
"""The commands for calls."""

ASKING: Final = (*OF_CALLS, *conferences.conference.commands.values())
"""The commands that send requests to the API and therefore need an account."""

for command in (*OF_CALLS, conferences.conference, ledgers.ledger, emulator.emulator, phone.phone, profiles.profiles):
    callcontrol.add_command(command)


def main() -> None:
    """Run the command, and end the process with its exit code; errors are printed as one line without a traceback."""
    ready()
    # Without a handler, Python prints the warnings of other libraries to stderr.
    logging.basicConfig(handlers=[logging.NullHandler()])
    try:
        callcontrol.main(prog_name=NAME, standalone_mode=False)
    except PipeClosed:
        stop_writing()
        sys.exit(PIPE_CLOSED)
    except tuple(_ENDINGS) as error:
        if isinstance(error, CannotWrite):
            stop_writing()
        code, message = next(ending(error) for cls, ending in _ENDINGS.items() if isinstance(error, cls))
        print_error(message, code, error)
        sys.exit(code)


def _misplaced_option(error: click.NoSuchOption) -> str | None:
    """Return a message that says where a misplaced option goes; ``None`` if no command has the option."""
    name = error.option_name
    command, path = (error.ctx.command, error.ctx.command_path) if error.ctx else (None, NAME)
    if command in ASKING and (option := _option(callcontrol, name)):
        where = " ".join(filter(None, (NAME, name, option.metavar, path.removeprefix(f"{NAME} "))))
        return f"{name} is an option of {NAME} itself; write: {where}"
    subcommands = command.commands.values() if isinstance(command, click.Group) else ()
    if found := [each.name for each in subcommands if _option(each, name)]:
        return f"{name} goes after the command; write: {path} {found[0] if len(found) == 1 else 'COMMAND'} {name}"
    return None


def _option(command: click.Command, name: str) -> click.Parameter | None:
    return next((each for each in command.params if name in each.opts), None)


def _usage_message(error: click.ClickException) -> str:
    """Return click's message in the style of the other messages: lower case, no full stop, with the next step."""
    message = error.format_message().rstrip(".")
    start = message[:1].lower() if message[1:2].islower() else message[:1]
    context = getattr(error, "ctx", None)
    return f"{start}{message[1:]}; see {context.command_path if context else NAME} --help"


_ENDINGS: Final[dict[type[BaseException], Callable[[Any], tuple[int, str]]]] = {
    click.Abort: lambda _: (exit_codes.INTERRUPTED, "interrupted"),
    click.NoSuchOption: lambda error: (exit_codes.CANNOT_RUN, _misplaced_option(error) or _usage_message(error)),
    click.ClickException: lambda error: (exit_codes.CANNOT_RUN, _usage_message(error)),
    Interrupted: lambda error: (error.code, str(error)),
    WrongBaseUrl: lambda error: (exit_codes.REFUSED, str(error)),
    CannotRun: lambda error: (exit_codes.CANNOT_RUN, str(error)),
    CallControlError: lambda error: (exit_codes.code_of(error), exit_codes.message_of(error)),
    OSError: lambda error: (exit_codes.CANNOT_RUN, error.strerror or "operating system error"),
}
"""For each class of error: the function that returns the exit code and the message. The first class that matches decides."""
