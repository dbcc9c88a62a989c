"""``parse`` and ``validate``: valid BXML becomes a document, and invalid BXML gets problems with messages and positions."""

import gzip
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from bxml import (
    Bxml,
    BxmlError,
    Gather,
    Hangup,
    InvalidDocument,
    NotWellFormed,
    Pause,
    PhoneNumber,
    PlayAudio,
    Problem,
    Record,
    Response,
    SpeakSentence,
    Tag,
    Transfer,
    parse,
    schema,
    ssml,
)
from bxml.builder.element import Element
from bxml.parsing import syntax_errors
from bxml.strategies import documents
from bxml.strategies.text_strategies import AWKWARD
from tests.schema_validators import against_schema

LINE_END: Final = re.compile(r"\r\n|\r|\n")


def only_problem(source: str | bytes) -> Problem:
    """Return the only problem of a source, after checking that ``parse`` raises an error with the same problem."""
    (problem,) = against_schema(source)
    with pytest.raises(NotWellFormed if problem.rule in CANNOT_BE_PARSED else InvalidDocument) as caught:
        parse(source)
    assert caught.value.problems == (problem,)
    return problem


CANNOT_BE_PARSED: Final = {"not-well-formed", "doctype", "encoding", "illegal-character", "nesting-depth"}
"""Rules whose violation makes a document impossible to parse."""


def place(problem: Problem) -> tuple[int | None, ...]:
    """Return the lines and columns of a problem."""
    return (problem.line, problem.column, problem.end_line, problem.end_column)


def marked(text: str) -> tuple[str, tuple[int, int, int, int]]:
    """Return a text without its marks « and », and the position of the text between the marks."""
    before, offender, after = re.split("[«»]", text)
    return before + offender + after, (*end_of(before), *end_of(before + offender))


def end_of(text: str) -> tuple[int, int]:
    """Return the line and the column after a text, both counted from 1."""
    lines = LINE_END.split(text)
    return len(lines), len(lines[-1]) + 1


# Valid documents


def test_parse_returns_the_values_that_constructors_make() -> None:
    """Attribute values become Python types such as int, and verbs keep their order."""
    document = parse(
        """<?xml version="1.0" encoding="UTF-8"?>
        <Response>
            <Gather maxDigits="1" firstDigitTimeout="2.50" profanityFilter="false" gatherMethod="GET">
                <SpeakSentence voice="julie">One <break time="1s"/> <say-as interpret-as="ordinal">2</say-as></SpeakSentence>
                <PlayAudio> /menu.wav </PlayAudio>
            </Gather>
            <Transfer><PhoneNumber>+12125550123</PhoneNumber></Transfer>
            <Record/>
            <Hangup></Hangup>
        </Response>
        """
    )
    spoken = SpeakSentence(["One ", ssml.Break(time="1s"), " ", ssml.SayAs("2", interpret_as="ordinal")], voice="julie")
    assert document == Response(
        [
            Gather(
                [spoken, PlayAudio(" /menu.wav ")],
                max_digits=1,
                first_digit_timeout=2.5,
                profanity_filter=False,
                gather_method="GET",
            ),
            Transfer([PhoneNumber("+12125550123")]),
            Record(),
            Hangup(),
        ]
    )
    assert type(document) is Response


@pytest.mark.parametrize(
    "source",
    [
        "<Bxml><Tag>a&amp;b</Tag></Bxml>",
        "<Bxml><Tag>a&#38;b</Tag></Bxml>",
        "<Bxml><Tag>a&#x26;b</Tag></Bxml>",
        "<Bxml><Tag><![CDATA[a&b]]></Tag></Bxml>",
        "<Bxml><Tag>a<!-- <Hangup/> -->&amp;<?php die() ?>b</Tag></Bxml>",
        "<!-- before --><Bxml><!-- in --><Tag>a&amp;b</Tag><?pi?></Bxml><!-- after -->",
        '<?xml-stylesheet href="menu.css"?><Bxml\n>\r\n\t<Tag\n>a&amp;b</Tag ></Bxml >\n',
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?><Bxml><Tag>a&amp;b</Tag></Bxml>",
        '\ufeff<?xml version="1.0" encoding="UTF-8"?><Bxml><Tag>a&amp;b</Tag></Bxml>',
        '<Bxml xmlns:unread="https://app.example"><Tag>a&amp;b</Tag></Bxml>',
    ],
    ids=range(10),
)
@pytest.mark.parametrize(
    "given_as", [str, str.encode, lambda text: bytearray(text.encode())], ids=["text", "bytes", "bytearray"]
)
def test_every_syntax_of_xml_is_parsed(source: str, given_as: Callable[[str], Any]) -> None:
    """References, CDATA, comments, processing instructions, white space, declarations and a byte order mark are parsed."""
    assert parse(given_as(source)) == Bxml([Tag("a&b")])
    assert against_schema(given_as(source)) == []


def test_a_comment_leaves_an_empty_element_empty() -> None:
    """An element that contains only a comment is parsed as an empty element."""
    assert parse("<Response><Hangup><!-- now --></Hangup></Response>") == Response([Hangup()])


def test_white_space_in_speech_is_kept() -> None:
    """White space in speech is kept, and white space between verbs is dropped. Line ends are normalized as in XML."""
    assert parse("<Response>\r\n <SpeakSentence> a\r\nb\rc&#13;\t</SpeakSentence>\r\n</Response>") == Response(
        [SpeakSentence(" a\nb\nc\r\t")]
    )
    assert parse("<Response><Gather tag=' a\r\nb\t&#10;'/></Response>") == Response([Gather(tag=" a b \n")])


# Documents that are not XML or not BXML


CONFLICT: Final = "this is a marker of a merge conflict in Git; resolve the conflict, and remove the marker"

MALFORMED: Final = {
    "empty": ("«»", "the document has no root element; add <Response>"),
    "white space only": (" \n «»", "the document has no root element; add <Response>"),
    "comment only": ("<!-- a -->«»", "the document has no root element; add <Response>"),
    "plain text": ("«Hello.»", 'not XML: expected "<"'),
    "two roots": ("<Response/>«<Response»/>", "<Response> is a second root element; a document has exactly one"),
    "text after the root": ("<Response/>\n«.»", "text after the root element; remove it"),
    "declaration after a line": (
        '\n«<?xml» version="1.0"?><Response/>',
        "the XML declaration is not at the beginning of the document; remove what is before it",
    ),
    "an empty declaration": (
        "«<?xml»?><Response/>",
        'malformed XML declaration; write <?xml version="1.0" encoding="UTF-8"?>',
    ),
    "unclosed comment": ("<Response>\n «<!--» a </Response>", "unclosed comment; add --> after it"),
    "unclosed tag": ("<Response>«<Tag»", "unclosed tag; add > after it"),
    "unclosed value": ("<Response>«<Gather» tag='a/>", "<Gather> has an unclosed attribute value; add ' after it"),
    "unclosed CDATA section": (
        "<Response><Tag>«<![CDATA[»a</Tag></Response>",
        "unclosed CDATA section; add ]]> after it",
    ),
    "duplicate attribute": (
        "<Response><Gather tag='a' «tag»='b'/></Response>",
        "duplicate attribute tag; remove one of the two",
    ),
    "HTML entity": (
        "<Response><Tag>a«&nbsp;»b</Tag></Response>",
        "&nbsp; is not defined in XML; write &#160;",
    ),
    "reference to a control character": (
        "<Response><Tag>a«&#0;»b</Tag></Response>",
        "&#0; refers to a character that XML does not allow; remove it",
    ),
    "ampersand in text": (
        "<Response><Tag>AT«&T»</Tag></Response>",
        'stray "&"; write &amp;',
    ),
    "ampersand before a space": (
        "<Response><Tag>a «&» b</Tag></Response>",
        'stray "&"; write &amp;',
    ),
    "an ampersand in a URL": (
        "<Response><Redirect redirectUrl='/a?b=1«&c»=2'/></Response>",
        'stray "&"; write &amp;',
    ),
    "end tag only": ("«</Response>»", "end tag without a start tag; remove it"),
    "a conflict": (
        "<Response>\n«<<<<<<< HEAD»\n<Hangup/>\n=======\n<Ring/>\n>>>>>>> other\n</Response>",
        CONFLICT,
    ),
    "a conflict before the root": ("«<<<<<<< HEAD»\n<Response/>\n=======\n<Bxml/>\n>>>>>>> other\n", CONFLICT),
    "a conflict with Windows line ends": ("<Response>\r\n«<<<<<<< HEAD»\r\n=======\r\n>>>>>>> a\r\n</Response>", CONFLICT),
    "a conflict without a name": ("<Response>\n«<<<<<<<»\n=======\n>>>>>>> a\n</Response>", CONFLICT),
    "a conflict in a tag": ('<Response>\n<Ring\n«<<<<<<< HEAD»\nduration="1"\n=======\n>>>>>>> a\n/></Response>', CONFLICT),
    "a conflict in a value": ('<Response>\n<Ring duration="\n«<<<<<<< HEAD»\n1\n=======\n>>>>>>> a\n"/></Response>', CONFLICT),
    "less-than signs": ("<Response>\n<Tag>«<»<<<<<< HEAD</Tag></Response>", 'stray "<"; write &lt;'),
    "a value in typographic quotes": (
        "<Response><SpeakSentence voice=«“julie”»>a</SpeakSentence></Response>",
        'the value of voice is in typographic quotes; write straight quotes: voice="…"',
    ),
    "less-than in text": ("<Response><Tag>a «<» b</Tag></Response>", 'stray "<"; write &lt;'),
    "unquoted value": (
        "<Response><Gather maxDigits=«5»/></Response>",
        'the value of maxDigits is not quoted; write maxDigits="…"',
    ),
    "less-than in a value": (
        "<Response><Gather tag='«<»b>'/></Response>",
        'stray "<" in the value of tag; write &lt;, or close the value with \'',
    ),
    "no space between attributes": (
        "<Response><Gather tag='a'«maxDigits»='5'/></Response>",
        "maxDigits directly follows an attribute value; add a space before it",
    ),
    "no value": ("<Response><Gather «tag»/></Response>", 'tag has no value; write tag="…"'),
    "end of CDATA in text": ("<Response><Tag>a«]]>»b</Tag></Response>", '"]]>" is not allowed in text; write ]]&gt;'),
    "two hyphens": ("<Response><!-- a «--» b --></Response>", '"--" is not allowed in a comment; write - - or remove it'),
    "two hyphens in a long comment": (
        "<Response><!-- a\n b «--» c --></Response>",
        '"--" is not allowed in a comment; write - - or remove it',
    ),
    "JSON": ("«{}»", 'not XML: expected "<"'),
    "wrong end tag": (
        "<Response>\n<Tag>a</«Hangup»></Response>",
        "</Hangup> has no start tag; remove it",
    ),
    "end tag of the parent": (
        "<Response>\n<Gather>a</«Response»>",
        "</Response> does not match <Gather>, opened on line 2; write </Gather> first",
    ),
    "misspelled end tag": (
        "<Response><SpeakSentence>a</«SpeakSentance»></Response>",
        "</SpeakSentance> does not match <SpeakSentence>, opened on line 1; did you mean </SpeakSentence>?",
    ),
    "less-than that looks like a tag": (
        "<Response><SpeakSentence>5 <b>6</«SpeakSentence»></Response>",
        '</SpeakSentence> does not match <b>, opened on line 1; write </b> first, or &lt; for a literal "<"',
    ),
    "less-than before a letter": (
        "<Response><SpeakSentence>x «<b»</SpeakSentence></Response>",
        'stray "<" before b, which is not an element of BXML; write &lt;',
    ),
    "less-than before words": (
        "<Response><SpeakSentence>if a «<b» and c>d</SpeakSentence></Response>",
        'stray "<" before b, which is not an element of BXML; write &lt;',
    ),
    "less-than in quotes": (
        "<Response><SpeakSentence>he said '«<hello»'</SpeakSentence></Response>",
        'stray "<" before hello, which is not an element of BXML; write &lt;',
    ),
    "a name beside a password": (
        "<Response><Gather password='x' maxDigits=«5»/></Response>",
        'the value of maxDigits is not quoted; write maxDigits="…"',
    ),
    "a quote after a password": (
        """<Response><Gather password="x«"»S" tag="a"/></Response>""",
        'the value of password contains ", which ends the value; write &quot;',
    ),
    "a name after a password": (
        """<Response><Gather password="x"«S» tag="a"/></Response>""",
        "… directly follows an attribute value; add a space before it",
    ),
    "JSON in a value": (
        """<Response><Gather tag="{«"»id": "7"}"/></Response>""",
        'the value of tag contains ", which ends the value; write &quot;',
    ),
    "a quotation in a value": (
        '<Response><Gather tag="say «"»hi" he said"/></Response>',
        'the value of tag contains ", which ends the value; write &quot;',
    ),
    "an apostrophe in a value": (
        "<Response><Gather tag='it«'»s late'/></Response>",
        "the value of tag contains ', which ends the value; write &apos;",
    ),
    "escaped quotes": (
        '<Response><Pause duration=«\\"»1\\"/></Response>',
        "the quote is escaped with a backslash; remove the backslash",
    ),
    "escaped quotes in the declaration": (
        '<?xml version=«\\"»1.0\\"?><Response/>',
        "the quote is escaped with a backslash; remove the backslash",
    ),
    "markup in a value": (
        '<Response><Redirect redirectUrl="/x?a=«<»1>"/></Response>',
        'stray "<" in the value of redirectUrl; write &lt;, or close the value with "',
    ),
    "end tag in another case": (
        "<Response></«response»>",
        "</response> does not match <Response>, opened on line 1; names are case-sensitive",
    ),
    "no end tag": ("<Response>\n<«Tag»>a\n", "<Tag> is not closed; add </Tag> after its content"),
    "less-than in a long text": (
        "<Response>" + "a" * 5000 + "«<» b</Response>",
        'stray "<"; write &lt;',
    ),
    "less-than in a long value": (
        "<Response a='" + "a" * 5000 + "«<»b/></Response>",
        "not well-formed XML; check the quotes and tags before this place",
    ),
    "part of a CDATA section": ("«<»![", "not well-formed XML; check the quotes and tags before this place"),
    "slash before a space": ("<Response><Tag «/» ></Response>", 'stray "/" in a tag; write it directly before >, or remove it'),
    "text before the root": ("«Hello» <Response/>", "text before the root element; remove it"),
    "text after the declaration": (
        '<?xml version="1.0"?>\n«x»<Response/>',
        "text before the root element; remove it",
    ),
    "punctuation after the declaration": (
        '<?xml version="1.0"?>\n«#»<Response/>',
        "text before the root element; remove it",
    ),
    "unclosed processing instruction": ("<Response>«<?»menu </Response>", "unclosed processing instruction; add ?> after it"),
    "less-than at the end": ("<Response>«<»", 'stray "<"; write &lt;'),
    "an ampersand at the end": ("<Response>«&»", 'stray "&"; write &amp;'),
    "reference to a control character in a value": (
        "<Response><Gather hints='&#65;' tag='«&#x1F;»'/></Response>",
        "&#x1F; refers to a character that XML does not allow; remove it",
    ),
    "reference to a surrogate": (
        "<Response><Tag>«&#xD83D;»</Tag></Response>",
        "&#xD83D; refers to a character that XML does not allow; remove it",
    ),
    "unknown entity in a value": (
        "<Response><Gather hints='&amp;&#65;' tag='«&foo;»'/></Response>",
        "&foo; is not defined in XML; expected &amp;, &lt;, &gt;, &quot; or &apos;",
    ),
    "reference without a semicolon": ("<Response><Tag>«&amp» b</Tag></Response>", "&amp has no semicolon; write &amp;"),
    "unclosed end tag": ("<Response><Tag>a«</Tag»</Response>", "unclosed tag; add > after it"),
    "a tag in a tag": (
        "<Response>«<Gather» tag='a' <Hangup/></Response>",
        "unclosed tag; add > or /> after it",
    ),
    "comment with one hyphen": (
        "<Response>«<!-» a --></Response>",
        'stray "<!"; to begin a comment, write <!--',
    ),
    "malformed processing instruction": ("<Response>«<?»1 ?></Response>", "malformed processing instruction; remove it"),
    "end tag without a name": ("<Response>«</»/Response>", "end tag without a name; add the name of the element"),
    "an end tag with more than a name": (
        "<Response>«</Response x»></Response>",
        "end tag with more than a name; remove what follows the name",
    ),
    "name with punctuation": ("<Response><«Gath!»er/></Response>", "Gath! is not a valid element name"),
    "a slash in a tag": (
        "<Response><Gather«/» tag='a'/></Response>",
        'stray "/" in a tag; write it directly before >, or remove it',
    ),
    "punctuation after the root": ("<Response></Response>\n«!»\n", "text after the root element; remove it"),
    "a quote in a tag": (
        "<Response><Gather tag='a' «\"»/></Response>",
        '" is not allowed in a tag; write attributes as name="value"',
    ),
}
"""For each case: a malformed document and the expected message. The mistake is between marks."""


@pytest.mark.parametrize("case", MALFORMED.values(), ids=MALFORMED)
def test_malformed_xml_is_explained(case: tuple[str, str]) -> None:
    """A malformed document has one problem with a message and the position of the mistake."""
    source, expected_place = marked(case[0])
    problem = only_problem(source)
    assert (problem.message, problem.rule, place(problem)) == (case[1], "not-well-formed", expected_place)


def test_each_message_about_malformed_xml_has_a_case() -> None:
    """Each message about malformed XML has a test."""
    messages = [message for _, message in MALFORMED.values()]
    for case in syntax_errors._CASES:
        sentence = re.compile(re.sub(r"\\{\w+\\}", ".*", re.escape(case.message)))
        assert any(map(sentence.fullmatch, messages)), case.message


def test_each_message_about_another_format_has_a_case() -> None:
    """Each message about a document in another format has a test."""
    assert {message for _, message in syntax_errors._OTHER_FORMATS} <= {message for _, _, message in NOT_BXML.values()}


def test_ssml_is_not_taken_for_another_format() -> None:
    """SSML that begins like another format gets the ordinary message, because any text can begin SSML."""
    with pytest.raises(NotWellFormed, match='stray "&"; write &amp;'):
        ssml.parse("Note: a\n\nb & c")


@pytest.mark.parametrize("marks", ["\ufeff\ufeff", b"\xef\xbb\xbf\xef\xbb\xbf"], ids=["text", "bytes"])
def test_second_byte_order_mark_is_an_error(marks: str | bytes) -> None:
    """A second byte order mark is an error."""
    problem = only_problem(marks + "<Response/>" if isinstance(marks, str) else marks + b"<Response/>")
    assert problem.message == "second byte order mark before the root element; remove it"
    assert place(problem) == (1, 1, 1, 2)


HTML_PAGE: Final = (
    "this is an HTML page, perhaps an error page or a login page; expected BXML, which begins with <Response> or <Bxml>"
)

BYTES_REPR: Final = "this is the repr of a bytes object in Python; use the bytes themselves, or decode() instead of str()"

NOT_BXML: Final = {
    "HTML": (
        "<«html»><body/></html>",
        "unknown-root",
        "<html> begins an HTML page, perhaps an error page or a login page; expected <Response> or <Bxml>",
    ),
    "a verb": ("<«Hangup»/>", "unknown-root", "<Hangup> cannot be the root of a document; expected <Response> or <Bxml>"),
    "another case": (
        "<«response»/>",
        "unknown-root",
        "<response> cannot be the root of a document; expected <Response> or <Bxml>",
    ),
    "TwiML": (
        "<Response>\n  <«Say»>Hello.</Say>\n</Response>",
        "unknown-element",
        "<Say> is not an element of BXML; TwiML's <Say> is <SpeakSentence> here",
    ),
    "a prefix": (
        "<«b:Response» xmlns:b='b'/>",
        "unknown-root",
        "<b:Response> cannot be the root of a document; expected <Response> or <Bxml>",
    ),
    "a namespace": (
        "<Response «xmlns»='b'/>",
        "unknown-attribute",
        "xmlns is not an attribute of <Response>; it has no attributes",
    ),
    "DOCTYPE": (
        "«<!DOCTYPE» html><Response/>",
        "doctype",
        "BXML must not contain a DOCTYPE; remove it",
    ),
    "DOCTYPE of HTML": (
        "«<!doctype» html><Response/>",
        "doctype",
        "BXML must not contain a DOCTYPE; remove it",
    ),
    "page of HTML": (
        "«<!DOCTYPE» html>\n<!-- generated -->\n<html><body/></html>",
        "doctype",
        HTML_PAGE,
    ),
    "page of HTML with a lower-case DOCTYPE": ("«<!doctype» html><HTML lang=en></HTML>", "doctype", HTML_PAGE),
    "malformed HTML": (' <!-- page --> «<html» lang="en"><meta charset="utf-8"></html>', "not-well-formed", HTML_PAGE),
    "HTML with an unquoted value": ("«<HTML» lang=en></HTML>", "not-well-formed", HTML_PAGE),
    "repr of bytes": ("«b'»<?xml version=\"1.0\"?>\\n<Response/>'", "not-well-formed", BYTES_REPR),
    "repr of bytes in double quotes": ("«b\"»\\n<Response a='1'/>\"", "not-well-formed", BYTES_REPR),
    "a string of JSON": (
        '«"»<Response/>"',
        "not-well-formed",
        "the document is in quotes, like a string in JSON; use only the string inside the quotes",
    ),
    "an HTTP response": (
        "«HTTP/1.1 200 OK»\r\nContent-Type: text/xml\r\n\r\n<Response/>",
        "not-well-formed",
        "the document begins with the headers of an HTTP response; use only the body",
    ),
    "headers of CGI": (
        "«Content-Type: text/xml»\nX-Run: 7\n\n<Response/>",
        "not-well-formed",
        "the document begins with HTTP headers; use only the body",
    ),
    "a text before the root with a colon": (
        "«Note: the menu»\n<Response/>",
        "not-well-formed",
        "text before the root element; remove it",
    ),
    "an escaped document": (
        "«&lt;»Response/&gt;",
        "not-well-formed",
        "the document is escaped; write < for &lt; and > for &gt;",
    ),
    "DOCTYPE inside the root": (
        "<Response>«<!DOCTYPE» html></Response>",
        "doctype",
        "BXML must not contain a DOCTYPE; remove it",
    ),
    "a declared encoding": (
        '<?xml version="1.0" encoding="«ISO-8859-1»"?><Response/>',
        "encoding",
        "the encoding is ISO-8859-1; expected UTF-8",
    ),
    "another version": (
        '<?xml version="«1.1»"?><Response/>',
        "not-well-formed",
        'version="1.1" is not a supported version of XML; write 1.0',
    ),
    "surrogate": (
        "<Response>«\ud83d»</Response>",
        "illegal-character",
        "the document contains U+D83D; XML does not allow it, even if it is escaped; remove it",
    ),
    "a control character": (
        "<Response><Tag>é\n«\x0b»</Tag></Response>",
        "illegal-character",
        "the document contains U+000B; XML does not allow it, even if it is escaped; remove it",
    ),
    "too deep": (
        f"<Response><SpeakSentence>{'<p>' * 98}<«p»>{'</p>' * 99}</SpeakSentence></Response>",
        "nesting-depth",
        "elements are nested more than 100 levels deep; remove some levels",
    ),
}
"""For each case: a document that is not BXML, the expected rule and the expected message. The mistake is between marks."""


@pytest.mark.parametrize("case", NOT_BXML.values(), ids=NOT_BXML)
def test_xml_that_is_not_bxml_is_explained(case: tuple[str, str, str]) -> None:
    """A document that is not BXML has one problem with a rule, a message and a position."""
    source, expected_place = marked(case[0])
    problem = only_problem(source)
    assert (problem.rule, problem.message, place(problem)) == (*case[1:], expected_place)


@pytest.mark.parametrize(
    ("source", "message", "where"),
    [
        ("<Response/>".encode("utf-16"), "the encoding is UTF-16; expected UTF-8", (1, 1)),
        ("\ufeff<Response/>".encode("utf-16-be"), "the encoding is UTF-16; expected UTF-8", (1, 1)),
        ("<Response/>".encode("utf-16-le"), "the encoding is UTF-16; expected UTF-8", (1, 1)),
        ("<Response/>".encode("utf-16-be"), "the encoding is UTF-16; expected UTF-8", (1, 1)),
        ("\ufeff<Response/>".encode("utf-32-le"), "the encoding is UTF-32; expected UTF-8", (1, 1)),
        ("\ufeff<Response/>".encode("utf-32-be"), "the encoding is UTF-32; expected UTF-8", (1, 1)),
        ("<Response/>".encode("utf-32-le"), "the encoding is UTF-32; expected UTF-8", (1, 1)),
        ("<Response/>".encode("utf-32-be"), "the encoding is UTF-32; expected UTF-8", (1, 1)),
        (b"<\0\0\0R", "the encoding is UTF-32; expected UTF-8", (1, 1)),
        (gzip.compress(b"<Response/>"), "the document is compressed with gzip; decompress it first", (1, 1)),
        ("<Response>\né«".encode() + b"\xe9", "the byte 0xE9 is not valid UTF-8; save the document as UTF-8", (2, 3)),
        (b'<?xml version="1.0" encoding="latin-1"?><Response/>', "the encoding is latin-1; expected UTF-8", (1, 31)),
        (
            b'\xef\xbb\xbf<?xml version="1.0" encoding="latin-1"?><Response/>',
            "the encoding is latin-1; expected UTF-8",
            (1, 31),
        ),
    ],
    ids=[
        *("UTF-16", "UTF-16-BE", "UTF-16-LE-unmarked", "UTF-16-BE-unmarked"),
        *("UTF-32-LE", "UTF-32-BE", "UTF-32-LE-unmarked", "UTF-32-BE-unmarked", "UTF-32-incomplete", "gzip"),
        *("a-stray-byte", "declared", "declared-and-marked"),
    ],
)
def test_encoding_other_than_utf_8_is_an_error(source: bytes, message: str, where: tuple[int, int]) -> None:
    """A document that is not UTF-8, or declares another encoding, has a problem that names the encoding or the byte."""
    problem = only_problem(source)
    assert (problem.rule, problem.message, (problem.line, problem.column)) == ("encoding", message, where)


@pytest.mark.parametrize(("source", "kind"), [(None, "None"), (5, "an integer"), (["<Response/>"], "a list")], ids=repr)
def test_source_of_another_type_is_an_error(source: Any, kind: str) -> None:
    """A source of another type raises InvalidDocument, not TypeError."""
    message = f"the document is {kind}; expected BXML as a string or bytes [invalid-value]"
    assert [str(problem) for problem in against_schema(source)] == [message]
    for read in (parse, ssml.parse):
        with pytest.raises(InvalidDocument) as caught:
            read(source)
        assert str(caught.value) == message


@pytest.mark.parametrize("source", ["<Response>" * 100_000, "<p>" * 100_000, "&" * 65_537, b"\xff" * 65_537, "é" * 32_769])
def test_too_large_document_is_not_parsed(source: str | bytes) -> None:
    """A document above the size limit is refused without being parsed."""
    size = len(source.encode() if isinstance(source, str) else source)
    problem = only_problem(source)
    assert str(problem) == f"1:1: the document has {size} bytes; at most 65536 are allowed [document-size]"


@pytest.mark.parametrize("read", [parse, ssml.parse])
def test_deep_nesting_is_an_error(read: Callable[[str], object]) -> None:
    """A document is refused if it has as many levels as fit into 64 KB."""
    with pytest.raises(NotWellFormed, match="elements are nested more than 100 levels deep; remove some levels"):
        read("<p>" * 20_000)


# Documents that refer to something external


ENTITIES: Final = "".join(f'<!ENTITY e{level + 1} "{f"&e{level};" * 10}">' for level in range(1, 9))

EXTERNAL_REFERENCES: Final = {
    "an external entity": '<!DOCTYPE Response [<!ENTITY e SYSTEM "{}">]><Response><Tag>&e;</Tag></Response>',
    "an external parameter entity": '<!DOCTYPE Response [<!ENTITY % e SYSTEM "{}"> %e;]><Response/>',
    "an external subset": '<!DOCTYPE Response SYSTEM "{}"><Response/>',
    "a public identifier": '<!DOCTYPE Response PUBLIC "-//X//Y" "{}"><Response/>',
    "a schema": '<Response xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:noNamespaceSchemaLocation="{}"/>',
    "a schema of a namespace": '<Response xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="urn:x {}"/>',
    "a schema on a child element": (
        '<Response xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><Hangup x:noNamespaceSchemaLocation="{}"/></Response>'
    ),
    "an inclusion": '<Response xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{}"/></Response>',
    "a stylesheet": '<?xml-stylesheet type="text/xsl" href="{}"?><Response><Hangup tag="1"/></Response>',
    "a base": '<Response xml:base="{}"/>',
}
"""Documents that make a careless parser fetch something. The placeholder stands for the address."""

IGNORED_REFERENCE: Final = EXTERNAL_REFERENCES["a schema"]
"""The only document of ``EXTERNAL_REFERENCES`` that is allowed."""


Watched = tuple[str, threading.Event]
"""An address, and an event that is set when any code accesses the address, even C code that Python's audit hooks do not see."""


@pytest.fixture
def watched_file(tmp_path: Path) -> Iterator[Watched]:
    """A file, and an event that is set when the file is opened."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    pipe, opened = tmp_path / "canary", threading.Event()
    os.mkfifo(pipe)

    def wait_for_reader() -> None:
        with pipe.open("wb"):
            opened.set()

    waiting = threading.Thread(target=wait_for_reader)
    waiting.start()
    yield str(pipe), opened
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # ends the thread, even if it has not opened the pipe yet
    waiting.join()
    os.close(reader)


@pytest.fixture
def watched_server() -> Iterator[Watched]:
    """The URL of a server, and an event that is set when a client connects."""
    connected = threading.Event()

    def wait_for_client() -> None:
        client, _ = server.accept()
        connected.set()
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = threading.Thread(target=wait_for_client)
        waiting.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/canary", connected
        socket.create_connection(server.getsockname()).close()  # ends the thread
        waiting.join()


def assert_nothing_is_fetched(document: str, address: str, watched: threading.Event) -> None:
    """Check that the address is not accessed, and that the document is refused unless its reference is ignored."""
    refused = document != IGNORED_REFERENCE
    assert (against_schema(document.format(address)) != []) == refused
    with pytest.raises(BxmlError) if refused else nullcontext():
        parse(document.format(address))
    assert not watched.is_set()


@pytest.mark.parametrize("document", EXTERNAL_REFERENCES.values(), ids=EXTERNAL_REFERENCES)
def test_external_file_is_not_opened(document: str, watched_file: Watched) -> None:
    """A file is not opened if a document contains its path or its URL."""
    path, opened = watched_file
    assert_nothing_is_fetched(document, path, opened)
    assert_nothing_is_fetched(document, f"file://{path}", opened)


@pytest.mark.parametrize("document", EXTERNAL_REFERENCES.values(), ids=EXTERNAL_REFERENCES)
def test_external_url_is_not_requested(document: str, watched_server: Watched) -> None:
    """No connection is made to an address in a document."""
    assert_nothing_is_fetched(document, *watched_server)


@pytest.mark.parametrize("document", EXTERNAL_REFERENCES.values(), ids=EXTERNAL_REFERENCES)
def test_external_references_do_not_reach_libxml2(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the ignored reference is valid, and it is removed before libxml2 reads the document."""
    parsed = schema.tree

    def tree(data: bytes) -> etree._Element:
        return pytest.fail("libxml2 was given the text") if b"canary" in data else parsed(data)

    monkeypatch.setattr(schema, "tree", tree)
    assert (against_schema(document.format("canary")) == []) == (document == IGNORED_REFERENCE)


XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


@pytest.mark.parametrize(
    "attributes",
    [
        f'xmlns:xsi="{XSI}" xsi:noNamespaceSchemaLocation="bxml.xsd"',
        f"xsi:noNamespaceSchemaLocation = 'https://app.example/bxml.xsd'\n xmlns:xsi='{XSI}'",
        f'xmlns:i="{XSI}" i:noNamespaceSchemaLocation=""',
    ],
)
def test_the_location_of_the_schema_is_ignored(attributes: str) -> None:
    """Editors find the schema by an attribute of the root element. The attribute is valid, but is not parsed."""
    document = f"<Response {attributes}>{{}}<Hangup/></Response>"
    assert against_schema(document.format("")) == []
    assert parse(document.format("")) == Response().hangup()
    assert [problem.rule for problem in against_schema(document.format("<Nothing/>"))] == ["unknown-element"]


@pytest.mark.parametrize(
    "document",
    [
        '<Response xsi:noNamespaceSchemaLocation="bxml.xsd"/>',
        '<Response xmlns:xsi="urn:other" xsi:noNamespaceSchemaLocation="bxml.xsd"/>',
        f'<Response xmlns:x="{XSI}" xmlns:y="{XSI}" x:noNamespaceSchemaLocation="a" y:noNamespaceSchemaLocation="b"/>',
        f'<Response xmlns:xsi="{XSI}" xsi:schemaLocation="urn:x bxml.xsd"/>',
        f'<Response xmlns:xsi="{XSI}"><Hangup xsi:noNamespaceSchemaLocation="bxml.xsd"/></Response>',
    ],
)
def test_other_locations_of_schemas_are_unknown(document: str) -> None:
    """The attribute is allowed only once, in its namespace, and on the root element."""
    assert {problem.rule for problem in against_schema(document)} == {"unknown-attribute"}


def test_entities_are_not_expanded() -> None:
    """A document whose entities would expand to gigabytes is refused at its DOCTYPE."""
    document = f'<!DOCTYPE Response [<!ENTITY e1 "ha">{ENTITIES}]><Response><Tag>&e9;</Tag></Response>'
    problem = only_problem(document)
    assert (problem.rule, place(problem)) == ("doctype", (1, 1, 1, 10))


# Documents that the schema does not allow: messages and positions


PLACES: Final = {
    "an attribute": ('<Response><Gather «maxdigits»="5"/></Response>', "unknown-attribute", "Response/Gather[1]/@maxdigits"),
    "a value": ('<Response><Gather maxDigits="«51»"/></Response>', "invalid-value", "Response/Gather[1]/@maxDigits"),
    "a value in single quotes": (
        "<Response><Gather maxDigits = '«51»'/></Response>",
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "an empty value": ('<Response><Gather maxDigits=«""»/></Response>', "invalid-value", "Response/Gather[1]/@maxDigits"),
    "a value with references": (
        '<Response><Gather maxDigits="«&#53;&#x31;»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "a value after another with the same text": (
        '<Response><Gather tag="maxDigits=51" maxDigits="«51»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "a value after a greater-than": (
        '<Response><Gather tag="/>" maxDigits="«51»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "a tag of several lines": (
        '<Response>\n  <Gather\n    tag="a\nb"\n\tmaxDigits="«51»"\n  />\n</Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "a value of several lines": (
        '<Response>\n  <Gather maxDigits="«5\n1»"/>\n</Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "Windows line ends": (
        '<Response>\r\n  <Gather\r\n    maxDigits="«51»"/>\r\n</Response>\r\n',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "old Mac line ends": (
        '<Response>\r  <Gather\r    maxDigits="«51»"/>\r</Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "tabs": ('<Response>\n\t\t<Gather\tmaxDigits="«51»"/></Response>', "invalid-value", "Response/Gather[1]/@maxDigits"),
    "non-ASCII letters before the value": (
        '<Response><Tag>שלום, мир, 世界 😀 é</Tag><Gather tag="日本😀" maxDigits="«51»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "separators that are not line ends": (
        '<Response><Tag>\N{LINE SEPARATOR}\N{NEXT LINE}\N{PARAGRAPH SEPARATOR}</Tag><Pause duration=«""»/></Response>',
        "invalid-value",
        "Response/Pause[1]/@duration",
    ),
    "a byte order mark": (
        '\ufeff<Response><Gather maxDigits="«51»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "after comments and CDATA": (
        '<!-- <Pause duration=""/> --><Response><Tag><![CDATA[<Pause/>]]></Tag>\n<Gather maxDigits="«51»"/></Response>',
        "invalid-value",
        "Response/Gather[1]/@maxDigits",
    ),
    "a missing attribute": ("<Response>\n<«Redirect»\ntag='a'/></Response>", "missing-attribute", "Response/Redirect[1]"),
    "the third of a kind": (
        "<Response><Tag>a</Tag><Tag>b</Tag><Hangup/><«Tag» x=''/></Response>".replace("«Tag» x", "Tag «x»"),
        "unknown-attribute",
        "Response/Tag[3]/@x",
    ),
    "an unknown element": (
        "<Response>\n  <«SpeakSentense»>a</SpeakSentense></Response>",
        "unknown-element",
        "Response/SpeakSentense[1]",
    ),
    "a misplaced element": ("<Response><Gather><«Hangup»/></Gather></Response>", "misplaced", "Response/Gather[1]/Hangup[1]"),
    "an attribute of a misplaced element": (
        "<Response><Redirect redirectUrl='/'/><SpeakSentence>a<sub alias='b' «x»=''/></SpeakSentence></Response>",
        "unknown-attribute",
        "Response/SpeakSentence[1]/sub[1]/@x",
    ),
    "too few children": ("<Response><«Transfer»></Transfer></Response>", "too-few-children", "Response/Transfer[1]"),
    "too many children": (
        f"<Response><«Gather»>{'<PlayAudio>/a.wav</PlayAudio>' * 21}</Gather></Response>",
        "too-many-children",
        "Response/Gather[1]",
    ),
    "a text": ("<Response><SendDtmf>\n  «12x» \n</SendDtmf></Response>", "invalid-value", "Response/SendDtmf[1]"),
    "no text": ("<Response><«SendDtmf»/></Response>", "invalid-value", "Response/SendDtmf[1]"),
    "a text with references": ("<Response><SendDtmf>«1&amp;2»</SendDtmf></Response>", "invalid-value", "Response/SendDtmf[1]"),
    "stray text": ("<Response>\n  «Hello, 😀.»\n  <Hangup/></Response>", "misplaced", "Response"),
    "stray text of several lines": ("<Response>«a &amp; b\n  &#99;\r\nd»\n<Hangup/></Response>", "misplaced", "Response"),
    "stray text between children": ("<Response><Hangup/> «and»\n<Hangup/></Response>", "misplaced", "Response"),
    "space in an empty element": ("<Response><Hangup>« »</Hangup></Response>", "misplaced", "Response/Hangup[1]"),
    "white space as speech": (
        "<Response><«SpeakSentence»> </SpeakSentence></Response>",
        "blank-text",
        "Response/SpeakSentence[1]",
    ),
    "empty speech": ("<Response><«SpeakSentence»/></Response>", "blank-text", "Response/SpeakSentence[1]"),
    "reference to white space as speech": (
        "<Response><«SpeakSentence»>&#13;</SpeakSentence></Response>",
        "blank-text",
        "Response/SpeakSentence[1]",
    ),
    "speech": (
        "<Response><SpeakSentence>a <p><lang xml:lang='«xx-XX»'>b</lang></p></SpeakSentence></Response>",
        "invalid-value",
        "Response/SpeakSentence[1]/p[1]/lang[1]/@xml:lang",
    ),
}
"""For each case: an invalid document, the expected rule and the expected path. The mistake is between marks."""


@pytest.mark.parametrize("case", PLACES.values(), ids=PLACES)
def test_place_of_a_problem_is_exact(case: tuple[str, str, str]) -> None:
    """The position of a problem is exact to the character, and its path names the faulty element or attribute."""
    source, expected_place = marked(case[0].removeprefix("\ufeff"))
    before = "\ufeff" if case[0].startswith("\ufeff") else ""
    for given_source in (before + source, (before + source).encode()):
        problem = only_problem(given_source)
        assert (problem.rule, problem.path, place(problem)) == (case[1], case[2], expected_place)
        assert problem.severity == "error"


MESSAGES: Final = {
    '<Gather maxdigits="5"/>': "maxdigits is not an attribute of <Gather>; did you mean maxDigits?",
    '<Gather max_digits="5"/>': "max_digits is not an attribute of <Gather>; did you mean maxDigits?",
    '<Gather maxDigits="51"/>': 'maxDigits="51" is too large; expected an integer from 1 to 50',
    '<Gather maxDigits="lots"/>': 'maxDigits="lots" is not an integer from 1 to 50',
    '<Gather gatherMethod="post"/>': 'gatherMethod="post" is not an HTTP method; expected GET or POST; did you mean POST?',
    '<Gather password="a" passwort="b"/>': "passwort is not an attribute of <Gather>; did you mean password?",
    "<Redirect/>": "<Redirect> is missing the required attribute redirectUrl",
    "<Gather><Hangup/></Gather>": "<Hangup> is not allowed in <Gather>; expected <SpeakSentence> or <PlayAudio>",
    "<Say>a</Say>": "<Say> is not an element of BXML; TwiML's <Say> is <SpeakSentence> here",
    "<Hungup/>": "<Hungup> is not an element of BXML; did you mean <Hangup>?",
    "<Foo/>": "<Foo> is not an element of BXML; see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml",
    "<Gather><Foo/></Gather>": "<Foo> is not an element of BXML; expected <SpeakSentence> or <PlayAudio>",
    "<Tag><Foo/></Tag>": "<Foo> is not an element of BXML",
    '<Redirect redirectUrl=""/>': 'redirectUrl="" is not an http(s) URL: it is empty',
    '<Redirect redirectUrl="/a b"/>': 'redirectUrl="/a b" is not an http(s) URL: it contains a space; write %20',
    '<Redirect redirectUrl=" /a"/>': 'redirectUrl=" /a" is not an http(s) URL: it contains a space; remove it',
    '<Redirect redirectUrl="/a&#9;b"/>': r'redirectUrl="/a\tb" is not an http(s) URL: it contains a tab; remove it',
    '<Redirect redirectUrl="/a&#10;"/>': r'redirectUrl="/a\n" is not an http(s) URL: it contains a line break; remove it',
    '<Redirect redirectUrl="HTTP:///a"/>': (
        'redirectUrl="HTTP:///a" is not an http(s) URL: it has no host; expected https:// and a host'
    ),
    '<Redirect redirectUrl="localhost:5000/menu"/>': (
        'redirectUrl="localhost:5000/menu" is not an http(s) URL: it has no scheme http or https'
    ),
    "<PlayAudio>ftp://app.example/a.wav</PlayAudio>": (
        'the text "ftp://app.example/a.wav" of <PlayAudio> is not an http(s) URL: it has no scheme http or https'
    ),
    '<StartStream destination="/a"/>': 'destination="/a" is not a ws(s) URL: it has no scheme ws or wss',
    "<Hangup>now</Hangup>": 'the text "now" is not allowed in <Hangup>; it must be empty',
    "<Transfer/>": "<Transfer> has 0 children; expected at least 1 <PhoneNumber> or <SipUri>",
    "<SpeakSentence/>": "<SpeakSentence> has no text; add the text to speak",
    "<SendDtmf>x</SendDtmf>": (
        'the text "x" of <SendDtmf> is not a DTMF sequence; '
        "expected 1 to 50 of the keys 0-9, *, #, a-d, A-D and the pauses w, W and comma"
    ),
}
"""Invalid verbs, each with the expected message."""


@pytest.mark.parametrize(("verb", "message"), MESSAGES.items(), ids=MESSAGES)
def test_messages_about_a_file_spell_names_as_in_xml(verb: str, message: str) -> None:
    """The message about a file spells names as in XML."""
    assert only_problem(f"<Response>{verb}</Response>").message == message


def test_all_problems_are_sorted_by_place() -> None:
    """All problems are reported at once, sorted by position."""
    source = """\
<Response>
  <Transfer tagg="a">
    <PhoneNumber>1</PhoneNumber>
    <Hangup x=""/>
  </Transfer>
  <Redirect redirectMethod="PUT"/>
</Response>
"""
    assert [str(problem) for problem in against_schema(source, name="a.xml")] == [
        "a.xml:2:13: tagg is not an attribute of <Transfer>; did you mean tag? [unknown-attribute]",
        'a.xml:3:18: the text "1" of <PhoneNumber> is not an E.164 phone number; expected + and 2 to 15 digits [invalid-value]',
        "a.xml:4:6: <Hangup> is not allowed in <Transfer>; expected <PhoneNumber> or <SipUri> [misplaced]",
        "a.xml:4:13: x is not an attribute of <Hangup>; it has no attributes [unknown-attribute]",
        "a.xml:6:4: <Redirect> is missing the required attribute redirectUrl [missing-attribute]",
        'a.xml:6:29: redirectMethod="PUT" is not an HTTP method; expected GET or POST [invalid-value]',
    ]


@pytest.mark.parametrize(
    "source",
    [
        "<Response/",
        "<html/>",
        b"\xff",
        "\ud800",
        "x" * 70_000,
        None,
        Response([SpeakSentence("x" * 70_000)]),
        Response([Hangup(extra={"new": "x"})]),
    ],
    ids=["malformed", "other", "bytes", "surrogate", "large", "nothing", "a-large-value", "a-value-with-extra"],
)
def test_each_problem_has_the_name_of_its_document(source: Any) -> None:
    """Each problem has the document name that was passed to ``validate``."""
    assert [problem.name for problem in against_schema(source, name="menu.xml")] == ["menu.xml"]


@pytest.mark.parametrize(
    "attribute",
    [
        "password='\x01hunter2'",
        "password='hunter2<'",
        "fallbackPassword='hunter2",
        "gatherUrl='https://user:hunter2@app.example/ '",
    ],
    ids=["control", "less-than", "open", "url"],
)
def test_no_message_repeats_a_password(attribute: str) -> None:
    """No message repeats a password from an attribute or a URL."""
    assert "hunter2" not in str(only_problem(f"<Response><Gather {attribute}/></Response>"))


# Random sources


@given(source=st.binary() | st.text())
@example(source=b"\0")
@example(source="\0é0")
@example(source="<!DOCTYPE")
@example(source="<?xml")
@example(source="\ufeff")
def test_validate_never_raises(source: str | bytes) -> None:
    """``validate`` raises no error for any bytes or string, and the position of each problem is inside the source."""
    assert_every_place_is_inside(source)


SNIPPETS: Final = (
    "<", ">", "/>", "</", "<Hangup/>", "</Response>", "<p>", "</p>", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE r>",
    "<!DOCTYPE", "<!doctype html>",
    "<?xml version='1.0'?>", "<?x ?>", "<?", "?>", "&", "&amp;", "&#0;", "&#xD800;", "&#;", "&x;",
    "'", '"', "=", " x='1'", " xmlns='x'", " xmlns:x='y'", " xmlns:xml='y'", " xmlns:x=''", " x:y='z'", " xml:lang='fr-FR'",
    " maxDigits='5'", "\0", "\x01", "\r\n", "\r", "\t", "\ufeff", "\ufffe", "\ud800", "é", "😀", *AWKWARD,
)  # fmt: skip
"""Strings that are inserted into documents to break them."""


@given(data=st.data(), document=documents())
def test_validate_never_raises_on_damaged_documents(data: st.DataObject, document: Response | Bxml) -> None:
    """``validate`` raises no error for a damaged document, and the position of each problem is inside the document."""
    text = document.to_bxml()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.sampled_from([start, start + 1, start + 10, len(text)]))
        text = text[:start] + data.draw(st.sampled_from(SNIPPETS)) + text[end:]
    assert_every_place_is_inside(text)
    assert_every_place_is_inside(text.encode("utf-8", "surrogatepass"))


def assert_every_place_is_inside(source: str | bytes) -> None:
    """Check that each problem is inside the source, and that ``parse`` raises if and only if there is a problem."""
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    lines = [*re.findall(r"[^\r\n]*(?:\r\n|\r|\n)", text.removeprefix("\ufeff")), LINE_END.split(text)[-1]]
    problems = against_schema(source)
    for problem in problems:
        begins, ends = (problem.line, problem.column), (problem.end_line, problem.end_column)
        assert begins <= ends
        for line, column in (begins, ends):
            assert line
            assert column
            assert 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1 + (text.startswith("\ufeff") and line == 1)
        assert "\n" not in problem.message
    if problems:
        with pytest.raises(BxmlError):
            parse(source)
    else:
        assert against_schema(parse(source)) == []


# SSML


def test_ssml_parse_returns_speech() -> None:
    """``ssml.parse`` returns content for SpeakSentence."""
    speech = ssml.parse('One <break time="1s"/> <s>two<!-- and --> &amp; <sub alias="three">3</sub></s>')
    assert speech == ("One ", ssml.Break(time="1s"), " ", ssml.S(["two & ", ssml.Sub("3", alias="three")]))
    assert parse(f"<Response>{SpeakSentence(speech)._xml}</Response>") == Response([SpeakSentence(speech)])
    assert ssml.parse("") == ()


SSML: Final = "text, <break>, <emphasis>, <lang>, <p>, <phoneme>, <prosody>, <s>, <say-as> or <sub>"

SPEECH: Final = {
    "an unknown element": ("One <«brake»/> two", InvalidDocument, "<brake> is not an element of BXML; did you mean <break>?"),
    "a verb": (
        "One\n<«Hangup»/> two",
        InvalidDocument,
        f"<Hangup> is not allowed in <SpeakSentence>; expected {SSML}",
    ),
    "a value": (
        "é <break time='«11s»'/>",
        InvalidDocument,
        'time="11s" is not a break time; expected at most 10 seconds with the unit s or ms, such as 500ms or 1.5s',
    ),
    "less-than": ("a «<» b", NotWellFormed, 'stray "<"; write &lt;'),
    "wrong end tag": ("<p>\n<s>a</«p»>", NotWellFormed, "</p> does not match <s>, opened on line 2; write </s> first"),
    "no end tag": ("a <«p»>b", NotWellFormed, "<p> is not closed; add </p> after its content"),
    "an attribute on the next line": (
        "<break\n «times»='1s'/>",
        InvalidDocument,
        "times is not an attribute of <break>; did you mean time?",
    ),
    "a control character": (
        "a «\x01»",
        NotWellFormed,
        "the document contains U+0001; XML does not allow it, even if it is escaped; remove it",
    ),
    "DOCTYPE": ("«<!DOCTYPE» p><p/>", NotWellFormed, "BXML must not contain a DOCTYPE; remove it"),
}
"""For each case: invalid SSML, the expected error and the expected message. The mistake is between marks."""


@pytest.mark.parametrize("case", SPEECH.values(), ids=SPEECH)
def test_invalid_ssml_is_explained(case: tuple[str, type[BxmlError], str]) -> None:
    """Positions in SSML are counted from the start of the SSML string."""
    source, expected_place = marked(case[0])
    with pytest.raises(case[1]) as caught:
        ssml.parse(source)
    (problem,) = caught.value.problems
    assert (problem.message, place(problem)) == (case[2], expected_place)


@pytest.mark.parametrize(
    "source", ["</SpeakSentence><Hangup/><SpeakSentence>", "a</SpeakSentence>", "<SpeakSentence>a</SpeakSentence>"]
)
def test_ssml_cannot_close_its_sentence(source: str) -> None:
    """SSML cannot close the surrounding SpeakSentence or open another SpeakSentence."""
    with pytest.raises(BxmlError):
        ssml.parse(source)


@given(source=st.text() | st.lists(st.sampled_from(SNIPPETS)).map("".join))
def test_ssml_parse_returns_speech_or_raises_bxml_error(source: str) -> None:
    """``ssml.parse`` returns speech for any string, or raises BxmlError with positions inside the string."""
    lines = LINE_END.split(source)
    try:
        speech = ssml.parse(source)
    except BxmlError as error:
        for problem in error.problems:
            assert problem.line
            assert problem.column
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
            named = problem.message.replace("is not allowed in <SpeakSentence>", "")
            assert "SpeakSentence" not in named or "SpeakSentence" in source
    else:
        assert all(isinstance(piece, str | Element) for piece in speech)


def test_spelling_of_a_number_does_not_change_it() -> None:
    """Signs, zeros and white space that XML allows in numbers do not change the number."""
    assert parse("<Response><Pause duration=' +01.50\n'/></Response>") == Response([Pause(duration=1.5)])
