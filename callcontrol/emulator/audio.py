"""Audio as 16-bit samples: reading and writing files, resampling, and the encodings of media streams.

The libraries for audio are imported on first use. They belong to the extra ``emulator``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.int16]
    """Samples of shape (frames, channels)."""

TELEPHONE_RATE: Final = 8000
"""Frames per second of a telephone call."""

SILENCE: Final = b"\xff"
"""The mu-law byte of a silent sample."""

MIRRORED_FRAMES: Final = 32
"""Number of frames, after resampling, by which each end of a piece is extended. More frames do not make the sound better."""

LOUDEST: Final = 32767
"""The largest value of a sample."""

LOWEST_RATE: Final = 4_000
"""Lowest number of samples per second of a file. At a rate of 1, for example, a small file is hours of audio."""

HIGHEST_RATE: Final = 384_000
"""Highest number of samples per second of a file; studios use 192,000."""

DECODED_BLOCK: Final = 1 << 16
"""Number of frames that are decoded at a time."""

MAX_DECODED_SAMPLES: Final = 64 * 1024 * 1024
"""Maximum number of samples of a file, all channels together: more than two hours of a call. A small compressed file could
otherwise fill the memory, and the header of a file may name any length.
"""

FULL_SCALE: Final = 32768
"""The sample value that corresponds to 1.0 in floating-point audio."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Audio of any number of channels.

    Attributes:
        samples: The samples, of shape (frames, channels).
        rate: Frames per second.
    """

    samples: Samples
    rate: int

    def __repr__(self) -> str:
        """Return the shape and the rate, without the samples."""
        return f"Audio(samples of shape {self.samples.shape}, rate={self.rate})"

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return len(self.samples) / self.rate

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.samples.shape[1])

    def mono(self) -> Audio:
        """Return the mean of all channels as one channel."""
        if self.channels == 1:
            return self
        numpy = _library("numpy")
        mean: Samples = numpy.rint(self.samples.mean(axis=1, keepdims=True)).astype(numpy.int16)
        return Audio(mean, self.rate)

    def resampled(self, rate: int) -> Audio:
        """Return the audio at a different rate.

        Args:
            rate: Frames per second.
        """
        if rate == self.rate:
            return self
        samples: Samples = _library("soxr").resample(self.samples, self.rate, rate)
        return Audio(samples, rate)

    def resampled_piece(self, rate: int) -> Audio:
        """Return a piece of a longer sound at a lower rate, without a click where the pieces meet.

        A resampler assumes silence before and after the piece. This method extends each end by its mirror image instead.

        Args:
            rate: Frames per second; the rate of the piece is a multiple of this rate.
        """
        if rate == self.rate:
            return self
        numpy = _library("numpy")
        edge = MIRRORED_FRAMES * self.rate // rate
        mirrored = numpy.pad(self.samples.astype(numpy.int32), ((edge, edge), (0, 0)), "reflect", reflect_type="odd")
        longer = Audio(mirrored.clip(-LOUDEST - 1, LOUDEST).astype(numpy.int16), self.rate).resampled(rate)
        return Audio(longer.samples[MIRRORED_FRAMES:-MIRRORED_FRAMES], rate)


AudioSource: TypeAlias = "str | Path | bytes | Audio"
"""Audio as a test passes it: the path or the content of a file, or samples."""


def _library(name: str) -> Any:
    """Import a library for audio on first use.

    Raises:
        ModuleNotFoundError: If the extra ``emulator`` is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        message = f"audio needs {missing.name}: install bxml-callcontrol[emulator]"
        raise ModuleNotFoundError(message, name=missing.name) from None


def silence(seconds: float, rate: int = TELEPHONE_RATE, channels: int = 1) -> Audio:
    """Return silence.

    Args:
        seconds: Length in seconds, rounded to whole frames.
        rate: Frames per second.
        channels: Number of channels.
    """
    numpy = _library("numpy")
    samples: Samples = numpy.zeros((round(seconds * rate), channels), numpy.int16)
    return Audio(samples, rate)


def sine_waves(frequencies: Sequence[float], seconds: float) -> Audio:
    """Return the mean of sine waves, scaled to half of the largest amplitude, as one channel at 8000 samples per second.

    Args:
        frequencies: The frequencies, in hertz.
        seconds: Length in seconds, rounded to whole frames.
    """
    numpy = _library("numpy")
    times = numpy.arange(round(seconds * TELEPHONE_RATE)) / TELEPHONE_RATE
    mean = numpy.sin(2 * numpy.pi * numpy.outer(times, frequencies)).mean(axis=1, keepdims=True)
    samples: Samples = (mean * (LOUDEST / 2)).astype(numpy.int16)
    return Audio(samples, TELEPHONE_RATE)


def side_by_side(channels: Sequence[Audio]) -> Audio:
    """Return one audio that has several audios of the same length and rate as its channels."""
    samples: Samples = _library("numpy").hstack([each.samples for each in channels])
    return Audio(samples, channels[0].rate)


def joined(parts: Sequence[Audio]) -> Audio:
    """Return several audios of the same rate and number of channels, one after the other."""
    samples: Samples = _library("numpy").concatenate([each.samples for each in parts])
    return Audio(samples, parts[0].rate)


def read_audio(source: str | Path | bytes) -> Audio:
    """Return the audio of a file in any format that libsndfile reads, such as WAV, MP3, FLAC or Ogg.

    Args:
        source: The path of the file, or its content.

    Raises:
        ValueError: If the file cannot be read, has no known format, or is too long.
    """
    soundfile = _library("soundfile")
    name = "the audio" if isinstance(source, bytes) else f'"{source}"'
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}; expected the path of a WAV or MP3 file") from None
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
                raise ValueError(
                    f"{name} has {file.samplerate} samples per second; expected {LOWEST_RATE} to {HIGHEST_RATE}, such as 8000"
                )
            if file.frames * file.channels > MAX_DECODED_SAMPLES:
                seconds = MAX_DECODED_SAMPLES // (file.channels * file.samplerate)
                raise ValueError(f"{name} is too long; expected at most {seconds} s")
            samples, rate = _decoded(file), int(file.samplerate)
    except soundfile.SoundFileError:
        raise ValueError(f"{name} is not an audio file of a known format; convert it to WAV or MP3") from None
    return Audio(samples, rate)


def _decoded(file: Any) -> Samples:
    """Return the samples of an open file. They are decoded in blocks, which need less memory than the whole file."""
    numpy = _library("numpy")
    samples: Samples = numpy.empty((file.frames, file.channels), numpy.int16)
    length = 0
    # Integers would be wrong for a file of floating-point numbers, because libsndfile does not scale these.
    for block in file.blocks(blocksize=DECODED_BLOCK, dtype="float32", always_2d=True):
        samples[length : length + len(block)] = numpy.rint(block * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1)
        length += len(block)
    return samples[:length]


def to_wav(audio: Audio | Iterable[Audio]) -> bytes:
    """Return the content of a WAV file with 16-bit samples.

    Args:
        audio: The audio, or at least one block of it; long audio takes less memory in blocks.
    """
    return _file(audio, "WAV", "PCM_16")


def to_mp3(audio: Audio | Iterable[Audio]) -> bytes:
    """Return the content of an MP3 file.

    Args:
        audio: The audio, or at least one block of it; long audio takes less memory in blocks.
    """
    return _file(audio, "MP3", "MPEG_LAYER_III")


def _file(audio: Audio | Iterable[Audio], container: str, encoding: str) -> bytes:
    soundfile, content = _library("soundfile"), io.BytesIO()
    blocks = iter([audio] if isinstance(audio, Audio) else audio)
    first = next(blocks)
    with soundfile.SoundFile(content, "w", first.rate, first.channels, encoding, format=container) as file:
        for block in chain([first], blocks):
            # libsndfile 1.2 loses every other block of stereo samples in an MP3 file if they are integers.
            file.write(block.samples if container == "WAV" else block.samples.astype("float32") / FULL_SCALE)
    return content.getvalue()


def pcmu_of(source: AudioSource) -> bytes:
    """Return audio in mu-law at 8000 samples per second.

    Raises:
        ValueError: If the file cannot be read, or has no known format.
    """
    return encode_pcmu(source if isinstance(source, Audio) else read_audio(source))


def encode_pcmu(audio: Audio) -> bytes:
    """Return audio in mu-law at 8000 frames per second, with one channel."""
    samples = audio.mono().resampled(TELEPHONE_RATE).samples
    content: bytes = _pcmu_bytes()[samples[:, 0].view("uint16")].tobytes()
    return content


def decode_pcmu(content: bytes | bytearray) -> Audio:
    """Return the audio of mu-law bytes at 8000 frames per second, with one channel."""
    numpy = _library("numpy")
    samples: Samples = _pcmu_samples()[numpy.frombuffer(content, numpy.uint8)].reshape(-1, 1)
    return Audio(samples, TELEPHONE_RATE)


def decode_pcm(content: bytes, rate: int) -> Audio:
    """Return the audio of signed 16-bit samples, least significant byte first, with one channel.

    Args:
        content: The samples.
        rate: Frames per second.

    Raises:
        ValueError: If the number of bytes is odd.
    """
    if len(content) % 2:
        raise ValueError(f"{len(content)} bytes are not a whole number of 16-bit samples; send an even number of bytes")
    numpy = _library("numpy")
    samples: Samples = numpy.frombuffer(content, "<i2").astype(numpy.int16).reshape(-1, 1)
    return Audio(samples, rate)


# A lookup in a table takes microseconds. libsndfile takes much longer for the short pieces of a media stream.


@cache
def _pcmu_samples() -> Any:
    """Return the sample for each mu-law byte."""
    raw = {"samplerate": TELEPHONE_RATE, "channels": 1, "format": "RAW", "subtype": "ULAW"}
    samples, _ = _library("soundfile").read(io.BytesIO(bytes(range(256))), dtype="int16", **raw)
    return samples


@cache
def _pcmu_bytes() -> Any:
    """Return the mu-law byte for each sample. The index of a sample is its 16 bits as an unsigned number."""
    numpy, file = _library("numpy"), io.BytesIO()
    samples = numpy.arange(1 << 16, dtype=numpy.uint16).view(numpy.int16)
    _library("soundfile").write(file, samples, TELEPHONE_RATE, format="RAW", subtype="ULAW")
    return numpy.frombuffer(file.getvalue(), numpy.uint8)
