"""Property: each document that the constructors accept is valid by the schema."""

from collections.abc import Callable

import pytest
from hypothesis import given

from bxml import Bxml, Response, SpeakSentence, StreamParam, Verb, ssml
from bxml.strategies import documents, verbs
from tests.schema_validators import against_schema, libxml2_allows, xmlschema_allows


@given(document=documents())
def test_both_engines_accept_each_document(document: Response | Bxml) -> None:
    """libxml2 and xmlschema accept each document built with constructors, and ``validate`` reports no problem in it."""
    data = document.to_bytes()
    assert libxml2_allows(data)
    assert xmlschema_allows(data)
    assert against_schema(data) == []


@given(verb=verbs())
def test_both_engines_accept_each_verb(verb: Verb) -> None:
    """libxml2 and xmlschema accept each verb that a constructor makes, even if the verb is the root element."""
    assert libxml2_allows(verb._xml.encode())
    assert xmlschema_allows(verb._xml.encode())


@pytest.mark.parametrize("allows", [libxml2_allows, xmlschema_allows])
def test_document_at_the_limits_is_valid(allows: Callable[[bytes], bool]) -> None:
    """Constructors, libxml2 and xmlschema accept a document at the limits. Both validators refuse a value beyond a limit."""
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
