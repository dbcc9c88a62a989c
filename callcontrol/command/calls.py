"""``create``, ``get``, ``list``, ``redirect`` and ``hangup``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import click

from callcontrol import call_states, request_fields
from callcontrol.call_models import CallState, MachineDetection
from callcontrol.client import Client
from callcontrol.command.exit_codes import LOOK_FOR_IT, Interrupted
from callcontrol.command.options import count, given, options
from callcontrol.command.output import Record, show, show_done, show_pages
from callcontrol.command.runner import Way, command, perform

DETECTION: Final = "machine-detection-"
"""What the options for machine detection begin with."""


URL: Final = {"redirectUrl": "URL"}
"""The field that is an argument of ``redirect``."""


@command("create", "Put a call into the queue.")
@click.option("--wait", is_flag=True, help="Wait until it is answered, and print its state as well.")
@options(request_fields.CREATE_CALL, Client.create_call, without={"machineDetection"})
@options(request_fields.MACHINE_DETECTION, MachineDetection, prefix=DETECTION)
def create(way: Way, *, wait: bool, **asked: Any) -> None:
    """Put an outbound call into the queue; when it is answered, the answer URL is asked for BXML.

    The new call is printed before anything else happens. It is never created twice: where nobody knows whether it was, the exit
    code is 4.
    """
    detection = given(request_fields.MACHINE_DETECTION, asked, prefix=DETECTION)
    arguments = given(request_fields.CREATE_CALL, asked)
    if detection:
        arguments["machine_detection"] = MachineDetection(**detection)

    def act(client: Client) -> Iterator[Record]:
        try:
            call = client.create_call(**arguments)
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; the call may have been placed: {LOOK_FOR_IT}") from None
        yield call.reply.json()
        if wait:
            yield _as_it_came(client.wait_until_answered(call.call_id))

    perform(way, act, show_done)


@command("get", "Print the state of a call.")
@click.argument("call_id")
@click.option("--wait", is_flag=True, help="Wait until it is answered.")
def get(way: Way, *, call_id: str, wait: bool) -> None:
    """Print what is known of a call, up to seven days after its end; a new one may take a while to be seen."""

    def act(client: Client) -> Iterator[Record]:
        yield _as_it_came(client.wait_until_answered(call_id) if wait else client.get_call_state(call_id))

    perform(way, act, show)


def _as_it_came(state: CallState) -> Record:
    """The object of the API, with all that is in it."""
    data: object = state.reply.json()
    (record,) = cast("list[Record]", data) if isinstance(data, list) else (cast("Record", data),)
    return record


@command("list", "List calls.")
@options(request_fields.LIST_CALLS, Client.list_calls)
@click.option("--state", metavar="|".join(call_states.NEXT), help="Only calls in this state, of those that the API lists.")
@click.option("--limit", callback=count, metavar="NUMBER", help="At most so many calls.")
def list_(way: Way, *, state: str | None, limit: int | None, **asked: Any) -> None:
    """List the calls of the last seven days, oldest first, page after page.

    In JSON each call is an object on a line of its own, written as soon as its page is there.
    """
    filters = given(request_fields.LIST_CALLS, asked)

    def act(client: Client) -> Iterator[list[Record]]:
        calls, left = client.list_calls(**filters), limit
        for page in calls.pages():
            found = zip(page, calls.reply.json(), strict=True)
            rows: list[Record] = [row for call, row in found if state in {None, call.state}][:left]
            yield rows
            if left is not None:
                left -= len(rows)
                if not left:
                    return

    perform(way, act, show_pages)


@command("redirect", "Have a call go on with the BXML of a URL.")
@click.argument("call_id")
@click.argument("url")
@options(request_fields.UPDATE_CALL, Client.update_call, without={"state"}, arguments=URL)
@click.option("--repeat", is_flag=True, help="Ask again where it may have been done already: the caller may hear it twice.")
def redirect(way: Way, *, call_id: str, url: str, repeat: bool, **asked: Any) -> None:
    """Interrupt a call, and have it go on with the BXML of a URL.

    The answer comes before the URL is asked: what goes wrong with it shows in the disconnect event only.
    """
    arguments = given(request_fields.UPDATE_CALL, {**asked, "redirect_url": url}, spelled=URL)

    def act(client: Client) -> Iterator[Record]:
        client.update_call(call_id, **arguments, repeat=repeat)
        yield {"callId": call_id, "outcome": "redirected"}

    perform(way, act, show_done)


@command("hangup", "End a call.")
@click.argument("call_id")
def hangup(way: Way, *, call_id: str) -> None:
    """End a call, cancel it while it rings, or take it out of the queue. One that is over already is no mistake."""

    def act(client: Client) -> Iterator[Record]:
        client.hang_up(call_id)
        yield {"callId": call_id, "outcome": "ended"}

    perform(way, act, show_done)
