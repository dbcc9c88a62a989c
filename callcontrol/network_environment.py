"""The proxies and certificates that are set by environment variables."""

from __future__ import annotations

import os
import ssl
import urllib.request
from typing import Final
from urllib.parse import urlsplit

import certifi

from callcontrol.errors import TransportError

CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""Variables that name a file or a directory of certificates; the first that is set applies."""


def tls_context() -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates named in the environment, or by default the certificates of certifi.

    Raises:
        TransportError: If the environment names a file that cannot be read or has no certificate.
    """
    variable = next((name for name in CERTIFICATE_VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return ssl.create_default_context(cafile=certifi.where())
    path = os.environ[variable]
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise TransportError(f'{variable}="{path}" has no certificate in PEM format', sent=False) from None
    except OSError as error:
        raise TransportError(f'{variable}="{path}" cannot be read: {error.strerror}', sent=False) from None


def proxy_for(scheme: str, host: str) -> str | None:
    """Return the URL of the proxy that the environment names for a host, or ``None``.

    Args:
        scheme: Scheme of the request.
        host: Host of the request, with or without a port.

    Raises:
        TransportError: If the proxy is not an HTTP proxy.
    """
    if urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy:
        return None
    url = proxy if "://" in proxy else f"http://{proxy}"  # curl and requests also assume http
    if not _is_http(url):
        variable = f"{scheme if proxies.get(scheme) else 'all'}_proxy"
        raise TransportError(f'{variable}="{proxy}" is not an HTTP proxy; expected http://host:port', sent=False)
    return url


def _is_http(url: str) -> bool:
    """Return whether a URL is the URL of an HTTP proxy."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
