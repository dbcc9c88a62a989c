"""Mistakes of an application: exceptions that it raises, exceptions that it logs before a status 500, and dropped results."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus

from bxml.builder.documents import dropped_results
from callcontrol.emulator.apps.tracebacks import report, summary
from callcontrol.emulator.generator_tasks import DroppedResult, Failed
from callcontrol.http_messages import Reply


def raised(error: BaseException) -> Failed:
    """Return the failure for an exception that the application raised, with its traceback."""
    return Failed(f"the application raised {summary(error)}\n{report(error)}")


_handler: ContextVar[LoggedExceptions | None] = ContextVar("_handler", default=None)


class LoggedExceptions(logging.Handler):
    """A log handler that keeps the exceptions logged during one request.

    Flask and Django log an exception, and return a response with status 500 that does not describe the exception.
    """

    def __init__(self) -> None:
        """Start without exceptions."""
        # With a lower level, Flask would rely on this handler instead of adding its default handler.
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []
        self.dropped: list[bytes] = []
        """Documents without verbs that the request wrote, because the application did not use the results of their methods."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exception of a log record, if it has one."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _handler.get() is self:  # other requests may run at the same time
            self.errors.append(error)

    def reply_or_failure(self, reply: Reply) -> Reply | Failed:
        """Return the response; for a server error with logged exceptions, return a failure with their tracebacks instead."""
        if reply.body in self.dropped:
            return DroppedResult(reply.status, reply.headers, reply.body)
        if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR or not self.errors:
            return reply
        reason = f"the application returned status {reply.status}: it raised {summary(self.errors[0])}"
        return Failed("\n".join([reason, *map(report, self.errors)]))


@contextmanager
def logged_exceptions() -> Generator[LoggedExceptions]:
    """Collect the exceptions that the current request logs, and the empty documents that it writes by mistake."""
    exceptions = LoggedExceptions()
    token, dropped = _handler.set(exceptions), dropped_results.set(exceptions.dropped)
    logging.getLogger().addHandler(exceptions)
    try:
        yield exceptions
    finally:
        logging.getLogger().removeHandler(exceptions)
        _handler.reset(token)
        dropped_results.reset(dropped)
