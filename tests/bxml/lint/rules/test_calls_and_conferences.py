"""What the rules about callers, answered calls, conferences and the called party of a transfer find, and what they leave."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import pytest

from bxml import schema, validate
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.lint.rules.conference_recording import IGNORED
from bxml.lint.rules.privacy_word_as_caller_id import CALLERS, PRIVACY_WORDS
from bxml.lint.rules.uui_form import LONGEST
from bxml.schema import Context

OF_CONFERENCES: Final = [name for name, verb in schema.law().elements.items() if "conference" in verb.behavior.contexts]

SEVERITIES: Final = {
    "bracketed-call-ids": "warning",
    "after-conference": "warning",
    "conference-recording": "warning",
    "conference-verb": "error",
    "empty-document": "warning",
    "forward-after-answer": "error",
    "forward-with-start-gather": "error",
    "hangup-first": "warning",
    "mute-on-hold": "warning",
    "privacy-word-as-caller-id": "warning",
    "private-display-name": "error",
    "several-endpoints": "warning",
    "transfer-answer-verb": "error",
    "trimmed-tag": "warning",
    "unneeded-answer-call": "warning",
    "unused-diversion-reason": "warning",
    "uui-form": "warning",
    "uui-without-sip": "warning",
}
"""The rules of this group."""

OFF: Final = {"after-conference", "empty-document", "hangup-first", "trimmed-tag"}


class Place(NamedTuple):
    """What a problem points at, lines and columns from 1."""

    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None


class Expected(NamedTuple):
    """A sentence, and the place that it is about."""

    place: Place
    message: str


def after(text: str) -> tuple[int, int]:
    """Line and column of what follows a text."""
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def marked(text: str) -> tuple[str, list[Place]]:
    """A text without its marks, and the places between each two of them."""
    parts = re.split("[«»]", text)
    ends = [after("".join(parts[:count])) for count in range(1, len(parts))]
    return "".join(parts), [Place(*start, *end) for start, end in zip(ends[::2], ends[1::2], strict=True)]


def found(text: str, rule: str, context: Context = "call") -> list[Expected]:
    """What one rule finds, without what the schema has against the text."""
    problems = [problem for problem in validate(text, select=[rule], context=context) if problem.rule == rule]
    assert {problem.severity for problem in problems} <= {SEVERITIES[rule]}
    return [
        Expected(Place(problem.line, problem.column, problem.end_line, problem.end_column), problem.message)
        for problem in problems
    ]


class Case(NamedTuple):
    """A document with its offenders marked, and what is said of each."""

    rule: str
    document: str
    messages: tuple[str, ...]
    context: Context = "call"


def response(verbs: str) -> str:
    """A document that answers a webhook."""
    return f"<Response>{verbs}</Response>"


def forward(attributes: str, to: str = "sip:desk@example.com") -> str:
    """A document that forwards the call."""
    return response(f'<Forward to="{to}" {attributes}/>')


def uui(text: str) -> str:
    """A document that forwards the call with a User-To-User header."""
    return forward(f'uui="{text}"')


LONG: Final = "a" * (LONGEST - len(";encoding=jwt"))
"""Leaves just enough room for the encoding."""

CONFERENCE_ALLOWS: Final = (
    "allowed are <PauseRecording>, <PlayAudio>, <ResumeRecording>, <SpeakSentence>, <StartRecording> and <StopRecording>"
)
NAMES: Final = "allowed are Restricted, Anonymous, Private and Unavailable"

BROKEN: Final = {
    "no call ids as Python writes a list": Case(
        "bracketed-call-ids",
        """<Response><Conference callIdsToCoach="«[]»">a</Conference></Response>""",
        ("""callIdsToCoach="[]" holds brackets or quotes; leave it out""",),
    ),
    "call ids as Python writes a list": Case(
        "bracketed-call-ids",
        """<Response><Conference callIdsToCoach="«['c-1', 'c-2']»">a</Conference></Response>""",
        ("""callIdsToCoach="['c-1', 'c-2']" holds brackets or quotes; write "c-1,c-2\"""",),
    ),
    # Who calls
    "word-in-from": Case(
        "privacy-word-as-caller-id",
        forward('from="«Restricted»"'),
        ('from="Restricted" is no phone number; use privacy="true" and callerDisplayName="Restricted"',),
    ),
    "word-in-from-beside-privacy": Case(
        "privacy-word-as-caller-id",
        forward('privacy="true" from="«Private»"'),
        ('from="Private" is no phone number; use privacy="true" and callerDisplayName="Private"',),
    ),
    "word-in-transfer-caller-id": Case(
        "privacy-word-as-caller-id",
        response('<Transfer transferCallerId="«Unavailable»"><PhoneNumber>+12125550123</PhoneNumber></Transfer>'),
        ('transferCallerId="Unavailable" is no phone number; use privacy="true" and transferCallerDisplayName="Unavailable"',),
    ),
    "own-name-on-forward": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName="«Ada»"'),
        (f'callerDisplayName="Ada" may not stand beside privacy="true"; {NAMES}',),
    ),
    "own-name-on-transfer": Case(
        "private-display-name",
        response(
            '<Transfer privacy="true" transferCallerDisplayName="«anonymous»"><SipUri>sip:a@b.example</SipUri></Transfer>'
        ),
        (f'transferCallerDisplayName="anonymous" may not stand beside privacy="true"; {NAMES}; did you mean Anonymous?',),
    ),
    "empty-name": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName=«""»'),
        (f'callerDisplayName="" may not stand beside privacy="true"; {NAMES}',),
    ),
    "name-that-the-schema-refuses": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName="«a&#10;b»"'),
        (f'callerDisplayName="a\\nb" may not stand beside privacy="true"; {NAMES}',),
    ),
    # Diversion
    "reason-without-treatment": Case(
        "unused-diversion-reason",
        forward('«diversionReason»="away"'),
        ('diversionReason="away" is ignored without diversionTreatment="stack"; add it, or leave the reason out',),
    ),
    "reason-with-another-treatment": Case(
        "unused-diversion-reason",
        response('<Transfer diversionTreatment="none" «diversionReason»="user-busy"><PhoneNumber>+12</PhoneNumber></Transfer>'),
        ('diversionReason="user-busy" is ignored without diversionTreatment="stack"; add it, or leave the reason out',),
    ),
    "reason-that-the-schema-refuses": Case(
        "unused-diversion-reason",
        forward('diversionTreatment="propagate" «diversionReason»="user_busy"'),
        ('diversionReason="user_busy" is ignored without diversionTreatment="stack"; add it, or leave the reason out',),
    ),
    # User-To-User
    "uui-to-a-phone-number": Case(
        "uui-without-sip",
        forward('«uui»="YQ;encoding=base64"', to="+12125550123"),
        ('uui="YQ;encoding=base64" is sent to SIP URIs only, and to="+12125550123" is a phone number; leave it out',),
    ),
    "no-encoding": Case(
        "uui-form",
        uui("«YQ»"),
        ('uui="YQ" lacks its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "empty-uui": Case(
        "uui-form",
        forward('uui=«""»'),
        ('uui="" lacks its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "empty-encoding": Case(
        "uui-form",
        uui("«YQ;encoding=»"),
        ('uui="YQ;encoding=" lacks its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "encoding-of-one-of-two": Case(
        "uui-form",
        response('<Transfer><PhoneNumber uui="«YQ;encoding=base64,Yg»">+12</PhoneNumber></Transfer>'),
        ('uui="YQ;encoding=base64,Yg" lacks its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "unknown-encoding": Case(
        "uui-form",
        uui("«YQ;encoding=utf8»"),
        ('uui="YQ;encoding=utf8" has the encoding "utf8"; allowed are base64 and jwt',),
    ),
    "unknown-before-hex": Case(
        "uui-form",
        uui("«61;encoding=hex,YQ;encoding=utf8»"),
        ('uui="61;encoding=hex,YQ;encoding=utf8" has the encoding "utf8"; allowed are base64 and jwt',),
    ),
    "hex": Case(
        "uui-form",
        response('<Transfer><SipUri uui="«61;encoding=hex»">sip:a@b.example</SipUri></Transfer>'),
        ('uui="61;encoding=hex" is in hex, which only the REST API and the Ruby SDK know; use base64 or jwt',),
    ),
    "hex-in-a-list": Case(
        "uui-form",
        uui("«YQ;encoding=jwt,61;encoding=HEX»"),
        ('uui="YQ;encoding=jwt,61;encoding=HEX" is in hex, which only the REST API and the Ruby SDK know; use base64 or jwt',),
    ),
    "list": Case(
        "uui-form",
        uui("«YQ;encoding=base64,e30;encoding=jwt»"),
        ('uui="YQ;encoding=base64,e30;encoding=jwt" is a list, which the pages of BXML do not know; give one value',),
    ),
    "one-too-long": Case(
        "uui-form",
        uui(f"«a{LONG};encoding=jwt»"),
        (f'uui="{"a" * 59}… has 257 characters; the pages of BXML allow 256',),
    ),
    # Forward
    **{
        f"forward-after-{name}": Case(
            "forward-after-answer",
            f'<Response>\n{verb}\n<«Forward» to="+12125550123"/></Response>',
            (f"<Forward> comes after <{name}> of line 2, which answers the call; use <Transfer>",),
        )
        for name, verb in {
            "Gather": '<Gather gatherUrl="https://app.example/menu"/>',
            "Pause": '<Tag>a</Tag><Redirect/><Pause duration="1"/>',
            "PlayAudio": "<PlayAudio>https://app.example/a.wav</PlayAudio>",
            "Record": "<Record/>",
            "Ring": '<Ring answerCall="true"/>',
            "SpeakSentence": "<SpeakSentence>Hello.</SpeakSentence>",
            "StartGather": "<StartGather/><StopGather/>",
            "StartRecording": "<StartRecording/>",
        }.items()
    },
    "each-forward-names-the-first-answer": Case(
        "forward-after-answer",
        '<Bxml>\n<Ring/>\n<Record/>\n<Pause/>\n<«Forward» to="+12"/>\n<«Forward»/></Bxml>',
        ("<Forward> comes after <Ring> of line 2, which answers the call; use <Transfer>",) * 2,
    ),
    "forward-while-gathering": Case(
        "forward-with-start-gather",
        '<Response>\n<StartGather dtmfUrl="https://app.example/digit"/>\n<«Forward» to="+12125550123"/></Response>',
        ("<Forward> does not go with <StartGather> of line 2, which still runs; use <Transfer>",),
    ),
    "forward-while-gathering-again": Case(
        "forward-with-start-gather",
        '<Response>\n<StartGather/>\n<StopGather/>\n<StartGather/>\n<Pause/>\n<«Forward» to="+12125550123"/></Response>',
        ("<Forward> does not go with <StartGather> of line 4, which still runs; use <Transfer>",),
    ),
    "another-gather-does-not-end-it": Case(
        "forward-with-start-gather",
        '<Response><StartGather/>\n<Gather/><«Forward» to="+12125550123"/></Response>',
        ("<Forward> does not go with <StartGather> of line 1, which still runs; use <Transfer>",),
    ),
    # Connect
    "two-endpoints": Case(
        "several-endpoints",
        response("<Connect><Endpoint>e-1</Endpoint><«Endpoint»>e-2</Endpoint></Connect>"),
        ("<Endpoint> is one of 2 in <Connect>; the vendor describes one, and not what more would do",),
    ),
    "three-endpoints": Case(
        "several-endpoints",
        response("<Connect><Endpoint>e-1</Endpoint><Pause/><«Endpoint»>e-2</Endpoint><Endpoint/></Connect>"),
        ("<Endpoint> is one of 3 in <Connect>; the vendor describes one, and not what more would do",),
    ),
    # Ring
    "ring-after-speech": Case(
        "unneeded-answer-call",
        '<Response><SpeakSentence>Hello.</SpeakSentence><Pause/>\n<Ring «answerCall»="false"/></Response>',
        ('answerCall="false" comes too late; <SpeakSentence> of line 1 has answered the call',),
    ),
    "each-ring-names-the-first-answer": Case(
        "unneeded-answer-call",
        '<Response><Ring/>\n<Record/><Ring «answerCall»="false"/><Ring/><Ring «answerCall»="false"/></Response>',
        ('answerCall="false" comes too late; <Ring> of line 1 has answered the call',) * 2,
    ),
    "ring-of-a-called-party": Case(
        "unneeded-answer-call",
        response('<Ring «answerCall»="false"/><Record/><Ring «answerCall»="false"/>'),
        ('answerCall="false" comes too late; the called party has answered',) * 2,
        "transfer-answer",
    ),
    # Conference
    "mute-and-hold": Case(
        "mute-on-hold",
        response('<Conference «mute»="true" hold="true">room</Conference>'),
        ('mute="true" adds nothing to hold="true", which mutes already; keep one of them',),
    ),
    "verbs-of-calls-in-a-conference": Case(
        "conference-verb",
        response("<«Gather»><SpeakSentence>Hello.</SpeakSentence></Gather><PlayAudio/><«Record»/><«Tag»/>"),
        tuple(
            f"<{name}> makes a conference reject the whole document; {CONFERENCE_ALLOWS}"
            for name in ("Gather", "Record", "Tag")
        ),
        "conference",
    ),
    "verb-of-calls-pushed-into-a-conference": Case(
        "conference-verb",
        "<Bxml><StopRecording/><«Hangup»/></Bxml>",
        (f"<Hangup> makes a conference reject the whole document; {CONFERENCE_ALLOWS}",),
        "conference",
    ),
    **{
        f"{name}-of-a-called-party": Case(
            "transfer-answer-verb",
            response(f"<SpeakSentence>Hello.</SpeakSentence><«{name}»/>"),
            (f"<{name}> may not run before the called party is connected, nor may {others}",),
            "transfer-answer",
        )
        for name, others in {
            "Bridge": "<Conference>, <Forward> or <Transfer>",
            "Conference": "<Bridge>, <Forward> or <Transfer>",
            "Forward": "<Bridge>, <Conference> or <Transfer>",
            "Transfer": "<Bridge>, <Conference> or <Forward>",
        }.items()
    },
    "each-verb-of-a-called-party": Case(
        "transfer-answer-verb",
        "<Bxml><«Bridge»/><Hangup/><«Bridge»/></Bxml>",
        ("<Bridge> may not run before the called party is connected, nor may <Conference>, <Forward> or <Transfer>",) * 2,
        "transfer-answer",
    ),
    **{
        f"{name}-of-a-conference": Case(
            "conference-recording",
            response(f'<StartRecording «{name}»="{text}"/>'),
            (f'{name}="{text}" is ignored when a conference is recorded; leave it out',),
            "conference",
        )
        for name, text in {
            "transcribe": "true",
            "detectLanguage": "true",
            "transcriptionAvailableUrl": "https://app.example/text",
            "transcriptionAvailableMethod": "GET",
            "tag": "",
            "multiChannel": "True",
        }.items()
    },
    "several-attributes-of-a-conference": Case(
        "conference-recording",
        response('<StartRecording «tag»="a" fileFormat="mp3" «transcribe»="true"/>'),
        (
            'tag="a" is ignored when a conference is recorded; leave it out',
            'transcribe="true" is ignored when a conference is recorded; leave it out',
        ),
        "conference",
    ),
    "verbs-after-a-conference": Case(
        "after-conference",
        "<Response><Pause/><Conference>a</Conference>\n<«Conference»>b</Conference><Hangup/></Response>",
        ("<Conference> is run only if the REST API ends the conference of <Conference> of line 1",),
    ),
    # The call
    "empty": Case(
        "empty-document",
        "<«Response»/>",
        ("<Response> is empty, which ends the call; write <Hangup/> if that is meant",),
    ),
    "empty-pushed": Case(
        "empty-document",
        "<«Bxml»> <!-- nothing --> </Bxml>",
        ("<Bxml> is empty, which ends the call; write <Hangup/> if that is meant",),
    ),
    "rejected": Case(
        "hangup-first",
        response("<«Hangup»/><Pause/><Hangup/>"),
        ("<Hangup> rejects an incoming call if it is not answered; if it is to be answered, speak or ring before",),
    ),
    "blanks-around-a-tag": Case(
        "trimmed-tag",
        response("<Tag>\n «order  17»\t</Tag>"),
        (r'"\n order  17\t" has white space at its ends, which is removed; the tag is "order  17"',),
    ),
    "blank-before-a-tag": Case(
        "trimmed-tag",
        response("<Tag> «a»</Tag>"),
        ('" a" has white space at its ends, which is removed; the tag is "a"',),
    ),
    "blank-tag": Case(
        "trimmed-tag",
        response("<«Tag»>  </Tag>"),
        ('"  " has white space at its ends, which is removed; the tag is cleared; write <Tag/> if that is meant',),
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_what_is_found(case: Case) -> None:
    """Each offender is found where it stands, and nothing else is."""
    text, places = marked(case.document)
    assert found(text, case.rule, case.context) == [Expected(*pair) for pair in zip(places, case.messages, strict=True)]


class Silent(NamedTuple):
    """A document that a rule has nothing against."""

    rule: str
    document: str
    context: Context = "call"


SILENT: Final = {
    "call ids": Silent("bracketed-call-ids", '<Response><Conference callIdsToCoach="c-1, c-2">a</Conference></Response>'),
    "no call ids, as Java writes": Silent(
        "bracketed-call-ids", '<Response><Conference callIdsToCoach="">a</Conference></Response>'
    ),
    "number-as-caller-id": Silent("privacy-word-as-caller-id", forward('from="+12125550123"')),
    "word-in-another-case": Silent("privacy-word-as-caller-id", forward('from="restricted"')),
    "word-as-caller-id-of-nothing": Silent("privacy-word-as-caller-id", response('<Foo from="Private"/>')),
    "word-as-display-name": Silent("private-display-name", forward('privacy="true" callerDisplayName="Unavailable"')),
    "name-without-privacy": Silent("private-display-name", forward('callerDisplayName="Ada"')),
    "name-with-privacy-switched-off": Silent("private-display-name", forward('privacy="false" callerDisplayName="Ada"')),
    "name-with-privacy-that-the-schema-refuses": Silent(
        "private-display-name", forward('privacy="yes" callerDisplayName="Ada"')
    ),
    "reason-with-its-treatment": Silent(
        "unused-diversion-reason", forward('diversionTreatment="stack" diversionReason="away"')
    ),
    "defaults-of-the-java-sdk": Silent(
        "unused-diversion-reason", forward('diversionTreatment="none" diversionReason="unknown"')
    ),
    "uui-to-a-sip-uri": Silent("uui-without-sip", uui("YQ;encoding=base64")),
    "uui-to-a-secure-sip-uri": Silent("uui-without-sip", forward('uui="YQ"', to="SIPS:desk@example.com")),
    "uui-to-what-the-schema-refuses": Silent("uui-without-sip", forward('uui="YQ"', to="desk@example.com")),
    "uui-to-nobody": Silent("uui-without-sip", response('<Forward uui="YQ"/>')),
    "base64": Silent("uui-form", uui("YQ;encoding=base64")),
    "jwt-beside-other-parameters": Silent("uui-form", uui("e30; Purpose=a; Encoding = JWT;content=b")),
    "quoted-encoding": Silent("uui-form", uui("&quot;YQ==&quot;;encoding=&quot;base64&quot;")),
    "as-long-as-may-be": Silent("uui-form", uui(f"{LONG};encoding=jwt")),
    "longer-than-the-schema-allows": Silent("uui-form", uui("a" * 351)),
    "forward-first": Silent("forward-after-answer", response('<Forward to="+12"/><Record/>')),
    "forward-after-silent-ring": Silent("forward-after-answer", response('<Ring answerCall="false"/><Forward to="+12"/>')),
    "forward-after-tag": Silent("forward-after-answer", response('<Tag>a</Tag><Foo/><Forward to="+12"/>')),
    "forward-that-another-rule-reports": Silent("forward-after-answer", response('<StartGather/><Forward to="+12"/>')),
    "forward-of-a-called-party": Silent("forward-after-answer", response('<Record/><Forward to="+12"/>'), "transfer-answer"),
    "forward-in-a-conference": Silent("forward-after-answer", response('<Record/><Forward to="+12"/>'), "conference"),
    "forward-that-is-no-verb": Silent("forward-after-answer", response('<Record/><Gather><Forward to="+12"/></Gather>')),
    "forward-after-gathering": Silent(
        "forward-with-start-gather", response('<StartGather/><StopGather/><Forward to="+12"/><StartGather/>')
    ),
    "forward-while-a-called-party-is-asked": Silent(
        "forward-with-start-gather", response('<StartGather/><Forward to="+12"/>'), "transfer-answer"
    ),
    "forward-after-another-gather": Silent("forward-with-start-gather", response('<Gather/><Forward to="+12"/>')),
    "one-endpoint": Silent("several-endpoints", response("<Connect><Endpoint>e-1</Endpoint></Connect>" * 2)),
    "no-endpoint": Silent("several-endpoints", response("<Connect/>")),
    "ring-before-speech": Silent("unneeded-answer-call", response('<Ring answerCall="false"/><Record/>')),
    "rings-that-answer": Silent("unneeded-answer-call", response('<Record/><Ring/><Ring answerCall="true"/>')),
    "ring-that-the-schema-refuses": Silent("unneeded-answer-call", response('<Record/><Ring answerCall="False"/>')),
    "ring-in-a-conference": Silent("unneeded-answer-call", response('<Record/><Ring answerCall="false"/>'), "conference"),
    "called-party-that-is-rung": Silent("unneeded-answer-call", response("<Ring/>"), "transfer-answer"),
    "mute-alone": Silent("mute-on-hold", response('<Conference mute="true">room</Conference>')),
    "hold-without-mute": Silent("mute-on-hold", response('<Conference mute="false" hold="true">room</Conference>')),
    "mute-without-hold": Silent("mute-on-hold", response('<Conference mute="true" hold="false">room</Conference>')),
    "defaults-of-conference": Silent("mute-on-hold", response('<Conference mute="false" hold="false">room</Conference>')),
    "mute-that-the-schema-refuses": Silent("mute-on-hold", response('<Conference mute="True" hold="True">room</Conference>')),
    "verbs-of-conferences": Silent("conference-verb", response("".join(f"<{name}/>" for name in OF_CONFERENCES)), "conference"),
    "unknown-verb-in-a-conference": Silent("conference-verb", response("<Foo/><Response/>"), "conference"),
    "root-inside-of-what-is-none": Silent("conference-verb", "<Foo><Pause/><Response/></Foo>", "conference"),
    "empty-in-a-conference": Silent("conference-verb", response(""), "conference"),
    "verb-on-a-call": Silent("conference-verb", response("<Pause/>")),
    "verbs-of-a-called-party": Silent("transfer-answer-verb", response("<Record/><Refer/><Foo/>"), "transfer-answer"),
    "transfer-on-a-call": Silent("transfer-answer-verb", response("<Transfer/>")),
    "transfer-in-a-conference": Silent("transfer-answer-verb", response("<Transfer/>"), "conference"),
    "recording-of-a-call": Silent("conference-recording", response('<StartRecording transcribe="true" tag="a"/>')),
    "defaults-of-the-c#-sdk": Silent(
        "conference-recording",
        response('<StartRecording transcribe="false" detectLanguage="false" multiChannel="false"/>'),
        "conference",
    ),
    "defaults-of-the-java-sdk-for-recordings": Silent(
        "conference-recording",
        response('<StartRecording recordingAvailableMethod="POST" transcriptionAvailableMethod="POST" fileFormat="wav"/>'),
        "conference",
    ),
    "what-a-conference-heeds": Silent(
        "conference-recording",
        response('<StartRecording recordingAvailableUrl="/a" fileFormat="mp3" recordingName="a"/>'),
        "conference",
    ),
    "conference-last": Silent("after-conference", response("<Pause/><Conference>room</Conference>")),
    "conference-in-a-conference": Silent("after-conference", response("<Conference>room</Conference><Pause/>"), "conference"),
    "one-verb": Silent("empty-document", response("<Hangup/>")),
    "unknown-verb-alone": Silent("empty-document", response("<Foo/>")),
    "nothing-in-a-conference": Silent("empty-document", response(""), "conference"),
    "nothing-for-a-called-party": Silent("empty-document", response(""), "transfer-answer"),
    "hangup-second": Silent("hangup-first", response("<Pause/><Hangup/>")),
    "no-verb": Silent("hangup-first", response("")),
    "hangup-pushed": Silent("hangup-first", "<Bxml><Hangup/></Bxml>"),
    "hangup-of-a-called-party": Silent("hangup-first", response("<Hangup/>"), "transfer-answer"),
    "tag": Silent("trimmed-tag", response("<Tag>order  17</Tag>")),
    "tag-that-clears": Silent("trimmed-tag", response("<Tag/><Tag></Tag>")),
    "tag-with-a-blank-that-xml-does-not-know": Silent("trimmed-tag", response("<Tag>\u00a0a\u00a0</Tag>")),
}


@pytest.mark.parametrize("silent", SILENT.values(), ids=SILENT)
def test_what_is_left_alone(silent: Silent) -> None:
    """What is right, what SDKs write unasked, and what another rule or the schema speaks of."""
    assert found(silent.document, silent.rule, silent.context) == []


def test_the_rules_of_this_group() -> None:
    """Each has the severity that is stated here, is on unless it is stated here, and is tested from both sides."""
    assert {name: RULES[name].SEVERITY for name in SEVERITIES} == SEVERITIES
    assert OFF_BY_DEFAULT & SEVERITIES.keys() == OFF
    assert {case.rule for case in BROKEN.values()} == {silent.rule for silent in SILENT.values()} == SEVERITIES.keys()


@pytest.mark.parametrize("element", CALLERS)
def test_privacy_words_are_those_of_the_schema(element: str) -> None:
    """The schema allows as caller ids a form of numbers and the words, and no other words."""
    (pattern,) = schema.law().elements[element].attributes[CALLERS[element].number].type.patterns
    number, *words = pattern.pattern.split("|")
    assert tuple(words) == PRIVACY_WORDS
    assert not re.fullmatch(number, PRIVACY_WORDS[0])
    assert CALLERS[element].name in schema.law().elements[element].attributes


def test_ignored_attributes_are_of_the_schema() -> None:
    """No list of attributes names what does not exist."""
    assert set(IGNORED) <= schema.law().elements["StartRecording"].attributes.keys()


def test_the_longest_header_is_shorter_than_the_schema_allows() -> None:
    """The pages' limit would otherwise never be reached."""
    longest = schema.law().elements["Forward"].attributes["uui"].type.longest
    assert longest is not None
    assert longest > LONGEST
