"""The emulator keeps running in a consistent state with random documents, callers and API requests in any order."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from bxml import (
    Bridge,
    Bxml,
    Conference,
    Connect,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    Response,
    ResumeRecording,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    Tag,
    Transfer,
)
from bxml.builder.verbs import Extensible
from bxml.strategies import documents
from callcontrol import ApiError, BasicAuth, Client, MachineDetection
from callcontrol.call_states import ANSWERED, DISCONNECTED, NEXT
from callcontrol.emulator.audio import silence
from callcontrol.emulator.calls import KEYS, Call
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.events import Event, UnknownEvent, parse_event
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

URL: Final = st.sampled_from(["/any", "https://app.example/any", "/none", "/any", "/fails", "/invalid"])
MAYBE: Final = st.none() | URL
SECONDS: Final = st.sampled_from([0.5, 1, 5, 30])
NUMBERS: Final = ("+12125550123", "+13365550142", "sip:desk@pbx.example", "e-1")


def drawn(given: Any) -> st.SearchStrategy[Any]:
    """Return the given strategy, or a strategy for the given value."""
    return given if isinstance(given, st.SearchStrategy) else st.just(given)


def optional(cls: Callable[..., Extensible], *content: Any, **attributes: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a verb, without the attributes that are drawn as None."""
    return st.builds(
        lambda given, named: cls(*given, **{name: value for name, value in named.items() if value is not None}),
        st.tuples(*map(drawn, content)),
        st.fixed_dictionaries({name: drawn(value) for name, value in attributes.items()}),
    )


PROMPTS: Final = st.lists(
    st.sampled_from([SpeakSentence("Press a key."), PlayAudio("https://app.example/a.wav")]), min_size=0, max_size=2
)

PARTIES: Final = st.lists(
    optional(
        PhoneNumber, "+13365550142", transfer_answer_url=MAYBE, transfer_disconnect_url=MAYBE, tag=st.none() | st.just("leg")
    )
    | optional(SipUri, "sip:desk@pbx.example", transfer_answer_url=MAYBE, transfer_disconnect_url=MAYBE),
    min_size=1,
    max_size=3,
)

VERBS: Final = st.one_of(
    optional(
        Bridge,
        st.integers(1, 4).map(lambda n: f"c-{n:08x}-00000000-0000-0000-0000-{n:012x}"),
        bridge_complete_url=MAYBE,
        bridge_target_complete_url=MAYBE,
    ),
    optional(
        Conference,
        st.sampled_from(["a", "b"]),
        conference_event_url=MAYBE,
        mute=st.none() | st.booleans(),
        hold=st.none() | st.booleans(),
    ),
    optional(Connect, [Endpoint("e-1")], event_callback_url=MAYBE),
    optional(Forward, to=st.sampled_from(NUMBERS[:2])),
    optional(
        Gather,
        PROMPTS,
        gather_url=MAYBE,
        gather_fallback_url=MAYBE,
        max_digits=st.none() | st.integers(1, 4),
        terminating_digits=st.none() | st.just("#"),
        input=st.sampled_from([None, "dtmf", "speech", "dtmf_speech"]),
        partial_result_callback=MAYBE,
    ),
    st.just(Hangup()),
    optional(Pause, duration=SECONDS),
    st.sampled_from(
        [PauseRecording(), ResumeRecording(), StopRecording(), StopGather(), StopTranscription(), PlayAudio("/a.wav")]
    ),
    optional(
        Record,
        record_complete_url=MAYBE,
        recording_available_url=MAYBE,
        transcribe=st.booleans(),
        transcription_available_url=MAYBE,
        max_duration=st.integers(1, 20),
    ),
    optional(Redirect, redirect_url=URL, redirect_fallback_url=MAYBE, tag=st.none() | st.sampled_from(["", "x"])),
    optional(Refer, [SipUri("sip:desk@pbx.example")], refer_complete_url=MAYBE),
    optional(Ring, answer_call=st.none() | st.booleans()),
    optional(SendDtmf, "12w#"),
    optional(SpeakSentence, "Hello."),
    optional(StartGather, dtmf_url=URL),
    optional(StartRecording, recording_available_url=MAYBE),
    optional(
        StartStream,
        name=st.sampled_from([None, "s"]),
        destination="wss://app.example/",
        stream_event_url=MAYBE,
        mode=st.sampled_from([None, "bidirectional"]),
        tracks=st.sampled_from([None, "outbound", "both"]),
    ),
    optional(StartTranscription, name=st.sampled_from([None, "t"]), transcription_event_url=MAYBE),
    optional(StopStream, name="s", wait=st.booleans()),
    optional(Tag, st.sampled_from(["", "order-7"])),
    optional(Transfer, PARTIES, transfer_complete_url=MAYBE, call_timeout=st.none() | st.just(5)),
)


TO_STREAM: Final = [
    '{"eventType": "clear"}',
    '{"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": "%s"}}' % ("AAAA" * 400),
    '{"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": "?"}}',
    "{",
]
"""Messages that the application sends to a stream."""


class Application:
    """An application that responds with a random document, an invalid document or an error, and keeps the events."""

    def __init__(self) -> None:
        self.random = random.Random(0)
        self.documents: list[bytes] = []
        self.events: list[Any] = []
        self.streams: list[list[dict[str, Any]]] = []
        self.client: Client | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Respond to a webhook according to its path, and sometimes use the API first."""
        path = environ["PATH_INFO"]
        body = self.respond(path, parse_event(environ["wsgi.input"].read() or environ["QUERY_STRING"]))
        start_response("500 Oh" if path == "/fails" else "200 OK", [])
        return [body]

    def respond(self, path: str, event: Event) -> bytes:
        """Return the body of a response."""
        self.events.append(event)
        if self.client is not None and self.random.random() < 0.1 and event.fields.get("callId"):
            with suppress(ApiError):
                self.client.update_call_bxml(event.fields["callId"], Response().pause())
        if path == "/none":
            return b""
        return b"<Response><Foo/></Response>" if path == "/invalid" else self.random.choice(self.documents)

    def with_streams(self) -> Callable[..., Awaitable[None]]:
        """Return this application as an ASGI application that accepts media streams."""

        async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
            if scope["type"] == "http":
                body = self.respond(scope["path"], parse_event((await receive())["body"] or scope["query_string"].decode()))
                await send({"type": "http.response.start", "status": 500 if scope["path"] == "/fails" else 200, "headers": []})
                await send({"type": "http.response.body", "body": body})
            elif scope["type"] == "websocket":
                await self.listen(receive, send)

        return app

    async def listen(self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        """Refuse or accept a stream. After accepting it, receive audio in order, and play, clear, send nonsense or leave."""
        await receive()
        if self.random.random() < 0.1:
            return
        await send({"type": "websocket.accept"})
        received: list[dict[str, Any]] = []
        self.streams.append(received)
        while (message := await receive())["type"] == "websocket.receive":
            received.append(json.loads(message["text"]))
            assert received[-1].get("sequenceNumber", str(len(received) - 1)) == str(len(received) - 1)
            chance = self.random.random()
            if chance < 0.01:
                return
            if chance < 0.2:
                await send({"type": "websocket.send", "text": self.random.choice(TO_STREAM)})


class Anything(RuleBasedStateMachine):
    """A state machine that runs random calls."""

    calls: Bundle[Call] = Bundle("calls")

    @initialize(
        seed=st.integers(0, 1000),
        known=st.lists(st.lists(VERBS, min_size=1, max_size=4), min_size=3, max_size=6),
        has_streams=st.booleans(),
    )
    def begin(self, seed: int, known: list[list[Any]], *, has_streams: bool) -> None:
        """Create the emulator and its application. The seed makes runs reproducible."""
        self.app = Application()
        self.app.random.seed(seed)
        self.app.documents = [Response(verbs).to_bytes() for verbs in known]
        self.voice = Core(self.app.with_streams() if has_streams else self.app)
        self.client = Client(ACCOUNT, BasicAuth("user", "pass"), send=self.voice.handle, retries=NO_RETRIES)
        self.app.client = self.client

    @rule(document=st.lists(VERBS, max_size=5).map(Response) | documents())
    def add_document(self, document: Response | Bxml) -> None:
        """Add a document to the application's responses."""
        self.app.documents.append(document.to_bytes())

    @rule(target=calls, url=URL, to=st.sampled_from(["+19195550100", "sip:desk@sip-uri.voice-api.bandwidth.com"]))
    def dial(self, url: str, to: str) -> Call:
        """Make an inbound call."""
        return self.voice.dial(url, to=to, account_id=ACCOUNT, status_url="/none")

    @rule(
        target=calls,
        detection=st.sampled_from(
            [None, MachineDetection(mode="sync"), MachineDetection(mode="async", callback_url="https://app.example/none")]
        ),
    )
    def create(self, detection: MachineDetection | None) -> Call:
        """Create an outbound call."""
        made = self.client.create_call(
            **NEW_CALL
            | {
                "answer_url": "https://app.example/any",
                "disconnect_url": "https://app.example/none",
                "machine_detection": detection,
            }
        )
        return self.voice.call(made.call_id)

    @rule(number=st.sampled_from(NUMBERS), how=st.sampled_from(["answers", "is_busy", "rejects", "does_not_answer"]))
    def react(self, number: str, how: str) -> None:
        """Change the reaction of a phone."""
        getattr(self.voice.phone(number), how)()

    @rule(number=st.sampled_from(NUMBERS), after=SECONDS, hangs_up_after=st.none() | SECONDS)
    def react_later(self, number: str, after: float, hangs_up_after: float | None) -> None:
        """Let a phone ring before it answers, and perhaps hang up later."""
        self.voice.phone(number).answers(after, hangs_up_after=hangs_up_after, by="answering-machine")

    @rule(call=calls, digits=st.text(KEYS, min_size=1, max_size=3))
    def press(self, call: Call, digits: str) -> None:
        """Press keys."""
        call.press(digits)

    @rule(call=calls)
    def say(self, call: Call) -> None:
        """Say words with audio, so that streams hear the words."""
        call.say("sales", audio=silence(0.5))

    @rule(call=consumes(calls))
    def hang_up(self, call: Call) -> None:
        """Hang up."""
        call.hang_up()
        assert call.state == DISCONNECTED

    @rule(number=st.integers(0, 5))
    def answer(self, number: int) -> None:
        """Answer a call or a leg of a Transfer. Ignore the error that is raised if the call or leg does not ring."""
        if self.voice.calls:
            call = self.voice.calls[number % len(self.voice.calls)]
            with suppress(ValueError):
                self.voice.answer(call.call_id)
                assert call.state == ANSWERED

    @rule(seconds=st.sampled_from([0, 0.5, 3, 60, 4000]))
    def wait(self, seconds: float) -> None:
        """Advance time. During streams, advance less time, because each stream has 50 messages per second."""
        self.voice.advance(min(seconds, 3) if any(call.streams for call in self.voice.calls) else seconds)

    @rule(seconds=st.sampled_from([0.5, 20]))
    def delay_webhook(self, seconds: float) -> None:
        """Delay the next response of the application."""
        self.voice.delay_webhooks(seconds)

    @rule(number=st.integers(0, 5), what=st.sampled_from(["redirect", "end", "push", "conference", "end conference"]))
    def interrupt(self, number: int, what: str) -> None:
        """Interrupt any call, leg or conference with the API."""
        everything: list[Any] = self.voice.conferences if "conference" in what else self.voice.calls
        if not everything:
            return
        some = everything[number % len(everything)]
        try:
            if what == "redirect":
                self.client.redirect(some.call_id, "https://app.example/any")
            elif what == "end":
                self.client.update_call(some.call_id, state="completed")
            elif what == "push":
                self.client.update_call_bxml(some.call_id, Response().speak_sentence("Pushed."))
            elif what == "conference":
                self.client.update_conference_bxml(some.conference_id, Bxml().speak_sentence("Pushed."))
            else:
                self.client.update_conference(some.conference_id, status="completed")
        except ApiError as error:
            assert error.status in {404, 409}  # noqa: PT017  the test does not predict refusals

    @invariant()
    def state_is_consistent(self) -> None:
        """Timelines are in order, state changes are allowed, and the API reports the last state."""
        for call in self.voice.calls if hasattr(self, "voice") else ():
            times = [entry.at for entry in call.timeline]
            assert times == sorted(times)
            states = call.timeline.texts("state")
            assert all(after in NEXT[before] for before, after in pairwise(states))
            assert states[-1] == call.state == call.as_json()["state"]
            if call.bridged_with is not None:
                assert self.voice.call(call.bridged_with).bridged_with == call.call_id
            json.loads(call.timeline.as_json())
            if call.state == DISCONNECTED:
                assert not call.streams

    def teardown(self) -> None:
        """Hang up all calls, and check that every call has ended and has sent one event for its end."""
        if not hasattr(self, "voice"):
            return
        for call in self.voice.calls:
            call.hang_up()
        self.voice.run()
        # A stream whose call ends at once may be accepted, but receives nothing.
        assert all([each["eventType"] for each in received[:1]] in ([], ["start"]) for received in self.app.streams)
        assert all("stop" not in {each["eventType"] for each in received[:-1]} for received in self.app.streams)
        self.voice.__exit__()
        assert all(call.state == DISCONNECTED for call in self.voice.calls)
        assert all(not conference.is_active for conference in self.voice.conferences)
        assert not [event for event in self.app.events if isinstance(event, UnknownEvent)]
        for call in self.voice.calls:
            end = "disconnect" if call.parent_call_id is None else "transferDisconnect"
            assert call.timeline.events.count(end) == (call.disconnect_webhook is not None)


Anything.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAnything = Anything.TestCase
"""The test case that pytest collects."""
