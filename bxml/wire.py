"""How Python is spelled on the wire, and the wire in Python: names, values, text.

``gather_url`` is ``gatherUrl``, ``from_`` is ``from``, ``SayAs`` is ``say-as``; ``True`` is ``true``, ``timedelta(seconds=2)``
is ``2`` or ``2s`` or ``2000``, as the attribute's unit has it.

Each kind of value has one spelling: a value read back from the wire and written again gives the same text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from decimal import Decimal

    from bxml.schema import SimpleType

WHITE_SPACE: Final = " \t\r\n"
"""What XML calls white space, which is less than what Python does."""

illegal_character: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
"""Finds the first character that no XML document can carry, not even escaped."""

stands_as_it_is: Final = re.compile("[ !#-%'-;=?-\xff]*").fullmatch
"""Whether a text needs no escape, in text or attributes. A quick no, rather than a yes, is given beyond Latin-1."""

is_attribute_name: Final = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9._-]*").fullmatch
"""Whether an attribute may be called so; XML allows more letters, which the vendor has never used."""

_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns white space in attributes into blanks unless it is escaped.
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def escape_text(text: str) -> str:
    """As it stands between tags, so that a parser gives back the same characters."""
    return text if stands_as_it_is(text) else text.translate(_IN_TEXT)


def escape_attribute(text: str) -> str:
    """As it stands between double quotes, so that a parser gives back the same characters."""
    return text if stands_as_it_is(text) else text.translate(_IN_ATTRIBUTE)


_split: Final = re.compile(f"[{WHITE_SPACE}]").split
_is_loose: Final = re.compile(r"[\t\r\n]|\A |  | \Z").search


def collapse(text: str) -> str:
    """Without white space at the ends, and with one blank for each run of it."""
    return " ".join(filter(None, _split(text))) if _is_loose(text) else text


LONGEST_NUMBER: Final = 400
"""Digits beyond which a number is not written out: more than any float has, and far more than the schema allows."""


def python_name(wire_name: str) -> str:
    """The keyword for an attribute, or the method for a verb."""
    name = re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), re.sub("[-:]", "_", wire_name)).lstrip("_")
    return name + "_" if iskeyword(name) else name


def class_name(wire_name: str) -> str:
    """The class for an element."""
    return "".join(part[:1].upper() + part[1:] for part in wire_name.split("-"))


def is_secret(name: str) -> bool:
    """Whether the value of an attribute, in either spelling of its name, must not be shown."""
    return name.lower().endswith("password")


def without_user(text: str) -> str:
    """A text in which no URL shows its user and password."""
    return _hide_users(text, lambda _: "…")


def without_secrets(text: str, *, is_xml: bool) -> str:
    """A document in which no password can be read, with all characters where they were.

    Of a text that is not XML nobody can say where the value of a password ends, so that all is hidden as far as its tag goes.
    """
    hidden = (_PASSWORD if is_xml else _PASSWORD_AND_MORE).sub(lambda found: found[1] + _dotted(found[2]), text)
    return _hide_users(hidden, _dotted)


def _dotted(secret: str) -> str:
    return re.sub(r"[^\s\"']", "•", secret)


_PASSWORD: Final = re.compile(r"(password\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_PASSWORD_AND_MORE: Final = re.compile(r"(password\s*=)([^>]*)", re.IGNORECASE)

# A sign of a URL may be written as a reference.
_SLASH: Final = "(?:/|&#0*47;|&#x0*2f;)"
_AT_SIGN: Final = re.compile("@|&#0*64;|&#x0*40;", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s\"'<>]+")
_SCHEME: Final = re.compile(
    rf"(?:https?|wss?):{_SLASH}{{0,2}}|{_SLASH}{{2}}|sips?:(?=[^:@]*:)",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(rf"(?:(?!{_SLASH})[^?#])*+", re.IGNORECASE)
_USER_AND_COLON: Final = re.compile(r"[^/?#:]*+:(?!\d*(?:[/?#]|\Z))")
"""Matches as far as a colon that no port follows."""


def _hide_users(text: str, hidden: Callable[[str], str]) -> str:
    """Return the text with the user and password of each URL replaced."""
    return _WORD.sub(lambda word: _hide_users_of(word[0], hidden), text) if _AT_SIGN.search(text) else text


def _hide_users_of(word: str, hidden: Callable[[str], str]) -> str:
    """Return a text without white space and quotes, likewise.

    One regular expression would do, but would look again from each scheme in a text at all that follows it.
    """
    signs = [found.start() for found in _AT_SIGN.finditer(word)]
    pieces: list[str] = []
    written = place = 0
    while signs and (scheme := _SCHEME.search(word, place)) and scheme.end() <= signs[-1]:
        start = scheme.end()
        end = _end_of_user(word, start, signs)
        if end is None:
            place = scheme.start() + 1
        else:
            pieces += word[written:start], hidden(word[start:end])
            written = place = end
    return "".join((*pieces, word[written:]))


def _end_of_user(word: str, start: int, signs: Sequence[int]) -> int | None:
    """Return the place of the @ behind a user that begins at ``start``; ``None`` if the URL has no user.

    It is the last @ before the path, or the last of all if what follows the colon is not a port, as in a password with a slash.
    """
    authority = _AUTHORITY.match(word, start)
    assert authority, "it may be empty"
    last = bisect_right(signs, authority.end())
    if last and signs[last - 1] >= start:
        return signs[last - 1]
    user = _USER_AND_COLON.match(word, start)
    return signs[-1] if user and user.end() <= signs[-1] else None


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
