"""The output and the exit codes of ``bxml format``."""

from __future__ import annotations

from collections.abc import Sequence

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import counted, read
from bxml.command.files import STDIN, files
from bxml.command.format_files import format_data, format_files
from bxml.command.formats import plain
from bxml.command.standard_streams import tell, write
from bxml.errors import BxmlError
from bxml.messages.text import join_names


def format_paths(paths: Sequence[str], *, check: bool) -> int:
    """Format the files that the paths refer to, print the changed files, and return the exit code.

    Args:
        paths: Files, directories and glob patterns.
        check: True to leave the files as they are.

    Raises:
        CannotRun: If no files were found.
    """
    changed = unchanged = failed = 0
    for result in format_files(files(paths), check=check):
        for failure in result.failures:
            tell("bxml", failure)
        if result.changes:
            write(f"{'would reformat' if check else 'reformatted'} {plain(result.name)}\n")
        failed += bool(result.failures)
        changed += result.changes
        unchanged += not result.changes and not result.failures
    if not changed + unchanged + failed:
        raise CannotRun(f"no BXML files found in {join_names(paths)}; expected *.bxml, or *.xml with the root Response or Bxml")
    write(f"{_summary(changed, unchanged, failed, check=check)}\n")
    return 2 if failed else int(check and bool(changed))


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
