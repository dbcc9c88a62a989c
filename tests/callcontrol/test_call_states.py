"""Client and emulator agree with the table of call states, whatever is done to calls and in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from bxml import BxmlError, Response
from callcontrol import BasicAuth, CallNotActive, Client, Headers, NotFound, Request
from callcontrol.emulator import Core
from callcontrol.retries import NO_RETRIES
from callcontrol.states import ANSWERED, DISCONNECTED, ENDABLE, INITIATED, INTERRUPTIBLE, NEXT, QUEUED
from tests.callcontrol.scripted import ACCOUNT, NEW_CALL

GRACE: Final = timedelta(seconds=60)
"""How long an ended call is in conflict with changes before nobody finds it."""

KEPT: Final = timedelta(days=7)
"""How long an ended call can be read."""

NUMBERS: Final = ("+12125550123", "+12125550124")


@dataclass
class Model:
    """What a call should be."""

    to: str
    state: str
    cause: str | None = None
    ended: datetime | None = None
    documents: list[str] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)


class CallStates(RuleBasedStateMachine):
    """Calls are made, changed by the API, and led by hand; time goes by."""

    calls: Bundle[str] = Bundle("calls")

    def __init__(self) -> None:
        """Begin without calls."""
        super().__init__()
        self.time = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
        self.models: dict[str, Model] = {}

    @initialize(answers=st.booleans())
    def begin(self, *, answers: bool) -> None:
        """The emulator answers calls at once, or leaves them in the queue."""
        self.answers = answers
        self.voice = Core(answers=answers, clock=lambda: self.time)
        self.client = Client(ACCOUNT, BasicAuth("user", "pass"), send=self.voice.handle, retries=NO_RETRIES)

    # What should be

    def age(self, call_id: str) -> timedelta:
        """How long ago a call ended; nothing while it has not."""
        ended = self.models[call_id].ended
        return self.time - ended if ended else timedelta()

    def end(self, call_id: str, cause: str) -> None:
        """A call should be over."""
        model = self.models[call_id]
        model.state, model.cause, model.ended = DISCONNECTED, cause, self.time

    def refused(self, call_id: str, allowed: frozenset[str]) -> type[Exception] | None:
        """What a change of a call should raise that takes calls in these states."""
        if self.age(call_id) > KEPT:
            return NotFound
        return None if self.models[call_id].state in allowed else CallNotActive

    # What is done

    @rule(target=calls, to=st.sampled_from(NUMBERS), lead=st.sampled_from([(), (INITIATED,), (INITIATED, ANSWERED)]))
    def create(self, to: str, lead: tuple[str, ...]) -> str:
        """A call is made, and led on if it is not answered at once."""
        call_id = self.client.create_call(**NEW_CALL | {"to": to}).call_id
        assert call_id not in self.models
        self.models[call_id] = Model(to, ANSWERED if self.answers else QUEUED)
        for state in () if self.answers else lead:
            self.lead(call_id, state)
        return call_id

    @rule(seconds=st.sampled_from([1, 59, 60, 61, 86_400, 7 * 86_400 + 1]))
    def wait(self, seconds: int) -> None:
        """Time goes by."""
        self.time += timedelta(seconds=seconds)

    @rule(call_id=calls, state=st.sampled_from([INITIATED, ANSWERED, DISCONNECTED]))
    def lead_on(self, call_id: str, state: str) -> None:
        """A call is led on."""
        self.lead(call_id, state)

    def lead(self, call_id: str, state: str) -> None:
        """A call is led into a state from outside, where the table lets it."""
        lead = {INITIATED: self.voice.initiate, ANSWERED: self.voice.answer, DISCONNECTED: self.voice.disconnect}[state]
        if state not in NEXT[self.models[call_id].state]:
            # Of a call that ended long ago nothing may be left.
            with pytest.raises(
                (ValueError, KeyError) if self.age(call_id) > KEPT else ValueError, match=f"cannot become|{call_id}"
            ):
                lead(call_id)
        elif state == DISCONNECTED:
            lead(call_id)
            self.end(call_id, "hangup")
        else:
            lead(call_id)
            self.models[call_id].state = state

    @rule(call_id=calls)
    def hang_up(self, call_id: str) -> None:
        """A call is ended, which is a success too if it is over."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.hang_up(call_id)
            return
        self.client.hang_up(call_id)
        if self.models[call_id].state in ENDABLE:
            self.end(call_id, "hangup" if self.models[call_id].state == ANSWERED else "cancel")

    @rule(call_id=calls)
    def complete(self, call_id: str) -> None:
        """The same by the operation, to which it is not."""
        error = self.refused(call_id, ENDABLE)
        if error is None:
            self.client.update_call(call_id, state="completed")
            self.end(call_id, "hangup" if self.models[call_id].state == ANSWERED else "cancel")
        else:
            self.expect(error, call_id, lambda: self.client.update_call(call_id, state="completed"))

    @rule(call_id=calls, path=st.sampled_from(["a", "b"]))
    def redirect(self, call_id: str, path: str) -> None:
        """A call is sent to another URL."""
        url = f"https://app.example/{path}"
        error = self.refused(call_id, INTERRUPTIBLE)
        if error is None:
            self.client.redirect(call_id, url)
            self.models[call_id].redirects.append(url)
        else:
            self.expect(error, call_id, lambda: self.client.redirect(call_id, url))

    @rule(call_id=calls)
    def push(self, call_id: str) -> None:
        """A document is pushed into a call."""
        error = self.refused(call_id, INTERRUPTIBLE)
        document = Response().pause(duration=len(self.models[call_id].documents) + 1)
        if error is None:
            self.client.interrupt(call_id, document)
            self.models[call_id].documents.append(document.to_bxml())
        else:
            self.expect(error, call_id, lambda: self.client.interrupt(call_id, document))

    @rule(call_id=calls)
    def push_invalid(self, call_id: str) -> None:
        """The client sends nothing that is not valid."""
        asked = len(self.voice.exchanges)
        with pytest.raises(BxmlError):
            self.client.update_call_bxml(call_id, "<Response><Foo/></Response>")
        assert len(self.voice.exchanges) == asked

    @rule(call_id=calls)
    def push_invalid_all_the_same(self, call_id: str) -> None:
        """Sent by another client, it ends the call."""
        error = self.refused(call_id, INTERRUPTIBLE)
        headers = Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"})
        url = f"http://127.0.0.1/api/v2/accounts/{ACCOUNT}/calls/{call_id}/bxml"
        status = self.voice.handle(Request("PUT", url, headers, b"<Response><Foo/></Response>")).status
        if error is None:
            self.models[call_id].documents.append("<Response><Foo/></Response>")
            self.end(call_id, "invalid-bxml")
        assert status == (204 if error is None else 404 if self.age(call_id) > GRACE else 409)

    def expect(self, error: type[Exception], call_id: str, change: object) -> None:
        """A change is refused, for the reason that there is."""
        assert callable(change)
        with pytest.raises(error) as caught:
            change()
        assert type(caught.value) is error
        if isinstance(caught.value, CallNotActive):
            assert caught.value.state is not None
            assert caught.value.state.state == self.models[call_id].state
            assert caught.value.status == (404 if self.age(call_id) > GRACE else 409)

    # What is seen

    @rule(call_id=calls)
    def get(self, call_id: str) -> None:
        """A call is as it should be, and its times are in order."""
        if self.age(call_id) > KEPT:
            with pytest.raises(NotFound):
                self.client.get_call_state(call_id)
            return
        call, model = self.client.get_call_state(call_id), self.models[call_id]
        assert (call.state, call.disconnect_cause, call.to, call.end_time) == (model.state, model.cause, model.to, model.ended)
        times = [time for time in (call.enqueued_time, call.start_time, call.answer_time, call.end_time) if time is not None]
        assert times == sorted(times)
        assert call.last_update == times[-1]
        assert (call.answer_time is not None) <= (call.start_time is not None)

    @precondition(lambda self: self.models)
    @rule(to=st.sampled_from(NUMBERS), page_size=st.integers(1, 3))
    def list_of_a_number(self, to: str, page_size: int) -> None:
        """The calls to a number are listed, oldest first, over as many pages as it takes."""
        listed = [(call.call_id, call.state) for call in self.client.list_calls(to=to, page_size=page_size)]
        seen = {call_id: model for call_id, model in self.models.items() if self.age(call_id) <= KEPT}
        assert listed == [(call_id, model.state) for call_id, model in seen.items() if model.to == to]

    @invariant()
    def nothing_else_was_done(self) -> None:
        """Each call is in the state it should be in, and what was pushed and where it was redirected is what succeeded."""
        kept = {call.call_id: call for call in self.voice.calls}
        for call_id, model in self.models.items():
            if call_id not in kept:
                assert self.age(call_id) > KEPT
                continue
            call = kept[call_id]
            assert (call.state, call.disconnect_cause) == (model.state, model.cause)
            assert (call.documents, call.redirects) == (model.documents, model.redirects)


CallStates.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestCallStates = CallStates.TestCase
"""Found by pytest."""
