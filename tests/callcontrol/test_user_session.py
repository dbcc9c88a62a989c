"""The client sends requests with the user's session, applies the settings of the session, and does not change the session."""

import gzip
import io
import json
import multiprocessing
import os
import pickle
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import requests_mock
import responses
import trustme
from pytest_httpserver import HTTPServer
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3 import Retry
from urllib3.util.ssl_ import create_urllib3_context

from callcontrol import (
    ApiError,
    BasicAuth,
    CallMayExist,
    Client,
    InvalidRequest,
    NotFound,
    ResponseTimeoutAdapter,
    TransportError,
)
from callcontrol.fork_safety import renew_all
from callcontrol.http_messages import Headers, Request
from callcontrol.retries import NO_RETRIES
from callcontrol.transport import Transport
from tests.callcontrol.faulty_server import Loopback, Script, answering, dripping, hang_up, in_turn, reset, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL
from tests.forked_process import forks, in_child

TIMEOUT: Final = 0.5
VOICE: Final = "https://voice.bandwidth.com/api/v2"

Serve = Callable[..., Loopback]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(script: Script, **options: Any) -> Loopback:
            server = Loopback(script, **options)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session of the user, with the adapters of the library ``requests``."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def bounded(session: requests.Session) -> requests.Session:
    """A session of the user, with the adapter of this package."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, ResponseTimeoutAdapter())
    return session


def client_of(base_url: str, session: requests.Session | None = None, **options: Any) -> Client:
    settings: dict[str, Any] = {"timeout": TIMEOUT, "retries": NO_RETRIES} | options
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, session=session, **settings)


def at(server: Loopback, session: requests.Session | None = None, **options: Any) -> Client:
    return client_of(f"http://{server.host}/api/v2", session, **options)


def failure(client: Client) -> TransportError:
    """Create a call, and return the TransportError that the client raises."""
    with pytest.raises((TransportError, CallMayExist)) as caught:
        client.create_call(**NEW_CALL)
    error = caught.value.error if isinstance(caught.value, CallMayExist) else caught.value
    assert isinstance(error, TransportError)
    assert isinstance(caught.value, CallMayExist) is error.sent
    return error


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """The TLS settings of a server, and the certificate file of the authority that issued its certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, str(tmp_path / "authority.pem")


class TestSettings:
    """Settings of the session are used for each request."""

    def test_only_a_session_of_requests_is_accepted(self) -> None:
        """Another object is rejected when the client is created."""
        with pytest.raises(InvalidRequest, match=r"^session must be a requests\.Session, got object$"):
            client_of(VOICE, session=object())  # type: ignore[arg-type]

    def test_headers_of_the_session_are_sent(self, serve: Serve, session: requests.Session) -> None:
        """Headers of the session replace the user agent, but not the credentials or the encoding."""
        server = serve(answering())
        session.headers.update({"X-Trace": "7", "User-Agent": "shop", "Authorization": "Basic x", "Accept-Encoding": "br"})
        session.headers["X-None"] = None  # type: ignore[assignment]
        at(server, session).list_calls()
        assert server.header("X-Trace") == ["7"]
        assert server.header("User-Agent") == ["shop"]
        assert server.header("Authorization") == ["Basic dXNlcjpwYXNz"]
        assert server.header("Accept-Encoding") == ["identity"]
        assert server.header("X-None") == [None]

    def test_client_of_the_environment_uses_the_session(self, serve: Serve, session: requests.Session) -> None:
        """A client that is created from environment variables can use a session too."""
        server = serve(answering(b"[]"))
        session.headers["X-Trace"] = "t-1"
        environment = {
            "BW_ACCOUNT_ID": "1",
            "BW_USERNAME": "user",
            "BW_PASSWORD": "pass",
            "BW_VOICE_URL": f"http://{server.host}",
        }
        assert list(Client.from_env(environment, session=session).list_calls()) == []
        assert "X-Trace: t-1" in server.heads[0]

    def test_defaults_of_the_session_are_not_sent(self, serve: Serve, session: requests.Session) -> None:
        """The user agent is that of this package, unless the user sets another user agent."""
        server = serve(answering())
        at(server, session).list_calls()
        assert server.header("User-Agent") == ["bxml-callcontrol"]
        assert server.header("Connection") == [None]

    def test_authentication_of_the_session_is_not_used(
        self, serve: Serve, session: requests.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither ``session.auth`` nor a netrc file replaces the client's credentials."""
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        session.auth = HTTPBasicAuth("other", "other")
        server = serve(answering())
        at(server, session).list_calls()
        assert server.header("Authorization") == ["Basic dXNlcjpwYXNz"]

    def test_cookies_are_neither_sent_nor_stored(self, serve: Serve, session: requests.Session) -> None:
        """The session's cookies are not sent, and cookies from a response are not stored."""
        session.cookies.set("mine", "1")
        server = serve(answering(Set_Cookie="visit=1; Path=/"))
        client = at(server, session)
        for _ in range(2):
            client.list_calls()
        assert server.header("Cookie") == [None, None]
        assert session.cookies.get_dict() == {"mine": "1"}

    @pytest.mark.parametrize("key", ["http", "all", "http://voice.example"])
    def test_proxy_of_the_session_takes_precedence(
        self, serve: Serve, session: requests.Session, monkeypatch: pytest.MonkeyPatch, closed_host: str, key: str
    ) -> None:
        """The proxy of the session is used, although the environment names another proxy."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{closed_host}")
        session.proxies[key] = f"http://me:secret@{server.host}"
        client_of("http://voice.example/api/v2", session).list_calls()
        assert server.header("Proxy-Authorization") == ["Basic bWU6c2VjcmV0"]

    def test_environment_can_be_ignored(
        self, serve: Serve, session: requests.Session, monkeypatch: pytest.MonkeyPatch, closed_host: str
    ) -> None:
        """If ``trust_env`` of the session is false, the proxy of the environment is not used."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{closed_host}")
        session.trust_env = False
        at(server, session).list_calls()
        assert len(server.heads) == 1

    @pytest.mark.parametrize("kind", ["requests", "this package"])
    def test_verify_of_the_session_is_used(
        self,
        serve: Serve,
        session: requests.Session,
        tls: tuple[ssl.SSLContext, str],
        monkeypatch: pytest.MonkeyPatch,
        kind: str,
    ) -> None:
        """The certificate file of the session takes precedence over the certificate file of the environment."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
        server = serve(answering(), tls=tls[0])
        if kind == "this package":
            session.mount("https://", ResponseTimeoutAdapter())
        session.verify = tls[1]
        client_of(f"https://{server.host}/api/v2", session).list_calls()
        session.verify = False
        with pytest.warns(match="Unverified HTTPS request"):
            client_of(f"https://{server.host}/api/v2", session).list_calls()
        assert len(server.heads) == 2

    @pytest.mark.parametrize("form", ["file", "tuple", "list"])
    def test_certificate_of_the_session_is_sent(
        self, serve: Serve, bounded: requests.Session, tmp_path: Path, form: str
    ) -> None:
        """If a server requires a client certificate, it accepts the certificate of the session."""
        authority = trustme.CA()
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_side.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(server_side)
        authority.issue_cert("127.0.0.1").configure_cert(server_side)
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        mine = authority.issue_cert("client.example")
        mine.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
        mine.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
        mine.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
        pair = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
        bounded.cert = {"file": str(tmp_path / "both.pem"), "tuple": pair, "list": list(pair)}[form]  # type: ignore[assignment]
        bounded.verify = str(tmp_path / "authority.pem")
        server = serve(answering(), tls=server_side)
        client_of(f"https://{server.host}/api/v2", bounded).list_calls()
        assert len(server.heads) == 1

    def test_tls_context_of_an_adapter_is_used(
        self, serve: Serve, session: requests.Session, tls: tuple[ssl.SSLContext, str]
    ) -> None:
        """A subclass of the adapter passes its own TLS context to the connection pools."""

        class Own(ResponseTimeoutAdapter):
            def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
                context = create_urllib3_context()
                context.load_verify_locations(tls[1])
                super().init_poolmanager(*args, ssl_context=context, **kwargs)

        server = serve(answering(), tls=tls[0])
        session.mount("https://", Own())
        client = client_of(f"https://{server.host}/api/v2", session)
        client.list_calls()
        renew_all()
        client.list_calls()
        assert len(server.connections) == 2

    def test_session_stays_open(self, serve: Serve, session: requests.Session) -> None:
        """A client does not close a session of the user."""
        server = serve(answering())
        with at(server, session) as client:
            client.list_calls()
        at(server, session).list_calls()
        assert len(server.connections) == 1

    def test_client_of_many_hosts(self, serve: Serve, bounded: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests to twelve hosts succeed, although the cache of the adapter is limited to the pools of ten hosts."""
        connect = socket.create_connection
        monkeypatch.setattr(
            "urllib3.util.connection.create_connection", lambda address, *_, **__: connect(("127.0.0.1", address[1]))
        )
        server = serve(answering())
        transport = Transport(TIMEOUT, bounded)
        port = server.host.split(":")[1]
        for number in range(1, 13):
            host = "127.0.0.1" if number > 11 else f"host-{number}"
            transport(Request("GET", f"http://{host}:{port}/"))
        assert len(server.heads) == 12


def test_proxy_with_tls_is_trusted(serve: Serve, tls: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate file of the environment is also used for the TLS connection to the proxy."""

    def refuse(connection: socket.socket) -> None:
        answering(b"", "403 Forbidden")(connection)
        raise ConnectionError  # ends the connection

    proxy = serve(answering(), tls=tls[0], on_connect=refuse)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls[1])
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    proxied(monkeypatch, f"https://{proxy.host}")
    client_of("http://voice.example/api/v2").list_calls()
    assert proxy.heads[0].startswith("GET http://voice.example/")
    assert "refused a tunnel" in failure(client_of("https://voice.example/api/v2")).reason


class TestHooks:
    """Response hooks of the session run before the client reads the response."""

    @pytest.mark.parametrize("as_list", [True, False])
    def test_hooks_see_each_response(self, serve: Serve, session: requests.Session, *, as_list: bool) -> None:
        """A hook may read the body."""
        seen: list[str] = []

        def hook(response: requests.Response, **_: Any) -> None:
            seen.append(response.text)

        session.hooks["response"] = [hook] if as_list else hook
        assert list(at(serve(answering(b"[]")), session).list_calls()) == []
        assert seen == ["[]"]

    def test_error_of_raise_for_status_is_the_response(self, serve: Serve, session: requests.Session) -> None:
        """The API's error is raised even if a hook raises an HTTPError."""
        session.hooks["response"] = lambda response, **_: response.raise_for_status()
        body = json.dumps({"type": "validation", "description": "Call not found"}).encode()
        with pytest.raises(NotFound, match="Call not found"):
            at(serve(answering(body, "404 Not Found")), session).hang_up(CALL_ID)

    def test_error_of_raise_for_status_with_half_a_body(self, serve: Serve, session: requests.Session) -> None:
        """If the body is incomplete, the error says that the response was not complete."""
        session.hooks["response"] = lambda response, **_: response.raise_for_status()
        error = failure(at(serve(sending(b"HTTP/1.1 404 \r\nContent-Length: 9\r\n\r\n[")), session))
        assert error.reason.endswith("closed the connection before its response was complete")

    def test_body_that_a_hook_has_thrown_away(self, serve: Serve, session: requests.Session) -> None:
        """If a hook has discarded the body, an error is raised instead of an empty body."""
        session.hooks["response"] = lambda response, **_: [*response.iter_content()][:0] or None
        error = failure(at(serve(answering(b"{}", "201 Created")), session))
        assert "but a hook has read its body; use response.content in the hook" in error.reason


class FileAdapter(requests.adapters.BaseAdapter):
    """An adapter for tests, whose response is a plain file."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = 200, io.BytesIO(b"[]")
        return response

    def close(self) -> None:
        pass


def test_adapter_with_a_plain_file(session: requests.Session) -> None:
    """Adapters that are not based on urllib3 work."""
    session.mount("https://", FileAdapter())
    client = client_of(VOICE, session)
    assert list(client.list_calls()) == []
    renew_all()
    assert list(client.list_calls()) == []


def test_session_that_sends_by_itself(session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session may return responses without running hooks."""
    response = requests.Response()
    response.status_code, response._content = 200, b"[]"
    monkeypatch.setattr(session, "send", lambda *_, **__: response)
    assert list(client_of(VOICE, session).list_calls()) == []


@pytest.mark.parametrize("kind", ["own", "requests", "this package"])
class TestUntrustedBodies:
    """The size of a body is limited with each kind of session."""

    @pytest.fixture
    def used(self, kind: str, session: requests.Session) -> requests.Session | None:
        if kind == "this package":
            session.mount("http://", ResponseTimeoutAdapter())
        return None if kind == "own" else session

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("callcontrol.transport.LARGEST_RESPONSE", 1000)

    @pytest.mark.parametrize("redirect", ["200 OK", "302 Found"])
    def test_compressed_body_is_never_unpacked_beyond_the_bound(
        self, serve: Serve, used: requests.Session | None, redirect: str
    ) -> None:
        """The limit also applies to the body of a redirect. The library ``requests`` alone would read the whole body."""
        server = serve(answering(gzip.compress(b" " * 100_000, mtime=0), redirect, Content_Encoding="gzip", Location="/x"))
        assert failure(at(server, used)).reason == f"{server.host} sent a response of more than 1000 bytes"
        assert len(server.heads) == 1

    @pytest.mark.parametrize(
        ("encoding", "body"),
        [
            ("gzip", gzip.compress(b"[]", mtime=0)),
            ("GZIP ", gzip.compress(b"[]", mtime=0)),
            ("deflate", zlib.compress(b"[]")),
            ("deflate", zlib.compress(b"[]")[2:-4]),
            ("identity", b"[]"),
        ],
    )
    def test_compressed_body_is_read(self, serve: Serve, used: requests.Session | None, encoding: str, body: bytes) -> None:
        """A compressed body is read, because a proxy may compress a body without being asked to."""
        assert at(serve(answering(body, Content_Encoding=encoding)), used).list_calls().reply.body == b"[]"

    @pytest.mark.parametrize(
        ("encoding", "body", "reason"),
        [
            ("gzip", gzip.compress(b"[]", mtime=0)[:-3], "sent a body that is not valid gzip"),
            ("gzip", gzip.compress(b"[]", mtime=0) * 2, "sent a body that is not valid gzip"),
            ("deflate", b"[]", "sent a body that is not valid deflate"),
            ("br", b"[]", 'sent a body with Content-Encoding "br"; expected identity, gzip or deflate'),
        ],
    )
    def test_body_that_cannot_be_decompressed(
        self, serve: Serve, used: requests.Session | None, encoding: str, body: bytes, reason: str
    ) -> None:
        """If the body cannot be decompressed, the error says that the call may have been created."""
        server = serve(answering(body, Content_Encoding=encoding))
        error = failure(at(server, used))
        assert (error.reason, error.sent) == (f"{server.host} {reason}", True)

    @pytest.mark.parametrize(
        "size",
        [b"-1", b"-5", b"ffffffffffffffffffff", b"", b"x", b"1" * 100_000],
        ids=["-1", "-5", "huge", "empty", "x", "long"],
    )
    def test_invalid_chunk_size(self, serve: Serve, used: requests.Session | None, size: bytes) -> None:
        """For an invalid chunk size, an error of this package is raised. The error says that the call may exist."""
        head = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert failure(at(serve(sending(head + size + b"\r\n[]\r\n0\r\n\r\n")), used)).sent

    @pytest.mark.parametrize("size", [b"-1", b"-5"])
    def test_negative_chunk_size_is_an_error_at_once(
        self, serve: Serve, used: requests.Session | None, size: bytes, kind: str
    ) -> None:
        """The adapter of this package fails at once. The adapter of ``requests`` continues to read, as urllib3 does."""
        head = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        server = serve(sending(head + size + b"\r\n[]\r\n0\r\n\r\n", then=wait))
        error = failure(at(server, used))
        assert error.sent
        assert kind == "requests" or error.reason == f"{server.host} sent an invalid HTTP response"

    def test_redirect_is_not_followed(self, serve: Serve, used: requests.Session | None) -> None:
        """A redirect is an error, even if its location cannot be decoded."""
        server = serve(answering(b"", "302 Found", Location="http://[\xff"))
        with pytest.raises(ApiError) as caught:
            at(server, used).list_calls()
        assert (caught.value.status, len(server.heads)) == (302, 1)


class TestResponseTimeoutAdapter:
    """The adapter limits the time of the whole response, even without a client."""

    def test_whole_response_is_bounded(self, serve: Serve, bounded: requests.Session) -> None:
        """Single bytes from a slow server do not extend the timeout."""
        begin = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            bounded.get(f"http://{serve(dripping).host}", timeout=(5, TIMEOUT))
        assert time.monotonic() - begin < 5

    def test_response_is_one_of_requests(self, serve: Serve, bounded: requests.Session) -> None:
        """Cookies and redirects work as in any other session of the library ``requests``."""
        moved = answering(b"", "302 Found", Location="/next", Set_Cookie="visit=1; Path=/")
        server = serve(in_turn(moved, answering(b"[1]")))
        response = bounded.get(f"http://{server.host}/first")
        assert response.json() == [1]
        assert response.history[0].cookies.get_dict() == {"visit": "1"}
        assert server.header("Cookie") == [None, "visit=1"]

    def test_connection_error_is_one_of_requests(
        self,
        serve: Serve,
        bounded: requests.Session,
        closed_host: str,
        tls: tuple[ssl.SSLContext, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Each kind of failure raises the corresponding exception of the library ``requests``."""
        with pytest.raises(requests.ConnectionError):
            bounded.get(f"http://{closed_host}")
        with pytest.raises(requests.exceptions.ProxyError):
            bounded.get("http://voice.example", proxies={"http": f"http://{closed_host}"})
        with pytest.raises(requests.exceptions.SSLError):
            bounded.get(f"https://{serve(wait, tls=tls[0]).host}")
        with pytest.raises(requests.exceptions.InvalidURL):
            bounded.get(f"http://{'a' * 64}.example")

        def fail(*_: object, **__: object) -> None:
            raise TimeoutError

        monkeypatch.setattr("urllib3.util.connection.create_connection", fail)
        with pytest.raises(requests.ConnectTimeout):
            bounded.get("http://voice.example", timeout=1)

    def test_closed_session_connects_anew(self, serve: Serve, bounded: requests.Session) -> None:
        """An adapter can be closed and used again."""
        server = serve(answering())
        for _ in range(2):
            bounded.get(f"http://{server.host}")
            bounded.close()
        assert len(server.connections) == 2

    def test_it_can_be_pickled(self, serve: Serve) -> None:
        """A pickled adapter keeps its settings but not its connections."""
        adapter = pickle.loads(pickle.dumps(ResponseTimeoutAdapter(pool_maxsize=3)))
        with requests.Session() as session:
            session.mount("http://", adapter)
            assert session.get(f"http://{serve(answering()).host}").json() == []
        assert adapter._pool_maxsize == 3


def proxied(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, url)


@pytest.mark.parametrize("kind", ["own", "requests"])
class TestMessages:
    """Each network fault has its own message, both with the client's own session and with a session of the user."""

    @pytest.fixture
    def used(self, kind: str, session: requests.Session) -> requests.Session | None:
        return None if kind == "own" else session

    def test_name_that_cannot_be_resolved(self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the host without its port."""

        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr("socket.getaddrinfo", fail)
        error = failure(client_of("http://voice.example:8080/api/v2", used))
        assert error.reason == "the name of the host voice.example cannot be resolved; check its spelling and the network"
        assert not error.sent

    def test_network_that_is_unreachable(self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message repeats the reason that the system gives."""

        def fail(*_: object, **__: object) -> None:
            raise OSError(113, "No route to host")

        monkeypatch.setattr("urllib3.util.connection.create_connection", fail)
        error = failure(client_of("http://voice.example/api/v2", used))
        assert error.reason == "voice.example cannot be reached: no route to host"
        assert not error.sent

    def test_refused_connection(self, used: requests.Session | None, closed_host: str) -> None:
        """If a connection is refused, the error says that nothing was sent."""
        error = failure(client_of(f"http://{closed_host}/api/v2", used))
        assert (error.reason, error.sent) == (f"{closed_host} refused the connection", False)

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            (hang_up, "closed the connection without a response"),
            (reset, "reset the connection after the request was sent"),
            (wait, "did not respond within 0.5 s"),
            (sending(b"SSH-2.0-demo\r\n"), "sent an invalid HTTP response"),
        ],
        ids=["closed", "reset", "silence", "not HTTP"],
    )
    def test_fault_after_the_request(self, serve: Serve, used: requests.Session | None, script: Script, reason: str) -> None:
        """If a fault occurs after the request was sent, the error says that the call may exist."""
        server = serve(script)
        error = failure(at(server, used))
        assert (error.reason, error.sent) == (f"{server.host} {reason}", True)

    def test_untrusted_certificate(self, serve: Serve, used: requests.Session | None, tls: tuple[ssl.SSLContext, str]) -> None:
        """The message says how to trust another certificate authority."""
        server = serve(answering(), tls=tls[0])
        error = failure(client_of(f"https://{server.host}/api/v2", used))
        assert error.reason == (
            f"the certificate of {server.host} is not trusted: unable to get local issuer certificate; "
            "to trust another certificate authority, set SSL_CERT_FILE to a PEM file"
        )
        assert not error.sent

    @pytest.mark.parametrize("content", [None, "broken"], ids=["missing", "broken"])
    def test_file_of_certificates(
        self, serve: Serve, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
    ) -> None:
        """A missing or broken certificate file is an error before anything is sent."""
        server = serve(answering())
        path = tmp_path / "bundle.pem"
        if content:
            path.write_text(content)
        monkeypatch.setenv("SSL_CERT_FILE" if used is None else "REQUESTS_CA_BUNDLE", str(path))
        error = failure(client_of(f"https://{server.host}/api/v2", used))
        assert "cannot be read" in error.reason
        assert (error.sent, server.heads) == (False, [])

    @pytest.mark.parametrize(
        ("status", "hint"),
        [
            ("403 Forbidden", ""),
            ("407 Proxy Authentication Required", "; put the user name and the password into the URL of the proxy"),
        ],
    )
    def test_refused_tunnel(
        self, serve: Serve, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch, status: str, hint: str
    ) -> None:
        """The message names the proxy without its password."""
        proxy = serve(answering(), on_connect=answering(b"", status))
        proxied(monkeypatch, f"http://me:secret@{proxy.host}")
        error = failure(client_of("https://voice.example/api/v2", used))
        assert error.reason == f"the proxy {proxy.host} refused a tunnel to voice.example: {status}{hint}"
        assert not error.sent

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_refused_proxy(
        self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch, closed_host: str, scheme: str
    ) -> None:
        """A proxy without a scheme in its URL is an HTTP proxy."""
        proxied(monkeypatch, closed_host)
        error = failure(client_of(f"{scheme}://voice.example/api/v2", used))
        assert (error.reason, error.sent) == (f"the proxy {closed_host} refused the connection", False)

    def test_proxy_with_tls_must_speak_it(
        self, serve: Serve, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If an https proxy does not speak TLS, the request fails, because the scheme of the proxy's URL is wrong."""
        proxy = serve(wait, on_accept=sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        proxied(monkeypatch, f"https://{proxy.host}")
        error = failure(client_of("http://voice.example/api/v2", used))
        reason = f"the TLS handshake with the proxy {proxy.host} failed: its response is not TLS; check the scheme and the port"
        if used is None:
            assert (error.reason, error.sent) == (reason, False)
        else:
            assert error.sent

    def test_proxy_without_scheme_is_used(
        self, serve: Serve, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A proxy without a scheme in its URL is used as an HTTP proxy, as in curl."""
        proxy = serve(answering())
        proxied(monkeypatch, proxy.host)
        client_of("http://voice.example/api/v2", used).list_calls()
        assert proxy.heads[0].startswith("GET http://voice.example/api/v2/")

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("ftp://proxy.example", "voice.example cannot be reached: the scheme of its proxy is unknown"),
            ("http://", "voice.example cannot be reached: the URL of its proxy is invalid; expected http://host:port"),
            ("http://a b:c", 'voice.example cannot be reached: this name or the name of the proxy "a b:c" is invalid'),
        ],
    )
    def test_invalid_proxy(self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch, url: str, reason: str) -> None:
        """If the proxy is invalid, nothing is sent."""
        proxied(monkeypatch, url)
        error = failure(client_of("http://voice.example/api/v2", used))
        assert error.reason.startswith(reason)
        assert not error.sent

    def test_socks_without_its_package(self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the package that a SOCKS proxy requires."""

        def missing(*_: object, **__: object) -> None:
            raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

        monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing)
        proxied(monkeypatch, "socks5://127.0.0.1:1080")
        error = failure(client_of("http://voice.example/api/v2", used))
        assert error.reason == "the SOCKS proxy 127.0.0.1:1080 requires the package PySocks; install it, or use an HTTP proxy"
        assert not error.sent

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_refused_socks_proxy(
        self, used: requests.Session | None, monkeypatch: pytest.MonkeyPatch, closed_host: str, scheme: str
    ) -> None:
        """If a SOCKS proxy refuses the connection, nothing is sent."""
        proxied(monkeypatch, f"socks5h://{closed_host}")
        error = failure(client_of(f"{scheme}://voice.example/api/v2", used))
        assert (error.reason, error.sent) == (f"the proxy {closed_host} refused the connection", False)

    def test_session_without_an_adapter(self, used: requests.Session | None, kind: str) -> None:
        """If the session has no adapter for the URL, nothing is sent."""
        client = client_of(VOICE, used)
        transport = client._send
        assert isinstance(transport, Transport)
        transport._session.adapters.clear()
        error = failure(client)
        assert error.reason == "the session has no adapter for the URL of voice.bandwidth.com"
        assert not error.sent


def test_tls_error_after_the_handshake(serve: Serve, tls: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """If TLS fails after the request was sent, the error says that the call may exist."""

    def broken(_: Any) -> None:
        raw = server.connections[-1]
        os.write(raw.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))

    monkeypatch.setenv("SSL_CERT_FILE", tls[1])
    server = serve(broken, tls=tls[0])
    error = failure(client_of(f"https://{server.host}/api/v2"))
    assert error.sent
    assert error.reason.startswith(f"the TLS connection to {server.host} failed after the request was sent: ")


class TestAdapterThatRepeats:
    """An adapter with retries may have sent a request before it raises an error."""

    @pytest.mark.parametrize("adapter", [HTTPAdapter, ResponseTimeoutAdapter])
    def test_refused_connection_may_come_after_a_request(
        self, session: requests.Session, closed_host: str, adapter: type[HTTPAdapter]
    ) -> None:
        """With retries in the adapter, a refused connection does not prove that nothing was sent."""
        session.mount("http://", adapter(max_retries=Retry(1, backoff_factor=0)))
        error = failure(client_of(f"http://{closed_host}/api/v2", session))
        assert (error.reason, error.sent) == (f"{closed_host} refused the connection", True)

    def test_status_that_is_repeated(self, serve: Serve, session: requests.Session) -> None:
        """The error says that the adapter repeated the request without success."""
        retries = Retry(1, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("http://", HTTPAdapter(max_retries=retries))
        server = serve(answering(b"", "503 Busy"))
        error = failure(at(server, session))
        assert error.reason == f"the session's adapter repeated the request to {server.host} without success"


@forks
class TestProcesses:
    """A client works in child processes."""

    @pytest.mark.parametrize("kind", ["own", "requests", "this package"])
    def test_fork_with_a_session(self, serve: Serve, session: requests.Session, kind: str) -> None:
        """Parent and child have their own connections, for example in a server that loads the application before it forks."""
        server = serve(answering())
        if kind == "this package":
            session.mount("http://", ResponseTimeoutAdapter())
        client = at(server, None if kind == "own" else session)
        client.list_calls()
        assert in_child(lambda: list(client.list_calls()))() == "[]"
        client.list_calls()
        assert len(server.connections) == 2

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    @pytest.mark.parametrize("own", [True, False], ids=["own session", "session"])
    def test_multiprocessing(self, serve: Serve, method: str, *, own: bool) -> None:
        """A transport can be passed to another process."""
        server = serve(answering())
        session = None if own else requests.Session()
        if session:
            session.headers["X-Trace"] = "7"
        transport = Transport(5.0, session)
        request = Request("GET", f"http://{server.host}/", Headers({"Accept": "application/json"}))
        transport(request)
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.apply(transport, [request]).body == b"[]"
        transport(request)
        assert len(server.connections) == 2
        assert server.header("X-Trace") == [None if own else "7"] * 3
        transport.close()


def test_pickled_transport_has_the_session(serve: Serve, session: requests.Session) -> None:
    """A pickled transport keeps the headers and proxies of its session, but not the connections."""
    server = serve(answering())
    session.headers["X-Trace"] = "7"
    first = Transport(TIMEOUT, session)
    for transport in (first, pickle.loads(pickle.dumps(first))):
        transport(Request("GET", f"http://{server.host}/"))
        transport.discard_connections()
    assert server.header("X-Trace") == ["7", "7"]
    assert len(server.connections) == 2


class TestPackagesForTests:
    """The client works with packages that replace the network in tests."""

    @responses.activate
    def test_responses(self) -> None:
        """A registered request is matched, and any other request raises an error."""
        responses.put(f"{VOICE}/accounts/{ACCOUNT}/calls/{CALL_ID}/bxml", status=204)
        client = client_of(VOICE)
        client.update_call_bxml(CALL_ID, "<Response><Hangup/></Response>")
        assert responses.calls[0].request.body == b"<Response><Hangup/></Response>"
        with pytest.raises(TransportError, match="the call doesn't match any registered mock"):
            client.get_call_state(CALL_ID)

    def test_requests_mock(self) -> None:
        """A registered request is matched, and any other request raises an error."""
        client = client_of(VOICE)
        with requests_mock.Mocker() as mock:
            mock.put(f"{VOICE}/accounts/{ACCOUNT}/calls/{CALL_ID}/bxml", status_code=204)
            client.update_call_bxml(CALL_ID, "<Response><Hangup/></Response>")
            assert mock.last_request is not None
            assert mock.last_request.text == "<Response><Hangup/></Response>"
            with pytest.raises(requests_mock.NoMockAddress):
                client.get_call_state(CALL_ID)

    def test_httpserver(self, httpserver: HTTPServer) -> None:
        """A server of pytest-httpserver on this machine responds to the client."""
        httpserver.expect_request(f"/api/v2/accounts/{ACCOUNT}/calls/{CALL_ID}/bxml", "PUT").respond_with_data(status=204)
        with client_of(httpserver.url_for("/")) as client:
            client.update_call_bxml(CALL_ID, "<Response><Hangup/></Response>")
        assert httpserver.log[0][0].data == b"<Response><Hangup/></Response>"
