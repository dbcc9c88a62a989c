"""The account and its credentials, from options, from a profile, or from environment variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

import click

from bxml.command.cannot_run import CannotRun
from bxml.messages.text import join_names, quote
from callcontrol.client import Client
from callcontrol.command import profile_file, verbosity
from callcontrol.command.command_transport import CommandTransport
from callcontrol.command.options import VISIBLE_TO_OTHERS
from callcontrol.command.output import NAME
from callcontrol.command.profile_file import Profile, ProfileFile
from callcontrol.command.secret_sources import LARGEST_DESCRIPTOR, FileDescriptor
from callcontrol.errors import InvalidRequest
from callcontrol.http_messages import Reply, Request
from callcontrol.request_arguments import LONGEST_TIMEOUT, account_from_env, checked_base_url
from callcontrol.steps_and_drivers import Steps

F = TypeVar("F", bound=Callable[..., Any])

PROFILE: Final = "CALLCONTROL_PROFILE"
"""Environment variable that names a profile."""

DEFAULT_TIMEOUT: Final = 10.0
"""Default timeout of a request, in seconds."""


class Setting(NamedTuple):
    """An option of the account, and the environment variable with the same meaning."""

    keyword: str
    variable: str
    help: str
    metavar: str = "TEXT"
    convert: Callable[[str], Any] = str

    @property
    def option(self) -> str:
        """Name of the option."""
        return "--" + self.keyword.replace("_", "-")

    @property
    def is_secret(self) -> bool:
        """True if messages must not quote the value."""
        return self.metavar == "SECRET"


def seconds(text: str) -> float:
    """Return a timeout as a number.

    Raises:
        click.BadParameter: If the value is not a number of seconds that a client accepts.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= LONGEST_TIMEOUT:
        raise click.BadParameter(f"{quote(text)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")
    return number


def _descriptor(text: str) -> int:
    """Return the number of a file descriptor.

    Raises:
        click.BadParameter: If the value is not such a number. The message does not quote the value, which may be a secret.
    """
    if not (text.isascii() and text.isdigit() and int(text[:11]) <= LARGEST_DESCRIPTOR):
        raise click.BadParameter("expected the number of an open file descriptor, such as 3")
    return int(text)


SETTINGS: Final = (
    Setting("profile", PROFILE, "Account in the configuration file.", "NAME"),
    Setting("account_id", "BW_ACCOUNT_ID", "Account id.", "ID"),
    Setting("client_id", "BW_CLIENT_ID", "OAuth2 client id.", "ID"),
    Setting("client_secret", "BW_CLIENT_SECRET", f"OAuth2 client secret. {VISIBLE_TO_OTHERS}", "SECRET"),
    Setting("client_secret_fd", "", "File descriptor from which the OAuth2 client secret is read.", "NUMBER", _descriptor),
    Setting("user", "BW_USERNAME", "User name for Basic authentication, instead of OAuth2.", "NAME"),
    Setting("password", "BW_PASSWORD", f"Password of the user. {VISIBLE_TO_OTHERS}", "SECRET"),
    Setting("password_fd", "", "File descriptor from which the password of the user is read.", "NUMBER", _descriptor),
    Setting("base_url", "BW_VOICE_URL", "Base URL of the API; default: Bandwidth's production API.", "URL"),
    Setting(
        "timeout",
        "",
        f"Seconds to wait for a connection, and then for the whole response; default: {DEFAULT_TIMEOUT:g}.",
        "SECONDS",
        seconds,
    ),
)

_OPTIONS: Final[Mapping[str, str]] = {setting.keyword: setting.option for setting in SETTINGS}
"""For each setting, by its keyword: the name of its option."""


def options(command: F) -> F:
    """Add the account options to a group."""
    # Reversed, because click lists the most recently added option at the top.
    for setting in reversed(SETTINGS):
        command = _decorator(setting)(command)
    return command


def add_options(command: click.Command) -> None:
    """Let a subcommand accept the account options too, except an option whose name the subcommand uses itself.

    The help of the subcommand does not list the account options, because the help of the group lists them.
    """
    used = {name for parameter in command.params for name in parameter.opts}
    for setting in SETTINGS:
        if setting.option not in used:
            _decorator(setting, hidden=True)(command)


def _decorator(setting: Setting, *, hidden: bool = False) -> Callable[[F], F]:
    def store(context: click.Context, _: click.Parameter, text: str | None) -> None:
        if text is not None:
            context.ensure_object(Account).add(setting, setting.convert(text), context)

    variable = f" Environment variable: {setting.variable}." if setting.variable else ""
    return click.option(
        setting.option,
        f"account_{setting.keyword}",
        metavar=setting.metavar,
        expose_value=False,
        callback=store,
        hidden=hidden,
        shell_complete=_complete_profiles if setting.keyword == "profile" else None,
        help=setting.help + variable,
    )


def _complete_profiles(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of profiles that begin with the incomplete name. After an error in the file, return no names."""
    try:
        return [name for name in profile_file.read(os.environ).profiles if name.startswith(incomplete)]
    except CannotRun:
        return []


def refuse_options(context: click.Context) -> None:
    """Reject account options that were given to a command that sends no requests to the API.

    Raises:
        click.UsageError: If an account option was given.
    """
    given = list(context.ensure_object(Account).given)
    if given:
        options = " and ".join(_OPTIONS[keyword] for keyword in given)
        raise click.UsageError(f"{options} cannot be used with {context.info_name}, which uses no account", context)


def account_and_host(client: Client) -> str:
    """Return the account and the host of a client, for a message: ``account 9900123 at voice.bandwidth.com``."""
    return f"account {client.account_id} at {urlsplit(client.base_url).netloc}"


class Account:
    """The account that the options, a profile or the environment describe. ``repr`` shows no value.

    Args:
        environ: The environment variables; default: those of the process.

    Attributes:
        given: Values of the options that were given; the keys are keywords of settings.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self.given: dict[str, Any] = {}
        self._places: dict[str, str] = {}
        self._is_announced = False

    def add(self, setting: Setting, value: Any, context: click.Context) -> None:
        """Store the value of an option.

        Args:
            setting: The option.
            value: The value.
            context: Context of the command that the option belongs to.

        Raises:
            click.UsageError: If the option was given before, with another value.
        """
        place = f"after {context.info_name}" if context.parent else "before the command"
        other = self.given.setdefault(setting.keyword, value)
        other_place = self._places.setdefault(setting.keyword, place)
        if other != value:
            values = "" if setting.is_secret else f": {quote(other)} {other_place}, {quote(value)} {place}"
            raise click.UsageError(f"{setting.option} is given twice with different values{values}; give it once", context)

    def client(self) -> Client:
        """Return a client for the account, and print the account to stderr unless ``--quiet`` was given.

        Raises:
            CannotRun: If a setting is missing or invalid.
        """
        source = self._source()
        client = self._client(source)
        if not self._is_announced:
            self._is_announced = True
            verbosity.tell(NAME, account_and_host(client) + source.note)
        if verbosity.is_verbose():
            click.get_current_context().with_resource(verbosity.warnings_on_stderr())
        return client

    def dry_run_client(self) -> Client:
        """Return a client that raises :class:`NotSent` instead of sending its first request, and requests no token.

        Raises:
            CannotRun: If an account setting is missing or invalid.
        """
        # A dry run also creates the real client, which reports missing settings.
        with self._client(self._source()) as client:
            return Client(client.account_id, _NoCredentials(), base_url=client.base_url, send=_raise_not_sent)

    def _client(self, source: _Source) -> Client:
        try:
            account_id, auth, base_url = account_from_env(source.variables())
            base_url = checked_base_url(base_url)
            transport = CommandTransport(base_url, source.place_of_base_url, source.timeout)
            return Client(account_id, auth, base_url=base_url, timeout=source.timeout, send=transport)
        except InvalidRequest as error:
            raise CannotRun(f"{error}{source.unused_default}; see callcontrol --help") from None

    def _source(self) -> _Source:
        """Return the source of the account: a profile that was named, else environment variables, else the default profile."""
        file = profile_file.read(self._environ)
        named = {"--profile": self.given.get("profile"), PROFILE: self._environ.get(PROFILE)}
        for place, name in named.items():
            if name:
                return _Source(self.given, self._environ, file, file.profile(name, place))
        is_set = any(self._environ.get(name) for name in IDENTIFYING)
        profile = None if is_set or file.default is None else file.profiles[file.default]
        return _Source(self.given, self._environ, file, profile)


IDENTIFYING: Final = ("BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_USERNAME", "BW_VOICE_URL")
"""Each of these environment variables replaces the whole default profile, so that settings of two accounts never mix."""


@dataclass(frozen=True)
class _Source:
    """The source of the account, and the options that override single settings.

    Args:
        given: Values of the options; the keys are keywords of settings.
        environ: The environment variables.
        file: The configuration file.
        profile: The profile; ``None`` if the environment variables are the source.
    """

    given: Mapping[str, Any] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    file: ProfileFile
    profile: Profile | None

    @property
    def timeout(self) -> float:
        """The timeout in seconds."""
        timeout: float = self._value("timeout") or DEFAULT_TIMEOUT
        return timeout

    @property
    def note(self) -> str:
        """The profile and the options that override it, in parentheses; empty without a profile."""
        if self.profile is None:
            return ""
        overriding = [_OPTIONS[each] for each in ("account_id", "client_id", "user", "base_url") if self.given.get(each)]
        suffix = f", with {join_names(overriding)}" if overriding else ""
        return f" (profile {self.profile.name}{suffix})"

    @property
    def place_of_base_url(self) -> str:
        """The option, variable or profile that contains the base URL."""
        if self.given.get("base_url"):
            return "--base-url"
        return f"base-url of profile {self.profile.name} in {self.file.path}" if self.profile else "BW_VOICE_URL"

    @property
    def unused_default(self) -> str:
        """The part of an error message that says why the default profile was not used; empty if it was used."""
        default = self.file.default
        if self.profile or not default:
            return ""
        found = next(name for name in IDENTIFYING if self.environ.get(name))
        return f"; the default profile {default} is not used, because {found} is set; to use it, add --profile {default}"

    def variables(self) -> dict[str, str]:
        """Return the settings as the environment variables that a client reads.

        Raises:
            CannotRun: If a secret cannot be read.
        """
        is_basic = self._is_basic()
        id_, secret, other = ("user", "password", "client_id") if is_basic else ("client_id", "client_secret", "user")
        keywords = ("account_id", id_, "base_url")
        values = {keyword: str(self._value(keyword) or "") for keyword in keywords}
        values |= {secret: self._secret(secret, id_, values[id_]), other: ""}
        if self.profile:
            self._check_completeness(self.profile, values, id_, secret)
        return {_VARIABLES[keyword]: value for keyword, value in values.items()}

    def _check_completeness(self, profile: Profile, values: Mapping[str, str], id_: str, secret: str) -> None:
        """Check that a profile and the options have all required settings.

        Raises:
            CannotRun: If settings are missing. The message names them as the configuration file does.
        """
        names = {"account_id": "account-id", id_: "username" if id_ == "user" else "client-id"}
        missing = [name for keyword, name in names.items() if not values[keyword]]
        if values[id_] and not values[secret]:
            missing.append(" or ".join(f"{_OPTIONS[secret][2:]}-{kind}" for kind in ("keyring", "env", "fd")))
        if missing:
            listed = join_names(f"no {each}" for each in missing)
            raise CannotRun(f"{self.file.path}: profiles.{profile.name} has {listed}; add what is missing")

    def _is_basic(self) -> bool:
        """Return whether the account uses HTTP Basic authentication, because it has a user name but no client id."""
        if self.given.get("client_id") or self.given.get("user"):
            return not self.given.get("client_id")
        return bool(self._value("user")) and not self._value("client_id")

    def _value(self, keyword: str) -> Any:
        """Return the value of a setting. An option that was given overrides the profile or the environment."""
        if self.given.get(keyword):
            return self.given[keyword]
        if self.profile:
            return self.profile.values.get(keyword)
        return self.environ.get(_VARIABLES[keyword])

    def _secret(self, keyword: str, id_: str, user: str) -> str:
        """Return a secret.

        Args:
            keyword: The setting of the secret.
            id_: The setting of the id that the secret belongs to.
            user: The client id or user name.
        """
        text, descriptor = self.given.get(keyword), self.given.get(f"{keyword}_fd")
        option = _OPTIONS[keyword]
        if text and descriptor is not None:
            raise CannotRun(f"{option} and {option}-fd cannot be combined; see callcontrol --help")
        if descriptor is not None:
            return FileDescriptor(descriptor, f"{option}-fd").read(self.environ, user)
        if text or self.profile is None or self.profile.secret is None:
            return text or self.environ.get(_VARIABLES[keyword], "")
        if self.given.get(id_):
            raise CannotRun(
                f"the secret of profile {self.profile.name} belongs to the id in the profile; "
                f"with {_OPTIONS[id_]}, also use {option}-fd"
            )
        try:
            return self.profile.secret.read(self.environ, user)
        except CannotRun as error:
            raise CannotRun(f"{self.file.path}: {error}") from None


_VARIABLES: Final[Mapping[str, str]] = {setting.keyword: setting.variable for setting in SETTINGS}
"""The environment variable of each setting; the keys are keywords. A setting without a variable has an empty string."""


class NotSent(Exception):
    """A request that a dry run did not send.

    Attributes:
        request: The request.
    """

    def __init__(self, request: Request) -> None:
        """Store the request."""
        super().__init__(request)
        self.request = request


def _raise_not_sent(request: Request) -> Reply:
    raise NotSent(request)


class _NoCredentials:
    """Placeholder credentials for a dry run."""

    def authorization(self, base_url: str) -> Steps[str]:  # noqa: ARG002  nothing is sent
        """Return the placeholder that is printed instead of a token."""
        yield from ()
        return "…"

    def refused(self, authorization: str) -> bool:  # noqa: ARG002  nothing is sent
        """Return false: there are no other credentials to try."""
        return False
