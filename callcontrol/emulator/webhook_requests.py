"""Webhooks: the URL and fallback URL of an event, read from a verb or an API request, and the HTTP request with the event.

https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from bxml import schema
from bxml.builder.element import Element
from bxml.messages.python_names import python_name
from callcontrol.emulator.attribute_values import text
from callcontrol.emulator.basic_credentials import credentials, without_credentials
from callcontrol.emulator.url_map import HTTP_SCHEMES
from callcontrol.http_messages import Headers, Request
from callcontrol.operation_table import JSON
from callcontrol.redacted_url_repr import redacted

SAFE: Final = "%/:=&?~#+!$,;'@()*[]"
"""Characters that are not escaped in a path or a query; ``%`` is among them, so escaped characters stay as they are."""

POST: Final = "POST"
"""The default HTTP method of webhooks."""

Read = Callable[[str], Any]
"""Function that takes the name of a BXML attribute or JSON field, and returns its value, or ``None`` if it is missing."""


@redacted
@dataclass(frozen=True)
class Target:
    """One URL of a webhook, with its method and credentials. Without credentials, those in the URL are sent, if any."""

    url: str
    method: str = POST
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def fault(self) -> str | None:
        """Return the reason why the URL cannot receive a webhook, or ``None`` if it can receive a webhook."""
        try:
            parts = urlsplit(self.url)
            _ = parts.port  # raises if the port is invalid; urlsplit does not check it
        except ValueError:
            return "the URL is malformed"
        if parts.scheme in HTTP_SCHEMES:
            return None
        return "the URL is relative, and a pushed document has no base URL; use an absolute URL"

    def request(self, body: Mapping[str, Any]) -> Request:
        """Return the request that sends an event, as a JSON body or, for GET, in the query.

        The vendor does not document how objects are sent in a query; here they are JSON strings.
        """
        headers = Headers()
        found = credentials(self.url, self.username, self.password)
        if found is not None:
            headers = headers.plus("Authorization", found.header)
        # The URL of an HTTP request has no credentials, no fragment, and only ASCII characters.
        parts = urlsplit(without_credentials(self.url))
        url = parts._replace(path=quote(parts.path, SAFE), query=quote(parts.query, SAFE), fragment="")
        if self.method == "GET":
            query = urlencode({name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()})
            return Request("GET", url._replace(query=f"{url.query}&{query}" if url.query else query).geturl(), headers)
        return Request(self.method, url.geturl(), headers.plus("Content-Type", JSON), json.dumps(body).encode())


@dataclass(frozen=True)
class Webhook:
    """The target of an event, and the fallback target that is used if the first target fails."""

    target: Target
    fallback: Target | None = None

    def resolved(self, base_url: str) -> Webhook:
        """Return the webhook with its relative URLs resolved against a base URL."""
        fallback = self.fallback and replace(self.fallback, url=joined(base_url, self.fallback.url))
        return Webhook(replace(self.target, url=joined(base_url, self.target.url)), fallback)


def joined(base_url: str, url: str) -> str:
    """Return a URL resolved against a base URL; a malformed URL is returned unchanged."""
    try:
        return urljoin(base_url, url)
    except ValueError:
        return url


def webhook_of(element: Element, url: str, base_url: str) -> Webhook | None:
    """Return the webhook for a URL attribute of an element, with the method, credentials and fallback that belong to it.

    Args:
        element: The element.
        url: The name of the attribute.
        base_url: The URL that returned the document; relative URLs resolve against it.

    Returns:
        The webhook, or ``None`` if the element does not have the attribute.
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
    """The names of the attributes that belong to a URL attribute; the name of a missing attribute is empty."""

    method: str = ""
    username: str = ""
    password: str = ""
    fallback: str = ""


@cache
def _beside(element: str, url: str) -> Beside:
    """Return the names of the attributes that belong to a URL attribute of an element, as the schema defines them."""
    found: dict[str, str] = {}
    for name, attribute in schema.attributes()[element].items():
        found |= {"method": name} if attribute.method_of == url else {}
        found |= {"fallback": name} if attribute.fallback_of == url else {}
        found |= {"username": name} if url in attribute.username_at else {}
        found |= {"password": name} if url in attribute.password_at else {}
    return Beside(**found)


_python_name: Final = cache(python_name)

SUFFIXES: Final = ("Url", "Method", "FallbackUrl", "FallbackMethod")
"""The endings of the names of a webhook's URL, method, fallback URL and fallback method."""


def webhook(read: Read, event: str, names: tuple[str, str, str, str] | None = None) -> Webhook | None:
    """Return the webhook for an event from the fields of a request, or ``None`` if the request has no URL for the event.

    Args:
        read: Function that takes the name of a field, and returns its value.
        event: Prefix of the field names, such as ``answer`` for ``answerUrl`` and ``answerFallbackMethod``.
        names: The names of the URL, method, fallback URL and fallback method, if they do not follow that pattern.
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
