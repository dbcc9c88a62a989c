"""Files and directories that a search leaves out: ``exclude``, ``extend-exclude``, ``--exclude`` and ``.gitignore``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bxml.command.configuration import HIDDEN
from bxml.command.configuration_lookup import Configurations
from bxml.command.path_patterns import PathPattern
from bxml.record import Record

if TYPE_CHECKING:
    from bxml.command.gitignore import Ignored


class Exclusions(Record):
    """The options that exclude files."""

    configurations: Configurations
    """The configuration of each directory."""
    patterns: tuple[PathPattern, ...] = ()
    """The patterns of ``--exclude``."""
    respect_gitignore: bool | None = None
    """True to respect ``.gitignore``, false to disregard it; ``None`` if the configuration decides."""

    def in_directory(self, directory: str) -> DirectoryExclusions:
        """Return the exclusions for the entries of a directory that the user named."""
        from bxml.command.gitignore import ignored_in  # imported here because a named file needs no search

        absolute = os.path.abspath(directory)
        return self._at(absolute, ignored_in(absolute) if self._respects_gitignore(absolute) else ())

    def entering(self, directory: str, above: Ignored) -> DirectoryExclusions:
        """Return the exclusions for the entries of a directory that is in a searched directory.

        Args:
            directory: The absolute path of the directory.
            above: The patterns in ``.gitignore`` files for the entries of the parent directory.
        """
        from bxml.command.gitignore import entering

        return self._at(directory, entering(directory, above) if self._respects_gitignore(directory) else ())

    def of_named(self, path: str) -> str | None:
        """Return the reason why a search of the current directory leaves out a file, or ``None`` if the search finds it.

        If the file is outside of the current directory, the search begins in the directory of the nearest configuration above
        the file, or else in the directory of the file.
        """
        absolute, current = os.path.abspath(path), os.getcwd()
        if os.path.join(current, "").startswith(os.path.join(absolute, "")):
            return None
        directory = os.path.dirname(absolute)
        starts = (current, self.configurations.of(directory).directory or directory)
        start = next((start for start in starts if absolute.startswith(os.path.join(start, ""))), directory)
        exclusions = self.in_directory(start)
        *parents, name = os.path.relpath(absolute, start).split(os.sep)
        for parent in parents:
            reason = exclusions.reason(parent, is_directory=True)
            if reason:
                return reason
            exclusions = exclusions.entering(parent)
        return exclusions.reason(name, is_directory=os.path.isdir(absolute))

    def _respects_gitignore(self, directory: str) -> bool:
        if self.respect_gitignore is None:
            return self.configurations.of(directory).respect_gitignore
        return self.respect_gitignore

    def _at(self, directory: str, ignored: Ignored) -> DirectoryExclusions:
        configuration = self.configurations.of(directory)
        patterns = (*configuration.exclude, *configuration.extend_exclude, *self.patterns)
        return DirectoryExclusions(exclusions=self, directory=directory, patterns=patterns, ignored=ignored)


class DirectoryExclusions(Record):
    """The exclusions that apply to the entries of one directory."""

    exclusions: Exclusions
    directory: str
    """The absolute path of the directory."""
    patterns: tuple[PathPattern, ...]
    ignored: Ignored

    def reason(self, name: str, *, is_directory: bool, may_be_hidden: bool = False) -> str | None:
        """Return the reason why an entry is left out, such as ``excluded by "legacy"``; ``None`` if the entry is not left out.

        Args:
            name: The name of the entry.
            is_directory: True if the entry is a directory.
            may_be_hidden: True to accept a hidden entry, although the default of ``exclude`` leaves it out.
        """
        from bxml.command.gitignore import ignoring_file

        path = os.path.join(self.directory, name)
        for pattern in self.patterns:
            if pattern.matches_entry(path) and not (may_be_hidden and pattern == HIDDEN):
                return f'excluded by "{pattern.text}"'
        file = ignoring_file(self.ignored, path, is_directory=is_directory)
        return f"ignored by {os.path.relpath(file)}" if file else None

    def entering(self, name: str) -> DirectoryExclusions:
        """Return the exclusions for the entries of a directory in this directory."""
        return self.exclusions.entering(os.path.join(self.directory, name), self.ignored)
