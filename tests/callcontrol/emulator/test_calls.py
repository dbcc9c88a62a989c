"""Callers have hands: they press, say, hang up and listen; and calls have tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from callcontrol.emulator import Assumptions, Call, Core, Entry, NotHeard, Timeline
from callcontrol.emulator.calls import MAX_SHOWN
from callcontrol.emulator.webhook_targets import Target, Webhook
from tests.callcontrol.emulator.recording_application import App, client, core, create, entries, response, say

MENU = response('<Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="20">', say("Press one."), "</Gather>")


@pytest.fixture
def app() -> App:
    """A menu, with an answer for a key."""
    return App(answer=MENU, menu=response(say("Thank you."), "<PlayAudio>bye.wav</PlayAudio>"), gone=204)


@pytest.fixture
def voice(app: App) -> Core:
    """An emulator with that application."""
    return core(app)


@pytest.fixture
def call(voice: Core) -> Call:
    """A call that has come in."""
    return voice.dial("/answer", status_url="/gone")


class TestHands:
    """What a caller does happens now, and time goes on only as far as the caller waits."""

    def test_a_conversation(self, call: Call, app: App) -> None:
        """It hears, presses, hears more, and the call ends with the event of that."""
        assert call.expect_speech("PRESS").text == "Press one."
        call.press("1")
        assert call.expect_speech("thank you").at == 0
        assert call.expect_audio("bye").text == "https://app.example/bye.wav"
        assert call.expect_end() == "hangup"
        assert app.types == ["initiate", "gather", "disconnect"]
        assert app.sent("gather")["digits"] == "1"

    def test_it_hears_a_sentence_when_that_begins(self, call: Call, voice: Core) -> None:
        """Time stands at its beginning, so that a key can cut it short."""
        call.expect_speech("press one")
        assert voice.seconds == 0
        assert call.timeline[-1].kind == "spoken"

    def test_what_was_heard_does_not_count_again(self) -> None:
        """Each sentence is expected once; one that was missed between two is not heard any more."""
        voice = core(App(answer=response(say("One."), say("Two."), say("One."))))
        call = voice.dial("/answer")
        assert call.expect_speech("one").at == 0
        assert call.expect_speech("one").at == 0.48
        with pytest.raises(NotHeard, match=r"^'two' was not spoken before the call ended with hangup\n"):
            call.expect_speech("two")

    def test_what_was_spoken_already_is_heard(self, call: Call, voice: Core) -> None:
        """Even if the call has ended."""
        voice.run()
        assert call.state == "disconnected"
        assert call.expect_speech("press one").at == 0

    def test_it_waits_no_longer_than_it_says(self, call: Call) -> None:
        """The message says what was expected, and has the timeline."""
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

    def test_it_learns_that_the_call_ended(self, call: Call, voice: Core) -> None:
        """At once, however long it would wait."""
        with pytest.raises(NotHeard, match=r"^'good night' was not spoken before the call ended with hangup\n"):
            call.expect_speech("good night", within=9999)
        assert voice.seconds < 60

    def test_it_learns_why_the_call_ended(self) -> None:
        """In the first line, which is all that a summary of many tests has."""
        call = core(App(answer=response("<Gater/>"))).dial("/answer")
        words = "'hello' was not spoken before the call ended with invalid-bxml: 1:12: <Gater> is not an element of BXML"
        with pytest.raises(NotHeard, match=f"^{re.escape(words)}"):
            call.expect_speech("hello")

    def test_it_learns_that_an_answer_was_of_another_type(self) -> None:
        """As of an application whose framework has made JSON of a document."""

        def json(_: object, start_response: Callable[..., Any]) -> list[bytes]:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'"<Response/>"']

        call = core(json).dial("/answer")
        with pytest.raises(
            NotHeard, match=r"^[^\n]*invalid-bxml[^\n]*; the content type is application/json, expected application/xml"
        ):
            call.expect_speech("hello")

    def test_it_learns_what_was_lost(self) -> None:
        """Keys that nothing listened to are the usual reason, if they were pressed since something was heard last."""
        call = core(App(answer=response('<Pause duration="9"/>', say("Press one."), '<Pause duration="9"/>'))).dial("/answer")
        call.press("7")
        with pytest.raises(
            NotHeard, match=r"^'hi' was not spoken within 1 s; the current verb is Pause; no verb was listening for key 7\n"
        ):
            call.expect_speech("hi", within=1)
        call.expect_speech("press one")
        with pytest.raises(NotHeard, match=r"^'hi' was not spoken within 1 s; the current verb is Pause\n"):
            call.expect_speech("hi", within=1)

    def test_a_long_timeline_is_shown_from_its_end(self) -> None:
        """For it is the end that tells why."""
        app = App(answer=response('<Redirect redirectUrl="/answer"/>'))
        voice = core(app, assumptions=Assumptions(max_verbs=100))
        call = voice.dial("/answer")
        with pytest.raises(NotHeard) as caught:
            call.expect_speech("hello")
        lines = str(caught.value).splitlines()
        assert lines[1] == f"… {len(call.timeline) - MAX_SHOWN} earlier entries"
        assert lines[2:] == str(call.timeline[-MAX_SHOWN:]).splitlines()
        assert len(lines) == MAX_SHOWN + 2

    def test_a_timeline_that_is_just_not_too_long(self) -> None:
        """Is shown as a whole, and without a word of that."""
        timeline = Timeline([Entry(number, "pressed", "1") for number in range(MAX_SHOWN)])
        error = NotHeard("nothing", timeline)
        assert str(error) == f"nothing\n{timeline}"
        assert (error.what, error.timeline) == ("nothing", timeline)

    def test_a_key_has_to_be_one(self, call: Call) -> None:
        """A phone has sixteen; with one that it has not, none is pressed."""
        with pytest.raises(ValueError, match=r"^'a' is not a key; expected one of 0123456789\*#ABCD$"):
            call.press("1ab")
        with pytest.raises(ValueError, match=r'^keys must be a string such as "1#", got 12$'):
            call.press(cast("str", 12))
        assert call.timeline.texts("pressed") == []
        call.press("0123456789*#ABCD")
        assert "".join(call.timeline.texts("pressed")) == "0123456789*#ABCD"

    def test_keys_are_pressed_one_after_the_other(self) -> None:
        """Each once all has happened that the one before has brought about: two menus are passed at once."""
        second = response('<Gather gatherUrl="/end" maxDigits="2">', say("Press two."), "</Gather>")
        app = App(answer=MENU, menu=second, end=response())
        voice = core(app)
        call = voice.dial("/answer")
        call.press("123")
        assert call.timeline.texts("gathered") == ["1", "23"]
        assert call.timeline.texts("ignored") == []
        assert voice.seconds == 0

    def test_nobody_may_listen(self, voice: Core) -> None:
        """Which is noted, for it is seldom meant."""
        call = create(core(App(answer=response('<Pause duration="5"/>'))))
        call.press("1")
        call.say("hello")
        assert call.timeline.texts("pressed", "said", "ignored") == [
            "1",
            "no verb was listening for key 1",
            "hello",
            "no verb was listening for speech",
        ]

    def test_an_ended_call_has_no_hands(self, call: Call, app: App) -> None:
        """What is done then is noted, and does nothing."""
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
    def test_hanging_up_means_what_it_does(self, *, is_inbound: bool, ringing: bool, cause: str) -> None:
        """A caller who gives up cancels, one who is called rejects; later either hangs up."""
        voice = core(App(answer=response('<Ring duration="10" answerCall="false"/>' * ringing, '<Pause duration="10"/>')))
        voice.phone("+12125550123").answers(after=10 if ringing else 0)
        call = voice.dial("/answer") if is_inbound else create(voice)
        voice.advance(1)
        call.hang_up()
        assert call.disconnect_cause == cause

    def test_keys_go_to_who_listens_in_the_background(self, app: App, voice: Core) -> None:
        """One event for each, but none while a Gather takes them."""
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

    def test_whatever_ends_it_and_how_often(self, app: App, voice: Core, call: Call) -> None:
        """The first cause counts, and there is one event."""
        voice.advance(0)
        call.end("busy")
        call.end("hangup")
        voice.run()
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == ("busy", "busy")
        with pytest.raises(ValueError, match="cannot become disconnected"):
            voice.disconnect(call.call_id)

    def test_what_ends_with_it_may_want_to_end_it_too(self, app: App, voice: Core, call: Call) -> None:
        """As of two calls each of which ends with the other; what was begun last ends first, and each once."""
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

    def test_without_a_url_nobody_is_told(self, app: App, voice: Core) -> None:
        """And the call ends all the same."""
        call = voice.dial("/answer")
        call.hang_up()
        voice.run()
        assert app.types == ["initiate"]
        assert call.state == "disconnected"

    def test_errors_have_ids(self) -> None:
        """Each another, the same in the state and in the event, and the same in another run."""
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
    """One tag for each call, which goes with every event from then on."""

    def tags(self, app: App) -> list[tuple[str, str | None]]:
        """The events and their tags."""
        return [(each.event.event_type, dict(each.event.fields).get("tag")) for each in app.received]

    def test_a_tag_stays_until_another_comes(self) -> None:
        """From CreateCall, from a verb and by its attribute, which holds for the verb's own event already."""
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
    def test_the_api_changes_it_too(self, given: dict[str, str], tag: str | None) -> None:
        """Before the event of the redirection; what is not said stays."""
        app = App(answer=response('<Pause duration="5"/>'), next=response())
        voice = core(app)
        call = create(voice, tag="old")
        voice.advance(1)
        client(voice).update_call(call.call_id, redirect_url="https://app.example/next", **given)  # type: ignore[arg-type]
        voice.run()
        assert self.tags(app)[1] == ("redirect", tag)
        assert call.tag == tag

    def test_a_verb_whose_event_goes_nowhere_tags_all_the_same(self) -> None:
        """As a Gather without a URL does."""
        app = App(
            answer=response('<Gather firstDigitTimeout="0" tag="t"/>', '<Redirect redirectUrl="/next"/>'), next=response()
        )
        voice = core(app)
        create(voice)
        voice.run()
        assert self.tags(app)[1] == ("redirect", "t")


def test_what_is_said_in_a_timeline_is_when_it_was(voice: Core) -> None:
    """Each call has its own beginning."""
    voice.advance(10)
    call = voice.dial("/answer")
    call.expect_end()
    assert entries(call, "state")[0] == (0, "initiated")
    assert entries(call, "state")[-1][0] == pytest.approx(call.timeline[-1].at)
