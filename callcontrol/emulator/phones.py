"""Phones: a test sets how each number reacts when it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args

from bxml.messages.python_names import python_name
from callcontrol.emulator.scheduler import seconds
from callcontrol.redacted_url_repr import redacted
from callcontrol.request_fields import Field, refuse_faults

Answering = Literal["human", "answering-machine", "silence"]
"""The kinds of parties that can answer, as machine detection reports them."""

NUMBER: Final = Field("number", "phone or sip", required=True)
"""Field definition that checks a phone number."""

ANSWERS: Final = (
    seconds("after"),
    Field("by", "word", words=get_args(Answering)),
    seconds("hangsUpAfter"),
)
"""Field definitions that check the arguments of :meth:`Phone.answers`, with their names in HTTP requests."""


@redacted
@dataclass(frozen=True)
class Reaction:
    """The reaction of a phone to a call.

    Attributes:
        cause: Disconnect cause of an unanswered call, in the API's words; ``None`` if the call is answered.
        after: Seconds of ringing before the call is answered or ends.
        by: The kind of party that answers, for machine detection.
        hangs_up_after: Seconds from the answer until the party hangs up; ``None`` if the party does not hang up.
        sip_response_code: SIP status with which the network refuses the call.
    """

    cause: str | None = None
    after: float = 0
    by: Answering = "human"
    hangs_up_after: float | None = None
    sip_response_code: int | None = None

    @property
    def is_immediate(self) -> bool:
        """True if the phone is answered without ringing."""
        return self.cause is None and self.after == 0


# The codes of RFC 3261: 486 is Busy Here, 603 is Decline.
BUSY: Final = Reaction("busy", sip_response_code=486)
REJECTS: Final = Reaction("rejected", sip_response_code=603)
NO_ANSWER: Final = Reaction("timeout", after=float("inf"))  # the caller gives up after a timeout of its own

DETECTED_AFTER: Final = {"human": 2.0, "answering-machine": 5.0}
"""For each result of machine detection: the seconds that it takes. For silence, a field of the request sets the time."""


class Phone:
    """A phone number or SIP URI that can be called; each method sets its reaction to later calls.

    Args:
        reaction: The initial reaction.
    """

    def __init__(self, reaction: Reaction) -> None:
        self.reaction = reaction

    def __repr__(self) -> str:
        """Return the reaction."""
        return f"Phone({self.reaction})"

    def answers(self, after: float = 0, *, by: Answering = "human", hangs_up_after: float | None = None) -> Phone:
        """Answer calls; by default every phone answers immediately.

        Args:
            after: Seconds of ringing before the answer.
            by: The kind of party that answers, for machine detection: ``human``, ``answering-machine`` or ``silence``.
            hangs_up_after: Seconds from the answer until the party hangs up; ``None`` if the party does not hang up.

        Raises:
            ValueError: If the kind of party is unknown, or a number of seconds is negative.
        """
        given = {"after": after, "by": by, "hangsUpAfter": hangs_up_after}
        refuse_faults(ANSWERS, {name: value for name, value in given.items() if value is not None}, spelled=python_name)
        self.reaction = Reaction(after=after, by=by, hangs_up_after=hangs_up_after)
        return self

    def is_busy(self) -> Phone:
        """Be busy: calls end with ``busy``."""
        self.reaction = BUSY
        return self

    def rejects(self) -> Phone:
        """Reject calls: they end with ``rejected``."""
        self.reaction = REJECTS
        return self

    def does_not_answer(self) -> Phone:
        """Ring until the caller gives up: calls end with ``timeout``."""
        self.reaction = NO_ANSWER
        return self


REACTIONS: Final[Mapping[str, Callable[..., Phone]]] = {
    "answers": Phone.answers,
    "is-busy": Phone.is_busy,
    "rejects": Phone.rejects,
    "does-not-answer": Phone.does_not_answer,
}
"""The methods that set the reaction of a phone; the keys are their names in commands and HTTP requests."""


def check_number(number: str, name: str = "number") -> None:
    """Check a phone number; a string with letters passes, because it may be a SIP URI or an endpoint of Connect.

    Args:
        number: The number.
        name: The name of the field or argument, for the message.

    Raises:
        ValueError: If the number is not in E.164 format.
    """
    # Values of other types are checked too, because tests without type checks may pass an integer.
    if not (isinstance(cast("object", number), str) and any(character.isalpha() for character in number)):
        refuse_faults((replace(NUMBER, name=name),), {name: number})
