"""What may come to a call while it waits."""

from __future__ import annotations

from dataclasses import dataclass

from callcontrol.emulator.tasks import Signal
from callcontrol.redaction import redacted


@redacted
@dataclass(frozen=True)
class Key(Signal):
    """The caller has pressed a key."""

    digit: str


@redacted
@dataclass(frozen=True)
class Speech(Signal):
    """The caller has said something."""

    text: str


@dataclass(frozen=True)
class PickedUp(Signal):
    """The phone that rings has been answered by hand."""


@dataclass(frozen=True)
class LegChanged(Signal):
    """A call that a Transfer has made was answered, or has left."""


@dataclass(frozen=True)
class PartnerLeft(Signal):
    """The call that this one was bridged with has left."""


@dataclass(frozen=True)
class StreamClosed(Signal):
    """The far end of a stream has closed it."""
