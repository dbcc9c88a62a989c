"""Names from TwiML, from the first generation of BXML and from SDKs that misspell names, with their counterparts in BXML.

Each name has a clause that completes a message of :mod:`bxml.messages.schema_findings`. In a clause, ``<Gather>`` marks an
element and ``@maxDigits`` marks an attribute; a message spells both names as in XML or as in Python. The names of TwiML come
from twilio-python 9.13 of November 2026; the misspellings of python-sdk were found by comparing its releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, NamedTuple

NO_COUNTERPART: Final = "has no counterpart here"

_MACHINE_DETECTION: Final = (
    "machineDetection",
    "machineDetectionTimeout",
    "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold",
    "machineDetectionSilenceTimeout",
    "amdStatusCallback",
    "amdStatusCallbackMethod",
)

_OF_DESTINATIONS: Final = {
    "url": "@transferAnswerUrl",
    "method": "@transferAnswerMethod",
    "statusCallback": "@transferDisconnectUrl",
    "statusCallbackMethod": "@transferDisconnectMethod",
}

_OF_RECORDINGS: Final = {
    "recordingStatusCallback": "@recordingAvailableUrl",
    "recordingStatusCallbackMethod": "@recordingAvailableMethod",
}

TWIML_ELEMENTS: Final = {
    "Client": "<Endpoint> in <Connect>",
    "Connect/Stream": "<StartStream> with a mode of bidirectional",
    "Dial": "<Transfer> with <PhoneNumber>",
    "Message": "a request to the Messaging API",
    "Number": "<PhoneNumber>",
    "Parameter": "<StreamParam>",
    "Play": "<PlayAudio>",
    "Recording": "<StartRecording>",
    "Reject": "<Hangup> as the first verb",
    "Say": "<SpeakSentence>",
    "Sip": "<SipUri>",
    "Sms": "a request to the Messaging API",
    "Start": "<StartStream>, <StartTranscription> or <StartRecording>",
    "StartTranscription/Parameter": "<CustomParam>",
    "Stop": "<StopStream> or <StopTranscription>",
    "Stream": "<StartStream>",
    "Transcription": "<StartTranscription>",
}
"""The counterparts in BXML of the elements of TwiML, by element name. ``Connect/Stream`` is a Stream in a Connect."""

TWIML_ELEMENTS_WITHOUT_COUNTERPART: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "AiSession",
            "Application",
            "Autopilot",
            "Conversation",
            "ConversationRelay",
            "Echo",
            "Leave",
            "Pay",
            "Prompt",
            "Room",
            "Sim",
            "Siprec",
            "Task",
            "VirtualAgent",
            "WhatsApp",
        ),
        "",
    ),
    **dict.fromkeys(("Enqueue", "Queue"), "calls can wait in <Conference>"),
}
"""Hints about similar features of BXML, by the names of elements of TwiML. A hint is empty if BXML has no similar feature."""

ELEMENTS: Final[Mapping[str, str]] = {
    name: f"TwiML's <{name.rpartition('/')[2]}> {fate}"
    for name, fate in chain(
        ((name, f"is {here} here") for name, here in TWIML_ELEMENTS.items()),
        (
            (name, "; ".join(filter(None, (NO_COUNTERPART, instead))))
            for name, instead in TWIML_ELEMENTS_WITHOUT_COUNTERPART.items()
        ),
    )
}
"""Clauses about the counterparts of TwiML elements, by the names of the elements or by paths such as ``Connect/Stream``."""

TWIML_ATTRIBUTES: Final = {
    "Conference": {
        "coach": "@callIdsToCoach",
        "muted": "@mute",
        "record": "<StartRecording> in the response from @conferenceEventUrl",
        "statusCallback": "@conferenceEventUrl",
        "statusCallbackMethod": "@conferenceEventMethod",
    },
    "Gather": {
        "action": "@gatherUrl",
        "finishOnKey": "@terminatingDigits",
        "method": "@gatherMethod",
        "numDigits": "@maxDigits",
        "timeout": "@firstDigitTimeout and @interDigitTimeout",
    },
    "Pause": {"length": "@duration"},
    "PhoneNumber": {**_OF_DESTINATIONS, "sendDigits": "<SendDtmf> in the response from @transferAnswerUrl"},
    "PlayAudio": {"digits": "the verb <SendDtmf>"},
    "Record": {
        **_OF_RECORDINGS,
        "action": "@recordCompleteUrl",
        "finishOnKey": "@terminatingDigits",
        "maxLength": "@maxDuration",
        "method": "@recordCompleteMethod",
        "timeout": "@silenceTimeout",
        "transcribeCallback": "@transcriptionAvailableUrl",
    },
    "Redirect": {"method": "@redirectMethod", "url": "@redirectUrl"},
    "Refer": {"action": "@referCompleteUrl", "method": "@referCompleteMethod"},
    "SipUri": _OF_DESTINATIONS,
    "SpeakSentence": {"language": "@locale"},
    "StartRecording": {**_OF_RECORDINGS, "channels": "@multiChannel"},
    "StartStream": {
        "statusCallback": "@streamEventUrl",
        "statusCallbackMethod": "@streamEventMethod",
        "track": "@tracks",
        "url": "@destination",
    },
    "StartTranscription": {
        "languageCode": "@preferredLanguages",
        "statusCallbackMethod": "@transcriptionEventMethod",
        "statusCallbackUrl": "@transcriptionEventUrl",
        "track": "@tracks",
    },
    "Transfer": {
        "action": "@transferCompleteUrl",
        "callerId": "@transferCallerId",
        "method": "@transferCompleteMethod",
        "record": "the verb <StartRecording> before it",
        "timeout": "@callTimeout",
    },
}
"""The attributes of elements in TwiML, with the counterparts in BXML, by the BXML names of the elements."""

TWIML_ATTRIBUTES_WITHOUT_COUNTERPART: Final[Mapping[str, Iterable[str]]] = {
    "Conference": (
        "beep",
        "endConferenceOnExit",
        "jitterBufferSize",
        "maxParticipants",
        "participantLabel",
        "recordingStatusCallback",
        "region",
        "startConferenceOnEnter",
        "statusCallbackEvent",
        "trim",
        "waitMethod",
        "waitUrl",
    ),
    "Connect": ("action", "method"),
    "Gather": ("actionOnEmptyResult", "bargeIn", "debug", "enhanced", "maxSpeechTime"),
    "PhoneNumber": ("byoc", "statusCallbackEvent", *_MACHINE_DETECTION),
    "PlayAudio": ("loop",),
    "Record": ("playBeep", "recordingConfigurationId", "recordingStatusCallbackEvent", "trim"),
    "SipUri": ("statusCallbackEvent", *_MACHINE_DETECTION),
    "SpeakSentence": ("loop",),
    "StartRecording": ("recordingConfigurationId", "recordingStatusCallbackEvent", "track", "trim"),
    "StartStream": ("audioFormat", "connectorName", "sampleRate"),
    "StartTranscription": (
        "enableAutomaticPunctuation",
        "hints",
        "inboundTrackLabel",
        "intelligenceService",
        "outboundTrackLabel",
        "partialResults",
        "profanityFilter",
        "speechModel",
        "transcriptionEngine",
    ),
    "Transfer": (
        "answerOnBridge",
        "events",
        "hangupOnStar",
        "passports",
        "recordingTrack",
        "referMethod",
        "referUrl",
        "ringTone",
        "sequential",
        "timeLimit",
        "trim",
    ),
}

# Pause/@length of the first generation is left out, because the clause about TwiML's attribute of that name fits it too.
FIRST_GENERATION_ATTRIBUTES: Final = {
    "Gather/@requestUrl": "is @gatherUrl now",
    "Record/@requestUrl": "is @recordCompleteUrl now",
    "Record/@transcribeCallbackUrl": "is @transcriptionAvailableUrl now",
    "Redirect/@requestUrl": "is @redirectUrl now",
    "SpeakSentence/@volume": "is the volume of <prosody> now",
    "Transfer/@requestUrl": "is @transferCompleteUrl now",
    "Transfer/@transferTo": "is <PhoneNumber> or <SipUri> in <Transfer> now",
    **dict.fromkeys(
        (
            "Gather/@bargeable",
            "Gather/@requestUrlTimeout",
            "Record/@requestUrlTimeout",
            "Redirect/@requestUrlTimeout",
            "Transfer/@requestUrlTimeout",
        ),
        "has no counterpart now",
    ),
}

SDK_ATTRIBUTES: Final = {
    "Bridge/@bridgeTargetCompleteFallback_url": (
        "write @bridgeTargetCompleteFallbackUrl, which python-sdk before 23.3.0 misspells"
    ),
    "Conference/@name": "the name is the text of <Conference>; python-sdk before 23.3.0 writes the name as an attribute",
    "Record/@recordCompleteFallback_method": "write @recordCompleteFallbackMethod, which python-sdk before 23.3.0 misspells",
    "Record/@recordCompleteFallback_url": "write @recordCompleteFallbackUrl, which python-sdk before 23.3.0 misspells",
    "StartStream/@destination_password": (
        "write @destinationPassword, which ruby-sdk up to 18.1 and python-sdk before 20.2.1 misspell"
    ),
    "StartStream/@destination_username": (
        "write @destinationUsername, which ruby-sdk up to 18.1 and python-sdk before 20.2.1 misspell"
    ),
    "StartTranscription/@stablilty": "write @stabilized, which the older classes of php-sdk misspell",
}


def _attribute_of(path: str) -> str:
    """Return the attribute of a path as clauses spell it: ``@requestUrl`` for ``Gather/@requestUrl``."""
    return "@" + path.rpartition("@")[2]


ATTRIBUTES: Final[Mapping[str, str]] = {
    **{
        f"{element}/@{name}": f"TwiML's @{name} is {here} here"
        for element, names in TWIML_ATTRIBUTES.items()
        for name, here in names.items()
    },
    **{
        f"{element}/@{name}": f"TwiML's @{name} {NO_COUNTERPART}"
        for element, names in TWIML_ATTRIBUTES_WITHOUT_COUNTERPART.items()
        for name in names
    },
    **{path: f"the first generation's {_attribute_of(path)} {fate}" for path, fate in FIRST_GENERATION_ATTRIBUTES.items()},
    **SDK_ATTRIBUTES,
}
"""Clauses about the counterparts of foreign attributes, by paths such as ``Gather/@numDigits``."""

CONTENT: Final[Mapping[str, str]] = {"Redirect": "TwiML's text is @redirectUrl here"}
"""Clauses about content that elements can have only in another dialect, by the names of the elements."""

ADDING_METHODS: Final = (
    "add",
    "add_child",
    "add_transfer_recipient",
    "add_verb",
    "add_verbs",
    "append",
    "insert",
    "nest",
    "set_sip_uri",
)
"""Methods of other SDKs, and of lists, that add a child or an item. In this package, documents and verbs are immutable."""

CLASSES: Final[Mapping[str, str]] = {
    "MessagingResponse": "twilio-python's <MessagingResponse> is a request to the Messaging API here",
    "NestableVerb": "bandwidth-sdk's <NestableVerb> is <Verb> here",
    "Root": "bandwidth-sdk's <Root> is <Document> here",
    "VoiceResponse": "twilio-python's <VoiceResponse> is <Response> here",
}
"""Clauses about the counterparts of classes of other SDKs, except the elements of TwiML, by the names of the classes."""


class NamedContent(NamedTuple):
    """The names of an element's content in other packages, where the content is a keyword argument or an attribute."""

    noun: str
    """A noun for the text of the element; empty if the content is a list of children."""
    sdk: str
    """The parameter of bandwidth-sdk 23.3."""
    others: tuple[str, ...] = ()
    """The parameter of twilio-python, and words with a similar meaning; all are spelled as in Python."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return (self.sdk, *self.others)


_OF_DOCUMENTS: Final = NamedContent("", "nested_verbs", ("verbs",))

NAMED_CONTENT: Final[Mapping[str, NamedContent]] = {
    "Bridge": NamedContent("the call ID", "target_call", ("call", "call_id", "target_call_id", "to")),
    "Bxml": _OF_DOCUMENTS,
    "Conference": NamedContent("the name", "name", ("conference", "conference_id", "conference_name")),
    "Connect": NamedContent("", "destination", ("endpoint", "endpoint_id", "endpoints", "to")),
    "Endpoint": NamedContent("the endpoint ID", "endpoint_id", ("endpoint", "id", "identity")),
    "Gather": NamedContent("", "audio_verbs", ("nested_verbs", "prompts", "verbs")),
    "PhoneNumber": NamedContent("the number", "number", ("phone_number", "to")),
    "PlayAudio": NamedContent("the URL", "audio_uri", ("audio", "audio_url", "uri", "url")),
    "Refer": NamedContent("", "sip_uri", ("refer_to", "sip_url", "to", "uri")),
    "Response": _OF_DOCUMENTS,
    "SendDtmf": NamedContent("the digit string", "digits", ("dtmf", "tones")),
    "SipUri": NamedContent("the URI", "uri", ("sip_uri", "sip_url", "to")),
    "SpeakSentence": NamedContent("the sentence", "text", ("message", "sentence", "ssml")),
    "StartStream": NamedContent("", "stream_params", ("params", "parameters")),
    "StartTranscription": NamedContent("", "custom_params", ("params", "parameters")),
    "Tag": NamedContent("the value", "content", ("tag", "value")),
    "Transfer": NamedContent(
        "", "transfer_to", ("destinations", "number", "phone_number", "phone_numbers", "sip_uri", "sip_uris", "to")
    ),
}
"""The names that the content of each element has in other packages, by the BXML name of the element."""


class Value(NamedTuple):
    """The counterpart in BXML of a value of TwiML or of an SDK."""

    here: str
    """The value in BXML; the clause is used only for types that have this value."""
    clause: str


SDK_VALUES: Final = {
    "False": ("false", "python-sdk before 23.3.0 writes as False"),
    "INBOUND": ("inbound", "java-sdk 18.1 writes as INBOUND"),
    "OUTBOUND": ("outbound", "java-sdk 18.1 writes as OUTBOUND"),
    "True": ("true", "python-sdk before 23.3.0 writes as True"),
    **{
        reason.replace("-", "_"): (reason, "java-sdk 18.1 writes with an underscore")
        for reason in ("do-not-disturb", "follow-me", "no-answer", "out-of-service", "time-of-day", "user-busy")
    },
}

TWIML_VALUES: Final = {
    "both_tracks": "both",
    "dtmf speech": "dtmf_speech",
    "inbound_track": "inbound",
    "outbound_track": "outbound",
    "speech dtmf": "dtmf_speech",
}

VALUES: Final[Mapping[str, Value]] = {
    **{text: Value(here, f"write {here}, which {who}") for text, (here, who) in SDK_VALUES.items()},
    **{text: Value(here, f"TwiML's {text} is {here} here") for text, here in TWIML_VALUES.items()},
}
"""The counterparts in BXML of foreign values of enumerated types."""

DECIMAL_COMMA: Final = "write {}, which csharp-sdk 17.1 writes with a comma on some machines"
"""Clause about a number with a decimal comma; the placeholder stands for the same number with a decimal point."""
