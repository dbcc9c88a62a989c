"""What no page of the vendor says, decided once, and switchable; the README shows the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """How the emulator behaves where the vendor's pages are silent.

    Attributes:
        seconds_per_character: How long a sentence takes for each of its characters.
        audio_seconds: How long a file of audio takes that nobody has told the length of.
        webhook_seconds: How long an application takes to answer, in the emulator's time.
        seconds_until_recording: How long after its end a recording is available, and how long after that its transcription; one that
            was made while the call lasted is available as long after its end as that.
        refer_seconds: How long a Refer takes.
        seconds_until_not_found: How long a change of a call that has ended is answered 409 before it is answered 404.
        max_conference_seconds: How long a conference lasts at most.
        seconds_until_visible: How long GetCallState and ListCalls do not know a new call, as the platform's often do not.
        reject_unanswered: Whether an inbound call is rejected whose document ends before it is answered; else it is answered
            and hung up.
        send_interrupted_gather_event: Whether a Gather that is interrupted sends its event, whose answer is ignored then.
        max_verbs: Verbs and interruptions after which a call is taken to go round in circles, and ended.
        max_ended_calls: How many calls that have ended are kept, with their timelines, and as many conferences; the platform
            keeps all calls for seven days.
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
