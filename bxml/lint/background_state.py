"""What is certain about what runs beside the verbs of a document.

A recording, a gather, streams and transcriptions may run already when a document begins, for an earlier document of the same
call may have started them. So nothing is known at first, and each verb adds what it makes certain.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from bxml import schema
from bxml.lint.call_flow import Flow, holds, takes_time
from bxml.parsing.tree import Node


class Outcome(NamedTuple):
    """A verb that certainly does not do what it is there for."""

    verb: Node
    fault: Literal["without effect", "name in use", "too many tracks"]
    since: Node
    """The verb that made it so."""


def outcome(verb: Node, flow: Flow) -> Outcome | None:
    """What is certain of such a verb, if it is one that the call comes to."""
    return flow.once(_outcomes).get(verb)


def _outcomes(flow: Flow) -> dict[Node, Outcome]:
    if sum(verb.name.startswith(("Start", "Stop", "Pause", "Resume")) for verb in flow.reached) < 2:  # noqa: PLR2004
        return {}  # one is not enough for anything to be certain, and most documents have no more
    return {outcome.verb: outcome for outcome in _replayed(flow)}


def _replayed(flow: Flow) -> Iterator[Outcome]:
    single = [_Single(effects) for effects in (RECORDING, GATHER)]
    run = {name: one.run for one in single for name in one.effects}
    several = {kind: _Named(most_tracks(f"Start{kind}"), nameless_stops_all=kind == "Transcription") for kind in NAMED}
    for kind, named in several.items():
        run |= {f"Start{kind}": named.start, f"Stop{kind}": named.stop}
    for verb in flow.reached:
        outcome = run[verb.name](verb) if verb.name in run else None
        if outcome:
            yield outcome
        if takes_time(verb):
            for named in several.values():
                named.forget()


def is_at_end(verb: Node, flow: Flow) -> bool:
    """Whether the call comes to a verb, and to none behind it that takes time."""
    return verb in flow.once(_at_end)


def is_not_held(verb: Node, flow: Flow) -> bool:
    """Whether the call comes to a verb, and to none behind it that is there to keep the call."""
    return verb in flow.once(_not_held)


def _at_end(flow: Flow) -> frozenset[Node]:
    return frozenset(itertools.takewhile(lambda verb: not takes_time(verb), reversed(flow.reached)))


def _not_held(flow: Flow) -> frozenset[Node]:
    return frozenset(itertools.takewhile(lambda verb: not holds(verb), reversed(flow.reached)))


Effects = Mapping[str, Mapping[str, str]]
"""What a verb makes of each state; of one that is not named here, nothing."""

RECORDING: Final[Effects] = {
    "StartRecording": {"none": "running"},
    "PauseRecording": {"running": "paused"},
    "ResumeRecording": {"paused": "running"},
    "StopRecording": {"running": "none", "paused": "none"},
}
"""A second start is ignored."""

GATHER: Final[Effects] = {
    "StartGather": {"none": "running", "running": "running"},
    "StopGather": {"running": "none"},
}
"""It is not published what a second start does; it may at least change the URL."""


NAMED: Final = ("Stream", "Transcription")
"""What a call can have several of, each with a name."""


class _Single:
    """Something of which a call has one at most, as the states that it can be in."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self._possible = {state for effect in effects.values() for change in effect.items() for state in change}
        self._since: Node | None = None

    def run(self, verb: Node) -> Outcome | None:
        effect = self.effects[verb.name]
        if effect.keys().isdisjoint(self._possible):
            assert self._since, "of all states together, each verb changes one"
            return Outcome(verb, "without effect", self._since)
        self._possible = {effect.get(state, state) for state in self._possible}
        self._since = verb
        return None


class _Named:
    """The streams, or the transcriptions, that a document has started and stopped."""

    def __init__(self, most: int, *, nameless_stops_all: bool) -> None:
        self._most = most
        self._nameless_stops_all = nameless_stops_all
        self._running: list[Node] = []
        self._stopped: dict[str, Node] = {}
        """By its name, what stopped it."""
        self._all_stopped: Node | None = None
        """What stopped all of them, if none was started since."""

    def forget(self) -> None:
        """Time goes by, in which the far end of any may have closed it."""
        self._running = [verb for verb in self._running if "destination" not in verb.attributes]

    def start(self, verb: Node) -> Outcome | None:
        name = verb.attributes.get("name")
        namesake = next((other for other in self._running if name and other.attributes.get("name") == name), None)
        if namesake:
            return Outcome(verb, "name in use", namesake)
        self._all_stopped = None
        if name:
            self._stopped.pop(name, None)
        if sum(map(_tracks, self._running)) + _tracks(verb) > self._most:
            return Outcome(verb, "too many tracks", self._running[-1])
        self._running.append(verb)
        return None

    def stop(self, verb: Node) -> Outcome | None:
        name = verb.attributes.get("name")
        since = self._stopped.get(name or "", self._all_stopped)
        if since and name != "":
            return Outcome(verb, "without effect", since)
        if name:
            self._running = [other for other in self._running if other.attributes.get("name") != name]
            self._stopped[name] = verb
            return None
        self._running = []  # whatever is stopped without a name, nothing is certain to run any more
        if name is None and self._nameless_stops_all:
            self._all_stopped = verb
        return None


def most_tracks(start: str) -> int:
    """The tracks of all that one verb starts and that run at once; one more is refused."""
    return schema.law().elements[start].most_tracks or 0


def _tracks(start: Node) -> int:
    return 2 if start.attributes.get("tracks") == "both" else 1
