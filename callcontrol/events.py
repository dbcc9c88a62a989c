"""What the vendor tells a webhook, as values: one class for each event, and :func:`parse_event`, which reads them all.

Fields have the API's names in snake case, ``from_`` for ``from``, and the types that are documented; what is absent is
``None``. Everything that was sent stands in ``fields`` as well, by the API's names and as it came, so that what this package
does not know, or finds in another form than documented, can still be had.
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

from bxml.builder.frozen import Frozen
from callcontrol.errors import UnreadableEvent
from callcontrol.http_messages import json_of
from callcontrol.iso8601 import duration, moment
from callcontrol.redaction import redacted

LARGEST_EVENT: Final = 1_000_000
"""Bytes of a body or characters of a text beyond which it is refused unread; events as documented have some two thousand."""

DEEPEST_EVENT: Final = 32
"""Objects and lists in each other beyond which an event is refused; as documented there are three."""

MOST_PARAMETERS: Final = 1_000
"""Parameters beyond which a query is refused; as documented there are some twenty."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An object as it was sent.

    Attributes:
        fields: All of it, by the API's names: objects as mappings and lists as tuples, none of which change.
    """

    fields: Mapping[str, Any] = field(default_factory=Frozen, repr=False, hash=False)


# What is nested in events


@redacted
@dataclass(frozen=True, kw_only=True)
class MachineDetectionResult(Sent):
    """Who answered, and after how long.

    ``value`` is ``human``, ``answering-machine``, ``silence``, ``timeout``, ``error``, and for some accounts ``tone-detected``.
    """

    value: str | None = None
    duration: timedelta | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Diversion(Sent):
    """From where a call was diverted, and why; numbers are texts, and there may be more in ``fields``."""

    orig_to: str | None = None
    reason: str | None = None
    screen: str | None = None
    privacy: str | None = None
    counter: str | None = None
    limit: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class StirShaken(Sent):
    """What the network knows of the caller's number; there may be more in ``fields``.

    ``verstat`` is spelled in several ways, such as ``TN-Validation-Passed`` and ``TN-Verification-Passed``, and not always in
    the same case; ``attestation_indicator`` is ``A``, ``B`` or ``C``.
    """

    verstat: str | None = None
    attestation_indicator: str | None = None
    originating_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Transcription(Sent):
    """A transcription, whose text is to be fetched from ``url`` if its ``status`` is ``available``, and not ``error``."""

    id: str | None = None
    url: str | None = None
    status: str | None = None
    completed_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStream(Sent):
    """A stream of a call's audio, ``inbound`` or ``outbound`` or both; ``duration`` is known once it has stopped."""

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
    """A transcription of a call while it lasts; ``duration`` is known once it has stopped, the last three once it is available.

    ``stabilized`` is sent as a text, and is a truth value here. ``status`` is ``available`` or ``failed``.
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


# What several events have


@dataclass(frozen=True, kw_only=True)
class Event(Sent):
    """Any event.

    Attributes:
        event_type: The type by which the API calls the event.
        may_be_answered: Whether BXML in the answer is executed; if not, an empty answer does.
        event_time: Roughly when the event arose. Events may come late, twice, and in another order than they arose.
    """

    event_type: ClassVar[str]
    may_be_answered: ClassVar[bool]
    event_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class CallEvent(Event):
    """Any event of a call, with all that the vendor lists as common; some events never have some of it, as they say.

    Attributes:
        from_: The caller as given for the original call: a number, a SIP URI, or a word for privacy.
        direction: ``inbound`` or ``outbound``.
        enqueued_time: When it was queued; outbound calls only.
        start_time: When the call started, but in events of recordings and of their transcriptions when the recording did.
        answer_time: When it was answered, if it was.
        tag: What the application has tagged the call with.
        privacy: Whether the caller asked for privacy; seen in ``initiate`` only.
        caller_display_name: The caller's name, which may be empty; likewise.
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
    """The numbers of the called leg of a Transfer, which are absent in the events of any other call."""

    transfer_caller_id: str | None = None
    transfer_to: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class CalledLeg(TransferredTo):
    """The same, with the call that executed the Transfer: ``call_id`` is the leg's, ``from_`` and ``to`` stay that call's."""

    parent_call_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why something ended, and what went wrong if something did."""

    cause: str | None = None
    error_message: str | None = None
    error_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recording, which the vendor keeps at ``media_url``."""

    recording_id: str | None = None
    media_url: str | None = None
    end_time: datetime | None = None
    duration: timedelta | None = None
    file_format: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceEvent(Event):
    """Any event of a conference; ``tag`` is that of the call that created it.

    What answers it is executed in the conference, not in a call, and takes fewer verbs; after an empty answer nothing is heard.
    """

    conference_id: str | None = None
    name: str | None = None
    tag: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class Member:
    """The call that came into a conference or left it."""

    call_id: str | None = None
    from_: str | None = None
    to: str | None = None


# Calls


@redacted
@dataclass(frozen=True, kw_only=True)
class AnswerEvent(CallEvent):
    """An outbound call was answered; the answer is its first document.

    ``machine_detection_result`` is there if detection was asked for in the mode ``sync``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/answer
    """

    event_type: ClassVar[str] = "answer"
    may_be_answered: ClassVar[bool] = True
    machine_detection_result: MachineDetectionResult | None = None
    sip_call_id: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class InitiateEvent(CallEvent):
    """An inbound call has arrived, and is not answered yet: the first verb does that which needs it, as most do.

    ``sip_headers`` are the caller's own headers, with their names in lower case. There is no ``enqueued_time``, ``answer_time``
    or ``tag``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/initiate
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
    """A Redirect was reached, or UpdateCall has sent the call here; nothing tells which.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/redirect
    """

    event_type: ClassVar[str] = "redirect"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class GatherEvent(CalledLeg, CallEvent):
    """A Gather is over.

    ``digits`` are the keys before the one that ended it, which is ``terminating_digit``; either is empty if there were none.
    ``text`` is what was said, or a sentence of the vendor that nothing was. None is in the ``repr``, for they may be secrets.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/gather
    """

    event_type: ClassVar[str] = "gather"
    may_be_answered: ClassVar[bool] = True
    digits: str | None = field(default=None, repr=False)
    terminating_digit: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class PartialGatherEvent(CalledLeg, CallEvent):
    """A Gather has understood something and listens on; a ``gather`` follows. The name of ``text`` is not confirmed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/partialGather
    """

    # Alone among all types it has no capital letter.
    event_type: ClassVar[str] = "partialgather"
    may_be_answered: ClassVar[bool] = False
    text: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class DtmfEvent(CalledLeg, CallEvent):
    """A key was pressed after StartGather; there is one event for each.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/dtmf
    """

    event_type: ClassVar[str] = "dtmf"
    may_be_answered: ClassVar[bool] = False
    digit: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class RecordCompleteEvent(Recording, CalledLeg, CallEvent):
    """A Record is over and the call is not; the recording cannot be fetched yet.

    The vendor's description of the API calls it ``recordingComplete``, which is understood too.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/recordComplete
    """

    event_type: ClassVar[str] = "recordComplete"
    may_be_answered: ClassVar[bool] = True
    channels: int | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RecordingAvailableEvent(Recording, CalledLeg, CallEvent):
    """A recording can be fetched, or has failed; maybe after the call. ``status`` is ``complete``, ``partial`` or ``error``.

    There is no ``answer_time``, though the call was answered. ``recording_name`` is that of the verb: the page of the event
    does not have it, but that of the verb says that it comes back here.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/recordingAvailable
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
    """The transcription of a recording can be fetched, or has failed; maybe after the call.

    There is no ``answer_time``, though the call was answered.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transcriptionAvailable
    """

    event_type: ClassVar[str] = "transcriptionAvailable"
    may_be_answered: ClassVar[bool] = False
    transcription: Transcription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MachineDetectionCompleteEvent(CallEvent):
    """It is known who answered, detection having been asked for in the mode ``async``.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/machineDetectionComplete
    """

    event_type: ClassVar[str] = "machineDetectionComplete"
    may_be_answered: ClassVar[bool] = False
    machine_detection_result: MachineDetectionResult | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferAnswerEvent(CalledLeg, CallEvent):
    """A called leg of a Transfer was answered; the answer is executed there alone, before both legs are joined.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferAnswer
    """

    event_type: ClassVar[str] = "transferAnswer"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferDisconnectEvent(Failure, CalledLeg, CallEvent):
    """A called leg of a Transfer has ended, answered or not; there is one event for each leg.

    One that rang until another answered has the cause ``hangup``, as one that was spoken with, and no ``answer_time``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferDisconnect
    """

    event_type: ClassVar[str] = "transferDisconnect"
    may_be_answered: ClassVar[bool] = False
    end_time: datetime | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class TransferCompleteEvent(Failure, TransferredTo, CallEvent):
    """A Transfer is over, or has failed, and the call that executed it is still there.

    There is one event for all called legs: it tells of the one that answered, or of any if none did.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/transferComplete
    """

    event_type: ClassVar[str] = "transferComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class BridgeCompleteEvent(Failure, CallEvent):
    """The target of a Bridge has left, or could not be had, which ``cause`` then says; sent to the call that executed it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/bridgeComplete
    """

    event_type: ClassVar[str] = "bridgeComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class BridgeTargetCompleteEvent(CallEvent):
    """The call that executed a Bridge has left; sent to its target.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/bridgeTargetComplete
    """

    event_type: ClassVar[str] = "bridgeTargetComplete"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ReferCompleteEvent(CallEvent):
    """A Refer is over. After a ``success`` the call has gone, and only after a ``failure`` the answer is executed.

    ``refer_sip_response_code`` is what was answered to the REFER, ``notify_sip_response_code`` what the last NOTIFY said, each
    absent if none came. There is no ``enqueued_time``, for only inbound calls can be referred.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/referComplete
    """

    event_type: ClassVar[str] = "referComplete"
    may_be_answered: ClassVar[bool] = True
    refer_call_status: str | None = None
    refer_sip_response_code: int | None = None
    notify_sip_response_code: int | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class DisconnectEvent(Failure, CallEvent):
    """A call has ended; after it come only recordings and transcriptions. After a normal end there is no ``error_message``.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/disconnect
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
    """The first call has joined a conference.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceCreated
    """

    event_type: ClassVar[str] = "conferenceCreated"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceMemberJoinEvent(Member, ConferenceEvent):
    """A call has joined a conference, be it the first.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceMemberJoin
    """

    event_type: ClassVar[str] = "conferenceMemberJoin"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceMemberExitEvent(Member, ConferenceEvent):
    """A call has left a conference.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceMemberExit
    """

    event_type: ClassVar[str] = "conferenceMemberExit"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceRedirectEvent(ConferenceEvent):
    """The API was asked to send a conference here.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceRedirect
    """

    event_type: ClassVar[str] = "conferenceRedirect"
    may_be_answered: ClassVar[bool] = True


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceCompletedEvent(ConferenceEvent):
    """The last call has left a conference, or the API has ended it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceCompleted
    """

    event_type: ClassVar[str] = "conferenceCompleted"
    may_be_answered: ClassVar[bool] = False


@redacted
@dataclass(frozen=True, kw_only=True)
class ConferenceRecordingAvailableEvent(Recording, ConferenceEvent):
    """The recording of a conference can be fetched, or has failed; ``start_time`` is the recording's.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/conferenceRecordingAvailable
    """

    event_type: ClassVar[str] = "conferenceRecordingAvailable"
    may_be_answered: ClassVar[bool] = False
    account_id: str | None = None
    start_time: datetime | None = None
    channels: int | None = None
    status: str | None = None


# Streams and transcriptions while a call lasts


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStreamStartedEvent(CallEvent):
    """A stream of audio has started.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamStarted
    """

    event_type: ClassVar[str] = "mediaStreamStarted"
    may_be_answered: ClassVar[bool] = False
    media_stream: MediaStream | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class MediaStreamRejectedEvent(CallEvent):
    """A stream of audio did not start; ``original_media_stream`` is the one that has its name already.

    ``cause`` is ``connection-error``, ``duplicate``, ``error`` or ``track-limit``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamRejected
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
    """A stream of audio has stopped; ``cause`` is ``closed`` if that was wanted, or else ``connection-error`` or ``error``.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/mediaStreamStopped
    """

    event_type: ClassVar[str] = "mediaStreamStopped"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    media_stream: MediaStream | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionStartedEvent(CallEvent):
    """A transcription has started.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionStarted
    """

    event_type: ClassVar[str] = "realTimeTranscriptionStarted"
    may_be_answered: ClassVar[bool] = False
    real_time_transcription: RealTimeTranscription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionRejectedEvent(CallEvent):
    """A transcription did not start; ``original_transcription`` is the one that has its name already.

    ``cause`` is ``connection-error``, ``duplicate``, ``error`` or ``track-limit``.
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionRejected
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
    """A transcription has stopped; ``cause`` is ``closed`` if that was wanted, or else ``connection-error`` or ``error``.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionStopped
    """

    event_type: ClassVar[str] = "realTimeTranscriptionStopped"
    may_be_answered: ClassVar[bool] = False
    cause: str | None = None
    error_message: str | None = None
    real_time_transcription: RealTimeTranscription | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class RealTimeTranscriptionAvailableEvent(CallEvent):
    """A transcription that has stopped can be fetched, or has failed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks/realTimeTranscriptionAvailable
    """

    event_type: ClassVar[str] = "realTimeTranscriptionAvailable"
    may_be_answered: ClassVar[bool] = False
    real_time_transcription: RealTimeTranscription | None = None


# What is hardly documented, and what is not known


@redacted
@dataclass(frozen=True, kw_only=True)
class ConnectStatusEvent(Event):
    """A Connect has come to something: ``INITIATED``, ``COMPLETED``, ``TIMED_OUT``, ``DENIED``, ``CANCELED`` or ``FAILED``.

    The vendor has this in beta and does not list its fields, so that the name of ``status`` is not confirmed.
    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    event_type: ClassVar[str] = "connectStatus"
    may_be_answered: ClassVar[bool] = False
    status: str | None = None


@redacted
@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    """An event of a type that is newer than this package, or of another product; all it says is in ``fields``.

    Nobody here knows whether it may be answered. The vendor's list of types is
    https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks

    Attributes:
        unknown_type: The type that was sent.
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
        "recordingComplete": RecordCompleteEvent,  # as the description of the API has it
    }
)
"""The class for each type."""

ALSO_CALLED: Final[Mapping[str, str]] = MappingProxyType({"realTimeTranscription": "transcription"})
"""Fields that some of the vendor's examples call otherwise."""


def parse_event(given: bytes | str | Mapping[str, Any]) -> Event:
    """The event that came to a webhook.

    How objects in an event travel in a query is not documented: what stands for them is left in ``fields`` as it came.

    Args:
        given: The body of a POST, as bytes, text or the object that it holds; or the query of a GET, as bytes, text or a
            mapping of names to texts or to lists of them.

    Raises:
        UnreadableEvent: if it is no object, does not say its type, or is larger or deeper than any event.
    """
    sent: Mapping[str, Any] = _frozen(_members(given), DEEPEST_EVENT)
    values = {name: _sole(value) for name, value in sent.items()}
    event_type = values.get("eventType", values.get("event"))  # events of endpoints have the latter
    if not isinstance(event_type, str):
        raise UnreadableEvent("the event does not say its eventType")
    cls = EVENTS.get(event_type)
    if cls is None:
        return UnknownEvent(unknown_type=event_type, event_time=moment(values.get("eventTime")), fields=sent)
    return _read(cls, values, sent)


def _members(given: object) -> Mapping[str, Any]:
    """What is given, as a mapping."""
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    if not isinstance(given, bytes | str):
        raise UnreadableEvent("the event is neither a body, nor a query, nor a mapping")
    if len(given) > LARGEST_EVENT:
        raise UnreadableEvent(f"the event is larger than {LARGEST_EVENT} bytes")
    decoded = _decoded(given)
    if decoded is None:
        raise UnreadableEvent("the event is neither a JSON object nor a query")
    return decoded


def _decoded(given: bytes | str) -> Mapping[str, Any] | None:
    """A body or a query as a mapping; ``None`` if it is none, for an error raised here would carry the body with it."""
    try:
        text = (given.decode() if isinstance(given, bytes) else given).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if text.lstrip().startswith("{"):
            return cast("dict[str, Any]", json_of(text))
        query = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
    return {name: values[0] if len(values) == 1 else values for name, values in query.items()}


def _frozen(value: Any, levels: int) -> Any:
    """The same value, unchangeable in all its depth."""
    if not isinstance(value, Mapping | list | tuple):
        return value
    if not levels:
        raise UnreadableEvent(f"the event is nested more than {DEEPEST_EVENT} levels deep")
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return Frozen({name: _frozen(members[name], levels - 1) for name in members})
    return tuple(_frozen(item, levels - 1) for item in cast("Iterable[Any]", value))


def _sole(value: object) -> object:
    """The item of a list of one, as which a framework may give what stands in a query."""
    if not isinstance(value, tuple):
        return value
    items = cast("tuple[object, ...]", value)
    return items[0] if len(items) == 1 else items


# Reading: each field by the type that its class gives it

S = TypeVar("S", bound=Sent)

Reader = Callable[[object], object]
"""A value of its type; ``None`` for what is none."""


def _read(cls: type[S], values: Mapping[str, Any], sent: Mapping[str, Any]) -> S:
    """The value of a class, of those fields that have the documented form."""
    readers = _readers(cast("Hashable", cls))  # mypy takes the hash of an instance for that of the class
    read = {name: reader(values.get(wire, values.get(other))) for name, wire, other, reader in readers}
    return cls(**read, fields=sent)


@cache
def _readers(cls: type[Sent]) -> tuple[tuple[str, str, str, Reader], ...]:
    """Return for each field its name, the API's name, the API's other name, and its reader; computed once for each class."""
    named = [(each.name, wire_name(each.name), str(each.type)) for each in fields(cls) if each.name != "fields"]
    return tuple(
        (name, wire, ALSO_CALLED.get(wire, wire), _READERS[type_.removesuffix(" | None")]) for name, wire, type_ in named
    )


def wire_name(name: str) -> str:
    """The API's name of a field: ``callId`` for ``call_id``, ``from`` for ``from_``."""
    return re.sub("_([a-z])", lambda letter: letter[1].upper(), name.rstrip("_"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    if isinstance(value, str):  # of a query
        return int(value) if _IS_WHOLE(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_IS_WHOLE: Final = re.compile("[0-9]{1,9}").fullmatch


def _truth(value: object) -> bool | None:
    return _TRUTH.get(value) if isinstance(value, bool | str) else None


_TRUTH: Final[Mapping[bool | str, bool]] = {True: True, False: False, "true": True, "false": False}


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, tuple):
        return None
    return tuple(item for item in cast("tuple[object, ...]", value) if isinstance(item, str))


def _texts_by_name(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, Frozen):
        return None
    return Frozen({name: text for name, text in value.items() if isinstance(text, str)})


def _object(cls: type[Sent]) -> Reader:
    def read(value: object) -> Sent | None:
        return _read(cls, value, value) if isinstance(value, Frozen) else None

    return read


_READERS: Final[Mapping[str, Reader]] = {
    "str": _text,
    "int": _whole,
    "bool": _truth,
    "datetime": moment,
    "timedelta": duration,
    "tuple[str, ...]": _texts,
    "Mapping[str, str]": _texts_by_name,
    **{
        cls.__name__: _object(cls)
        for cls in (MachineDetectionResult, Diversion, StirShaken, Transcription, MediaStream, RealTimeTranscription)
    },
}
"""By the type of the field."""
