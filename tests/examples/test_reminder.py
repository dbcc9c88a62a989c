"""``examples/reminder.py``: people and machines are reminded, and active calls are interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcontrol import BasicAuth, Client
from callcontrol.emulator.in_process_emulator import Core
from examples import reminder

NUMBER = "+12125550123"


@pytest.fixture
def voice() -> Iterator[Core]:
    """Return an emulator that runs the reminder."""
    with Core(reminder.app) as voice:
        reminder.appointments.clear()
        reminder.active.clear()
        yield voice


@pytest.fixture
def api(voice: Core) -> Client:
    """Return the client of the application."""
    return Client("9900123", BasicAuth("user", "pass"), send=voice.handle)


@pytest.mark.parametrize(
    ("keys", "words", "outcome"),
    [("1", "Thank you", "confirmed"), ("2", "canceled", "canceled"), ("5", "We will call again", "called")],
)
def test_the_key_of_a_person_is_stored(voice: Core, api: Client, keys: str, words: str, outcome: str) -> None:
    """The application stores that a person confirmed, canceled, or pressed another key."""
    reminder.remind(NUMBER, api)
    (call,) = voice.calls
    call.expect_speech("press 1 to confirm")
    call.press(keys)
    call.expect_speech(words)
    assert call.expect_end() == "hangup"
    voice.run()
    assert reminder.appointments == {NUMBER: outcome}
    assert reminder.active == set()


def test_a_machine_receives_a_message(voice: Core, api: Client) -> None:
    """An answering machine hears the reminder without the question."""
    voice.phone(NUMBER).answers(after=12, by="answering-machine")
    reminder.remind(NUMBER, api)
    (call,) = voice.calls
    call.expect_speech("you have an appointment")
    assert call.expect_end() == "hangup"
    assert not any("press 1" in sentence for sentence in call.timeline.spoken)


@pytest.mark.parametrize("reaction", ["is_busy", "does_not_answer", "rejects"])
def test_an_unanswered_call_is_stored_with_its_cause(voice: Core, api: Client, reaction: str) -> None:
    """If a call is not answered, the application stores the cause."""
    getattr(voice.phone(NUMBER), reaction)()
    reminder.remind(NUMBER, api)
    voice.run()
    assert reminder.appointments[NUMBER].startswith("not reached: ")
    assert reminder.active == set()


def test_closing_the_office_interrupts_active_calls(voice: Core, api: Client) -> None:
    """The announcement is spoken at once in each active call, but not in a call that has ended."""
    others = ["+12125550124", "+12125550125"]
    for number in (NUMBER, *others):
        reminder.remind(number, api)
    first, *rest = voice.calls
    first.expect_speech("press 1")
    first.press("1")
    first.expect_end()
    assert reminder.close(api) == {"interrupted": 2}
    for call in rest:
        call.expect_speech("our office is closing")
        assert call.expect_end() == "hangup"
    assert "Our office is closing now. Please call us tomorrow." not in first.timeline.spoken
