"""``examples/callback_queue.py``: customers are called back and talk to an agent in a conference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcontrol import BasicAuth, Client
from callcontrol.emulator.in_process_emulator import Core
from examples import callback_queue as queue

CUSTOMER = "+12125550123"


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    """Return an emulator that runs the queue. The client of the queue sends its requests to the emulator."""
    with Core(queue.app) as voice:
        api = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        monkeypatch.setattr(queue, "client", lambda: api)
        queue.waiting.clear()
        yield voice


def test_a_customer_is_called_back(voice: Core) -> None:
    """The customer presses 1, an agent calls, and the customer is called into the conference of the agent."""
    caller = voice.dial("/answer", from_=CUSTOMER)
    caller.expect_speech("press 1")
    caller.press("1")
    caller.expect_speech("you are number 1")
    assert caller.expect_end() == "hangup"

    voice.phone(CUSTOMER).answers(after=5)
    agent = voice.dial("/agent", from_="+13365550142")
    agent.expect_speech("we are calling")
    voice.advance(10)
    customer = voice.calls[-1]
    assert customer.timeline.spoken == ["Thank you for waiting. Here is your agent."]
    (conference,) = voice.conferences
    assert set(conference.members) == {agent.call_id, customer.call_id}

    customer.hang_up()
    voice.run()
    assert (conference.state, agent.state) == ("completed", "disconnected")
    assert conference.timeline.events == [
        "conferenceCreated",
        "conferenceMemberJoin",
        "conferenceMemberJoin",
        "conferenceMemberExit",
        "conferenceMemberExit",
        "conferenceCompleted",
    ]


def test_an_agent_is_told_that_the_queue_is_empty(voice: Core) -> None:
    """An agent who calls while the queue is empty hears that it is empty, and the call ends."""
    agent = voice.dial("/agent")
    agent.expect_speech("nobody is waiting")
    assert agent.expect_end() == "hangup"


def test_another_key_ends_the_call(voice: Core) -> None:
    """A caller who presses a key other than 1 is not added to the queue."""
    caller = voice.dial("/answer")
    caller.expect_speech("press 1")
    caller.press("2")
    caller.expect_speech("goodbye")
    assert caller.expect_end() == "hangup"
    assert not queue.waiting
