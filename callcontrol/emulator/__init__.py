"""A local emulator of Bandwidth's voice platform: its API over HTTP, and calls that run BXML.

Time is virtual: it advances only when a test advances it. If the emulator has a ``speed``, time advances continuously
instead. The emulator makes no real calls: a test sets the reaction of each phone and acts as the caller.
:class:`Core` is the emulator without a socket. :class:`Emulator` adds an HTTP server, which needs the extra ``emulator``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.audio import Audio, read_audio
from callcontrol.emulator.calls import Call, NotHeard
from callcontrol.emulator.conferences import Conference, MemberOptions
from callcontrol.emulator.fault_injection import Fault
from callcontrol.emulator.in_process_emulator import Core, NoApplication
from callcontrol.emulator.phones import Phone
from callcontrol.emulator.recordings import Clip, Recording, RecordingTranscription
from callcontrol.emulator.rest_api import Exchange
from callcontrol.emulator.simulation import Delay
from callcontrol.emulator.streams_and_transcriptions import MediaFeed, Transcription
from callcontrol.emulator.timeline import Entry, Timeline

if TYPE_CHECKING:
    from callcontrol.emulator.server import Emulator

__all__ = [
    "Assumptions",
    "Audio",
    "Call",
    "Clip",
    "Conference",
    "Core",
    "Delay",
    "Emulator",
    "Entry",
    "Exchange",
    "Fault",
    "MediaFeed",
    "MemberOptions",
    "NoApplication",
    "NotHeard",
    "Phone",
    "Recording",
    "RecordingTranscription",
    "Timeline",
    "Transcription",
    "read_audio",
]


def __getattr__(name: str) -> Any:
    """Import ``Emulator`` on first use, because its web server is an optional dependency.

    Raises:
        AttributeError: If the name is not ``Emulator``.
        ModuleNotFoundError: If the extra ``emulator`` is not installed.
    """
    if name != "Emulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from callcontrol.emulator.server import Emulator
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"the emulator needs {missing.name}: install bxml-callcontrol[emulator]") from None
    return Emulator
