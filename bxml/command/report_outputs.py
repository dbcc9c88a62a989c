"""The outputs of a check: a report on stdout, and reports in files, written while the files are checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import tee
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Results, read
from bxml.command.configuration import NAMES as CONFIGURATIONS
from bxml.command.files import EXTENSIONS, File
from bxml.command.formats import NAMES, Format, format_of
from bxml.command.host_languages import host_language
from bxml.messages.text import did_you_mean, join_names, quote

if TYPE_CHECKING:
    from typing import IO


class Output(NamedTuple):
    """A report, and the function that writes its pieces."""

    report: Format
    write: Callable[[str], None]


class OutputFile(NamedTuple):
    """A file that receives a report."""

    path: str
    format_name: str | None
    """The format of the report; ``None`` to write the report of ``--format`` to this file instead of stdout."""


def output_files(_: click.Context, __: click.Parameter, values: Iterable[str]) -> list[OutputFile]:
    """Return the files that ``--output-file`` names.

    Raises:
        BadParameter: If a format is unknown, a path is empty or occurs twice, or the report would replace a document.
    """
    files = [_output_file(value) for value in values]
    paths = [os.path.realpath(file.path) for file in files]
    if len({*paths}) < len(paths):
        raise click.BadParameter("expected a different file for each report")
    if sum(file.format_name is None for file in files) > 1:
        raise click.BadParameter(f"expected FORMAT=FILE for each further file; the formats are {join_names(NAMES)}")
    return files


def _output_file(value: str) -> OutputFile:
    before, equals, after = value.partition("=")
    name, path = (before, after) if equals and before.isidentifier() else (None, value)
    if name is not None and name not in NAMES:
        hint = did_you_mean(name, NAMES) or f"; expected {join_names(NAMES, 'or')}"
        raise click.BadParameter(f"{quote(name)} is not a format{hint}; for a file of this name, write ./{value}")
    if path in {"", "-"}:
        raise click.BadParameter(f"{quote(path)} is not a file; leave out --output-file to write the report to stdout")
    kind = _kind(path) or _kind(os.path.realpath(path))
    if kind:
        # The shell may have put the first of several documents here: --output-file *.bxml
        raise click.BadParameter(f"{quote(path)} is a {kind}, which the report would replace; choose another name")
    return OutputFile(path, name)


def _kind(path: str) -> str:
    """Return a noun phrase for an existing file that a check may read, or an empty string for any other file."""
    name = os.path.basename(path).lower()
    if not os.path.isfile(path):
        return ""
    if name in CONFIGURATIONS:
        return "configuration file"
    if host_language(name):
        return "program"
    if ".bxml." in name or ".xml." in name:
        return "template"
    try:
        return "BXML file" if name.endswith(EXTENSIONS) and File(path, named=False).is_document(read(path)[0]) else ""
    except OSError:
        return ""


def refuse_checked_files(outputs: Sequence[OutputFile], files: Callable[[], Iterable[File]]) -> None:
    """Raise an error if a report would replace a file that is checked.

    Args:
        outputs: The files that receive reports.
        files: Function that returns the files to check.

    Raises:
        UsageError: If a report would replace one of the files.
    """
    paths = {os.path.realpath(output.path): output.path for output in outputs}
    # A file with several hard links is written in place, so all its names would lead to the report.
    links = {_inode(path): output for path, output in paths.items() if os.path.isfile(path) and os.stat(path).st_nlink > 1}
    # The names of files that a search finds are refused in any case.
    for file in files() if paths else ():
        output = paths.get(os.path.realpath(file.path)) if file.named else None
        output = output or (links.get(_inode(file.path)) if links else None)
        if output:
            raise click.UsageError(f"--output-file: {quote(output)} is checked in this run, so the report cannot replace it")


def _inode(path: str) -> tuple[int, int] | None:
    """Return the numbers that all hard links of a file have in common; ``None`` if the file does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def opened(files: Iterable[OutputFile], default: Format) -> Generator[list[Output]]:
    """Create the directories of files, and at the end replace each file in one step.

    An old report is kept if the run ends early. Reports for pipes and devices are written directly.

    Args:
        files: The files.
        default: The format of files without a format of their own.

    Raises:
        CannotRun: If a file cannot be created or written.
    """
    with ExitStack() as stack:
        outputs: list[Output] = []
        for path, format_name in files:
            stream = stack.enter_context(_opened(path))
            outputs.append(Output(format_of(format_name) if format_name else default, _writer(path, stream)))
        yield outputs


@contextmanager
def _opened(path: str) -> Generator[IO[bytes]]:
    # Imported here because most runs write no file.
    from bxml.command.replace_files import is_written_in_place, replace_content

    with _no_os_errors(path):
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        in_place = is_written_in_place(path)
        stream = open(path, "wb") if in_place else _new_content(path)  # noqa: SIM115
    try:
        yield stream
        with _no_os_errors(path):
            if not in_place:
                stream.seek(0)
                replace_content(path, stream.read())
            stream.close()
    finally:
        # After an error, the last bytes may be impossible to write.
        with suppress(OSError):
            stream.close()


def _new_content(path: str) -> IO[bytes]:
    """Return a new unnamed file in the directory of the given file; the new file disappears even if the command is killed."""
    from tempfile import TemporaryFile

    from bxml.command.replace_files import require_writable

    if os.path.exists(path):
        require_writable(path)
    return TemporaryFile(dir=os.path.dirname(os.path.realpath(path)))


def _writer(path: str, stream: IO[bytes]) -> Callable[[str], None]:
    def write(text: str) -> None:
        with _no_os_errors(path):
            # Colors are for terminals. The report is the same on every system, so lines end with LF.
            stream.write(click.unstyle(text).encode("utf-8", "backslashreplace"))

    return write


@contextmanager
def _no_os_errors(path: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise CannotRun(f"cannot write to {path}: {error.strerror}") from None


def write_reports(results: Results, outputs: Sequence[Output]) -> None:
    """Write all reports while the files are checked.

    The report that has received the fewest results continues first, so few results wait in memory.
    """
    if len(outputs) == 1:
        for piece in outputs[0].report(results):
            outputs[0].write(piece)
        return
    views = [_View(results, checked) for checked in tee(results, len(outputs))]
    running = [(view, output.report(view), output.write) for view, output in zip(views, outputs, strict=True)]
    while running:
        last = min(running, key=lambda each: each[0].received)
        _, pieces, write = last
        for piece in pieces:
            write(piece)
            break
        else:
            running.remove(last)


class _View(Results):
    """Results that another object counts.

    Args:
        whole: The object that counts the results.
        checked: The results.
    """

    def __init__(self, whole: Results, checked: Iterable[Checked]) -> None:
        self._whole = whole
        self._checked = checked
        self.received = 0

    def __iter__(self) -> Iterator[Checked]:
        """Yield each result without counting it again."""
        for checked in self._checked:
            self.received += 1
            yield checked

    def __getattr__(self, name: str) -> Any:
        """Return a count from the object that counts."""
        return getattr(self._whole, name)
