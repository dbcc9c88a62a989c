"""Client and emulator agree with the table of call states, whatever is done to calls and in whatever order."""

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
"""How long an ended call is in conflict with changes before nobody finds it."""

KEPT: Final = timedelta(days=7)
"""How long an ended call can be read."""

NUMBERS: Final = ("+12125550123", "+12125550124")
OWN_NUMBERS: Final = ("+19195550100", "+19195550101")
CAUSES: Final = ("hangup", "busy", "cancel")
"""Those of calls that are ended from outside."""

LEADS: Final = ((), (INITIATED,), (INITIATED, ANSWERED))
"""What a call may be led through as it is made."""

INVALID: Final = "<Response><Foo/></Response>"
NOT_XML: Final = "<Response>"


@dataclass
class Model:
    """What a call should be."""

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

    def enter(self, state: str, now: datetime) -> None:
        """Come into a state that is no end."""
        self.state = state
        if state == INITIATED:
            self.started = now
        else:
            self.answered = now

    def end(self, cause: str, now: datetime) -> None:
        """Be over."""
        self.state, self.cause, self.ended = DISCONNECTED, cause, now

    @property
    def times(self) -> tuple[datetime | None, ...]:
        """When it came into each state, in the order of the states."""
        return self.enqueued, self.started, self.answered, self.ended


class CallStates(RuleBasedStateMachine):
    """Calls are made, changed by the API, and led by hand; time goes by."""

    calls: Bundle[str] = Bundle("calls")

    def __init__(self) -> None:
        """Begin without calls."""
        super().__init__()
        self.time = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
        self.models: dict[str, Model] = {}

    @initialize(target=calls, answers=st.booleans())
    def begin(self, *, answers: bool) -> MultipleResults[str]:
        """The emulator answers calls at once, or leaves them in the queue, where one stays and others are led on."""
        self.answers = answers
        self.voice = Core(answers=answers, clock=lambda: self.time)
        self.client = Client(ACCOUNT, BasicAuth("user", "pass"), send=self.voice.handle, retries=NO_RETRIES)
        for numbers, lead in zip(product(NUMBERS, OWN_NUMBERS), LEADS, strict=False):
            self.create(*numbers, lead)
        return multiple(*self.models)

    # What should be

    def age(self, call_id: str) -> timedelta:
        """How long ago a call ended; nothing while it has not."""
        ended = self.models[call_id].ended
        return self.time - ended if ended else timedelta()

    def refused(self, call_id: str, allowed: frozenset[str]) -> type[Exception] | None:
        """What a change of a call should raise that takes calls in these states."""
        if self.age(call_id) > KEPT:
            return NotFound
        return None if self.models[call_id].state in allowed else CallNotActive

    def status(self, call_id: str) -> int:
        """The status of a change that is refused."""
        return 404 if self.age(call_id) > GRACE else 409

    def end_by_the_api(self, call_id: str) -> None:
        """A call should be over, by an operation that ends, cancels or takes it out of the queue."""
        model = self.models[call_id]
        model.end("hangup" if model.state == ANSWERED else "cancel", self.time)

    # What is done

    @rule(
        target=calls,
        to=st.sampled_from(NUMBERS),
        from_=st.sampled_from(OWN_NUMBERS),
        lead=st.sampled_from(LEADS),
    )
    def create(self, to: str, from_: str, lead: tuple[str, ...]) -> str:
        """A call is made, and led on if it is not answered at once."""
        call_id = self.client.create_call(**NEW_CALL | {"to": to, "from_": from_}).call_id
        assert call_id not in self.models
        self.models[call_id] = model = Model(to, from_, self.time)
        if self.answers:
            model.enter(INITIATED, self.time)
            model.enter(ANSWERED, self.time)
        else:
            for state in lead:
                self.lead(call_id, state, "")
        return call_id

    @rule(seconds=st.sampled_from([1, 60, 86_400]))
    def wait(self, seconds: int) -> None:
        """Time goes by."""
        self.time += timedelta(seconds=seconds)

    @rule(call_id=calls, age=st.sampled_from([GRACE, KEPT]), seconds=st.sampled_from([0, 1]))
    def wait_at_the_end(self, call_id: str, age: timedelta, seconds: int) -> None:
        """Time goes by up to a limit after the end of a call, or just beyond it."""
        ended = self.models[call_id].ended
        if ended is not None:
            self.time = max(self.time, ended + age + timedelta(seconds=seconds))

    @rule(call_id=calls, state=st.sampled_from([INITIATED, ANSWERED, DISCONNECTED]), cause=st.sampled_from(CAUSES))
    def lead(self, call_id: str, state: str, cause: str) -> None:
        """A call is led into a state from outside, where the table lets it."""
        leads: dict[str, Callable[[], None]] = {
            INITIATED: lambda: self.voice.initiate(call_id),
            ANSWERED: lambda: self.voice.answer(call_id),
            DISCONNECTED: lambda: self.voice.disconnect(call_id, cause),
        }
        model = self.models[call_id]
        if state not in NEXT[model.state]:
            # Of a call that ended long ago nothing may be left.
            errors = (ValueError, KeyError) if self.age(call_id) > KEPT else ValueError
            with pytest.raises(errors, match=f"^a call that is {model.state} cannot become {state}; |^'{call_id}'$"):
                leads[state]()
            return
        leads[state]()
        if state == DISCONNECTED:
            model.end(cause, self.time)
        else:
            model.enter(state, self.time)

    @rule(call_id=calls)
    def hang_up(self, call_id: str) -> None:
        """A call is ended, which is a success too if it is over."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.hang_up(call_id)
            return
        is_over = self.models[call_id].state not in ENDABLE
        assert self.client.hang_up(call_id).status == (self.status(call_id) if is_over else 200)
        if not is_over:
            self.end_by_the_api(call_id)

    @rule(call_id=calls)
    def complete(self, call_id: str) -> None:
        """The same by the operation, to which it is not."""
        if self.succeeds(call_id, ENDABLE, lambda: self.client.update_call(call_id, state="completed")):
            self.end_by_the_api(call_id)

    @rule(call_id=calls, path=st.sampled_from(["a", "b"]))
    def redirect(self, call_id: str, path: str) -> None:
        """A call is sent to another URL."""
        url = f"https://app.example/{path}"
        if self.succeeds(call_id, INTERRUPTIBLE, lambda: self.client.update_call(call_id, redirect_url=url)):
            self.models[call_id].redirects.append(url)

    @rule(call_id=calls)
    def push(self, call_id: str) -> None:
        """A document is pushed into a call."""
        document = Response().pause(duration=len(self.models[call_id].documents) + 1)
        if self.succeeds(call_id, INTERRUPTIBLE, lambda: self.client.update_call_bxml(call_id, document)):
            self.models[call_id].documents.append(document.to_bxml())

    @rule(call_id=calls, text=st.sampled_from([INVALID, NOT_XML]))
    def push_invalid(self, call_id: str, text: str) -> None:
        """The client sends nothing that is not valid."""
        asked = len(self.voice.exchanges)
        with pytest.raises(BxmlError):
            self.client.update_call_bxml(call_id, text)
        assert len(self.voice.exchanges) == asked

    @rule(call_id=calls, text=st.sampled_from([INVALID, NOT_XML]))
    def push_invalid_all_the_same(self, call_id: str, text: str) -> None:
        """Sent by another client, it ends the call; what is not even XML is refused whatever the call is, and it goes on."""
        is_refused = self.refused(call_id, INTERRUPTIBLE) is not None
        status = self.put(call_id, text)
        if text == NOT_XML:
            assert status == 400
        elif is_refused:
            assert status == self.status(call_id)
        else:
            assert status == 204
            self.models[call_id].documents.append(text)
            self.models[call_id].end("invalid-bxml", self.time)

    def put(self, call_id: str, text: str) -> int:
        """The status of a document that nobody has checked before it was sent."""
        headers = Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"})
        url = f"http://127.0.0.1/api/v2/accounts/{ACCOUNT}/calls/{call_id}/bxml"
        return self.voice.handle(Request("PUT", url, headers, text.encode())).status

    def succeeds(self, call_id: str, allowed: frozenset[str], change: Callable[[], object]) -> bool:
        """Whether a change is made that takes calls in these states; if not, it is refused for the reason that there is."""
        error = self.refused(call_id, allowed)
        if error is None:
            change()
            return True
        with pytest.raises(error) as caught:
            change()
        assert type(caught.value) is error
        if isinstance(caught.value, CallNotActive):
            assert caught.value.status == self.status(call_id)
            assert caught.value.state is not None
            self.compare(caught.value.state, self.models[call_id])
        return False

    # What is seen

    @rule(call_id=calls)
    def get(self, call_id: str) -> None:
        """A call is as it should be."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.get_call_state(call_id)
        else:
            self.compare(self.client.get_call_state(call_id), self.models[call_id])

    def compare(self, call: CallState, model: Model) -> None:
        """What the API says of a call is what should be, and its times are in order."""
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
    def list_calls(  # noqa: PLR0913  as many as the operation has
        self, *, names: set[str], to: str, from_: str, cause: str, ages: tuple[int, int], page_size: int
    ) -> None:
        """The calls that pass all filters are listed, oldest first, over as many pages as it takes."""
        latest, earliest = (self.time - timedelta(seconds=age) for age in ages)
        filters: dict[str, Any] = {"to": to, "from_": from_, "disconnect_cause": cause}
        given = {name: value for name, value in filters.items() if name in names}
        times: dict[str, Any] = {"min_start_time": earliest, "max_start_time": latest} if "start" in names else {}
        listed = self.client.list_calls(**given, **times, page_size=page_size)
        passed = [
            call_id
            for call_id, model in self.models.items()
            if self.age(call_id) <= KEPT
            and given.items() <= {"to": model.to, "from_": model.from_, "disconnect_cause": model.cause}.items()
            and (not times or (model.started is not None and earliest <= model.started <= latest))
        ]
        found = list(listed)
        assert [call.call_id for call in found] == passed
        for call in found:
            self.compare(call, self.models[call.call_id])

    @invariant()
    def nothing_else_was_done(self) -> None:
        """Each call is in the state it should be in, and what was pushed and where it was redirected is what succeeded."""
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
"""Found by pytest."""
