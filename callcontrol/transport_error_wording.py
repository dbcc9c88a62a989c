"""The reasons in :class:`~callcontrol.TransportError`, which are the same for all transports."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from typing import Any, Final, NamedTuple

from callcontrol.errors import TransportError
from callcontrol.response_limits import MOST_INTERIM_RESPONSES

# Reasons if nothing was sent. {peer} is the host, or the proxy if the proxy or the connection to the proxy failed.
SESSION_CLOSED: Final = "the session of the client is closed"
OTHER_LOOP: Final = "the session belongs to another event loop; create the client in the event loop that uses it"
INVALID_HOST: Final = '"{host}" is not a valid host name'
UNRESOLVED: Final = "the name of the host {name} cannot be resolved; check its spelling and the network"
REFUSED: Final = "{peer} refused the connection"
UNTRUSTED: Final = (
    "the certificate of {peer} is not trusted: {detail}; "
    "to trust another certificate authority, set SSL_CERT_FILE to a PEM file"
)
HANDSHAKE_CLOSED: Final = "{peer} closed the connection during the TLS handshake"
HANDSHAKE_FAILED: Final = "the TLS handshake with {peer} failed: {detail}"
CONNECTING_TIMED_OUT: Final = "connecting to {peer} timed out after {timeout:g} s"
CLOSED_BEFORE_REQUEST: Final = "{peer} closed the connection before the request was sent"
RESET_BEFORE_REQUEST: Final = "{peer} reset the connection before the request was sent"
INVALID_BEFORE_REQUEST: Final = "{peer} sent an invalid HTTP response before the request was sent"
NO_TUNNEL: Final = "the proxy {proxy} refused a tunnel to {host}: {detail}"
STALE: Final = "the reused connection to {peer} was no longer usable"
UNREACHABLE_BECAUSE: Final = "{peer} cannot be reached: {detail}"
UNREACHABLE: Final = "{peer} cannot be reached"

# Reasons if the request may have been sent. {peer} is the host, with the proxy in parentheses if there is one.
TIMED_OUT: Final = "{peer} did not respond within {timeout:g} s"
CLOSED: Final = "{peer} closed the connection without a response"
INCOMPLETE: Final = "{peer} closed the connection before its response was complete"
RESET: Final = "{peer} reset the connection after the request was sent"
BROKEN_TLS: Final = "the TLS connection to {peer} failed after the request was sent: {detail}"
INVALID_CHUNK: Final = "{peer} sent an invalid chunk size"
INVALID: Final = "{peer} sent an invalid HTTP response"
UNUSABLE: Final = "{peer} {detail}"
FAILED: Final = "the request to {peer} failed"

# The details of unusable responses.
TOO_LARGE: Final = "sent a response of more than {limit} bytes"
NOT_DECODED: Final = "sent a body that is not valid {encoding}"
UNKNOWN_ENCODING: Final = 'sent a body with Content-Encoding "{encoding}"; expected identity, gzip or deflate'
SWITCHED: Final = "sent 101 Switching Protocols, which was not requested"
TOO_MANY_INTERIM: Final = f"sent more than {MOST_INTERIM_RESPONSES} interim responses (1xx)"

CONNECTION_ENDED: Final = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
"""Errors of a socket whose connection was reset."""

_NOT_CONNECTED: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (socket.gaierror, UNRESOLVED),
    (UnicodeError, INVALID_HOST),
    (ConnectionRefusedError, REFUSED),
    (ssl.SSLCertVerificationError, UNTRUSTED),
    (ssl.SSLEOFError, HANDSHAKE_CLOSED),
    (TimeoutError, CONNECTING_TIMED_OUT),
    (ssl.SSLError, HANDSHAKE_FAILED),
    (CONNECTION_ENDED, RESET_BEFORE_REQUEST),
    (OSError, UNREACHABLE_BECAUSE),
)
"""Reasons for a failed connection. If several rows match the error, the first of these rows applies."""

_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
"""Reasons that OpenSSL gives if the received bytes are not TLS."""


class Route(NamedTuple):
    """The host, the timeout and the proxy of a request, which a reason can mention."""

    host: str
    """Host of the request, with its port."""
    timeout: float
    """Timeout in seconds, once for connecting and once for the whole response."""
    proxy: str | None = None
    """Host and port of the proxy, without credentials."""

    def no_connection(self, cause: BaseException) -> TransportError:
        """Return the error for a failed connection: nothing of the request was sent.

        Args:
            cause: The error of the system, or of TLS.
        """
        reason = next((reason for classes, reason in _NOT_CONNECTED if isinstance(cause, classes)), UNREACHABLE)
        detail = detail_of(cause)
        if reason == UNREACHABLE_BECAUSE and not detail:
            reason = UNREACHABLE
        # Through an open tunnel, the TLS handshake is with the host and not with the proxy.
        peer = self.host if isinstance(cause, ssl.SSLError) else self.next_hop
        return TransportError(self._filled(reason, peer, detail=detail), sent=False)

    def not_sent(self, reason: str, **details: str) -> TransportError:
        """Return an error for a request of which nothing was sent.

        Args:
            reason: A reason of this module.
            details: Further values for placeholders in the reason.
        """
        return TransportError(self._filled(reason, self.next_hop, **details), sent=False)

    def no_response(self, reason: str, **details: str) -> TransportError:
        """Return an error for a request that may have been sent.

        Args:
            reason: A reason of this module.
            details: Further values for placeholders in the reason.
        """
        return TransportError(self._filled(reason, response_peer(self.host, self.proxy), **details))

    @property
    def next_hop(self) -> str:
        """The proxy if the request has one, otherwise the host."""
        return f"the proxy {self.proxy}" if self.proxy else self.host

    def _filled(self, reason: str, peer: str, **details: str) -> str:
        values = {"host": self.host, "proxy": self.proxy, "timeout": self.timeout, "peer": peer, "name": without_port(peer)}
        return reason.format_map(values | details)


def response_peer(host: str, proxy: str | None) -> str:
    """Return the sender of a response: the host, and the proxy if there is one, because the proxy may have caused the fault."""
    return f"{host} (through the proxy {proxy})" if proxy else host


def without_port(peer: str) -> str:
    """Return the name of a host or proxy without its port."""
    return re.sub(r":\d+$", "", peer)


def detail_of(error: BaseException) -> str:
    """Return the detail that an error of TLS or of the operating system adds to a reason. The detail may be empty."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        not_tls = "its response is not TLS; check the scheme and the port"
        return not_tls if getattr(error, "reason", None) in _NOT_TLS else tls_reason(error)
    number: Any = getattr(error, "errno", None)
    return os.strerror(number).lower() if number in errno.errorcode else ""


def tls_reason(error: ssl.SSLError) -> str:
    """Return the reason of OpenSSL in words."""
    return str(getattr(error, "reason", None) or "unknown reason").replace("_", " ").lower()


def tunnel_refusal(status: str) -> str:
    """Return the detail of a refused tunnel.

    Args:
        status: The status of the proxy, and its phrase.
    """
    hint = "; put the user name and the password into the URL of the proxy" if status.startswith("407") else ""
    return f"{status}{hint}"
