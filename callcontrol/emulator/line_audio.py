"""The audio of a call: what the caller says, and what the caller hears from media streams.

Audio is kept in mu-law at 8000 samples per second, as on a telephone line. Positions are numbers of samples since the start of
the emulator's time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TypeAlias

from callcontrol.emulator.audio import LOUDEST, TELEPHONE_RATE, Audio, decode_pcmu, encode_pcmu, read_audio
from callcontrol.emulator.stream_messages import SILENCE

AudioSource: TypeAlias = "str | Path | bytes | Audio"
"""Audio as a test passes it: the path or the content of a file, or samples."""


def pcmu_of(source: AudioSource) -> bytes:
    """Return audio in mu-law at 8000 samples per second.

    Raises:
        ValueError: If the file cannot be read, or has no known format.
    """
    return encode_pcmu(source if isinstance(source, Audio) else read_audio(source))


def position(seconds: float) -> int:
    """Return the position of a moment.

    Args:
        seconds: The moment, in seconds since the start of the emulator's time.
    """
    return round(seconds * TELEPHONE_RATE)


class Track:
    """Audio of one source, such as a stream; it is silent wherever no audio was added.

    Args:
        max_seconds: Seconds of past audio to keep.
    """

    def __init__(self, max_seconds: float) -> None:
        self._max = position(max_seconds)
        self._starts: list[int] = []
        """The position of each piece."""
        self._pieces: list[bytearray] = []

    @property
    def end(self) -> int:
        """The position after the last sample; 0 without audio."""
        return self._starts[-1] + len(self._pieces[-1]) if self._pieces else 0

    def add(self, now: int, pcmu: bytes) -> int:
        """Append audio, and return the position where it begins.

        Args:
            now: The current position. The audio begins here, or at the end of earlier audio that is not finished yet.
            pcmu: The audio in mu-law.
        """
        self._forget(now - self._max)
        start, end = max(now, self.end), self.end
        if self._pieces and start == end:
            self._pieces[-1] += pcmu
        else:
            self._starts.append(start)
            self._pieces.append(bytearray(pcmu))
        return start

    def cut(self, now: int) -> int:
        """Drop all audio from this position on, and return the number of dropped samples."""
        dropped = 0
        while self.end > now:
            start, piece = self._starts[-1], self._pieces[-1]
            left = max(0, now - start)
            dropped += len(piece) - left
            del piece[left:]
            if not piece:
                del self._starts[-1], self._pieces[-1]
        return dropped

    def read(self, start: int, end: int) -> bytes | None:
        """Return the audio between two positions; ``None`` if there is only silence."""
        if end <= start or self.end <= start:
            return None
        found = bytearray()
        for number in range(max(0, bisect_right(self._starts, start) - 1), len(self._pieces)):
            first, piece = self._starts[number], self._pieces[number]
            if first >= end:
                break
            part = piece[max(0, start - first) : end - first]
            if part:
                found += SILENCE * (max(start, first) - start - len(found)) + part
        return bytes(found.ljust(end - start, SILENCE)) if found else None

    def _forget(self, before: int) -> None:
        """Drop audio before a position. Whole seconds are dropped at a time, because each deletion takes time."""
        while self._pieces and self._starts[0] < before - TELEPHONE_RATE:
            count = min(before - self._starts[0], len(self._pieces[0]))
            del self._pieces[0][:count]
            self._starts[0] += count
            if not self._pieces[0]:
                del self._starts[0], self._pieces[0]


@dataclass(eq=False)
class CallAudio:
    """The audio of a call.

    Attributes:
        max_seconds: Seconds of past audio to keep.
        said: What the caller says.
        sources: What the caller hears: a track for each source.
        others: The audio of the calls that this call is connected with, which the caller hears.
    """

    max_seconds: float
    said: Track = field(init=False)
    sources: list[Track] = field(default_factory=list[Track], init=False)
    others: list[CallAudio] = field(default_factory=list["CallAudio"], init=False)

    def __post_init__(self) -> None:
        """Begin with silence."""
        self.said = Track(self.max_seconds)

    def new_source(self) -> Track:
        """Add a source of audio, and return its track."""
        track = Track(self.max_seconds)
        self.sources.append(track)
        return track

    def connect(self, other: CallAudio) -> None:
        """Let both callers hear each other."""
        self.others.append(other)
        other.others.append(self)

    def disconnect(self, other: CallAudio) -> None:
        """Undo :meth:`connect`."""
        self.others.remove(other)
        other.others.remove(self)

    def read(self, track: str, start: int, end: int) -> bytes | None:
        """Return the audio of a track between two positions, in mu-law; ``None`` for silence.

        Args:
            track: ``inbound`` for what the caller says, ``outbound`` for what the caller hears.
            start: The first position.
            end: The position after the last sample.
        """
        tracks = [self.said] if track == "inbound" else [*self.sources, *(other.said for other in self.others)]
        found = [part for part in (each.read(start, end) for each in tracks) if part is not None]
        return reduce(_mix, found) if found else None


def _mix(one: bytes, other: bytes) -> bytes:
    total = decode_pcmu(one).samples.astype("int32") + decode_pcmu(other).samples
    return encode_pcmu(Audio(total.clip(-LOUDEST - 1, LOUDEST).astype("int16"), TELEPHONE_RATE))
