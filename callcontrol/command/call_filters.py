"""Options that filter a list of calls, the checks of the options' values, and the filtered list itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeVar

import click

from bxml.messages.text import did_you_mean, join_names, quote
from callcontrol import call_states
from callcontrol.client import Client
from callcontrol.command.terminal_tables import Record

F = TypeVar("F", bound=Callable[..., Any])

FLAGS: Final[Mapping[str, str]] = {
    "to": "--to",
    "from_": "--from",
    "state": "--state",
    "min_start_time": "--since",
    "max_start_time": "--until",
    "disconnect_cause": "--disconnect-cause",
    "page_token": "--page-token",
}
"""For the parameter name of each filter: the name of its option."""

_SYNONYMS: Final[Mapping[str, str]] = {
    "ringing": call_states.INITIATED,
    "dialing": call_states.INITIATED,
    "active": call_states.ANSWERED,
    "in-progress": call_states.ANSWERED,
    "completed": call_states.DISCONNECTED,
    "ended": call_states.DISCONNECTED,
    "no-answer": "timeout",
    "declined": "rejected",
    "failed": "error",
}
"""Words of other APIs and tools; the values are the words of this API."""


def state_option(states: Collection[str], help_: str, noun: str = "a call state") -> Callable[[F], F]:
    """Return a decorator that adds the option ``--state`` to a command.

    Args:
        states: The states that are allowed.
        help_: The help text.
        noun: The noun for the states in the message about a value that is not allowed.
    """
    metavar = "|".join(states)
    return click.option(
        "--state", metavar=metavar, callback=_one_of(states, noun), shell_complete=_complete(states), help=help_
    )


def disconnect_cause_option(command: F) -> F:
    """Add the option ``--disconnect-cause`` to a command."""
    causes = call_states.DISCONNECT_CAUSES
    return click.option(
        "--disconnect-cause",
        metavar="CAUSE",
        callback=_one_of(causes, "a disconnect cause"),
        shell_complete=_complete(causes),
        help=f"Only calls that ended with this cause: {join_names(causes, 'or')}.",
    )(command)


def _one_of(words: Collection[str], noun: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return a callback that rejects any value except the given words, and suggests the nearest word."""

    def checked(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
        if text is None or text in words:
            return text
        synonym = _SYNONYMS.get(text.lower())
        hint = f"; did you mean {synonym}?" if synonym in words else did_you_mean(text, words)
        raise click.BadParameter(f"{quote(text)} is not {noun}; expected {join_names(words, 'or')}{hint}")

    return checked


def _complete(words: Collection[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    return lambda _, __, incomplete: [word for word in words if word.startswith(incomplete)]


def pages_of_calls(client: Client, filters: Mapping[str, Any], states: Collection[str]) -> Iterator[list[Record]]:
    """List calls, and yield for each page the calls that are in one of the states.

    Args:
        client: The client.
        filters: Arguments of ``Client.list_calls``.
        states: The states; empty for all states, including those that are newer than this package.
    """
    calls = client.list_calls(**filters)
    for page in calls.pages():
        found = zip(page, calls.reply.json(), strict=True)
        yield [row for call, row in found if not states or call.state in states]


def no_calls(filters: Mapping[str, Any], noun: str = "call") -> str:
    """Return the message for an empty list of calls. The message names the filters that were given.

    Args:
        filters: Values of the options; the keys are parameter names. ``None`` stands for an option that was not given.
        noun: The noun that the message uses for a call.
    """
    given = [flag for name, flag in FLAGS.items() if filters.get(name) is not None]
    found = f"no {noun} matches {join_names(given)}" if given else f"no {noun} found"
    return f"{found}; the API lists the calls of the last seven days"
