"""The verbs StartGather and StopGather.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather
"""

from __future__ import annotations

from bxml import StartGather, StopGather
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.verbs.tag_and_next_document import set_tag
from callcontrol.emulator.webhook_requests import webhook_of


def start_gather(call: Call, verb: StartGather, script: Script) -> Steps[None]:
    """Start sending each key to ``dtmfUrl``, except while a Gather runs; this replaces an earlier StartGather."""
    yield from ()
    set_tag(call, verb)
    call.dtmf = webhook_of(verb, "dtmfUrl", script.base_url)


def stop_gather(call: Call, verb: StopGather, script: Script) -> Steps[None]:
    """Stop sending keys to the ``dtmfUrl`` of StartGather."""
    del verb, script
    yield from ()
    if call.dtmf is None:
        call.note("ignored", "no StartGather to stop")
    call.dtmf = None
