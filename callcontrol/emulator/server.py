"""The HTTP server of the emulator: a thin layer over :class:`callcontrol.emulator.in_process_emulator.Core`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import threading
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, NamedTuple, Self, Unpack
from urllib.parse import urlsplit

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.datastructures import URL
from starlette.requests import ClientDisconnect
from starlette.requests import Request as ServerRequest
from starlette.types import Receive, Scope, Send

from callcontrol.emulator.after_response import writing_response
from callcontrol.emulator.control_api import LARGEST_AUDIO_REQUEST, ProxiedRequest, takes_audio, takes_long
from callcontrol.emulator.in_process_emulator import Core, CoreOptions
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.http_messages import Send as Handle
from callcontrol.operation_table import API_PATH, TOKEN_PATH

log = logging.getLogger(__name__)

SERVER_LOG: Final = logging.getLogger("uvicorn.error")
"""The logger of uvicorn, which several servers of this process may share."""

CUT_IN_SERVER_LOG: Final = "ASGI callable returned without completing response."
"""The error that uvicorn logs if a fault has cut a connection. The emulator logs a line of its own about this."""

HIDDEN_IN_SERVER_LOG: Final = frozenset(
    {
        CUT_IN_SERVER_LOG,
        # The next two are logged if a request has not finished when the server stops.
        "Cancel %s running task(s), timeout graceful shutdown exceeded",
        "ASGI callable returned without starting response.",
    }
)
"""The messages of uvicorn about this server that are not shown, because they do not tell of a fault."""

LARGEST_REQUEST: Final = 1024 * 1024
"""Maximum size of a request body in bytes, except of a request with an audio file; a document has at most 64 KiB."""

IPV6: Final = 6
"""The version number of IPv6 addresses."""

LOOPBACK: Final = "127.0.0.1"
"""The address that only this machine can reach."""

MAX_WAITING: Final = 1_000
"""Maximum number of requests that wait for an expectation at the same time; each of them occupies a thread."""

MAX_OTHERS: Final = 40
"""Maximum number of requests that are processed at the same time, not counting requests that wait for an expectation."""

UNREAD_SECONDS: Final = 5.0
"""Maximum number of seconds for which the effects of a request wait until the client reads the response."""

ABSOLUTE: Final = ("http://", "https://")
"""Beginnings of a URL in the first line of a request. Usually that line has only the path."""

NO_PROXY: Final = (
    "the emulator is not a proxy for https URLs; use --certificate, and make the host name resolve to the emulator"
)
"""The reason why a request for a tunnel is refused."""

HTTPS_PORT: Final = 443
"""The default port of HTTPS."""


class Certificate(NamedTuple):
    """The files of a server certificate.

    Attributes:
        file: A PEM file with the certificate, and the certificates of its issuers if clients need them.
        key: A PEM file with the private key, not encrypted; ``None`` if ``file`` contains the key.
    """

    file: str
    key: str | None = None

    def check(self) -> None:
        """Check that the files can be used.

        Raises:
            ValueError: If the files cannot be used; the message says why.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.file, self.key, password=_refuse_encrypted_key)
        except ssl.SSLError:
            if self.key is None:
                wanted = (
                    f"{self.file} does not contain a certificate and its private key in PEM format; name the file of the key"
                )
            else:
                wanted = f"{self.file} and {self.key} are not a certificate and its private key in PEM format"
            raise ValueError(wanted) from None
        except OSError as error:
            files = " or ".join(filter(None, self))
            raise ValueError(f"cannot read {files}: {error.strerror}") from None


def _refuse_encrypted_key() -> bytes:
    """Refuse to ask for the password of an encrypted key, because a server may have no terminal."""
    raise ValueError("the private key is encrypted; write it without a password with: openssl pkey -in KEY -out NEW_KEY")


class Server:
    """An HTTP server that runs inside a ``with`` block.

    Args:
        handle: Function that returns the response to a request.
        host: The address to listen on, or its name.
        port: The port; 0 for any free port.
        certificate: The certificate of an HTTPS server; without it, the server uses HTTP.
    """

    def __init__(self, handle: Handle, host: str = LOOPBACK, port: int = 0, certificate: Certificate | None = None) -> None:
        self._handle = handle
        self._host = host
        self._port = port
        self._certificate = certificate
        # Two limits, so that waiting requests cannot block the requests that they wait for.
        self._waiting, self._others = CapacityLimiter(MAX_WAITING), CapacityLimiter(MAX_OTHERS)

    def __enter__(self) -> Self:
        """Start to listen, and return once the server accepts requests.

        Raises:
            OSError: If the address does not exist, or the port is in use.
        """
        self._socket = self._listen()
        file, key = self._certificate or (None, None)
        config = uvicorn.Config(
            self._application,
            log_level="warning",
            lifespan="off",
            access_log=False,
            interface="asgi3",
            date_header=False,
            server_header=False,
            ssl_certfile=file,
            ssl_keyfile=key,
            http="h11",  # unlike the other implementation, it keeps the spelling of header names
            # By default uvicorn waits for open requests without a limit.
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        SERVER_LOG.addFilter(self._is_shown)
        self._thread.start()
        return self

    def _listen(self) -> socket.socket:
        family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, proto=socket.IPPROTO_TCP)[0]
        # asyncio disables the delay of small packets only if the protocol of the socket is set to TCP.
        listener = socket.socket(family, kind, protocol)
        try:
            # On POSIX, this option allows reusing a port immediately; elsewhere it would allow two programs to share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
        return listener

    def __exit__(self, *_: object) -> None:
        """Stop listening, and wait for the server to shut down."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        SERVER_LOG.removeFilter(self._is_shown)

    def _is_shown(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record of uvicorn; some messages about this server are not shown."""
        return record.thread != self._thread.ident or record.msg not in HIDDEN_IN_SERVER_LOG

    @property
    def address(self) -> str:
        """The address that the server listens on."""
        return str(self._socket.getsockname()[0])

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The URL of the server for programs on this machine."""
        address = ip_address(self.address)
        host = "localhost" if address.is_unspecified else f"[{address}]" if address.version == IPV6 else str(address)
        return self.url_of(host)

    def url_of(self, host: str) -> str:
        """Return the URL of the server under a host name.

        Args:
            host: The name, or an address; an IPv6 address in brackets.
        """
        if self._certificate is None:
            return f"http://{host}:{self.port}"
        return f"https://{host}" if self.port == HTTPS_PORT else f"https://{host}:{self.port}"

    @property
    def is_reached_from_elsewhere(self) -> bool:
        """True if other machines can send requests to the server."""
        return not ip_address(self.address).is_loopback

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, unless the server stops meanwhile; uvicorn then cancels the task, and closes the connection."""
        with suppress(asyncio.CancelledError):
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a request, pass it to the handler, and send the response."""
        received = ServerRequest(scope, receive)
        target = _target(scope)
        if received.method == "CONNECT":
            log.warning("CONNECT %s: 501 %s", target, NO_PROXY)
            return await self._respond(Reply(HTTPStatus.NOT_IMPLEMENTED), send)
        kind = ProxiedRequest if target.lower().startswith(ABSOLUTE) else Request
        url = target if kind is ProxiedRequest else f"{_host(scope)}/{target.removeprefix('/')}"
        path = _path(url)
        body = bytearray()
        largest = LARGEST_AUDIO_REQUEST if takes_audio(path) else LARGEST_REQUEST
        try:
            async for part in received.stream():
                body += part
                if len(body) > largest:
                    log.warning("%s %s: 413 the body is larger than %d bytes", received.method, path, largest)
                    return await self._respond(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), send)
        except ClientDisconnect:  # the client left before the end of its request, so no one reads a response
            return None
        limiter = self._waiting if takes_long(path) else self._others
        request = kind(received.method, url, Headers(received.headers), bytes(body))
        with writing_response() as run_actions:
            try:
                reply = await to_thread.run_sync(self._handle, request, limiter=limiter)
            except ConnectionResetError:  # a response without the promised body makes the server cut the connection
                return await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            # A client that does not read its responses must not stop the time of the calls for ever.
            too_late = asyncio.get_running_loop().call_later(UNREAD_SECONDS, run_actions)
            try:
                return await self._respond(reply, send)
            finally:
                too_late.cancel()

    async def _respond(self, reply: Reply, send: Send) -> None:
        """Send a response.

        Starlette writes the names of headers in lower case. Clients that look up ``Location`` in a dictionary would not find
        it.
        """
        fields = {**reply.headers, "Date": formatdate(usegmt=True)}
        if reply.status != HTTPStatus.NO_CONTENT:  # HTTP forbids the header for this status
            fields["Content-Length"] = str(len(reply.body))
        if self._certificate is not None:  # an open TLS connection would delay the shutdown of the server
            fields["Connection"] = "close"
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def _target(scope: Scope) -> str:
    """Return the target in the first line of a request.

    A client that uses the server as a proxy sends an absolute URL. https://www.rfc-editor.org/rfc/rfc9112#section-3.2
    """
    # The path stays escaped, because an unescaped line break in it would be lost.
    path, query = (scope[name].decode("ascii", "replace") for name in ("raw_path", "query_string"))
    return f"{path}?{query}" if query else str(path)


def _host(scope: Scope) -> str:
    """Return the scheme and the host of a request, which the header ``Host`` names."""
    url = URL(scope={**scope, "path": "/"})
    return f"{url.scheme}://{url.netloc}"


def _path(url: str) -> str:
    """Return the path of a URL, or an empty string if the URL is malformed."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


class Emulator(Core):
    """A local emulator of the API that listens on a port inside a ``with`` block.

    ::

        with Emulator() as voice:
            client = Client("9900123", OAuth2("id", "secret"), base_url=voice.url)

    It listens on the loopback address only. By default it accepts all accounts and credentials.

    Args:
        application: The application that receives webhooks. A WSGI or ASGI object is called without a socket, and receives
            webhooks to any host. If the application is a URL, ``dial`` calls this URL by default, and webhooks are sent
            over HTTP. Without an application, webhooks are sent over HTTP, and ``dial`` requires absolute URLs.
        port: The port; 0 for any free port.
        accounts: The account ids that exist; default: all ids exist.
        credentials: Passwords and secrets; the keys are user names and client ids. Default: all credentials are accepted.
        answers: Whether phones answer new calls immediately by default; otherwise new calls stay queued until ``initiate``.
        clock: Function that returns the time of day, in UTC; the emulator adds the virtual time that has passed.
        assumptions: Behavior that the vendor's pages do not specify; default: ``Assumptions()``.
        extra: Names of attributes that documents may have although the schema does not know these attributes yet.
        speed: Seconds of the emulator's time for each second of real time, ``1`` for real time; ``None`` for virtual time. With
            a speed, webhooks time out in real time.
        url_map: Replacements for the beginnings of URLs, such as ``{"https://app.example": "http://localhost:5000"}`` for
            webhooks and audio files, and ``{"wss://bot.example": "ws://localhost:8765"}`` for media streams. URLs of
            webhooks can be replaced only if the application is not an object, and those of media streams only with a speed.

    Raises:
        ValueError: If the speed is not positive and finite, or a replacement is invalid.
    """

    _server: Server | None = None

    def __init__(self, application: object | None = None, *, port: int = 0, **options: Unpack[CoreOptions]) -> None:
        super().__init__(application, **options)
        self._port = port

    @property
    def url(self) -> str:
        """The base URL for a client.

        Raises:
            RuntimeError: If the ``with`` block has not been entered, or has been left.
        """
        if self._server is None:
            raise RuntimeError("the emulator is not listening; use its url inside the with block")
        return self._server.url + API_PATH

    @property
    def token_url(self) -> str:
        """The URL that exchanges client credentials for a token; client libraries other than ``callcontrol`` may need it.

        Raises:
            RuntimeError: If the ``with`` block has not been entered, or has been left.
        """
        return self.url.removesuffix(API_PATH) + TOKEN_PATH

    def __enter__(self) -> Self:
        """Start to listen, and return once requests are accepted.

        Raises:
            OSError: If the port is in use.
        """
        self._server = Server(self.handle, port=self._port).__enter__()
        self.base_url = self.url
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        """Stop time, then stop listening."""
        super().__exit__()  # first, so that requests that wait for an expectation return
        assert self._server is not None
        self._server.__exit__()
        self._server = None
