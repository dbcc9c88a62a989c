"""Both clients give the same reason for the same fault of the network."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import trustme

from callcontrol import BasicAuth, TransportError
from callcontrol.retries import NO_RETRIES
from callcontrol.transport_error_wording import UNREACHABLE, Route
from tests.callcontrol.blocking_async_client import BOTH
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, reset, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID

TIMEOUT: Final = 0.3

HEAD: Final = b"HTTP/1.1 200 OK\r\n"

AFTER_REQUEST: Final = {
    "closed": hang_up,
    "reset": reset,
    "silence": wait,
    "half a head": sending(HEAD + b"Content-Le", then=wait),
    "half a body": sending(HEAD + b"Content-Length: 9\r\n\r\n["),
    "not HTTP": sending(b"SSH-2.0-demo\r\n"),
    "101": sending(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", then=wait),
    "interim without end": sending(b"HTTP/1.1 102 Processing\r\n\r\n" * 500, then=wait),
    "brotli": answering(b"[]", Content_Encoding="br"),
    "not gzip": answering(b"[]", Content_Encoding="gzip"),
}
"""Faults of a server that has read the request. The keys are their names, and the values are scripts for the server."""

BEFORE_REQUEST: Final = {"no TLS": sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "TLS without an answer": wait}
"""Faults of a server that does not finish the TLS handshake. The keys are their names, and the values are scripts."""

TUNNELS: Final = {
    "403": answering(b"", "403 Forbidden"),
    "407": answering(b"", "407 Proxy Authentication Required"),
    "closed": hang_up,
    "not HTTP": sending(b"SSH-2.0-demo\r\n"),
    "silence": wait,
}
"""Faults of a proxy that opens no tunnel. The keys are their names, and the values are scripts for the proxy."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(*arguments: Any, **named: Any) -> Loopback:
            server = Loopback(*arguments, **named)
            servers.callback(server.close)
            return server

        yield start


def reasons(url: str, **names: str) -> list[tuple[str, bool]]:
    """Return, for each client, the reason of its error, and true if anything was sent.

    Args:
        url: URL of the API.
        names: For each placeholder: a host. In the reason, ``{placeholder}`` replaces the host.
    """
    found: list[tuple[str, bool]] = []
    for kind in BOTH.values():
        settings: dict[str, Any] = {"base_url": f"{url}/api/v2", "timeout": TIMEOUT, "retries": NO_RETRIES}
        with kind(ACCOUNT, BasicAuth("user", "pass"), **settings) as client, pytest.raises(TransportError) as caught:
            client.redirect(CALL_ID, "https://app.example/next")
        reason = caught.value.reason
        for name, host in names.items():
            reason = reason.replace(host, f"{{{name}}}")
        found.append((reason, caught.value.sent))
    return found


@pytest.mark.parametrize("script", AFTER_REQUEST.values(), ids=list(AFTER_REQUEST))
def test_fault_after_the_request_has_one_wording(serve: Callable[..., Loopback], script: Script) -> None:
    """Both clients give the same reason, and say that the request may have been processed."""
    server = serve(script)
    threads, asyncio = reasons(f"http://{server.host}", host=server.host)
    assert threads == asyncio
    assert threads[1]


@pytest.mark.parametrize("script", BEFORE_REQUEST.values(), ids=list(BEFORE_REQUEST))
def test_failed_handshake_has_one_wording(serve: Callable[..., Loopback], script: Script) -> None:
    """Both clients give the same reason, and say that nothing was sent."""
    server = serve(wait, on_accept=script)
    threads, asyncio = reasons(f"https://{server.host}", host=server.host)
    assert threads == asyncio
    assert not threads[1]


def test_failed_connection_has_one_wording(closed_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients give the same reason if a connection is refused. This also applies if a name cannot be resolved."""
    threads, asyncio = reasons(f"http://{closed_host}")
    assert threads == asyncio == (f"{closed_host} refused the connection", False)

    def resolve(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    threads, asyncio = reasons("http://voice.example")
    assert threads == asyncio


def test_untrusted_certificate_has_one_wording(
    serve: Callable[..., Loopback], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the environment variable that sets another certificate authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    server = serve(wait, tls=context)
    threads, asyncio = reasons(f"https://{server.host}")
    assert threads == asyncio
    assert "set SSL_CERT_FILE" in threads[0]


@pytest.mark.parametrize("tunnel", TUNNELS.values(), ids=list(TUNNELS))
def test_refused_tunnel_has_one_wording(
    serve: Callable[..., Loopback], monkeypatch: pytest.MonkeyPatch, tunnel: Script
) -> None:
    """The reason names the proxy, and nothing was sent."""
    proxy = serve(wait, on_connect=tunnel)
    monkeypatch.setenv("https_proxy", f"http://{proxy.host}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    threads, asyncio = reasons("https://voice.example", proxy=proxy.host)
    assert threads == asyncio
    assert "the proxy {proxy}" in threads[0]
    assert not threads[1]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (OSError(errno.EHOSTUNREACH, ""), "voice.example cannot be reached: no route to host"),
        (OSError(), UNREACHABLE.format(peer="voice.example")),
        (ValueError(), UNREACHABLE.format(peer="voice.example")),
        (ssl.SSLEOFError(), "voice.example closed the connection during the TLS handshake"),
    ],
)
def test_error_of_the_system_is_named(cause: BaseException, reason: str) -> None:
    """The reason is the text of the system. If the error has no number, the reason is a general text."""
    assert Route("voice.example", 1.0).no_connection(cause).reason == reason
