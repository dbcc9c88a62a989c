"""Commands performed, or only rehearsed: then the request that would be sent is shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple, Protocol, TypeVar

import click

from bxml.command.console import tell, write
from bxml.command.formats import plain
from bxml.messages import redaction
from bxml.messages.redaction import without_user
from callcontrol.client import Client
from callcontrol.command.account import Account, Rehearsed
from callcontrol.command.output import NAME, counted, is_for_people, line, without_secrets
from callcontrol.http_messages import Request

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Way(NamedTuple):
    """How a command was asked to do what it does."""

    account: Account
    as_json: bool
    dry_run: bool


def command(name: str, summary: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that is given its way of working, and then what it was asked for."""

    def made(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        @click.pass_context
        def run(context: click.Context, /, *, as_json: bool, dry_run: bool, **asked: Any) -> None:
            function(Way(context.obj, as_json, dry_run), **asked)

        return click.command(name, short_help=summary)(_options(run))

    return made


def _options(run: F) -> F:
    run = click.option("--dry-run", is_flag=True, help="Print the request, and send nothing.")(run)
    return click.option("--json", "as_json", is_flag=True, help="Write JSON also on a terminal.")(run)


class Show(Protocol[T_contra]):
    """Writes results."""

    def __call__(self, results: Iterable[T_contra], /, *, as_json: bool) -> None:
        """Write them as they come."""
        ...


def perform(way: Way, act: Callable[[Client], Iterable[T]], show: Show[T]) -> None:
    """Do something and show its results as they come; or show its first request instead.

    Raises:
        CannotRun: if the account is not known, or nothing can be written.
        CallControlError: if it fails.
    """
    if way.dry_run:
        rehearse(way, lambda client: list(act(client)))
        return
    with warnings_told(), way.account.client() as client:
        show(act(client), as_json=way.as_json)


class _Told(logging.Handler):
    """Says what is logged as the command says things."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        tell(NAME, record.getMessage())


@contextmanager
def warnings_told() -> Generator[None]:
    """Whoever waits is told of each request that is repeated, and of what else is worth a word."""
    handler = _Told(logging.WARNING)
    log = logging.getLogger("callcontrol")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def rehearse(way: Way, act: Callable[[Client], object], *, calls: int | None = None) -> None:
    """Show the first request of something.

    Args:
        way: How the command was asked.
        act: What would be done.
        calls: To how many calls, if they may be many.

    Raises:
        CannotRun: if the account is not known, or nothing can be written.
    """
    try:
        act(way.account.rehearsal())
    except Rehearsed as rehearsed:
        write(shown(rehearsed.request, as_json=way.as_json, calls=calls))


def shown(request: Request, *, as_json: bool, calls: int | None = None) -> str:
    """A request as it would be sent, without its secrets."""
    return _for_people(request, calls) if is_for_people(as_json) else _in_json(request, calls)


def _for_people(request: Request, calls: int | None) -> str:
    head = [f"{request.method} {without_user(request.url)}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    content = _content(request)
    body = content.splitlines() if isinstance(content, str) else [json.dumps(content)] if content else []
    count = [f"{counted(calls)} would get one like it"] if calls is not None else []
    parts = (list(map(plain, part)) for part in (head, body, count) if part)
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _in_json(request: Request, calls: int | None) -> str:
    record: dict[str, Any] = {"method": request.method, "url": request.url, "headers": dict(request.headers)}
    record["body"] = _content(request)
    return line(record if calls is None else {**record, "calls": calls})


def _content(request: Request) -> Any:
    """The body, in which no password can be read: an object of JSON, or a text; ``None`` if there is none."""
    if not request.body:
        return None
    if request.headers.get("Content-Type", "").endswith("json"):
        return without_secrets(json.loads(request.body))
    return redaction.without_secrets(request.body.decode("utf-8", "replace"), is_xml=True)
