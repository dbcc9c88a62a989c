"""``bxml``: a document pushed into one call, or into many."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import click

from bxml import BxmlError, parse
from bxml.command import formats
from bxml.command.checker import Checked, Checker, Results
from bxml.command.configuration import Configuration, found
from bxml.command.console import tell, write
from bxml.command.errors import CannotRun
from bxml.command.files import STDIN
from bxml.command.progress import Progress
from bxml.messages.text import cut
from callcontrol import call_states, operations
from callcontrol.client import Client
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.command.options import count
from callcontrol.command.output import NAME, Record, counted, show_done
from callcontrol.command.runner import Way, command, perform, rehearse
from callcontrol.ledger import digest

STDIN_NAME: Final = "stdin.bxml"
"""What a document from standard input is called, as by ``bxml validate``."""


@command("bxml", "Have calls go on with a document.")
@click.argument("first", required=False, metavar="[CALL_ID]")
@click.argument("second", required=False, metavar="[FILE]")
@click.option(
    "--from-file", metavar="IDS", help="Interrupt the calls whose ids are in this file, one on a line; - is standard input."
)
@click.option("--all-active", is_flag=True, help="Interrupt all calls that are answered, as far as the API lists them by now.")
@click.option("--yes", is_flag=True, help="Do not ask before --all-active interrupts, for which there has to be a terminal.")
@click.option(
    "--ledger", metavar="FILE", help="Where outcomes are kept; by default beside the document, by its name and content."
)
@click.option("--workers", callback=count, metavar="NUMBER", help="Requests at once; by default 16.")
@click.option("--rate", callback=count, metavar="NUMBER", help="Requests a second at most; by default as many as can be.")
def bxml(  # noqa: PLR0913  one for each option
    way: Way,
    *,
    first: str | None,
    second: str | None,
    from_file: str | None,
    all_active: bool,
    yes: bool,
    **how: Any,
) -> None:
    """Interrupt a call, and have it go on with a document: FILE, or standard input.

    A document that is not valid is refused with the report of bxml validate, and nothing is sent.

    With many calls, the outcome for each is written to a ledger as it happens: delivered, gone, refused or unknown. The same
    command goes on where it was stopped, and repeats nothing that was delivered.
    """
    are_many = from_file is not None or all_active
    path = (first if are_many else second) or STDIN
    _refuse(
        {
            "--from-file and --all-active exclude each other": from_file is not None and all_active,
            "--yes, --ledger, --workers and --rate are for many calls": not are_many and (yes or any(how.values())),
            "CALL_ID is missing": not are_many and first is None,
            "with many calls, FILE is all that is taken": are_many and second is not None,
            "standard input cannot be both the ids and the document": from_file == path == STDIN,
            "without a terminal to ask on, --all-active takes --yes": all_active and not (yes or way.dry_run or _can_ask()),
        }
    )
    if all_active:
        _all(way, path, yes=yes, how=how)
    elif from_file is not None:
        _those(way, _ids_in(from_file), path, how)
    else:
        _one(way, _checked_id(str(first), "CALL_ID"), path)


def _refuse(mistakes: dict[str, bool]) -> None:
    for sentence, is_made in mistakes.items():
        if is_made:
            raise click.UsageError(sentence, click.get_current_context())


def _can_ask() -> bool:
    """Whether somebody sees a question and can answer it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


# Documents and ids


class Notice(NamedTuple):
    """A document that is to be pushed."""

    path: str
    content: bytes

    @property
    def ledger(self) -> str:
        """Where outcomes are kept; elsewhere once the document is changed, for what was delivered before was another one."""
        name = STDIN_NAME if self.path == STDIN else self.path
        return f"{name}.{digest(self.content)[:8]}.ledger.jsonl"


def _notice(path: str) -> Notice:
    """A document that is valid. One that is not ends the command, with the report of ``bxml validate``.

    Raises:
        CannotRun: if it cannot be read.
    """
    data, checked = _read(path, found(os.curdir))
    results, report = _report(checked)
    if not results.errors and not _is_valid(data):  # which a configuration can hide
        results, report = _report(_read(path, Configuration())[1])
    if results.errors:
        write(report)
        sys.exit(REFUSED)
    if results.warnings:
        click.echo(report, nl=False, err=True)
    return Notice(path, data)


def _read(path: str, configuration: Configuration) -> tuple[bytes, Checked]:
    try:
        return Checker(configuration.settings, STDIN_NAME).document(path)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None


def _report(checked: Checked) -> tuple[Results, str]:
    results = Results([checked])
    return results, "".join(formats.format_of(None)(results))


def _is_valid(data: bytes) -> bool:
    try:
        parse(data)
    except BxmlError:
        return False
    return True


def _ids_in(path: str) -> list[str]:
    """The ids in a file, each once.

    Raises:
        CannotRun: if it cannot be read, or holds none, or something else.
    """
    try:
        lines = [line.strip() for line in _content(path).decode("utf-8-sig", "backslashreplace").splitlines()]
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    ids = [_checked_id(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
    if not ids:
        raise CannotRun(f"{path}: there are no ids in it")
    return list(dict.fromkeys(ids))


def _content(path: str) -> bytes:
    if path != STDIN:
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin is None:  # as it is if nobody has opened it
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read()


def _checked_id(text: str, place: str) -> str:
    """An id, which is looked at before anything is read or sent."""
    if not re.fullmatch(operations.ID, text):
        raise CannotRun(f'{place}: "{cut(text)}" is no id; it consists of letters, digits, - and _')
    return text


# One call, or many


def _one(way: Way, call_id: str, path: str) -> None:
    notice = _notice(path)

    def act(client: Client) -> Iterator[Record]:
        client.update_call_bxml(call_id, notice.content)
        yield {"callId": call_id, "outcome": "delivered"}

    perform(way, act, show_done)


def _those(way: Way, ids: list[str], path: str, how: dict[str, Any]) -> None:
    notice = _notice(path)
    if way.dry_run:
        rehearse(way, lambda client: client.update_call_bxml(ids[0], notice.content), calls=len(ids))
        return
    with way.account.client() as client:
        _interrupt(way, client, ids, notice, how)


def _all(way: Way, path: str, *, yes: bool, how: dict[str, Any]) -> None:
    notice = _notice(path)
    if way.dry_run:  # whose first request is for the list; the calls are known only afterwards
        rehearse(way, _active)
        return
    with way.account.client() as client:
        ids = _active(client)
        if ids and not yes and not click.confirm(f"{counted(len(ids))} will be interrupted; go on?", err=True):
            tell(NAME, "nothing was sent")
            sys.exit(REFUSED)
        _interrupt(way, client, ids, notice, how)


def _active(client: Client) -> list[str]:
    return [call.call_id for call in client.list_calls() if call.state in call_states.INTERRUPTIBLE]


def _interrupt(way: Way, client: Client, ids: list[str], notice: Notice, how: dict[str, Any]) -> None:
    ledger = how["ledger"] or notice.ledger
    given: dict[str, Any] = {name: value for name, value in how.items() if value is not None} | {"ledger": ledger}
    numbers = itertools.count(1)
    tell(NAME, f"{counted(len(ids))}; the outcome for each is kept in {ledger}")
    try:
        with Progress(lambda: len(ids), title="interrupting") as bar:
            tally = client.interrupt_many(ids, notice.content, **given, on_outcome=lambda _: bar.at(next(numbers)))
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; the same command goes on where it stopped, by {ledger}") from None
    show_done([{**asdict(tally), "ledger": ledger}], as_json=way.as_json)
    # Calls that were skipped do not count: whoever repeats the command until it succeeds comes to an end.
    sys.exit(REFUSED if tally.gone or tally.refused or tally.unknown else DONE)
