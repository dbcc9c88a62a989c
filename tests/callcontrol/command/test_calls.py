"""The commands ``create``, ``get``, ``list``, ``redirect`` and ``hangup``, against the emulator."""

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
from callcontrol.emulator import Emulator, rest_api
from callcontrol.emulator.rest_api import Api
from callcontrol.operation_table import GET_CALL_STATE, Operation
from tests.callcontrol.command.conftest import CREATE, HOOK, PASSWORD, SECRET, Run, commands_of
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
"""For each kind of field: a string on the command line, and the value that is sent for it."""


def arguments_for(table: tuple[request_fields.Field, ...], prefix: str = "") -> tuple[list[str], dict[str, Any]]:
    """Return arguments that set every field of a table of request fields, and the JSON members that should be sent."""
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
    """Tests of ``callcontrol create``."""

    def test_call_is_created_and_printed(self, run: Run, voice: Emulator) -> None:
        """The new call is printed on one line, as the API returned it."""
        ran = run(*CREATE)
        (call,) = ran.records
        assert (ran.code, ran.err) == (0, "")
        assert voice.call(call["callId"]).request["answerUrl"] == NEW_CALL["answer_url"]
        assert (call["to"], call["from"]) == (NEW_CALL["to"], NEW_CALL["from_"])

    def test_every_field_has_an_option(self, run: Run, voice: Emulator) -> None:
        """Every field of CreateCall, including machine detection, has an option whose value is sent."""
        arguments, sent = arguments_for(request_fields.CREATE_CALL)
        of_detection, detection = arguments_for(request_fields.MACHINE_DETECTION, "machine-detection-")
        ran = run("create", *arguments, *of_detection)
        assert ran.code == 0
        assert json.loads(voice.exchanges[-1].request.body) == {**sent, "machineDetection": detection}

    def test_options_not_given_are_not_sent(self, run: Run, voice: Emulator) -> None:
        """The command adds no defaults of its own to the request."""
        assert run(*CREATE, "--no-privacy").code == 0
        assert json.loads(voice.exchanges[-1].request.body).keys() == {"to", "from", "applicationId", "answerUrl", "privacy"}

    def test_wait_prints_the_answered_state(self, run: Run, voice: Emulator) -> None:
        """``--wait`` also prints the state of the answered call."""
        created, state = run(*CREATE, "--wait").records
        assert (state["callId"], state["state"]) == (created["callId"], "answered")

    def test_id_is_printed_if_the_call_is_never_answered(
        self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The new call is printed even if the wait for an answer fails."""

        def give_up(_: Client, call_id: str, **__: float) -> None:
            raise NotAnswered(call_id, 0)

        monkeypatch.setattr(Client, "wait_until_answered", give_up)
        ran = run(*CREATE, "--wait", "--wait-timeout", "0.01")
        (created,) = ran.records
        assert ran.code == 3
        assert ran.err == f"callcontrol: call {created['callId']}: timed out after 0.01 s; the call is not visible yet\n"

    def test_missing_response_is_not_retried(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the outcome is unknown, the message says how to search for the call, and nothing is sent again."""
        monkeypatch.setenv("BW_USERNAME", "user-7")
        monkeypatch.setenv("BW_PASSWORD", PASSWORD)
        monkeypatch.delenv("BW_CLIENT_ID")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            ran = run("--base-url", url, "--timeout", "0.2", *CREATE)
        assert (ran.code, ran.out) == (4, "")
        assert ran.err.startswith("callcontrol: CreateCall: 127.0.0.1:")
        assert "search for it with callcontrol list" in ran.err

    def test_interruption_says_that_a_call_may_exist(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """After Ctrl-C the message says that the call may have been created."""

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Client, "create_call", interrupt)
        ran = run(*CREATE)
        assert ran.code == 130
        assert ran.err.startswith("callcontrol: interrupted; the call may have been created")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["--to", "+12125550123"],
                (
                    "--from, --application-id and --answer-url are missing; "
                    "required are --to, --from, --application-id and --answer-url"
                ),
            ),
            ([*CREATE[1:], "--call-timeout", "301"], "--call-timeout=301 is too large; expected a number from 1 to 300"),
            ([*CREATE[1:], "--call-timeout", "soon"], '--call-timeout="soon" is not a number; expected a number from 1 to 300'),
            ([*CREATE[1:], "--answer-method", "PUT"], '--answer-method="PUT" is not allowed; expected GET or POST'),
            (
                [*CREATE[1:], "--machine-detection-detection-timeout", "1.5"],
                "--machine-detection-detection-timeout=1.5 is not an integer; expected an integer of at least 0",
            ),
            (
                [*CREATE[1:], "--answer-url", "http://app.example", "--password", HOOK],
                '--answer-url="http://app.example" must be an https URL, because --password is sent to it',
            ),
        ],
    )
    def test_invalid_arguments_are_not_sent(self, run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
        """Invalid arguments are reported by option name, and nothing is sent."""
        assert run("create", *arguments) == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges


class TestGet:
    """Tests of ``callcontrol get``."""

    @pytest.mark.parametrize("wait", [[], ["--wait"]])
    def test_state_is_printed(self, run: Run, new_call: Callable[..., str], wait: list[str]) -> None:
        """The state of a call is printed as the API returned it."""
        call_id = new_call()
        ran = run("get", call_id, *wait)
        (state,) = ran.records
        assert (ran.code, ran.err) == (0, "")
        assert state["callId"] == call_id
        assert state["state"] == "answered"
        assert state["disconnectCause"] is None

    def test_unknown_call_exits_with_3(self, run: Run, voice: Emulator) -> None:
        """The command exits with code 3 for an unknown call, as for an inactive call."""
        ran = run("get", CALL_ID)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"callcontrol: GetCallState of call {CALL_ID}: 404 Not Found: ")

    def test_invalid_id_is_not_sent(self, run: Run, voice: Emulator) -> None:
        """A string that is not an id is rejected before anything is sent."""
        ran = run("get", "../calls")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == 'callcontrol: CALL_ID: "../calls" is not a call id; an id consists of letters, digits, - and _\n'

    def test_response_may_be_a_list_of_one_call(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A response that is a list of one call is accepted, because the API has been seen to send such lists."""
        call_id, get = new_call(), Api._get_call_state

        def in_a_list(self: Api, asked: Any) -> Any:
            reply = get(self, asked)
            return type(reply)(reply.status, reply.headers, b"[" + reply.body + b"]")

        monkeypatch.setitem(cast("dict[Operation, Any]", rest_api._HANDLERS), GET_CALL_STATE, in_a_list)
        assert [state["callId"] for state in run("get", call_id).records] == [call_id]


class TestList:
    """Tests of ``callcontrol list``."""

    def test_all_pages_are_listed(self, run: Run, new_call: Callable[..., str]) -> None:
        """All pages are listed, one call per line, oldest first."""
        ids = [new_call() for _ in range(5)]
        ran = run("list", "--page-size", "2")
        assert (ran.code, ran.err) == (0, "")
        assert [call["callId"] for call in ran.records] == ids

    def test_limit_requests_no_further_pages(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--limit`` requests only the pages that it needs."""
        ids = [new_call() for _ in range(5)]
        before = len(voice.exchanges)
        assert [call["callId"] for call in run("list", "--page-size", "2", "--limit", "3").records] == ids[:3]
        assert sum("/calls" in exchange.request.url for exchange in voice.exchanges[before:]) == 2

    def test_state_filters_before_the_limit(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """``--state`` filters in the command, because the API has no such filter; ``--limit`` counts the calls that remain."""
        ids = [new_call() for _ in range(4)]
        voice.disconnect(ids[0])
        ran = run("list", "--state", "answered", "--limit", "2", "--page-size", "1")
        assert [call["callId"] for call in ran.records] == ids[1:3]

    def test_every_filter_has_an_option(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Each filter of the API has an option."""
        call_id = new_call()
        voice.disconnect(call_id)
        found = run(
            *("list", "--to", NEW_CALL["to"], "--from", NEW_CALL["from_"], "--disconnect-cause", "hangup"),
            *("--min-start-time", "2020-01-01T00:00:00Z", "--max-start-time", "2999-01-01T00:00:00Z"),
        )
        assert [call["callId"] for call in found.records] == [call_id]
        assert run("list", "--page-token", call_id)[:2] == (0, "")
        assert all(flag(field.name) in run("list", "--help").out for field in request_fields.LIST_CALLS)

    @pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
    def test_limit_must_be_a_positive_integer(self, run: Run, voice: Emulator, limit: str) -> None:
        """``--limit`` accepts only integers above 0."""
        ran = run("list", "--limit", limit)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "callcontrol: invalid value for '--limit': "
            f'expected an integer above 0, got "{limit}"; see callcontrol list --help\n'
        )
        assert not voice.exchanges


class TestRedirect:
    """Tests of ``callcontrol redirect``."""

    def test_call_is_redirected(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The call continues at the URL."""
        call_id = new_call()
        ran = run("redirect", call_id, "https://app.example/menu")
        assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "redirected"}], "")
        assert voice.call(call_id).redirects == ["https://app.example/menu"]

    def test_every_field_has_an_option(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Every field of UpdateCall has an option, except ``state`` and ``redirectUrl``."""
        arguments, sent = arguments_for(tuple(f for f in request_fields.UPDATE_CALL if f.name not in {"state", "redirectUrl"}))
        url = "https://app.example/menu"
        assert run("redirect", new_call(), url, *arguments).code == 0
        assert json.loads(voice.exchanges[-1].request.body) == {"redirectUrl": url, **sent}

    @pytest.mark.parametrize("repeat", [True, False])
    def test_repeat_allows_a_second_redirect(
        self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, *, repeat: bool
    ) -> None:
        """``--repeat`` lets the client retry a redirect that may already have happened."""
        asked: list[bool] = []
        monkeypatch.setattr(Client, "update_call", lambda *_, **arguments: asked.append(arguments["repeat"]))
        assert run("redirect", CALL_ID, "https://app.example/menu", *["--repeat"] * repeat).code == 0
        assert asked == [repeat]

    def test_invalid_url_is_not_sent(self, run: Run, voice: Emulator) -> None:
        """A string that is not a URL is rejected before anything is sent."""
        assert run("redirect", CALL_ID, "menu") == (
            2,
            "",
            'callcontrol: URL="menu" is not an absolute http(s) URL: it does not begin with http:// or https://\n',
        )
        assert not voice.exchanges

    def test_ended_call_exits_with_3(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The command exits with code 3 if the call has already ended."""
        call_id = new_call()
        voice.disconnect(call_id)
        ran = run("redirect", call_id, "https://app.example/menu")
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"callcontrol: UpdateCall of call {call_id}: 409 Conflict: ")
        assert ran.err.endswith("; the call is disconnected\n")


class TestHangup:
    """Tests of ``callcontrol hangup``."""

    def test_call_is_ended(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The call ends. A second ``hangup`` of the same call also succeeds."""
        call_id = new_call()
        for _ in range(2):
            ran = run("hangup", call_id)
            assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "ended"}], "")
        assert voice.call(call_id).state == "disconnected"

    def test_unknown_call_exits_with_3(self, run: Run, voice: Emulator) -> None:
        """The command exits with code 3 for an unknown call."""
        assert run("hangup", CALL_ID).code == 3


class TestAccount:
    """The account options."""

    @pytest.mark.parametrize("name", ["BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET"])
    def test_missing_variable_is_named(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """The message names the missing environment variable."""
        monkeypatch.delenv(name)
        message = f"{name} is not set; see callcontrol --help"
        assert run("get", CALL_ID) == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges

    def test_options_replace_the_environment(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every account setting can be given as an option."""
        for name in ("BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET", "BW_VOICE_URL"):
            monkeypatch.delenv(name)
        where = ("--account-id", ACCOUNT, "--base-url", voice.url, "--timeout", "5")
        assert run(*where, "--client-id", "client-7", "--client-secret", SECRET, "list").code == 0
        assert run(*where, "--user", "user-7", "--password", PASSWORD, "list").code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    def test_user_option_overrides_the_client_id_of_the_environment(self, run: Run, voice: Emulator) -> None:
        """``--user`` selects Basic authentication, even if the environment has a client id."""
        assert run("--user", "user-7", "--password", PASSWORD, "list").code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    def test_wrong_credentials_are_not_printed(self, run: Run, voice: Emulator) -> None:
        """The error for wrong credentials does not contain the credentials."""
        ran = run("--client-secret", HOOK, "list")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("callcontrol: the token request: 401 Unauthorized: ")

    def test_invalid_base_url_is_reported(self, run: Run, voice: Emulator) -> None:
        """The message for an invalid base URL names ``base_url``."""
        ran = run("--base-url", "voice", "list")
        assert (ran.code, ran.out) == (2, "")
        sentence = "base_url must be an absolute http(s) URL with no credentials, query or fragment, such as https://host/path"
        assert ran.err == f"callcontrol: {sentence}; see callcontrol --help\n"

    @pytest.mark.parametrize("timeout", ["x", "0", "-1", "nan", "inf", "86401", ""])
    def test_invalid_timeout(self, run: Run, timeout: str) -> None:
        """The message for an invalid timeout names the option and its limits, not the missing account."""
        ran = run("--timeout", timeout, "list")
        assert (ran.code, ran.out) == (2, "")
        sentence = f"invalid value for '--timeout': \"{timeout}\" is not a number of seconds above 0 and up to 86400"
        assert ran.err == f"callcontrol: {sentence}; see callcontrol --help\n"


class TestHelp:
    """The help and usage messages."""

    @pytest.mark.parametrize("command", [[], *(words for words, _ in commands_of(callcontrol))], ids=" ".join)
    def test_help_shows_no_secret(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
        """The help names options and variables, but never shows their values; ``run`` checks for secrets."""
        monkeypatch.setenv("BW_PASSWORD", PASSWORD)
        ran = run(*command, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert "client-7" not in ran.out

    def test_help_of_secrets_says_that_others_see_them(self) -> None:
        """If an option takes a secret, its help says that other users can see the secret."""
        commands = [callcontrol, *(command for _, command in commands_of(callcontrol))]
        secret = [
            option
            for command in commands
            for option in command.params
            if isinstance(option, click.Option) and (is_secret(str(option.name)) or str(option.name).endswith("secret"))
        ]
        assert len(secret) > 5
        assert all("Visible to other users of this machine." in str(option.help) for option in secret)

    def test_every_option_has_a_help_text(self) -> None:
        """Every option of every command has a help text."""
        for command in (callcontrol, *(command for _, command in commands_of(callcontrol))):
            for option in command.params:
                assert not isinstance(option, click.Option) or option.help, (command.name, option.name)

    def test_help_names_options_instead_of_python_arguments(self) -> None:
        """Help texts from docstrings name options where the docstring names Python arguments."""
        meanings = {option.name: option.help or "" for option in calls.create.params if isinstance(option, click.Option)}
        assert (
            meanings["answer_fallback_url"]
            == "URL that is requested if --answer-url does not respond; at most 2048 characters."
        )
        assert meanings["machine_detection_fallback_url"] == "URL tried when --machine-detection-callback-url does not respond."
        assert not any("`" in meaning for meaning in meanings.values())

    def test_timeout_is_for_the_whole_response(self) -> None:
        """The help of the option and the docstring of the client describe the timeout in the same words."""
        meaning = "Seconds to wait for a connection, and then for the whole response"
        (option,) = [option for option in callcontrol.params if option.opts == ["--timeout"]]
        assert isinstance(option, click.Option)
        assert str(option.help).startswith(meaning)
        assert f"timeout: {meaning};" in str(Client.__doc__)

    def test_options_exist_without_docstrings(self) -> None:
        """``python -OO`` removes docstrings. The options then have no help texts but still exist."""

        @click.command
        @options(request_fields.LIST_CALLS, type("Undocumented", (), {}))
        def command() -> None: ...

        assert {option.name for option in command.params} >= {"to", "from_", "page_size"}

    @pytest.mark.parametrize(
        ("arguments", "message", "command"),
        [
            ([], "missing command", "callcontrol"),
            (["dial"], "no such command", "callcontrol"),
            (["get"], "missing argument", "callcontrol get"),
            (["get", CALL_ID, "--foo"], "no such option", "callcontrol get"),
        ],
    )
    def test_usage_error_names_the_help(self, run: Run, arguments: list[str], message: str, command: str) -> None:
        """A usage error is one line that names the help of the command."""
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {message}")
        assert ran.err.endswith(f"; see {command} --help\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["list", "--version"], "--version is an option of callcontrol itself; write: callcontrol --version list"),
            (["--limit", "3", "list"], "--limit goes after the command; write: callcontrol list --limit"),
            (["--dry-run", "list"], "--dry-run goes after the command; write: callcontrol COMMAND --dry-run"),
            (["conference", "--dry-run"], "--dry-run goes after the command; write: callcontrol conference COMMAND --dry-run"),
            (["conference", "--select", "x"], "--select goes after the command; write: callcontrol conference bxml --select"),
        ],
    )
    def test_misplaced_option(self, run: Run, arguments: list[str], sentence: str) -> None:
        """The message for a misplaced option says where to write the option."""
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err) == (2, "", f"callcontrol: {sentence}\n")

    @pytest.mark.parametrize("command", ["emulator", "phone"])
    def test_option_of_the_account_without_an_account(self, run: Run, command: str) -> None:
        """A command that does not need an account rejects an account option as unknown."""
        ran = run(command, "--base-url", "x")
        assert ran.code == 2
        assert ran.err.startswith("callcontrol: no such option")


def test_operating_system_error_is_printed(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the operating system ends the command with the system's message."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, os.strerror(24))

    monkeypatch.setattr(Client, "list_calls", refuse)
    assert run("list") == (2, "", f"callcontrol: {os.strerror(24)}\n")


def test_interruption_exits_with_130(run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command with exit code 130."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "get_call_state", interrupt)
    ran = run("get", CALL_ID)
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "callcontrol: interrupted")
