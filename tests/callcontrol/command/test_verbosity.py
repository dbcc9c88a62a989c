"""``--quiet`` and ``--verbose``, before and after the command."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import urllib3

from callcontrol import Request
from callcontrol.command import callcontrol
from callcontrol.command.verbosity import warnings_on_stderr
from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.control_api import Control
from tests.callcontrol.command.conftest import DOCUMENT, NO_CALLS, PASSWORD, RISKY, SECRETS, Run, commands_of
from tests.callcontrol.command.test_emulator import Emulate, ask, emulate, port
from tests.callcontrol.command.test_process import COMMAND, environment, ran
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID

__all__ = ("emulate", "port")  # fixtures


def requests(err: str) -> list[str]:
    """Return the lines about requests, without durations."""
    return [re.sub(r"in \d+ ms$", "in … ms", line) for line in err.splitlines()]


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between attempts."""
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)


class TestVerbose:
    """Tests of ``--verbose``."""

    @pytest.mark.parametrize("arguments", [["--verbose", "list"], ["list", "--verbose"], ["--verbose", "list", "--verbose"]])
    def test_each_request_is_printed(self, voice: Emulator, arguments: list[str]) -> None:
        """The real command prints method, URL, status and duration of each request, including the token request."""
        done = ran(*arguments)
        root = voice.url.removesuffix("/api/v2")
        assert done.code == 0
        assert requests(done.err) == [
            f"callcontrol: POST {root}/api/v1/oauth2/token: 200 in … ms",
            f"callcontrol: GET {voice.url}/accounts/{ACCOUNT}/calls: 200 in … ms",
            NO_CALLS.rstrip(),
        ]
        assert not any(secret in done.err for secret in SECRETS)

    @pytest.mark.usefixtures("_impatient")
    def test_retries_are_printed(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Each attempt is printed once, with the reason of the next attempt, for one call and for many calls."""
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        call_id = new_call()
        Path("ids.txt").write_text(f"{call_id}\n", encoding="utf-8")
        for target in ([call_id], ["--from-file", "ids.txt"]):
            voice.fail(503, operation="UpdateCallBxml")
            ran = run("bxml", *target, "notice.bxml", "--verbose", "--user", "user-7", "--password", PASSWORD)
            url = f"{voice.url}/accounts/{ACCOUNT}/calls/{call_id}/bxml"
            assert ran.code == 0
            assert [line for line in requests(ran.err) if "outcome" not in line] == [
                f"callcontrol: PUT {url}: 503 in … ms",
                "callcontrol: UpdateCallBxml: attempt 1 failed (503 Service Unavailable); retrying in 0.0 s",
                f"callcontrol: PUT {url}: 204 in … ms",
            ]

    def test_request_without_a_response(self, run: Run, voice: Emulator) -> None:
        """A request without a response is printed with the reason."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            ran = run("--base-url", url, "hangup", CALL_ID, "--timeout", "0.1", "--verbose")
        assert ran.code == 2
        assert re.match(r"callcontrol: POST http://127\.0\.0\.1:\d+/\S+: no response \(127\..*\) in \d+ ms\n", ran.err)

    def test_emulator_prints_the_requests_that_it_receives(self, emulate: Emulate, port: int) -> None:
        """``callcontrol emulator --verbose`` prints each request to the API and to the control API."""
        ran = emulate(lambda: ask(port, "GET", "/emulator"), "--verbose")
        assert requests(ran.err) == [f"callcontrol: GET http://localhost:{port}/emulator: 200 in … ms"]
        assert emulate(lambda: ask(port, "GET", "/emulator")).err == ""

    def test_emulator_prints_a_refused_request_once(self, emulate: Emulate, port: int) -> None:
        """The line of ``--verbose`` contains the reason. Without the option, the line of the log is printed."""

        def act() -> None:
            ask(port, "DELETE", "/emulator/calls")
            ask(port, "POST", "/emulator/faults", {"cut": True})
            with pytest.raises(urllib3.exceptions.ProtocolError):
                urllib3.request("GET", f"http://localhost:{port}{path}", retries=False)

        path, cut = f"/api/v2/accounts/{ACCOUNT}/calls", "the connection was cut by a fault that was set for a test"
        refused, _, lost = (re.sub(r"in \d+ ms", "in … ms", line) for line in emulate(act, "--verbose").err.splitlines())
        root, reason = f"http://localhost:{port}", "DELETE is not allowed for /emulator/calls; expected GET or POST"
        assert refused == f"callcontrol: DELETE {root}/emulator/calls: 405 in … ms; {reason}"
        assert lost == f"callcontrol: GET {root}{path}: no response in … ms; {cut}"
        assert emulate(act).err.splitlines() == [
            f"callcontrol: DELETE /emulator/calls: 405 {reason}",
            f"callcontrol: GET {path}: no response, because {cut}",
        ]


class TestQuiet:
    """Tests of ``--quiet``."""

    def test_only_errors_are_printed(self, voice: Emulator, new_call: Callable[..., str]) -> None:
        """With the option in either place, the real command prints errors, but neither the account nor notices."""
        Path("notice.bxml").write_text(RISKY, encoding="utf-8")
        call_id = new_call()
        Path("ids.txt").write_text(f"{call_id}\n", encoding="utf-8")
        for arguments in (["list"], ["bxml", call_id, "notice.bxml"], ["bxml", "--from-file", "ids.txt", "notice.bxml"]):
            for line in (["--quiet", *arguments], [*arguments, "--quiet"]):
                done = subprocess.run([*COMMAND, *line], env=environment(), capture_output=True, text=True, check=True)
                assert done.stderr == ""
        done = subprocess.run(
            [*COMMAND, "get", CALL_ID, "--quiet"], env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 3
        assert done.stderr.startswith("callcontrol: GetCallState of call")
        assert done.stderr.count("\n") == 1

    @pytest.mark.usefixtures("_impatient")
    def test_retries_are_not_printed(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A retry is a warning, not an error."""
        call_id = new_call()
        voice.fail(503, operation="UpdateCall")
        assert "retrying" in run("hangup", call_id).err
        voice.fail(503, operation="UpdateCall")
        assert run("hangup", call_id, "--quiet").err == ""

    def test_emulator_prints_no_warning(self, emulate: Emulate, port: int) -> None:
        """``callcontrol emulator --quiet`` prints no warnings; its output on stdout is unchanged."""
        noisy, quiet = (emulate(lambda: None, "--host", "0.0.0.0", *more) for more in ([], ["--quiet"]))
        assert noisy.err.startswith("callcontrol: reachable from other machines")
        assert (quiet.err, quiet.out) == ("", noisy.out)


@pytest.mark.parametrize(
    "arguments", [["--quiet", "--verbose", "list"], ["--quiet", "list", "--verbose"], ["list", "--verbose", "--quiet"]]
)
def test_both_options(run: Run, voice: Emulator, arguments: list[str]) -> None:
    """The options cannot be combined, whatever their places are."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("callcontrol: --quiet and --verbose cannot be combined; see callcontrol ")


@pytest.mark.parametrize(("words", "command"), [*commands_of(callcontrol)], ids=str)
def test_every_command_has_the_options(words: list[str], command: click.Command) -> None:
    """Each command accepts both options."""
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--quiet", "--verbose"} <= options


def test_traceback_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The response to a request says that the log has the traceback of an internal error. Passwords of URLs are hidden."""

    def fail(*_: object) -> None:
        raise LookupError(f"http://user:{PASSWORD}@app.example")

    monkeypatch.setattr("callcontrol.emulator.control_api._dispatch", fail)
    with warnings_on_stderr():
        reply = Control(Core()).handle(Request("GET", "http://localhost/emulator/calls"))
    assert reply.json() == {"description": "internal error of the emulator; its log has the traceback"}
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "callcontrol: internal error of the emulator in a control request",
        "callcontrol: Traceback (most recent call last):",
    ]
    assert lines[-1].startswith("callcontrol: LookupError: http://")
    assert PASSWORD not in lines[-1]
