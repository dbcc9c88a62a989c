"""Calls that live while a command runs: who hears of what happens, where they are reached, and how it all ends."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bxml.command.configuration import found
from bxml.command.errors import CannotRun
from callcontrol.request_fields import HIGHEST_PORT, Field, faults

if TYPE_CHECKING:
    from callcontrol.emulator.core import Core
    from callcontrol.emulator.party import Party
    from callcontrol.emulator.server import Server
    from callcontrol.emulator.timeline import Entry


class Noted(NamedTuple):
    """Something that happened to a call or in a conference."""

    who: Party
    entry: Entry


def port_number(_: click.Context, __: click.Parameter, given: str | None) -> int | None:
    """A port, if one is given."""
    if given is not None and not (given.isascii() and given.isdigit() and int(given[:6]) <= HIGHEST_PORT):
        raise click.BadParameter(f"it is a whole number up to {HIGHEST_PORT}, and 0 is a free port")
    return None if given is None else int(given)


def refuse_faults(table: tuple[Field, ...], given: dict[str, Any]) -> None:
    """Make sure that options are what they have to be.

    Raises:
        CannotRun: if one is not.
    """
    wrong = list(faults(table, {name: value for name, value in given.items() if value is not None}))
    if wrong:
        raise CannotRun("; ".join(wrong))


def allowed_attributes() -> frozenset[str]:
    """The attributes, newer than the schema, that the configuration of ``bxml validate`` allows here.

    Raises:
        CannotRun: if it cannot be read.
    """
    return frozenset(name.rpartition("@")[2] for name in found(os.curdir).allow_attributes)


@contextmanager
def served(core: Core, host: str, port: int, names: Sequence[str] = ()) -> Generator[Server]:
    """A socket where the API is, and what drives calls.

    Args:
        core: What answers.
        host: The address to listen on, or a name of it.
        port: The port; 0 is a free one.
        names: Under which it is asked, besides ``localhost`` and addresses; events have the first.

    Raises:
        CannotRun: if it cannot be listened there, or what it takes is not installed.
    """
    from callcontrol.emulator.api import API_PATH
    from callcontrol.emulator.control_api import Control

    try:
        from callcontrol.emulator.server import Server
    except ModuleNotFoundError as missing:
        raise CannotRun(f"listening needs {missing.name}: install bxml-callcontrol[emulator]") from None
    server = Server(Control(core, names).handle, host, port)
    try:
        server.__enter__()
    except socket.gaierror:
        raise CannotRun(f"there is no host {host} to listen on") from None
    except OSError as error:
        raise CannotRun(f"{host}:{port} cannot be listened on: {error.strerror}") from None
    try:
        core.base_url = (f"http://{names[0]}:{server.port}" if names else server.url) + API_PATH
        yield server
    finally:
        server.__exit__()


@contextmanager
def when_told_to_end(end: Callable[[], None]) -> Generator[None]:
    """Have something done when somebody interrupts the command, or the system asks it to end."""

    def handle(_: int, __: object) -> None:
        end()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
