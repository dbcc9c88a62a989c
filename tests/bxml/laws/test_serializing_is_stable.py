"""Property: parsing and serializing a serialized document does not change it."""

from hypothesis import given

from bxml import Bxml, Response, parse
from bxml.strategies import documents
from tests.strategies import written_otherwise


@given(source=written_otherwise())
def test_parsed_document_is_serialized_in_normal_form(source: bytes) -> None:
    """The first ``to_bxml`` normalizes a document; parsing and serializing it again changes nothing."""
    once = parse(source).to_bxml()
    assert parse(once).to_bxml() == once
    assert parse(once) == parse(source)


@given(document=documents())
def test_serialized_document_is_in_normal_form(document: Response | Bxml) -> None:
    """Parsing and serializing the bytes of a document built in Python returns the same bytes."""
    assert parse(document.to_bytes()).to_bytes() == document.to_bytes()


def test_spelling_is_normalized() -> None:
    """``to_bxml`` drops indentation and comments, normalizes quotes, references, signs and zeros, and changes no value."""
    source = """\
<Response>
  <!-- a menu -->
  <Gather maxDigits=' +07 ' tag='&#97;&quot;'>
    <SpeakSentence>a<!-- b --> &#x62;<![CDATA[<c>]]></SpeakSentence>
  </Gather>
  <Pause duration="1.50"></Pause>
</Response>
"""
    once = parse(source).to_bxml()
    assert once == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Gather maxDigits="7" tag="a&quot;">'
        '<SpeakSentence>a b&lt;c&gt;</SpeakSentence></Gather><Pause duration="1.5"/></Response>'
    )
    assert parse(once).to_bxml() == once
