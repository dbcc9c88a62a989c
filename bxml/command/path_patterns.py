"""Patterns for paths, as in ``exclude`` and ``per-path-ignore``."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from glob import has_magic
from typing import NamedTuple

from bxml.messages.text import quote


class PathPattern(NamedTuple):
    """A pattern for files and directories. ``*`` matches any characters, including ``/``."""

    directory: str
    """The directory that the pattern is relative to; empty for the current directory."""
    text: str
    """The pattern, with slashes on every system."""

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a file, or a directory that the file is in.

        Every pattern is compared with the path relative to the directory. A pattern without a slash is also compared with each
        name in the path.

        Args:
            path: The path of the file, absolute or relative to the current directory.
        """
        if self._matches_name(path) or self._matches_path(path):
            return True
        *parents, _ = self._comparable(path).split("/")
        return any(
            self._matches_comparable("/".join(parents[: index + 1])) or ("/" not in self.text and fnmatchcase(name, self.text))
            for index, name in enumerate(parents)
            if name not in {"", ".."}
        )

    def matches_entry(self, path: str) -> bool:
        """Return whether the pattern matches an entry of a directory; unlike :meth:`matches`, ignore the parents of the entry.

        A pattern without a slash must match the name of the entry. A pattern with a slash must match the path of the entry.

        Args:
            path: The path of the file or directory, absolute or relative to the current directory.
        """
        return self._matches_path(path) if "/" in self.text else self._matches_name(path)

    def _matches_name(self, path: str) -> bool:
        # On Windows, and only there, fnmatch would ignore case.
        return fnmatchcase(os.path.basename(path), self.text)

    def _matches_path(self, path: str) -> bool:
        return self._matches_comparable(self._comparable(path))

    def _comparable(self, path: str) -> str:
        """Return a path in the form of the pattern: with slashes, and either absolute or relative to the directory."""
        if os.path.isabs(self.text):
            return _with_slashes(os.path.abspath(path))
        # relpath raises for an empty path.
        return _with_slashes(os.path.relpath(path or os.curdir, self.directory or None))

    def _matches_comparable(self, path: str) -> bool:
        if os.path.isabs(self.text):
            return fnmatchcase(path, self.text)
        # With "./", "**/legacy/*" matches "legacy/a.bxml", and "./legacy" matches "legacy".
        return fnmatchcase(path, self.text) or ("/" in self.text and fnmatchcase(f"./{path}", self.text))


def path_pattern(directory: str, text: str) -> PathPattern:
    """Return a pattern; drop the slash at the end of ``legacy/``, because the path of a directory does not end with a slash.

    Args:
        directory: The directory that the pattern is relative to.
        text: The pattern as the user wrote it.
    """
    return PathPattern(directory, text.rstrip("/") or text)


def never_matches(text: str) -> str:
    """Return a clause that says why a pattern has no effect, or an empty string if the pattern can have an effect."""
    bare = text.strip().rstrip("/")
    if not text.strip():
        return "a pattern is empty; remove it"
    if bare in {"", ".", ".."}:
        return f"{quote(text)} matches no file; write a name or a path, such as legacy/*"
    first = bare.split("/")[1] if bare.startswith("/") else ""
    if first and not has_magic(first) and not os.path.lexists(f"/{first}"):
        return f"{quote(text)} is an absolute path, and /{first} does not exist; for a path below this directory, write .{text}"
    return ""


def _with_slashes(path: str) -> str:
    return path.replace(os.sep, "/")
