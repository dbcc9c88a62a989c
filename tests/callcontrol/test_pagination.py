"""All calls of a list: page after page, on the API's own host, and on again where it was left."""

from __future__ import annotations

import pytest

from callcontrol import BasicAuth, Client, ForeignLink, Reply, ServerError, TransportError, UnreadableReply
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, Scripted, replied

BASE = "https://voice.example/api/v2"
CALLS = f"{BASE}/accounts/{ACCOUNT}/calls"


def client_of(api: Scripted) -> Client:
    """A client whose requests end at the script."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url=BASE, retries=NO_RETRIES, send=api)


def page(*ids: str, link: str = "", token: str = "") -> Reply:
    """A page of calls, with a link to the next."""
    link = f'<{CALLS}?to=%2B12125550123&pageToken={token}>; rel="next"' if token else link
    return replied(200, [{"callId": each} for each in ids], **({"Link": link} if link else {}))


class TestPages:
    """The next page comes when it is needed."""

    def test_all_calls_come_in_order(self) -> None:
        """The first page is asked for at once, and each other one once."""
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

    def test_no_page_is_asked_for_that_is_not_needed(self) -> None:
        """Who wants two calls of a page of two does not wait for another."""
        api = Scripted(page("c-1", "c-2", token="t"), page("c-3"))
        calls = client_of(api).list_calls()
        assert [next(calls).call_id, next(calls).call_id] == ["c-1", "c-2"]
        assert len(api.requests) == 1

    def test_pages_come_as_they_are(self) -> None:
        """What was taken already does not come again, and each has its reply and the token of the next."""
        replies = page("c-1", "c-2", token="t"), page(token="u"), page("c-3")
        calls = client_of(Scripted(*replies)).list_calls()
        assert (next(calls).call_id, calls.page[0].call_id) == ("c-1", "c-1")
        seen = [([call.call_id for call in each], calls.reply, calls.next_page_token) for each in calls.pages()]
        assert seen == [(["c-2"], replies[0], "t"), (["c-3"], replies[2], None)]
        assert list(calls) == []

    def test_it_goes_on_after_a_failure(self) -> None:
        """No call is lost or comes twice."""
        api = Scripted(page("c-1", token="t"), TransportError("no answer"), replied(500), page("c-2"))
        calls = client_of(api).list_calls()
        assert next(calls).call_id == "c-1"
        for error in (TransportError, ServerError):
            with pytest.raises(error):
                next(calls)
        assert [call.call_id for call in calls] == ["c-2"]

    def test_it_goes_on_by_the_token(self) -> None:
        """In another process, say."""
        api = Scripted(page("c-1", token="a%2Fb"), page("c-2"))
        token = client_of(api).list_calls().next_page_token
        assert token == "a/b"
        assert [call.call_id for call in client_of(api).list_calls(page_token=token)] == ["c-2"]
        assert api.requests[1].url == f"{CALLS}?pageToken=a%2Fb"

    def test_a_page_that_is_none_is_an_error(self) -> None:
        """Not the end of the list."""
        calls = client_of(Scripted(page("c-1", token="t"), replied(200, b"<html>"))).list_calls()
        with pytest.raises(UnreadableReply):
            list(calls)

    def test_it_shows_its_page(self) -> None:
        """The calls, and the token if there is one."""
        calls = client_of(Scripted(page("c-1", token="t"))).list_calls()
        assert repr(calls) == f"CallList([{calls.page[0]!r}], next_page_token='t')"
        assert repr(client_of(Scripted(page())).list_calls()) == "CallList([])"


class TestLinks:
    """A link is read as it is meant, and followed where the credentials belong."""

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
    def test_a_link_is_found(self, link: str, token: str | None) -> None:
        """The token is that of the link whose relation is next, and a hostile header takes no time."""
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
    def test_a_link_that_leads_away_is_not_followed(self, url: str) -> None:
        """Neither to another host, port, scheme or account; the calls of the page before it are there."""
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"))
        calls = client_of(api).list_calls()
        assert next(calls).call_id == "c-1"
        with pytest.raises(ForeignLink) as caught:
            next(calls)
        assert str(caught.value) == "ListCalls: the next page is said to be elsewhere, and was not asked for there"
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
    def test_another_way_to_write_the_same_is_followed(self, url: str) -> None:
        """Relative, or with the usual port."""
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"), page("c-2"))
        assert [call.call_id for call in client_of(api).list_calls()] == ["c-1", "c-2"]
        assert api.requests[1].url == f"{CALLS}?pageToken=t"

    def test_each_scheme_has_its_usual_port(self) -> None:
        """A link that names port 80 is the list's own where the API is asked over http."""
        base = "http://voice.example/api/v2"
        url = f"http://voice.example:80/api/v2/accounts/{ACCOUNT}/calls?pageToken=t"
        api = Scripted(page("c-1", link=f"<{url}>; rel=next"), page("c-2"))
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base, retries=NO_RETRIES, send=api)
        assert [call.call_id for call in client.list_calls()] == ["c-1", "c-2"]
