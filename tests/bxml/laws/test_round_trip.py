"""Property: a document that is serialized and parsed is equal to the original."""

import pickle
from decimal import Decimal

from hypothesis import given

from bxml import Bxml, Conference, Gather, Response, SpeakSentence, Tag, parse, ssml
from bxml.builder.element import Element
from bxml.strategies import documents, elements


@given(document=documents())
def test_parsed_document_equals_the_original(document: Response | Bxml) -> None:
    """Parsing the output of ``to_bxml`` or ``to_bytes`` returns an equal document of the same class with the same hash."""
    for written in (document.to_bxml(), document.to_bytes()):
        read = parse(written)
        assert read == document
        assert type(read) is type(document)
        assert hash(read) == hash(document)
        assert repr(read) == repr(document)


@given(element=elements(Element))
def test_unpickled_element_equals_the_original(element: Element) -> None:
    """An unpickled element is equal to the original."""
    unpickled = pickle.loads(pickle.dumps(element))
    assert unpickled == element
    assert hash(unpickled) == hash(element)
    assert repr(unpickled) == repr(element)


def test_unusual_values_survive_the_round_trip() -> None:
    """A round trip keeps strings, numbers, lists and speech that a careless serializer or parser would change."""
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
