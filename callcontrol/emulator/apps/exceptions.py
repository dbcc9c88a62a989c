"""Exceptions that an application raises, or logs while it returns status 500."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus

from callcontrol.emulator.apps.tracebacks import line, report
from callcontrol.emulator.tasks import Failed
from callcontrol.http_messages import Reply


def raised(error: BaseException) -> Failed:
    """What an application raised, with its traceback, for whoever wrote it."""
    return Failed(f"the application raised {line(error)}\n{report(error)}")


_handler: ContextVar[LoggedExceptions | None] = ContextVar("_handler", default=None)


class LoggedExceptions(logging.Handler):
    """Keeps what is logged of exceptions while an application is asked.

    Flask and Django turn an exception into an answer with the status 500, which says nothing of it, and log it.
    """

    def __init__(self) -> None:
        # Flask would not log to where it does by default if somebody listened at its own level.
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _handler.get() is self:  # other requests may be answered at the same time
            self.errors.append(error)

    def of(self, reply: Reply) -> Reply | Failed:
        """What an application has answered, with the exceptions for which it is an error."""
        if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR or not self.errors:
            return reply
        what = f"the application answered {reply.status}, for it raised {line(self.errors[0])}"
        return Failed("\n".join([what, *map(report, self.errors)]))


@contextmanager
def logged_exceptions() -> Generator[LoggedExceptions]:
    tracebacks = LoggedExceptions()
    token = _handler.set(tracebacks)
    logging.getLogger().addHandler(tracebacks)
    try:
        yield tracebacks
    finally:
        logging.getLogger().removeHandler(tracebacks)
        _handler.reset(token)
