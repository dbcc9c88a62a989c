"""StartGather and StopGather: each key is told, whatever else goes on."""

from __future__ import annotations

from bxml import Response
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.events import DtmfEvent
from tests.callcontrol.emulator.recording_application import client, core, create
from tests.callcontrol.emulator.table_application import Answers


def telling(document: Response, **choices: Assumptions) -> tuple[Core, Answers, Call]:
    """A call that runs a document, up to its first pause."""
    app = Answers(answer=document)
    voice = core(app, **choices)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


def digits(app: Answers, path: str = "/keys") -> str:
    """The keys that a path was told of."""
    return "".join(str(event.digit) for to, event in app.events if to == path and isinstance(event, DtmfEvent))


def test_each_key_is_an_event() -> None:
    """At once, and with what every event of a call has."""
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


def test_not_while_a_gather_collects_them() -> None:
    """Neither during its prompts nor after them; from its end on they are told again."""
    document = (
        Response()
        .start_gather(dtmf_url="/keys")
        .pause(duration=5)
        .gather(max_digits=2)
        .pause(duration=5)
        .stop_gather()
        .pause(duration=5)
    )
    voice, app, call = telling(document)
    for seconds, key in ((3, "1"), (3, "2"), (1, "3"), (1, "4"), (5, "5")):
        voice.advance(seconds)
        call.press(key)
    voice.run()
    assert digits(app) == "14"
    assert call.timeline.texts("gathered") == ["23"]
    assert call.timeline.texts("ignored") == ["no verb was listening for key 5"]


def test_a_record_that_a_key_ends_is_told_of_it_too() -> None:
    """Only a Gather hides keys; the key comes first, and then what comes of it."""
    document = Response().start_gather(dtmf_url="/keys").record(record_complete_url="/over").pause(duration=5)
    _, app, call = telling(document)
    call.press("1#")
    assert digits(app) == "1#"
    assert call.timeline.events[1:4] == ["dtmf", "dtmf", "recordComplete"]
    assert call.recordings[0].end_time is not None


def test_it_goes_on_after_an_interruption_and_while_an_application_is_asked() -> None:
    """Only StopGather and the end of the call end it."""
    document = Response().start_gather(dtmf_url="/keys").redirect(redirect_url="/answer")
    voice, app, call = telling(document, assumptions=Assumptions(webhook_seconds=4))
    voice.advance(6)
    call.press("1")
    client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
    voice.advance(1)
    call.press("2")
    voice.run()
    call.press("3")
    assert digits(app) == "12"
    assert call.timeline.texts("ignored")[-1] == "the call has ended"


def test_the_latest_has_the_keys() -> None:
    """A second StartGather takes the place of the first."""
    _, app, call = telling(Response().start_gather(dtmf_url="/keys").start_gather(dtmf_url="/other").pause(duration=5))
    call.press("1")
    assert (digits(app), digits(app, "/other")) == ("", "1")


def test_nothing_to_stop() -> None:
    """Is noted, and has no effect."""
    _, _, call = telling(Response().stop_gather().pause(duration=5))
    assert call.timeline.texts("ignored") == ["no key is told of"]
