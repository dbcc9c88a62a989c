"""Explanations of an application's unsuccessful responses, for the timeline."""

from __future__ import annotations

import re
from html import unescape
from http import HTTPStatus
from typing import Final

from bxml.messages.redaction import redact_urls
from bxml.messages.text import escape_unprintable
from callcontrol.http_messages import Reply

MAX_LINES: Final = 20
"""Maximum number of lines of a body that are shown: half of them from its beginning, half from its end."""

MAX_CHARACTERS: Final = 400
"""Maximum number of characters of a line that are shown."""

_TITLE: Final = re.compile(r"<title\b[^<>]*>([^<]+)</title>", re.IGNORECASE)


def explanation(reply: Reply) -> str | None:
    """Return the status and the body of a response, or ``None`` if nothing explains the status.

    The first line has a summary of the body: the title of an HTML page, the exception of a traceback, or the first line of any
    other body. If the body has more lines, the body follows. The middle of a long body is left out.

    Args:
        reply: A response with a status other than 2xx.
    """
    returned = f"the application returned status {reply.status}"
    location = reply.headers.get("Location")
    if location is not None and reply.status < HTTPStatus.BAD_REQUEST:
        return f"{returned}, which redirects to {_shown(location)}; redirects are not followed"
    lines = [line.rstrip() for line in reply.text.splitlines() if line.strip()]
    if not lines:
        return None
    title = _TITLE.search(reply.text)
    summary = " ".join(unescape(title[1]).split()) if title else lines[-1 if lines[0].startswith("Traceback ") else 0].strip()
    body = lines if len(lines) > 1 else []
    left_out = len(body) - MAX_LINES
    if left_out > 0:
        body = [*body[: MAX_LINES // 2], f"… {left_out} more lines", *body[-MAX_LINES // 2 :]]
    return "\n".join([f"{returned}: {_shown(summary)}", *map(_shown, body)])


def _shown(line: str) -> str:
    """Return a line without control characters and without the passwords in URLs; the end of a long line is left out."""
    shown = escape_unprintable(redact_urls(line.expandtabs()))
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[:MAX_CHARACTERS]}…"
