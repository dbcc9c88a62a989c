"""The output of ``bxml extract``: the documents in the strings of programs, with file names and positions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from bxml.command.checker import LARGE_PROGRAM, read, reported_name
from bxml.command.ci_commands import without_commands
from bxml.command.configuration_lookup import Configurations
from bxml.command.embedded_documents import EmbeddedDocument, NotSearched, embedded_documents
from bxml.command.exclusions import Exclusions
from bxml.command.files import File, FileSearch
from bxml.command.formats import plain
from bxml.command.formats.text import visible
from bxml.command.host_languages import HOST_LANGUAGES, MAXIMUM_BYTES, TOO_LARGE, host_language
from bxml.command.passed_over import names_of
from bxml.messages.text import join_names

VERSION: Final = 1
"""The version of the JSON format; it changes when a member is changed or removed."""


_LINE_END: Final = re.compile("\r\n|\r|\n")


class Extraction:
    """A search for documents in programs; the counts are complete after the output has been iterated.

    Args:
        paths: Files, directories and glob patterns.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self.programs = 0
        self.failures: list[tuple[str, str]] = []
        """The name of each program that could not be searched, and the reason."""
        self.large: list[str] = []
        """The name of each program that was found in a directory, and is too large to be searched."""

    def text(self) -> Iterator[str]:
        """Yield each document, preceded by a line with its position."""
        for name, document in self._documents():
            line, column = document.start
            text = "\n".join(map(_shown, _LINE_END.split(document.redacted)))
            yield plain(f"{reported_name(name)}:{line}:{column}: {document.language}") + f"\n{text}\n\n"

    def json(self) -> Iterator[str]:
        """Yield one JSON object, with each document on a line of its own."""
        yield f'{{"version": {VERSION}, "documents": ['
        separator = "\n"
        for name, document in self._documents():
            yield separator + json.dumps(_members(name, document))
            separator = ",\n"
        failures = [{"file": name, "message": message} for name, message in self.failures]
        yield f'\n], "failures": {json.dumps(failures)}}}\n'

    def _documents(self) -> Iterator[tuple[str, EmbeddedDocument]]:
        """Yield each document together with the name of its program."""
        search = FileSearch(Exclusions(configurations=Configurations()), extensions=tuple(HOST_LANGUAGES))
        for file in search.files(self._paths):
            self.programs += 1
            try:
                for document in self._in_file(file):
                    if not document.is_foreign:
                        yield file.path, document
            except OSError as error:
                self.failures.append((file.path, error.strerror or "cannot be read"))
            except NotSearched as error:
                self.failures.append((file.path, str(error)))

    def _in_file(self, file: File) -> list[EmbeddedDocument]:
        if file.failure:
            raise NotSearched(file.failure)
        language = host_language(file.path)
        if language is None:
            raise NotSearched(f"not a supported program file; expected {join_names(HOST_LANGUAGES, 'or')}")
        data, size = read(file.path, MAXIMUM_BYTES)
        if size <= MAXIMUM_BYTES:
            return embedded_documents(data, language)[1]
        if file.named:
            raise NotSearched(TOO_LARGE)
        self.large.append(file.path)
        return []

    @property
    def note(self) -> str:
        """A sentence about the programs that are too large; empty if there are none."""
        return f"passed over {names_of(LARGE_PROGRAM, len(self.large), self.large)}" if self.large else ""


def _shown(line: str) -> str:
    """Return a line of a document without characters that control a terminal, and without commands of CI systems."""
    shown = without_commands("".join(map(visible, line)))
    return shown.replace("::", ":\N{ZERO WIDTH SPACE}:", 1) if shown.lstrip().startswith("::") else shown


def _members(name: str, document: EmbeddedDocument) -> dict[str, object]:
    (line, column), (end_line, end_column) = document.start, document.end
    return {
        "file": name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "language": document.language,
        "text": document.redacted,
    }
