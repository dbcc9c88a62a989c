"""An application that receives webhooks over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as ResponseTimeout

from callcontrol.emulator.apps.base import host_of, max_body_bytes
from callcontrol.emulator.generator_tasks import Failed, too_late
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.urllib3_connections import Pool, SecurePool

MAX_CONNECTIONS: Final = 256
"""Maximum number of connections that are kept open to each host: the number of requests that can run at once."""


class HttpApplication:
    """An application that receives webhooks over HTTP, at the URL of each request.

    Redirects are not followed, and requests are not retried.
    """

    def __init__(self) -> None:
        """Start without connections."""
        self._pool = urllib3.PoolManager(retries=False, maxsize=MAX_CONNECTIONS)
        # urllib3 documents this assignment, but its type annotations do not allow it.
        self._pool.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}  # pyright: ignore[reportAttributeAccessIssue]

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """Send a request over HTTP and return the response, or a failure if no complete response arrives in time.

        Args:
            request: The request that carries an event.
            seconds: The timeout for the whole response, in seconds.
        """
        try:
            with self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers.as_dict(),
                timeout=urllib3.Timeout(seconds),
                redirect=False,  # urllib3 before 2.5 ignores the retries of a PoolManager
                preload_content=False,
            ) as response:
                body, most = bytearray(), max_body_bytes(request)
                # A loop, because read1 of urllib3 returns only the bytes that have arrived.
                while len(body) < most and (part := response.read1(most - len(body))):
                    body += part
                return Reply(response.status, Headers(dict(response.headers)), bytes(body))
        except (HTTPError, OSError) as error:
            host = host_of(request.url)
            failures = (failure(host, seconds) for cls, failure in _FAILURES if isinstance(error, cls))
            return next(failures, _connection_broken(host))

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _connection_broken(host: str) -> Failed:
    return Failed(f"{host} closed the connection, or its response is not valid HTTP", is_unreachable=True)


# The first matching class applies. The order matters: some of these classes of urllib3 are subclasses of later ones.
_FAILURES: Final[tuple[tuple[type[Exception], Callable[[str, float], Failed]], ...]] = (
    (LocationParseError, lambda host, _: Failed(f"{host} is not a valid host name")),
    (NameResolutionError, lambda host, _: Failed(f"the host name {host} cannot be resolved", is_unreachable=True)),
    (NewConnectionError, lambda host, _: Failed(f"cannot connect to {host}", is_unreachable=True)),
    (ResponseTimeout, lambda _, seconds: too_late(seconds)),
    (SSLError, lambda host, _: Failed(f"{host} does not support TLS, or its certificate is not trusted", is_unreachable=True)),
)
"""Pairs of an exception class and the function that returns the failure for it."""
