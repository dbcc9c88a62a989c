"""The command ``profiles``: the named accounts of the configuration file, without secrets."""

from __future__ import annotations

import os
from typing import Any

import click

from bxml.command.cannot_run import CannotRun
from callcontrol.command import profile_file, verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.output import show
from callcontrol.command.profile_file import Profile
from callcontrol.operation_table import BASE_URL


@click.command("profiles", short_help="List the profiles of the configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON even on a terminal.")
@verbosity.options
@click.pass_context
def profiles(context: click.Context, /, *, as_json: bool) -> None:
    """List the profiles of the configuration file, without secrets.

    The file is config.toml in the user's configuration directory, or the file that the environment variable CALLCONTROL_CONFIG
    names.
    """
    refuse_options(context)
    file = profile_file.read(os.environ)
    if not file.profiles:
        state = "has no profiles; add a table" if file.exists else "does not exist; create it with a table"
        raise CannotRun(f"{file.path} {state} [profiles.NAME]")
    show((_record(each, is_default=each.name == file.default) for each in file.profiles.values()), as_json=as_json)


def _record(profile: Profile, *, is_default: bool) -> dict[str, Any]:
    values = profile.values
    return {
        "profile": profile.name,
        "isDefault": is_default,
        "accountId": values.get("account_id"),
        "baseUrl": values.get("base_url", BASE_URL),
        "clientId": values.get("client_id"),
        "username": values.get("user"),
        "secretSource": profile.secret.description if profile.secret else None,
    }
