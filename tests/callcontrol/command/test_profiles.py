"""Profiles: the configuration file, the sources of secrets, and the precedence of options, profiles and variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import click
import keyring.core
import pytest

from callcontrol import Client
from callcontrol.command import callcontrol, profile_file
from callcontrol.command.account import Account, account_and_host
from callcontrol.emulator import Emulator
from tests.callcontrol.command import fake_keyring
from tests.callcontrol.command.conftest import HOOK, NO_CALLS, PASSWORD, SECRET, Ran, Run
from tests.callcontrol.command.test_process import COMMAND, environment, on_a_terminal
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID

CONFIG: Final = "config.toml"
KEYRING: Final = "tests.callcontrol.command.fake_keyring.FakeKeyring"


@pytest.fixture
def host(voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Unset the account in the environment, and return the host of the emulator."""
    for name in [name for name in os.environ if name.startswith("BW_")]:
        monkeypatch.delenv(name)
    return voice.url.split("/")[2]


Write = Callable[[str], Path]


@pytest.fixture
def write(empty_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes the configuration file."""

    def write(text: str) -> Path:
        path = empty_directory / CONFIG
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CALLCONTROL_CONFIG", CONFIG)
        return path

    return write


def production(host: str, more: str = 'client-secret-env = "PRODUCTION_SECRET"') -> str:
    """Return a table of a profile for the emulator."""
    settings = f'account-id = "{ACCOUNT}"\nbase-url = "http://{host}"\nclient-id = "client-7"\ntimeout = 5\n{more}\n'
    return f"[profiles.production]\n{settings}"


STAGING: Final = '[profiles.staging]\naccount-id = "9900124"\nusername = "user-7"\npassword-env = "STAGING_PASSWORD"\n'


def authorization(voice: Emulator) -> str:
    """Return the scheme and the value of the last request's credentials."""
    return voice.exchanges[-1].request.headers["Authorization"]


class TestSources:
    """The source of each secret."""

    def test_secret_of_a_variable(self, run: Run, host: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """``client-secret-env`` names the variable with the client secret."""
        write(production(host))
        monkeypatch.setenv("PRODUCTION_SECRET", f"{SECRET}\n")
        ran = run("--profile", "production", "list")
        assert (ran.code, ran.err) == (0, NO_CALLS)
        assert ran.account == f"callcontrol: account {ACCOUNT} at {host} (profile production)"

    def test_unset_variable_is_reported_without_its_name(self, run: Run, host: str, write: Write) -> None:
        """The message does not name the variable, because the user may have written the secret in place of the name."""
        write(production(host, f'client-secret-env = "{HOOK.replace("-", "_")}"'))
        message = "profiles.production.client-secret-env names an environment variable that is not set; set it to the secret"
        assert run("--profile", "production", "list") == (2, "", f"callcontrol: {CONFIG}: {message}\n")

    def test_password_of_a_variable(
        self, run: Run, voice: Emulator, host: str, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A profile with a user name uses Basic authentication."""
        write(f'{STAGING}base-url = "http://{host}"\n'.replace("9900124", ACCOUNT))
        monkeypatch.setenv("STAGING_PASSWORD", PASSWORD)
        assert run("--profile", "staging", "list").code == 0
        assert authorization(voice).startswith("Basic ")

    def test_secret_of_a_descriptor(self, run: Run, host: str, write: Write) -> None:
        """``client-secret-fd`` names the file descriptor with the client secret. The descriptor stays open."""
        with TemporaryFile() as file:
            file.write(f"{SECRET}\n".encode())
            file.seek(0)
            write(production(host, f"client-secret-fd = {file.fileno()}"))
            assert run("--profile", "production", "list").code == 0
            os.fstat(file.fileno())

    @pytest.mark.parametrize(
        ("content", "fault"),
        [(b"", "contains no secret"), (b" \n", "contains no secret"), (b"\xff", "does not contain UTF-8 text")],
    )
    def test_unusable_descriptor(self, run: Run, host: str, content: bytes, fault: str) -> None:
        """The message names the option, the file descriptor, the fault, and the next step."""
        with TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            number = file.fileno()
            ran = run("--account-id", ACCOUNT, "--user", "user-7", "--password-fd", str(number), "list")
        message = f"--password-fd: file descriptor {number} {fault}; in a shell, add {number}<FILE"
        assert ran == (2, "", f"callcontrol: {message}\n")

    def test_closed_descriptor(self, run: Run, host: str) -> None:
        """A closed file descriptor is reported. The file descriptor of a directory is reported too."""
        message = "callcontrol: --client-secret-fd: file descriptor {} {}; in a shell, add {}<FILE\n"
        arguments = ("--account-id", ACCOUNT, "--client-id", "client-7")
        assert run(*arguments, "--client-secret-fd", "987654", "list").err == message.format(987654, "is not open", 987654)
        directory = os.open(".", os.O_RDONLY)
        ran = run(*arguments, "list", "--client-secret-fd", str(directory))
        assert ran.err == message.format(directory, "cannot be read: Is a directory", directory)
        os.close(directory)

    @pytest.mark.parametrize("number", ["x", "-1", "4294967296", HOOK, "٣", ""])
    def test_invalid_number_of_a_descriptor(self, run: Run, host: str, number: str) -> None:
        """An invalid number is reported without the value, which may be a secret."""
        ran = run("--password-fd", number, "list")
        assert ran.code == 2
        assert ran.err == (
            "callcontrol: invalid value for '--password-fd': expected the number of an open file descriptor, such as 3; "
            "see callcontrol --help\n"
        )

    @pytest.fixture
    def _keyring(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keyring.core, "_keyring_backend", fake_keyring.FakeKeyring())  # type: ignore[no-untyped-call]

    @pytest.mark.usefixtures("_keyring")
    def test_secret_of_the_keyring(self, run: Run, host: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """``client-secret-keyring`` reads the secret of the client id from the system's keyring."""
        write(production(host, "client-secret-keyring = true"))
        monkeypatch.setenv(fake_keyring.SECRETS, json.dumps({"callcontrol/client-7": SECRET}))
        assert run("list", "--profile", "production").code == 0

    @pytest.mark.usefixtures("_keyring")
    def test_missing_secret_in_the_keyring(self, run: Run, host: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message has the command that stores the secret."""
        write(production(host, "client-secret-keyring = true"))
        monkeypatch.setenv(fake_keyring.SECRETS, "{}")
        message = "the keyring has no secret for the user client-7; to store it, run keyring set callcontrol client-7"
        ran = run("list", "--profile", "production")
        assert ran == (2, "", f"callcontrol: {CONFIG}: profiles.production.client-secret-keyring: {message}\n")

    @pytest.mark.usefixtures("_keyring")
    def test_locked_keyring(self, run: Run, host: str, write: Write) -> None:
        """The message does not quote the library ``keyring``."""
        write(production(host, "client-secret-keyring = true"))
        message = "the system's keyring cannot be used; unlock it, or name another source of the secret"
        ran = run("list", "--profile", "production")
        assert ran == (2, "", f"callcontrol: {CONFIG}: profiles.production.client-secret-keyring: {message}\n")

    def test_missing_package(self, run: Run, host: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message has the command that installs the package."""
        write(production(host, "client-secret-keyring = true"))
        monkeypatch.setitem(sys.modules, "keyring", None)
        message = "the package keyring is not installed; run pip install 'bxml-callcontrol[keyring]'"
        ran = run("list", "--profile", "production")
        assert ran == (2, "", f"callcontrol: {CONFIG}: profiles.production.client-secret-keyring: {message}\n")

    def test_secret_without_a_source_comes_from_the_usual_variable(
        self, run: Run, host: str, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a source in the profile, the secret comes from ``BW_CLIENT_SECRET``."""
        write(production(host, ""))
        monkeypatch.setenv("BW_CLIENT_SECRET", SECRET)
        assert run("list", "--profile", "production").code == 0

    def test_options_with_two_sources(self, run: Run, host: str) -> None:
        """Two options that each name a source of the same secret are rejected."""
        arguments = ("--account-id", ACCOUNT, "--user", "u", "--password", PASSWORD, "--password-fd", "0", "list")
        message = "--password and --password-fd cannot be combined; see callcontrol --help"
        assert run(*arguments) == (2, "", f"callcontrol: {message}\n")

    def test_secret_of_a_profile_is_not_sent_with_another_id(
        self, run: Run, voice: Emulator, host: str, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If an option replaces the client id, the secret must also be given."""
        write(production(host))
        monkeypatch.setenv("PRODUCTION_SECRET", SECRET)
        ran = run("--profile", "production", "--client-id", "client-8", "list")
        message = (
            "the secret of profile production belongs to the id in the profile; with --client-id, also use --client-secret-fd"
        )
        assert ran == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges
        ran = run("--profile", "production", "--user", "user-7", "--password", PASSWORD, "list")
        assert (ran.code, ran.account.rpartition(" (")[2]) == (0, "profile production, with --user)")
        assert authorization(voice).startswith("Basic ")


class TestPrecedence:
    """Options, then a named profile, then environment variables, then the default profile."""

    @pytest.fixture(autouse=True)
    def _file(self, host: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        write(f'default-profile = "staging"\n{production(host)}{STAGING}')
        monkeypatch.setenv("PRODUCTION_SECRET", SECRET)
        monkeypatch.setenv("STAGING_PASSWORD", PASSWORD)

    def used(self, *arguments: str) -> Client:
        """Return the client that a command uses with the given options."""
        clients: list[Client] = []

        @click.command("probe")
        def probe() -> None:
            clients.append(click.get_current_context().ensure_object(Account).client())

        callcontrol.add_command(probe)
        try:
            callcontrol.main([*arguments, "probe"], standalone_mode=False)
        finally:
            del callcontrol.commands["probe"]
        (client,) = clients
        return client

    def test_default_profile(self) -> None:
        """The default profile is used if nothing else names an account."""
        client = self.used()
        assert account_and_host(client) == "account 9900124 at voice.bandwidth.com"
        assert repr(client.auth) == "BasicAuth(username='user-7')"

    def test_profile_of_the_environment_overrides_the_default(self, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        """``CALLCONTROL_PROFILE`` names a profile, and ``--profile`` overrides it."""
        monkeypatch.setenv("CALLCONTROL_PROFILE", "production")
        client = self.used()
        assert account_and_host(client) == f"account {ACCOUNT} at {host}"
        assert repr(client.auth) == "OAuth2(client_id='client-7')"
        assert self.used("--profile", "staging").account_id == "9900124"

    @pytest.mark.parametrize("name", ["BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_USERNAME", "BW_VOICE_URL"])
    def test_variables_replace_the_default_profile_as_a_whole(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """The environment and the default profile never mix. The message says why the default profile is not used."""
        monkeypatch.setenv(name, "x")
        ran = run("list")
        assert (ran.code, ran.out) == (2, "")
        assert "not set; the default profile staging is not used, because" in ran.err
        assert f"because {name} is set; to use it, add --profile staging; see callcontrol --help\n" in ran.err

    def test_complete_variables_replace_the_default_profile(self, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        """With an account in the environment, the default profile changes nothing, not even the host."""
        for name in ("BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET"):
            monkeypatch.setenv(name, "1")
        assert account_and_host(self.used()) == "account 1 at voice.bandwidth.com"
        assert account_and_host(self.used("--profile", "production")) == f"account {ACCOUNT} at {host}"

    def test_named_profile_overrides_variables(self, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        """A named profile replaces the account in the environment."""
        for name in ("BW_ACCOUNT_ID", "BW_USERNAME", "BW_PASSWORD", "BW_VOICE_URL"):
            monkeypatch.setenv(name, "https://other.example")
        client = self.used("--profile", "production")
        assert account_and_host(client) == f"account {ACCOUNT} at {host}"
        assert repr(client.auth) == "OAuth2(client_id='client-7')"
        assert account_and_host(self.used("--profile", "staging")) == "account 9900124 at voice.bandwidth.com"

    def test_options_override_single_settings(self, run: Run, host: str) -> None:
        """An option overrides one setting of the profile, and the line on stderr names the option."""
        ran = run("--account-id", ACCOUNT, "--base-url", f"http://{host}/api/v2/", "list", "--timeout", "3")
        assert ran.code == 0
        assert ran.account == f"callcontrol: account {ACCOUNT} at {host} (profile staging, with --account-id and --base-url)"
        assert self.used("--timeout", "3")._send._timeout == 3  # type: ignore[attr-defined]
        assert self.used("--profile", "production")._send._timeout == 5  # type: ignore[attr-defined]

    def test_invalid_default_of_an_account(self, run: Run, write: Write) -> None:
        """A profile that lacks settings is reported with the names of the settings in the file."""
        write("[profiles.half]\ntimeout = 1")
        message = "profiles.half has no account-id and no client-id; add what is missing"
        assert run("--profile", "half", "list") == (2, "", f"callcontrol: {CONFIG}: {message}\n")
        write('[profiles.half]\nusername = "u"\naccount-id = "1"')
        message = "profiles.half has no password-keyring or password-env or password-fd; add what is missing"
        assert run("--profile", "half", "list") == (2, "", f"callcontrol: {CONFIG}: {message}\n")


class TestFile:
    """The configuration file."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("defualt-profile = 'x'", "defualt-profile is not a setting; did you mean default-profile?"),
            ("accounts = 1", "accounts is not a setting; expected default-profile or profiles"),
            ("profiles = 1", "profiles: expected a table [profiles], got a value"),
            ("[profiles]\np = 1", "profiles.p: expected a table [profiles.p], got a value"),
            (
                "default-profile = 1\n[profiles.p]",
                'default-profile: expected a non-empty string, got 1; write default-profile = "1"',
            ),
            ("default-profile = ' '\n[profiles.p]", 'default-profile: expected a non-empty string, got " "'),
            ("[profiles.p]\nacount-id = '1'", "profiles.p.acount-id is not a setting; did you mean account-id?"),
            (
                "[profiles.p]\naccount-id = 9900123",
                'profiles.p.account-id: expected a non-empty string, got 9900123; write account-id = "9900123"',
            ),
            ("[profiles.p]\naccount-id = true", "profiles.p.account-id: expected a non-empty string, got True"),
            (
                "[profiles.p]\naccount-id = 'a/b'",
                'profiles.p.account-id: "a/b" is not an id; expected letters, digits, - and _',
            ),
            (
                "[profiles.p]\nbase-url = 'voice'",
                (
                    "profiles.p.base-url must be an absolute http(s) URL with no credentials, query or fragment, "
                    "such as https://host/path"
                ),
            ),
            ("[profiles.p]\ntimeout = 0", "profiles.p.timeout: 0 is not a number of seconds above 0 and up to 86400"),
            ("[profiles.p]\ntimeout = true", "profiles.p.timeout: True is not a number of seconds above 0 and up to 86400"),
            ("[profiles.p]\ntimeout = '5'", 'profiles.p.timeout: "5" is not a number of seconds above 0 and up to 86400'),
            (
                "[profiles.p]\nclient-id = 'a'\nusername = 'b'",
                "profiles.p.client-id and profiles.p.username cannot be combined; remove one of them",
            ),
            (
                "[profiles.p]\nclient-id = 'a'\nclient-secret-fd = 3\nclient-secret-env = 'A'",
                "profiles.p.client-secret-env and profiles.p.client-secret-fd cannot be combined; a secret has one source",
            ),
            ("[profiles.p]\npassword-fd = 3", "profiles.p.password-fd requires profiles.p.username"),
            (
                f"[profiles.p]\nclient-id = 'a'\nclient-secret-env = '{HOOK}'",
                "profiles.p.client-secret-env: expected the name of an environment variable, such as PRODUCTION_SECRET",
            ),
            (
                f"[profiles.p]\nclient-id = 'a'\nclient-secret-fd = '{HOOK}'",
                "profiles.p.client-secret-fd: expected the number of a file descriptor, such as 3",
            ),
            (
                "[profiles.p]\nclient-id = 'a'\nclient-secret-fd = 4294967296",
                "profiles.p.client-secret-fd: expected the number of a file descriptor, such as 3",
            ),
            (
                f"[profiles.p]\nclient-id = 'a'\nclient-secret-keyring = '{HOOK}'",
                "profiles.p.client-secret-keyring: expected true; without this setting, the keyring is not used",
            ),
        ],
    )
    def test_invalid_setting(self, run: Run, voice: Emulator, write: Write, text: str, message: str) -> None:
        """An invalid setting is reported with the file, the key and the fix, and nothing is sent."""
        write(text)
        assert run("list") == (2, "", f"callcontrol: {CONFIG}: {message}\n")
        assert not voice.exchanges

    @pytest.mark.parametrize("key", ["client-secret", "client_secret", "Client-Secret"])
    @pytest.mark.parametrize("value", [f"'{HOOK}'", f"{{ env = '{HOOK}' }}"])
    def test_secret_in_clear_text(self, run: Run, voice: Emulator, write: Write, key: str, value: str) -> None:
        """A secret in the file is rejected, and the message names the settings that replace it."""
        write(f"[profiles.p]\n{key} = {value}")
        message = (
            f"profiles.p.{key}: a secret in clear text is not allowed in this file; "
            "remove it, and name its source with client-secret-keyring, client-secret-env or client-secret-fd"
        )
        assert run("list") == (2, "", f"callcontrol: {CONFIG}: {message}\n")

    @pytest.mark.parametrize(
        ("text", "place"),
        [("a = 1\nb =\n", "2"), ("a = [", "1"), ("a = " + "[" * 5000, "1"), (f"a = {'1' * 5000}", "1")],
    )
    def test_invalid_toml(self, run: Run, voice: Emulator, write: Write, text: str, place: str) -> None:
        """A syntax error is reported with its line."""
        write(text)
        assert run("list") == (2, "", f"callcontrol: {CONFIG}:{place}: not valid TOML\n")

    def test_unreadable_file(self, run: Run, voice: Emulator, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message says why the file cannot be read."""
        write("").write_bytes(b"\xff")
        assert run("list").err == f"callcontrol: {CONFIG}: not valid UTF-8; save the file as UTF-8\n"
        monkeypatch.setenv("CALLCONTROL_CONFIG", ".")
        assert run("list").err == "callcontrol: .: Is a directory\n"
        monkeypatch.setenv("CALLCONTROL_CONFIG", "none.toml")
        assert run("list").err == "callcontrol: none.toml: no such file; create it, or correct CALLCONTROL_CONFIG\n"

    @pytest.mark.parametrize(
        ("text", "next_step"),
        [
            (f"{STAGING}[profiles.production]", "; did you mean staging?"),
            ("[profiles.a]\n[profiles.b]", "; expected a or b"),
            ("", "; the file has no profiles; add a table [profiles.stagin]"),
        ],
    )
    def test_unknown_profile(self, run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, text: str, next_step: str) -> None:
        """The message names the option or variable, the file, and either a similar profile or all profiles."""
        write(text)
        message = f'"stagin" is not a profile in {CONFIG}{next_step}'
        assert run("--profile", "stagin", "list") == (2, "", f"callcontrol: --profile: {message}\n")
        monkeypatch.setenv("CALLCONTROL_PROFILE", "stagin")
        assert run("list") == (2, "", f"callcontrol: CALLCONTROL_PROFILE: {message}\n")

    def test_unknown_default_profile(self, run: Run, write: Write) -> None:
        """The default profile must exist."""
        write('default-profile = "stagin"\n[profiles.staging]')
        message = f'default-profile: "stagin" is not a profile in {CONFIG}; did you mean staging?'
        assert run("list") == (2, "", f"callcontrol: {message}\n")

    def test_file_in_the_configuration_directory(
        self, run: Run, empty_directory: Path, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without ``CALLCONTROL_CONFIG``, the file is in the user's configuration directory. The file may be missing."""
        monkeypatch.setattr("platformdirs.user_config_dir", lambda name, **_: str(empty_directory / name))
        monkeypatch.setenv("CALLCONTROL_CONFIG", "")
        path = empty_directory / "callcontrol" / CONFIG
        message = f'--profile: "p" is not a profile in {path}; the file does not exist; create it with a table [profiles.p]'
        assert run("--profile", "p", "list") == (2, "", f"callcontrol: {message}\n")
        assert run("profiles").err == f"callcontrol: {path} does not exist; create it with a table [profiles.NAME]\n"
        assert run("list").err == (
            "callcontrol: BW_ACCOUNT_ID, BW_CLIENT_ID and BW_CLIENT_SECRET are not set; see callcontrol --help\n"
        )
        path.parent.mkdir()
        path.write_text(f"\ufeff{production(host)}", encoding="utf-8")
        assert list(profile_file.read(os.environ).profiles) == ["production"]

    def test_names_are_completed(self, write: Write) -> None:
        """The shell completes the names of profiles, unless the file is invalid."""
        write(f"{STAGING}[profiles.stable]\n[profiles.other]")
        (option,) = (option for option in callcontrol.params if option.opts == ["--profile"])
        context = click.Context(callcontrol)
        assert [item.value for item in option.shell_complete(context, "sta")] == ["staging", "stable"]
        write("x")
        assert option.shell_complete(context, "") == []


class TestList:
    """Tests of ``callcontrol profiles``."""

    def test_profiles_are_listed_without_secrets(self, run: Run, host: str, write: Write) -> None:
        """Each profile is listed with its settings and with the kind of source for its secret. The default is marked."""
        write(f'default-profile = "staging"\n{production(host)}{STAGING}[profiles.empty]')
        ran = run("profiles")
        assert (ran.code, ran.err, ran.account) == (0, "", "")
        first, second, third = ran.records
        assert first == {
            "profile": "production",
            "isDefault": False,
            "accountId": ACCOUNT,
            "baseUrl": f"http://{host}/api/v2",
            "clientId": "client-7",
            "username": None,
            "secretSource": "environment variable",
        }
        assert (second["isDefault"], second["username"], second["baseUrl"]) == (
            True,
            "user-7",
            "https://voice.bandwidth.com/api/v2",
        )
        assert third["secretSource"] is None

    def test_table(self, run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """The columns of the table are aligned."""
        write(STAGING)
        monkeypatch.setattr(sys.modules["callcontrol.command.profiles"], "prints_table", lambda _: True)
        assert run("profiles").out == (
            "profile  account  host                 user    secret\n"
            "staging  9900124  voice.bandwidth.com  user-7  environment variable\n"
        )

    def test_table_on_a_terminal(self, host: str, write: Write) -> None:
        """On a terminal, the list has a line for each profile."""
        write(f'default-profile = "staging"\n{production(host)}{STAGING}[profiles."\\u001bempty"]')
        code, shown, _ = on_a_terminal("profiles")
        assert code == 0
        assert [line.split() for line in shown.splitlines()] == [
            ["profile", "account", "host", "user", "secret"],
            ["production", ACCOUNT, host, "client-7", "environment", "variable"],
            ["staging", "(default)", "9900124", "voice.bandwidth.com", "user-7", "environment", "variable"],
            ["\\x1bempty", "voice.bandwidth.com"],
        ]

    def test_no_profiles(self, run: Run, write: Write) -> None:
        """Without profiles, the message says how to add one."""
        write("")
        assert run("profiles") == (2, "", f"callcontrol: {CONFIG} has no profiles; add a table [profiles.NAME]\n")

    def test_account_options_are_rejected(self, run: Run, write: Write) -> None:
        """The command uses no account, so it rejects account options."""
        message = "--profile cannot be used with profiles, which uses no account; see callcontrol profiles --help"
        assert run("--profile", "x", "profiles") == (2, "", f"callcontrol: {message}\n")


def ran(*arguments: str, pass_fds: tuple[int, ...] = (), **variables: str) -> Ran:
    """Run the command in a subprocess."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment() | variables,
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class TestProcess:
    """The command as a process."""

    def test_each_source_of_a_secret(self, host: str, write: Write) -> None:
        """A process reads the secret from a variable, a file descriptor, and the keyring, and never prints it."""
        shown = f"callcontrol: account {ACCOUNT} at {host} (profile production)"
        write(production(host))
        results = [ran("list", "--profile", "production", PRODUCTION_SECRET=SECRET)]
        Path("secret.txt").write_text(SECRET, encoding="utf-8")
        with open("secret.txt", encoding="utf-8") as file:
            write(production(host, f"client-secret-fd = {file.fileno()}"))
            results.append(ran("list", pass_fds=(file.fileno(),), CALLCONTROL_PROFILE="production"))
        write('default-profile = "production"\n' + production(host, "client-secret-keyring = true"))
        secrets = json.dumps({"callcontrol/client-7": SECRET})
        results.append(ran("list", PYTHON_KEYRING_BACKEND=KEYRING, FAKE_KEYRING=secrets))
        assert [(each.code, each.err, each.account) for each in results] == [(0, NO_CALLS, shown)] * 3

    def test_descriptor_of_a_shell(self, host: str) -> None:
        """A shell passes a secret with ``3<FILE``."""
        Path("secret.txt").write_text(SECRET, encoding="utf-8")
        options = f"--account-id {ACCOUNT} --base-url http://{host} --client-id client-7 --client-secret-fd 3"
        shell = f"{sys.executable} -c 'from callcontrol.command import main; main()' {options} list 3<secret.txt"
        done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, f"callcontrol: account {ACCOUNT} at {host}\n{NO_CALLS}")

    def test_errors_are_one_line(self, host: str, write: Write) -> None:
        """Errors in the file, an unknown profile, and a missing keyring are one line each, without a traceback."""
        write("[profiles.production]\nclient-secret = 's3cr3t'")
        assert ran("get", CALL_ID).err.startswith(f"callcontrol: {CONFIG}: profiles.production.client-secret: a secret in")
        write(production(host, "client-secret-keyring = true"))
        assert ran("get", CALL_ID, "--profile", "prod").err == (
            f'callcontrol: --profile: "prod" is not a profile in {CONFIG}; expected production\n'
        )
        locked = ran("get", CALL_ID, "--profile", "production", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
        assert (locked.code, locked.err.count("\n")) == (2, 1)
        assert "the system's keyring cannot be used" in locked.err

    def test_profiles_are_listed(self, host: str, write: Write) -> None:
        """``callcontrol profiles`` lists the profiles."""
        write(production(host) + STAGING)
        assert [each["profile"] for each in ran("profiles", "--json").records] == ["production", "staging"]
