"""Convert attribute values between Python and the wire.

``True`` is ``true``; ``timedelta(seconds=2)`` is ``2``, ``2s`` or ``2000``, depending on the unit of the attribute. Each kind of
value has one spelling: a value read from the wire and written again gives the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from decimal import Decimal

    from bxml.schema import SimpleType

from bxml.xml_text import collapse

LONGEST_NUMBER: Final = 400
"""Digits beyond which a number is not written out: more than any float has, and far more than the schema allows."""


class Kind(NamedTuple):
    """How values of one kind are written and read."""

    write: Callable[[object], str | None]
    """The text of a value; ``None`` for a value of another kind."""
    read: Callable[[str], object]
    """The value of a text that is valid."""
    noun: str | None = None
    """What to give in Python, if the schema's noun does not say it."""


def kind(type_: SimpleType) -> Kind:
    """How values of this type are written and read."""
    return next((KINDS[name] for name in type_.lineage if name in KINDS), TEXT)


def _write_text(value: object) -> str | None:
    # str.__str__ makes a plain string of any subclass; an enumeration's own __str__ would give its name.
    return str.__str__(value) if isinstance(value, str) else None


def _write_bool(value: object) -> str | None:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else None


def _write_integer(value: object) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return int.__repr__(value) if abs(value) < 10**LONGEST_NUMBER else _enormous(value < 0)


def _enormous(negative: bool) -> str:  # noqa: FBT001
    """Stands for a number that Python would not print, or whose digits would fill the memory; the schema allows none."""
    return "-" * negative + "9" * LONGEST_NUMBER


def _write_number(value: object) -> str | None:
    from decimal import Decimal

    if isinstance(value, int):
        return _write_integer(value)
    if isinstance(value, float):
        value = Decimal(float.__repr__(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    if value and abs(value.adjusted()) > LONGEST_NUMBER:
        return _enormous(value < 0) if value.adjusted() > 0 else f"0.{1:0{LONGEST_NUMBER}}"
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _in_units_of(exponent: int) -> Callable[[object], str | None]:
    """Writes numbers, and durations as the number of a unit that is so many powers of ten from the microsecond."""

    def write(value: object) -> str | None:
        from datetime import timedelta
        from decimal import Decimal

        if isinstance(value, timedelta):
            value = Decimal(f"{value // timedelta.resolution}E{exponent}")  # exact, unlike a division
        return _write_number(value)

    return write


_write_seconds: Final = _in_units_of(-6)
_write_milliseconds: Final = _in_units_of(-3)


def _write_time(value: object) -> str | None:
    from datetime import timedelta

    return f"{_write_milliseconds(value)}ms" if isinstance(value, timedelta) else _write_text(value)


def _read_number(text: str) -> int | float | Decimal:
    from decimal import Decimal

    number = Decimal(collapse(text))
    if number == number.to_integral_value():
        return int(number)
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else number


def _write_list(value: object) -> str | None:
    if isinstance(value, str):
        return _write_text(value)
    if not isinstance(value, Sequence):
        return None
    texts = [_write_text(item) for item in cast("Sequence[object]", value)]
    items = [text for text in texts if text is not None and "," not in text]
    return ",".join(items) if len(items) == len(texts) else None


def _read_bool(text: str) -> bool:
    return text == "true"


def _read_list(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


TEXT: Final = Kind(_write_text, str)
KINDS: Final = {
    "bool": Kind(_write_bool, _read_bool, "True or False"),
    "wholeNumber": Kind(_write_integer, _read_number),
    "seconds": Kind(_write_seconds, _read_number),
    "milliseconds": Kind(_write_milliseconds, _read_number),
    "breakTime": Kind(_write_time, str),
    "commaSeparated": Kind(_write_list, _read_list, "a list of texts, none with a comma in it"),
}
"""By the name of the type in the schema."""
