"""Subclasses of ``str`` are accepted as text; objects that only behave like strings are refused."""

from collections import UserString
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, Final

import pytest
from babel.support import LazyProxy
from django.utils.functional import SimpleLazyObject, lazystr
from markupsafe import Markup
from werkzeug.local import LocalProxy

from bxml import (
    BxmlError,
    Conference,
    Gather,
    Hangup,
    InvalidDocument,
    Pause,
    PhoneNumber,
    Response,
    SpeakSentence,
    Tag,
    parse,
    ssml,
    validate,
)
from bxml.builder.element import Element


class Hostile(str):
    """A string that overrides each method that the package could call."""

    __slots__ = ()

    def _other(self, *_: object) -> str:
        return "<Hangup/>"

    __str__ = __repr__ = __format__ = __getitem__ = __add__ = __radd__ = __mod__ = _other
    replace = translate = casefold = lower = strip = split = join = encode = format = _other  # type: ignore[assignment]

    def __iter__(self) -> Iterator[str]:
        return iter("<Hangup/>")

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def isspace(self) -> bool:
        return True


class Disguised(Hostile):
    """A hostile string that claims to be a plain string."""

    __class__ = str  # type: ignore[assignment]


def str_enum(text: str) -> str:
    """Return the member of a ``StrEnum`` with the given value."""
    return next(iter(StrEnum("Member", {"NAME": text})))


def old_str_enum(text: str) -> str:
    """Return the member of an enumeration of strings whose ``str`` and ``format`` are its name."""
    make_enumeration: Any = Enum  # mypy reads calls of Enum as class definitions
    member: str = make_enumeration("Member", {"NAME": text}, type=str).NAME
    return member


SUBCLASSES: Final[dict[str, Callable[[str], str]]] = {
    "Markup": Markup,
    "StrEnum": str_enum,
    "str-and-Enum": old_str_enum,
    "hostile": Hostile,
    "disguised": Disguised,
}
"""Functions that make a string of a subclass of ``str`` with given characters, by a short name of the subclass."""

LIKE_STRINGS: Final[dict[str, Callable[[str], Any]]] = {
    "Django": lazystr,
    "Django-object": lambda text: SimpleLazyObject(lambda: text),
    "Babel": lambda text: LazyProxy(lambda: text),
    "Werkzeug": lambda text: LocalProxy(lambda: text),
    "UserString": UserString,
}
"""Functions that make objects that behave like strings but are not strings, by a short name of the class.

``lazystr`` makes the same objects as ``gettext_lazy``, but needs no settings.
"""

Make = Callable[[Any], Element]
make_any: Any = Gather  # the annotations of Gather allow only literals
PLACES: Final[dict[str, tuple[str, Make]]] = {
    "speech": ("<b>&", SpeakSentence),
    "list": ("<b>&", lambda text: SpeakSentence(["one ", text, text])),
    "before-ssml": ("<b>&", lambda text: SpeakSentence([text, ssml.Break()])),
    "ssml": ("<b>&", lambda text: SpeakSentence([ssml.S(text)])),
    "ssml-text": ("<b>&", lambda text: SpeakSentence([ssml.Sub(text, alias=text)])),
    "text": ("<b>&", Tag),
    "phone-number": ("+12125550123", PhoneNumber),
    "attribute": ('<b>"', lambda text: Gather(tag=text)),
    "url": ("/menu?a=1&b=2", lambda text: Gather(gather_url=text)),
    "word": ("GET", lambda text: make_any(gather_method=text)),
    "break": ("1s", lambda text: SpeakSentence(ssml.Break(time=text))),
    "item": ("c-1", lambda text: Conference("room", call_ids_to_coach=[text, "c-2"])),
    "items": ("c-1,c-2", lambda text: Conference("room", call_ids_to_coach=text)),
    "extra": ('<b>"', lambda text: Hangup(extra={"new": text})),
    "extra-name": ("new", lambda text: Hangup(extra={text: "x"})),
}
"""For each place of a string: a valid string, and a function that makes an element with a given string in this place."""

every_place = pytest.mark.parametrize(("text", "make"), PLACES.values(), ids=PLACES)


@every_place
@pytest.mark.parametrize("subclass", SUBCLASSES.values(), ids=SUBCLASSES)
def test_a_subclass_of_str_is_its_characters(subclass: Callable[[str], str], text: str, make: Make) -> None:
    """A string of a subclass is written and stored as the plain string with the same characters."""
    made, plain = make(subclass(text)), make(text)
    assert made._xml == plain._xml
    assert made == plain
    assert repr(made) == repr(plain)
    assert [*map(type, vars(made).values())] == [*map(type, vars(plain).values())]


def test_markup_is_escaped_again() -> None:
    """The tags of a ``Markup`` string are spoken, and its character references are not decoded."""
    document = Response().speak_sentence(Markup("<b>{}</b>").format("AT&T"))
    assert "<SpeakSentence>&lt;b&gt;AT&amp;amp;T&lt;/b&gt;</SpeakSentence>" in document.to_bxml()


@pytest.mark.parametrize("subclass", SUBCLASSES.values(), ids=SUBCLASSES)
def test_messages_show_the_characters(subclass: Callable[[str], str]) -> None:
    """A message about an invalid string of a subclass shows the string that was checked."""
    with pytest.raises(InvalidDocument, match=r'^PhoneNumber: "5550123" is not an E.164 phone number; expected'):
        PhoneNumber(subclass("5550123"))
    with pytest.raises(InvalidDocument, match=r'^Gather: Gather got "one"; expected a list'):
        make_any(subclass("one"))
    with pytest.raises(InvalidDocument, match=r'^Gather: extra tag="x" is an attribute in the schema'):
        Gather(extra={subclass("tag"): "x"})
    with pytest.raises(InvalidDocument, match=r"^SpeakSentence: SpeakSentence has no text"):
        SpeakSentence(subclass(" "))


@pytest.mark.parametrize("subclass", SUBCLASSES.values(), ids=SUBCLASSES)
def test_sources_of_a_subclass_are_parsed(subclass: Callable[[str], str]) -> None:
    """``parse``, ``validate`` and ``ssml.parse`` read the characters of a string of a subclass."""
    document = Response().speak_sentence("Hello.").hangup()
    assert parse(subclass(document.to_bxml())) == document
    assert validate(subclass(document.to_bxml())) == []
    assert ssml.parse(subclass("One <break/>")) == ("One ", ssml.Break())
    (problem,) = validate(subclass("<Response>\ud800</Response>"))
    assert (problem.rule, problem.column) == ("illegal-character", 11)


@pytest.mark.parametrize(
    ("like", "place"),
    # A dictionary cannot have a proxy of Babel as a key.
    [(like, place) for like in LIKE_STRINGS for place in PLACES if (like, place) != ("Babel", "extra-name")],
)
def test_an_object_that_behaves_like_a_string_is_refused(like: str, place: str) -> None:
    """The error for a lazy translation or a proxy of a string names the next step: call ``str``."""
    text, make = PLACES[place]
    with pytest.raises(InvalidDocument) as caught:
        make(LIKE_STRINGS[like](text))
    for problem in caught.value.problems:
        assert problem.rule == "invalid-value"
        assert problem.message.endswith(f"; call str() on {'each item' if place == 'item' else 'it'} first")
    assert make(str(LIKE_STRINGS[like](text))) == make(text)


@pytest.mark.parametrize("like", LIKE_STRINGS.values(), ids=LIKE_STRINGS)
def test_no_hint_where_a_string_is_invalid(like: Callable[[str], Any]) -> None:
    """The message does not recommend ``str`` if a plain string would be invalid too."""
    with pytest.raises(InvalidDocument, match=r"; expected an integer from 1 to 50 \[invalid-value\]$"):
        make_any(max_digits=like("5"))
    with pytest.raises(InvalidDocument, match=r"; expected True or False \[invalid-value\]$"):
        make_any(profanity_filter=like("true"))
    with pytest.raises(InvalidDocument, match=r"^Gather: Gather got .*; expected a list of SpeakSentence and PlayAudio"):
        make_any(like("one"))
    with pytest.raises(InvalidDocument, match=r"^Gather/\*\[1\]: .* is not allowed in Gather; expected SpeakSentence"):
        make_any([like("one")])


@pytest.mark.parametrize("like", LIKE_STRINGS.values(), ids=LIKE_STRINGS)
def test_sources_that_behave_like_strings_are_refused(like: Callable[[str], Any]) -> None:
    """``parse`` and ``validate`` recommend ``str`` for a lazy translation or a proxy of a string."""
    with pytest.raises(InvalidDocument, match=r"call str\(\) on it first"):
        parse(like("<Response/>"))
    (problem,) = validate(like("<Response/>"))
    assert problem.message.endswith("; call str() on it first")


def outside_a_request() -> str:
    """Raise an error, like a lazy translation that is used outside an HTTP request."""
    raise RuntimeError("no request")


def test_a_proxy_that_raises_is_refused() -> None:
    """An error of a proxy does not replace the message."""
    message = r"^Tag: .* is of type (LazyProxy|LocalProxy); expected a string \[invalid-value\]$"
    proxies: list[Any] = [LazyProxy(outside_a_request), LocalProxy(outside_a_request)]
    for proxy in proxies:
        with pytest.raises(InvalidDocument, match=message):
            Tag(proxy)


@pytest.mark.parametrize("proxy", [lambda target: SimpleLazyObject(lambda: target), lambda target: LocalProxy(lambda: target)])
def test_proxies_of_other_values_are_refused(proxy: Callable[[object], Any]) -> None:
    """A proxy of a number, a truth value, a duration or an element raises ``InvalidDocument``, and no other error."""
    attributes: Iterable[tuple[Callable[..., object], dict[str, object]]] = [
        (Gather, {"max_digits": proxy(5)}),
        (Gather, {"profanity_filter": proxy(True)}),  # noqa: FBT003
        (Pause, {"duration": proxy(2.5)}),
        (Pause, {"duration": proxy(Decimal("2.5"))}),
        (Pause, {"duration": proxy(timedelta(seconds=2))}),
        (Response, {"children": [proxy(Hangup())]}),
        (SpeakSentence, {"text": ["one", proxy(ssml.Break())]}),
    ]
    for make, given in attributes:
        with pytest.raises(BxmlError):
            make(**given)


class HostileInteger(IntEnum):
    """An integer that overrides methods which a conversion to text could call."""

    FIVE = 5

    def __repr__(self) -> str:
        return "9"

    __str__ = __repr__

    def __abs__(self) -> int:
        return 0

    def __format__(self, _: str) -> str:
        return "9"


class HostileDecimal(Decimal):
    """A decimal number that overrides methods which a conversion to text could call."""

    def __format__(self, *_: object) -> str:
        return "9"

    def is_finite(self) -> bool:
        return False


class HostileDuration(timedelta):
    """A duration that overrides floor division, which a conversion to text could use."""

    def __floordiv__(self, _: object) -> int:  # type: ignore[override]
        return 9


def test_subclasses_of_numbers_are_their_values() -> None:
    """A subclass of a number or of ``timedelta`` cannot change what is written."""
    assert Gather(max_digits=HostileInteger.FIVE) == Gather(max_digits=5)
    assert Pause(duration=HostileInteger.FIVE) == Pause(duration=5)
    assert Pause(duration=HostileDecimal("2.5")) == Pause(duration=2.5)
    assert Pause(duration=HostileDuration(seconds=2)) == Pause(duration=2)


class TwoFaced(dict[str, str]):
    """A mapping whose values are different when the mapping is read a second time."""

    def __getitem__(self, name: str) -> str:
        return "\0"


def test_extra_is_read_once() -> None:
    """The values of ``extra`` that were checked are the values that are written."""
    assert Hangup(extra=TwoFaced(new="x")) == Hangup(extra={"new": "x"})
