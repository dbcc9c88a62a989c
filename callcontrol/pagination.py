"""Pagination of ListCalls: links to the next page are followed on the API's own host only, because of the credentials."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs, urljoin, urlsplit

from callcontrol.call_models import CallState
from callcontrol.errors import ForeignLink
from callcontrol.http_messages import Reply
from callcontrol.redaction import redacted

LONGEST_LINK: Final = 8192
"""Characters of a Link header that are read; the rest of a hostile header is ignored."""

# Adjacent parts share no character, so a hostile header takes linear time.
_LINK: Final = re.compile(r'<([^<>]*)>((?:;[^<>",]*(?:"[^"<>]*")?)*)')
_RELATIONS: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))', re.IGNORECASE)
_QUERY: Final = re.compile("[!-~]*").fullmatch
"""Matches a query of visible ASCII characters only, so that it cannot break the request line."""

_PORTS: Final = {"http": 80, "https": 443}
"""The default port of each scheme."""


@redacted
@dataclass(frozen=True)
class Page:
    """One page of a list of calls, with the link to the next page."""

    calls: tuple[CallState, ...]
    reply: Reply
    link: str | None
    """The link as the API sent it; ``None`` on the last page."""


class CallList(Iterator[CallState]):
    """An iterator over the calls of ListCalls, oldest first.

    The next page is requested when a call of it is needed. If that request fails, ``next`` can be called again: it requests the
    same page, and no call is lost or returned twice. To resume later or in another process, keep ``next_page_token`` after the
    last call of a page, and pass it to ``list_calls`` as ``page_token``.

    https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

    Args:
        first: The first page.
        fetch: Function that returns the page after a page with a link.
    """

    def __init__(self, first: Page, fetch: Callable[[Page], Page]) -> None:
        self._page, self._fetch, self._taken = first, fetch, 0

    @property
    def page(self) -> tuple[CallState, ...]:
        """All calls of the current page, including those that were already returned."""
        return self._page.calls

    @property
    def reply(self) -> Reply:
        """The response with the current page: status, headers and body."""
        return self._page.reply

    @property
    def next_page_token(self) -> str | None:
        """The token of the next page, for ``list_calls(page_token=...)``; ``None`` on the last page."""
        return token_of(self._page.link) if self._page.link else None

    def __iter__(self) -> Self:
        """Return the iterator itself, which can be consumed once."""
        return self

    def __next__(self) -> CallState:
        """Return the next call, from the next page if necessary.

        Raises:
            StopIteration: After the last call of the last page.
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            ApiError: If the response to the request for the next page is not a success.
            TransportError: If no response to that request arrives.
        """
        while self._taken == len(self.page):
            if not self._next_page():
                raise StopIteration
        self._taken += 1
        return self.page[self._taken - 1]

    def pages(self) -> Iterator[tuple[CallState, ...]]:
        """Yield the remaining calls one page at a time; ``reply`` and ``next_page_token`` are those of the yielded page.

        Empty pages are skipped.

        Raises:
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            ApiError: If the response to the request for the next page is not a success.
            TransportError: If no response to that request arrives.
        """
        while True:
            rest, self._taken = self.page[self._taken :], len(self.page)
            if rest:
                yield rest
            if not self._next_page():
                return

    def _next_page(self) -> bool:
        """Request the next page; return false if the current page is the last."""
        if self._page.link is None:
            return False
        self._page, self._taken = self._fetch(self._page), 0
        return True

    def __repr__(self) -> str:
        """Return the calls of the current page, and the token of the next page if it has one."""
        more = f", next_page_token={self.next_page_token!r}" if self.next_page_token else ""
        return f"CallList({list(self.page)!r}{more})"


def next_link(reply: Reply) -> str | None:
    """Return the link to the next page from the Link header, or ``None``; a link without a token is ignored."""
    found = _LINK.findall(reply.headers.get("Link", "")[:LONGEST_LINK])
    return next((url for url, parameters in found if _is_next(parameters) and token_of(url)), None)


def _is_next(parameters: str) -> bool:
    relations = _RELATIONS.search(parameters)
    return relations is not None and "next" in (relations[1] or relations[2] or "").lower().split()


def token_of(link: str) -> str | None:
    """Return the page token in the query of a link, or ``None``."""
    query = link.partition("#")[0].partition("?")[2]
    return next(iter(parse_qs(query).get("pageToken", [])), None)


def query_of(page: Page, list_url: str, operation: str) -> str:
    """Return the query of the link to the next page, unchanged.

    Args:
        page: A page with a link.
        list_url: URL of the list, without a query.
        operation: The operation's name, for the error.

    Raises:
        ForeignLink: If the link is not a URL, or its scheme, user, host, port or path is not that of ``list_url``.
    """
    try:
        target, query = _target(urljoin(list_url, page.link)), urlsplit(page.link or "").query
    except ValueError:  # the link is not a URL
        target, query = None, ""
    if target != _target(list_url) or not _QUERY(query):
        raise ForeignLink(page.reply, operation)
    return query


def _target(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    """Return the parts of a URL that decide where a request goes: scheme, user, host, port and path."""
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.path
