"""Times and durations in the API's format, ISO 8601. Reading accepts several variants; writing uses one of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T -](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:?\d\d)?", re.ASCII)

_DURATION: Final = re.compile(r"P(?=.)(\d+D)?(?:T(?=.)(\d+H)?(\d+M)?(?:(\d+)(?:\.(\d+))?S)?)?", re.ASCII)

LONGEST_DURATION: Final = 40
"""Maximum number of characters of a duration. A duration with all parts and nanoseconds is shorter."""


def moment(text: object) -> datetime | None:
    """Return a time in UTC, or ``None`` if the value is not a time in ISO 8601.

    The ``Z`` may be missing, and a space or a hyphen may replace the ``T``.
    """
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, time, fraction, zone = found.groups("")
    try:
        return datetime.fromisoformat(f"{day}T{time}{fraction.ljust(7, '0') if fraction else ''}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):  # a day that does not exist, or a time before the year 1 in UTC
        return None


def duration(text: object) -> timedelta | None:
    """Return a duration such as ``PT1M52.217257456S``, to the microsecond, or ``None`` if the value is not a duration."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) and len(text) <= LONGEST_DURATION else None
    if found is None:
        return None
    days, hours, minutes, seconds, fraction = (part.rstrip("DHM") for part in found.groups("0"))
    try:
        return timedelta(int(days), int(seconds), int(fraction[:6].ljust(6, "0")), 0, int(minutes), int(hours))
    except OverflowError:  # more days than a timedelta can hold
        return None


def in_iso(when: datetime) -> str:
    """Return a time as the API writes it: in UTC, with milliseconds and ``Z``.

    Raises:
        OverflowError: If the time is outside the years 1 to 9999 in UTC.
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration_in_iso(length: timedelta) -> str:
    """Return a duration as the API writes it: minutes and seconds, such as ``PT1M2.5S``."""
    minutes, seconds = divmod(length, timedelta(minutes=1))
    return f"PT{f'{minutes}M' if minutes else ''}{seconds.total_seconds():.3f}".rstrip("0").rstrip(".") + "S"
