"""What no page of the vendor says, decided once, and switchable; the README shows the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """How the emulator behaves where the vendor's pages are silent.

    Attributes:
        seconds_of_a_character: How long a sentence takes for each of its characters.
        seconds_of_audio: How long a file of audio takes that nobody has told the length of.
        seconds_of_a_webhook: How long an application takes to answer, in the emulator's time.
        seconds_to_record: How long after its end a recording is available, and how long after that its transcription; one that
            was made while the call lasted is available as long after its end as that.
        seconds_to_refer: How long a Refer takes.
        seconds_of_grace: How long a change of a call that has ended is answered 409 before it is answered 404.
        seconds_of_a_conference: How long a conference lasts at most.
        seconds_until_visible: How long GetCallState and ListCalls do not know a new call, as the platform's often do not.
        rejects_unanswered: Whether an inbound call is rejected whose document ends before it is answered; else it is answered
            and hung up.
        tells_of_interrupted_gather: Whether a Gather that is interrupted sends its event, whose answer is ignored then.
        most_verbs: Verbs and interruptions after which a call is taken to go round in circles, and ended.
        most_ended_calls: How many calls that have ended are kept, with their timelines, and as many conferences; the platform
            keeps all calls for seven days.
    """

    seconds_of_a_character: float = 0.06
    seconds_of_audio: float = 5
    seconds_of_a_webhook: float = 0
    seconds_to_record: float = 2
    seconds_to_refer: float = 1
    seconds_of_grace: float = 60
    seconds_of_a_conference: float = 24 * 3600
    seconds_until_visible: float = 0
    rejects_unanswered: bool = True
    tells_of_interrupted_gather: bool = False
    most_verbs: int = 10_000
    most_ended_calls: int = 10_000
