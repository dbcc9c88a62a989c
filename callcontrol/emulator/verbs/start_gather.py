"""Keys in the background: StartGather, StopGather.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather
"""

from __future__ import annotations

from bxml import StartGather, StopGather
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.tasks import Steps
from callcontrol.emulator.verbs.callbacks import tagged
from callcontrol.emulator.webhook_targets import webhook_of


def start_gather(call: Call, verb: StartGather, script: Script) -> Steps[None]:
    """Tell of each key from now on, but while a Gather collects them; instead of where an earlier one told of them."""
    yield from ()
    tagged(call, verb)
    call.dtmf = webhook_of(verb, "dtmfUrl", script.base_url)


def stop_gather(call: Call, verb: StopGather, script: Script) -> Steps[None]:
    """Tell of no key any more."""
    del verb, script
    yield from ()
    if call.dtmf is None:
        call.note("ignored", "no key is told of")
    call.dtmf = None
