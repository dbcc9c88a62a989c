"""Requests on an event loop, with aiohttp.

aiohttp was chosen because it needs little processor time. If 100 requests run at once, httpx needs fifty times as much
processor time (``tests/benchmarks/test_async_transport.py`` compares this module with httpx). aiohttp sends an idempotent
request again if a kept connection is closed, and treats bytes after a response as the next response; this module prevents both.
"""

from __future__ import annotations

import asyncio
import functools
import io
import math
import os
import select
import socket
import ssl
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakSet

from bxml.messages.text import escape_unprintable
from callcontrol import transport_error_wording as reasons
from callcontrol.content_encoding import TooLarge, UnknownEncoding, decompress
from callcontrol.errors import TransportError
from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.network_environment import proxy_for, tls_context
from callcontrol.response_limits import LARGEST_RESPONSE, MOST_INTERIM_RESPONSES
from callcontrol.transport_error_wording import Route

try:
    import aiohttp
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from yarl import URL
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"AsyncClient needs {missing.name}: install bxml-callcontrol[async]", name=missing.name) from None

SMALL_BODY: Final = 2**20
"""Maximum bytes of a request body that aiohttp writes at once; aiohttp warns if a larger body is not a file."""

_forgotten: Final[list[_Pools]] = []
"""Connections of a parent process. A child process must not finalize them, because they share a poll object with the parent."""


class AsyncTransport:
    """Sends requests on the running event loop and returns their responses.

    Each event loop has its own connections, which are closed by :meth:`close` or when ``asyncio.run`` ends. A child process has
    its own connections too. A pickled transport has neither connections nor a session.

    Args:
        timeout: Timeout in seconds, once for connecting and once for the whole response.
        session: Session to send with. Its connector, proxies, TLS settings, header fields and middlewares apply, and it is not
            closed here. With a session, the timeout is for connecting and the response together.
    """

    def __init__(self, timeout: float, session: aiohttp.ClientSession | None = None) -> None:
        self._timeout = timeout
        self._pool_of_user = _Pool(session, WeakSet()) if session is not None else None
        self._pools: _Pools = {}
        self._ways: dict[tuple[str, str], _Way] = {}
        self._tls = _Tls()
        renew_after_fork(self)

    def __reduce__(self) -> tuple[type[AsyncTransport], tuple[float]]:
        """Return the class and the timeout, without connections and the session."""
        return AsyncTransport, (self._timeout,)

    def renew_after_fork(self) -> None:
        """Close the child's copies of the connections without sending a byte to the server, and forget them."""
        for pool, _ in self._pools.values():
            _replace_sockets(pool.protocols)
        _forgotten.append(self._pools)
        self._pools = {}
        self._ways = {}
        self._tls = _Tls()

    # Not a coroutine function, because a further coroutine costs time in each of many simultaneous requests.
    def __call__(self, request: Request) -> Coroutine[Any, Any, Reply]:
        """Send a request once and return its response.

        Raises:
            TransportError: If there is no complete response.
        """
        scheme, _, rest = request.url.partition("://")
        host = rest.partition("/")[0]
        way, opened = self._ways.get((scheme, host)), self._pools.get(asyncio.get_running_loop())
        if way and opened:
            return _exchange(opened[0].session, request, way.route, way.options)
        return self._prepare_and_send(request, scheme, host)

    async def _prepare_and_send(self, request: Request, scheme: str, host: str) -> Reply:
        """Send the first request to a host, or a request with the user's session. Other requests need only an open pool."""
        way = self._ways.get((scheme, host)) or await self._find_way(scheme, host)
        if self._pool_of_user is None:
            opened = self._pools.get(asyncio.get_running_loop())
            pool = opened[0] if opened else await self._open_pool()
            return await _exchange(pool.session, request, way.route, way.options)
        session = self._pool_of_user.session
        _check(session, way.route)
        attempt = _Attempt(self._pool_of_user)
        options = {"middlewares": (*session._middlewares, attempt), "timeout": aiohttp.ClientTimeout(total=self._timeout)}
        return await _exchange(session, request, way.route, options, attempt)

    async def _find_way(self, scheme: str, host: str) -> _Way:
        """Return the settings of requests to a host. Without a user's session, they include the proxy of the environment."""
        if not _is_valid(scheme, host):
            raise TransportError(f'"{scheme}://{host}" is not a valid URL; expected http or https and a host', sent=False)
        if self._pool_of_user is not None:
            way = _Way(Route(host, self._timeout), {})
        else:
            proxy = proxy_for(scheme, host)
            options: dict[str, Any] = {"proxy": URL(proxy)} if proxy else {}
            if scheme == "https":
                options["ssl"] = await asyncio.to_thread(self._tls.context)  # reads files
            way = _Way(Route(host, self._timeout, urlsplit(proxy).netloc.rpartition("@")[2] if proxy else None), options)
        self._ways[scheme, host] = way
        return way

    async def _open_pool(self) -> _Pool:
        """Open the pool of the running event loop, and return it."""
        loop = asyncio.get_running_loop()
        lifetime = _open(self._pools, loop, self._timeout)
        pool = await anext(lifetime)
        self._pools[loop] = pool, lifetime
        return pool

    def discard_connections(self) -> None:
        """Stop using the open connections. Connections of requests in progress are closed after their responses."""
        pools = [pool for pool, _ in self._pools.values()]
        for pool in [*pools, self._pool_of_user] if self._pool_of_user else pools:
            for protocol in list(pool.protocols):
                protocol.force_close()

    async def close(self) -> None:
        """Close the connections of the running event loop; a later request opens new ones.

        The connections of another event loop are closed when that loop ends.
        """
        _, lifetime = self._pools.pop(asyncio.get_running_loop(), (None, None))
        if lifetime is not None:
            await lifetime.aclose()


class _Pool(NamedTuple):
    """The connections of one session."""

    session: aiohttp.ClientSession
    protocols: WeakSet[ResponseHandler]
    """The connections that have carried a request."""


_Pools: TypeAlias = dict[asyncio.AbstractEventLoop, tuple[_Pool, AsyncGenerator[_Pool]]]


class _Way(NamedTuple):
    """The settings of the requests to one host."""

    route: Route
    options: dict[str, Any]
    """Arguments of ``ClientSession.request``."""


class _Tls:
    """A TLS context that is created at the first use, in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context."""
        with self._lock:
            self._context = self._context or tls_context()
            return self._context


async def _open(pools: _Pools, loop: asyncio.AbstractEventLoop, seconds: float) -> AsyncGenerator[_Pool]:
    """Open the session of an event loop, and close the session when the generator is closed.

    An event loop closes its asynchronous generators before it ends. So the connections are closed in any case.
    """
    protocols: WeakSet[ResponseHandler] = WeakSet()
    session = aiohttp.ClientSession(
        connector=_Connector(seconds, protocols),
        cookie_jar=aiohttp.DummyCookieJar(),
        # The connection measures the time of the response. Without the threshold, aiohttp rounds up to whole seconds.
        timeout=aiohttp.ClientTimeout(total=None, connect=seconds, ceil_threshold=math.inf),
    )
    try:
        yield _Pool(session, protocols)
    finally:
        pools.pop(loop, None)
        await session.close()


class _NotConnected(Exception):
    """There is no connection, so nothing of the request was sent."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause


class _NotRepeated(Exception):
    """The connection was lost. aiohttp sends some requests again after its own errors, but not after this error."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(cause)
        self.cause = cause


class _Stale(Exception):
    """The connection cannot carry a request."""


class _Switched(Exception):
    """The server sent 101, which no request asks for."""


class _TooManyInterim(Exception):
    """The server sent interim responses without end."""


class _Protocol(ResponseHandler):
    """A connection with a deadline for each response and a limit on the number of interim responses."""

    has_unread_bytes: Callable[[], bool] | None = None
    """Function that returns whether the socket has unread bytes; ``None`` until the connection has carried a request."""
    _interim = 0
    _response_connection: Connection
    _response_deadline: float
    _response_timer: asyncio.TimerHandle | None = None

    def limit_response_time(self, connection: Connection, seconds: float) -> None:
        """End the request if its response is not complete in time.

        Args:
            connection: The object of aiohttp that links the request to this connection until the response ends.
            seconds: Seconds in which the response must be complete.
        """
        # One timer serves all requests on the connection, because a timer for each request would cost too much.
        self._response_connection, self._response_deadline = connection, self._loop.time() + seconds
        if self._response_timer is None:
            self._response_timer = self._loop.call_at(self._response_deadline, self._check_response_time)

    def _check_response_time(self) -> None:
        """End the request if its deadline has passed, or check again later if a request is in progress."""
        self._response_timer = None
        if self._response_connection.protocol is not self:  # no request is in progress
            return
        if self._loop.time() < self._response_deadline:
            self._response_timer = self._loop.call_at(self._response_deadline, self._check_response_time)
        else:
            self._expire_response()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Cancel the timer."""
        if self._response_timer is not None:
            self._response_timer.cancel()
        super().connection_lost(exc)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take the head of a response, which may be an interim response."""
        status = data[0].code
        self._interim = self._interim + 1 if status < HTTPStatus.OK else 0
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            self.set_exception(_Switched())
        elif self._interim > MOST_INTERIM_RESPONSES:
            self.set_exception(_TooManyInterim())
        if self.exception() is None:
            super().feed_data(data, size)

    def set_exception(self, exc: BaseException, *cause: Any, **named: Any) -> None:
        """End the request with an error after which aiohttp does not send the request again."""
        if isinstance(exc, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError):
            exc = _NotRepeated(exc)
        super().set_exception(exc, *cause, **named)

    def close(self) -> None:
        """Close the connection at once.

        Otherwise, a body that is not written yet, or a TLS server that does not respond, would keep the connection open
        beyond the end of the event loop.
        """
        if self.transport is not None:
            self.transport.abort()
        super().close()

    def _expire_response(self) -> None:
        """End the request, because the response is not complete in time."""
        error = TimeoutError()
        self.set_exception(error)
        if self._payload is not None:
            self._payload.set_exception(error)


class _Connector(aiohttp.TCPConnector):
    """Connections of one event loop.

    This class distinguishes two cases: an error before there is a connection, and an error after a request. aiohttp raises
    ``ServerDisconnectedError`` in both cases, for example if a proxy closes the connection instead of opening a tunnel.
    """

    def __init__(self, timeout: float, used: WeakSet[ResponseHandler]) -> None:
        # The caller bounds the number of requests at a time; a wait for a connection here would count as connecting.
        super().__init__(limit=0)  # pyright: ignore[reportUnknownMemberType]
        self._factory: Any = functools.partial(_Protocol, loop=self._loop)
        self._timeout = timeout
        self._used = used

    async def connect(self, *arguments: Any, **named: Any) -> Connection:
        """Return a new connection, or a kept connection that has received nothing since its last response."""
        try:
            connection = await super().connect(*arguments, **named)
            while not self._can_send(connection):
                connection.close()
                connection = await super().connect(*arguments, **named)
        except Exception as error:  # noqa: BLE001  the reason does not matter
            raise _NotConnected(error) from None
        protocol: Any = connection.protocol
        protocol.limit_response_time(connection, self._timeout)
        return connection

    def _can_send(self, connection: Connection) -> bool:
        """Return whether a connection can carry a request. If a new connection cannot carry a request, raise an error."""
        protocol: Any = connection.protocol
        if protocol.has_unread_bytes is not None:
            return _is_usable(protocol, protocol.has_unread_bytes)
        if protocol.should_close:  # the server sent bytes before any request
            connection.close()
            raise _Stale
        protocol.has_unread_bytes = _check_of(protocol.transport)
        self._used.add(protocol)
        return True


class _Attempt:
    """A middleware of aiohttp that sends one request once, with the session of a user."""

    def __init__(self, pool: _Pool) -> None:
        self._used = pool.protocols
        self.is_sent = False

    async def __call__(self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Connect, send the request and return the response."""
        send = request.send
        protocol: ResponseHandler | None = None

        async def send_once(connection: Connection) -> aiohttp.ClientResponse:
            nonlocal protocol
            del request.send  # or the request would refer to itself, and wait for the garbage collector
            protocol = connection.protocol
            assert protocol is not None
            if protocol.should_close or (protocol in self._used and not _is_usable(protocol)):
                raise _NotConnected(_Stale())
            self._used.add(protocol)
            self.is_sent = True
            return await send(connection)

        request.send = send_once  # type: ignore[method-assign, assignment]
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001  the transport handles it
            raise _NotRepeated(error) from None
        if response.status == HTTPStatus.SWITCHING_PROTOCOLS and protocol is not None:
            response.close()
            protocol.close()  # aiohttp keeps the connection if the response has no field Upgrade
            raise _Switched
        if response.cookies:
            response.cookies = SimpleCookie()  # so that the session does not keep them
        return response


def _is_valid(scheme: str, host: str) -> bool:
    """Return whether a request can be sent to a host."""
    try:
        parts = urlsplit(f"{scheme}://{host}")
        return scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _check(session: aiohttp.ClientSession, route: Route) -> None:
    """Raise an error if a user's session cannot send."""
    if session.closed:
        raise route.not_sent(reasons.SESSION_CLOSED)
    if session._loop is not asyncio.get_running_loop():
        raise route.not_sent(reasons.OTHER_LOOP)


def _is_usable(protocol: ResponseHandler, has_unread_bytes: Callable[[], bool] | None = None) -> bool:
    """Return whether a kept connection has received nothing since its last response.

    aiohttp does not check this. It would take left-over bytes as the response to the next request.

    Args:
        protocol: The connection.
        has_unread_bytes: Function that returns whether the socket has unread bytes; ``None`` to create such a function.
    """
    if protocol.should_close or protocol.transport is None:
        return False
    return not (has_unread_bytes or _check_of(protocol.transport))()


def _check_of(transport: asyncio.BaseTransport) -> Callable[[], bool]:
    """Return a function that returns true if the server has closed a socket, or if the socket has unread bytes."""
    descriptor = transport.get_extra_info("socket").fileno()
    if not hasattr(select, "poll"):  # on Windows, where select() accepts every descriptor number
        return lambda: bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return lambda: bool(poll.poll(0))


async def _exchange(
    session: aiohttp.ClientSession, request: Request, route: Route, options: dict[str, Any], attempt: _Attempt | None = None
) -> Reply:
    """Send a request and read its response."""
    fields = request.headers.as_dict()
    fields["User-Agent"] = "bxml-callcontrol"
    fields["Accept-Encoding"] = "identity"  # a small response could be decompressed to one that fills the memory
    try:
        response = await session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=fields,
            data=_payload(request.body) if request.body else None,
            allow_redirects=False,
            auto_decompress=False,
            raise_for_status=False,
            **options,
        )
    except Exception as error:  # noqa: BLE001  errors of aiohttp, asyncio, TLS and the system
        raise _failure(error, route, attempt) from None
    headers = _headers(response.raw_headers)
    try:
        # Most responses have no body.
        empty = response.content.at_eof() and response.content.exception() is None
        body = b"" if empty else await _body(response, route)
    except BaseException:
        response.close()
        raise
    encoding = headers.get("Content-Encoding")
    return Reply(response.status, headers, _decoded(body, encoding, route) if encoding else body)


async def _body(response: aiohttp.ClientResponse, route: Route) -> bytes:
    """Read a body to its end."""
    body = bytearray()
    try:
        async for part in response.content.iter_any():
            body += part
            if len(body) > LARGEST_RESPONSE:
                break
    except Exception as error:  # noqa: BLE001  errors of aiohttp, asyncio, TLS and the system
        raise _no_response(error, route) from None
    if len(body) > LARGEST_RESPONSE:
        raise _unusable(route, reasons.TOO_LARGE, limit=LARGEST_RESPONSE)
    return bytes(body)


def _decoded(body: bytes, encoding: str, route: Route) -> bytes:
    """Return a body without its content encoding."""
    try:
        return decompress(body, encoding, LARGEST_RESPONSE)
    except TooLarge:
        raise _unusable(route, reasons.TOO_LARGE, limit=LARGEST_RESPONSE) from None
    except UnknownEncoding:
        raise _unusable(route, reasons.UNKNOWN_ENCODING, encoding=escape_unprintable(encoding)) from None
    except ValueError:
        raise _unusable(route, reasons.NOT_DECODED, encoding=escape_unprintable(encoding)) from None


def _unusable(route: Route, detail: str, **values: object) -> TransportError:
    """Return the error for a response that cannot be used."""
    return route.no_response(reasons.UNUSABLE, detail=detail.format_map(values))


def _payload(body: bytes) -> aiohttp.Payload:
    """Return the body of a request."""
    if len(body) <= SMALL_BODY:
        return aiohttp.BytesPayload(body)
    return aiohttp.BytesIOPayload(io.BytesIO(body))


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the header fields. If several fields have the same name, their values are joined."""
    fields = dict[str, tuple[str, str]]()
    for name, value in ((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw):
        first, values = fields.get(name.lower(), (name, ""))
        fields[name.lower()] = first, f"{values}, {value}" if values else value
    return Headers.of_fields(fields)


_SWITCHED: Final = f"{{peer}} {reasons.SWITCHED}"
_TOO_MANY_INTERIM: Final = f"{{peer}} {reasons.TOO_MANY_INTERIM}"

_REASONS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (_Switched, _SWITCHED),
    (_TooManyInterim, _TOO_MANY_INTERIM),
    (TimeoutError, reasons.TIMED_OUT),
    (aiohttp.ClientPayloadError, reasons.INCOMPLETE),
    (aiohttp.ServerDisconnectedError, reasons.CLOSED),
    (aiohttp.ClientResponseError, reasons.INVALID),
    (OSError, reasons.RESET),
)
"""Pairs of an exception class and the reason, for errors after the request was sent. The first class that matches applies."""


def _failure(error: BaseException, route: Route, attempt: _Attempt | None) -> TransportError:
    """Return the error of this package for an error of another library."""
    if isinstance(error, _NotRepeated):
        error = error.cause
    if isinstance(error, _NotConnected):
        return _no_connection(error.cause, route)
    if isinstance(error, aiohttp.InvalidURL) or (attempt is not None and not attempt.is_sent):
        return _no_connection(error, route)
    return _no_response(error, route)


def _no_response(error: BaseException, route: Route) -> TransportError:
    """Return the error for a missing response."""
    return route.no_response(next((reason for cls, reason in _REASONS if isinstance(error, cls)), reasons.FAILED))


_NOT_SENT: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (_Stale, reasons.STALE),
    (_Switched, _SWITCHED),
    (_TooManyInterim, _TOO_MANY_INTERIM),
    (aiohttp.ServerDisconnectedError, reasons.CLOSED_BEFORE_REQUEST),
    (aiohttp.ClientResponseError, reasons.INVALID_BEFORE_REQUEST),
)
"""Pairs of an exception class and the reason, for failed connections without a system error. The first match applies."""


def _no_connection(error: BaseException, route: Route) -> TransportError:
    """Return the error for a failed connection."""
    error = error.cause if isinstance(error, _NotRepeated) else error
    if isinstance(error, aiohttp.ClientHttpProxyError):
        status = escape_unprintable(f"{error.status} {error.message}".strip())
        return route.not_sent(reasons.NO_TUNNEL, detail=reasons.tunnel_refusal(status))
    for cls, reason in _NOT_SENT:
        if isinstance(error, cls):
            return route.not_sent(reason)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return route.no_connection(socket.gaierror())
    cause: Any = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    cause = cause.cause if isinstance(cause, _NotRepeated) else cause
    if isinstance(cause, aiohttp.ClientOSError):
        cause = OSError(cause.errno, "")  # has the class of its number, such as ConnectionResetError
    return route.no_connection(cause)


def _replace_sockets(protocols: Iterable[ResponseHandler]) -> None:
    """Replace the sockets of connections with the null device.

    The objects of the event loop still know the descriptors. If the descriptors were closed, other files would soon get the
    numbers of the descriptors.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for transport in [protocol.transport for protocol in protocols if protocol.transport is not None]:
        os.dup2(null, transport.get_extra_info("socket").fileno(), inheritable=False)
    os.close(null)
