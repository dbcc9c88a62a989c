"""The command ``profiles``: the named accounts of the configuration file, without secrets."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.formats import plain
from bxml.command.standard_streams import write
from callcontrol.command import profile_file, verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.output import json_line, prints_table
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
    found = [(profile, profile.name == file.default) for profile in file.profiles.values()]
    write(_table(found) if prints_table(as_json) else "".join(json_line(_record(*each)) for each in found))


def _table(found: list[tuple[Profile, bool]]) -> str:
    rows: list[tuple[str, ...]] = [("profile", "account", "host", "user", "secret")]
    for profile, is_default in found:
        record = _record(profile, is_default)
        name = profile.name + " (default)" * is_default
        user = record["clientId"] or record["username"]
        host = urlsplit(str(record["baseUrl"])).netloc
        cells: tuple[str | None, ...] = (name, record["accountId"], host, user, record["secretSource"])
        rows.append(tuple(plain(cell or "") for cell in cells))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _record(profile: Profile, is_default: bool) -> dict[str, Any]:  # noqa: FBT001  called with pairs
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
