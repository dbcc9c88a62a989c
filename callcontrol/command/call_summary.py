"""The summary of a call that ``phone`` prints at the end, and the failures of the application that set its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, pairwise, zip_longest
from typing import TYPE_CHECKING, Final

from bxml.messages.redaction import redact_urls
from callcontrol import call_states
from callcontrol.command.live_view import short_id
from callcontrol.command.shown_document import is_document

if TYPE_CHECKING:
    from callcontrol.emulator.call_or_conference import Party
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.timeline import Entry

NORMAL_CAUSES: Final = frozenset({"hangup", "busy", "timeout", "cancel", "rejected"})
"""Disconnect causes for which the exit code is 0; every other cause is an error."""

INPUT_KINDS: Final = frozenset({"pressed", "said"})
"""Kinds of timeline entries that record the input of a person."""

FEEDS: Final = frozenset({"stream", "transcription"})
"""Kinds of timeline entries about media streams and transcriptions."""

WIDTH: Final = 11
"""Number of columns of the names in a summary."""


def failures(parties: Iterable[Party]) -> list[str]:
    """Return the events that the application failed to handle, because of an error status, an exception or no response."""
    found: list[str] = []
    for party in parties:
        entries = zip_longest(party.timeline, party.timeline[1:])
        found += [failure for entry, next_ in entries if (failure := _failure(entry, next_))]
        found += [f"{event} (no response yet)" for event in unanswered([party])]
    return found


def unanswered(parties: Iterable[Party]) -> list[str]:
    """Return the events that the application has not responded to yet, except events whose response may contain a document.

    The excepted events do not count, because a call that has ended no longer waits for their responses.
    """
    from callcontrol.events import EVENTS  # imported here, because the import takes longer than most requests

    waiting: Counter[str] = Counter()
    for party in parties:
        for before, entry in zip(chain([None], party.timeline), party.timeline, strict=False):
            if entry.kind == "event" and not EVENTS[entry.text].may_be_answered:
                waiting[entry.text] += 1
            elif entry.kind == "answer" or (entry.kind == "problem" and not _explains(entry, before)):
                waiting[entry.details.get("event", "")] -= 1
    return list((+waiting).elements())


def _explains(entry: Entry, before: Entry | None) -> bool:
    """Return whether a ``problem`` entry explains the failed response in the entry before it."""
    return before is not None and before.kind == "answer" and before.details["event"] == entry.details.get("event")


def _failure(entry: Entry, next_: Entry | None) -> str:
    if entry.kind == "answer" and not entry.text.startswith("2"):
        if next_ is not None and next_.kind == "problem" and _explains(next_, entry):  # the explanation contains the status
            return ""
        return f"{entry.details['event']} (status {entry.text})"
    if entry.kind == "problem" and "event" in entry.details:
        return f"{entry.details['event']} ({redact_urls(entry.text.partition(chr(10))[0])})"
    return ""


def failed_feeds(parties: Iterable[Party]) -> list[str]:
    """Return the media streams and transcriptions that could not start, or that an error ended, with the reasons."""
    return [text for party in parties for entry in party.timeline if entry.kind in FEEDS and (text := _failed_feed(entry))]


def _failed_feed(entry: Entry) -> str:
    if "cause" in entry.details:
        return entry.text
    if "error" in entry.details:
        return f"{entry.text}: {entry.details['error']}"
    return ""


def ignored_input(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries for keys and speech that no verb listened to. An entry ``ignored`` follows each."""
    return [entry for entry, next_ in pairwise(entries) if entry.kind in INPUT_KINDS and next_.kind == "ignored"]


def summary(call: Call) -> list[str]:
    """Return the lines of the summary of a call."""
    lines = [f"summary of {call.call_id} from {call.from_} to {call.to}"]
    return lines + [f"  {name:<{WIDTH}} {text}" for name, text in _rows(call) if text]


def _rows(call: Call) -> Iterator[tuple[str, str]]:
    """Yield each name and its text; the text is empty if there is nothing to say."""
    kinds = Counter(entry.kind for entry in call.timeline)
    answered = next((entry.at for entry in call.timeline if entry.text == call_states.ANSWERED), None)
    is_answered = "not answered" if answered is None else f"answered after {answered:.2f} s"
    yield "duration", f"{_end(call):.2f} s, {is_answered}, ended with {call.disconnect_cause}"
    yield "documents", f"{sum(map(is_document, call.timeline))}, verbs run: {kinds['verb']}"
    yield "events", _counted(call.timeline.events)
    of_streams = sum(entry.kind == "played" and entry.text.startswith('stream "') for entry in call.timeline)
    files = f"sentences: {kinds['spoken']}, audio files: {kinds['played'] - of_streams}"
    yield "heard", f"{files}, sounds of streams: {of_streams}" if of_streams else files
    yield "input", _joined(entry for entry in call.timeline if entry.kind in INPUT_KINDS)
    yield "ignored", _joined(ignored_input(call.timeline))
    legs = [f"{short_id(leg.call_id)} to {leg.to}: {leg.disconnect_cause}" for leg in call.legs]
    yield "legs", ", ".join(legs)
    yield "failed", ", ".join(failures([call]))
    yield from (("failed", text) for text in failed_feeds([call]))


def _end(call: Call) -> float:
    """Return the number of seconds from the beginning of a call to its end."""
    return next((entry.at for entry in reversed(call.timeline) if entry.text == call_states.DISCONNECTED), 0)


def _counted(names: list[str]) -> str:
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in Counter(names).items())


def _joined(entries: Iterable[Entry]) -> str:
    """Return input as one string, in which consecutive keys are joined and speech is in quotes."""
    groups = groupby(entries, key=lambda entry: entry.kind)
    return ", ".join(
        "".join(entry.text for entry in group) if kind == "pressed" else ", ".join(f'"{entry.text}"' for entry in group)
        for kind, group in groups
    )
