"""Settings for behavior that the vendor's pages do not specify; the documentation lists these settings in a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """The emulator's behavior where the vendor's pages do not specify it.

    Attributes:
        seconds_per_character: Seconds of speech for each character of a sentence.
        audio_seconds: Length of an audio file in seconds, unless ``audio_lasts`` sets it or the audio is known.
        webhook_seconds: Seconds of the emulator's time from a webhook until the application's response.
        seconds_until_recording: Seconds from the end of a recording until the recording is available. A transcription takes
            twice as long, counted from the end of its recording or of the real-time transcription.
        refer_seconds: Seconds from a Refer until its target rings.
        seconds_until_not_found: Seconds after the end of a call during which updates of the call return 409; later updates
            return 404.
        max_conference_seconds: Longest duration of a conference in seconds.
        seconds_until_visible: Seconds after the creation of a call until GetCallState and ListCalls show the call.
        reject_unanswered: Whether an inbound call is rejected if its document ends before the call is answered. If false, the
            call is answered and hung up.
        send_interrupted_gather_event: Whether an interrupted Gather sends its event; the response to that event is ignored.
        max_verbs: Maximum number of verbs and interruptions of a call, and of redirects of a conference, in almost no time:
            each second of the emulator's time subtracts ten from the count. A call or a conference that exceeds the maximum is
            probably in a loop, and ends. In real time, a call does not end, but runs at most ten verbs per second.
        max_total_verbs: Maximum number of all verbs and interruptions of a call in virtual time. A call that exceeds it ends;
            otherwise a menu that repeats without input would never end.
        max_ended_calls: Maximum number of ended calls, and of ended conferences, that are kept with their timelines; the
            platform keeps every call for seven days.
        max_audio_seconds: Seconds of past audio that the emulator keeps of each side of a call. Recordings keep all audio.
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
    max_total_verbs: int = 100_000
    max_ended_calls: int = 10_000
    max_audio_seconds: float = 300
