"""A request and its reply as values: what the client sends and the emulator answers, without a socket between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from bxml.messages.redaction import without_user
from callcontrol.redaction import redacted


class Headers(Mapping[str, str]):
    """Header fields, whose names are the same in upper and lower case."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        """Copy the fields."""
        self._fields = {name.lower(): (name, value) for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        """The value of a field, by its name in any case."""
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        """The names as they were given."""
        return (name for name, _ in self._fields.values())

    def plus(self, name: str, value: str) -> Headers:
        """These fields with another one, or with another value for one."""
        more = Headers()
        more._fields = {**self._fields, name.lower(): (name, value)}
        return more

    def as_dict(self) -> dict[str, str]:
        """The fields by their names as they were given, for what takes nothing else."""
        return dict(self._fields.values())

    def __len__(self) -> int:
        """The number of fields."""
        return len(self._fields)

    def __repr__(self) -> str:
        """The fields, without what gives access."""
        shown = {name: "…" if name.lower() in {"authorization", "set-cookie"} else value for name, value in self.items()}
        return f"Headers({without_user(repr(shown))})"


def json_of(body: bytes | str) -> Any:
    """A body as JSON.

    Raises:
        ValueError: if it is none, or nested so deeply that Python does not follow.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None


@redacted
@dataclass(frozen=True)
class Request:
    """What is asked of the API; the URL has scheme, host and query."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """What the API answered: status, headers and body, just as they came."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)

    @property
    def reply(self) -> Reply:
        """Itself, so that whatever an operation returns has a ``reply``."""
        return self

    @property
    def is_success(self) -> bool:
        """Whether the status says that all is well; any of 2xx, for the API's sources disagree about which."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: if it is none.
        """
        return json_of(self.body)


class Send(Protocol):
    """Brings a request to the API."""

    def __call__(self, request: Request, /) -> Reply:
        """The reply.

        Raises:
            callcontrol.TransportError: if none comes back.
        """
        ...
