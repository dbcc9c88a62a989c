"""``examples/menu.py``: callers choose each item of the menu."""

from __future__ import annotations

import pytest

from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.in_process_emulator import Core
from examples import menu


@pytest.fixture
def voice() -> Core:
    """Return an emulator that runs the menu."""
    return Core(menu.app)


def test_sales_is_connected(voice: Core) -> None:
    """Sales hears an announcement, talks to the caller, and hangs up."""
    sales = voice.phone(menu.SALES).answers(after=4, hangs_up_after=30)
    call = voice.dial("/answer")
    call.expect_speech("welcome")
    call.expect_speech("for sales, press 1")
    call.press("1")
    call.expect_speech("one moment")
    assert call.expect_end() == "hangup"
    (leg,) = call.legs
    assert (leg.to, sales.reaction.after) == (menu.SALES, 4)
    assert leg.timeline.spoken == ["A customer is calling."]
    assert call.timeline.events == ["initiate", "gather", "transferComplete"]
    assert call.timeline.spoken[-1] == "Goodbye."


def test_sales_is_busy(voice: Core) -> None:
    """If sales is busy, the caller hears an announcement and can choose again."""
    voice.phone(menu.SALES).is_busy()
    call = voice.dial("/answer")
    call.expect_speech("press 1")
    call.press("1")
    call.expect_speech("sales is busy")
    call.expect_speech("press 1")
    call.press("2")
    call.expect_speech("nine to five")
    call.expect_speech("press 1")
    call.hang_up()
    assert call.disconnect_cause == "hangup"


def test_a_message_is_left(voice: Core) -> None:
    """The message is recorded until the caller presses #."""
    call = voice.dial("/answer", status_url="/over")
    call.expect_speech("press 3")
    call.press("3")
    spoken = call.expect_speech("after the tone").text
    voice.advance(10)
    call.say("Please call me back.")
    call.press("#")
    call.expect_speech("thank you for your message")
    voice.run()
    (recording,) = call.recordings
    assert recording.seconds == pytest.approx(10 - len(spoken) * Assumptions().seconds_per_character)
    assert call.timeline.events == ["initiate", "gather", "recordComplete", "disconnect"]


@pytest.mark.parametrize(("keys", "words"), [("9", "That is not a valid choice."), ("", "Goodbye.")])
def test_another_key_repeats_the_menu(voice: Core, keys: str, words: str) -> None:
    """If the caller presses a key that is not in the menu, the menu is repeated. Without a key, the call ends."""
    call = voice.dial("/answer", status_url="/over")
    call.expect_speech("press 1")
    call.press(keys)
    call.expect_speech(words)
    call.hang_up()


def test_an_end_with_an_error_is_logged(voice: Core, caplog: pytest.LogCaptureFixture) -> None:
    """The application logs the error that the disconnect event reports."""
    call = voice.dial("/nowhere", status_url="/over")
    assert call.expect_end() == "callback-error"
    voice.run()
    assert "the call ended with callback-error" in caplog.text
