"""A transport adapter for the library ``requests``. The timeout of the adapter bounds the whole response."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError, SSLError
from urllib3.util.ssl_ import create_urllib3_context

from callcontrol.fork_safety import renew_after_fork
from callcontrol.network_error_messages import UnreadableCertificates
from callcontrol.urllib3_connections import NotConnected, reporting_pool

POOL_SIZE: Final = 64
"""Number of connections that are kept open to each host."""

MAX_POOLS: Final = 10
"""Maximum number of hosts whose pools are found without a search."""


class ResponseTimeoutAdapter(HTTPAdapter):
    """Transport adapter for the library ``requests``. Its timeout bounds the whole response.

    Without this adapter, a timeout bounds each wait for a piece of a response, so a server never exceeds the timeout if it
    sends a byte now and then. With this adapter, the whole response must arrive within the timeout. The adapter also skips
    interim responses, does not reuse a connection on which bytes were left unread, rejects invalid chunk sizes, reads
    certificates once, and opens new connections in a child process. :class:`callcontrol.Client` uses this adapter unless you
    pass a session. To use the adapter in a session of your own, mount it::

        session = requests.Session()
        session.mount("https://", ResponseTimeoutAdapter())
        client = Client(account_id, auth, session=session)

    Args:
        pool_connections: Number of hosts for which connections are kept.
        pool_maxsize: Number of connections that are kept open to each host; default 64. Use at least the number of threads that
            use the session.
        max_retries: Retries of urllib3, an integer or a :class:`urllib3.Retry`. Keep 0 for a :class:`callcontrol.Client`, which
            itself retries the requests that may be repeated.
        pool_block: Whether a request waits for a free connection instead of opening another one.
    """

    def __init__(
        self,
        pool_connections: int = 10,
        pool_maxsize: int | None = None,
        max_retries: Any = 0,
        pool_block: bool = False,  # noqa: FBT001, FBT002  the signature of HTTPAdapter
    ) -> None:
        super().__init__(pool_connections, POOL_SIZE if pool_maxsize is None else pool_maxsize, max_retries, pool_block)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools; HTTPAdapter calls this method when an adapter is created or unpickled."""
        super().init_poolmanager(*args, **kwargs)
        self._contexts: dict[tuple[Any, Any], ssl.SSLContext] = {}
        self._pools: dict[tuple[str, Any, Any], Any] = {}
        _bound(self.poolmanager)
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Replace the connections without shutting them down, because the parent process still uses them."""
        self.discard_connections()

    def discard_connections(self) -> None:
        """Stop using the open connections. Connections of requests in progress are closed after their responses."""
        # urllib3 closes the connections of a pool when nothing refers to the pool.
        open_pools(self)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Return the pools of connections through a proxy.

        Args:
            proxy: The URL of the proxy.
            **proxy_kwargs: Options of :class:`urllib3.ProxyManager`.
        """
        if proxy not in self.proxy_manager:
            if proxy.lower().startswith("https:"):
                proxy_kwargs.setdefault("proxy_ssl_context", self._context(bundle_of_environment() or True, None))
            _bound(super().proxy_manager_for(proxy, **proxy_kwargs))
        return self.proxy_manager[proxy]

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Mapping[str, str] | None = None, cert: Any = None
    ) -> Any:
        """Return the pool for a request.

        Requests to the same host get the same pool without a search. A search takes a sixth of the time of a request.

        Args:
            request: The request.
            verify: Whether certificates are verified, or a file or directory of certificates.
            proxies: For each scheme of a request: the URL of the proxy.
            cert: File of the client's certificate, or a tuple of the files of certificate and key.
        """
        if proxies:
            return super().get_connection_with_tls_context(request, verify, dict(proxies), cert)
        url = str(request.url)
        key = (url[: url.find("/", len("https://"))], verify, cert)
        pool = self._pools.get(key)
        if pool is None:
            if len(self._pools) >= MAX_POOLS:
                self._pools = {}
            pool = self._pools[key] = super().get_connection_with_tls_context(request, verify, None, cert)
        return pool

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._pools = {}
        super().close()

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return the target of a request: its path, or its URL if a proxy forwards it."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Convert a response of urllib3 into a ``requests.Response``, and return it."""
        if "Set-Cookie" in resp.headers:
            return super().build_response(req, resp)
        original, resp._original_response = resp._original_response, None  # or requests would search it for cookies
        response = super().build_response(req, resp)
        resp._original_response = original
        return response

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return the arguments of a pool: host and TLS settings.

        Args:
            request: The request.
            verify: Whether certificates are verified, or a file or directory of certificates.
            cert: File of the client's certificate, or a tuple of the files of certificate and key.

        Raises:
            requests.exceptions.SSLError: If a file is missing or broken.
        """
        host: Any
        options: Any
        host, options = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https" and self._has_context(verify):
            # Without this context, the certificates would be read again for each connection.
            options = {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._context(verify, cert)}
        return host, options

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set the certificates of a pool, unless its TLS context already has them."""
        if not self._has_context(verify):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    def _has_context(self, verify: Any) -> bool:
        """Return whether certificates are verified with a TLS context of this class, and not with the context of a subclass."""
        return bool(verify) and "ssl_context" not in self.poolmanager.connection_pool_kw

    def _context(self, verify: Any, cert: Any) -> ssl.SSLContext:
        key = (verify, cert)
        if key not in self._contexts:
            self._contexts.setdefault(key, tls_context(verify, cert))
        return self._contexts[key]

    def send(  # noqa: PLR0913, PLR0917  the signature of HTTPAdapter
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  the signature of HTTPAdapter
        timeout: Any = None,
        verify: Any = True,  # noqa: FBT002  the signature of HTTPAdapter
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and return its response.

        Args:
            request: The request.
            stream: Ignored; the caller reads the body.
            timeout: Seconds to connect, and seconds for the whole response: one number for both, or a tuple of two numbers.
            verify: Whether certificates are verified, or a file or directory of certificates.
            cert: File of the client's certificate, or a tuple of the files of certificate and key.
            proxies: For each scheme of a request: the URL of the proxy.

        Raises:
            requests.ConnectionError: If the connection fails; the first argument of the error is the cause.
            requests.RequestException: If the response is invalid or late.
        """
        seconds: Any = _timeout(timeout) if isinstance(timeout, int | float) else timeout
        cert = cert if cert is None or isinstance(cert, str) else tuple(cert)  # a list is not hashable
        try:
            return super().send(request, stream=stream, timeout=seconds, verify=verify, cert=cert, proxies=proxies)
        except NotConnected as error:
            raise _exception(error)(error, request=request) from None


@lru_cache(maxsize=16)
def _timeout(seconds: float) -> Timeout:
    return Timeout(connect=seconds, read=seconds)


def open_pools(adapter: HTTPAdapter) -> None:
    """Replace the connections of an adapter, without closing the old connections.

    Args:
        adapter: An adapter of ``requests``.
    """
    adapter.proxy_manager = {}
    settings: Any = adapter  # HTTPAdapter keeps these settings for unpickling
    adapter.init_poolmanager(settings._pool_connections, settings._pool_maxsize, block=settings._pool_block)


def _bound(manager: PoolManager) -> None:
    """Change a pool manager, so that the timeout of its connections bounds the whole response."""
    pools = cast("dict[str, Any]", manager.pool_classes_by_scheme)
    manager.pool_classes_by_scheme = {scheme: reporting_pool(pool) for scheme, pool in pools.items()}


_EXCEPTIONS: Final[tuple[tuple[Any, type[requests.RequestException]], ...]] = (
    ((ssl.SSLError, SSLError), requests.exceptions.SSLError),
    (NewConnectionError, requests.ConnectionError),
    ((ConnectTimeoutError, TimeoutError), requests.ConnectTimeout),
    (LocationValueError, requests.exceptions.InvalidURL),
)
"""Pairs: the cause of a failed connection, and the exception class of ``requests``. Subclasses come before base classes."""


def _exception(error: NotConnected) -> type[requests.RequestException]:
    if error.by_proxy:
        return requests.exceptions.ProxyError
    return next((exception for cause, exception in _EXCEPTIONS if isinstance(error.cause, cause)), requests.ConnectionError)


def bundle_of_environment() -> str | None:
    """Return the file or directory of certificates that the environment names, or ``None``."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def tls_context(verify: str | bool, cert: str | tuple[str, str] | None) -> ssl.SSLContext:  # noqa: FBT001  as in requests
    """Return TLS settings with certificates from files.

    Args:
        verify: File or directory of the certificate authorities to trust; ``True`` for the default authorities of ``requests``.
        cert: File of the client's certificate and key, or a tuple of two files.

    Raises:
        requests.exceptions.SSLError: If a file is missing or broken.
    """
    trusted = DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
    context = create_urllib3_context()
    kind = "capath" if os.path.isdir(trusted) else "cafile"
    _load(trusted, lambda: context.load_verify_locations(**{kind: trusted}))
    if cert is not None:
        files = (cert,) if isinstance(cert, str) else cert
        _load(" or ".join(files), lambda: context.load_cert_chain(*files))
    return context


def _load(path: str, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:
        broken = isinstance(error, ssl.SSLError)
        reason = "it contains no valid PEM data" if broken else (error.strerror or "unknown error").lower()
        raise UnreadableCertificates(f"{path} cannot be read: {reason}; expected certificates or a key in PEM format") from None
