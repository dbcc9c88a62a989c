"""The forms of a report: each is a function that makes text of checked files, as they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Final

from bxml.command.checking import Results

Format = Callable[[Results], Iterator[str]]
"""Gives the report in pieces, so that nothing has to be kept for longer than it is needed."""

NAMES: Final = ("text", "concise", "json", "github", "sarif", "junit")
"""Each is the module of the format."""


def format_of(name: str | None, environment: Mapping[str, str] = os.environ) -> Format:
    """The format of this name, or the one that fits where the command runs."""
    name = name or ("github" if environment.get("GITHUB_ACTIONS") == "true" else "text")
    report: Format = import_module(f"bxml.command.formats.{name}").report
    return report
