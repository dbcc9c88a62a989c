"""The operations of the emulated API on recordings: to read, pause, download, transcribe and delete them.

https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Recordings
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from callcontrol import call_states, operation_table, request_fields
from callcontrol.emulator.api_requests import (
    Emulated,
    Refusal,
    Respond,
    RoutedRequest,
    body_of,
    json_reply,
    refuse,
    time_bounds,
)
from callcontrol.emulator.audio import to_mp3, to_wav
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.recordings import Recording
from callcontrol.emulator.webhook_requests import webhook
from callcontrol.http_messages import Headers, Reply
from callcontrol.operation_table import Operation

MOST_LISTED: Final = 1_000
"""Maximum number of recordings in the list of an account."""

LONGEST_MEDIA: Final = 4 * 3600.0
"""Maximum duration in seconds of a recording that can be downloaded. The file of a longer recording could fill the memory."""

CALLBACK: Final = ("callbackUrl", "callbackMethod", "", "")
"""Names of the fields of a request that describe the webhook of a transcription."""

CONFIDENCE: Final = 1.0
"""The confidence of a transcription: its words are known, not recognized."""

_FIELDS_OF_CALL: Final = (
    "applicationId",
    "accountId",
    "callId",
    "parentCallId",
    "to",
    "from",
    "transferCallerId",
    "transferTo",
    "direction",
)

_FIELDS_OF_CONFERENCE: Final = ("accountId", "conferenceId", "name")


def _metadata(of: Call | Conference, recording: Recording) -> dict[str, Any]:
    """Return a recording with the fields of its call or conference, as the API returns it."""
    values = of.values()
    names = _FIELDS_OF_CALL if isinstance(of, Call) else _FIELDS_OF_CONFERENCE
    return {name: values[name] for name in names if values.get(name) is not None} | recording.as_json()


def _found(of: Call | Conference, received: RoutedRequest) -> Recording:
    """Return the recording in the path of a request.

    Raises:
        Refusal: If the call or conference has no such recording.
    """
    for recording in of.recordings:
        if recording.recording_id == received.item_id:
            return recording
    raise Refusal(HTTPStatus.NOT_FOUND, f"Recording [{received.item_id}] not found")


def _with_media(of: Call | Conference, received: RoutedRequest) -> Recording:
    """Return the recording in the path of a request. The media of the recording must exist.

    Raises:
        Refusal: If the recording does not exist or is not available yet, or its media was deleted.
    """
    recording = _found(of, received)
    if not recording.is_playable:
        reason = "was deleted" if recording.is_deleted else "is not available yet"
        raise Refusal(HTTPStatus.NOT_FOUND, f"The media of recording [{received.item_id}] {reason}")
    return recording


# Recordings of calls


def _list_account_call_recordings(emulated: Emulated, received: RoutedRequest) -> Reply:
    query = received.query
    bounds = time_bounds(query, "minStartTime", "maxStartTime")
    calls = emulated.calls.of_account(received.account_id)
    pairs = ((call, recording) for call in calls for recording in call.recordings)
    found = sorted(_matching(pairs, query, bounds), key=lambda pair: pair[1].start_time)
    return json_reply(HTTPStatus.OK, [_metadata(call, recording) for call, recording in found[:MOST_LISTED]])


def _matching(
    pairs: Iterable[tuple[Call, Recording]], query: Mapping[str, str], bounds: Mapping[str, datetime]
) -> Iterator[tuple[Call, Recording]]:
    """Yield the recordings that match the filters; only the upper bound of the time is exclusive."""
    for call, recording in pairs:
        values = call.values()
        is_after = "minStartTime" not in bounds or recording.start_time >= bounds["minStartTime"]
        is_before = "maxStartTime" not in bounds or recording.start_time < bounds["maxStartTime"]
        if is_after and is_before and all(values[name] == query[name] for name in ("to", "from") if name in query):
            yield call, recording


def _list_call_recordings(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    return json_reply(HTTPStatus.OK, [_metadata(call, recording) for recording in call.recordings])


def _get_call_recording(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    return json_reply(HTTPStatus.OK, _metadata(call, _found(call, received)))


def _delete_recording(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    recording = _found(call, received)
    if recording.end_time is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"Recording [{received.item_id}] is active; it can be deleted after its end")
    call.note("api", "DeleteRecording", recordingId=recording.recording_id)
    recording.is_deleted = True  # a call that still has its URL cannot play it
    call.recordings.remove(recording)
    return Reply(HTTPStatus.NO_CONTENT)


def _update_call_recording_state(emulated: Emulated, received: RoutedRequest) -> Reply:
    body = body_of(received)
    refuse(request_fields.faults(request_fields.UPDATE_CALL_RECORDING, body))
    call = emulated.call(received)
    recording = call.background_recording
    if call.state == call_states.DISCONNECTED or recording is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{received.id}] has no active recording")
    call.note("api", "UpdateCallRecordingState", state=body["state"])
    is_changed, verb = (recording.pause(), "paused") if body["state"] == "paused" else (recording.resume(), "resumed")
    if is_changed:
        call.note("recording", f"recording {verb}")
    return Reply(HTTPStatus.OK)


# Media


def _download_call_recording(emulated: Emulated, received: RoutedRequest) -> Callable[[], Reply]:
    return _download(_with_media(emulated.call(received), received))


def _download(recording: Recording) -> Callable[[], Reply]:
    """Return a function that returns the media.

    Raises:
        Refusal: If the recording is too long.
    """
    if recording.seconds > LONGEST_MEDIA:
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED, f"the media of a recording of more than {LONGEST_MEDIA:g} s is not emulated")
    is_mp3 = recording.file_format == "mp3"

    def encode() -> Reply:
        try:
            content = (to_mp3 if is_mp3 else to_wav)(recording.audio_blocks())
        except ModuleNotFoundError as missing:
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, str(missing)) from None
        return Reply(HTTPStatus.OK, Headers({"Content-Type": "audio/mpeg" if is_mp3 else "audio/vnd.wave"}), content)

    return encode


def _delete_recording_media(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    recording = _with_media(call, received)
    call.note("api", "DeleteRecordingMedia", recordingId=recording.recording_id)
    recording.is_deleted = True
    return Reply(HTTPStatus.NO_CONTENT)


# Transcriptions


def _transcribed(call: Call, received: RoutedRequest) -> Recording:
    """Return the recording in the path of a request. The transcription of the recording must be available.

    Raises:
        Refusal: If the recording does not exist, or its transcription is not available.
    """
    recording = _found(call, received)
    if not recording.is_transcribed:
        raise Refusal(HTTPStatus.NOT_FOUND, f"The transcription of recording [{received.item_id}] is not available")
    return recording


def _get_recording_transcription(emulated: Emulated, received: RoutedRequest) -> Reply:
    clips = _transcribed(emulated.call(received), received).clips()
    speakers = sorted({clip.speaker for clip in clips})
    transcripts = [
        {
            "speaker": speaker,
            "text": " ".join(clip.text for clip in clips if clip.speaker == speaker),
            "confidence": CONFIDENCE,
        }
        for speaker in speakers
    ]
    timed = [
        {
            "speaker": clip.speaker,
            "text": clip.text,
            "confidence": CONFIDENCE,
            "startTimeSeconds": round(clip.start, 3),
            "endTimeSeconds": round(clip.end, 3),
        }
        for clip in clips
    ]
    return json_reply(HTTPStatus.OK, {"transcripts": transcripts, "clips": timed})


def _transcribe_call_recording(emulated: Emulated, received: RoutedRequest) -> Reply:
    body = body_of(received)
    refuse(request_fields.faults(request_fields.TRANSCRIBE_RECORDING, body))
    call = emulated.call(received)
    recording = _with_media(call, received)
    call.note("api", "TranscribeCallRecording", recordingId=recording.recording_id)
    tag = {"tag": body["tag"]} if "tag" in body else {}
    seconds = emulated.simulation.assumptions.seconds_until_recording
    recording.transcribe(webhook(body.get, "", CALLBACK), seconds, tag, body.get("callbackTimeout"))
    return Reply(HTTPStatus.NO_CONTENT)


def _delete_recording_transcription(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    recording = _transcribed(call, received)
    call.note("api", "DeleteRecordingTranscription", recordingId=recording.recording_id)
    recording.transcription = None
    return Reply(HTTPStatus.NO_CONTENT)


# Recordings of conferences


def _list_conference_recordings(emulated: Emulated, received: RoutedRequest) -> Reply:
    conference = emulated.conference(received)
    return json_reply(HTTPStatus.OK, [_metadata(conference, recording) for recording in conference.recordings])


def _get_conference_recording(emulated: Emulated, received: RoutedRequest) -> Reply:
    conference = emulated.conference(received)
    return json_reply(HTTPStatus.OK, _metadata(conference, _found(conference, received)))


def _download_conference_recording(emulated: Emulated, received: RoutedRequest) -> Callable[[], Reply]:
    return _download(_with_media(emulated.conference(received), received))


HANDLERS: Final[Mapping[Operation, Respond]] = {
    operation_table.LIST_ACCOUNT_CALL_RECORDINGS: _list_account_call_recordings,
    operation_table.UPDATE_CALL_RECORDING_STATE: _update_call_recording_state,
    operation_table.LIST_CALL_RECORDINGS: _list_call_recordings,
    operation_table.GET_CALL_RECORDING: _get_call_recording,
    operation_table.DELETE_RECORDING: _delete_recording,
    operation_table.DOWNLOAD_CALL_RECORDING: _download_call_recording,
    operation_table.DELETE_RECORDING_MEDIA: _delete_recording_media,
    operation_table.GET_RECORDING_TRANSCRIPTION: _get_recording_transcription,
    operation_table.TRANSCRIBE_CALL_RECORDING: _transcribe_call_recording,
    operation_table.DELETE_RECORDING_TRANSCRIPTION: _delete_recording_transcription,
    operation_table.LIST_CONFERENCE_RECORDINGS: _list_conference_recordings,
    operation_table.GET_CONFERENCE_RECORDING: _get_conference_recording,
    operation_table.DOWNLOAD_CONFERENCE_RECORDING: _download_conference_recording,
}
"""For each operation on recordings: the function that performs it."""
