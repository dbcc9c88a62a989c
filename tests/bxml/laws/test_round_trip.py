"""Law: a document that is written and read is the same document."""

import pickle
from decimal import Decimal

from hypothesis import given

from bxml import Bxml, Conference, Gather, Response, SpeakSentence, Tag, parse, ssml
from bxml.builder.element import Element
from tests.strategies import documents, elements


@given(document=documents())
def test_what_was_written_is_what_is_read(document: Response | Bxml) -> None:
    """``parse`` undoes ``to_bxml`` and ``to_bytes``: the same value, of the same class, with the same hash."""
    for written in (document.to_bxml(), document.to_bytes()):
        read = parse(written)
        assert read == document
        assert type(read) is type(document)
        assert hash(read) == hash(document)
        assert repr(read) == repr(document)


@given(element=elements())
def test_a_pickle_is_the_same_value(element: Element) -> None:
    """An element comes out of a pickle as it went in."""
    unpickled = pickle.loads(pickle.dumps(element))
    assert unpickled == element
    assert hash(unpickled) == hash(element)
    assert repr(unpickled) == repr(element)


def test_an_example_that_fails_without_the_law() -> None:
    """Texts, numbers, lists and speech in spellings that a careless writer or reader would change all come back."""
    document = Response(
        [
            Gather(
                [SpeakSentence([" a ", ssml.Break(), "\r\n", ssml.P("")])], first_digit_timeout=Decimal("2.50"), tag=" \t\r\n"
            ),
            Conference("  room ", call_ids_to_coach=["c-1", " c-2", ""], mute=False),
            Tag(""),
        ]
    )
    assert parse(document.to_bxml()) == document
