"""Check files, in one process or, if there are many files, in several processes."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, NamedTuple

from bxml import schema
from bxml.command.cannot_run import CannotRun
from bxml.command.files import EXTENSIONS, STDIN, TEMPLATE_EXTENSIONS, File
from bxml.command.host_languages import HOST_LANGUAGES, MAXIMUM_BYTES, TOO_LARGE, HostLanguage, host_language
from bxml.lint import linter
from bxml.lint.linter import Settings
from bxml.messages.redaction import redact_document
from bxml.messages.text import counted, join_names
from bxml.parsing.syntax_errors import NOT_XML
from bxml.parsing.template_languages import Template
from bxml.problem import Problem, Severity

if TYPE_CHECKING:
    from concurrent.futures import Future

PARALLEL_THRESHOLD: Final = 600
"""The minimum number of files that several processes check. For fewer files, one process is faster."""

CHUNK_SIZE: Final = 50
"""The number of files that a worker process receives at a time."""

MAX_PENDING_CHUNKS: Final = 16
"""The number of chunks that may be submitted before the result of the first chunk is awaited."""

OTHER_XML: Final = "XML file without the root Response or Bxml"
"""The value of :attr:`Checked.passed_over` for a file with another root element."""

LARGE_PROGRAM: Final = f"program file above {MAXIMUM_BYTES // 1_000_000} MB"
"""The value of :attr:`Checked.passed_over` for a program that is too large to be searched for BXML."""

FOREIGN_STRINGS: Final = "program file"
"""The value of :attr:`Checked.passed_over` for a program that has TwiML or other XML in its strings, and no BXML."""

PROGRAM: Final = "this file is a program; to check the BXML in its strings, use bxml validate --embedded"
"""The message for a program that is checked like a document."""

Mode = Literal["report", "fix", "diff"]
"""``report`` leaves files as they are, ``fix`` changes them, and ``diff`` shows the changes."""


class Checked(NamedTuple):
    """The result of checking one file."""

    name: str
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """The source text that the problems refer to, with passwords hidden; of a program, only the documents in it."""
    failure: str | None = None
    """The reason why the file could not be read."""
    passed_over: str = ""
    """A noun phrase that says why the file is not checked, such as ``TwiML file``."""
    has_foreign_strings: bool = False
    """True if the file is a program, and some of its strings were passed over because they are TwiML or other XML."""
    unfixed: str | None = None
    """The reason why fixes could not be applied."""
    fixed: int = 0
    """The number of fixes that were applied or, with a diff, that can be applied."""
    diff: str = ""
    """The changes that fix the file, as a unified diff; empty if no diff was requested."""
    left_out_hunks: int = 0
    """The number of hunks that are left out of the diff."""
    known: int = 0
    """The number of problems that are left out because they are in the baseline."""
    left_out: tuple[Problem, ...] = ()
    """The problems that are counted but not reported."""
    as_template: bool = False
    """True if the tags of a template language in the file were masked."""


class Checker(NamedTuple):
    """The settings of a check, which can be sent to worker processes."""

    settings: Callable[[str], Settings]
    """Function that returns the linter settings for a file name."""
    stdin_name: str
    """The file name to report for stdin."""
    mode: Mode = "report"
    """The work to do on each file."""
    template: Template | None = None
    """The language of the files, or ``auto`` to detect the language of each file; ``None`` if the files are not templates."""

    embedded: bool = False
    """True to check the documents in the strings of programs."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions of the files that are checked in a directory."""
        return (*EXTENSIONS, *(TEMPLATE_EXTENSIONS if self.template else ()), *(HOST_LANGUAGES if self.embedded else ()))

    def check(self, file: File) -> Checked | None:
        """Check a file.

        Args:
            file: The file.

        Returns:
            The result, with a failure if the file cannot be read; ``None`` if the file was found in a directory and is not a
            document.
        """
        name = reported_name(self.stdin_name if file.path == STDIN else file.path)
        if file.failure:
            return Checked(name, failure=file.failure)
        language = host_language(name) if self.embedded else None
        try:
            data, size = read(file.path, MAXIMUM_BYTES) if language else read(file.path)
        except OSError as error:
            return Checked(name, failure=error.strerror or "cannot be read")
        if language:
            return self._program(name, data, size, language, file)
        if not file.is_document(data):
            return Checked(name, passed_over=OTHER_XML) if file.named else None
        checked = self._result(name, data, size)
        # TwiML and other XML are never valid, so only files with problems are examined.
        foreign = _foreign_kind(file, data) if checked.problems else ""
        if foreign:
            return Checked(name, passed_over=foreign)
        return checked if self.mode == "report" else self._fixed(file.path, data, checked)

    def unchecked(self, file: File) -> Checked | None:
        """Return the result of :meth:`check`, but leave out the problems.

        The file is read only if the content decides whether the file is checked.
        """
        name = reported_name(self.stdin_name if file.path == STDIN else file.path)
        language = host_language(name) if self.embedded else None
        if file.failure or not (file.may_be_foreign or language):
            return Checked(name, failure=file.failure)
        try:
            data, size = read(file.path, MAXIMUM_BYTES) if language else read(file.path)
        except OSError as error:
            return Checked(name, failure=error.strerror or "cannot be read")
        if language:
            checked = self._program(name, data, size, language, file)
            return checked and checked._replace(problems=(), text="")
        if file.is_document(data):
            return Checked(name, passed_over=_foreign_kind(file, data))
        return Checked(name, passed_over=OTHER_XML) if file.named else None

    def unchecked_files(self, files: Iterable[File]) -> Iterator[Checked]:
        """Yield the result of :meth:`unchecked` for each file, except for files without a result."""
        return (checked for checked in map(self.unchecked, files) if checked)

    def document(self, path: str) -> tuple[bytes, Checked]:
        """Check a file that must be a document.

        Args:
            path: The file, or ``-`` for stdin.

        Returns:
            The bytes that were checked, and the result. Do not read the file again, because it may change.

        Raises:
            OSError: If the file cannot be read.
        """
        data, size = read(path)
        return data, self._result(reported_name(self.stdin_name if path == STDIN else path), data, size)

    def given(self, name: str, data: bytes) -> Checked:
        """Check a document that is not in a file.

        Args:
            name: The name to report.
            data: The document.
        """
        return self._result(name, data, len(data))

    def _fixed(self, path: str, data: bytes, checked: Checked) -> Checked:
        """Fix a file, or return the changes as a diff."""
        # Imported here because most runs fix nothing.
        from bxml.command import fixing

        result = fixing.fixed(data, checked.problems, lambda changed: self.given(checked.name, changed).problems)
        checked = checked._replace(unfixed=result.failure)
        if not result.number:
            return checked
        if self.mode == "diff":
            from bxml.command.unified_diff import unified_diff

            diff = unified_diff(checked.name, data, result.data, is_xml=not self.template)
            return checked._replace(fixed=result.number, diff=diff.text, left_out_hunks=diff.left_out)
        try:
            fixing.replace_file(path, data, result.data)
        except OSError as error:
            return checked._replace(unfixed=error.strerror or "cannot be written")
        return self.given(checked.name, result.data)._replace(fixed=result.number, unfixed=result.failure)

    def _result(self, name: str, data: bytes, size: int) -> Checked:
        settings = self.settings(name)
        if size > schema.maximum_bytes():
            return Checked(name, tuple(linter.too_large(name, size, settings)))
        if self.template:
            # Imported here because most runs check no templates.
            from bxml.lint import template_linter

            template = template_linter.problems(data, name, settings, None if self.template == "auto" else self.template)
            if template:
                return Checked(name, tuple(template.problems), template.text, as_template=True)
        problems, source = linter.problems(data, name, settings)
        if not problems or source is None:
            return Checked(name, tuple(problems))
        if problems[0].rule == "not-well-formed" and host_language(name):
            return Checked(name, (replace(problems[0], message=PROGRAM, fix=None),))
        is_xml = (NOT_XML | {linter.TEMPLATE}).isdisjoint(problem.rule for problem in problems)
        return Checked(name, tuple(problems), redact_document(source.text, is_xml=is_xml))

    def _program(self, name: str, data: bytes, size: int, language: HostLanguage, file: File) -> Checked | None:
        if size > MAXIMUM_BYTES:
            # Generated programs are often large, and contain no BXML.
            is_asked_for = file.named and not file.skip_foreign
            return Checked(name, failure=TOO_LARGE) if is_asked_for else Checked(name, passed_over=LARGE_PROGRAM)
        # Imported here because most runs check no programs.
        from bxml.command.embedded_documents import NotSearched, embedded_documents, without_code

        try:
            program, documents = embedded_documents(data, language)
        except NotSearched as error:
            return Checked(name, failure=str(error))
        if not documents and not file.named:
            return None
        settings = self.settings(name)
        by_document = [(document, document.problems(name, settings)) for document in documents]
        # As in files, TwiML and other XML are never valid.
        foreign = {document for document, found in by_document if found and document.is_foreign}
        if foreign and len(foreign) == len(documents) and not file.named:
            return Checked(name, passed_over=FOREIGN_STRINGS)
        reported = [(document, found) for document, found in by_document if found and document not in foreign]
        problems = tuple(problem for _, found in reported for problem in found)
        shown = (document for document, _ in reported)
        text = without_code(redact_document(program.text, is_xml=False), shown) if problems else ""
        return Checked(name, problems, text, has_foreign_strings=bool(foreign))

    def check_chunk(self, files: list[File]) -> list[Checked]:
        """Check several files; leave out files that are not documents."""
        return [checked for checked in map(self.check, files) if checked]


def _foreign_kind(file: File, data: bytes) -> str:
    if not file.may_be_foreign:
        return ""
    from bxml.command.foreign_documents import foreign_kind  # imported here because *.bxml files do not need it

    return foreign_kind(data)


def check_files(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    """Yield the result of each file in the given order; use several processes if there are many files."""
    first = list(islice(files, PARALLEL_THRESHOLD))
    parallel = processes() > 1 and len(first) == PARALLEL_THRESHOLD
    return _in_parallel(chain(first, files), checker) if parallel else _in_sequence(chain(first, files), checker)


def processes() -> int:
    """Return the number of processors that this process may use."""
    # os.cpu_count also counts processors that taskset or a container withholds from this process.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _in_sequence(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    return (checked for checked in map(checker.check, files) if checked)


def _in_parallel(files: Iterator[File], checker: Checker) -> Iterator[Checked]:
    # Imported here because these imports take as long as checking a hundred files.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    from bxml.command import worker_processes

    # Compiled before the fork, so that each worker inherits the compiled schema.
    schema.compiled()
    # Python's documentation calls fork unsafe on macOS, and Windows does not have it.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    # The checker is sent once to each worker, and not with each chunk, because it has the configurations that it has read.
    with ProcessPoolExecutor(processes(), context, worker_processes.initialize, (os.getpid(), checker.check_chunk)) as pool:
        pending: deque[Future[list[Checked]]] = deque()
        try:
            for chunk in _chunks(files):
                pending.append(pool.submit(worker_processes.run, chunk))
                # The limit keeps memory constant, however many files there are.
                if len(pending) > MAX_PENDING_CHUNKS:
                    yield from pending.popleft().result()
            for future in pending:
                yield from future.result()
        except BrokenProcessPool:
            raise CannotRun("a worker process ended unexpectedly, perhaps out of memory; the report is incomplete") from None


def _chunks(files: Iterator[File]) -> Iterator[list[File]]:
    while chunk := list(islice(files, CHUNK_SIZE)):
        yield chunk


def reported_name(path: str) -> str:
    """Return a path in a form that GitHub Actions does not execute as a command.

    GitHub Actions executes workflow commands in a log, so a path that begins like a workflow command is changed.
    """
    return f"./{path}" if path.lstrip()[:1] in {":", "#"} else path


def read(path: str, limit: int | None = None) -> tuple[bytes, int]:
    """Read a file, but at most one byte more than a limit.

    Args:
        path: The file, or ``-`` for stdin.
        limit: The limit in bytes; by default the size limit of a document.

    Returns:
        The first bytes of the file, and its size in bytes.

    Raises:
        OSError: If the file cannot be read.
    """
    if path == STDIN:
        # sys.stdin is None if stdin is closed.
        if sys.stdin is None:
            raise OSError(0, "stdin is closed")
        return _read_from(sys.stdin.buffer, 0, limit)
    with open(path, "rb") as file:
        return _read_from(file, os.fstat(file.fileno()).st_size, limit)


def _read_from(file: BinaryIO, size: int, limit: int | None) -> tuple[bytes, int]:
    """Return the first bytes of a file, and its size in bytes; the given size is 0 for a stream."""
    data = file.read((limit or schema.maximum_bytes()) + 1)
    # A pipe has size 0, and a file can grow after its size was read.
    return data, max(size, len(data))


class Results:
    """The results of a check, counted while they are iterated.

    Args:
        checked: The results, not counted yet; usually an iterator that checks one file after the other.
        fail_on: The lowest severity of a problem that makes the check fail.
        max_problems: The number of problems to report; the other problems are only counted. ``None`` means all.
        quiet: True if a report for people does not end with the summary.
        can_fix: True if the summary counts the problems that ``--fix`` can fix.
    """

    def __init__(
        self,
        checked: Iterable[Checked],
        *,
        fail_on: Severity = "warning",
        max_problems: int | None = None,
        quiet: bool = False,
        can_fix: bool = False,
    ) -> None:
        self._checked = checked
        self._fail_on = fail_on
        self._max_problems = max_problems
        self._can_fix = can_fix
        self.quiet = quiet
        self.files = 0
        self.with_problems = 0
        self.errors = 0
        self.warnings = 0
        self.failures = 0
        self.unfixed = 0
        self.known = 0
        self.fixes = 0
        self.fixed_files = 0
        self.left_out_hunks = 0
        self.fixable = 0
        self.left_out = 0
        self.by_rule: Counter[tuple[str, Severity]] = Counter()
        """The number of problems for each rule and severity."""

    def __iter__(self) -> Iterator[Checked]:
        """Yield and count each result; the results can be iterated only once."""
        for checked in self._checked:
            self.files += 1
            self.with_problems += bool(checked.problems)
            errors = sum(problem.severity == "error" for problem in checked.problems)
            self.errors += errors
            self.warnings += len(checked.problems) - errors
            self.failures += checked.failure is not None
            self.unfixed += checked.unfixed is not None
            self.known += checked.known
            self.fixes += checked.fixed
            self.fixed_files += checked.fixed > 0
            self.left_out_hunks += checked.left_out_hunks
            self.fixable += sum(problem.fix is not None for problem in checked.problems)
            self.by_rule.update((problem.rule, problem.severity) for problem in checked.problems)
            yield self._limited(checked)

    def _limited(self, checked: Checked) -> Checked:
        """Return a result without the problems above the limit."""
        if self._max_problems is None:
            return checked
        reported = self.errors + self.warnings - self.left_out - len(checked.problems)
        kept = self._max_problems - reported
        self.left_out += max(0, len(checked.problems) - kept)
        return checked._replace(problems=checked.problems[:kept], left_out=checked.problems[kept:])

    def fails(self, problem: Problem) -> bool:
        """Return whether a problem makes the check fail."""
        return problem.severity == "error" or self._fail_on == "warning"

    @property
    def failing(self) -> int:
        """The number of problems that make the check fail."""
        return self.errors + (self.warnings if self._fail_on == "warning" else 0)

    @property
    def summary(self) -> str:
        """One line that counts errors, warnings and files."""
        files = counted(self.files - self.failures, "file")
        unread = f"; {counted(self.failures, 'file')} could not be read" if self.failures else ""
        known = f"; {counted(self.known, 'known problem')} in the baseline" if self.known else ""
        if not self.errors and not self.warnings:
            return f"no {'new ' * bool(known)}problems in {files}{known}{unread}"
        found = [counted(count, noun) for count, noun in ((self.errors, "error"), (self.warnings, "warning")) if count]
        return f"{join_names(found)} in {self.with_problems} of {files}{known}{unread}"

    def ending(self, note: str = "") -> str:
        """Return the last line of a report for people, or an empty string if the report is quiet.

        Args:
            note: A clause about the problems, such as ``; 3 of them not shown``.
        """
        if self.quiet:
            return ""
        left_out = f"; {self.left_out:,} of them not shown" if self.left_out else ""
        return f"{self.summary}{left_out}{note}{self.fixable_note}\n"

    @property
    def fixable_note(self) -> str:
        """A clause that counts the problems that ``--fix`` can fix; empty if there are none."""
        return f"; {counted(self.fixable, 'problem')} can be fixed with --fix" if self._can_fix and self.fixable else ""
