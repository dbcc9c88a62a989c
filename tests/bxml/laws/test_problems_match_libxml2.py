"""Property: the schema check of ``validate`` reports a problem if and only if libxml2 refuses the document.

These tests change the text of documents, as people and faulty programs do. Half of the documents are unchanged. Each of the
other documents has one change, which sometimes makes the document malformed XML.
"""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.schema_validators import against_schema, libxml2_allows
from tests.strategies import VOCABULARY
from tests.text_mutations import MUTATIONS, mutated_texts, texts_half_of_them_mutated


def is_explained(source: bytes) -> bool:
    """Return whether ``validate`` reports a violation of the XSD. Raise AssertionError if only libxml2 refuses the document."""
    problems = [problem for problem in against_schema(source) if problem.rule != "blank-text"]
    assert "against-schema" not in {problem.rule for problem in problems}, "no problem says why libxml2 refuses the document"
    # Verbs are global elements of the schema, so libxml2 accepts each of them as a root.
    return any(problem.rule != "unknown-root" or problem.path not in VOCABULARY.elements for problem in problems)


def assert_agreement(text: str) -> None:
    """Check that ``validate`` reports a problem if and only if libxml2 refuses the document."""
    # libxml2 resolves prefixes and Expat does not, so they disagree about names with a bound prefix.
    assume("xmlns" not in text)
    source = text.encode()
    assert is_explained(source) == (not libxml2_allows(source))


@given(text=texts_half_of_them_mutated())
def test_problems_agree_with_libxml2(text: str) -> None:
    """libxml2 and ``validate`` agree about documents with and without a change."""
    assert_agreement(text)


SHARED: Final = settings(max_examples=settings().max_examples // 5)
"""Settings for parametrized tests. Each case runs only a fifth of the usual examples, because there are many cases."""


@pytest.mark.parametrize("way", MUTATIONS)
@SHARED
@given(data=st.data())
def test_problems_agree_with_libxml2_after_each_kind_of_change(data: st.DataObject, way: str) -> None:
    """libxml2 and ``validate`` agree about documents with each kind of change."""
    assert_agreement(data.draw(mutated_texts(way)))


def test_each_invalid_variant_is_explained() -> None:
    """libxml2 and ``validate`` agree about a valid document and about each invalid variant of it."""
    right = '<Response><Gather maxDigits="5" tag="a"><SpeakSentence>hi</SpeakSentence></Gather><Hangup/></Response>'
    assert libxml2_allows(right.encode())
    assert not is_explained(right.encode())
    for before, after in {
        "Hangup": "hangup",
        "maxDigits": "maxdigits",
        '"5"': '"51"',
        "</Gather><Hangup/>": "<Hangup/></Gather>",
        'tag="a"': 'tag="a" tag="a"',
        "hi<": "hi",
    }.items():
        wrong = right.replace(before, after).encode()
        assert not libxml2_allows(wrong), after
        assert is_explained(wrong), after
