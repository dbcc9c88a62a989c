"""An emulator that runs for a long time drops old calls and conferences."""

from __future__ import annotations

import gc
import weakref
from datetime import timedelta

import pytest

from callcontrol import NotFound
from callcontrol.emulator import Assumptions, Call, Core
from tests.callcontrol.emulator.scripted_application import TODAY, App, client, core, create, response

WEEK = timedelta(days=7).total_seconds()


def ids(voice: Core) -> list[str]:
    """Return the numbers in the ids of all calls that are kept."""
    return [call.call_id[2:10] for call in voice.calls]


def finished_call(voice: Core) -> Call:
    """Run an inbound call to its end."""
    call = voice.dial("/answer")
    call.expect_end()
    return call


def test_a_call_that_ended_a_week_ago_is_dropped() -> None:
    """A call that ended a week ago is dropped with its timeline when another call comes."""
    voice = core(App(answer=response()))
    call_id, timeline = (call := finished_call(voice)).call_id, weakref.ref(call.timeline)
    del call
    voice.advance(WEEK)
    voice.dial("/answer")
    assert voice.call(call_id).state == "disconnected"
    voice.advance(0.1)
    voice.dial("/answer")
    with pytest.raises(KeyError):
        voice.call(call_id)
    gc.collect()
    assert timeline() is None


def test_an_active_call_is_kept() -> None:
    """An active call is kept, however old it is."""
    voice = core(App(answer=response('<Pause duration="86400"/>', *['<Pause duration="86400"/>'] * 20), short=response()))
    old = create(voice)
    voice.advance(WEEK + 1)
    create(voice, answer_url="https://app.example/short").expect_end()
    assert voice.call(old.call_id) is old
    assert client(voice).get_call_state(old.call_id).state == "answered"


def test_only_the_latest_ended_calls_are_kept() -> None:
    """Of the ended calls, only the latest ``max_ended_calls`` are kept."""
    voice = core(App(answer=response('<Pause duration="9"/>')), assumptions=Assumptions(max_ended_calls=2))
    first, *others = [voice.dial("/answer") for _ in range(4)]
    for call in others:
        call.hang_up()
    assert ids(voice) == ["00000001", "00000003", "00000004"]
    first.hang_up()
    assert ids(voice) == ["00000001", "00000004"]
    with pytest.raises(NotFound):
        client(voice).get_call_state(others[0].call_id)


def test_every_end_counts() -> None:
    """Calls that were ended by the API, by a test or by an error are dropped too."""
    voice = core(App(answer=500), assumptions=Assumptions(max_ended_calls=0), answers=False)
    for end in (
        lambda call: client(voice).hang_up(call.call_id),
        lambda call: voice.disconnect(call.call_id),
        lambda call: call.end("error", "something"),
    ):
        end(create(voice))
        assert voice.calls == []
    voice.dial("/answer")
    voice.run()
    assert voice.calls == []


def test_ids_are_not_reused() -> None:
    """The id of a dropped call is not reused."""
    voice = core(App(answer=response()), assumptions=Assumptions(max_ended_calls=1))
    assert [finished_call(voice).call_id[2:10] for _ in range(3)] == ["00000001", "00000002", "00000003"]


def test_ended_calls_leave_nothing_behind() -> None:
    """Ended calls leave no timers behind."""
    app = App(answer=response('<Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60"/>'), menu=response(), gone=204)
    voice = core(app, assumptions=Assumptions(max_ended_calls=3))
    for _ in range(20):
        call = voice.dial("/answer", status_url="/gone")
        call.press("1")
        call.expect_end()
        voice.advance(60)
    simulation = voice._simulation
    assert simulation.scheduler.next_at is None
    assert simulation.scheduler._timers == []
    assert len(voice._calls.by_id) == len(voice._calls._ended) == 3
    assert call.end_time is not None
    assert call.end_time - TODAY == timedelta(seconds=19 * 60)


def test_ended_conferences_are_dropped() -> None:
    """Ended conferences are dropped like ended calls. Active conferences are kept, and ids are not reused."""
    app = App(answer=response("<Conference>standup</Conference>"))
    voice = core(app, assumptions=Assumptions(max_ended_calls=1))
    lasting = voice.add_conference("lasting")
    for _ in range(3):
        call = voice.dial("/answer")
        voice.advance(1)
        call.hang_up()
    assert [conference.conference_id[5:13] for conference in voice.conferences] == ["00000001", "00000004"]
    assert voice.conference(lasting.conference_id).is_active
