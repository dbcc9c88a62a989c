"""The verbs StartRecording, PauseRecording, ResumeRecording and StopRecording, for calls and conferences.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from bxml import PauseRecording, ResumeRecording, StartRecording, StopRecording
from callcontrol.emulator.attribute_values import truth
from callcontrol.emulator.call_or_conference import Party
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.recordings import Recording, record
from callcontrol.emulator.verbs.tag_and_next_document import set_tag
from callcontrol.events import ConferenceRecordingAvailableEvent, RecordingAvailableEvent


def start_recording(call: Call, verb: StartRecording, script: Script) -> Steps[None]:
    """Start recording the call; if it is already being recorded, ignore the verb and its tag."""
    yield from ()
    if _can_start(call):
        set_tag(call, verb)
        recording = record(call, call.url, RecordingAvailableEvent, verb, script.base_url)
        recording.channels = 2 if truth(verb, "multiChannel") else 1
        call.background_recording = recording


def start_recording_of_conference(conference: Conference, verb: StartRecording, script: Script) -> Steps[None]:
    """Start recording the conference; ignore the attributes that only apply to calls: channels, tag and transcription."""
    yield from ()
    if _can_start(conference):
        conference.background_recording = record(
            conference, conference.url, ConferenceRecordingAvailableEvent, verb, script.base_url
        )


def _can_start(party: Party) -> bool:
    if party.background_recording is not None:
        party.note("ignored", "a recording is already running")
    return party.background_recording is None


def pause_recording(party: Party, verb: PauseRecording, script: Script) -> Steps[None]:
    """Pause the recording of the call or conference."""
    del verb, script
    yield from ()
    recording = _running_recording(party, "pause")
    if recording is None:
        return
    if recording.pause():
        party.note("recording", "recording paused")
    else:
        party.note("ignored", "the recording is already paused")


def resume_recording(party: Party, verb: ResumeRecording, script: Script) -> Steps[None]:
    """Resume the recording of the call or conference."""
    del verb, script
    yield from ()
    recording = _running_recording(party, "resume")
    if recording is None:
        return
    if recording.resume():
        party.note("recording", "recording resumed")
    else:
        party.note("ignored", "the recording is not paused")


def stop_recording(party: Party, verb: StopRecording, script: Script) -> Steps[None]:
    """Stop the recording of the call or conference, paused or not."""
    del verb, script
    yield from ()
    recording = _running_recording(party, "stop")
    if recording is not None:
        recording.stop()


def _running_recording(party: Party, action: str) -> Recording | None:
    if party.background_recording is None:
        party.note("ignored", f"no recording to {action}")
    return party.background_recording
