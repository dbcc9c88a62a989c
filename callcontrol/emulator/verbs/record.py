"""The verb Record.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from bxml import Record
from callcontrol.emulator import recordings
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.verbs.tag_and_next_document import request_script, set_tag
from callcontrol.events import RecordCompleteEvent, RecordingAvailableEvent


def record(call: Call, verb: Record, script: Script) -> Steps[Script | None]:
    """Record the caller until a key, silence or ``maxDuration``, then continue with ``recordCompleteUrl`` or the next verb.

    If the call is interrupted or hung up, the recording stops, and only the recordingAvailable event is sent, with the verb's
    tag.
    """
    set_tag(call, verb)
    recording = recordings.record(call, call.url, RecordingAvailableEvent, verb, script.base_url, has_both_sides=False)
    try:
        yield from _wait_for_end(call, verb)
    finally:
        recording.stop()
    return (yield from request_script(call, verb, script, RecordCompleteEvent, recording.values()))


def _wait_for_end(call: Call, verb: Record) -> Steps[None]:
    """Wait for a terminating key, silence or ``maxDuration``; the caller is silent except when :meth:`Call.say` is called."""
    scheduler = call.simulation.scheduler
    silence = number(verb, "silenceTimeout")
    end = scheduler.now + number(verb, "maxDuration")
    silence_end = scheduler.now + silence if silence else end  # a timeout of 0 means that silence never ends the recording
    while True:
        signal = yield Wait(min(end, silence_end) - scheduler.now, (Key, Speech))
        if signal is None or (isinstance(signal, Key) and signal.digit in text(verb, "terminatingDigits")):
            return
        if isinstance(signal, Speech) and silence:
            silence_end = scheduler.now + signal.seconds + silence
