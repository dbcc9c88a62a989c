"""The command ``callcontrol``: live calls from a shell."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final, NoReturn

import click

from bxml.command.console import CannotWrite, ready, stop_writing, tell
from bxml.command.errors import CannotRun
from bxml.command.version import version_option
from callcontrol.command import account, calls, emulator, exit_codes, phone, push
from callcontrol.command.account import Account
from callcontrol.command.exit_codes import Interrupted
from callcontrol.command.output import NAME
from callcontrol.errors import CallControlError

HELP = f"""Control live calls of Bandwidth's Programmable Voice.

Account and credentials are taken from the environment, or from the options below. A secret on a command line can be seen by
others on the same machine; the environment is the better place.

Commands print a table on a terminal, otherwise JSON. The commands phone and emulator print lines of text everywhere, unless
callcontrol phone --json or callcontrol emulator --json asks for JSON. The exit code is

\b
{chr(10).join(f"{code:>3}  {meaning}" for code, meaning in exit_codes.CODES.items())}
"""


@click.group(NAME, help=HELP, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@account.options
@click.pass_context
def callcontrol(context: click.Context, /, **values: Any) -> None:
    """Keep what the account is made of."""
    context.obj = Account(values)


ASKING: Final = (calls.create, calls.get, calls.list_, calls.redirect, push.bxml, calls.hangup)
"""The commands that send requests to the API, and need an account."""

for command in (*ASKING, emulator.emulator, phone.phone):
    callcontrol.add_command(command)


def main() -> None:
    """Run the command; whatever a user can cause ends with an exit code and a sentence."""
    ready()
    logging.basicConfig(handlers=[logging.NullHandler()])  # for libraries have words of their own
    try:
        callcontrol.main(prog_name=NAME, standalone_mode=False)
    except click.Abort:
        _end(exit_codes.INTERRUPTED, "interrupted")
    except click.NoSuchOption as error:
        _end(exit_codes.CANNOT_RUN, _of_place(error) or _of_usage(error))
    except click.ClickException as error:
        _end(exit_codes.CANNOT_RUN, _of_usage(error))
    except Interrupted as error:
        _end(exit_codes.INTERRUPTED, str(error))
    except CannotWrite as error:
        stop_writing()
        _end(exit_codes.CANNOT_RUN, str(error))
    except CannotRun as error:
        _end(exit_codes.CANNOT_RUN, str(error))
    except CallControlError as error:
        _end(exit_codes.code_of(error), exit_codes.sentence_of(error))
    except OSError as error:
        _end(exit_codes.CANNOT_RUN, error.strerror or "the system refuses")


def _of_place(error: click.NoSuchOption) -> str | None:
    """Return where an option goes that exists, but elsewhere; ``None`` for any other."""
    name, command = error.option_name, error.ctx.command if error.ctx else None
    if command in ASKING and (option := _option(callcontrol, name)):
        where = " ".join(filter(None, (NAME, name, option.metavar, command.name)))
        return f"{name} is an option of {NAME} itself; write: {where}"
    if command is callcontrol and (found := [each.name for each in callcontrol.commands.values() if _option(each, name)]):
        return f"{name} goes after the command; write: {NAME} {found[0] if len(found) == 1 else 'COMMAND'} {name}"
    return None


def _option(command: click.Command, name: str) -> click.Parameter | None:
    return next((each for each in command.params if name in each.opts), None)


def _of_usage(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    start = message[:1].lower() if message[1:2].islower() else message[:1]
    context = getattr(error, "ctx", None)
    return f"{start}{message[1:]}; {context.command_path if context else NAME} --help says more"


def _end(code: int, sentence: str) -> NoReturn:
    tell(NAME, sentence)
    sys.exit(code)
