"""A timeline is compared by tests and read by people."""

import json

import pytest

from bxml.builder.frozen import Frozen
from callcontrol.emulator import Entry, Timeline


@pytest.fixture
def timeline() -> Timeline:
    """A call in short."""
    return Timeline(
        [
            Entry(0.0, "state", "initiated"),
            Entry(0.5, "spoken", "Hello.", Frozen(voice="julie", gender=None)),
            Entry(1.25, "event", "gather", Frozen(digits="1", nested={"a": 1}, length=2), {"eventType": "gather"}),
            Entry(2, "invalid", "1:1: this is wrong\n1:9: and so is that", Frozen(report="first\nsecond")),
        ]
    )


def test_a_person_reads_one_line_for_each_thing(timeline: Timeline) -> None:
    """With the time, the kind, the text, and what is simple of the details; a text of several lines goes on below."""
    assert str(timeline).splitlines() == [
        "    0.00  state     initiated",
        "    0.50  spoken    Hello. · voice: julie",
        "    1.25  event     gather · digits: 1 · length: 2",
        "    2.00  invalid   1:1: this is wrong · report: first",
        "                    1:9: and so is that",
    ]
    assert repr(timeline) == "<Timeline of 4 entries>"
    assert str(Entry(0, "gathered", "")) == "    0.00  gathered  nothing"


def test_a_test_picks_what_it_looks_at(timeline: Timeline) -> None:
    """By kinds, by number, and by parts, which are timelines too."""
    assert timeline.spoken == ["Hello."]
    assert timeline.events == ["gather"]
    assert timeline.texts("state", "spoken") == ["initiated", "Hello."]
    assert timeline[1].text == "Hello."
    assert timeline[:2] == Timeline(list(timeline)[:2])
    assert timeline[-1:].texts("invalid") == [timeline[3].text]
    assert len(timeline) == 4


def test_timelines_are_compared_by_what_happened_when(timeline: Timeline) -> None:
    """What differs from run to run does not count; everything else does."""
    same = Timeline(list(timeline)[:3])
    same.add(Entry(2, "invalid", timeline[3].text, timeline[3].details, content="<Response/>"))
    assert same == timeline
    assert Timeline([Entry(0.1, "state", "initiated"), *timeline[1:]]) != timeline
    assert Timeline([timeline[0], Entry(0.5, "spoken", "Hello."), *timeline[2:]]) != timeline
    assert timeline != list(timeline)
    with pytest.raises(TypeError, match="unhashable"):
        hash(timeline)


def test_what_is_added_while_a_test_reads_is_not_read(timeline: Timeline) -> None:
    """A call may live on meanwhile."""
    for entry in timeline:
        timeline.add(entry)
    assert len(timeline) == 8


def test_a_machine_reads_json(timeline: Timeline) -> None:
    """A list of objects, whose details are there in full, and what was sent is not."""
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
    """They are equal and hashed by what happened."""
    assert len({Entry(0, "state", "queued"), Entry(0, "state", "queued", content=1), Entry(1, "state", "queued")}) == 2
    assert "secret" not in repr(Entry(0, "answer", "200", content="secret"))
