"""Code that ``emulator`` and ``phone`` share: the server, the checks of options, and the handling of signals."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.configuration import found
from bxml.messages.text import quote
from callcontrol.command import verbosity
from callcontrol.request_fields import HIGHEST_PORT, Field, faults

if TYPE_CHECKING:
    from callcontrol.emulator.call_or_conference import Party
    from callcontrol.emulator.in_process_emulator import Core
    from callcontrol.emulator.server import Certificate, Server
    from callcontrol.emulator.timeline import Entry


VENDOR_DOMAIN: Final = "bandwidth.com"
"""The domain of the vendor's hosts."""


class PartyEntry(NamedTuple):
    """A new timeline entry, and the call or conference that it belongs to."""

    party: Party
    entry: Entry


def port_number(_: click.Context, __: click.Parameter, given: str | None) -> int | None:
    """Return an option's value as a port number, or ``None`` if it was not given.

    Raises:
        click.BadParameter: If the value is not an integer from 0 to 65535.
    """
    # Six digits show that a number is too large, and int() refuses strings of thousands of digits.
    if given is not None and not (given.isascii() and given.isdigit() and int(given[:6]) <= HIGHEST_PORT):
        raise click.BadParameter(f"expected an integer from 0 to {HIGHEST_PORT}, got {quote(given)}; 0 picks a free port")
    return None if given is None else int(given)


def url_map(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """Return the replacements for the beginnings of URLs.

    Raises:
        click.BadParameter: If a value is not URL=URL, or two replacements are for the same URL.
    """
    pairs = [_pair(value) for value in given]
    if pairs:
        # Imported here, because the import takes longer than most requests.
        from callcontrol.emulator.url_map import check_url_map

        try:
            check_url_map(pairs)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return dict(pairs)


def _pair(value: str) -> tuple[str, str]:
    """Return the two URLs of a replacement; the second one is empty if there is only one. A password may contain "="."""
    found = re.search("=(?=(?:http|ws)s?://|[^@=]*$)", value, re.IGNORECASE)
    return (value[: found.start()], value[found.end() :]) if found else (value, "")


MAP_OPTION: Final = click.option(
    *("--map", "url_map"),
    multiple=True,
    callback=url_map,
    metavar="URL=URL",
    help="Send the webhooks or media streams for one URL to another: https://app.example=http://localhost:5000. Repeatable.",
)
"""The option that replaces the beginnings of URLs."""


ALLOW_HOST_OPTION: Final = click.option(
    *("--allow-host", "host_names"),
    multiple=True,
    metavar="NAME",
    help="Host name that clients may use besides localhost; repeatable. URLs in events contain the first one; without "
    "--certificate, they never contain a host name of Bandwidth.",
)
"""The option for the host names that the server accepts."""

CERTIFICATE_OPTION: Final = click.option(
    "--certificate",
    metavar="FILE",
    help="PEM file with the certificate of an HTTPS server, for applications that use fixed https URLs; default: HTTP.",
)
"""The option for the certificate of the server."""

KEY_OPTION: Final = click.option(
    "--key", metavar="FILE", help="PEM file with the private key of --certificate; default: the file of --certificate."
)
"""The option for the private key of the server."""


def refuse_key(context: click.Context, certificate: str | None, key: str | None) -> None:
    """Refuse a private key without a certificate.

    Raises:
        click.UsageError: If there is only a private key.
    """
    if key is not None and certificate is None:
        raise click.UsageError("--key requires --certificate", context)


class Address(NamedTuple):
    """The address, the host names and the certificate of the server.

    Attributes:
        port: The port; 0 picks a free one.
        host_names: Names allowed in the Host header besides ``localhost`` and addresses.
        certificate: The PEM file of the certificate; ``None`` for HTTP.
        key: The PEM file of the private key; ``None`` if ``certificate`` contains it.
        host: The address to listen on, or a host name that resolves to it.
    """

    port: int
    host_names: Sequence[str] = ()
    certificate: str | None = None
    key: str | None = None
    host: str = "127.0.0.1"


def refuse_streams(context: click.Context, prefixes: Mapping[str, str], option: str) -> None:
    """Refuse replacements for media streams in virtual time, because such streams are on the network.

    Args:
        context: The context of the command.
        prefixes: Replacements for the beginnings of URLs.
        option: The option for virtual time.

    Raises:
        click.UsageError: If there is a replacement for media streams.
    """
    if prefixes:
        from callcontrol.emulator.url_map import has_streams

        if has_streams(prefixes):
            raise click.UsageError(f"{option} and --map with a ws or wss URL cannot be combined", context)


def check_options(table: tuple[Field, ...], given: dict[str, Any]) -> None:
    """Check the values of options. A value of ``None`` means that the option was not given.

    Raises:
        CannotRun: If a value is invalid; the message lists every fault.
    """
    wrong = list(faults(table, {name: value for name, value in given.items() if value is not None}))
    if wrong:
        raise CannotRun("; ".join(wrong))


def allowed_attributes() -> frozenset[str]:
    """Return the attributes that the configuration of ``bxml validate`` allows although the schema does not have them.

    Raises:
        CannotRun: If the configuration cannot be read.
    """
    return frozenset(name.rpartition("@")[2] for name in found(os.curdir).allow_attributes)


@contextmanager
def serve(core: Core, address: Address, *, dial: Mapping[str, Any] = MappingProxyType({})) -> Generator[Server]:
    """Serve the API, the control API and the phone in the browser over HTTP during a ``with`` block.

    The phone is served only if other machines cannot reach the server. URLs in events contain the first host name. Without a
    certificate, they never contain a host name of the vendor: an application would send it credentials without encryption.

    Args:
        core: The emulator that responds.
        address: The address of the server.
        dial: The fields that the phone in the browser sends by default when it makes a call.

    Raises:
        CannotRun: If the server cannot listen on the address, cannot use the certificate, or is not installed.
    """
    from callcontrol.emulator.control_api import Control
    from callcontrol.operation_table import API_PATH

    try:
        from callcontrol.emulator.server import Certificate, Server
    except ModuleNotFoundError as missing:
        raise CannotRun(f"{missing.name} is not installed; run pip install 'bxml-callcontrol[emulator]'") from None
    control = Control(core, address.host_names, dial)
    tls = None if address.certificate is None else Certificate(address.certificate, address.key)
    handle = verbosity.printing_requests(control.handle) if verbosity.is_verbose() else control.handle
    server = Server(handle, address.host, address.port, tls)
    _check(tls)
    _start(server, address.host, address.port)
    control.has_phone = not server.is_reached_from_elsewhere
    try:
        names = [name for name in address.host_names if tls is not None or not _is_vendor(name)]
        core.base_url = (server.url_of(names[0]) if names else server.url) + API_PATH
        yield server
    finally:
        server.__exit__()


def _is_vendor(host: str) -> bool:
    return f".{host.lower()}".endswith(f".{VENDOR_DOMAIN}")


def _check(certificate: Certificate | None) -> None:
    try:
        if certificate is not None:
            certificate.check()
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _start(server: Server, host: str, port: int) -> None:
    try:
        server.__enter__()
    except socket.gaierror:
        raise CannotRun(f"cannot listen on {host}: the host name does not resolve to an address") from None
    except OSError as error:
        raise CannotRun(f"cannot listen on {host}:{port}: {error.strerror}") from None


@contextmanager
def on_stop_signal(stop: Callable[[], None]) -> Generator[None]:
    """Call a function on SIGINT (Ctrl-C) and SIGTERM during a ``with`` block, in place of the usual handlers.

    Args:
        stop: Function that is called for each signal, in the main thread.
    """

    def handle(_: int, __: object) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
