"""After StartGather each key sends an event, until StopGather."""

from __future__ import annotations

from bxml import Response
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.events import DtmfEvent
from tests.callcontrol.emulator.scripted_application import client, core, create
from tests.callcontrol.emulator.table_application import Answers


def running(document: Response, **choices: Assumptions) -> tuple[Core, Answers, Call]:
    """Return a call that has run the document up to its first pause, with its core and application."""
    app = Answers(answer=document)
    voice = core(app, **choices)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


def digits(app: Answers, path: str = "/keys") -> str:
    """Return the keys that a path received."""
    return "".join(str(event.digit) for to, event in app.events if to == path and isinstance(event, DtmfEvent))


def test_each_key_sends_an_event() -> None:
    """The event is sent at once, with the fields of every call event."""
    document = Response().start_gather(dtmf_url="/keys", tag="keys").pause(duration=60)
    app = Answers(answer=document)
    voice = core(app)
    call = create(voice, answer_url="https://app.example/answer")
    voice.advance(5)
    call.press("7#")
    assert digits(app) == "7#"
    first = next(event for _, event in app.events if isinstance(event, DtmfEvent))
    assert (first.tag, first.call_id, first.answer_time) == ("keys", call.call_id, call.answer_time)
    assert {entry.at for entry in call.timeline if entry.text == "dtmf"} == {5}
    assert call.timeline.texts("ignored") == []


def test_gather_hides_its_keys() -> None:
    """Keys during a Gather send no dtmf event, but keys after the Gather do."""
    document = (
        Response()
        .start_gather(dtmf_url="/keys")
        .pause(duration=5)
        .gather(max_digits=2)
        .pause(duration=5)
        .stop_gather()
        .pause(duration=5)
    )
    voice, app, call = running(document)
    for seconds, key in ((3, "1"), (3, "2"), (1, "3"), (1, "4"), (5, "5")):
        voice.advance(seconds)
        call.press(key)
    voice.run()
    assert digits(app) == "14"
    assert call.timeline.texts("gathered") == ["23"]
    assert call.timeline.texts("ignored") == ["no verb was listening for key 5"]


def test_key_that_ends_a_record_sends_an_event_too() -> None:
    """The dtmf event is sent before the recordComplete event."""
    document = Response().start_gather(dtmf_url="/keys").record(record_complete_url="/over").pause(duration=5)
    _, app, call = running(document)
    call.press("1#")
    assert digits(app) == "1#"
    assert call.timeline.events[1:4] == ["dtmf", "dtmf", "recordComplete"]
    assert call.recordings[0].end_time is not None


def test_it_continues_after_interruptions() -> None:
    """Keys send events after an interruption and during a webhook, until StopGather or the end of the call."""
    document = Response().start_gather(dtmf_url="/keys").redirect(redirect_url="/answer")
    voice, app, call = running(document, assumptions=Assumptions(webhook_seconds=4))
    voice.advance(6)
    call.press("1")
    client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
    voice.advance(1)
    call.press("2")
    voice.run()
    call.press("3")
    assert digits(app) == "12"
    assert call.timeline.texts("ignored")[-1] == "the call has ended"


def test_second_start_gather_replaces_the_first() -> None:
    """Only the URL of the second StartGather receives keys."""
    _, app, call = running(Response().start_gather(dtmf_url="/keys").start_gather(dtmf_url="/other").pause(duration=5))
    call.press("1")
    assert (digits(app), digits(app, "/other")) == ("", "1")


def test_stop_gather_without_start_gather_is_noted() -> None:
    """StopGather without a StartGather has no effect."""
    _, _, call = running(Response().stop_gather().pause(duration=5))
    assert call.timeline.texts("ignored") == ["no StartGather to stop"]
