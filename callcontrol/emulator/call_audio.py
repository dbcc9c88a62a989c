"""The sound of a call: a track for each side, from which recordings and transcriptions take their audio and text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from callcontrol.emulator import audio
from callcontrol.emulator.audio import TELEPHONE_RATE, Audio
from callcontrol.redacted_url_repr import redacted


def unknown() -> None:
    """Return no audio. This is the source of a sound whose audio is not known; in a recording, the sound is silent."""


@redacted
@dataclass(eq=False)
class Sound:
    """A sentence or an audio file on a track.

    Attributes:
        began: Time of the beginning, in seconds of the simulation's time.
        end: Time of the end; an interruption sets an earlier time.
        text: The spoken words; empty if the sound is not speech.
        source: Function that returns the audio, or ``None`` if the audio is not known. The function is called only if the audio
            is needed.
    """

    began: float
    end: float
    text: str = ""
    source: Callable[[], Audio | None] = unknown

    def stop(self, now: float) -> None:
        """End the sound now, unless it has ended."""
        self.end = min(self.end, now)


class Playable(Protocol):
    """Audio that a call can play, such as a recording."""

    @property
    def is_playable(self) -> bool:
        """True if the audio exists."""
        ...

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        ...

    def audio(self) -> Audio:
        """Return the audio."""
        ...


@dataclass(eq=False)
class Track:
    """The sounds of one side of a call or a conference.

    Attributes:
        sounds: The sounds, in the order of their beginnings.
        also: The tracks of other calls on which the sounds are heard too.
        is_kept: Whether sounds are kept after their end, because a recording or a transcription needs them.
    """

    sounds: list[Sound] = field(default_factory=list[Sound])
    also: list[Track] = field(default_factory=list["Track"])
    is_kept: bool = False
    _longest: float = 0

    def add(self, sound: Sound) -> Sound:
        """Add a sound that begins now, and return it."""
        if not self.is_kept:
            self.sounds = [each for each in self.sounds if each.end > sound.began]
        self.sounds.append(sound)
        self._longest = max(self._longest, sound.end - sound.began)
        for track in self.also:
            track.add(sound)
        return sound

    def extend(self, sound: Sound, end: float) -> None:
        """Let a sound of this track end at a later time."""
        sound.end = end
        self._longest = max(self._longest, end - sound.began)

    def between(self, start: float, end: float) -> list[Sound]:
        """Return the sounds that are heard in an interval of the simulation's time, in the order of their beginnings."""
        found: list[Sound] = []
        for sound in reversed(self.sounds):
            if sound.began + self._longest <= start:  # so are all earlier ones
                break
            if sound.began < end and sound.end > start:
                found.append(sound)
        return found[::-1]

    def audio(self, start: float, end: float) -> Audio:
        """Return the audio of an interval, with one channel at the rate of a telephone. Unknown audio is silent."""
        known = [(sound, source) for sound in self.between(start, end) if (source := sound.source()) is not None]
        parts = [(_frames(sound.began - start), source.first(sound.end - sound.began)) for sound, source in known]
        return audio.mixed(parts, _frames(end - start))


def _frames(seconds: float) -> int:
    return round(seconds * TELEPHONE_RATE)
