"""A call as steps that repeat it: its prompts are expected, and its keys, speech and other actions are repeated.

The steps come from the timelines of the call and of its legs. A step waits for the prompt before it, so the steps also work if
the application responds faster or slower than in the original call. Keys and speech without an effect are left out.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from bxml.builder.frozen_dict import Frozen
from callcontrol import call_states
from callcontrol.emulator.calls import CLOSE_STREAM, Call, Said
from callcontrol.emulator.phones import Reaction
from callcontrol.emulator.rest_api import CONTROL_API
from callcontrol.emulator.timeline import Entry
from callcontrol.events import EVENTS
from callcontrol.redacted_url_repr import redacted

MAX_EXPECTED: Final = 80
"""Maximum number of characters of a sentence that a step expects; a longer sentence is expected by its beginning."""

IMMEDIATELY: Final = 0.5
"""Maximum number of seconds of ringing before an answer that counts as immediate; in real time, each answer takes some time."""

UNCERTAIN: Final = 0.5
"""Number of seconds within which the order of sounds may differ between runs in real time.

If another prompt or audio was heard within this time before or after the beginning of a stream's audio, the test does not wait
for that audio: the number of pieces in which it arrives may differ, too.
"""

SPARE_SECONDS: Final = 1
"""Assumed seconds from an interruption to the response that the call no longer waits for, if no response has arrived."""

TOGETHER: Final = 0.1
"""Maximum number of seconds between the first and the last leg of a Transfer. In virtual time, all legs begin at once."""

PATIENCE: Final[Mapping[str, int]] = {"spoken": 60, "played": 60, "end": 3600}
"""For each step that waits for something: the default number of seconds that it waits."""

HUNDREDTH: Final = 100
"""Seconds are rounded up to this fraction of a second."""

NO_RESPONSE: Final = "no response within "
"""Beginning of the problem text for a webhook that received no response in time."""

INTERRUPTIONS: Final = frozenset({"UpdateCallBxml", "UpdateCall", "UpdateCall completed"})
"""Texts of the entries about requests to the API that interrupt a call. Other requests, such as those for recordings, do not
become steps.
"""

TOO_LATE: Final = re.compile("the response to (.*) came after the call was interrupted or ended")
"""Text about a response that was ignored; the group is the type of the event."""

NOT_LISTENING: Final = ("no verb was listening", "the call has ended")
"""Beginnings of those timeline entries that say that the key or the speech before them had no effect."""

NO_EFFECT: Final = frozenset({"ignored", "pressed", "said"})
"""Kinds of entries that do not change what a call waits for."""

OF_PERSON: Final = frozenset({"spoken", "played", "pressed", "said", "api"})
"""Kinds of entries that become steps."""

Do = Literal[
    "start",
    "react",
    "delay",
    "leg",
    "spoken",
    "played",
    "advance",
    "press",
    "say",
    "play",
    "close",
    "hang up",
    "push",
    "redirect",
    "complete",
    "end",
]
"""The kinds of steps.

``start`` creates the call, and ``leg`` is the beginning of a leg that has steps. ``react`` sets the reaction of a phone, and
``delay`` makes a response of the application late. ``spoken`` and ``played`` wait for a prompt, ``advance`` lets time pass, and
``end`` waits for the end. ``press``, ``say``, ``play`` and ``hang up`` act as the caller, and ``close`` closes a stream as its
destination would. ``push``, ``redirect`` and ``complete`` are requests to the API.
"""


@redacted
@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        do: The kind of step.
        values: The arguments of the step, by name.
        leg: Index of the leg of the call that the step is about; ``None`` for the call itself.
    """

    do: Do
    values: Mapping[str, Any] = field(default_factory=Frozen)
    leg: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the step as a JSON object."""
        return {"do": self.do, "leg": self.leg, **self.values}


@dataclass(frozen=True)
class Slot:
    """A step, with the steps that must run before it.

    Attributes:
        step: The step.
        before: The steps that must run before it.
        is_optional: Whether the step only lets time pass, and nothing happened in that time.
    """

    step: Step
    before: list[Step] = field(default_factory=list[Step])
    is_optional: bool = False


@redacted
@dataclass(frozen=True)
class Request:
    """A request to the application.

    Attributes:
        before: The steps that run before the step that caused the request; the step that delays the response is added here.
        event: The type of the event.
        path: The path of the URL.
        at: The time of the request, in seconds of the simulation's time.
    """

    before: list[Step]
    event: str
    path: str
    at: float

    def delay(self, seconds: float) -> None:
        """Add the step that makes the response late."""
        self.before.append(Step("delay", Frozen({"seconds": _rounded_up(seconds), "path": self.path})))


def root_of(call: Call) -> Call:
    """Return the call whose Transfer created a leg, or the call itself if it is not a leg."""
    parent = call.registry.by_id.get(call.parent_call_id or "")
    return call if parent is None else root_of(parent)


def steps_of(call: Call) -> list[Step]:
    """Return the steps that repeat a call and its legs, from the start until now.

    Args:
        call: The call, or one of its legs.
    """
    root = root_of(call)
    with root.simulation.lock:
        return Repetition(root).steps()


class Repetition:
    """The steps of one call while its timelines are read.

    Args:
        call: The call, which is not a leg.
    """

    def __init__(self, call: Call) -> None:
        self._calls = [call, *call.legs]
        self._slots = [Slot(Step("start"))]
        self._reactions: dict[str, Mapping[str, Any]] = {}
        self._redirections = [iter(each.redirections) for each in self._calls]
        self._requests: dict[tuple[int, str], Request] = {}
        """For each event that was sent, by call and type: the request."""
        self._unanswered: dict[int, Request] = {}
        """For each call that waits for a response: the request."""
        self._interrupted: deque[tuple[int, Request, float]] = deque()
        """The requests that were interrupted and whose responses have not arrived, each with its call and the time of the
        interruption.
        """
        self._heard: dict[int, float] = {}
        """For each call: the last time at which a prompt began, or at which the audio of a stream began or ended."""
        self._last_at = call.began
        """Time of the last step."""
        self._rang = (-1.0, self._slots[0])
        """The time at which phones began to ring, and the last step before that time."""
        self._has_moved = False
        """True if the call may now wait for something different than it did at the last step."""

    def steps(self) -> list[Step]:
        """Return the steps."""
        merged = sorted(
            ((entry.number, index, entry) for index, call in enumerate(self._calls) for entry in call.timeline),
            key=lambda numbered: numbered[0],
        )
        ignored = {
            (index, position - 1)
            for index, call in enumerate(self._calls)
            for position, entry in enumerate(call.timeline)
            if entry.kind == "ignored" and entry.text.startswith(NOT_LISTENING)
        }
        positions = [0] * len(self._calls)
        for _, index, entry in merged:
            position, positions[index] = positions[index], positions[index] + 1
            if position == 0:
                self._begin(index)
            if (index, position) not in ignored:
                self._read(index, entry)
        for _, request, interrupted_at in self._interrupted:
            request.delay(interrupted_at - request.at + SPARE_SECONDS)
        return [step for slot in _joined_keys(_needed(self._slots)) for step in (*slot.before, slot.step)]

    def _begin(self, index: int) -> None:
        """Add the steps at the start of a call: the reaction of the phone, and the beginning of a leg."""
        call = self._calls[index]
        reaction, ringing = _reaction(call), self._ringing(call)
        if reaction is not None and reaction != self._reactions.get(call.to, ANSWERS):
            self._reactions[call.to] = reaction
            ringing.before.append(Step("react", Frozen({"number": call.to, **reaction})))
        if index and (_has_been_ended_by_person(call) or any(entry.kind in OF_PERSON for entry in call.timeline)):
            self._add(index, "leg", call.began, waits=True)

    def _ringing(self, call: Call) -> Slot:
        """Return the last step before a phone began to ring; all phones of a Transfer ring at the same time."""
        began, _ = self._rang
        if call.began - began > TOGETHER:
            self._rang = call.began, self._slots[-1]
        return self._rang[1]

    def _read(self, index: int, entry: Entry) -> None:
        at = self._calls[index].began + entry.at
        step = next(_prompt_or_action(entry, self._calls[index].simulation.base_url), None)
        if step is not None:
            do, values = step
            if do in ACTIONS:
                self._add(index, do, at, waits=True, **values)
            else:
                self._hear(index, Step(do, Frozen(values), _leg(index)), at)
        elif entry.kind == "api" and entry.text in INTERRUPTIONS:
            self._interrupt(index, at)
            self._request(index, entry, at)
        elif entry.kind == "state" and entry.text == call_states.DISCONNECTED:
            self._interrupt(index, at)
            self._end(index, at)
        elif entry.kind == "event":
            request = Request(self._slots[-1].before, entry.text, urlsplit(str(entry.details["url"])).path, at)
            self._requests[index, entry.text] = request
            if EVENTS[entry.text].may_be_answered:
                self._unanswered[index] = request
            self._has_moved = True
        else:
            self._note(index, entry, at)
            self._has_moved |= entry.kind not in NO_EFFECT

    def _hear(self, index: int, step: Step, at: float) -> None:
        """Add the step of a prompt, unless its position may differ when the call is repeated in real time."""
        is_exact = self._calls[index].simulation.speed is None
        before, self._heard[index] = self._heard.get(index, -math.inf), at
        last = self._slots[-1]
        if _is_stream(step) and not is_exact and at - before < UNCERTAIN:
            self._has_moved = True
        elif _is_stream(last.step) and last.step.leg == step.leg and not is_exact and at - self._last_at < UNCERTAIN:
            self._slots[-1] = Slot(step, last.before)
            self._last_at, self._has_moved = at, False
        else:
            self._add(index, step.do, at, **step.values)

    def _note(self, index: int, entry: Entry, at: float) -> None:
        """Note the end of a stream's audio, and whether a response arrived in time, too late or never."""
        if entry.kind == "stream" and "seconds" in entry.details:
            self._heard[index] = at
        late = TOO_LATE.fullmatch(entry.text)
        if late:
            each = next(each for each in self._interrupted if (each[0], each[1].event) == (index, late[1]))
            self._interrupted.remove(each)
            each[1].delay(at - each[1].at)
        answered = self._requests.get((index, entry.details.get("event", "")))
        if answered is None:
            return
        if answered is self._unanswered.get(index):
            del self._unanswered[index]
        if entry.kind == "problem" and entry.text.startswith(NO_RESPONSE):
            answered.delay(self._calls[index].callback_timeout)

    def _interrupt(self, index: int, at: float) -> None:
        """Note that a call no longer waits for a response, if it did."""
        request = self._unanswered.pop(index, None)
        if request is not None:
            self._interrupted.append((index, request, at))

    def _request(self, index: int, entry: Entry, at: float) -> None:
        """Add the step of a request to the API that changed the call."""
        by_client = entry.details.get("by") != CONTROL_API
        if entry.text == "UpdateCallBxml":
            self._add(index, "push", at, waits=True, document=entry.content, byClient=by_client)
        elif "redirectUrl" in entry.details:
            self._add(index, "redirect", at, waits=True, request=next(self._redirections[index]))
        else:
            self._add(index, "complete", at, waits=True)

    def _end(self, index: int, at: float) -> None:
        call = self._calls[index]
        if _has_been_ended_by_person(call):
            self._add(index, "hang up", at, waits=True)
        if index == 0:
            self._add(index, "end", at, cause=call.disconnect_cause)

    def _add(self, index: int, do: Do, at: float, *, waits: bool = False, **values: Any) -> None:
        """Add a step.

        Args:
            index: Index of the call.
            do: The kind of step.
            at: Time of the step in the original call, in seconds of the simulation's time.
            waits: Whether time must advance to the step first. A step such as ``spoken`` advances time itself.
            values: The values of the step.
        """
        seconds = _rounded_up(at - self._last_at)
        if waits and seconds > 0:
            is_optional = not self._has_moved and self._slots[-1].step.do not in SOUNDS
            self._slots.append(Slot(Step("advance", Frozen({"seconds": seconds})), is_optional=is_optional))
        if seconds + SPARE_SECONDS > PATIENCE.get(do, math.inf):
            values["within"] = math.ceil(seconds) + PATIENCE[do]
        self._slots.append(Slot(Step(do, Frozen(values), _leg(index))))
        self._last_at, self._has_moved = at, False


def _needed(slots: Sequence[Slot]) -> list[Slot]:
    """Return slots without the optional steps that are not necessary.

    A step that lets time pass is not necessary if an expectation (of a prompt or of the end) comes before the next such step,
    because the expectation waits by itself.
    """
    needed: list[Slot] = []
    must_be_exact = False
    for slot in reversed(slots):
        if slot.is_optional and not must_be_exact:
            continue
        if slot.step.do == "advance" or slot.step.do in PATIENCE:
            must_be_exact = slot.step.do == "advance"
        needed.append(slot)
    return needed[::-1]


def _joined_keys(slots: Iterable[Slot]) -> list[Slot]:
    """Return slots in which keys that are pressed one after the other are one step."""
    joined: list[Slot] = []
    for slot in slots:
        last = joined[-1] if joined else None
        is_next_key = last is not None and last.step.do == slot.step.do == "press" and last.step.leg == slot.step.leg
        if last is not None and is_next_key and not slot.before:
            digits = last.step.values["digits"] + slot.step.values["digits"]
            joined[-1] = Slot(Step("press", Frozen({"digits": digits}), slot.step.leg), last.before)
        else:
            joined.append(slot)
    return joined


def _rounded_up(seconds: float) -> float:
    """Return a number of seconds, rounded up to hundredths. Floating-point errors are removed first."""
    return math.ceil(round(seconds * HUNDREDTH, 3)) / HUNDREDTH


def _is_stream(step: Step) -> bool:
    """Return whether a step waits for the audio of a stream."""
    return step.do == "played" and step.values["url"].startswith('stream "')


def _leg(index: int) -> int | None:
    return index - 1 if index else None


ACTIONS: Final = frozenset({"press", "say", "play", "close"})
"""The steps that act as the caller or as the destination of a stream, apart from hanging up."""

SOUNDS: Final = frozenset({"say", "play"})
"""The steps with a sound of the caller. The time after them is not optional, because recordings and streams need the sound."""

ANSWERS: Final[Mapping[str, Any]] = Frozen({"reaction": "answers"})
"""The reaction that phones have by default."""

UNANSWERED: Final[Mapping[str, str]] = {"busy": "is-busy", "rejected": "rejects"}
"""For each of these disconnect causes of a call that was not answered: the reaction of the phone."""


def _prompt_or_action(entry: Entry, base_url: str) -> Iterator[tuple[Do, dict[str, Any]]]:
    """Yield the step of an entry that is a prompt or one of :data:`ACTIONS`, with its values.

    Args:
        entry: The entry.
        base_url: The base URL of the API. Below it are the recordings, whose URLs contain ids that are new in each call.
    """
    if entry.kind == "spoken":
        yield "spoken", {"text": _beginning(entry.text)}
    elif entry.kind == "played":
        parts = urlsplit(entry.text)  # a stream has a title instead of a URL
        path = parts.path.lstrip("/")
        if entry.text.startswith(f"{base_url}/"):
            path = path.rpartition("/")[2]
        yield "played", {"url": f"/{path}" if parts.netloc and path else entry.text}
    elif entry.kind == "pressed":
        yield "press", {"digits": entry.text}
    elif entry.kind == "stream" and entry.details.get("by") == CLOSE_STREAM:
        yield "close", {"name": entry.text.removeprefix('stream "').removesuffix('" stopped')}
    elif entry.kind == "said":
        said = entry.content
        if not isinstance(said, Said):
            yield "say", {"text": entry.text}
        elif said.has_words:
            yield "say", {"text": entry.text, "seconds": said.seconds, "audio": said.has_audio, "file": said.file}
        else:
            yield "play", {"seconds": said.seconds, "file": said.file}


def _beginning(text: str) -> str:
    """Return a text, or the first words of a long text."""
    if len(text) <= MAX_EXPECTED:
        return text
    return text[:MAX_EXPECTED].rpartition(" ")[0] or text[:MAX_EXPECTED]


def _reaction(call: Call) -> Mapping[str, Any] | None:
    """Return how the phone reacted to an outbound call or a leg; ``None`` for an inbound call, which rings no phone."""
    if call.direction == "inbound":
        return None
    times = {entry.text: entry.at for entry in call.timeline if entry.kind == "state"}
    if call_states.ANSWERED not in times:
        return Frozen({"reaction": UNANSWERED.get(call.disconnect_cause or "", "does-not-answer")})
    after = times[call_states.ANSWERED] - times[call_states.INITIATED]
    given = call.simulation.reaction(call.to) or Reaction()
    more = {
        "after": round(after, 2) if after > IMMEDIATELY else 0,
        "by": given.by if given.by != Reaction.by else None,
        "hangsUpAfter": given.hangs_up_after,
    }
    return Frozen({**ANSWERS, **{name: value for name, value in more.items() if value}})


def _has_been_ended_by_person(call: Call) -> bool:
    """Return whether a person hung up; rejecting a call is a reaction of the phone instead."""
    return call.has_hung_up and (call.direction == "inbound" or call.answer_time is not None)
