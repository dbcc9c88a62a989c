"""Which files a command means by its paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from typing import Final, NamedTuple

from bxml import schema

STDIN: Final = "-"
"""The path that stands for standard input."""

LEFT_OUT: Final = frozenset({"node_modules", "__pycache__"})
"""Directories that are not looked into unless they are named; likewise those with a dot before their name."""

_ROOT: Final = re.compile(r"\ufeff?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*>)*+<([^\s/>]+)", re.DOTALL).match


class File(NamedTuple):
    """A file that is to be checked."""

    path: str
    named: bool
    """Whether somebody named it, so that it is checked whatever is in it."""

    def is_document(self, data: bytes) -> bool:
        """Whether it is checked, which a file of XML is in a directory only if it has the root of a document."""
        if self.named or not self.path.endswith(".xml"):
            return True
        found = _ROOT(data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace"))
        return found is not None and found[1] in schema.law().roots


class NoSuchFile(Exception):
    """A path that leads nowhere; its text is a sentence."""


def files(paths: Iterable[str]) -> Iterator[File]:
    """The files that the paths lead to: files as they are, what is in directories, what matches a pattern; each once.

    Raises:
        NoSuchFile: if a path leads nowhere.
    """
    paths = list(dict.fromkeys(paths))
    found = (file for path in paths for file in _at(path))
    return found if len(paths) == 1 else _once(found)


def check_paths(paths: Iterable[str]) -> None:
    """See to it that every path leads somewhere, before anything is done.

    Raises:
        NoSuchFile: if one does not.
    """
    for path in paths:
        if path != STDIN and not os.path.exists(path) and not (has_magic(path) and any(iglob(path, recursive=True))):
            raise NoSuchFile(f"{path}: {'no file matches' if has_magic(path) else 'there is no such file'}")


def _at(path: str) -> Iterator[File]:
    if os.path.isdir(path):
        yield from _in(path)
    elif path == STDIN or os.path.exists(path):
        yield File(path, named=True)
    else:
        # What links lead to over and over is the same file, which the shortest path names.
        matches = {os.path.realpath(match): match for match in sorted(iglob(path, recursive=True), key=len, reverse=True)}
        for match in sorted(matches.values()):
            yield from _in(match) if os.path.isdir(match) else iter([File(match, named=True)])


def _in(directory: str) -> Iterator[File]:
    """The files of a directory, and of those in it, in the order of their names."""
    with os.scandir(directory) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        path = entry.path.removeprefix("./")
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in LEFT_OUT:
                yield from _in(path)
        elif entry.name.endswith((".bxml", ".xml")) and entry.is_file():
            yield File(path, named=False)


def _once(found: Iterable[File]) -> Iterator[File]:
    seen: set[str] = set()
    for file in found:
        path = os.path.normpath(file.path)
        if path not in seen:
            seen.add(path)
            yield file
