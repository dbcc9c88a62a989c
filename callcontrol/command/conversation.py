"""The exchange between the calls of ``phone`` and the person who holds the phones. Input is passed on when a call listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Final

from bxml.messages.text import join_names, quote
from callcontrol.command.call_summary import ignored_input, unanswered
from callcontrol.command.emulator_and_phone import PartyEntry
from callcontrol.command.keyboard import (
    PLAY,
    PUT_DOWN,
    WAIT,
    Action,
    Draft,
    EndOfInput,
    HangUp,
    Input,
    Invalid,
    Play,
    Press,
    PutDown,
    Say,
    ShowDocument,
    Silence,
    Switch,
    Wait,
)
from callcontrol.command.live_view import LiveView
from callcontrol.command.own_phone import OwnPhone

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.in_process_emulator import Core

POLL_SECONDS: Final = 0.05
"""Seconds of real time between two checks of the call's state while the queue is empty."""

FINAL_SECONDS: Final = 5.0
"""Seconds of real time to wait for the last webhooks to be sent, after the end of a call."""

LAST_RESPONSE_SECONDS: Final = 60.0
"""Seconds of real time to wait for the last responses, after the end of a call. Each response has a timeout of its own."""

UNREAD_SECONDS: Final = 0.2
"""Seconds of real time to wait, after the end of a call, for lines of input that are not read yet."""

SOON_SECONDS: Final = 3600.0
"""Seconds of the emulator's time within which something must happen. A conference without any event ends after a day."""

QUIET_SECONDS: Final = 5.0
"""Seconds of the emulator's time without audio from a media stream, after which a person without further input hangs up."""

PATIENT_SECONDS: Final = 60.0
"""Seconds of the emulator's time after which a person without further input leaves a loop or an endless media stream."""

MAX_QUOTED: Final = 5
"""Maximum number of unused inputs that a message quotes."""

Inbox = SimpleQueue[PartyEntry | Input]
"""A queue of timeline entries and of the person's input."""


class SecondHangUp(Exception):
    """The person hung up a second time, or after the calls had ended, so the command does not wait for the last webhooks."""


class Conversation:
    """The exchange between the calls of a person and the person, until all of the calls have ended.

    Args:
        core: The emulator.
        view: Prints the timeline entries.
        inbox: The queue of timeline entries and of the person's input.
        own_numbers: The numbers of the phones that the person answers.
        is_interactive: True if the person types on a terminal, where input takes effect at once; false if each line of input
            waits until a call listens.

    Attributes:
        phones: The phones that the person holds or held, in the order of their calls.
        has_invalid_lines: Whether a line could not be used, because it is neither input nor a command, or its file cannot be
            played. Always false on a terminal, where the person sees the message.
    """

    def __init__(
        self, core: Core, view: LiveView, inbox: Inbox, *, own_numbers: Collection[str] = (), is_interactive: bool
    ) -> None:
        self.phones: list[OwnPhone] = []
        self.has_invalid_lines = False
        self._core = core
        self._view = view
        self._inbox = inbox
        self._own_numbers = own_numbers
        self._is_interactive = is_interactive
        self._other_calls: set[str] = set()
        """The ids of the calls to other numbers that came before a call to one of the person's numbers."""
        self._in_hand: OwnPhone | None = None
        self._waiting: deque[Action] = deque()
        self._busy_until = 0.0
        """Time at which the current line (speech, a sound or a wait) ends, in the emulator's time; 0 on a terminal."""
        self._acted_at = 0.0
        """Time of the last action or of the end of the input, in seconds of the emulator's time."""
        self._heard_at = 0.0
        """Time at which a media stream was last seen to play audio, in seconds of the emulator's time."""
        self._has_waited = False
        self._draft = ""
        self._input_ended = False
        self._has_hung_up = False

    @property
    def _active(self) -> list[OwnPhone]:
        return [phone for phone in self.phones if not phone.is_over]

    @property
    def _held(self) -> OwnPhone:
        """The phone that takes the input of a terminal. When the call of this phone ends, the person takes another phone."""
        if self._in_hand is None or (self._in_hand.is_over and self._active):
            self._in_hand = (self._active or self.phones)[0]
        return self._in_hand

    @property
    def _is_fast(self) -> bool:
        """True in virtual time."""
        return self._core.speed is None

    @property
    def _is_busy(self) -> bool:
        """True while the current line (speech, a sound or a wait) takes real time. The next line is used after that."""
        return self._core.seconds < self._busy_until

    @property
    def _nothing_happens(self) -> bool:
        """True if no timer is left, or if all calls wait for others and the next timer is the end of a conference.

        The timers of media streams do not count, because an open stream sends audio forever.
        """
        simulation = self.phones[0].call.simulation
        with simulation.lock:
            if simulation.scheduler.is_holding:  # the effects of a request that is being answered
                return False
            next_at = simulation.scheduler.next_work_at
            if next_at is None or not all(phone.waits_for_others for phone in self._active):
                return next_at is None and not simulation.scheduler.is_holding
            return next_at - simulation.scheduler.now > SOON_SECONDS

    @property
    def _is_patient(self) -> bool:
        """True until ``PATIENT_SECONDS`` have passed since the last action and the end of the input."""
        return not self._input_ended or self._core.seconds - self._acted_at < PATIENT_SECONDS

    @property
    def _leaves_loop(self) -> bool:
        """True if all calls are in loops, and a person without a terminal has no more input and is no longer patient."""
        return not (self._is_interactive or self._is_patient) and all(phone.is_in_loop for phone in self._active)

    def _awaits_stream(self) -> bool:
        """Return whether the application of a media stream may still play something."""
        now = self._core.seconds
        streams = [stream for phone in self._active for stream in tuple(phone.call.streams.values())]
        if any(phone.hears_stream for phone in self._active):
            self._heard_at = now
        since = max([self._heard_at, self._acted_at, *(stream.began for stream in streams)])
        return bool(streams) and self._is_patient and now - since < QUIET_SECONDS

    def run(self) -> None:
        """Run the calls to their ends, wait for their last webhooks, and report the input that was not used.

        If the person holds no phone yet, first wait for a call to one of the person's numbers.
        """
        with suppress(SecondHangUp):
            while not self.phones:
                self._receive()
            self._run_fast() if self._is_fast else self._run_in_real_time()
        self._view.bottom.set_status("")
        self._report_unused_input()

    # In real time

    def _run_in_real_time(self) -> None:
        while self._active:
            self._receive(POLL_SECONDS)
            self._show_status()
            if not (self._is_busy or self._take_turn(self._ready)):
                self._act_without_input()
        self._await_last_webhooks()
        self._receive_all()

    def _await_last_webhooks(self) -> None:
        """Wait until the last webhooks are sent, and until the application has responded to them or they have timed out."""
        began = monotonic()
        is_told = False
        while not self._core.is_idle and monotonic() < began + LAST_RESPONSE_SECONDS:
            if monotonic() > began + FINAL_SECONDS:
                events = unanswered([*self._core.calls, *self._core.conferences])
                if not events:
                    return
                if not is_told:
                    self._view.message(f"waiting for the response to {join_names(events)}; Ctrl-C ends the wait")
                is_told = True
            self._receive(POLL_SECONDS)

    def _act_without_input(self) -> None:
        """After the end of the input, hang up if nothing more will happen, or else stay silent if a call listens."""
        if self._input_ended and (self._leaves_loop or (self._nothing_happens and not self._awaits_stream())):
            self._act_although_nothing_listens()
        elif self._input_ended and not self._waiting:
            self._receive_all()
            self._stay_silent()

    # In virtual time

    def _run_fast(self) -> None:
        """Run the calls to their ends, and let virtual time advance wherever no call waits for the person."""
        # A request to the control API may advance time too, while this thread waits for input.
        self.phones[0].call.simulation.driver = get_ident()
        while self._active:
            if not (self._take_turn_in_virtual_time() or self._continue() or self._await_input()):
                self._act_although_nothing_listens()
            self._receive_all()
        while self._core.step():
            self._receive_all()
        self._receive_all()

    def _continue(self) -> bool:
        """Let virtual time advance to the next timer. Return false if nothing more will happen, or if the person leaves a loop.

        In virtual time, a loop takes no real time. Time stops until a line of input or another timeline entry arrives, so that
        the person can act in the loop.
        """
        if self._leaves_loop or self._nothing_happens:
            return False
        if any(phone.is_in_loop for phone in self._active) and self._await_input():
            return True
        return self._core.step()

    def _take_turn_in_virtual_time(self) -> bool:
        """Act on the next input if a call listens, and return whether the person acted or something else happened."""
        if not any(self._may_act(phone) for phone in self._active):
            return self._take_turn(self._ready)
        return self._await_input() or self._take_turn(self._ready) or (not self._waiting and self._stay_silent())

    def _await_input(self) -> bool:
        """Wait until input comes or something else happens, such as a request of the application; run what it causes.

        Return false at once if input is waiting, or if the input has ended.
        """
        if self._waiting or self._input_ended:
            return False
        self._show_status()
        self._receive()
        if not self._waiting:
            self._core.advance(0)
        return True

    # Turns

    def _take_turn(self, phone_for: Callable[[Action], OwnPhone | None]) -> bool:
        """Act on the next input. Return false if no input is left, or if the next input must wait.

        Args:
            phone_for: Function that returns the phone for an input, or ``None`` if the input must wait.
        """
        phone = phone_for(self._waiting[0]) if self._waiting else None
        if phone is None:
            return False
        # Entries that came before this input must not begin a new turn after it.
        self._receive_all()
        self._act(phone, self._waiting.popleft())
        return True

    def _ready(self, action: Action) -> OwnPhone | None:
        """Return the phone that an input is for, or ``None`` if the input must wait until that phone listens."""
        if self._is_interactive:
            is_turn = not self._is_fast or any(self._may_act(phone) or phone.is_in_loop for phone in self._active)
            return self._held if is_turn else None
        candidates = [phone for phone in self._active if action.number in {"", phone.number}]
        return next((phone for phone in candidates if self._takes(phone, action)), None)

    def _takes(self, phone: OwnPhone, action: Action) -> bool:
        """Return whether a line of input can be used on a phone now."""
        match action:
            case Wait():
                return True
            case PutDown():
                return self._has_waited or self._may_act(phone) or phone.may_be_put_down
            case Say():
                return self._may_act(phone) or phone.is_streamed
            case Play():
                return phone.is_heard
            case _:
                return self._may_act(phone)

    def _addressed(self, action: Action) -> OwnPhone | None:
        """Return the phone that an input is for, whether or not it listens; ``None`` if no phone has this number."""
        if self._is_interactive:
            return self._held
        candidates = [phone for phone in (*self._active, *self.phones) if action.number in {"", phone.number}]
        return candidates[0] if candidates else None

    def _may_act(self, phone: OwnPhone) -> bool:
        """Return whether it is the turn of a phone: its call listens to input."""
        return phone.listens(is_fast=self._is_fast)

    def _stay_silent(self) -> bool:
        """Stay silent on a phone whose call listens, and hang up the second time, because a menu may repeat without end.

        Return whether there is a phone whose call listens.
        """
        phone = next((phone for phone in self._active if self._may_act(phone) and phone.call.listens), None)
        if phone is None:
            return False
        if phone.was_silent:
            phone.call.hang_up()
        phone.was_silent = True
        self._act(phone, Silence())
        return True

    def _act_although_nothing_listens(self) -> None:
        """Act on the next input. Without input, hang up the first call, because the calls will do nothing more."""
        if not self._take_turn(self._addressed):
            for phone in self._active[:1]:
                phone.call.hang_up()

    def _act(self, phone: OwnPhone, action: Action) -> None:
        before = len(phone.call.timeline)
        verb = phone.call.verb
        match action:
            case Press(digits):
                phone.call.press(digits)
            case Say(words):
                self._say(phone.call, words)
            case Play(path):
                self._play(phone.call, path)
            case Wait(seconds):
                self._spend(seconds)
            case PutDown():
                phone.call.hang_up()
            case _:  # silence
                pass
        phone.redirects = 0
        self._acted_at = max(self._core.seconds, self._busy_until)
        self._has_waited = isinstance(action, Wait)
        # After speech the person keeps the turn, and may press a key to end a recording.
        if isinstance(action, Silence) or (isinstance(action, Press) and not self._is_interactive):
            phone.has_turn = False
        added = phone.call.timeline[before:]
        if not self._is_interactive and ignored_input(added):
            running = f"; the last verb was {type(verb).__name__}" if verb is not None else ""
            is_inaudible = any("espeak-ng" in text for text in added.texts("ignored"))
            hint = f"; streams hear words only if espeak-ng is installed; {PLAY} FILE plays a sound" if is_inaudible else ""
            if any(stream.is_silent for stream in phone.call.streams.values()):
                hint = "; the media stream is not connected, because time is virtual"
            nobody = "no stream or recording heard" if isinstance(action, Play) else "no verb listened to"
            self._view.error(f"{nobody} {quote(_input_text(action))}{running}{hint}")

    def _say(self, call: Call, words: str) -> None:
        """Say words for as long as the emulator would take to speak them."""
        seconds = len(words) * call.simulation.assumptions.seconds_per_character
        call.say(words, seconds=seconds)
        self._spend(seconds)

    def _play(self, call: Call, path: str) -> None:
        """Play a file to its end. A file that cannot be played is reported."""
        from callcontrol.emulator.audio import read_audio

        try:
            seconds = read_audio(path).seconds
        except (ValueError, ModuleNotFoundError) as error:
            self._refuse(str(error))
            return
        call.plays(path)
        self._spend(seconds)

    def _spend(self, seconds: float) -> None:
        """Let time pass before the next line is used. On a terminal in real time, return at once: the person may type."""
        if self._is_fast:
            self._core.advance(seconds)
        elif not self._is_interactive:
            self._busy_until = self._core.seconds + seconds

    # The queue

    def _receive(self, seconds: float | None = None) -> None:
        with suppress(Empty):
            self._handle(self._inbox.get(timeout=seconds))

    def _receive_all(self) -> None:
        while not self._inbox.empty():
            self._handle(self._inbox.get())

    def _handle(self, item: PartyEntry | Input) -> None:  # one branch for each kind of input
        match item:
            case PartyEntry():
                self._note(item)
            case Draft(words):
                self._draft = words
                self._view.bottom.set_draft(words)
            case HangUp():
                self._hang_up_all()
            case PutDown() if self._is_interactive:
                self._put_down()
            case Switch():
                self._switch()
            case ShowDocument():
                self._view.show_last_document()
            case EndOfInput():
                self._input_ended = True
                self._acted_at = max(self._core.seconds, self._busy_until)
            case Invalid(reason):
                self._refuse(reason)
            case _ if self._is_interactive and not self.phones:
                self._view.error(f"{quote(_input_text(item))} has no effect, because there is no call yet")
            case _:
                self._waiting.append(item)

    def _refuse(self, reason: str) -> None:
        """Report input that cannot be used."""
        self._view.error(reason)
        self.has_invalid_lines |= not self._is_interactive

    def _note(self, item: PartyEntry) -> None:
        """Print a timeline entry. If it is the first entry of a call to a phone of the person, take up this phone."""
        phone = next((phone for phone in self.phones if phone.call is item.party), None)
        to = getattr(item.party, "to", None)
        if phone is None and to in self._own_numbers:
            phone = self._take_up(item.party)
        elif not self.phones and to is not None:
            self._name_other_call(item.party)
        self._view.show(item.party, item.entry)
        if phone is not None:
            phone.note(item.entry)

    def take(self, phone: OwnPhone) -> None:
        """Take a phone whose call has begun."""
        self.phones.append(phone)
        if self._view.followed is None:
            self._view.followed = phone.call
        else:
            self._view.names[phone.call.call_id] = phone.number

    def _take_up(self, call: object) -> OwnPhone:
        """Take up the phone that a call is made to."""
        from callcontrol.emulator.calls import Call

        assert isinstance(call, Call)
        phone = OwnPhone(call.to, call)
        hint = "; Tab takes this phone" if self._is_interactive and self._active else ""
        self._view.message(f"call from {call.from_} to {call.to}{hint}; call id: {call.call_id}")
        self.take(phone)
        return phone

    def _name_other_call(self, call: object) -> None:
        """Print the number that a call is made to, because the person waits for a call to another number."""
        from callcontrol.emulator.calls import Call

        assert isinstance(call, Call)
        if call.call_id not in self._other_calls:
            self._other_calls.add(call.call_id)
            own = join_names(self._own_numbers)
            self._view.message(f"call from {call.from_} to {call.to}, not to {own}; call id: {call.call_id}")

    def _show_status(self) -> None:
        if self._is_interactive:
            from callcontrol.command.verb_wording import status_text

            name = f"{self._held.number}  " if len(self._active) > 1 else ""
            self._view.bottom.set_status(f"{name}{status_text(self._held.call)}")

    def _switch(self) -> None:
        held = self._held if self.phones else None
        others = [phone for phone in self._active if phone is not held]
        if held is None or not others:
            self._view.error("there is no other phone")
            return
        place = self.phones.index(held)
        self._in_hand = min(others, key=lambda phone: (self.phones.index(phone) - place) % len(self.phones))
        self._view.message(f"you hold {self._in_hand.number}")

    def _put_down(self) -> None:
        if not self._active or self._has_hung_up:
            raise SecondHangUp
        self._held.call.hang_up()

    def _hang_up_all(self) -> None:
        if not self._active or self._has_hung_up:
            raise SecondHangUp
        self._has_hung_up = True
        for phone in self._active:
            phone.call.hang_up()

    def _report_unused_input(self) -> None:
        """Report the input that was not used before the calls ended."""
        end = monotonic() + UNREAD_SECONDS
        with suppress(SecondHangUp):
            while not (self._is_interactive or self._input_ended) and monotonic() < end:
                self._receive(POLL_SECONDS)
            self._receive_all()
        unused = [_input_text(action) for action in self._waiting if not isinstance(action, Silence)]
        unused += [self._draft] if self._draft else []
        self._view.bottom.set_draft("")
        if unused:
            more = f" and {len(unused) - MAX_QUOTED} more" if len(unused) > MAX_QUOTED else ""
            reason = "the call had ended" if self.phones else "there was no call"
            self._view.error(f"not used, because {reason}: {', '.join(map(quote, unused[:MAX_QUOTED]))}{more}")


def _input_text(action: Action) -> str:
    """Return an input as the person wrote it."""
    match action:
        case Press(text) | Say(text):
            pass
        case Play(path):
            text = f"{PLAY} {path}"
        case Wait(seconds):
            text = f"{WAIT} {seconds:g}"
        case PutDown():
            text = PUT_DOWN
        case _:  # silence
            text = "Enter"
    return f"{action.number}: {text}" if action.number else text
