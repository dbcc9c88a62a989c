"""Times on the command line: relative and absolute, with the local time zone as the default."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcontrol.command.time_options import point_in_time

NOW = datetime(2026, 11, 2, 14, 30, 15, 250000, tzinfo=UTC)

offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(4, 1, 1), datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001  the strategy adds an offset
recent = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001  local times


def outcome(text: str) -> str:
    """Return ``a time`` if the text is a time, otherwise the message of the error."""
    try:
        return "a time" if point_in_time(text, NOW).utcoffset() == timedelta() else "a time with an offset"
    except ValueError as error:
        return str(error)


@pytest.fixture(scope="module")
def zone() -> Iterator[Callable[[str], None]]:
    """Return a function that changes the time zone of this process until the end of the module."""
    with pytest.MonkeyPatch.context() as patch:

        def change(name: str) -> None:
            patch.setenv("TZ", name)
            time.tzset()

        yield change
    time.tzset()


class TestRelativeTimes:
    """Durations such as ``10m``, and words such as ``today``."""

    @given(
        weeks=st.integers(0, 50), days=st.integers(0, 99), hours=st.integers(0, 99), minutes=st.integers(0, 999), now=moments
    )
    def test_duration_is_subtracted_from_now(self, weeks: int, days: int, hours: int, minutes: int, now: datetime) -> None:
        """Each unit of a duration counts, in any combination, in upper and in lower case."""
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=5)
        text = f"{weeks}w{days}d{hours}h{minutes}m5s"
        assert point_in_time(text, now) == point_in_time(f" {text.upper()} ", now) == now - length

    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("30s", timedelta(seconds=30)),
            ("10m", timedelta(minutes=10)),
            ("2h", timedelta(hours=2)),
            ("1h30m", timedelta(minutes=90)),
            ("3d", timedelta(days=3)),
            ("1w", timedelta(days=7)),
            ("now", timedelta()),
        ],
    )
    def test_documented_durations(self, text: str, length: timedelta) -> None:
        """A duration can have a single unit."""
        assert point_in_time(text, NOW) == NOW - length

    @pytest.mark.parametrize(
        ("name", "now", "today", "yesterday"),
        [
            ("UTC", "2026-11-02T14:30Z", "2026-11-02T00:00Z", "2026-11-01T00:00Z"),
            # In New York, the clocks went back on 1 November 2026, so this day had 25 hours.
            ("America/New_York", "2026-11-02T14:30Z", "2026-11-02T05:00Z", "2026-11-01T04:00Z"),
            # In Tokyo, the next day has begun.
            ("Asia/Tokyo", "2026-11-02T16:30Z", "2026-11-02T15:00Z", "2026-11-01T15:00Z"),
        ],
    )
    def test_days_begin_at_local_midnight(
        self, zone: Callable[[str], None], name: str, now: str, today: str, yesterday: str
    ) -> None:
        """``today`` and ``yesterday`` are days of the local time zone, also after a change of the clocks."""
        zone(name)
        when = datetime.fromisoformat(now)
        assert point_in_time("today", when) == datetime.fromisoformat(today)
        assert point_in_time("Yesterday", when) == datetime.fromisoformat(yesterday)


class TestAbsoluteTimes:
    """Dates and times in ISO 8601."""

    @given(when=moments, separator=st.sampled_from("T t"))
    def test_time_with_an_offset_does_not_depend_on_the_zone(self, when: datetime, separator: str) -> None:
        """A time with an offset is converted exactly."""
        found = point_in_time(when.isoformat(separator), NOW)
        assert found == when
        assert found.utcoffset() == timedelta()

    @given(when=recent, name=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]))
    def test_time_without_an_offset_is_local(self, zone: Callable[[str], None], when: datetime, name: str) -> None:
        """A time without an offset has the offset of the local zone at that time."""
        zone(name)
        assert point_in_time(when.isoformat(), NOW) == when.astimezone(UTC)
        assert point_in_time(when.date().isoformat(), NOW) == datetime(when.year, when.month, when.day).astimezone(UTC)

    @pytest.mark.parametrize(
        ("text", "when"),
        [
            ("2026-11-02", "2026-11-02T05:00Z"),
            ("2026-07-02", "2026-07-02T04:00Z"),
            ("2026-11-02T09:30", "2026-11-02T14:30Z"),
            ("2026-11-02 09:30:15", "2026-11-02T14:30:15Z"),
            ("2026-11-02t09:30z", "2026-11-02T09:30Z"),
            ("2026-11-02T09:30:15.123456789Z", "2026-11-02T09:30:15.123456Z"),
            ("2026-11-02T09:30+0100", "2026-11-02T08:30Z"),
            ("2026-11-02T09:30-05", "2026-11-02T14:30Z"),
            ("08:45", "2026-11-02T13:45Z"),
            ("08:45:30", "2026-11-02T13:45:30Z"),
        ],
    )
    def test_documented_formats(self, zone: Callable[[str], None], text: str, when: str) -> None:
        """Seconds, the ``T`` and the offset are optional. If only a time of day is given, it is a time of today."""
        zone("America/New_York")
        assert point_in_time(text, NOW) == datetime.fromisoformat(when)


class TestInvalidTimes:
    """Messages about values that are not times."""

    @pytest.mark.parametrize(
        "text", ["", " ", "soon", "10", "10 m", "-10m", "m", "1.5h", "10x", "2026-02-30", "2026-11-02T25:00", "24:30", "٣d"]
    )
    def test_message_names_the_formats(self, text: str) -> None:
        """The message quotes the value, and names what is allowed."""
        with pytest.raises(
            ValueError, match=r"is not a time; expected a duration before now such as 10m, 2h or 3d; now, "
        ) as e:
            point_in_time(text, NOW)
        assert str(e.value).startswith(f'"{text}" ')

    @pytest.mark.parametrize("text", ["999999999w", "9999999d", "0001-01-01T00:00+12:00", "9999-12-31T23:59-12:00"])
    def test_time_out_of_range(self, text: str) -> None:
        """A time that Python cannot represent is reported without another library's words."""
        with pytest.raises(ValueError, match=f'^"{text}" is too far in the past or in the future$'.replace("+", r"\+")):
            point_in_time(text, NOW)

    @pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo"])
    @pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59"])
    def test_local_time_at_the_ends_of_the_calendar(self, zone: Callable[[str], None], name: str, text: str) -> None:
        """The first and the last day of the calendar may be out of range, depending on the local zone."""
        zone(name)
        assert outcome(text) in {"a time", f'"{text}" is too far in the past or in the future'}

    @given(st.one_of(st.text(), st.from_regex(r"[0-9:+.TZ -]*", fullmatch=True)))
    @example("0000-01-01")
    def test_any_text_is_a_time_or_a_value_error(self, text: str) -> None:
        """No text causes any other error, and every message is one line."""
        assert "\n" not in outcome(text)
