"""The output and the exit codes of ``bxml format``."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checker, read, reported_name
from bxml.command.file_options import FileSelection
from bxml.command.files import STDIN, File
from bxml.command.fix_options import left_out_note
from bxml.command.format_files import FormatMode, Result, compared, format_data, format_files
from bxml.command.formats import plain
from bxml.command.formats.diff import shown
from bxml.command.passed_over import PassedOver
from bxml.command.standard_streams import tell, write
from bxml.errors import BxmlError
from bxml.messages.text import counted


def format_paths(selection: FileSelection, mode: FormatMode) -> int:
    """Format the selected files, print the changed files, and return the exit code.

    Args:
        selection: The files that the paths and the options select.
        mode: The work to do on each file.

    Raises:
        CannotRun: If no files were found.
    """
    passed_over = PassedOver()
    documents = _documents(selection, passed_over)
    if selection.options.show_files:
        for file in documents:
            write(f"{plain(reported_name(file.path))}\n")
        return 0
    changed = unchanged = failed = left_out = 0
    for result in format_files(documents, mode):
        for failure in result.failures:
            tell("bxml", failure)
        _write_change(result, mode)
        left_out += result.left_out_hunks
        failed += bool(result.failures)
        changed += result.changes
        unchanged += not result.changes and not result.failures
    selection.tell_about(passed_over)
    if not changed + unchanged + failed:
        selection.require_files()
        return 0
    summary = _summary(changed, unchanged, failed, writes=mode == "write") + left_out_note(left_out)
    if mode == "diff":
        tell("bxml", summary)
    else:
        write(f"{summary}\n")
    return 2 if failed else int(mode != "write" and bool(changed))


def _write_change(result: Result, mode: FormatMode) -> None:
    if mode == "diff":
        write(shown(result.diff))
    elif result.changes:
        write(f"{'would reformat' if mode == 'check' else 'reformatted'} {plain(result.name)}\n")


def _documents(selection: FileSelection, passed_over: PassedOver) -> Iterator[File]:
    """Yield the selected files without those that are passed over, such as TwiML."""
    checker = Checker(selection.search.exclusions.configurations.settings, "")
    for file in selection.files():
        checked = checker.unchecked(file)
        if checked and any(passed_over.leaving_out([checked])):
            yield file


def _summary(changed: int, unchanged: int, failed: int, *, writes: bool) -> str:
    counts = {
        "reformatted" if writes else "would be reformatted": changed,
        "already formatted": unchanged,
        "could not be formatted": failed,
    }
    return ", ".join(f"{counted(count, 'file')} {words}" for words, count in counts.items() if count)


def format_stdin(name: str, mode: FormatMode) -> int:
    """Format stdin in the given mode, and return the exit code.

    Args:
        name: The file name to report for stdin.
        mode: ``write`` to write the formatted document to stdout, ``diff`` to write the changes, ``check`` to write only a
            report.
    """
    try:
        data, size = read(STDIN)
        new = format_data(data, size, name)
    except OSError as error:
        raise CannotRun(f"{name}: {error.strerror}") from None
    except BxmlError as error:
        for problem in error.problems:
            tell("bxml", str(problem))
        return 2
    if mode == "write":
        write(new)
        return 0
    result = compared(name, data, new, mode)
    _write_change(result, mode)
    tell("bxml", left_out_note(result.left_out_hunks).removeprefix("; "))
    return int(result.changes)
