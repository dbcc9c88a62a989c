"""The ``phone`` command: call an application from the terminal."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.standard_streams import tell, write
from bxml.messages.redaction import redact_urls
from bxml.messages.text import quote
from callcontrol import call_states
from callcontrol.command import verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.api_command import format_request
from callcontrol.command.emulator_and_phone import (
    MAP_OPTION,
    PartyEntry,
    allowed_attributes,
    check_options,
    on_stop_signal,
    port_number,
    serve,
)
from callcontrol.command.exit_codes import DONE, REFUSED
from callcontrol.command.keyboard import Draft, EndOfInput, HangUp, Input, InvalidLine, Keyboard, Press, Say, Silence
from callcontrol.command.live_view import LiveView
from callcontrol.command.output import NAME
from callcontrol.command.verbosity import warnings_on_stderr
from callcontrol.request_fields import Field

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.in_process_emulator import Core
    from callcontrol.http_messages import Request

OPTIONS: Final = {
    "URL": (Field("URL", "url", required=True), "url"),
    "--to": (Field("--to", "phone or sip"), "to"),
    "--from": (Field("--from", "phone or sip"), "from_"),
    "--fallback-url": (Field("--fallback-url", "url"), "fallback_url"),
    "--status-url": (Field("--status-url", "url"), "status_url"),
}
"""For each option of the call, by its name: the field that describes its valid values, and its parameter name."""

NORMAL_CAUSES: Final = frozenset({"hangup", "busy", "timeout", "cancel", "rejected"})
"""Disconnect causes for which the exit code is 0; every other cause is an error."""

PROMPT_KINDS: Final = frozenset({"spoken", "played"})
"""Kinds of timeline entries that are prompts."""

TURN_KINDS: Final = frozenset({"verb", "gathered", "event"})
"""Kinds of timeline entries after which the caller takes the next line of input."""

POLL_SECONDS: Final = 0.05
"""Seconds of real time between two checks of the call's state while the queue is empty."""

FINAL_WEBHOOK_SECONDS: Final = 5.0
"""Seconds of real time to wait for the last webhooks after the end of a call."""


def _phones(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """Return a mapping from the numbers of other phones to their reactions.

    Raises:
        click.BadParameter: If a value is not NUMBER=REACTION.
    """
    if not given:
        return {}
    from callcontrol.emulator.phones import REACTIONS, check_number  # imported here, as in _run_call

    # Split at the last equals sign, because a SIP URI can contain equals signs.
    pairs = [(number, reaction) for number, _equals, reaction in (pair.rpartition("=") for pair in given)]
    for pair, (number, reaction) in zip(given, pairs, strict=True):
        if not number or reaction not in REACTIONS:
            raise click.BadParameter(f"{quote(pair)} is not NUMBER=REACTION; the reactions are {', '.join(REACTIONS)}")
        try:
            check_number(number)
        except ValueError as error:
            raise click.BadParameter(f"{number}: {error}") from None
    return dict(pairs)


@click.command("phone", short_help="Call an application, and act as the caller.")
@click.argument("url")
@click.option("--to", metavar="NUMBER|SIP", help="Called number; default: +19195550100.")
@click.option("--from", "from_", metavar="NUMBER|SIP", help="Number of the caller; default: +12125550123.")
@click.option(
    "--method", type=click.Choice(["GET", "POST"]), default="POST", help="HTTP method of the request to URL; default: POST."
)
@click.option(
    "--fallback-url", metavar="URL", help="Fallback URL, which is requested if the request to URL fails; default: none."
)
@click.option("--status-url", metavar="URL", help="URL that receives the disconnect event; default: none.")
@click.option(
    *("--phone", "phones"),
    multiple=True,
    callback=_phones,
    metavar="NUMBER=REACTION",
    help="How another number reacts to a call, such as is-busy; repeatable; default: answers.",
)
@click.option("--fast", is_flag=True, help="Use virtual time: the call pauses only where it waits for the caller.")
@click.option("--port", callback=port_number, metavar="NUMBER", help="Also serve the API on this port; 0 picks a free one.")
@MAP_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print each timeline entry as JSON.")
@click.option("--dry-run", is_flag=True, help="Print the first request, and send nothing.")
@verbosity.options
@click.pass_context
def phone(  # noqa: PLR0913  one argument for each option that is not a field of the call
    context: click.Context,
    /,
    *,
    phones: dict[str, str],
    fast: bool,
    port: int | None,
    stream_map: dict[str, str],
    as_json: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Call the application at URL, and act as the caller.

    Prints what the application says and plays, and each webhook. On a terminal, typing 0-9, * or # presses the key immediately;
    a letter begins speech, and Enter says it. Ctrl-C or Ctrl-D hangs up.

    From a pipe or a file, one line is taken whenever the call listens: a line that begins with a letter is said, an empty line
    means silence until the prompt times out, and any other line is pressed as keys. After the last line the caller stays silent
    once, then hangs up at the next prompt.

    Exit codes: 0 if the call ended normally, also if the caller hung up; 1 if it ended with an error, such as invalid BXML; 2
    if the call could not be made.
    """
    refuse_options(context)
    if fast and port is not None:
        raise click.UsageError("--fast and --port cannot be combined", context)
    if fast and stream_map:
        raise click.UsageError("--fast and --map cannot be combined", context)
    check_options(
        tuple(field for field, _ in OPTIONS.values()), {name: given[parameter] for name, (_, parameter) in OPTIONS.items()}
    )
    arguments = {parameter: value for parameter, value in given.items() if value is not None}
    if dry_run:
        write(format_request(_first_request(arguments), as_json=as_json))
        return
    sys.exit(_run_call(arguments, phones, LiveView(as_json=as_json), port, stream_map, is_fast=fast))


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


def _run_call(  # noqa: PLR0913  one argument for each option
    arguments: dict[str, Any],
    phones: dict[str, str],
    view: LiveView,
    port: int | None,
    stream_map: dict[str, str],
    *,
    is_fast: bool,
) -> int:
    """Make the call, run it to its end, and return the exit code."""
    from callcontrol.emulator.in_process_emulator import (
        Core,  # imported here, because the import takes longer than most requests
    )
    from callcontrol.emulator.phones import REACTIONS

    core = Core(speed=None if is_fast else 1, extra=allowed_attributes(), stream_map=stream_map)
    for number, reaction in phones.items():
        REACTIONS[reaction](core.phone(number))
    inbox: SimpleQueue[PartyEntry | Input] = SimpleQueue()
    # Entries are put into a queue and printed later, because the emulator waits until this function returns.
    core.watch(lambda party, entry: inbox.put(PartyEntry(party, entry)))
    with ExitStack() as stack:
        stack.enter_context(warnings_on_stderr())
        stack.enter_context(on_stop_signal(_hang_up_on_signal(inbox)))
        if port is not None:
            server = stack.enter_context(serve(core, "127.0.0.1", port))
            view.message(f"API: {core.base_url}; control API: {server.url}/emulator")
        stack.enter_context(core)
        keyboard = stack.enter_context(Keyboard(inbox.put))
        if keyboard.is_interactive:
            view.message("press 0-9 * # as on a phone; type a letter to begin speech, Enter to say it; Ctrl-C to hang up")
        call = _dial(core, arguments)
        view.followed = call
        view.message(f"calling {redact_urls(arguments['url'])} from {call.from_} to {call.to}; call id: {call.call_id}")
        conversation = Conversation(core, call, view, inbox, is_interactive=keyboard.is_interactive)
        with suppress(SecondHangUp):
            conversation.run_fast() if is_fast else conversation.run_in_real_time()
    return _report_end(call, view)


def _hang_up_on_signal(inbox: SimpleQueue[PartyEntry | Input]) -> Callable[[], None]:
    """Return a signal handler: the first signal hangs up, the next one interrupts the command immediately."""
    signals = 0

    def handle() -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            raise KeyboardInterrupt
        inbox.put(HangUp())

    return handle


def _report_end(call: Call, view: LiveView) -> int:
    """Print the timeline and, for an error, its cause; return the exit code.

    Raises:
        CannotRun: If the application never responded, so that there was no call.
    """
    kinds = {entry.kind for entry in call.timeline}
    cause = str(call.disconnect_cause)
    if cause == "callback-error" and "answer" not in kinds:
        reason = call.timeline.texts("problem")[-1]
        raise CannotRun(f"the application did not respond: {reason}")
    view.show_timeline(call)
    if cause in NORMAL_CAUSES:
        return DONE
    tell(NAME, f"the call ended with {cause}: {redact_urls(call.error_message or 'no error message')}")
    return REFUSED


class SecondHangUp(Exception):
    """The caller hung up a second time, or after the call had ended, so the command does not wait for the last webhooks."""


class Conversation:
    """The exchange between a call and its caller, until the call has ended.

    Args:
        core: The emulator.
        call: The call.
        view: Prints the timeline entries.
        inbox: The queue of timeline entries and of the caller's input.
        is_interactive: True if the caller types on a terminal, where input takes effect at once; false if each line of input
            waits until the call listens.
    """

    def __init__(
        self, core: Core, call: Call, view: LiveView, inbox: SimpleQueue[PartyEntry | Input], *, is_interactive: bool
    ) -> None:
        self._core = core
        self._call = call
        self._view = view
        self._inbox = inbox
        self._is_interactive = is_interactive
        self._waiting: deque[Press | Say | Silence] = deque()
        # False after the keys of a line are pressed, until the call reacts: the next line must not go to the same Gather.
        self._has_turn = True
        self._input_ended = False
        self._was_silent = False
        self._has_hung_up = False

    @property
    def _is_over(self) -> bool:
        return self._call.state == call_states.DISCONNECTED

    # In real time

    def run_in_real_time(self) -> None:
        """Run the call to its end, then wait for its last webhooks.

        Raises:
            SecondHangUp: If the caller hangs up twice, or after the end of the call.
        """
        while not self._is_over:
            self._receive(POLL_SECONDS)
            if self._waiting and (self._is_interactive or self._may_act()):
                # Entries that came before this input must not begin a new turn after it.
                self._receive_all()
                self._act(self._waiting.popleft())
            elif self._input_ended and self._core.is_idle:
                # Neither the call nor the caller will do anything more.
                self._call.hang_up()
            elif self._input_ended and self._has_turn and self._call.listens:
                self._receive_all()
                self._stay_silent_or_hang_up()
        end = monotonic() + FINAL_WEBHOOK_SECONDS
        while not self._core.is_idle and monotonic() < end:
            self._receive(POLL_SECONDS)
        self._receive_all()

    def _may_act(self) -> bool:
        return self._has_turn and (self._call.listens or self._call.dtmf is not None)

    # In virtual time

    def run_fast(self) -> None:
        """Run the call to its end, and let virtual time advance wherever the call does not wait for the caller.

        Raises:
            SecondHangUp: If the caller hangs up twice, or after the end of the call.
        """
        is_prompt = False
        while not self._is_over:
            seen = len(self._call.timeline)
            # A prompt is played to its end before the caller acts, because playing takes no real time.
            is_callers_turn = self._has_turn and self._call.listens and not is_prompt
            if is_callers_turn and not self._act_on_next_input():
                self._stay_silent_or_hang_up()
            elif not (is_callers_turn or self._core.step() or self._act_on_next_input()):
                # Neither the call nor the caller will do anything more.
                self._call.hang_up()
            is_prompt = len(self._call.timeline) > seen and self._call.timeline[-1].kind in PROMPT_KINDS
            self._receive_all()
        while self._core.step():
            self._receive_all()
        self._receive_all()

    def _act_on_next_input(self) -> bool:
        """Wait for input and act on it; return false if the input ends before the call ends."""
        while not self._waiting and not self._input_ended and not self._is_over:
            self._receive()
        if not self._waiting:
            return self._is_over
        self._act(self._waiting.popleft())
        return True

    # The queue

    def _receive(self, seconds: float | None = None) -> None:
        with suppress(Empty):
            self._handle(self._inbox.get(timeout=seconds))

    def _receive_all(self) -> None:
        while not self._inbox.empty():
            self._handle(self._inbox.get())

    def _handle(self, item: PartyEntry | Input) -> None:
        match item:
            case PartyEntry(party, entry):
                self._view.show(party, entry)
                self._has_turn |= party is self._call and entry.kind in TURN_KINDS
            case Draft(words):
                self._view.draft(words)
            case HangUp():
                self._hang_up()
            case EndOfInput():
                self._input_ended = True
            case InvalidLine(line):
                tell(NAME, f"{quote(line)} is neither keys nor speech; keys are 0-9, * and #; speech begins with a letter")
            case _:
                self._waiting.append(item)

    def _hang_up(self) -> None:
        if self._has_hung_up or self._is_over:
            raise SecondHangUp
        self._has_hung_up = True
        self._call.hang_up()

    def _stay_silent_or_hang_up(self) -> None:
        """Stay silent the first time, then hang up, because a menu may repeat without end."""
        if self._was_silent:
            self._call.hang_up()
        self._was_silent = True
        self._act(Silence())

    def _act(self, action: Press | Say | Silence) -> None:
        if isinstance(action, Press):
            self._call.press(action.digits)
        elif isinstance(action, Say):
            self._call.say(action.words)
        # After speech the caller keeps the turn, and may press a key to end a recording.
        if isinstance(action, Silence) or (isinstance(action, Press) and not self._is_interactive):
            self._has_turn = False
