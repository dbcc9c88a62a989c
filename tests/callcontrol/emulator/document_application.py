"""Applications that answer each path with a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

WELCOME = (
    '<Response><Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60">'
    "<SpeakSentence>Welcome.</SpeakSentence></Gather></Response>"
)
BYE = "<Response><SpeakSentence>Bye.</SpeakSentence></Response>"
MENU = {"/answer": WELCOME, "/menu": BYE, "/status": ""}
"""An application that greets, takes a key, and says good-bye."""


def answering(
    documents: Mapping[str, str], waits: Mapping[str, Callable[[], object]] | None = None
) -> Callable[..., Iterable[bytes]]:
    """An application of WSGI that answers paths with documents, some of them only after something that takes its time."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = environ["PATH_INFO"]
        (waits or {}).get(path, lambda: None)()
        start_response("200 OK" if path in documents else "404 Not Found", [("Content-Type", "application/xml")])
        return [documents.get(path, "").encode()]

    return application
