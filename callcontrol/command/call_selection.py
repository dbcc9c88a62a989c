"""Selection of the calls that a command applies to: ids as arguments, ids in a file, or all active calls with filters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, TypeVar

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.files import STDIN
from bxml.messages.text import join_names
from callcontrol import request_fields
from callcontrol.client import Client
from callcontrol.command.call_filters import FLAGS, no_calls, pages_of_calls, state_option
from callcontrol.command.options import checked_id, options, request_arguments
from callcontrol.command.terminal_tables import Record
from callcontrol.command.time_options import check_order, time_range

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Selection:
    """The calls that a command applies to.

    Attributes:
        states: States of the calls that ``--all-active`` selects.
        ids: Ids that were given as arguments.
        from_file: Path of a file with ids; ``None`` for no file.
        all_active: True if all active calls are selected.
        filters: Values of the filter options that were given; the keys are parameter names.
    """

    states: tuple[str, ...]
    ids: tuple[str, ...] = ()
    from_file: str | None = None
    all_active: bool = False
    filters: Mapping[str, Any] | None = None

    @property
    def has_options(self) -> bool:
        """True if an option selects the calls. Ids are then not allowed as arguments."""
        return self.from_file is not None or self.all_active

    @property
    def are_many(self) -> bool:
        """True if several calls can be selected."""
        return self.has_options or len(self.ids) > 1

    def with_arguments(self, ids: Sequence[str], last: str = "") -> Selection:
        """Return the selection with the ids that were given as arguments, each id once.

        Args:
            ids: The arguments that must be ids.
            last: The name that messages use for the argument after the ids; empty for a command without such an argument.

        Raises:
            click.UsageError: If no calls are selected, or options and arguments cannot be combined.
            CannotRun: If an argument is not an id, or the value of a filter is invalid.
        """
        flags = [FLAGS[name] for name in self._given] or ["a filter"]
        accepted = f"accept only the argument {last}" if last else "accept no call ids"
        reject(
            {
                "--from-file and --all-active cannot be combined": self.from_file is not None and self.all_active,
                f"--from-file and --all-active {accepted}": self.has_options and bool(ids),
                f"{join_names(flags)} require{'s' * (len(flags) == 1)} --all-active": bool(self._given) and not self.all_active,
                "missing argument CALL_ID": not self.has_options and not ids,
            }
        )
        check_order(self._given.get("min_start_time"), self._given.get("max_start_time"))
        request_arguments(request_fields.LIST_CALLS, {name: self._given.get(name) for name in ("to", "from_")})
        return replace(self, ids=tuple(dict.fromkeys(checked_id(each, "CALL_ID") for each in ids)))

    @property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in (self.filters or {}).items() if value is not None}

    def listed_ids(self) -> list[str]:
        """Return the ids that were given as arguments or in a file.

        Raises:
            CannotRun: If the file cannot be read, contains no ids, or has a line that is not an id.
        """
        return list(self.ids) if self.from_file is None else read_ids(self.from_file)

    def with_file_read(self) -> Selection:
        """Return the selection with the ids of the file in place of the file.

        Raises:
            CannotRun: If the file cannot be read, contains no ids, or has a line that is not an id.
        """
        return replace(self, ids=tuple(self.listed_ids()), from_file=None)

    def active_calls(self, client: Client) -> Iterator[Record]:
        """Yield the active calls that the filters select, as the API lists them."""
        filters = self._given
        state = filters.pop("state", None)
        for page in pages_of_calls(client, filters, self.states if state is None else {state}):
            yield from page

    @property
    def no_calls(self) -> str:
        """The message if there are no active calls."""
        return no_calls(self._given, "active call" if len(self.states) > 1 else f"{join_names(self.states)} call")


def selects_calls(
    verb: str, states: Collection[str], *, has_tag: bool = False, lists_in_dry_run: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options of a selection to a command, and passes them as the argument ``selection``.

    Args:
        verb: What the command does with calls, for the help, such as ``Redirect``.
        states: States of the calls that ``--all-active`` selects.
        has_tag: True if the command has an option ``--tag`` of its own.
        lists_in_dry_run: True if the command lists the calls even with ``--dry-run``.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def selecting(*arguments: Any, from_file: str | None, all_active: bool, **values: Any) -> None:
            filters = {name: values.pop(name) for name in FILTERS}
            function(*arguments, selection=Selection(tuple(states), (), from_file, all_active, filters), **values)

        run: Callable[..., None] = selecting
        all_active_help = (
            f"{verb} all {join_names(states, 'or')} calls that the API lists, or only the calls that match "
            f"{join_names(FLAGS[name] for name in FILTERS)}."
        )
        if lists_in_dry_run:
            all_active_help += " With --dry-run, only the request for this list is sent."
        file_help = f"{verb} the calls whose ids are in this file, one per line; - is stdin."
        # click lists the most recently added option at the top.
        run = _filter_options(run, tuple(states))
        run = click.option("--all-active", is_flag=True, help=all_active_help)(run)
        run = click.option("--from-file", metavar="IDS", help=file_help)(run)
        return run if has_tag else reject_tag("--to", "--from", "--state", "--since", "--from-file")(run)

    return decorate


FILTERS: Final = ("to", "from_", "state", "min_start_time", "max_start_time")
"""The parameter names of the filters for ``--all-active``."""


def _filter_options(command: F, states: tuple[str, ...]) -> F:
    command = time_range(command)
    command = state_option(states, "Only calls in this state.", "a state that --all-active selects")(command)
    without = {field.name for field in request_fields.LIST_CALLS} - {"to", "from"}
    return options(request_fields.LIST_CALLS, Client.list_calls, without=without)(command)


def reject_tag(*filters: str) -> Callable[[F], F]:
    """Return a decorator that adds a hidden option ``--tag`` to a command.

    The option is an error. The message says that calls cannot be selected by tag.

    Args:
        filters: The options by which calls can be selected.
    """

    def rejected(context: click.Context, _: click.Parameter, tag: str | None) -> None:
        if tag is not None:
            reason = "calls cannot be selected by tag, because the API does not return the tags of calls"
            raise click.UsageError(f"{reason}; use {join_names(filters, 'or')}", context)

    help_ = "The API does not return the tags of calls."
    return click.option("--tag", hidden=True, expose_value=False, callback=rejected, help=help_)


def reject(mistakes: Mapping[str, bool]) -> None:
    """Raise a usage error with the first message whose condition is true."""
    for message, is_made in mistakes.items():
        if is_made:
            raise click.UsageError(message, click.get_current_context())


def read_ids(path: str) -> list[str]:
    """Return the call ids in a file, without duplicates.

    Raises:
        CannotRun: If the file cannot be read, contains no ids, or has a line that is not an id.
    """
    try:
        # A byte order mark is skipped, since Windows editors write one.
        lines = [line.strip() for line in _read_bytes(path).decode("utf-8-sig", "backslashreplace").splitlines()]
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    ids = [checked_id(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
    if not ids:
        raise CannotRun(f"{'stdin' if path == STDIN else path} contains no call ids; expected one id per line")
    return list(dict.fromkeys(ids))


def _read_bytes(path: str) -> bytes:
    if path != STDIN:
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin is None:  # Python's value for a closed stdin
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read()
