"""The operations of the emulated API on real-time transcriptions, and the statistics of an account.

https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Transcriptions
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from callcontrol import call_states, operation_table
from callcontrol.emulator.api_requests import Emulated, Refusal, Respond, RoutedRequest, json_reply
from callcontrol.emulator.calls import Call
from callcontrol.emulator.streams_and_transcriptions import Transcription
from callcontrol.http_messages import Reply
from callcontrol.operation_table import Operation

CONFIDENCE: Final = 1.0
"""The confidence of a transcription: its words are known, not recognized."""

LANGUAGE: Final = "en-US"
"""The language of all transcriptions, because the emulator does not detect languages."""

MAX_QUEUE_SIZE: Final = 1_500
"""The maximum size of the queue of calls in the statistics, with the vendor's default rate. The emulator does not enforce it.

https://dev.bandwidth.com/docs/voice/programmable-voice/rateLimits
"""


def _metadata(call: Call, feed: Transcription) -> dict[str, Any]:
    url = f"{call.url}/transcriptions/{feed.id}"
    return {"transcriptionId": feed.id, "transcriptionName": feed.name, "transcriptionUrl": url}


def _available(call: Call, received: RoutedRequest) -> Transcription:
    """Return the transcription in the path of a request.

    Raises:
        Refusal: If the call has no such transcription, or its text is not available yet.
    """
    for feed in call.all_transcriptions:
        if feed.id == received.item_id:
            if not feed.has_text:
                raise Refusal(HTTPStatus.NOT_FOUND, f"The text of transcription [{feed.id}] is not available yet")
            return feed
    raise Refusal(HTTPStatus.NOT_FOUND, f"Transcription [{received.item_id}] not found")


def _list_real_time_transcriptions(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    return json_reply(HTTPStatus.OK, [_metadata(call, feed) for feed in call.all_transcriptions])


def _get_real_time_transcription(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    feed = _available(call, received)
    body = {
        "accountId": call.account_id,
        "callId": call.call_id,
        "transcriptionId": feed.id,
        "tracks": [
            {
                "detectedLanguage": LANGUAGE,
                "track": name,
                "transcript": feed.texts[name],
                "confidence": CONFIDENCE,
            }
            for name in feed.tracks
        ],
    }
    return json_reply(HTTPStatus.OK, body)


def _delete_real_time_transcription(emulated: Emulated, received: RoutedRequest) -> Reply:
    call = emulated.call(received)
    feed = _available(call, received)
    call.note("api", "DeleteRealTimeTranscription", transcriptionId=feed.id)
    call.all_transcriptions.remove(feed)
    return Reply(HTTPStatus.OK)


def _get_statistics(emulated: Emulated, received: RoutedRequest) -> Reply:
    calls = emulated.calls.of_account(received.account_id)
    queued = sum(call.state == call_states.QUEUED for call in calls)
    return json_reply(HTTPStatus.OK, {"currentCallQueueSize": queued, "maxCallQueueSize": MAX_QUEUE_SIZE})


HANDLERS: Final[Mapping[Operation, Respond]] = {
    operation_table.LIST_REAL_TIME_TRANSCRIPTIONS: _list_real_time_transcriptions,
    operation_table.GET_REAL_TIME_TRANSCRIPTION: _get_real_time_transcription,
    operation_table.DELETE_REAL_TIME_TRANSCRIPTION: _delete_real_time_transcription,
    operation_table.GET_STATISTICS: _get_statistics,
}
"""For each operation on real-time transcriptions, and for GetStatistics: the function that performs it."""
