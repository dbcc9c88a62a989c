"""Law: whatever it is given, ``validate`` does not raise, and what it says is well-formed.

Each problem has a rule of the catalog, one line of printable text and a severity; the problems come in the order of their
places; and what the schema has against a document does not depend on who else looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bxml import validate
from bxml.lint import registry
from bxml.problem import Severity
from bxml.schema import CONTEXTS, Context
from tests.mutations import mutated_texts, texts_of_documents
from tests.strategies import texts

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

FRAGMENTS: Final = (
    "<Response>", "</Response>", "<Bxml>", "</Bxml>", "<Response/>", "<Gather", "</Gather>", "<Hangup/>", "<SpeakSentence>",
    "</SpeakSentence>", "<Transfer", "<PhoneNumber>", "</PhoneNumber>", "<SipUri", "<Conference", "<StartStream", "<Record",
    "<Tag>", "</Tag>", "<Tag/>", "<Bogus", "<break time='99s'/>", "<prosody rate='fast'>", "</prosody>", "<foo:bar>", "<", "</",
    "/>", ">", "<a", "<é>", " maxDigits='51'", ' tag=""', ' tag="a" tag="b"', ' voice="nobody"', " xml:lang='x'",
    ' maxDigits="5"', ' xmlns="urn:x"', ' xmlns:a="urn:x"', ' xmlns=""', ' a:b="c"', ' url="https://user:pass@x"', " =", ' "',
    "'", "&amp;", "&nbsp;", "&#0;", "&#xD800;", "&#99999999;", "&#60;", "&", "&;", "<![CDATA[", "]]>", "<!", "<!-", "<!--",
    "-->", "--", "<!-- bxml: ignore -->", "<!-- bxml: ignore unknown-voice -->", "<!-- bxml: ignore invalid-value, \x7f -->",
    "<!-- bxml:ignore misplaced not-well-formed -->", "<!-- bxml: \N{RIGHT-TO-LEFT OVERRIDE} -->", "<!DOCTYPE Response>",
    "<!DOCTYPE x [<!ENTITY y 'z'>", "]>", "<!doctype", "&y;", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.1"?>',
    "<?xml version='1.0' encoding='latin-1'?>", "<?xml", "?>", "<?pi", "\0", "\x0b", "\x7f", "\x85", "\ufeff", "\uffff",
    "\ud800", "\udc80", "\r\n", "\n", "\t", " ", "\N{LINE SEPARATOR}", "\N{GRINNING FACE}", "+12125550123", "text",
)  # fmt: skip
"""Pieces of BXML, and of what is none, that make sense together or not."""


WHOLE: Final = (
    '<Gather maxDigits="51" bogus="a"/>', "<Gather><Hangup/>text</Gather>", '<Gather firstDigitTimeout="x" tag="a" />',
    "<Transfer/>", '<Transfer transferCallerId="Restricted "><PhoneNumber>1</PhoneNumber></Transfer>', "<Hangup> </Hangup>",
    "<Bogus a='b'/>", "<Tag> a </Tag>", '<SpeakSentence voice="nobody" locale="xx_XX"><break time="99s"/></SpeakSentence>',
    "<SpeakSentence/>", "<Response><Hangup/></Response>",
    '<Record recordingAvailableUrl="menu" transcribe="true" username="me"/>', '<Redirect redirectUrl="//app.example/"/>',
    "<Hangup/>", '<StartStream destination="ws://app.example"/>', '<Conference muted="x">room</Conference>', "<Ring/>",
    "<foo:bar/>", "text", "\r\n", "<!-- bxml: ignore invalid-value unknown-voice -->",
    "<!-- bxml: ignore unknown-attribute misplaced -->", "<!-- bxml: ignore bogus -->", "<!-- bxml: ignore -->", "<!-- a -->",
    "<![CDATA[<]]>", "&#60;",
)  # fmt: skip
"""Pieces that are well-formed on their own, most of them wrong."""


def full_of_mistakes() -> SearchStrategy[str]:
    """Documents that are XML, and wrong in many places."""
    return st.lists(st.sampled_from(WHOLE), min_size=2, max_size=10).map("".join).map("<Response>{}</Response>".format)


def pieced_together() -> SearchStrategy[str]:
    """Fragments in any order, half of the time within a root."""
    pieces = st.lists(st.sampled_from(FRAGMENTS) | texts(), max_size=20).map("".join)
    return pieces | pieces.map("<Response>{}</Response>".format)


@st.composite
def _spoilt(draw: DrawFn) -> bytes:
    data = bytearray(draw(texts_of_documents()).encode())
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    return bytes(data)


@st.composite
def _cut_short(draw: DrawFn) -> bytes:
    data = draw(texts_of_documents()).encode()
    return data[: draw(st.integers(0, len(data)))]


ANYTHING: Final[dict[str, SearchStrategy[str | bytes]]] = {
    "bytes": st.binary(),
    "text": st.text(st.characters()),
    "fragments": pieced_together(),
    "many mistakes": full_of_mistakes(),
    "documents with other bytes": _spoilt(),
    "documents cut short": _cut_short(),
    "documents with a change": mutated_texts(),
}
"""By what it is."""


SHARED: Final = settings(max_examples=settings().max_examples // 3)
"""For tests of several kinds of text, which together have enough examples."""


@pytest.mark.parametrize("kind", ANYTHING)
@SHARED
@given(data=st.data())
def test_nothing_raises(data: st.DataObject, kind: str) -> None:
    """In each context every source gets an answer, each part of which has its form, in the order of places."""
    source = data.draw(ANYTHING[kind])
    for context in CONTEXTS:
        assert_answered(source, context)


def assert_answered(source: str | bytes, context: Context) -> None:
    """There is an answer, and it is one that can be shown on a line each."""
    found = validate(source, "a.bxml", select=["all"], context=context)
    places = [(problem.line or 0, problem.column or 0) for problem in found]
    assert places == sorted(places)
    for problem in found:
        assert problem.rule in registry.entries()
        assert problem.message
        assert problem.message.isprintable(), problem  # which the end of a line is not
        assert problem.severity in get_args(Severity)


SELECTIONS: Final = st.lists(st.sampled_from(sorted(registry.entries())), max_size=10) | st.just(["all"])

DEPENDS_ON_OTHERS: Final = "unused-suppression"
"""The rule that tells which comments leave out what nobody found."""


@given(source=full_of_mistakes() | mutated_texts(), others=SELECTIONS)
def test_what_the_schema_finds_does_not_depend_on_the_rules(source: str, others: list[str]) -> None:
    """Whichever rules look besides, the schema finds the same things, in the same order."""
    of_schema = {name for name, entry in registry.entries().items() if entry.rule is None} - {DEPENDS_ON_OTHERS}
    with_others = validate(source, select=["schema", *others])
    alone = validate(source, select=["schema"])
    assert [p for p in with_others if p.rule in of_schema] == [p for p in alone if p.rule in of_schema]


def test_an_example_that_fails_without_the_law() -> None:
    """What is neither text nor XML, and names that would move a terminal, are told in one line each."""
    for source in (b"\xff\xfe\x00", "\ud800", "<\x1b[2J/>", "<Response><a\N{LINE SEPARATOR}b/></Response>", b"", None, 5):
        found = validate(source, select=["all"])  # type: ignore[arg-type]  # that is the law
        assert found
        assert all(problem.message.isprintable() for problem in found)
