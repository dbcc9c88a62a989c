"""Files checked: each made into what a report says of it, many of them by several processes."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from bxml import schema
from bxml.command.errors import CannotRun
from bxml.command.files import STDIN, File
from bxml.lint import linter
from bxml.lint.linter import Settings
from bxml.messages.redaction import without_secrets
from bxml.messages.text import listed
from bxml.parsing.syntax_errors import NOT_XML
from bxml.problem import Problem

if TYPE_CHECKING:
    from concurrent.futures import Future

MANY: Final = 600
"""Files from which on more processes than one are faster."""

AT_ONCE: Final = 50
"""Files that a process is given at a time."""

WAITING: Final = 16
"""Lots of files that are given out before the first of them is asked for."""


class Checked(NamedTuple):
    """A file, and what a report says of it."""

    name: str
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """What the problems stand in, without the passwords in it."""
    failure: str | None = None
    """Why the file could not be read."""


class Checker(NamedTuple):
    """How files are checked. A value, so that other processes can be given it."""

    settings: Callable[[str], Settings]
    """What is looked for in a file of this name."""
    stdin_name: str
    """What standard input is called."""

    def one(self, file: File) -> Checked | None:
        """What is to be said of a file; ``None`` if it is no document."""
        name = _named(self.stdin_name if file.path == STDIN else file.path)
        try:
            data, size = (b"", 0) if file.failure else read(file.path)
        except OSError as error:
            return Checked(name, failure=error.strerror or "it cannot be read")
        if file.failure or not file.is_document(data):
            return Checked(name, failure=file.failure) if file.failure else None
        return self._of(name, data, size)

    def document(self, path: str) -> tuple[bytes, Checked]:
        """A file that is a document whatever is in it: its bytes, and what is to be said of them.

        Raises:
            OSError: if it cannot be read.
        """
        data, size = read(path)
        return data, self._of(_named(self.stdin_name if path == STDIN else path), data, size)

    def given(self, name: str, data: bytes) -> Checked:
        """What is to be said of a document that is in no file."""
        return self._of(name, data, len(data))

    def _of(self, name: str, data: bytes, size: int) -> Checked:
        settings = self.settings(name)
        if size > schema.maximum_bytes():
            return Checked(name, tuple(linter.too_large(name, size, settings)))
        problems, source = linter.problems(data, name, settings)
        if not problems or source is None:
            return Checked(name, tuple(problems))
        is_xml = NOT_XML.isdisjoint(problem.rule for problem in problems)
        return Checked(name, tuple(problems), without_secrets(source.text, is_xml=is_xml))

    def several(self, files: list[File]) -> list[Checked]:
        """What is to be said of several files."""
        return [checked for checked in map(self.one, files) if checked]


def checked(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    """What is to be said of each file, in their order; by several processes if they are many."""
    first = list(islice(files, MANY))
    several = processes() > 1 and len(first) == MANY
    return _by_several(chain(first, files), checker) if several else _by_one(chain(first, files), checker)


def processes() -> int:
    """How many processes can work at once."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _by_one(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    return (found for found in map(checker.one, files) if found)


def _by_several(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    # Only here, for these imports take as long as a hundred files.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    schema.compiled()  # before the processes part, which then have it
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    # Only this process is to answer an interruption.
    with ProcessPoolExecutor(processes(), context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        waiting: deque[Future[list[Checked]]] = deque()
        try:
            for lot in _in_lots(files):
                waiting.append(pool.submit(checker.several, lot))
                if len(waiting) > WAITING:  # so that what waits does not grow with the number of files
                    yield from waiting.popleft().result()
            for future in waiting:
                yield from future.result()
        except BrokenProcessPool:
            raise CannotRun("a process that checked files has been ended by the system") from None


def _in_lots(files: Iterator[File]) -> Iterator[list[File]]:
    while lot := list(islice(files, AT_ONCE)):
        yield lot


def _named(path: str) -> str:
    """A path as a report shows it, where no line may begin as the commands do that GitHub Actions takes from a log."""
    return f"./{path}" if path.lstrip()[:1] in {":", "#"} else path


def read(path: str) -> tuple[bytes, int]:
    """The bytes of a file, or the first of them if they are more than a document has, and how many they are.

    Raises:
        OSError: if it cannot be read.
    """
    if path == STDIN:
        if sys.stdin is None:  # as it is if nobody has opened it
            raise OSError(0, "standard input is closed")
        return _read_from(sys.stdin.buffer, 0)
    with open(path, "rb") as file:
        return _read_from(file, os.fstat(file.fileno()).st_size)


def _read_from(file: BinaryIO, size: int) -> tuple[bytes, int]:
    data = file.read(schema.maximum_bytes() + 1)
    return data, max(size, len(data))


class Results:
    """Checked files, counted as they go by."""

    def __init__(self, checked: Iterable[Checked]) -> None:
        """Take the files that are to be counted."""
        self._checked = checked
        self.files = 0
        self.with_problems = 0
        self.errors = 0
        self.warnings = 0
        self.failures = 0

    def __iter__(self) -> Iterator[Checked]:
        """Each file, once."""
        for checked in self._checked:
            self.files += 1
            self.with_problems += bool(checked.problems)
            errors = sum(problem.severity == "error" for problem in checked.problems)
            self.errors += errors
            self.warnings += len(checked.problems) - errors
            self.failures += checked.failure is not None
            yield checked

    @property
    def summary(self) -> str:
        """What was found, in one line."""
        files = _counted(self.files - self.failures, "file")
        unread = f"; {_counted(self.failures, 'file')} could not be read" if self.failures else ""
        if not self.errors and not self.warnings:
            return f"no problems in {files}{unread}"
        found = [_counted(count, noun) for count, noun in ((self.errors, "error"), (self.warnings, "warning")) if count]
        return f"{listed(found)} in {self.with_problems} of {files}{unread}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
