"""``phone``: an application is called from the terminal."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from bxml.command.console import tell, write
from bxml.command.errors import CannotRun
from bxml.messages.redaction import without_user
from callcontrol import call_states
from callcontrol.command.account import refuse_options
from callcontrol.command.exit_codes import DONE, REFUSED
from callcontrol.command.keyboard import Draft, End, HangUp, Keyboard, Press, Say, Stay, Touch, Unclear
from callcontrol.command.live_view import Screen
from callcontrol.command.output import NAME
from callcontrol.command.runner import shown, warnings_told
from callcontrol.command.serving import Noted, allowed_attributes, port_number, refuse_faults, served, when_told_to_end
from callcontrol.request_fields import Field

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.core import Core
    from callcontrol.http_messages import Request

OPTIONS: Final = {
    "URL": (Field("URL", "url", required=True), "url"),
    "--to": (Field("--to", "phone or sip"), "to"),
    "--from": (Field("--from", "phone or sip"), "from_"),
    "--fallback-url": (Field("--fallback-url", "url"), "fallback_url"),
    "--status-url": (Field("--status-url", "url"), "status_url"),
}
"""What the call is made of: how it is checked, and what it is called in Python."""

GO_WELL: Final = frozenset({"hangup", "busy", "timeout", "cancel", "rejected"})
"""Causes of an end that somebody wanted; any other is an error."""

PROMPTS: Final = frozenset({"spoken", "played"})
NEW_TURN: Final = frozenset({"verb", "gathered", "event"})
"""Kinds of things after which it is the caller's turn again, who has pressed the keys of a line or waited."""

TICK: Final = 0.05
"""Seconds after which the state of the call is looked at, also if nothing is told."""

AFTERWARDS: Final = 5.0
"""Seconds after its end in which a call's last webhooks are waited for."""


def _phones(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """What other numbers do, by the numbers."""
    if not given:
        return {}
    from callcontrol.emulator.phones import REACTIONS, check_number  # only here, as below

    pairs = [(number, reaction) for number, _equals, reaction in (pair.rpartition("=") for pair in given)]
    for number, reaction in pairs:
        if not number or reaction not in REACTIONS:
            raise click.BadParameter(f"it is a number, =, and one of {', '.join(REACTIONS)}")
        try:
            check_number(number)
        except ValueError as error:
            raise click.BadParameter(f"{number}: {error}") from None
    return dict(pairs)


@click.command("phone", short_help="Call an application, and talk to it.")
@click.argument("url")
@click.option("--to", metavar="NUMBER|SIP", help="The number that is called.")
@click.option("--from", "from_", metavar="NUMBER|SIP", help="The number of the caller.")
@click.option("--method", type=click.Choice(["GET", "POST"]), default="POST", help="How URL is asked; by default POST.")
@click.option("--fallback-url", metavar="URL", help="Where the call goes if URL fails.")
@click.option("--status-url", metavar="URL", help="Where the end of the call is told.")
@click.option(
    *("--phone", "phones"),
    multiple=True,
    callback=_phones,
    metavar="NUMBER=REACTION",
    help="What another number does when it is called, such as is-busy; by default it answers.",
)
@click.option("--fast", is_flag=True, help="Nothing takes its time; a key is waited for where one is listened to.")
@click.option("--port", callback=port_number, metavar="NUMBER", help="Be the API as well, on this port; 0 is a free one.")
@click.option("--json", "as_json", is_flag=True, help="Write what happens in JSON.")
@click.option("--dry-run", is_flag=True, help="Print the first request, and send nothing.")
@click.pass_context
def phone(  # noqa: PLR0913  one for each option that is no part of the call
    context: click.Context,
    /,
    *,
    phones: dict[str, str],
    fast: bool,
    port: int | None,
    as_json: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Call the application at URL, and be its caller.

    What it says is shown as it is spoken, and each webhook as it goes by. On a terminal each key of a phone counts at once; a
    letter begins what is said, and Enter ends it. Ctrl-C or Ctrl-D hangs up.

    From elsewhere, lines are taken, each once it is listened to: one that begins with a letter is said, an empty one lets the
    time to answer pass, any other is keys. After the last one the caller lets that time pass once more, and then hangs up where
    something is asked again.

    Exit code 0: the call ended well, also because the caller hung up. 1: it ended with an error, as by BXML that is not valid.
    2: it could not be made.
    """
    refuse_options(context)
    if fast and port is not None:
        raise click.UsageError("--fast and --port exclude each other", context)
    values = {name: given[keyword] for name, (_, keyword) in OPTIONS.items()}
    refuse_faults(tuple(field for field, _ in OPTIONS.values()), values)
    asked = {keyword: value for keyword, value in given.items() if value is not None}
    if dry_run:
        write(shown(_first_request(asked), as_json=as_json))
        return
    sys.exit(_call(asked, phones, Screen(as_json=as_json), port, is_fast=fast))


def _first_request(asked: dict[str, Any]) -> Request:
    """The request that a call begins with, which is made where nobody hears it."""
    from callcontrol.emulator.core import Core
    from callcontrol.emulator.webhook_targets import Target

    def application(_: object, start_response: Any) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    core = Core(application)
    call = _dialled(core, asked)
    core.run()
    event = next(entry for entry in call.timeline if entry.kind == "event")
    return Target(event.details["url"], event.details["method"]).request(event.content)


def _dialled(core: Core, asked: dict[str, Any]) -> Call:
    """The call.

    Raises:
        CannotRun: if there can be no such call.
    """
    try:
        return core.dial(**asked)
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _call(asked: dict[str, Any], phones: dict[str, str], screen: Screen, port: int | None, *, is_fast: bool) -> int:
    """Make the call, talk until its end, and give the exit code."""
    from callcontrol.emulator.core import Core  # only here, for its import takes longer than most requests
    from callcontrol.emulator.phones import REACTIONS

    core = Core(speed=None if is_fast else 1, extra=allowed_attributes())
    for number, reaction in phones.items():
        REACTIONS[reaction](core.phone(number))
    inbox: SimpleQueue[Noted | Touch] = SimpleQueue()
    core.watch(lambda who, entry: inbox.put(Noted(who, entry)))
    with ExitStack() as stack:
        stack.enter_context(warnings_told())
        stack.enter_context(when_told_to_end(_hangs_up(inbox)))
        if port is not None:
            server = stack.enter_context(served(core, "127.0.0.1", port))
            screen.say(f"the API is at {core.base_url}; what drives calls is at {server.url}/emulator")
        stack.enter_context(core)
        keyboard = stack.enter_context(Keyboard(inbox.put))
        if keyboard.is_typed:
            screen.say("0-9 * # are keys; a letter begins what is said, Enter ends it; Ctrl-C hangs up")
        call = _dialled(core, asked)
        screen.own = call
        screen.say(f"calling {without_user(asked['url'])} from {call.from_} to {call.to}; the call is {call.call_id}")
        talk = Talk(core, call, screen, inbox, is_typed=keyboard.is_typed)
        with suppress(Left):
            talk.fast() if is_fast else talk.in_time()
    return _outcome(call, screen)


def _hangs_up(inbox: SimpleQueue[Noted | Touch]) -> Any:
    """What an interruption does: the first hangs up, and another one ends the command wherever it is."""
    interruptions = 0

    def interrupted() -> None:
        nonlocal interruptions
        interruptions += 1
        if interruptions > 1:
            raise KeyboardInterrupt
        inbox.put(HangUp())

    return interrupted


def _outcome(call: Call, screen: Screen) -> int:
    kinds = {entry.kind for entry in call.timeline}
    cause = str(call.disconnect_cause)
    if cause == "callback-error" and "answer" not in kinds:
        reason = call.timeline.texts("problem")[-1]
        raise CannotRun(f"the application has not answered: {reason}")
    screen.sum_up(call)
    if cause in GO_WELL:
        return DONE
    tell(NAME, f"the call ended with {cause}: {without_user(call.error_message or 'nothing more is known')}")
    return REFUSED


class Left(Exception):
    """The caller has hung up, and does not wait for what comes after."""


class Talk:
    """What a caller and a call do, until both are done."""

    def __init__(self, core: Core, call: Call, screen: Screen, inbox: SimpleQueue[Noted | Touch], *, is_typed: bool) -> None:
        """Take both, and what tells of either."""
        self._core = core
        self._call = call
        self._screen = screen
        self._inbox = inbox
        self._is_typed = is_typed
        self._waiting: deque[Press | Say | Stay] = deque()
        self._has_turn = True
        self._has_ended = False
        self._has_been_silent = False
        self._has_hung_up = False

    @property
    def _is_over(self) -> bool:
        return self._call.state == call_states.DISCONNECTED

    # In real time

    def in_time(self) -> None:
        """Go on as time does.

        Raises:
            Left: if the caller hangs up twice.
        """
        while not self._is_over:
            self._take(TICK)
            if self._waiting and (self._is_typed or self._may_speak()):
                self._take_all()  # so that it is a turn after this that is told of later
                self._act(self._waiting.popleft())
            elif self._has_ended and self._core.is_idle:  # nobody does anything any more
                self._call.hang_up()
            elif self._has_ended and self._has_turn and self._call.listens:
                self._take_all()
                self._has_nothing_to_say()
        end = monotonic() + AFTERWARDS
        while not self._core.is_idle and monotonic() < end:
            self._take(TICK)
        self._take_all()

    def _may_speak(self) -> bool:
        return self._has_turn and (self._call.listens or self._call.dtmf is not None)

    # As fast as can be

    def fast(self) -> None:
        """Let time pass wherever the caller is not waited for.

        Raises:
            Left: if the caller hangs up twice.
        """
        is_prompt = False
        while not self._is_over:
            seen = len(self._call.timeline)
            is_waited_for = self._has_turn and self._call.listens and not is_prompt
            if is_waited_for and not self._acts():
                self._has_nothing_to_say()
            elif not (is_waited_for or self._core.step() or self._acts()):
                self._call.hang_up()  # for nothing is to happen, and nobody does anything any more
            is_prompt = len(self._call.timeline) > seen and self._call.timeline[-1].kind in PROMPTS
            self._take_all()
        while self._core.step():
            self._take_all()
        self._take_all()

    def _acts(self) -> bool:
        """Wait for what the caller does, and do it; whether anything came."""
        while not self._waiting and not self._has_ended and not self._is_over:
            self._take()
        if not self._waiting:
            return self._is_over
        self._act(self._waiting.popleft())
        return True

    # What comes

    def _take(self, seconds: float | None = None) -> None:
        with suppress(Empty):
            self._heed(self._inbox.get(timeout=seconds))

    def _take_all(self) -> None:
        while not self._inbox.empty():
            self._heed(self._inbox.get())

    def _heed(self, what: Noted | Touch) -> None:
        match what:
            case Noted(who, entry):
                self._screen.show(who, entry)
                self._has_turn |= who is self._call and entry.kind in NEW_TURN
            case Draft(words):
                self._screen.draft(words)
            case HangUp():
                self._hang_up()
            case End():
                self._has_ended = True
            case Unclear(line):
                tell(NAME, f"{line}: this is neither keys nor words")
            case _:
                self._waiting.append(what)

    def _hang_up(self) -> None:
        if self._has_hung_up or self._is_over:
            raise Left
        self._has_hung_up = True
        self._call.hang_up()

    def _has_nothing_to_say(self) -> None:
        """After the last line, be silent once, and then hang up, for a menu may ask for ever."""
        if self._has_been_silent:
            self._call.hang_up()
        self._has_been_silent = True
        self._act(Stay())

    def _act(self, touch: Press | Say | Stay) -> None:
        if isinstance(touch, Press):
            self._call.press(touch.digits)
        elif isinstance(touch, Say):
            self._call.say(touch.words)
        if isinstance(touch, Stay) or (isinstance(touch, Press) and not self._is_typed):
            self._has_turn = False
