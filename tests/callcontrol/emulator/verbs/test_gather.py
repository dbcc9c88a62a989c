"""Gather collects keys and speech, in every way in which it can end."""

from __future__ import annotations

from typing import Any

import pytest

from callcontrol.emulator import Call
from callcontrol.events import GatherEvent, PartialGatherEvent
from tests.callcontrol.emulator.recording_application import App, core, entries, response, say

PROMPT = say("Ten chars.")
"""Takes 0.6 seconds."""


def gathering(*inside: str, then: str = "", **attributes: Any) -> tuple[App, Call]:
    """A call that has reached a Gather, and is at its beginning."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    app = App(answer=response(f"<Gather{written}>{''.join(inside)}</Gather>", then), menu=response(), partial=204)
    call = core(app).dial("/answer")
    call.simulation.settle()
    return app, call


def result(app: App) -> tuple[str | None, str | None, str | None]:
    """What the one event of it has: the digits, the key that ended them, and the text."""
    (event,) = (each.event for each in app.received if each.event.event_type == "gather")
    assert isinstance(event, GatherEvent)
    return event.digits, event.terminating_digit, event.text


class TestItsEnd:
    """Each way to end is told by the two strings of the event."""

    def test_by_as_many_keys_as_it_takes(self) -> None:
        """At once; one more key is not its."""
        app, call = gathering(gatherUrl="/menu", maxDigits=3)
        call.press("123")
        assert result(app) == ("123", "", None)
        assert call.timeline[-1].at == 0

    def test_by_a_key_that_ends_it(self) -> None:
        """Which is not one of the digits; any that are named do."""
        for keys, expected in [("12#", ("12", "#", None)), ("7*", ("7", "*", None)), ("#", ("", "#", None))]:
            app, call = gathering(gatherUrl="/menu", terminatingDigits="#*")
            call.press(keys)
            assert result(app) == expected

    def test_no_key_ends_it_by_default(self) -> None:
        """A number sign is a digit like any other, until nothing follows it."""
        app, call = gathering(gatherUrl="/menu")
        call.press("1#")
        call.expect_end()
        assert result(app) == ("1#", "", None)

    def test_fifty_keys_are_the_most(self) -> None:
        """Without another limit."""
        app, call = gathering(gatherUrl="/menu")
        call.press("1" * 50)
        assert result(app) == ("1" * 50, "", None)

    @pytest.mark.parametrize(("attributes", "seconds"), [({}, 5), ({"interDigitTimeout": "1.5"}, 1.5)])
    def test_by_the_time_after_a_key(self, attributes: dict[str, str], seconds: float) -> None:
        """Which begins again with each."""
        app, call = gathering(gatherUrl="/menu", **attributes)
        call.press("1")
        call.simulation.advance_to(call.simulation.scheduler.now + 1)
        call.press("2")
        call.expect_end()
        assert result(app) == ("12", "", None)
        assert entries(call, "gathered") == [(1 + seconds, "12")]

    @pytest.mark.parametrize(
        ("attributes", "seconds"), [({}, 5), ({"firstDigitTimeout": "2"}, 2), ({"firstDigitTimeout": "0"}, 0)]
    )
    def test_by_the_time_before_the_first_key(self, attributes: dict[str, str], seconds: float) -> None:
        """Which begins after the prompts; nothing has been pressed then."""
        app, call = gathering(PROMPT, gatherUrl="/menu", **attributes)
        call.expect_end()
        assert result(app) == ("", "", None)
        assert entries(call, "gathered") == [(0.6 + seconds, "")]

    def test_a_key_may_come_just_in_time(self) -> None:
        """After the prompts, while it still waits; then the time between keys counts."""
        app, call = gathering(PROMPT, gatherUrl="/menu", firstDigitTimeout="10")
        call.simulation.advance_to(call.simulation.scheduler.now + 10.5)
        call.press("5")
        call.expect_end()
        assert result(app) == ("5", "", None)
        assert entries(call, "gathered") == [(15.5, "5")]


class TestPrompts:
    """What is spoken and played in it is cut short by the first key."""

    def test_a_key_cuts_them_short(self) -> None:
        """And what follows them is not heard at all."""
        app, call = gathering(PROMPT, "<PlayAudio>a.wav</PlayAudio>", say("Never."), gatherUrl="/menu", maxDigits=2)
        call.expect_audio("a.wav")
        call.simulation.advance_to(call.simulation.scheduler.now + 1)
        call.press("12")
        assert result(app)[0] == "12"
        assert entries(call, "spoken", "played", "gathered") == [
            (0, "Ten chars."),
            (0.6, "https://app.example/a.wav"),
            (1.6, "12"),
        ]

    def test_they_are_repeated(self) -> None:
        """As often as said, with the time for the first key after each round."""
        app, call = gathering(PROMPT, gatherUrl="/menu", repeatCount=3, firstDigitTimeout="2")
        call.expect_end()
        assert [at for at, _ in entries(call, "spoken")] == [0, 2.6, 5.2]
        assert entries(call, "gathered") == [(7.8, "")]
        assert result(app) == ("", "", None)

    def test_a_key_ends_the_rounds(self) -> None:
        """In whichever it comes, or between two."""
        for moment in (0.3, 1.0, 2.8):
            app, call = gathering(PROMPT, gatherUrl="/menu", repeatCount=3, firstDigitTimeout="2", maxDigits=1)
            call.simulation.advance_to(call.simulation.scheduler.now + moment)
            call.press("1")
            assert result(app) == ("1", "", None)
            assert entries(call, "gathered") == [(moment, "1")]

    def test_without_prompts_there_is_nothing_to_repeat(self) -> None:
        """It waits once."""
        _, call = gathering(gatherUrl="/menu", repeatCount=3)
        call.expect_end()
        assert entries(call, "gathered") == [(5, "")]


class TestWithoutUrl:
    """What it collects is thrown away, and the next verb follows."""

    def test_the_next_verb_follows(self) -> None:
        """After the keys that belong to it."""
        app, call = gathering(maxDigits=2, then=say("Next."))
        call.press("12")
        call.expect_speech("next")
        assert app.types == ["initiate"]
        assert call.timeline.texts("gathered") == ["12"]

    def test_with_one_what_follows_is_dropped(self) -> None:
        """Also if the answer is empty."""
        _, call = gathering(gatherUrl="/menu", maxDigits=1, then=say("Never."))
        call.press("1")
        assert call.expect_end() == "hangup"
        assert call.timeline.spoken == []


class TestSpeech:
    """It may listen to what is said, alone or beside keys."""

    @pytest.mark.parametrize("input_", ["speech", "dtmf_speech"])
    def test_speech_ends_it(self, input_: str) -> None:
        """And cuts prompts short; the event has the text, and no digits."""
        app, call = gathering(PROMPT, gatherUrl="/menu", input=input_)
        call.say("Billing please")
        assert result(app) == ("", "", "Billing please")
        assert entries(call, "said", "gathered") == [(0, "Billing please"), (0, "Billing please")]

    def test_keys_are_not_its(self) -> None:
        """Unless it listens to both; nor is speech, unless it listens to that."""
        _, call = gathering(gatherUrl="/menu", input="speech")
        call.press("1")
        assert call.timeline.texts("ignored") == ["no verb was listening for key 1"]
        _, call = gathering(gatherUrl="/menu")
        call.say("hello")
        assert call.timeline.texts("ignored") == ["no verb was listening for speech"]

    def test_keys_beside_speech(self) -> None:
        """After the first key it waits for keys alone, and the event has no text."""
        app, call = gathering(PROMPT, gatherUrl="/menu", input="dtmf_speech", terminatingDigits="#")
        call.press("1")
        call.say("hello")
        call.press("2#")
        assert result(app) == ("12", "#", None)
        assert call.timeline.texts("ignored") == ["no verb was listening for speech"]

    @pytest.mark.parametrize(
        ("attributes", "seconds"),
        [
            ({"input": "speech"}, 5),
            ({"input": "speech", "speechTimeout": "8", "firstDigitTimeout": "20"}, 8),
            ({"input": "dtmf_speech"}, 5),
            ({"input": "dtmf_speech", "speechTimeout": "8", "firstDigitTimeout": "2"}, 8),
            ({"input": "dtmf_speech", "speechTimeout": "3", "firstDigitTimeout": "9"}, 9),
        ],
    )
    def test_nothing_may_be_said(self, attributes: dict[str, str], seconds: float) -> None:
        """Then the text is the sentence that the vendor has for that; of two times the longer counts."""
        app, call = gathering(PROMPT, gatherUrl="/menu", **attributes)
        call.expect_end()
        digits, key, text = result(app)
        assert (digits, key) == ("", "")
        assert str(text).startswith("Speech timeout elapsed")
        assert [at for at, _ in entries(call, "gathered")] == [0.6 + seconds]

    def test_partial_results_are_told_before(self) -> None:
        """By their own URL and method, with what was understood; the whole event follows."""
        app, call = gathering(
            gatherUrl="/menu",
            input="speech",
            partialResultCallback="/partial",
            partialResultCallbackMethod="GET",
            username="u",
            password="p",
        )
        call.say("billing")
        assert app.types == ["initiate", "partialgather", "gather"]
        received = app.received[1]
        assert isinstance(received.event, PartialGatherEvent)
        assert (received.method, received.path, received.event.text) == ("GET", "/partial", "billing")
        assert received.headers["AUTHORIZATION"] == "Basic dTpw"

    def test_what_is_answered_to_them_does_not_matter(self) -> None:
        """Nor do keys have any."""
        app, call = gathering(gatherUrl="/menu", input="speech", partialResultCallback="/missing")
        call.say("billing")
        assert app.types == ["initiate", "partialgather", "gather"]
        app, call = gathering(gatherUrl="/menu", input="dtmf_speech", maxDigits=1, partialResultCallback="/partial")
        call.press("1")
        assert app.types == ["initiate", "gather"]
