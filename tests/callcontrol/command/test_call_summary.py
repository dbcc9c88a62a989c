"""The summary of a call, and the failures of the application."""

from __future__ import annotations

from callcontrol.command.call_summary import failed_feeds, failures, summary, unanswered
from callcontrol.emulator import Core
from tests.callcontrol.emulator.document_application import answering
from tests.callcontrol.emulator.scripted_application import App, core, response, say


def test_summary_counts_what_happened() -> None:
    """The summary has the duration and the end, and counts documents, verbs, events, prompts and input."""
    transfer = "<Transfer transferCompleteUrl='/over'><PhoneNumber>+13365550142</PhoneNumber></Transfer>"
    gather = '<Gather gatherUrl="/menu" maxDigits="2"/>'
    menu = [response("<PlayAudio>/a.wav</PlayAudio>", gather), response(transfer)]
    app = App(answer=response(say("Ten chars."), gather), menu=[*menu], over=response(), bye=500)
    voice = core(app)
    voice.phone("+13365550142").is_busy()
    call = voice.dial("/answer", status_url="/bye")
    voice.advance(1)
    call.press("12")
    call.say("Hm.")
    voice.advance(5)
    call.press("3#")
    voice.run()
    assert summary(call) == [
        f"summary of {call.call_id} from +12125550123 to +19195550100",
        "  duration    6.00 s, answered after 0.00 s, ended with hangup",
        "  documents   4, verbs run: 5",
        "  events      initiate, gather (2), transferComplete, disconnect",
        "  heard       sentences: 1, audio files: 1",
        '  input       12, "Hm.", 3#',
        '  ignored     "Hm."',
        "  legs        c-00000002 to +13365550142: busy",
        "  failed      disconnect (status 500)",
    ]


def test_unanswered_call_has_a_short_summary() -> None:
    """A line without content is left out."""
    call = core(App(answer=response("<Hangup/>"))).dial("/answer")
    call.simulation.settle()
    assert summary(call) == [
        f"summary of {call.call_id} from +12125550123 to +19195550100",
        "  duration    0.00 s, not answered, ended with rejected",
        "  documents   1, verbs run: 1",
        "  events      initiate",
        "  heard       sentences: 0, audio files: 0",
    ]


def test_audio_of_a_stream_is_not_an_audio_file() -> None:
    """Sounds of streams and audio files are counted separately."""
    call = core(App(answer=response("<PlayAudio>/a.wav</PlayAudio>"))).dial("/answer")
    call.simulation.settle()
    call.note("played", 'stream "bot"')
    assert summary(call)[4] == "  heard       sentences: 0, audio files: 1, sounds of streams: 1"


def test_failure_with_an_explanation_is_named_once() -> None:
    """The explanation of an error status contains the status."""
    app = App(answer=(500, "out of order"))
    call = core(app).dial("/answer")
    call.simulation.settle()
    assert failures([call]) == ["initiate (the application returned status 500: out of order)"]


def test_running_call_has_no_end() -> None:
    """A call that has not ended is shown without an end and without a duration."""
    call = core(App(answer=response("<Pause/>"))).dial("/answer")
    call.simulation.settle()
    assert summary(call)[1] == "  duration    0.00 s, answered after 0.00 s, ended with None"


def test_each_failed_event_is_named() -> None:
    """An error status, an exception and a missing response count as failures of the application. A rejected Bridge does not."""

    def fail() -> None:
        raise ValueError("https://user:secret@app.example is down")

    bridge = "<Bridge bridgeCompleteUrl='/nowhere'>c-1</Bridge>"
    core_ = Core(answering({"/answer": f"<Response>{bridge}</Response>", "/over": ""}, {"/over": fail}))
    call = core_.dial("/answer", status_url="/over")
    core_.run()
    missing, raised = failures(core_.calls)
    assert call.timeline.texts("problem")[0] == "Call c-1 is not active"
    assert missing == "bridgeComplete (status 404)"
    assert raised.startswith("disconnect (the application raised ValueError: https://…@app.example is down")


def test_failed_streams_and_transcriptions_are_named() -> None:
    """A stream or transcription that was rejected, or that an error ended, counts as a failure. A normal end does not."""
    transcription = "<StartTranscription name='words' destination='wss://words.example'/>"
    stream = "<StartStream name='bot' destination='wss://bot.example'/>"
    call = core(App(answer=response(stream, stream, transcription, transcription))).dial("/answer")
    call.note("stream", 'stream "other" started')
    call.note("stream", 'stream "other" stopped', by="the application")
    call.note("stream", 'stream "third" stopped', by="the application", error="the connection was lost")
    call.simulation.settle()
    failed = [
        'stream "third" stopped: the connection was lost',
        'stream "bot" was rejected: A stream with the name bot already exists',
        'transcription "words" was rejected: A transcription with the name words already exists',
    ]
    assert failed_feeds([call]) == failed
    assert summary(call)[-3:] == [f"  failed      {text}" for text in failed]


def test_events_without_a_response_are_named() -> None:
    """An event is unanswered until an ``answer`` entry, or a ``problem`` entry that does not explain an answer, follows it."""
    call = core(App(answer=response("<Pause/>"))).dial("/answer")
    expected = [
        ("event", "initiate", {}, []),  # a call that has ended does not wait for this response
        ("event", "disconnect", {}, ["disconnect"]),
        ("event", "dtmf", {}, ["disconnect", "dtmf"]),
        ("event", "dtmf", {}, ["disconnect", "dtmf", "dtmf"]),
        ("answer", "500", {"event": "dtmf"}, ["disconnect", "dtmf"]),
        ("problem", "out of order", {"event": "dtmf"}, ["disconnect", "dtmf"]),
        ("problem", "something else", {}, ["disconnect", "dtmf"]),
        ("problem", "no response", {"event": "disconnect"}, ["dtmf"]),
        ("answer", "200", {"event": "dtmf"}, []),
    ]
    for kind, text, details, names in expected:
        call.note(kind, text, **details)  # type: ignore[arg-type]
        assert unanswered([call]) == names
    assert failures([call]) == ["dtmf (out of order)", "disconnect (no response)"]
