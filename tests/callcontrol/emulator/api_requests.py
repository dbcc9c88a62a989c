"""Requests to the emulated API without a socket, for operations that the client does not have."""

from __future__ import annotations

import json
from typing import Final

from callcontrol import Headers, Reply, Request
from callcontrol.emulator import Core
from tests.callcontrol.scripted_api import ACCOUNT

BASIC: Final = "Basic dXNlcjpwYXNz"
"""The credentials ``user`` and ``pass``."""


def ask(voice: Core, method: str, path: str, body: object = None, account: str = ACCOUNT) -> Reply:
    """Send a request with credentials, and return the response.

    Args:
        voice: The emulator.
        method: HTTP method.
        path: Path below that of the account, with its query.
        body: The JSON value of the body. ``None`` sends no body.
        account: The account id.
    """
    headers = {"Authorization": BASIC} | ({} if body is None else {"Content-Type": "application/json"})
    content = b"" if body is None else json.dumps(body).encode()
    return voice.handle(Request(method, f"http://voice.example/api/v2/accounts/{account}/{path}", Headers(headers), content))


def refused(reply: Reply) -> tuple[int, str]:
    """Return the status and the description of an error response."""
    return reply.status, reply.json()["description"]
