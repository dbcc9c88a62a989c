"""The forms of the first line of a request: a path, the URL that a client sends to a proxy, and others."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
import urllib3

from callcontrol.emulator import Core
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import Server
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL_IN_JSON

VENDOR = "voice.bandwidth.com"
CALLS = f"/api/v2/accounts/{ACCOUNT}/calls"
CREDENTIALS = "Authorization: Basic dTpw"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that accepts the host name of the vendor."""
    with Server(Control(Core(Answers()), {VENDOR}).handle) as server:
        yield server


def answer(server: Server, *lines: str, body: str = "") -> tuple[int, str]:
    """Send a request with these lines, and return the status and the whole response."""
    with socket.create_connection((server.address, server.port), timeout=10) as client:
        head = [*lines, "Connection: close", f"Content-Length: {len(body)}", "", body]
        client.sendall("\r\n".join(head).encode())
        response = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    return int(response.split()[1]), response


def test_client_with_the_emulator_as_proxy(server: Server) -> None:
    """A client sends the whole http URL to a proxy."""
    with urllib3.ProxyManager(server.url) as proxy:
        reply = proxy.request("GET", f"http://{VENDOR}{CALLS}?pageSize=1", headers={"Authorization": "Basic dTpw"}, timeout=10)
    assert (reply.status, reply.json()) == (200, [])


@pytest.mark.parametrize("scheme", ["https", "HTTP"])
def test_host_and_scheme_are_those_of_the_url(server: Server, scheme: str) -> None:
    """Some clients send https URLs too. The header Host does not matter, and URLs in the response are those of the client."""
    headers = ("Host: proxy.example", CREDENTIALS, "Content-Type: application/json")
    status, response = answer(server, f"POST {scheme}://{VENDOR}{CALLS} HTTP/1.1", *headers, body=json.dumps(NEW_CALL_IN_JSON))
    assert status == 201
    assert f"Location: {scheme.lower()}://{VENDOR}{CALLS}/c-" in response


def test_host_of_the_url_must_be_known(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A known host in the header Host is not enough."""
    status, response = answer(server, f"GET http://page.example{CALLS} HTTP/1.1", f"Host: {VENDOR}", CREDENTIALS)
    assert (status, 'host \\"page.example\\" is not allowed' in response) == (403, True)
    assert caplog.messages[0].startswith(f'GET {CALLS}: 403 host "page.example" is not allowed')
    assert answer(server, f"GET http://[x{CALLS} HTTP/1.1", f"Host: {VENDOR}")[0] == 400


@pytest.mark.parametrize("path", ["/", "/emulator", "/emulator/calls", "/emulator/watch", "/phone/settings"])
def test_emulator_is_not_controlled_through_a_proxy(server: Server, path: str) -> None:
    """In a browser that uses the emulator as its proxy, a page of any origin could otherwise send such requests."""
    own = f"{server.address}:{server.port}"
    for host in ("127.0.0.1:80", own):
        origin = (f"Host: {host}", f"Origin: http://{host}", "Content-Type: application/json")
        for method in ("GET", "POST"):
            status, response = answer(server, f"{method} http://{host}{path} HTTP/1.1", *origin)
            assert (status, "cannot be used through a proxy" in response) == (403, True)
    assert answer(server, "GET /emulator HTTP/1.1", f"Host: {own}", f"Origin: http://{own}")[0] == 200
    assert answer(server, "GET /emulator HTTP/1.1", "Host: 127.0.0.1:80", f"Origin: http://{own}")[0] == 403


def test_tunnel_is_refused(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """The log says how requests for https URLs can reach the emulator."""
    assert answer(server, f"CONNECT {VENDOR}:443 HTTP/1.1", f"Host: {VENDOR}:443")[0] == 501
    reason = "the emulator is not a proxy for https URLs; use --certificate, and make the host name resolve to the emulator"
    assert caplog.messages == [f"CONNECT {VENDOR}:443: 501 {reason}"]


@pytest.mark.parametrize(("target", "path"), [("*", "/*"), ("emulator", "/emulator")])
def test_target_without_a_slash(server: Server, caplog: pytest.LogCaptureFixture, target: str, path: str) -> None:
    """The target is not appended to the host without a slash."""
    assert answer(server, f"OPTIONS {target} HTTP/1.1", "Host: localhost")[0] in {404, 405}
    assert caplog.messages[0].startswith(f"OPTIONS {path}: ")


def test_request_without_a_host(server: Server) -> None:
    """A client that uses HTTP/1.0 may omit the header Host."""
    assert answer(server, "GET /emulator HTTP/1.0")[0] == 200
