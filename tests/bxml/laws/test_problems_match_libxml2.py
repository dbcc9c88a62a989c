"""Property: ``validate`` reports a problem of the schema if and only if libxml2 refuses the document.

The text of the documents is changed here, as people and faulty programs change it: half of the documents are unchanged, and
each of the others has one change, after which it may not be well-formed XML.
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
    """Return whether ``validate`` reports a problem that the schema can state, after checking that each has an explanation."""
    problems = [problem for problem in against_schema(source) if problem.rule != "blank-text"]
    assert "against-schema" not in {problem.rule for problem in problems}, "libxml2 refuses a document without explanation"
    # Verbs are global elements of the schema, so libxml2 accepts each of them as a root.
    return any(problem.rule != "unknown-root" or problem.path not in VOCABULARY.elements for problem in problems)


def assert_agreement(text: str) -> None:
    """Check that problems are reported if and only if libxml2 refuses the document."""
    # libxml2 resolves prefixes and Expat does not, so they disagree about names with a bound prefix.
    assume("xmlns" not in text)
    source = text.encode()
    assert is_explained(source) == (not libxml2_allows(source))


@given(text=texts_half_of_them_mutated())
def test_problems_agree_with_libxml2(text: str) -> None:
    """libxml2 and ``validate`` agree about documents of which half have a change."""
    assert_agreement(text)


SHARED: Final = settings(max_examples=settings().max_examples // 5)
"""Settings with fewer examples for each case of a parametrized test; all cases together run enough."""


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
