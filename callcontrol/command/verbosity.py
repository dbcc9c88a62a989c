"""The options ``--quiet`` and ``--verbose``, and the output on stderr that depends on them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, TypeVar, cast

import click

from bxml.command import standard_streams
from bxml.messages.redaction import redact_urls
from callcontrol.command.output import NAME
from callcontrol.errors import TransportError
from callcontrol.http_messages import REFUSAL, Reply, Request, Send

F = TypeVar("F", bound=Callable[..., Any])

Level = Literal["quiet", "verbose"]

_KEY: Final = f"{__name__}.level"
"""Key of the level in ``meta`` of click's contexts. A command and its group share this dictionary."""

_HELP: Final[dict[Level, str]] = {
    "quiet": "Print only errors to stderr.",
    "verbose": "Print each request to stderr, with its status, duration and retries.",
}


def options(command: F) -> F:
    """Add ``--quiet`` and ``--verbose`` to a command, or to a function that becomes a command."""
    for level in reversed(_HELP):
        command = click.option(f"--{level}", is_flag=True, expose_value=False, callback=_set_level, help=_HELP[level])(command)
    return command


def _set_level(context: click.Context, parameter: click.Parameter, given: bool) -> None:  # noqa: FBT001  click passes it by position
    """Store the level if the option was given.

    Raises:
        click.UsageError: If the other option was given too, before or after the subcommand.
    """
    if not given:
        return
    level = context.meta.setdefault(_KEY, parameter.name)
    if level != parameter.name:
        raise click.UsageError("--quiet and --verbose cannot be combined", context)


def _level() -> Level | None:
    context = click.get_current_context(silent=True)
    return cast("Level | None", context.meta.get(_KEY)) if context else None


def is_quiet() -> bool:
    """Return whether ``--quiet`` was given. Call this function in the main thread, which has click's context."""
    return _level() == "quiet"


def is_verbose() -> bool:
    """Return whether ``--verbose`` was given. Call this function in the main thread, which has click's context."""
    return _level() == "verbose"


def tell(command: str, sentence: str) -> None:
    """Print ``command: sentence`` to stderr, unless ``--quiet`` was given. For errors, use ``standard_streams.tell``.

    Args:
        command: Name of the command.
        sentence: A notice or a warning.
    """
    if not is_quiet():
        standard_streams.tell(command, sentence)


# Log records


_reasons: ContextVar[list[str] | None] = ContextVar("reasons", default=None)
"""The reasons why the request that is being handled was refused; ``None`` if no line about the request will be printed."""


class _StderrHandler(logging.Handler):
    """Prints log records in the form of the command's own messages."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record to stderr, with its traceback, unless the line about its request will contain the reason."""
        reason, reasons = getattr(record, REFUSAL, None), _reasons.get()
        if reason is None or reasons is None:
            traceback = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            for line in (record.getMessage(), *redact_urls(traceback).splitlines()):
                standard_streams.tell(NAME, line)
        else:
            reasons.append(reason)


@contextmanager
def warnings_on_stderr() -> Generator[None]:
    """Print the warnings of this package, such as the retry of a request, to stderr during a ``with`` block.

    With ``--quiet``, nothing is printed. In a nested block, each warning is printed once.
    """
    log = logging.getLogger("callcontrol")
    if is_quiet() or any(isinstance(handler, _StderrHandler) for handler in log.handlers):
        yield
        return
    handler = _StderrHandler(logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


# Requests


def printing_requests(send: Send) -> Send:
    """Return a function that sends or handles a request, and prints it to stderr with its status, duration and refusal.

    Args:
        send: Function that sends or handles a request, and returns the response.
    """

    def send_and_print(request: Request, /) -> Reply:
        start = time.perf_counter()
        outcome = "no response"
        reasons: list[str] = []
        before = _reasons.set(reasons)
        try:
            reply = send(request)
            outcome = str(reply.status)
        except TransportError as error:
            outcome = f"no response ({error.reason})"
            raise
        else:
            return reply
        finally:
            milliseconds = (time.perf_counter() - start) * 1000
            _reasons.reset(before)
            line = f"{request.method} {request.url}: {outcome} in {milliseconds:.0f} ms"
            standard_streams.tell(NAME, redact_urls("; ".join([line, *reasons])))

    return send_and_print
