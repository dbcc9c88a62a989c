"""Webhooks: where an event goes, as an attribute of a verb or a field of a request says, and the request that brings it.

https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from bxml.builder.element import Element
from bxml.messages.naming import python_name
from callcontrol.http_messages import Headers, Request
from callcontrol.operations import JSON
from callcontrol.redaction import redacted

SCHEMES: Final = frozenset({"http", "https"})
"""The schemes of URLs that can be asked."""

SAFE: Final = "%/:=&?~#+!$,;'@()*[]"
"""What stays as it is in a path and a query."""

Read = Callable[[str], Any]
"""The value of an attribute or a field by its name on the wire; ``None`` if it is not there."""


@redacted
@dataclass(frozen=True)
class Target:
    """One URL, how it is asked, and with which credentials."""

    url: str
    method: str = "POST"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def fault(self) -> str | None:
        """Why the URL cannot be asked, if it cannot."""
        try:
            parts = urlsplit(self.url)
            _ = parts.port  # which is not looked at before
        except ValueError:
            return "the URL is malformed"
        if parts.scheme in SCHEMES:
            return None
        return "the URL is relative, and the document did not come from anywhere"

    def request(self, body: Mapping[str, Any]) -> Request:
        """The request that brings an event: as JSON, or as the query of a GET.

        How objects travel in a query is not documented; here they are JSON there too.
        """
        headers = Headers()
        if self.username is not None or self.password is not None:
            pair = b64encode(f"{self.username or ''}:{self.password or ''}".encode()).decode()
            headers = headers.plus("Authorization", f"Basic {pair}")
        # As HTTP has it: without a fragment, and with nothing beyond ASCII.
        parts = urlsplit(self.url)
        url = parts._replace(path=quote(parts.path, SAFE), query=quote(parts.query, SAFE), fragment="")
        if self.method == "GET":
            query = urlencode({name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()})
            return Request("GET", url._replace(query=f"{url.query}&{query}" if url.query else query).geturl(), headers)
        return Request(self.method, url.geturl(), headers.plus("Content-Type", JSON), json.dumps(body).encode())


@dataclass(frozen=True)
class Webhook:
    """Where an event goes, and where it goes if that fails."""

    target: Target
    fallback: Target | None = None

    def resolved(self, base_url: str) -> Webhook:
        """The same with URLs that are relative no more."""
        fallback = self.fallback and replace(self.fallback, url=joined(base_url, self.fallback.url))
        return Webhook(replace(self.target, url=joined(base_url, self.target.url)), fallback)


def joined(base_url: str, url: str) -> str:
    """A URL that is relative no more, if the base is not; one that is malformed stays as it is."""
    try:
        return urljoin(base_url, url)
    except ValueError:
        return url


def attributes_of(element: Element) -> Read:
    """Reads the attributes of an element of BXML."""
    return lambda name: getattr(element, _python_name(name), None)


_python_name: Final = cache(python_name)


SUFFIXES: Final = ("Url", "Method", "FallbackUrl", "FallbackMethod")


def webhook(read: Read, event: str, base_url: str, names: tuple[str, str, str, str] | None = None) -> Webhook | None:
    """The webhook for an event, if there is a URL for it.

    Args:
        read: Reads what was given beside the URL.
        event: What the names begin with: ``gather`` for ``gatherUrl`` and ``gatherFallbackMethod``.
        base_url: What relative URLs are relative to: where the document came from.
        names: The names of the URL, its method, the fallback URL and its method, where they are not made that way.
    """
    url, method, fallback_url, fallback_method = names or tuple(event + suffix for suffix in SUFFIXES)
    if not read(url):
        return None
    target = Target(read(url), read(method) or "POST", read("username"), read("password"))
    fallback = None
    if read(fallback_url):
        credentials = read("fallbackUsername"), read("fallbackPassword")
        fallback = Target(read(fallback_url), read(fallback_method) or "POST", *credentials)
    return Webhook(target, fallback).resolved(base_url)
