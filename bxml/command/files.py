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
    failure: str | None = None
    """Why it cannot be checked, as far as is known without reading it."""

    def is_document(self, data: bytes) -> bool:
        """Whether it is checked, which a file of XML is in a directory only if it has the root of a document."""
        if self.named or not self.path.lower().endswith(".xml"):
            return True
        found = _ROOT(data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace"))
        return found is not None and found[1] in schema.law().roots


def files(paths: Iterable[str]) -> Iterator[File]:
    """The files that the paths lead to: files as they are, what is in directories, what matches a pattern; each once."""
    paths = list(dict.fromkeys(paths))
    found = (file for path in paths for file in _at(path))
    return found if len(paths) == 1 and os.path.isdir(paths[0]) else _once(found)


def _at(path: str) -> Iterator[File]:
    if os.path.basename(path) == "**":  # which says nothing of files
        path = os.path.dirname(path) or os.curdir
    if os.path.isdir(path):
        yield from _in(path)
    elif path == STDIN or os.path.exists(path):
        yield File(path, named=True)
    elif not has_magic(path):
        yield File(path, named=True, failure="there is no such file")
    else:
        # What links lead to over and over is the same file, which the shortest path names.
        matches = {os.path.realpath(match): match for match in sorted(iglob(path, recursive=True), key=len, reverse=True)}
        if not matches:
            yield File(path, named=True, failure="no file matches")
        for match in sorted(matches.values()):
            yield from _in(match) if os.path.isdir(match) else iter([File(match, named=True)])


def _in(directory: str) -> Iterator[File]:
    """The files of a directory, and of those in it, in the order of their names."""
    try:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield File(directory, named=True, failure=error.strerror)
        return
    for entry in found:
        path = entry.path.removeprefix("./")
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in LEFT_OUT:
                yield from _in(path)
        elif _is_checked(entry.name):
            yield from _file(path)


def _file(path: str) -> Iterator[File]:
    """A file of a directory, or what leads nowhere in its place."""
    if os.path.isfile(path):
        yield File(path, named=False)
    elif not os.path.exists(path):
        yield File(path, named=True, failure="it is a link that leads nowhere")


def _is_checked(name: str) -> bool:
    return name.lower().endswith((".bxml", ".xml"))


def _once(found: Iterable[File]) -> Iterator[File]:
    seen: set[str] = set()
    for file in found:
        path = file.path if file.path == STDIN else os.path.realpath(file.path)
        if path not in seen:
            seen.add(path)
            yield file
