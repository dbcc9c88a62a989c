"""An application that is a table: each path with the document that it answers, and all events that came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bxml import Bxml, Response
from callcontrol.events import Event, UnknownEvent, parse_event


class Answers:
    """Answers each path with its document, and with an empty answer if it has none.

    Attributes:
        documents: The documents by path; a number is the status of a failure.
        acts: What the application does while a path is asked.
        events: Each event with the path that it came to.
        environs: What each request was, as WSGI has it.
    """

    def __init__(self, **documents: Response | Bxml | bytes | int) -> None:
        """Take documents by the names of their paths."""
        self.documents = {f"/{name}": document for name, document in documents.items()}
        self.acts: dict[str, Callable[[], object]] = {}
        self.events: list[tuple[str, Event]] = []
        self.environs: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI has it."""
        event = parse_event(environ["wsgi.input"].read() or environ["QUERY_STRING"])
        assert not isinstance(event, UnknownEvent)
        path = environ["PATH_INFO"]
        self.events.append((path, event))
        self.environs.append(environ)
        self.acts.get(path, lambda: None)()
        answer = self.documents.get(path, b"")
        if isinstance(answer, int):
            start_response(f"{answer} Failed", [])
            return []
        body = answer if isinstance(answer, bytes) else answer.to_bytes()
        start_response("200 OK" if body else "204 No Content", [("Content-Type", "application/xml")])
        return [body]

    @property
    def told(self) -> list[tuple[str, str]]:
        """The path and the type of each event, in order."""
        return [(path, event.event_type) for path, event in self.events]

    def fields(self, path: str) -> dict[str, Any]:
        """The fields of the only event that came to a path."""
        ((_, event),) = [each for each in self.events if each[0] == path]
        return dict(event.fields)
