"""With ``--json``, an error is one JSON object on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callcontrol import Client, Reply
from callcontrol.command.error_report import MEMBERS
from callcontrol.emulator import Emulator
from callcontrol.transport import Transport
from tests.callcontrol.command.conftest import CREATE, HOOK, INVALID, PASSWORD, Run
from tests.callcontrol.command.test_process import ran
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID


def error(err: str) -> dict[str, Any]:
    """Return the only JSON object on stderr."""
    (line,) = err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_errors_of_the_real_command(voice: Emulator) -> None:
    """The real command prints errors of the API, of the environment, and of its usage as JSON."""
    described = f"Call [{CALL_ID}] not found"
    assert error(ran("get", CALL_ID, "--json").err) == {
        "error": f"GetCallState of call {CALL_ID}: 404 Not Found: {described}; check the id; a new call may not be visible yet",
        "exitCode": 3,
        "status": 404,
        "type": "validation",
        "description": described,
        "operation": "GetCallState",
        "callId": CALL_ID,
    }
    assert error(ran("get", "--json").err) == {
        "error": "missing argument CALL_ID; see callcontrol get --help",
        "exitCode": 2,
    }
    assert error(ran("list", "--json", "--account-id", "a b").err)["exitCode"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["get", "--json"], "missing argument CALL_ID; see callcontrol get --help"),
        (["list", "--jso", "--json"], "no such option '--jso'."),
        (["--json", "list"], "--json goes after the command; write: callcontrol COMMAND --json"),
        (["get", "no id", "--json"], 'CALL_ID: "no id" is not a call id; an id consists of letters, digits, - and _'),
        (["bxml", CALL_ID, "none.bxml", "--json"], "none.bxml: No such file or directory"),
        (["phone", "x", "--json"], 'URL="x" is not an absolute http(s) URL: it does not begin with http:// or https://'),
        (["emulator", "--json", "--port", "x"], "invalid value for '--port': expected an integer from 0 to 65535"),
        (["profiles", "--json"], "/dev/null has no profiles; add a table [profiles.NAME]"),
    ],
)
def test_errors_before_a_request(run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
    """Errors of usage, arguments and files are JSON if the option was given."""
    ran = run(*arguments)
    found = error(ran.err)
    assert (ran.code, ran.out, [*found], found["exitCode"]) == (2, "", ["error", "exitCode"], 2)
    assert found["error"].startswith(message.rstrip("."))


def test_message_is_text_without_the_option(run: Run, voice: Emulator) -> None:
    """Without the option ``--json``, an error is a line of text, even if an argument is the text ``--json``."""
    assert run("get").err == "callcontrol: missing argument CALL_ID; see callcontrol get --help\n"
    assert run("get", "--", "--json").err.startswith("callcontrol: GetCallState of call --json: 404")


def test_account_line_stays_text(run: Run, voice: Emulator) -> None:
    """The account is printed above the error; with ``--quiet``, the error is the only output."""
    assert run("get", CALL_ID, "--json").account == f"callcontrol: account {ACCOUNT} at {voice.url.split('/')[2]}"
    assert run("get", CALL_ID, "--json", "--quiet").account == ""


def test_states_and_ids_of_errors(run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
    """An error about a call has the state of the call. An error of a token request has the name of the request."""
    call_id = new_call()
    voice.disconnect(call_id)
    found = error(run("redirect", call_id, "https://app.example/menu", "--json").err)
    assert (found["status"], found["state"], found["callId"]) == (409, "disconnected", call_id)
    found = error(run("list", "--json", "--client-secret", HOOK).err)
    assert (found["exitCode"], found["status"], found["operation"]) == (1, 401, "the token request")


def test_id_of_an_error(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The member ``errorId`` contains the id that the API has assigned to the error."""
    body = b'{"type": "validation", "description": "bad", "id": "e-1"}'
    monkeypatch.setattr(Transport, "__call__", lambda *_: Reply(400, body=body))
    found = error(run("list", "--user", "user-7", "--password", PASSWORD, "--json").err)
    assert (found["errorId"], found["description"]) == ("e-1", "bad")


def test_wrong_base_url(run: Run, voice: Emulator) -> None:
    """The error for a wrong base URL has the status of the response."""
    found = error(run("list", "--json", "--base-url", voice.url.replace("v2", "v3")).err)
    assert (found["exitCode"], found["status"]) == (1, 404)


def test_call_that_may_exist(run: Run, voice: Emulator) -> None:
    """If a call may have been created, the JSON object has the members of the error that caused this doubt."""
    voice.fail(500, operation="CreateCall")
    found = error(run(*CREATE, "--json").err)
    assert (found["exitCode"], found["status"], found["operation"]) == (4, 500, "CreateCall")
    assert "search for it with callcontrol list" in found["error"]


def test_invalid_document(run: Run, voice: Emulator) -> None:
    """The report of an invalid document is JSON on stdout, and the error is JSON on stderr."""
    Path("notice.bxml").write_text(INVALID, encoding="utf-8")
    ran = run("bxml", CALL_ID, "notice.bxml", "--json")
    assert (ran.code, error(ran.err)) == (
        1,
        {"error": "notice.bxml: the document is invalid; stdout has the report", "exitCode": 1},
    )
    assert "maxDigits" in json.dumps(json.loads(ran.out))
    assert not voice.exchanges


def test_interruption(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C, the error is JSON."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "get_call_state", interrupt)
    assert json.loads(run("get", CALL_ID, "--json").err) == {"error": "interrupted", "exitCode": 130}
    monkeypatch.setattr(Client, "create_call", interrupt)
    assert json.loads(run(*CREATE, "--json").err)["exitCode"] == 130


def test_members_are_documented() -> None:
    """The documentation names every member of the object."""
    page = (Path(__file__).parents[3] / "docs" / "interrupting.md").read_text(encoding="utf-8")
    assert all(f"`{member}`" in page for member in ("error", "exitCode", *MEMBERS.values()))
