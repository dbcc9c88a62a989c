"""An application that answers as it is told and keeps what it was sent; and a core whose calls it has."""

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
"""The time of day at which all these calls begin, so that they can be compared."""


@dataclass(frozen=True)
class Received:
    """What the application was sent."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def event(self) -> Event:
        """What it was told, as an application reads it."""
        return parse_event(self.body or self.query)


Answer: TypeAlias = "str | int | tuple[int, str] | Callable[[Received], Answer]"
"""A document, a status, both, or what gives one of these."""


class App:
    """Answers the requests to each path with the answers for it in turn, the last of them again and again."""

    def __init__(self, **answers: Answer | list[Answer]) -> None:
        self._answers = {f"/{name}": [*answer] if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self.received: list[Received] = []

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
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
        """The paths that were asked, in order."""
        return [received.path for received in self.received]

    @property
    def types(self) -> list[str]:
        """The types of the events that came, in order."""
        return [received.event.event_type for received in self.received]

    def sent(self, event_type: str) -> dict[str, Any]:
        """All that the one event of a type has, by the API's names."""
        (event,) = (each.event for each in self.received if each.event.event_type == event_type)
        return dict(event.fields)


def core(application: object, **choices: Any) -> Core:
    """A core whose time of day begins at a time that is always the same."""
    return Core(application, clock=lambda: TODAY, **choices)


def client(voice: Core) -> Client:
    """A client of it, which repeats nothing."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, retries=NO_RETRIES)


def create(voice: Core, **fields: Any) -> Call:
    """An outbound call, created as an application does it."""
    return voice.call(client(voice).create_call(**NEW_CALL | fields).call_id)


def response(*verbs: str) -> str:
    """A document of these verbs."""
    return f"<Response>{''.join(verbs)}</Response>"


def say(text: str) -> str:
    """A sentence."""
    return f"<SpeakSentence>{text}</SpeakSentence>"


def entries(call: Call, *kinds: str) -> list[tuple[float, str]]:
    """When what was written into a timeline of these kinds, and the text."""
    return [(entry.at, entry.text) for entry in call.timeline if entry.kind in kinds]
