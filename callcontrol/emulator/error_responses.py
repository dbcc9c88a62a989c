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

MAX_PAGE_LINES: Final = 10
"""Maximum number of lines of the text of an HTML page that are shown."""

HIDDEN: Final = frozenset({"head", "script", "style", "svg", "template"})
"""Elements of HTML whose content is not text for people, or is not on the page."""

INLINE: Final = frozenset(
    {"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "samp", "small", "span", "strong", "tt", "u", "var"}
)
"""Elements of HTML that do not begin a new line."""

COMMENT: Final = ("!--", "-->")
"""The beginning of a comment in HTML, without ``<``, and its end."""

_TITLE: Final = re.compile(r"<title\b[^<>]*>([^<]+)</title>", re.IGNORECASE)


def explanation(reply: Reply) -> str | None:
    """Return the status and the body of a response, or ``None`` if nothing explains the status.

    The first line has a summary of the body: the title of an HTML page, the exception of a traceback, or the first line of any
    other body. If the body has more lines, the body follows, or the text of an HTML page without its markup. The middle of a
    long body and the end of a long page are left out.

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
    if lines[0].lstrip().lower().startswith(("<!doctype html", "<html")):
        page = _page(reply)
        return "\n".join(map(_shown, [f"{returned}: {_title(reply.text) or next(iter(page), 'an HTML page')}", *page]))
    summary = _title(reply.text) or lines[-1 if lines[0].startswith("Traceback ") else 0].strip()
    body = lines if len(lines) > 1 else []
    left_out = len(body) - MAX_LINES
    if left_out > 0:
        body = [*body[: MAX_LINES // 2], f"… {left_out} more lines", *body[-MAX_LINES // 2 :]]
    return "\n".join([f"{returned}: {_shown(summary)}", *map(_shown, body)])


def _title(text: str) -> str:
    """Return the title of an HTML page; an empty string without a title."""
    title = _TITLE.search(text)
    return "" if title is None else " ".join(unescape(title[1]).split())


def _page(reply: Reply) -> list[str]:
    """Return the first lines of the text of an HTML page, and say how much is left out."""
    lines = _visible(reply.text)
    left_out = len(lines) - MAX_PAGE_LINES
    if left_out <= 0:
        return lines
    whole = f"the whole page of {len(reply.body)} bytes is the content of the entry before this one"
    return [*lines[:MAX_PAGE_LINES], f"… {left_out} more lines; {whole}"]


def _visible(page: str) -> list[str]:
    """Return the lines of text of an HTML page, without markup, and without the title."""
    parts: list[str] = []
    hidden = ""
    begin, end = COMMENT
    for piece in page.split("<")[1:]:  # each piece begins with a tag
        tag, _, text = piece.partition(">")
        name = tag.partition(" ")[0].strip("/\n").lower()
        if hidden == end or (not hidden and piece.startswith(begin)):
            _, found, text = piece.partition(end)
            hidden = "" if found else end
        elif hidden:
            hidden = "" if tag.startswith("/") and name == hidden else hidden
        elif name in HIDDEN:
            hidden = name
        if not hidden:
            parts.append(text if name in INLINE else f"\n{text}")
    lines = (" ".join(line.split()) for line in unescape("".join(parts)).splitlines())
    return [line for line in lines if line]


def _shown(line: str) -> str:
    """Return a line without control characters and without the passwords in URLs; the end of a long line is left out."""
    shown = escape_unprintable(redact_urls(line.expandtabs()))
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[:MAX_CHARACTERS]}…"
