"""Webhooks: where an event goes, as an attribute of a verb or a field of a request says, and the request that brings it.

https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from bxml import schema
from bxml.builder.element import Element
from bxml.messages.naming import python_name
from callcontrol.emulator.attribute_values import text
from callcontrol.http_messages import Headers, Request
from callcontrol.operations import JSON
from callcontrol.redaction import redacted

SCHEMES: Final = frozenset({"http", "https"})
"""The schemes of URLs that can be asked."""

SAFE: Final = "%/:=&?~#+!$,;'@()*[]"
"""What stays as it is in a path and a query."""

POST: Final = "POST"
"""The method of a request that does not say another."""

Read = Callable[[str], Any]
"""The value of a field by its name on the wire; ``None`` if it is not there."""


@redacted
@dataclass(frozen=True)
class Target:
    """One URL, how it is asked, and with which credentials."""

    url: str
    method: str = POST
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


def webhook_of(element: Element, url: str, base_url: str) -> Webhook | None:
    """Return the webhook for a URL in an attribute of an element of BXML, with what belongs to it by the schema.

    Args:
        element: The element.
        url: The name of the attribute.
        base_url: What relative URLs are relative to: where the document came from.

    Returns:
        ``None`` if the element does not have the attribute.
    """
    target = _target_of(element, url)
    if target is None:
        return None
    fallback = _beside(type(element).__name__, url).fallback
    return Webhook(target, _target_of(element, fallback) if fallback else None).resolved(base_url)


def _target_of(element: Element, url: str) -> Target | None:
    given: str | None = getattr(element, _python_name(url))
    if not given:
        return None
    beside = _beside(type(element).__name__, url)
    username, password = (getattr(element, _python_name(name)) if name else None for name in (beside.username, beside.password))
    return Target(given, text(element, beside.method) if beside.method else POST, username, password)


class Beside(NamedTuple):
    """The attributes that belong to a URL; empty where there is none."""

    method: str = ""
    username: str = ""
    password: str = ""
    fallback: str = ""


@cache
def _beside(element: str, url: str) -> Beside:
    """The attributes that belong to a URL of an element, by the schema."""
    found: dict[str, str] = {}
    for name, attribute in schema.attributes()[element].items():
        found |= {"method": name} if attribute.method_of == url else {}
        found |= {"fallback": name} if attribute.fallback_of == url else {}
        found |= {"username": name} if url in attribute.username_at else {}
        found |= {"password": name} if url in attribute.password_at else {}
    return Beside(**found)


_python_name: Final = cache(python_name)


SUFFIXES: Final = ("Url", "Method", "FallbackUrl", "FallbackMethod")


def webhook(read: Read, event: str, names: tuple[str, str, str, str] | None = None) -> Webhook | None:
    """The webhook for an event, as a request says it, if there is a URL for it.

    Args:
        read: Reads what was given beside the URL.
        event: What the names begin with: ``answer`` for ``answerUrl`` and ``answerFallbackMethod``.
        names: The names of the URL, its method, the fallback URL and its method, where they are not made that way.
    """
    url, method, fallback_url, fallback_method = names or tuple(event + suffix for suffix in SUFFIXES)
    if not read(url):
        return None
    target = Target(read(url), read(method) or POST, read("username"), read("password"))
    fallback = None
    if read(fallback_url):
        credentials = read("fallbackUsername"), read("fallbackPassword")
        fallback = Target(read(fallback_url), read(fallback_method) or POST, *credentials)
    return Webhook(target, fallback)
