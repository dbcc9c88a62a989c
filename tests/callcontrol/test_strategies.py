"""The strategies for property tests generate events as the platform sends them, and responses of every kind."""

import json
import re
from dataclasses import fields
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bxml import parse, schema
from callcontrol import Reply, parse_event
from callcontrol.emulator.event_payloads import NAMES
from callcontrol.events import (
    EVENTS,
    CallEvent,
    ConferenceEvent,
    Event,
    GatherEvent,
    MediaStream,
    Sent,
    UnknownEvent,
    wire_name,
)
from callcontrol.strategies import event_bodies, events, responses
from callcontrol.strategies.event_strategies import FROM_SCHEMA, WORDS, Generated, _generated, _objects
from callcontrol.strategies.webhook_response_strategies import ALL_KINDS, BY_KIND
from tests.schema_validators import against_schema, libxml2_allows

CLASSES: Final = sorted({*EVENTS.values(), UnknownEvent}, key=lambda cls: cls.__name__)
SEARCH: Final = settings(database=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


def generated(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return values that a strategy generates."""
    values: list[Any] = []
    settings(SEARCH, max_examples=count)(given(strategy)(lambda value: values.append(value)))()  # noqa: PLW0108  Hypothesis reads its code
    return values


@given(made=_generated(Event))
def test_each_body_is_parsed_as_its_event(made: Generated) -> None:
    """The body of an event, as JSON or as an object, parses to an event that is equal to the generated event in all fields."""
    for sent in (json.dumps(made.body).encode(), made.body):
        read = parse_event(sent)
        assert read == made.event
        assert read.fields == made.event.fields
        assert repr(read) == repr(made.event)


@pytest.mark.parametrize("cls", CLASSES)
def test_each_class_of_event_is_generated_with_each_field(cls: type[Event]) -> None:
    """Events of each class are generated. Each field that the platform sends is present in some events and absent in others."""
    found = generated(events(cls), 100)
    assert {type(event) for event in found} == {cls}
    for each in fields(cls):
        if wire_name(each.name) in NAMES.get(cls, ()):
            assert {getattr(event, each.name) is None for event in found} == {True, False}, each.name


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_events_are_generated_by_name(name: str) -> None:
    """The API's name of an event selects its class, for events and for bodies."""
    assert {type(event) for event in generated(events(name), 10)} == {EVENTS[name]}
    assert {type(parse_event(body)) for body in generated(event_bodies(name), 10)} == {EVENTS[name]}


@pytest.mark.parametrize("base", [Event, CallEvent, ConferenceEvent])
def test_a_base_class_stands_for_its_events(base: type[Event]) -> None:
    """A base class selects all classes that are derived from it, and ``Event`` also selects unknown events."""
    assert {type(event) for event in generated(events(base), 2000)} == {cls for cls in CLASSES if issubclass(cls, base)}


def test_events_of_all_classes_are_the_default() -> None:
    """Without an argument, events and bodies of many classes are generated."""
    assert len({type(event) for event in generated(events(), 300)}) > 20
    assert len({type(parse_event(body)) for body in generated(event_bodies(), 300)}) > 20


def test_an_unknown_kind_of_event_raises() -> None:
    """A name or class that is not an event raises immediately."""
    for kind in ("hangup", GatherEvent.__mro__[-1]):
        with pytest.raises(
            ValueError, match='is not an event; expected a class such as GatherEvent, or a name such as "gather"'
        ):
            events(kind)


def test_callers_say_markup() -> None:
    """Speech contains characters that break markup, and keys are those of a telephone."""
    found = generated(events(GatherEvent), 200)
    assert any("<" in (event.text or "") for event in found)
    assert any("&" in (event.text or "") for event in found)
    assert all(re.fullmatch("[0-9*#a-dA-D]*", event.digits or "") for event in found)
    assert all(len(event.terminating_digit or "") <= 1 for event in found)


@pytest.mark.parametrize(("cls", "name"), WORDS, ids=[f"{cls.__name__ if cls else 'any'}-{name}" for cls, name in WORDS])
def test_words_are_documented(cls: type[Sent] | None, name: str) -> None:
    """The docstring of a class that has the field contains each value of the table."""
    holders: list[type[Sent]] = [cls] if cls else [each for each in CLASSES if name in {field.name for field in fields(each)}]
    holders = holders or [MediaStream]
    documented = [" ".join(base.__doc__ or "" for base in holder.__mro__) for holder in holders]
    missing = [word for word in WORDS[cls, name].split() if not any(f"``{word}``" in text for text in documented)]
    assert not missing


def test_tables_name_fields_that_exist() -> None:
    """Each field in the tables of values is a field of an event or of an object in an event."""
    known = {field.name for cls in [*CLASSES, *Sent.__subclasses__()] for field in fields(cls)}
    assert {name for _, name in WORDS} | FROM_SCHEMA.keys() <= known


@given(stream=_objects(MediaStream))
def test_objects_keep_all_members(stream: MediaStream) -> None:
    """An object in an event has all its members in ``fields`` too."""
    assert (stream.name is None) == ("name" not in stream.fields)


@given(response=responses("document"))
def test_documents_are_valid(response: Reply) -> None:
    """A response with a document has status 200, the media type of XML, and valid BXML."""
    assert (response.status, response.headers["Content-Type"]) == (200, "application/xml; charset=utf-8")
    assert libxml2_allows(response.body)
    parse(response.body)


def test_invalid_documents_have_different_faults() -> None:
    """No response of the kind ``invalid`` has valid BXML. Bodies are too large, are malformed, or have another format."""
    found = generated(responses("invalid"), 150)
    assert {response.status for response in found} == {200}
    assert all(against_schema(response.body) for response in found)
    assert any(len(response.body) > schema.maximum_bytes() for response in found)
    assert any(libxml2_allows(response.body) for response in found)  # only too large
    assert any(response.body == b"OK" for response in found)
    assert any(b"<Unknown/>" in response.body for response in found)


def test_empty_responses_and_errors() -> None:
    """Empty responses have no body. Errors have a status of 4xx or 5xx, and some errors have a body."""
    assert {(response.status, response.body) for response in generated(responses("empty"), 50)} == {(204, b""), (200, b"")}
    found = generated(responses("error"), 300)
    assert {response.status // 100 for response in found} == {4, 5}
    assert {bool(response.body) for response in found} == {True, False}


def test_responses_of_all_kinds_are_the_default() -> None:
    """Without an argument, responses of all kinds are generated. With several kinds, only these kinds are generated."""
    assert tuple(BY_KIND) == ALL_KINDS
    assert {response.status // 100 for response in generated(responses(), 300)} == {2, 4, 5}
    assert {response.status // 100 for response in generated(responses("document", "empty"), 50)} == {2}


def test_an_unknown_kind_of_response_raises() -> None:
    """A misspelled kind raises immediately."""
    with pytest.raises(ValueError, match="'valid' is not a kind of response; expected document, invalid, empty, error"):
        responses("valid")  # type: ignore[arg-type]
