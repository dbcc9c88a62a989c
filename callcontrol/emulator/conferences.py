"""Conferences: who is in them, what they hear, and what the application is told and answers.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from callcontrol.emulator.call_records import written_id
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered
from callcontrol.emulator.party import Ended, Party
from callcontrol.emulator.scheduler import Timer
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.tasks import Signal, Steps, Task, Wait
from callcontrol.emulator.timeline import Kind
from callcontrol.emulator.webhook_targets import Webhook
from callcontrol.events import (
    ConferenceCompletedEvent,
    ConferenceCreatedEvent,
    ConferenceMemberExitEvent,
    ConferenceMemberJoinEvent,
    ConferenceRedirectEvent,
    Event,
)
from callcontrol.redaction import redacted

MOST_MEMBERS: Final = 20
"""Calls that a conference takes."""

HEARD_BY_ALL: Final = frozenset({"spoken", "played"})
"""What every member hears that is not on hold."""


@dataclass(frozen=True)
class ConferenceOver(Signal):
    """The conference is over for its members, who go on with the next verb."""


@dataclass(frozen=True)
class Work(Signal):
    """There is something to do."""


@redacted
@dataclass(kw_only=True, eq=False)
class Conference(Party):
    """A conference.

    Attributes:
        registry: All conferences, this one among them.
        conference_id: Its id, of the vendor's form.
        account_id: The account it belongs to.
        name: Its name; after its end another may have the same.
        webhook: Where its events go, as the call that created it has it.
        tag: The tag of that call.
        members: The calls in it, by their ids.
        is_active: Whether it is not over yet.
        documents: The documents that UpdateConferenceBxml has pushed, in order.
        redirects: The URLs that UpdateConference has redirected to, in order.
    """

    can_be_transcribed: ClassVar[bool] = False
    registry: Conferences = field(repr=False)
    conference_id: str
    account_id: str
    name: str
    webhook: Webhook | None = field(default=None, repr=False)
    tag: str | None = None
    created_time: datetime
    completed_time: datetime | None = None
    members: dict[str, Call] = field(default_factory=dict[str, Call], repr=False)
    documents: list[str] = field(default_factory=list[str], repr=False)
    redirects: list[str] = field(default_factory=list[str], repr=False)
    is_active: bool = True
    _on_hold: set[str] = field(default_factory=set[str], repr=False)
    _pending: deque[Steps[Script]] = field(default_factory=deque["Steps[Script]"], repr=False)
    _scripts: deque[Script] = field(default_factory=deque[Script], repr=False)
    _asks: Task = field(init=False, repr=False)
    _plays: Task = field(init=False, repr=False)
    _longest: Timer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin to ask and to play, each in its turn."""
        self._asks = self.simulation.begin(self._asking())
        self._plays = self.simulation.begin(self._playing())
        self._longest = self.simulation.scheduler.after(self.simulation.assumptions.max_conference_seconds, self.complete)
        self.ask_for(ConferenceCreatedEvent)

    @property
    def state(self) -> str:
        """``active`` or ``completed``."""
        return "active" if self.is_active else "completed"

    @property
    def url(self) -> str:
        """Its URL in the API."""
        return f"{self.simulation.base_url}/accounts/{self.account_id}/conferences/{self.conference_id}"

    def values(self) -> dict[str, Any]:
        """What every event of a conference has."""
        return {
            "eventTime": self.simulation.time(),
            "accountId": self.account_id,  # which only the event of a recording has
            "conferenceId": self.conference_id,
            "name": self.name,
            "tag": self.tag,
        }

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Write into the timeline, and into those of members who hear it."""
        super().note(kind, text, content=content, **details)
        if kind in HEARD_BY_ALL:
            for call in self.members.values():
                if call.call_id not in self._on_hold:
                    call.note(kind, text, **details, conference=self.name)

    # Members

    def join(self, call: Call, **how: Any) -> None:
        """Take a call in, muted or on hold as it is said."""
        self.members[call.call_id] = call
        if how.get("hold"):
            self._on_hold.add(call.call_id)
        self.note("joined", call.call_id, **how)
        call.note("joined", f"the conference {self.name}", **how)
        self.ask_for(ConferenceMemberJoinEvent, _member(call))

    def leave(self, call: Call) -> None:
        """Let a call go; with the last one the conference is over."""
        del self.members[call.call_id]
        self._on_hold.discard(call.call_id)
        self.note("left", call.call_id)
        call.note("left", f"the conference {self.name}")
        self.ask_for(ConferenceMemberExitEvent, _member(call))
        if not self.members:
            self._finish()

    def complete(self) -> None:
        """End the conference; its members go on with their next verbs."""
        self.is_active = False
        for call in self.members.values():
            call.signal(ConferenceOver())
        if not self.members:
            self._finish()

    def _finish(self) -> None:
        self.is_active = False
        self.completed_time = self.simulation.time()
        self._longest.cancel()
        self.clean_up()
        self._plays.stop()
        self.note("state", "completed")
        self.registry.completed(self)
        self._pending.append(self._last_word())
        self._asks.signal(Work())

    # What it is told to do

    def ask_for(self, event: type[Event], values: Mapping[str, Any] | None = None, to: Webhook | None = None) -> None:
        """Send an event after those before it, and queue the document that answers."""
        webhook = to or self.webhook
        if webhook is not None:
            self._pending.append(self._question(webhook, event, values))
            self._asks.signal(Work())

    def redirect(self, to: Webhook) -> None:
        """CallWebhook a URL for a document, as UpdateConference does.

        An application may do that whenever it is asked, so that a conference that goes round in circles ends, as a call does.
        """
        self.redirects.append(to.target.url)
        most = self.simulation.assumptions.max_verbs
        if len(self.redirects) > most:
            self.note("problem", f"the conference was redirected {most} times, and goes round in circles")
            self.complete()
        else:
            self.ask_for(ConferenceRedirectEvent, to=to)

    def play(self, script: Script) -> None:
        """Queue a document."""
        self._scripts.append(script)
        self._plays.signal(Work())

    def _question(self, webhook: Webhook, event: type[Event], values: Mapping[str, Any] | None) -> Steps[Script]:
        return answered(self, (yield from self.ask(webhook, event, values)), "conference")

    def _last_word(self) -> Steps[Script]:
        """Tell that it is over, once all else is told."""
        yield from ()
        self.tell(self.webhook, ConferenceCompletedEvent)
        return Script(())

    def _asking(self) -> Steps[None]:
        """CallWebhook one thing after the other; what is not answered, or not with a valid document, changes nothing."""
        while True:
            while self._pending:
                try:
                    script = yield from self._pending.popleft()
                except Ended as refusal:
                    self.note("problem", str(refusal.message))
                else:
                    self.play(script)
            if self.completed_time is not None:
                return
            yield Wait(None, (Work,))

    def _playing(self) -> Steps[None]:
        """Play one document after the other, while anybody listens."""
        while True:
            while self._scripts:
                script = self._scripts.popleft()
                for verb in script.verbs:
                    self.note("verb", type(verb).__name__)
                    try:
                        yield from self.registry.verbs[type(verb)](self, verb, script)
                    except Ended as failure:  # one verb that fails leaves the others
                        self.note("problem", str(failure.message))
            yield Wait(None, (Work,))


def _member(call: Call) -> dict[str, Any]:
    return {"callId": call.call_id, "from": call.from_, "to": call.to}


class Conferences:
    """All conferences of a simulation, except those that ended long ago.

    Args:
        simulation: The simulation that the conferences run in.
        verbs: The function that runs each verb on a conference.
    """

    def __init__(self, simulation: Simulation, verbs: Mapping[type[Any], Callable[[Any, Any, Any], Steps[Any]]]) -> None:
        self.verbs = verbs
        self.by_id: dict[str, Conference] = {}
        self._simulation = simulation
        self._numbers = itertools.count(1)
        self._completed: deque[str] = deque()

    def new(self, account_id: str, name: str, **more: Any) -> Conference:
        """Return a new conference that is registered and has no members yet."""
        conference = Conference(
            conference_id=written_id("conf", next(self._numbers)),
            account_id=account_id,
            name=name,
            created_time=self._simulation.time(),
            simulation=self._simulation,
            began=self._simulation.scheduler.now,
            registry=self,
            **more,
        )
        self.by_id[conference.conference_id] = conference
        return conference

    def named(self, account_id: str, name: str) -> Conference | None:
        """Return the active conference of this name, or ``None``."""
        known = reversed(self.by_id.values())
        return next((each for each in known if each.is_active and (each.account_id, each.name) == (account_id, name)), None)

    def completed(self, conference: Conference) -> None:
        """Keep a conference that has ended, and drop the oldest one if there are too many."""
        self._completed.append(conference.conference_id)
        while len(self._completed) > self._simulation.assumptions.max_ended_calls:
            del self.by_id[self._completed.popleft()]
