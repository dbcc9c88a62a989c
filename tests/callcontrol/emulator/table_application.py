"""A WSGI application that responds to each path with a document of the builder, and records the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bxml import Bxml, Response
from callcontrol.events import Event, UnknownEvent, parse_event


class Answers:
    """A WSGI application with one document for each path; other paths have an empty response.

    Attributes:
        documents: For each path: its document, or the status of an error response.
        acts: For each path: a function that is called before the response.
        events: For each received event, in order: its path, and the event.
        environs: The WSGI environment of each request.
    """

    def __init__(self, **documents: Response | Bxml | bytes | int) -> None:
        """Set the documents. Each keyword is a path without its slash."""
        self.documents = {f"/{name}": document for name, document in documents.items()}
        self.acts: dict[str, Callable[[], object]] = {}
        self.events: list[tuple[str, Event]] = []
        self.environs: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Record the event and respond."""
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
    def received(self) -> list[tuple[str, str]]:
        """The paths and types of the events, in order."""
        return [(path, event.event_type) for path, event in self.events]

    def fields(self, path: str) -> dict[str, Any]:
        """Return the fields of the only event that was sent to a path."""
        ((_, event),) = [each for each in self.events if each[0] == path]
        return dict(event.fields)
