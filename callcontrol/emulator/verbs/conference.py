"""Conference: a call joins one, or creates it, and stays until it leaves or the conference is over.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from bxml import Conference as Verb
from callcontrol.emulator.attribute_values import number, truth
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import MOST_MEMBERS, Conference, ConferenceOver, Conferences
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.party import Ended
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.verbs.callbacks import tagged
from callcontrol.emulator.webhook_targets import webhook_of


def conference(conferences: Conferences, call: Call, verb: Verb, script: Script) -> Steps[None]:
    """Join, and stay; interrupted, the call leaves.

    Raises:
        Ended: if the conference has as many members as it takes.
    """
    tagged(call, verb)
    joined = _named(conferences, call, verb, script)
    if len(joined.members) >= MOST_MEMBERS:
        raise Ended("application-error", f"the conference {joined.name} has {MOST_MEMBERS} members, and takes no more")
    coached = ",".join(verb.call_ids_to_coach or ())
    joined.join(call, mute=truth(verb, "mute") or None, hold=truth(verb, "hold") or None, callIdsToCoach=coached or None)
    try:
        yield Wait(None, (ConferenceOver,))
    finally:
        joined.leave(call)


def _named(conferences: Conferences, call: Call, verb: Verb, script: Script) -> Conference:
    """The conference of this name; of one that exists, what the verb says of events is ignored."""
    existing = conferences.named(call.account_id, verb.text)
    if existing is not None:
        return existing
    return conferences.new(
        call.account_id,
        verb.text,
        webhook=webhook_of(verb, "conferenceEventUrl", script.base_url),
        tag=call.tag,
        callback_timeout=call.callback_timeout if verb.callback_timeout is None else number(verb, "callbackTimeout"),
    )
