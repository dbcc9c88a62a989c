"""The emulator responds to unusual requests: invalid bodies, unknown attributes, unknown page tokens, and half a request."""

from __future__ import annotations

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from bxml import Gather, Response
from callcontrol import (
    ApiError,
    BasicAuth,
    Client,
    Reply,
    emulator,
)
from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.server import Server
from callcontrol.http_messages import Headers, Request

CALL: dict[str, Any] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "shop",
    "answer_url": "https://app.example/answer",
}


class TestRequests:
    """The emulator responds to every request."""

    def test_repr_of_a_call_shows_no_password(self) -> None:
        """The ``repr`` of a call record contains no password."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(
            **CALL, username="u", password="secret-word"
        )
        assert "secret-word" not in repr(core.call(call.call_id))

    @pytest.mark.parametrize("body", [b"\xff" * 70_000, b"\xff"], ids=["large", "small"])
    def test_any_body_gets_a_response(self, body: bytes) -> None:
        """A request returns 204 or 400 even if its document is not UTF-8."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(**CALL)
        headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/xml"})
        url = f"http://voice.example/api/v2/accounts/1/calls/{call.call_id}/bxml"
        assert core.handle(Request("PUT", url, headers, body)).status in {204, 400}

    def test_unexpected_exception_is_the_documented_500(self) -> None:
        """An exception becomes a response in the API's format."""
        reply = Core().handle(Request("GET", "http://[x/api/v2/accounts/1/calls"))
        assert (reply.status, reply.json()["type"]) == (500, "internal-error")

    @pytest.mark.parametrize("extra", [(), ("newAttribute",)], ids=["strict", "allowed"])
    def test_attribute_newer_than_the_schema(self, extra: tuple[str, ...]) -> None:
        """An unknown attribute ends the call, unless the emulator allows the attribute."""
        core = Core(extra=extra)
        client = Client("1", BasicAuth("user", "pass"), send=core.handle)
        call = client.create_call(**CALL)
        with pytest.warns(UserWarning, match="newAttribute"):
            client.interrupt(call.call_id, Response([Gather(extra={"newAttribute": "x"})]))
        assert client.get_call_state(call.call_id).state == ("answered" if extra else "disconnected")

    def test_emulator_allows_every_host(self) -> None:
        """An application may use a host name of its own for the emulator."""
        with Emulator() as voice:
            headers = {"Host": "voice.bandwidth.com", "Authorization": "Basic dTpw"}
            assert urllib3.request("GET", f"{voice.url}/accounts/1/calls", headers=headers, timeout=10).status == 200

    @pytest.mark.parametrize(
        "request_",
        [
            b"POST /api/v2/accounts/1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
            b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
        ids=["upload", "waiting"],
    )
    def test_server_ends_during_a_request(self, request_: bytes, capfd: pytest.CaptureFixture[str]) -> None:
        """A server can end although a client has stopped in the middle of a request, or waits. The log has no error."""
        begun, over = threading.Event(), threading.Event()

        def handle(request: Request) -> Reply:
            if request.url.endswith("/slow"):
                begun.set()
                over.wait(10)
            return Reply(204)

        with Server(handle) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(request_)
            if b"slow" in request_:
                assert begun.wait(10)
            else:
                assert urllib3.request("GET", server.url).status == 204  # by then the server has accepted the first request
        over.set()
        assert capfd.readouterr().err == ""

    def test_delay_ends_with_the_emulator(self) -> None:
        """The emulator does not wait for the end of a delay that was set for a test, and the client gets its response."""
        with ThreadPoolExecutor(1) as beside:
            with Emulator() as voice:
                voice.delay(60)
                reply = beside.submit(urllib3.request, "GET", f"{voice.url}/accounts/1/calls", timeout=10, retries=False)
                while voice.faults:
                    time.sleep(0.01)
            assert reply.result().status == 401


def test_emulator_names_its_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its extra, the emulator raises an error that names the extra."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "callcontrol.emulator.server")
    with pytest.raises(ModuleNotFoundError, match=r"the emulator needs uvicorn: install bxml-callcontrol\[emulator\]"):
        _ = emulator.Emulator


def test_unknown_page_token_is_rejected() -> None:
    """An unknown page token raises an error. If it returned the first page, a loop over the pages would not end."""
    client = Client("1", BasicAuth("user", "pass"), send=Core().handle)
    with pytest.raises(ApiError, match="must be the token of a previous page"):
        client.list_calls(page_token="c-1")
