"""Law: what has been read and written once does not change by being read and written again."""

from hypothesis import given

from bxml import Bxml, Response, parse
from tests.strategies import documents, written_otherwise


@given(source=written_otherwise())
def test_writing_what_was_read_is_a_fixed_point(source: bytes) -> None:
    """However a document was spelled, its first ``to_bxml`` is the spelling that it keeps."""
    once = parse(source).to_bxml()
    assert parse(once).to_bxml() == once
    assert parse(once) == parse(source)


@given(document=documents())
def test_what_the_package_wrote_keeps_its_spelling(document: Response | Bxml) -> None:
    """A document that was built is read and written again as the same bytes."""
    assert parse(document.to_bytes()).to_bytes() == document.to_bytes()


def test_an_example_that_fails_without_the_law() -> None:
    """Indentation, quotes, references, signs, zeros and comments go; what they stood for stays."""
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
