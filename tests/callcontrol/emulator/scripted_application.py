"""A WSGI application that sends scripted responses and records its requests, and a Core that uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from callcontrol import BasicAuth, Client, parse_event
from callcontrol.emulator import Call, Core
from callcontrol.events import Event
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

TODAY: Final = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
"""The date and time at which every Core of these tests starts, so that the times in events are known."""


@dataclass(frozen=True)
class Received:
    """A request that the application received."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def event(self) -> Event:
        """The parsed event."""
        return parse_event(self.body or self.query)


Answer: TypeAlias = "str | int | tuple[int, str] | Callable[[Received], Answer]"
"""A response: a document, a status, a status with a document, or a function that returns one of these."""


class App:
    """A WSGI application with a list of responses for each path; the last response of a list is repeated.

    Attributes:
        received: The requests that carry events.
        files: The audio files that the application serves, by path.
        fetched: The paths of the requests for audio files, in order.
    """

    def __init__(self, **answers: Answer | list[Answer]) -> None:
        self._answers = {f"/{name}": [*answer] if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self.received: list[Received] = []
        self.files: dict[str, bytes] = {}
        self.fetched: list[str] = []

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_ACCEPT") == "audio/*":
            self.fetched.append(environ["PATH_INFO"])
            file = self.files.get(environ["PATH_INFO"])
            start_response("200 OK" if file else "404 Not Found", [("Content-Type", "audio/wav" if file else "text/html")])
            return [file or b"<html>"]
        headers = {name.removeprefix("HTTP_"): value for name, value in environ.items() if isinstance(value, str)}
        body = environ["wsgi.input"].read()
        received = Received(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body, headers)
        self.received.append(received)
        answers = self._answers.get(received.path, [404])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        while callable(answer):
            answer = answer(received)
        status, document = (200, answer) if isinstance(answer, str) else (answer, "") if isinstance(answer, int) else answer
        start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "application/xml")])
        return [document.encode()]

    @property
    def paths(self) -> list[str]:
        """The paths of the requests, in order."""
        return [received.path for received in self.received]

    @property
    def types(self) -> list[str]:
        """The types of the received events, in order."""
        return [received.event.event_type for received in self.received]

    def sent(self, event_type: str) -> dict[str, Any]:
        """Return the fields of the only event of this type, with the API's field names as keys."""
        (event,) = (each.event for each in self.received if each.event.event_type == event_type)
        return dict(event.fields)


def core(application: object, **choices: Any) -> Core:
    """Return a Core that starts at a fixed date and time."""
    return Core(application, clock=lambda: TODAY, **choices)


def client(voice: Core) -> Client:
    """Return a client of the emulator that does not retry."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, retries=NO_RETRIES)


def create(voice: Core, **fields: Any) -> Call:
    """Create an outbound call with the client, and return the call."""
    return voice.call(client(voice).create_call(**NEW_CALL | fields).call_id)


def response(*verbs: str) -> str:
    """Return a document with these verbs."""
    return f"<Response>{''.join(verbs)}</Response>"


def say(text: str) -> str:
    """Return a SpeakSentence."""
    return f"<SpeakSentence>{text}</SpeakSentence>"


def entries(call: Call, *kinds: str) -> list[tuple[float, str]]:
    """Return the time and the text of each timeline entry of these kinds."""
    return [(entry.at, entry.text) for entry in call.timeline if entry.kind in kinds]
