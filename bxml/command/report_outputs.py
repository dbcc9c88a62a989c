"""The outputs of a check: a report on stdout, and reports in files, written while the files are checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import tee
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Results
from bxml.command.files import File
from bxml.command.formats import NAMES, Format, format_of
from bxml.messages.text import did_you_mean, join_names, quote

if TYPE_CHECKING:
    from typing import TextIO


class Output(NamedTuple):
    """A report, and the function that writes its pieces."""

    report: Format
    write: Callable[[str], None]


class OutputFile(NamedTuple):
    """A file that receives a report."""

    path: str
    format_name: str | None
    """The format of the report; ``None`` for the format of ``--format``, which is then not written to stdout."""


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
    if _is_document(path):
        # The shell may have put the first of several documents here: --output-file *.bxml
        raise click.BadParameter(f"{quote(path)} is a BXML file, which the report would replace; choose another name")
    return OutputFile(path, name)


def _is_document(path: str) -> bool:
    if not path.lower().endswith((".bxml", ".xml")) or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return File(path, named=False).is_document(file.read(4096))
    except OSError:
        return False


@contextmanager
def opened(files: Iterable[OutputFile], default: Format) -> Generator[list[Output]]:
    """Create the files and their directories, and close the files at the end.

    Args:
        files: The files.
        default: The format of files without a format of their own.

    Raises:
        CannotRun: If a file cannot be created or written.
    """
    with ExitStack() as stack:
        outputs: list[Output] = []
        for path, format_name in files:
            try:
                os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
                # The report is the same on every system, so lines end with LF.
                file = open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n")  # noqa: SIM115
            except OSError as error:
                raise _cannot_write(path, error) from None
            stack.callback(_close, path, file)
            outputs.append(Output(format_of(format_name) if format_name else default, _writer(path, file)))
        yield outputs


def _writer(path: str, file: TextIO) -> Callable[[str], None]:
    def write(text: str) -> None:
        try:
            # Colors are for terminals.
            file.write(click.unstyle(text))
        except OSError as error:
            raise _cannot_write(path, error) from None

    return write


def _close(path: str, file: TextIO) -> None:
    try:
        file.close()
    except OSError as error:
        raise _cannot_write(path, error) from None


def _cannot_write(path: str, error: OSError) -> CannotRun:
    return CannotRun(f"cannot write to {path}: {error.strerror}")


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
