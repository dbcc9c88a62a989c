"""Audio is read, written, resampled and encoded without loss of length or channels."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from callcontrol.emulator import audio
from callcontrol.emulator.audio import Audio


def tone(seconds: float = 0.5, rate: int = 8000, channels: int = 1, hertz: float = 440) -> Audio:
    """Return a sine wave. The second channel has twice the frequency."""
    times = np.arange(round(seconds * rate)) / rate
    columns = [np.sin(2 * np.pi * hertz * (1 + channel) * times) * 16000 for channel in range(channels)]
    return Audio(np.stack(columns, axis=1).astype(np.int16), rate)


def loudness(of: Audio) -> float:
    """Return the root mean square."""
    return float(np.sqrt((of.samples.astype(float) ** 2).mean()))


@pytest.mark.parametrize("channels", [1, 2])
def test_wav_is_read_as_it_was_written(tmp_path: Path, channels: int) -> None:
    """All samples stay the same, whether the source is bytes, a string or a path."""
    written = tone(channels=channels)
    content = audio.to_wav(written)
    assert content[:4] == b"RIFF"
    file = tmp_path / "hello.wav"
    file.write_bytes(content)
    for source in (content, file, str(file)):
        read = audio.read_audio(source)
        assert (read.rate, read.channels, read.seconds) == (8000, channels, 0.5)
        assert np.array_equal(read.samples, written.samples)


def test_mp3_keeps_the_length_and_the_sound() -> None:
    """MP3 changes the samples a little, but not the length and the channels."""
    written = tone(2, channels=2)
    read = audio.read_audio(audio.to_mp3(written))
    assert (read.rate, read.channels, read.seconds) == (8000, 2, 2)
    difference = Audio(read.samples - written.samples, 8000)
    assert loudness(difference) < loudness(written) / 20


@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_are_written_as_one_file(channels: int) -> None:
    """A file does not show where its blocks meet."""
    whole = tone(2, channels=channels)
    for write in (audio.to_wav, audio.to_mp3):
        blocks = (Audio(whole.samples[first : first + 1999], 8000) for first in range(0, 16_000, 1999))
        assert np.array_equal(audio.read_audio(write(blocks)).samples, audio.read_audio(write(whole)).samples)


def test_loud_floating_point_audio_is_clipped(tmp_path: Path) -> None:
    """Values of 1.0 and more become the largest sample."""
    file = tmp_path / "float.wav"
    audio._library("soundfile").write(file, np.array([0.5, 1.5, -2.0], dtype=np.float32), 8000, subtype="FLOAT")
    assert audio.read_audio(file).samples[:, 0].tolist() == [16384, 32767, -32768]


@pytest.mark.parametrize(
    ("channels", "is_written", "seconds"),
    [(1, True, 8388), (2, True, 4194), (1, False, 8388)],
    ids=["mono", "stereo", "header"],
)
def test_file_that_is_too_long_is_not_decoded(channels: int, is_written: bool, seconds: int) -> None:  # noqa: FBT001
    """A small compressed file of silence, or a header that names a wrong length, cannot fill the memory."""
    file, second = io.BytesIO(), np.zeros((8000, channels), np.int16)
    with audio._library("soundfile").SoundFile(file, "w", 8000, channels, format="FLAC") as written:
        for _ in range(seconds + 1 if is_written else 1):
            written.write(second)
    content = bytearray(file.getvalue())
    assert len(content) < 500_000
    if not is_written:  # the length is the last 36 bits before the checksum of the header
        content[21:26] = bytes([content[21] | 0x0F]) + b"\xff" * 4
    with pytest.raises(ValueError, match=f"^the audio is too long; expected at most {seconds} s$"):
        audio.read_audio(bytes(content))


@pytest.mark.parametrize("rate", [1, 3999, 384_001])
def test_file_with_an_unusual_rate_is_not_resampled(rate: int) -> None:
    """At the rate of a telephone, a small file with one sample per second would fill the memory."""
    content = bytearray(audio.to_wav(audio.silence(1)))
    content[24:28] = rate.to_bytes(4, "little")
    expected = f"^the audio has {rate} samples per second; expected 4000 to 384000, such as 8000$"
    with pytest.raises(ValueError, match=expected):
        audio.read_audio(bytes(content))


def test_long_file_is_decoded_in_blocks() -> None:
    """All blocks of a file are in their places."""
    samples = np.arange(3 * audio.DECODED_BLOCK + 5, dtype=np.int16).reshape(-1, 1)
    assert (audio.read_audio(audio.to_wav(Audio(samples, 8000))).samples == samples).all()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(b"RIFF....", "the audio is not an audio file of a known format; convert it to WAV or MP3", id="broken"),
        pytest.param(b"", "the audio is not an audio file of a known format; convert it to WAV or MP3", id="empty"),
        pytest.param(
            "missing.wav",
            '"missing.wav" cannot be read: No such file or directory; expected the path of a WAV or MP3 file',
            id="missing",
        ),
    ],
)
def test_unreadable_audio_is_a_value_error(source: str | bytes, message: str) -> None:
    """The message says what was found and what is expected."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        audio.read_audio(source)


def test_mono_is_the_mean_of_the_channels() -> None:
    """Two channels become one channel. A single channel is not changed."""
    two = Audio(np.array([[100, 300], [-7, 7], [32767, 32767]], dtype=np.int16), 8000)
    assert two.mono().samples.tolist() == [[200], [0], [32767]]
    one = tone()
    assert one.mono() is one


def test_resampling_keeps_the_length_and_the_sound() -> None:
    """A tone keeps its loudness at another rate. Resampling to the same rate changes nothing."""
    original = tone(1, 16000, 2)
    resampled = original.resampled(8000)
    assert (resampled.rate, resampled.seconds, resampled.channels) == (8000, 1, 2)
    assert resampled.samples.dtype == np.int16
    assert loudness(resampled) == pytest.approx(loudness(original), rel=0.01)
    assert original.resampled(16000) is original
    assert audio.silence(0).resampled(24000).seconds == 0


def test_silence_has_its_length_and_channels() -> None:
    """A duration is rounded to whole frames."""
    quiet = audio.silence(0.12345, 8000, 2)
    assert (quiet.samples.shape, quiet.rate) == ((988, 2), 8000)
    assert not quiet.samples.any()


def test_mu_law_is_that_of_the_standard() -> None:
    """G.711: silence is 0xff, and the loudest samples are 0x80 and 0x00."""
    loudest = Audio(np.array([[0], [32767], [-32768]], dtype=np.int16), 8000)
    assert audio.encode_pcmu(loudest) == b"\xff\x80\x00"
    assert audio.decode_pcmu(b"\xff\x80\x00\x7f").samples.tolist() == [[0], [32124], [-32124], [0]]


def test_mu_law_round_trip() -> None:
    """Decoding and encoding keeps every byte except the negative zero. Audio of other rates and channels is converted."""
    every = bytes(range(256))
    assert audio.encode_pcmu(audio.decode_pcmu(every)) == every.replace(b"\x7f", b"\xff")
    assert len(audio.encode_pcmu(tone(0.5, 24000, 2))) == 4000


def test_pcm_is_little_endian() -> None:
    """A sample has two bytes, least significant byte first. An odd number of bytes is an error."""
    decoded = audio.decode_pcm(b"\x01\x00\xff\x7f\x00\x80", 24000)
    assert (decoded.rate, decoded.samples.tolist()) == (24000, [[1], [32767], [-32768]])
    decoded.samples[0] = 5  # the samples can be changed, unlike those of a view of bytes
    with pytest.raises(ValueError, match=r"^3 bytes are not a whole number of 16-bit samples; send an even number of bytes$"):
        audio.decode_pcm(b"\0\0\0", 8000)


def test_missing_library_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra to install."""
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ModuleNotFoundError, match=r"^audio needs soundfile: install bxml-callcontrol\[emulator\]$"):
        audio.read_audio(b"")


def test_emulator_without_audio_loads_no_library_for_it() -> None:
    """Importing and creating an emulator is as fast as without audio."""
    program = (
        "import sys; from callcontrol.emulator import Core, Emulator; Core();"
        "print(sorted({'numpy', 'soundfile', 'soxr', 'websockets'} & sys.modules.keys()))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


def constant(level: int, frames: int) -> Audio:
    """Return audio whose samples all have the same level."""
    return Audio(np.full((frames, 1), level, np.int16), 8000)


def test_parts_are_put_together() -> None:
    """Parts side by side become channels. Joined parts follow each other."""
    first, second = constant(1, 2), constant(2, 2)
    assert audio.side_by_side([first, second]).samples.tolist() == [[1, 2], [1, 2]]
    assert audio.joined([first, second]).samples[:, 0].tolist() == [1, 1, 2, 2]
