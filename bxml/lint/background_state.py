"""The state of recordings, gathers, streams and transcriptions in the background, as far as it is certain.

An earlier document of the same call may have started any of these activities. The initial state is therefore unknown, and each
verb makes a part of it certain.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from bxml import schema
from bxml.lint.verb_order_and_effects import Flow, holds, takes_time
from bxml.parsing.tree import Node


class Fault(NamedTuple):
    """A verb that certainly does not have its intended effect."""

    verb: Node
    kind: Literal["without effect", "name in use", "too many tracks"]
    cause: Node
    """The earlier verb that prevents the effect."""


def fault_of(verb: Node, flow: Flow) -> Fault | None:
    """Return the fault of a verb, or ``None`` if it has no certain fault or the call does not reach it."""
    return flow.cached(_faults).get(verb)


def _faults(flow: Flow) -> dict[Node, Fault]:
    # A single background verb cannot have a certain fault, and most documents have no more than one.
    if sum(verb.name.startswith(("Start", "Stop", "Pause", "Resume")) for verb in flow.reached) < 2:  # noqa: PLR2004
        return {}
    return {fault.verb: fault for fault in _simulate(flow)}


def _simulate(flow: Flow) -> Iterator[Fault]:
    """Apply the verbs of a document to the background state, and yield the faults."""
    singles = [_Single(transitions) for transitions in (RECORDING, GATHER)]
    run = {name: single.run for single in singles for name in single.transitions}
    # StopTranscription without a name stops every transcription, but StopStream requires a name, as Bandwidth documents.
    multiples = {
        kind: _Multiple(max_tracks(f"Start{kind}"), nameless_stops_all=kind == "Transcription") for kind in NAMED_KINDS
    }
    for kind, multiple in multiples.items():
        run |= {f"Start{kind}": multiple.start, f"Stop{kind}": multiple.stop}
    for verb in flow.reached:
        fault = run[verb.name](verb) if verb.name in run else None
        if fault:
            yield fault
        if takes_time(verb):
            for multiple in multiples.values():
                multiple.pass_time()


def is_at_end(verb: Node, flow: Flow) -> bool:
    """Return whether the call reaches a verb, but reaches no later verb that takes time."""
    return verb in flow.cached(_at_end)


def is_not_held(verb: Node, flow: Flow) -> bool:
    """Return whether the call reaches a verb, but reaches no later verb that is intended to keep the call connected."""
    return verb in flow.cached(_not_held)


def _at_end(flow: Flow) -> frozenset[Node]:
    return frozenset(itertools.takewhile(lambda verb: not takes_time(verb), reversed(flow.reached)))


def _not_held(flow: Flow) -> frozenset[Node]:
    return frozenset(itertools.takewhile(lambda verb: not holds(verb), reversed(flow.reached)))


Transitions = Mapping[str, Mapping[str, str]]
"""For each verb, by its name: a mapping from the state before the verb to the state after it.

In a state that the mapping does not contain, the verb has no effect.
"""

RECORDING: Final[Transitions] = {
    "StartRecording": {"none": "running"},
    "PauseRecording": {"running": "paused"},
    "ResumeRecording": {"paused": "running"},
    "StopRecording": {"running": "none", "paused": "none"},
}
"""The state changes of a call's recording. A second start is ignored."""

GATHER: Final[Transitions] = {
    "StartGather": {"none": "running", "running": "running"},
    "StopGather": {"running": "none"},
}
"""The state changes of a call's gather. The effect of a second start is not documented; it may change the URL."""


NAMED_KINDS: Final = ("Stream", "Transcription")
"""The last part of the names of verbs for streams and transcriptions. A call can have several streams and transcriptions."""


class _Single:
    """The recording or the gather of a call, as the set of its possible states."""

    def __init__(self, transitions: Transitions) -> None:
        self.transitions = transitions
        self._possible = {state for states in transitions.values() for change in states.items() for state in change}
        self._cause: Node | None = None

    def run(self, verb: Node) -> Fault | None:
        transition = self.transitions[verb.name]
        if transition.keys().isdisjoint(self._possible):
            assert self._cause, "initially every state is possible, and each verb has an effect in one of them"
            return Fault(verb, "without effect", self._cause)
        self._possible = {transition.get(state, state) for state in self._possible}
        self._cause = verb
        return None


class _Multiple:
    """The streams, or the transcriptions, that a document has started and stopped."""

    def __init__(self, limit: int, *, nameless_stops_all: bool) -> None:
        self._limit = limit
        self._nameless_stops_all = nameless_stops_all
        self._running: list[Node] = []
        self._stopped: dict[str, Node] = {}
        """The verbs that stopped streams or transcriptions, by the names of the streams or transcriptions."""
        self._all_stopped: Node | None = None
        """The verb that stopped all streams or transcriptions; ``None`` after a later start."""

    def pass_time(self) -> None:
        """Forget each stream or transcription with a destination: the remote end may close it while a verb takes time."""
        self._running = [verb for verb in self._running if "destination" not in verb.attributes]

    def start(self, verb: Node) -> Fault | None:
        name = verb.attributes.get("name")
        namesake = next((other for other in self._running if name and other.attributes.get("name") == name), None)
        if namesake:
            return Fault(verb, "name in use", namesake)
        self._all_stopped = None
        if name:
            self._stopped.pop(name, None)
        if sum(map(_tracks, self._running)) + _tracks(verb) > self._limit:
            # The platform rejects this verb, so its tracks do not count against later verbs.
            return Fault(verb, "too many tracks", self._running[-1])
        self._running.append(verb)
        return None

    def stop(self, verb: Node) -> Fault | None:
        name = verb.attributes.get("name")
        cause = self._stopped.get(name or "", self._all_stopped)
        if cause and name != "":
            return Fault(verb, "without effect", cause)
        if name:
            self._running = [other for other in self._running if other.attributes.get("name") != name]
            self._stopped[name] = verb
            return None
        # After a stop without a name, no stream or transcription is certain to be running.
        self._running = []
        if name is None and self._nameless_stops_all:
            self._all_stopped = verb
        return None


def max_tracks(start: str) -> int:
    """Return the maximum number of tracks that run at the same time.

    Args:
        start: The name of the verb that starts the tracks.
    """
    return schema.vocabulary().elements[start].most_tracks or 0


def _tracks(start: Node) -> int:
    # The default, inbound, is one track.
    return 2 if start.attributes.get("tracks") == "both" else 1
