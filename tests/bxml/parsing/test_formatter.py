"""The formatter: the canonical form of each part of a document, and the documents that it refuses."""

from __future__ import annotations

import pytest

from bxml import InvalidDocument, NotWellFormed, schema
from bxml.parsing.formatter import formatted

GATHERED = "\n    <PlayAudio>a</PlayAudio>\n  </Gather>\n"
URL = "https://app.example/" + "x" * 60


def canonical(text: str) -> str:
    """Return the canonical form of a document, which does not change if it is formatted again."""
    result = formatted(text)
    assert formatted(result) == result
    return result.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Indentation
        ("<Response><Ring/><Hangup/></Response>", "<Response>\n  <Ring/>\n  <Hangup/>\n</Response>\n"),
        (
            "<Response>\n\t<Gather><PlayAudio>a</PlayAudio></Gather></Response>",
            "<Response>\n  <Gather>\n    <PlayAudio>a</PlayAudio>\n  </Gather>\n</Response>\n",
        ),
        ("<Response>\n</Response>\n\n\n", "<Response/>\n"),
        ("<Response></Response>", "<Response/>\n"),
        ("<Bxml  ><Ring  /></Bxml  >", "<Bxml>\n  <Ring/>\n</Bxml>\n"),
        # At most one empty line between elements, none at the ends
        (
            "<Response>\n\n\n<Ring/>\n\n\n\n<Ring/>\n<Ring/>\n\n</Response>",
            "<Response>\n  <Ring/>\n\n  <Ring/>\n  <Ring/>\n</Response>\n",
        ),
        # Processing instructions
        ("<Response><?a?><Ring/></Response>\n<?b?>", "<Response>\n  <?a?>\n  <Ring/>\n</Response>\n<?b?>\n"),
        # Quotes
        ("<Response><Ring duration='5'/></Response>", '<Response>\n  <Ring duration="5"/>\n</Response>\n'),
        (
            """<Response><Gather tag='{"a": 1}' gatherUrl='/it&apos;s'/></Response>""",
            """<Response>\n  <Gather tag='{"a": 1}' gatherUrl="/it&apos;s"/>\n</Response>\n""",
        ),
        (
            """<Response><Gather tag="it's &quot;a&quot; &#9;"/></Response>""",
            """<Response>\n  <Gather tag="it's &quot;a&quot; &#9;"/>\n</Response>\n""",
        ),
        ("<Response><Ring\n duration = '' /></Response>", '<Response>\n  <Ring duration=""/>\n</Response>\n'),
        # Text and mixed content
        (
            "<Response><SpeakSentence voice='julie' >  A <break\ntime='1s' ></break>\n <!-- a --> b</SpeakSentence></Response>",
            '<Response>\n  <SpeakSentence voice="julie">  A <break time="1s"/>\n <!-- a --> b</SpeakSentence>\n</Response>\n',
        ),
        ("<Response><Tag> a\n b </Tag></Response>", "<Response>\n  <Tag> a\n b </Tag>\n</Response>\n"),
        (
            "<Response><SpeakSentence><![CDATA[ <b> ]]>&#65;</SpeakSentence></Response>",
            "<Response>\n  <SpeakSentence><![CDATA[ <b> ]]>&#65;</SpeakSentence>\n</Response>\n",
        ),
        # Elements with unexpected content
        ("<Response> stray <Ring  /> </Response>", "<Response> stray <Ring/> </Response>\n"),
        ("<Response> <![CDATA[ ]]> </Response>", "<Response> <![CDATA[ ]]> </Response>\n"),
        ("<Response>&#32;<Ring/></Response>", "<Response>&#32;<Ring/></Response>\n"),
        ("<Response><Hangup> </Hangup></Response>", "<Response>\n  <Hangup> </Hangup>\n</Response>\n"),
        ("<Response><Say> <b  /> </Say></Response>", "<Response>\n  <Say> <b/> </Say>\n</Response>\n"),
        # Comments and processing instructions
        (
            "<Response><!-- a\n   b --><Ring/> <!-- c --><?x y?>\n<!-- d --></Response>",
            "<Response>\n  <!-- a\n   b -->\n  <Ring/> <!-- c -->\n  <?x y?>\n  <!-- d -->\n</Response>\n",
        ),
        # The XML declaration, and what surrounds the root element
        (
            "<?xml  version='1.0'\nencoding='utf-8' ?><!-- a --><Response/><!-- b -->\n\n\n<!-- c -->\n",
            '<?xml version="1.0" encoding="utf-8"?>\n<!-- a -->\n<Response/> <!-- b -->\n\n<!-- c -->\n',
        ),
        # A byte order mark
        ("\ufeff<Response/>", "\ufeff<Response/>\n"),
        # Line ends
        ("<Response>\r\n<Ring/>\n</Response>", "<Response>\r\n  <Ring/>\r\n</Response>\r\n"),
        ("<Response>\n<Tag>a\r\nb\rc</Tag></Response>", "<Response>\n  <Tag>a\nb\nc</Tag>\n</Response>\n"),
        # Long tags
        (
            f"<Response><Gather gatherUrl='{URL}' gatherFallbackUrl='{URL}'><PlayAudio>a</PlayAudio></Gather></Response>",
            f'<Response>\n  <Gather\n      gatherUrl="{URL}"\n      gatherFallbackUrl="{URL}">{GATHERED}</Response>\n',
        ),
        (
            f"<Response><Redirect redirectUrl='{URL * 2}'/></Response>",
            f'<Response>\n  <Redirect redirectUrl="{URL * 2}"/>\n</Response>\n',
        ),
        (
            f"<Response><SpeakSentence>a<audio src='{URL}' x='{URL}'/></SpeakSentence></Response>",
            f'<Response>\n  <SpeakSentence>a<audio src="{URL}" x="{URL}"/></SpeakSentence>\n</Response>\n',
        ),
    ],
)
def test_canonical_form(before: str, after: str) -> None:
    """Each part of a document has one canonical form."""
    assert canonical(before) == after


def test_line_of_the_maximum_width_is_not_broken() -> None:
    """A start tag is broken only if its line has more than 120 characters."""
    rest = len('  <Ring a="" b=""/>')
    for length, lines in ((120, 3), (121, 5)):
        assert canonical(f"<Response><Ring a='' b='{'x' * (length - rest)}'/></Response>").count("\n") == lines


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("<Response>", NotWellFormed, "a.bxml:1:2: "),
        ("<!DOCTYPE Response><Response/>", NotWellFormed, "must not contain a DOCTYPE"),
        ("<Response/>".encode("utf-16"), NotWellFormed, "a.bxml:1:1: the encoding is UTF-16; expected UTF-8"),
        ("<project/>", InvalidDocument, "a.bxml:1:2: <project>"),
        ("<Ring/>", InvalidDocument, "a.bxml:1:2: <Ring>"),
        (b"<Response>" + b" " * 70_000 + b"</Response>", InvalidDocument, "a.bxml:1:1: the document has 70021 bytes"),
    ],
)
def test_other_documents_are_refused(source: str | bytes, error: type[Exception], message: str) -> None:
    """Malformed documents, other XML and documents that are too large are refused with the place."""
    with pytest.raises(error) as raised:
        formatted(source, "a.bxml")
    assert message in str(raised.value)


def test_document_does_not_become_too_large() -> None:
    """A document is refused if indentation would make it larger than the platform accepts."""
    count = schema.maximum_bytes() // len("<Ring/>") - 10
    with pytest.raises(InvalidDocument, match="bytes; at most"):
        formatted(f"<Response>{'<Ring/>' * count}</Response>")
