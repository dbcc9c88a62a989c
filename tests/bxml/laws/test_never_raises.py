"""Property: ``validate`` never raises, and its problems are well-formed.

Each problem has a registered rule, a printable message on one line and a severity. The problems are sorted by position. The
problems that the schema check reports do not depend on which other rules are selected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bxml import validate
from bxml.lint import rule_registry
from bxml.problem import Severity
from bxml.schema import CONTEXTS, Context
from bxml.strategies import texts
from tests.text_mutations import mutated_texts, texts_of_documents

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
"""Strings to join in any order: pieces of BXML, of malformed XML and of plain text."""


WELL_FORMED: Final = (
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
"""Well-formed pieces of XML for the content of a document; most of them are invalid BXML."""


def with_many_mistakes() -> SearchStrategy[str]:
    """Return a strategy for well-formed documents with many mistakes."""
    return st.lists(st.sampled_from(WELL_FORMED), min_size=2, max_size=10).map("".join).map("<Response>{}</Response>".format)


def joined_fragments() -> SearchStrategy[str]:
    """Return a strategy for strings joined from fragments. Half of the strings are inside a root element."""
    pieces = st.lists(st.sampled_from(FRAGMENTS) | texts(), max_size=20).map("".join)
    return pieces | pieces.map("<Response>{}</Response>".format)


@st.composite
def _with_changed_bytes(draw: DrawFn) -> bytes:
    data = bytearray(draw(texts_of_documents()).encode())
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    return bytes(data)


@st.composite
def _truncated(draw: DrawFn) -> bytes:
    data = draw(texts_of_documents()).encode()
    return data[: draw(st.integers(0, len(data)))]


ANYTHING: Final[dict[str, SearchStrategy[str | bytes]]] = {
    "bytes": st.binary(),
    "text": st.text(st.characters()),
    "fragments": joined_fragments(),
    "many mistakes": with_many_mistakes(),
    "documents with changed bytes": _with_changed_bytes(),
    "documents cut short": _truncated(),
    "documents with a change": mutated_texts(),
}
"""Strategies for sources to validate, by kind of source."""


SHARED: Final = settings(max_examples=settings().max_examples // 3)
"""Settings for parametrized tests. Each case runs only a third of the usual examples, because there are many cases."""


@pytest.mark.parametrize("kind", ANYTHING)
@SHARED
@given(data=st.data())
def test_validate_never_raises(data: st.DataObject, kind: str) -> None:
    """In each context, ``validate`` returns well-formed problems for any source, and sorts them by position."""
    source = data.draw(ANYTHING[kind])
    for context in CONTEXTS:
        assert_well_formed(source, context)


def assert_well_formed(source: str | bytes, context: Context) -> None:
    """Check that the problems of a source are well-formed and sorted by position."""
    found = validate(source, "a.bxml", select=["all"], context=context)
    places = [(problem.line or 0, problem.column or 0) for problem in found]
    assert places == sorted(places)
    for problem in found:
        assert problem.rule in rule_registry.entries()
        assert problem.message
        assert problem.message.isprintable(), problem  # a message with a line break is not printable
        assert problem.severity in get_args(Severity)


SELECTIONS: Final = st.lists(st.sampled_from(sorted(rule_registry.entries())), max_size=10) | st.just(["all"])

DEPENDS_ON_OTHERS: Final = "unused-suppression"
"""The rule that reports a suppression comment without a problem to suppress; its result depends on the other rules."""


@given(source=with_many_mistakes() | mutated_texts(), others=SELECTIONS)
def test_problems_of_the_schema_do_not_depend_on_other_rules(source: str, others: list[str]) -> None:
    """The schema check reports the same problems, whichever other rules are selected."""
    of_schema = {name for name, entry in rule_registry.entries().items() if entry.rule is None} - {DEPENDS_ON_OTHERS}
    with_others = validate(source, select=["schema", *others])
    alone = validate(source, select=["schema"])
    assert [p for p in with_others if p.rule in of_schema] == [p for p in alone if p.rule in of_schema]


def test_unusual_sources_have_printable_messages() -> None:
    """Messages about malformed XML, about control characters and about the sources None and 5 are printable and on one line."""
    for source in (b"\xff\xfe\x00", "\ud800", "<\x1b[2J/>", "<Response><a\N{LINE SEPARATOR}b/></Response>", b"", None, 5):
        found = validate(source, select=["all"])  # type: ignore[arg-type]  # validate accepts a source of any type
        assert found
        assert all(problem.message.isprintable() for problem in found)
