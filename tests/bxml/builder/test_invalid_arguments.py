"""Constructors raise an error for invalid arguments. The error lists every problem and the allowed values."""

import copy
import dataclasses
import decimal
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml import (
    Bxml,
    BxmlError,
    Conference,
    Connect,
    CustomParam,
    Forward,
    Gather,
    Hangup,
    InvalidDocument,
    Pause,
    PhoneNumber,
    PlayAudio,
    Problem,
    Record,
    Redirect,
    Refer,
    Response,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartRecording,
    StartStream,
    StopStream,
    StreamParam,
    Tag,
    Transfer,
    UncheckedAttribute,
    parse,
    ssml,
)
from bxml.builder.element import Element
from bxml.strategies import elements
from bxml.xml_text import collapse
from tests.schema_validators import against_schema

PROMPT = SpeakSentence("Hello.")
DESK = PhoneNumber("+12125550123")


def refusal(make: Callable[..., object], /, *content: object, **attributes: object) -> str:
    """Return the message of the error that a constructor raises."""
    with pytest.raises(BxmlError) as caught:
        make(*content, **attributes)
    assert type(caught.value) is InvalidDocument
    return str(caught.value)


def case(name: str, message: str, make: Callable[..., object], /, *content: object, **attributes: object) -> Any:
    """Return the parameters of a test: a constructor, invalid arguments for it, and the message of the error."""
    return pytest.param(make, content, attributes, message, id=name)


# Values

SPEECH = "text, Break, Emphasis, Lang, P, Phoneme, Prosody, S, SayAs or Sub"


@pytest.mark.parametrize(
    ("make", "content", "attributes", "message"),
    [
        case(
            "text-for-a-number",
            'Gather/@maxDigits: max_digits="lots" is a string; expected an integer from 1 to 50 [invalid-value]',
            Gather,
            max_digits="lots",
        ),
        case(
            "a-number-as-text",
            'Gather/@maxDigits: max_digits="5" is a string; expected an integer from 1 to 50 [invalid-value]',
            Gather,
            max_digits="5",
        ),
        case(
            "too-large",
            "Gather/@maxDigits: max_digits=51 is too large; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=51,
        ),
        case(
            "too-small",
            "Gather/@maxDigits: max_digits=0 is too small; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=0,
        ),
        case(
            "a-truth-value-for-a-number",
            "Gather/@maxDigits: max_digits=True is a boolean; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=True,
        ),
        case(
            "a-fraction-for-a-whole-number",
            "Gather/@maxDigits: max_digits=5.0 is a float; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=5.0,
        ),
        case(
            "nan-for-a-whole-number",
            "Gather/@maxDigits: max_digits=nan is not a finite number; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=float("nan"),
        ),
        case(
            "nan-for-seconds",
            "Gather/@firstDigitTimeout: first_digit_timeout=nan is not a finite number; "
            "expected a number of seconds from 0 to 60 [invalid-value]",
            Gather,
            first_digit_timeout=float("nan"),
        ),
        case(
            "infinity",
            "Pause/@duration: duration=-inf is not a finite number; "
            "expected a number of seconds from 0.1 to 86400 [invalid-value]",
            Pause,
            duration=float("-inf"),
        ),
        case(
            "more-digits-than-python-prints",
            "Gather/@maxDigits: max_digits=a very large integer is too large; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=10**5000,
        ),
        case(
            "fewer-than-nothing",
            "Gather/@maxDigits: max_digits=a very large integer is too small; expected an integer from 1 to 50 [invalid-value]",
            Gather,
            max_digits=-(10**5000),
        ),
        case(
            "no-upper-bound-but-on-digits",
            "Gather/@speechTimeout: speech_timeout=1000000000000000000 has too many digits; at most 18 are allowed "
            "[invalid-value]",
            Gather,
            speech_timeout=10**18,
        ),
        case(
            "a-decimal-that-would-fill-the-memory",
            "Pause/@duration: duration=Decimal('1E+999999999') is too large; "
            "expected a number of seconds from 0.1 to 86400 [invalid-value]",
            Pause,
            duration=Decimal("1e999999999"),
        ),
        case(
            "a-decimal-that-is-next-to-nothing",
            "Pause/@duration: duration=Decimal('1E-999999999') is too small; "
            "expected a number of seconds from 0.1 to 86400 [invalid-value]",
            Pause,
            duration=Decimal("1e-999999999"),
        ),
        case(
            "too-fine",
            "Pause/@duration: duration=Decimal('0.1234567890123456789') has too many digits; at most 18 are allowed "
            "[invalid-value]",
            Pause,
            duration=Decimal("0.1234567890123456789"),
        ),
        case(
            "a-duration-too-long",
            "Pause/@duration: duration=datetime.timedelta(days=400) is too large; "
            "expected a number of seconds from 0.1 to 86400 [invalid-value]",
            Pause,
            duration=timedelta(days=400),
        ),
        case(
            "a-kind-of-number-that-is-unknown",
            "SendDtmf/@toneDuration: tone_duration=Fraction(201, 2) is of type Fraction; "
            "expected a number of milliseconds from 50 to 5000 [invalid-value]",
            SendDtmf,
            "1",
            tone_duration=Fraction(201, 2),
        ),
        case(
            "text-for-a-truth-value",
            'Record/@transcribe: transcribe="true" is a string; expected True or False [invalid-value]',
            Record,
            transcribe="true",
        ),
        case(
            "a-number-for-a-truth-value",
            "Record/@transcribe: transcribe=1 is an integer; expected True or False [invalid-value]",
            Record,
            transcribe=1,
        ),
        case(
            "a-word-in-lower-case",
            'Gather/@gatherMethod: gather_method="post" is not an HTTP method; expected GET or POST; did you mean POST? '
            "[invalid-value]",
            Gather,
            gather_method="post",
        ),
        case(
            "no-word-that-is-near",
            'StartRecording/@fileFormat: file_format="ogg" is not a file format; expected mp3 or wav [invalid-value]',
            StartRecording,
            file_format="ogg",
        ),
        case(
            "bytes-for-text",
            "Redirect/@redirectUrl: redirect_url=b'/menu' is bytes; expected an http(s) URL [invalid-value]",
            Redirect,
            redirect_url=b"/menu",
        ),
        case(
            "a-url-of-another-scheme",
            'Redirect/@redirectUrl: redirect_url="ftp://app.example" is not an http(s) URL: '
            "it has no scheme http or https [invalid-value]",
            Redirect,
            redirect_url="ftp://app.example",
        ),
        case(
            "no-websocket",
            'StartStream/@destination: destination="https://app.example" is not a ws(s) URL: it has no scheme ws or wss '
            "[invalid-value]",
            StartStream,
            destination="https://app.example",
        ),
        case(
            "no-phone-number",
            'PhoneNumber: "212 555 0123" is not an E.164 phone number; expected + and 2 to 15 digits; '
            'did you mean "+12125550123"? [invalid-value]',
            PhoneNumber,
            "212 555 0123",
        ),
        case(
            "neither-number-nor-uri",
            'Forward/@to: to="desk" is not an E.164 phone number or a SIP URI; '
            "expected + and 2 to 15 digits, or a URI such as sip:user@example.com [invalid-value]",
            Forward,
            to="desk",
        ),
        case(
            "a-name-with-a-blank",
            'Conference: "a b" is not a conference name; '
            "expected 1 to 100 of the characters A-Z, a-z, 0-9, dot, - and _ [invalid-value]",
            Conference,
            "a b",
        ),
        case(
            "too-long",
            f'Tag: "{"x" * 59}… has 257 characters; at most 256 are allowed [invalid-value]',
            Tag,
            "x" * 257,
        ),
        case(
            "too-short",
            'CustomParam/@name: name="" is too short; expected at least 1 character [invalid-value]',
            CustomParam,
            name="",
            value="",
        ),
        case(
            "a-comma-in-a-list-of-commas",
            "Conference/@callIdsToCoach: call_ids_to_coach=['a,b'] is a list; expected a list of "
            "texts without commas "
            "[invalid-value]",
            Conference,
            "room",
            call_ids_to_coach=["a,b"],
        ),
        case(
            "a-word-or-a-measure",
            'prosody/@rate: rate="-5%" is not a rate; expected x-slow, slow, medium, fast, x-fast or a positive percentage '
            "such as 50% [invalid-value]",
            ssml.Prosody,
            "a",
            rate="-5%",
        ),
        case(
            "a-pause-that-is-too-long",
            "break/@time: time=datetime.timedelta(seconds=11) is not a break time; "
            "expected at most 10 seconds with the unit s or ms, such as 500ms or 1.5s [invalid-value]",
            ssml.Break,
            time=timedelta(seconds=11),
        ),
    ],
)
def test_an_invalid_value_is_quoted(
    make: Callable[..., object], content: tuple[object, ...], attributes: dict[str, object], message: str
) -> None:
    """The message quotes the invalid value and names the allowed values, which are read from the schema."""
    assert refusal(make, *content, **attributes) == message


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\0", "U+0000"),
        ("\x0b", "U+000B"),
        ("\x1f", "U+001F"),
        ("\ud800", "U+D800"),
        ("\ufffe", "U+FFFE"),
        ("\uffff", "U+FFFF"),
    ],
    ids=ascii,
)
def test_an_illegal_character_is_named(character: str, name: str) -> None:
    """The message names the code point and position of a character that XML does not allow, wherever it is."""
    reason = f"contains {name} at character 3; XML does not allow it, even if it is escaped; remove it [illegal-character]"
    text, quoted = f"ab{character}c", f'"ab{ascii(character)[1:-1]}c"'
    assert refusal(SpeakSentence, text) == f"SpeakSentence: {quoted} {reason}"
    assert refusal(SpeakSentence, [ssml.Break(), text]) == f"SpeakSentence: {quoted} {reason}"
    assert refusal(Tag, text) == f"Tag: {quoted} {reason}"
    assert refusal(Gather, tag=text) == f"Gather/@tag: tag={quoted} {reason}"
    assert refusal(Hangup, extra={"new": text}) == f"Hangup: extra new={quoted} {reason}"


# Attributes


@pytest.mark.parametrize(
    ("make", "content", "attributes", "message"),
    [
        case(
            "misspelt",
            "Gather: gather_uri is not an attribute of Gather; did you mean gather_url? [unknown-attribute]",
            Gather,
            gather_uri="/menu",
        ),
        case(
            "as-on-the-wire",
            "Gather: gatherUrl is not an attribute of Gather; did you mean gather_url? [unknown-attribute]",
            Gather,
            gatherUrl="/menu",
        ),
        case(
            "near-no-other-of-few",
            "StopStream: volume is not an attribute of StopStream; expected name or wait [unknown-attribute]",
            StopStream,
            name="s",
            volume=11,
        ),
        case(
            "near-no-other-of-many",
            "Gather: volume is not an attribute of Gather; "
            "see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather [unknown-attribute]",
            Gather,
            volume=11,
        ),
        case(
            "of-an-element-without-any",
            "Hangup: tag is not an attribute of Hangup; it has no attributes [unknown-attribute]",
            Hangup,
            tag="a",
        ),
        case(
            "of-a-document",
            "Response: version is not an attribute of Response; it has no attributes [unknown-attribute]",
            Response,
            version="1",
        ),
        case("missing", "Redirect: Redirect is missing the required attribute redirect_url [missing-attribute]", Redirect),
        case(
            "missing-because-none",
            "Redirect: Redirect is missing the required attribute redirect_url [missing-attribute]",
            Redirect,
            redirect_url=None,
        ),
        case(
            "two-missing",
            "StreamParam: StreamParam is missing the required attribute name [missing-attribute]\n"
            "StreamParam: StreamParam is missing the required attribute value [missing-attribute]",
            StreamParam,
        ),
        case(
            "missing-in-speech", "lang: Lang is missing the required attribute xml_lang [missing-attribute]", ssml.Lang, "salut"
        ),
    ],
)
def test_unknown_and_missing_attributes_are_named(
    make: Callable[..., object], content: tuple[object, ...], attributes: dict[str, object], message: str
) -> None:
    """The message suggests the nearest keyword for an unknown keyword, and names a missing keyword."""
    assert refusal(make, *content, **attributes) == message


def test_an_error_has_all_problems_of_an_element() -> None:
    """One error lists the problems of children, attributes and extra attributes."""
    assert refusal(Gather, [PROMPT, Hangup(), Hangup()], max_digits=51, gather_method=5, tagg="x", extra={"tag": "x"}).split(
        "\n"
    ) == [
        "Gather/Hangup[1]: Hangup is not allowed in Gather; expected SpeakSentence or PlayAudio [misplaced]",
        "Gather/Hangup[2]: Hangup is not allowed in Gather; expected SpeakSentence or PlayAudio [misplaced]",
        "Gather/@maxDigits: max_digits=51 is too large; expected an integer from 1 to 50 [invalid-value]",
        "Gather/@gatherMethod: gather_method=5 is an integer; expected an HTTP method: GET or POST [invalid-value]",
        "Gather: tagg is not an attribute of Gather; did you mean tag? [unknown-attribute]",
        'Gather: extra tag="x" is an attribute in the schema; pass it as tag= [unknown-attribute]',
    ]


def test_problems_are_values() -> None:
    """The problems of an error have a rule, a message and a path, but no line, because Python values have no source text."""
    with pytest.raises(InvalidDocument) as caught:
        Gather(max_digits=51)
    (problem,) = caught.value.problems
    assert problem == Problem(
        rule="invalid-value",
        message="max_digits=51 is too large; expected an integer from 1 to 50",
        path="Gather/@maxDigits",
        severity="error",
    )
    assert (problem.line, problem.column, problem.end_line, problem.end_column) == (None, None, None, None)


def test_errors_can_be_pickled() -> None:
    """An unpickled error has the same problems and message."""
    with pytest.raises(InvalidDocument) as caught:
        Gather(max_digits=51)
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert type(arrived) is InvalidDocument
    assert arrived.problems == caught.value.problems
    assert str(arrived) == str(caught.value)


def test_none_is_the_same_as_no_argument() -> None:
    """An attribute that is None is treated as missing."""
    assert Gather(max_digits=None, tag=None, extra=None) == Gather()
    assert Gather(max_digits=None).max_digits is None
    assert Response([Gather(tag=None)]).to_bxml() == Response([Gather()]).to_bxml()
    assert refusal(Gather, nonsense=5) == refusal(Gather, nonsense=5, tag=None)


# Children


@pytest.mark.parametrize(
    ("make", "content", "attributes", "message"),
    [
        case(
            "a-verb-in-a-gather",
            "Gather/Hangup[1]: Hangup is not allowed in Gather; expected SpeakSentence or PlayAudio [misplaced]",
            Gather,
            [Hangup()],
        ),
        case(
            "a-document-in-a-document",
            "Response/Response[1]: Response is not allowed in Response; expected verbs [misplaced]",
            Response,
            [Response()],
        ),
        case(
            "a-child-without-its-verb",
            "Bxml/PhoneNumber[1]: PhoneNumber is not allowed in Bxml; expected verbs [misplaced]",
            Bxml,
            [DESK],
        ),
        case(
            "text-among-verbs",
            'Response/*[1]: "Hello." is not allowed in Response; expected verbs [misplaced]',
            Response,
            ["Hello."],
        ),
        case(
            "a-verb-in-speech",
            f"SpeakSentence/Hangup[1]: Hangup is not allowed in SpeakSentence; expected {SPEECH} [misplaced]",
            SpeakSentence,
            ["a", Hangup()],
        ),
        case("content-of-an-empty-verb", 'Hangup: "x" is not allowed in Hangup; it must be empty [misplaced]', Hangup, "x"),
        case("21-prompts", "Gather: Gather has 21 children; expected at most 20 [too-many-children]", Gather, [PROMPT] * 21),
        case(
            "9-destinations",
            "Transfer: Transfer has 9 children; expected at most 8 [too-many-children]",
            Transfer,
            [DESK] * 9,
        ),
        case(
            "13-parameters",
            "StartStream: StartStream has 13 children; expected at most 12 [too-many-children]",
            StartStream,
            [StreamParam(name="n", value="v")] * 13,
            destination="wss://app.example",
        ),
        case(
            "2-targets",
            "Refer: Refer has 2 children; expected at most 1 [too-many-children]",
            Refer,
            [SipUri("sip:desk@pbx.example")] * 2,
        ),
        case(
            "no-destination",
            "Transfer: Transfer has 0 children; expected at least 1 PhoneNumber or SipUri [too-few-children]",
            Transfer,
            [],
        ),
        case("no-endpoint", "Connect: Connect has 0 children; expected at least 1 Endpoint [too-few-children]", Connect),
        case(
            "a-target-as-in-a-transfer",
            "Refer/SipUri[1]: tag is not an attribute of SipUri; it has no attributes [unknown-attribute]\n"
            'Refer/SipUri[1]: "sips:desk@pbx.example" is not a SIP URI; '
            "expected sip: in lower case and an address, such as sip:user@example.com [invalid-value]",
            Refer,
            [SipUri("sips:desk@pbx.example", tag="a")],
        ),
        case(
            "a-child-without-a-list",
            "Gather: Gather got SpeakSentence; "
            "expected a list of SpeakSentence and PlayAudio: Gather([SpeakSentence(…)]) [misplaced]",
            Gather,
            PROMPT,
        ),
        case(
            "text-for-children",
            'Gather: Gather got "Hello."; '
            "expected a list of SpeakSentence and PlayAudio: Gather([SpeakSentence(…)]) [misplaced]",
            Gather,
            "Hello.",
        ),
        case(
            "children-without-an-order",
            "Response: Response got {Hangup()}; expected a list of verbs: Response([SpeakSentence(…)]) [misplaced]",
            Response,
            {Hangup()},
        ),
        case(
            "speech-without-an-order",
            f"SpeakSentence/*[1]: {{'a'}} is not allowed in SpeakSentence; expected {SPEECH} [misplaced]",
            SpeakSentence,
            {"a"},
        ),
        case(
            "bytes-for-speech",
            f"SpeakSentence/*[1]: b'Hello.' is not allowed in SpeakSentence; expected {SPEECH} [misplaced]",
            SpeakSentence,
            b"Hello.",
        ),
        case(
            "no-text",
            "PlayAudio: PlayAudio is missing its content; expected one string, and attributes by keyword [misplaced]",
            PlayAudio,
        ),
        case(
            "two-texts",
            "PlayAudio: PlayAudio got 2 content arguments; expected one string, and attributes by keyword [misplaced]",
            PlayAudio,
            "/a.wav",
            "/b.wav",
        ),
        case(
            "speech-in-pieces",
            "SpeakSentence: SpeakSentence got 2 content arguments; "
            "expected one string or list, and attributes by keyword [misplaced]",
            SpeakSentence,
            "One",
            ssml.Break(),
        ),
        case(
            "two-lists",
            "Gather: Gather got 2 content arguments; expected one list, and attributes by keyword [misplaced]",
            Gather,
            [PROMPT],
            children=[PROMPT],
        ),
    ],
)
def test_invalid_children_are_named(
    make: Callable[..., object], content: tuple[object, ...], attributes: dict[str, object], message: str
) -> None:
    """The message names an invalid child and the allowed children, or the number of children and the allowed number."""
    assert refusal(make, *content, **attributes) == message


@pytest.mark.parametrize("speech", ["", " ", "\t\n", "\r", " \r\n", [], ["", " "], ["\r", "\n"], ("",)], ids=repr)
def test_speech_needs_text(speech: Any) -> None:
    """Speech that is empty or only white space raises an error, for every kind of white space."""
    assert refusal(SpeakSentence, speech) == "SpeakSentence: SpeakSentence has no text; add the text to speak [blank-text]"


@given(text=st.text(st.sampled_from(" \t\r\n\N{NO-BREAK SPACE}\N{NEXT LINE}a"), max_size=4))
def test_speech_is_valid_in_python_if_it_is_valid_in_a_file(text: str) -> None:
    """Constructors and the validation of files agree about speech without text."""
    try:
        document = Response().speak_sentence(text)
    except InvalidDocument:
        assert collapse(text) == ""
    else:
        assert against_schema(document.to_bxml()) == []


def test_nesting_of_speech_is_limited() -> None:
    """A loop that nests elements without end raises an error before the stack overflows."""
    speech: ssml.P = ssml.P("a")
    with pytest.raises(InvalidDocument) as caught:  # noqa: PT012  any step of the loop may raise
        for _ in range(100_000):
            speech = ssml.P(speech)
    assert str(caught.value) == "p: elements are nested more than 98 levels deep; remove some levels [nesting-depth]"
    assert speech._xml.count("<p>") == 98


def test_the_deepest_speech_supports_all_operations() -> None:
    """Speech with the maximum number of levels can be serialized, parsed, compared, hashed, shown, copied and pickled."""
    speech: Any = "a"
    for _ in range(97):
        speech = ssml.P(speech)
    document = Response([Gather([SpeakSentence(speech)])])
    assert parse(document.to_bxml()) == document
    assert pickle.loads(pickle.dumps(document)) == document
    assert copy.deepcopy(document) == document
    assert len({document, parse(document.to_bytes())}) == 1
    assert repr(document).count("P(") == 97


# Documents


def test_size_of_documents_is_limited() -> None:
    """A document of 64 KB is serialized; one byte more raises an error with the size and the limit."""
    around = len(Response([SpeakSentence("x")]).to_bytes()) - len("x")
    fits, too_large = (Response([SpeakSentence("x" * (size - around))]) for size in (65536, 65537))
    assert len(fits.to_bytes()) == 65536
    assert against_schema(fits) == against_schema(fits.to_bytes()) == []
    message = "Response: the document has 65537 bytes; at most 65536 are allowed [document-size]"
    for write in (too_large.to_bxml, too_large.to_bytes):
        assert refusal(write) == message
    assert [str(problem) for problem in against_schema(too_large)] == [message]


def test_size_is_counted_in_bytes() -> None:
    """Each character counts with its number of bytes in UTF-8."""
    document = Response([SpeakSentence("\N{GRINNING FACE}" * 20_000)])
    assert refusal(document.to_bxml) == "Response: the document has 80090 bytes; at most 65536 are allowed [document-size]"


# Secrets


@pytest.mark.parametrize(
    "attributes",
    [
        {"password": "\0hunter2"},
        {"password": b"hunter2"},
        {"password": ["hunter2"]},
        {"fallback_password": "hunter2\0"},
        {"extra": {"newPassword": "hunter2\0"}},
        {"extra": {"password": "hunter2"}},
        {"passwrd": "hunter2"},
        {"gather_url": "https://user:hunter2@app.example/ "},
        {"password": "hunter2", "max_digits": 51},
    ],
    ids=str,
)
def test_no_message_shows_a_password(attributes: dict[str, object]) -> None:
    """No message shows a password, whether the password or another argument is invalid."""
    assert "hunter2" not in refusal(Gather, **attributes)


@pytest.mark.parametrize(
    "element",
    [
        Gather(password="hunter2"),
        Gather(fallback_password="hunter2"),
        Gather(gather_url="https://user:hunter2@app.example/menu"),
        Gather(gather_url=f"https://user:hunter2{'long' * 100}@app.example/menu"),
        Gather(gather_url="https://app.example/menu?next=https://user:hunter2@app.example/"),
        StartStream(destination="wss://app.example", destination_password="hunter2"),
        Response([Redirect(redirect_url="/x", password="hunter2")]),
        Hangup(extra={"newPassword": "hunter2"}),
    ],
    ids=["password", "fallback", "url", "long", "second url", "destination", "inside", "extra"],
)
def test_no_repr_shows_a_password(element: Element) -> None:
    """``repr`` hides passwords, so logs and tracebacks do not show them."""
    assert "hunter2" not in repr(element)
    assert "hunter2" in element._xml


# Attributes newer than this package


def test_extra_attributes_are_serialized_with_a_warning() -> None:
    """Attributes from ``extra`` are written unchanged, and a warning names them."""
    document = Response([Gather([SpeakSentence("a", extra={"b": "<1>"})], tag="t", extra={"new": "x", "another": '"'})])
    written = (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Gather tag="t" another="&quot;" new="x">'
        '<SpeakSentence b="&lt;1&gt;">a</SpeakSentence></Gather></Response>'
    )
    for write, expected in ((document.to_bxml, written), (document.to_bytes, written.encode())):
        with pytest.warns(UncheckedAttribute) as caught:
            assert write() == expected
        assert [str(warning.message) for warning in caught] == [
            "the document was checked without another of Gather, new of Gather, b of SpeakSentence"
        ]
        assert caught[0].filename == __file__


def test_validate_reports_extra_attributes() -> None:
    """``validate`` reports an extra attribute as a warning in a Python document, and as an error in serialized BXML."""
    document = Response([Hangup(extra={"new": "x"})])
    assert [(problem.severity, problem.rule) for problem in against_schema(document)] == [("warning", "unchecked-attribute")]
    with warnings.catch_warnings(action="ignore", category=UncheckedAttribute):
        written = document.to_bxml()
    assert [(problem.severity, problem.rule) for problem in against_schema(written)] == [("error", "unknown-attribute")]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"tag": "x"}, 'extra tag="x" is an attribute in the schema; pass it as tag= [unknown-attribute]'),
        ({"hints": "x"}, 'extra hints="x" is an attribute in the schema; pass it as hints= [unknown-attribute]'),
        (
            {"gatherUrl": "x"},
            'extra gatherUrl="x" is an attribute in the schema; pass it as gather_url= [unknown-attribute]',
        ),
        ({"a b": "x"}, 'extra "a b" is not a valid attribute name [unknown-attribute]'),
        ({"": "x"}, 'extra "" is not a valid attribute name [unknown-attribute]'),
        ({'a="1" b': "x"}, 'extra "a="1" b" is not a valid attribute name [unknown-attribute]'),
        ({"xmlns": "x"}, 'extra "xmlns" is not a valid attribute name [unknown-attribute]'),
        ({"xsi:schemaLocation": "x"}, 'extra "xsi:schemaLocation" is not a valid attribute name [unknown-attribute]'),
        ({5: "x"}, "extra 5 is not a valid attribute name [unknown-attribute]"),
        ({"new": 5}, "extra new=5 is an integer; expected a string [invalid-value]"),
        ({"new": None}, "extra new=None is None; expected a string [invalid-value]"),
        ("new", 'extra="new" is a string; expected a mapping of names to texts [invalid-value]'),
    ],
    ids=str,
)  # fmt: skip
def test_extra_attributes_are_not_a_way_around_the_checks(extra: object, message: str) -> None:
    """``extra`` raises for attributes in the schema, invalid names and values that are not strings."""
    assert refusal(Gather, extra=extra) == f"Gather: {message}"


@pytest.mark.parametrize("make", [Response, Bxml, ssml.Break], ids=lambda make: make.__name__)
def test_only_verbs_accept_extra_attributes(make: Callable[..., object]) -> None:
    """Documents and SSML elements have no argument ``extra``."""
    assert "extra is not an attribute of" in refusal(make, extra={"new": "x"})


def test_an_empty_extra_is_none() -> None:
    """An empty dictionary is the same as no ``extra``."""
    assert Hangup(extra={}) == Hangup()
    assert Hangup(extra={}).extra is None


# Equivalent values of other classes


class Method(StrEnum):
    """A string enumeration, as an application may define it."""

    GET = "GET"


class Loud(str):
    """A string whose ``str`` is different from its characters."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the string in upper case."""
        return self.upper()


def test_subclasses_of_str_become_plain_strings() -> None:
    """A StrEnum or other subclass of ``str`` is stored as its characters, not as the result of its ``__str__``."""
    make: Any = Gather  # the annotations of Gather allow only literals
    prompts = [SpeakSentence(Loud("one")), SpeakSentence([Loud("two"), ssml.Break()])]
    gather = make(prompts, gather_method=Method.GET, tag=Loud("t"))
    plain = Gather([SpeakSentence("one"), SpeakSentence(["two", ssml.Break()])], gather_method="GET", tag="t")
    assert gather == plain
    assert gather._xml == plain._xml
    assert type(gather.gather_method) is type(gather.tag) is type(gather.children[0].text) is str
    assert Hangup(extra={Loud("a"): Loud("b")}) == Hangup(extra={"a": "b"})
    assert Conference("room", call_ids_to_coach=[Loud("c-1")]).call_ids_to_coach == ("c-1",)


@pytest.mark.parametrize(
    ("duration", "number"),
    [
        (2, 2),
        (2.0, 2),
        (2.5, 2.5),
        (Decimal("2.50"), 2.5),
        (Decimal("0.123456789012345678"), Decimal("0.123456789012345678")),
        (timedelta(seconds=2), 2),
        (timedelta(milliseconds=1500), 1.5),
        (timedelta(days=1), 86400),
    ],
    ids=repr,
)
def test_equal_numbers_have_one_representation(duration: Any, number: object) -> None:
    """A duration is stored and written in the same way for every type of argument."""
    pause = Pause(duration=duration)
    assert (pause.duration, type(pause.duration)) == (number, type(number))
    assert pause._xml == f'<Pause duration="{number}"/>'


def test_an_empty_list_is_an_empty_list() -> None:
    """A list without items is written as an empty attribute and stored as an empty tuple."""
    for nothing in ([], (), "", [""]):
        conference = Conference("room", call_ids_to_coach=nothing)
        assert conference._xml == '<Conference callIdsToCoach="">room</Conference>'
        assert conference.call_ids_to_coach == ()


def test_zero_has_no_sign() -> None:
    """Negative zero is written as 0."""
    for zero in (0, -0.0, Decimal("-0"), Decimal("-0.00"), timedelta(0)):
        assert Gather(first_digit_timeout=zero)._xml == '<Gather firstDigitTimeout="0"/>'


def test_the_decimal_context_has_no_effect() -> None:
    """A decimal context with low precision, which an application may set, does not round values."""
    with decimal.localcontext(prec=2):
        assert Pause(duration=timedelta(seconds=1.2345)).duration == 1.2345
        assert Pause(duration=Decimal("1.2345")).duration == 1.2345


def test_children_can_be_any_iterable() -> None:
    """Children can be a list, a tuple or a generator, which is read once."""

    def prompts() -> Iterator[SpeakSentence]:
        yield from (SpeakSentence(name) for name in ("sales", "support"))

    gather: Any = Gather
    assert gather(prompts()) == Gather(list(prompts())) == Gather(tuple(prompts()))
    assert len(gather(prompts()).children) == 2


# Immutability


def test_changing_an_argument_does_not_change_the_verb() -> None:
    """A verb copies the lists and dictionaries that it gets."""
    prompts: list[SpeakSentence] = [PROMPT]
    speech: list[str | ssml.Ssml] = ["a", ssml.Break()]
    languages = ["en-US"]
    extra = {"new": "x"}
    gather = Gather(prompts, extra=extra)
    sentence = SpeakSentence(speech)
    conference = Conference("room", call_ids_to_coach=languages)
    before = [gather._xml, repr(gather), hash(gather), sentence._xml, repr(sentence), repr(conference)]
    prompts.append(PROMPT)
    speech.append("b")
    languages.append("fr-FR")
    extra["another"] = "y"
    assert [gather._xml, repr(gather), hash(gather), sentence._xml, repr(sentence), repr(conference)] == before
    assert gather.children == (PROMPT,)


def test_a_verb_is_immutable() -> None:
    """Fields and their contents cannot be assigned or deleted."""
    gather: Any = Gather([PROMPT], tag="a", extra={"new": "x"})
    for name in ("tag", "children", "max_digits", "extra", "no_such_field", "_xml"):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(gather, name, "b")
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(gather, name)
    with pytest.raises(TypeError):
        gather.extra["new"] = "y"
    with pytest.raises(TypeError):
        gather.children[0] = PROMPT
    assert gather == Gather([PROMPT], tag="a", extra={"new": "x"})


# Dataclasses, copies and pickles


def test_replace_checks_its_arguments() -> None:
    """``dataclasses.replace`` returns a new element with the other fields unchanged, and raises for invalid values."""
    gather = Gather([PROMPT], max_digits=1, extra={"new": "x"})
    assert dataclasses.replace(gather, max_digits=2) == Gather([PROMPT], max_digits=2, extra={"new": "x"})
    assert dataclasses.replace(gather, children=[], extra=None) == Gather(max_digits=1)
    assert refusal(dataclasses.replace, gather, max_digits=51).startswith("Gather/@maxDigits: max_digits=51 is too large")


def test_elements_are_dataclasses() -> None:
    """The functions of ``dataclasses`` work with elements: ``is_dataclass``, ``fields`` and ``asdict``."""
    gather = Gather([PROMPT], max_digits=1, extra={"new": "x"})
    assert dataclasses.is_dataclass(gather)
    assert {field.name for field in dataclasses.fields(gather)} >= {"children", "max_digits", "extra"}
    as_dictionary = dataclasses.asdict(gather)
    assert as_dictionary["max_digits"] == 1
    assert as_dictionary["extra"] == {"new": "x"}
    assert as_dictionary["children"][0]["text"] == "Hello."


def test_elements_can_be_matched() -> None:
    """A ``match`` statement can read the fields of an element."""
    match Gather([PROMPT], max_digits=1):
        case Gather(children=[SpeakSentence(text=text)], max_digits=1, tag=None):
            assert text == "Hello."
        case _:
            pytest.fail("no match")


@given(element=elements(Element))
def test_copies_are_equal(element: Element) -> None:
    """Shallow copies, deep copies and unpickled elements are equal to the element and have the same hash."""
    for copied in (copy.copy(element), copy.deepcopy(element), pickle.loads(pickle.dumps(element))):
        assert copied == element
        assert hash(copied) == hash(element)


def test_extra_attributes_survive_a_pickle() -> None:
    """Unpickled and copied elements have the same extra attributes."""
    hangup = Hangup(extra={"new": "x"})
    assert pickle.loads(pickle.dumps(hangup)) == copy.deepcopy(hangup) == hangup != Hangup()
    assert hash(pickle.loads(pickle.dumps(hangup))) == hash(hangup)


def test_unpickling_checks_the_arguments() -> None:
    """Loading a pickle that was changed to contain an invalid value raises an error."""
    forged = pickle.dumps(Gather(tag="x" * 256)).replace(b"x" * 256, b"\0" * 256)
    assert "contains U+0000" in refusal(pickle.loads, forged)


@given(element=elements(Element))
def test_repr_is_python_code(element: Element) -> None:
    """Evaluating the ``repr`` of an element returns an equal element, unless a password is hidden."""
    shown = repr(element)
    if "…" not in shown:
        assert eval(shown, {"Decimal": Decimal, **vars(ssml), **vars(__import__("bxml"))}) == element


def test_signature_of_a_class() -> None:
    """``inspect.signature`` returns the content as a positional argument, attributes as keywords, and ``extra`` last."""
    parameters = inspect.signature(Redirect).parameters
    assert next(iter(parameters)) == "redirect_url"
    assert list(parameters)[-1] == "extra"
    assert {parameter.kind for parameter in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters["redirect_url"].default is inspect.Parameter.empty
    assert parameters["tag"].default is None
    children = inspect.signature(Transfer).parameters["children"]
    assert children.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert children.default is inspect.Parameter.empty
    assert inspect.signature(Response).parameters["children"].default == ()
