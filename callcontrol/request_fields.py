"""Tables of the fields that requests have in JSON and in queries, with the limits of each field.

The client checks arguments against these tables before it sends a request; the emulator checks the requests that it receives.
https://dev.bandwidth.com/apis/voice-apis/voice/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from bxml.messages.text import join_names, quote

E164: Final = r"\+[1-9][0-9]{1,14}"
"""The pattern of a phone number. A test compares it with the schema of BXML."""

SIP_URI: Final = r"[sS][iI][pP][sS]?:[^ \t\n\r]+"
"""The pattern of a SIP URI. A test compares it with the schema of BXML."""

PRIVACY_WORDS: Final = ("Restricted", "Anonymous", "Private", "Unavailable")
"""The words that replace a caller's number if the network withholds it, and the display names that ``privacy`` allows."""

HIGHEST_PORT: Final = 65_535
"""The highest port number of TCP."""

Kind = Literal[
    "phone",
    "phone or sip",
    "caller",
    "url",
    "method",
    "text",
    "base64",
    "secret",
    "name",
    "uui",
    "number",
    "integer",
    "boolean",
    "word",
    "object",
    "list",
]


@dataclass(frozen=True)
class Field:
    """A field of a request and the values that it allows.

    Attributes:
        name: Name in the API.
        kind: Type and format of the value.
        required: Whether a request must have the field.
        minimum: Smallest number that is allowed.
        maximum: Largest number that is allowed.
        shortest: Smallest number of characters.
        longest: Largest number of characters.
        words: The only strings that are allowed. If this is empty, any string is allowed.
        fields: Fields of an object.
        credentials: Names of the fields with the user name and password that are sent to this URL. If one of these fields is
            given, the URL must be https.
        words_if: Name of another field, and the only strings that this field allows when the other field is true.
    """

    name: str
    kind: Kind
    required: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    shortest: int = 0
    longest: float = math.inf
    words: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    credentials: tuple[str, ...] = ()
    words_if: tuple[str, tuple[str, ...]] = ("", ())


def method(name: str) -> Field:
    """Return a field that holds the HTTP method of the request to a URL."""
    return Field(name, "method", words=("GET", "POST"))


USER: Final = ("username", "password")
"""Names of the fields with the credentials for a URL."""

FALLBACK_USER: Final = ("fallbackUsername", "fallbackPassword")
"""Names of the fields with the credentials for a fallback URL."""


def _pair(user: str, password: str) -> tuple[Field, Field]:
    return Field(user, "text", longest=1024), Field(password, "secret", longest=1024)


MACHINE_DETECTION: Final = (
    Field("mode", "word", words=("sync", "async")),
    # The vendor's specification allows decimals, but the service mishandles them, so only integers are accepted.
    Field("detectionTimeout", "integer", minimum=0),
    Field("silenceTimeout", "integer", minimum=0),
    Field("speechThreshold", "integer", minimum=0),
    Field("speechEndThreshold", "integer", minimum=0),
    Field("machineSpeechEndThreshold", "integer", minimum=0),
    Field("delayResult", "boolean"),
    Field("callbackUrl", "url", longest=2048, credentials=USER),
    method("callbackMethod"),
    *_pair(*USER),
    Field("fallbackUrl", "url", longest=2048, credentials=FALLBACK_USER),
    method("fallbackMethod"),
    *_pair(*FALLBACK_USER),
)

CREATE_CALL: Final = (
    Field("to", "phone or sip", required=True),
    Field("from", "phone", required=True),
    Field("applicationId", "text", required=True, shortest=1),
    Field("answerUrl", "url", required=True, longest=2048, credentials=USER),
    method("answerMethod"),
    *_pair(*USER),
    Field("answerFallbackUrl", "url", longest=2048, credentials=FALLBACK_USER),
    method("answerFallbackMethod"),
    *_pair(*FALLBACK_USER),
    Field("disconnectUrl", "url", longest=2048, credentials=USER),
    method("disconnectMethod"),
    Field("callTimeout", "number", minimum=1, maximum=300),
    Field("callbackTimeout", "number", minimum=1, maximum=25),
    Field("machineDetection", "object", fields=MACHINE_DETECTION),
    Field("priority", "integer", minimum=1, maximum=5),
    Field("tag", "text", longest=4096),
    Field("privacy", "boolean"),
    Field("displayName", "name", longest=256, words_if=("privacy", PRIVACY_WORDS)),
    Field("uui", "uui", longest=350),
)

_REDIRECTION: Final = (
    Field("redirectUrl", "url", credentials=USER),
    method("redirectMethod"),
    *_pair(*USER),
    Field("redirectFallbackUrl", "url", credentials=FALLBACK_USER),
    method("redirectFallbackMethod"),
    *_pair(*FALLBACK_USER),
)

UPDATE_CALL: Final = (
    Field("state", "word", words=("active", "completed")),
    *_REDIRECTION,
    Field("tag", "text", longest=4096),
)

# The vendor's schema names the first field ``status``; the prose on the same page names it ``state``. The name in the schema is
# used, because clients are generated from the schema.
UPDATE_CONFERENCE: Final = (Field("status", "word", words=("active", "completed")), *_REDIRECTION)

UPDATE_CALL_RECORDING: Final = (Field("state", "word", required=True, words=("paused", "recording")),)

TRANSCRIBE_RECORDING: Final = (
    Field("callbackUrl", "url", credentials=USER),
    method("callbackMethod"),
    *_pair(*USER),
    Field("tag", "text"),
    Field("callbackTimeout", "number", minimum=1, maximum=25),
    Field("detectLanguage", "boolean"),
)

UPDATE_CONFERENCE_MEMBER: Final = (Field("mute", "boolean"), Field("hold", "boolean"), Field("callIdsToCoach", "list"))

CONFERENCE_PAGE_SIZE: Final = Field("pageSize", "integer", minimum=1, maximum=1000)

PAGE_SIZE: Final = Field("pageSize", "integer", minimum=1, maximum=10000)

LIST_CALLS: Final = (
    Field("to", "phone or sip"),
    Field("from", "phone or sip"),
    Field("minStartTime", "text"),
    Field("maxStartTime", "text"),
    Field("disconnectCause", "text", shortest=1),
    PAGE_SIZE,
    Field("pageToken", "text", shortest=1),
)


def faults(
    fields: tuple[Field, ...], values: Mapping[str, Any], *, spelled: Callable[[str], str] = str, within: str = ""
) -> Iterator[str]:
    """Yield one message for each invalid or missing value of a request, in the order of ``fields``.

    A field is accepted even if it is not in the table, because the API may be newer than this package.

    Args:
        fields: The table of allowed fields.
        values: The values; the keys are the API's names.
        spelled: Function that returns the name of a field in messages, given the API's name.
        within: Prefix of the names of fields in a nested object, such as ``machineDetection.``; empty for the request itself.
    """
    yield from _missing(fields, values, spelled)
    for field in fields:
        if field.name not in values:
            continue
        name, value = within + spelled(field.name), values[field.name]
        fault = _fault(field, value) or _fault_beside(field, values, spelled)
        if fault:
            yield f"{name}{_quoted(field, value)} {fault}"
        elif field.kind == "object":
            yield from faults(field.fields, value, spelled=spelled, within=f"{name}.")


def refuse_faults(fields: tuple[Field, ...], values: Mapping[str, Any], *, spelled: Callable[[str], str] = str) -> None:
    """Raise an error if a value is invalid or missing. The arguments are the same as those of :func:`faults`.

    Raises:
        ValueError: If :func:`faults` yields a message. The error contains all messages.
    """
    wrong = "; ".join(faults(fields, values, spelled=spelled))
    if wrong:
        raise ValueError(wrong)


def _missing(fields: tuple[Field, ...], values: Mapping[str, Any], spelled: Callable[[str], str]) -> Iterator[str]:
    """Yield one message that names all missing fields, if a required field is missing."""
    required = [spelled(field.name) for field in fields if field.required]
    missing = [spelled(field.name) for field in fields if field.required and field.name not in values]
    if missing:
        # If all required fields are missing, the list of required fields would repeat the message.
        hint = f"; required are {join_names(required)}" if missing != required else ""
        yield f"{join_names(missing)} {'is' if len(missing) == 1 else 'are'} missing{hint}"


def _quoted(field: Field, value: Any) -> str:
    """Return ``=`` and the value, or an empty string if a message must not repeat the value."""
    # An object or a list may contain a password. For a string that is too long or empty, the message gives the length instead.
    is_short = isinstance(value, str) and field.shortest <= len(value) <= field.longest
    is_shown = field.kind not in {"secret", "object"} and (is_short or isinstance(value, int | float | None))
    return f"={quote(value)}" if is_shown else ""


def _fault(field: Field, value: Any) -> str | None:
    """Return what is wrong with a value, without regard to other fields; ``None`` if it is valid."""
    type_ = _TYPES[field.kind]
    # bool is a subclass of int, but the API does not accept true for a number.
    fits = isinstance(value, type_) and isinstance(value, bool) is (type_ is bool)
    # A float such as 5.0 is an integer in JSON; for a fraction, NaN or infinity, the remainder is not 0.
    if not fits or (field.kind == "integer" and value % 1):
        return f"is not {'a string' if type_ is str else _NOUNS[field.kind]}{_expected(field)}"
    if isinstance(value, int | float) and not field.minimum <= value <= field.maximum:
        return _out_of_range(field, value)
    if isinstance(value, str):
        return _fault_of_string(field, value)
    if isinstance(value, list) and not all(isinstance(each, str) for each in cast("list[object]", value)):
        return f"is not {_NOUNS[field.kind]}"
    return None


def _fault_beside(field: Field, values: Mapping[str, Any], spelled: Callable[[str], str]) -> str | None:
    """Return why another field does not allow a value that is otherwise valid; ``None`` if no field conflicts."""
    value = values[field.name]
    sent = [name for name in field.credentials if name in values]
    if sent and not value.lower().startswith("https:"):
        return f"must be an https URL, because {join_names(map(spelled, sent))} {'is' if len(sent) == 1 else 'are'} sent to it"
    condition, words = field.words_if
    if condition and values.get(condition) is True and value not in words:
        return f"is not allowed with {spelled(condition)}; expected {join_names(words, 'or')}"
    return None


def _out_of_range(field: Field, value: float) -> str:
    # math.isfinite raises for an enormous int.
    if not -math.inf < value < math.inf:
        return f"is not a finite number{_expected(field)}"
    return f"is too {'small' if value < field.minimum else 'large'}{_expected(field)}"


def _expected(field: Field) -> str:
    """Return the last part of a message, which names the allowed values; empty if the rest of the message names them."""
    if field.words:
        return f"; expected {join_names(field.words, 'or')}"
    noun, low, high = _NOUNS[field.kind], field.minimum, field.maximum
    if math.isfinite(low):
        # With fewer digits, the format g writes 1000000000 as 1e+09.
        bounds = f"from {low:.12g} to {high:.12g}" if math.isfinite(high) else f"of at least {low:.12g}"
        return f"; expected {noun} {bounds}"
    expected = _EXPECTED.get(field.kind)
    return f"; expected {expected}" if expected else ""


def _fault_of_string(field: Field, value: str) -> str | None:
    if len(value) > field.longest:
        return f"has {len(value)} characters; at most {field.longest} are allowed"
    if len(value) < field.shortest:
        return "is empty; at least 1 character is required"
    if field.words and value not in field.words:
        return f"is not allowed{_expected(field)}"
    return _fault_of_format(field, value)


def _fault_of_format(field: Field, value: str) -> str | None:
    if not _has_form(field.kind, value):
        reason = f": {_url_fault(value)}" if field.kind == "url" else _expected(field)
        return f"is not {_NOUNS[field.kind]}{reason}{_phone_number(field.kind, value)}"
    if field.kind == "name" and _CONTROL_CHARACTER(value):
        return "contains a control character; remove it"
    if _LONE_SURROGATE(value):
        return "contains a lone surrogate, which UTF-8 cannot encode; remove it"
    return None


def _has_form(kind: Kind, value: str) -> bool:
    form = _FORMS.get(kind)
    if form is None:
        return True
    match = form.fullmatch(value)
    # The pattern does not limit the port.
    return match is not None and int(match.groupdict().get("port") or 0) <= HIGHEST_PORT


def _phone_number(kind: Kind, value: str) -> str:
    """Return a clause such as ``; did you mean "+12125550123"?``; empty if the kind does not allow phone numbers."""
    if kind not in {"phone", "phone or sip", "caller"}:
        return ""
    from bxml.messages.phone_numbers import e164_hint  # imported here, because valid requests do not need it

    return e164_hint(value, lambda number: _has_form(kind, number))


def _url_fault(value: str) -> str:
    """Return why a string that does not match the pattern of a URL is invalid."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.lower() not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    if any(character.isspace() for character in value):
        return "it contains white space"
    has_host = rest and rest[0] not in "/?#"
    return f"its host or port is invalid; the highest port is {HIGHEST_PORT}" if has_host else "it has no host"


_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]").search
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]").search

_TYPES: Final[Mapping[Kind, type | tuple[type, ...]]] = {
    "phone": str,
    "phone or sip": str,
    "caller": str,
    "url": str,
    "method": str,
    "text": str,
    "base64": str,
    "secret": str,
    "name": str,
    "uui": str,
    "number": (int, float),
    "integer": (int, float),
    "boolean": bool,
    "word": str,
    "object": dict,
    "list": list,
}
"""For each kind of field: the Python type of its values."""

_NOUNS: Final[Mapping[Kind, str]] = {
    "phone": "a phone number in E.164 form",
    "phone or sip": "a phone number in E.164 form or a SIP URI",
    "caller": "a phone number in E.164 form, a SIP URI or a privacy word",
    "url": "an absolute http(s) URL",
    "method": "an HTTP method",
    "text": "a string",
    "base64": "a string",
    "secret": "a string",
    "name": "a string",
    "uui": "a list of User-to-User values",
    "number": "a number",
    "integer": "an integer",
    "boolean": "a boolean",
    "word": "a string",
    "object": "an object",
    "list": "a list of strings",
}
"""For each kind of field: the noun that messages use after ``is not`` and ``expected``."""

_EXPECTED: Final[Mapping[Kind, str]] = {
    "phone": "+ and 2 to 15 digits, such as +12125550123",
    "phone or sip": "+ and 2 to 15 digits, such as +12125550123, or sip:user@host",
    "caller": f"+ and 2 to 15 digits, such as +12125550123, sip:user@host, {join_names(PRIVACY_WORDS, 'or')}",
    "url": "http:// or https://, and a host",
    "uui": "values separated by commas, each followed by ;encoding=jwt, ;encoding=base64 or ;encoding=hex",
    "boolean": "true or false",
    "base64": "the content of a file in base64",
}
"""For each kind of field whose noun in ``_NOUNS`` does not say what to write: the format."""

_FORMS: Final[Mapping[Kind, re.Pattern[str]]] = {
    "phone": re.compile(E164),
    "phone or sip": re.compile(f"{E164}|{SIP_URI}"),
    "caller": re.compile(f"{E164}|{SIP_URI}|{'|'.join(PRIVACY_WORDS)}"),
    "uui": re.compile(r"[^;,]+;encoding=(jwt|base64|hex)(,[^;,]+;encoding=(jwt|base64|hex))*"),
    "url": re.compile(
        r"https?://([^\s/?#\[\]]*@)?(\[[0-9a-f:.]+\]|[^\s/?#\[\]:@]+)(:(?P<port>[0-9]{0,5}))?([/?#]\S*)?",
        re.IGNORECASE | re.ASCII,
    ),
}
"""For each kind of field with a fixed format: the pattern that a string must match."""
