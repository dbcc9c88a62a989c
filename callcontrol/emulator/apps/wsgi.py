"""A WSGI application (Flask, Django) in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from callcontrol.emulator.apps.base import READ_AT_MOST, host_of, port_of
from callcontrol.emulator.apps.exceptions import logged_exceptions, raised
from callcontrol.emulator.tasks import Failed
from callcontrol.http_messages import Headers, Reply, Request

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiApplication:
    """An application of WSGI (Flask, Django), called in the thread that moves the emulator's time; in real time in several."""

    def __init__(self, app: Wsgi) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, however long it takes: a call in the same thread cannot be broken off."""
        del seconds
        with logged_exceptions() as tracebacks:
            try:
                reply = self._answer(request)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it is, it is the application's
                return raised(error)
            return Failed("the application did not begin an answer") if reply is None else tracebacks.of(reply)

    def _answer(self, request: Request) -> Reply | None:
        began: list[tuple[str, list[tuple[str, str]]]] = []
        body = bytearray()

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
            del exc_info
            began[:] = [(status, headers)]
            return body.extend

        parts = self._app(_environ(request), start_response)
        try:
            for part in parts:
                body += part
                if len(body) >= READ_AT_MOST:
                    break
        finally:
            getattr(parts, "close", lambda: None)()
        if not began:
            return None
        status, headers = began[0]
        return Reply(int(status.split()[0]), Headers(dict(headers)), bytes(body[:READ_AT_MOST]))

    def close(self) -> None:
        """There is nothing to give back."""


def _environ(request: Request) -> dict[str, Any]:
    """A request as WSGI has it (PEP 3333)."""
    url = urlsplit(request.url)
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    content_type = fields.pop("HTTP_CONTENT_TYPE", "")
    return {
        **fields,
        "HTTP_HOST": host_of(request.url),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(port_of(request.url)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
