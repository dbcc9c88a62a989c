"""The fields of the requests in JSON and in queries, with their limits, as data.

The client checks by these tables before it sends, the emulator when it receives.
https://dev.bandwidth.com/apis/voice-apis/voice/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

E164: Final = r"\+[1-9][0-9]{1,14}"
SIP_URI: Final = r"[sS][iI][pP][sS]?:[^ \t\n\r]+"
"""Both as in the schema of BXML, with which a test compares them."""

HIGHEST_PORT: Final = 65_535

Kind = Literal[
    "phone", "phone or sip", "url", "method", "text", "secret", "name", "uui", "number", "integer", "boolean", "word", "object"
]


@dataclass(frozen=True)
class Field:
    """One field of a request."""

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
    """For a URL, the fields of the user name and password that go to it: with either, it has to be https."""
    words_if: tuple[str, tuple[str, ...]] = ("", ())
    """A field, and the only words that are allowed beside it when it is true."""


def method(name: str) -> Field:
    """A field that has the method by which a URL is asked."""
    return Field(name, "method", words=("GET", "POST"))


USER: Final = ("username", "password")
FALLBACK_USER: Final = ("fallbackUsername", "fallbackPassword")


def _pair(user: str, password: str) -> tuple[Field, Field]:
    return Field(user, "text", longest=1024), Field(password, "secret", longest=1024)


MACHINE_DETECTION: Final = (
    Field("mode", "word", words=("sync", "async")),
    # Decimals are allowed by the description, and mishandled by the service: whole numbers are safe.
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

PRIVACY_WORDS: Final = ("Restricted", "Anonymous", "Private", "Unavailable")
"""The display names that privacy allows."""

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

# The schema says ``status`` where the prose of the same page says ``state``: the schema is what clients are made from.
UPDATE_CONFERENCE: Final = (Field("status", "word", words=("active", "completed")), *_REDIRECTION)

LIST_CALLS: Final = (
    Field("to", "text"),
    Field("from", "text"),
    Field("minStartTime", "text"),
    Field("maxStartTime", "text"),
    Field("disconnectCause", "text"),
    Field("pageSize", "integer", minimum=1, maximum=10000),
    Field("pageToken", "text"),
)


def faults(
    fields: tuple[Field, ...], values: Mapping[str, Any], *, spelled: Callable[[str], str] = str, within: str = ""
) -> Iterator[str]:
    """What is wrong with the values of a request, worded as by the API, one sentence for each fault.

    A field that no table has is let through: the API may know more than this package.

    Args:
        fields: The table.
        values: The values by the API's names.
        spelled: How the reader spells these names.
        within: The object that the fields belong to, if it is not the request itself.
    """
    missing = [spelled(field.name) for field in fields if field.required and field.name not in values]
    if missing:
        required = ", ".join(spelled(field.name) for field in fields if field.required)
        yield f"Missing at least one required field. Required fields are [{required}]; missing is {', '.join(missing)}"
    for field in fields:
        if field.name not in values:
            continue
        name, value = within + spelled(field.name), values[field.name]
        fault = _fault(field, value)
        if fault:
            yield fault.format(name=name)
        elif field.kind == "object":
            yield from faults(field.fields, value, spelled=spelled, within=f"{name}.")
        elif (given := values.keys() & field.credentials) and not value.lower().startswith("https:"):
            yield f"Invalid {name}: https is required with {spelled(max(given))}"
        elif values.get(field.words_if[0]) is True and value not in field.words_if[1]:
            yield f"Invalid {name}: with {spelled(field.words_if[0])} supported are [{', '.join(field.words_if[1])}]"


def refuse_faults(fields: tuple[Field, ...], values: Mapping[str, Any], *, spelled: Callable[[str], str] = str) -> None:
    """Make sure that nothing is wrong with values.

    Raises:
        ValueError: if something is, with all of it.
    """
    wrong = "; ".join(faults(fields, values, spelled=spelled))
    if wrong:
        raise ValueError(wrong)


def _fault(field: Field, value: Any) -> str | None:
    """What is wrong with one value; the name of its field is to be filled in."""
    kind, wanted = _KINDS[field.kind]
    fits = isinstance(value, kind) and isinstance(value, bool) is (kind is bool)
    if not fits or (field.kind == "integer" and value % 1):
        return f"Invalid {{name}}: must be {wanted}"
    if isinstance(value, int | float) and not field.minimum <= value <= field.maximum:
        bounds = f"[{_bound(field.minimum)}, {_bound(field.maximum)}]"
        return f"{{name}} must be within the range {bounds}, but was {_number(value)}"
    if isinstance(value, str):
        return _fault_of_text(field, value)
    return None


_PRINTABLE: Final = 10**15
"""Beyond, a whole number is not written out; Python refuses to print enormous ones."""


def _number(value: float) -> str:
    if isinstance(value, int) and abs(value) > _PRINTABLE:
        return "far more" if value > 0 else "far less"
    return str(value)


def _bound(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else "unlimited"


def _fault_of_text(field: Field, value: str) -> str | None:
    if len(value) > field.longest:
        return f"Invalid {{name}}: must contain at most {field.longest} characters, but has {len(value)}"
    if len(value) < field.shortest:
        return "Invalid {name}: must not be empty"
    if field.words and value not in field.words:
        return f"Invalid {{name}}: supported are [{', '.join(field.words)}]"
    if not _has_form(field.kind, value) or _HALF_A_CHARACTER(value):
        return f"Invalid {{name}}: must be {_KINDS[field.kind][1]}"
    return None


def _has_form(kind: Kind, value: str) -> bool:
    form = _FORMS.get(kind)
    if form is None:
        return True
    match = form.fullmatch(value)
    return match is not None and int(match.groupdict().get("port") or 0) <= HIGHEST_PORT


_HALF_A_CHARACTER: Final = re.compile("[\ud800-\udfff]").search

_KINDS: Final[Mapping[Kind, tuple[type | tuple[type, ...], str]]] = {
    "phone": (str, "an E164 telephone number"),
    "phone or sip": (str, "an E164 telephone number or a SIP URI"),
    "url": (str, "an absolute http or https URL"),
    "method": (str, "GET or POST"),
    "text": (str, "text"),
    "secret": (str, "text"),
    "name": (str, "text without control characters"),
    "uui": (str, "values, separated by commas, each with ;encoding=jwt, base64 or hex at its end"),
    "number": ((int, float), "a number"),
    "integer": ((int, float), "a whole number"),
    "boolean": (bool, "true or false"),
    "word": (str, "text"),
    "object": (dict, "an object"),
}
"""The Python type of each kind, and its name."""

_FORMS: Final[Mapping[Kind, re.Pattern[str]]] = {
    "phone": re.compile(E164),
    "phone or sip": re.compile(f"{E164}|{SIP_URI}"),
    "name": re.compile(r"[^\x00-\x1f\x7f-\x9f]*"),
    "uui": re.compile(r"[^;,]+;encoding=(jwt|base64|hex)(,[^;,]+;encoding=(jwt|base64|hex))*"),
    "url": re.compile(
        r"https?://([^\s/?#\[\]]*@)?(\[[0-9a-f:.]+\]|[^\s/?#\[\]:@]+)(:(?P<port>[0-9]{0,5}))?([/?#]\S*)?",
        re.IGNORECASE | re.ASCII,
    ),
}
"""The form of the text of each kind."""
