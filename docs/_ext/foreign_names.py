"""Tables of names from TwiML, from the first generation of BXML and from other SDKs, generated from the validator's tables.

The directives are ``twiml-elements``, ``twiml-attributes``, ``twiml-values``, ``sdk-names`` and ``first-generation-names``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bxml.messages import foreign_names as names  # the only name here that is not public

NO_COUNTERPART: Final = "no counterpart"

_MARKED: Final = re.compile(r"<(\w+)>|@(\w+)")


def twiml_elements() -> str:
    """Return the table of TwiML's verbs and nouns."""
    alone = names.TWIML_ELEMENTS_WITHOUT_COUNTERPART
    rows = {
        **{name: _here(here) for name, here in names.TWIML_ELEMENTS.items()},
        **{name: "; ".join(filter(None, (NO_COUNTERPART, _here(instead)))) for name, instead in alone.items()},
        "Gather, Hangup, Pause, Record, Redirect, Refer, Conference": "the same name; the attributes differ",
    }
    return _table(("TwiML", "BXML"), ((_element(name), here) for name, here in sorted(rows.items())))


def twiml_attributes() -> str:
    """Return a table of TwiML's attributes for each element, ordered by the names of BXML's elements."""
    alone = names.TWIML_ATTRIBUTES_WITHOUT_COUNTERPART
    elements = sorted({*names.TWIML_ATTRIBUTES, *alone})
    return "\n\n".join(
        _attributes_of(element, names.TWIML_ATTRIBUTES.get(element, {}), alone.get(element, ())) for element in elements
    )


def _attributes_of(element: str, renamed: Mapping[str, str], alone: Iterable[str]) -> str:
    rows = [(f"`{name}`", _here(here), _arguments(here)) for name, here in renamed.items()]
    heading = f"### {element}"
    table = _table(("TwiML", "BXML", "Argument in Python"), rows) if rows else ""
    rest = ", ".join(f"`{name}`" for name in alone)
    return "\n\n".join(filter(None, (heading, table, rest and f"No counterpart: {rest}.")))


def twiml_values() -> str:
    """Return the table of TwiML's attribute values."""
    return _table(("TwiML", "BXML"), ((f"`{text}`", f"`{here}`") for text, here in names.TWIML_VALUES.items()))


def sdk_names() -> str:
    """Return the table of known mistakes of official SDKs."""
    attributes = ((f"`{place}`", _sentence(clause)) for place, clause in names.SDK_ATTRIBUTES.items())
    values = ((f'the value `"{text}"`', f"`{here}`, which {which}") for text, (here, which) in names.SDK_VALUES.items())
    return _table(("Found", "Meaning"), (*attributes, *values))


def first_generation_names() -> str:
    """Return the table of attributes of BXML's first generation."""
    rows = ((f"`{place}`", _sentence(fate)) for place, fate in names.FIRST_GENERATION_ATTRIBUTES.items())
    return _table(("First generation", "Today"), rows)


def _element(name: str) -> str:
    """Return one or more elements as code: ``Connect/Stream`` is a Stream inside a Connect."""
    outer, _, inner = name.partition("/")
    return f"`<{inner}>` in `<{outer}>`" if inner else ", ".join(f"`<{each}>`" for each in outer.split(", "))


def _here(text: str) -> str:
    """Return a clause with its elements and attributes as code."""
    return _MARKED.sub(lambda found: f"`<{found[1]}>`" if found[1] else f"`{found[2]}`", text)


def _sentence(clause: str) -> str:
    return _here(re.sub(r"^(write|is) ", "", clause))


def _arguments(here: str) -> str:
    """Return the Python arguments for the attributes that a clause names."""
    attributes = [found[2] for found in _MARKED.finditer(here) if found[2]]
    return ", ".join(f"`{re.sub('([A-Z])', lambda letter: '_' + letter[1].lower(), name)}`" for name in attributes)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "twiml-elements": twiml_elements,
    "twiml-attributes": twiml_attributes,
    "twiml-values": twiml_values,
    "sdk-names": sdk_names,
    "first-generation-names": first_generation_names,
}


class ForeignNames(SphinxDirective):
    """A directive that shows the table which ``TABLES`` has under the name of the directive."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.parse_text_to_nodes(TABLES[self.name](), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name in TABLES:
        app.add_directive(name, ForeignNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
