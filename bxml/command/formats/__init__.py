"""The forms of a report: each is a function that makes text of checked files, as they come."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from bxml.command.checker import Results
from bxml.messages.text import one_line

Format = Callable[[Results], Iterator[str]]
"""Gives the report in pieces, so that nothing has to be kept for longer than it is needed."""

NAMES: Final = ("text", "concise", "json", "github", "sarif", "junit")
"""Each is the module of the format."""


def plain(text: str) -> str:
    """A text on one line, in which no CI finds a command."""
    return without_commands(one_line(text))


def without_commands(text: str) -> str:
    """A text in which no CI finds a command: some look for ``##[`` anywhere in a log."""
    return _COMMAND.sub("#\N{ZERO WIDTH SPACE}#", text)


_COMMAND: Final = re.compile(r"##(?=\w*\[)")


def from_root(name: str) -> str:
    """The name of a file from the root of the repository, where GitHub Actions looks for it, wherever the command runs."""
    root = os.environ.get("GITHUB_WORKSPACE")
    path = os.path.abspath(name)
    return os.path.relpath(path, root) if root and path.startswith(os.path.join(root, "")) else name


def format_of(name: str | None) -> Format:
    """The format of this name, or the one that fits where the command runs."""
    name = name or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")
    report: Format = import_module(f"bxml.command.formats.{name}").report
    return report
