"""What the rules about speech and about Gather find, where, and what they let pass."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bxml import Problem, schema, validate
from bxml.lint.rules.unknown_locale import LOCALES
from bxml.lint.rules.unknown_voice import VOICES


class Case(NamedTuple):
    """A document, with what a rule finds in it between marks, and what it says of that."""

    rule: str
    text: str
    message: str


def speech(attributes: str, content: str = "Hello.") -> str:
    """A document that speaks, its second line with what is looked at."""
    return f"<Response>\n  <SpeakSentence {attributes}>{content}</SpeakSentence>\n</Response>"


def ssml(content: str) -> str:
    """A document that speaks with markup."""
    return f"<Response>\n  <SpeakSentence>Now {content}.</SpeakSentence>\n</Response>"


def gather(attributes: str, prompts: int = 1) -> str:
    """A document that gathers, its second line with what is looked at."""
    content = "<SpeakSentence>Hello.</SpeakSentence>" * prompts
    return f'<Response>\n  <Gather gatherUrl="https://app.example/menu" {attributes}>{content}</Gather>\n</Response>'


FORMATS = "a date format: mdy, dmy, ymd, md, dm, ym, my, d, m or y"
WOMEN_ONLY = ("es_MX", "arb", "cmn-CN", "en_IN", "ro_RO", "en_GB")
OF_SPEECH = 'it needs input="speech" or input="dtmf_speech"'

FOUND = {
    "a pause that is spoken": Case(
        "speech-without-text",
        '<Response><«SpeakSentence»> <break time="1s"/><p><s> </s></p></SpeakSentence></Response>',
        "<SpeakSentence> holds nothing to be said; write text, or <Pause> for silence",
    ),
    "a gender that the voice has not": Case(
        "voice-decides",
        speech('voice="susan" «gender»="male"'),
        'gender="male" has no effect beside voice="susan", which is female and speaks en_US; leave one out',
    ),
    "a locale that the voice does not speak": Case(
        "voice-decides",
        speech('voice="susan" gender="female" «locale»="fr"'),
        'locale="fr" has no effect beside voice="susan", which is female and speaks en_US; leave one out',
    ),
    "a gender beside a voice that nobody knows": Case(
        "voice-decides",
        speech('«gender»="male" voice="Susan"'),
        'gender="male" has no effect beside voice="Susan"; leave one out',
    ),
    "a locale beside a voice without a name": Case(
        "voice-decides",
        speech('voice="" «locale»="de"'),
        'locale="de" has no effect beside voice=""; leave one out',
    ),
    "a voice in capitals": Case(
        "unknown-voice",
        speech('voice="«Susan»"'),
        'voice="Susan" is no voice that is known; did you mean susan?',
    ),
    "a voice that is like no other": Case(
        "unknown-voice",
        speech('voice="«zzz»"'),
        'voice="zzz" is no voice that is known; see the vendor\'s page of <SpeakSentence> for the list',
    ),
    "a voice without a name": Case(
        "unknown-voice",
        speech('voice=«""»'),
        'voice="" is no voice that is known; see the vendor\'s page of <SpeakSentence> for the list',
    ),
    "a locale with a hyphen": Case(
        "unknown-locale",
        speech('locale="«en-US»"'),
        'locale="en-US" is no locale that is known; did you mean en_US?',
    ),
    "a locale in lower case": Case(
        "unknown-locale",
        speech('locale="«en_us»"'),
        'locale="en_us" is no locale that is known; did you mean en_US?',
    ),
    "a locale with an underscore, where the legal one has a hyphen": Case(
        "unknown-locale",
        speech('locale="«cmn_CN»"'),
        'locale="cmn_CN" is no locale that is known; did you mean cmn-CN?',
    ),
    "a locale of V1": Case(
        "unknown-locale",
        speech('locale="«de_de»"'),
        'locale="de_de" is no locale that is known; of this language there is de',
    ),
    "a locale of another country": Case(
        "unknown-locale",
        speech('locale="«en-CA»"'),
        'locale="en-CA" is no locale that is known; of this language there is en_US, en_UK, en_GB, en_GB_WLS, en_AU and en_IN',
    ),
    "a locale of a language that nobody speaks": Case(
        "unknown-locale",
        speech('locale="«pt-BR»"'),
        'locale="pt-BR" is no locale that is known; see the vendor\'s page of <SpeakSentence> for the list',
    ),
    "a locale without a name": Case(
        "unknown-locale",
        speech('locale=«""»'),
        'locale="" is no locale that is known; see the vendor\'s page of <SpeakSentence> for the list',
    ),
    "a locale that does not count beside the voice": Case(
        "unknown-locale",
        speech('voice="susan" locale="«en-US»"'),
        'locale="en-US" is no locale that is known; did you mean en_US?',
    ),
    "a man where there are women": Case(
        "missing-gender",
        speech('gender="«male»" locale="es_MX"'),
        'gender="male" has no voice in locale="es_MX"; the voice that speaks is female',
    ),
    "a strength and a time": Case(
        "break-strength-and-time",
        ssml('<break «strength»="weak" time="2s"/>'),
        'strength="weak" stands beside time="2s"; a <break> takes one of the two',
    ),
    "the usual strength and a time, within other elements": Case(
        "break-strength-and-time",
        ssml('<p>one <s>two <break time="500ms" «strength»="medium"/></s></p>'),
        'strength="medium" stands beside time="500ms"; a <break> takes one of the two',
    ),
    "a date without a format": Case(
        "date-without-format",
        ssml('<«say-as» interpret-as="date">03/04/2027</say-as>'),
        f'<say-as> lacks format, which interpret-as="date" needs; it takes {FORMATS}',
    ),
    "a time with a format": Case(
        "format-without-date",
        ssml('<say-as interpret-as="time" «format»="mdy">1\'20"</say-as>'),
        'format="mdy" has no effect with interpret-as="time"; only dates have one',
    ),
    "nobody to tell": Case(
        "discarded-digits",
        '<Response>\n  <«Gather» maxDigits="1" gatherFallbackUrl="https://app.example/menu"/>\n</Response>',
        "<Gather> throws away what it gathers; give it a gatherUrl",
    ),
    "nobody to tell, with a prompt": Case(
        "discarded-digits",
        '<Response>\n  <«Gather» input="speech"><SpeakSentence>Hello.</SpeakSentence></Gather>\n</Response>',
        "<Gather> throws away what it gathers; give it a gatherUrl",
    ),
    "one prompt too often": Case(
        "too-many-repetitions",
        gather('repeatCount="«21»"'),
        'repeatCount="21" is too large; multiplied by the number of prompts, which is 1, it is at most 20',
    ),
    "several prompts too often": Case(
        "too-many-repetitions",
        gather('repeatCount="«3»"', prompts=7),
        'repeatCount="3" is too large; multiplied by the number of prompts, which is 7, it is at most 20',
    ),
    "more prompts than the schema allows, and repeated": Case(
        "too-many-repetitions",
        gather('repeatCount="«2»"', prompts=21),
        'repeatCount="2" is too large; multiplied by the number of prompts, which is 21, it is at most 20',
    ),
    "an enormous number of repetitions": Case(
        "too-many-repetitions",
        gather('repeatCount="« 999999999999999999»"'),
        'repeatCount=" 999999999999999999" is too large; multiplied by the number of prompts, which is 1, it is at most 20',
    ),
    "nothing to repeat": Case(
        "repetition-without-prompts",
        gather('«repeatCount»="2"', prompts=0),
        'repeatCount="2" has no effect without prompts; put them into <Gather>',
    ),
    **{
        f"{attribute} where there are digits": Case(
            "speech-attribute-without-speech",
            gather(f'«{attribute}»="{value}"'),
            f'{attribute}="{value}" has no effect on digits; {OF_SPEECH}',
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
    "speech where digits are asked for": Case(
        "speech-attribute-without-speech",
        gather('input="dtmf" «hints»=""'),
        f'hints="" has no effect on digits; {OF_SPEECH}',
    ),
    "a URL with a user": Case(
        "speech-attribute-without-speech",
        gather('«partialResultCallback»="https://me:secret@app.example/heard"'),
        f'partialResultCallback="https://…@app.example/heard" has no effect on digits; {OF_SPEECH}',
    ),
    **{
        f"{attribute} where there is speech": Case(
            "digit-attribute-without-digits",
            gather(f'input="speech" «{attribute}»="{value}"'),
            f'{attribute}="{value}" has no effect with input="speech"; it needs input="dtmf_speech"',
        )
        for attribute, value in {"maxDigits": "4", "terminatingDigits": "#", "interDigitTimeout": "5.5"}.items()
    },
}

SILENT = {
    "text in markup": ("speech-without-text", "<Response><SpeakSentence><p><s>a</s></p></SpeakSentence></Response>"),
    "text behind markup": ("speech-without-text", '<Response><SpeakSentence><break time="1s"/>a</SpeakSentence></Response>'),
    "an alias": ("speech-without-text", '<Response><SpeakSentence><sub alias="a"></sub></SpeakSentence></Response>'),
    "no markup": ("speech-without-text", "<Response><SpeakSentence> </SpeakSentence></Response>"),
    "something to repeat that is no prompt yet": (
        "repetition-without-prompts",
        gather('repeatCount="3"', prompts=0).replace("</Gather>", "<NewPrompt/></Gather>"),
    ),
    "a voice alone": ("voice-decides", speech('voice="susan"')),
    "what the voice is anyway": ("voice-decides", speech('voice="bernard" gender="male" locale="fr"')),
    "the defaults beside a voice": ("voice-decides", speech('voice="bernard" gender="female" locale="en_US"')),
    "the defaults beside an unknown voice": ("voice-decides", speech('voice="samuel" gender="female" locale="en_US"')),
    "no voice to decide": ("voice-decides", speech('gender="male" locale="fr"')),
    "a man where there are men": ("missing-gender", speech('gender="male" locale="nl_NL"')),
    "a man where there are both": ("missing-gender", speech('gender="male" locale="es_US"')),
    "a man by default": ("missing-gender", speech('gender="male"')),
    "a woman by default": ("missing-gender", speech('locale="nl_NL"')),
    "the default where there are men only": ("missing-gender", speech('gender="female" locale="nl_NL"')),
    "a man in a locale that nobody knows": ("missing-gender", speech('gender="male" locale="es-MX"')),
    "a man beside a voice": ("missing-gender", speech('gender="male" locale="es_MX" voice="rosa"')),
    "no gender at all": ("missing-gender", speech('gender="men" locale="es_MX"')),
    "a strength": ("break-strength-and-time", ssml('<break strength="weak"/>')),
    "a time": ("break-strength-and-time", ssml('<break time="2s"/>')),
    "a pause": ("break-strength-and-time", ssml("<break/>")),
    "a date with its format": ("date-without-format", ssml('<say-as interpret-as="date" format="d">3</say-as>')),
    "a date with a format that there is not": ("date-without-format", ssml('<say-as interpret-as="date" format="">3</say-as>')),
    "no date": ("date-without-format", ssml('<say-as interpret-as="ordinal">3</say-as>')),
    "no known date": ("date-without-format", ssml('<say-as interpret-as="Date">3</say-as>')),
    "a format of a date": ("format-without-date", ssml('<say-as interpret-as="date" format="d">3</say-as>')),
    "a format of what is not known": ("format-without-date", ssml('<say-as interpret-as="Date" format="d">3</say-as>')),
    "a format of what is not said": ("format-without-date", ssml('<say-as format="d">3</say-as>')),
    "a misspelt attribute": ("discarded-digits", '<Response><Gather gatherurl="/menu"/></Response>'),
    "somebody to tell": ("discarded-digits", gather("")),
    "somebody to tell, though the schema refuses the URL": ("discarded-digits", '<Response><Gather gatherUrl=""/></Response>'),
    "somebody to tell of what is said": (
        "discarded-digits",
        '<Response><Gather input="speech" partialResultCallback="/heard"/></Response>',
    ),
    "one prompt as often as may be": ("too-many-repetitions", gather('repeatCount="20"')),
    "two prompts as often as may be": ("too-many-repetitions", gather('repeatCount="10"', prompts=2)),
    "twenty prompts once": ("too-many-repetitions", gather('repeatCount="1"', prompts=20)),
    "prompts that the schema has counted": ("too-many-repetitions", gather('repeatCount="1"', prompts=21)),
    "no prompts too often": ("too-many-repetitions", gather('repeatCount="21"', prompts=0)),
    "a count that is none": ("too-many-repetitions", gather('repeatCount="often"', prompts=21)),
    "what is not a prompt": (
        "too-many-repetitions",
        gather('repeatCount="20"').replace("</Gather>", "<Pause/></Gather>"),
    ),
    "something to repeat": ("repetition-without-prompts", gather('repeatCount="2"')),
    "a sound to repeat": (
        "repetition-without-prompts",
        gather('repeatCount="2"', prompts=0).replace("</Gather>", "<PlayAudio>https://app.example/a.mp3</PlayAudio></Gather>"),
    ),
    "no repetition": ("repetition-without-prompts", gather('repeatCount="1"', prompts=0)),
    "fewer than no repetition": ("repetition-without-prompts", gather('repeatCount="-2"', prompts=0)),
    "no number of repetitions": ("repetition-without-prompts", gather('repeatCount="twice"', prompts=0)),
    "speech with its attributes": ("speech-attribute-without-speech", gather('input="speech" hints="a" language="en-US"')),
    "both with attributes of speech": ("speech-attribute-without-speech", gather('input="dtmf_speech" speechTimeout="6"')),
    "an input that there is not": ("speech-attribute-without-speech", gather('input="dtmf speech" hints="a"')),
    "the defaults of speech": (
        "speech-attribute-without-speech",
        gather('partialResultCallbackMethod="POST" profanityFilter="true" speechTimeout="5.0"'),
    ),
    "digits with their attributes": ("digit-attribute-without-digits", gather('maxDigits="4" terminatingDigits="#"')),
    "both with attributes of digits": ("digit-attribute-without-digits", gather('input="dtmf_speech" maxDigits="4"')),
    "another input that there is not": ("digit-attribute-without-digits", gather('input="Speech" maxDigits="4"')),
    "the defaults of digits": (
        "digit-attribute-without-digits",
        gather('input="speech" maxDigits="50" terminatingDigits="" interDigitTimeout="5.0" firstDigitTimeout="9"'),
    ),
}


def found(rule: str, text: str) -> list[Problem]:
    """What one rule finds, whatever the schema says."""
    return [problem for problem in validate(text, select=[rule]) if problem.rule == rule]


def place_of(text: str, mark: str) -> tuple[int, int]:
    """Line and column of a mark in a text, both from 1; the other marks have no width."""
    before = text[: text.index(mark)].replace("«", "")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
def test_what_is_found(case: Case) -> None:
    """Each thing is found once, at its place, and said in these words."""
    (problem,) = found(case.rule, case.text.replace("«", "").replace("»", ""))
    assert problem.message == case.message
    assert (problem.line, problem.column) == place_of(case.text, "«")
    assert (problem.end_line, problem.end_column) == place_of(case.text, "»")


@pytest.mark.parametrize(("rule", "text"), SILENT.values(), ids=SILENT)
def test_what_is_let_pass(rule: str, text: str) -> None:
    """What is right, what an SDK writes unasked, and what the schema refuses anyway, is no finding of a rule."""
    assert found(rule, text) == []


@pytest.mark.parametrize("voice", VOICES)
def test_voices_are_known(voice: str) -> None:
    """Each voice is known, and so is what it speaks; neither is against the other."""
    locale, gender = VOICES[voice]
    text = speech(f'voice="{voice}" locale="{locale}" gender="{gender}"')
    assert not validate(text, select=["schema", "unknown-voice", "unknown-locale", "voice-decides"])


@pytest.mark.parametrize("locale", LOCALES)
def test_locales_are_known(locale: str) -> None:
    """A locale is known, and a man is missing exactly where there are women only."""
    text = speech(f'locale="{locale}" gender="male"')
    missing = [problem.rule for problem in validate(text, select=["schema", "unknown-locale", "missing-gender"])]
    assert missing == ([] if "male" in LOCALES[locale] else ["missing-gender"])


def test_tables_are_those_of_the_page() -> None:
    """None that the vendor listed in 2026 is lost; new ones may come, with the genders that the schema knows."""
    assert len(VOICES) >= 49
    assert len(LOCALES) >= 20
    assert {locale for locale, genders in LOCALES.items() if genders == {"male"}} == {"nl_NL", "en_GB_WLS"}
    assert {locale for locale, genders in LOCALES.items() if genders == {"female"}} == set(WOMEN_ONLY)
    genders = schema.law().elements["SpeakSentence"].attributes["gender"].type.words
    assert {voice.gender for voice in VOICES.values()} == set(genders)


def test_each_attribute_is_a_finding() -> None:
    """Where several attributes have no effect, each is named, in their order in the text."""
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
