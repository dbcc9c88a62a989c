"""Format files in place, or report which files are not formatted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bxml import schema
from bxml.command.checker import read
from bxml.command.files import File
from bxml.command.fixing import replace_file
from bxml.errors import BxmlError, InvalidDocument
from bxml.messages import schema_findings
from bxml.parsing.formatter import formatted
from bxml.problem import Problem


class Result(NamedTuple):
    """The result of formatting one file."""

    name: str
    changes: bool = False
    """True if the file is not in its canonical form."""
    failures: tuple[str, ...] = ()
    """The reasons why the file could not be formatted, each with the place."""


def format_files(files: Iterable[File], *, check: bool) -> Iterator[Result]:
    """Format files and yield the result of each file.

    Args:
        files: The files.
        check: True to leave the files as they are.
    """
    for file in files:
        if file.failure:
            yield Result(file.path, failures=(f"{file.path}: {file.failure}",))
            continue
        try:
            data, size = read(file.path)
            yield _format_file(file.path, data, size, check=check)
        except OSError as error:
            yield Result(file.path, failures=(f"{file.path}: {error.strerror}",))


def _format_file(path: str, data: bytes, size: int, *, check: bool) -> Result:
    try:
        new = format_data(data, size, path)
    except BxmlError as error:
        return Result(path, failures=tuple(map(str, error.problems)))
    if new != data and not check:
        replace_file(path, data, new)
    return Result(path, new != data)


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
    return formatted(data, name)
