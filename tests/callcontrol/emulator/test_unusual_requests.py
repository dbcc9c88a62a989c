"""The emulator responds to unusual requests: invalid bodies, unknown attributes, unknown page tokens, and half a request."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest
import urllib3

from bxml import Gather, Response
from callcontrol import (
    ApiError,
    BasicAuth,
    Client,
    emulator,
)
from callcontrol.emulator import Core, Emulator
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

    def test_emulator_ends_during_a_request(self) -> None:
        """The emulator can end even if a client has stopped in the middle of a request."""
        with Emulator() as voice:
            host, port = voice.url.split("/")[2].split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(b"POST /api/v2/accounts/1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab")
                other = Client("1", BasicAuth("user", "pass"), base_url=voice.url)
                assert list(other.list_calls()) == []  # by then the emulator has accepted the request of the first client
                other.close()


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
