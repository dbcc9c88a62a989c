"""The ``emulator`` command: a local emulator of the API, for programs in any language."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import click

from bxml.messages.text import quote
from callcontrol.command import verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.emulator_and_phone import (
    ALLOW_HOST_OPTION,
    CERTIFICATE_OPTION,
    KEY_OPTION,
    MAP_OPTION,
    Address,
    PartyEntry,
    allowed_attributes,
    check_options,
    on_stop_signal,
    port_number,
    refuse_key,
    refuse_streams,
    serve,
)
from callcontrol.command.live_view import LiveView
from callcontrol.command.options import VISIBLE_TO_OTHERS
from callcontrol.command.output import NAME
from callcontrol.command.verbosity import tell, warnings_on_stderr
from callcontrol.request_fields import Field

if TYPE_CHECKING:
    from callcontrol.emulator.in_process_emulator import Core

PORT: Final = 9900
"""Default port of the emulator."""

CREDENTIALS: Final = "CALLCONTROL_CREDENTIALS"
"""Environment variable for the credentials that the emulator accepts."""


def _credentials(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str] | None:
    """Return a mapping from names to secrets, or ``None`` if no credentials were given.

    Raises:
        click.BadParameter: If a value has no name or no secret. The message does not quote the value, which may be a secret.
    """
    pairs = [pair.partition(":") for pair in given]
    if not all(name and secret for name, _, secret in pairs):
        raise click.BadParameter("expected NAME:SECRET, separated by a colon")
    return {name: secret for name, _, secret in pairs} or None


def _speed(_: click.Context, __: click.Parameter, given: str | None) -> float | None:
    """Return the speed as a number, or ``None`` if it was not given.

    Raises:
        click.BadParameter: If the value is not a finite number above 0.
    """
    try:
        speed = None if given is None else float(given)
    except ValueError:
        speed = 0
    if speed is not None and not 0 < speed < float("inf"):
        raise click.BadParameter(f"expected a number above 0, got {quote(given)}")
    return speed


@click.command("emulator", short_help="Run a local emulator of the API.")
@click.option("--application", metavar="URL", help="Base URL for the relative URLs in POST /emulator/calls; default: none.")
@click.option("--host", default="127.0.0.1", metavar="HOST", help="Address to listen on; default: 127.0.0.1.")
@click.option(
    *("--port", "port"),
    default=str(PORT),
    callback=port_number,
    metavar="NUMBER",
    help=f"Port to listen on; 0 picks a free one; default: {PORT}.",
)
@ALLOW_HOST_OPTION
@CERTIFICATE_OPTION
@KEY_OPTION
@click.option("--account", multiple=True, metavar="ID", help="Account id to accept; repeatable; default: any.")
@click.option(
    *("--credential", "credentials"),
    multiple=True,
    envvar=CREDENTIALS,
    callback=_credentials,
    metavar="NAME:SECRET",
    help="User name or client id to accept, and its secret; repeatable; default: any. "
    f"{VISIBLE_TO_OTHERS} {CREDENTIALS} accepts several pairs, separated by spaces.",
)
@click.option(
    "--answers/--no-answers",
    default=True,
    help="Answer each call as soon as it is created, or leave it queued until a request answers it; default: --answers.",
)
@click.option(
    "--speed",
    callback=_speed,
    metavar="NUMBER",
    help="Speed of time as a multiple of real time; default: 1, which is real time.",
)
@click.option(
    "--virtual",
    is_flag=True,
    help="Use virtual time, which advances only with POST /emulator/advance and POST /emulator/calls/ID/expect.",
)
@MAP_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print each timeline entry as JSON.")
@verbosity.options
@click.pass_context
def emulator(context: click.Context, /, *, as_json: bool, **given: Any) -> None:
    """Run a local emulator of the API that runs the BXML of its calls.

    Set the base URL of a client to http://127.0.0.1:9900/api/v2. The emulator sends webhooks to the URLs of each call, and runs
    the BXML in the responses. A phone in the browser, at http://127.0.0.1:9900/, acts as the callers and the called phones. A
    control API does the same for programs; GET http://127.0.0.1:9900/emulator lists what it can do. Everything that happens is
    printed until Ctrl-C.

    The emulator is reachable from this machine only, unless --host is set.
    """
    refuse_options(context)
    if given["virtual"] and given["speed"] is not None:
        raise click.UsageError("--speed and --virtual cannot be combined", context)
    if given["virtual"]:
        refuse_streams(context, given["url_map"], "--virtual")
    refuse_key(context, given["certificate"], given["key"])
    check_options((Field("--application", "url"),), {"--application": given["application"]})
    from callcontrol.emulator.in_process_emulator import (
        Core,  # imported here, because the import takes longer than most requests
    )

    core = Core(
        given["application"],
        accounts=given["account"] or None,
        credentials=given["credentials"],
        answers=given["answers"],
        extra=allowed_attributes(),
        speed=None if given["virtual"] else given["speed"] or 1,
        url_map=given["url_map"],
    )
    core.series = secrets.randbits(32)
    address = Address(**{name: given[name] for name in Address._fields})
    _serve_until_stopped(core, LiveView(as_json=as_json), address)


def _serve_until_stopped(core: Core, view: LiveView, address: Address) -> None:
    """Serve the emulator and print its timeline entries until SIGINT or SIGTERM.

    Raises:
        CannotRun: If the server cannot listen on the address, the certificate cannot be used, or stdout cannot be written.
    """
    inbox: SimpleQueue[PartyEntry | None] = SimpleQueue()
    core.watch(lambda party, entry: inbox.put(PartyEntry(party, entry)))
    with ExitStack() as stack:
        stack.enter_context(warnings_on_stderr())
        stack.enter_context(on_stop_signal(lambda: inbox.put(None)))
        dial = {"url": core._base_of_urls}
        server = stack.enter_context(serve(core, address, dial=dial))
        # Entered last, so that the emulator stops before the server. While the server stops, it waits for open requests, which
        # may wait for time to advance in the emulator.
        stack.enter_context(core)
        # A phone in the browser is not served to other machines.
        phone = "" if server.is_reached_from_elsewhere else f"phone: {server.url}/; "
        view.message(f"API: {core.base_url}; control API: {server.url}/emulator; {phone}press Ctrl-C to stop")
        if server.is_reached_from_elsewhere:
            tell(NAME, "reachable from other machines, which can make the emulator fetch any URL that this machine can reach")
        while (noted := inbox.get()) is not None:
            view.show(*noted)
