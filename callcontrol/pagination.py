"""Pagination of ListCalls. Links to other hosts are not followed, because the requests contain the credentials."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs, urljoin, urlsplit

from callcontrol.call_models import CallState
from callcontrol.errors import ForeignLink, RepeatedPage
from callcontrol.http_messages import Reply
from callcontrol.operation_table import LIST_CALLS
from callcontrol.redacted_url_repr import redacted

LONGEST_LINK: Final = 8192
"""Maximum number of characters to read from a Link header, which may be hostile. The rest of a longer header is ignored."""

# No character matches two adjacent parts of the pattern, so matching a hostile header takes linear time.
_LINK: Final = re.compile(r'<([^<>]*)>((?:;[^<>",]*(?:"[^"<>]*")?)*)')
_RELATIONS: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))', re.IGNORECASE)
_QUERY: Final = re.compile("[!-~]*").fullmatch
"""Matches only queries of visible ASCII characters, because other characters could break the request line."""

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


class _Position:
    """A position in a list of calls: a page, and the number of its calls that were taken."""

    def __init__(self, page: Page) -> None:
        self.page, self.taken = page, 0
        self._tokens: set[str | None] = set()

    def take(self) -> CallState | None:
        """Return the next call of the page; ``None`` after the last call."""
        if self.taken == len(self.page.calls):
            return None
        self.taken += 1
        return self.page.calls[self.taken - 1]

    def take_rest(self) -> tuple[CallState, ...]:
        """Return the calls of the page that were not taken yet."""
        rest, self.taken = self.page.calls[self.taken :], len(self.page.calls)
        return rest

    @property
    def has_next_page(self) -> bool:
        """True if there is another page.

        Raises:
            RepeatedPage: If the link leads to a page that was already read.
        """
        if self.page.link is None:
            return False
        if token_of(self.page.link) in self._tokens:
            raise RepeatedPage(self.page.reply, LIST_CALLS.name)
        return True

    def turn(self, page: Page) -> None:
        """Go to the next page."""
        self._tokens.add(token_of(self.page.link or ""))
        self.page, self.taken = page, 0


class CallList(Iterator[CallState]):
    """An iterator over the calls of ListCalls, oldest first.

    The next page is requested when its first call is needed. If the request fails, call ``next`` again: it requests the same
    page, and no call is lost or returned twice. To resume later or in another process, save ``next_page_token`` when
    all calls of a page have been returned, and pass it to ``list_calls`` as ``page_token``.

    https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

    Args:
        first: The first page.
        fetch: Function that returns the page to which the link of the given page leads.
    """

    def __init__(self, first: Page, fetch: Callable[[Page], Page]) -> None:
        self._position, self._fetch = _Position(first), fetch

    @property
    def page(self) -> tuple[CallState, ...]:
        """All calls of the current page, including those that were already returned."""
        return self._position.page.calls

    @property
    def reply(self) -> Reply:
        """The response with the current page: status, headers and body."""
        return self._position.page.reply

    @property
    def next_page_token(self) -> str | None:
        """The token of the next page, for ``list_calls(page_token=...)``; ``None`` on the last page."""
        return token_of(self._position.page.link or "")

    def __iter__(self) -> Self:
        """Return the iterator itself, which can be consumed once."""
        return self

    def __next__(self) -> CallState:
        """Return the next call, from the next page if necessary.

        Raises:
            StopIteration: After the last call of the last page.
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            RepeatedPage: If the link leads to a page that was already read.
            ApiError: If the response to the request for the next page is not a success.
            TransportError: If no response to that request arrives.
        """
        while (call := self._position.take()) is None:
            if not self._next_page():
                raise StopIteration
        return call

    def pages(self) -> Iterator[tuple[CallState, ...]]:
        """Yield the remaining calls one page at a time; ``reply`` and ``next_page_token`` belong to the yielded page.

        Empty pages are skipped.

        Raises:
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            RepeatedPage: If the link leads to a page that was already read.
            ApiError: If the response to the request for the next page is not a success.
            TransportError: If no response to that request arrives.
        """
        while True:
            if rest := self._position.take_rest():
                yield rest
            if not self._next_page():
                return

    def _next_page(self) -> bool:
        """Request the next page; return false if the current page is the last."""
        if not self._position.has_next_page:
            return False
        self._position.turn(self._fetch(self._position.page))
        return True

    def __repr__(self) -> str:
        """Return the calls of the current page, and the token of the next page if it has one."""
        return f"CallList({_shown(self._position)})"


class AsyncCallList(AsyncIterator[CallState]):
    """An asynchronous iterator over the calls of ListCalls, oldest first.

    The same as :class:`CallList`, except that the first page is requested when the iteration begins.

    https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

    Args:
        first: Function that requests the first page.
        fetch: Function that requests the page to which the link of the given page leads.
    """

    def __init__(self, first: Callable[[], Awaitable[Page]], fetch: Callable[[Page], Awaitable[Page]]) -> None:
        self._first, self._fetch = first, fetch
        self._position: _Position | None = None

    @property
    def page(self) -> tuple[CallState, ...]:
        """All calls of the current page, including those that were already returned; empty before the iteration."""
        return self._position.page.calls if self._position else ()

    @property
    def reply(self) -> Reply | None:
        """The response with the current page: status, headers and body; ``None`` before the iteration."""
        return self._position.page.reply if self._position else None

    @property
    def next_page_token(self) -> str | None:
        """The token of the next page, for ``list_calls(page_token=...)``; ``None`` before the iteration or on the last page."""
        return token_of(self._position.page.link or "") if self._position else None

    def __aiter__(self) -> Self:
        """Return the iterator itself, which can be consumed once."""
        return self

    async def __anext__(self) -> CallState:
        """Return the next call, from the next page if necessary.

        Raises:
            StopAsyncIteration: After the last call of the last page.
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            RepeatedPage: If the link leads to a page that was already read.
            ApiError: If the response to the request for a page is not a success.
            TransportError: If no response to that request arrives.
        """
        position = await self._started()
        while (call := position.take()) is None:
            if not await self._next_page(position):
                raise StopAsyncIteration
        return call

    async def pages(self) -> AsyncIterator[tuple[CallState, ...]]:
        """Yield the remaining calls one page at a time; ``reply`` and ``next_page_token`` belong to the yielded page.

        Empty pages are skipped.

        Raises:
            ForeignLink: If the link to the next page leads to another host, port or path; nothing was sent there.
            RepeatedPage: If the link leads to a page that was already read.
            ApiError: If the response to the request for a page is not a success.
            TransportError: If no response to that request arrives.
        """
        position = await self._started()
        while True:
            if rest := position.take_rest():
                yield rest
            if not await self._next_page(position):
                return

    async def _started(self) -> _Position:
        if self._position is None:
            self._position = _Position(await self._first())
        return self._position

    async def _next_page(self, position: _Position) -> bool:
        """Request the next page; return false if the current page is the last."""
        if not position.has_next_page:
            return False
        position.turn(await self._fetch(position.page))
        return True

    def __repr__(self) -> str:
        """Return the calls of the current page, and the token of the next page if it has one."""
        return f"AsyncCallList({_shown(self._position) if self._position else 'not started'})"


def _shown(position: _Position) -> str:
    token = token_of(position.page.link or "")
    return f"{list(position.page.calls)!r}{f', next_page_token={token!r}' if token else ''}"


def next_link(reply: Reply) -> str | None:
    """Return the link in the Link header that leads to the next page, or ``None``; a link without a token is ignored."""
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
        ForeignLink: If the link is not a URL, or differs from ``list_url`` in its scheme, user, host, port or path.
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
