"""``callcontrol emulator``: a local emulator of the API, for programs in any language."""

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
from pathlib import Path
from typing import Any, Final

import bandwidth
import pytest
import trustme
import urllib3
from bandwidth.models import CreateCall
from cryptography.hazmat.primitives import serialization
from websockets.sync.server import ServerConnection

from bxml import Response
from callcontrol import BasicAuth, Client, Forbidden, Headers, OAuth2, Reply, Request, Unauthorized
from callcontrol.emulator import Core
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import HTTPS_PORT, Certificate, Server
from tests.callcontrol.command.conftest import SECRET, Ran, Run
from tests.callcontrol.command.test_phone import wait_for
from tests.callcontrol.command.test_process import COMMAND, environment
from tests.callcontrol.emulator.document_application import BYE, answering
from tests.callcontrol.emulator.streams.test_network_streams import serving
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL, NEW_CALL_IN_JSON

SILENT: Final = '<Response><Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60"/></Response>'

EXPECTED: Final = "expected an integer from 0 to 65535"


@pytest.fixture
def application() -> Iterator[str]:
    """Start an application that gathers one key and says goodbye, and return its URL."""

    def handle(request: Request) -> Reply:
        return Reply(200, Headers(), {"answer": SILENT, "menu": BYE}.get(request.url.rpartition("/")[2], "").encode())

    with Server(handle) as server:
        yield server.url


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
    return found


Emulate = Callable[..., Ran]


@pytest.fixture
def emulate(run: Run, port: int) -> Emulate:
    """Return a function that runs the command, calls a given function while it runs, and then stops it with a signal."""

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
    """Return the status and the JSON value of the response to a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Host": f"{host}:{port}"}
    connection.request(method, path, json.dumps({} if body is None else body), headers)
    with connection.getresponse() as response:
        text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None


def client(port: int, auth: Any = None) -> Client:
    """Return a client of the emulator."""
    return Client(ACCOUNT, auth or OAuth2("id", "secret"), base_url=f"http://127.0.0.1:{port}/api/v2")


class TestCalls:
    """Calls in the emulator."""

    def test_created_call_runs_in_real_time(self, emulate: Emulate, port: int, application: str) -> None:
        """A call of a client runs in real time. Through the control API, the test acts as the called party."""

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
        assert head == f"API: {where}/api/v2; control API: {where}/emulator; phone: {where}/; press Ctrl-C to stop"
        shown = [line[10:] for line in lines]
        assert shown[:3] == ["c-00000001  queued", "c-00000001  initiated", "c-00000001  answered"]
        assert f"c-00000001  → gather  POST {application}/menu · digits: 1" in shown
        assert shown[-1] == "c-00000001  disconnected · hangup"

    def test_inbound_call_runs_in_virtual_time(self, emulate: Emulate, port: int, application: str) -> None:
        """The control API starts an inbound call with a relative URL.

        With ``--virtual``, time advances only through requests.
        """

        def act() -> None:
            _, call = ask(port, "POST", "/emulator/calls", {"url": "/answer"})
            time.sleep(0.05)
            assert ask(port, "GET", "/emulator")[1]["seconds"] == 0
            assert ask(port, "POST", f"/emulator/calls/{call['callId']}/press", {"digits": "1"})[0] == 200
            assert ask(port, "POST", "/emulator/advance", {"seconds": 10})[1]["seconds"] == 10

        ran = emulate(act, "--virtual", "--application", application, "--json", number=signal.SIGTERM)
        assert (ran.code, [each["at"] for each in ran.records if each["kind"] == "pressed"]) == (0, [0])
        assert [each["text"] for each in ran.records][-1] == "disconnected"

    def test_speed_multiplies_real_time(self, emulate: Emulate, port: int) -> None:
        """``--speed`` makes time pass faster than real time."""

        def act() -> None:
            before = ask(port, "GET", "/emulator")[1]
            time.sleep(0.02)
            after = ask(port, "GET", "/emulator")[1]
            assert before["speed"] == after["speed"] == 1000
            assert after["seconds"] - before["seconds"] >= 20

        assert emulate(act, "--speed", "1000").code == 0

    def test_media_streams_are_redirected(self, emulate: Emulate, port: int) -> None:
        """``--map`` connects a stream to a WebSocket on this machine."""
        document = Response().start_stream(name="bot", destination="wss://bot.example/a").pause(duration=9).to_bytes()

        def act() -> None:
            _, call = ask(port, "POST", "/emulator/calls", {"url": "/answer"})
            assert is_connected.wait(10)
            ask(port, "POST", f"/emulator/calls/{call['callId']}/hang-up")

        paths, is_connected = [], threading.Event()

        def handle(socket: ServerConnection) -> None:
            assert socket.request is not None
            paths.append(socket.request.path)
            socket.recv()
            is_connected.set()

        with Server(lambda _: Reply(200, Headers(), document)) as server, serving(handle) as address:
            ran = emulate(act, "--application", server.url, "--map", f"wss://bot.example=ws://{address}")
        assert (ran.code, paths) == (0, ["/a"])
        assert 'stream "bot" started' in ran.out

    def test_webhooks_are_redirected(self, emulate: Emulate, port: int, application: str) -> None:
        """A call whose URLs have the public host of the application uses the application on this machine."""

        def act() -> None:
            _, call = ask(port, "POST", "/emulator/calls", {"url": "https://app.example/answer"})
            ask(port, "POST", f"/emulator/calls/{call['callId']}/press", {"digits": "1"})
            found.append(ask(port, "POST", f"/emulator/calls/{call['callId']}/expect", {"spoken": "Bye"})[0])

        found: list[int] = []
        emulate(act, "--virtual", "--map", f"https://app.example={application}")
        assert found == [200]

    def test_no_answers_leaves_calls_queued(self, emulate: Emulate, port: int) -> None:
        """``--no-answers`` leaves a new call queued."""

        def act() -> None:
            with client(port) as api:
                assert api.get_call_state(api.create_call(**NEW_CALL).call_id).state == "queued"

        assert emulate(act, "--no-answers").code == 0


class TestAccess:
    """Accounts, credentials and hosts that are accepted."""

    def test_any_credentials_are_accepted_by_default(self, emulate: Emulate, port: int) -> None:
        """By default any account and any credentials are accepted, whatever the environment contains."""
        assert emulate(lambda: list(client(port, BasicAuth("x", "y")).list_calls())).code == 0

    def test_only_named_credentials_are_accepted(self, emulate: Emulate, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """If accounts and credentials are named, only these accounts and credentials are accepted. No secret is printed."""
        monkeypatch.setenv("CALLCONTROL_CREDENTIALS", f"client-7:{SECRET} user-7:se:cret")

        def act() -> None:
            list(client(port, OAuth2("client-7", SECRET)).list_calls())
            list(client(port, BasicAuth("user-7", "se:cret")).list_calls())
            with pytest.raises(Unauthorized):
                list(client(port, BasicAuth("user-7", "secret")).list_calls())
            with pytest.raises(Forbidden):
                list(Client("1", BasicAuth("user-7", "se:cret"), base_url=f"http://127.0.0.1:{port}/api/v2").list_calls())

        assert emulate(act, "--account", ACCOUNT, "--account", "2").code == 0

    def test_error_does_not_quote_secrets(self, run: Run) -> None:
        """The error for an invalid ``--credential`` does not quote the given value."""
        ran = run("emulator", "--credential", f"a{SECRET}")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("callcontrol: invalid value for '--credential': expected NAME:SECRET, separated by a colon")

    def test_unknown_host_names_are_rejected(self, emulate: Emulate, port: int) -> None:
        """Requests are rejected if ``--allow-host`` does not name their host. The printed URL has the first allowed name."""

        def act() -> None:
            assert ask(port, "GET", "/emulator", host="page.example")[0] == 403
            assert ask(port, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", host="page.example")[0] == 403
            assert ask(port, "GET", "/emulator", host="emulator.example")[0] == 200

        ran = emulate(act, "--allow-host", "emulator.example", "--allow-host", "other.example")
        assert f"API: http://emulator.example:{port}/api/v2; " in ran.out

    @pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
    def test_listening_beyond_this_machine_is_warned_of(self, emulate: Emulate, port: int, host: str, *, warned: bool) -> None:
        """A warning is printed if other machines can reach the ``--host``."""
        ran = emulate(lambda: None, "--host", host)
        assert ran.code == 0
        assert ("reachable from other machines" in ran.err) is warned
        assert f"http://0.0.0.0:{port}" not in ran.out

    def test_waiting_requests_do_not_block_others(self) -> None:
        """Even if many requests wait for the end of a call, another request can hang up the call."""
        with Core(answering({"/answer": "<Response><Pause duration='500'/></Response>"}), speed=1) as core:
            call = core.dial("/answer")
            with Server(Control(core).handle) as server, ThreadPoolExecutor(50) as beside:
                url = f"{server.url}/emulator/calls/{call.call_id}"

                def ask(path: str, body: dict[str, Any]) -> int:
                    return urllib3.request("POST", url + path, json=body, timeout=30, retries=False).status

                waiting = [beside.submit(ask, "/expect", {"ended": True, "within": 20}) for _ in range(45)]
                began = time.monotonic()
                while sum(thread.name.startswith("AnyIO worker") for thread in threading.enumerate()) < 45:
                    assert time.monotonic() - began < 15, "too few requests wait at the same time"
                    time.sleep(0.01)
                began = time.monotonic()
                assert ask("/hang-up", {}) == 200
                assert {each.result() for each in waiting} == {200}
                assert time.monotonic() - began < 15

    def test_ipv6_address_is_in_brackets(self) -> None:
        """The URL of an IPv6 address has brackets."""
        with Server(lambda _: Reply(204), "::1") as server:
            assert server.url == f"http://[::1]:{server.port}"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A directory with the certificate of a server for the vendor's hosts, and with the certificate of its issuer."""
    issuer = trustme.CA()
    issued = issuer.issue_cert("voice.bandwidth.com", "api.bandwidth.com")
    issuer.cert_pem.write_to_path(tmp_path / "issuer.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    return tmp_path


class TestHttps:
    """The emulator in place of the vendor's hosts, for applications that have no setting for them."""

    VENDOR: Final = ("--allow-host", "voice.bandwidth.com", "--allow-host", "api.bandwidth.com")

    @pytest.mark.parametrize("files", [["server.pem", "server.key"], ["both.pem"]], ids=["two files", "one file"])
    def test_vendor_client_without_settings(
        self, emulate: Emulate, port: int, certificate: Path, files: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The vendor's SDK uses its own URLs, and the names of its hosts resolve to the emulator."""
        original = socket.getaddrinfo

        def find(host: Any, number: Any, *arguments: Any, **named: Any) -> Any:
            is_vendor = host in {"voice.bandwidth.com", "api.bandwidth.com"}
            return original(*("127.0.0.1", port) if is_vendor else (host, number), *arguments, **named)

        def act() -> None:
            configuration = bandwidth.Configuration(client_id="id", client_secret="secret")
            with bandwidth.ApiClient(configuration) as vendor:
                calls.append(bandwidth.CallsApi(vendor).create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_url)

        calls: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", find)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "issuer.pem"))
        options = [option for pair in zip(("--certificate", "--key"), files, strict=False) for option in pair]
        paths = [str(certificate / option) if "." in option else option for option in options]
        ran = emulate(act, *paths, *self.VENDOR)
        assert f"API: https://voice.bandwidth.com:{port}/api/v2; control API: https://127.0.0.1:{port}/emulator" in ran.out
        assert ran.err == ""
        assert calls[0].startswith("https://voice.bandwidth.com/api/v2/")

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["voice.bandwidth.com"], "127.0.0.1"),
            (["Bandwidth.com", "emulator.test"], "emulator.test"),
            (["bandwidth.com.example", "voice.bandwidth.com"], "bandwidth.com.example"),
        ],
    )
    def test_events_over_http_never_name_the_vendor(self, emulate: Emulate, port: int, names: list[str], expected: str) -> None:
        """An application that fetches a URL of an event would send its credentials to the vendor without encryption."""
        ran = emulate(lambda: None, *(option for name in names for option in ("--allow-host", name)))
        assert f"API: http://{expected}:{port}/api/v2;" in ran.out

    def test_phone_has_the_same_options(self, run: Run, port: int, certificate: Path) -> None:
        """An application without a setting for the hosts can also be called by ``callcontrol phone``."""

        def stop() -> None:
            wait_for(port)
            os.kill(os.getpid(), signal.SIGINT)

        files = ("--certificate", str(certificate / "server.pem"), "--key", str(certificate / "server.key"))
        arguments = ("phone", "http://127.0.0.1:1/answer", "--port", port, *files, *self.VENDOR)
        base_url = f"API: https://voice.bandwidth.com:{port}/api/v2"
        assert run(*arguments).out.startswith(f"{base_url}; control API: https://127.0.0.1:{port}/emulator\n")
        with ThreadPoolExecutor(1) as beside:
            beside.submit(stop)
            assert f"; {base_url}; " in run(*arguments, "--browser").out

    def test_default_port_is_left_out_of_urls(self, monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
        """URLs of events are those of the vendor if the emulator has the port of HTTPS."""
        server = Server(lambda _: Reply(204), certificate=Certificate(str(certificate / "both.pem")))
        monkeypatch.setattr(Server, "port", HTTPS_PORT)
        assert server.url_of("voice.bandwidth.com") == "https://voice.bandwidth.com"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--key", "server.key"], "--key requires --certificate; see callcontrol emulator --help"),
            (["--certificate", "no.pem"], "cannot read no.pem: No such file or directory"),
            (["--certificate", "server.pem", "--key", "no.key"], "cannot read server.pem or no.key: No such file or directory"),
            (
                ["--certificate", "server.pem"],
                "server.pem does not contain a certificate and its private key in PEM format; name the file of the key",
            ),
            (
                ["--certificate", "server.pem", "--key", "issuer.pem"],
                "server.pem and issuer.pem are not a certificate and its private key in PEM format",
            ),
            (
                ["--certificate", "server.pem", "--key", "encrypted.key"],
                "the private key is encrypted; write it without a password with: openssl pkey -in KEY -out NEW_KEY",
            ),
        ],
    )
    def test_invalid_certificate_is_reported(
        self, run: Run, certificate: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
    ) -> None:
        """The message names the files, and the command ends before it listens."""
        monkeypatch.chdir(certificate)
        key = serialization.load_pem_private_key(Path("server.key").read_bytes(), None)
        encrypted = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
        Path("encrypted.key").write_bytes(encrypted)
        ran = run("emulator", *arguments)
        assert (ran.code, ran.out, ran.err) == (2, "", f"callcontrol: {message}\n")


class TestErrors:
    """Errors before the emulator runs."""

    def test_port_in_use_is_reported(self, run: Run) -> None:
        """The message names the port that is in use."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ran = run("emulator", "--port", port)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"callcontrol: cannot listen on 127.0.0.1:{port}: Address already in use\n"

    def test_unknown_host_is_reported(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the host; the test does not query a name server."""

        def find(*_: object, **__: object) -> None:
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", find)
        assert run("emulator", "--host", "no.example.invalid").err == (
            "callcontrol: cannot listen on no.example.invalid: the host name does not resolve to an address\n"
        )

    def test_missing_package_is_reported(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the missing package and the command that installs it."""
        monkeypatch.setitem(sys.modules, "uvicorn", None)
        monkeypatch.delitem(sys.modules, "callcontrol.emulator.server")
        ran = run("emulator")
        assert (ran.code, ran.err) == (
            2,
            "callcontrol: uvicorn is not installed; run pip install 'bxml-callcontrol[emulator]'\n",
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--speed", "0"], "invalid value for '--speed': expected a number above 0, got \"0\""),
            (["--speed", "inf"], "invalid value for '--speed': expected a number above 0, got \"inf\""),
            (["--speed", "fast"], "invalid value for '--speed': expected a number above 0, got \"fast\""),
            (["--speed", "2", "--virtual"], "--speed and --virtual cannot be combined"),
            (
                ["--map", "wss://bot.example=ws://localhost", "--virtual"],
                "--virtual and --map with a ws or wss URL cannot be combined",
            ),
            (
                ["--map", "wss://bot.example"],
                "invalid value for '--map': \"\" is not an http, https, ws or wss URL; expected https://app",
            ),
            (
                ["--map", "bot=ws://localhost"],
                "invalid value for '--map': \"bot\" is not an http, https, ws or wss URL; expected https://app",
            ),
            (
                ["--map", "https://me:sec=ret@a=localhost:5000"],
                "invalid value for '--map': \"localhost:5000\" is not an http, https, ws or wss URL; expected https://app",
            ),
            (
                ["--map", "https://me:sec=ret@a"],
                "invalid value for '--map': \"\" is not an http, https, ws or wss URL; expected https://app",
            ),
            (
                ["--map", "https://me:sec=ret@a=http://me:sec=ret@b?c=d"],
                "invalid value for '--map': \"http://…@b?c=d\" has a query or a fragment",
            ),
            (
                ["--map", "https://a=http://b:1", "--map", "https://a=http://b:2"],
                'invalid value for \'--map\': "https://a" has two replacements: "http://b:1" and "http://b:2"',
            ),
            (["--port", "-1"], f"invalid value for '--port': {EXPECTED}, got \"-1\"; 0 picks a free port"),
            (["--port", "9" * 5000], f"invalid value for '--port': {EXPECTED}, got \"{'9' * 59}…; 0 picks a free port"),
            (
                ["--application", "/answer"],
                '--application="/answer" is not an absolute http(s) URL: it does not begin with http:// or https://',
            ),
        ],
    )
    def test_invalid_argument_is_reported(self, run: Run, arguments: list[str], message: str) -> None:
        """The message for an invalid argument says what is expected."""
        ran = run("emulator", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {message}")

    def test_account_options_are_rejected(self, run: Run) -> None:
        """Account options are rejected, not ignored."""
        assert run("--account-id", "1", "emulator").err.startswith(
            "callcontrol: --account-id cannot be used with emulator, which uses no account; see "
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_process(port: int, number: int) -> None:
    """A signal ends the process with exit code 0, even while a request waits for something to happen in a call."""
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
    assert process.stdout is not None
    assert any("cannot connect to 127.0.0.1:9" in line for line in iter(process.stdout.readline, ""))
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    waiting.join()
    assert process.returncode == 0
    assert err.startswith(f"callcontrol: POST {path}: 409 'x' was not spoken before the call ended with callback-error: ")
    assert err.count("\n") == 1  # the line about the expectation is the only one
