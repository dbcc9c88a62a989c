"""Exceptions of an application, formatted for its developer: as one line, or as a traceback that begins in the application."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Final

MAX_SUMMARY: Final = 200
"""Maximum number of characters of an exception that is formatted as one line."""

FOREIGN_PATHS: Final = (
    *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")),
    str(Path(__file__).parents[1]),
)
"""Directories of code that does not belong to the application: servers, frameworks, the standard library and the emulator."""


def summary(error: BaseException) -> str:
    """Return the type and the message of an exception in one line."""
    # TracebackException also handles exceptions whose str() fails.
    lines = TracebackException(type(error), error, None).format_exception_only()
    # The indented lines of a SyntaxError show its position; they come first.
    text = " ".join(next(line for line in lines if not line.startswith(" ")).split())
    return text if len(text) <= MAX_SUMMARY else f"{text[:MAX_SUMMARY]}…"


def report(error: BaseException) -> str:
    """Return the traceback of an exception and its causes, without the frames before the application's own code."""
    traceback = TracebackException.from_exception(error)
    link: TracebackException | None = traceback
    while link is not None:
        link.stack = StackSummary.from_list(_application_frames(link.stack))
        # Like Python, print only one of the cause and the context.
        link = link.__cause__ or link.__context__
    return "".join(traceback.format()).rstrip()


def _application_frames(frames: list[FrameSummary]) -> list[FrameSummary]:
    """Return the first frame of the application's own code, and all frames after it.

    An installed application has no such frame, because its code is in a foreign directory. In that case, return all frames.
    """
    first = next((index for index, frame in enumerate(frames) if not frame.filename.startswith(FOREIGN_PATHS)), 0)
    return frames[first:]
