"""Options that accept a time. It is relative, such as ``10m`` or ``yesterday``, or absolute, in ISO 8601 format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import click

from bxml.messages.text import quote
from callcontrol.iso8601 import in_iso

F = TypeVar("F", bound=Callable[..., Any])

_UNITS: Final = ("weeks", "days", "hours", "minutes", "seconds")

_DURATION: Final = re.compile("".join(f"(?:(?P<{unit}>[0-9]{{1,9}}){unit[0].upper()})?" for unit in _UNITS), re.ASCII)
"""Matches a duration such as ``10m`` or ``1h30m``; also an empty string."""

_DAYS_BACK: Final[Mapping[str, int]] = {"TODAY": 0, "YESTERDAY": 1}

_ABSOLUTE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)
_TIME_OF_DAY: Final = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)

EXPECTED: Final = (
    "expected a duration before now such as 10m, 2h or 3d; now, today or yesterday; "
    "or a date or time such as 2026-11-02, 2026-11-02T09:30 or 09:30"
)
"""Last part of the message for an invalid time."""


def point_in_time(text: str, now: datetime) -> datetime:
    """Return the time that an option's value describes, in UTC.

    A duration such as ``10m`` means ten minutes before now. A date, ``today`` and ``yesterday`` mean the beginning of the day.
    A time of day is a time of today. A time without a UTC offset is in the time zone of this machine.

    Args:
        text: The value.
        now: The current time, with its UTC offset.

    Raises:
        ValueError: If the value is not a time, or is outside the years 1 to 9999 in UTC.
    """
    try:
        # For a time without an offset, astimezone() finds the offset that the zone has at that time.
        return _read(text.strip().upper(), now).astimezone(UTC)
    except _NotATime:
        raise ValueError(f"{quote(text)} is not a time; {EXPECTED}") from None
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"{quote(text)} is too far in the past or in the future") from None


class _NotATime(Exception):
    """The value of an option is not a time."""


def _read(text: str, now: datetime) -> datetime:
    """Return the time that a string in upper case describes. If the string has no UTC offset, the time has no UTC offset."""
    midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if text == "NOW":
        return now
    if text in _DAYS_BACK:
        return midnight - timedelta(days=_DAYS_BACK[text])
    if text and (found := _DURATION.fullmatch(text)):
        return now - timedelta(**{unit: int(count) for unit, count in found.groupdict("0").items()})
    if _TIME_OF_DAY.fullmatch(text):
        text = f"{midnight.date().isoformat()}T{text}"
    if not _ABSOLUTE.fullmatch(text):
        raise _NotATime
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # a day or an hour that does not exist
        raise _NotATime from None


def check_order(earliest: datetime | None, latest: datetime | None) -> None:
    """Check that a range of times is not empty.

    Raises:
        click.UsageError: If the range ends before it begins.
    """
    if earliest and latest and earliest > latest:
        message = f"--since, {in_iso(earliest)}, is after --until, {in_iso(latest)}"
        raise click.UsageError(message, click.get_current_context())


def _time(context: click.Context, _: click.Parameter, text: str | None) -> datetime | None:
    """Return an option's value as a time, or ``None`` if it was not given.

    Raises:
        click.BadParameter: If the value is not a time.
    """
    if text is None:
        return None
    # Both options are relative to the same time, so that "--since now --until now" is a valid range.
    now: datetime = context.meta.setdefault(__name__, datetime.now().astimezone())
    try:
        return point_in_time(text, now)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def time_range(command: F) -> F:
    """Add the options ``--since`` and ``--until`` to a command. The names of the API's filters work too."""
    since = (
        "Only calls that started at or after this time: a duration before now such as 10m, 2h or 3d; now, today or yesterday; "
        "or a date or time such as 2026-11-02 or 2026-11-02T09:30. A time without a UTC offset is in the time zone of this "
        "machine."
    )
    until = "Only calls that started at or before this time, in the same formats."
    # click lists the most recently added option at the top.
    add_until = click.option("--until", "--max-start-time", "max_start_time", metavar="TIME", callback=_time, help=until)
    add_since = click.option("--since", "--min-start-time", "min_start_time", metavar="TIME", callback=_time, help=since)
    return add_since(add_until(command))
