"""Property: libxml2, xmlschema and ``validate`` agree about which documents are valid.

These tests leave out the problems that XSD 1.0 cannot detect: empty speech, verbs as roots, and excessive size and depth.
Other tests cover these problems.
"""

from typing import Final

import pytest
from hypothesis import given
from lxml import etree

from bxml import InvalidDocument, NotWellFormed, parse, schema
from tests.schema_validators import against_schema, libxml2_allows, xmlschema_allows
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
    """Return whether ``validate`` reports a violation of the XSD. Raise AssertionError if only libxml2 refuses the document."""
    rules = {problem.rule for problem in against_schema(source)} - BEYOND_THE_SCHEMA
    assert "against-schema" not in rules, "no problem says why libxml2 refuses the document"
    return bool(rules)


@given(source=broken_documents())
def test_invalid_document_is_refused_by_all(source: bytes) -> None:
    """libxml2 and xmlschema refuse a document with one mistake, and ``validate`` explains the mistake."""
    assert not libxml2_allows(source)
    assert not xmlschema_allows(source)
    assert is_explained(source)
    with pytest.raises((InvalidDocument, NotWellFormed)):
        parse(source)


@given(source=altered_documents())
def test_all_agree_about_an_altered_document(source: bytes) -> None:
    """libxml2, xmlschema and ``validate`` agree whether an altered document is valid."""
    assert libxml2_allows(source) == xmlschema_allows(source) == (not is_explained(source))


@given(source=written_otherwise())
def test_all_accept_a_valid_document_in_another_spelling(source: bytes) -> None:
    """libxml2, xmlschema and ``validate`` accept comments, indentation, plus signs and character references."""
    assert libxml2_allows(source)
    assert xmlschema_allows(source)
    assert against_schema(source) == []


PLACES: Final = {
    **{attribute.type: (declared, attribute.name) for declared in DECLARED for attribute in declared.attributes.values()},
    **{declared.text: (declared, "") for declared in DECLARED if declared.text is not None},
}
"""For each type, an element and the name of its attribute with this type; an empty name stands for the text of the element."""


@pytest.mark.parametrize(("type_", "where"), PLACES.items(), ids=[type_.lineage[0] for type_ in PLACES])
def test_all_agree_about_each_value(type_: schema.SimpleType, where: tuple[schema.Element, str]) -> None:
    """libxml2, xmlschema and ``validate`` agree about each unusual value of each type."""
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
def test_each_kind_of_mistake_applies(how: str) -> None:
    """Each kind of mistake can be made in at least one element."""
    assert any(BREAKAGES[how].applies(Place(etree.fromstring(smallest(declared)._xml), declared)) for declared in DECLARED)


def test_each_of_many_mistakes_is_found() -> None:
    """libxml2 and xmlschema refuse a document with many mistakes, and ``validate`` reports each mistake."""
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
