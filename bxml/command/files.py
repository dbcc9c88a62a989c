"""Expansion of the paths on the command line into the files to check."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from glob import has_magic
from typing import Final, NamedTuple

from bxml.command.exclusions import DirectoryExclusions, Exclusions
from bxml.parsing.template_languages import FILE_EXTENSIONS

STDIN: Final = "-"
"""The path that stands for stdin."""

EXTENSIONS: Final = (".bxml", ".xml")
"""The extensions of the files that are checked in a directory."""

TEMPLATE_EXTENSIONS: Final = tuple(kind + extension for kind in EXTENSIONS for extension in FILE_EXTENSIONS)
"""The extensions of the templates that ``--template`` checks in a directory."""


class File(NamedTuple):
    """A file to check."""

    path: str
    named: bool
    """True if the user named the file or a pattern that matches it."""
    failure: str | None = None
    """The reason why the file cannot be checked, if the reason is known before the file is read."""
    skip_foreign: bool = False
    """True to pass over an ``*.xml`` file that is not BXML, although the user named it."""

    def is_document(self, data: bytes) -> bool:
        """Return whether the file is checked. An ``*.xml`` file from a directory must have the root element of a document.

        A template from a directory, such as ``_menu.xml.j2``, may also be a part of a document.

        Args:
            data: The content of the file.
        """
        if not self.may_be_foreign:
            return True
        from bxml.command.foreign_documents import has_bxml_root, is_part  # imported here because *.bxml files do not need it

        return has_bxml_root(data) or (not self.path.lower().endswith(".xml") and is_part(data))

    @property
    def may_be_foreign(self) -> bool:
        """True if the file is checked only if it is BXML."""
        if self.named and not self.skip_foreign:
            return False
        # A template has a second extension, such as in menu.xml.j2.
        name = os.path.basename(self.path).lower()
        return name.endswith(".xml") or ".xml." in name


class FileSearch:
    """A search for the files that paths refer to.

    Args:
        exclusions: The files and directories that the search leaves out.
        force_exclude: True to leave out excluded files even if the user named them.
        skip_foreign: True to pass over ``*.xml`` files that are not BXML, although the user named them.
        extensions: The extensions of the files that are checked in a directory, in lower case.
    """

    def __init__(
        self,
        exclusions: Exclusions,
        *,
        force_exclude: bool = False,
        skip_foreign: bool = False,
        extensions: tuple[str, ...] = EXTENSIONS,
    ) -> None:
        self.exclusions: Final = exclusions
        self.excluded_named: Final = dict[str, str]()
        """The reasons why ``force_exclude`` left out files, by the paths of the files. The search fills this mapping."""
        self.excluded_found: Final = dict[str, str]()
        """The first file or directory that the search left out, and the reason. The search fills this mapping."""
        self.template_found = ""
        """The first template that the search left out because of its extension. The search sets this path."""
        self._force_exclude = force_exclude
        self._skip_foreign = skip_foreign
        self._extensions = extensions

    def files(self, paths: Iterable[str], listed: Iterable[str] = ()) -> Iterator[File]:
        """Return the files that the paths refer to, each file once.

        Args:
            paths: Files, directories, glob patterns and ``-`` for stdin.
            listed: Files and directories from a list, which contains no patterns.
        """
        # In a list, "-" is a file with this name.
        every = dict.fromkeys(
            [*((path, True) for path in paths), *((f"./{path}" if path == STDIN else path, False) for path in listed)]
        )
        # A single directory contains no file twice, so the real path of each file need not be looked up.
        if len(every) == 1 and os.path.isdir(next(iter(every))[0]):
            return self._in(*next(iter(every)))
        lazy = {each for each in every if os.path.isdir(each[0]) or os.path.basename(each[0]) == "**"}
        # Beside a directory, everything else is found first: a file that is in the directory and named is checked as named.
        first = {each: [*self._in(*each)] for each in every if lazy and each not in lazy}
        named = {_identity(file.path): file for files in first.values() for file in files if file.named}
        return _unique((file for each in every for file in (first[each] if each in first else self._in(*each))), named)

    def _in(self, path: str, patterns: bool) -> Iterator[File]:  # noqa: FBT001
        """Yield the files of one path.

        Args:
            path: The path.
            patterns: True if the path may be a pattern or ``-`` for stdin.
        """
        # "menus/**" means the directory: the pattern says nothing about the names of files.
        of_directory = patterns and os.path.basename(path) == "**"
        if of_directory:
            path = os.path.dirname(path) or os.curdir
        if self._is_force_excluded(path):
            return
        if os.path.isdir(path):
            yield from self._walk(path)
        elif path == STDIN:
            yield File(path, named=True)
        elif os.path.exists(path) or not patterns or not has_magic(path):
            yield self._named(path)
        else:
            yield from self._matches(path, only_directories=of_directory)

    def _is_force_excluded(self, path: str) -> bool:
        """Return whether ``force_exclude`` leaves out a path, and remember the reason."""
        if not self._force_exclude or path == STDIN or not os.path.lexists(path):
            return False
        reason = self.exclusions.of_named(path)
        if reason:
            self.excluded_named[path] = reason
        return reason is not None

    def _named(self, path: str) -> File:
        # Read now, so that an invalid configuration is reported before the report begins.
        self.exclusions.configurations.of(os.path.dirname(path))
        if os.path.exists(path):
            return File(path, named=True, skip_foreign=self._skip_foreign)
        if not path:
            return File('""', named=True, failure="the path is empty; expected a file, a directory or a pattern")
        return File(path, named=True, failure=f"no such file or directory{_brace_hint(path)}")

    def _matches(self, pattern: str, *, only_directories: bool) -> Iterator[File]:
        """Yield the files that match a glob pattern, and the files in directories that match the pattern."""
        from bxml.command.glob_patterns import matches  # imported here because most shells expand patterns themselves

        # Several links lead to the same file by many paths; only the shortest path is kept.
        found = sorted(matches(pattern, self.exclusions, only_directories=only_directories), key=len, reverse=True)
        by_real_path = {os.path.realpath(path): path for path in found if _can_be_read(path)}
        if not by_real_path:
            yield File(pattern, named=True, failure=f"no file matches this pattern{_brace_hint(pattern)}")
        for path in sorted(by_real_path.values()):
            # The part before the first wildcard was not searched, so it may be excluded.
            if self._is_force_excluded(path):
                continue
            if os.path.isdir(path):
                yield from self._walk(path)
            else:
                yield self._named(path)

    def _walk(self, directory: str) -> Iterator[File]:
        """Yield the files of a directory and its subdirectories, sorted by name."""
        # A list instead of recursion, because directories can be nested more deeply than functions.
        levels = [self._entries(_Directory(directory, os.path.realpath(directory), self.exclusions.in_directory(directory)))]
        seen: set[str] = set()
        while levels:
            entry = next(levels[-1], None)
            if entry is None:
                levels.pop()
            elif isinstance(entry, _Directory):
                levels.append(self._entries(entry))
            else:
                file, real_path = entry
                # A link may lead to a file that the search also finds by its own name.
                if real_path not in seen:
                    seen.add(real_path)
                    yield file

    def _entries(self, searched: _Directory) -> Iterator[tuple[File, str] | _Directory]:
        """Yield the files of a directory with their real paths, and its subdirectories."""
        directory, real_directory, exclusions = searched
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield File(directory, named=True, failure=error.strerror), real_directory
            return
        for entry in found:
            # Links to directories are not followed, because they may form a cycle.
            is_directory = entry.is_dir(follow_symlinks=False)
            if not is_directory and not entry.name.lower().endswith(self._extensions):
                if not self.template_found and entry.name.lower().endswith(TEMPLATE_EXTENSIONS):
                    self.template_found = entry.path.removeprefix("./")
                continue
            # os.scandir(".") puts "./" before each name.
            path = entry.path.removeprefix("./")
            reason = exclusions.reason(entry.name, is_directory=is_directory)
            if reason:
                self._note(path, reason)
            elif is_directory:
                yield _Directory(path, os.path.join(real_directory, entry.name), exclusions.entering(entry.name))
            elif os.path.isfile(path):
                # Links to directories are not followed, so only a file can be a link.
                is_link = entry.is_symlink()
                yield File(path, named=False), os.path.realpath(path) if is_link else os.path.join(real_directory, entry.name)
            # Anything else, such as a named pipe, is skipped, because reading it could wait forever.
            elif not os.path.exists(path):
                yield File(path, named=True, failure="broken symbolic link"), path

    def _note(self, path: str, reason: str) -> None:
        # Hidden directories, such as .git, are not what the user is looking for.
        if not self.excluded_found and not os.path.basename(path).startswith("."):
            self.excluded_found[path] = reason


class _Directory(NamedTuple):
    """A directory of a search."""

    path: str
    real_path: str
    exclusions: DirectoryExclusions


def _brace_hint(path: str) -> str:
    """Return a clause about alternatives in braces, which many shells expand, or an empty string if the path has no braces."""
    return "; {a,b} is not supported; write one path for each alternative" if "{" in path and "," in path else ""


def _can_be_read(path: str) -> bool:
    """Return whether a path is a file, a directory or a broken link; reading anything else, such as a named pipe, may block."""
    return os.path.isfile(path) or os.path.isdir(path) or not os.path.exists(path)


def _identity(path: str) -> str:
    """Return a string that is the same for all paths of a file."""
    return path if path == STDIN else os.path.realpath(path)


def _unique(found: Iterable[File], named: Mapping[str, File]) -> Iterator[File]:
    """Yield each file once, although several paths may lead to it.

    Args:
        found: The files.
        named: The files that the user named, by their identities.
    """
    seen: set[str] = set()
    for file in found:
        identity = _identity(file.path)
        if identity not in seen:
            seen.add(identity)
            yield named.get(identity, file)._replace(path=file.path)
