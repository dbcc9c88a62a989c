"""Events as they are sent: which fields each has is read from the classes that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from callcontrol.events import EVENTS, CallEvent, ConnectStatusEvent, Event, wire_name
from callcontrol.iso8601 import duration_in_iso, in_iso

SEEN_ON_INITIATE_ONLY: Final = frozenset({"privacy", "callerDisplayName"})

ABSENT: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "initiate": frozenset({"enqueuedTime", "answerTime", "tag"}),
        "recordingAvailable": frozenset({"answerTime"}),
        "transcriptionAvailable": frozenset({"answerTime"}),
        "referComplete": frozenset({"enqueuedTime"}),
    }
)
"""Fields of every event of a call that these do not have."""


def _names(cls: type[Event]) -> tuple[str, ...]:
    found = [wire_name(each.name) for each in fields(cls) if each.name != "fields"]
    absent = ABSENT.get(cls.event_type, frozenset())
    if issubclass(cls, CallEvent) and cls.event_type != "initiate":
        absent |= SEEN_ON_INITIATE_ONLY
    return tuple(name for name in found if name not in absent)


NAMES: Final[Mapping[type[Event], tuple[str, ...]]] = MappingProxyType({cls: _names(cls) for cls in EVENTS.values()})
"""The fields that each event may have, by the API's names, after its type."""


def body(cls: type[Event], values: Mapping[str, Any]) -> dict[str, Any]:
    """An event with those of its fields that have a value; as on the wire, others are absent rather than null."""
    given = {name: values[name] for name in NAMES[cls] if values.get(name) is not None}
    named = "event" if cls is ConnectStatusEvent else "eventType"
    return {named: cls.event_type, **{name: written(value) for name, value in given.items()}}


def written(value: object) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return in_iso(value)
    if isinstance(value, timedelta):
        return duration_in_iso(value)
    if isinstance(value, Mapping):
        return {name: written(member) for name, member in cast("Mapping[str, Any]", value).items() if member is not None}
    return value
