"""The emulator's behavior where the vendor's pages do not specify it; the documentation shows this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """The emulator's behavior where the vendor's pages do not specify it.

    Attributes:
        seconds_per_character: Seconds of speech for each character of a sentence.
        audio_seconds: Length of an audio file in seconds, unless ``audio_lasts`` sets it.
        webhook_seconds: Seconds of the emulator's time that the application takes to respond.
        seconds_until_recording: Seconds from the end of a recording until it is available, and from then until its
            transcription is available; a real-time transcription is available twice this many
            seconds after it stops.
        refer_seconds: Seconds from a Refer until its target rings.
        seconds_until_not_found: Seconds after the end of a call in which updating it returns 409; later updates return 404.
        max_conference_seconds: Longest duration of a conference in seconds.
        seconds_until_visible: Seconds in which GetCallState and ListCalls do not show a new call.
        reject_unanswered: Whether an inbound call is rejected if its document ends before the call is answered; otherwise the
            call is answered and hung up.
        send_interrupted_gather_event: Whether an interrupted Gather sends its event; the response to it is ignored.
        max_verbs: Number of verbs and interruptions that a call may run, and of redirects of a conference; one more counts as a
            loop, and ends it.
        max_ended_calls: Number of ended calls that are kept with their timelines, and of ended conferences; the platform keeps
            every call for seven days.
    """

    seconds_per_character: float = 0.06
    audio_seconds: float = 5
    webhook_seconds: float = 0
    seconds_until_recording: float = 2
    refer_seconds: float = 1
    seconds_until_not_found: float = 60
    max_conference_seconds: float = 24 * 3600
    seconds_until_visible: float = 0
    reject_unanswered: bool = True
    send_interrupted_gather_event: bool = False
    max_verbs: int = 10_000
    max_ended_calls: int = 10_000
