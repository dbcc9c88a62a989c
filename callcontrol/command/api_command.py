"""Running a command against the API, or printing its first request with ``--dry-run``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import click

from bxml.command.formats import plain
from bxml.command.standard_streams import write
from bxml.messages import redaction
from bxml.messages.redaction import redact_urls
from callcontrol.client import Client
from callcontrol.command import account, verbosity
from callcontrol.command.account import Account, NotSent
from callcontrol.command.output import count_of_calls, json_line, prints_table, without_secrets
from callcontrol.command.verbosity import warnings_on_stderr
from callcontrol.http_messages import Request

SHOWN_IDS: Final = 10
"""Maximum number of ids that ``--dry-run`` prints on a terminal."""

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


EPILOG: Final = "The options of the account, such as --profile, can also go here, after the command; see callcontrol --help."
"""End of the help of each command that sends requests."""


class Invocation(NamedTuple):
    """The account, and the options that are common to all commands that send requests to the API."""

    account: Account
    as_json: bool
    dry_run: bool


def command(name: str, summary: str) -> Callable[[Callable[..., None]], click.Command]:
    """Return a decorator that turns a function into a click command.

    Args:
        name: Name of the command.
        summary: One-line description, for the list of commands.

    Returns:
        The decorator. The function receives the :class:`Invocation`, then its own options by keyword.
    """

    def decorate(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        @click.pass_context
        def run(context: click.Context, /, *, as_json: bool, dry_run: bool, **values: Any) -> None:
            function(Invocation(context.ensure_object(Account), as_json, dry_run), **values)

        command = click.command(name, short_help=summary, epilog=EPILOG)(verbosity.options(_options(run)))
        account.add_options(command)
        return command

    return decorate


def _options(run: F) -> F:
    run = click.option("--dry-run", is_flag=True, help="Print the first request, and send nothing.")(run)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON even on a terminal.")(run)


class Show(Protocol[T_contra]):
    """A function that prints results."""

    def __call__(self, results: Iterable[T_contra], /, *, as_json: bool) -> None:
        """Print each result as soon as it arrives."""
        ...


def execute(invocation: Invocation, operation: Callable[[Client], Iterable[T]], show: Show[T]) -> None:
    """Run an operation and print its results as they arrive, or print its first request if ``--dry-run`` was given.

    Args:
        invocation: The account and the options.
        operation: Function that sends the requests, and yields the results.
        show: Function that prints the results.

    Raises:
        CannotRun: If an account setting is missing or invalid, or stdout cannot be written.
        CallControlError: If the operation fails.
    """
    if invocation.dry_run:
        show_first_request(invocation, lambda client: list(operation(client)))
        return
    with warnings_on_stderr(), invocation.account.client() as client:
        show(operation(client), as_json=invocation.as_json)


def show_first_request(
    invocation: Invocation, operation: Callable[[Client], object], *, ids: Sequence[str] | None = None
) -> None:
    """Print the first request of an operation, and send nothing.

    Args:
        invocation: The account and the options.
        operation: Function that sends the requests.
        ids: Ids of the calls for which such a request would be sent; ``None`` if the command does not change many calls.

    Raises:
        CannotRun: If an account setting is missing or invalid, or stdout cannot be written.
    """
    try:
        operation(invocation.account.dry_run_client())
    except NotSent as not_sent:
        write(format_request(not_sent.request, as_json=invocation.as_json, ids=ids))


def format_request(request: Request, *, as_json: bool, ids: Sequence[str] | None = None) -> str:
    """Return a request as text without secrets: as an HTTP message for a terminal, otherwise as a line of JSON."""
    return _as_http(request, ids) if prints_table(as_json) else _as_json(request, ids)


def _as_http(request: Request, ids: Sequence[str] | None) -> str:
    head = [f"{request.method} {redact_urls(request.url)}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    content = _content(request)
    body = content.splitlines() if isinstance(content, str) else [json.dumps(content)] if content else []
    parts = (list(map(plain, part)) for part in (head, body, _listed(ids or ())) if part)
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _listed(ids: Sequence[str]) -> list[str]:
    """Return lines with the number of calls and the first ids; an empty list if there are no ids."""
    if not ids:
        return []
    rest = len(ids) - SHOWN_IDS
    more = [f"  and {rest:,} more; --json prints every id"] if rest > 0 else []
    return [f"{count_of_calls(len(ids))} would get such a request:", *(f"  {call_id}" for call_id in ids[:SHOWN_IDS]), *more]


def _as_json(request: Request, ids: Sequence[str] | None) -> str:
    record: dict[str, Any] = {"method": request.method, "url": request.url, "headers": dict(request.headers)}
    record["body"] = _content(request)
    return json_line(record if ids is None else {**record, "calls": len(ids), "callIds": list(ids)})


def _content(request: Request) -> Any:
    """Return the body without passwords: a JSON value, or a string for XML; ``None`` if the body is empty."""
    if not request.body:
        return None
    if request.headers.get("Content-Type", "").endswith("json"):
        return without_secrets(json.loads(request.body))
    return redaction.redact_document(request.body.decode("utf-8", "replace"), is_xml=True)
