"""A phone that the person holds while the command ``phone`` runs, and the moments at which its call takes a line of input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callcontrol import call_states

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.timeline import Entry

TURN_KINDS: Final = frozenset({"verb", "gathered", "event"})
"""Kinds of timeline entries after which a phone may take its next line of input."""

LISTENING_VERBS: Final = frozenset({"Gather", "Record", "StartGather"})
"""Names of the verbs that listen to keys or speech."""

LOOP: Final = 2
"""Number of redirects, without a verb that listens to the caller, after which a call is probably in a loop."""


@dataclass(eq=False)
class OwnPhone:
    """A phone that the person holds, during one call.

    Attributes:
        number: The number of the phone.
        call: The call.
        has_turn: Whether the phone takes the next line of input. False after the keys of a line are pressed, until the call
            reacts: the next line must not go to the same Gather.
        was_silent: Whether the person stayed silent after the last line of input.
        redirects: Number of redirects since the call last listened, or since the person last acted.
    """

    number: str
    call: Call
    has_turn: bool = True
    was_silent: bool = False
    redirects: int = 0

    def note(self, entry: Entry) -> None:
        """Update ``has_turn`` and ``redirects`` with a new entry of the call's timeline."""
        self.has_turn |= entry.kind in TURN_KINDS
        if entry.kind == "api" or (entry.kind == "verb" and entry.text in LISTENING_VERBS):
            self.redirects = 0
        elif entry.kind == "verb" and entry.text == "Redirect":
            self.redirects += 1

    @property
    def is_over(self) -> bool:
        """True after the call has ended."""
        return self.call.state == call_states.DISCONNECTED

    @property
    def waits_for_others(self) -> bool:
        """True if the call waits without a timeout, such as a leg of a Transfer that is joined with the call."""
        is_waiting = self.call.wait is not None and self.call.wait_ends_at is None
        return is_waiting and self.call.state == call_states.ANSWERED

    @property
    def is_in_loop(self) -> bool:
        """True if the call was redirected several times and never listened, such as a call that is parked."""
        return self.redirects >= LOOP

    def listens(self, *, is_fast: bool) -> bool:
        """Return whether the call listens to keys or speech, and it is the turn of the phone.

        Args:
            is_fast: Whether time is virtual. In virtual time a prompt is played to its end before the person acts, because
                playing takes no real time.
        """
        from callcontrol.emulator.listening import listening

        heard = listening(self.call) if self.has_turn else None
        return heard is not None and not (heard.is_prompt and is_fast)

    @property
    def is_streamed(self) -> bool:
        """True if a media stream carries what the person says."""
        from callcontrol.emulator.listening import is_streamed

        return is_streamed(self.call)

    @property
    def hears_stream(self) -> bool:
        """True while the application of a media stream plays audio."""
        from callcontrol.emulator.listening import hears_stream

        return hears_stream(self.call)

    @property
    def is_heard(self) -> bool:
        """True if a media stream or a recording carries the sounds that the person makes."""
        from callcontrol.emulator.listening import is_recorded

        return self.is_streamed or is_recorded(self.call)

    @property
    def may_be_put_down(self) -> bool:
        """True if the call waits for others, rings, is in a loop, or talks to a media stream."""
        from callcontrol.emulator.listening import rings

        return self.waits_for_others or rings(self.call) or self.is_in_loop or self.is_streamed
