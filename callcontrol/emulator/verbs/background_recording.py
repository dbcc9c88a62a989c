"""Recordings in the background: StartRecording, PauseRecording, ResumeRecording, StopRecording, of calls and of conferences.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from bxml import PauseRecording, ResumeRecording, StartRecording, StopRecording
from callcontrol.emulator.attribute_values import truth
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.party import Party
from callcontrol.emulator.recordings import Recording, record
from callcontrol.emulator.tasks import Steps
from callcontrol.emulator.verbs.callbacks import tagged
from callcontrol.events import ConferenceRecordingAvailableEvent, RecordingAvailableEvent


def start_recording(call: Call, verb: StartRecording, script: Script) -> Steps[None]:
    """Record a call from now on; nothing if it is recorded already, not even its tag."""
    yield from ()
    if _is_new(call):
        tagged(call, verb)
        begun = record(call, call.url, RecordingAvailableEvent, verb, script.base_url)
        begun.channels = 2 if truth(verb, "multiChannel") else 1
        call.background_recording = begun


def start_recording_of_conference(conference: Conference, verb: StartRecording, script: Script) -> Steps[None]:
    """Record a conference from now on; channels, tags and transcriptions are for calls alone."""
    yield from ()
    if _is_new(conference):
        conference.background_recording = record(
            conference, conference.url, ConferenceRecordingAvailableEvent, verb, script.base_url
        )


def _is_new(of: Party) -> bool:
    if of.background_recording is not None:
        of.note("ignored", "a recording goes on already")
    return of.background_recording is None


def pause_recording(of: Party, verb: PauseRecording, script: Script) -> Steps[None]:
    """Leave out what follows."""
    del verb, script
    yield from ()
    recording = _going_on(of)
    if recording is None:
        return
    if recording.pause():
        of.note("recording", "paused")
    else:
        of.note("ignored", "the recording is paused already")


def resume_recording(of: Party, verb: ResumeRecording, script: Script) -> Steps[None]:
    """Record again."""
    del verb, script
    yield from ()
    recording = _going_on(of)
    if recording is None:
        return
    if recording.resume():
        of.note("recording", "went on")
    else:
        of.note("ignored", "the recording is not paused")


def stop_recording(of: Party, verb: StopRecording, script: Script) -> Steps[None]:
    """End the recording, paused or not."""
    del verb, script
    yield from ()
    recording = _going_on(of)
    if recording is not None:
        recording.stop()


def _going_on(of: Party) -> Recording | None:
    if of.background_recording is None:
        of.note("ignored", "nothing is recorded")
    return of.background_recording
