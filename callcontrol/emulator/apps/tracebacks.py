"""What an application raised, as whoever wrote it wants to read it: in one line, and from their own code on."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Final

LONGEST: Final = 200
"""Characters of an exception that stand in one line."""

FOREIGN: Final = (
    *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")),
    str(Path(__file__).parents[1]),
)
"""Where the code of servers and frameworks lies that calls an application, and our own."""


def line(error: BaseException) -> str:
    """What an exception is and says, in one line."""
    lines = TracebackException(type(error), error, None).format_exception_only()  # which knows of errors that cannot be shown
    told = " ".join(next(line for line in lines if not line.startswith(" ")).split())  # not where a SyntaxError is
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"


def report(error: BaseException) -> str:
    """The traceback of an exception, without what comes before the first line of the application's own code."""
    told = TracebackException.from_exception(error)
    link: TracebackException | None = told
    while link is not None:
        link.stack = StackSummary.from_list(_own(link.stack))
        link = link.__cause__ or link.__context__
    return "".join(told.format()).rstrip()


def _own(frames: list[FrameSummary]) -> list[FrameSummary]:
    """The frames from the first one on that is the application's own; all if none is, as of one that is installed."""
    first = next((number for number, frame in enumerate(frames) if not frame.filename.startswith(FOREIGN)), 0)
    return frames[first:]
