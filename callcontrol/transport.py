"""Requests over the network, sent with the library ``requests``: responses are bounded, and redirects are not followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from http.client import HTTPException
from typing import Any, Final, NamedTuple, TypeAlias, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError

from bxml.messages.text import escape_unprintable
from callcontrol.content_encoding import TooLarge, UnknownEncoding, decompress
from callcontrol.errors import InvalidRequest, TransportError
from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.network_error_messages import Route, UnusableResponse, explain
from callcontrol.response_limits import LARGEST_RESPONSE
from callcontrol.response_timeout import ResponseTimeoutAdapter, bundle_of_environment, open_pools
from callcontrol.transport_error_wording import NOT_DECODED, TOO_LARGE, UNKNOWN_ENCODING

PART_BYTES: Final = 64 * 1024
"""Bytes of a body that are read at once."""

USER_AGENT: Final = "bxml-callcontrol"

_DEFAULT_HEADERS: Final = default_headers()
"""Header fields that the library ``requests`` sets in each new session."""

_FAILURES: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, ArithmeticError)
"""Exceptions of ``requests``, ``urllib3``, ``http.client``, ``ssl`` and sockets."""

Hooks: TypeAlias = dict[str, Any]


class Transport:
    """Sends requests through a session of the library ``requests``, and returns the responses.

    It can be shared between threads, and is renewed in a child process. It can be pickled, without its connections; the pickle
    includes a session that was passed in, with the headers and proxies of the session.

    Args:
        timeout: Timeout in seconds, once for connecting and once for the whole response.
        session: The session to use; by default, the transport creates a session with a :class:`ResponseTimeoutAdapter`.

    Raises:
        InvalidRequest: If the session is not a :class:`requests.Session`.
    """

    def __init__(self, timeout: float, session: requests.Session | None = None) -> None:
        if not isinstance(session, requests.Session | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequest(f"session must be a requests.Session, got {type(session).__name__}")
        self._timeout = timeout
        self._is_own = session is None
        self._session = _own_session() if session is None else session
        self._environments: dict[str, _Environment] = {}
        self._inherited: list[Any] = []
        renew_after_fork(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return the timeout, and the session that was passed in, without its connections."""
        return {"timeout": self._timeout, "session": None if self._is_own else self._session}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the timeout and the session, without connections."""
        Transport.__init__(self, **state)

    def renew_after_fork(self) -> None:
        """Replace the connections of the parent process, also in a session that was passed in."""
        self._environments = {}
        for adapter in self._session.adapters.values():
            if isinstance(adapter, HTTPAdapter) and not isinstance(adapter, ResponseTimeoutAdapter):
                # Deleting the pools would wait for a lock that a thread of the parent may have held.
                self._inherited += [adapter.poolmanager, adapter.proxy_manager]
                open_pools(adapter)

    def __call__(self, request: Request) -> Reply:
        """Send a request and return its response.

        Raises:
            TransportError: If no response arrives, or the response is unusable.
        """
        prepared = self._prepared(request)
        proxies: dict[str, str] = {}
        try:
            environment = self._environment(request.url)
            proxies = self._proxies(request.url, environment)
            response = self._session.send(
                prepared,
                allow_redirects=False,
                stream=True,
                timeout=self._timeout,
                verify=environment.verify if self._session.verify is True else self._session.verify,
                cert=self._session.cert,
                proxies=proxies,
            )
            return _reply(response)
        except _FAILURES as error:
            return self._failed(error, request.url, proxies)

    def _failed(self, error: Exception, url: str, proxies: dict[str, str]) -> Reply:
        """Return the response of an HTTPError that a hook of the session raised; for other errors, raise a TransportError."""
        if isinstance(error, requests.HTTPError) and error.response is not None:  # raise_for_status() in a hook
            try:
                return _reply(error.response)
            except _FAILURES as another:
                error = another
        reason, sent = explain(error, self._route(url, proxies), self._timeout)
        raise TransportError(reason, sent=sent) from None

    def _route(self, url: str, proxies: dict[str, str]) -> Route:
        proxy = select_proxy(url, proxies)
        return Route(urlsplit(url).netloc, _without_user(proxy) if proxy else None, is_retried=self._is_retried(url))

    def _is_retried(self, url: str) -> bool:
        """Return whether the adapter for a URL repeats requests."""
        try:
            retries = getattr(self._session.get_adapter(url), "max_retries", None)
        except requests.exceptions.InvalidSchema:
            return False
        return bool(getattr(retries, "total", 0))

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        """Prepare a request for the library ``requests``. ``Session.prepare_request`` would take longer than a request."""
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = request.method, request.url
        # Without headers of a user, no two names differ only in case, and a plain dictionary is much faster.
        fields: dict[str, str] = {"User-Agent": USER_AGENT}
        if not self._is_own:
            fields = cast("dict[str, str]", CaseInsensitiveDict(fields))
            fields.update(self._headers_of_session())
        fields.update(request.headers.as_dict())
        fields["Accept-Encoding"] = "identity"  # a small response could be decompressed to one that fills the memory
        if request.body:
            prepared.body = request.body
            fields["Content-Length"] = str(len(request.body))
        prepared.headers = cast("CaseInsensitiveDict[str]", fields)
        prepared.hooks = self._hooks()
        return prepared

    def _headers_of_session(self) -> dict[str, str]:
        """Return the header fields that the user of the session has set."""
        headers = cast("Mapping[str, Any]", self._session.headers).items()
        return {name: value for name, value in headers if value is not None and _DEFAULT_HEADERS.get(name) != value}

    def _hooks(self) -> Hooks:
        hooks: Any = None if self._is_own else (self._session.hooks or {}).get("response")
        if not hooks:
            return _READ
        return {"response": [*((hooks,) if callable(hooks) else hooks), _complete]}

    def _environment(self, url: str) -> _Environment:
        """Return the proxies and certificates that the environment sets for the origin of a URL."""
        origin = url[: url.find("/", len("https://"))]
        if origin not in self._environments:
            self._environments[origin] = self._read_environment(url)
        return self._environments[origin]

    def _read_environment(self, url: str) -> _Environment:
        if not self._session.trust_env:
            return _Environment({}, verify=True)
        if self._is_own:
            return _Environment(get_environ_proxies(url), verify=bundle_of_environment() or True)
        settings: Any = self._session.merge_environment_settings(url, {}, None, True, None)  # noqa: FBT003  verify
        return _Environment(get_environ_proxies(url), verify=settings["verify"] or True)

    def _proxies(self, url: str, environment: _Environment) -> dict[str, str]:
        """Return the proxies of the session if one of these is for the URL, otherwise the proxies of the environment."""
        own = cast("dict[str, str]", self._session.proxies)
        return own if own and select_proxy(url, own) else environment.proxies

    def discard_connections(self) -> None:
        """Stop using the open connections. Connections of requests in progress are closed after their responses."""
        for adapter in self._session.adapters.values():
            getattr(adapter, "discard_connections", adapter.close)()

    def close(self) -> None:
        """Close the connections; a later request opens new ones. A session that was passed in stays open."""
        if self._is_own:
            self._session.close()
            self._environments = {}


class _Environment(NamedTuple):
    """Settings of the environment for one origin."""

    proxies: dict[str, str]
    verify: bool | str


def _without_user(proxy: str) -> str:
    """Return the host and port of a proxy's URL; the URL may have no scheme."""
    return re.sub(r"^([a-z0-9+.-]*://)?(.*@)?", "", proxy, flags=re.IGNORECASE).partition("/")[0]


class _Session(requests.Session):
    """A session that does not look for redirects, because the search would take time after each response."""

    def resolve_redirects(self, *_: Any, **__: Any) -> Any:
        """Return no further response."""
        return iter(())


def _own_session() -> requests.Session:
    session = _Session()
    session.adapters.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _OwnAdapter())
    return session


class _Response(requests.Response):
    """A response that was read to its end.

    It has no connection, so the library ``requests`` stores no cookies from it. It has no redirect, because the library would
    read the body of a redirect without a limit.
    """

    is_redirect: Any = False
    history: Any = ()
    raw: Any = None


def _complete(response: requests.Response, **_: Any) -> _Response:
    """Read a response to its end, and return a complete response. This is the last response hook of each request."""
    if isinstance(response, _Response):
        return response
    complete = _Response.__new__(_Response)
    vars(complete).update(vars(response), _content=_body(response), _content_consumed=True, raw=None)
    return complete


_READ: Final[Hooks] = {"response": [_complete]}


class _OwnAdapter(ResponseTimeoutAdapter):
    """An adapter for a session without hooks. Its responses are complete, and faster to create than ordinary responses."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = _Response.__new__(_Response)
        content = _decompressed(_bounded(resp), resp.headers.get("Content-Encoding"))
        vars(response).update(status_code=resp.status, headers=resp.headers, request=req, url=req.url, _content=content)
        return response


def _reply(response: requests.Response) -> Reply:
    complete = _complete(response)
    return Reply(complete.status_code, Headers(complete.headers), complete.content)


def _body(response: requests.Response) -> bytes:
    """Return the body of a response, decompressed.

    Raises:
        UnusableResponse: If the body is too large, or cannot be decompressed.
    """
    state = vars(response)
    if response.raw is None or state.get("_content") is not False:  # a hook of the session has read it
        return response.content or b""
    if state.get("_content_consumed"):
        raise UnusableResponse("sent a response, but a hook has read its body; use response.content in the hook")
    return _decompressed(_bounded(response.raw), response.headers.get("Content-Encoding"))


def _bounded(raw: Any) -> bytes:
    """Return the body of a response of urllib3, as it was sent."""
    body = bytearray()
    try:
        for part in _parts(raw):
            body += part
            _check_size(len(body))
    except BaseException:
        raw.close()  # which closes the connection too, because it was not read to its end
        getattr(raw, "release_conn", bool)()  # or the pool would keep one connection less
        raise
    return bytes(body)


def _parts(raw: Any) -> Iterable[bytes]:
    """Return the parts of a body. Some adapters for tests give a body that is a plain file."""
    if hasattr(raw, "stream"):
        return cast("Iterable[bytes]", raw.stream(PART_BYTES, decode_content=False))
    return iter(partial(raw.read, PART_BYTES), b"")


def _check_size(size: int) -> None:
    if size > LARGEST_RESPONSE:
        raise UnusableResponse(TOO_LARGE.format(limit=LARGEST_RESPONSE))


def _decompressed(body: bytes, encoding: str | None) -> bytes:
    """Return a body without compression. A server may compress a body although the request does not accept compression."""
    try:
        return decompress(body, encoding or "", LARGEST_RESPONSE)
    except TooLarge:
        raise UnusableResponse(TOO_LARGE.format(limit=LARGEST_RESPONSE)) from None
    except UnknownEncoding:
        raise UnusableResponse(UNKNOWN_ENCODING.format(encoding=escape_unprintable(encoding or ""))) from None
    except ValueError:
        raise UnusableResponse(NOT_DECODED.format(encoding=escape_unprintable(encoding or ""))) from None
