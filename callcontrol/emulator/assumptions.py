"""What the vendor's pages do not say, as assumptions that can be changed; the documentation has a table of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """The emulator's assumptions where the vendor's pages are silent.

    Attributes:
        seconds_per_character: Length of speech, for each of its characters.
        audio_seconds: Length of an audio file, unless ``audio_lasts`` sets another.
        webhook_seconds: Emulated time that a response of the application takes, however long it really takes.
        seconds_until_recording: Time from the end of a recording until it is available, and again as long until its transcription
            is. A real-time transcription is available after twice this time.
        refer_seconds: Length of a Refer.
        seconds_until_not_found: Time after the end of a call during which changes to it are 409; after that they are 404.
        max_conference_seconds: Maximum length of a conference.
        seconds_until_visible: Time until GetCallState and ListCalls return a new call. The platform often takes a while.
        reject_unanswered: Whether an inbound call is rejected if its document ends before it is answered; otherwise it is
            answered and hung up.
        send_interrupted_gather_event: Whether a Gather that is interrupted, or in which the caller hangs up, sends its event; the
            response is ignored.
        max_verbs: Number of verbs and interruptions after which a call is considered to be in an endless loop, and ends.
        max_ended_calls: Number of ended calls that are kept with their timelines, and of conferences. The platform keeps calls
            for seven days.
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
