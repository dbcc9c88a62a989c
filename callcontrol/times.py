"""Times as the API writes them: read leniently, written one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T -](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def moment(text: object) -> datetime | None:
    """A time of the API: ISO 8601 in UTC, also where its Z is missing or a hyphen stands for its T; ``None`` if it is none."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, time, fraction, zone = found.groups("")
    try:
        return datetime.fromisoformat(f"{day}T{time}{fraction.ljust(7, '0') if fraction else ''}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):  # a day there is not, or one before the first
        return None


def in_iso(when: datetime) -> str:
    """A time as the API writes it: UTC, milliseconds, Z.

    Raises:
        OverflowError: if UTC has no such day.
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
