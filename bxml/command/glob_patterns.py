"""Expansion of glob patterns, with limits that ``glob`` of Python does not have.

``**`` does not follow symbolic links to directories. Python's ``glob`` follows them, and does not end if two links form cycles.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from glob import has_magic

from bxml.command.exclusions import DirectoryExclusions, Exclusions

Directory = tuple[str, DirectoryExclusions]
"""The path of a directory as it is reported, and the exclusions in the directory. The current directory has an empty path."""


def matches(pattern: str, exclusions: Exclusions, *, only_directories: bool = False) -> Iterator[str]:
    """Yield the paths that match a glob pattern and are not excluded; each file is found by only one of its paths.

    Hidden files and directories match only a part of the pattern that begins with a dot.

    Args:
        pattern: The pattern.
        exclusions: The exclusions of the search.
        only_directories: True to leave out files.
    """
    drive, rest = os.path.splitdrive(pattern)
    parts = rest.replace(os.sep, "/").split("/")
    first = next(index for index, part in enumerate(parts) if has_magic(part))
    # Everything before the first wildcard is a path that the user named.
    start = drive + "/".join([*parts[:first], ""])
    found: list[Directory] = [(start, exclusions.in_directory(start or os.curdir))]
    for part in parts[first:-1]:
        found = list(_once(_directories(found, part)))
    if parts[-1]:
        yield from (path for path, _ in _entries(found, parts[-1]) if not only_directories or os.path.isdir(path))
    else:
        yield from (path for path, _ in found)


def _directories(found: Iterable[Directory], part: str) -> Iterator[Directory]:
    """Yield the directories that one part of a pattern matches in the directories that were found."""
    if part == "**":
        yield from _with_subdirectories(found)
    elif has_magic(part):
        for path, exclusions in _entries(found, part):
            if os.path.isdir(path):
                yield os.path.join(path, ""), exclusions.entering(os.path.basename(path))
    else:
        for directory, exclusions in found:
            if os.path.isdir(os.path.join(directory, part)) and _is_searched(part, part, exclusions, is_directory=True):
                yield os.path.join(directory, part, ""), exclusions.entering(part)


def _with_subdirectories(found: Iterable[Directory]) -> Iterator[Directory]:
    """Yield directories and all directories in them, without following links."""
    waiting = list(found)
    while waiting:
        directory, exclusions = waiting.pop()
        yield directory, exclusions
        names = [entry.name for entry in _scan(directory) if entry.is_dir(follow_symlinks=False)]
        searched = [name for name in names if _is_searched(name, "*", exclusions, is_directory=True)]
        waiting += [(os.path.join(directory, name, ""), exclusions.entering(name)) for name in searched]


def _entries(found: Iterable[Directory], part: str) -> Iterator[Directory]:
    """Yield the path of each entry that a part of a pattern matches, with the exclusions of the parent of the entry."""
    for directory, exclusions in found:
        if not has_magic(part):
            names = [part] if os.path.lexists(os.path.join(directory, part)) else []
        else:
            names = [entry.name for entry in _scan(directory) if fnmatch(entry.name, part)]
        for name in names:
            path = os.path.join(directory, name)
            if _is_searched(name, part, exclusions, is_directory=os.path.isdir(path)):
                yield path, exclusions


def _is_searched(name: str, part: str, exclusions: DirectoryExclusions, *, is_directory: bool) -> bool:
    if name in {os.curdir, os.pardir}:
        return True
    if name.startswith(".") and not part.startswith("."):
        return False
    # A part such as ".*" names hidden entries, although the default of exclude leaves them out.
    return not exclusions.reason(name, is_directory=is_directory, may_be_hidden=True)


def _scan(directory: str) -> list[os.DirEntry[str]]:
    """Return the entries of a directory; an unreadable directory has no entries."""
    try:
        with os.scandir(directory or os.curdir) as entries:
            return list(entries)
    except OSError:
        return []


def _once(found: Iterable[Directory]) -> Iterator[Directory]:
    """Yield each directory once, although several links may lead to it."""
    seen: set[tuple[int, int]] = set()
    for directory, exclusions in found:
        try:
            # The real path would take quadratic time in the depth of the directory.
            status = os.stat(directory or os.curdir)
        except OSError:
            continue  # the directory before the first wildcard does not exist, or is in a directory that cannot be searched
        identity = (status.st_dev, status.st_ino)
        if identity not in seen:
            seen.add(identity)
            yield directory, exclusions
