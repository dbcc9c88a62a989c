"""Hypothesis strategies for documents that other programs wrote, and for documents with faults.

:mod:`bxml.strategies` has the strategies for valid documents. The strategies here are derived from the schema too, so
they also cover elements and attributes that are added to the schema later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from lxml import etree

from bxml import schema
from bxml.builder import attribute_codec
from bxml.builder.element import Element
from bxml.messages.python_names import python_name
from bxml.schema import SimpleType
from bxml.strategies import documents, texts
from bxml.strategies.element_strategies import of_declaration
from bxml.strategies.value_strategies import fits, values
from bxml.xml_text import collapse

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

VOCABULARY: Final = schema.vocabulary()
DECLARED: Final = tuple(VOCABULARY.declarations())
"""Every declaration of an element. If the schema declares an element twice, both declarations are included."""

EVERYWHERE: Final = {attribute.name: attribute for element in DECLARED for attribute in element.attributes.values()}
"""One declaration for each attribute name, even if several elements have an attribute of this name."""


@cache
def smallest(declared: schema.Element) -> Element:
    """Return an element with as little content as the declaration allows."""
    few = settings(max_examples=20, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
    return cast("Element", find(of_declaration(declared), lambda _: True, settings=few))


# Documents as files: formatted and escaped differently from the output of the package


class Place(NamedTuple):
    """A node of a document, and its declaration in the schema."""

    node: etree._Element
    declared: schema.Element


def places(root: etree._Element) -> Iterator[Place]:
    """Yield every element of a valid document."""
    pending = [Place(root, VOCABULARY.elements[str(root.tag)])]
    while pending:
        place = pending.pop()
        yield place
        pending.extend(Place(child, place.declared.children[str(child.tag)]) for child in place.node)


def within_a_document(node: etree._Element, declared: schema.Element) -> etree._Element:
    """Return the root of a minimal document around an element. The root and the element are lxml elements."""
    if declared in VOCABULARY.roots.values():
        return node
    parent = next(parent for parent in VOCABULARY.elements.values() if declared in parent.children.values())
    wrapper = etree.fromstring(smallest(parent)._xml)
    for child in list(wrapper):
        wrapper.remove(child)
    wrapper.append(node)
    return within_a_document(wrapper, parent)


def key(name: str) -> str:
    """Return the name of an attribute as lxml spells it."""
    return name.replace("xml:", "{http://www.w3.org/XML/1998/namespace}")


ODD: Final = (
    "", " ", "+5", "05", "5.", ".5", "5.0", " 5 ", "\n5", "5\N{NO-BREAK SPACE}", "-0", "-1", "1e1", "1_0", "0x5", "lots", "1,5",
    "\N{ARABIC-INDIC DIGIT FIVE}", "NaN", "INF", "9" * 18, "9" * 19, "0." + "9" * 18, "5." + "0" * 30, "0" * 30 + "5", "0.05",
    "1" + "0" * 30, "86400.1", "true", "True", "TRUE", " true", "1", "0", "yes", "get", "GET ", "POST\n", "+12125550123",
    " +12125550123", "12125550123", "sip:desk@pbx.example", "SIP:desk@pbx.example", "sips:desk@pbx.example", "sip:",
    "tel:+12125550123", "https://app.example/x y", "HTTPS://app.example", "https://", "https:app.example", "/menu?x=1#y",
    "//app.example/", "ws://app.example", "wss://", "c-1", "10s", "10.0s", "10.1s", "9999ms", "10000ms", "10000.0ms", "10001ms",
    "99999ms", "100000ms", "1.s", ".5s", "1 s", "-15%", "+15%", "15", "1dB", "+1db", "en_US", "fr-FR", "fr_FR", "a,b", "#*",
    "0-9", "x" * 256, "x" * 257, "\N{GRINNING FACE}" * 256, "x" * 351, "x" * 2049, "a\tb", "a\x7fb", "Restricted",
    "x" * 200 + " " * 100 + "y", " +12125550123 \n", "\tsip:desk@pbx.example ", "a \n b", "\r", "\N{NO-BREAK SPACE}",
)  # fmt: skip
"""Strings at the limits of some types. Each string is valid for one attribute and invalid for another attribute."""


def written_otherwise() -> SearchStrategy[bytes]:
    """Return a strategy for valid documents as other programs write them: indented, with comments and character references."""
    return _written_otherwise()


@st.composite
def _written_otherwise(draw: DrawFn) -> bytes:
    root = etree.fromstring(draw(documents()).to_bytes())
    for node, declared in list(places(root)):
        if declared.children and not declared.mixed:
            etree.indent(node, draw(st.sampled_from(["", "  ", "\t"])))
        if len(node):
            # Insert before a child, because lxml moves the text after a node together with the node.
            node.insert(
                draw(st.integers(0, len(node) - 1)), draw(st.sampled_from([etree.Comment(" & <b> "), etree.PI("x", "y")]))
            )
        for name, attribute in declared.attributes.items():
            if attribute.type.digits is not None and key(name) in node.attrib:
                respelled = draw(st.sampled_from(["{}", " {} ", "+{}", "0{}", "{}\n"])).format(node.attrib[key(name)])
                if fits(respelled, attribute.type):
                    node.set(key(name), respelled)
    # In us-ascii, lxml writes every non-ASCII character as a character reference.
    encoding = draw(st.sampled_from(["utf-8", "us-ascii"]))
    data = etree.tostring(root, encoding=encoding).replace(b"encoding='us-ascii'", b"encoding='UTF-8'")
    return data if len(data) <= schema.maximum_bytes() else b"<Response/>"


# Documents with one fault


class Breakage(NamedTuple):
    """A change that makes a valid document invalid."""

    applies: Callable[[Place], bool]
    apply: Callable[[DrawFn, Place], None]


def broken_documents() -> SearchStrategy[bytes]:
    """Return a strategy for documents with one fault, which makes them invalid."""
    return _broken_documents()


@st.composite
def _broken_documents(draw: DrawFn) -> bytes:
    root = etree.fromstring(draw(documents(min_verbs=1)).to_bytes())
    candidates = [(place, breakage) for place in places(root) for breakage in BREAKAGES.values() if breakage.applies(place)]
    place, breakage = draw(st.sampled_from(candidates))
    breakage.apply(draw, place)
    # A tree cannot hold an attribute twice, so the duplicate carries a prefix that is removed from the text.
    return etree.tostring(root, encoding="utf-8").replace(b" twice-", b" ")


def altered_documents() -> SearchStrategy[bytes]:
    """Return a strategy for documents with one change, which may leave the document valid."""
    return _altered_documents()


@st.composite
def _altered_documents(draw: DrawFn) -> bytes:
    root = etree.fromstring(draw(documents(min_verbs=1)).to_bytes())
    every = list(places(root))
    node, declared = draw(st.sampled_from(every))
    change = draw(st.sampled_from(["value", "attribute", "child", "move", "text", "remove"]))
    names = sorted(declared.attributes if change == "value" and declared.attributes else EVERYWHERE)
    if change in {"value", "attribute"}:
        node.set(key(draw(st.sampled_from(names))), draw(_odd()))
    elif change == "child":
        etree.SubElement(node, draw(st.sampled_from(DECLARED)).name)
    elif change == "move":
        moved = draw(st.sampled_from(every)).node
        if moved is not root and node not in moved.iter():
            node.append(moved)
    elif change == "text":
        node.text = draw(_odd())
    elif node is not root:
        node.getparent().remove(node)  # type: ignore[union-attr]  # only the root has no parent
    return etree.tostring(root, encoding="utf-8")


def _odd() -> SearchStrategy[str]:
    """Return a strategy for strings that are valid for some attributes and invalid for others."""
    return st.sampled_from(ODD) | texts() | st.sampled_from(sorted(EVERYWHERE)).flatmap(_text_for)


def _text_for(name: str) -> SearchStrategy[str]:
    type_ = EVERYWHERE[name].type
    return values(type_).map(lambda value: attribute_codec.kind(type_).write(value) or "")


def _unfit(type_: SimpleType) -> SearchStrategy[str]:
    return _odd().filter(lambda text: not fits(text, type_))


def _is_restricted(type_: SimpleType) -> bool:
    """Return whether the type rejects at least one string of ``ODD``."""
    return any(not fits(text, type_) for text in ODD)


def _rename_an_attribute(draw: DrawFn, place: Place) -> None:
    name = draw(st.sampled_from(list(map(str, place.node.attrib))))
    value = place.node.attrib.pop(name)
    plain = re.sub(r"\{.*\}", "", name)
    others = st.sampled_from([plain + "s", plain.upper(), plain.swapcase(), python_name(plain + "X"), *EVERYWHERE, "foo:bar"])
    place.node.set(key(draw(others.filter(lambda other: ":" not in other and other not in place.declared.attributes))), value)


def _set_an_invalid_value(draw: DrawFn, place: Place) -> None:
    restricted = [name for name, attribute in place.declared.attributes.items() if _is_restricted(attribute.type)]
    name = draw(st.sampled_from(restricted))
    place.node.set(key(name), draw(_unfit(place.declared.attributes[name].type)))


def _set_invalid_text(draw: DrawFn, place: Place) -> None:
    assert place.declared.text is not None
    place.node.text = draw(_unfit(place.declared.text))


def _add_an_unknown_child(draw: DrawFn, place: Place) -> None:
    known = {declared.name for declared in DECLARED}
    misspelt = st.sampled_from(sorted(known)).map(lambda name: name.swapcase())
    name = draw((misspelt | st.just("speak")).filter(lambda name: name not in known))
    place.node.insert(draw(st.integers(0, len(place.node))), etree.Element(name))


def _add_a_misplaced_child(draw: DrawFn, place: Place) -> None:
    misplaced = draw(st.sampled_from([declared for declared in DECLARED if declared.name not in place.declared.children]))
    example = draw(of_declaration(misplaced, 1))
    place.node.append(etree.fromstring(example._xml))


def _remove_a_required_attribute(draw: DrawFn, place: Place) -> None:
    required = [name for name, attribute in place.declared.attributes.items() if attribute.required]
    del place.node.attrib[key(draw(st.sampled_from(required)))]


def _add_too_many_children(draw: DrawFn, place: Place) -> None:
    child = etree.tostring(draw(st.sampled_from(list(place.node))))
    while len(place.node) <= place.declared.occurrence.most:
        place.node.append(etree.fromstring(child))


def _remove_the_children(_: DrawFn, place: Place) -> None:
    for child in list(place.node):
        place.node.remove(child)


def _add_stray_text(draw: DrawFn, place: Place) -> None:
    place.node.text = draw(texts().filter(collapse))


def _fill_an_empty_element(_: DrawFn, place: Place) -> None:
    # The schema does not allow even white space in an empty element.
    place.node.text = " "


def _duplicate_an_attribute(draw: DrawFn, place: Place) -> None:
    name = draw(st.sampled_from([name for name in map(str, place.node.attrib) if "{" not in name]))
    place.node.set(f"twice-{name}", place.node.attrib[name])


def _holds_elements_only(place: Place) -> bool:
    return place.declared.text is None and not place.declared.mixed


BREAKAGES: Final[Mapping[str, Breakage]] = {
    "an attribute renamed": Breakage(lambda place: bool(place.node.attrib), _rename_an_attribute),
    "an invalid value": Breakage(
        lambda place: any(_is_restricted(attribute.type) for attribute in place.declared.attributes.values()),
        _set_an_invalid_value,
    ),
    "invalid text": Breakage(
        lambda place: place.declared.text is not None and _is_restricted(place.declared.text), _set_invalid_text
    ),
    "an unknown child": Breakage(lambda _: True, _add_an_unknown_child),
    "a child of another element": Breakage(lambda _: True, _add_a_misplaced_child),
    "a required attribute removed": Breakage(
        lambda place: any(attribute.required for attribute in place.declared.attributes.values()), _remove_a_required_attribute
    ),
    "too many children": Breakage(
        lambda place: len(place.node) > 0 and place.declared.occurrence.most < 100, _add_too_many_children
    ),
    "too few children": Breakage(lambda place: place.declared.occurrence.least > 0, _remove_the_children),
    "stray text": Breakage(_holds_elements_only, _add_stray_text),
    "a space in an empty element": Breakage(
        lambda place: _holds_elements_only(place) and not place.declared.children, _fill_an_empty_element
    ),
    "a duplicate attribute": Breakage(
        lambda place: any("{" not in str(name) for name in place.node.attrib), _duplicate_an_attribute
    ),
}
"""Changes that make a document invalid. The keys describe the changes."""
