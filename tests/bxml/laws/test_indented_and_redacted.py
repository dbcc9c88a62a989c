"""Properties: an indented document is an equal document, and a redacted document differs only in its secrets."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bxml import (
    Bxml,
    Gather,
    Hangup,
    InvalidDocument,
    PhoneNumber,
    PlayAudio,
    Redirect,
    Response,
    SipUri,
    SpeakSentence,
    StartStream,
    StreamParam,
    Tag,
    Transfer,
    UncheckedAttribute,
    parse,
    schema,
    ssml,
)
from bxml.messages.redaction import is_secret, redact_urls
from bxml.strategies import documents, texts

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
indents = st.none() | st.integers(0, 8)


@given(document=documents(), indent=indents)
def test_an_indented_document_is_parsed_as_an_equal_document(document: Response | Bxml, indent: int | None) -> None:
    """The indented form has the same verbs, attributes, speech and values."""
    written = document.to_bxml(indent=indent)
    assert parse(written) == document
    assert parse(written).to_bxml() == document.to_bxml()
    assert written.startswith(DECLARATION)
    assert document.to_bxml() == document.to_bytes().decode()


@given(document=documents(), indent=st.integers(0, 8))
def test_only_line_breaks_and_spaces_between_elements_are_added(document: Response | Bxml, indent: int) -> None:
    """Indenting a document only inserts characters: line breaks and spaces between elements."""
    added = iter(document.to_bxml(indent=indent))
    # A test of membership advances an iterator, so this finds the characters in their order.
    assert all(character in added for character in document.to_bxml())
    removed = etree.fromstring(document.to_bxml(indent=indent).encode(), etree.XMLParser(remove_blank_text=False))
    for node in removed.iter():
        if node.tag not in MIXED and len(node):
            assert {(node.text or "").strip(" \n"), *((child.tail or "").strip(" \n") for child in node)} == {""}


MIXED: Final = {declared.name for declared in schema.vocabulary().declarations() if declared.mixed}
"""Names of the elements that contain text and elements."""


def test_an_indented_document_is_readable() -> None:
    """Each verb begins on a new line; mixed content and the text of an element stay as they are."""
    document = Response(
        [
            SpeakSentence(["One ", ssml.Break(time="1s"), ssml.P([ssml.S("two"), " three"])], voice="julie"),
            Gather([SpeakSentence("Press\n1."), PlayAudio("/or-hold.wav")], gather_url="/menu?a=1&b=2", tag="a\nb"),
            Transfer([PhoneNumber("+12125550123"), SipUri("sip:desk@pbx.example", transfer_answer_url="/answer")]),
            StartStream([StreamParam(name="a", value="<b>")], destination="wss://app.example"),
            Gather(),
            Tag(""),
        ]
    )
    assert (
        document.to_bxml(indent=2)
        == f"""\
{DECLARATION}
<Response>
  <SpeakSentence voice="julie">One <break time="1s"/><p><s>two</s> three</p></SpeakSentence>
  <Gather gatherUrl="/menu?a=1&amp;b=2" tag="a&#10;b">
    <SpeakSentence>Press
1.</SpeakSentence>
    <PlayAudio>/or-hold.wav</PlayAudio>
  </Gather>
  <Transfer>
    <PhoneNumber>+12125550123</PhoneNumber>
    <SipUri transferAnswerUrl="/answer">sip:desk@pbx.example</SipUri>
  </Transfer>
  <StartStream destination="wss://app.example">
    <StreamParam name="a" value="&lt;b&gt;"/>
  </StartStream>
  <Gather/>
  <Tag/>
</Response>"""
    )


def test_an_empty_document_is_one_line_after_the_declaration() -> None:
    """A document without verbs is not indented. With an indent of 0, each verb is still on its own line."""
    assert Bxml([]).to_bxml(indent=4) == f"{DECLARATION}\n<Bxml/>"
    assert Bxml([Hangup()]).to_bxml(indent=0) == f"{DECLARATION}\n<Bxml>\n<Hangup/>\n</Bxml>"


def test_the_size_limit_is_for_the_document_that_is_sent() -> None:
    """The size limit applies to the document without indentation and redaction."""
    limit = schema.maximum_bytes()
    document = Response([Hangup()] * 7000)
    assert len(document.to_bytes()) <= limit < len(document.to_bxml(indent=8))
    for options in ({"indent": 2}, {"redact": True}):
        with pytest.raises(InvalidDocument, match="bytes; at most"):
            Response([Hangup()] * 8000).to_bxml(**options)


SECRET: Final = "hunter2"
HIDDEN: Final = {
    "password": Gather(username="shop", password=SECRET),
    "fallback-password": Redirect(redirect_url="/a", redirect_fallback_url="/b", fallback_password=SECRET),
    "escaped": Gather(password=f"\"<{SECRET}>&'"),
    "url": Gather(gather_url=f"https://shop:{SECRET}@app.example/menu"),
    "url-in-text": PlayAudio(f"https://shop:{SECRET}@app.example/a.wav"),
    "escaped-url": Gather(gather_url=f"https://shop:&'{SECRET}@app.example/menu?a=1&b=2"),
    "sip": Transfer([SipUri(f"sip:shop:{SECRET}@pbx.example")]),
    "nested": Gather([PlayAudio("/a.wav", username="shop", password=SECRET)]),
    "extra": Hangup(extra={"newPassword": SECRET}),
    "after-text": Gather([SpeakSentence('password="'), PlayAudio("/a.wav", password=SECRET)]),
    "after-quote": Gather(tag="password='", password=f"'{SECRET}"),
    "after-tag": Gather(tag='password="', gather_url="/a", password=f"{SECRET}"),
}
"""A verb with a secret for each place where a verb can have a secret, by a short name of the place."""


@pytest.mark.filterwarnings("ignore::bxml.UncheckedAttribute")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("verb", HIDDEN.values(), ids=HIDDEN)
def test_secrets_are_hidden(verb: Any, indent: int | None) -> None:
    """The redacted form does not show a secret, and has the same elements."""
    document = Response([SpeakSentence("Hello."), verb, Hangup()])
    assert SECRET in document.to_bxml(indent=indent)
    redacted = document.to_bxml(indent=indent, redact=True)
    assert SECRET not in redacted
    assert "…" in redacted
    root = etree.fromstring(redacted.encode())
    assert [node.tag for node in root.iter()] == [node.tag for node in etree.fromstring(document.to_bytes()).iter()]


@given(data=st.data(), hostile=texts(), indent=indents)
def test_only_secrets_are_hidden(data: st.DataObject, hostile: str, indent: int | None) -> None:
    """Redaction changes nothing in a document without secrets. In other documents, it changes only the secrets."""
    document = data.draw(documents()).gather(tag=hostile[:256], password=hostile[:256], username="shop")
    original = etree.fromstring(document.to_bytes())
    redacted = etree.fromstring(document.to_bxml(indent=indent, redact=True).encode())
    for before, after in zip(original.iter(), redacted.iter(), strict=True):
        assert (before.tag, before.keys()) == (after.tag, after.keys())
        for name, value in before.items():
            assert after.get(name) == "…" if is_secret(name) else after.get(name) in {value, redact_urls(value)} or "@" in value


def test_both_options_can_be_combined() -> None:
    """A document can be indented and redacted at the same time, for example for a log."""
    document = Response([]).forward(to="+12125550123").gather(gather_url="https://shop:x@app.example/a", password="x")
    assert document.to_bxml(indent=1, redact=True) == (
        f'{DECLARATION}\n<Response>\n <Forward to="+12125550123"/>\n'
        ' <Gather gatherUrl="https://…@app.example/a" password="…"/>\n</Response>'
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"indent": "2"}, TypeError, 'indent="2" is a string; expected an integer of at least 0, or None'),
        ({"indent": 2.0}, TypeError, "indent=2.0 is a float; expected an integer of at least 0, or None"),
        ({"indent": True}, TypeError, "indent=True is a boolean; expected an integer of at least 0, or None"),
        ({"indent": -1}, ValueError, "indent=-1 is negative; expected an integer of at least 0, or None"),
        ({"redact": 1}, TypeError, "redact=1 is an integer; expected True or False"),
        ({"redact": None}, TypeError, "redact=None is None; expected True or False"),
        ({"redact": "no", "indent": -1}, TypeError, 'redact="no" is a string; expected True or False'),
    ],
    ids=str,
)
def test_wrong_options_raise(options: dict[str, Any], error: type[Exception], message: str) -> None:
    """A wrong option raises an error that names the option."""
    with pytest.raises(error) as caught:
        Response([]).to_bxml(**options)
    assert str(caught.value) == message


def test_options_are_keywords_of_to_bxml_only() -> None:
    """``to_bytes`` has no options, and the options of ``to_bxml`` can only be given as keywords."""
    document: Any = Response([])
    with pytest.raises(TypeError):
        document.to_bytes(indent=2)
    with pytest.raises(TypeError):
        document.to_bytes(redact=True)
    with pytest.raises(TypeError):
        document.to_bxml(2)


def test_extra_attributes_cause_a_warning() -> None:
    """Every form issues the warning about attributes that were not checked, at the line of the caller."""
    document = Response([Hangup(extra={"new": "x"})])
    with pytest.warns(UncheckedAttribute) as caught:
        assert '  <Hangup new="x"/>' in document.to_bxml(indent=2)
    assert [warning.filename for warning in caught] == [__file__]
