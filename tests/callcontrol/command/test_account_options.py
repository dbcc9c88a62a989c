"""The account options before and after the command, the line that names the account, and wrong base URLs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from callcontrol import Client, NotFound, OAuth2, Reply
from callcontrol.command.account import Account, account_and_host
from callcontrol.command.exit_codes import code_of
from callcontrol.emulator import Emulator
from callcontrol.http_messages import Request
from callcontrol.transport import Transport
from tests.callcontrol.command.conftest import CREATE, DOCUMENT, HOOK, NO_CALLS, PASSWORD, Run
from tests.callcontrol.command.test_process import environment, on_a_terminal, ran
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID


class TestPlaces:
    """Account options before and after the command."""

    def test_options_work_before_and_after_the_command(self, voice: Emulator) -> None:
        """The real command accepts each account option in both places."""
        options = ("--user", "user-7", "--password", PASSWORD, "--account-id", ACCOUNT, "--timeout", "5")
        assert ran(*options, "list").code == ran("list", *options).code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    def test_options_are_combined(self, run: Run, voice: Emulator) -> None:
        """Account options can be before and after the command. An option can occur in both places with the same value."""
        arguments = (
            "--user",
            "user-7",
            "--timeout",
            "5",
            "list",
            "--password",
            PASSWORD,
            "--user",
            "user-7",
            "--timeout",
            "5.0",
        )
        assert run(*arguments).code == 0
        assert voice.exchanges[-1].request.headers["Authorization"].startswith("Basic ")

    @pytest.mark.parametrize(
        ("option", "first", "second", "values"),
        [
            ("--account-id", "1", "2", ': "1" before the command, "2" after list'),
            ("--profile", "a", "b", ': "a" before the command, "b" after list'),
            ("--timeout", "1", "2", ": 1.0 before the command, 2.0 after list"),
            ("--client-secret", HOOK, PASSWORD, ""),
            ("--password", HOOK, PASSWORD, ""),
        ],
    )
    def test_two_different_values(  # noqa: PLR0913
        self, run: Run, voice: Emulator, *, option: str, first: str, second: str, values: str
    ) -> None:
        """Two different values are an error that names both, unless they are secrets."""
        ran = run(option, first, "list", option, second)
        message = f"{option} is given twice with different values{values}; give it once; see callcontrol list --help"
        assert ran == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges

    def test_option_of_the_command_itself(self, run: Run, voice: Emulator) -> None:
        """After ``create``, ``--password`` is the option for the API's field, and not the account option."""
        ran = run("--user", "user-7", "--password", PASSWORD, *CREATE, "--username", "shop", "--password", HOOK)
        assert ran.code == 0
        assert f'"password": "{HOOK}"' in voice.exchanges[-1].request.body.decode()

    def test_help_of_a_command_names_the_options_of_the_group(self, run: Run) -> None:
        """The account options are listed once, in the help of the group."""
        assert "--profile" in run("list", "--help").out
        assert "--client-id" not in run("list", "--help").out
        assert "--client-id" in run("--help").out

    @pytest.mark.parametrize("command", [["emulator"], ["phone", "http://127.0.0.1:1"], ["profiles"]])
    def test_commands_without_an_account(self, run: Run, command: list[str]) -> None:
        """Commands that send no requests to the API reject account options before the command."""
        ran = run("--base-url", "x", "--timeout", "3", *command)
        message = f"--base-url and --timeout cannot be used with {command[0]}, which uses no account"
        assert ran == (2, "", f"callcontrol: {message}; see callcontrol {command[0]} --help\n")


class TestLine:
    """The line that names the account in use."""

    @pytest.mark.parametrize("arguments", [CREATE, ["list"], ["get", "ID"], ["bxml", "ID", "notice.bxml"], ["hangup", "ID"]])
    def test_each_command_names_the_account(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], arguments: list[str]
    ) -> None:
        """Each command that sends requests prints the account and the host once, to stderr."""
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        call_id = new_call()
        ran = run(*(call_id if each == "ID" else each for each in arguments))
        assert (ran.code, ran.err) == (0, "")
        assert ran.account == f"callcontrol: account {ACCOUNT} at {voice.url.split('/')[2]}"

    def test_many_calls(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The account is printed before many calls are interrupted."""
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        new_call()
        assert run("bxml", "--all-active", "--yes", "notice.bxml").account
        assert not run("bxml", "--all-active", "--yes", "notice.bxml", "--quiet").account

    def test_nothing_is_sent(self, run: Run, voice: Emulator) -> None:
        """No account line is printed with ``--dry-run`` or ``--quiet``, or if a setting is missing."""
        assert run("get", CALL_ID, "--dry-run").account == ""
        assert run("--quiet", "list").account == ""
        assert run("--user", "x", "list").account == ""

    def test_line_on_a_terminal(self, voice: Emulator) -> None:
        """The real command prints the line to stderr."""
        shown = on_a_terminal("list")
        assert shown.account == f"callcontrol: account {ACCOUNT} at {voice.url.split('/')[2]}"
        done = subprocess.run(
            [sys.executable, "-c", "from callcontrol.command import main; main()", "list"],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == f"callcontrol: account {ACCOUNT} at {voice.url.split('/')[2]}\n{NO_CALLS}"

    def test_second_client_of_a_command(self, voice: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
        """A command that creates two clients prints the line once."""
        account = Account()
        for _ in range(2):
            account.client().close()
        assert capsys.readouterr().err.count("\n") == 1
        assert ACCOUNT not in repr(account)

    def test_text_for_other_messages(self) -> None:
        """The function for other messages names the account and the host."""
        with Client("9900123", OAuth2("a", "b")) as client:
            assert account_and_host(client) == "account 9900123 at voice.bandwidth.com"


class TestBaseUrl:
    """Base URLs with other paths."""

    @pytest.mark.parametrize("path", ["", "/", "/api/v2", "/api/v2/"])
    def test_correct_base_url(self, voice: Emulator, new_call: Callable[..., str], path: str) -> None:
        """A base URL works with the path of the API and without a path. It may end with a slash."""
        base_url = voice.url.removesuffix("/api/v2") + path
        assert ran("--base-url", base_url, "list").code == 0
        assert ran("get", new_call(), "--base-url", base_url).code == 0
        assert ran("get", CALL_ID, "--base-url", base_url).code == 3

    @pytest.mark.parametrize("path", ["/wrong", "/api", "/api/v1", "/api/v2/accounts/9900123"])
    @pytest.mark.parametrize(
        ("arguments", "request_line"),
        [
            (["list", "--to", "+12125550123"], "GET PATH/calls"),
            (["get", CALL_ID], f"GET PATH/calls/{CALL_ID}"),
            (["get", CALL_ID, "--wait"], f"GET PATH/calls/{CALL_ID}"),
            (["hangup", CALL_ID], f"POST PATH/calls/{CALL_ID}"),
            (["bxml", CALL_ID, "notice.bxml"], f"PUT PATH/calls/{CALL_ID}/bxml"),
            (["bxml", "--from-file", "ids.txt", "notice.bxml"], f"PUT PATH/calls/{CALL_ID}/bxml"),
            (CREATE, "POST PATH/calls"),
        ],
    )
    def test_wrong_path(self, run: Run, voice: Emulator, *, path: str, arguments: list[str], request_line: str) -> None:
        """If a wrong path causes a 404, the message has the correct URL, and does not say that a call is not active."""
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        Path("ids.txt").write_text(f"{CALL_ID}\n", encoding="utf-8")
        root = voice.url.removesuffix("/api/v2")
        ran = run("--base-url", root + path, *arguments)
        assert ran.code == 1
        assert [record["refused"] for record in ran.records] == [1] * ("--from-file" in arguments)
        assert ran.err.splitlines()[-1] == (
            f"callcontrol: {request_line.replace('PATH', f'{path}/accounts/{ACCOUNT}')}: 404 Not Found; "
            f"--base-url has the path {path}, but the API's path is /api/v2; try {root}/api/v2"
        )

    def test_wrong_path_does_not_use_up_calls(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """After a run with a wrong path, a run with the right path reaches every call."""
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        ids = [new_call(), new_call()]
        root = voice.url.removesuffix("/api/v2")
        wrong = run("--base-url", f"{root}/wrong", "bxml", *ids, "notice.bxml", "--workers", "1")
        assert (wrong.records[0]["refused"], wrong.records[0]["left"]) == (1, 1)
        assert run("bxml", *ids, "notice.bxml").records[0]["delivered"] == 2

    def test_wrong_path_in_a_process(self, voice: Emulator) -> None:
        """The real command exits with code 1 instead of 3."""
        done = ran("list", "--base-url", voice.url.replace("v2", "v3"))
        assert done.code == 1
        assert "but the API's path is /api/v2" in done.err

    def test_source_of_the_url_is_named(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the variable or the profile that has the URL."""
        wrong = voice.url.replace("v2", "v3")
        monkeypatch.setenv("BW_VOICE_URL", wrong)
        assert "; BW_VOICE_URL has the path /api/v3, but" in run("list").err
        monkeypatch.setenv("CALLCONTROL_CONFIG", "config.toml")
        profile = f'[profiles.p]\naccount-id = "1"\nclient-id = "client-7"\nbase-url = "{wrong}"\n'
        Path("config.toml").write_text(profile, encoding="utf-8")
        assert "; base-url of profile p in config.toml has the path /api/v3, but" in run("list", "--profile", "p").err

    def test_unknown_call_behind_another_path(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """If a proxy serves the API at another path, the exit code for an unknown call is still 3."""
        send = Transport.__call__

        def through_proxy(self: Transport, request: Request) -> Reply:
            return send(self, replace(request, url=request.url.replace("/voice/", "/api/v2/")))

        monkeypatch.setattr(Transport, "__call__", through_proxy)
        root = voice.url.removesuffix("/api/v2")
        assert run("--base-url", f"{root}/voice", "list").code == 0
        assert run("--base-url", f"{root}/voice", "get", CALL_ID).code == 3

    def test_list_that_does_not_exist(self) -> None:
        """A 404 for the list of calls has exit code 1, because it is not about a call."""
        assert code_of(NotFound(Reply(404), "ListCalls")) == 1
