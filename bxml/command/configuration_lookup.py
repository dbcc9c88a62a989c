"""The configuration of each file: the nearest configuration file above it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from bxml.command.configuration import NAMES, BadConfiguration, Configuration, found, in_directory, read
from bxml.lint.linter import Settings


class Configurations:
    """The configurations of a run; each configuration file is read once.

    Each file has the nearest configuration file in its directory or above. A file without one has the configuration of the
    current directory.

    Args:
        config: The configuration file of all files, from ``--config``; ``None`` to use the nearest configuration of each file.
        applied: Function that applies the command-line options to a configuration.
    """

    def __init__(
        self, config: str | None = None, applied: Callable[[Configuration], Configuration] = lambda configuration: configuration
    ) -> None:
        self._config = config
        self._applied = applied
        self._of_directory: dict[str, Configuration] = {}

    def settings(self, name: str) -> Settings:
        """Return the linter settings for a file.

        Raises:
            BadConfiguration: If the configuration of the file is invalid.
        """
        return self.of(os.path.dirname(name)).settings(name)

    def of(self, directory: str) -> Configuration:
        """Return the configuration of the files in a directory.

        Args:
            directory: The path of the directory; it does not need to exist.

        Raises:
            BadConfiguration: If the configuration is invalid.
        """
        if directory not in self._of_directory:
            self._of_directory[directory] = self._only if self._config else self._nearest(os.path.abspath(directory))
        return self._of_directory[directory]

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each configuration file whose settings do not apply."""
        for unused in dict.fromkeys(each.unused for each in self._of_directory.values() if each.unused):
            path = os.path.relpath(unused)
            other = os.path.join(os.path.dirname(path), NAMES[0])
            yield f"{path}: [tool.bxml] has no effect, because {other} exists; remove one of the two"

    @property
    def _only(self) -> Configuration:
        """The configuration that ``--config`` names."""
        if "" not in self._of_directory:
            configuration = read(self._config or "")
            if configuration is None:
                raise BadConfiguration(f"{self._config}: no table [tool.bxml]")
            self._of_directory[""] = self._applied(configuration)
        return self._of_directory[""]

    def _nearest(self, directory: str) -> Configuration:
        """Return the configuration of a directory, or of its nearest parent with a configuration."""
        passed: list[str] = []
        while directory not in self._of_directory:
            passed.append(directory)
            configuration = in_directory(directory)
            parent = os.path.dirname(directory)
            if configuration or parent == directory:
                self._of_directory[directory] = self._applied(configuration or found(os.curdir))
            else:
                directory = parent
        for each in passed:
            self._of_directory[each] = self._of_directory[directory]
        return self._of_directory[directory]
