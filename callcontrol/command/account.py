"""The account and its credentials, from options or from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

import click

from bxml.command.cannot_run import CannotRun
from bxml.messages.text import quote
from callcontrol.client import Client
from callcontrol.command.options import VISIBLE_TO_OTHERS
from callcontrol.errors import InvalidRequest
from callcontrol.http_messages import Reply, Request
from callcontrol.request_arguments import LONGEST_TIMEOUT
from callcontrol.steps_and_drivers import Steps

F = TypeVar("F", bound=Callable[..., Any])


class Setting(NamedTuple):
    """An option, and the environment variable that it overrides."""

    keyword: str
    variable: str
    help: str
    metavar: str = "TEXT"


SETTINGS: Final = (
    Setting("account_id", "BW_ACCOUNT_ID", "Account id.", "ID"),
    Setting("client_id", "BW_CLIENT_ID", "OAuth2 client id.", "ID"),
    Setting("client_secret", "BW_CLIENT_SECRET", f"OAuth2 client secret. {VISIBLE_TO_OTHERS}", "SECRET"),
    Setting("user", "BW_USERNAME", "User name for Basic authentication, instead of OAuth2.", "NAME"),
    Setting("password", "BW_PASSWORD", f"Password of the user. {VISIBLE_TO_OTHERS}", "SECRET"),
    Setting("base_url", "BW_VOICE_URL", "Base URL of the API; default: that of Bandwidth.", "URL"),
)

DEFAULT_TIMEOUT: Final = 10.0
"""Default timeout of a request, in seconds."""


def options(command: F) -> F:
    """Add the account options to a command."""
    timeout = f"Seconds to wait for a connection, and then for the whole response; default: {DEFAULT_TIMEOUT:g}."
    command = click.option("--timeout", metavar="SECONDS", callback=seconds, help=timeout)(command)
    # Reversed, because click lists the most recently added option at the top.
    for setting in reversed(SETTINGS):
        name = "--" + setting.keyword.replace("_", "-")
        command = click.option(name, metavar=setting.metavar, help=f"{setting.help} Environment variable: {setting.variable}.")(
            command
        )
    return command


def seconds(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Return the value of an option as a number of seconds, or ``None`` if it was not given.

    Raises:
        click.BadParameter: If the value is not a number of seconds that a client accepts.
    """
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= LONGEST_TIMEOUT:
        raise click.BadParameter(f"{quote(text)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")
    return number


def refuse_options(context: click.Context) -> None:
    """Reject account options that were given to a command that sends no requests to the API.

    Raises:
        click.UsageError: If an account option was given.
    """
    account: Account = context.obj
    given = [setting for setting, value in account.values.items() if value is not None]
    if given:
        options = " and ".join("--" + keyword.replace("_", "-") for keyword in given)
        raise click.UsageError(f"{options} cannot be used with {context.info_name}, which uses no account", context)


@dataclass(frozen=True)
class Account:
    """The account options that were given. ``repr`` does not show them."""

    values: Mapping[str, Any] = field(repr=False)
    """Values of the options; the keys are parameter names."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """The environment variables, which are used for options that were not given."""

    def client(self) -> Client:
        """Return a client for the account.

        Raises:
            CannotRun: If an account setting is missing or invalid.
        """
        try:
            return Client.from_env(self._variables(), timeout=self.values.get("timeout") or DEFAULT_TIMEOUT)
        except InvalidRequest as error:
            raise CannotRun(f"{error}; see callcontrol --help") from None

    def dry_run_client(self) -> Client:
        """Return a client that raises :class:`NotSent` instead of sending its first request, and requests no token.

        Raises:
            CannotRun: If an account setting is missing or invalid.
        """
        # A dry run also creates the real client, which reports missing settings.
        with self.client() as client:
            return Client(client.account_id, _NoCredentials(), base_url=client.base_url, send=_raise_not_sent)

    def _variables(self) -> dict[str, str]:
        variables = dict(self.environ)
        if self.values.get("user") and not self.values.get("client_id"):
            # The client prefers OAuth2, so a client id in the environment would override the --user that was typed.
            variables.pop("BW_CLIENT_ID", None)
        for setting in SETTINGS:
            variables[setting.variable] = self.values.get(setting.keyword) or variables.get(setting.variable, "")
        return variables


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
