"""The commands ``conference bxml``, ``conference redirect`` and ``conference end``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import click

from bxml.command.files import STDIN
from callcontrol import request_fields
from callcontrol.client import Client
from callcontrol.command import verbosity
from callcontrol.command.api_command import Invocation, command, execute
from callcontrol.command.calls import URL
from callcontrol.command.options import checked_id, options, request_arguments
from callcontrol.command.output import show_outcome
from callcontrol.command.pushed_document import Rules, read_valid_document, rule_options
from callcontrol.command.terminal_tables import Record

ID: Final = "CONFERENCE_ID"
"""Name of the argument for the id of a conference, in the help and in messages."""


@click.group("conference", short_help="Control conferences.", no_args_is_help=False)
@verbosity.options
def conference() -> None:
    """Push BXML into a conference, redirect it, or end it.

    CONFERENCE_ID is the id of the conference, not its name. The events of a conference contain its id. The API cannot list
    conferences.
    """


@command("bxml", "Push BXML into a conference.")
@click.argument("conference_id", metavar=ID)
@click.argument("path", required=False, default=STDIN, metavar="[FILE]")
@rule_options(conference=True)
@click.option(
    "--repeat", is_flag=True, help="Retry even if the document may already have arrived; the members may hear it twice."
)
def bxml(  # noqa: PLR0913  one argument for each option
    invocation: Invocation, *, conference_id: str, path: str, select: list[str], ignore: list[str], repeat: bool
) -> None:
    """Push the document in FILE, or on stdin, into a conference. All members hear it, after earlier documents.

    An invalid document is rejected with the report of bxml validate --context conference, and nothing is sent. A relative URL
    is an error, because a pushed document has no base URL. To push such a document, use --ignore relative-url.
    """
    checked_id(conference_id, ID, "conference")
    document = read_valid_document(path, Rules(tuple(select), tuple(ignore)), conference=True)

    def operation(client: Client) -> Iterator[Record]:
        client.update_conference_bxml(conference_id, document.content, **document.rules._asdict(), repeat=repeat)
        yield {"conferenceId": conference_id, "outcome": "delivered"}

    execute(invocation, operation, show_outcome)


@command("redirect", "Redirect a conference to the BXML of a URL.")
@click.argument("conference_id", metavar=ID)
@click.argument("url")
@options(request_fields.UPDATE_CONFERENCE, Client.update_conference, without={"status"}, arguments=URL)
@click.option(
    "--repeat",
    is_flag=True,
    help="Retry even if the conference may have been redirected; the members may hear the BXML twice.",
)
def redirect(invocation: Invocation, *, conference_id: str, url: str, repeat: bool, **values: Any) -> None:
    """Continue a conference with the BXML of a URL, which all members hear.

    The API responds before it sends the request to the URL, so it does not report an error of the URL.
    """
    checked_id(conference_id, ID, "conference")
    arguments = request_arguments(request_fields.UPDATE_CONFERENCE, {**values, "redirect_url": url}, spelled=URL)

    def operation(client: Client) -> Iterator[Record]:
        client.update_conference(conference_id, **arguments, repeat=repeat)
        yield {"conferenceId": conference_id, "outcome": "redirected"}

    execute(invocation, operation, show_outcome)


@command("end", "End a conference.")
@click.argument("conference_id", metavar=ID)
def end(invocation: Invocation, *, conference_id: str) -> None:
    """End a conference. Each member continues with the verb after its Conference verb.

    Exits with code 3 if the conference has already ended, because the API does not distinguish it from an unknown conference.
    """
    checked_id(conference_id, ID, "conference")

    def operation(client: Client) -> Iterator[Record]:
        client.update_conference(conference_id, status="completed")
        yield {"conferenceId": conference_id, "outcome": "ended"}

    execute(invocation, operation, show_outcome)


for each in (bxml, redirect, end):
    conference.add_command(each)
