"""The rules for speech and for Gather."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bxml import Problem, schema, validate
from bxml.lint.rules.unknown_locale import LOCALES
from bxml.lint.rules.unknown_voice import VOICES


class Case(NamedTuple):
    """A document in which the violation of a rule is marked with «», and the expected message."""

    rule: str
    text: str
    message: str


def speech(attributes: str, content: str = "Hello.") -> str:
    """Return a document whose second line has a SpeakSentence with these attributes."""
    return f"<Response>\n  <SpeakSentence {attributes}>{content}</SpeakSentence>\n</Response>"


def ssml(content: str) -> str:
    """Return a document whose SpeakSentence contains SSML."""
    return f"<Response>\n  <SpeakSentence>Now {content}.</SpeakSentence>\n</Response>"


def gather(attributes: str, prompts: int = 1) -> str:
    """Return a document whose second line has a Gather with these attributes."""
    content = "<SpeakSentence>Hello.</SpeakSentence>" * prompts
    return f'<Response>\n  <Gather gatherUrl="https://app.example/menu" {attributes}>{content}</Gather>\n</Response>'


PAGE = "https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence"
FORMATS = "a date format: mdy, dmy, ymd, md, dm, ym, my, d, m or y"
FEMALE_ONLY = ("es_MX", "arb", "cmn-CN", "en_IN", "ro_RO", "en_GB")
USE_SPEECH = 'use input="speech" or input="dtmf_speech"'

VIOLATIONS = {
    "a sentence with pauses only": Case(
        "speech-without-text",
        '<Response><«SpeakSentence»> <break time="1s"/><p><s> </s></p></SpeakSentence></Response>',
        "<SpeakSentence> contains no text to speak; add text, or use <Pause> for silence",
    ),
    "a gender that the voice does not have": Case(
        "voice-decides",
        speech('voice="susan" «gender»="male"'),
        'gender="male" has no effect with voice="susan", which is female and speaks en_US; remove one of them',
    ),
    "a locale that the voice does not speak": Case(
        "voice-decides",
        speech('voice="susan" gender="female" «locale»="fr"'),
        'locale="fr" has no effect with voice="susan", which is female and speaks en_US; remove one of them',
    ),
    "a gender beside an unknown voice": Case(
        "voice-decides",
        speech('«gender»="male" voice="Susan"'),
        'gender="male" has no effect with voice="Susan"; remove one of them',
    ),
    "a locale beside an empty voice": Case(
        "voice-decides",
        speech('voice="" «locale»="de"'),
        'locale="de" has no effect with voice=""; remove one of them',
    ),
    "a capitalized voice": Case(
        "unknown-voice",
        speech('voice="«Susan»"'),
        'voice="Susan" is not a known voice; did you mean susan?',
    ),
    "a voice without a similar name": Case(
        "unknown-voice",
        speech('voice="«zzz»"'),
        f'voice="zzz" is not a known voice; see {PAGE}',
    ),
    "an empty voice": Case(
        "unknown-voice",
        speech('voice=«""»'),
        f'voice="" is not a known voice; see {PAGE}',
    ),
    "a locale with a hyphen": Case(
        "unknown-locale",
        speech('locale="«en-US»"'),
        'locale="en-US" is not a known locale; did you mean en_US?',
    ),
    "a locale in lower case": Case(
        "unknown-locale",
        speech('locale="«en_us»"'),
        'locale="en_us" is not a known locale; did you mean en_US?',
    ),
    "a locale with an underscore in place of a hyphen": Case(
        "unknown-locale",
        speech('locale="«cmn_CN»"'),
        'locale="cmn_CN" is not a known locale; did you mean cmn-CN?',
    ),
    "a locale of the first generation": Case(
        "unknown-locale",
        speech('locale="«de_de»"'),
        'locale="de_de" is not a known locale; for this language use de',
    ),
    "a locale of another country": Case(
        "unknown-locale",
        speech('locale="«en-CA»"'),
        'locale="en-CA" is not a known locale; for this language use en_US, en_UK, en_GB, en_GB_WLS, en_AU or en_IN',
    ),
    "a locale of a language without a voice": Case(
        "unknown-locale",
        speech('locale="«pt-BR»"'),
        f'locale="pt-BR" is not a known locale; see {PAGE}',
    ),
    "an empty locale": Case(
        "unknown-locale",
        speech('locale=«""»'),
        f'locale="" is not a known locale; see {PAGE}',
    ),
    "an unknown locale beside a voice": Case(
        "voice-decides",
        speech('voice="susan" «locale»="en-US"'),
        'locale="en-US" has no effect with voice="susan", which is female and speaks en_US; remove one of them',
    ),
    "a male voice in a locale with female voices only": Case(
        "missing-gender",
        speech('gender="«male»" locale="es_MX"'),
        'gender="male" is not available in locale="es_MX"; use gender="female" or another locale',
    ),
    "a strength and a time": Case(
        "break-strength-and-time",
        ssml('<break «strength»="weak" time="2s"/>'),
        'strength="weak" and time="2s" both set the length of the pause; remove one of them',
    ),
    "the default strength and a time, inside other elements": Case(
        "break-strength-and-time",
        ssml('<p>one <s>two <break time="500ms" «strength»="medium"/></s></p>'),
        'strength="medium" and time="500ms" both set the length of the pause; remove one of them',
    ),
    "a date without a format": Case(
        "date-without-format",
        ssml('<«say-as» interpret-as="date">03/04/2027</say-as>'),
        f'<say-as> is missing the attribute format, which interpret-as="date" requires; expected {FORMATS}',
    ),
    "a time with a format": Case(
        "format-without-date",
        ssml('<say-as interpret-as="time" «format»="mdy">1\'20"</say-as>'),
        'format="mdy" has no effect with interpret-as="time"; remove it or use interpret-as="date"',
    ),
    "no URL for the digits": Case(
        "discarded-digits",
        '<Response>\n  <«Gather» maxDigits="1" gatherFallbackUrl="https://app.example/menu"/>\n</Response>',
        "<Gather> discards the caller's input; add gatherUrl",
    ),
    "no URL for speech input, with a prompt": Case(
        "discarded-digits",
        '<Response>\n  <«Gather» input="speech"><SpeakSentence>Hello.</SpeakSentence></Gather>\n</Response>',
        "<Gather> discards the caller's input; add gatherUrl",
    ),
    "one prompt repeated too often": Case(
        "too-many-repetitions",
        gather('repeatCount="«21»"'),
        'repeatCount="21" is too large; multiplied by the number of prompts (1), it must be at most 20',
    ),
    "several prompts repeated too often": Case(
        "too-many-repetitions",
        gather('repeatCount="«3»"', prompts=7),
        'repeatCount="3" is too large; multiplied by the number of prompts (7), it must be at most 20',
    ),
    "repeated prompts, more than the schema allows": Case(
        "too-many-repetitions",
        gather('repeatCount="«2»"', prompts=21),
        'repeatCount="2" is too large; multiplied by the number of prompts (21), it must be at most 20',
    ),
    "an enormous number of repetitions": Case(
        "too-many-repetitions",
        gather('repeatCount="« 999999999999999999»"'),
        'repeatCount=" 999999999999999999" is too large; multiplied by the number of prompts (1), it must be at most 20',
    ),
    "a repetition without prompts": Case(
        "repetition-without-prompts",
        gather('«repeatCount»="2"', prompts=0),
        'repeatCount="2" has no effect without prompts; put the prompts inside <Gather>',
    ),
    **{
        f"{attribute} with digits": Case(
            "speech-attribute-without-speech",
            gather(f'«{attribute}»="{value}"'),
            f'{attribute}="{value}" has no effect on digits; {USE_SPEECH}',
        )
        for attribute, value in {
            "hints": "Raleigh, Durham",
            "language": "en-US",
            "partialResultCallback": "https://app.example/heard",
            "partialResultCallbackMethod": "GET",
            "profanityFilter": "false",
            "speechModel": "default",
            "speechTimeout": "6",
        }.items()
    },
    "an empty speech attribute with digits": Case(
        "speech-attribute-without-speech",
        gather('input="dtmf" «hints»=""'),
        f'hints="" has no effect on digits; {USE_SPEECH}',
    ),
    "a URL with a user name": Case(
        "speech-attribute-without-speech",
        gather('«partialResultCallback»="https://me:secret@app.example/heard"'),
        f'partialResultCallback="https://…@app.example/heard" has no effect on digits; {USE_SPEECH}',
    ),
    **{
        f"{attribute} with speech": Case(
            "digit-attribute-without-digits",
            gather(f'input="speech" «{attribute}»="{value}"'),
            f'{attribute}="{value}" has no effect with input="speech"; use input="dtmf_speech" or remove {attribute}',
        )
        for attribute, value in {"maxDigits": "4", "terminatingDigits": "#", "interDigitTimeout": "5.5"}.items()
    },
}

ACCEPTED = {
    "text inside markup": ("speech-without-text", "<Response><SpeakSentence><p><s>a</s></p></SpeakSentence></Response>"),
    "text after markup": ("speech-without-text", '<Response><SpeakSentence><break time="1s"/>a</SpeakSentence></Response>'),
    "an alias": ("speech-without-text", '<Response><SpeakSentence><sub alias="a"></sub></SpeakSentence></Response>'),
    "a blank sentence without markup": ("speech-without-text", "<Response><SpeakSentence> </SpeakSentence></Response>"),
    "an unknown child to repeat": (
        "repetition-without-prompts",
        gather('repeatCount="3"', prompts=0).replace("</Gather>", "<NewPrompt/></Gather>"),
    ),
    "an unknown locale beside a voice": ("unknown-locale", speech('voice="susan" locale="en-US"')),
    "a voice alone": ("voice-decides", speech('voice="susan"')),
    "the properties of the voice": ("voice-decides", speech('voice="bernard" gender="male" locale="fr"')),
    "the defaults beside a voice": ("voice-decides", speech('voice="bernard" gender="female" locale="en_US"')),
    "the defaults beside an unknown voice": ("voice-decides", speech('voice="samuel" gender="female" locale="en_US"')),
    "gender and locale without a voice": ("voice-decides", speech('gender="male" locale="fr"')),
    "a male voice in a locale with male voices only": ("missing-gender", speech('gender="male" locale="nl_NL"')),
    "a male voice in a locale with male and female voices": ("missing-gender", speech('gender="male" locale="es_US"')),
    "a male voice in the default locale": ("missing-gender", speech('gender="male"')),
    "the default gender in a locale with male voices only": ("missing-gender", speech('locale="nl_NL"')),
    "the default gender as an attribute, in a locale with male voices only": (
        "missing-gender",
        speech('gender="female" locale="nl_NL"'),
    ),
    "a male voice in an unknown locale": ("missing-gender", speech('gender="male" locale="es-MX"')),
    "a male gender beside a voice": ("missing-gender", speech('gender="male" locale="es_MX" voice="rosa"')),
    "an unknown gender": ("missing-gender", speech('gender="men" locale="es_MX"')),
    "a strength": ("break-strength-and-time", ssml('<break strength="weak"/>')),
    "a time": ("break-strength-and-time", ssml('<break time="2s"/>')),
    "a break without attributes": ("break-strength-and-time", ssml("<break/>")),
    "a date with its format": ("date-without-format", ssml('<say-as interpret-as="date" format="d">3</say-as>')),
    "a date with an invalid format": ("date-without-format", ssml('<say-as interpret-as="date" format="">3</say-as>')),
    "an ordinal without a format": ("date-without-format", ssml('<say-as interpret-as="ordinal">3</say-as>')),
    "an unknown interpretation without a format": ("date-without-format", ssml('<say-as interpret-as="Date">3</say-as>')),
    "a date with a format": ("format-without-date", ssml('<say-as interpret-as="date" format="d">3</say-as>')),
    "an unknown interpretation with a format": (
        "format-without-date",
        ssml('<say-as interpret-as="Date" format="d">3</say-as>'),
    ),
    "a format without an interpretation": ("format-without-date", ssml('<say-as format="d">3</say-as>')),
    "a misspelled gatherUrl": ("discarded-digits", '<Response><Gather gatherurl="/menu"/></Response>'),
    "a URL for the result": ("discarded-digits", gather("")),
    "an invalid URL for the result": ("discarded-digits", '<Response><Gather gatherUrl=""/></Response>'),
    "a URL for partial results": (
        "discarded-digits",
        '<Response><Gather input="speech" partialResultCallback="/heard"/></Response>',
    ),
    "one prompt at the limit": ("too-many-repetitions", gather('repeatCount="20"')),
    "two prompts at the limit": ("too-many-repetitions", gather('repeatCount="10"', prompts=2)),
    "twenty prompts once": ("too-many-repetitions", gather('repeatCount="1"', prompts=20)),
    "too many prompts without repetition": ("too-many-repetitions", gather('repeatCount="1"', prompts=21)),
    "a large count without prompts": ("too-many-repetitions", gather('repeatCount="21"', prompts=0)),
    "a count that is not a number": ("too-many-repetitions", gather('repeatCount="often"', prompts=21)),
    "children that are not prompts": (
        "too-many-repetitions",
        gather('repeatCount="20"').replace("</Gather>", "<Pause/></Gather>"),
    ),
    "a sentence to repeat": ("repetition-without-prompts", gather('repeatCount="2"')),
    "an audio file to repeat": (
        "repetition-without-prompts",
        gather('repeatCount="2"', prompts=0).replace("</Gather>", "<PlayAudio>https://app.example/a.mp3</PlayAudio></Gather>"),
    ),
    "a count of 1 without prompts": ("repetition-without-prompts", gather('repeatCount="1"', prompts=0)),
    "a negative count without prompts": ("repetition-without-prompts", gather('repeatCount="-2"', prompts=0)),
    "an invalid count without prompts": ("repetition-without-prompts", gather('repeatCount="twice"', prompts=0)),
    "speech with speech attributes": ("speech-attribute-without-speech", gather('input="speech" hints="a" language="en-US"')),
    "speech and digits with speech attributes": (
        "speech-attribute-without-speech",
        gather('input="dtmf_speech" speechTimeout="6"'),
    ),
    "an invalid input with a speech attribute": ("speech-attribute-without-speech", gather('input="dtmf speech" hints="a"')),
    "the defaults of speech attributes": (
        "speech-attribute-without-speech",
        gather('partialResultCallbackMethod="POST" profanityFilter="true" speechTimeout="5.0"'),
    ),
    "digits with digit attributes": ("digit-attribute-without-digits", gather('maxDigits="4" terminatingDigits="#"')),
    "speech and digits with digit attributes": ("digit-attribute-without-digits", gather('input="dtmf_speech" maxDigits="4"')),
    "an invalid input with a digit attribute": ("digit-attribute-without-digits", gather('input="Speech" maxDigits="4"')),
    "the defaults of digit attributes": (
        "digit-attribute-without-digits",
        gather('input="speech" maxDigits="50" terminatingDigits="" interDigitTimeout="5.0" firstDigitTimeout="9"'),
    ),
}


def found(rule: str, text: str) -> list[Problem]:
    """Return the problems that one rule reports."""
    return [problem for problem in validate(text, select=[rule]) if problem.rule == rule]


def place_of(text: str, mark: str) -> tuple[int, int]:
    """Return the line and column that a mark has in the text without marks. Lines and columns are counted from 1."""
    before = text[: text.index(mark)].replace("«", "")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violation_is_reported_at_its_position(case: Case) -> None:
    """Each violation is reported once, at its position, with its message."""
    (problem,) = found(case.rule, case.text.replace("«", "").replace("»", ""))
    assert problem.message == case.message
    assert (problem.line, problem.column) == place_of(case.text, "«")
    assert (problem.end_line, problem.end_column) == place_of(case.text, "»")


@pytest.mark.parametrize(("rule", "text"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_document_has_no_problem(rule: str, text: str) -> None:
    """A rule accepts valid documents, the defaults of SDKs, and faults that the schema check reports."""
    assert found(rule, text) == []


@pytest.mark.parametrize("voice", VOICES)
def test_voices_are_known(voice: str) -> None:
    """No problem is reported for a voice with its own locale and gender."""
    locale, gender = VOICES[voice]
    text = speech(f'voice="{voice}" locale="{locale}" gender="{gender}"')
    assert not validate(text, select=["schema", "unknown-voice", "unknown-locale", "voice-decides"])


@pytest.mark.parametrize("locale", LOCALES)
def test_locales_are_known(locale: str) -> None:
    """Each locale is known, and the rule ``missing-gender`` reports exactly the locales that have only female voices."""
    text = speech(f'locale="{locale}" gender="male"')
    missing = [problem.rule for problem in validate(text, select=["schema", "unknown-locale", "missing-gender"])]
    assert missing == ([] if "male" in LOCALES[locale] else ["missing-gender"])


def test_tables_contain_the_vendor_list() -> None:
    """The tables contain every voice that Bandwidth listed in 2026, and use the genders in the schema."""
    assert len(VOICES) >= 49
    assert len(LOCALES) >= 20
    assert {locale for locale, genders in LOCALES.items() if genders == {"male"}} == {"nl_NL", "en_GB_WLS"}
    assert {locale for locale, genders in LOCALES.items() if genders == {"female"}} == set(FEMALE_ONLY)
    genders = schema.vocabulary().elements["SpeakSentence"].attributes["gender"].type.words
    assert {voice.gender for voice in VOICES.values()} == set(genders)


def test_each_attribute_without_effect_is_reported() -> None:
    """Several attributes without effect are reported separately, in document order."""
    text = gather('speechTimeout="6" maxDigits="4" hints="a"')
    assert [problem.path for problem in found("speech-attribute-without-speech", text)] == [
        "Response/Gather[1]/@speechTimeout",
        "Response/Gather[1]/@hints",
    ]
    text = gather('input="speech" terminatingDigits="#" hints="a" maxDigits="4"')
    assert [problem.path for problem in found("digit-attribute-without-digits", text)] == [
        "Response/Gather[1]/@terminatingDigits",
        "Response/Gather[1]/@maxDigits",
    ]
    text = speech('gender="male" voice="susan" locale="fr"')
    assert [problem.path for problem in found("voice-decides", text)] == [
        "Response/SpeakSentence[1]/@gender",
        "Response/SpeakSentence[1]/@locale",
    ]
