"""People and machines are reminded, and told that the office closes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcontrol import BasicAuth, Client
from callcontrol.emulator.core import Core
from examples import reminder

NUMBER = "+12125550123"


@pytest.fixture
def voice() -> Iterator[Core]:
    """The platform, with the reminder as its application."""
    with Core(reminder.app) as voice:
        reminder.appointments.clear()
        reminder.active.clear()
        yield voice


@pytest.fixture
def api(voice: Core) -> Client:
    """The application's client, for what its own people do."""
    return Client("9900123", BasicAuth("user", "pass"), send=voice.handle)


@pytest.mark.parametrize(
    ("keys", "words", "outcome"),
    [("1", "Thank you", "confirmed"), ("2", "cancelled", "cancelled"), ("5", "We will call again", "called")],
)
def test_a_person_answers(voice: Core, api: Client, keys: str, words: str, outcome: str) -> None:
    """A person confirms, cancels, or does neither."""
    reminder.remind(NUMBER, api)
    (call,) = voice.calls
    call.expect_speech("press 1 to confirm")
    call.press(keys)
    call.expect_speech(words)
    assert call.expect_end() == "hangup"
    voice.run()
    assert reminder.appointments == {NUMBER: outcome}
    assert reminder.active == set()


def test_a_machine_answers(voice: Core, api: Client) -> None:
    """A machine is left a message, and asked nothing."""
    voice.phone(NUMBER).answers(after=12, by="answering-machine")
    reminder.remind(NUMBER, api)
    (call,) = voice.calls
    call.expect_speech("you have an appointment")
    assert call.expect_end() == "hangup"
    assert not any("press 1" in sentence for sentence in call.timeline.spoken)


@pytest.mark.parametrize("how", ["is_busy", "does_not_answer", "rejects"])
def test_nobody_answers(voice: Core, api: Client, how: str) -> None:
    """Whoever is not reached is noted with the cause."""
    getattr(voice.phone(NUMBER), how)()
    reminder.remind(NUMBER, api)
    voice.run()
    assert reminder.appointments[NUMBER].startswith("not reached: ")
    assert reminder.active == set()


def test_the_office_closes(voice: Core, api: Client) -> None:
    """Whoever is on the line is told at once, in the middle of whatever they hear."""
    others = ["+12125550124", "+12125550125"]
    for number in (NUMBER, *others):
        reminder.remind(number, api)
    first, *rest = voice.calls
    first.expect_speech("press 1")
    first.press("1")
    first.expect_end()
    assert reminder.close(api) == {"told": 2}
    for call in rest:
        call.expect_speech("our office is closing")
        assert call.expect_end() == "hangup"
    assert "Our office is closing now. Please call us tomorrow." not in first.timeline.spoken
