"""The asyncio transport sends each request once, and raises TransportError for network faults. The tests use real sockets."""

import asyncio
import gc
import gzip
import importlib
import json
import os
import pickle
import re
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import pytest
import trustme

from callcontrol import TransportError, async_transport
from callcontrol.async_transport import AsyncTransport
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.network_environment import CERTIFICATE_VARIABLES
from callcontrol.response_limits import MOST_INTERIM_RESPONSES
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, in_turn, reset, sending, wait
from tests.forked_process import forks, in_child

HOST: Final = "voice.example"
"""Name of the host behind the proxy. No name server resolves this name."""

TIMEOUT: Final = 5.0
SHORT: Final = 0.3
NOT_TLS: Final = "its response is not TLS; check the scheme and the port"
OPENED: Final = sending(b"HTTP/1.1 200 OK\r\n\r\n", then=wait)

OTHER_WORDS: Final = re.compile(
    r"aiohttp|asyncio|urllib3|\brequests\b|HTTPConnectionPool|Max retries|Errno|object at|Exception|Error\(|Connector",
    re.IGNORECASE,
)
"""Pattern of words from messages of other libraries, which must not occur in messages of this package."""

T = TypeVar("T")
Serve = Callable[..., Loopback]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that only these tests trust."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_certificates: None) -> ssl.SSLContext:
    """A server's TLS settings, with a certificate that the transport trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def default_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the variables that name certificates, so that the default certificates are trusted."""
    for name in CERTIFICATE_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(script: Script, **options: Any) -> Loopback:
            server = Loopback(script, **options)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Scheme of the API: a proxy forwards http requests, but opens a tunnel for https requests."""
    return str(request.param)


def run(work: Callable[[AsyncTransport], Awaitable[T]], *, timeout: float = TIMEOUT, own: bool = True) -> T:
    """Run work with a transport in a new event loop.

    Args:
        work: Coroutine function that gets the transport.
        timeout: Timeout of the transport, in seconds.
        own: False to let the transport use a session of the user.
    """

    async def main() -> T:
        if own:
            transport = AsyncTransport(timeout)
            try:
                return await work(transport)
            finally:
                await transport.close()
        async with aiohttp.ClientSession() as session:
            return await work(AsyncTransport(timeout, session))

    return asyncio.run(main())


def request(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Request:
    """Return a request. Header names are written with underscores."""
    return Request(method, url, Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)


def send(url: str, method: str = "GET", *, timeout: float = TIMEOUT, own: bool = True, body: bytes = b"") -> Reply:
    """Send one request and return its response."""
    return run(lambda transport: transport(request(url, method, body)), timeout=timeout, own=own)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until another thread makes a condition true."""
    while not condition():  # noqa: ASYNC110  a thread cannot set an event of asyncio
        await asyncio.sleep(0.01)


async def send_all(transport: AsyncTransport, urls: list[str], method: str = "GET") -> list[Reply]:
    """Send requests one after the other."""
    return [await transport(request(url, method)) for url in urls]


def use_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, url)


def echo(head: str) -> bytes:
    """Return a response whose body is the target of the request."""
    body = head.split(" ", 2)[1].rpartition("/")[2].encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def bodies(replies: list[Reply]) -> list[str]:
    return [reply.text for reply in replies]


OWN: Final = pytest.mark.parametrize("own", [True, False], ids=["own session", "user's session"])


class TestRequest:
    """The transport changes neither requests nor responses."""

    def test_request_and_response_are_complete(self, serve: Serve) -> None:
        """The server gets the method, target, headers and body; the transport returns the status, headers and body."""
        script = sending(
            b"HTTP/1.1 201 Created\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX: \xff\r\nContent-Length: 2\r\n\r\nok", then=wait
        )
        server = serve(script)
        url = f"http://{server.host}/api/v2/a%2Fb?from=%2B1919&x=%3A"
        reply = run(lambda transport: transport(request(url, "PUT", b"body", Content_Type="application/xml")))
        assert (reply.status, reply.body, reply.headers["X"]) == (201, b"ok", "\xff")
        assert list(reply.headers) == ["Set-Cookie", "X", "Content-Length"]
        assert reply.headers["set-cookie"] == "a=1, b=2"
        assert server.heads[0].startswith("PUT /api/v2/a%2Fb?from=%2B1919&x=%3A HTTP/1.1\r\n")
        assert server.header("Content-Type") == ["application/xml"]
        assert server.header("Content-Length") == ["4"]
        assert server.header("User-Agent") == ["bxml-callcontrol"]

    @OWN
    def test_nothing_is_followed_kept_or_unpacked(self, serve: Serve, *, own: bool) -> None:
        """A redirect is returned, a cookie is forgotten, and compression is not requested."""
        server = serve(answering(b"", "302 Found", Location="/elsewhere", Set_Cookie="visit=1; Path=/"))
        replies = run(lambda transport: send_all(transport, [f"http://{server.host}/"] * 2), own=own)
        assert [reply.status for reply in replies] == [302, 302]
        assert (len(server.heads), len(server.connections)) == (2, 1)
        assert server.header("Cookie") == [None, None]
        assert server.header("Accept-Encoding") == ["identity", "identity"]

    def test_netrc_is_not_read(self, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Credentials in the netrc file do not replace the credentials of the client."""
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        server = serve(answering())
        run(lambda transport: transport(request(f"http://{server.host}/", Authorization="Basic dXNlcjpwYXNz")))
        assert server.header("Authorization") == ["Basic dXNlcjpwYXNz"]

    def test_large_body_is_sent(self, serve: Serve) -> None:
        """A body of more than a megabyte is sent without a warning of aiohttp."""
        server = serve(answering(b""))
        assert send(f"http://{server.host}/", "PUT", body=b"x" * 2_000_000).status == 200
        assert server.header("Content-Length") == ["2000000"]


FAULTS: Final = {
    "closed": (hang_up, "{host} closed the connection without a response"),
    "reset": (reset, "{host} reset the connection after the request was sent"),
    "cut in the first line": (
        sending(b"HTTP/1."),
        "{host} closed the connection without a response",
    ),
    "cut in the head": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Le"),
        "{host} closed the connection without a response",
    ),
    "cut in the body": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["),
        "{host} closed the connection before its response was complete",
    ),
    "cut in a chunk": (
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1"),
        "{host} closed the connection before its response was complete",
    ),
    "not HTTP": (sending(b"SSH-2.0-demo\r\n", then=wait), "{host} sent an invalid HTTP response"),
    "invalid field": (sending(b"HTTP/1.1 200 OK\r\n: x\r\n\r\n", then=wait), "{host} sent an invalid HTTP response"),
    "negative length": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", then=wait),
        "{host} sent an invalid HTTP response",
    ),
    "two lengths": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", then=wait),
        "{host} sent an invalid HTTP response",
    ),
    "101": (
        sending(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", then=wait),
        "{host} sent 101 Switching Protocols, which was not requested",
    ),
    "silence": (wait, "{host} did not respond within 0.3 s"),
    "half a head": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Le", then=wait),
        "{host} did not respond within 0.3 s",
    ),
    "half a body": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", then=wait),
        "{host} did not respond within 0.3 s",
    ),
}
"""For each name of a fault: a script whose response is missing, incomplete or invalid, and the reason in the error."""

CHUNKS: Final = {
    "negative": b"-5\r\nhello\r\n",
    "absurd": b"fffffffffffffffffff\r\nhello\r\n",
    "huge": b"7fffffffffffffff\r\nhello\r\n",
    "not a number": b"hello\r\n",
    "too long": b"5\r\nhello, world\r\n0\r\n\r\n",
}
"""For each name of a fault: a chunked body that is invalid or incomplete."""


@OWN
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
class TestNoResponse:
    """A request without a complete response is not sent again, and the error says that the request may have been processed."""

    @pytest.mark.parametrize(("script", "reason"), FAULTS.values(), ids=list(FAULTS))
    @pytest.mark.parametrize("is_warm", [False, True], ids=["new connection", "kept connection"])
    def test_request_is_sent_once(  # noqa: PLR0913
        self, serve: Serve, method: str, script: Script, reason: str, *, own: bool, is_warm: bool
    ) -> None:
        """The server gets one request, although aiohttp by itself repeats GET and PUT if a kept connection is closed."""
        server = serve(in_turn(answering(), script) if is_warm else script)
        timeout = SHORT if "within" in reason else TIMEOUT

        async def work(transport: AsyncTransport) -> Reply:
            if is_warm:
                await transport(request(f"http://{server.host}/", "OPTIONS"))
            return await transport(request(f"http://{server.host}/", method, b"<Response/>" if method != "GET" else b""))

        with pytest.raises(TransportError) as caught:
            run(work, timeout=timeout, own=own)
        host = server.host
        assert caught.value.reason == reason.format(host=host)
        assert caught.value.sent
        assert caught.value.__cause__ is None
        assert server.requests(method) == 1
        assert len(server.connections) == 1

    @pytest.mark.parametrize("chunk", CHUNKS.values(), ids=list(CHUNKS))
    def test_invalid_chunk(self, serve: Serve, method: str, chunk: bytes, *, own: bool) -> None:
        """An invalid chunked body raises ``TransportError`` without words of another library."""
        server = serve(sending(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk))
        with pytest.raises(TransportError) as caught:
            send(f"http://{server.host}/", method, own=own)
        assert caught.value.sent
        assert OTHER_WORDS.search(str(caught.value)) is None
        assert server.requests(method) == 1


class TestDeadline:
    """The timeout applies to the whole response."""

    @pytest.mark.parametrize(
        "start",
        [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"", None],
        ids=["in the head", "in the body", "interim responses", "in the chunks"],
    )
    def test_slow_response(self, serve: Serve, start: bytes | None) -> None:
        """Single bytes from a slow server do not extend the timeout."""
        over = threading.Event()
        piece = b" "
        if start == b"":
            piece = b"HTTP/1.1 102 Processing\r\n\r\n"
        elif start is None:
            start, piece = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"

        def drip(connection: socket.socket) -> None:
            connection.sendall(start)
            while not over.wait(SHORT / 5):
                connection.sendall(piece)

        server = serve(drip)
        begin = time.monotonic()
        try:
            with pytest.raises(TransportError, match=r" did not respond within 0\.3 s$"):
                send(f"http://{server.host}/", timeout=SHORT)
        finally:
            over.set()
        assert time.monotonic() - begin < SHORT * 10

    def test_each_response_on_a_connection_has_its_own_deadline(self, serve: Serve) -> None:
        """Requests share one connection even if the requests and a pause take longer in total than the timeout."""

        def pause(_: socket.socket) -> None:
            time.sleep(SHORT * 0.7)

        server = serve(pause, respond=echo)

        async def work(transport: AsyncTransport) -> list[str]:
            replies = [await transport(request(f"http://{server.host}/{number}")) for number in range(3)]
            await asyncio.sleep(SHORT * 1.2)  # the timer of the last response ends without effect
            return [reply.text for reply in (*replies, await transport(request(f"http://{server.host}/3")))]

        assert run(work, timeout=SHORT) == ["0", "1", "2", "3"]
        assert len(server.connections) == 1

    def test_time_to_connect_does_not_count(self, serve: Serve, tls: ssl.SSLContext) -> None:
        """The timeout of the response begins after the TLS handshake."""

        def pause(_: socket.socket) -> None:
            time.sleep(SHORT * 0.7)

        server = serve(in_turn(pause), on_accept=pause, respond=echo, tls=tls)
        assert send(f"https://{server.host}/x", timeout=SHORT).text == "x"

    def test_body_that_is_not_read(self, serve: Serve) -> None:
        """If the server does not read a large request body, the request times out and its connection is closed at once."""
        server = serve(wait, unread=1)
        with pytest.raises(TransportError, match="did not respond") as caught:
            send(f"http://{server.host}/", "PUT", body=b"x" * 30_000_000, timeout=SHORT)
        assert caught.value.sent
        gc.collect()  # an unclosed connection would cause a warning


class TestNoConnection:
    """If no connection is made, the error says that nothing was sent."""

    @OWN
    def test_refused(self, closed_host: str, *, own: bool) -> None:
        """If no program listens on the port, the error says that the host refused the connection."""
        assert failure(f"http://{closed_host}/", own=own) == f"{closed_host} refused the connection"

    @OWN
    def test_unknown_host(self, monkeypatch: pytest.MonkeyPatch, *, own: bool) -> None:
        """If no name server knows the host, the error says that its name cannot be resolved."""

        def resolve(*_: Any, **__: Any) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr("socket.getaddrinfo", resolve)
        assert (
            failure(f"http://{HOST}/", own=own)
            == f"the name of the host {HOST} cannot be resolved; check its spelling and the network"
        )

    @pytest.mark.parametrize("label", ["a" * 64, "a..b"], ids=["long", "empty"])
    def test_invalid_host(self, label: str) -> None:
        """A host name is rejected if one of its labels is empty or too long."""
        assert failure(f"http://{label}.example/") == f'"{label}.example" is not a valid host name'

    @OWN
    @pytest.mark.parametrize("url", ["http:///", "http://[x/", "ftp://a.example/", "http://a.example:99999/", "http://u:p@[/"])
    def test_invalid_url(self, url: str, *, own: bool) -> None:
        """``TransportError`` is raised if a URL is invalid or has a scheme other than http and https."""
        assert failure(url, own=own).endswith(" is not a valid URL; expected http or https and a host")

    def test_no_tls(self, serve: Serve) -> None:
        """The error for a server without TLS says to check the scheme and the port."""
        server = serve(wait, on_accept=sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        assert failure(f"https://{server.host}/") == f"the TLS handshake with {server.host} failed: {NOT_TLS}"

    def test_untrusted_certificate(self, serve: Serve, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error for an untrusted certificate contains the reason from OpenSSL."""
        monkeypatch.delenv("SSL_CERT_FILE")
        server = serve(wait, tls=tls)
        hint = "to trust another certificate authority, set SSL_CERT_FILE to a PEM file"
        reason = f"the certificate of {server.host} is not trusted: unable to get local issuer certificate; {hint}"
        assert failure(f"https://{server.host}/") == reason
        assert failure(f"https://{server.host}/", own=False) == reason

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (hang_up, "{} closed the connection during the TLS handshake"),
            (reset, "{} reset the connection before the request was sent"),
            (wait, "connecting to {} timed out after 0.3 s"),
        ],
    )
    def test_failed_handshake(self, serve: Serve, end: Script, reason: str) -> None:
        """If the server closes the connection or sends nothing during the TLS handshake, the error says so."""
        over = threading.Event()

        def accept(connection: socket.socket) -> None:
            connection.recv(1)
            end(connection)
            over.wait(TIMEOUT if end is wait else 0)

        server = serve(wait, on_accept=accept)
        try:
            found = failure(f"https://{server.host}/", timeout=SHORT)
        finally:
            over.set()
        assert found.replace("reset the connection before the request was sent", "?") in {
            reason.format(server.host),
            f"{server.host} ?",  # the system resets a connection that is closed while it has unread bytes
        }

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "cannot be read: No such file or directory"),
            (b"", "has no certificate in PEM format"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "has no certificate in PEM format"),
            (b"\x00\xff", "has no certificate in PEM format"),
        ],
        ids=["missing", "empty", "broken", "not PEM"],
    )
    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
    def test_invalid_certificate_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, content: bytes | None, reason: str
    ) -> None:
        """If a certificate file is invalid, the error has the names of the environment variable and of the file."""
        path = tmp_path / "authority.pem"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setenv(variable, str(path))
        assert failure(f"https://{HOST}/") == f'{variable}="{path}" {reason}'

    def test_directory_of_certificates(self, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """``REQUESTS_CA_BUNDLE`` may name a directory of certificates."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
        server = serve(wait, on_accept=sending(b"no TLS"))
        assert failure(f"https://{server.host}/") == f"the TLS handshake with {server.host} failed: {NOT_TLS}"

    def test_server_that_speaks_first(self, serve: Serve) -> None:
        """If the server sends a response before the request, the request is not sent."""
        spoken = threading.Event()

        def speak(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            spoken.set()

        server = serve(answering(), on_accept=speak)

        async def slow_connect(connector: Any, *arguments: Any, **named: Any) -> Any:
            connection: Any = await original(connector, *arguments, **named)
            await until(lambda: bool(connection.protocol._tail))
            return connection

        original = aiohttp.TCPConnector.connect
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aiohttp.TCPConnector, "connect", slow_connect)
            assert failure(f"http://{server.host}/") == f"the reused connection to {server.host} was no longer usable"
        assert server.heads == []


def failure(url: str, *, own: bool = True, timeout: float = TIMEOUT) -> str:
    """Try to send a request, check that nothing was sent, and return the reason in the error."""
    with pytest.raises(TransportError) as caught:
        send(url, "POST", own=own, timeout=timeout)
    assert not caught.value.sent
    assert OTHER_WORDS.search(caught.value.reason) is None
    return caught.value.reason


FAILED_HANDSHAKE: Final = (
    "{host} closed the connection during the TLS handshake"
    "|the proxy {proxy} reset the connection before the request was sent"
    "|the TLS handshake with {host} failed: .*"
)
"""Pattern that matches the reason in the error if the proxy breaks off the TLS handshake. The reason depends on the timing."""

CREDENTIALS_OF_PROXY: Final = "put the user name and the password into the URL of the proxy"

REFUSALS: Final = {
    "403": (answering(b"", "403 Forbidden"), "the proxy {proxy} refused a tunnel to {host}: 403 Forbidden"),
    "407": (answering(b"", "407 No"), "the proxy {proxy} refused a tunnel to {host}: 407 No; " + CREDENTIALS_OF_PROXY),
    "502": (answering(b"", "502 Bad Gateway"), "the proxy {proxy} refused a tunnel to {host}: 502 Bad Gateway"),
    "closed": (hang_up, "the proxy {proxy} closed the connection before the request was sent"),
    "reset": (reset, "the proxy {proxy} reset the connection before the request was sent"),
    "half a response": (sending(b"HTTP/1.1 20"), "the proxy {proxy} closed the connection before the request was sent"),
    "not HTTP": (sending(b"SSH-2.0-demo\r\n"), "the proxy {proxy} sent an invalid HTTP response before the request was sent"),
    "silence": (wait, "connecting to the proxy {proxy} timed out after 0.5 s"),
    "no TLS behind it": (sending(b"HTTP/1.1 200 OK\r\n\r\n"), FAILED_HANDSHAKE),
    "plain text behind it": (sending(b"HTTP/1.1 200 OK\r\n\r\nhello"), FAILED_HANDSHAKE),
    "102 without end": (
        sending(b"HTTP/1.1 102 Processing\r\n\r\n" * 5000),
        r"the proxy {proxy} sent more than 100 interim responses \(1xx\)",
    ),
}
"""For each name of a refusal: a script that opens no tunnel to a TLS server, and a pattern of the reason in the error."""


class TestProxy:
    """Requests are sent through the proxy that the environment names."""

    @pytest.mark.parametrize("credentials", ["", "me:p%40ss@"], ids=["open", "with a password"])
    def test_proxy_is_used(
        self, serve: Serve, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str, credentials: str
    ) -> None:
        """Requests are sent through the proxy, and only the proxy gets its password."""
        server = serve(wait, tls=tls, respond=echo)
        use_proxy(monkeypatch, f"http://{credentials}{server.host}")
        urls = [f"{scheme}://{HOST}/{n}" for n in range(3)]
        assert bodies(run(lambda transport: send_all(transport, urls))) == ["0", "1", "2"]
        assert len(server.connections) == 1
        value = "Basic bWU6cEBzcw==" if credentials else None
        if scheme == "http":
            assert server.heads[0].startswith(f"GET http://{HOST}/0 HTTP/1.1\r\n")
            assert server.header("Proxy-Authorization") == [value] * 3
        else:
            assert server.heads[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n")
            assert server.header("Proxy-Authorization") == [value, None, None, None]

    @pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
    def test_proxy_without_a_scheme(self, serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """A proxy without a scheme in its URL is used as an HTTP proxy."""
        server = serve(wait, respond=echo)
        monkeypatch.setenv(name, server.host)
        assert send(f"http://{HOST}/x").text == "x"

    def test_no_proxy(self, serve: Serve, monkeypatch: pytest.MonkeyPatch, closed_host: str) -> None:
        """Requests to a host in ``no_proxy`` are sent directly."""
        server = serve(wait, respond=echo)
        use_proxy(monkeypatch, f"http://{closed_host}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert send(f"http://{server.host}/x").text == "x"

    @pytest.mark.parametrize("proxy", ["socks5://p.example:1080", "http://", "http://p.example:x", "http://[p"])
    def test_other_proxies_are_explained(self, monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str) -> None:
        """If a proxy is not an HTTP proxy, the error says what is expected."""
        use_proxy(monkeypatch, proxy)
        expected = f'{scheme}_proxy="{proxy}" is not an HTTP proxy; expected http://host:port'
        assert failure(f"{scheme}://{HOST}/") == expected

    def test_refused_proxy(self, monkeypatch: pytest.MonkeyPatch, closed_host: str, scheme: str) -> None:
        """If the proxy refuses the connection, the error names the address of the proxy without the password."""
        use_proxy(monkeypatch, f"http://me:secret@{closed_host}")
        assert failure(f"{scheme}://{HOST}/") == f"the proxy {closed_host} refused the connection"

    @pytest.mark.parametrize(("refusal", "reason"), REFUSALS.values(), ids=list(REFUSALS))
    def test_refused_tunnel(
        self, serve: Serve, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, refusal: Script, reason: str
    ) -> None:
        """If the proxy opens no tunnel, the request is not sent."""
        proxy = serve(answering(), tls=tls, on_connect=refusal)
        use_proxy(monkeypatch, f"http://{proxy.host}")
        found = failure(f"https://{HOST}/", timeout=0.5)
        assert re.fullmatch(reason.format(host=HOST, proxy=proxy.host), found)
        assert (proxy.requests("CONNECT"), proxy.requests("POST")) == (1, 0)

    @pytest.mark.parametrize("end", [hang_up, reset])
    @pytest.mark.parametrize("is_warm", [False, True], ids=["new connection", "kept connection"])
    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_connection_lost_after_the_request(  # noqa: PLR0913, PLR0917
        self,
        serve: Serve,
        tls: ssl.SSLContext,
        monkeypatch: pytest.MonkeyPatch,
        scheme: str,
        method: str,
        end: Script,
        *,
        is_warm: bool,
    ) -> None:
        """If the connection is lost after the request, the request is not sent again. It may have been processed."""
        proxy = serve(in_turn(answering(), end) if is_warm else end, tls=tls)
        use_proxy(monkeypatch, f"http://{proxy.host}")

        async def work(transport: AsyncTransport) -> None:
            if is_warm:
                await transport(request(f"{scheme}://{HOST}/"))
            await transport(request(f"{scheme}://{HOST}/", method))

        with pytest.raises(TransportError) as caught:
            run(work)
        assert caught.value.sent
        assert re.match(rf"{HOST} \(through the proxy {proxy.host}\) (closed|reset) the connection ", caught.value.reason)
        assert proxy.requests(method) == 1


def interim(*statuses: int) -> bytes:
    """Return interim responses with these statuses."""
    return b"".join(b"HTTP/1.1 %d Interim\r\nX-Progress: 1\r\n\r\n" % status for status in statuses)


INTERIM: Final = {
    "100": [100],
    "102": [102],
    "103": [103],
    "several": [100, 102, 103, 103, 199],
    "as many as allowed": [102] * MOST_INTERIM_RESPONSES,
}


def other_response(padding: int) -> bytes:
    """Return a response that belongs to no request."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (padding + 5, b"other".ljust(padding + 5))


class TestOrder:
    """Each request gets its own response."""

    @pytest.mark.parametrize("statuses", INTERIM.values(), ids=list(INTERIM))
    @pytest.mark.parametrize("pause", [0.0, 0.02], ids=["in one piece", "one by one"])
    def test_interim_responses_are_skipped(
        self, serve: Serve, tls: ssl.SSLContext, scheme: str, statuses: list[int], pause: float
    ) -> None:
        """Interim responses (1xx) before the second of ten responses are skipped."""

        def send_interim(connection: socket.socket) -> None:
            if len(server.heads) == 2:
                connection.sendall(interim(*statuses))
                time.sleep(pause)

        server = serve(send_interim, tls=tls, respond=echo)
        urls = [f"{scheme}://{server.host}/{n}" for n in range(10)]
        assert bodies(run(lambda transport: send_all(transport, urls))) == [str(n) for n in range(10)]
        assert len(server.connections) == 1

    @pytest.mark.parametrize(
        ("statuses", "reason"),
        [
            ([102] * 5000, "sent more than 100 interim responses (1xx)"),
            ([101], "sent 101 Switching Protocols, which was not requested"),
        ],
        ids=["thousands", "101"],
    )
    def test_too_many_or_101_are_an_error(self, serve: Serve, statuses: list[int], reason: str) -> None:
        """Too many interim responses raise an error.

        A 101 response also raises an error. The next request uses a new connection.
        """

        def send_interim(connection: socket.socket) -> None:
            if len(server.heads) == 1:
                connection.sendall(interim(*statuses))

        server = serve(send_interim, respond=echo)

        async def work(transport: AsyncTransport) -> Reply:
            with pytest.raises(TransportError) as caught:
                await transport(request(f"http://{server.host}/1", "POST"))
            assert caught.value.sent
            assert caught.value.reason == f"{server.host} {reason}"
            return await transport(request(f"http://{server.host}/2"))

        assert run(work).text == "2"
        assert len(server.connections) == 2

    @pytest.mark.parametrize("when", ["at once", "with the end of the body", "half"])
    @pytest.mark.parametrize("padding", [0, 8000, 70_000])
    def test_second_response_is_given_to_no_request(
        self, serve: Serve, tls: ssl.SSLContext, scheme: str, when: str, padding: int
    ) -> None:
        """If the server responds twice to the first request, the second response is discarded."""
        other = other_response(padding)

        def respond_twice(head: str) -> bytes:
            response = echo(head)
            if len(server.heads) > 1:
                return response
            if when == "with the end of the body":
                server.connections[0].sendall(response[:-1])
                time.sleep(0.05)
                return response[-1:] + other
            return response + other[: len(other) // (2 if when == "half" else 1)]

        server = serve(wait, tls=tls, respond=respond_twice)
        urls = [f"{scheme}://{server.host}/c-{n}" for n in range(3)]
        assert bodies(run(lambda transport: send_all(transport, urls))) == ["c-0", "c-1", "c-2"]
        assert len(server.connections) == 2 or when == "half"

    @pytest.mark.parametrize("pause", [0.0, 0.05], ids=["not yet read", "read"])
    @pytest.mark.parametrize("padding", [0, 8000, 70_000])
    def test_late_response_is_given_to_no_request(
        self, serve: Serve, tls: ssl.SSLContext, scheme: str, pause: float, padding: int
    ) -> None:
        """If a response arrives while the connection is idle, it is discarded."""
        server = serve(wait, tls=tls, respond=echo)
        urls = [f"{scheme}://{server.host}/c-{n}" for n in range(3)]

        async def work(transport: AsyncTransport) -> list[Reply]:
            first = await send_all(transport, urls[:1])
            server.connections[0].sendall(other_response(padding))
            await asyncio.sleep(pause)
            return first + await send_all(transport, urls[1:])

        assert bodies(run(work)) == ["c-0", "c-1", "c-2"]
        assert len(server.connections) == 2

    def test_late_response_in_the_session_of_a_user(self, serve: Serve) -> None:
        """The transport cannot replace a connection of the user's session, so the next request fails before it is sent."""
        server = serve(wait, respond=echo)

        async def work(transport: AsyncTransport) -> str:
            await transport(request(f"http://{server.host}/c-1"))
            server.connections[0].sendall(other_response(0))
            with pytest.raises(TransportError, match=r"was no longer usable$") as caught:
                await transport(request(f"http://{server.host}/c-2"))
            assert not caught.value.sent
            return (await transport(request(f"http://{server.host}/c-3"))).text

        assert run(work, own=False) == "c-3"
        assert len(server.heads) == len(server.connections) == 2

    def test_connection_is_kept(self, serve: Serve, tls: ssl.SSLContext, scheme: str) -> None:
        """A connection is kept after a response without a body and after an error response."""
        script = in_turn(sending(b"HTTP/1.1 204 No Content\r\n\r\n", then=wait), answering(b"{}", "404 Not Found"))
        server = serve(script, tls=tls)
        run(lambda transport: send_all(transport, [f"{scheme}://{server.host}/"] * 5))
        assert (len(server.heads), len(server.connections)) == (5, 1)

    def test_closed_connection_is_replaced(self, serve: Serve) -> None:
        """After the server has closed an idle connection, the next request is sent once, over a new connection."""
        server = serve(wait, respond=echo)

        async def work(transport: AsyncTransport) -> str:
            await transport(request(f"http://{server.host}/1", "POST"))
            hang_up(server.connections[0])
            return (await transport(request(f"http://{server.host}/2", "POST"))).text

        assert run(work) == "2"
        assert len(server.heads) == len(server.connections) == 2

    def test_early_response_to_a_large_body(self, serve: Serve) -> None:
        """If the server responds before it reads a large body, the rest is not sent, and the connection is not used again."""

        def refuse(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            time.sleep(0.1)
            wait(connection)

        server = Loopback(wait, on_accept=in_turn(refuse, wait), respond=echo)
        try:

            async def work(transport: AsyncTransport) -> list[int]:
                large = request(f"http://{server.host}/", "PUT", b"x" * 30_000_000)
                first = await transport(large)
                return [first.status, (await transport(request(f"http://{server.host}/2"))).status]

            assert run(work) == [413, 200]
            assert len(server.connections) == 2
        finally:
            server.close()


class TestSize:
    """Responses that are larger than allowed are rejected, so that no response fills the memory."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lower the size limit of a response to 1000 bytes."""
        monkeypatch.setattr("callcontrol.async_transport.LARGEST_RESPONSE", 1000)

    def test_largest_response_is_read(self, serve: Serve) -> None:
        """A body of exactly the allowed size is read, whether it is compressed or not."""
        body = b"[]".ljust(1000)
        packed = gzip.compress(body, mtime=0)
        script = in_turn(
            answering(body),
            answering(packed, Content_Encoding="gzip"),
            answering(zlib.compress(body), Content_Encoding="deflate"),
            answering(b"", Content_Encoding="gzip"),
        )
        server = serve(script)
        replies = run(lambda transport: send_all(transport, [f"http://{server.host}/"] * 4))
        assert [reply.body for reply in replies] == [body, body, body, b""]

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(answering(b"[]".ljust(1001)), id="known before"),
            pytest.param(
                sending(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1f4\r\n" + b" " * 500 + b"\r\n") * 3,
                    then=wait,
                ),
                id="chunk by chunk",
            ),
            pytest.param(sending(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 2000, then=wait), id="without a length"),
            pytest.param(answering(gzip.compress(b" " * 100_000, mtime=0), Content_Encoding="gzip"), id="compressed"),
        ],
    )
    def test_larger_response_is_refused(self, serve: Serve, script: Script) -> None:
        """A larger response raises an error before it is read to its end."""
        server = serve(script)
        with pytest.raises(TransportError) as caught:
            send(f"http://{server.host}/")
        assert caught.value.reason == f"{server.host} sent a response of more than 1000 bytes"
        assert caught.value.sent

    @pytest.mark.parametrize(
        ("body", "encoding", "reason"),
        [
            (b"[]", "gzip", "sent a body that is not valid gzip"),
            (gzip.compress(b"[]", mtime=0)[:-1], "gzip", "sent a body that is not valid gzip"),
            (gzip.compress(b"[]", mtime=0) + b"x", "gzip", "sent a body that is not valid gzip"),
            (b"[]", "br", 'sent a body with Content-Encoding "br"; expected identity, gzip or deflate'),
            (b"[]", "gzip, gzip", 'sent a body with Content-Encoding "gzip, gzip"; expected identity, gzip or deflate'),
        ],
        ids=["not compressed", "cut", "more behind it", "unknown encoding", "two encodings"],
    )
    def test_invalid_compression(self, serve: Serve, body: bytes, encoding: str, reason: str) -> None:
        """``TransportError`` is raised if a body cannot be decompressed."""
        server = serve(answering(body, Content_Encoding=encoding))
        with pytest.raises(TransportError) as caught:
            send(f"http://{server.host}/")
        assert caught.value.reason == f"{server.host} {reason}"

    def test_redirect_is_not_decompressed_beyond_the_bound(self, serve: Serve) -> None:
        """The size limit also applies to the body of a redirect."""
        server = serve(answering(gzip.compress(b"0" * 100_000, mtime=0), "302 Found", Content_Encoding="gzip", Location="/"))
        with pytest.raises(TransportError, match="more than 1000 bytes"):
            send(f"http://{server.host}/")


def test_bomb_does_not_fill_the_memory(serve: Serve) -> None:
    """A compressed body of 600 KB is not decompressed to its full size of 600 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    million = b"0" * 1_000_000
    bomb = b"".join([*(packer.compress(million) for _ in range(600)), packer.flush()])
    server = serve(answering(bomb, Content_Encoding="gzip"))
    with pytest.raises(TransportError, match="more than 67108864 bytes"):
        send(f"http://{server.host}/", timeout=30)


class TestLifetime:
    """Each connection belongs to one event loop and one process, and is closed when either of them ends."""

    def test_each_event_loop_has_its_own_connections(self, serve: Serve) -> None:
        """A transport can be used on several event loops in turn, and its connections are closed with each event loop."""
        server = serve(wait, respond=echo)
        transport = AsyncTransport(TIMEOUT)
        for n in range(3):
            replies = asyncio.run(send_all(transport, [f"http://{server.host}/{n}"] * 2))
            assert bodies(replies) == [str(n)] * 2
            assert server.ended.acquire(timeout=TIMEOUT)
        assert len(server.connections) == 3
        gc.collect()

    def test_event_loops_of_several_threads(self, serve: Serve) -> None:
        """Event loops that run at the same time share no connection."""
        server = serve(wait, respond=echo)
        transport = AsyncTransport(TIMEOUT)
        results: dict[str, list[str]] = {}

        def work(name: str) -> None:
            urls = [f"http://{server.host}/{name}{n}" for n in range(100)]
            results[name] = bodies(asyncio.run(send_all(transport, urls)))

        threads = [threading.Thread(target=work, args=[name]) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == {name: [f"{name}{n}" for n in range(100)] for name in "ab"}
        assert len(server.connections) == 2

    def test_first_requests_share_one_session(self, serve: Serve, tls: ssl.SSLContext) -> None:
        """If a new transport sends fifty requests at the same time, each request gets its own response."""
        server = serve(wait, respond=echo, tls=tls)

        async def work(transport: AsyncTransport) -> list[Reply]:
            return await asyncio.gather(*(transport(request(f"https://{server.host}/{n}")) for n in range(50)))

        assert bodies(run(work)) == [str(n) for n in range(50)]

    @OWN
    def test_cancelled_request_closes_its_connection(self, serve: Serve, *, own: bool) -> None:
        """A canceled request raises ``CancelledError``, and no other request gets its response."""
        server = serve(in_turn(lambda _: time.sleep(0.2), wait), respond=echo)

        async def work(transport: AsyncTransport) -> str:
            task = asyncio.ensure_future(transport(request(f"http://{server.host}/1")))
            await until(lambda: bool(server.heads))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await transport(request(f"http://{server.host}/2"))).text

        assert run(work, own=own) == "2"
        assert len(server.connections) == 2

    def test_cancelled_body_closes_its_connection(self, serve: Serve) -> None:
        """If a request is canceled while its response is read, no other request gets the rest of the response."""
        script = in_turn(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", then=lambda _: time.sleep(0.3)), wait)
        server = serve(script, respond=echo)

        async def work(transport: AsyncTransport) -> str:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(transport(request(f"http://{server.host}/1")), 0.1)
            return (await transport(request(f"http://{server.host}/2"))).text

        assert run(work) == "2"
        assert len(server.connections) == 2

    def test_closed_transport(self, serve: Serve) -> None:
        """Closing a transport, even twice, closes its connections, and a later request opens a new connection."""
        server = serve(wait, respond=echo)

        async def work(transport: AsyncTransport) -> None:
            await transport(request(f"http://{server.host}/1"))
            await transport.close()
            await transport.close()
            assert await asyncio.to_thread(server.ended.acquire, timeout=TIMEOUT)
            assert (await transport(request(f"http://{server.host}/2", "POST"))).text == "2"

        run(work)
        assert len(server.heads) == len(server.connections) == 2

    def test_transport_closed_during_a_request(self, serve: Serve) -> None:
        """If the transport is closed during a request, the error of the request says that it may have been processed."""
        server = serve(wait)

        async def work(transport: AsyncTransport) -> None:
            task = asyncio.ensure_future(transport(request(f"http://{server.host}/")))
            await until(lambda: bool(server.heads))
            await transport.close()
            with pytest.raises(TransportError) as caught:
                await task
            assert caught.value.sent

        run(work)

    @OWN
    def test_discarded_connections_are_not_used_again(self, serve: Serve, *, own: bool) -> None:
        """After connections are discarded, a request in progress gets its response, and the next request opens a connection."""
        may_respond = threading.Event()

        def script(_: socket.socket) -> None:
            if len(server.heads) == 2:
                may_respond.wait(TIMEOUT)

        server = serve(script, respond=echo)

        async def work(transport: AsyncTransport) -> list[str]:
            first = await transport(request(f"http://{server.host}/1"))
            task = asyncio.ensure_future(transport(request(f"http://{server.host}/2")))
            await until(lambda: len(server.heads) == 2)
            transport.discard_connections()
            may_respond.set()
            return [reply.text for reply in (first, await task, await transport(request(f"http://{server.host}/3")))]

        assert run(work, own=own) == ["1", "2", "3"]
        assert len(server.connections) == 2

    def test_discarded_idle_connection_is_closed(self, serve: Serve) -> None:
        """The next request closes an idle connection that was discarded."""
        server = serve(wait, respond=echo)

        async def work(transport: AsyncTransport) -> list[str]:
            first = await transport(request(f"http://{server.host}/1"))
            transport.discard_connections()
            second = await transport(request(f"http://{server.host}/2"))
            assert await asyncio.to_thread(server.ended.acquire, timeout=TIMEOUT)
            return [first.text, second.text]

        assert run(work) == ["1", "2"]
        assert len(server.connections) == 2

    def test_pickled_transport_has_no_connections(self, serve: Serve) -> None:
        """The copy of a pickled transport has the same timeout, and opens its own connection."""
        server = serve(wait, respond=echo)

        async def work(transport: AsyncTransport) -> str:
            await transport(request(f"http://{server.host}/1"))
            copy = pickle.loads(pickle.dumps(transport))
            assert copy._timeout == transport._timeout
            return str((await copy(request(f"http://{server.host}/2"))).text)

        assert run(work) == "2"
        assert len(server.connections) == 2


class TestFork:
    """A transport works in a child even if it was used before the fork. The child shares no socket with the parent."""

    @forks
    def test_parent_and_child_have_connections_of_their_own(self, serve: Serve, tls: ssl.SSLContext, scheme: str) -> None:
        """The parent keeps its connection, and the child opens another connection."""
        server = serve(wait, tls=tls, respond=echo)
        transport = AsyncTransport(TIMEOUT)

        def urls(name: str) -> list[str]:
            return [f"{scheme}://{server.host}/{name}{n}" for n in range(50)]

        def child() -> bool:
            # The child runs its own event loop, as a forked worker process does.
            asyncio.events._set_running_loop(None)
            asyncio.set_event_loop(None)
            return bodies(asyncio.run(send_all(transport, urls("child")))) == [f"child{n}" for n in range(50)]

        async def parent() -> str:
            await send_all(transport, urls("before"))
            result = in_child(child)
            assert bodies(await send_all(transport, urls("parent"))) == [f"parent{n}" for n in range(50)]
            found = await asyncio.to_thread(result)
            assert bodies(await send_all(transport, urls("after"))) == [f"after{n}" for n in range(50)]
            return found

        assert asyncio.run(parent()) == "True"
        assert len(server.connections) == 2

    @forks
    def test_child_keeps_no_copy_of_a_connection(self, serve: Serve) -> None:
        """The server notices that the parent closes its connection, although the child process still runs."""
        server = serve(wait, respond=echo)
        reader, writer = os.pipe()

        def live_on() -> bytes:
            os.close(writer)
            return os.read(reader, 1)

        async def parent() -> Callable[[], str]:
            transport = AsyncTransport(TIMEOUT)
            await transport(request(f"http://{server.host}/1"))
            result = in_child(live_on)
            await transport.close()
            assert await asyncio.to_thread(server.ended.acquire, timeout=TIMEOUT)
            return result

        result = asyncio.run(parent())
        os.close(writer)
        assert result() == "b''"
        os.close(reader)

    def test_renewed_transport_uses_new_connections(self, serve: Serve) -> None:
        """Renewing a transport takes the sockets from its connections, and skips a connection that is already closed."""
        server = serve(in_turn(answering(b"", Connection="close"), answering(b"")))

        async def work(transport: AsyncTransport) -> None:
            await transport(request(f"http://{server.host}/"))
            (closed,) = transport._pools[asyncio.get_running_loop()][0].protocols  # keeps the object in the weak set
            await transport(request(f"http://{server.host}/"))
            transport.renew_after_fork()
            assert closed.transport is None
            assert await asyncio.to_thread(server.ended.acquire, timeout=TIMEOUT)
            for _, lifetime in list(async_transport._forgotten.pop().values()):
                await lifetime.aclose()
            await transport(request(f"http://{server.host}/"))

        run(work)
        assert len(server.connections) == 3


class TestSessionOfUser:
    """A transport can send requests with a session of the user."""

    def test_settings_of_the_session_apply(self, serve: Serve) -> None:
        """The transport uses the header fields and middlewares of the session, and does not close the session."""
        server = serve(wait, respond=echo)
        seen: list[str] = []

        async def middleware(sent: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
            seen.append(sent.method)
            return await handler(sent)

        async def main() -> None:
            async with aiohttp.ClientSession(headers={"X-Team": "voice"}, middlewares=[middleware]) as session:
                transport = AsyncTransport(TIMEOUT, session)
                await transport(request(f"http://{server.host}/1"))
                await transport.close()
                assert not session.closed

        asyncio.run(main())
        assert server.header("X-Team") == ["voice"]
        assert seen == ["GET"]

    def test_closed_session(self) -> None:
        """A closed session raises an error, and nothing is sent."""

        async def main() -> None:
            async with aiohttp.ClientSession() as session:
                transport = AsyncTransport(TIMEOUT, session)
            with pytest.raises(TransportError, match=r"^the session of the client is closed$") as caught:
                await transport(request(f"http://{HOST}/"))
            assert not caught.value.sent

        asyncio.run(main())

    def test_session_of_another_event_loop(self) -> None:
        """If a session belongs to another event loop, an error is raised, and nothing is sent."""

        async def create() -> AsyncTransport:
            return AsyncTransport(TIMEOUT, aiohttp.ClientSession())

        async def use(transport: AsyncTransport) -> None:
            with pytest.raises(TransportError, match="the session belongs to another event loop") as caught:
                await transport(request(f"http://{HOST}/"))
            assert not caught.value.sent

        with asyncio.Runner() as first:
            transport = first.run(create())
            asyncio.run(use(transport))
            assert transport._pool_of_user is not None
            first.run(transport._pool_of_user.session.close())


def test_unread_bytes_are_found_without_poll(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unread bytes are found with ``select`` if ``poll`` is missing, as on Windows."""
    monkeypatch.delattr("select.poll")
    server = serve(wait, respond=echo)

    async def work(transport: AsyncTransport) -> list[str]:
        first = bodies(await send_all(transport, [f"http://{server.host}/{n}" for n in range(2)]))
        hang_up(server.connections[0])
        return first + bodies(await send_all(transport, [f"http://{server.host}/2"]))

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(__import__("selectors").SelectSelector())) as runner:

        async def main() -> list[str]:
            transport = AsyncTransport(TIMEOUT)
            try:
                return await work(transport)
            finally:
                await transport.close()

        assert runner.run(main()) == ["0", "1", "2"]
    assert len(server.connections) == 2


ERRORS: Final = [
    *(
        cls
        for cls in vars(aiohttp.client_exceptions).values()
        if isinstance(cls, type) and issubclass(cls, Exception) and cls.__module__ == "aiohttp.client_exceptions"
    ),
    ssl.SSLError,
    OSError,
    ValueError,
    RuntimeError,
    TypeError,
    json.JSONDecodeError,
]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_an_error_of_this_package(error: type[Exception], monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    """Any error of a library becomes a ``TransportError``, and its message contains no words of the library."""
    server = serve(answering())

    async def fail(*_: Any, **__: Any) -> None:
        failure = error.__new__(error)
        Exception.__init__(failure, "HTTPConnectionPool(host='voice.example', port=443): Max retries exceeded")
        raise failure

    monkeypatch.setattr("aiohttp.StreamReader.readany", fail)
    monkeypatch.setattr("aiohttp.streams.AsyncStreamIterator.__anext__", fail)
    with pytest.raises(TransportError) as caught:
        send(f"http://{server.host}/")
    assert OTHER_WORDS.search(str(caught.value)) is None
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without aiohttp, the error of the import says what to install."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "callcontrol.async_transport")
    with pytest.raises(ModuleNotFoundError, match=r"^AsyncClient needs aiohttp: install bxml-callcontrol\[async\]$"):
        importlib.import_module("callcontrol.async_transport")
