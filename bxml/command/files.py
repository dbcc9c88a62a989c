"""Expansion of the paths on the command line into the files to check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from typing import Final, NamedTuple

from bxml import schema

STDIN: Final = "-"
"""The path that stands for stdin."""

SKIPPED_DIRECTORIES: Final = frozenset({"node_modules", "__pycache__"})
"""Directories that are skipped unless they are named on the command line; hidden directories are skipped too."""

_ROOT: Final = re.compile(r"\ufeff?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*>)*+<([^\s/>]+)", re.DOTALL).match
"""Matches everything up to the name of the root element, without backtracking: files may be large and are not trusted."""


_TEMPLATE_MARKS: Final = ("{{", "{%", "{#", "<%", "<?")
"""The strings at the beginning of a template whose first tag is before the root element."""

EXTENSIONS: Final = (".bxml", ".xml")
"""The extensions of the files that are checked in a directory."""


class File(NamedTuple):
    """A file to check."""

    path: str
    named: bool
    """True if the user named the file or a pattern that matches it. Such a file is checked whatever its content is."""
    failure: str | None = None
    """The reason why the file cannot be checked, if the reason is known before the file is read."""

    def is_document(self, data: bytes) -> bool:
        """Return whether the file is checked. An ``*.xml`` file from a directory must have the root element of a document.

        Args:
            data: The content of the file.
        """
        name = self.path.lower()
        if self.named or not (name.endswith(".xml") or ".xml." in name):
            return True
        # A document in UTF-16 is not skipped, so that its encoding is reported.
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
        found = _ROOT(text)
        if found is None or found[1].startswith("%"):
            is_template = text.lstrip("\ufeff \t\r\n").startswith(_TEMPLATE_MARKS)
            return is_template and any(f"<{root}" in text for root in schema.vocabulary().roots)
        return found[1] in schema.vocabulary().roots


def files(paths: Iterable[str], extensions: tuple[str, ...] = EXTENSIONS) -> Iterator[File]:
    """Return the files that the paths refer to, each file once.

    Args:
        paths: Files, directories, glob patterns and ``-`` for stdin.
        extensions: The extensions of the files that are checked in a directory, in lower case.
    """
    paths = list(dict.fromkeys(paths))
    found = (file for path in paths for file in _expand(path, extensions))
    # A single directory contains no file twice, so the real path of each file need not be looked up.
    return found if len(paths) == 1 and os.path.isdir(paths[0]) else _unique(found)


def _expand(path: str, extensions: tuple[str, ...]) -> Iterator[File]:
    """Yield the files of one path."""
    # "menus/**" means the directory: the pattern says nothing about the names of files.
    if os.path.basename(path) == "**":
        path = os.path.dirname(path) or os.curdir
    if os.path.isdir(path):
        yield from _walk(path, extensions)
    elif path == STDIN or os.path.exists(path):
        yield File(path, named=True)
    elif has_magic(path):
        yield from _matches(path, extensions)
    else:
        yield File(path, named=True, failure="no such file or directory")


def _matches(pattern: str, extensions: tuple[str, ...]) -> Iterator[File]:
    """Yield the files that match a glob pattern, and the files in directories that match it."""
    # Symbolic links that form a cycle reach the same file by many paths; only the shortest path is kept.
    matches = {os.path.realpath(match): match for match in sorted(iglob(pattern, recursive=True), key=len, reverse=True)}
    if not matches:
        yield File(pattern, named=True, failure="no file matches this pattern")
    for match in sorted(matches.values()):
        yield from _walk(match, extensions) if os.path.isdir(match) else iter([File(match, named=True)])


def _walk(directory: str, extensions: tuple[str, ...]) -> Iterator[File]:
    """Yield the files of a directory and its subdirectories, sorted by name."""
    try:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield File(directory, named=True, failure=error.strerror)
        return
    for entry in found:
        # os.scandir(".") puts "./" before each name.
        path = entry.path.removeprefix("./")
        # Links to directories are not followed, because they may form a cycle.
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in SKIPPED_DIRECTORIES:
                yield from _walk(path, extensions)
        elif entry.name.lower().endswith(extensions):
            yield from _directory_entry(path)


def _directory_entry(path: str) -> Iterator[File]:
    """Yield the file of a directory entry, or a failure if the entry is a broken link."""
    if os.path.isfile(path):
        yield File(path, named=False)
    # Anything else, such as a named pipe, is skipped, because reading it could wait forever.
    elif not os.path.exists(path):
        yield File(path, named=True, failure="broken symbolic link")


def _unique(found: Iterable[File]) -> Iterator[File]:
    """Yield each file once, although several paths may lead to it."""
    seen: set[str] = set()
    for file in found:
        path = file.path if file.path == STDIN else os.path.realpath(file.path)
        if path not in seen:
            seen.add(path)
            yield file
