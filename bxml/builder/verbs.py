"""The 26 verbs and the 5 children of verbs, named as on the wire.

A verb takes its content first, a text or a list of children, and its attributes by keyword: the vendor's names in snake
case. Each class is an immutable dataclass whose constructor checks everything; see :class:`bxml.builder.element.Element`. Limits are
not here but in the schema, with which a test compares names, types, defaults and these descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Literal, TypeAlias

from bxml.builder.element import Element
from bxml.builder.ssml import Speech

if TYPE_CHECKING:  # names in annotations, which would be a twelfth of the time it takes to import this package
    from datetime import timedelta
    from decimal import Decimal

Seconds: TypeAlias = "float | Decimal | timedelta"
Milliseconds: TypeAlias = "float | Decimal | timedelta"

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
    """A verb or a child of one.

    Args:
        extra: Attributes that the schema does not know yet, by their names on the wire. They are written as they are; the
            document is checked without them, and says so in a warning when it is written.
    """

    _: KW_ONLY
    extra: Mapping[str, str] | None = None


class Verb(Extensible):
    """What may stand in a document."""


class Bridge(Verb):
    """Connects this call with another running call, whose call id is the text.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/bridge

    Args:
        text: Its text, a call id.
        bridge_complete_url: URL that receives bridgeComplete when the other call leaves first or cannot be bridged,
            and whose answer goes on with this call; no default.
        bridge_complete_method: HTTP method of the request to bridgeCompleteUrl; default POST.
        bridge_complete_fallback_url: URL tried when bridgeCompleteUrl does not respond; no default.
        bridge_complete_fallback_method: HTTP method of the request to bridgeCompleteFallbackUrl; default POST.
        bridge_target_complete_url: URL that receives bridgeTargetComplete when this call leaves first, and whose
            answer goes on with the other call, which is otherwise hung up; no default.
        bridge_target_complete_method: HTTP method of the request to bridgeTargetCompleteUrl; default POST.
        bridge_target_complete_fallback_url: URL tried when bridgeTargetCompleteUrl does not respond; no default.
        bridge_target_complete_fallback_method: HTTP method of the request to bridgeTargetCompleteFallbackUrl;
            default POST.
        username: User name for HTTP Basic authentication at bridgeCompleteUrl and bridgeTargetCompleteUrl; no
            default.
        password: Password for HTTP Basic authentication at bridgeCompleteUrl and bridgeTargetCompleteUrl; no
            default.
        fallback_username: User name for HTTP Basic authentication at bridgeCompleteFallbackUrl and
            bridgeTargetCompleteFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at bridgeCompleteFallbackUrl and
            bridgeTargetCompleteFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
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
    """Joins the call to the conference whose name is the text, which is created if there is none.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference

    Args:
        text: Its text, a conference name.
        mute: Whether the other members cannot hear this one; default false.
        hold: Whether this member neither hears nor is heard; default false.
        call_ids_to_coach: Call ids, separated by commas, of the only members who hear this one, the coach; default
            none, so that everyone does.
        conference_event_url: URL that receives the events of the conference this call creates, and whose answers
            hold BXML for the whole conference; no default.
        conference_event_method: HTTP method of the request to conferenceEventUrl; default POST.
        conference_event_fallback_url: URL tried when conferenceEventUrl does not respond; no default.
        conference_event_fallback_method: HTTP method of the request to conferenceEventFallbackUrl; default POST.
        username: User name for HTTP Basic authentication at conferenceEventUrl; no default.
        password: Password for HTTP Basic authentication at conferenceEventUrl; no default.
        fallback_username: User name for HTTP Basic authentication at conferenceEventFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at conferenceEventFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        callback_timeout: Seconds to wait for the answer to a webhook of the conference; default is the value of the
            call that creates it.
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
    """Id of the endpoint to connect to.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect

    Args:
        text: Its text, an endpoint id.
    """

    text: str


class Connect(Verb):
    """Connects the call to an endpoint of the vendor's WebRTC product, in beta in 2026.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect

    Args:
        children: A list of Endpoint.
        event_callback_url: URL that receives the status events of the connection; no default.
        event_fallback_url: URL tried when eventCallbackUrl does not respond; no default.
    """

    children: Sequence[Endpoint]
    _: KW_ONLY
    event_callback_url: str | None = None
    event_fallback_url: str | None = None


class Forward(Verb):
    """Hands an incoming call that has not been answered on, and ends the application's control over it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward

    Args:
        to: Phone number in E.164 form or SIP URI that the call goes to.
        from_: Caller id shown to the called party, in E.164 form; default is the number that was called.
        privacy: Whether the calling number is hidden from the called party; default false.
        caller_display_name: Name shown to the called party, which privacy limits to Restricted, Anonymous, Private
            or Unavailable; no default.
        call_timeout: Seconds the called party has to answer once it rings; default 30.
        diversion_treatment: What becomes of the SIP Diversion header: none drops it, propagate copies it, stack
            copies it and adds one; default none.
        diversion_reason: Reason written into the Diversion header that stack adds; default unknown.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent when the call goes to a SIP URI; no
            default.
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
    """Collects digits or speech while it plays the nested prompts.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather

    Args:
        children: A list of SpeakSentence and PlayAudio.
        gather_url: URL that receives the gather event, and whose answer goes on with the call; without it what was
            collected is dropped and the next verb runs; no default.
        gather_method: HTTP method of the request to gatherUrl; default POST.
        gather_fallback_url: URL tried when gatherUrl does not respond; no default.
        gather_fallback_method: HTTP method of the request to gatherFallbackUrl; default POST.
        username: User name for HTTP Basic authentication at gatherUrl; no default.
        password: Password for HTTP Basic authentication at gatherUrl; no default.
        fallback_username: User name for HTTP Basic authentication at gatherFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at gatherFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        terminating_digits: Keys each of which ends the collection; no default.
        max_digits: Number of digits after which the collection ends; default 50.
        inter_digit_timeout: Seconds without another digit after which the collection ends; default 5.
        first_digit_timeout: Seconds to wait for the first digit after the prompts, and between their repetitions;
            default 5.
        repeat_count: How often the prompts are played while no digit is pressed, at most 20 when multiplied by
            their number; default 1.
        input: What is collected: dtmf for digits, speech, or dtmf_speech for both; default dtmf.
        hints: Words or phrases that the speech recognition should expect; no default.
        language: Language of the speech, such as en-US; the default is not published.
        partial_result_callback: URL that receives partialgather events while the caller speaks; no default.
        partial_result_callback_method: HTTP method of the request to partialResultCallback; default POST.
        profanity_filter: Whether profane words are masked in recognised speech; default true.
        speech_model: Model of the speech recognition; the default is not published.
        speech_timeout: Whole seconds to wait for speech; default 5.
    """

    children: Sequence[SpeakSentence | PlayAudio] = ()
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
    """Ends the call, or rejects an incoming call that has not been answered.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup
    """


class Pause(Verb):
    """Waits in silence.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pause

    Args:
        duration: Seconds of silence; default 1.
    """

    _: KW_ONLY
    duration: Seconds | None = None


class PauseRecording(Verb):
    """Pauses the recording that StartRecording began; what is said meanwhile is neither kept nor billed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pauseRecording
    """


class PlayAudio(Verb):
    """Plays the wav or mp3 file whose URL is the text.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/playAudio

    Args:
        text: Its text, an http(s) URL.
        username: User name for HTTP Basic authentication at the URL of the file; no default.
        password: Password for HTTP Basic authentication at the URL of the file; no default.
    """

    text: str
    _: KW_ONLY
    username: str | None = None
    password: str | None = None


class Record(Verb):
    """Records the caller until a key, silence, the time limit or the end of the call, and only then goes on.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record

    Args:
        record_complete_url: URL that receives recordComplete when the recording has ended, and whose answer goes on
            with the call; without it the next verb runs; no default.
        record_complete_method: HTTP method of the request to recordCompleteUrl; default POST.
        record_complete_fallback_url: URL tried when recordCompleteUrl does not respond; no default.
        record_complete_fallback_method: HTTP method of the request to recordCompleteFallbackUrl; default POST.
        recording_available_url: URL that receives recordingAvailable once the file can be fetched; no default.
        recording_available_method: HTTP method of the request to recordingAvailableUrl; default POST.
        transcribe: Whether the recording is transcribed, if it is longer than 500 ms and shorter than 4 hours;
            default false.
        detect_language: Whether the transcription finds out the language, English, French or Spanish, by itself;
            default false.
        transcription_available_url: URL that receives transcriptionAvailable once the transcription can be fetched;
            no default.
        transcription_available_method: HTTP method of the request to transcriptionAvailableUrl; default POST.
        username: User name for HTTP Basic authentication at recordCompleteUrl, recordingAvailableUrl and
            transcriptionAvailableUrl; no default.
        password: Password for HTTP Basic authentication at recordCompleteUrl, recordingAvailableUrl and
            transcriptionAvailableUrl; no default.
        fallback_username: User name for HTTP Basic authentication at recordCompleteFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at recordCompleteFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        terminating_digits: Keys each of which ends the recording, with an empty value for none; default #.
        max_duration: Longest recording in whole seconds; default 60.
        silence_timeout: Seconds of silence that end the recording, with 0 for no such limit; default 0.
        file_format: Format of the audio file, mp3 or wav; default wav.
        recording_name: Name that comes back in recordingAvailable; no default.
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
    """Fetches new BXML, which replaces the rest of this document.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect

    Args:
        redirect_url: URL that receives the redirect event, and whose answer goes on with the call.
        redirect_method: HTTP method of the request to redirectUrl; default POST.
        redirect_fallback_url: URL tried when redirectUrl does not respond; no default.
        redirect_fallback_method: HTTP method of the request to redirectFallbackUrl; default POST.
        username: User name for HTTP Basic authentication at redirectUrl; no default.
        password: Password for HTTP Basic authentication at redirectUrl; no default.
        fallback_username: User name for HTTP Basic authentication at redirectFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at redirectFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
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


class SipUri(Extensible):
    """SIP URI to call.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        text: Its text, a SIP URI.
        transfer_answer_url: URL that receives transferAnswer when this party answers, and whose answer is run for
            this party before the two are connected; no default.
        transfer_answer_method: HTTP method of the request to transferAnswerUrl; default POST.
        transfer_answer_fallback_url: URL tried when transferAnswerUrl does not respond; no default.
        transfer_answer_fallback_method: HTTP method of the request to transferAnswerFallbackUrl; default POST.
        transfer_disconnect_url: URL that receives transferDisconnect when the call to this party ends, however it
            ends; no default.
        transfer_disconnect_method: HTTP method of the request to transferDisconnectUrl; default POST.
        username: User name for HTTP Basic authentication at transferAnswerUrl and transferDisconnectUrl; no
            default.
        password: Password for HTTP Basic authentication at transferAnswerUrl and transferDisconnectUrl; no default.
        fallback_username: User name for HTTP Basic authentication at transferAnswerFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at transferAnswerFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent to this party; no default.
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
    """Asks the calling side by SIP REFER, if it came in through a SIP URI, to call the nested SipUri itself.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer

    Args:
        children: A list of SipUri.
        refer_complete_url: URL that receives referComplete, and whose answer goes on with the call if the transfer
            failed; without it the next verb runs then; a success ends the call in either case; no default.
        refer_complete_method: HTTP method of the request to referCompleteUrl; default POST.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
    """

    children: Sequence[SipUri]
    _: KW_ONLY
    refer_complete_url: str | None = None
    refer_complete_method: Method | None = None
    tag: str | None = None


class ResumeRecording(Verb):
    """Goes on with a paused recording.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/resumeRecording
    """


class Ring(Verb):
    """Plays a ringing tone.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/ring

    Args:
        duration: Seconds of ringing; default 5.
        answer_call: Whether an incoming call is answered first, if it has not been; default true.
    """

    _: KW_ONLY
    duration: Seconds | None = None
    answer_call: bool | None = None


class SendDtmf(Verb):
    """Sends the keys of the text as tones; a comma or w waits half a second, W a whole one.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/sendDtmf

    Args:
        text: Its text, a DTMF sequence.
        tone_duration: Milliseconds that each tone lasts; default 200.
        tone_interval: Milliseconds of silence after each tone; default 400.
    """

    text: str
    _: KW_ONLY
    tone_duration: Milliseconds | None = None
    tone_interval: Milliseconds | None = None


class SpeakSentence(Verb):
    """Speaks its text, in which SSML elements may stand.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
        voice: Name of the voice in lower case, which decides language and gender and makes the other two attributes
            void; no default.
        gender: Gender of the voice, female or male; default female.
        locale: Language of the voice, such as en_US; default en_US.
    """

    text: Speech
    _: KW_ONLY
    voice: str | None = None
    gender: Gender | None = None
    locale: str | None = None


class StartGather(Verb):
    """Reports every key that the caller presses from now on, beside the other verbs.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather

    Args:
        dtmf_url: URL that receives a dtmf event for every key.
        dtmf_method: HTTP method of the request to dtmfUrl; default POST.
        username: User name for HTTP Basic authentication at dtmfUrl; no default.
        password: Password for HTTP Basic authentication at dtmfUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
    """

    _: KW_ONLY
    dtmf_url: str
    dtmf_method: Method | None = None
    username: str | None = None
    password: str | None = None
    tag: str | None = None


class StartRecording(Verb):
    """Records the call or the conference from now on, beside the other verbs.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording

    Args:
        recording_available_url: URL that receives recordingAvailable, or conferenceRecordingAvailable for a
            conference, once the file can be fetched; no default.
        recording_available_method: HTTP method of the request to recordingAvailableUrl; default POST.
        transcribe: Whether the recording of a call is transcribed, if it is longer than 500 ms and shorter than 4
            hours; default false.
        detect_language: Whether the transcription finds out the language, English, French or Spanish, by itself;
            default false.
        transcription_available_url: URL that receives transcriptionAvailable once the transcription of a call can
            be fetched; no default.
        transcription_available_method: HTTP method of the request to transcriptionAvailableUrl; default POST.
        username: User name for HTTP Basic authentication at recordingAvailableUrl and transcriptionAvailableUrl; no
            default.
        password: Password for HTTP Basic authentication at recordingAvailableUrl and transcriptionAvailableUrl; no
            default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        file_format: Format of the audio file, mp3 or wav; default wav.
        multi_channel: Whether the two sides of a call are recorded in two channels; default false.
        recording_name: Name that comes back in recordingAvailable; no default.
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
    """Name and value sent along when the stream starts.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream

    Args:
        name: Key under which the value arrives.
        value: Text that arrives under the name.
    """

    _: KW_ONLY
    name: str
    value: str


class StartStream(Verb):
    """Sends the audio of the call to a websocket from now on, beside the other verbs.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream

    Args:
        children: A list of StreamParam.
        name: Name of the stream, unique in the call, by which StopStream knows it; default is a generated id.
        mode: Whether audio only leaves the call, unidirectional, or may also come back, bidirectional; default
            unidirectional.
        tracks: Which side is sent: inbound is what the platform hears from this call, outbound what it sends to it,
            both counts as two; default inbound.
        destination: Absolute ws or wss URL that gets the audio.
        destination_username: User name for HTTP Basic authentication at destination; no default.
        destination_password: Password for HTTP Basic authentication at destination; no default.
        stream_event_url: URL that receives mediaStreamStarted, mediaStreamRejected and mediaStreamStopped; no
            default.
        stream_event_method: HTTP method of the request to streamEventUrl; default POST.
        username: User name for HTTP Basic authentication at streamEventUrl; no default.
        password: Password for HTTP Basic authentication at streamEventUrl; no default.
    """

    children: Sequence[StreamParam] = ()
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
    """Name and value sent along when the transcription starts.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription

    Args:
        name: Key under which the value arrives.
        value: Text that arrives under the name.
    """

    _: KW_ONLY
    name: str
    value: str


class StartTranscription(Verb):
    """Transcribes the call while it goes on, beside the other verbs.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription

    Args:
        children: A list of CustomParam.
        name: Name of the transcription, unique in the call, by which StopTranscription knows it; default is a
            generated id.
        tracks: Which side is transcribed: inbound is what the platform hears from this call, outbound what it sends
            to it, both counts as two; default inbound.
        transcription_event_url: URL that receives realTimeTranscriptionAvailable, and with a destination also the
            Started, Rejected and Stopped events; no default.
        transcription_event_method: HTTP method of the request to transcriptionEventUrl; default POST.
        username: User name for HTTP Basic authentication at transcriptionEventUrl; no default.
        password: Password for HTTP Basic authentication at transcriptionEventUrl; no default.
        destination: Absolute ws or wss URL that gets the transcription as it grows; no default.
        stabilized: Whether only text that will not change any more is sent to destination; default true.
        detect_language: Whether the language is found out instead of taken as English; default false.
        preferred_languages: Languages to expect, one dialect of each, separated by commas; default en-US.
    """

    children: Sequence[CustomParam] = ()
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
    """Ends what StartGather began.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopGather
    """


class StopRecording(Verb):
    """Ends what StartRecording began, also while it is paused.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopRecording
    """


class StopStream(Verb):
    """Ends a stream, or waits until the far end closes it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopStream

    Args:
        name: Name given to StartStream, or the generated id.
        wait: Whether the call waits until the far end closes the stream, which then is not ended now; default
            false.
    """

    _: KW_ONLY
    name: str
    wait: bool | None = None


class StopTranscription(Verb):
    """Ends one real-time transcription, or all of them.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopTranscription

    Args:
        name: Name given to StartTranscription, or the generated id; default is all transcriptions of the call.
    """

    _: KW_ONLY
    name: str | None = None


class Tag(Verb):
    """Sets the text that is sent with every later webhook of the call; blank text clears it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/tag

    Args:
        text: Its text, text.
    """

    text: str


class PhoneNumber(Extensible):
    """Phone number to call, in E.164 form.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        text: Its text, an E.164 phone number.
        transfer_answer_url: URL that receives transferAnswer when this party answers, and whose answer is run for
            this party before the two are connected; no default.
        transfer_answer_method: HTTP method of the request to transferAnswerUrl; default POST.
        transfer_answer_fallback_url: URL tried when transferAnswerUrl does not respond; no default.
        transfer_answer_fallback_method: HTTP method of the request to transferAnswerFallbackUrl; default POST.
        transfer_disconnect_url: URL that receives transferDisconnect when the call to this party ends, however it
            ends; no default.
        transfer_disconnect_method: HTTP method of the request to transferDisconnectUrl; default POST.
        username: User name for HTTP Basic authentication at transferAnswerUrl and transferDisconnectUrl; no
            default.
        password: Password for HTTP Basic authentication at transferAnswerUrl and transferDisconnectUrl; no default.
        fallback_username: User name for HTTP Basic authentication at transferAnswerFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at transferAnswerFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        uui: User-To-User header (RFC 7433) with its encoding parameter, sent to this party; no default.
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
    """Calls up to eight parties at once and connects the call with the first that answers.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer

    Args:
        children: A list of PhoneNumber and SipUri.
        transfer_caller_id: Caller id shown to the called parties, in E.164 form; default is the number of the
            remote party.
        privacy: Whether the calling number is hidden from the called parties; default false.
        transfer_caller_display_name: Name shown to the called parties, which privacy limits to Restricted,
            Anonymous, Private or Unavailable; no default.
        call_timeout: Seconds the called parties have to answer once they ring; default 30.
        transfer_complete_url: URL that receives transferComplete when the called party hangs up or none was
            reached, and whose answer goes on with the call; without it the next verb runs; no default.
        transfer_complete_method: HTTP method of the request to transferCompleteUrl; default POST.
        transfer_complete_fallback_url: URL tried when transferCompleteUrl does not respond; no default.
        transfer_complete_fallback_method: HTTP method of the request to transferCompleteFallbackUrl; default POST.
        username: User name for HTTP Basic authentication at transferCompleteUrl; no default.
        password: Password for HTTP Basic authentication at transferCompleteUrl; no default.
        fallback_username: User name for HTTP Basic authentication at transferCompleteFallbackUrl; no default.
        fallback_password: Password for HTTP Basic authentication at transferCompleteFallbackUrl; no default.
        tag: Text sent with this and every later webhook of the call until another tag replaces it; an empty value
            clears it; no default.
        diversion_treatment: What becomes of the SIP Diversion header: none drops it, propagate copies it, stack
            copies it and adds one; default none.
        diversion_reason: Reason written into the Diversion header that stack adds; default unknown.
    """

    children: Sequence[PhoneNumber | SipUri]
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
