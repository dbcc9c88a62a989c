"""The parties that are called: how each number reacts when it rings, as a test decides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from bxml.messages.naming import python_name
from callcontrol.emulator.scheduler import seconds
from callcontrol.redaction import redacted
from callcontrol.request_fields import Field, refuse_faults

Answering = Literal["human", "answering-machine", "silence"]

NUMBER: Final = Field("number", "phone or sip", required=True)
ANSWERS: Final = (
    seconds("after"),
    Field("by", "word", words=get_args(Answering)),
    seconds("hangsUpAfter"),
)
"""How a phone answers."""


@redacted
@dataclass(frozen=True)
class Reaction:
    """What happens when a number is called.

    Attributes:
        cause: Why the call ends unanswered, in the API's words; ``None`` if it is answered.
        after: Seconds of ringing until it is.
        by: Who answers, for machine detection.
        hangs_up_after: Seconds after the answer that the party hangs up, if it does so by itself.
        sip_response_code: What the network said to refuse the call.
    """

    cause: str | None = None
    after: float = 0
    by: Answering = "human"
    hangs_up_after: float | None = None
    sip_response_code: int | None = None

    @property
    def is_immediate(self) -> bool:
        """Whether the phone is answered without ringing."""
        return self.cause is None and self.after == 0


BUSY: Final = Reaction("busy", sip_response_code=486)
REJECTS: Final = Reaction("rejected", sip_response_code=603)
NO_ANSWER: Final = Reaction("timeout", after=float("inf"))

DETECTED_AFTER: Final = {"human": 2.0, "answering-machine": 5.0}
"""Seconds that machine detection takes, by what it finds; for silence, a request says how long."""


class Phone:
    """A number or SIP URI that can be called."""

    def __init__(self, reaction: Reaction) -> None:
        """React like this until told otherwise."""
        self.reaction = reaction

    def answers(self, after: float = 0, *, by: Answering = "human", hangs_up_after: float | None = None) -> Phone:
        """Answer, as every phone does at once that is told nothing else.

        Args:
            after: Seconds of ringing before.
            by: Who answers, for machine detection: ``human``, ``answering-machine`` or ``silence``.
            hangs_up_after: Seconds after the answer that the party hangs up, if it is to do so by itself.

        Raises:
            ValueError: if it is none of them, or no such time.
        """
        given = {"after": after, "by": by, "hangsUpAfter": hangs_up_after}
        refuse_faults(ANSWERS, {name: value for name, value in given.items() if value is not None}, spelled=python_name)
        self.reaction = Reaction(after=after, by=by, hangs_up_after=hangs_up_after)
        return self

    def is_busy(self) -> Phone:
        """Be busy."""
        self.reaction = BUSY
        return self

    def rejects(self) -> Phone:
        """Reject the call."""
        self.reaction = REJECTS
        return self

    def does_not_answer(self) -> Phone:
        """Ring until the caller gives up."""
        self.reaction = NO_ANSWER
        return self


REACTIONS: Final[Mapping[str, Callable[..., Phone]]] = {
    "answers": Phone.answers,
    "is-busy": Phone.is_busy,
    "rejects": Phone.rejects,
    "does-not-answer": Phone.does_not_answer,
}
"""What a phone can be told, for those who write no Python."""


def check_number(number: str) -> None:
    """Make sure that this is not a number as no call has it; whatever has letters may be an endpoint of Connect.

    Raises:
        ValueError: if it is.
    """
    if not (isinstance(cast("object", number), str) and any(character.isalpha() for character in number)):
        refuse_faults((NUMBER,), {"number": number})
