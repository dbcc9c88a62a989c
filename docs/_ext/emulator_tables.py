"""The directives ``assumptions`` and ``control-requests``: tables of the emulator's assumptions and of its HTTP requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from callcontrol.emulator import Assumptions
from callcontrol.emulator.control_api import ROUTES  # the only name here that is not public

# An entry of the Attributes section, with the indented lines that continue it.
_ENTRY: Final = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


class AssumptionTable(SphinxDirective):
    """A directive for a table with one row for each assumption: its name, its default and its description."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        described = {name: " ".join(text.split()) for name, text in _ENTRY.findall(cleandoc(Assumptions.__doc__ or ""))}
        rows = [f"| `{each.name}` | {_shown(each.default)} | {described[each.name]} |" for each in fields(Assumptions)]
        return self.parse_text_to_nodes("\n".join(["| Field | Default | Meaning |", "|---|---|---|", *rows]))


def _shown(value: object) -> str:
    return f"`{value}`" if isinstance(value, bool) else f"{value:,}"


class ControlRequests(SphinxDirective):
    """A directive for a table with one row for each request: its method and path, and its fields, in bold if required."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.parse_text_to_nodes("\n".join(_rows()))


def _rows() -> Iterator[str]:
    yield from ("| Request | Fields |", "|---|---|")
    for route in ROUTES:
        names = [f"**`{field.name}`**" if field.required else f"`{field.name}`" for field in route.fields]
        yield f"| `{route}` | {', '.join(names)} |"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("assumptions", AssumptionTable)
    app.add_directive("control-requests", ControlRequests)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
