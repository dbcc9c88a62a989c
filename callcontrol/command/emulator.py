"""``emulator``: the vendor's platform on this machine, for programs in whatever language."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any, Final

import click

from bxml.command.console import tell
from callcontrol.command.account import refuse_options
from callcontrol.command.live_view import Screen
from callcontrol.command.options import CAN_BE_SEEN
from callcontrol.command.output import NAME
from callcontrol.command.runner import warnings_told
from callcontrol.command.serving import Noted, allowed_attributes, port_number, refuse_faults, served, when_told_to_end
from callcontrol.request_fields import Field

PORT: Final = 9900
"""Where it listens unless told otherwise."""

CREDENTIALS: Final = "CALLCONTROL_CREDENTIALS"
"""The variable of the environment that has credentials."""


def _pairs(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str] | None:
    """Secrets by their names; none is repeated if something is wrong."""
    pairs = [pair.partition(":") for pair in given]
    if not all(name and secret for name, _, secret in pairs):
        raise click.BadParameter("it is a name and a secret with a colon between them")
    return {name: secret for name, _, secret in pairs} or None


def _speed(_: click.Context, __: click.Parameter, given: str | None) -> float | None:
    try:
        speed = None if given is None else float(given)
    except ValueError:
        speed = 0
    if speed is not None and not 0 < speed < float("inf"):
        raise click.BadParameter("it is a number above 0")
    return speed


@click.command("emulator", short_help="Be the API on this machine, and let calls live.")
@click.option("--application", metavar="URL", help="What the URLs of a call are relative to that POST /emulator/calls makes.")
@click.option("--host", default="127.0.0.1", metavar="HOST", help="The address to listen on; by default 127.0.0.1.")
@click.option(
    *("--port", "port"),
    default=str(PORT),
    callback=port_number,
    metavar="NUMBER",
    help=f"The port to listen on; by default {PORT}, and 0 is a free one.",
)
@click.option("--allow-host", multiple=True, metavar="NAME", help="A name under which it is asked, besides localhost.")
@click.option("--account", multiple=True, metavar="ID", help="An account that exists; by default any does.")
@click.option(
    *("--credential", "credentials"),
    multiple=True,
    envvar=CREDENTIALS,
    callback=_pairs,
    metavar="NAME:SECRET",
    help="A user or client id that has access, and its secret; by default any. "
    f"{CAN_BE_SEEN} Instead {CREDENTIALS} takes several, with spaces between them.",
)
@click.option("--answers/--no-answers", default=True, help="Whether a call is answered at once, or waits to be told.")
@click.option("--speed", callback=_speed, metavar="NUMBER", help="How fast time goes; by default 1, which is real time.")
@click.option("--virtual", is_flag=True, help="Time goes only when POST /emulator/advance, or a call's expect, moves it.")
@click.option("--json", "as_json", is_flag=True, help="Write what happens in JSON.")
@click.pass_context
def emulator(context: click.Context, /, *, as_json: bool, **given: Any) -> None:
    """Be the API on this machine, and let the calls live that are made by it.

    A client uses it with http://127.0.0.1:9900/api/v2 as its base URL. Webhooks are sent where a call says, and BXML is run.
    Callers and phones are driven over HTTP as well: GET http://127.0.0.1:9900/emulator lists how. What happens is written as
    it does, until Ctrl-C.

    It listens on this machine only, unless --host says otherwise.
    """
    refuse_options(context)
    if given["virtual"] and given["speed"] is not None:
        raise click.UsageError("--speed and --virtual exclude each other", context)
    refuse_faults((Field("--application", "url"),), {"--application": given["application"]})
    from callcontrol.emulator.core import Core  # only here, for its import takes longer than most requests

    core = Core(
        given["application"],
        accounts=given["account"] or None,
        credentials=given["credentials"],
        answers=given["answers"],
        extra=allowed_attributes(),
        speed=None if given["virtual"] else given["speed"] or 1,
    )
    inbox: SimpleQueue[Noted | None] = SimpleQueue()
    core.watch(lambda who, entry: inbox.put(Noted(who, entry)))
    screen = Screen(as_json=as_json)
    with ExitStack() as stack:
        stack.enter_context(warnings_told())
        stack.enter_context(when_told_to_end(lambda: inbox.put(None)))
        server = stack.enter_context(served(core, given["host"], given["port"], given["allow_host"]))
        stack.enter_context(core)  # which ends first, so that no request waits for time to go on
        screen.say(f"the API is at {core.base_url}; what drives calls is at {server.url}/emulator; Ctrl-C ends both")
        if server.is_reached_from_elsewhere:
            tell(NAME, "other machines reach this, and whoever does can have it ask any URL that this machine reaches")
        while (noted := inbox.get()) is not None:
            screen.show(*noted)
