"""The state that the page shows, as JSON objects: all calls, and the legs and conferences of one call with their timelines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bxml.errors import BxmlError
from bxml.messages.redaction import redact_document, redact_urls
from bxml.parsing.schema_check import text_of, tree_of
from bxml.parsing.tree import NotReadable, Source
from callcontrol import call_states
from callcontrol.emulator.browser_phone.call_steps import root_of
from callcontrol.emulator.call_or_conference import Party
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.emulator.listening import listening
from callcontrol.emulator.timeline import Entry

MAX_CALLS: Final = 50
"""Maximum number of calls in the list. The page shows the latest calls."""

MAX_ENTRIES: Final = 500
"""Maximum number of timeline entries of a leg in one response. The latest entries are sent."""

MAX_CONTENT: Final = 100_000
"""Maximum number of characters of a request or response that is shown."""


def state(core: Core, call_id: str | None = None, have: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the calls of an emulator, and the details of one call, its legs and their conferences.

    Args:
        core: The emulator.
        call_id: Id of the call to describe; default: the latest call that is not a leg.
        have: For each leg and conference, by its id: the number of timeline entries that the page already has. These entries
            are left out.
    """
    simulation = core._simulation
    with simulation.lock:
        roots = [call for call in core.calls if call.parent_call_id is None][-MAX_CALLS:]
        known = {call.call_id: call for call in core.calls}
        chosen = known.get(call_id or "") or (roots[-1] if roots else None)
        legs = [] if chosen is None else _family(root_of(chosen))
        return {
            "change": simulation.changes,
            "seconds": round(simulation.scheduler.now, 3),
            "speed": simulation.speed,
            "calls": [_summary(call) for call in roots],
            "call": None if chosen is None else root_of(chosen).call_id,
            "legs": [_leg(leg, (have or {}).get(leg.call_id, 0)) for leg in legs],
            "conferences": [
                _conference(conference, (have or {}).get(conference.conference_id, 0))
                for conference in core.conferences
                if any(_has_joined(leg, conference) for leg in legs)
            ],
        }


def _family(call: Call) -> list[Call]:
    """Return a call, its legs, and all calls that are bridged with them."""
    own = [call, *call.legs]
    partners = [call.registry.by_id.get(leg.bridged_with or "") for leg in own]
    return [*own, *(partner for partner in partners if partner is not None and partner not in own)]


def _summary(call: Call) -> dict[str, Any]:
    return {
        "callId": call.call_id,
        "from": call.from_,
        "to": call.to,
        "direction": call.direction,
        "state": call.state,
        "disconnectCause": call.disconnect_cause,
    }


def _leg(call: Call, have: object) -> dict[str, Any]:
    """Return everything that the panel of a call shows, with only those timeline entries that the page does not have yet."""
    is_over = call.state == call_states.DISCONNECTED
    listens = listening(call)
    return {
        **_summary(call),
        "parentCallId": call.parent_call_id,
        "errorMessage": call.error_message and redact_urls(call.error_message),
        "began": round(call.began, 3),
        "rings": call.waits_for(PickedUp),
        "listening": listens and listens.as_json(call.simulation.scheduler.now),
        "wait": None if is_over else _wait(call),
        "document": _document(call, is_over=is_over),
        **_entries(call, have),
    }


def _has_joined(call: Call, conference: Conference) -> bool:
    """Return whether a call is or was a member of a conference."""
    return any(entry.kind == "joined" and entry.text == call.call_id for entry in conference.timeline)


def _conference(conference: Conference, have: object) -> dict[str, Any]:
    """Return everything that the panel of a conference shows, with only those timeline entries that the page does not have."""
    members = [(call, conference.options[call.call_id]) for call in conference.members.values()]
    return {
        "conferenceId": conference.conference_id,
        "name": conference.name,
        "state": conference.state,
        "members": [
            {"callId": call.call_id, "from": call.from_, "to": call.to, "mute": options.mute, "hold": options.hold}
            for call, options in members
        ],
        **_entries(conference, have),
    }


def _entries(party: Party, have: object) -> dict[str, Any]:
    """Return the timeline entries that the page does not have, and the number of the first of these entries."""
    known = have if isinstance(have, int) and 0 <= have <= len(party.timeline) else 0
    first = max(known, len(party.timeline) - MAX_ENTRIES)
    return {"first": first, "entries": [_entry(entry) for entry in party.timeline[first:]]}


def _wait(call: Call) -> dict[str, Any] | None:
    """Return what a call waits for: the current verb, whether a prompt plays, and the time at which the wait ends."""
    if call.wait is None:
        return None
    return {
        "verb": None if call.verb is None else type(call.verb).__name__,
        "isPrompt": call.wait.is_prompt,
        "seconds": call.wait.seconds,
        "until": None if call.wait_ends_at is None else round(call.wait_ends_at, 3),
    }


def _document(call: Call, *, is_over: bool) -> dict[str, Any] | None:
    """Return the document that a call runs, and the range of the running verb in it."""
    if not call.document:
        return None
    text = redact_document(call.document, is_xml=True)  # which keeps the position of each character
    span = None if is_over or call.verb_index is None else verb_span(call.document, call.verb_index)
    return {"text": text, "verb": span}


def verb_span(document: str, index: int) -> tuple[int, int]:
    """Return the range of a verb in a valid document, in characters.

    Args:
        document: The document.
        index: Index of the verb among the children of the root.
    """
    source = Source(document)
    node = list(tree_of(source).root.children)[index]
    start = source.index(node.start)
    end_tag = source.end_tag(node)
    # The end of an element without an end tag is reported after its start tag.
    return start, end_tag.end if end_tag is not None else source.index(source._ends[node.start])


def _entry(entry: Entry) -> dict[str, Any]:
    details = {name: value for name, value in entry.details.items() if value != ""}
    shown = {**entry.as_json(), "text": redact_urls(entry.text), "details": _redacted(details)}
    # The content of an entry can also be a verb, which the document shows.
    is_shown = isinstance(entry.content, str | dict)
    return {**shown, "content": _content(entry.content)} if is_shown else shown


def _redacted(details: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: value if isinstance(value, str) else json.dumps(value, default=str) for name, value in details.items()}
    return {name: redact_urls(text) for name, text in texts.items()}


def _content(content: object) -> str:
    """Return an event or a document as text without passwords."""
    if not isinstance(content, str):
        return redact_urls(json.dumps(content, indent=2, ensure_ascii=False, default=str))[:MAX_CONTENT]
    return redact_document(content, is_xml=_is_well_formed(content))[:MAX_CONTENT]


def _is_well_formed(text: str) -> bool:
    try:
        tree_of(Source(text_of(text)))
    except (NotReadable, BxmlError):
        return False
    return True


def problems(core: Core, document: str) -> Iterator[dict[str, Any]]:
    """Yield the problems of a document to push.

    Args:
        core: The emulator, which knows the attributes that the schema does not have.
        document: The document.
    """
    import bxml
    from callcontrol.emulator.document_runner import is_extra

    for problem in bxml.validate(document, pushed=True):
        if not is_extra(problem, frozenset(core._simulation.extra)):
            yield {
                "severity": problem.severity,
                "rule": problem.rule,
                "message": problem.message,
                "line": problem.line,
                "column": problem.column,
            }
