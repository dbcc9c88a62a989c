"""All calls of a list, page after page, by the links that the API gives: followed on the API's own host, and nowhere else."""

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
"""Characters of a Link header that are looked at."""

_LINK: Final = re.compile(r'<([^<>]*)>((?:;[^<>",]*(?:"[^"<>]*")?)*)')
_RELATIONS: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))', re.IGNORECASE)
_QUERY: Final = re.compile("[!-~]*").fullmatch
_PORTS: Final = {"http": 80, "https": 443}


@redacted
@dataclass(frozen=True)
class Page:
    """Some calls of a list, and the link to those after them."""

    calls: tuple[CallState, ...]
    reply: Reply
    link: str | None
    """As the API gave it; ``None`` on the last page."""


class CallList(Iterator[CallState]):
    """The calls of ListCalls, oldest first; the next page is asked for once the last call of a page was taken.

    If that fails, the same page is asked for again when the next call is wanted: no call is lost or comes twice. To go on
    later, or in another process, keep ``next_page_token`` when a page is done, and give it to ``list_calls`` as ``page_token``.
    """

    def __init__(self, first: Page, fetch: Callable[[Page], Page]) -> None:
        """Begin with a page; ``fetch`` gets the one after a page that has a link."""
        self._page, self._fetch, self._taken = first, fetch, 0

    @property
    def page(self) -> tuple[CallState, ...]:
        """The calls of the page that is being read."""
        return self._page.calls

    @property
    def reply(self) -> Reply:
        """The answer that the page is from."""
        return self._page.reply

    @property
    def next_page_token(self) -> str | None:
        """What gets the page after this one; ``None`` on the last."""
        return token_of(self._page.link) if self._page.link else None

    def __iter__(self) -> Self:
        """Itself: a list is gone through once."""
        return self

    def __next__(self) -> CallState:
        """The next call.

        Raises:
            StopIteration: after the last call of the last page.
            ForeignLink: if the next page is said to be elsewhere; nothing was sent there.
        """
        while self._taken == len(self.page):
            if not self._turn():
                raise StopIteration
        self._taken += 1
        return self.page[self._taken - 1]

    def pages(self) -> Iterator[tuple[CallState, ...]]:
        """The calls that were not taken yet, a page at a time; meanwhile ``reply`` and ``next_page_token`` are that page's."""
        while True:
            rest, self._taken = self.page[self._taken :], len(self.page)
            if rest:
                yield rest
            if not self._turn():
                return

    def _turn(self) -> bool:
        """Go to the next page; false if there is none."""
        if self._page.link is None:
            return False
        self._page, self._taken = self._fetch(self._page), 0
        return True

    def __repr__(self) -> str:
        """The calls of the page, and the token of the next if there is one."""
        more = f", next_page_token={self.next_page_token!r}" if self.next_page_token else ""
        return f"CallList({list(self.page)!r}{more})"


def next_link(reply: Reply) -> str | None:
    """The link to the next page, which is sent only while there is one; a link without a token leads to no page."""
    found = _LINK.findall(reply.headers.get("Link", "")[:LONGEST_LINK])
    return next((url for url, parameters in found if _is_next(parameters) and token_of(url)), None)


def _is_next(parameters: str) -> bool:
    relations = _RELATIONS.search(parameters)
    return relations is not None and "next" in (relations[1] or relations[2] or "").lower().split()


def token_of(link: str) -> str | None:
    """The token of the page that a link leads to."""
    query = link.partition("#")[0].partition("?")[2]
    return next(iter(parse_qs(query).get("pageToken", [])), None)


def query_of(page: Page, list_url: str, operation: str) -> str:
    """The query of the page after this one, as it came.

    Args:
        page: A page with a link.
        list_url: Where the list is, without a query.
        operation: The operation's name, for the error.

    Raises:
        ForeignLink: if the link leads to another host, port, scheme or path than the list's, or cannot be a link.
    """
    here = _place(list_url)
    try:
        there, query = _place(urljoin(list_url, page.link)), urlsplit(page.link or "").query
    except ValueError:  # it is no URL
        there, query = None, ""
    if there != here or not _QUERY(query):
        raise ForeignLink(page.reply, operation)
    return query


def _place(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    """What decides where a request goes, and as who."""
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.path
