"""Law: something of the family ``schema`` is explained if and only if libxml2 says no, whatever was done to the text.

Trees can only be changed into trees. Here the text is changed, as people and faulty programs change it: half of the documents
are as they were written, and each of the others has one change, after which it may be no XML at all.
"""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.engines import against_schema, libxml2_allows
from tests.mutations import MUTATIONS, mutated_texts, texts_half_of_them_mutated
from tests.strategies import LAW


def is_explained(source: bytes) -> bool:
    """Whether ``validate`` finds something that the schema could have found, and can say what."""
    problems = [problem for problem in against_schema(source) if problem.rule != "blank-text"]
    assert "against-schema" not in {problem.rule for problem in problems}, "libxml2 says no, and nothing more is known"
    # The schema declares verbs for everyone to see, so that to libxml2 each could be the root of a document.
    return any(problem.rule != "unknown-root" or problem.path not in LAW.elements for problem in problems)


def assert_one_verdict(text: str) -> None:
    """What is explained is what libxml2 does not allow."""
    # A prefix that is bound makes names that Expat, which is not asked for namespaces, reads in another way.
    assume("xmlns" not in text)
    source = text.encode()
    assert is_explained(source) == (not libxml2_allows(source))


@given(text=texts_half_of_them_mutated())
def test_what_is_explained_is_what_libxml2_rejects(text: str) -> None:
    """Half of the documents are as written, half changed in one place, and on each there is one verdict."""
    assert_one_verdict(text)


SHARED: Final = settings(max_examples=settings().max_examples // 5)
"""For tests of several kinds of text, which together have enough examples."""


@pytest.mark.parametrize("way", MUTATIONS)
@SHARED
@given(data=st.data())
def test_every_way_to_change_a_text_has_one_verdict(data: st.DataObject, way: str) -> None:
    """The same holds for each kind of change on its own, so that none hides behind the others."""
    assert_one_verdict(data.draw(mutated_texts(way)))


def test_an_example_that_fails_without_the_law() -> None:
    """One document, right and then wrong in each of the ways, is explained exactly where libxml2 says no."""
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
