"""Timelines can be compared by tests and read by people."""

import json

import pytest

from bxml import Response
from bxml.builder.frozen_dict import Frozen
from callcontrol.emulator import Core, Entry, Timeline
from tests.callcontrol.emulator.table_application import Answers


@pytest.fixture
def timeline() -> Timeline:
    """A timeline with entries of several kinds."""
    return Timeline(
        [
            Entry(0.0, "state", "initiated"),
            Entry(0.5, "spoken", "Hello.", Frozen(voice="julie", gender=None)),
            Entry(1.25, "event", "gather", Frozen(digits="1", nested={"a": 1}, length=2), {"eventType": "gather"}),
            Entry(2, "invalid", "1:1: this is wrong\n1:9: and so is that", Frozen(report="first\nsecond")),
        ]
    )


def test_an_entry_is_one_line(timeline: Timeline) -> None:
    """A line has time, kind, text and simple details. Further lines of the text follow and are indented."""
    assert str(timeline).splitlines() == [
        "    0.00  state     initiated",
        "    0.50  spoken    Hello. · voice: julie",
        "    1.25  event     gather · digits: 1 · length: 2",
        "    2.00  invalid   1:1: this is wrong · report: first",
        "                    1:9: and so is that",
    ]
    assert repr(timeline) == "<Timeline of 4 entries>"
    assert str(Entry(0, "gathered", "")) == "    0.00  gathered  nothing"


def test_entries_are_selected_by_kind_and_index(timeline: Timeline) -> None:
    """A slice of a timeline is a timeline."""
    assert timeline.spoken == ["Hello."]
    assert timeline.events == ["gather"]
    assert timeline.texts("state", "spoken") == ["initiated", "Hello."]
    assert timeline[1].text == "Hello."
    assert timeline[:2] == Timeline(list(timeline)[:2])
    assert timeline[-1:].texts("invalid") == [timeline[3].text]
    assert len(timeline) == 4


def test_timelines_are_equal_without_their_contents(timeline: Timeline) -> None:
    """The contents of entries differ from run to run, so they are not compared. All other values are compared."""
    same = Timeline(list(timeline)[:3])
    same.add(Entry(2, "invalid", timeline[3].text, timeline[3].details, content="<Response/>"))
    assert same == timeline
    assert Timeline([Entry(0.1, "state", "initiated"), *timeline[1:]]) != timeline
    assert Timeline([timeline[0], Entry(0.5, "spoken", "Hello."), *timeline[2:]]) != timeline
    assert timeline != list(timeline)
    with pytest.raises(TypeError, match="unhashable"):
        hash(timeline)


def test_iteration_ignores_new_entries(timeline: Timeline) -> None:
    """A call may add entries while a test iterates."""
    for entry in timeline:
        timeline.add(entry)
    assert len(timeline) == 8


def test_a_timeline_is_converted_to_json(timeline: Timeline) -> None:
    """The JSON list has all details, but no contents."""
    written = json.loads(timeline.as_json())
    assert written[2] == {
        "at": 1.25,
        "kind": "event",
        "text": "gather",
        "details": {"digits": "1", "nested": {"a": 1}, "length": 2},
    }
    assert [each["kind"] for each in written] == ["state", "spoken", "event", "invalid"]
    assert json.loads(Timeline([Entry(0, "played", "¡Olé!", Frozen(what=ValueError("x")))]).as_json())[0]["details"] == {
        "what": "x"
    }
    assert "¡Olé!" in Timeline([Entry(0, "played", "¡Olé!")]).as_json()


def test_entries_are_values() -> None:
    """Entries are compared and hashed without their contents."""
    assert len({Entry(0, "state", "queued"), Entry(0, "state", "queued", content=1), Entry(1, "state", "queued")}) == 2
    assert "secret" not in repr(Entry(0, "answer", "200", content="secret"))


def test_watch_receives_every_entry() -> None:
    """The function of Core.watch is called with each entry of calls and conferences."""
    voice = Core(Answers(answer=Response().conference("room")))
    seen: list[str] = []
    voice.watch(lambda _, entry: seen.append(entry.text))
    call = voice.dial("/answer")
    voice.advance(1)
    assert seen
    assert set(seen) == {entry.text for entry in (*call.timeline, *voice.conferences[0].timeline)}
