"""How a verb sends the event it ends with, and goes on with the document that answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bxml.builder.verbs import Verb
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered
from callcontrol.emulator.tasks import Steps
from callcontrol.emulator.webhook_targets import webhook_of
from callcontrol.events import Event


def tagged(call: Call, verb: Verb) -> None:
    """Give the call the tag of a verb, if it has one; an empty one takes the call's away."""
    tag: str | None = getattr(verb, "tag", None)
    if tag is not None:
        call.tag = tag or None


def asked(
    call: Call, verb: Verb, script: Script, event: type[Event], values: Mapping[str, Any] | None = None
) -> Steps[Script | None]:
    """Send the event of a verb, and give the document that answers; nothing if the verb has no URL for it.

    Where that is run is where the verb is: it may have no verbs that may not stand there, either.

    Raises:
        Ended: if nothing answers, or no valid document does.
    """
    tagged(call, verb)
    to = webhook_of(verb, f"{event.event_type}Url", script.base_url)
    if to is None:
        return None
    return answered(call, (yield from call.ask(to, event, values)), script.context)
