"""Strategies for webhook events, one for each class of event; fields and their types are read from the class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar, cast, overload

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bxml import schema
from bxml.builder.frozen_dict import Frozen
from bxml.strategies.text_strategies import texts
from bxml.strategies.value_strategies import strings
from callcontrol import events as event_classes
from callcontrol.emulator.event_payloads import NAMES, body, written
from callcontrol.events import (
    DEEPEST_EVENT,
    EVENTS,
    BridgeCompleteEvent,
    ConnectStatusEvent,
    Diversion,
    Event,
    MachineDetectionResult,
    MediaStreamRejectedEvent,
    MediaStreamStoppedEvent,
    RealTimeTranscription,
    RealTimeTranscriptionRejectedEvent,
    RealTimeTranscriptionStoppedEvent,
    Sent,
    StirShaken,
    Transcription,
    UnknownEvent,
    wire_name,
)

V = TypeVar("V", bound=Event)


class Generated(NamedTuple):
    """An event, and the JSON object from which ``parse_event`` makes an equal event."""

    event: Any
    body: dict[str, Any]


@overload
def events() -> SearchStrategy[Event]: ...
@overload
def events(kind: type[V]) -> SearchStrategy[V]: ...
@overload
def events(kind: str) -> SearchStrategy[Event]: ...
def events(kind: type[Event] | str = Event) -> SearchStrategy[Any]:
    """Return a strategy for webhook events, as ``parse_event`` returns them.

    Each field is absent in some events. Some strings in ``text`` and ``tag`` break markup if they are not escaped.

    Args:
        kind: Class of the events, such as ``GatherEvent``, or the API's name, such as ``"gather"``. A base class, such as
            ``CallEvent``, stands for all events derived from it. The default is all events, including unknown events.

    Raises:
        ValueError: If ``kind`` is neither a class nor the name of an event.
    """
    return _generated(kind).map(lambda generated: generated.event)


def event_bodies(kind: type[Event] | str = Event) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for the JSON objects of webhook events, as the platform posts them.

    Pass an object to the test client of a web framework, for example ``client.post("/gather", json=body)``. A field without a
    value is absent.

    Args:
        kind: Class of the events, such as ``GatherEvent``, or the API's name, such as ``"gather"``. A base class, such as
            ``CallEvent``, stands for all events derived from it. The default is all events, including unknown events.

    Raises:
        ValueError: If ``kind`` is neither a class nor the name of an event.
    """
    return _generated(kind).map(lambda generated: generated.body)


def _generated(kind: type[Event] | str) -> SearchStrategy[Generated]:
    return st.sampled_from(_classes(kind)).flatmap(_of_class)


def _classes(kind: type[Event] | str) -> list[type[Event]]:
    """Return the event classes that are the given class or a subclass of it."""
    base = EVENTS.get(kind) if isinstance(kind, str) else kind
    known = [*dict.fromkeys(EVENTS.values()), UnknownEvent]
    found = [cls for cls in known if base in cls.__mro__ and base is not object]
    if not found:
        raise ValueError(f'{kind!r} is not an event; expected a class such as GatherEvent, or a name such as "gather"')
    return found


def _of_class(cls: type[Event]) -> SearchStrategy[Generated]:
    if cls is UnknownEvent:
        return st.builds(_unknown, _unknown_types(), st.none() | MOMENTS)
    optional = {
        each.name: _values(cls, each.name, str(each.type)) for each in fields(cls) if wire_name(each.name) in NAMES[cls]
    }
    return st.fixed_dictionaries({}, optional=optional).map(lambda values: _event(cls, values))


def _event(cls: type[Event], values: Mapping[str, Any]) -> Generated:
    sent = body(cls, {wire_name(name): _json(value) for name, value in values.items()})
    return Generated(cls(**values, fields=_frozen(sent)), sent)


def _unknown(event_type: str, when: datetime | None) -> Generated:
    sent = {"eventType": event_type} | ({} if when is None else {"eventTime": written(when)})
    return Generated(UnknownEvent(unknown_type=event_type, event_time=when, fields=_frozen(sent)), sent)


def _unknown_types() -> SearchStrategy[str]:
    return texts().filter(lambda text: text not in EVENTS)


def _json(value: object) -> Any:
    """Return the value of a field as JSON represents it."""
    if isinstance(value, Sent):
        members = {each.name: getattr(value, each.name) for each in fields(value) if each.name != "fields"}
        return {wire_name(name): _json(member) for name, member in members.items() if member is not None}
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else written(value)


def _frozen(sent: Mapping[str, Any]) -> Frozen:
    frozen: Frozen = event_classes._frozen(sent, DEEPEST_EVENT)
    return frozen


def _values(cls: type[Sent], name: str, annotation: str) -> SearchStrategy[Any]:
    """Return a strategy for the values of a field, without ``None``."""
    type_ = annotation.removesuffix(" | None")
    if type_ == "str":
        return _strings(cls, name)
    if type_ in BY_TYPE:
        return BY_TYPE[type_]
    return _objects(getattr(event_classes, type_))


def _objects(cls: type[Sent]) -> SearchStrategy[Sent]:
    """Return a strategy for objects in events."""
    optional = {each.name: _values(cls, each.name, str(each.type)) for each in fields(cls) if each.name != "fields"}
    return st.fixed_dictionaries({}, optional=optional).map(lambda values: _object(cls, values))


def _object(cls: type[Sent], values: Mapping[str, Any]) -> Sent:
    return cls(**values, fields=_frozen(_json(cls(**values))))


# Values of fields


def _strings(cls: type[Sent], name: str) -> SearchStrategy[str]:
    """Return a strategy for the strings of a field."""
    words = WORDS.get((cls, name)) or WORDS.get((None, name))
    if words is not None:
        return st.sampled_from(words.split())
    for ending, strategy in BY_ENDING.items():
        if name.endswith(ending):
            return strategy
    return FROM_SCHEMA[name] if name in FROM_SCHEMA else texts()


WORDS: Final[Mapping[tuple[type[Sent] | None, str], str]] = MappingProxyType(
    {
        (None, "direction"): "inbound outbound",
        (None, "cause"): "hangup busy timeout",
        (BridgeCompleteEvent, "cause"): "busy rejected unknown",
        (MediaStreamRejectedEvent, "cause"): "connection-error duplicate error track-limit",
        (MediaStreamStoppedEvent, "cause"): "closed connection-error error",
        (RealTimeTranscriptionRejectedEvent, "cause"): "connection-error duplicate error track-limit",
        (RealTimeTranscriptionStoppedEvent, "cause"): "closed connection-error error",
        (None, "status"): "complete partial error",
        (Transcription, "status"): "available error",
        (RealTimeTranscription, "status"): "available failed",
        (ConnectStatusEvent, "status"): "INITIATED COMPLETED TIMED_OUT DENIED CANCELED FAILED",
        (MachineDetectionResult, "value"): "human answering-machine silence timeout error tone-detected",
        (Diversion, "reason"): "user-busy no-answer unconditional",
        (Diversion, "screen"): "yes no",
        (Diversion, "privacy"): "off full",
        (StirShaken, "verstat"): "TN-Validation-Passed TN-Verification-Passed",
        (StirShaken, "attestation_indicator"): "A B C",
        (None, "refer_call_status"): "success failure",
        (None, "type"): "WebSocket",
    }
)
"""For each pair of a class and a field name: the documented values of the field. ``None`` stands for all other classes.

The docstrings of the classes list the same values; a test compares them.
"""


def _from_schema(element: str, attribute: str = "") -> SearchStrategy[str]:
    """Return a strategy for the values of an attribute, or for the text of an element."""
    parents = schema.vocabulary().declarations()
    declared = next(each for each in parents if each.name == element and (not attribute or attribute in each.attributes))
    type_ = declared.attributes[attribute].type if attribute else declared.text
    assert type_ is not None
    return strings(type_)


NUMBERS: Final = _from_schema("PhoneNumber") | _from_schema("SipUri")
"""Strategy for phone numbers and SIP URIs."""

FROM_SCHEMA: Final[Mapping[str, SearchStrategy[str]]] = MappingProxyType(
    {
        "from_": NUMBERS | _from_schema("Transfer", "transferCallerId"),
        "to": NUMBERS,
        "transfer_to": NUMBERS,
        "orig_to": NUMBERS,
        "transfer_caller_id": _from_schema("Transfer", "transferCallerId"),
        "tag": _from_schema("Gather", "tag"),
        "digits": _from_schema("Gather", "terminatingDigits"),
        "terminating_digit": _from_schema("Gather", "terminatingDigits").map(lambda keys: keys[:1]),
        "digit": _from_schema("Gather", "terminatingDigits").filter(bool).map(lambda keys: keys[0]),
        "destination": _from_schema("StartStream", "destination"),
        "file_format": _from_schema("Record", "fileFormat"),
        "uui": _from_schema("SipUri", "uui"),
        "caller_display_name": _from_schema("Forward", "callerDisplayName"),
    }
)
"""For each field whose values BXML restricts too, by the field's name: a strategy."""

_UUIDS: Final = st.uuids().map(str)

BY_ENDING: Final[Mapping[str, SearchStrategy[str]]] = MappingProxyType(
    {
        "call_id": _UUIDS.map("c-{}".format),
        "_id": _UUIDS,
        "url": _UUIDS.map("https://voice.bandwidth.com/api/v2/{}".format),
    }
)
"""For each ending of a field name: a strategy. The first ending that fits is used."""

MOMENTS: Final = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
)
"""Strategy for times, with milliseconds as in the API."""

DURATIONS: Final = st.integers(0, 86_400_000).map(lambda milliseconds: timedelta(milliseconds=milliseconds))
"""Strategy for durations of up to one day."""

BY_TYPE: Final[Mapping[str, SearchStrategy[Any]]] = MappingProxyType(
    {
        "bool": st.booleans(),
        "int": st.integers(0, 699),  # SIP statuses and numbers of channels
        "datetime": MOMENTS,
        "timedelta": DURATIONS,
        "tuple[str, ...]": st.lists(st.sampled_from(["inbound", "outbound"]), unique=True, min_size=1).map(tuple),
        "Mapping[str, str]": st.dictionaries(st.from_regex("x-[a-z]{1,8}", fullmatch=True), texts(), max_size=3).map(Frozen),
    }
)
"""For each type of field: a strategy."""
