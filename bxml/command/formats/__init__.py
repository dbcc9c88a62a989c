"""The report formats: each module has a function that turns the results of a check into text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from bxml.command.checker import Results
from bxml.command.ci_commands import without_commands
from bxml.messages.text import escape_unprintable

Format = Callable[[Results], Iterator[str]]
"""Function that yields the report in pieces while files are being checked, so memory does not grow with the report."""

NAMES: Final = ("text", "concise", "json", "github", "gitlab", "sarif", "junit")
"""The names of the formats; each is also the name of its module."""


def plain(text: str) -> str:
    """Return a string as one line that no CI system reads as a command."""
    return without_commands(escape_unprintable(text))


def from_root(name: str) -> str:
    """Return a file name: on GitHub Actions relative to the root of the repository, elsewhere unchanged.

    GitHub resolves names from the root, but the command may run in a subdirectory.
    """
    root = os.environ.get("GITHUB_WORKSPACE")
    path = os.path.abspath(name)
    return os.path.relpath(path, root) if root and path.startswith(os.path.join(root, "")) else name


def format_of(name: str | None) -> Format:
    """Return a format by its name; ``None`` means github on GitHub Actions, and text elsewhere."""
    name = name or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")
    # Imported by name, so that a run loads only the format that it uses.
    report: Format = import_module(f"bxml.command.formats.{name}").report
    return report
