"""Classes for webhook events, one for each type of event, and :func:`parse_event`, which parses an event.

Fields have the API's names in snake case (``from`` is ``from_``) and the documented types; a missing field is ``None``.
``fields`` holds everything that was sent, under the API's names, including fields that this package does not know or that are
not in the documented format.
https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar, cast
from urllib.parse import parse_qs

from bxml.builder.frozen_dict import Frozen
from callcontrol.errors import UnreadableEvent
from callcontrol.http_messages import json_of
from callcontrol.iso8601 import duration, moment
from callcontrol.redacted_url_repr import redacted

LARGEST_EVENT: Final = 1_000_000
"""Maximum size of an event, in bytes or characters. Documented events have about two thousand bytes."""

DEEPEST_EVENT: Final = 32
"""Maximum number of nested objects and lists in an event. Documented events have three levels."""

MOST_PARAMETERS: Final = 1_000
"""Maximum number of parameters in a query. Documented events have about twenty parameters."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Base class of events, and of objects in events. ``fields`` contains everything that was sent.

    Attributes:
        fields: All members of the object; the keys are the API's names. Objects are mappings and lists are tuples; all are
            immutable.
    """

    fields: Mapping[str, Any] = field(default_factory=Frozen, repr=False, hash=False)


# Objects in events


@redacted
@dataclass(frozen=True, kw_only=True)
class MachineDetectionResult(Sent):
    """The result of machine detection.

    Attributes:
        value: ``human``, ``answering-machine``, ``silence``, ``timeout`` or ``error``. If the feature is enabled for the
            account, the value can also be ``tone-detected``.
        duration: Time that the detection took.
    """

    value: str | None = None
    duration: timedelta | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Diversion(Sent):
    """Details of a diverted call. All details are strings. ``fields`` may contain further details.

    Attributes:
        orig_to: Number that the caller originally called.
        reason: Reason for the diversion, such as ``user-busy``, ``no-answer`` or ``unconditional``.
        screen: ``yes`` or ``no``.
        privacy: ``off`` or ``full``.
        counter: Number of diversions.
        limit: Maximum number of diversions.
    """

    orig_to: str | None = None
    reason: str | None = None
    screen: str | None = None
    privacy: str | None = None
    counter: str | None = None
    limit: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class StirShaken(Sent):
    """The network's verification of the caller's number. ``fields`` may contain further results.

    Attributes:
        verstat: Result of the verification. It has several spellings, such as ``TN-Validation-Passed`` and
            ``TN-Verification-Passed``, in upper, lower or mixed case.
        attestation_indicator: ``A``, ``B`` or ``C``.
        originating_id: Id of the origin of the call.
    """

    verstat: str | None = None
    attestation_indicator: str | None = None
    originating_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Transcription(Sent):
    """The transcription of a recording.

    Attributes:
        id: Id of the transcription.
        url: URL of the text in the API.
        status: ``available``, ``error``, or a status that is newer than this package.
        completed_time: Time at which the transcription was completed.
    """

    id: str | None = None
    url: str | None = None
    status: str | None = None
    completed_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStream(Sent):
    """A media stream: audio of a call that is sent to a WebSocket.

    Attributes:
        id: Id of the stream.
        name: Name from the verb; the id of the stream if the verb gives no name.
        destination: WebSocket URL that receives the audio.
        start_time: Time at which the stream started.
        tracks: Streamed tracks: ``inbound``, ``outbound`` or both.
        type: Type of the stream, which is ``WebSocket``.
        duration: Length of the stream, once it has stopped.
    """

    id: str | None = None
    name: str | None = None
    destination: str | None = None
    start_time: datetime | None = None
    tracks: tuple[str, ...] | None = None
    type: str | None = None
    duration: timedelta | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscription(Sent):
    """A transcription that is made while a call is active.

    Attributes:
        id: Id of the transcription.
        name: Name from the verb; the id of the transcription if the verb gives no name.
        start_time: Time at which the transcription started.
        tracks: Transcribed tracks: ``inbound``, ``outbound`` or both.
        destination: WebSocket URL that receives the text; missing if the text is not sent to a WebSocket.
        stabilized: Whether only final text is sent. The API sends this value as a string.
        duration: Length of the transcription, once it has stopped.
        status: ``available`` or ``failed``, in the event ``realTimeTranscriptionAvailable``.
        url: URL of the text in the API, once the text is available.
        completed_time: Time at which the text was completed, once the text is available.
    """

    id: str | None = None
    name: str | None = None
    start_time: datetime | None = None
    tracks: tuple[str, ...] | None = None
    destination: str | None = None
    stabilized: bool | None = None
    duration: timedelta | None = None
    status: str | None = None
    url: str | None = None
    completed_time: datetime | None = None


# Base classes and fields that several events share


@dataclass(frozen=True, kw_only=True)
class Event(Sent):
    """Base class of all events.

    Attributes:
        event_type: The API's name of the event.
        may_be_answered: Whether the platform runs the BXML that a response contains. If not, an empty response (204) is enough.
        event_time: Approximate time at which the event was generated. Events may arrive late, twice, or in another order.
    """

    event_type: ClassVar[str]
    may_be_answered: ClassVar[bool]
    event_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class CallEvent(Event):
    """Base class of all events of a call, with all fields that the vendor lists as common.

    Some events never have some of these fields. The descriptions of those events name the fields.

    Attributes:
        account_id: Id of the account.
        application_id: Id of the voice application.
        from_: Caller of the original call: a phone number, a SIP URI, or a privacy word such as ``Restricted``.
        to: Phone number or SIP URI that was called.
        direction: ``inbound`` or ``outbound``.
        call_id: Id of the call.
        call_url: URL of the call in the API.
        enqueued_time: Time at which the call was queued; outbound calls only.
        start_time: Time at which the call started. In events of recordings and their transcriptions, time at which the
            recording started.
        answer_time: Time at which the call was answered; missing if it was not answered.
        tag: Tag that the application gave the call.
        privacy: Whether the caller asked for privacy. Observed only in ``initiate``.
        caller_display_name: Display name of the caller, which may be empty. Observed only in ``initiate``.
    """

    account_id: str | None = None
    application_id: str | None = None
    from_: str | None = None
    to: str | None = None
    direction: str | None = None
    call_id: str | None = None
    call_url: str | None = None
    enqueued_time: datetime | None = None
    start_time: datetime | None = None
    answer_time: datetime | None = None
    tag: str | None = None
    privacy: bool | None = None
    caller_display_name: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferredTo:
    """The numbers of a called leg of a Transfer; they are missing in events of other calls.

    Attributes:
        transfer_caller_id: Caller id that the called party sees.
        transfer_to: Phone number or SIP URI that was called.
    """

    transfer_caller_id: str | None = None
    transfer_to: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class CalledLeg(TransferredTo):
    """The fields of an event about a called leg of a Transfer.

    In such an event, ``call_id`` belongs to the leg, but ``from_`` and ``to`` belong to the call that ran the Transfer.

    Attributes:
        parent_call_id: Id of the call that ran the Transfer.
    """

    parent_call_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Failure:
    """The fields of an event that say why a call, a Transfer or a Bridge ended.

    Attributes:
        cause: Cause, such as ``hangup``, ``busy`` or ``timeout``.
        error_message: Description of an error; missing if there was no error.
        error_id: Id of an error, to quote to the vendor's support; missing if there was no error.
    """

    cause: str | None = None
    error_message: str | None = None
    error_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Recording:
    """The fields of an event about a recording.

    Attributes:
        recording_id: Id of the recording.
        media_url: URL of the audio in the API.
        end_time: Time at which the recording ended.
        duration: Length of the recording.
        file_format: ``wav`` or ``mp3``.
    """

    recording_id: str | None = None
    media_url: str | None = None
    end_time: datetime | None = None
    duration: timedelta | None = None
    file_format: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceEvent(Event):
    """Base class of all events of a conference.

    BXML in a response runs in the conference, not in a call. Fewer verbs are allowed there than in a call.

    Attributes:
        conference_id: Id of the conference.
        name: Name of the conference.
        tag: Tag of the call that created the conference.
    """

    conference_id: str | None = None
    name: str | None = None
    tag: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Member:
    """The fields of an event about a call that joined or left a conference.

    Attributes:
        call_id: Id of the call.
        from_: Caller of the call.
        to: Phone number or SIP URI that was called.
    """

    call_id: str | None = None
    from_: str | None = None
    to: str | None = None


# Calls


@redacted
@dataclass(frozen=True, kw_only=True)
class AnswerEvent(CallEvent):
    """Event sent when an outbound call is answered.

    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/answer

    Attributes:
        machine_detection_result: Result of machine detection in the mode ``sync``, which delays this event.
        sip_call_id: Call-ID of the SIP dialog.
    """

    event_type: ClassVar[str] = "answer"
    may_be_answered: ClassVar[bool] = True
    machine_detection_result: MachineDetectionResult | None = None
    sip_call_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class InitiateEvent(CallEvent):
    """Event sent when an inbound call arrives, before it is answered.

    Response: BXML, which the call runs next. Most verbs answer the call first.
    The event has no ``enqueued_time``, ``answer_time`` or ``tag``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/initiate

    Attributes:
        diversion: Details of the diversion, if the call was diverted.
        stir_shaken: The network's verification of the caller's number.
        uui: User-to-User values, each followed by its ``;encoding=``.
        sip_call_id: Call-ID of the SIP dialog.
        sip_headers: Custom SIP headers of the caller; the keys are their names in lower case.
    """

    event_type: ClassVar[str] = "initiate"
    may_be_answered: ClassVar[bool] = True
    diversion: Diversion | None = None
    stir_shaken: StirShaken | None = None
    uui: str | None = None
    sip_call_id: str | None = None
    sip_headers: Mapping[str, str] | None = field(default=None, hash=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class RedirectEvent(CalledLeg, CallEvent):
    """Event sent when a call runs a Redirect, or when the API redirects it with UpdateCall.

    The event does not say which of the two happened.
    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/redirect
    """

    event_type: ClassVar[str] = "redirect"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class GatherEvent(CalledLeg, CallEvent):
    """Event sent when a Gather ends.

    The ``repr`` shows neither keys nor speech, because they may be secrets.
    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/gather

    Attributes:
        digits: Pressed keys, without the terminating key; empty if no key was pressed.
        terminating_digit: Key that ended the Gather; empty if no key ended it.
        text: Recognized speech; if the caller said nothing, a sentence in which the vendor says so.
    """

    event_type: ClassVar[str] = "gather"
    may_be_answered: ClassVar[bool] = True
    digits: str | None = field(default=None, repr=False)
    terminating_digit: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class PartialGatherEvent(CalledLeg, CallEvent):
    """Event sent while a Gather listens to speech, with an interim result; a ``gather`` event follows.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/partialGather

    Attributes:
        text: Speech recognized so far. The vendor does not confirm the name of this field.
    """

    # The only event type that consists of several words but has no capital letters.
    event_type: ClassVar[str] = "partialgather"
    may_be_answered: ClassVar[bool] = False
    text: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class DtmfEvent(CalledLeg, CallEvent):
    """Event sent for each key that is pressed after StartGather.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/dtmf

    Attributes:
        digit: Pressed key.
    """

    event_type: ClassVar[str] = "dtmf"
    may_be_answered: ClassVar[bool] = False
    digit: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class RecordCompleteEvent(Recording, CalledLeg, CallEvent):
    """Event sent when a Record ends while the call is still active.

    The recording cannot be downloaded yet; ``recordingAvailable`` follows. The vendor's API specification spells the type
    ``recordingComplete``, which is accepted too.
    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/recordComplete

    Attributes:
        channels: Number of audio channels.
    """

    event_type: ClassVar[str] = "recordComplete"
    may_be_answered: ClassVar[bool] = True
    channels: int | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RecordingAvailableEvent(Recording, CalledLeg, CallEvent):
    """Event sent when a recording can be downloaded or has failed. The call may have ended by then.

    The event has no ``answer_time``, although the call was answered.
    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/recordingAvailable

    Attributes:
        channels: Number of audio channels: 1 or 2.
        status: ``complete``, ``partial`` (the recording has gaps) or ``error``.
        recording_name: Name of the recording from its verb. Only the page of the verb documents this field:
            https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
    """

    event_type: ClassVar[str] = "recordingAvailable"
    may_be_answered: ClassVar[bool] = False
    channels: int | None = None
    status: str | None = None
    recording_name: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TranscriptionAvailableEvent(Recording, CalledLeg, CallEvent):
    """Event sent when the transcription of a recording is available or has failed. The call may have ended by then.

    The event has no ``answer_time``, although the call was answered.
    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transcriptionAvailable

    Attributes:
        transcription: The transcription and its status.
    """

    event_type: ClassVar[str] = "transcriptionAvailable"
    may_be_answered: ClassVar[bool] = False
    transcription: Transcription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MachineDetectionCompleteEvent(CallEvent):
    """Event sent when machine detection in the mode ``async`` ends.

    Response: empty; BXML in it is ignored. To react, push BXML or redirect the call.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/machineDetectionComplete

    Attributes:
        machine_detection_result: Result of the detection.
    """

    event_type: ClassVar[str] = "machineDetectionComplete"
    may_be_answered: ClassVar[bool] = False
    machine_detection_result: MachineDetectionResult | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferAnswerEvent(CalledLeg, CallEvent):
    """Event sent when a called leg of a Transfer is answered.

    Response: BXML, which runs on that leg only, before both legs are connected.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferAnswer
    """

    event_type: ClassVar[str] = "transferAnswer"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferDisconnectEvent(Failure, CalledLeg, CallEvent):
    """Event sent for each called leg of a Transfer when the leg ends, even if it was not answered.

    A leg that rang until another leg was answered has the cause ``hangup`` and no ``answer_time``.
    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferDisconnect

    Attributes:
        end_time: Time at which the leg ended.
    """

    event_type: ClassVar[str] = "transferDisconnect"
    may_be_answered: ClassVar[bool] = False
    end_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferCompleteEvent(Failure, TransferredTo, CallEvent):
    """Event sent when a Transfer ends or fails while the call that ran the Transfer is still active.

    One event is sent for all called legs. The event describes the leg that was answered, or any leg if no leg was answered.
    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferComplete
    """

    event_type: ClassVar[str] = "transferComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class BridgeCompleteEvent(Failure, CallEvent):
    """Event sent when the target call leaves a Bridge, or when a Bridge fails.

    The event belongs to the call that ran the Bridge.
    Only a failed Bridge has a ``cause``: ``busy``, ``rejected`` or ``unknown``.
    Response: BXML, which the call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/bridgeComplete
    """

    event_type: ClassVar[str] = "bridgeComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class BridgeTargetCompleteEvent(CallEvent):
    """Event sent when the call that ran a Bridge leaves the Bridge.

    The event belongs to the target call.
    Response: BXML, which the target call runs next.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/bridgeTargetComplete
    """

    event_type: ClassVar[str] = "bridgeTargetComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ReferCompleteEvent(CallEvent):
    """Event sent when a Refer ends.

    Response after ``failure``: BXML, which the call runs next. After ``success`` the response is ignored, because the call has
    ended.
    The event has no ``enqueued_time``, because only inbound calls can be referred.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/referComplete

    Attributes:
        refer_call_status: ``success`` or ``failure``.
        refer_sip_response_code: SIP status of the response to the REFER; missing if there was no response.
        notify_sip_response_code: SIP status in the last NOTIFY; missing if there was no NOTIFY.
    """

    event_type: ClassVar[str] = "referComplete"
    may_be_answered: ClassVar[bool] = True
    refer_call_status: str | None = None
    refer_sip_response_code: int | None = None
    notify_sip_response_code: int | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class DisconnectEvent(Failure, CallEvent):
    """Event sent when a call ends. Only events of recordings and transcriptions follow.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/disconnect

    Attributes:
        end_time: Time at which the call ended.
        sip_call_id: Call-ID of the SIP dialog.
        sip_response_code: SIP status with which the called side refused the call, such as 486.
    """

    event_type: ClassVar[str] = "disconnect"
    may_be_answered: ClassVar[bool] = False
    end_time: datetime | None = None
    sip_call_id: str | None = None
    sip_response_code: int | None = None


# Conferences


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceCreatedEvent(ConferenceEvent):
    """Event sent when the first call joins a conference.

    Response: BXML, which runs in the conference, or an empty response, which plays nothing.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceCreated
    """

    event_type: ClassVar[str] = "conferenceCreated"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceMemberJoinEvent(Member, ConferenceEvent):
    """Event sent when a call joins a conference, including the first call.

    Response: BXML, which runs in the conference, or an empty response, which plays nothing.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceMemberJoin
    """

    event_type: ClassVar[str] = "conferenceMemberJoin"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceMemberExitEvent(Member, ConferenceEvent):
    """Event sent when a call leaves a conference.

    Response: BXML, which runs in the conference, or an empty response, which plays nothing.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceMemberExit
    """

    event_type: ClassVar[str] = "conferenceMemberExit"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceRedirectEvent(ConferenceEvent):
    """Event sent when the API redirects a conference.

    Response: BXML, which runs in the conference, or an empty response, which plays nothing.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceRedirect
    """

    event_type: ClassVar[str] = "conferenceRedirect"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceCompletedEvent(ConferenceEvent):
    """Event sent when the last call leaves a conference, or when the API ends the conference.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceCompleted
    """

    event_type: ClassVar[str] = "conferenceCompleted"
    may_be_answered: ClassVar[bool] = False


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceRecordingAvailableEvent(Recording, ConferenceEvent):
    """Event sent when the recording of a conference can be downloaded or has failed.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceRecordingAvailable

    Attributes:
        account_id: Id of the account.
        start_time: Time at which the recording started.
        channels: Number of audio channels.
        status: ``complete``, ``partial`` (the recording has gaps) or ``error``.
    """

    event_type: ClassVar[str] = "conferenceRecordingAvailable"
    may_be_answered: ClassVar[bool] = False
    account_id: str | None = None
    start_time: datetime | None = None
    channels: int | None = None
    status: str | None = None


# Media streams and real-time transcriptions


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStreamStartedEvent(CallEvent):
    """Event sent when a media stream starts.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamStarted

    Attributes:
        media_stream: The stream.
    """

    event_type: ClassVar[str] = "mediaStreamStarted"
    may_be_answered: ClassVar[bool] = False
    media_stream: MediaStream | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStreamRejectedEvent(CallEvent):
    """Event sent when a media stream cannot start.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamRejected

    Attributes:
        cause: ``connection-error``, ``duplicate``, ``error`` or ``track-limit``.
        error_message: Description of the error.
        media_stream: The stream that did not start.
        original_media_stream: With the cause ``duplicate``, the stream that already has the name.
    """

    event_type: ClassVar[str] = "mediaStreamRejected"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    media_stream: MediaStream | None = None
    original_media_stream: MediaStream | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStreamStoppedEvent(CallEvent):
    """Event sent when a media stream stops.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamStopped

    Attributes:
        cause: ``closed`` if a verb or the end of the call stopped the stream, otherwise ``connection-error`` or ``error``.
        error_message: Description of the error; missing if the cause is ``closed``.
        media_stream: The stream, with its duration.
    """

    event_type: ClassVar[str] = "mediaStreamStopped"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    media_stream: MediaStream | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionStartedEvent(CallEvent):
    """Event sent when a real-time transcription starts.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionStarted

    Attributes:
        real_time_transcription: The transcription.
    """

    event_type: ClassVar[str] = "realTimeTranscriptionStarted"
    may_be_answered: ClassVar[bool] = False
    real_time_transcription: RealTimeTranscription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionRejectedEvent(CallEvent):
    """Event sent when a real-time transcription cannot start.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionRejected

    Attributes:
        cause: ``connection-error``, ``duplicate``, ``error`` or ``track-limit``.
        error_message: Description of the error.
        real_time_transcription: The transcription that did not start.
        original_transcription: With the cause ``duplicate``, the transcription that already has the name.
    """

    event_type: ClassVar[str] = "realTimeTranscriptionRejected"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    real_time_transcription: RealTimeTranscription | None = None
    original_transcription: RealTimeTranscription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionStoppedEvent(CallEvent):
    """Event sent when a real-time transcription stops.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionStopped

    Attributes:
        cause: ``closed`` if a verb or the end of the call stopped the transcription, otherwise ``connection-error`` or
            ``error``.
        error_message: Description of the error; missing if the cause is ``closed``.
        real_time_transcription: The transcription, with its duration.
    """

    event_type: ClassVar[str] = "realTimeTranscriptionStopped"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    real_time_transcription: RealTimeTranscription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionAvailableEvent(CallEvent):
    """Event sent when the text of a real-time transcription is available, or when the transcription has failed.

    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionAvailable

    Attributes:
        real_time_transcription: The transcription, with its status and the URL of the text.
    """

    event_type: ClassVar[str] = "realTimeTranscriptionAvailable"
    may_be_answered: ClassVar[bool] = False
    real_time_transcription: RealTimeTranscription | None = None


# Events without complete documentation


@redacted
@dataclass(frozen=True, kw_only=True)
class ConnectStatusEvent(Event):
    """Event sent when the status of a Connect changes.

    The feature is in beta, and the vendor does not list the fields of this event.
    Response: empty; BXML in it is ignored.
    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect

    Attributes:
        status: ``INITIATED``, ``COMPLETED``, ``TIMED_OUT``, ``DENIED``, ``CANCELED`` or ``FAILED``. The vendor does not
            confirm the name of this field.
    """

    event_type: ClassVar[str] = "connectStatus"
    may_be_answered: ClassVar[bool] = False
    status: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    """An event whose type is newer than this package or belongs to another product. ``fields`` has all that was sent.

    ``may_be_answered`` is false because the type is not known. The vendor's list of types:
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks

    Attributes:
        unknown_type: Type of the event, as it was sent.
    """

    event_type: ClassVar[str] = ""
    may_be_answered: ClassVar[bool] = False
    unknown_type: str


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        **{
            cls.event_type: cls
            for cls in (
                AnswerEvent,
                InitiateEvent,
                RedirectEvent,
                GatherEvent,
                PartialGatherEvent,
                DtmfEvent,
                RecordCompleteEvent,
                RecordingAvailableEvent,
                TranscriptionAvailableEvent,
                MachineDetectionCompleteEvent,
                TransferAnswerEvent,
                TransferDisconnectEvent,
                TransferCompleteEvent,
                BridgeCompleteEvent,
                BridgeTargetCompleteEvent,
                ReferCompleteEvent,
                DisconnectEvent,
                ConferenceCreatedEvent,
                ConferenceMemberJoinEvent,
                ConferenceMemberExitEvent,
                ConferenceRedirectEvent,
                ConferenceCompletedEvent,
                ConferenceRecordingAvailableEvent,
                MediaStreamStartedEvent,
                MediaStreamRejectedEvent,
                MediaStreamStoppedEvent,
                RealTimeTranscriptionStartedEvent,
                RealTimeTranscriptionRejectedEvent,
                RealTimeTranscriptionStoppedEvent,
                RealTimeTranscriptionAvailableEvent,
                ConnectStatusEvent,
            )
        },
        "recordingComplete": RecordCompleteEvent,  # the spelling of the vendor's API specification
    }
)
"""For each event type: its class."""

ALSO_CALLED: Final[Mapping[str, str]] = MappingProxyType({"realTimeTranscription": "transcription"})
"""The keys are documented names of fields; the values are the names that some of the vendor's examples use instead."""


def parse_event(given: bytes | str | Mapping[str, Any]) -> Event:
    """Return the event that a webhook received.

    The vendor does not document how a query carries nested objects, so nested objects in a query stay in ``fields`` as sent.

    Args:
        given: Body of a POST request, or query of a GET request, as bytes or a string. A body can also be the parsed JSON
            object. A query can also be a mapping from names to strings or lists of strings.

    Raises:
        UnreadableEvent: If the event is not an object, has no type, or exceeds a limit of size or nesting.
    """
    sent: Mapping[str, Any] = _frozen(_members(given), DEEPEST_EVENT)
    values = {name: _unwrapped(value) for name, value in sent.items()}
    event_type = values.get("eventType", values.get("event"))  # events of endpoints have "event"
    if not isinstance(event_type, str):
        raise UnreadableEvent('the event has no eventType; expected a string such as "initiate"')
    cls = EVENTS.get(event_type)
    if cls is None:
        return UnknownEvent(unknown_type=event_type, event_time=moment(values.get("eventTime")), fields=sent)
    return _read(cls, values, sent)


def _members(given: object) -> Mapping[str, Any]:
    """Return a body, a query or a mapping as a mapping."""
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    if not isinstance(given, bytes | str):
        raise UnreadableEvent(f"the event must be bytes, a string or a mapping, got {type(given).__name__}")
    # The limit protects the application, because anyone can send a request to a webhook.
    if len(given) > LARGEST_EVENT:
        raise UnreadableEvent(f"the event is too large; at most {LARGEST_EVENT} bytes are allowed")
    decoded = _decoded(given)
    if decoded is None:
        raise UnreadableEvent("the event is not a valid JSON object or query string")
    return decoded


def _decoded(given: bytes | str) -> Mapping[str, Any] | None:
    """Return a body or a query as a mapping, or ``None`` if it is invalid.

    This function does not raise an error, because the context of the error would contain the body, which may have secrets.
    """
    try:
        # The JSON parser rejects a byte order mark, although RFC 8259 allows a parser to ignore it.
        text = (given.decode() if isinstance(given, bytes) else given).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if text.lstrip().startswith("{"):
            return cast("dict[str, Any]", json_of(text))
        query = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
    return {name: values[0] if len(values) == 1 else values for name, values in query.items()}


def _frozen(value: Any, levels: int) -> Any:
    """Return an immutable copy of a value.

    Raises:
        UnreadableEvent: If the value is nested more than ``levels`` deep.
    """
    if not isinstance(value, Mapping | list | tuple):
        return value
    if not levels:
        raise UnreadableEvent(f"the event is nested too deeply; at most {DEEPEST_EVENT} levels are allowed")
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return Frozen({name: _frozen(members[name], levels - 1) for name in members})
    return tuple(_frozen(item, levels - 1) for item in cast("Iterable[Any]", value))


def _unwrapped(value: object) -> object:
    """Return the only item of a list with one item, or any other value unchanged; some frameworks put each value in a list."""
    if not isinstance(value, tuple):
        return value
    items = cast("tuple[object, ...]", value)
    return items[0] if len(items) == 1 else items


# Readers: one for each type that a field can have

S = TypeVar("S", bound=Sent)

Reader = Callable[[object], object]
"""Function that converts a value to the type of its field, or returns ``None`` if the value has another format."""


def _read(cls: type[S], values: Mapping[str, Any], sent: Mapping[str, Any]) -> S:
    """Return an instance with the fields that have the documented format."""
    readers = _readers(cast("Hashable", cls))  # mypy looks at the hash of instances, not of the class
    read = {name: reader(values.get(wire, values.get(other))) for name, wire, other, reader in readers}
    return cls(**read, fields=sent)


@cache
def _readers(cls: type[Sent]) -> tuple[tuple[str, str, str, Reader], ...]:
    """Return for each field its name, the API's name, the API's other name, and its reader.

    Cached, because all events of a class need the same readers.
    """
    named = [(each.name, wire_name(each.name), str(each.type)) for each in fields(cls) if each.name != "fields"]
    return tuple(
        (name, wire, ALSO_CALLED.get(wire, wire), _READERS[type_.removesuffix(" | None")]) for name, wire, type_ in named
    )


def wire_name(name: str) -> str:
    """Return the API's name of a field: ``callId`` for ``call_id``, ``from`` for ``from_``."""
    return re.sub("_([a-z])", lambda letter: letter[1].upper(), name.rstrip("_"))


def _read_string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _read_integer(value: object) -> int | None:
    if isinstance(value, str):  # every value in a query is a string
        return int(value) if _INTEGER(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_INTEGER: Final = re.compile("[0-9]{1,9}").fullmatch


def _read_boolean(value: object) -> bool | None:
    return _BOOLEANS.get(value) if isinstance(value, bool | str) else None


_BOOLEANS: Final[Mapping[bool | str, bool]] = {True: True, False: False, "true": True, "false": False}


def _read_strings(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, tuple):
        return None
    return tuple(item for item in cast("tuple[object, ...]", value) if isinstance(item, str))


def _read_strings_by_name(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, Frozen):
        return None
    return Frozen({name: text for name, text in value.items() if isinstance(text, str)})


def _object_reader(cls: type[Sent]) -> Reader:
    def read(value: object) -> Sent | None:
        return _read(cls, value, value) if isinstance(value, Frozen) else None

    return read


_READERS: Final[Mapping[str, Reader]] = {
    "str": _read_string,
    "int": _read_integer,
    "bool": _read_boolean,
    "datetime": moment,
    "timedelta": duration,
    "tuple[str, ...]": _read_strings,
    "Mapping[str, str]": _read_strings_by_name,
    **{
        cls.__name__: _object_reader(cls)
        for cls in (MachineDetectionResult, Diversion, StirShaken, Transcription, MediaStream, RealTimeTranscription)
    },
}
"""The reader for each type that a field can have."""
