"""``create``, ``get``, ``list``, ``redirect`` and ``hangup``, against the emulated API."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from typing import Any, cast

import click
import pytest

from bxml.messages.redaction import is_secret
from callcontrol import Client, NotAnswered, request_fields
from callcontrol.command import callcontrol, calls
from callcontrol.command.options import flag, options
from callcontrol.emulator import Emulator, api
from callcontrol.emulator.api import Api
from callcontrol.operations import GET_CALL_STATE, Operation
from tests.callcontrol.command.conftest import CREATE, HOOK, PASSWORD, SECRET, Run
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

VALUES: dict[str, tuple[str, Any]] = {
    "phone": ("+12125550123", "+12125550123"),
    "phone or sip": ("sip:anna@sip.example", "sip:anna@sip.example"),
    "url": ("https://app.example/a?b=c", "https://app.example/a?b=c"),
    "method": ("GET", "GET"),
    "text": ("shop", "shop"),
    "secret": (HOOK, HOOK),
    "name": ("Private", "Private"),
    "uui": ("abc;encoding=hex", "abc;encoding=hex"),
    "number": ("12.5", 12.5),
    "integer": ("5", 5),
    "word": ("sync", "sync"),
}
"""For each kind of field, what is typed, and what is sent."""


def typed(table: tuple[request_fields.Field, ...], prefix: str = "") -> tuple[list[str], dict[str, Any]]:
    """Arguments that give every field of a table, and the fields as they are to be sent."""
    arguments: list[str] = []
    sent: dict[str, Any] = {}
    for field in table:
        if field.kind == "boolean":
            arguments.append(flag(field.name, prefix))
            sent[field.name] = True
        elif field.kind != "object":
            text, sent[field.name] = VALUES[field.kind]
            arguments += [flag(field.name, prefix), text]
    return arguments, sent


class TestCreate:
    """``callcontrol create``."""

    def test_a_call(self, run: Run, voice: Emulator) -> None:
        """A call is created, and printed as the API describes it, on one line."""
        ran = run(*CREATE)
        (call,) = ran.records
        assert (ran.code, ran.err) == (0, "")
        assert voice.call(call["callId"]).request["answerUrl"] == NEW_CALL["answer_url"]
        assert (call["to"], call["from"]) == (NEW_CALL["to"], NEW_CALL["from_"])

    def test_every_field(self, run: Run, voice: Emulator) -> None:
        """Every field of the API has an option, those of machine detection as well; each reaches the API as it is meant."""
        arguments, sent = typed(request_fields.CREATE_CALL)
        of_detection, detection = typed(request_fields.MACHINE_DETECTION, "machine-detection-")
        ran = run("create", *arguments, *of_detection)
        assert ran.code == 0
        assert json.loads(voice.exchanges[-1].request.body) == {**sent, "machineDetection": detection}

    def test_what_is_not_given_is_not_sent(self, run: Run, voice: Emulator) -> None:
        """Nothing has a default of the command's own."""
        assert run(*CREATE, "--no-privacy").code == 0
        assert json.loads(voice.exchanges[-1].request.body).keys() == {"to", "from", "applicationId", "answerUrl", "privacy"}

    def test_waiting(self, run: Run, voice: Emulator) -> None:
        """With ``--wait`` the state of the answered call follows."""
        created, state = run(*CREATE, "--wait").records
        assert (state["callId"], state["state"]) == (created["callId"], "answered")

    def test_waiting_in_vain(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """A call that is not answered is known by its id all the same."""

        def give_up(_: Client, call_id: str) -> None:
            raise NotAnswered(call_id, 60.0)

        monkeypatch.setattr(Client, "wait_until_answered", give_up)
        ran = run(*CREATE, "--wait")
        (created,) = ran.records
        assert ran.code == 3
        assert created["callId"] in ran.err

    def test_no_answer(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where nobody knows whether there is a call, the command says so, and how to look; it does not ask twice."""
        monkeypatch.setenv("BW_USERNAME", "user-7")
        monkeypatch.setenv("BW_PASSWORD", PASSWORD)
        monkeypatch.delenv("BW_CLIENT_ID")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            ran = run("--base-url", url, "--timeout", "0.2", *CREATE)
        assert (ran.code, ran.out) == (4, "")
        assert ran.err.startswith("callcontrol: CreateCall: 127.0.0.1:")
        assert "look for it with callcontrol list" in ran.err

    def test_interrupted(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who interrupts it is told that there may be a call."""

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Client, "create_call", interrupt)
        ran = run(*CREATE)
        assert ran.code == 130
        assert ran.err.startswith("callcontrol: interrupted; the call may have been placed")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (
                ["--to", "+12125550123"],
                (
                    "Missing at least one required field. Required fields are [--to, --from, --application-id, --answer-url]; "
                    "missing is --from, --application-id, --answer-url"
                ),
            ),
            ([*CREATE[1:], "--call-timeout", "301"], "--call-timeout must be within the range [1, 300], but was 301"),
            ([*CREATE[1:], "--call-timeout", "soon"], "Invalid --call-timeout: must be a number"),
            ([*CREATE[1:], "--answer-method", "PUT"], "Invalid --answer-method: supported are [GET, POST]"),
            (
                [*CREATE[1:], "--machine-detection-detection-timeout", "1.5"],
                "Invalid --machine-detection-detection-timeout: must be a whole number",
            ),
            (
                [*CREATE[1:], "--answer-url", "http://app.example", "--password", HOOK],
                "Invalid --answer-url: https is required with --password",
            ),
        ],
    )
    def test_what_the_api_would_not_take(self, run: Run, voice: Emulator, arguments: list[str], sentence: str) -> None:
        """It is said of the options, and nothing is sent."""
        assert run("create", *arguments) == (2, "", f"callcontrol: {sentence}\n")
        assert not voice.exchanges


class TestGet:
    """``callcontrol get``."""

    @pytest.mark.parametrize("wait", [[], ["--wait"]])
    def test_a_call(self, run: Run, new_call: Callable[..., str], wait: list[str]) -> None:
        """The state of a call is printed as the API describes it."""
        call_id = new_call()
        ran = run("get", call_id, *wait)
        (state,) = ran.records
        assert (ran.code, ran.err) == (0, "")
        assert state["callId"] == call_id
        assert state["state"] == "answered"
        assert state["disconnectCause"] is None

    def test_no_such_call(self, run: Run, voice: Emulator) -> None:
        """A call that nobody knows is not active."""
        ran = run("get", CALL_ID)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"callcontrol: GetCallState of call {CALL_ID}: 404 Not Found: ")

    def test_no_id(self, run: Run, voice: Emulator) -> None:
        """What is no id is not sent."""
        ran = run("get", "../calls")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == 'callcontrol: call_id="../calls" is not an id; expected letters, digits, - and _\n'

    def test_in_a_list_of_one(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The API has been seen to answer with a list of one call."""
        call_id, get = new_call(), Api._get_call_state

        def in_a_list(self: Api, asked: Any) -> Any:
            reply = get(self, asked)
            return type(reply)(reply.status, reply.headers, b"[" + reply.body + b"]")

        monkeypatch.setitem(cast("dict[Operation, Any]", api._HANDLERS), GET_CALL_STATE, in_a_list)
        assert [state["callId"] for state in run("get", call_id).records] == [call_id]


class TestList:
    """``callcontrol list``."""

    def test_page_after_page(self, run: Run, new_call: Callable[..., str]) -> None:
        """All pages are listed, a call on each line, oldest first."""
        ids = [new_call() for _ in range(5)]
        ran = run("list", "--page-size", "2")
        assert (ran.code, ran.err) == (0, "")
        assert [call["callId"] for call in ran.records] == ids

    def test_no_more_pages_than_needed(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--limit`` ends with the page that has the last call."""
        ids = [new_call() for _ in range(5)]
        voice.exchanges.clear()
        assert [call["callId"] for call in run("list", "--page-size", "2", "--limit", "3").records] == ids[:3]
        assert sum("/calls" in exchange.request.url for exchange in voice.exchanges) == 2

    def test_by_state(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--state`` is looked at here, for the API has no such filter; the limit counts what is left."""
        ids = [new_call() for _ in range(4)]
        voice.disconnect(ids[0])
        ran = run("list", "--state", "answered", "--limit", "2", "--page-size", "1")
        assert [call["callId"] for call in ran.records] == ids[1:3]

    def test_every_filter(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Each filter of the API has an option."""
        call_id = new_call()
        voice.disconnect(call_id)
        found = run(
            *("list", "--to", NEW_CALL["to"], "--from", NEW_CALL["from_"], "--disconnect-cause", "hangup"),
            *("--min-start-time", "2020-01-01T00:00:00Z", "--max-start-time", "2999-01-01T00:00:00Z"),
        )
        assert [call["callId"] for call in found.records] == [call_id]
        assert run("list", "--page-token", call_id) == (0, "", "")
        assert all(flag(field.name) in run("list", "--help").out for field in request_fields.LIST_CALLS)

    @pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
    def test_no_limit(self, run: Run, voice: Emulator, limit: str) -> None:
        """A limit is a whole number above 0."""
        ran = run("list", "--limit", limit)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "callcontrol: invalid value for '--limit': it is a whole number above 0; callcontrol list --help says more\n"
        )
        assert not voice.exchanges


class TestRedirect:
    """``callcontrol redirect``."""

    def test_a_call(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The call goes on with the URL."""
        call_id = new_call()
        ran = run("redirect", call_id, "https://app.example/menu")
        assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "redirected"}], "")
        assert voice.call(call_id).redirects == ["https://app.example/menu"]

    def test_every_field(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Every field of the API has an option, but for those that make it a redirect."""
        arguments, sent = typed(tuple(f for f in request_fields.UPDATE_CALL if f.name not in {"state", "redirectUrl"}))
        url = "https://app.example/menu"
        assert run("redirect", new_call(), url, *arguments).code == 0
        assert json.loads(voice.exchanges[-1].request.body) == {"redirectUrl": url, **sent}

    @pytest.mark.parametrize("repeat", [True, False])
    def test_repeated(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, *, repeat: bool) -> None:
        """Where it may have been done, it is not asked for again unless that was allowed."""
        asked: list[bool] = []
        monkeypatch.setattr(Client, "update_call", lambda *_, **arguments: asked.append(arguments["repeat"]))
        assert run("redirect", CALL_ID, "https://app.example/menu", *["--repeat"] * repeat).code == 0
        assert asked == [repeat]

    def test_no_url(self, run: Run, voice: Emulator) -> None:
        """What is no URL is not sent."""
        assert run("redirect", CALL_ID, "menu") == (2, "", "callcontrol: Invalid URL: must be an absolute http or https URL\n")
        assert not voice.exchanges

    def test_too_late(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call that is over is not active."""
        call_id = new_call()
        voice.disconnect(call_id)
        ran = run("redirect", call_id, "https://app.example/menu")
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"callcontrol: UpdateCall of call {call_id}: 409 Conflict: ")
        assert ran.err.endswith("; the call is disconnected\n")


class TestHangup:
    """``callcontrol hangup``."""

    def test_a_call(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The call is ended; that it is over already is no mistake."""
        call_id = new_call()
        for _ in range(2):
            ran = run("hangup", call_id)
            assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "ended"}], "")
        assert voice.call(call_id).state == "disconnected"

    def test_no_such_call(self, run: Run, voice: Emulator) -> None:
        """A call that nobody knows has not been ended."""
        assert run("hangup", CALL_ID).code == 3


class TestAccount:
    """Whose calls they are."""

    @pytest.mark.parametrize("name", ["BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET"])
    def test_nothing_given(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """What is missing is named in one sentence."""
        monkeypatch.delenv(name)
        sentence = f"{name} is not set; callcontrol --help says how the account is given"
        assert run("get", CALL_ID) == (2, "", f"callcontrol: {sentence}\n")
        assert not voice.exchanges

    def test_options(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """All of it can be given by options."""
        for name in ("BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET", "BW_VOICE_URL"):
            monkeypatch.delenv(name)
        where = ("--account-id", ACCOUNT, "--base-url", voice.url, "--timeout", "5")
        assert run(*where, "--client-id", "client-7", "--client-secret", SECRET, "list").code == 0
        assert run(*where, "--user", "user-7", "--password", PASSWORD, "list").code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    def test_a_user_instead_of_a_client(self, run: Run, voice: Emulator) -> None:
        """A user among the options is what is meant, also if the environment has a client id."""
        assert run("--user", "user-7", "--password", PASSWORD, "list").code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    def test_wrong_credentials(self, run: Run, voice: Emulator) -> None:
        """The API refuses them, and what they were is not repeated."""
        ran = run("--client-secret", HOOK, "list")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("callcontrol: the token request: 401 Unauthorized: ")

    def test_invalid_base_url(self, run: Run, voice: Emulator) -> None:
        """An invalid part of the account is named."""
        ran = run("--base-url", "voice", "list")
        assert (ran.code, ran.out) == (2, "")
        sentence = "base_url is not an absolute http(s) URL without credentials, query and fragment; expected https://host/path"
        assert ran.err == f"callcontrol: {sentence}; callcontrol --help says how the account is given\n"

    @pytest.mark.parametrize("timeout", ["x", "0", "-1", "nan", "inf", "86401", ""])
    def test_invalid_timeout(self, run: Run, timeout: str) -> None:
        """The message names the option and its limits, not the account."""
        ran = run("--timeout", timeout, "list")
        assert (ran.code, ran.out) == (2, "")
        sentence = f"invalid value for '--timeout': \"{timeout}\" is not a number of seconds above 0 and up to 86400"
        assert ran.err == f"callcontrol: {sentence}; callcontrol --help says more\n"


class TestHelp:
    """What the command says of itself."""

    @pytest.mark.parametrize("command", [[], *([name] for name in callcontrol.commands)], ids=" ".join)
    def test_help_shows_no_secret(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
        """The help names options and variables, and never what they hold, which ``run`` looks for."""
        monkeypatch.setenv("BW_PASSWORD", PASSWORD)
        ran = run(*command, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert "client-7" not in ran.out

    def test_secrets_are_warned_of(self) -> None:
        """Each option that takes a secret says that others can see it."""
        commands = [callcontrol, *callcontrol.commands.values()]
        secret = [
            option
            for command in commands
            for option in command.params
            if isinstance(option, click.Option) and (is_secret(str(option.name)) or "secret" in str(option.name))
        ]
        assert len(secret) > 5
        assert all("Others on this machine can see it." in str(option.help) for option in secret)

    def test_every_option_is_described(self) -> None:
        """No option of any command lacks its meaning."""
        for command in (callcontrol, *callcontrol.commands.values()):
            for option in command.params:
                assert not isinstance(option, click.Option) or option.help, (command.name, option.name)

    def test_meanings_are_in_words_of_the_shell(self) -> None:
        """What the documentation says of arguments is said of options."""
        meanings = {option.name: option.help or "" for option in calls.create.params if isinstance(option, click.Option)}
        assert (
            meanings["answer_fallback_url"]
            == "URL that is requested if --answer-url does not respond; at most 2048 characters."
        )
        assert meanings["machine_detection_fallback_url"] == "URL tried when --machine-detection-callback-url does not respond."
        assert not any("`" in meaning for meaning in meanings.values())

    def test_the_timeout_is_for_the_whole_response(self) -> None:
        """As the transport keeps it: the option and the client say so in the same words."""
        meaning = "Seconds to wait for a connection, and then for the whole response"
        (option,) = [option for option in callcontrol.params if option.name == "timeout"]
        assert isinstance(option, click.Option)
        assert str(option.help).startswith(meaning)
        assert f"timeout: {meaning};" in str(Client.__doc__)

    def test_without_documentation(self) -> None:
        """Where Python has dropped its docstrings, the options are there without words."""

        @click.command
        @options(request_fields.LIST_CALLS, type("Undocumented", (), {}))
        def command() -> None: ...

        assert {option.name for option in command.params} >= {"to", "from_", "page_size"}

    @pytest.mark.parametrize(
        ("arguments", "sentence", "command"),
        [
            ([], "missing command", "callcontrol"),
            (["dial"], "no such command", "callcontrol"),
            (["get"], "missing argument", "callcontrol get"),
            (["get", CALL_ID, "--foo"], "no such option", "callcontrol get"),
        ],
    )
    def test_misuse(self, run: Run, arguments: list[str], sentence: str, command: str) -> None:
        """A command that makes no sense is answered with one sentence."""
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {sentence}")
        assert ran.err.endswith(f"; {command} --help says more\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (
                ["get", "--base-url", "x"],
                "--base-url is an option of callcontrol itself; write: callcontrol --base-url URL get",
            ),
            (["get", "--timeout=3"], "--timeout is an option of callcontrol itself; write: callcontrol --timeout SECONDS get"),
            (["list", "--version"], "--version is an option of callcontrol itself; write: callcontrol --version list"),
            (["--limit", "3", "list"], "--limit goes after the command; write: callcontrol list --limit"),
            (["--json", "list"], "--json goes after the command; write: callcontrol COMMAND --json"),
        ],
    )
    def test_misplaced_option(self, run: Run, arguments: list[str], sentence: str) -> None:
        """The message says where the option goes."""
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err) == (2, "", f"callcontrol: {sentence}\n")

    @pytest.mark.parametrize("command", ["emulator", "phone"])
    def test_option_of_the_account_without_an_account(self, run: Run, command: str) -> None:
        """A command that does not need an account is not said to take its options."""
        ran = run(command, "--base-url", "x")
        assert ran.code == 2
        assert ran.err.startswith("callcontrol: no such option")


def test_a_system_that_refuses(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses, anywhere, is said in its words, and ends the command."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, os.strerror(24))

    monkeypatch.setattr(Client, "list_calls", refuse)
    assert run("list") == (2, "", f"callcontrol: {os.strerror(24)}\n")


def test_an_interruption(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any command can be interrupted."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "get_call_state", interrupt)
    ran = run("get", CALL_ID)
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "callcontrol: interrupted")
