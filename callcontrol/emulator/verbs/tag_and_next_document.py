"""Functions that several verbs use: to set the tag of the call, and to request the next document when a verb ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bxml.builder.verbs import Verb
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.webhook_requests import webhook_of
from callcontrol.events import Event


def set_tag(call: Call, verb: Verb) -> None:
    """Set the tag of the call to the verb's ``tag`` attribute, if it has one; an empty tag removes the call's tag."""
    tag: str | None = getattr(verb, "tag", None)
    if tag is not None:
        call.tag = tag or None


def request_script(
    call: Call, verb: Verb, script: Script, event: type[Event], values: Mapping[str, Any] | None = None
) -> Steps[Script | None]:
    """Send the event of a verb and return the document in the response, or ``None`` if the verb has no URL for the event.

    The new document runs in the same context as the verb. Before a leg is joined, for example, fewer verbs are allowed.

    Args:
        call: The call that runs the verb.
        verb: The verb that has ended.
        script: The document of the verb; its URL is the base of relative URLs.
        event: The class of the event.
        values: The fields of this event, except the fields that every event has; the keys are their JSON names.

    Raises:
        Ended: If the application does not respond, or the document is invalid.
    """
    set_tag(call, verb)
    target = webhook_of(verb, f"{event.event_type}Url", script.base_url)
    if target is None:
        return None
    response = yield from call.ask(target, event, values)
    return answered(call, response, script.context)
