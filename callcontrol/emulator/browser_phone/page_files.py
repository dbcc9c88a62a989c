"""The files of the page, and the HTTP responses with them.

A strict Content-Security-Policy allows only the page's own files. With Trusted Types the browser refuses HTML from strings, so
no text of an application becomes HTML.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Final

from callcontrol.http_messages import Headers, Reply, Request

INDEX: Final = "/"
"""The path of the page."""

PREFIX: Final = "/phone/"
"""The beginning of the paths of the page's other files."""

TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""For each extension: the content type."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The Content-Security-Policy of the page."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""The headers of each file."""


@cache
def files() -> dict[str, tuple[str, bytes]]:
    """Return the content type and the content of each file of the page, by its path."""
    found: dict[str, tuple[str, bytes]] = {}
    for file in resources.files("callcontrol.emulator.browser_phone").joinpath("page").iterdir():
        content_type = TYPES["." + file.name.rpartition(".")[2]]
        path = INDEX if file.name == "index.html" else PREFIX + file.name
        found[path] = f"{content_type}; charset=utf-8", file.read_bytes()
    return found


def is_page(path: str) -> bool:
    """Return whether a path belongs to the page."""
    return path == INDEX or path.startswith(PREFIX)


def response(request: Request, path: str) -> Reply:
    """Return the response to a request for a file of the page.

    Args:
        request: The request.
        path: The path of the request.
    """
    if path not in files():
        return Reply(HTTPStatus.NOT_FOUND, Headers(HEADERS))
    if request.method not in {"GET", "HEAD"}:
        return Reply(HTTPStatus.METHOD_NOT_ALLOWED, Headers({**HEADERS, "Allow": "GET, HEAD"}))
    content_type, content = files()[path]
    return Reply(HTTPStatus.OK, Headers({**HEADERS, "Content-Type": content_type}), content)
