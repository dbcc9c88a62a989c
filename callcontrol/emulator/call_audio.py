"""The audio of calls and conferences: sounds, and the tracks on which they are heard.

Recordings, transcriptions, media streams and tests all read the same tracks. A track passes its sounds on to other tracks: to
the tracks of connected calls, and to the tracks in which recordings and transcriptions keep the sounds.

Audio is in mu-law at 8000 samples per second, as on a telephone line. A position is a number of samples since the start of the
emulator's time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Final, Protocol

from callcontrol.emulator.audio import LOUDEST, SILENCE, TELEPHONE_RATE, Audio, decode_pcmu, encode_pcmu
from callcontrol.emulator.scheduler import Scheduler
from callcontrol.redacted_url_repr import redacted

BLOCK: Final = 60 * TELEPHONE_RATE
"""Number of samples of a recording that are mixed at a time."""

LONGEST_PIECE: Final = TELEPHONE_RATE
"""Number of samples in the longest sound of a :class:`PlayQueue`. A track forgets whole sounds, so sounds must be short."""

SAMPLE: Final = 1 / TELEPHONE_RATE
"""Seconds of a sample. Times that differ by less count as equal, because sums of floats have errors."""

FOREVER: Final = float("inf")
"""A number of seconds that never passes: for a track that keeps all its sounds, and for tracks that are still connected."""

Source = Callable[[], bytes | bytearray | None]
"""A function that returns audio in mu-law, or ``None`` if the audio is not known."""


def unknown() -> None:
    """Return no audio. This is the source of a sound whose audio is not known; the sound is silent."""


def position(seconds: float) -> int:
    """Return the position of a moment.

    Args:
        seconds: The moment, in seconds since the start of the emulator's time.
    """
    return round(seconds * TELEPHONE_RATE)


@redacted
@dataclass(eq=False)
class Sound:
    """A sentence, an audio file or a piece of another sound.

    Attributes:
        began: Time of the beginning, in seconds of the simulation's time.
        end: Time of the end; an interruption sets an earlier time.
        text: The spoken words; empty if the sound is not speech.
        source: Function that returns the audio. The function is called only if the audio is needed.
    """

    began: float
    end: float
    text: str = ""
    source: Source = unknown

    @cached_property
    def pcmu(self) -> bytes | bytearray | None:
        """The audio, which is kept for the next use because a media stream reads it in parts of 20 ms."""
        return self.source()

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

    def pcmu(self) -> bytes:
        """Return the audio in mu-law, with one channel."""
        ...


@dataclass(eq=False, slots=True)
class HeardSound:
    """A sound on a track, or the part of it that is heard there.

    Attributes:
        sound: The sound.
        began: Time from which the sound is heard on the track, in seconds of the simulation's time.
        passed_on_by: The track from which the sound comes; ``None`` if it was added to this track.
        original: The sound on that track; this sound does not last longer.
        until: Time at which the two tracks were disconnected.
    """

    sound: Sound
    began: float
    passed_on_by: Track | None = None
    original: HeardSound | None = None
    until: float = FOREVER

    @property
    def end(self) -> float:
        """Time until which the sound is heard on the track."""
        return min(self.until, self.sound.end if self.original is None else self.original.end)


_BEGAN: Final = attrgetter("began")
_END: Final = attrgetter("end")


class Track:
    """The sounds of one side of a call or a conference, or of a recording of it.

    Args:
        scheduler: The scheduler of the simulation's time.
        seconds: Seconds for which a sound is kept after its end.
    """

    def __init__(self, scheduler: Scheduler, seconds: float = FOREVER) -> None:
        self._scheduler = scheduler
        self._seconds = seconds
        self.is_relay = False
        """True if the track only passes its sounds on, so that they reach no one if no other track is connected to it."""
        self._listeners: list[Track] = []
        self._current: list[HeardSound] = []
        """The sounds that have not ended, as far as is known, in the order of their beginnings."""
        self._ended: list[HeardSound] = []
        """The sounds that have ended, in the order of their ends."""

    @property
    def now(self) -> float:
        """The simulation's time."""
        return self._scheduler.now

    @property
    def is_heard(self) -> bool:
        """True if the sounds of this track reach someone, such as another call, a recording or a transcription."""
        return any(listener.is_heard or not listener.is_relay for listener in self._listeners)

    @property
    def sounds(self) -> list[Sound]:
        """All sounds that are kept."""
        return [heard.sound for heard in (*self._ended, *self._current)]

    # Adding sounds

    def add(self, sound: Sound) -> Sound:
        """Add a sound that begins now or later, and return it."""
        self._hear(HeardSound(sound, sound.began), self.now)
        return sound

    def connect(self, listener: Track) -> None:
        """Pass the sounds of this track on to another track from now on, including the rest of the current sounds."""
        now = self.now
        self._listeners.append(listener)
        for heard in self._current:
            if heard.end >= now - SAMPLE:
                self._pass_on(heard, listener, now)

    def disconnect(self, listener: Track) -> None:
        """Undo :meth:`connect`. On the other track, the current sounds of this track end."""
        now = self.now
        self._listeners.remove(listener)
        for heard in listener._current:
            if heard.passed_on_by is self:
                heard.until = min(heard.until, now)

    def _hear(self, heard: HeardSound, now: float) -> None:
        self._sort_out(now)
        # Sounds that were cut before they began are never heard, so they are dropped at once.
        while self._current and self._current[-1].end < self._current[-1].began - SAMPLE:
            self._current.pop()
        if self._ended and self._ended[0].end < now - self._seconds:
            del self._ended[: bisect_left(self._ended, now - self._seconds, key=_END)]
        insort(self._current, heard, key=_BEGAN)
        for listener in self._listeners:
            self._pass_on(heard, listener, now)

    def _pass_on(self, heard: HeardSound, listener: Track, now: float) -> None:
        listener._hear(HeardSound(heard.sound, max(heard.began, now), self, heard), now)

    def _sort_out(self, now: float) -> None:
        """Move the sounds that ended before a time to the ended sounds. A sound that ends now may still become longer."""
        begun = self._current[: bisect_left(self._current, now, key=_BEGAN)]
        ended = [heard for heard in begun if heard.end < now - SAMPLE]
        if ended:
            self._current[: len(begun)] = [heard for heard in begun if heard.end >= now - SAMPLE]
            self._ended += sorted((heard for heard in ended if heard.end > heard.began), key=_END)

    # Reading

    def between(self, start: float, end: float) -> list[HeardSound]:
        """Return the sounds that are heard in an interval of the simulation's time, in the order of their beginnings."""
        found: list[HeardSound] = []
        for heard in self._current:
            if heard.began >= end:  # so do all later ones
                break
            if start < heard.end > heard.began:
                found.append(heard)
        for heard in reversed(self._ended):
            if heard.end <= start:  # so are all earlier ones
                break
            if heard.began < end:
                found.append(heard)
        return sorted(found, key=_BEGAN) if len(found) > 1 else found

    def read(self, start: int, end: int) -> bytes | None:
        """Return the audio between two positions; ``None`` if there is only silence."""
        first = start / TELEPHONE_RATE
        if self._current and self._current[0].end < first - SAMPLE:
            self._sort_out(first)
        if not self._current and (not self._ended or self._ended[-1].end <= first):
            return None
        found = self.between(first, end / TELEPHONE_RATE)
        return _mixed([(heard, pcmu) for heard in found if (pcmu := heard.sound.pcmu) is not None], start, end)


def read_blocks(tracks: Iterable[Track], start: float, end: float) -> Iterator[bytes]:
    """Yield the mixture of several tracks in an interval of the simulation's time, one minute at a time.

    Args:
        tracks: The tracks.
        start: The beginning, in seconds.
        end: The end, in seconds.
    """
    waiting = deque(sorted((heard for track in tracks for heard in track.between(start, end)), key=_BEGAN))
    current: list[tuple[HeardSound, bytes | bytearray]] = []
    stop = position(end)
    for first in range(position(start), stop, BLOCK):
        last = min(first + BLOCK, stop)
        while waiting and position(waiting[0].began) < last:
            heard = waiting.popleft()
            # The audio is not kept with the sound, because the sounds of a long recording could fill the memory.
            pcmu = heard.sound.source()
            if pcmu is not None:
                current.append((heard, pcmu))
        yield _mixed(current, first, last) or SILENCE * (last - first)
        current = [(heard, pcmu) for heard, pcmu in current if position(heard.end) > last]


def _mixed(sounds: Iterable[tuple[HeardSound, bytes | bytearray]], start: int, end: int) -> bytes | None:
    """Return the mixture of sounds between two positions; ``None`` if there is only silence.

    Args:
        sounds: The sounds with their audio.
        start: The position of the beginning.
        end: The position of the end.
    """
    mixed = bytearray()
    for heard, pcmu in sounds:
        began, first = position(heard.sound.began), max(start, position(heard.began))
        part = pcmu[first - began : max(first, min(end, position(heard.end))) - began]
        at = first - start
        both = max(0, min(len(part), len(mixed) - at))
        if both:
            mixed[at : at + both] = _sum(mixed[at : at + both], part[:both])
        if len(part) > both:
            mixed += SILENCE * (at - len(mixed)) + part[both:]
    return bytes(mixed.ljust(end - start, SILENCE)) if mixed else None


def _sum(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    total = decode_pcmu(one).samples.astype("int32") + decode_pcmu(other).samples
    return encode_pcmu(Audio(total.clip(-LOUDEST - 1, LOUDEST).astype("int16"), TELEPHONE_RATE))


class PlayQueue:
    """Audio that is played on a track, one piece after the other.

    Args:
        track: The track.
    """

    def __init__(self, track: Track) -> None:
        self._track = track
        self._pieces: deque[tuple[Sound, bytearray]] = deque()
        """The pieces that have not ended, as far as is known."""
        self.end = 0
        """The position after the last sample; 0 before any audio was added."""

    def add(self, pcmu: bytes) -> int:
        """Append audio, and return the position where it begins: now, or at the end of earlier audio.

        Args:
            pcmu: The audio in mu-law.
        """
        now = position(self._track.now)
        while self._pieces and position(self._pieces[0][0].end) < now:
            self._pieces.popleft()
        start = max(now, self.end)
        for first in range(0, len(pcmu), LONGEST_PIECE):
            self._add_piece(start + first, pcmu[first : first + LONGEST_PIECE])
        return start

    def _add_piece(self, start: int, pcmu: bytes) -> None:
        is_continued = bool(self._pieces) and start == self.end
        self.end = start + len(pcmu)
        # Messages of media streams often have only 20 ms of audio, so several of them become one sound.
        if is_continued and len(self._pieces[-1][1]) + len(pcmu) <= LONGEST_PIECE:
            sound, audio = self._pieces[-1]
            audio += pcmu
            sound.end = self.end / TELEPHONE_RATE
        else:
            audio = bytearray(pcmu)
            sound = self._track.add(Sound(start / TELEPHONE_RATE, self.end / TELEPHONE_RATE, source=lambda: audio))
            self._pieces.append((sound, audio))

    def cut(self) -> int:
        """Drop all audio that is not heard yet, and return the number of dropped samples."""
        seconds = self._track.now
        now = position(seconds)
        dropped = max(0, self.end - now)
        self.end -= dropped
        while self._pieces:
            sound, audio = self._pieces.pop()
            sound.stop(seconds)
            del audio[max(0, now - position(sound.began)) :]
        return dropped
