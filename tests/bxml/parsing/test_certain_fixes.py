"""Fixes of single documents: the faults whose fix is certain, and similar faults that have no fix."""

from __future__ import annotations

import pytest

from bxml import Hangup, Problem, Response, SpeakSentence, parse, ssml, validate
from bxml.errors import BxmlError
from bxml.lint.apply_fixes import applied
from bxml.messages import exact_counterparts
from bxml.problem import Edit, Fix
from bxml.schema import vocabulary


def fixed_once(text: str) -> str:
    """Return a document with the fixes of its problems. Fixes that become possible only after these fixes are not applied."""
    return applied(text, [problem.fix for problem in validate(text, select=["all"]) if problem.fix])[0]


def in_response(verb: str) -> str:
    """Return a document with one verb."""
    return f"<Response>{verb}</Response>"


CERTAIN = {
    "the case of an enumerated value": ('<Redirect redirectUrl="/x" redirectMethod="post"/>', "POST"),
    "a boolean of Python": ('<Conference mute="True">x</Conference>', "true"),
    "white space around a number": ('<Pause duration=" 1,5\n"/>', '" 1.5\n"'),
    "a decimal comma": ('<Pause duration="1,5"/>', '"1.5"'),
    "three digits after a zero and a comma": ('<Pause duration="0,125"/>', '"0.125"'),
    "a value of a union": ('<SpeakSentence><prosody rate="Fast">a</prosody></SpeakSentence>', '"fast"'),
    "a value of java-sdk": ('<Forward to="+12125550123" diversionReason="no_answer"/>', "no-answer"),
    "a value of TwiML": ('<StartStream destination="wss://a.example" tracks="inbound_track"/>', '"inbound"'),
    "a value with a character reference": ('<Redirect redirectUrl="/x" redirectMethod="&#112;ost"/>', '"POST"'),
    "a value in single quotes": ("<Redirect redirectUrl='/x' redirectMethod='post'/>", "'POST'"),
    "the case of a voice": ('<SpeakSentence voice="Julie">a</SpeakSentence>', '"julie"'),
    "the spelling of a locale": ('<SpeakSentence locale="EN-us">a</SpeakSentence>', '"en_US"'),
    "a list of Python": ("<Conference callIdsToCoach=\"['c-1', 'c-2']\">x</Conference>", '"c-1,c-2"'),
    "a value that needs an escape": ("<Conference callIdsToCoach=\"['a&amp;b']\">x</Conference>", '"a&amp;b"'),
    "the case of an attribute": ('<Gather maxdigits="5"/>', "maxDigits"),
    "an attribute of TwiML": ('<Gather numDigits="5"/>', "maxDigits"),
    "an attribute of the first generation": ('<Redirect requestUrl="/x"/>', "redirectUrl"),
    "an attribute that an SDK misspells": (
        '<Record recordCompleteUrl="/x" recordCompleteFallback_url="/y"/>',
        "recordCompleteFallbackUrl",
    ),
    "an attribute whose value can be fixed too": ('<Redirect redirectUrl="/x" method="post"/>', "redirectMethod"),
    "the case of an element": ("<SPEAKSENTENCE>a</SPEAKSENTENCE>", "<SpeakSentence>a</SpeakSentence>"),
    "white space in an end tag": ("<Say>a</Say\n>", "</SpeakSentence\n>"),
    "an element in an element of the same name": ("<Say>a<Say>b</Say></Say>", "<SpeakSentence>a<Say>b</Say></SpeakSentence>"),
    "an element without an end tag": ('<hangup /><hangup a=">"/>', '<Hangup /><Hangup a=">"/>'),
    "a URL of TwiML": ("<Play>https://a.example/é.mp3</Play>", "<PlayAudio>https://a.example/é.mp3</PlayAudio>"),
    "a Dial with numbers": ("<Dial><Number>+12125550123</Number></Dial>", "<Transfer><Number>+12125550123</Number></Transfer>"),
    "a Dial with a misspelled number": ("<Dial><phonenumber>1</phonenumber></Dial>", "</Transfer>"),
    "a parameter": (
        '<StartStream destination="wss://a.example"><Parameter name="a" value="b"/></StartStream>',
        '<StreamParam name="a"',
    ),
    "a parameter of a transcription": (
        '<StartTranscription destination="wss://a.example"><Parameter name="a" value="b"/></StartTranscription>',
        '<CustomParam name="a"',
    ),
    "the text of a Redirect": (
        '<Redirect redirectMethod="GET">\n /a?b="1"&amp;c=2\n</Redirect>',
        '<Redirect redirectUrl="/a?b=&quot;1&quot;&amp;c=2" redirectMethod="GET"></Redirect>',
    ),
}


@pytest.mark.parametrize(("verb", "expected"), CERTAIN.values(), ids=CERTAIN)
def test_a_certain_fault_is_fixed(verb: str, expected: str) -> None:
    """The fix writes the intended name or value and keeps the rest of the document."""
    assert expected in fixed_once(in_response(verb))


UNCERTAIN = {
    "a comma that can separate thousands": '<Transfer callTimeout="1,000"/>',
    "a comma in an integer": '<Gather maxDigits="1,5"/>',
    "a fixed number that would be too large": '<Pause duration="99999,5"/>',
    "a misspelled value": '<Redirect redirectUrl="/x" redirectMethod="POTS"/>',
    "a misspelled voice": '<SpeakSentence voice="juliee">a</SpeakSentence>',
    "an unknown locale of a known language": '<SpeakSentence locale="en_CA">a</SpeakSentence>',
    "a list without an id": '<Conference callIdsToCoach="[]">x</Conference>',
    "a list with an empty id": "<Conference callIdsToCoach=\"['c-1', '']\">x</Conference>",
    "a list with a password": "<Conference callIdsToCoach=\"['https://u:secret@a.example']\">x</Conference>",
    "an attribute that is there already": '<Gather maxDigits="5" numDigits="5"/>',
    "two names of one attribute": '<Gather maxdigits="5" numDigits="6"/>',
    "an attribute with two counterparts": '<Gather timeout="5"/>',
    "an attribute with an invalid value": '<Gather numDigits="five"/>',
    "an attribute with other events": "<Conference statusCallback='/x'>x</Conference>",
    "a SipUri without attributes": "<Refer><SipUri url='/x'>sip:a@b.example</SipUri></Refer>",
    "an element without a counterpart": "<Enqueue>a</Enqueue>",
    "an element in another place": "<Number>+12125550123</Number>",
    "a Play without a URL": '<Play digits="1"/>',
    "a Play with a child": "<Play>/a.mp3<b/></Play>",
    "a Dial with a number as its text": "<Dial>+12125550123</Dial>",
    "a Dial with a client": "<Dial><Client>a</Client></Dial>",
    "the text of another element": "<Hangup>a</Hangup>",
    "the text of a Redirect with a URL": '<Redirect redirectUrl="/x">/y</Redirect>',
    "the text of a Redirect with TwiML's URL": '<Redirect url="/x,">/y</Redirect>',
    "an invalid URL as the text of a Redirect": "<Redirect>http://</Redirect>",
    "a password in the text of a Redirect": "<Redirect>https://u:secret@a.example</Redirect>",
    "a comment in a Redirect": "<Redirect>/x<!-- a --></Redirect>",
    "a CDATA section in a Redirect": "<Redirect><![CDATA[/x]]></Redirect>",
    "a child of a Redirect": "<Redirect>/x<Hangup/></Redirect>",
}


@pytest.mark.parametrize("verb", UNCERTAIN.values(), ids=UNCERTAIN)
def test_an_uncertain_fault_is_not_fixed(verb: str) -> None:
    """The document stays as it is if several fixes are possible, or if the fix would cause another error."""
    text = in_response(verb)
    problems = validate(text)
    assert problems
    assert all(problem.fix is None or (problem.rule == "unknown-attribute" and "url" in verb) for problem in problems)
    assert verb[:9] in fixed_once(text)


def test_edits_have_the_positions_of_problems() -> None:
    """Lines and columns of an edit are counted like those of a problem, and the message says what the edit does."""
    text = "<Response>\r\n<SpeakSentence>\N{GRINNING FACE}</SpeakSentence><Pause length='1'/>\r\n</Response>"
    assert [problem.fix for problem in validate("\ufeff" + text)] == [
        Fix("rename length to duration", (Edit(2, 40, 2, 46, "duration"),))
    ]
    assert fixed_once("\ufeff" + text) == "\ufeff" + text.replace("length", "duration")


def test_parse_reports_the_fixes_of_the_schema() -> None:
    """The problems of an exception have fixes too."""
    with pytest.raises(BxmlError) as error:
        parse('<Response><Pause length="1"/></Response>')
    assert error.value.problems[0].fix == Fix("rename length to duration", (Edit(1, 18, 1, 24, "duration"),))


def test_fixes_of_ssml_have_positions_in_the_ssml() -> None:
    """The parser puts an element around the SSML. Positions do not count this element."""
    with pytest.raises(BxmlError) as error:
        ssml.parse("Hello <BREAK/> there.")
    assert error.value.problems[0].fix == Fix("rename <BREAK> to <break>", (Edit(1, 8, 1, 13, "break"),))


def test_documents_built_in_python_have_no_fixes() -> None:
    """A document without a source has no positions, and therefore no fixes."""
    (problem,) = validate(Response([SpeakSentence("a", voice="Julie"), Hangup()]))
    assert (problem.rule, problem.fix) == ("unknown-voice", None)


def test_documents_in_another_encoding_have_no_fixes() -> None:
    """A document in another encoding has no fixes, because the encoding must be corrected first."""
    problems = validate('<Response><Pause length="1"/></Response>'.encode("utf-16"))
    assert [(problem.rule, problem.fix) for problem in problems] == [("encoding", None), ("unknown-attribute", None)]


def test_a_problem_with_a_fix_is_a_value() -> None:
    """Problems with equal fixes are equal and hashable."""
    first, second = (validate('<Response><Pause length="1"/></Response>')[0] for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != Problem(first.rule, first.message)


class TestOverlaps:
    """Fixes that overlap: only the first one is applied."""

    def applied(self, *edits: Edit) -> tuple[str, int]:
        """Return the text ``abcdef`` after a fix for each edit, and the number of applied fixes."""
        return applied("abcdef", [Fix("", (edit,)) for edit in edits])

    def test_adjacent_edits_are_applied(self) -> None:
        """An edit may begin where another one ends."""
        assert self.applied(Edit(1, 2, 1, 4, "X"), Edit(1, 4, 1, 5, "Y"), Edit(1, 1, 1, 2, "Z")) == ("ZXYef", 3)

    @pytest.mark.parametrize(
        "edit",
        [Edit(1, 2, 1, 4, "Y"), Edit(1, 3, 1, 5, "Y"), Edit(1, 1, 1, 3, "Y"), Edit(1, 3, 1, 3, "Y"), Edit(1, 1, 1, 6, "Y")],
    )
    def test_an_overlapping_edit_is_left_out(self, edit: Edit) -> None:
        """An edit that changes a character of an earlier edit is left out."""
        assert self.applied(Edit(1, 2, 1, 4, "X"), edit) == ("aXdef", 1)

    def test_the_second_insertion_at_a_place_is_left_out(self) -> None:
        """The order of two insertions at one place would be arbitrary."""
        assert self.applied(Edit(1, 2, 1, 2, "X"), Edit(1, 2, 1, 2, "Y")) == ("aXbcdef", 1)

    def test_all_edits_of_a_fix_are_left_out(self) -> None:
        """A fix is applied as a whole or not at all."""
        fix = Fix("", (Edit(1, 2, 1, 3, "Y"), Edit(1, 5, 1, 6, "Y")))
        assert applied("abcdef", [Fix("", (Edit(1, 2, 1, 4, "X"),)), fix]) == ("aXdef", 1)


class TestCounterparts:
    """The tables of names with the same meaning."""

    @pytest.mark.parametrize(("path", "target"), exact_counterparts.ATTRIBUTES.items())
    def test_an_attribute_has_its_counterpart(self, path: str, target: str) -> None:
        """The counterpart is an attribute of the element, and the foreign name is not."""
        name, _, foreign = path.partition("/@")
        attributes = next(element for element in vocabulary().declarations() if element.name == name).attributes
        assert target in attributes
        assert foreign not in attributes

    @pytest.mark.parametrize(("foreign", "target"), exact_counterparts.ELEMENTS.items())
    def test_an_element_has_its_counterpart(self, foreign: str, target: str) -> None:
        """The counterpart is an element, and the foreign name is not."""
        names = {element.name for element in vocabulary().declarations()}
        assert target in names
        assert foreign.rpartition("/")[2] not in names

    def test_texts_are_attributes(self) -> None:
        """The counterpart of the text of TwiML's Redirect is the attribute redirectUrl."""
        assert exact_counterparts.TEXTS == {"Redirect": "redirectUrl"}
