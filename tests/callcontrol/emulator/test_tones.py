"""The tones of keys have the frequencies of the standard."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from callcontrol.emulator.audio import SILENCE, decode_pcmu
from callcontrol.emulator.tones import key_tones, ringing_tone


def frequencies(pcmu: bytes | None) -> list[int]:
    """Return the two loudest frequencies of one second of audio, in hertz."""
    assert pcmu is not None
    samples = decode_pcmu(pcmu).samples[:8000, 0]
    return sorted(np.argsort(np.abs(np.fft.rfft(samples)))[-2:].tolist())


@pytest.mark.parametrize(
    ("key", "expected"),
    [("1", [697, 1209]), ("5", [770, 1336]), ("9", [852, 1477]), ("0", [941, 1336]), ("#", [941, 1477]), ("a", [697, 1633])],
)
def test_each_key_has_two_frequencies(key: str, expected: list[int]) -> None:
    """The frequencies are those of the row and the column of the key."""
    assert frequencies(key_tones([(key, 1)])) == expected


def test_silence_between_tones() -> None:
    """Each part has its length."""
    tones = key_tones([("1", 0.1), (None, 0.2), ("2", 0.05)])
    assert tones is not None
    assert (len(tones), tones[800:2400]) == (2800, SILENCE * 1600)


def test_ringing_tone() -> None:
    """The tone takes two seconds."""
    tone = ringing_tone()
    assert tone is not None
    assert (len(tone), frequencies(tone)) == (16_000, [440, 480])


def test_without_the_libraries_tones_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator works without the extra."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert (key_tones([("1", 1)]), ringing_tone()) == (None, None)
