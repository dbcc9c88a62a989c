"""The account that a command is about: from options, or else from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

import click

from bxml.command.refusal import CannotRun
from callcontrol.client import Client
from callcontrol.command.options import CAN_BE_SEEN
from callcontrol.errors import InvalidRequest
from callcontrol.http import Reply, Request, Send

F = TypeVar("F", bound=Callable[..., Any])


class Setting(NamedTuple):
    """An option, and the variable of the environment that it is instead of."""

    keyword: str
    variable: str
    meaning: str
    metavar: str = "TEXT"


SETTINGS: Final = (
    Setting("account_id", "BW_ACCOUNT_ID", "The account.", "ID"),
    Setting("client_id", "BW_CLIENT_ID", "The client id of OAuth2.", "ID"),
    Setting("client_secret", "BW_CLIENT_SECRET", f"Its secret. {CAN_BE_SEEN}", "SECRET"),
    Setting("user", "BW_USERNAME", "The user for Basic access, instead of OAuth2.", "NAME"),
    Setting("password", "BW_PASSWORD", f"Its password. {CAN_BE_SEEN}", "SECRET"),
    Setting("base_url", "BW_VOICE_URL", "Where the API is, if not at the vendor.", "URL"),
)

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds."""


def options(command: F) -> F:
    """Adds the options of the account to a command."""
    timeout = f"Seconds to wait for a connection, and then for the whole response; by default {DEFAULT_TIMEOUT:g}."
    command = click.option("--timeout", metavar="SECONDS", help=timeout)(command)
    for setting in reversed(SETTINGS):
        name = "--" + setting.keyword.replace("_", "-")
        command = click.option(name, metavar=setting.metavar, help=f"{setting.meaning} By default {setting.variable}.")(command)
    return command


def refuse_options(context: click.Context) -> None:
    """Have no options of the account, for a command that has none."""
    account: Account = context.obj
    given = [setting for setting, value in account.values.items() if value is not None]
    if given:
        options = " and ".join("--" + keyword.replace("_", "-") for keyword in given)
        raise click.UsageError(f"only the commands that ask the API take {options}", context)


@dataclass(frozen=True)
class Account:
    """What is needed to make a client, and shown nowhere."""

    values: Mapping[str, str | None] = field(repr=False)
    """The options, by their keywords."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def client(self) -> Client:
        """A client.

        Raises:
            CannotRun: if something of the account is missing or wrong.
        """
        try:
            return Client.from_env(self._variables(), timeout=self._timeout())
        except InvalidRequest as error:
            raise CannotRun(f"{error}; callcontrol --help says how the account is given") from None

    def rehearsal(self) -> Client:
        """The same client, but one that raises :class:`Rehearsed` for its first request, and needs no token for it.

        Raises:
            CannotRun: if something of the account is missing or wrong.
        """
        with self.client() as client:
            return Client(client.account_id, _NoAccess(), base_url=client.base_url, send=_keep)

    def _variables(self) -> dict[str, str]:
        variables = dict(self.environ)
        if self.values.get("user") and not self.values.get("client_id"):  # which then is what is meant
            variables.pop("BW_CLIENT_ID", None)
        for setting in SETTINGS:
            variables[setting.variable] = self.values.get(setting.keyword) or variables.get(setting.variable, "")
        return variables

    def _timeout(self) -> Any:
        """A number of seconds, or what was given, of which the client then says what is wrong."""
        text = self.values.get("timeout")
        try:
            return DEFAULT_TIMEOUT if text is None else float(text)
        except ValueError:
            return text


class Rehearsed(Exception):
    """A request that was not sent."""

    def __init__(self, request: Request) -> None:
        """Keep the request."""
        super().__init__(request)
        self.request = request


def _keep(request: Request) -> Reply:
    raise Rehearsed(request)


class _NoAccess:
    """Stands for credentials where nothing is sent."""

    def authorization(self, send: Send, base_url: str) -> str:  # noqa: ARG002  for there is nothing to send
        """What is shown instead."""
        return "…"

    def refused(self, authorization: str) -> bool:  # noqa: ARG002  nothing refuses what is not sent
        """There is no other."""
        return False
