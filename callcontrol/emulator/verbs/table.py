"""What each verb does to a call: the table of all of them.

A verb is a function of the call, the verb and the script it stands in: a generator that yields what it waits for, and returns
the script to go on with, or nothing for the next verb. If it is interrupted, it is closed where it waits, and its ``finally``
cleans up.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from callcontrol.emulator.scripts import Runs
from callcontrol.emulator.verbs import (
    audio,
    bridge,
    conference,
    flow,
    gather,
    keys,
    record,
    recording,
    streams,
    transcriptions,
    transfer,
)

VERBS: Final[Mapping[type[Any], Runs]] = {
    Bridge: bridge.bridge,
    Conference: conference.conference,
    Connect: flow.connect,
    Forward: flow.forward,
    Gather: gather.gather,
    Hangup: flow.hangup,
    Pause: audio.pause,
    PauseRecording: recording.pause_recording,
    PlayAudio: audio.play_audio,
    Record: record.record,
    Redirect: flow.redirect,
    Refer: flow.refer,
    ResumeRecording: recording.resume_recording,
    Ring: audio.ring,
    SendDtmf: audio.send_dtmf,
    SpeakSentence: audio.speak_sentence,
    StartGather: keys.start_gather,
    StartRecording: recording.start_recording,
    StartStream: streams.start_stream,
    StartTranscription: transcriptions.start_transcription,
    StopGather: keys.stop_gather,
    StopRecording: recording.stop_recording,
    StopStream: streams.stop_stream,
    StopTranscription: transcriptions.stop_transcription,
    Tag: flow.tag,
    Transfer: transfer.transfer,
}
