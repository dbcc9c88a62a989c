"""The signals that a waiting call can receive."""

from __future__ import annotations

from dataclasses import dataclass

from callcontrol.emulator.generator_tasks import Signal
from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass(frozen=True)
class Key(Signal):
    """The caller pressed a key."""

    digit: str


@redacted
@dataclass(frozen=True)
class Speech(Signal):
    """The caller says something.

    Attributes:
        text: The words.
        seconds: Length of the speech in seconds; the signal is sent when the speech begins.
    """

    text: str
    seconds: float = 0


@dataclass(frozen=True)
class PickedUp(Signal):
    """A test answered the ringing phone."""


@dataclass(frozen=True)
class LegChanged(Signal):
    """A leg of a Transfer was answered, was interrupted, or ended."""


@dataclass(frozen=True)
class PartnerLeft(Signal):
    """The other call left the Bridge."""


@dataclass(frozen=True)
class StreamClosed(Signal):
    """The destination of a stream closed it."""
