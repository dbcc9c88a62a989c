"""What the vendor's pages do not say, as assumptions that can be changed; the documentation has a table of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The emulator's assumptions where the vendor's pages are silent.

    Attributes:
        seconds_of_a_character: Length of speech, for each of its characters.
        seconds_of_audio: Length of an audio file, unless ``audio_lasts`` sets another.
        seconds_of_a_webhook: Emulated time that a response of the application takes, however long it really takes.
        seconds_to_record: Time from the end of a recording until it is available, and again as long until its transcription
            is. A real-time transcription is available after twice this time.
        seconds_to_refer: Length of a Refer.
        seconds_of_grace: Time after the end of a call during which changes to it are 409; after that they are 404.
        seconds_of_a_conference: Maximum length of a conference.
        seconds_until_visible: Time until GetCallState and ListCalls return a new call. The platform often takes a while.
        rejects_unanswered: Whether an inbound call is rejected if its document ends before it is answered; otherwise it is
            answered and hung up.
        tells_of_interrupted_gather: Whether a Gather that is interrupted, or in which the caller hangs up, sends its event; the
            response is ignored.
        most_verbs: Number of verbs and interruptions after which a call is considered to be in an endless loop, and ends.
        most_ended_calls: Number of ended calls that are kept with their timelines, and of conferences. The platform keeps calls
            for seven days.
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
