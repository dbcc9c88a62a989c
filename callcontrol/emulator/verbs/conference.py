"""The verb Conference.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from bxml import Conference as Verb
from callcontrol.emulator.attribute_values import number, truth
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import MOST_MEMBERS, Conference, ConferenceOver, Conferences, MemberOptions
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.verbs.tag_and_next_document import set_tag
from callcontrol.emulator.webhook_requests import webhook_of


def conference(conferences: Conferences, call: Call, verb: Verb, script: Script) -> Steps[None]:
    """Keep the call in the conference with this name until the conference ends or the call is interrupted.

    Raises:
        Ended: If the conference already has the maximum number of members.
    """
    set_tag(call, verb)
    joined = _find_or_create(conferences, call, verb, script)
    # The vendor's page does not say what happens beyond the limit. If another verb cannot run, the call ends with this cause.
    if len(joined.members) >= MOST_MEMBERS:
        raise Ended("application-error", f"the conference {joined.name} has {MOST_MEMBERS} members, the maximum")
    joined.join(call, MemberOptions(truth(verb, "mute"), truth(verb, "hold"), tuple(verb.call_ids_to_coach or ())))
    try:
        yield Wait(None, (ConferenceOver,))
    finally:
        joined.leave(call)


def _find_or_create(conferences: Conferences, call: Call, verb: Verb, script: Script) -> Conference:
    """Return the active conference of this name, or a new one; the verb's event attributes only apply to a new conference."""
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
