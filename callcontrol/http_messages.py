"""HTTP requests and responses as values, which the client and the emulator can exchange without a socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bxml.messages.redaction import redact_urls
from callcontrol.redacted_url_repr import redacted


class Headers(Mapping[str, str]):
    """HTTP headers, whose names are case-insensitive.

    Args:
        fields: Values of the headers, by name.
    """

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): (name, value) for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        """Return the value of a header; the case of its name does not matter."""
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the names, in their original case."""
        return (name for name, _ in self._fields.values())

    @classmethod
    def of_fields(cls, fields: dict[str, tuple[str, str]]) -> Headers:
        """Return headers that use the given dictionary, which must not change afterwards.

        Args:
            fields: For each name in lower case: the name in its original case, and the value.
        """
        headers = cls.__new__(cls)  # several times as fast as the constructor, and called for every request
        headers._fields = fields
        return headers

    def plus(self, name: str, value: str) -> Headers:
        """Return new headers with a header added or replaced.

        Args:
            name: Name of the header, in any case.
            value: Value of the header.
        """
        return self.of_fields({**self._fields, name.lower(): (name, value)})

    def as_dict(self) -> dict[str, str]:
        """Return a dictionary of the headers, with names in their original case, for libraries that require a dictionary."""
        return dict(self._fields.values())

    def __len__(self) -> int:
        """Return the number of headers."""
        return len(self._fields)

    def __repr__(self) -> str:
        """Return the headers without credentials and cookies."""
        # Logs and tracebacks contain the repr.
        shown = {name: "…" if name.lower() in {"authorization", "set-cookie"} else value for name, value in self.items()}
        return f"Headers({redact_urls(repr(shown))})"


REFUSAL: Final = "refusal"
"""Attribute of the log record about a request that the emulator refuses: the reason, without the request and the status."""


def json_of(body: bytes | str) -> Any:
    """Return the JSON value of a body.

    Raises:
        ValueError: If the body is not JSON, or is nested more deeply than Python can parse.
    """
    try:
        return json.loads(body)
    except RecursionError:  # callers expect only ValueError for an invalid body
        raise ValueError("the body is nested too deeply") from None


@redacted
@dataclass(frozen=True)
class Request:
    """An HTTP request to the API.

    Attributes:
        method: HTTP method.
        url: Absolute URL, with its query.
        headers: Headers.
        body: Body; empty if the request has none.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """An HTTP response of the API, unchanged.

    Attributes:
        status: HTTP status.
        headers: Headers.
        body: Body.
    """

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)

    @property
    def reply(self) -> Reply:
        """This response itself. Every object that an operation returns has an attribute ``reply``."""
        return self

    @property
    def is_success(self) -> bool:
        """True if the status is 2xx. The vendor's documents disagree about which 2xx status an operation returns."""
        return 200 <= self.status < 300  # noqa: PLR2004  HTTPStatus takes ten times as long

    @property
    def text(self) -> str:
        """The body as a string. Bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the JSON value of the body.

        Raises:
            ValueError: If the body is not JSON.
        """
        return json_of(self.body)


class Send(Protocol):
    """A function that sends a request to the API and returns the response."""

    def __call__(self, request: Request, /) -> Reply:
        """Send a request and return the response.

        Raises:
            callcontrol.TransportError: If no response arrives.
        """
        ...


class AsyncSend(Protocol):
    """An asynchronous function that sends a request to the API and returns the response."""

    def __call__(self, request: Request, /) -> Awaitable[Reply]:
        """Send a request without blocking the event loop, and return the response.

        Raises:
            callcontrol.TransportError: If no response arrives.
        """
        ...
