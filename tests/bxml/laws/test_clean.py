"""Property: ``clean`` removes exactly the characters that the constructors refuse."""

import sys
from enum import StrEnum
from typing import Any

import pytest
from babel.support import LazyProxy
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from bxml import InvalidDocument, Response, SpeakSentence, clean, parse
from bxml.strategies import texts
from bxml.xml_text import collapse

ILLEGAL = st.sampled_from(
    [*map(chr, {*range(0x20)} - {0x9, 0xA, 0xD}), "\ud800", "\udbff", "\udc00", "\udfff", "\ufffe", "\uffff"]
)
"""Characters that XML does not allow."""


@given(text=st.text(st.characters(exclude_categories=[]) | ILLEGAL))
def test_clean_text_can_be_spoken(text: str) -> None:
    """SpeakSentence accepts the result unless it is blank; a document with the result can be serialized and parsed."""
    cleaned = clean(text)
    if not collapse(cleaned):
        return
    document = Response([SpeakSentence(cleaned)]).tag(cleaned[:256])
    assert parse(document.to_bytes()) == document


@given(text=texts())
@example(text='Zoë <zoe@crm.example> & "friends"\t\r\n\x7f\x85\u2028\ufeff\U0001f600')
def test_allowed_text_is_unchanged(text: str) -> None:
    """Text without illegal characters is returned unchanged, including markup and white space."""
    assert clean(text) == text


@given(pieces=st.lists(texts()), illegal=ILLEGAL)
def test_only_illegal_characters_are_removed(pieces: list[str], illegal: str) -> None:
    """The characters before, between and after illegal characters stay."""
    assert clean(illegal.join(["", *pieces, ""])) == "".join(pieces)


def test_each_character_is_removed_if_constructors_refuse_it() -> None:
    """``clean`` removes a character if and only if the constructors refuse it."""
    # Characters beyond U+FFFF are all alike.
    for character in map(chr, [*range(0x1_0000), 0x1_0000, 0x1_FFFE, sys.maxunicode]):
        try:
            SpeakSentence(f"x{character}")
        except InvalidDocument:
            assert clean(character) == "", ascii(character)
        else:
            assert clean(character) == character, ascii(character)


class Name(StrEnum):
    """A string enumeration."""

    CALLER = "Z\0oe"


@pytest.mark.parametrize("text", [Markup("Z\0oe"), Name.CALLER])
def test_clean_text_is_a_plain_string(text: str) -> None:
    """A string of a subclass of ``str`` becomes a plain string."""
    cleaned = clean(text)
    assert (cleaned, type(cleaned)) == ("Zoe", str)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "None is None; expected a string"),
        (b"Zoe", "b'Zoe' is bytes; expected a string"),
        (LazyProxy(lambda: "Zoe"), r"<.*> is of type LazyProxy; expected a string; call str\(\) on it first"),
    ],
    ids=["None", "bytes", "lazy"],
)
def test_other_values_raise(value: Any, message: str) -> None:
    """An argument that is not a string raises ``TypeError``."""
    with pytest.raises(TypeError, match=f"^{message}$"):
        clean(value)
