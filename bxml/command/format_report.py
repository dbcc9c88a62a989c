"""The output and the exit codes of ``bxml format``."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checker, counted, read, reported_name
from bxml.command.file_options import FileSelection
from bxml.command.files import STDIN, File
from bxml.command.format_files import format_data, format_files
from bxml.command.formats import plain
from bxml.command.passed_over import PassedOver
from bxml.command.standard_streams import tell, write
from bxml.errors import BxmlError


def format_paths(selection: FileSelection, *, check: bool) -> int:
    """Format the selected files, print the changed files, and return the exit code.

    Args:
        selection: The files that the paths and the options select.
        check: True to leave the files as they are.

    Raises:
        CannotRun: If no files were found.
    """
    passed_over = PassedOver()
    documents = _documents(selection, passed_over)
    if selection.options.show_files:
        for file in documents:
            write(f"{plain(reported_name(file.path))}\n")
        return 0
    changed = unchanged = failed = 0
    for result in format_files(documents, check=check):
        for failure in result.failures:
            tell("bxml", failure)
        if result.changes:
            write(f"{'would reformat' if check else 'reformatted'} {plain(result.name)}\n")
        failed += bool(result.failures)
        changed += result.changes
        unchanged += not result.changes and not result.failures
    selection.tell_about(passed_over)
    if not changed + unchanged + failed:
        selection.require_files()
        return 0
    write(f"{_summary(changed, unchanged, failed, check=check)}\n")
    return 2 if failed else int(check and bool(changed))


def _documents(selection: FileSelection, passed_over: PassedOver) -> Iterator[File]:
    """Yield the selected files without those that are passed over, such as TwiML."""
    checker = Checker(selection.search.exclusions.configurations.settings, "")
    for file in selection.files():
        checked = checker.unchecked(file)
        if checked and any(passed_over.leaving_out([checked])):
            yield file


def _summary(changed: int, unchanged: int, failed: int, *, check: bool) -> str:
    counts = {
        "would be reformatted" if check else "reformatted": changed,
        "already formatted": unchanged,
        "could not be formatted": failed,
    }
    return ", ".join(f"{counted(count, 'file')} {words}" for words, count in counts.items() if count)


def format_stdin(name: str, *, check: bool) -> int:
    """Write the formatted stdin to stdout, or only report whether it is formatted; return the exit code.

    Args:
        name: The file name to report for stdin.
        check: True to report only.
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
    if not check:
        write(new)
        return 0
    if new != data:
        write(f"would reformat {plain(name)}\n")
    return int(new != data)
