"""Webhooks: where an event goes, as an attribute of a verb or a field of a request says, and the request that brings it.

https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from bxml.element import Element
from bxml.wire import python_name
from callcontrol.http import Headers, Request
from callcontrol.operations import JSON

Read = Callable[[str], Any]
"""The value of an attribute or a field by its name on the wire; ``None`` if it is not there."""


@dataclass(frozen=True)
class Target:
    """One URL, how it is asked, and with which credentials."""

    url: str
    method: str = "POST"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def request(self, body: Mapping[str, Any]) -> Request:
        """The request that brings an event: as JSON, or as the query of a GET.

        How objects travel in a query is not documented; here they are JSON there too.
        """
        headers = Headers()
        if self.username is not None or self.password is not None:
            pair = b64encode(f"{self.username or ''}:{self.password or ''}".encode()).decode()
            headers = headers.plus("Authorization", f"Basic {pair}")
        if self.method == "GET":
            query = urlencode({name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()})
            return Request("GET", f"{self.url}{'&' if urlsplit(self.url).query else '?'}{query}", headers)
        return Request(self.method, self.url, headers.plus("Content-Type", JSON), json.dumps(body).encode())


@dataclass(frozen=True)
class Webhook:
    """Where an event goes, and where it goes if that fails."""

    target: Target
    fallback: Target | None = None

    def resolved(self, base_url: str) -> Webhook:
        """The same with URLs that are relative no more."""
        fallback = self.fallback and replace(self.fallback, url=urljoin(base_url, self.fallback.url))
        return Webhook(replace(self.target, url=urljoin(base_url, self.target.url)), fallback)


def attributes_of(element: Element) -> Read:
    """Reads the attributes of an element of BXML."""
    return lambda name: getattr(element, python_name(name), None)


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
