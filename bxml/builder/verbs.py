"""The verbs and the children of verbs, named like their elements in XML.

The positional argument of a class is its content: a string or a list of children. Keyword arguments are its attributes, with
Bandwidth's names in snake case. Each class is an immutable dataclass; the constructor of :class:`bxml.builder.element.Element`
checks the arguments. The limits of values are in the schema only. A test compares the names, types, defaults and descriptions
here with the schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from bxml.builder.element import Element
from bxml.builder.element_base import NO_CHILDREN, Children
from bxml.builder.ssml import Speech

if TYPE_CHECKING:  # only type annotations need these modules, and importing them takes time
    from dataclasses import KW_ONLY
    from datetime import timedelta
    from decimal import Decimal

Seconds: TypeAlias = "float | Decimal | timedelta"
"""A number of seconds, or a duration."""
Milliseconds: TypeAlias = "float | Decimal | timedelta"
"""A number of milliseconds, or a duration."""

Method = Literal["GET", "POST"]
DiversionTreatment = Literal["none", "propagate", "stack"]
DiversionReason = Literal[
    "unknown",
    "user-busy",
    "no-answer",
    "unavailable",
    "unconditional",
    "time-of-day",
    "do-not-disturb",
    "deflection",
    "follow-me",
    "out-of-service",
    "away",
]
GatherInput = Literal["dtmf", "speech", "dtmf_speech"]
FileFormat = Literal["mp3", "wav"]
Gender = Literal["male", "female"]
StreamMode = Literal["unidirectional", "bidirectional"]
Tracks = Literal["inbound", "outbound", "both"]


class Extensible(Element):
    """Base class of verbs and their children, which accept attributes that the schema does not have yet.

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked. Serializing a document
            with such attributes validates all other attributes and issues :class:`bxml.UncheckedAttribute`.
    """

    _: KW_ONLY
    extra: Mapping[str, str] | None = None


class Verb(Extensible):
    """Base class of the elements that a document can contain."""


class Prompt(Verb):
    """Base class of the verbs that a Gather can contain: SpeakSentence and PlayAudio."""


class TransferTarget(Extensible):
    """Base class of the elements that a Transfer can contain: PhoneNumber and SipUri."""


class Bridge(Verb):
    """Bridge this call with another active call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/bridge

    Args:
        text: ID of the other call.
        bridge_complete_url: URL that receives the bridgeComplete event when the other call leaves first or cannot be
            bridged, and responds with BXML for this call; no default.
        bridge_complete_method: HTTP method of the request to bridge_complete_url; default POST.
        bridge_complete_fallback_url: URL that is requested if bridge_complete_url does not respond; no default.
        bridge_complete_fallback_method: HTTP method of the request to bridge_complete_fallback_url; default POST.
        bridge_target_complete_url: URL that receives the bridgeTargetComplete event when this call leaves first, and
            responds with BXML for the other call; without this URL the other call is hung up; no default.
        bridge_target_complete_method: HTTP method of the request to bridge_target_complete_url; default POST.
        bridge_target_complete_fallback_url: URL that is requested if bridge_target_complete_url does not respond; no
            default.
        bridge_target_complete_fallback_method: HTTP method of the request to bridge_target_complete_fallback_url;
            default POST.
        username: User name for HTTP Basic authentication of requests to bridge_complete_url and
            bridge_target_complete_url; no default.
        password: Password for HTTP Basic authentication of requests to bridge_complete_url and
            bridge_target_complete_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to bridge_complete_fallback_url and
            bridge_target_complete_fallback_url; no default.
        fallback_password: Password for HTTP Basic authentication of requests to bridge_complete_fallback_url and
            bridge_target_complete_fallback_url; no default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    bridge_complete_url: str | None = None
    bridge_complete_method: Method | None = None
    bridge_complete_fallback_url: str | None = None
    bridge_complete_fallback_method: Method | None = None
    bridge_target_complete_url: str | None = None
    bridge_target_complete_method: Method | None = None
    bridge_target_complete_fallback_url: str | None = None
    bridge_target_complete_fallback_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None


class Conference(Verb):
    """Put the call into a conference, which is created if it does not exist.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference

    Args:
        text: Name of the conference.
        mute: True if the other members cannot hear this member; default false.
        hold: True if this member neither hears the others nor is heard; default false.
        call_ids_to_coach: IDs of the calls that this call coaches, separated by commas on the wire; only these calls
            hear this call; by default all members hear it.
        conference_event_url: URL that receives the events of the conference that this call creates, and responds with
            BXML for the whole conference; no default.
        conference_event_method: HTTP method of the request to conference_event_url; default POST.
        conference_event_fallback_url: URL that is requested if conference_event_url does not respond; no default.
        conference_event_fallback_method: HTTP method of the request to conference_event_fallback_url; default POST.
        username: User name for HTTP Basic authentication of requests to conference_event_url; no default.
        password: Password for HTTP Basic authentication of requests to conference_event_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to conference_event_fallback_url; no
            default.
        fallback_password: Password for HTTP Basic authentication of requests to conference_event_fallback_url; no
            default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        callback_timeout: Seconds to wait for the response to a webhook of the conference; default is the value of the
            call that creates the conference.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    mute: bool | None = None
    hold: bool | None = None
    call_ids_to_coach: Sequence[str] | None = None
    conference_event_url: str | None = None
    conference_event_method: Method | None = None
    conference_event_fallback_url: str | None = None
    conference_event_fallback_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    callback_timeout: Seconds | None = None


class Endpoint(Extensible):
    """The endpoint to connect to.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect

    Args:
        text: ID of the endpoint.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str


class Connect(Verb):
    """Connect the call to an endpoint of Bandwidth's WebRTC product, which is in beta as of 2026.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect

    Args:
        children: A list of Endpoint, at least 1.
        event_callback_url: URL that receives the status events of the connection; no default.
        event_fallback_url: URL that is requested if event_callback_url does not respond; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[Endpoint, Endpoint]
    _: KW_ONLY
    event_callback_url: str | None = None
    event_fallback_url: str | None = None


class Forward(Verb):
    """Forward an incoming call that is not answered yet; the application then no longer controls the call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward

    Args:
        to: Phone number in E.164 format, or SIP URI, to forward the call to.
        from_: Caller ID shown to the called party, in E.164 format; default is the number that was called.
        privacy: True to hide the calling number from the called party; default false.
        caller_display_name: Name shown to the called party; with privacy it must be Restricted, Anonymous, Private or
            Unavailable; no default.
        call_timeout: Seconds to wait for an answer once the called party rings; default 30.
        diversion_treatment: Treatment of the SIP Diversion header: none to remove the header, propagate to copy it, or
            stack to copy it and add another header; default none.
        diversion_reason: Reason, such as unknown or no-answer, in the Diversion header that stack adds; default
            unknown.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent if the call goes to a SIP URI; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    to: str
    from_: str | None = None
    privacy: bool | None = None
    caller_display_name: str | None = None
    call_timeout: Seconds | None = None
    diversion_treatment: DiversionTreatment | None = None
    diversion_reason: DiversionReason | None = None
    uui: str | None = None


class Gather(Verb):
    """Collect digits or speech from the caller while the nested prompts are played.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather

    Args:
        children: A list of SpeakSentence and PlayAudio, at most 20.
        gather_url: URL that receives the gather event and responds with BXML for the call; without this URL the input
            is dropped and the next verb runs; no default.
        gather_method: HTTP method of the request to gather_url; default POST.
        gather_fallback_url: URL that is requested if gather_url does not respond; no default.
        gather_fallback_method: HTTP method of the request to gather_fallback_url; default POST.
        username: User name for HTTP Basic authentication of requests to gather_url; no default.
        password: Password for HTTP Basic authentication of requests to gather_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to gather_fallback_url; no default.
        fallback_password: Password for HTTP Basic authentication of requests to gather_fallback_url; no default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        terminating_digits: Keys that each end the input; no default.
        max_digits: Number of digits that ends the input; default 50.
        inter_digit_timeout: Seconds without another digit after which the input ends; default 5.
        first_digit_timeout: Seconds to wait for the first digit each time the prompts have been played; default 5.
        repeat_count: Number of times to play the prompts while no key is pressed; multiplied by the number of
            prompts, it must be at most 20; default 1.
        input: Kind of input: dtmf for digits, speech, or dtmf_speech for both; default dtmf.
        hints: Words or phrases that the speech recognition should expect; no default.
        language: Language of the speech, such as en-US; the default is not published.
        partial_result_callback: URL that receives partialgather events while the caller speaks; no default.
        partial_result_callback_method: HTTP method of the request to partial_result_callback; default POST.
        profanity_filter: True to mask profane words in the recognized speech; default true.
        speech_model: Model of the speech recognition; the default is not published.
        speech_timeout: Seconds to wait for speech, as an integer; default 5.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[SpeakSentence | PlayAudio, Prompt] = NO_CHILDREN
    _: KW_ONLY
    gather_url: str | None = None
    gather_method: Method | None = None
    gather_fallback_url: str | None = None
    gather_fallback_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    terminating_digits: str | None = None
    max_digits: int | None = None
    inter_digit_timeout: Seconds | None = None
    first_digit_timeout: Seconds | None = None
    repeat_count: int | None = None
    input: GatherInput | None = None
    hints: str | None = None
    language: str | None = None
    partial_result_callback: str | None = None
    partial_result_callback_method: Method | None = None
    profanity_filter: bool | None = None
    speech_model: str | None = None
    speech_timeout: int | None = None


class Hangup(Verb):
    """End the call, or reject an incoming call that is not answered yet.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """


class Pause(Verb):
    """Wait in silence.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pause

    Args:
        duration: Seconds of silence; default 1.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    duration: Seconds | None = None


class PauseRecording(Verb):
    """Pause the recording that StartRecording started; paused time is neither recorded nor billed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pauseRecording

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """


class PlayAudio(Prompt):
    """Play a WAV or MP3 file.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/playAudio

    Args:
        text: URL of the file, absolute or relative.
        username: User name for HTTP Basic authentication of the request for the file; no default.
        password: Password for HTTP Basic authentication of the request for the file; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    username: str | None = None
    password: str | None = None


class Record(Verb):
    """Record the caller until a key press, silence, the time limit or the end of the call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record

    Args:
        record_complete_url: URL that receives the recordComplete event when the recording ends, and responds with BXML
            for the call; without this URL the next verb runs; no default.
        record_complete_method: HTTP method of the request to record_complete_url; default POST.
        record_complete_fallback_url: URL that is requested if record_complete_url does not respond; no default.
        record_complete_fallback_method: HTTP method of the request to record_complete_fallback_url; default POST.
        recording_available_url: URL that receives the recordingAvailable event when the file can be downloaded; no
            default.
        recording_available_method: HTTP method of the request to recording_available_url; default POST.
        transcribe: True to transcribe the recording if it is longer than 500 ms and shorter than 4 hours; default
            false.
        detect_language: True to detect the language of the transcription: English, French or Spanish; default false.
        transcription_available_url: URL that receives the transcriptionAvailable event when the transcription can be
            downloaded; no default.
        transcription_available_method: HTTP method of the request to transcription_available_url; default POST.
        username: User name for HTTP Basic authentication of requests to record_complete_url, recording_available_url
            and transcription_available_url; no default.
        password: Password for HTTP Basic authentication of requests to record_complete_url, recording_available_url and
            transcription_available_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to record_complete_fallback_url; no
            default.
        fallback_password: Password for HTTP Basic authentication of requests to record_complete_fallback_url; no
            default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        terminating_digits: Keys that each end the recording; with an empty value no key ends it; default #.
        max_duration: Maximum length of the recording in seconds, as an integer; default 60.
        silence_timeout: Seconds of silence that end the recording; 0 means that silence does not end it; default 0.
        file_format: Format of the audio file, mp3 or wav; default wav.
        recording_name: Name of the recording, which the recordingAvailable event repeats; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    record_complete_url: str | None = None
    record_complete_method: Method | None = None
    record_complete_fallback_url: str | None = None
    record_complete_fallback_method: Method | None = None
    recording_available_url: str | None = None
    recording_available_method: Method | None = None
    transcribe: bool | None = None
    detect_language: bool | None = None
    transcription_available_url: str | None = None
    transcription_available_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    terminating_digits: str | None = None
    max_duration: int | None = None
    silence_timeout: Seconds | None = None
    file_format: FileFormat | None = None
    recording_name: str | None = None


class Redirect(Verb):
    """Fetch new BXML, which replaces the rest of this document.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect

    Args:
        redirect_url: URL that receives the redirect event and responds with BXML for the call.
        redirect_method: HTTP method of the request to redirect_url; default POST.
        redirect_fallback_url: URL that is requested if redirect_url does not respond; no default.
        redirect_fallback_method: HTTP method of the request to redirect_fallback_url; default POST.
        username: User name for HTTP Basic authentication of requests to redirect_url; no default.
        password: Password for HTTP Basic authentication of requests to redirect_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to redirect_fallback_url; no default.
        fallback_password: Password for HTTP Basic authentication of requests to redirect_fallback_url; no default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    redirect_url: str
    redirect_method: Method | None = None
    redirect_fallback_url: str | None = None
    redirect_fallback_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None


class SipUri(TransferTarget):
    """A SIP URI to call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        text: SIP URI, such as sip:user@example.com.
        transfer_answer_url: URL that receives the transferAnswer event when this party answers, and responds with BXML
            to run for this party before the two parties are connected; no default.
        transfer_answer_method: HTTP method of the request to transfer_answer_url; default POST.
        transfer_answer_fallback_url: URL that is requested if transfer_answer_url does not respond; no default.
        transfer_answer_fallback_method: HTTP method of the request to transfer_answer_fallback_url; default POST.
        transfer_disconnect_url: URL that receives the transferDisconnect event when the call to this party ends, for
            any reason; no default.
        transfer_disconnect_method: HTTP method of the request to transfer_disconnect_url; default POST.
        username: User name for HTTP Basic authentication of requests to transfer_answer_url and
            transfer_disconnect_url; no default.
        password: Password for HTTP Basic authentication of requests to transfer_answer_url and transfer_disconnect_url;
            no default.
        fallback_username: User name for HTTP Basic authentication of requests to transfer_answer_fallback_url; no
            default.
        fallback_password: Password for HTTP Basic authentication of requests to transfer_answer_fallback_url; no
            default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent to this party; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    transfer_answer_url: str | None = None
    transfer_answer_method: Method | None = None
    transfer_answer_fallback_url: str | None = None
    transfer_answer_fallback_method: Method | None = None
    transfer_disconnect_url: str | None = None
    transfer_disconnect_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    uui: str | None = None


class Refer(Verb):
    """Send a SIP REFER that asks the caller's system to call another SIP URI; only for calls that came in through a SIP URI.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer

    Args:
        children: A list of SipUri, exactly 1.
        refer_complete_url: URL that receives the referComplete event, and responds with BXML for the call if the
            transfer failed; without this URL the next verb runs after a failure; a successful transfer always ends the
            call; no default.
        refer_complete_method: HTTP method of the request to refer_complete_url; default POST.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[SipUri, SipUri]
    _: KW_ONLY
    refer_complete_url: str | None = None
    refer_complete_method: Method | None = None
    tag: str | None = None


class ResumeRecording(Verb):
    """Resume a paused recording.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/resumeRecording

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """


class Ring(Verb):
    """Play a ringing tone.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/ring

    Args:
        duration: Seconds of ringing; default 5.
        answer_call: True to answer an incoming call first if it is not answered yet; default true.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    duration: Seconds | None = None
    answer_call: bool | None = None


class SendDtmf(Verb):
    """Send keys as DTMF tones; a comma or w pauses for half a second, W for one second.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/sendDtmf

    Args:
        text: Keys to send, with the pauses between them.
        tone_duration: Milliseconds of each tone; default 200.
        tone_interval: Milliseconds of silence after each tone; default 400.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    tone_duration: Milliseconds | None = None
    tone_interval: Milliseconds | None = None


class SpeakSentence(Prompt):
    """Speak text, which can contain SSML elements.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.
        voice: Name of the voice in lower case; it determines gender and language, so the attributes gender and locale
            have no effect; no default.
        gender: Gender of the voice, female or male; default female.
        locale: Language of the voice, such as en_US; default en_US.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech
    _: KW_ONLY
    voice: str | None = None
    gender: Gender | None = None
    locale: str | None = None


class StartGather(Verb):
    """Start reporting every key that the caller presses; later verbs run meanwhile.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather

    Args:
        dtmf_url: URL that receives the dtmf event for every key.
        dtmf_method: HTTP method of the request to dtmf_url; default POST.
        username: User name for HTTP Basic authentication of requests to dtmf_url; no default.
        password: Password for HTTP Basic authentication of requests to dtmf_url; no default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    dtmf_url: str
    dtmf_method: Method | None = None
    username: str | None = None
    password: str | None = None
    tag: str | None = None


class StartRecording(Verb):
    """Start recording the call or the conference; later verbs run meanwhile.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording

    Args:
        recording_available_url: URL that receives the recordingAvailable event, or the conferenceRecordingAvailable
            event of a conference, when the file can be downloaded; no default.
        recording_available_method: HTTP method of the request to recording_available_url; default POST.
        transcribe: True to transcribe the recording of a call if it is longer than 500 ms and shorter than 4 hours;
            default false.
        detect_language: True to detect the language of the transcription: English, French or Spanish; default false.
        transcription_available_url: URL that receives the transcriptionAvailable event when the transcription of a call
            can be downloaded; no default.
        transcription_available_method: HTTP method of the request to transcription_available_url; default POST.
        username: User name for HTTP Basic authentication of requests to recording_available_url and
            transcription_available_url; no default.
        password: Password for HTTP Basic authentication of requests to recording_available_url and
            transcription_available_url; no default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        file_format: Format of the audio file, mp3 or wav; default wav.
        multi_channel: True to record the two sides of a call in separate channels; default false.
        recording_name: Name of the recording, which the recordingAvailable event repeats; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    recording_available_url: str | None = None
    recording_available_method: Method | None = None
    transcribe: bool | None = None
    detect_language: bool | None = None
    transcription_available_url: str | None = None
    transcription_available_method: Method | None = None
    username: str | None = None
    password: str | None = None
    tag: str | None = None
    file_format: FileFormat | None = None
    multi_channel: bool | None = None
    recording_name: str | None = None


class StreamParam(Extensible):
    """A name and a value that are sent when the stream starts.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream

    Args:
        name: Name of the parameter.
        value: Value of the parameter.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    name: str
    value: str


class StartStream(Verb):
    """Start streaming the audio of the call to a WebSocket; later verbs run meanwhile.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream

    Args:
        children: A list of StreamParam, at most 12.
        name: Name of the stream for StopStream, unique in the call; default is a generated ID.
        mode: Direction of the audio: unidirectional only sends the audio of the call, and bidirectional also plays audio
            to the call; default unidirectional.
        tracks: Audio that is sent: inbound for what the platform receives from this call, outbound for what the
            platform sends to this call, or both, which is two tracks; default inbound.
        destination: Absolute ws or wss URL that receives the audio.
        destination_username: User name for HTTP Basic authentication of the connection to destination; no default.
        destination_password: Password for HTTP Basic authentication of the connection to destination; no default.
        stream_event_url: URL that receives the events mediaStreamStarted, mediaStreamRejected and mediaStreamStopped;
            no default.
        stream_event_method: HTTP method of the request to stream_event_url; default POST.
        username: User name for HTTP Basic authentication of requests to stream_event_url; no default.
        password: Password for HTTP Basic authentication of requests to stream_event_url; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[StreamParam, StreamParam] = NO_CHILDREN
    _: KW_ONLY
    name: str | None = None
    mode: StreamMode | None = None
    tracks: Tracks | None = None
    destination: str
    destination_username: str | None = None
    destination_password: str | None = None
    stream_event_url: str | None = None
    stream_event_method: Method | None = None
    username: str | None = None
    password: str | None = None


class CustomParam(Extensible):
    """A name and a value that are sent when the transcription starts.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription

    Args:
        name: Name of the parameter.
        value: Value of the parameter.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    name: str
    value: str


class StartTranscription(Verb):
    """Start transcribing the call in real time; later verbs run meanwhile.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription

    Args:
        children: A list of CustomParam, at most 12.
        name: Name of the transcription for StopTranscription, unique in the call; default is a generated ID.
        tracks: Audio that is transcribed: inbound for what the platform receives from this call, outbound for what the
            platform sends to this call, or both, which is two tracks; default inbound.
        transcription_event_url: URL that receives the realTimeTranscriptionAvailable event, and with a destination also
            the Started, Rejected and Stopped events; no default.
        transcription_event_method: HTTP method of the request to transcription_event_url; default POST.
        username: User name for HTTP Basic authentication of requests to transcription_event_url; no default.
        password: Password for HTTP Basic authentication of requests to transcription_event_url; no default.
        destination: Absolute ws or wss URL that receives the transcription while the caller speaks; no default.
        stabilized: True to send only final text to destination; default true.
        detect_language: True to detect the language instead of assuming English; default false.
        preferred_languages: Expected languages, at most one dialect of each, separated by commas on the wire; default
            en-US.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[CustomParam, CustomParam] = NO_CHILDREN
    _: KW_ONLY
    name: str | None = None
    tracks: Tracks | None = None
    transcription_event_url: str | None = None
    transcription_event_method: Method | None = None
    username: str | None = None
    password: str | None = None
    destination: str | None = None
    stabilized: bool | None = None
    detect_language: bool | None = None
    preferred_languages: Sequence[str] | None = None


class StopGather(Verb):
    """Stop reporting the keys that the caller presses.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopGather

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """


class StopRecording(Verb):
    """Stop the recording that StartRecording started, even if it is paused.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopRecording

    Args:
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """


class StopStream(Verb):
    """Stop a stream, or wait until the remote end closes it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopStream

    Args:
        name: Name that was given to StartStream, or the generated ID.
        wait: True to wait until the remote end closes the stream, or false to stop it now; default false.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    name: str
    wait: bool | None = None


class StopTranscription(Verb):
    """Stop one real-time transcription, or all of them.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopTranscription

    Args:
        name: Name that was given to StartTranscription, or the generated ID; default is all transcriptions of the call.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    name: str | None = None


class Tag(Verb):
    """Set the tag that is sent with every later webhook of the call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/tag

    Args:
        text: The tag; an empty string, or a string of spaces, clears the current tag.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str


class PhoneNumber(TransferTarget):
    """A phone number to call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        text: Phone number in E.164 format: + and digits.
        transfer_answer_url: URL that receives the transferAnswer event when this party answers, and responds with BXML
            to run for this party before the two parties are connected; no default.
        transfer_answer_method: HTTP method of the request to transfer_answer_url; default POST.
        transfer_answer_fallback_url: URL that is requested if transfer_answer_url does not respond; no default.
        transfer_answer_fallback_method: HTTP method of the request to transfer_answer_fallback_url; default POST.
        transfer_disconnect_url: URL that receives the transferDisconnect event when the call to this party ends, for
            any reason; no default.
        transfer_disconnect_method: HTTP method of the request to transfer_disconnect_url; default POST.
        username: User name for HTTP Basic authentication of requests to transfer_answer_url and
            transfer_disconnect_url; no default.
        password: Password for HTTP Basic authentication of requests to transfer_answer_url and transfer_disconnect_url;
            no default.
        fallback_username: User name for HTTP Basic authentication of requests to transfer_answer_fallback_url; no
            default.
        fallback_password: Password for HTTP Basic authentication of requests to transfer_answer_fallback_url; no
            default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent to this party; no default.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    transfer_answer_url: str | None = None
    transfer_answer_method: Method | None = None
    transfer_answer_fallback_url: str | None = None
    transfer_answer_fallback_method: Method | None = None
    transfer_disconnect_url: str | None = None
    transfer_disconnect_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    uui: str | None = None


class Transfer(Verb):
    """Call one to eight parties at once, and connect the call to the first party that answers.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        children: A list of PhoneNumber and SipUri, 1 to 8.
        transfer_caller_id: Caller ID shown to the called parties, in E.164 format; default is the number of the remote
            party.
        privacy: True to hide the calling number from the called parties; default false.
        transfer_caller_display_name: Name shown to the called parties; with privacy it must be Restricted, Anonymous,
            Private or Unavailable; no default.
        call_timeout: Seconds to wait for an answer once the called parties ring; default 30.
        transfer_complete_url: URL that receives the transferComplete event when the called party hangs up or no party
            was reached, and responds with BXML for the call; without this URL the next verb runs; no default.
        transfer_complete_method: HTTP method of the request to transfer_complete_url; default POST.
        transfer_complete_fallback_url: URL that is requested if transfer_complete_url does not respond; no default.
        transfer_complete_fallback_method: HTTP method of the request to transfer_complete_fallback_url; default POST.
        username: User name for HTTP Basic authentication of requests to transfer_complete_url; no default.
        password: Password for HTTP Basic authentication of requests to transfer_complete_url; no default.
        fallback_username: User name for HTTP Basic authentication of requests to transfer_complete_fallback_url; no
            default.
        fallback_password: Password for HTTP Basic authentication of requests to transfer_complete_fallback_url; no
            default.
        tag: String that is sent with this and every later webhook of the call until another tag replaces it; an empty
            string clears the tag; no default.
        diversion_treatment: Treatment of the SIP Diversion header: none to remove the header, propagate to copy it, or
            stack to copy it and add another header; default none.
        diversion_reason: Reason, such as unknown or no-answer, in the Diversion header that stack adds; default
            unknown.
        extra: Attributes newer than this package, by their names in XML; they are not checked.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    children: Children[PhoneNumber | SipUri, TransferTarget]
    _: KW_ONLY
    transfer_caller_id: str | None = None
    privacy: bool | None = None
    transfer_caller_display_name: str | None = None
    call_timeout: Seconds | None = None
    transfer_complete_url: str | None = None
    transfer_complete_method: Method | None = None
    transfer_complete_fallback_url: str | None = None
    transfer_complete_fallback_method: Method | None = None
    username: str | None = None
    password: str | None = None
    fallback_username: str | None = None
    fallback_password: str | None = None
    tag: str | None = None
    diversion_treatment: DiversionTreatment | None = None
    diversion_reason: DiversionReason | None = None
