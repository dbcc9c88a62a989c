"""The directive ``exit-codes``: a table of the exit codes of ``callcontrol``. sphinx-click documents its options."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from callcontrol.command.exit_codes import CODES  # the only name here that is not public


class ExitCodes(SphinxDirective):
    """A directive for a table with one row for each exit code."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = [f"| {code} | {meaning} |" for code, meaning in CODES.items()]
        return self.parse_text_to_nodes("\n".join(["| Exit code | Meaning |", "|---|---|", *rows]))


def escape(_: Sphinx, __: Any, lines: list[str]) -> None:
    """Escape the asterisks in a help text, because unescaped asterisks are markup."""
    lines[:] = [line.replace("*", "\\*") for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the handler of sphinx-click's event."""
    app.setup_extension("sphinx_click")
    app.add_directive("exit-codes", ExitCodes)
    app.connect("sphinx-click-process-description", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
