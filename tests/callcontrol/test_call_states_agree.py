"""Client and emulator agree with the table of call states for any sequence of operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, rule

from bxml import BxmlError, Response
from callcontrol import BasicAuth, CallNotActive, CallState, Client, Headers, NotFound, Request
from callcontrol.call_states import ANSWERED, DISCONNECTED, ENDABLE, INITIATED, INTERRUPTIBLE, NEXT, QUEUED
from callcontrol.emulator import Core
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

GRACE: Final = timedelta(seconds=60)
"""The time for which a change returns 409 after a call has ended. A later change returns 404."""

KEPT: Final = timedelta(days=7)
"""The time for which a call can be read after it has ended."""

NUMBERS: Final = ("+12125550123", "+12125550124")
OWN_NUMBERS: Final = ("+19195550100", "+19195550101")
CAUSES: Final = ("hangup", "busy", "cancel")
"""Disconnect causes of calls that the test ends."""

INITIAL_STATES: Final = ((), (INITIATED,), (INITIATED, ANSWERED))
"""Sequences of states that a new call enters."""

INVALID: Final = "<Response><Foo/></Response>"
NOT_XML: Final = "<Response>"


@dataclass
class Model:
    """The expected state of a call."""

    to: str
    from_: str
    enqueued: datetime
    state: str = QUEUED
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    cause: str | None = None
    documents: list[str] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)

    def change_state(self, state: str, now: datetime) -> None:
        """Enter a state other than disconnected."""
        self.state = state
        if state == INITIATED:
            self.started = now
        else:
            self.answered = now

    def end(self, cause: str, now: datetime) -> None:
        """Enter the state disconnected."""
        self.state, self.cause, self.ended = DISCONNECTED, cause, now

    @property
    def times(self) -> tuple[datetime | None, ...]:
        """The times at which the call entered each state, in the order of the states."""
        return self.enqueued, self.started, self.answered, self.ended


class CallStates(RuleBasedStateMachine):
    """Calls are created, changed through the API and changed by the test, while time passes."""

    calls: Bundle[str] = Bundle("calls")

    def __init__(self) -> None:
        """Start without calls."""
        super().__init__()
        self.time = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
        self.models: dict[str, Model] = {}

    @initialize(target=calls, answers=st.booleans())
    def start(self, *, answers: bool) -> MultipleResults[str]:
        """Start an emulator that answers calls at once or leaves them queued, and create a call for each initial state."""
        self.answers = answers
        self.voice = Core(answers=answers, clock=lambda: self.time)
        self.client = Client(ACCOUNT, BasicAuth("user", "pass"), send=self.voice.handle, retries=NO_RETRIES)
        for numbers, initial_states in zip(product(NUMBERS, OWN_NUMBERS), INITIAL_STATES, strict=False):
            self.create(*numbers, initial_states)
        return multiple(*self.models)

    # Expectations

    def age(self, call_id: str) -> timedelta:
        """Return the time since a call ended, or zero while it is active."""
        ended = self.models[call_id].ended
        return self.time - ended if ended else timedelta()

    def expected_error(self, call_id: str, allowed: frozenset[str]) -> type[Exception] | None:
        """Return the class of the exception that a change raises, or ``None`` if the state of the call allows the change."""
        if self.age(call_id) > KEPT:
            return NotFound
        return None if self.models[call_id].state in allowed else CallNotActive

    def status(self, call_id: str) -> int:
        """Return the expected status of a rejected change."""
        return 404 if self.age(call_id) > GRACE else 409

    def expect_end_by_api(self, call_id: str) -> None:
        """Expect that an API operation ended a call: an answered call is hung up, any other call is canceled."""
        model = self.models[call_id]
        model.end("hangup" if model.state == ANSWERED else "cancel", self.time)

    # Operations

    @rule(
        target=calls,
        to=st.sampled_from(NUMBERS),
        from_=st.sampled_from(OWN_NUMBERS),
        initial_states=st.sampled_from(INITIAL_STATES),
    )
    def create(self, to: str, from_: str, initial_states: tuple[str, ...]) -> str:
        """Create a call, and change its state if it is not answered at once."""
        call_id = self.client.create_call(**NEW_CALL | {"to": to, "from_": from_}).call_id
        assert call_id not in self.models
        self.models[call_id] = model = Model(to, from_, self.time)
        if self.answers:
            model.change_state(INITIATED, self.time)
            model.change_state(ANSWERED, self.time)
        else:
            for state in initial_states:
                self.change_state(call_id, state, "")
        return call_id

    @rule(seconds=st.sampled_from([1, 60, 86_400]))
    def wait(self, seconds: int) -> None:
        """Advance the time."""
        self.time += timedelta(seconds=seconds)

    @rule(call_id=calls, age=st.sampled_from([GRACE, KEPT]), seconds=st.sampled_from([0, 1]))
    def wait_for_limit(self, call_id: str, age: timedelta, seconds: int) -> None:
        """Advance the time to a limit after the end of a call, or just past the limit."""
        ended = self.models[call_id].ended
        if ended is not None:
            self.time = max(self.time, ended + age + timedelta(seconds=seconds))

    @rule(call_id=calls, state=st.sampled_from([INITIATED, ANSWERED, DISCONNECTED]), cause=st.sampled_from(CAUSES))
    def change_state(self, call_id: str, state: str, cause: str) -> None:
        """Change the state of a call from the test, if the table of states allows it."""
        changes: dict[str, Callable[[], None]] = {
            INITIATED: lambda: self.voice.initiate(call_id),
            ANSWERED: lambda: self.voice.answer(call_id),
            DISCONNECTED: lambda: self.voice.disconnect(call_id, cause),
        }
        model = self.models[call_id]
        if state not in NEXT[model.state]:
            # A call that ended long ago may have been deleted.
            errors = (ValueError, KeyError) if self.age(call_id) > KEPT else ValueError
            with pytest.raises(
                errors,
                match=f"^a call that is {model.state} cannot become {state}; |^call {call_id} is queued and |^'{call_id}'$",
            ):
                changes[state]()
            return
        changes[state]()
        if state == DISCONNECTED:
            model.end(cause, self.time)
        else:
            model.change_state(state, self.time)

    @rule(call_id=calls)
    def hang_up(self, call_id: str) -> None:
        """Hang up a call. This succeeds even if the call has already ended."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.hang_up(call_id)
            return
        is_over = self.models[call_id].state not in ENDABLE
        assert self.client.hang_up(call_id).status == (self.status(call_id) if is_over else 200)
        if not is_over:
            self.expect_end_by_api(call_id)

    @rule(call_id=calls)
    def complete(self, call_id: str) -> None:
        """Complete a call with UpdateCall. This fails if the call has already ended."""
        if self.succeeds(call_id, ENDABLE, lambda: self.client.update_call(call_id, state="completed")):
            self.expect_end_by_api(call_id)

    @rule(call_id=calls, path=st.sampled_from(["a", "b"]))
    def redirect(self, call_id: str, path: str) -> None:
        """Redirect a call to another URL."""
        url = f"https://app.example/{path}"
        if self.succeeds(call_id, INTERRUPTIBLE, lambda: self.client.update_call(call_id, redirect_url=url)):
            self.models[call_id].redirects.append(url)

    @rule(call_id=calls)
    def push(self, call_id: str) -> None:
        """Push a document into a call."""
        document = Response().pause(duration=len(self.models[call_id].documents) + 1)
        if self.succeeds(call_id, INTERRUPTIBLE, lambda: self.client.update_call_bxml(call_id, document)):
            self.models[call_id].documents.append(document.to_bxml())

    @rule(call_id=calls, text=st.sampled_from([INVALID, NOT_XML]))
    def push_invalid(self, call_id: str, text: str) -> None:
        """Push an invalid document, which the client does not send."""
        exchanges = len(self.voice.exchanges)
        with pytest.raises(BxmlError):
            self.client.update_call_bxml(call_id, text)
        assert len(self.voice.exchanges) == exchanges

    @rule(call_id=calls, text=st.sampled_from([INVALID, NOT_XML]))
    def push_invalid_unchecked(self, call_id: str, text: str) -> None:
        """Send an invalid document without the client. An XML document ends the call; text that is not XML is rejected."""
        is_rejected = self.expected_error(call_id, INTERRUPTIBLE) is not None
        status = self.put(call_id, text)
        if text == NOT_XML:
            assert status == 400
        elif is_rejected:
            assert status == self.status(call_id)
        else:
            assert status == 204
            self.models[call_id].documents.append(text)
            self.models[call_id].end("invalid-bxml", self.time)

    def put(self, call_id: str, text: str) -> int:
        """Send a document without validation and return the status."""
        headers = Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"})
        url = f"http://127.0.0.1/api/v2/accounts/{ACCOUNT}/calls/{call_id}/bxml"
        return self.voice.handle(Request("PUT", url, headers, text.encode())).status

    def succeeds(self, call_id: str, allowed: frozenset[str], change: Callable[[], object]) -> bool:
        """Make a change, and return true if it is allowed. If it is not allowed, it must raise the expected exception."""
        error = self.expected_error(call_id, allowed)
        if error is None:
            change()
            return True
        with pytest.raises(error) as caught:
            change()
        assert type(caught.value) is error
        if isinstance(caught.value, CallNotActive):
            assert caught.value.status == self.status(call_id)
            assert caught.value.call is not None
            assert caught.value.state == caught.value.call.state
            self.compare(caught.value.call, self.models[call_id])
        return False

    # Observations

    @rule(call_id=calls)
    def get(self, call_id: str) -> None:
        """Get a call, and compare it with its model."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.get_call_state(call_id)
        else:
            self.compare(self.client.get_call_state(call_id), self.models[call_id])

    def compare(self, call: CallState, model: Model) -> None:
        """Compare a call with its model, and check the order of its times."""
        assert (call.state, call.disconnect_cause, call.to, call.from_) == (model.state, model.cause, model.to, model.from_)
        assert (call.enqueued_time, call.start_time, call.answer_time, call.end_time) == model.times
        times = [time for time in model.times if time is not None]
        assert times == sorted(times)
        assert call.last_update == times[-1]

    @rule(
        names=st.sets(st.sampled_from(["to", "from_", "disconnect_cause", "start"]), max_size=2),
        to=st.sampled_from(NUMBERS),
        from_=st.sampled_from(OWN_NUMBERS),
        cause=st.sampled_from([*CAUSES, "invalid-bxml"]),
        ages=st.sampled_from([(0, 0), (0, 60), (1, 59), (60, 86_400), (0, 7 * 86_400)]),
        page_size=st.integers(1, 3),
    )
    def list_calls(  # noqa: PLR0913  ListCalls has many arguments
        self, *, names: set[str], to: str, from_: str, cause: str, ages: tuple[int, int], page_size: int
    ) -> None:
        """List the calls that match all filters, on all pages, oldest first."""
        latest, earliest = (self.time - timedelta(seconds=age) for age in ages)
        filters: dict[str, Any] = {"to": to, "from_": from_, "disconnect_cause": cause}
        chosen_filters = {name: value for name, value in filters.items() if name in names}
        times: dict[str, Any] = {"min_start_time": earliest, "max_start_time": latest} if "start" in names else {}
        listed = self.client.list_calls(**chosen_filters, **times, page_size=page_size)
        expected = [
            call_id
            for call_id, model in self.models.items()
            if self.age(call_id) <= KEPT
            and chosen_filters.items() <= {"to": model.to, "from_": model.from_, "disconnect_cause": model.cause}.items()
            and (not times or (model.started is not None and earliest <= model.started <= latest))
        ]
        found = list(listed)
        assert [call.call_id for call in found] == expected
        for call in found:
            self.compare(call, self.models[call.call_id])

    @invariant()
    def emulator_agrees_with_the_models(self) -> None:
        """Each call has the expected state, documents and redirects."""
        kept = {call.call_id: call for call in self.voice.calls}
        assert kept.keys() <= self.models.keys()
        for call_id, model in self.models.items():
            if call_id not in kept:
                assert self.age(call_id) > KEPT
                continue
            call = kept[call_id]
            assert (call.state, call.disconnect_cause) == (model.state, model.cause)
            assert (call.enqueued_time, call.start_time, call.answer_time, call.end_time) == model.times
            assert (call.documents, call.redirects) == (model.documents, model.redirects)


CallStates.TestCase.settings = settings(stateful_step_count=30)
TestCallStates = CallStates.TestCase
"""The test case of :class:`CallStates`, under a name that pytest collects."""
