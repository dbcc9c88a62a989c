"""Gather collects keys and speech and ends in every documented way."""

from __future__ import annotations

from typing import Any

import pytest

from callcontrol.emulator import Assumptions, Call
from callcontrol.events import GatherEvent, PartialGatherEvent
from tests.callcontrol.emulator.scripted_application import App, core, entries, response, say

PROMPT = say("Ten chars.")
"""A prompt of 0.6 seconds."""


def call_in_gather(*inside: str, then: str = "", **attributes: Any) -> tuple[App, Call]:
    """Return a call that has just started a Gather, and its application."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    app = App(answer=response(f"<Gather{written}>{''.join(inside)}</Gather>", then), menu=response(), partial=204)
    call = core(app).dial("/answer")
    call.simulation.settle()
    return app, call


def result(app: App) -> tuple[str | None, str | None, str | None]:
    """Return the digits, the terminating digit and the text of the only gather event."""
    (event,) = (each.event for each in app.received if each.event.event_type == "gather")
    assert isinstance(event, GatherEvent)
    return event.digits, event.terminating_digit, event.text


class TestEnd:
    """For each way to end a Gather, the event has the documented digits and terminating digit."""

    def test_max_digits_ends_it(self) -> None:
        """The Gather ends at once with the key that reaches maxDigits."""
        app, call = call_in_gather(gatherUrl="/menu", maxDigits=3)
        call.press("123")
        assert result(app) == ("123", "", None)
        assert call.timeline[-1].at == 0

    def test_terminating_digit_ends_it(self) -> None:
        """Any terminating digit ends the Gather and is not part of the digits."""
        for keys, expected in [("12#", ("12", "#", None)), ("7*", ("7", "*", None)), ("#", ("", "#", None))]:
            app, call = call_in_gather(gatherUrl="/menu", terminatingDigits="#*")
            call.press(keys)
            assert result(app) == expected

    def test_no_key_ends_it_by_default(self) -> None:
        """A number sign is a digit like any other unless it is a terminating digit."""
        app, call = call_in_gather(gatherUrl="/menu")
        call.press("1#")
        call.expect_end()
        assert result(app) == ("1#", "", None)

    def test_default_max_digits_is_fifty(self) -> None:
        """Without maxDigits, the fiftieth key ends the Gather."""
        app, call = call_in_gather(gatherUrl="/menu")
        call.press("1" * 50)
        assert result(app) == ("1" * 50, "", None)

    @pytest.mark.parametrize(("attributes", "seconds"), [({}, 5), ({"interDigitTimeout": "1.5"}, 1.5)])
    def test_inter_digit_timeout_ends_it(self, attributes: dict[str, str], seconds: float) -> None:
        """The timeout restarts with each key."""
        app, call = call_in_gather(gatherUrl="/menu", **attributes)
        call.press("1")
        call.simulation.advance_to(call.simulation.scheduler.now + 1)
        call.press("2")
        call.expect_end()
        assert result(app) == ("12", "", None)
        assert entries(call, "gathered") == [(1 + seconds, "12")]

    @pytest.mark.parametrize(
        ("attributes", "seconds"), [({}, 5), ({"firstDigitTimeout": "2"}, 2), ({"firstDigitTimeout": "0"}, 0)]
    )
    def test_first_digit_timeout_ends_it(self, attributes: dict[str, str], seconds: float) -> None:
        """The timeout starts after the prompts, and the event has no digits."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", **attributes)
        call.expect_end()
        assert result(app) == ("", "", None)
        assert entries(call, "gathered") == [(0.6 + seconds, "")]

    def test_inter_digit_timeout_follows_the_first_key(self) -> None:
        """A key before the end of firstDigitTimeout starts interDigitTimeout."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", firstDigitTimeout="10")
        call.simulation.advance_to(call.simulation.scheduler.now + 10.5)
        call.press("5")
        call.expect_end()
        assert result(app) == ("5", "", None)
        assert entries(call, "gathered") == [(15.5, "5")]


class TestPrompts:
    """The first key cuts prompts short."""

    def test_a_key_cuts_them_short(self) -> None:
        """A key stops the prompt that plays, and later prompts are not heard."""
        app, call = call_in_gather(PROMPT, "<PlayAudio>a.wav</PlayAudio>", say("Never."), gatherUrl="/menu", maxDigits=2)
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
        """The prompts are played repeatCount times, with firstDigitTimeout after each round."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", repeatCount=3, firstDigitTimeout="2")
        call.expect_end()
        assert [at for at, _ in entries(call, "spoken")] == [0, 2.6, 5.2]
        assert entries(call, "gathered") == [(7.8, "")]
        assert result(app) == ("", "", None)

    def test_a_key_ends_the_rounds(self) -> None:
        """A key ends the repetition during any prompt or between two rounds."""
        for moment in (0.3, 1.0, 2.8):
            app, call = call_in_gather(PROMPT, gatherUrl="/menu", repeatCount=3, firstDigitTimeout="2", maxDigits=1)
            call.simulation.advance_to(call.simulation.scheduler.now + moment)
            call.press("1")
            assert result(app) == ("1", "", None)
            assert entries(call, "gathered") == [(moment, "1")]

    @pytest.mark.parametrize(
        ("prompts", "repeats", "played", "note"),
        [
            (1, 20, 20, []),
            (20, 1, 20, []),
            (
                1,
                10**9,
                20,
                ["repeatCount 1000000000 with 1 prompt exceeds the limit of 20 prompts; it counts as 20"],
            ),
            (7, 3, 14, ["repeatCount 3 with 7 prompts exceeds the limit of 20 prompts; it counts as 2"]),
            (20, 2, 20, ["repeatCount 2 with 20 prompts exceeds the limit of 20 prompts; it counts as 1"]),
        ],
    )
    def test_at_most_twenty_are_played(self, prompts: int, repeats: int, played: int, note: list[str]) -> None:
        """Bandwidth limits repeatCount times the number of prompts; only whole rounds are played."""
        _, call = call_in_gather(PROMPT * prompts, repeatCount=repeats)
        call.expect_end()
        assert len(call.timeline.spoken) == played
        assert call.timeline.texts("ignored") == note

    def test_a_repetition_counts_as_a_verb(self) -> None:
        """A repetition may take almost no time, so repetitions are limited like a loop of verbs."""
        app = App(answer=response(f'<Gather repeatCount="9" firstDigitTimeout="0">{say(".")}</Gather>'))
        call = core(app, assumptions=Assumptions(max_verbs=2)).dial("/answer")
        assert call.expect_end() == "error"
        assert call.error_message == "the call ran more than 2 verbs that took almost no time, probably in a loop"
        assert len(call.timeline.spoken) == 3  # each takes 0.06 s, which subtracts 0.6 from the count of verbs

    def test_without_prompts_there_is_nothing_to_repeat(self) -> None:
        """Without prompts, repeatCount has no effect: the timeout runs once."""
        _, call = call_in_gather(gatherUrl="/menu", repeatCount=3)
        call.expect_end()
        assert entries(call, "gathered") == [(5, "")]


class TestWithoutUrl:
    """Without gatherUrl, the input is discarded and the next verb follows."""

    def test_the_next_verb_follows(self) -> None:
        """The next verb runs after the Gather has collected its keys."""
        app, call = call_in_gather(maxDigits=2, then=say("Next."))
        call.press("12")
        call.expect_speech("next")
        assert app.types == ["initiate"]
        assert call.timeline.texts("gathered") == ["12"]

    def test_with_url_the_rest_of_the_document_is_dropped(self) -> None:
        """With gatherUrl, later verbs are dropped even if the response is empty."""
        _, call = call_in_gather(gatherUrl="/menu", maxDigits=1, then=say("Never."))
        call.press("1")
        assert call.expect_end() == "hangup"
        assert call.timeline.spoken == []


class TestSpeech:
    """A Gather listens to speech, alone or together with keys."""

    @pytest.mark.parametrize("input_", ["speech", "dtmf_speech"])
    def test_speech_ends_it(self, input_: str) -> None:
        """Speech cuts prompts short and ends the Gather; the event has the text and no digits."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", input=input_)
        call.say("Billing please")
        assert result(app) == ("", "", "Billing please")
        assert entries(call, "said", "gathered") == [(0, "Billing please"), (0, "Billing please")]

    def test_other_input_is_ignored(self) -> None:
        """A Gather ignores keys if it takes only speech, and ignores speech if it takes only keys."""
        _, call = call_in_gather(gatherUrl="/menu", input="speech")
        call.press("1")
        assert call.timeline.texts("ignored") == ["no verb was listening for key 1"]
        _, call = call_in_gather(gatherUrl="/menu")
        call.say("hello")
        assert call.timeline.texts("ignored") == ["no verb was listening for speech"]

    def test_first_key_ends_listening_to_speech(self) -> None:
        """After the first key, the Gather waits for keys only, and its event has no text."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", input="dtmf_speech", terminatingDigits="#")
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
    def test_silence_has_the_vendors_text(self, attributes: dict[str, str], seconds: float) -> None:
        """The text is the vendor's sentence for silence. The longer of the two timeouts applies."""
        app, call = call_in_gather(PROMPT, gatherUrl="/menu", **attributes)
        call.expect_end()
        digits, key, text = result(app)
        assert (digits, key) == ("", "")
        assert str(text).startswith("Speech timeout elapsed")
        assert [at for at, _ in entries(call, "gathered")] == [0.6 + seconds]

    def test_partial_result_is_sent_before_the_gather_event(self) -> None:
        """The partial result has its own URL and method. The credentials of the Gather belong to gatherUrl only."""
        app, call = call_in_gather(
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
        assert [each.headers.get("AUTHORIZATION") for each in app.received] == [None, None, "Basic dTpw"]

    def test_response_to_partial_result_is_ignored(self) -> None:
        """A failed partial result changes nothing, and keys have no partial results."""
        app, call = call_in_gather(gatherUrl="/menu", input="speech", partialResultCallback="/missing")
        call.say("billing")
        assert app.types == ["initiate", "partialgather", "gather"]
        app, call = call_in_gather(gatherUrl="/menu", input="dtmf_speech", maxDigits=1, partialResultCallback="/partial")
        call.press("1")
        assert app.types == ["initiate", "gather"]
