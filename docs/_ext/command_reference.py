"""Let the help of a command be text: sphinx-click reads it as reStructuredText, in which an asterisk begins emphasis."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def escape(_: Sphinx, __: Any, lines: list[str]) -> None:
    """Escape what would be markup in the lines of a help text."""
    lines[:] = [line.replace("*", "\\*") for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the events of sphinx-click."""
    app.setup_extension("sphinx_click")
    app.connect("sphinx-click-process-description", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
