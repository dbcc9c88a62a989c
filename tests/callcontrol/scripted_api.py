"""A stand-in for the API that returns scripted responses without a socket and keeps the requests."""

import json
from typing import Any, Final, NoReturn

from callcontrol import Headers, Reply, Request

ACCOUNT: Final = "9900123"
CALL_ID: Final = "c-0a1b2c3d-11112222-3333-4444-5555-666677778888"

NEW_CALL: Final[dict[str, Any]] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "1b2c3d4e-0000-4000-8000-123456789abc",
    "answer_url": "https://app.example/answer",
}
"""The required arguments of ``create_call``."""

NEW_CALL_IN_JSON: Final[dict[str, Any]] = {
    "to": "+12125550123",
    "from": "+19195550100",
    "applicationId": "1b2c3d4e-0000-4000-8000-123456789abc",
    "answerUrl": "https://app.example/answer",
}
"""The arguments of :data:`NEW_CALL` as JSON members of the request."""

TOO_DEEP: Final = b"[" * 200_000
"""JSON that is nested too deeply for a recursive parser."""


class Scripted:
    """A ``send`` function that returns or raises the given replies in order, and then repeats the last reply."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = replies
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        if isinstance(reply, Exception):
            raise reply
        return reply


def unexpected(step: object) -> NoReturn:
    """Fail the test, because nothing may be sent and no pause may begin."""
    raise AssertionError(f"{step!r} was not expected")


def replied(status: int, body: object = None, **headers: str) -> Reply:
    """Return a response. A body that is not bytes is serialized as JSON, and header names are written with underscores."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Reply(status, Headers({name.replace("_", "-"): value for name, value in headers.items()}), content)
