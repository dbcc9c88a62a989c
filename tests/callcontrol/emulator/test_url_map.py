"""Replacements for the beginnings of URLs: an application on this machine receives the webhooks for its public URL."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bxml import Response
from callcontrol import Headers, Reply, Request
from callcontrol.emulator import Core
from callcontrol.emulator.apps.http import HttpApplication
from callcontrol.emulator.audio import silence, to_wav
from callcontrol.emulator.server import Server
from callcontrol.emulator.stream_connections import Destination
from callcontrol.emulator.stream_destinations import StreamDestinations
from callcontrol.emulator.url_map import check_url_map, is_this_machine, mapped, no_tls
from tests.callcontrol.emulator.document_application import answering

PUBLIC = "https://app.example"

PREFIXES = {"wss://bot.example": "ws://localhost:8765", "wss://bot.example/v2/": "ws://localhost:2/"}


class Local:
    """An application on this machine, which builds a URL from the headers as frameworks do.

    Attributes:
        requests: The requests that it received.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.server = Server(self.handle)

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        headers = request.headers
        own = f"{headers.get('X-Forwarded-Proto', 'http')}://{headers['Host']}"
        answers = {
            "/answer": Response().play_audio(f"{own}/five.wav").redirect(redirect_url="/next?a=1").to_bytes(),
            "/next": Response().speak_sentence("Bye.").to_bytes(),
            "/five.wav": to_wav(silence(5)),
        }
        return Reply(200, Headers(), answers[request.url.partition("?")[0].removeprefix(self.server.url).removeprefix(PUBLIC)])


@pytest.fixture
def local() -> Iterator[Local]:
    """Start the application."""
    found = Local()
    with found.server:
        yield found


def test_webhooks_and_audio_files_come_from_the_local_application(local: Local) -> None:
    """The host and the scheme of the public URL are in the headers, as with a tunnel."""
    core = Core(url_map={PUBLIC: local.server.url})
    call = core.dial(f"{PUBLIC}/answer")
    call.expect_speech("Bye.")
    assert core.seconds == pytest.approx(5)  # the length of the audio file
    assert [request.headers["Host"] for request in local.requests] == ["app.example"] * 3
    assert [request.headers["X-Forwarded-Proto"] for request in local.requests] == ["https"] * 3
    urls = [entry.details["url"] for entry in call.timeline if entry.kind == "event"]
    assert urls == [f"{PUBLIC}/answer", f"{PUBLIC}/next?a=1"]  # the timeline shows the URLs of the application


def test_credentials_of_a_url_are_sent(local: Local) -> None:
    """Credentials in the URL do not belong to its beginning, and are sent to the local application."""
    call = Core(url_map={PUBLIC: local.server.url}).dial("https://user:secret@app.example/answer")
    call.expect_speech("Bye.")
    basic = "Basic dXNlcjpzZWNyZXQ="
    assert [request.headers.get("Authorization") for request in local.requests] == [basic, None, basic]
    assert [request.headers["Host"] for request in local.requests] == ["app.example"] * 3


def test_credentials_of_a_replacement_are_sent(local: Local) -> None:
    """Credentials in the replacement are sent instead of those of the original URL."""
    call = Core(url_map={PUBLIC: local.server.url.replace("://", "://me:mine@")}).dial("https://user:secret@app.example/answer")
    call.expect_speech("Bye.")
    assert [request.headers.get("Authorization") for request in local.requests] == ["Basic bWU6bWluZQ=="] * 3


def test_credentials_of_a_stream_are_sent() -> None:
    """The connection to the replaced destination has the credentials of the original URL."""
    prefixes = {**PREFIXES, "wss://bot.example/own": "ws://me:mine@localhost:3/own"}
    destinations = StreamDestinations(HttpApplication(), prefixes, is_virtual=False)
    connected: list[Destination] = []
    destinations._client = SimpleNamespace(connect=lambda destination, _: connected.append(destination))  # type: ignore[assignment]
    for url in ("wss://user:secret@bot.example/v2/a", "wss://user:secret@bot.example/own", "wss://other.example"):
        destinations.connect(Destination(url), cast("Any", None))
    assert connected == [
        Destination("ws://localhost:2/a", "user", "secret", is_replaced=True),
        Destination("ws://localhost:3/own", "me", "mine", is_replaced=True),
        Destination("wss://other.example"),
    ]


def test_other_urls_have_their_own_headers(local: Local) -> None:
    """A URL without a replacement is used unchanged."""
    call = Core(url_map={PUBLIC: "http://localhost:1"}).dial(f"{local.server.url}/answer")
    call.expect_speech("Bye.")
    host = local.server.url.removeprefix("http://")
    assert [(request.headers["Host"], "X-Forwarded-Proto" in request.headers) for request in local.requests] == [
        (host, False)
    ] * 3


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("bücher.example:444", "xn--bcher-kva.example:444"),
        ("例え.example", "xn--r8jz45g.example"),
        ("App.example", "App.example"),
    ],
)
def test_host_header_is_ascii(local: Local, host: str, sent: str) -> None:
    """Other letters than ASCII are encoded as in IDNA."""
    app = HttpApplication({f"https://{host}": local.server.url})
    app(Request("POST", f"https://{host}/next"), 5)
    assert [request.headers["Host"] for request in local.requests] == [sent]


def test_invalid_host_is_a_failure() -> None:
    """A public host that cannot be sent in the header is reported like the invalid host of a URL without a replacement."""
    call = Core(url_map={"https://☃.example": "http://127.0.0.1:1"}).dial("https://☃.example/answer")
    call.expect_end()
    assert "☃.example is not a valid host name" in str(call.timeline)


@pytest.mark.parametrize(("host", "sent"), [("bücher.example", "xn--bcher-kva.example"), ("☃.example", "☃.example")])
def test_host_header_of_application_objects(host: str, sent: str) -> None:
    """The header is the same for an application object; an object receives webhooks for every host."""
    hosts: list[str] = []

    def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        hosts.append(environ["HTTP_HOST"])
        start_response("204 No Content", [])
        return []

    async def asgi(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            hosts.append(dict(scope["headers"])[b"host"].decode())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for application in (wsgi, asgi):
        with Core(application) as core:
            core.dial(f"https://{host}/answer").expect_end()
    assert set(hosts) == {sent}


def test_failure_names_the_local_application() -> None:
    """The message names the address that does not respond."""
    call = Core(url_map={PUBLIC: "http://127.0.0.1:1"}).dial(f"{PUBLIC}/answer")
    call.expect_end()
    assert "cannot connect to 127.0.0.1:1" in str(call.timeline)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://bot.example", "ws://localhost:8765"),
        ("WSS://Bot.example/a?b", "ws://localhost:8765/a?b"),
        ("wss://bot.example?b", "ws://localhost:8765?b"),
        ("wss://bot.example/v2/a", "ws://localhost:2/a"),
        ("wss://bot.example/v21", "ws://localhost:8765/v21"),
        ("wss://bot.example.org/", "wss://bot.example.org/"),
        ("wss://bot.example:81/", "wss://bot.example:81/"),
        ("ws://bot.example/", "ws://bot.example/"),
        ("wss://user:secret@bot.example/v2", "ws://user:secret@localhost:2"),
        ("wss://user:secret@BOT.example/own/a", "ws://me:mine@localhost:3/b/a"),
        ("wss://bot.example:443/a", "ws://localhost:8765/a"),
        ("wss://bot.example/a?b#c", "ws://localhost:8765/a?b"),
        ("wss://bot.example#c", "ws://localhost:8765"),
        ("wss://bot.example/V2/a", "ws://localhost:8765/V2/a"),
        ("wss://port.example/a", "ws://localhost:4/a"),
        ("wss://user:secret@other.example/#c", "wss://user:secret@other.example/#c"),
        ("wss://bot.example:x/", "wss://bot.example:x/"),
        ("/answer", "/answer"),
    ],
)
def test_longest_beginning_is_replaced(url: str, expected: str) -> None:
    """A beginning ends where the host or a part of the path ends. The user, the default port and the fragment do not count."""
    others = {"wss://bot.example/own": "ws://me:mine@localhost:3/b", "WSS://someone@Port.example:443": "ws://localhost:4"}
    assert mapped(url, {**PREFIXES, **others}) == expected


@pytest.mark.parametrize(
    "url", ["", "localhost:8765", "ftp://localhost", "ws://", "ws:///path", "ws://localhost:99999", "ws://["]
)
def test_other_urls_are_invalid(url: str) -> None:
    """Both sides of a replacement must be absolute URLs."""
    for prefixes in ({url: "ws://localhost"}, {"ws://localhost": url}):
        with pytest.raises(ValueError, match="is not an http, https, ws or wss URL; expected https://app") as error:
            Core(speed=1, url_map=prefixes)
        assert f'"{url}"' in str(error.value)


def test_kinds_must_be_equal() -> None:
    """A webhook cannot be sent to a WebSocket."""
    with pytest.raises(
        ValueError,
        match=r'"https://a\.example" cannot be replaced with "ws://localhost:1": only one is a WebSocket URL; expected',
    ):
        check_url_map([("https://a.example", "ws://localhost:1")])


@pytest.mark.parametrize("addition", ["?a=1", "/b?", "#c", "/#"])
def test_beginnings_have_no_query_and_no_fragment(addition: str) -> None:
    """A key with a query would never match, and a replacement with a query would make an invalid URL."""
    for pair in ((PUBLIC + addition, "http://localhost"), (PUBLIC, f"{PUBLIC}{addition}")):
        with pytest.raises(ValueError, match="only the beginnings of URLs are replaced; expected https://app") as error:
            Core(url_map=dict([pair]))
        assert str(error.value).startswith(f'"{PUBLIC}{addition}" has a query or a fragment; ')


def test_a_url_has_one_replacement() -> None:
    """URLs that differ only in the case of the host, the default port, the user or the last slash are the same."""
    pairs = [
        (PUBLIC, "http://localhost:1"),
        (PUBLIC, "http://localhost:1"),
        ("HTTPS://me:secret@App.example:443/", "http://b:2"),
    ]
    check_url_map(pairs[:2])
    with pytest.raises(ValueError, match="has two replacements") as error:
        check_url_map(pairs)
    assert str(error.value) == '"HTTPS://…@App.example:443/" has two replacements: "http://localhost:1" and "http://b:2"'


@pytest.mark.parametrize(
    "pair",
    [
        ("https://me:secret@a", "ws://me:secret@b"),
        ("me:secret@a", "http://b"),
        ("https://a", "//me:secret@b"),
        ("https://a", "http://me:secret@b?c"),
        ("https://a", "ftp://me:secret@b"),
        ("https://me:secret@a:x", "http://b"),
    ],
)
def test_messages_contain_no_passwords(pair: tuple[str, str]) -> None:
    """The user and the password of each URL are hidden."""
    with pytest.raises(ValueError, match="; expected https://app") as error:
        check_url_map([pair])
    assert "secret" not in str(error.value)


def test_application_object_receives_all_webhooks() -> None:
    """With an application object, URLs of webhooks cannot be replaced."""
    with pytest.raises(
        ValueError, match="url_map cannot replace URLs of webhooks, because the application object receives all"
    ):
        Core(answering({}), url_map={PUBLIC: "http://localhost:5000"})


def test_virtual_time_has_no_network() -> None:
    """Real connections cannot follow virtual time."""
    with pytest.raises(
        ValueError, match="a ws or wss URL in url_map requires real time, because the stream uses the network; add speed=1"
    ):
        Core(url_map=PREFIXES)


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("wss://localhost:21020/ws", True),
        ("wss://bot.localhost", True),
        ("https://[::1]:80/", True),
        ("https://127.3.2.1", True),
        ("https://localhost.example", False),
        ("https://192.0.2.1", False),
        ("https://[::::]", False),
        ("/answer", False),
    ],
)
def test_addresses_of_this_machine(url: str, *, is_own: bool) -> None:
    """A loopback address, localhost, and the names below it are this machine."""
    assert is_this_machine(url) is is_own


def test_missing_tls_on_this_machine_has_a_remedy() -> None:
    """A program on this machine often does not support TLS. The advice contains no credentials."""
    reason = "does not support TLS, or its certificate is not trusted"
    assert no_tls("wss://bot.example/ws") == reason
    mapping = "wss://localhost:21020=ws://localhost:21020"
    assert no_tls("WSS://user:secret@localhost:21020/ws?a=1") == (
        f"{reason}; to connect without TLS, add --map {mapping} (in Python, url_map)"
    )
    source, _, target = mapping.partition("=")
    assert mapped("wss://localhost:21020/ws?a=1", {source: target}) == "ws://localhost:21020/ws?a=1"
