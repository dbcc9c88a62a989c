"""Record: a recording that the call waits for.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from bxml import Record
from callcontrol.emulator import recordings
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.verbs.callbacks import asked, tagged
from callcontrol.events import RecordCompleteEvent, RecordingAvailableEvent


def record(call: Call, verb: Record, script: Script) -> Steps[Script | None]:
    """Record until a key, silence or the longest duration ends it, and go on with the answer of ``recordCompleteUrl``.

    Interrupted or hung up, the recording ends, and only its availability is told, with the tag of the verb as well.
    """
    tagged(call, verb)
    recording = recordings.record(call, call.url, RecordingAvailableEvent, verb, script.base_url)
    try:
        yield from _until_over(call, verb)
    finally:
        recording.stop()
    return (yield from asked(call, verb, script, RecordCompleteEvent, recording.values()))


def _until_over(call: Call, verb: Record) -> Steps[None]:
    """Wait until the recording is over; the caller is silent but for what is said by :meth:`Call.say`."""
    scheduler = call.simulation.scheduler
    silence = number(verb, "silenceTimeout")
    end = scheduler.now + number(verb, "maxDuration")
    silent = scheduler.now + silence if silence else end
    while True:
        signal = yield Wait(min(end, silent) - scheduler.now, (Key, Speech))
        if signal is None or (isinstance(signal, Key) and signal.digit in text(verb, "terminatingDigits")):
            return
        if isinstance(signal, Speech) and silence:
            silent = scheduler.now + silence
