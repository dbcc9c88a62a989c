"""WSGI applications that respond to each path with a fixed document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

WELCOME = (
    '<Response><Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60">'
    "<SpeakSentence>Welcome.</SpeakSentence></Gather></Response>"
)
BYE = "<Response><SpeakSentence>Bye.</SpeakSentence></Response>"
MENU = {"/answer": WELCOME, "/menu": BYE, "/status": ""}
"""The documents of an application, by path. The application speaks a greeting, takes one key and says good-bye."""


def answering(
    documents: Mapping[str, str], waits: Mapping[str, Callable[[], object]] | None = None
) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application.

    Args:
        documents: For each path: its document. Other paths return 404.
        waits: For each path: a function that is called before the response, to delay it.
    """

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = environ["PATH_INFO"]
        (waits or {}).get(path, lambda: None)()
        start_response("200 OK" if path in documents else "404 Not Found", [("Content-Type", "application/xml")])
        return [documents.get(path, "").encode()]

    return application
