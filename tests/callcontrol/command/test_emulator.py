"""``callcontrol emulator``: the platform for programs in whatever language."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
import urllib3

from callcontrol import BasicAuth, Client, Forbidden, Headers, OAuth2, Reply, Request, Unauthorized
from callcontrol.emulator import Core
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import Server
from tests.callcontrol.command.conftest import SECRET, Ran, Run
from tests.callcontrol.command.test_phone import wait_for
from tests.callcontrol.command.test_process import COMMAND, environment
from tests.callcontrol.emulator.document_application import BYE, answering
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

SILENT: Final = '<Response><Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60"/></Response>'


@pytest.fixture
def application() -> Iterator[str]:
    """The URL of an application that takes a key and says good-bye."""

    def handle(request: Request) -> Reply:
        return Reply(200, Headers(), {"answer": SILENT, "menu": BYE}.get(request.url.rpartition("/")[2], "").encode())

    with Server(handle) as server:
        yield server.url


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
    return found


Emulate = Callable[..., Ran]


@pytest.fixture
def emulate(run: Run, port: int) -> Emulate:
    """Runs the command, does something meanwhile, and interrupts it."""

    def emulate(act: Callable[[], object], *arguments: str, number: int = signal.SIGINT) -> Ran:
        def meanwhile() -> None:
            wait_for(port)
            try:
                act()
            finally:
                os.kill(os.getpid(), number)

        before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(meanwhile)
            ran = run("emulator", "--port", port, *arguments)
        done.result()
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        return ran

    return emulate


def ask(port: int, method: str, path: str, body: object = None, *, host: str = "localhost") -> tuple[int, Any]:
    """Status and object of the answer to a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Host": f"{host}:{port}"}
    connection.request(method, path, json.dumps({} if body is None else body), headers)
    with connection.getresponse() as response:
        text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None


def client(port: int, auth: Any = None) -> Client:
    """A client of the emulator."""
    return Client(ACCOUNT, auth or OAuth2("id", "secret"), base_url=f"http://127.0.0.1:{port}/api/v2")


class TestCalls:
    """Calls live."""

    def test_a_call_of_the_api(self, emulate: Emulate, port: int, application: str) -> None:
        """A client makes a call, which lives in real time, and is led through it by requests."""

        def act() -> None:
            with client(port) as api:
                call = api.create_call(**{**NEW_CALL, "answer_url": f"{application}/answer"})
                path = f"/emulator/calls/{call.call_id}"
                while "keys" not in ask(port, "GET", path)[1]["listensTo"]:
                    time.sleep(0.01)
                ask(port, "POST", f"{path}/press", {"digits": "1"})
                assert ask(port, "POST", f"{path}/expect", {"ended": True}) == (200, {"cause": "hangup"})
                assert api.get_call_state(call.call_id).state == "disconnected"

        ran = emulate(act)
        assert (ran.code, ran.err) == (0, "")
        head, *lines = ran.out.splitlines()
        where = f"http://127.0.0.1:{port}"
        assert head == f"the API is at {where}/api/v2; what drives calls is at {where}/emulator; Ctrl-C ends both"
        shown = [line[10:] for line in lines]
        assert shown[:3] == ["c-00000001  queued", "c-00000001  initiated", "c-00000001  answered"]
        assert f"c-00000001  → gather  POST {application}/menu · digits: 1" in shown
        assert shown[-1] == "c-00000001  disconnected · hangup"

    def test_a_call_of_a_caller(self, emulate: Emulate, port: int, application: str) -> None:
        """A request makes an inbound call, whose URL is relative to that of the application, and time may be virtual."""

        def act() -> None:
            _, call = ask(port, "POST", "/emulator/calls", {"url": "/answer"})
            time.sleep(0.05)
            assert ask(port, "GET", "/emulator")[1]["seconds"] == 0
            assert ask(port, "POST", f"/emulator/calls/{call['callId']}/press", {"digits": "1"})[0] == 200
            assert ask(port, "POST", "/emulator/advance", {"seconds": 10})[1]["seconds"] == 10

        ran = emulate(act, "--virtual", "--application", application, "--json", number=signal.SIGTERM)
        assert (ran.code, [each["at"] for each in ran.records if each["kind"] == "pressed"]) == (0, [0])
        assert [each["text"] for each in ran.records][-1] == "disconnected"

    def test_time_may_be_faster(self, emulate: Emulate, port: int) -> None:
        """Time goes as fast as it is told."""

        def act() -> None:
            before = ask(port, "GET", "/emulator")[1]
            time.sleep(0.02)
            after = ask(port, "GET", "/emulator")[1]
            assert before["speed"] == after["speed"] == 1000
            assert after["seconds"] - before["seconds"] >= 20

        assert emulate(act, "--speed", "1000").code == 0

    def test_calls_that_wait(self, emulate: Emulate, port: int) -> None:
        """Without answers a call stays in the queue."""

        def act() -> None:
            with client(port) as api:
                assert api.get_call_state(api.create_call(**NEW_CALL).call_id).state == "queued"

        assert emulate(act, "--no-answers").code == 0


class TestAccess:
    """Who is let in."""

    def test_anybody(self, emulate: Emulate, port: int) -> None:
        """Any account and any credentials are, unless it is told otherwise, whatever the environment has."""
        assert emulate(lambda: list(client(port, BasicAuth("x", "y")).list_calls())).code == 0

    def test_some(self, emulate: Emulate, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those that are named are, and no secret is ever written."""
        monkeypatch.setenv("CALLCONTROL_CREDENTIALS", f"client-7:{SECRET} user-7:se:cret")

        def act() -> None:
            list(client(port, OAuth2("client-7", SECRET)).list_calls())
            list(client(port, BasicAuth("user-7", "se:cret")).list_calls())
            with pytest.raises(Unauthorized):
                list(client(port, BasicAuth("user-7", "secret")).list_calls())
            with pytest.raises(Forbidden):
                list(Client("1", BasicAuth("user-7", "se:cret"), base_url=f"http://127.0.0.1:{port}/api/v2").list_calls())

        assert emulate(act, "--account", ACCOUNT, "--account", "2").code == 0

    def test_secrets_are_not_repeated(self, run: Run) -> None:
        """What is wrong with credentials is said without them."""
        ran = run("emulator", "--credential", f"a{SECRET}")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("callcontrol: invalid value for '--credential': it is a name and a secret with a colon")

    def test_only_known_hosts(self, emulate: Emulate, port: int) -> None:
        """A page under a name of its own is refused, unless the name is allowed, which events then have."""

        def act() -> None:
            assert ask(port, "GET", "/emulator", host="page.example")[0] == 403
            assert ask(port, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", host="page.example")[0] == 403
            assert ask(port, "GET", "/emulator", host="emulator.example")[0] == 200

        ran = emulate(act, "--allow-host", "emulator.example", "--allow-host", "other.example")
        assert f"the API is at http://emulator.example:{port}/api/v2; " in ran.out

    @pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
    def test_other_machines(self, emulate: Emulate, port: int, host: str, *, warned: bool) -> None:
        """Whoever lets other machines in is warned."""
        ran = emulate(lambda: None, "--host", host)
        assert ran.code == 0
        assert ("other machines reach this" in ran.err) is warned
        assert f"http://0.0.0.0:{port}" not in ran.out

    def test_who_waits_keeps_nobody_waiting(self) -> None:
        """Many may expect something that only another request brings about."""
        with Core(answering({"/answer": "<Response><Pause duration='500'/></Response>"}), speed=1) as core:
            call = core.dial("/answer")
            with Server(Control(core).handle) as server, ThreadPoolExecutor(50) as beside:
                url = f"{server.url}/emulator/calls/{call.call_id}"

                def ask(path: str, body: dict[str, Any]) -> int:
                    return urllib3.request("POST", url + path, json=body, timeout=30, retries=False).status

                waiting = [beside.submit(ask, "/expect", {"ended": True, "within": 20}) for _ in range(45)]
                began = time.monotonic()
                while sum(thread.name.startswith("AnyIO worker") for thread in threading.enumerate()) < 45:
                    assert time.monotonic() - began < 15, "they do not all wait at once"
                    time.sleep(0.01)
                began = time.monotonic()
                assert ask("/hang-up", {}) == 200
                assert {each.result() for each in waiting} == {200}
                assert time.monotonic() - began < 15

    def test_version_six(self) -> None:
        """An address of IPv6 stands in brackets."""
        with Server(lambda _: Reply(204), "::1") as server:
            assert server.url == f"http://[::1]:{server.port}"


class TestWhatCannotRun:
    """What is said where it cannot run."""

    def test_a_port_that_is_taken(self, run: Run) -> None:
        """The port is named."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ran = run("emulator", "--port", port)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"callcontrol: 127.0.0.1:{port} cannot be listened on: Address already in use\n"

    def test_a_host_that_is_none(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is the host, which no name server is asked for here."""

        def find(*_: object, **__: object) -> None:
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", find)
        assert run("emulator", "--host", "no.example.invalid").err == (
            "callcontrol: there is no host no.example.invalid to listen on\n"
        )

    def test_without_the_extra(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is missing is named, and how it is had."""
        monkeypatch.setitem(sys.modules, "uvicorn", None)
        monkeypatch.delitem(sys.modules, "callcontrol.emulator.server")
        ran = run("emulator")
        assert (ran.code, ran.err) == (2, "callcontrol: listening needs uvicorn: install bxml-callcontrol[emulator]\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--speed", "0"], "invalid value for '--speed': it is a number above 0"),
            (["--speed", "inf"], "invalid value for '--speed': it is a number above 0"),
            (["--speed", "fast"], "invalid value for '--speed': it is a number above 0"),
            (["--speed", "2", "--virtual"], "--speed and --virtual exclude each other"),
            (["--port", "-1"], "invalid value for '--port': it is a whole number up to 65535, and 0 is a free port"),
            (["--port", "9" * 5000], "invalid value for '--port': it is a whole number up to 65535, and 0 is a free port"),
            (
                ["--application", "/answer"],
                '--application="/answer" is not an absolute http(s) URL: it does not begin with http:// or https://',
            ),
        ],
    )
    def test_arguments(self, run: Run, arguments: list[str], sentence: str) -> None:
        """What is wrong with arguments is said."""
        ran = run("emulator", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {sentence}")

    def test_options_of_the_account(self, run: Run) -> None:
        """What is for the API alone is not taken and ignored."""
        assert run("--account-id", "1", "emulator").err.startswith(
            "callcontrol: only the commands that ask the API take --account-id"
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends(port: int, number: int) -> None:
    """An interruption ends the process well, also while a request waits for something to happen in a call."""
    process = subprocess.Popen(
        [*COMMAND, "emulator", "--port", str(port), "--application", "http://127.0.0.1:9"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(port)
    _, call = ask(port, "POST", "/emulator/calls", {"url": "/answer"})
    path = f"/emulator/calls/{call['callId']}/expect"
    waiting = threading.Thread(target=ask, args=(port, "POST", path, {"spoken": "x", "within": 60}))
    waiting.start()
    time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    waiting.join()
    assert (process.returncode, err) == (0, "")
    assert "cannot connect to 127.0.0.1:9" in out
