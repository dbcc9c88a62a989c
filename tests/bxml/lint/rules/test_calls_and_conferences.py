"""The rules for callers, answered calls, conferences and the called party of a transfer."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import pytest

from bxml import schema, validate
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.lint.rules.conference_recording import IGNORED
from bxml.lint.rules.privacy_word_as_caller_id import CALLER_ATTRIBUTES, PRIVACY_WORDS
from bxml.lint.rules.uui_form import MAX_LENGTH
from bxml.schema import Context

CONFERENCE_VERBS: Final = [
    name for name, verb in schema.vocabulary().elements.items() if "conference" in verb.behavior.contexts
]

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
"""The severity of each rule that this file tests."""

OFF: Final = {"after-conference", "empty-document", "hangup-first", "trimmed-tag"}
"""The rules tested in this file that are off by default."""


class Place(NamedTuple):
    """The position of a problem; lines and columns count from 1."""

    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None


class Expected(NamedTuple):
    """An expected message and its position."""

    place: Place
    message: str


def end_of(text: str) -> tuple[int, int]:
    """Return the line and the column after the last character of a text."""
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def marked(text: str) -> tuple[str, list[Place]]:
    """Return a text without its marks, and the positions that are marked with «»."""
    parts = re.split("[«»]", text)
    ends = [end_of("".join(parts[:count])) for count in range(1, len(parts))]
    return "".join(parts), [Place(*start, *end) for start, end in zip(ends[::2], ends[1::2], strict=True)]


def found(text: str, rule: str, context: Context = "call") -> list[Expected]:
    """Return the problems that one rule reports, without problems of the schema check."""
    problems = [problem for problem in validate(text, select=[rule], context=context) if problem.rule == rule]
    assert {problem.severity for problem in problems} <= {SEVERITIES[rule]}
    return [
        Expected(Place(problem.line, problem.column, problem.end_line, problem.end_column), problem.message)
        for problem in problems
    ]


class Case(NamedTuple):
    """A document in which each violation is marked with «», and the expected messages."""

    rule: str
    document: str
    messages: tuple[str, ...]
    context: Context = "call"


def response(verbs: str) -> str:
    """Return a document that is the response to a request."""
    return f"<Response>{verbs}</Response>"


def forward(attributes: str, to: str = "sip:desk@example.com") -> str:
    """Return a document that forwards the call."""
    return response(f'<Forward to="{to}" {attributes}/>')


def uui(text: str) -> str:
    """Return a document that forwards the call with a User-To-User header."""
    return forward(f'uui="{text}"')


LONG: Final = "a" * (MAX_LENGTH - len(";encoding=jwt"))
"""The longest uui value that leaves enough room for ``;encoding=jwt``."""

CONFERENCE_ALLOWS: Final = (
    "allowed are <PauseRecording>, <PlayAudio>, <ResumeRecording>, <SpeakSentence>, <StartRecording> and <StopRecording>"
)
NAMES: Final = "allowed are Restricted, Anonymous, Private and Unavailable"

VIOLATIONS: Final = {
    "an empty Python list of call ids": Case(
        "bracketed-call-ids",
        """<Response><Conference callIdsToCoach="«[]»">a</Conference></Response>""",
        ("""callIdsToCoach="[]" contains brackets or quotes; remove the attribute""",),
    ),
    "a Python list of call ids": Case(
        "bracketed-call-ids",
        """<Response><Conference callIdsToCoach="«['c-1', 'c-2']»">a</Conference></Response>""",
        ("""callIdsToCoach="['c-1', 'c-2']" contains brackets or quotes; write "c-1,c-2\"""",),
    ),
    # Caller
    "word-in-from": Case(
        "privacy-word-as-caller-id",
        forward('from="«Restricted»"'),
        ('from="Restricted" is not a phone number; use privacy="true" and callerDisplayName="Restricted"',),
    ),
    "word-in-from-beside-privacy": Case(
        "privacy-word-as-caller-id",
        forward('privacy="true" from="«Private»"'),
        ('from="Private" is not a phone number; use privacy="true" and callerDisplayName="Private"',),
    ),
    "word-in-transfer-caller-id": Case(
        "privacy-word-as-caller-id",
        response('<Transfer transferCallerId="«Unavailable»"><PhoneNumber>+12125550123</PhoneNumber></Transfer>'),
        (
            (
                'transferCallerId="Unavailable" is not a phone number; '
                'use privacy="true" and transferCallerDisplayName="Unavailable"'
            ),
        ),
    ),
    "own-name-on-forward": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName="«Ada»"'),
        (f'callerDisplayName="Ada" is not allowed with privacy="true"; {NAMES}',),
    ),
    "own-name-on-transfer": Case(
        "private-display-name",
        response(
            '<Transfer privacy="true" transferCallerDisplayName="«anonymous»"><SipUri>sip:a@b.example</SipUri></Transfer>'
        ),
        (f'transferCallerDisplayName="anonymous" is not allowed with privacy="true"; {NAMES}; did you mean Anonymous?',),
    ),
    "empty-name": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName=«""»'),
        (f'callerDisplayName="" is not allowed with privacy="true"; {NAMES}',),
    ),
    "name-that-is-invalid-by-the-schema": Case(
        "private-display-name",
        forward('privacy="true" callerDisplayName="«a&#10;b»"'),
        (f'callerDisplayName="a\\nb" is not allowed with privacy="true"; {NAMES}',),
    ),
    # Diversion
    "reason-without-treatment": Case(
        "unused-diversion-reason",
        forward('«diversionReason»="away"'),
        ('diversionReason="away" has no effect without diversionTreatment="stack"; add it or remove diversionReason',),
    ),
    "reason-with-another-treatment": Case(
        "unused-diversion-reason",
        response('<Transfer diversionTreatment="none" «diversionReason»="user-busy"><PhoneNumber>+12</PhoneNumber></Transfer>'),
        ('diversionReason="user-busy" has no effect without diversionTreatment="stack"; add it or remove diversionReason',),
    ),
    "reason-that-is-invalid-by-the-schema": Case(
        "unused-diversion-reason",
        forward('diversionTreatment="propagate" «diversionReason»="user_busy"'),
        ('diversionReason="user_busy" has no effect without diversionTreatment="stack"; add it or remove diversionReason',),
    ),
    # User-To-User
    "uui-to-a-phone-number": Case(
        "uui-without-sip",
        forward('«uui»="YQ;encoding=base64"', to="+12125550123"),
        ('uui="YQ;encoding=base64" is sent only to SIP URIs, but to="+12125550123" is a phone number; remove uui',),
    ),
    "no-encoding": Case(
        "uui-form",
        uui("«YQ»"),
        ('uui="YQ" is missing its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "empty-uui": Case(
        "uui-form",
        forward('uui=«""»'),
        ('uui="" is missing its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "empty-encoding": Case(
        "uui-form",
        uui("«YQ;encoding=»"),
        ('uui="YQ;encoding=" is missing its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "encoding-of-one-of-two": Case(
        "uui-form",
        response('<Transfer><PhoneNumber uui="«YQ;encoding=base64,Yg»">+12</PhoneNumber></Transfer>'),
        ('uui="YQ;encoding=base64,Yg" is missing its encoding; add ;encoding=base64 or ;encoding=jwt',),
    ),
    "unknown-encoding": Case(
        "uui-form",
        uui("«YQ;encoding=utf8»"),
        ('uui="YQ;encoding=utf8" has the unknown encoding "utf8"; allowed are base64 and jwt',),
    ),
    "unknown-before-hex": Case(
        "uui-form",
        uui("«61;encoding=hex,YQ;encoding=utf8»"),
        ('uui="61;encoding=hex,YQ;encoding=utf8" has the unknown encoding "utf8"; allowed are base64 and jwt',),
    ),
    "hex": Case(
        "uui-form",
        response('<Transfer><SipUri uui="«61;encoding=hex»">sip:a@b.example</SipUri></Transfer>'),
        ('uui="61;encoding=hex" is in hex, which only the REST API and the Ruby SDK accept; use base64 or jwt',),
    ),
    "hex-in-a-list": Case(
        "uui-form",
        uui("«YQ;encoding=jwt,61;encoding=HEX»"),
        (
            (
                'uui="YQ;encoding=jwt,61;encoding=HEX" is in hex, which only the REST API and the Ruby SDK accept; '
                "use base64 or jwt"
            ),
        ),
    ),
    "one-character-too-long": Case(
        "uui-form",
        uui(f"«a{LONG};encoding=jwt»"),
        (f'uui="{"a" * 59}… has 257 characters; the pages of BXML allow at most 256',),
    ),
    # Forward
    **{
        f"forward-after-{name}": Case(
            "forward-after-answer",
            f'<Response>\n{verb}\n<«Forward» to="+12125550123"/></Response>',
            (f"<Forward> is not allowed after <{name}> on line 2, which answers the call; use <Transfer>",),
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
    "each-forward-names-the-first-answering-verb": Case(
        "forward-after-answer",
        '<Bxml>\n<Ring/>\n<Record/>\n<Pause/>\n<«Forward» to="+12"/>\n<«Forward»/></Bxml>',
        ("<Forward> is not allowed after <Ring> on line 2, which answers the call; use <Transfer>",) * 2,
    ),
    "forward-while-gathering": Case(
        "forward-with-start-gather",
        '<Response>\n<StartGather dtmfUrl="https://app.example/digit"/>\n<«Forward» to="+12125550123"/></Response>',
        ("<Forward> is not allowed while <StartGather> on line 2 is running; use <Transfer>",),
    ),
    "forward-while-gathering-again": Case(
        "forward-with-start-gather",
        '<Response>\n<StartGather/>\n<StopGather/>\n<StartGather/>\n<Pause/>\n<«Forward» to="+12125550123"/></Response>',
        ("<Forward> is not allowed while <StartGather> on line 4 is running; use <Transfer>",),
    ),
    "gather-does-not-stop-the-background-gather": Case(
        "forward-with-start-gather",
        '<Response><StartGather/>\n<Gather/><«Forward» to="+12125550123"/></Response>',
        ("<Forward> is not allowed while <StartGather> on line 1 is running; use <Transfer>",),
    ),
    # Connect
    "two-endpoints": Case(
        "several-endpoints",
        response("<Connect><Endpoint>e-1</Endpoint><«Endpoint»>e-2</Endpoint></Connect>"),
        ("<Endpoint> is one of 2 in <Connect>, but Bandwidth documents only one; keep one of them",),
    ),
    "three-endpoints": Case(
        "several-endpoints",
        response("<Connect><Endpoint>e-1</Endpoint><Pause/><«Endpoint»>e-2</Endpoint><Endpoint/></Connect>"),
        ("<Endpoint> is one of 3 in <Connect>, but Bandwidth documents only one; keep one of them",),
    ),
    # Ring
    "ring-after-speech": Case(
        "unneeded-answer-call",
        '<Response><SpeakSentence>Hello.</SpeakSentence><Pause/>\n<Ring «answerCall»="false"/></Response>',
        ('answerCall="false" has no effect, because <SpeakSentence> on line 1 has already answered the call; remove it',),
    ),
    "each-ring-names-the-first-answering-verb": Case(
        "unneeded-answer-call",
        '<Response><Ring/>\n<Record/><Ring «answerCall»="false"/><Ring/><Ring «answerCall»="false"/></Response>',
        ('answerCall="false" has no effect, because <Ring> on line 1 has already answered the call; remove it',) * 2,
    ),
    "ring-of-a-called-party": Case(
        "unneeded-answer-call",
        response('<Ring «answerCall»="false"/><Record/><Ring «answerCall»="false"/>'),
        ('answerCall="false" has no effect, because the called party has already answered; remove it',) * 2,
        "transfer-answer",
    ),
    # Conference
    "mute-and-hold": Case(
        "mute-on-hold",
        response('<Conference «mute»="true" hold="true">room</Conference>'),
        ('mute="true" has no effect with hold="true", which also mutes; remove one of them',),
    ),
    "call-verbs-in-a-conference": Case(
        "conference-verb",
        response("<«Gather»><SpeakSentence>Hello.</SpeakSentence></Gather><PlayAudio/><«Record»/><«Tag»/>"),
        tuple(
            f"<{name}> is not allowed in a conference, so the platform rejects the whole document; {CONFERENCE_ALLOWS}"
            for name in ("Gather", "Record", "Tag")
        ),
        "conference",
    ),
    "call-verb-pushed-into-a-conference": Case(
        "conference-verb",
        "<Bxml><StopRecording/><«Hangup»/></Bxml>",
        (f"<Hangup> is not allowed in a conference, so the platform rejects the whole document; {CONFERENCE_ALLOWS}",),
        "conference",
    ),
    **{
        f"{name}-of-a-called-party": Case(
            "transfer-answer-verb",
            response(f"<SpeakSentence>Hello.</SpeakSentence><«{name}»/>"),
            (f"<{name}> is not allowed before the called party is connected; remove it ({others} are not allowed either)",),
            "transfer-answer",
        )
        for name, others in {
            "Bridge": "<Conference>, <Forward> and <Transfer>",
            "Conference": "<Bridge>, <Forward> and <Transfer>",
            "Forward": "<Bridge>, <Conference> and <Transfer>",
            "Transfer": "<Bridge>, <Conference> and <Forward>",
        }.items()
    },
    "each-verb-of-a-called-party": Case(
        "transfer-answer-verb",
        "<Bxml><«Bridge»/><Hangup/><«Bridge»/></Bxml>",
        (
            (
                "<Bridge> is not allowed before the called party is connected; remove it "
                "(<Conference>, <Forward> and <Transfer> are not allowed either)"
            ),
        )
        * 2,
        "transfer-answer",
    ),
    **{
        f"{name}-of-a-conference": Case(
            "conference-recording",
            response(f'<StartRecording «{name}»="{text}"/>'),
            (f'{name}="{text}" is ignored when a conference is recorded; remove it',),
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
            'tag="a" is ignored when a conference is recorded; remove it',
            'transcribe="true" is ignored when a conference is recorded; remove it',
        ),
        "conference",
    ),
    "verbs-after-a-conference": Case(
        "after-conference",
        "<Response><Pause/><Conference>a</Conference>\n<«Conference»>b</Conference><Hangup/></Response>",
        ("<Conference> runs only if the REST API ends the conference of <Conference> on line 1; move it before <Conference>",),
    ),
    # Documents and tags
    "empty": Case(
        "empty-document",
        "<«Response»/>",
        ("<Response> is empty, which ends the call; write <Hangup/> if this is intended",),
    ),
    "empty-pushed": Case(
        "empty-document",
        "<«Bxml»> <!-- nothing --> </Bxml>",
        ("<Bxml> is empty, which ends the call; write <Hangup/> if this is intended",),
    ),
    "rejected": Case(
        "hangup-first",
        response("<«Hangup»/><Pause/><Hangup/>"),
        ("<Hangup> rejects an incoming call that is not answered; to answer it, add another verb first, such as <Ring>",),
    ),
    "spaces-around-a-tag": Case(
        "trimmed-tag",
        response("<Tag>\n «order  17»\t</Tag>"),
        (r'"\n order  17\t" begins or ends with white space, which is removed; write "order  17"',),
    ),
    "space-before-a-tag": Case(
        "trimmed-tag",
        response("<Tag> «a»</Tag>"),
        ('" a" begins or ends with white space, which is removed; write "a"',),
    ),
    "blank-tag": Case(
        "trimmed-tag",
        response("<«Tag»>  </Tag>"),
        ('"  " contains only white space, which clears the tag; write <Tag/> if this is intended',),
    ),
}


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violation_is_reported_at_its_position(case: Case) -> None:
    """A rule reports each marked violation and no other problem."""
    text, places = marked(case.document)
    assert found(text, case.rule, case.context) == [Expected(*pair) for pair in zip(places, case.messages, strict=True)]


class Accepted(NamedTuple):
    """A document that a rule accepts."""

    rule: str
    document: str
    context: Context = "call"


ACCEPTED: Final = {
    "call ids": Accepted("bracketed-call-ids", '<Response><Conference callIdsToCoach="c-1, c-2">a</Conference></Response>'),
    "empty call ids, which the Java SDK writes": Accepted(
        "bracketed-call-ids", '<Response><Conference callIdsToCoach="">a</Conference></Response>'
    ),
    "number-as-caller-id": Accepted("privacy-word-as-caller-id", forward('from="+12125550123"')),
    "word-in-another-case": Accepted("privacy-word-as-caller-id", forward('from="restricted"')),
    "word-on-an-unknown-element": Accepted("privacy-word-as-caller-id", response('<Foo from="Private"/>')),
    "word-as-display-name": Accepted("private-display-name", forward('privacy="true" callerDisplayName="Unavailable"')),
    "name-without-privacy": Accepted("private-display-name", forward('callerDisplayName="Ada"')),
    "name-with-privacy-switched-off": Accepted("private-display-name", forward('privacy="false" callerDisplayName="Ada"')),
    "name-with-invalid-privacy": Accepted("private-display-name", forward('privacy="yes" callerDisplayName="Ada"')),
    "reason-with-its-treatment": Accepted(
        "unused-diversion-reason", forward('diversionTreatment="stack" diversionReason="away"')
    ),
    "defaults-of-the-java-sdk": Accepted(
        "unused-diversion-reason", forward('diversionTreatment="none" diversionReason="unknown"')
    ),
    "uui-to-a-sip-uri": Accepted("uui-without-sip", uui("YQ;encoding=base64")),
    "uui-to-a-secure-sip-uri": Accepted("uui-without-sip", forward('uui="YQ"', to="SIPS:desk@example.com")),
    "uui-to-an-invalid-destination": Accepted("uui-without-sip", forward('uui="YQ"', to="desk@example.com")),
    "uui-without-a-destination": Accepted("uui-without-sip", response('<Forward uui="YQ"/>')),
    "base64": Accepted("uui-form", uui("YQ;encoding=base64")),
    "jwt-beside-other-parameters": Accepted("uui-form", uui("e30; Purpose=a; Encoding = JWT;content=b")),
    "quoted-encoding": Accepted("uui-form", uui("&quot;YQ==&quot;;encoding=&quot;base64&quot;")),
    "list": Accepted("uui-form", uui("YQ;encoding=base64,e30;encoding=jwt")),
    "long-list": Accepted("uui-form", uui(",".join(["YQ;encoding=base64"] * 18))),
    "longest-value": Accepted("uui-form", uui(f"{LONG};encoding=jwt")),
    "longer-than-the-schema-allows": Accepted("uui-form", uui("a" * 351)),
    "forward-first": Accepted("forward-after-answer", response('<Forward to="+12"/><Record/>')),
    "forward-after-silent-ring": Accepted("forward-after-answer", response('<Ring answerCall="false"/><Forward to="+12"/>')),
    "forward-after-tag": Accepted("forward-after-answer", response('<Tag>a</Tag><Foo/><Forward to="+12"/>')),
    "forward-that-another-rule-reports": Accepted("forward-after-answer", response('<StartGather/><Forward to="+12"/>')),
    "forward-of-a-called-party": Accepted("forward-after-answer", response('<Record/><Forward to="+12"/>'), "transfer-answer"),
    "forward-in-a-conference": Accepted("forward-after-answer", response('<Record/><Forward to="+12"/>'), "conference"),
    "nested-forward": Accepted("forward-after-answer", response('<Record/><Gather><Forward to="+12"/></Gather>')),
    "forward-after-gathering": Accepted(
        "forward-with-start-gather", response('<StartGather/><StopGather/><Forward to="+12"/><StartGather/>')
    ),
    "forward-while-gathering-from-a-called-party": Accepted(
        "forward-with-start-gather", response('<StartGather/><Forward to="+12"/>'), "transfer-answer"
    ),
    "forward-after-another-gather": Accepted("forward-with-start-gather", response('<Gather/><Forward to="+12"/>')),
    "one-endpoint": Accepted("several-endpoints", response("<Connect><Endpoint>e-1</Endpoint></Connect>" * 2)),
    "no-endpoint": Accepted("several-endpoints", response("<Connect/>")),
    "ring-before-speech": Accepted("unneeded-answer-call", response('<Ring answerCall="false"/><Record/>')),
    "rings-that-answer": Accepted("unneeded-answer-call", response('<Record/><Ring/><Ring answerCall="true"/>')),
    "ring-with-an-invalid-boolean": Accepted("unneeded-answer-call", response('<Record/><Ring answerCall="False"/>')),
    "ring-in-a-conference": Accepted("unneeded-answer-call", response('<Record/><Ring answerCall="false"/>'), "conference"),
    "ring-that-answers-for-a-called-party": Accepted("unneeded-answer-call", response("<Ring/>"), "transfer-answer"),
    "mute-alone": Accepted("mute-on-hold", response('<Conference mute="true">room</Conference>')),
    "hold-without-mute": Accepted("mute-on-hold", response('<Conference mute="false" hold="true">room</Conference>')),
    "mute-without-hold": Accepted("mute-on-hold", response('<Conference mute="true" hold="false">room</Conference>')),
    "defaults-of-conference": Accepted("mute-on-hold", response('<Conference mute="false" hold="false">room</Conference>')),
    "mute-with-an-invalid-boolean": Accepted("mute-on-hold", response('<Conference mute="True" hold="True">room</Conference>')),
    "verbs-of-conferences": Accepted(
        "conference-verb", response("".join(f"<{name}/>" for name in CONFERENCE_VERBS)), "conference"
    ),
    "unknown-verb-in-a-conference": Accepted("conference-verb", response("<Foo/><Response/>"), "conference"),
    "nested-root": Accepted("conference-verb", "<Foo><Pause/><Response/></Foo>", "conference"),
    "empty-in-a-conference": Accepted("conference-verb", response(""), "conference"),
    "verb-on-a-call": Accepted("conference-verb", response("<Pause/>")),
    "verbs-of-a-called-party": Accepted("transfer-answer-verb", response("<Record/><Refer/><Foo/>"), "transfer-answer"),
    "transfer-on-a-call": Accepted("transfer-answer-verb", response("<Transfer/>")),
    "transfer-in-a-conference": Accepted("transfer-answer-verb", response("<Transfer/>"), "conference"),
    "recording-of-a-call": Accepted("conference-recording", response('<StartRecording transcribe="true" tag="a"/>')),
    "defaults-of-the-c#-sdk": Accepted(
        "conference-recording",
        response('<StartRecording transcribe="false" detectLanguage="false" multiChannel="false"/>'),
        "conference",
    ),
    "defaults-of-the-java-sdk-for-recordings": Accepted(
        "conference-recording",
        response('<StartRecording recordingAvailableMethod="POST" transcriptionAvailableMethod="POST" fileFormat="wav"/>'),
        "conference",
    ),
    "options-that-conferences-use": Accepted(
        "conference-recording",
        response('<StartRecording recordingAvailableUrl="/a" fileFormat="mp3" recordingName="a"/>'),
        "conference",
    ),
    "conference-last": Accepted("after-conference", response("<Pause/><Conference>room</Conference>")),
    "conference-in-a-conference": Accepted("after-conference", response("<Conference>room</Conference><Pause/>"), "conference"),
    "one-verb": Accepted("empty-document", response("<Hangup/>")),
    "unknown-verb-alone": Accepted("empty-document", response("<Foo/>")),
    "empty-for-a-conference": Accepted("empty-document", response(""), "conference"),
    "empty-for-a-called-party": Accepted("empty-document", response(""), "transfer-answer"),
    "hangup-second": Accepted("hangup-first", response("<Pause/><Hangup/>")),
    "no-verb": Accepted("hangup-first", response("")),
    "hangup-pushed": Accepted("hangup-first", "<Bxml><Hangup/></Bxml>"),
    "hangup-of-a-called-party": Accepted("hangup-first", response("<Hangup/>"), "transfer-answer"),
    "tag": Accepted("trimmed-tag", response("<Tag>order  17</Tag>")),
    "tag-that-clears": Accepted("trimmed-tag", response("<Tag/><Tag></Tag>")),
    "tag-with-no-break-spaces": Accepted("trimmed-tag", response("<Tag>\u00a0a\u00a0</Tag>")),
}


@pytest.mark.parametrize("accepted", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_document_has_no_problem(accepted: Accepted) -> None:
    """A rule accepts valid documents, the defaults of SDKs, and faults that another rule or the schema check reports."""
    assert found(accepted.document, accepted.rule, accepted.context) == []


def test_rules_have_their_severity_and_state() -> None:
    """Severities and default states are those in the tables above. Each rule has a violating and an accepted document."""
    assert {name: RULES[name].SEVERITY for name in SEVERITIES} == SEVERITIES
    assert OFF_BY_DEFAULT & SEVERITIES.keys() == OFF
    assert {case.rule for case in VIOLATIONS.values()} == {accepted.rule for accepted in ACCEPTED.values()} == SEVERITIES.keys()


@pytest.mark.parametrize("element", CALLER_ATTRIBUTES)
def test_privacy_words_are_those_of_the_schema(element: str) -> None:
    """The schema allows only phone numbers and the privacy words as caller ids."""
    (pattern,) = schema.vocabulary().elements[element].attributes[CALLER_ATTRIBUTES[element].number].type.patterns
    number, *words = pattern.pattern.split("|")
    assert tuple(words) == PRIVACY_WORDS
    assert not re.fullmatch(number, PRIVACY_WORDS[0])
    assert CALLER_ATTRIBUTES[element].name in schema.vocabulary().elements[element].attributes


def test_ignored_attributes_are_in_the_schema() -> None:
    """Every ignored attribute is an attribute of StartRecording."""
    assert set(IGNORED) <= schema.vocabulary().elements["StartRecording"].attributes.keys()


def test_documented_length_is_below_the_limit_of_the_schema() -> None:
    """The schema allows a longer User-To-User header than the rule. Otherwise the rule could not report anything."""
    longest = schema.vocabulary().elements["Forward"].attributes["uui"].type.longest
    assert longest is not None
    assert longest > MAX_LENGTH
