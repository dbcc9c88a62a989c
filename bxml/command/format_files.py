"""Format files in place, or report which files are not formatted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from bxml import schema
from bxml.command.checker import read
from bxml.command.files import File
from bxml.command.fixing import replace_file
from bxml.command.host_languages import host_language
from bxml.errors import BxmlError, InvalidDocument
from bxml.messages import schema_findings
from bxml.parsing.formatter import formatted
from bxml.problem import Problem

FormatMode = Literal["write", "check", "diff"]
"""``write`` replaces files, ``check`` only finds the files that would change, and ``diff`` shows the changes."""


class Result(NamedTuple):
    """The result of formatting one file."""

    name: str
    changes: bool = False
    """True if the file is not in its canonical form."""
    failures: tuple[str, ...] = ()
    """The reasons why the file could not be formatted, each with a position in the file."""
    diff: str = ""
    """The changes as a unified diff; empty if no diff was requested."""
    left_out_hunks: int = 0
    """The number of hunks that are left out of the diff."""


def format_files(files: Iterable[File], mode: FormatMode) -> Iterator[Result]:
    """Format files and yield the result of each file.

    Args:
        files: The files.
        mode: The work to do on each file.
    """
    for file in files:
        if file.failure:
            yield Result(file.path, failures=(f"{file.path}: {file.failure}",))
            continue
        try:
            data, size = read(file.path)
            yield _format_file(file.path, data, size, mode)
        except OSError as error:
            yield Result(file.path, failures=(f"{file.path}: {error.strerror}",))


def _format_file(path: str, data: bytes, size: int, mode: FormatMode) -> Result:
    try:
        new = format_data(data, size, path)
    except BxmlError as error:
        return Result(path, failures=tuple(map(str, error.problems)))
    return compared(path, data, new, mode)


def compared(path: str, data: bytes, new: bytes, mode: FormatMode) -> Result:
    """Return the result for a file, and replace the file if the mode is ``write``."""
    if new == data or mode == "check":
        return Result(path, new != data)
    if mode == "diff":
        from bxml.command.unified_diff import unified_diff  # imported here because most runs print no diff

        diff = unified_diff(path, data, new)
        return Result(path, changes=True, diff=diff.text, left_out_hunks=diff.left_out)
    replace_file(path, data, new)
    return Result(path, changes=True)


def format_data(data: bytes, size: int, name: str) -> bytes:
    """Return a document in its canonical form.

    Args:
        data: The first bytes of the document.
        size: The size of the document in bytes.
        name: The name of the document in messages.

    Raises:
        BxmlError: If the document cannot be formatted.
    """
    limit = schema.maximum_bytes()
    if size > limit:
        raise InvalidDocument([Problem(*schema_findings.too_large(size, limit), name=name, line=1, column=1)])
    try:
        return formatted(data, name)
    except BxmlError as error:
        raise InvalidDocument(_explained(error.problems, data, name)) from None


def _explained(problems: Sequence[Problem], data: bytes, name: str) -> Sequence[Problem]:
    """Return the problems of a document, or only one problem if it is a template or a program."""
    # Imported here because most documents can be formatted.
    from bxml.lint import linter

    found, _ = linter.problems(data, name, linter.Settings(frozenset({linter.TEMPLATE})))
    if found:
        what = found[0].message.partition("; check")[0]
        return [replace(found[0], message=f"{what}; bxml format does not format templates")]
    if problems[0].rule == "not-well-formed" and host_language(name):
        return [replace(problems[0], message="this file is a program; bxml format does not format programs")]
    return problems
