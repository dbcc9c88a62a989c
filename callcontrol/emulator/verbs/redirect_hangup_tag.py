"""The verbs Redirect, Hangup and Tag.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect and the neighboring pages ``hangup`` and ``tag``.
"""

from __future__ import annotations

from bxml import Hangup, Redirect, Tag
from callcontrol import call_states
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.verbs.tag_and_next_document import request_script
from callcontrol.events import RedirectEvent


def redirect(call: Call, verb: Redirect, script: Script) -> Steps[Script | None]:
    """Continue the call with the document that ``redirectUrl`` returns."""
    return (yield from request_script(call, verb, script, RedirectEvent))


def hangup(call: Call, verb: Hangup, script: Script) -> Steps[None]:
    """Hang up the call, or reject it if it is not answered.

    Raises:
        Ended: Always.
    """
    del verb, script
    yield from ()
    raise Ended("hangup" if call.state == call_states.ANSWERED else "rejected")


def tag(call: Call, verb: Tag, script: Script) -> Steps[None]:
    """Set the tag of the call, or remove it if the verb is empty."""
    del script
    yield from ()
    call.tag = verb.text.strip() or None
