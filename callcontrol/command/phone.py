"""The ``phone`` command: call an application from the terminal, or be called by it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.standard_streams import tell, write
from bxml.messages.redaction import redact_urls
from bxml.messages.text import join_names, quote
from callcontrol.command import verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.api_command import format_request
from callcontrol.command.browser_phone import serve_phone
from callcontrol.command.call_summary import NORMAL_CAUSES, failed_feeds, failures, summary
from callcontrol.command.conversation import Conversation, Inbox
from callcontrol.command.emulator import PORT
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
from callcontrol.command.exit_codes import DONE, REFUSED
from callcontrol.command.keyboard import HangUp, Keyboard
from callcontrol.command.live_view import LiveView, short_id
from callcontrol.command.output import NAME
from callcontrol.command.own_phone import OwnPhone
from callcontrol.command.verbosity import warnings_on_stderr
from callcontrol.request_fields import Field

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.in_process_emulator import Core
    from callcontrol.http_messages import Request

OPTIONS: Final = {
    "URL": (Field("URL", "url"), "url"),
    "--to": (Field("--to", "phone or sip"), "to"),
    "--from": (Field("--from", "caller"), "from_"),
    "--fallback-url": (Field("--fallback-url", "url"), "fallback_url"),
    "--status-url": (Field("--status-url", "url"), "status_url"),
}
"""For each option of the call, by its name: the field that describes its valid values, and its parameter name."""

ANSWER: Final = Field("--answer", "phone or sip")
"""The field that describes the valid values of ``--answer``."""

CALLER: Final = "+12125550123"
"""Default number of the caller."""

OWN: Final = "me"
"""The reaction that says that the person holds this phone too."""

HELP: Final = (
    'press 0-9 * # as on a phone; a letter or " begins speech, Enter says it; Ctrl-B shows the last document in full; '
    "Tab takes the next phone; Ctrl-D hangs up this phone, Ctrl-C all"
)
"""Help for the keys that work on a terminal."""


def _phones(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """Return a mapping from the numbers of other phones to their reactions.

    Raises:
        click.BadParameter: If a value is not NUMBER=REACTION.
    """
    if not given:
        return {}
    from callcontrol.emulator.phones import REACTIONS, check_number  # imported here, as in _run_phones

    words = (*REACTIONS, OWN)
    # Split at the last equals sign, because a SIP URI can contain equals signs.
    pairs = [(number, reaction) for number, _equals, reaction in (pair.rpartition("=") for pair in given)]
    for pair, (number, reaction) in zip(given, pairs, strict=True):
        if not number or reaction not in words:
            raise click.BadParameter(f"{quote(pair)} is not NUMBER=REACTION; the reactions are {', '.join(words)}")
        try:
            check_number(number)
        except ValueError as error:
            raise click.BadParameter(f"{number}: {error}") from None
    return dict(pairs)


@click.command("phone", short_help="Call an application, or be called by it, and act as the person on the phone.")
@click.argument("url", required=False)
@click.option(
    "--answer", metavar="NUMBER|SIP", help="Wait until the application calls this number, then answer; default: call the URL."
)
@click.option("--to", metavar="NUMBER|SIP", help="Called number; default: +19195550100.")
@click.option(
    *("--from", "from_"),
    metavar="NUMBER|SIP|WORD",
    help="Number of the caller, or Private, Restricted, Anonymous or Unavailable; default: +12125550123.",
)
@click.option("--method", type=click.Choice(["GET", "POST"]), help="HTTP method of the request to URL; default: POST.")
@click.option(
    "--fallback-url", metavar="URL", help="Fallback URL, which is requested if the request to URL fails; default: none."
)
@click.option("--status-url", metavar="URL", help="URL that receives the disconnect event; default: none.")
@click.option(
    *("--phone", "phones"),
    multiple=True,
    callback=_phones,
    metavar="NUMBER=REACTION",
    help="Reaction of a called number, such as is-busy. With me, you answer that number. Repeatable; default: answers.",
)
@click.option(
    "--fast",
    is_flag=True,
    help="Use virtual time: the call pauses only where it waits for the caller. "
    "Not with --answer, --browser or a media stream in --map, which need real time.",
)
@click.option(
    "--port",
    callback=port_number,
    metavar="NUMBER",
    help=f"Also serve the API on this port; 0 picks a free one; default: none, or {PORT} with --answer.",
)
@ALLOW_HOST_OPTION
@CERTIFICATE_OPTION
@KEY_OPTION
@click.option("--bxml", "prints_whole_documents", is_flag=True, help="Print each document in full, not only its first lines.")
@click.option(
    "--browser",
    is_flag=True,
    help="Serve a phone in the browser until Ctrl-C. Make the call there, or wait for it with --answer.",
)
@MAP_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print each timeline entry as JSON.")
@click.option("--dry-run", is_flag=True, help="Print the first request, and send nothing.")
@verbosity.options
@click.pass_context
def phone(  # noqa: PLR0913  one argument for each option that is not a field of the call
    context: click.Context,
    /,
    *,
    answer: str | None,
    phones: dict[str, str],
    fast: bool,
    port: int | None,
    host_names: Sequence[str],
    certificate: str | None,
    key: str | None,
    prints_whole_documents: bool,
    browser: bool,
    url_map: dict[str, str],
    as_json: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Call the application at URL, and act as the caller; or wait for its call with --answer.

    Prints each webhook, the BXML in its response, each verb with the input that it accepts, and what is spoken and played.

    On a terminal, typing 0-9, * or # presses the key immediately; a letter or a quote (") begins speech, and Enter says it. The
    last line shows which keys have an effect now, and for how long. Ctrl-B prints the last document in full. Tab takes the next
    phone, if there are several. Ctrl-D hangs up one phone, and Ctrl-C hangs up all phones.

    With --browser, a page in the browser is the phone. The command prints the address of the page. With --browser and --answer,
    a call to the number is answered automatically, and the page shows it.

    If stdin is a pipe or a file, the command takes one line of input whenever a call listens. Keys and spaces are pressed; a
    line with a letter or in quotes is said; an empty line means silence until the prompt times out; /play FILE plays a sound to
    a media stream or a recording; /wait SECONDS waits; /hang-up hangs up. A line that begins with the number of a phone and a
    colon is for that phone. After the last line the person stays silent once, then hangs up at the next prompt, when a media
    stream has been silent for five seconds, or after a minute in a loop. Lines that have no effect are reported on stderr.

    Exit codes: 0 if the call ended normally, also if the caller hung up; 1 if a call ended with an error, such as invalid BXML,
    if the application failed to handle an event, if a media stream or a transcription was rejected or ended with an error, or
    if a line of input is invalid; 2 if there was no call. With --fast, streams are not connected over the network, which is not
    an error.
    """
    refuse_options(context)
    refuse_key(context, certificate, key)
    if (host_names or certificate) and port is None and answer is None and not browser:
        option = "--allow-host" if host_names else "--certificate"
        raise click.UsageError(f"{option} requires --port, which serves the API", context)
    _check_direction(context, answer, given, is_dry_run=dry_run)
    if fast and answer is not None:
        message = "--fast and --answer cannot be combined, because the application makes the call in real time"
        raise click.UsageError(message, context)
    if fast and browser:
        raise click.UsageError("--fast and --browser cannot be combined, because the page speaks in real time", context)
    if fast:
        refuse_streams(context, url_map, "--fast")
    check_options(
        (*(field for field, _ in OPTIONS.values()), ANSWER),
        {**{name: given[parameter] for name, (_, parameter) in OPTIONS.items()}, ANSWER.name: answer},
    )
    arguments = {parameter: value for parameter, value in given.items() if value is not None}
    if dry_run:
        write(format_request(_first_request(arguments), as_json=as_json))
        return
    view = LiveView(as_json=as_json, is_detailed=True, prints_whole_documents=prints_whole_documents, virtual_option="--fast")
    default = PORT if answer is not None else 0 if browser else None
    port = default if port is None else port
    address = None if port is None else Address(port, host_names, certificate, key)
    if browser:
        assert address is not None
        serve_phone(_core(phones, url_map, is_fast=False), arguments, view, address, answer)
        return
    sys.exit(_run_phones(arguments, Setup(answer, phones, url_map, address, fast), view))


def _check_direction(context: click.Context, answer: str | None, given: dict[str, Any], *, is_dry_run: bool) -> None:
    """Check that the command line has either a URL, or ``--answer`` without the options of a call.

    Raises:
        click.UsageError: If there are both a URL and ``--answer``, or neither, or ``--answer`` with an option of a call.
    """
    if answer is None:
        if given["url"] is None:
            raise click.UsageError("missing argument 'URL'; give the URL of an application, or --answer NUMBER", context)
        return
    names = {**{parameter: name for name, (_, parameter) in OPTIONS.items()}, "method": "--method"}
    unused = [name for parameter, name in names.items() if given[parameter] is not None]
    unused += ["--dry-run"] if is_dry_run else []
    if unused:
        raise click.UsageError(f"{join_names(unused)} cannot be used with --answer: the application makes the call", context)


def _first_request(arguments: dict[str, Any]) -> Request:
    """Return the request of the initiate event. The call uses an application inside this process, so nothing is sent."""
    from callcontrol.emulator.in_process_emulator import Core
    from callcontrol.emulator.webhook_requests import Target

    def application(_: object, start_response: Any) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    core = Core(application)
    call = _dial(core, arguments)
    core.run()
    event = next(entry for entry in call.timeline if entry.kind == "event")
    return Target(event.details["url"], event.details["method"]).request(event.content)


def _dial(core: Core, arguments: dict[str, Any]) -> Call:
    """Make the call.

    Raises:
        CannotRun: If the emulator rejects an argument.
    """
    try:
        return core.dial(**arguments)
    except ValueError as error:
        raise CannotRun(str(error)) from None


class Setup(NamedTuple):
    """The options that belong to the emulator, not to the call.

    Attributes:
        answered: The number to which the application makes the call; ``None`` to call the application.
        phones: The reactions of other phones, by their numbers.
        url_map: Replacements for the beginnings of URLs.
        address: The address of the API; ``None`` for no server.
        is_fast: True for virtual time.
    """

    answered: str | None
    phones: dict[str, str]
    url_map: dict[str, str]
    address: Address | None
    is_fast: bool

    @property
    def own_numbers(self) -> list[str]:
        """The numbers of the phones that the person answers."""
        own = [number for number, reaction in self.phones.items() if reaction == OWN]
        return own if self.answered is None else [self.answered, *own]


def _core(phones: dict[str, str], url_map: dict[str, str], *, is_fast: bool) -> Core:
    """Return an emulator with these reactions of phones and replacements for URLs."""
    from callcontrol.emulator.in_process_emulator import (
        Core,  # imported here, because the import takes longer than most requests
    )
    from callcontrol.emulator.phones import REACTIONS, Phone

    core = Core(speed=None if is_fast else 1, extra=allowed_attributes(), url_map=url_map)
    for number, reaction in phones.items():
        REACTIONS.get(reaction, Phone.answers)(core.phone(number))
    return core


def _run_phones(arguments: dict[str, Any], setup: Setup, view: LiveView) -> int:
    """Make a call or wait for a call, run the call to its end, and return the exit code.

    Raises:
        CannotRun: If there was no call.
    """
    core = _core(setup.phones, setup.url_map, is_fast=setup.is_fast)
    inbox: Inbox = SimpleQueue()
    # Entries are put into a queue and printed later, because the emulator waits until this function returns.
    core.watch(lambda party, entry: inbox.put(PartyEntry(party, entry)))
    with ExitStack() as stack:
        stack.enter_context(warnings_on_stderr())
        stack.enter_context(on_stop_signal(_hang_up_on_signal(inbox)))
        if setup.address is not None:
            server = stack.enter_context(serve(core, setup.address))
            view.message(f"API: {core.base_url}; control API: {server.url}/emulator")
        stack.enter_context(core)
        caller = [arguments.get("from_", CALLER)] if setup.answered is None else []
        keyboard = stack.enter_context(Keyboard(inbox.put, [*caller, *setup.own_numbers]))
        if keyboard.is_interactive:
            view.message(HELP)
            view.hint = "Ctrl-B shows them"
        conversation = Conversation(core, view, inbox, own_numbers=setup.own_numbers, is_interactive=keyboard.is_interactive)
        if setup.answered is None:
            call = _dial(core, arguments)
            conversation.take(OwnPhone(call.from_, call))
            view.message(f"calling {redact_urls(arguments['url'])} from {call.from_} to {call.to}; call id: {call.call_id}")
        else:
            view.message(f"waiting for a call to {setup.answered}; Ctrl-C ends the wait")
        conversation.run()
    if not conversation.phones:
        raise CannotRun(f"no call to {setup.answered} was made")
    code = _report_end([phone.call for phone in conversation.phones], core, view)
    return REFUSED if conversation.has_invalid_lines else code


def _hang_up_on_signal(inbox: Inbox) -> Callable[[], None]:
    """Return a signal handler: the first signal hangs up, the next one interrupts the command immediately."""
    signals = 0

    def handle() -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            raise KeyboardInterrupt
        inbox.put(HangUp())

    return handle


def _report_end(own: list[Call], core: Core, view: LiveView) -> int:
    """Print the summary of each call of the person and, for an error, its cause; return the exit code.

    Raises:
        CannotRun: If the application never responded, so that there was no call.
    """
    first = own[0]
    if first.disconnect_cause == "callback-error" and "answer" not in {entry.kind for entry in first.timeline}:
        reason = first.timeline.texts("problem")[-1]
        raise CannotRun(f"the application did not respond: {reason}")
    for call in own:
        view.message("")
        for line in summary(call):
            view.message(line)
    errors = [
        _error(call, is_first=call is first) for call in core.calls if call.disconnect_cause not in {None, *NORMAL_CAUSES}
    ]
    if not errors:
        parties = [*core.calls, *core.conferences]
        failed = failures(parties)
        events = "event" if len(failed) == 1 else f"{len(failed)} events"
        errors = [f"the application failed to handle the {events} {join_names(failed)}"] if failed else []
        errors += failed_feeds(parties)
    for error in errors:
        tell(NAME, error)
    return REFUSED if errors else DONE


def _error(call: Call, *, is_first: bool) -> str:
    subject = "the call" if is_first else f"call {short_id(call.call_id)}"
    return f"{subject} ended with {call.disconnect_cause}: {redact_urls(call.error_message or 'no error message')}"
