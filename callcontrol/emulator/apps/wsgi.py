"""A WSGI application (Flask, Django) in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from callcontrol.emulator.apps.base import host_header, host_of, max_body_bytes, port_of
from callcontrol.emulator.apps.exceptions import logged_exceptions, raised
from callcontrol.emulator.generator_tasks import Failed
from callcontrol.http_messages import Headers, Reply, Request

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""


class WsgiApplication:
    """A WSGI application in this process.

    In virtual time, it is called in the thread that advances time. In real time, it is called in several threads.

    Args:
        app: The WSGI application.
    """

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """Call the application and return its response, or a failure if it raises.

        Args:
            request: The request that carries an event.
            seconds: Ignored, because a call in the same thread cannot be interrupted.
        """
        del seconds
        with logged_exceptions() as exceptions:
            try:
                reply = self._reply(request)
            except (Exception, SystemExit) as error:  # noqa: BLE001  any exception is a failure of the application
                return raised(error)
            if reply is None:
                return Failed("the application did not start a response")
            return exceptions.reply_or_failure(reply)

    def _reply(self, request: Request) -> Reply | None:
        """Return the response, or ``None`` if the application did not call ``start_response``."""
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body, most = bytearray(), max_body_bytes(request)

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
            del exc_info
            started[:] = [(status, headers)]
            # PEP 3333 requires a function for writing the body, which old applications call.
            return body.extend

        parts = self._app(_environ(request), start_response)
        try:
            for part in parts:
                body += part
                if len(body) >= most:
                    break
        finally:
            getattr(parts, "close", lambda: None)()
        if not started:
            return None
        status, headers = started[0]
        return Reply(int(status.split()[0]), Headers(dict(headers)), bytes(body[:most]))

    def close(self) -> None:
        """Do nothing: the application holds no resources of the emulator."""


def _environ(request: Request) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333)."""
    url = urlsplit(request.url)
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    content_type = fields.pop("HTTP_CONTENT_TYPE", "")  # WSGI has a separate variable for the content type
    return {
        **fields,
        "HTTP_HOST": host_header(request.url) or host_of(request.url),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),  # WSGI strings are bytes decoded as Latin-1
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
