"""A check that a function takes linear time, by processor time, which other processes do not affect."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

GROWTH: Final = 10
"""Maximum ratio between the time for a text and the time for a quarter of it. A ratio of 4 is linear, and 16 is quadratic."""

UNMEASURABLE: Final = 0.05
"""Seconds that a quarter of a text may take without being measured. Shorter times vary too much."""


def assert_linear(function: Callable[[str], object], text: str) -> None:
    """Check that a function takes at most ten times as long for a text as for the first quarter of it.

    One of three measurements is enough, because caches and garbage collection disturb single measurements.
    """
    assert any(_is_linear(function, text) for _ in range(3))


def _is_linear(function: Callable[[str], object], text: str) -> bool:
    quarter, whole = (_seconds(function, part) for part in (text[: len(text) // 4], text))
    return whole < GROWTH * max(quarter, UNMEASURABLE)


def _seconds(function: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    function(text)
    return time.process_time() - start
