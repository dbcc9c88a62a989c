"""The tones of a telephone: those of its keys, and ringing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from callcontrol.emulator.audio import SILENCE, TELEPHONE_RATE, encode_pcmu, sine_waves

ROWS: Final = {"123A": 697, "456B": 770, "789C": 852, "*0#D": 941}
"""For each row of keys: the lower frequency of its tones in hertz.

https://www.itu.int/rec/T-REC-Q.23
"""

COLUMNS: Final = (1209, 1336, 1477, 1633)
"""For each column of keys: the higher frequency of its tones in hertz."""

RINGING: Final = (440, 480)
"""The frequencies of the ringing tone in North America, in hertz."""

RING_SECONDS: Final = 2.0
"""Seconds of each ringing tone."""

RING_INTERVAL: Final = 6.0
"""Seconds from the beginning of a ringing tone to the beginning of the next one."""


def key_tones(parts: Iterable[tuple[str | None, float]]) -> bytes | None:
    """Return the tones of keys in mu-law; ``None`` if the libraries for audio are not installed.

    Args:
        parts: For each tone or silence: the key, or ``None`` for silence, and the seconds.
    """
    try:
        return b"".join(_key_tone(key, seconds) for key, seconds in parts)
    except ModuleNotFoundError:
        return None


def _key_tone(key: str | None, seconds: float) -> bytes:
    if key is None:
        return SILENCE * round(seconds * TELEPHONE_RATE)
    row = next(row for row in ROWS if key.upper() in row)
    return encode_pcmu(sine_waves((ROWS[row], COLUMNS[row.index(key.upper())]), seconds))


def ringing_tone() -> bytes | None:
    """Return one ringing tone in mu-law; ``None`` if the libraries for audio are not installed."""
    try:
        return encode_pcmu(sine_waves(RINGING, RING_SECONDS))
    except ModuleNotFoundError:
        return None
