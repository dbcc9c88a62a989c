"""JSON payloads of events; the fields of each event come from the class that parses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from callcontrol.events import EVENTS, CallEvent, ConnectStatusEvent, Event, wire_name
from callcontrol.iso8601 import duration_in_iso, in_iso

SEEN_ON_INITIATE_ONLY: Final = frozenset({"privacy", "callerDisplayName"})
"""Fields that every class of a call event has, although the platform was seen to send them only with ``initiate``."""

ABSENT: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "initiate": frozenset({"enqueuedTime", "answerTime", "tag"}),
        "recordingAvailable": frozenset({"answerTime"}),
        "transcriptionAvailable": frozenset({"answerTime"}),
        "referComplete": frozenset({"enqueuedTime"}),
    }
)
"""For each of these event types: the fields that its events lack, although all other call events have them."""


def _names(cls: type[Event]) -> tuple[str, ...]:
    found = [wire_name(each.name) for each in fields(cls) if each.name != "fields"]
    absent = ABSENT.get(cls.event_type, frozenset())
    if issubclass(cls, CallEvent) and cls.event_type != "initiate":
        absent |= SEEN_ON_INITIATE_ONLY
    return tuple(name for name in found if name not in absent)


NAMES: Final[Mapping[type[Event], tuple[str, ...]]] = MappingProxyType({cls: _names(cls) for cls in EVENTS.values()})
"""For each class of event: the API's names of the fields that its events may have, except the field for the event type."""


def body(cls: type[Event], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of an event; as on the platform, a field without a value is absent, not null."""
    present = {name: values[name] for name in NAMES[cls] if values.get(name) is not None}
    # ConnectStatusEvent is the only event whose type is not in the field eventType.
    type_field = "event" if cls is ConnectStatusEvent else "eventType"
    return {type_field: cls.event_type, **{name: written(value) for name, value in present.items()}}


def written(value: object) -> Any:
    """Return a value as JSON represents it."""
    if isinstance(value, datetime):
        return in_iso(value)
    if isinstance(value, timedelta):
        return duration_in_iso(value)
    if isinstance(value, Mapping):
        return {name: written(member) for name, member in cast("Mapping[str, Any]", value).items() if member is not None}
    return value
