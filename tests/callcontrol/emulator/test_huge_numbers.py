"""If an attribute has its largest value, the emulator neither fails nor fills the memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from bxml import schema, validate
from callcontrol.emulator import Assumptions, Core
from callcontrol.emulator.simulation import LATEST
from tests.callcontrol.emulator.scripted_application import App, response, say

CONTENT: Final = {
    "Conference": "room",
    "Connect": "<Endpoint>desk</Endpoint>",
    "Gather": say("Press 1."),
    "SendDtmf": "1w2",
    "Transfer": "<PhoneNumber>+12125550123</PhoneNumber>",
}
"""For each verb that requires content: the content."""

MORE: Final = {
    "Forward": 'to="+12125550123"',
    "Gather": 'input="dtmf_speech" gatherUrl="/menu"',
    "Record": 'recordCompleteUrl="/menu" recordingAvailableUrl="https://app.example/status"',
}
"""Further attributes of verbs."""

HUGE: Final = "9" * 18
"""The largest number of the types that have no documented limit."""


def _numbers() -> list[tuple[str, str, str]]:
    """Return the verb, the name and the largest value of each attribute that is a number."""
    known = ((verb, each) for verb, attributes in schema.attributes().items() for each in attributes.values())
    numeric = ((verb, each) for verb, each in known if each.type.minimum is not None)
    return [(verb, each.name, HUGE if each.type.maximum is None else str(each.type.maximum)) for verb, each in numeric]


NUMBERS: Final = _numbers()


def test_all_kinds_of_numbers_are_tested() -> None:
    """The list of attributes comes from the schema, so an attribute that is added to the schema is tested too."""
    assert ("Gather", "repeatCount", HUGE) in NUMBERS
    assert ("Gather", "speechTimeout", HUGE) in NUMBERS
    assert ("Pause", "duration", "86400") in NUMBERS
    assert {verb for verb, _, _ in NUMBERS} >= {"Conference", "Forward", "Record", "Ring", "SendDtmf", "Transfer"}


@pytest.mark.parametrize(("verb", "attribute", "value"), NUMBERS)
def test_the_largest_number_is_harmless(verb: str, attribute: str, value: str) -> None:
    """A recording runs at the same time, so its duration and the times in its events are large too."""
    start = '<StartRecording recordingAvailableUrl="https://app.example/status"/>' if verb not in {"Forward", "Record"} else ""
    given = f'<{verb} {attribute}="{value}" {MORE.get(verb, "")}>{CONTENT.get(verb, "")}</{verb}>'
    document = response(start, *[given] * (1 if verb == "Forward" else 12))
    assert not validate(document, select=["schema"])
    app = App(answer=document, menu=response(say("Goodbye."), "<Pause/>"), status=204)
    voice = Core(app)
    voice.phone("+12125550123").does_not_answer()
    call = voice.dial("/answer", status_url="/status")
    voice.run()
    assert call.disconnect_cause in {"hangup", "timeout"}
    assert len(call.timeline) < 500
    assert len(app.received) > 1


def test_the_time_of_day_ends_with_the_dates() -> None:
    """Times that no date can represent are shown as the latest possible date."""
    document = response(f'<Gather input="speech" speechTimeout="{HUGE}" gatherUrl="/answer"/>')
    voice = Core(App(answer=document, status=204), assumptions=Assumptions(max_total_verbs=400))
    call = voice.dial("/answer", status_url="/status")
    voice.run()
    assert call.disconnect_cause == "error"
    assert (call.end_time, call.timeline[-1].at > 300e9) == (LATEST, True)
    assert datetime.now(UTC) < LATEST
