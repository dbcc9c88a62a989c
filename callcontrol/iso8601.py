"""Times and durations as the API writes them: read leniently, written one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T -](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:?\d\d)?", re.ASCII)

_DURATION: Final = re.compile(r"P(?=.)(\d+D)?(?:T(?=.)(\d+H)?(\d+M)?(?:(\d+)(?:\.(\d+))?S)?)?", re.ASCII)

LONGEST_DURATION: Final = 40
"""Characters; one with every part and nanoseconds has fewer."""


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


def duration(text: object) -> timedelta | None:
    """A duration of the API: ISO 8601 such as ``PT1M52.217257456S``, to the microsecond; ``None`` if it is none."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) and len(text) <= LONGEST_DURATION else None
    if found is None:
        return None
    days, hours, minutes, seconds, fraction = (part.rstrip("DHM") for part in found.groups("0"))
    try:
        return timedelta(int(days), int(seconds), int(fraction[:6].ljust(6, "0")), 0, int(minutes), int(hours))
    except OverflowError:  # more days than Python counts
        return None


def in_iso(when: datetime) -> str:
    """A time as the API writes it: UTC, milliseconds, Z.

    Raises:
        OverflowError: if UTC has no such day.
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration_in_iso(length: timedelta) -> str:
    """A duration as the API writes it: ISO 8601 with minutes and seconds, such as ``PT1M2.5S``."""
    minutes, seconds = divmod(length, timedelta(minutes=1))
    return f"PT{f'{minutes}M' if minutes else ''}{seconds.total_seconds():.3f}".rstrip("0").rstrip(".") + "S"
