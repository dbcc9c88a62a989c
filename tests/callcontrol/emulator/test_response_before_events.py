"""In real time, the response to an API request is written before the application receives an event that the request causes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from starlette.types import Send

from callcontrol import BasicAuth, CallMayExist, Client, Reply
from callcontrol.emulator import Call, Core, Emulator, call_lifecycle
from callcontrol.emulator.after_response import writing_response
from callcontrol.emulator.call_lifecycle import new_call
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.generator_tasks import Wait
from callcontrol.emulator.phones import Reaction
from callcontrol.emulator.server import Server
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.emulator.scripted_application import App, response
from tests.callcontrol.emulator.scripted_application import create as create_on
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

LONG: Final = '<Pause duration="3600"/>'

URLS = {"answer_url": "https://app.example/answer", "disconnect_url": "https://app.example/status"}


@dataclass
class Running:
    """An emulator with a server in real time, a client, and the order of the responses and events."""

    voice: Emulator
    client: Client
    order: list[str] = field(default_factory=list[str])

    def create(self) -> Call:
        return self.voice.call(self.client.create_call(**NEW_CALL | URLS).call_id)

    def answered(self) -> Call:
        call = self.create()
        self.wait(lambda: bool(call.timeline.texts("verb")))
        return call

    def wait(self, condition: Callable[[], bool]) -> None:
        assert self.voice._simulation.until(condition, 200)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Return a running emulator whose server writes a response only after everything that is due has run."""
    app = App(answer=response(LONG), next=response(LONG), status=204)
    voice = Emulator(app, speed=20)
    write = Server._respond

    async def respond(server: Server, reply: Reply, send: Send) -> None:
        # Timers run in the order in which they were set. Therefore the event of this call comes after all earlier events.
        marker = voice.dial("/answer")
        found.wait(lambda: bool(marker.timeline.events))
        found.order.append("response")
        await write(server, reply, send)

    def note(party: Any, entry: Any) -> None:
        is_marker = isinstance(party, Call) and party.direction == "inbound"
        if entry.kind == "event" and not is_marker:
            found.order.append(entry.text)

    monkeypatch.setattr(Server, "_respond", respond)
    with voice:
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=voice.url, retries=NO_RETRIES)
        found = Running(voice, client)
        voice.watch(note)
        yield found


def create(running: Running) -> None:
    running.create()


def create_to_busy_phone(running: Running) -> None:
    running.voice.phone(NEW_CALL["to"]).is_busy()
    running.create()


def redirect(running: Running) -> None:
    running.client.update_call(running.answered().call_id, redirect_url="https://app.example/next")


def hang_up(running: Running) -> None:
    running.client.update_call(running.answered().call_id, state="completed")


def push(running: Running) -> None:
    document = response('<Redirect redirectUrl="https://app.example/next"/>')
    running.client.update_call_bxml(running.answered().call_id, document)


def end_bridge(running: Running) -> None:
    """Hang up one of two bridged calls, so that the other call sends an event."""
    one, other = running.answered(), running.answered()
    bridge = f'<Bridge bridgeCompleteUrl="https://app.example/next">{other.call_id}</Bridge>'
    running.client.update_call_bxml(one.call_id, response(bridge))
    running.wait(lambda: other.bridged_with is not None)
    running.client.update_call(other.call_id, state="completed")


def end_conference(running: Running) -> None:
    """Complete a conference, after which its only member has no further verb."""
    call = running.answered()
    document = '<Conference conferenceEventUrl="https://app.example/status">a</Conference>'
    running.client.update_call_bxml(call.call_id, response(document))
    running.wait(lambda: running.order[-2:] == ["conferenceCreated", "conferenceMemberJoin"])
    running.client.update_conference(running.voice.conferences[0].conference_id, status="completed")


@pytest.mark.parametrize(
    ("request_", "events"),
    [
        (create, {"answer"}),
        (create_to_busy_phone, {"disconnect"}),
        (redirect, {"redirect"}),
        (hang_up, {"disconnect"}),
        (push, {"redirect"}),
        (end_bridge, {"disconnect", "bridgeComplete"}),
        (end_conference, {"conferenceMemberExit", "conferenceCompleted", "disconnect"}),
    ],
)
def test_events_come_after_the_response(running: Running, request_: Callable[[Running], None], events: set[str]) -> None:
    """All events that a request causes come after its response, also the events of other calls."""
    request_(running)
    running.wait(lambda: len(running.order) - 1 - latest_response(running) == len(events))
    assert set(running.order[latest_response(running) + 1 :]) == events


def latest_response(running: Running) -> int:
    return max(index for index, each in enumerate(running.order) if each == "response")


def test_events_do_not_wait_for_a_client_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds, the effects of a request take place although its response cannot be written."""
    monkeypatch.setattr("callcontrol.emulator.server.UNREAD_SECONDS", 0.1)
    gone = asyncio.Event()

    async def respond(*_: object) -> None:
        await gone.wait()

    monkeypatch.setattr(Server, "_respond", respond)
    with Emulator(App(answer=response(LONG)), speed=20) as voice:
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=voice.url, retries=NO_RETRIES, timeout=0.5)
        with pytest.raises(CallMayExist):
            client.create_call(**NEW_CALL | URLS)
        assert voice._simulation.until(lambda: bool(voice.calls[0].timeline.texts("verb")), 20)


def test_the_time_after_the_response_counts_as_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the response to a request was written, the emulator is busy with the effects of the request, and not idle."""
    for name in ("SETUP_SECONDS", "LONGEST_SETUP"):  # so that a busy machine does not let the time pass
        monkeypatch.setattr(call_lifecycle, name, 1000)
    with Core(App(answer=response(LONG)), speed=20) as voice:
        simulation = voice._simulation
        with writing_response():
            call = create_on(voice)
            assert simulation._is_busy()
            assert not voice.is_idle
            assert call.wait is None
        simulation.settle()
        assert call.wait == Wait(1000)  # meanwhile the application can store the id


@pytest.mark.parametrize(
    ("speed", "after", "waits"),
    [
        (1, 0, [Wait(0.1), Wait(0, (PickedUp,))]),
        (1000, 0, [Wait(2), Wait(0, (PickedUp,))]),
        (1, 5, [Wait(5, (PickedUp,))]),
    ],
)
def test_only_a_phone_that_reacts_immediately_is_delayed(speed: float, after: float, waits: list[Wait]) -> None:
    """A phone that reacts immediately reacts a little later in real time, but not much later in the emulator's time."""
    with Core(App(), speed=speed, answers=False) as voice:
        steps = new_call(create_on(voice), Reaction("busy", after))
        assert [next(steps) for _ in waits] == waits


def test_without_a_server_the_effects_follow_at_once() -> None:
    """Without a server, nothing is held back after the request."""
    with Core(App(answer=response(LONG)), speed=20) as voice:
        create_on(voice)
        assert not voice._simulation.scheduler.is_holding
