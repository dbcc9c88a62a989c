"""Pagination of ListCalls: order, links to the next page, and resuming."""

from __future__ import annotations

import pytest

from callcontrol import BasicAuth, Client, ForeignLink, RepeatedPage, Reply, ServerError, TransportError, UnreadableReply
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, Scripted, replied

BASE = "https://voice.example/api/v2"
CALLS = f"{BASE}/accounts/{ACCOUNT}/calls"


def client_of(api: Scripted) -> Client:
    """Return a client that gets scripted responses."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url=BASE, retries=NO_RETRIES, send=api)


def page(*ids: str, link: str = "", token: str = "") -> Reply:
    """Return a response with a page of calls and a link to the next page."""
    link = f'<{CALLS}?to=%2B12125550123&pageToken={token}>; rel="next"' if token else link
    return replied(200, [{"callId": each} for each in ids], **({"Link": link} if link else {}))


class TestPages:
    """The next page is requested when it is needed."""

    def test_all_calls_are_returned_in_order(self) -> None:
        """The first page is requested immediately, and each further page is requested once."""
        api = Scripted(page("c-1", "c-2", token="a%2Fb"), page(token="t"), page("c-3"))
        calls = client_of(api).list_calls(to="+12125550123")
        assert len(api.requests) == 1
        assert [call.call_id for call in calls] == ["c-1", "c-2", "c-3"]
        assert [request.url.partition("?")[2] for request in api.requests] == [
            "to=%2B12125550123",
            "to=%2B12125550123&pageToken=a%2Fb",
            "to=%2B12125550123&pageToken=t",
        ]
        assert list(calls) == []
        assert len(api.requests) == 3

    def test_next_page_is_not_requested_early(self) -> None:
        """Both calls of the first page are returned without a second request."""
        api = Scripted(page("c-1", "c-2", token="t"), page("c-3"))
        calls = client_of(api).list_calls()
        assert [next(calls).call_id, next(calls).call_id] == ["c-1", "c-2"]
        assert len(api.requests) == 1

    def test_pages_yields_the_remaining_calls(self) -> None:
        """Calls that were already returned are not repeated, and each page has its response and the next token."""
        replies = page("c-1", "c-2", token="t"), page(token="u"), page("c-3")
        calls = client_of(Scripted(*replies)).list_calls()
        assert (next(calls).call_id, calls.page[0].call_id) == ("c-1", "c-1")
        seen = [([call.call_id for call in each], calls.reply, calls.next_page_token) for each in calls.pages()]
        assert seen == [(["c-2"], replies[0], "t"), (["c-3"], replies[2], None)]
        assert list(calls) == []

    def test_iteration_continues_after_an_error(self) -> None:
        """Iteration continues after an error, and no call is lost or returned twice."""
        api = Scripted(page("c-1", token="t"), TransportError("no response"), replied(500), page("c-2"))
        calls = client_of(api).list_calls()
        assert next(calls).call_id == "c-1"
        for error in (TransportError, ServerError):
            with pytest.raises(error):
                next(calls)
        assert [call.call_id for call in calls] == ["c-2"]

    def test_token_resumes_the_list(self) -> None:
        """``next_page_token`` can be passed to another client."""
        api = Scripted(page("c-1", token="a%2Fb"), page("c-2"))
        token = client_of(api).list_calls().next_page_token
        assert token == "a/b"
        assert [call.call_id for call in client_of(api).list_calls(page_token=token)] == ["c-2"]
        assert api.requests[1].url == f"{CALLS}?pageToken=a%2Fb"

    def test_unexpected_body_raises(self) -> None:
        """A page that cannot be read is an error, not the end of the list."""
        calls = client_of(Scripted(page("c-1", token="t"), replied(200, b"<html>"))).list_calls()
        with pytest.raises(UnreadableReply):
            list(calls)

    @pytest.mark.parametrize("tokens", [["t", "t"], ["t", "u", "t"]], ids=["its own page", "an earlier page"])
    def test_repeated_page_raises(self, tokens: list[str]) -> None:
        """An error is raised for a link to a page that was already read, but only after the calls of the current page."""
        api = Scripted(*(page(f"c-{number}", token=token) for number, token in enumerate(tokens)))
        calls, found = client_of(api).list_calls(), list[str]()
        with pytest.raises(RepeatedPage, match=r"^ListCalls: the link to the next page leads to a page that was already read$"):
            found.extend(call.call_id for call in calls)
        assert len(api.requests) == len(tokens)
        with pytest.raises(RepeatedPage):
            list(calls.pages())

    def test_repr_shows_the_page(self) -> None:
        """The ``repr`` has the calls, and the token if there is a next page."""
        calls = client_of(Scripted(page("c-1", token="t"))).list_calls()
        assert repr(calls) == f"CallList([{calls.page[0]!r}], next_page_token='t')"
        assert repr(client_of(Scripted(page())).list_calls()) == "CallList([])"


class TestLinks:
    """Links are parsed according to the standard, and followed on the API's own host only."""

    @pytest.mark.parametrize(
        ("link", "token"),
        [
            (f'<{CALLS}?pageSize=2&pageToken=a%2Fb%2Bc>; rel="next"', "a/b+c"),
            (f"<{CALLS}?pageToken=t>; title=more; rel=next", "t"),
            (f'<{CALLS}?pageToken=t>; title="a, b"; rel="next"', "t"),
            (f'<{CALLS}?pageToken=t>; rel="prev next"', "t"),
            (f'<{CALLS}?pageToken=t>; rel="nextish"', None),
            (f'<{CALLS}?pageToken=p>; rel="prev", <{CALLS}?pageToken=n>; rel="next"', "n"),
            (f"<{CALLS}?pageToken=p#x>;REL=Next", "p"),
            (f'<{CALLS}?pageToken=p>; rel="prev"', None),
            (f'<{CALLS}?pageSize=2>; rel="next"', None),
            (f"<{CALLS}?pageToken=p>", None),
            ("nonsense", None),
            ("<?" * 30_000, None),
            ("<" + ";" * 8_000, None),
            ("<>" + ";" * 8_000 + "<", None),
            ("<>" + ';"' * 4_000, None),
            ("", None),
        ],
        ids=lambda value: str(value)[-20:],
    )
    def test_link_to_the_next_page_is_found(self, link: str, token: str | None) -> None:
        """The token of the link with the relation ``next`` is found. Parsing a hostile header takes linear time."""
        calls = client_of(Scripted(page(link=link))).list_calls()
        assert calls.next_page_token == token

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/api/v2/accounts/9900123/calls?pageToken=t",
            "//evil.example/api/v2/accounts/9900123/calls?pageToken=t",
            "https://user@voice.example/api/v2/accounts/9900123/calls?pageToken=t",
            "https://voice.example:8443/api/v2/accounts/9900123/calls?pageToken=t",
            "http://voice.example/api/v2/accounts/9900123/calls?pageToken=t",
            "https://voice.example/api/v2/accounts/9900124/calls?pageToken=t",
            "https://voice.example/api/v2/accounts/9900123/calls/../../x?pageToken=t",
            "https://voice.example/api/v2/accounts/9900123/calls?pageToken=t é",
            "http://[?pageToken=t",
            "https://voice.example:99999999/?pageToken=t",
        ],
    )
    def test_link_to_another_target_is_not_followed(self, url: str) -> None:
        """A link to another host, port, scheme, user or account raises ForeignLink after the calls of the current page."""
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"))
        calls = client_of(api).list_calls()
        assert next(calls).call_id == "c-1"
        with pytest.raises(ForeignLink) as caught:
            next(calls)
        assert str(caught.value) == (
            "ListCalls: the link to the next page leads to another host, port or path and was not followed; "
            "pass next_page_token to list_calls(page_token=...)"
        )
        assert len(api.requests) == 1

    @pytest.mark.parametrize(
        "url",
        [
            "https://voice.example:443/api/v2/accounts/9900123/calls?pageToken=t",
            "HTTPS://Voice.Example/api/v2/accounts/9900123/calls?pageToken=t",
            "/api/v2/accounts/9900123/calls?pageToken=t",
            "?pageToken=t",
        ],
    )
    def test_equivalent_link_is_followed(self, url: str) -> None:
        """Relative links and links with the default port are followed."""
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"), page("c-2"))
        assert [call.call_id for call in client_of(api).list_calls()] == ["c-1", "c-2"]
        assert api.requests[1].url == f"{CALLS}?pageToken=t"

    def test_each_scheme_has_its_default_port(self) -> None:
        """With http, a link with port 80 is followed."""
        base = "http://voice.example/api/v2"
        url = f"http://voice.example:80/api/v2/accounts/{ACCOUNT}/calls?pageToken=t"
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"), page("c-2"))
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base, retries=NO_RETRIES, send=api)
        assert [call.call_id for call in client.list_calls()] == ["c-1", "c-2"]
