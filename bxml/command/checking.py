"""Files checked: each made into what a report says of it, many of them by several processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from bxml import schema, validation, wire, words
from bxml.command.files import STDIN, File
from bxml.problem import Problem
from bxml.validation import Settings

MANY: Final = 600
"""Files from which on more processes than one are faster."""

AT_ONCE: Final = 50
"""Files that a process is given at a time."""


class Checked(NamedTuple):
    """A file, and what a report says of it."""

    name: str
    problems: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()
    """For each problem the line of the file where it begins, without the passwords in it."""
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
            data = _read(file.path)
        except _TooLarge as error:
            finding = words.too_large(error.size, schema.maximum_bytes())
            problem = Problem(*finding, name=name, line=1, column=1, end_line=1, end_column=1)
            return Checked(name, (problem,), ("",))
        except OSError as error:
            return Checked(name, failure=error.strerror or "it cannot be read")
        if not file.is_document(data):
            return None
        problems, source = validation.problems(data, name, self.settings(name))
        lines = (wire.without_secrets(source.line(problem.line or 1)) if source else "" for problem in problems)
        return Checked(name, tuple(problems), tuple(lines))

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
    from multiprocessing import get_context  # only here, for its import takes as long as a hundred files

    schema.compiled()  # before the processes part, which then have it
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    # Only this process is to answer an interruption.
    with context.Pool(processes(), signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        for several in pool.imap(checker.several, _in_lots(files)):
            yield from several


def _in_lots(files: Iterator[File]) -> Iterator[list[File]]:
    while lot := list(islice(files, AT_ONCE)):
        yield lot


def _named(path: str) -> str:
    """A path as a report shows it, where no line may begin as the commands do that GitHub Actions takes from a log."""
    return f"./{path}" if path.lstrip()[:1] in {":", "#"} else path


class _TooLarge(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def _read(path: str) -> bytes:
    """The bytes of a file, which are not even read if they are too many."""
    if path == STDIN:
        return sys.stdin.buffer.read()
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size > schema.maximum_bytes():
            raise _TooLarge(size)
        return file.readall()


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
        files = _counted(self.files, "file")
        if not self.errors and not self.warnings:
            return f"no problems in {files}"
        found = [_counted(count, noun) for count, noun in ((self.errors, "error"), (self.warnings, "warning")) if count]
        return f"{words.listed(found)} in {self.with_problems} of {files}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
