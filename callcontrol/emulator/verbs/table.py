"""What each verb does to a call: the table of all of them.

A verb is a function of the call, the verb and the script it stands in: a generator that yields what it waits for, and returns
the script to go on with, or nothing for the next verb. If it is interrupted, it is closed where it waits, and its ``finally``
cleans up.
"""

from __future__ import annotations

from typing import Any, Final

from bxml import (
    Conference,
    Gather,
    Hangup,
    Pause,
    PlayAudio,
    Redirect,
    Ring,
    SendDtmf,
    SpeakSentence,
    Tag,
)
from callcontrol.emulator.scripts import Runs
from callcontrol.emulator.verbs import audio, conference, flow, gather

VERBS: Final[dict[type[Any], Runs]] = {
    Conference: conference.conference,
    Gather: gather.gather,
    Hangup: flow.hangup,
    Pause: audio.pause,
    PlayAudio: audio.play_audio,
    Redirect: flow.redirect,
    Ring: audio.ring,
    SendDtmf: audio.send_dtmf,
    SpeakSentence: audio.speak_sentence,
    Tag: flow.tag,
}
