"""Law: what the schema does not allow, no one accepts: libxml2, xmlschema and ``validate`` have one verdict.

What ``validate`` knows beyond the schema is left aside here and has tests of its own: blank speech, roots that are no
document's, and the limits of size and depth.
"""

from typing import Final

import pytest
from hypothesis import given
from lxml import etree

from bxml import InvalidDocument, NotWellFormed, parse, schema
from tests.engines import against_schema, libxml2_allows, xmlschema_allows
from tests.strategies import (
    BREAKAGES,
    DECLARED,
    ODD,
    Place,
    altered_documents,
    broken_documents,
    key,
    smallest,
    within_a_document,
    written_otherwise,
)

BEYOND_THE_SCHEMA: Final = {"blank-text"}


def is_explained(source: bytes) -> bool:
    """Whether ``validate`` finds something that the schema could have found, and can say what."""
    rules = {problem.rule for problem in against_schema(source)} - BEYOND_THE_SCHEMA
    assert "against-schema" not in rules, "libxml2 says no, and nothing more is known"
    return bool(rules)


@given(source=broken_documents())
def test_a_broken_document_is_rejected_by_all(source: bytes) -> None:
    """One thing wrong is enough for both engines, and is found and explained."""
    assert not libxml2_allows(source)
    assert not xmlschema_allows(source)
    assert is_explained(source)
    with pytest.raises((InvalidDocument, NotWellFormed)):
        parse(source)


@given(source=altered_documents())
def test_there_is_one_verdict_on_an_altered_document(source: bytes) -> None:
    """Something is explained if and only if libxml2 says no, and xmlschema agrees with libxml2."""
    assert libxml2_allows(source) == xmlschema_allows(source) == (not is_explained(source))


@given(source=written_otherwise())
def test_there_is_one_verdict_on_a_document_written_otherwise(source: bytes) -> None:
    """Comments, indentation, signs and references make nobody reject a valid document."""
    assert libxml2_allows(source)
    assert xmlschema_allows(source)
    assert against_schema(source) == []


PLACES: Final = {
    **{attribute.type: (declared, attribute.name) for declared in DECLARED for attribute in declared.attributes.values()},
    **{declared.text: (declared, "") for declared in DECLARED if declared.text is not None},
}
"""A place for each type: an element and its attribute, or none for its text."""


@pytest.mark.parametrize(("type_", "where"), PLACES.items(), ids=[type_.lineage[0] for type_ in PLACES])
def test_there_is_one_verdict_on_every_value(type_: schema.SimpleType, where: tuple[schema.Element, str]) -> None:
    """Each text at the edge of some type is legal for all or for none, in a place of each type."""
    declared, name = where
    element = etree.fromstring(smallest(declared)._xml)
    document = within_a_document(element, declared)
    for text in ODD:
        if name:
            element.set(key(name), text)
        else:
            element.text = text
        source = etree.tostring(document, encoding="utf-8")
        assert libxml2_allows(source) == xmlschema_allows(source) == (not is_explained(source)), (type_.noun, text)


@pytest.mark.parametrize("how", BREAKAGES)
def test_every_way_to_break_a_document_is_tried(how: str) -> None:
    """No way to break a document is one that applies to none."""
    assert any(BREAKAGES[how].applies(Place(etree.fromstring(smallest(declared)._xml), declared)) for declared in DECLARED)


def test_an_example_that_fails_without_the_law() -> None:
    """A document that is wrong in many places is rejected by all, and each place is found."""
    source = b"""\
<Response>
  <Gather maxDigits="51" gatherMethod="post" maxdigits="5">
    <Hangup/>
  </Gather>
  <Transfer/>
  <Hangup> </Hangup>
  text
</Response>
"""
    assert not libxml2_allows(source)
    assert not xmlschema_allows(source)
    assert [problem.rule for problem in against_schema(source)] == [
        "invalid-value",
        "invalid-value",
        "unknown-attribute",
        "misplaced",
        "too-few-children",
        "misplaced",
        "misplaced",
    ]
