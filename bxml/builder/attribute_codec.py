"""Convert attribute values between Python and XML.

``True`` becomes ``true``; ``timedelta(seconds=2)`` becomes ``2``, ``2000`` or ``2000ms``, depending on the attribute's type.
Each value has one spelling, so a document that is read and written again has the same attribute values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from decimal import Decimal

    from bxml.schema import SimpleType

from bxml.messages.string_likes import behaves_like_string, is_a
from bxml.xml_text import collapse

# Only the functions that use decimal and datetime import them, because both imports are slow and rarely needed.

LONGEST_NUMBER: Final = 400
"""Maximum number of digits that are written out. No float has more digits, and the schema allows far fewer digits."""


class Kind(NamedTuple):
    """The functions that convert one kind of value to a string in XML and back."""

    write: Callable[[object], str | None]
    """Function that returns the string in XML, or ``None`` for a value of another kind."""
    read: Callable[[str], object]
    """Function that returns the Python value of a valid string."""
    noun: str | None = None
    """Noun for the values that Python code must pass; ``None`` to use the noun of the schema."""


def kind(type_: SimpleType) -> Kind:
    """Return the entry of :data:`KINDS` for a type or its nearest base type; without an entry, return the entry for strings."""
    return next((KINDS[name] for name in type_.lineage if name in KINDS), TEXT)


def _write_text(value: object) -> str | None:
    # str.__str__ makes a plain string of any subclass; an enumeration's own __str__ would give its name.
    return str.__str__(value) if is_a(value, str) else None


def _write_bool(value: object) -> str | None:
    return {True: "true", False: "false"}[value] if is_a(value, bool) else None


def _write_integer(value: object) -> str | None:
    if not is_a(value, int) or is_a(value, bool):
        return None
    number = int.__index__(value)  # a plain integer, because an IntEnum's own repr would give its name
    return repr(number) if abs(number) < 10**LONGEST_NUMBER else _out_of_range(number < 0)


def _out_of_range(negative: bool) -> str:  # noqa: FBT001
    """Return a replacement for a number that is too long to print; the replacement is outside every range of the schema."""
    return "-" * negative + "9" * LONGEST_NUMBER


def _write_number(value: object) -> str | None:
    from decimal import Decimal

    if is_a(value, int):
        return _write_integer(value)
    if is_a(value, float):
        # Decimal(0.1) would have 55 digits; the repr has only the digits that identify the float.
        value = float.__repr__(value)
    elif not is_a(value, Decimal):
        return None
    number = Decimal(value)
    if not number.is_finite():
        return None
    if number and abs(number.adjusted()) > LONGEST_NUMBER:
        # A number this close to 0 becomes a number with more digits than any type allows, so it is refused.
        return _out_of_range(number < 0) if number.adjusted() > 0 else f"0.{1:0{LONGEST_NUMBER}}"
    # XSD does not allow an exponent in a decimal number.
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _in_units(exponent: int) -> Callable[[object], str | None]:
    """Return a function that writes a number unchanged, and a duration as a number of units.

    Args:
        exponent: Power of ten that converts microseconds to the unit: -6 for seconds.
    """

    def write(value: object) -> str | None:
        from datetime import timedelta
        from decimal import Decimal

        if is_a(value, timedelta):
            microseconds = timedelta.__floordiv__(value, timedelta.resolution)
            value = Decimal(f"{microseconds}E{exponent}")  # a division would round
        return _write_number(value)

    return write


_write_seconds: Final = _in_units(-6)
_write_milliseconds: Final = _in_units(-3)


def _write_break_time(value: object) -> str | None:
    from datetime import timedelta

    # A string keeps its unit. A duration is written in ms, so that whole milliseconds need no fraction.
    return f"{_write_milliseconds(value)}ms" if is_a(value, timedelta) else _write_text(value)


def _read_number(text: str) -> int | float | Decimal:
    from decimal import Decimal

    number = Decimal(collapse(text))
    if number == number.to_integral_value():
        return int(number)
    # A float is easier to use, but only a Decimal keeps more digits than a float has.
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else number


def _write_list(value: object) -> str | None:
    if is_a(value, str):
        return _write_text(value)
    if not isinstance(value, Sequence) or behaves_like_string(value):
        return None
    texts = [_write_text(item) for item in cast("Sequence[object]", value)]
    items = [text for text in texts if text is not None and "," not in text]  # an item with a comma would be read as two items
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
    "breakTime": Kind(_write_break_time, str),
    "commaSeparated": Kind(_write_list, _read_list, "a list of texts without commas"),
}
"""The conversions of schema types, by the names of the types. The values of types that are not in this table are strings."""
