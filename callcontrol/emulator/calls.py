"""Calls that live: what they hear, what they send, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from bxml.builder.frozen import Frozen
from callcontrol import call_states
from callcontrol.emulator.call_records import Record, Records
from callcontrol.emulator.call_signals import Key, Speech, StreamClosed
from callcontrol.emulator.party import Ended, Party
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.tasks import Signal, Steps, Task
from callcontrol.emulator.timeline import Entry, Kind, Timeline
from callcontrol.emulator.webhook_targets import Webhook
from callcontrol.events import DisconnectEvent, DtmfEvent, Event
from callcontrol.redaction import redacted
from callcontrol.request_fields import Field, refuse_faults

if TYPE_CHECKING:
    from callcontrol.emulator.media_feeds import MediaFeed
KEYS: Final = "0123456789*#ABCD"
"""The keys of a phone, the last four of which only some have."""


_WORDS: Final = Field("text", "text")
_WITHIN: Final = Field("within", "number", minimum=0)  # for a test may wait for ever

LONGEST_SHOWN: Final = 200
"""Entries of a timeline that an error shows, which are the last ones."""


class NotHeard(AssertionError):
    """What a caller expected did not come; the message has the timeline of the call.

    Attributes:
        what: What did not come.
        timeline: What came instead.
    """

    def __init__(self, what: str, timeline: Timeline) -> None:
        """Say both; of a long timeline its end, which tells why."""
        left_out = len(timeline) - LONGEST_SHOWN
        before = f"... {left_out} entries before these\n" if left_out > 0 else ""
        super().__init__(f"{what}\n{before}{timeline[-LONGEST_SHOWN:]}")
        self.what = what
        self.timeline = timeline


@redacted
@dataclass(kw_only=True, eq=False)
class Call(Party, Record):
    """A call: its state, its timeline, what it runs, and the hands of its caller.

    Attributes:
        registry: All calls, this one among them.
        leg: What the events of a called leg have otherwise: the numbers of the original call, and its own beside them.
        is_forwarded: Whether a Forward has taken it out of the application's hands.
        bridged_with: The id of the call that it is bridged with.
        gathers: Whether a Gather is going on, which hides keys from StartGather.
        dtmf: Where keys are told of after StartGather.
        verbs_run: How many verbs it has run.
        streams: The streams of its audio that go on, by their names.
        transcriptions: The transcriptions that go on, by their names.
        end_event: What is sent when it has ended, to ``disconnect_webhook``.
    """

    registry: Calls = field(repr=False)
    disconnect_webhook: Webhook | None = field(default=None, repr=False)
    end_event: type[Event] = field(default=DisconnectEvent, repr=False)
    leg: Mapping[str, Any] = field(default_factory=Frozen, repr=False)
    is_forwarded: bool = False
    bridged_with: str | None = None
    gathers: bool = field(default=False, repr=False)
    dtmf: Webhook | None = field(default=None, repr=False)
    verbs_run: int = field(default=0, repr=False)
    streams: dict[str, MediaFeed] = field(default_factory=dict[str, "MediaFeed"], repr=False)
    transcriptions: dict[str, MediaFeed] = field(default_factory=dict[str, "MediaFeed"], repr=False)
    _task: Task | None = field(default=None, repr=False)
    _left: Callable[[], None] = field(default=lambda: None, repr=False)
    _ends: bool = field(default=False, repr=False)
    _heard: int = field(default=0, repr=False)

    # Its state

    def enter(self, state: str, *, cause: str | None = None, error: str | None = None) -> None:
        """Go on to another state, and note it."""
        self.move(state, self.simulation.time(), cause=cause, error=error)
        self.note("state", state, cause=cause, message=error)

    # What it runs

    def live(self, steps: Steps[None], left: Callable[[], None] = lambda: None) -> None:
        """Run this instead of what it runs now; once it is over, the call is.

        Args:
            steps: What is run.
            left: Called once the call runs that no more, even if it is stopped before it has begun; a ``finally`` in what has
                not begun is not come to.
        """
        self.stop()
        self._left = left
        self._task = self.simulation.begin(self._to_the_end(steps), self._over)

    def stop(self) -> None:
        """Run nothing any more."""
        if self._task is not None and not self._task.over:
            self._task.stop()
        self._task = None
        self._left()

    def _to_the_end(self, steps: Steps[None]) -> Steps[Ended]:
        try:
            yield from steps
        except Ended as end:
            return end
        except Exception:
            self.end("error", "the emulator has failed")  # so that no call goes on for ever
            raise
        return Ended("hangup")

    def _over(self, end: Ended) -> None:
        self._task = None
        self.end(end.cause, end.message, end.sip_response_code)

    def end(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        """End the call; nothing if it has ended already, or what ends with it wants to end it too."""
        if self._ends:
            return
        self._ends = True
        self.stop()
        self.clean_up()
        self.error_id = message and self.simulation.new_error_id()
        self.enter(call_states.DISCONNECTED, cause=cause, error=message)
        self.registry.ended(self)
        self.tell_of_end(cause, message, sip_response_code)

    def tell_of_end(self, cause: str, message: str | None, sip_response_code: int | None) -> None:
        """Send the event that a call has ended."""
        values = {
            "cause": cause,
            "errorMessage": message,
            "errorId": self.error_id,
            "endTime": self.end_time,
            "sipResponseCode": sip_response_code,
        }
        self.tell(self.disconnect_webhook, self.end_event, values)

    # What it is told

    def signal(self, signal: Signal) -> bool:
        """Tell what it runs of something; whether that was waited for."""
        return self._task is not None and self._task.signal(signal)

    def waits_for(self, kind: type[Signal]) -> bool:
        """Whether a signal of this kind would be taken now, so that a key or speech is not lost."""
        return self._task is not None and self._task.waits_for(kind)

    @property
    def listens(self) -> bool:
        """Whether keys or speech are waited for."""
        with self.simulation.lock:
            return self.waits_for(Key) or self.waits_for(Speech)

    def key(self, digit: str) -> None:
        """The caller presses a key."""
        self.note("pressed", digit)
        is_told = self.state != call_states.DISCONNECTED and self.dtmf is not None and not self.gathers
        if is_told:  # before what comes of the key in the verb that waits for it
            self.tell(self.dtmf, DtmfEvent, {"digit": digit})
        heard = self.signal(Key(digit))
        if self.state == call_states.DISCONNECTED:
            self.note("ignored", "the call has ended")
        elif not (heard or is_told):
            self.note("ignored", f"nothing listened to the key {digit}")

    def speech(self, text: str) -> None:
        """The caller says something."""
        self.note("said", text)
        if self.state == call_states.DISCONNECTED:
            self.note("ignored", "the call has ended")
        elif not self.signal(Speech(text)):
            self.note("ignored", "nothing listened to what was said")

    # The hands of its caller

    @property
    def legs(self) -> list[Call]:
        """The calls that a Transfer of this call has made, oldest first."""
        return [call for call in self.registry.by_id.values() if call.parent_call_id == self.call_id]

    def press(self, digits: str) -> None:
        """Press keys, one after the other and without a pause.

        Raises:
            ValueError: if there is no such key, or they are not given as text.
        """
        __tracebackhide__ = True  # so that pytest shows the test, as below
        if not isinstance(cast("object", digits), str):
            raise ValueError(f'keys are given as text, such as "1#", and {digits!r} is none')  # noqa: TRY004  as of a wrong key
        for digit in digits:
            if digit not in KEYS:
                raise ValueError(f"there is no key {digit!r}; there are {KEYS}")
        for digit in digits:
            self._act(partial(self.key, digit))

    def say(self, text: str) -> None:
        """Say something, which a Gather for speech understands.

        Raises:
            ValueError: if it is no text.
        """
        __tracebackhide__ = True
        refuse_faults((_WORDS,), {"text": text})
        self._act(partial(self.speech, text))

    def hang_up(self) -> None:
        """End the call, as the other party does: before it is answered a caller gives up, and who is called rejects.

        Nothing happens if it has ended already.
        """
        self._act(self._hung_up)

    def _hung_up(self) -> None:
        unanswered = "cancel" if self.direction == "inbound" else "rejected"
        self.end("hangup" if self.state == call_states.ANSWERED else unanswered)

    def close_stream(self, name: str) -> None:
        """Close a stream at its far end, as a program does that has heard enough.

        Raises:
            ValueError: if no such stream goes on.
        """

        def close() -> None:
            if name not in self.streams:
                raise ValueError(f"no stream {name} goes on; there are [{', '.join(self.streams)}]")
            self.streams[name].end()
            self.signal(StreamClosed())

        self._act(close)

    def expect_speech(self, text: str, within: float = 60) -> Entry:
        """Listen until a sentence is begun that has this in it; what was heard before the last one found does not count.

        Args:
            text: What is expected, or a part of it; upper and lower case are the same.
            within: Seconds to wait, of the emulator's time.

        Raises:
            NotHeard: if it is not spoken in time, or the call ends before; its message has the timeline.
        """
        __tracebackhide__ = True
        return self._expect("spoken", text, within)

    def expect_audio(self, url: str, within: float = 60) -> Entry:
        """Listen until a file of audio is begun whose URL has this in it, as :meth:`expect_speech` does.

        Raises:
            NotHeard: if it is not played in time, or the call ends before; its message has the timeline.
        """
        __tracebackhide__ = True
        return self._expect("played", url, within)

    def expect_end(self, within: float = 3600) -> str:
        """Wait until the call has ended, and give the cause.

        Raises:
            NotHeard: if it goes on; its message has the timeline.
        """
        __tracebackhide__ = True
        refuse_faults((_WITHIN,), {"within": within})
        if not self.simulation.until(lambda: self.state == call_states.DISCONNECTED, within):
            raise NotHeard(f"the call has not ended within {within:g} s", self.timeline)
        self.simulation.settle()  # so that the event of its end is sent
        return str(self.disconnect_cause)

    def _act(self, act: Callable[[], None]) -> None:
        """Do something once all has happened that is to happen now, and let happen what follows from it now."""
        self.simulation.settle()
        with self.simulation.change():
            act()
        self.simulation.settle()

    def _expect(self, kind: Kind, text: str, within: float) -> Entry:
        __tracebackhide__ = True
        refuse_faults((_WORDS, _WITHIN), {"text": text, "within": within})
        sought, looked_at = text.casefold(), self._heard
        entry: Entry | None = None

        def is_over() -> bool:
            """Whether there is such an entry, or none will come; none is looked at twice."""
            nonlocal entry, looked_at
            while entry is None and looked_at < len(self.timeline):
                each = self.timeline[looked_at]
                looked_at += 1
                entry = each if each.kind == kind and sought in each.text.casefold() else None
            return entry is not None or self.state == call_states.DISCONNECTED

        is_in_time = self.simulation.until(is_over, within)
        if entry is None:
            when = f"before the call {self._how_it_ended()}" if is_in_time else f"within {within:g} s{self._where_it_is()}"
            raise NotHeard(f"{text!r} was not {kind} {when}{self._lost()}", self.timeline)
        self._heard = looked_at
        return entry

    def _how_it_ended(self) -> str:
        """Its end, in words that stand in one line."""
        why = f": {self.error_message}" if self.error_message else ""
        warnings = [entry.details.get("warning") for entry in self.timeline if entry.kind == "answer"]
        warned = f"; {warnings[-1]}" if self.disconnect_cause == "invalid-bxml" and warnings and warnings[-1] else ""
        return f"ended with {self.disconnect_cause}{why}{warned}"

    def _where_it_is(self) -> str:
        """The verb that it runs, which is often another one than a test believes."""
        verbs = self.timeline.texts("verb")
        return f", in which the call came to {verbs[-1]}" if verbs else ""

    def _lost(self) -> str:
        """What the caller did that nothing listened to, since something was heard last."""
        lost = [entry.text for entry in self.timeline[self._heard :] if entry.kind == "ignored"]
        return f"; {lost[-1]}" if lost else ""

    # What it sends

    @property
    def url(self) -> str:
        """Its URL in the API."""
        return f"{self.simulation.base_url}/accounts/{self.account_id}/calls/{self.call_id}"

    def values(self) -> dict[str, Any]:
        """What every event of the call has."""
        return {
            "eventTime": self.simulation.time(),
            "accountId": self.account_id,
            "applicationId": self.application_id,
            "from": self.from_,
            "to": self.to,
            "direction": self.direction,
            "callId": self.call_id,
            "callUrl": self.url,
            "enqueuedTime": self.enqueued_time,
            "startTime": self.start_time,
            "answerTime": self.answer_time,
            "tag": self.tag or None,
            **self.leg,
        }


class Calls(Records[Call]):
    """All calls of a simulation.

    Args:
        simulation: The simulation that the calls run in.
        verbs: The function that runs each verb on a call.
    """

    def __init__(self, simulation: Simulation, verbs: Mapping[type[Any], Callable[[Any, Any, Any], Steps[Any]]]) -> None:
        super().__init__(
            simulation.time,
            timedelta(seconds=simulation.assumptions.seconds_until_not_found),
            simulation.assumptions.max_ended_calls,
        )
        self.verbs = verbs
        self._simulation = simulation

    def new(self, account_id: str, application_id: str, from_: str, to: str, **more: Any) -> Call:
        """Return a new call that is registered and runs nothing yet."""
        call = Call(
            call_id=self.new_id(),
            account_id=account_id,
            application_id=application_id,
            from_=from_,
            to=to,
            last_update=self._simulation.time(),
            simulation=self._simulation,
            began=self._simulation.scheduler.now,
            registry=self,
            **more,
        )
        self.add(call)
        return call
