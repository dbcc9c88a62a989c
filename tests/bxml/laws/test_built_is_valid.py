"""Law: what a constructor accepts, the schema allows."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml import Bxml, Response, SpeakSentence, StreamParam, ssml
from bxml.builder.element import Element
from tests.engines import against_schema, libxml2_allows, xmlschema_allows
from tests.strategies import LAW, documents, element


@given(document=documents())
def test_both_engines_allow_every_document_that_can_be_made(document: Response | Bxml) -> None:
    """A document that exists is one that libxml2 and xmlschema allow, and has no problems."""
    data = document.to_bytes()
    assert libxml2_allows(data)
    assert xmlschema_allows(data)
    assert against_schema(data) == []


@given(verb=st.sampled_from(sorted(LAW.elements)).flatmap(lambda name: element(LAW.elements[name])))
def test_both_engines_allow_every_fragment_that_can_be_made(verb: Element) -> None:
    """A verb that exists is one that libxml2 and xmlschema allow, on its own too."""
    assert libxml2_allows(verb._xml.encode())
    assert xmlschema_allows(verb._xml.encode())


@pytest.mark.parametrize("allows", [libxml2_allows, xmlschema_allows])
def test_an_example_that_fails_without_the_law(allows: Callable[[bytes], bool]) -> None:
    """A document at the limits is accepted by its constructors and by both engines; one step further by none."""
    at_the_limits = (
        Response()
        .gather([SpeakSentence(ssml.Break(time="10000ms"))] * 20, max_digits=50, first_digit_timeout=60.0)
        .start_stream([StreamParam(name="n", value="\N{GRINNING FACE}" * 2048)], destination="wss://app.example")
        .to_bxml()
    )
    assert allows(at_the_limits.encode())
    assert against_schema(at_the_limits) == []
    prompt = '<SpeakSentence><break time="10000ms"/></SpeakSentence>'
    for inside, beyond in {
        'maxDigits="50"': 'maxDigits="51"',
        'firstDigitTimeout="60"': 'firstDigitTimeout="60.1"',
        'time="10000ms"': 'time="10001ms"',
        "\N{GRINNING FACE}": "\N{GRINNING FACE}" * 2,
        prompt: prompt * 2,
    }.items():
        assert inside in at_the_limits
        assert not allows(at_the_limits.replace(inside, beyond, 1).encode()), beyond
