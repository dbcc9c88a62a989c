"""Conferences: their members, what the members hear, and the exchange of events and documents with the application.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from callcontrol.emulator.call_audio import Track
from callcontrol.emulator.call_or_conference import Ended, Party
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered
from callcontrol.emulator.generator_tasks import Signal, Steps, Task, Wait
from callcontrol.emulator.loop_detection import LoopDetector
from callcontrol.emulator.scheduler import Timer
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.timeline import Kind
from callcontrol.emulator.webhook_requests import Webhook
from callcontrol.events import (
    ConferenceCompletedEvent,
    ConferenceCreatedEvent,
    ConferenceMemberExitEvent,
    ConferenceMemberJoinEvent,
    ConferenceRedirectEvent,
    Event,
)
from callcontrol.redacted_url_repr import redacted

MOST_MEMBERS: Final = 20
"""Maximum number of calls in a conference."""

HEARD_BY_ALL: Final = frozenset({"spoken", "played"})
"""The kinds of timeline entries that all members hear, except members on hold."""


@dataclass(frozen=True)
class ConferenceOver(Signal):
    """The conference ended; each member continues with its next verb."""


@dataclass(frozen=True)
class QueueFilled(Signal):
    """An event or a document was queued."""


@redacted
@dataclass(frozen=True)
class MemberOptions:
    """The options of a member.

    Attributes:
        mute: Whether the other members do not hear the member.
        hold: Whether the member and the other members cannot hear each other.
        call_ids_to_coach: The only members that hear this member. If it is empty, all members hear this member.
    """

    mute: bool = False
    hold: bool = False
    call_ids_to_coach: tuple[str, ...] = ()


@redacted
@dataclass(kw_only=True, eq=False)
class Conference(Party):
    """A conference: its members, its timeline and the documents it runs.

    Attributes:
        registry: The registry of all conferences.
        conference_id: The id, in the vendor's form.
        account_id: The account that the conference belongs to.
        name: The name; after the end, a new conference can have the same name.
        webhook: The webhook for events of the conference, from the verb that created the conference.
        tag: The tag of the call that created the conference.
        created_time: Time of creation, in UTC.
        completed_time: Time of the end, in UTC; ``None`` until the last member has left.
        members: The calls in the conference, by call id.
        options: The options of each member, by call id.
        documents: The documents that UpdateConferenceBxml pushed, in order.
        redirects: The URLs that UpdateConference redirected the conference to, in order.
        loop_detector: Counts the redirects that take no time.
        is_active: False once the conference has ended.
        entries_read: Number of timeline entries that ``Core.expect_member`` has read.
    """

    can_be_transcribed: ClassVar[bool] = False
    registry: Conferences = field(repr=False)
    conference_id: str
    account_id: str = field(repr=False)
    name: str
    webhook: Webhook | None = field(default=None, repr=False)
    tag: str | None = field(default=None, repr=False)
    created_time: datetime = field(repr=False)
    completed_time: datetime | None = field(default=None, repr=False)
    members: dict[str, Call] = field(default_factory=dict[str, Call], repr=False)
    options: dict[str, MemberOptions] = field(default_factory=dict[str, MemberOptions], repr=False)
    documents: list[str] = field(default_factory=list[str], repr=False)
    redirects: list[str] = field(default_factory=list[str], repr=False)
    loop_detector: LoopDetector = field(default_factory=LoopDetector, repr=False)
    is_active: bool = True
    entries_read: int = field(default=0, repr=False)
    _events: deque[Steps[Script]] = field(default_factory=deque["Steps[Script]"], repr=False)
    """The queue of events; each item consists of steps that send an event and return the document in the response."""
    _scripts: deque[Script] = field(default_factory=deque[Script], repr=False)
    """The queue of documents to run."""
    _sender: Task = field(init=False, repr=False)
    _runner: Task = field(init=False, repr=False)
    _limit: Timer = field(init=False, repr=False)
    _connections: dict[tuple[Track, Track], None] = field(default_factory=dict[tuple[Track, Track], None], repr=False)
    """The pairs of connected tracks: the first passes its sounds on to the second. A dictionary keeps their order."""

    def __post_init__(self) -> None:
        """Start the task that sends events, the task that runs documents, and the timer that limits the duration."""
        super().__post_init__()
        self.inbound.is_relay = True  # the members hear each other directly
        self._sender = self.simulation.begin(self._send_events())
        self._runner = self.simulation.begin(self._run_scripts())
        self._limit = self.simulation.scheduler.after(self.simulation.assumptions.max_conference_seconds, self.complete)
        self.ask_for(ConferenceCreatedEvent)

    @property
    def state(self) -> str:
        """The state: ``active`` or ``completed``."""
        return "active" if self.is_active else "completed"

    @property
    def url(self) -> str:
        """The URL of the conference in the API."""
        return f"{self.simulation.base_url}/accounts/{self.account_id}/conferences/{self.conference_id}"

    def values(self) -> dict[str, Any]:
        """Return the fields that every event of a conference has."""
        return {
            "eventTime": self.simulation.time(),
            "accountId": self.account_id,  # only the event of a recording has this field
            "conferenceId": self.conference_id,
            "name": self.name,
            "tag": self.tag,
        }

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Add an entry to the timeline, and to the timelines of the members that hear it."""
        super().note(kind, text, content=content, **details)
        if kind in HEARD_BY_ALL:
            for call in self.members.values():
                if not self.options[call.call_id].hold:
                    call.note(kind, text, **details, conference=self.name)

    # Members

    def join(self, call: Call, options: MemberOptions) -> None:
        """Add a call to the members, and send ``conferenceMemberJoin``.

        Args:
            call: The call that joins.
            options: The options of the member.
        """
        self.members[call.call_id] = call
        self.options[call.call_id] = options
        self._connect_members()
        # False and empty values become None, so that the timeline leaves them out.
        coached = ",".join(options.call_ids_to_coach) or None
        shown = {"mute": options.mute or None, "hold": options.hold or None, "callIdsToCoach": coached}
        self.note("joined", call.call_id, **shown)
        call.note("joined", self._title, **shown)
        self.ask_for(ConferenceMemberJoinEvent, _member(call))

    def change_member(
        self,
        call_id: str,
        *,
        mute: bool | None = None,
        hold: bool | None = None,
        call_ids_to_coach: Sequence[str] | None = None,
    ) -> None:
        """Change the options of a member; an option that is ``None`` stays as it is.

        Args:
            call_id: The id of the member.
            mute: Whether the other members do not hear the member.
            hold: Whether the member and the other members cannot hear each other.
            call_ids_to_coach: The only members that hear this member; an empty list ends the coaching.
        """
        old = self.options[call_id]
        self.options[call_id] = MemberOptions(
            old.mute if mute is None else mute,
            old.hold if hold is None else hold,
            old.call_ids_to_coach if call_ids_to_coach is None else tuple(call_ids_to_coach),
        )
        self._connect_members()

    def _connect_members(self) -> None:
        """Let each member hear the prompts of the conference and the members that speak to this member."""
        listeners = [call for call in self.members.values() if not self.options[call.call_id].hold]
        wanted = {(self.outbound, call.outbound): None for call in listeners}
        for speaker in self.members.values():
            options = self.options[speaker.call_id]
            coached = options.call_ids_to_coach
            heard_by = [each for each in listeners if each is not speaker and (not coached or each.call_id in coached)]
            recorded = [] if coached else [self.inbound]
            if not (options.mute or options.hold):
                wanted |= {(speaker.inbound, track): None for track in (*recorded, *(each.outbound for each in heard_by))}
        for track, listener in self._connections:
            if (track, listener) not in wanted:
                track.disconnect(listener)
        for track, listener in wanted:
            if (track, listener) not in self._connections:
                track.connect(listener)
        self._connections = wanted

    def leave(self, call: Call) -> None:
        """Remove a call from the members, and end the conference if no member is left."""
        del self.members[call.call_id], self.options[call.call_id]
        self._connect_members()
        self.note("left", call.call_id)
        call.note("left", self._title)
        self.ask_for(ConferenceMemberExitEvent, _member(call))
        if not self.members:
            self._finish()

    @property
    def _title(self) -> str:
        return f'conference "{self.name}"'

    def complete(self) -> None:
        """End the conference; each member continues with its next verb."""
        self.is_active = False
        for call in self.members.values():
            # Each call leaves when it gets the signal; the last one to leave finishes the conference.
            call.signal(ConferenceOver())
        if not self.members:
            self._finish()

    def _finish(self) -> None:
        self.is_active = False
        self.completed_time = self.simulation.time()
        self._limit.cancel()
        self.clean_up()
        # Do not stop the task that sends events, because it still has events to send, such as the completed event.
        self._runner.stop()
        self.note("state", "completed")
        self.registry.completed(self)
        self._queue(self._completed_event())

    # Events and documents

    def ask_for(self, event: type[Event], values: Mapping[str, Any] | None = None, to: Webhook | None = None) -> None:
        """Queue an event; the conference then runs the document in the response.

        Args:
            event: The event to send.
            values: Fields of this event; the keys are the API's names.
            to: The webhook that receives the event; ``None`` for the webhook of the conference.
        """
        webhook = to or self.webhook
        if webhook is not None:
            self._queue(self._document_for(webhook, event, values))

    def redirect(self, to: Webhook) -> None:
        """Request a document from a URL, as UpdateConference does.

        The number of redirects is limited, because the conference would never end if every response redirected it.
        """
        self.redirects.append(to.target.url)
        limit = self.simulation.assumptions.max_verbs
        if self.loop_detector.exceeds(limit, self.simulation.scheduler.now):
            self.note("problem", f"the conference was redirected more than {limit} times in almost no time, probably in a loop")
            self.complete()
        else:
            self.ask_for(ConferenceRedirectEvent, to=to)

    def play(self, script: Script) -> None:
        """Queue a document."""
        self._scripts.append(script)
        self._runner.signal(QueueFilled())

    def _queue(self, steps: Steps[Script]) -> None:
        self._events.append(steps)
        self._sender.signal(QueueFilled())

    def _document_for(self, webhook: Webhook, event: type[Event], values: Mapping[str, Any] | None) -> Steps[Script]:
        return answered(self, (yield from self.ask(webhook, event, values)), "conference")

    def _completed_event(self) -> Steps[Script]:
        """Send the completed event; these steps are queued, so the event comes after all other events."""
        yield from ()
        self.send_event(self.webhook, ConferenceCompletedEvent)
        return Script(())

    def _send_events(self) -> Steps[None]:
        """Send the queued events one by one; a response without a valid document changes nothing."""
        while True:
            while self._events:
                try:
                    script = yield from self._events.popleft()
                except Ended as error:
                    self.note("problem", str(error.message))
                else:
                    self.play(script)
            if self.completed_time is not None:  # the completed event was the last one in the queue
                return
            yield Wait(None, (QueueFilled,))

    def _run_scripts(self) -> Steps[None]:
        """Run the queued documents one by one, until the conference ends."""
        while True:
            while self._scripts:
                script = self._scripts.popleft()
                for verb in script.verbs:
                    self.note("verb", type(verb).__name__)
                    try:
                        yield from self.registry.verbs[type(verb)](self, verb, script)
                    except Ended as error:  # the verbs after a failed one still run
                        self.note("problem", str(error.message))
            yield Wait(None, (QueueFilled,))


def _member(call: Call) -> dict[str, Any]:
    return {"callId": call.call_id, "from": call.from_, "to": call.to}


class Conferences:
    """The registry of all conferences of a simulation. If too many conferences have ended, it drops the oldest of them.

    Args:
        simulation: The simulation that the conferences run in.
        verbs: For each class of verb: the function that runs such a verb on a conference.
    """

    def __init__(self, simulation: Simulation, verbs: Mapping[type[Any], Callable[[Any, Any, Any], Steps[Any]]]) -> None:
        self.verbs = verbs
        self.by_id: dict[str, Conference] = {}
        self._simulation = simulation
        self._completed: deque[str] = deque()

    def new(self, account_id: str, name: str, **more: Any) -> Conference:
        """Register and return a new conference without members.

        Args:
            account_id: The account of the conference.
            name: The name of the conference.
            more: Other fields of :class:`Conference`.
        """
        conference = Conference(
            conference_id=self._simulation.new_id("conf"),
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
        """Return the active conference with this name, or ``None``."""
        newest_first = reversed(self.by_id.values())
        key = (account_id, name)
        return next((each for each in newest_first if each.is_active and (each.account_id, each.name) == key), None)

    def clear(self) -> None:
        """Drop all conferences."""
        self.by_id.clear()
        self._completed.clear()

    def completed(self, conference: Conference) -> None:
        """Record the end of a conference, and drop the oldest ended conferences if too many are kept."""
        self._completed.append(conference.conference_id)
        while len(self._completed) > self._simulation.assumptions.max_ended_calls:
            del self.by_id[self._completed.popleft()]
