"""The API as a script: it answers what it was told to, without a socket, and keeps what it was asked."""

import json
from typing import Any, Final

from callcontrol import Headers, Reply, Request

ACCOUNT: Final = "9900123"
CALL_ID: Final = "c-0a1b2c3d-11112222-3333-4444-5555-666677778888"

NEW_CALL: Final[dict[str, Any]] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "1b2c3d4e-0000-4000-8000-123456789abc",
    "answer_url": "https://app.example/answer",
}
"""The arguments that ``create_call`` cannot do without."""

NEW_CALL_IN_JSON: Final[dict[str, Any]] = {
    "to": "+12125550123",
    "from": "+19195550100",
    "applicationId": "1b2c3d4e-0000-4000-8000-123456789abc",
    "answerUrl": "https://app.example/answer",
}
"""The same as they go to the API."""

TOO_DEEP: Final = b"[" * 200_000
"""JSON that no parser which calls itself can follow to its end."""


class Scripted:
    """Answers each request with the next of its replies, and all further ones with the last."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = replies
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        if isinstance(reply, Exception):
            raise reply
        return reply


def replied(status: int, body: object = None, **headers: str) -> Reply:
    """A reply with this body: bytes as they are, anything else as JSON; the names of headers with underscores."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Reply(status, Headers({name.replace("_", "-"): value for name, value in headers.items()}), content)
