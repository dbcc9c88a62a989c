"""Tables of the functions that run each verb, for calls and for conferences.

Each function takes the call or conference, the verb, and the script that contains the verb. It is a generator: it yields what
it waits for, and returns the script to continue with, or ``None`` to continue with the next verb. An interruption closes the
generator where it waits, so its ``finally`` blocks clean up. If a function never waits, it contains ``yield from ()``,
which makes it a generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from bxml import (
    Bridge,
    Conference,
    Connect,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    ResumeRecording,
    Ring,
    SendDtmf,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    Tag,
    Transfer,
)
from callcontrol.emulator.conferences import Conferences
from callcontrol.emulator.document_runner import Runs, Script
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.verbs import (
    background_recording,
    bridge,
    conference,
    forward_refer_connect,
    gather,
    prompts_and_tones,
    record,
    redirect_hangup_tag,
    start_gather,
    streams,
    transcriptions,
    transfer,
)

_VERBS: Final[Mapping[type[Any], Runs]] = {
    Bridge: bridge.bridge,
    Connect: forward_refer_connect.connect,
    Forward: forward_refer_connect.forward,
    Gather: gather.gather,
    Hangup: redirect_hangup_tag.hangup,
    Pause: prompts_and_tones.pause,
    PauseRecording: background_recording.pause_recording,
    PlayAudio: prompts_and_tones.play_audio,
    Record: record.record,
    Redirect: redirect_hangup_tag.redirect,
    Refer: forward_refer_connect.refer,
    ResumeRecording: background_recording.resume_recording,
    Ring: prompts_and_tones.ring,
    SendDtmf: prompts_and_tones.send_dtmf,
    SpeakSentence: prompts_and_tones.speak_sentence,
    StartGather: start_gather.start_gather,
    StartRecording: background_recording.start_recording,
    StartStream: streams.start_stream,
    StartTranscription: transcriptions.start_transcription,
    StopGather: start_gather.stop_gather,
    StopRecording: background_recording.stop_recording,
    StopStream: streams.stop_stream,
    StopTranscription: transcriptions.stop_transcription,
    Tag: redirect_hangup_tag.tag,
    Transfer: transfer.transfer,
}
"""For each class of verb: the function that runs such a verb on a call. The function of Conference is added later."""


def call_verbs(conferences: Conferences) -> dict[type[Any], Runs]:
    """Return, for each class of verb, the function that runs such a verb on a call.

    Args:
        conferences: The registry of conferences, for the verb Conference.
    """
    return {**_VERBS, Conference: partial(conference.conference, conferences)}


CONFERENCE_VERBS: Final[Mapping[type[Any], Callable[[Any, Any, Script], Steps[None]]]] = {
    PauseRecording: background_recording.pause_recording,
    PlayAudio: prompts_and_tones.play_audio,
    ResumeRecording: background_recording.resume_recording,
    SpeakSentence: prompts_and_tones.speak_sentence,
    StartRecording: background_recording.start_recording_of_conference,
    StopRecording: background_recording.stop_recording,
}
"""For each class of verb: the function that runs such a verb on a conference."""
