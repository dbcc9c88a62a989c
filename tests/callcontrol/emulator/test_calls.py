"""A test acts as the caller: it presses keys, speaks, hangs up and states expectations; calls have tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from bxml import EmptyDocument, Response
from callcontrol.emulator import Assumptions, Call, Core, Entry, NotHeard, Timeline
from callcontrol.emulator.calls import MAX_SHOWN
from callcontrol.emulator.webhook_requests import Target, Webhook
from tests.callcontrol.emulator.scripted_application import App, client, core, create, entries, response, say
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.emulator.test_audio import tone

MENU = response('<Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="20">', say("Press one."), "</Gather>")


@pytest.fixture
def app() -> App:
    """An application with a menu that takes one key."""
    return App(answer=MENU, menu=response(say("Thank you."), "<PlayAudio>bye.wav</PlayAudio>"), gone=204)


@pytest.fixture
def voice(app: App) -> Core:
    """An emulator with the application of these tests."""
    return core(app)


@pytest.fixture
def call(voice: Core) -> Call:
    """An inbound call."""
    return voice.dial("/answer", status_url="/gone")


class TestCaller:
    """A caller acts immediately, and time advances only while the caller waits."""

    def test_a_conversation(self, call: Call, app: App) -> None:
        """A caller hears a menu, presses a key, and hears a sentence and an audio file before the call ends."""
        assert call.expect_speech("PRESS").text == "Press one."
        call.press("1")
        assert call.expect_speech("thank you").at == 0
        assert call.expect_audio("bye").text == "https://app.example/bye.wav"
        assert call.expect_end() == "hangup"
        assert app.types == ["initiate", "gather", "disconnect"]
        assert app.sent("gather")["digits"] == "1"

    def test_an_expectation_returns_when_the_sentence_begins(self, call: Call, voice: Core) -> None:
        """Time stops at the beginning of the sentence, so a key can interrupt it."""
        call.expect_speech("press one")
        assert voice.seconds == 0
        assert call.timeline[-1].kind == "spoken"

    def test_each_expectation_begins_after_the_previous_one(self) -> None:
        """A sentence counts once, and a sentence that was skipped is not found later."""
        voice = core(App(answer=response(say("One."), say("Two."), say("One."))))
        call = voice.dial("/answer")
        assert call.expect_speech("one").at == 0
        assert call.expect_speech("one").at == 0.48
        with pytest.raises(NotHeard, match=r"^'two' was not spoken before the call ended with hangup\n"):
            call.expect_speech("two")

    def test_an_expectation_finds_earlier_sentences(self, call: Call, voice: Core) -> None:
        """A sentence that was spoken before the expectation counts, even if the call has ended."""
        voice.run()
        assert call.state == "disconnected"
        assert call.expect_speech("press one").at == 0

    def test_an_expectation_fails_after_its_seconds(self, call: Call) -> None:
        """The message gives the expectation and the timeline."""
        with pytest.raises(NotHeard) as caught:
            call.expect_speech("good night", within=2.5)
        first, *rest = str(caught.value).splitlines()
        assert first == "'good night' was not spoken within 2.5 s; the current verb is Gather"
        assert rest == str(call.timeline).splitlines()
        with pytest.raises(NotHeard, match=r"^'hello.wav' was not played within 5 s; the current verb is Gather\n"):
            call.expect_audio("hello.wav", within=5)
        with pytest.raises(NotHeard, match=r"^the call did not end within 1 s; the current verb is Gather\n"):
            call.expect_end(within=1)
        assert issubclass(NotHeard, AssertionError)

    def test_an_expectation_names_a_document_without_verbs(self) -> None:
        """The document is empty, because the result of ``speak_sentence`` was ignored. The message mentions this mistake."""
        document = Response()
        document.speak_sentence("hi")
        with pytest.warns(EmptyDocument):
            body = document.to_bytes()
        call = Core(Answers(answer=body)).dial("/answer")
        with pytest.raises(NotHeard, match=r"^'hi' was not spoken before [^\n]*; its last document had no verbs"):
            call.expect_speech("hi")

    def test_an_expectation_fails_as_soon_as_the_call_ends(self, call: Call, voice: Core) -> None:
        """An expectation does not wait after the end of the call."""
        with pytest.raises(NotHeard, match=r"^'good night' was not spoken before the call ended with hangup\n"):
            call.expect_speech("good night", within=9999)
        assert voice.seconds < 60

    def test_the_message_gives_the_error_of_the_call(self) -> None:
        """The first line has the error message, because a summary of many tests shows only that line."""
        call = core(App(answer=response("<Gater/>"))).dial("/answer")
        words = "'hello' was not spoken before the call ended with invalid-bxml: 1:12: <Gater> is not an element of BXML"
        with pytest.raises(NotHeard, match=f"^{re.escape(words)}"):
            call.expect_speech("hello")

    def test_the_message_gives_the_wrong_content_type(self) -> None:
        """The first line names the content type, for example if a framework sent JSON."""

        def json(_: object, start_response: Callable[..., Any]) -> list[bytes]:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'"<Response/>"']

        call = core(json).dial("/answer", status_url="/over")
        with pytest.raises(
            NotHeard, match=r"^[^\n]*invalid-bxml[^\n]*; the content type is application/json, expected application/xml"
        ):
            call.expect_speech("hello")

    def test_the_message_gives_an_ignored_key(self) -> None:
        """The first line names the last key that no verb was listening for."""
        call = core(App(answer=response('<Pause duration="9"/>', say("Press one."), '<Pause duration="9"/>'))).dial("/answer")
        call.press("7")
        with pytest.raises(
            NotHeard, match=r"^'hi' was not spoken within 1 s; the current verb is Pause; no verb was listening for key 7\n"
        ):
            call.expect_speech("hi", within=1)
        call.expect_speech("press one")
        with pytest.raises(NotHeard, match=r"^'hi' was not spoken within 1 s; the current verb is Pause\n"):
            call.expect_speech("hi", within=1)

    def test_only_the_end_of_a_long_timeline_is_shown(self) -> None:
        """The end of a long timeline has the reason, so the message shows only the end."""
        app = App(answer=response('<Redirect redirectUrl="/answer"/>'))
        voice = core(app, assumptions=Assumptions(max_verbs=100))
        call = voice.dial("/answer")
        with pytest.raises(NotHeard) as caught:
            call.expect_speech("hello")
        lines = str(caught.value).splitlines()
        assert lines[1] == f"… {len(call.timeline) - MAX_SHOWN} earlier entries"
        assert lines[2:] == str(call.timeline[-MAX_SHOWN:]).splitlines()
        assert len(lines) == MAX_SHOWN + 2

    def test_a_timeline_of_the_longest_length_is_shown_in_full(self) -> None:
        """A timeline with exactly ``MAX_SHOWN`` entries is shown in full."""
        timeline = Timeline([Entry(number, "pressed", "1") for number in range(MAX_SHOWN)])
        error = NotHeard("nothing", timeline)
        assert str(error) == f"nothing\n{timeline}"
        assert (error.what, error.timeline) == ("nothing", timeline)

    def test_an_invalid_key_raises(self, call: Call) -> None:
        """If one key is invalid, no key is pressed."""
        with pytest.raises(ValueError, match=r"^'a' is not a key; expected one of 0123456789\*#ABCD$"):
            call.press("1ab")
        with pytest.raises(ValueError, match=r'^keys must be a string such as "1#", got 12$'):
            call.press(cast("str", 12))
        assert call.timeline.texts("pressed") == []
        call.press("0123456789*#ABCD")
        assert "".join(call.timeline.texts("pressed")) == "0123456789*#ABCD"

    def test_keys_are_pressed_one_after_the_other(self) -> None:
        """Each key is pressed after the effects of the previous key, so one string of keys can pass two menus."""
        second = response('<Gather gatherUrl="/end" maxDigits="2">', say("Press two."), "</Gather>")
        app = App(answer=MENU, menu=second, end=response())
        voice = core(app)
        call = voice.dial("/answer")
        call.press("123")
        assert call.timeline.texts("gathered") == ["1", "23"]
        assert call.timeline.texts("ignored") == []
        assert voice.seconds == 0

    def test_ignored_keys_and_speech_are_noted(self, voice: Core) -> None:
        """The timeline notes keys and speech that no verb was listening for."""
        call = create(core(App(answer=response('<Pause duration="5"/>'))))
        call.press("1")
        call.say("hello")
        assert call.timeline.texts("pressed", "said", "ignored") == [
            "1",
            "no verb was listening for key 1",
            "hello",
            "no verb was listening for speech",
        ]

    @pytest.mark.parametrize(
        "document",
        [
            "<Transfer><PhoneNumber>+12125550199</PhoneNumber></Transfer>",
            '<StartRecording/><Pause duration="9"/>',
            '<StartTranscription/><Pause duration="9"/>',
            "<Connect><Endpoint>e-1</Endpoint></Connect>",
            "<Forward to='+12125550199'/>",
        ],
    )
    def test_speech_that_another_party_hears_is_not_ignored(self, document: str) -> None:
        """While a call is joined, recorded or transcribed, no verb needs to listen for speech."""
        voice = core(App(answer=response(document)))
        call = voice.dial("/answer")
        voice.advance(1)
        for each in (call, *call.legs):
            each.say("hello")
            each.plays(tone(0.1))
            assert each.timeline.texts("ignored") == []

    def test_speech_in_a_bridge_is_not_ignored(self) -> None:
        """Both calls of a Bridge hear each other, until one of them leaves."""
        other_id = "c-00000001-00000000-0000-0000-0000-000000000001"
        bridge = response(f"<Bridge>{other_id}</Bridge>", '<Pause duration="9"/>')
        voice = core(App(answer=response('<Pause duration="9"/>'), bridge=bridge))
        other = create(voice)
        voice.advance(1)
        call = voice.dial("/bridge")
        voice.advance(1)
        for each in (call, other):
            each.say("hello")
            assert each.timeline.texts("ignored") == []
        other.hang_up()
        call.say("hello?")
        assert call.timeline.texts("ignored") == ["no verb was listening for speech"]

    def test_speech_in_a_conference(self) -> None:
        """The words of a member are heard by another member, or by a recording of the conference."""
        room = "<Conference>room</Conference>"
        muted = '<Conference mute="true">room</Conference>'
        voice = core(App(answer=response(room), muted=response(muted)))

        def ignores(call: Call) -> bool:
            before = len(call.timeline.texts("ignored"))
            call.say("hello")
            return len(call.timeline.texts("ignored")) > before

        first = voice.dial("/answer")
        voice.advance(1)
        assert ignores(first)  # alone
        second = voice.dial("/muted")
        voice.advance(1)
        assert (ignores(first), ignores(second)) == (False, True)
        second.hang_up()
        assert ignores(first)
        client(voice).update_conference_bxml(voice.conferences[0].conference_id, Response().start_recording())
        voice.advance(1)
        assert not ignores(first)

    def test_an_ended_call_ignores_its_caller(self, call: Call, app: App) -> None:
        """After the end, actions of the caller are noted and have no effect."""
        call.dtmf = Webhook(Target("https://app.example/dtmf"))
        call.hang_up()
        call.press("1")
        call.say("hello")
        call.hang_up()
        assert call.timeline.texts("ignored") == ["the call has ended", "the call has ended"]
        assert app.types.count("disconnect") == 1
        assert "dtmf" not in app.types

    @pytest.mark.parametrize(
        ("is_inbound", "ringing", "cause"),
        [(True, True, "cancel"), (False, True, "rejected"), (True, False, "hangup"), (False, False, "hangup")],
    )
    def test_the_cause_of_hanging_up_depends_on_the_call(self, *, is_inbound: bool, ringing: bool, cause: str) -> None:
        """Before the answer, the cause is cancel for a caller and rejected for a called party. Afterwards it is hangup."""
        voice = core(App(answer=response('<Ring duration="10" answerCall="false"/>' * ringing, '<Pause duration="10"/>')))
        voice.phone("+12125550123").answers(after=10 if ringing else 0)
        call = voice.dial("/answer") if is_inbound else create(voice)
        voice.advance(1)
        call.hang_up()
        assert call.disconnect_cause == cause

    def test_start_gather_reports_keys_outside_a_gather(self, app: App, voice: Core) -> None:
        """Each key outside a Gather sends one dtmf event."""
        call = voice.dial("/answer")
        call.dtmf = Webhook(Target("https://app.example/dtmf"))
        voice.advance(0)
        call.press("1")
        call.press("23")
        voice.advance(0)
        assert [dict(each.event.fields)["digit"] for each in app.received if each.event.event_type == "dtmf"] == ["2", "3"]
        assert call.timeline.texts("ignored") == []


class TestTheEnd:
    """A call ends once."""

    def test_the_first_cause_counts(self, app: App, voice: Core, call: Call) -> None:
        """Ending a call a second time changes nothing, and one disconnect event is sent."""
        voice.advance(0)
        call.end("busy")
        call.end("hangup")
        voice.run()
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == ("busy", "busy")
        with pytest.raises(ValueError, match="cannot become disconnected"):
            voice.disconnect(call.call_id)

    def test_two_calls_may_end_each_other(self, app: App, voice: Core, call: Call) -> None:
        """Cleanups run in reverse order, and each call ends once."""
        other = voice.dial("/answer", status_url="/gone")
        seen: list[str] = []
        voice.advance(0)
        call.cleanups.append(lambda: other.end("hangup"))
        call.cleanups.append(lambda: seen.append("last"))
        other.cleanups.append(lambda: seen.append("other"))
        other.cleanups.append(lambda: call.end("error"))
        call.end("hangup")
        voice.run()
        assert (call.disconnect_cause, other.disconnect_cause) == ("hangup", "hangup")
        assert seen == ["last", "other"]
        assert app.types.count("disconnect") == 2

    def test_without_a_url_no_event_is_sent(self, app: App, voice: Core) -> None:
        """A call without a disconnect URL ends without an event."""
        call = voice.dial("/answer")
        call.hang_up()
        voice.run()
        assert app.types == ["initiate"]
        assert call.state == "disconnected"

    def test_errors_have_ids(self) -> None:
        """Each error has its own id. The id is the same in the state, in the event and in the next run."""
        ids: list[list[str]] = []
        for _ in range(2):
            app = App(gone=204)
            voice = core(app)
            for _ in range(2):
                voice.dial("/missing", status_url="/gone").expect_end()
            ids.append([str(dict(each.event.fields)["errorId"]) for each in app.received[1::2]])
            assert [client(voice).get_call_state(call.call_id).error_id for call in voice.calls] == ids[-1]
        assert ids[0] == ids[1]
        assert len(set(ids[0])) == 2


class TestTags:
    """A call has one tag, and every event has the current tag."""

    def tags(self, app: App) -> list[tuple[str, str | None]]:
        """Return the types and tags of the events."""
        return [(each.event.event_type, dict(each.event.fields).get("tag")) for each in app.received]

    def test_a_tag_stays_until_it_is_changed(self) -> None:
        """The tag attribute of a verb applies to the event of that verb."""
        app = App(
            answer=response("<Tag> of the verb </Tag>", '<Redirect redirectUrl="/a"/>'),
            a=response('<Redirect redirectUrl="/b" tag="of the attribute"/>'),
            b=response('<Gather gatherUrl="/c" firstDigitTimeout="0"/>'),
            c=response("<Tag/>", '<Redirect redirectUrl="/d"/>'),
            d=response('<Redirect redirectUrl="/e" tag="x"/>'),
            e=response('<Redirect redirectUrl="/f" tag=""/>'),
            f=response(),
            gone=204,
        )
        voice = core(app)
        create(voice, tag="of the request", disconnect_url="https://app.example/gone")
        voice.run()
        assert self.tags(app) == [
            ("answer", "of the request"),
            ("redirect", "of the verb"),
            ("redirect", "of the attribute"),
            ("gather", "of the attribute"),
            ("redirect", None),
            ("redirect", "x"),
            ("redirect", None),
            ("disconnect", None),
        ]

    @pytest.mark.parametrize(("given", "tag"), [({"tag": "new"}, "new"), ({"tag": ""}, None), ({}, "old")])
    def test_update_call_changes_the_tag(self, given: dict[str, str], tag: str | None) -> None:
        """The redirect event has the new tag; a missing tag changes nothing."""
        app = App(answer=response('<Pause duration="5"/>'), next=response())
        voice = core(app)
        call = create(voice, tag="old")
        voice.advance(1)
        client(voice).update_call(call.call_id, redirect_url="https://app.example/next", **given)  # type: ignore[arg-type]
        voice.run()
        assert self.tags(app)[1] == ("redirect", tag)
        assert call.tag == tag

    def test_a_verb_without_a_url_sets_its_tag(self) -> None:
        """A Gather with a tag but without a URL sets the tag of the call."""
        app = App(
            answer=response('<Gather firstDigitTimeout="0" tag="t"/>', '<Redirect redirectUrl="/next"/>'), next=response()
        )
        voice = core(app)
        create(voice)
        voice.run()
        assert self.tags(app)[1] == ("redirect", "t")


def test_timeline_times_count_from_the_start_of_the_call(voice: Core) -> None:
    """Each timeline begins at zero."""
    voice.advance(10)
    call = voice.dial("/answer")
    call.expect_end()
    assert entries(call, "state")[0] == (0, "initiated")
    assert entries(call, "state")[-1][0] == pytest.approx(call.timeline[-1].at)
