"""Names from other dialects: the message about each name gives its counterpart in BXML, and the counterpart exists."""

from __future__ import annotations

import re
from typing import Final

import pytest

import bxml
from bxml import BxmlError, Gather, InvalidDocument, PhoneNumber, SipUri, parse, schema, ssml, validate
from bxml.messages import foreign_names
from bxml.messages.python_names import class_name, python_name
from bxml.problem import Problem

NO_COUNTERPART: Final = ("has no counterpart here", "has no counterpart now")

MESSAGES: Final = {
    "Client": "TwiML's <Client> is <Endpoint> in <Connect> here",
    "Connect/Stream": "TwiML's <Stream> is <StartStream> with a mode of bidirectional here",
    "Dial": "TwiML's <Dial> is <Transfer> with <PhoneNumber> here",
    "Enqueue": "TwiML's <Enqueue> has no counterpart here; calls can wait in <Conference>",
    "Message": "TwiML's <Message> is a request to the Messaging API here",
    "Number": "TwiML's <Number> is <PhoneNumber> here",
    "Parameter": "TwiML's <Parameter> is <StreamParam> here",
    "Play": "TwiML's <Play> is <PlayAudio> here",
    "Queue": "TwiML's <Queue> has no counterpart here; calls can wait in <Conference>",
    "Recording": "TwiML's <Recording> is <StartRecording> here",
    "Reject": "TwiML's <Reject> is <Hangup> as the first verb here",
    "Say": "TwiML's <Say> is <SpeakSentence> here",
    "Sip": "TwiML's <Sip> is <SipUri> here",
    "Sms": "TwiML's <Sms> is a request to the Messaging API here",
    "Start": "TwiML's <Start> is <StartStream>, <StartTranscription> or <StartRecording> here",
    "StartTranscription/Parameter": "TwiML's <Parameter> is <CustomParam> here",
    "Stop": "TwiML's <Stop> is <StopStream> or <StopTranscription> here",
    "Stream": "TwiML's <Stream> is <StartStream> here",
    "Transcription": "TwiML's <Transcription> is <StartTranscription> here",
    "Bridge/@bridgeTargetCompleteFallback_url": (
        "write bridgeTargetCompleteFallbackUrl, which python-sdk before 23.3.0 misspells"
    ),
    "Conference/@coach": "TwiML's coach is callIdsToCoach here",
    "Conference/@muted": "TwiML's muted is mute here",
    "Conference/@name": "the name is the text of <Conference>; python-sdk before 23.3.0 writes the name as an attribute",
    "Conference/@record": "TwiML's record is <StartRecording> in the response from conferenceEventUrl here",
    "Conference/@statusCallback": "TwiML's statusCallback is conferenceEventUrl here",
    "Conference/@statusCallbackMethod": "TwiML's statusCallbackMethod is conferenceEventMethod here",
    "Gather/@action": "TwiML's action is gatherUrl here",
    "Gather/@finishOnKey": "TwiML's finishOnKey is terminatingDigits here",
    "Gather/@method": "TwiML's method is gatherMethod here",
    "Gather/@numDigits": "TwiML's numDigits is maxDigits here",
    "Gather/@requestUrl": "the first generation's requestUrl is gatherUrl now",
    "Gather/@timeout": "TwiML's timeout is firstDigitTimeout and interDigitTimeout here",
    "Pause/@length": "TwiML's length is duration here",
    "PhoneNumber/@method": "TwiML's method is transferAnswerMethod here",
    "PhoneNumber/@sendDigits": "TwiML's sendDigits is <SendDtmf> in the response from transferAnswerUrl here",
    "PhoneNumber/@statusCallback": "TwiML's statusCallback is transferDisconnectUrl here",
    "PhoneNumber/@statusCallbackMethod": "TwiML's statusCallbackMethod is transferDisconnectMethod here",
    "PhoneNumber/@url": "TwiML's url is transferAnswerUrl here",
    "PlayAudio/@digits": "TwiML's digits is the verb <SendDtmf> here",
    "Record/@action": "TwiML's action is recordCompleteUrl here",
    "Record/@finishOnKey": "TwiML's finishOnKey is terminatingDigits here",
    "Record/@maxLength": "TwiML's maxLength is maxDuration here",
    "Record/@method": "TwiML's method is recordCompleteMethod here",
    "Record/@recordCompleteFallback_method": "write recordCompleteFallbackMethod, which python-sdk before 23.3.0 misspells",
    "Record/@recordCompleteFallback_url": "write recordCompleteFallbackUrl, which python-sdk before 23.3.0 misspells",
    "Record/@recordingStatusCallback": "TwiML's recordingStatusCallback is recordingAvailableUrl here",
    "Record/@recordingStatusCallbackMethod": "TwiML's recordingStatusCallbackMethod is recordingAvailableMethod here",
    "Record/@requestUrl": "the first generation's requestUrl is recordCompleteUrl now",
    "Record/@timeout": "TwiML's timeout is silenceTimeout here",
    "Record/@transcribeCallback": "TwiML's transcribeCallback is transcriptionAvailableUrl here",
    "Record/@transcribeCallbackUrl": "the first generation's transcribeCallbackUrl is transcriptionAvailableUrl now",
    "Redirect/@method": "TwiML's method is redirectMethod here",
    "Redirect/@url": "TwiML's url is redirectUrl here",
    "Redirect/@requestUrl": "the first generation's requestUrl is redirectUrl now",
    "Refer/@action": "TwiML's action is referCompleteUrl here",
    "Refer/@method": "TwiML's method is referCompleteMethod here",
    "SipUri/@method": "TwiML's method is transferAnswerMethod here",
    "SipUri/@statusCallback": "TwiML's statusCallback is transferDisconnectUrl here",
    "SipUri/@statusCallbackMethod": "TwiML's statusCallbackMethod is transferDisconnectMethod here",
    "SipUri/@url": "TwiML's url is transferAnswerUrl here",
    "SpeakSentence/@language": "TwiML's language is locale here",
    "SpeakSentence/@volume": "the first generation's volume is the volume of <prosody> now",
    "StartRecording/@channels": "TwiML's channels is multiChannel here",
    "StartRecording/@recordingStatusCallback": "TwiML's recordingStatusCallback is recordingAvailableUrl here",
    "StartRecording/@recordingStatusCallbackMethod": "TwiML's recordingStatusCallbackMethod is recordingAvailableMethod here",
    "StartStream/@destination_password": (
        "write destinationPassword, which ruby-sdk up to 18.1 and python-sdk before 20.2.1 misspell"
    ),
    "StartStream/@destination_username": (
        "write destinationUsername, which ruby-sdk up to 18.1 and python-sdk before 20.2.1 misspell"
    ),
    "StartStream/@statusCallback": "TwiML's statusCallback is streamEventUrl here",
    "StartStream/@statusCallbackMethod": "TwiML's statusCallbackMethod is streamEventMethod here",
    "StartStream/@track": "TwiML's track is tracks here",
    "StartStream/@url": "TwiML's url is destination here",
    "StartTranscription/@languageCode": "TwiML's languageCode is preferredLanguages here",
    "StartTranscription/@stablilty": "write stabilized, which the older classes of php-sdk misspell",
    "StartTranscription/@statusCallbackMethod": "TwiML's statusCallbackMethod is transcriptionEventMethod here",
    "StartTranscription/@statusCallbackUrl": "TwiML's statusCallbackUrl is transcriptionEventUrl here",
    "StartTranscription/@track": "TwiML's track is tracks here",
    "Transfer/@action": "TwiML's action is transferCompleteUrl here",
    "Transfer/@callerId": "TwiML's callerId is transferCallerId here",
    "Transfer/@method": "TwiML's method is transferCompleteMethod here",
    "Transfer/@record": "TwiML's record is the verb <StartRecording> before it here",
    "Transfer/@requestUrl": "the first generation's requestUrl is transferCompleteUrl now",
    "Transfer/@timeout": "TwiML's timeout is callTimeout here",
    "Transfer/@transferTo": "the first generation's transferTo is <PhoneNumber> or <SipUri> in <Transfer> now",
}
"""For each name with a counterpart or an alternative, the part of its message after the first semicolon."""


def document(place: str) -> str:
    """Return a document with the element or attribute of a path. The marks « and » enclose the name."""
    element, is_attribute, attribute = place.partition("/@")
    if is_attribute:
        verb = f'<{element} «{attribute}»="x"/>'
        return f"<Response><Transfer>{verb}</Transfer></Response>" if element in {"PhoneNumber", "SipUri"} else response(verb)
    parent, _, name = element.rpartition("/")
    return response(f"<{parent}><«{name}»/></{parent}>" if parent else f"<«{name}»/>")


def response(verb: str) -> str:
    """Return a document of one verb."""
    return f"<Response>{verb}</Response>"


def only_problem(marked: str, rule: str) -> Problem:
    """Return the only problem of a rule in a document, after checking that the problem is between the marks."""
    (problem,) = validate(marked.replace("«", "").replace("»", ""), select=[rule])
    assert (problem.line, problem.column, problem.end_column) == (1, marked.index("«") + 1, marked.index("»"))
    assert problem.rule == rule
    return problem


def explanation(place: str) -> str:
    """Check the message about a name up to its first semicolon, and return the rest of the message."""
    element, is_attribute, attribute = place.partition("/@")
    unknown = f"{attribute} is not an attribute of <{element}>" if is_attribute else f"<{element}> is not an element of BXML"
    problem = only_problem(document(place), "unknown-attribute" if is_attribute else "unknown-element")
    first, _, message = problem.message.partition("; ")
    assert first == re.sub("<.*/", "<", unknown)
    return message


@pytest.mark.parametrize(("place", "message"), MESSAGES.items(), ids=MESSAGES)
def test_foreign_name_gets_its_counterpart(place: str, message: str) -> None:
    """The message about a foreign name gives its counterpart and its origin."""
    assert explanation(place) == message


WITHOUT_COUNTERPART: Final = [
    place for place, clause in {**foreign_names.ELEMENTS, **foreign_names.ATTRIBUTES}.items() if clause.endswith(NO_COUNTERPART)
]


@pytest.mark.parametrize("place", WITHOUT_COUNTERPART)
def test_foreign_name_without_a_counterpart_is_recognized(place: str) -> None:
    """The message about a name without a counterpart says that it has no counterpart, and suggests no similar name."""
    element, _, attribute = place.partition("/@")
    assert explanation(place) in {
        f"TwiML's {attribute or f'<{element}>'} has no counterpart here",
        f"the first generation's {attribute} has no counterpart now",
    }


def test_each_foreign_name_has_a_case() -> None:
    """Each entry of the tables has a test, and no entry overrides another."""
    entries = [*foreign_names.ELEMENTS, *foreign_names.ATTRIBUTES]
    assert sorted(entries) == sorted([*MESSAGES, *WITHOUT_COUNTERPART])
    of_twiml = sum(len([*names]) for names in foreign_names.TWIML_ATTRIBUTES.values())
    without_counterpart = sum(len([*names]) for names in foreign_names.TWIML_ATTRIBUTES_WITHOUT_COUNTERPART.values())
    others = len(foreign_names.FIRST_GENERATION_ATTRIBUTES) + len(foreign_names.SDK_ATTRIBUTES)
    assert len(foreign_names.ATTRIBUTES) == of_twiml + without_counterpart + others


# Foreign names are not in the schema, but their counterparts are


def declared(name: str) -> list[schema.Element]:
    """Return all declarations of an element."""
    return [element for element in schema.vocabulary().declarations() if element.name == name]


@pytest.mark.parametrize("place", foreign_names.ELEMENTS)
def test_counterparts_of_elements_exist(place: str) -> None:
    """A foreign element is not in the schema, but its counterparts are."""
    parent, _, name = place.rpartition("/")
    assert not declared(name)
    assert not parent or declared(parent)
    named = re.findall("<([^>]+)>", foreign_names.ELEMENTS[place])
    assert named[0] == name
    assert all(map(declared, named[1:]))


@pytest.mark.parametrize("place", foreign_names.ATTRIBUTES)
def test_counterparts_of_attributes_exist(place: str) -> None:
    """A foreign attribute is not in the schema, but its counterparts are."""
    name, _, attribute = place.partition("/@")
    attributes = {legal for element in declared(name) for legal in element.attributes}
    assert attributes
    assert attribute not in attributes
    clause = foreign_names.ATTRIBUTES[place]
    named = set(re.findall(r"@(\w+)", clause)) - {attribute}
    elements = re.findall("<([^>]+)>", clause)
    assert named <= attributes
    assert all(map(declared, elements))
    assert named or elements or clause.endswith(NO_COUNTERPART)


@pytest.mark.parametrize(
    "clause",
    [
        *foreign_names.ELEMENTS.values(),
        *foreign_names.ATTRIBUTES.values(),
        *(value.clause for value in foreign_names.VALUES.values()),
    ],
)
def test_clauses_mark_each_name_of_the_schema(clause: str) -> None:
    """Each schema name in a clause has a mark (``@`` or ``<>``), so that a message can spell it as in XML or as in Python."""
    plain = re.sub(r"@\w+|<[^>]+>|, which .*", "", clause)
    names = {element.name for element in schema.vocabulary().declarations()}
    names |= {name for element in schema.vocabulary().declarations() for name in element.attributes}
    with_capitals = {name for name in names if name != name.lower()}  # names in lower case are also English words
    assert with_capitals.isdisjoint(re.findall(r"\w+", plain))


# Spelling


def is_content(place: str) -> bool:
    """Return whether the attribute of a path is also a name for its element's content."""
    element, _, attribute = place.partition("/@")
    content = foreign_names.NAMED_CONTENT.get(element)
    return content is not None and python_name(attribute) in content.names


KEYWORDS: Final = [place for place in foreign_names.ATTRIBUTES if "_" not in place and not is_content(place)]
"""Attributes whose messages in Python and in a file differ only in the spelling of names. Names for content are left out."""


@pytest.mark.parametrize("place", KEYWORDS)
def test_foreign_keyword_gets_its_counterpart(place: str) -> None:
    """The message about a foreign keyword spells names as in Python, even if the keyword is spelled as in XML."""
    name, _, attribute = place.partition("/@")
    clause = re.sub(r"@(\w+)", lambda found: python_name(found[1]), foreign_names.ATTRIBUTES[place])
    clause = re.sub("<([^>]+)>", lambda found: class_name(found[1]), clause)
    for keyword in {attribute, python_name(attribute)}:
        with pytest.raises(InvalidDocument) as caught:
            getattr(bxml, name)(**{keyword: "x"})
        messages = [problem.message for problem in caught.value.problems if problem.rule == "unknown-attribute"]
        assert messages == [f"{keyword} is not an attribute of {name}; {clause}"]


def test_message_about_a_keyword_spells_names_as_in_python() -> None:
    """The message about num_digits spells Gather and max_digits as in Python."""
    with pytest.raises(BxmlError, match=r"num_digits is not an attribute of Gather; TwiML's num_digits is max_digits here \["):
        Gather(num_digits=4)  # type: ignore[call-arg]


def test_foreign_attribute_in_snake_case_is_recognized_in_a_file() -> None:
    """A foreign attribute in a file is recognized in snake case too."""
    problem = only_problem(response('<Gather «finish_on_key»="#"/>'), "unknown-attribute")
    assert problem.message == "finish_on_key is not an attribute of <Gather>; TwiML's finishOnKey is terminatingDigits here"


def test_sip_uri_in_refer_has_no_foreign_attributes() -> None:
    """SipUri has no attributes in Refer, so the attributes that it has in Transfer are not suggested there."""
    problem = only_problem(response('<Refer><SipUri «url»="x">sip:a@b</SipUri></Refer>'), "unknown-attribute")
    assert problem.message == "url is not an attribute of <SipUri>; it has no attributes"
    with pytest.raises(BxmlError, match="TwiML's url is transfer_answer_url here"):
        SipUri("sip:a@b.example", url="x")  # type: ignore[call-arg]


UNKNOWN: Final = {
    "<Gather «calbackTimeout»='1'/>": "calbackTimeout is not an attribute of <Gather>; "
    "see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather",
    "<Conference «calbackTimeout»='1'>a</Conference>": (
        "calbackTimeout is not an attribute of <Conference>; did you mean callbackTimeout?"
    ),
    "<Pause «timeout»='1'/>": "timeout is not an attribute of <Pause>; expected duration",
    "<«say»/>": ("<say> is not an element of BXML; see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml"),
    "<«Gathr»/>": "<Gathr> is not an element of BXML; did you mean <Gather>?",
}


@pytest.mark.parametrize(("verb", "message"), UNKNOWN.items(), ids=UNKNOWN)
def test_other_unknown_name_gets_the_nearest_name(verb: str, message: str) -> None:
    """The message about any other unknown name suggests the nearest name, lists the legal names, or links to a page."""
    rule = "unknown-element" if verb.startswith("<«") else "unknown-attribute"
    assert only_problem(response(verb), rule).message == message


# Content


def test_text_of_redirect_is_an_attribute() -> None:
    """If the text of Redirect is a URL, as in TwiML, the message names the attribute for the URL, in Python too."""
    problem = only_problem(response('<Redirect redirectUrl="/a">«/menu»</Redirect>'), "misplaced")
    assert (
        problem.message == 'the text "/menu" is not allowed in <Redirect>; it must be empty; TwiML\'s text is redirectUrl here'
    )
    with pytest.raises(BxmlError, match=r"by keyword; TwiML's text is redirect_url here \["):
        bxml.Redirect("/menu", redirect_url="/a")  # type: ignore[arg-type, call-arg]


def test_other_misplaced_content_gets_the_allowed_content() -> None:
    """The message about other misplaced content says what is allowed."""
    problem = only_problem(response("<Tag><«Hangup»/></Tag>"), "misplaced")
    assert problem.message == "<Hangup> is not allowed in <Tag>; expected text"


def test_attributes_that_replace_text_exist() -> None:
    """Every attribute that is named as the replacement of an element's text exists."""
    for name, clause in foreign_names.CONTENT.items():
        (element,) = declared(name)
        assert re.findall(r"@(\w+)", clause)[0] in element.attributes


# Values

PYTHON: Final = "which python-sdk before 23.3.0 writes as"
JAVA: Final = "which java-sdk 18.1 writes"
REASONS: Final = (
    "is not a diversion reason; expected unknown, user-busy, no-answer, unavailable, unconditional, time-of-day, "
    "do-not-disturb, deflection, follow-me, out-of-service or away"
)
TRACKS: Final = "is not a track; expected inbound, outbound or both"
INPUTS: Final = "is not an input type; expected dtmf, speech or dtmf_speech"
NONE_OF_SDK: Final = "None is what python-sdk 15 and 16 write for a missing argument; write a value or leave it out"
BOOLS: Final = "is not a boolean; expected true or false"

VALUES: Final = {
    '<Record transcribe="«True»"/>': f"{BOOLS}; write true, {PYTHON} True",
    '<Ring answerCall="«False»"/>': f"{BOOLS}; write false, {PYTHON} False",
    '<StartTranscription tracks="«INBOUND»"/>': f"{TRACKS}; write inbound, {JAVA} as INBOUND",
    '<StartStream tracks="«OUTBOUND»"/>': f"{TRACKS}; write outbound, {JAVA} as OUTBOUND",
    '<StartStream tracks="«inbound_track»"/>': f"{TRACKS}; TwiML's inbound_track is inbound here",
    '<StartStream tracks="«outbound_track»"/>': f"{TRACKS}; TwiML's outbound_track is outbound here",
    '<StartTranscription tracks="«both_tracks»"/>': f"{TRACKS}; TwiML's both_tracks is both here",
    '<Gather input="«dtmf speech»"/>': f"{INPUTS}; TwiML's dtmf speech is dtmf_speech here",
    '<Gather input="«speech dtmf»"/>': f"{INPUTS}; TwiML's speech dtmf is dtmf_speech here",
    **{
        f'<Transfer diversionReason="«{reason}»"/>': (f"{REASONS}; write {reason.replace('_', '-')}, {JAVA} with an underscore")
        for reason in ("do_not_disturb", "follow_me", "no_answer", "out_of_service", "time_of_day", "user_busy")
    },
    '<Pause duration="«1,5»"/>': (
        "is not a number of seconds from 0.1 to 86400; write 1.5, which csharp-sdk 17.1 writes with a comma on some machines"
    ),
    # Values that are similar to foreign values:
    '<StartStream mode="«True»"/>': "is not a stream mode; expected unidirectional or bidirectional",
    '<StartStream tracks="«Inbound»"/>': f"{TRACKS}; did you mean inbound?",
    '<Pause duration="«0,05»"/>': "is not a number of seconds from 0.1 to 86400",
    '<Pause duration="«1,000,5»"/>': "is not a number of seconds from 0.1 to 86400",
    '<Pause duration="«x»"/>': "is not a number of seconds from 0.1 to 86400",
    '<Gather maxDigits="«1,5»"/>': "is not an integer from 1 to 50",
    # Words for missing values:
    '<Gather maxDigits="«None»"/>': f"is not an integer from 1 to 50; {NONE_OF_SDK}",
    '<Ring duration="«None»"/>': f"is not a number of seconds from 0.1 to 86400; {NONE_OF_SDK}",
    '<Ring answerCall="«None»"/>': f"{BOOLS}; {NONE_OF_SDK}",
    '<Record recordCompleteMethod="«None»"/>': (
        "is not an HTTP method; expected GET or POST; None is what Python writes for a missing value; "
        "write a value or leave it out"
    ),
    '<Pause duration="«NaN»"/>': (
        "is not a number of seconds from 0.1 to 86400; NaN is what JavaScript writes for an invalid number; "
        "write a value or leave it out"
    ),
    '<Redirect redirectUrl="«[object Object]»"/>': (
        "is not an http(s) URL; [object Object] is what JavaScript writes for an object; write a value or leave it out"
    ),
    '<SpeakSentence>a <break strength="«None»"/></SpeakSentence>': (
        "is not a break strength; expected none, x-weak, weak, medium, strong or x-strong; did you mean none?"
    ),
}


@pytest.mark.parametrize(("verb", "message"), VALUES.items(), ids=VALUES)
def test_foreign_value_gets_its_counterpart(verb: str, message: str) -> None:
    """The message about a foreign value gives its counterpart, if the type has a counterpart."""
    problem = only_problem(response(verb), "invalid-value")
    assert problem.message.partition('" ')[2] == message


def test_each_foreign_value_has_a_case() -> None:
    """Each foreign value has a test."""
    written = {re.sub(".*«|».*", "", verb) for verb in VALUES}
    assert foreign_names.VALUES.keys() <= written


@pytest.mark.parametrize("text", foreign_names.VALUES)
def test_counterparts_of_values_exist(text: str) -> None:
    """The counterpart of a foreign value is legal, and the foreign value is not."""
    types = [attribute.type for element in schema.vocabulary().declarations() for attribute in element.attributes.values()]
    value = foreign_names.VALUES[text]
    having = [type_ for type_ in types if value.here in type_.words]
    assert having
    assert not any(text in type_.words for type_ in having)
    assert re.search(rf"\b(is|write) {value.here}\b", value.clause)


def test_long_number_is_shortened() -> None:
    """A long number is shortened in the message."""
    with pytest.raises(BxmlError) as caught:
        parse(response(f'<Pause duration="{"0" * 5000}1,5"/>'))
    (problem,) = caught.value.problems
    assert "…, which csharp-sdk" in problem.message
    assert len(problem.message) < 300


def test_volume_of_the_first_generation_is_ssml() -> None:
    """The message about volume, an attribute of the first generation, names Prosody, which now has this attribute."""
    assert ssml.Prosody("Hello.", volume="loud").volume == "loud"
    with pytest.raises(BxmlError, match="is the volume of Prosody now"):
        bxml.SpeakSentence("Hello.", volume="loud")  # type: ignore[call-arg]


def test_attribute_of_twiml_number_gets_its_counterpart() -> None:
    """The message about an attribute of TwiML's Number gives its counterpart."""
    with pytest.raises(BxmlError, match="TwiML's send_digits is SendDtmf in the response from transfer_answer_url here"):
        PhoneNumber("+19195551234", send_digits="1")  # type: ignore[call-arg]
