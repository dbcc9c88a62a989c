"""Each webhook over HTTP has its own connection, so a connection that the application closes cannot break the next webhook."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from callcontrol.emulator import Core
from callcontrol.emulator.apps.http import HttpApplication, _tls_context
from callcontrol.emulator.generator_tasks import Failed
from callcontrol.http_messages import Headers, Reply, Request
from tests.asgi_server import serving
from tests.callcontrol.faulty_server import Loopback, answering, hang_up

DOCUMENT = b"<Response><SpeakSentence>Please call later.</SpeakSentence></Response>"


def post(url: str) -> Request:
    """Return a request that carries an event to a URL."""
    return Request("POST", url, Headers({"Content-Type": "application/json"}), b"{}")


def closing_late(connection: socket.socket) -> None:
    """Close the connection without an announcement when the next request arrives, as after an idle timeout."""
    answering(DOCUMENT)(connection)
    connection.recv(1)
    hang_up(connection)


def test_a_connection_that_closes_at_the_next_request_is_not_used_for_it() -> None:
    """The server announces that it keeps its connections. Each request arrives once, and gets its response."""
    server = Loopback(closing_late)
    application = HttpApplication()
    replies = [application(post(f"http://{server.host}/{number}"), 5) for number in range(3)]
    server.close()
    assert [reply.body for reply in replies if isinstance(reply, Reply)] == [DOCUMENT] * 3
    assert [head.split()[1] for head in server.heads] == ["/0", "/1", "/2"]
    assert server.header("connection") == ["close"] * 3


def test_tls_has_connections_of_its_own_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Connections share the TLS settings, because reading certificates is slow. A new certificate file is read."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Loopback(answering(DOCUMENT), tls=context)
    application = HttpApplication()
    refused = application(post(f"https://{server.host}/"), 5)
    assert isinstance(refused, Failed)
    assert "its certificate is not trusted" in refused.reason
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    misses = _tls_context.cache_info().misses
    replies = [application(post(f"HTTPS://{server.host}/"), 5) for _ in range(2)]
    server.close()
    assert [reply.body for reply in replies if isinstance(reply, Reply)] == [DOCUMENT] * 2
    assert (len(server.connections), _tls_context.cache_info().misses) == (3, misses + 1)


def test_fallback_on_uvicorn_never_fails() -> None:
    """Starlette raises the exception after its error response, and uvicorn then closes the connection without announcing it."""
    paths: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        paths.append(scope["path"])
        body, status = (DOCUMENT, 200) if scope["path"] == "/fallback" else (b"Internal Server Error", 500)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})
        if status != 200:
            raise RuntimeError("no menu")

    with serving(application, log_level="critical", lifespan="off") as address, Core(f"http://{address}") as voice:
        for _ in range(50):
            call = voice.dial("/answer", fallback_url="/fallback", status_url="/status")
            assert call.expect_end() == "hangup"
            assert call.timeline.spoken == ["Please call later."]
    assert paths == ["/answer", "/fallback", "/status"] * 50
