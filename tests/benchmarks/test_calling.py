"""How many calls the emulator carries at once: each goes through three webhooks to an application in the same process.

The clock is virtual, and there is no port: this is what a test suite would wait for. Nothing else emulates this API,
so that there is nobody to compare with: the figures of ``python -m tests.benchmarks`` are calls a second, and memory.
"""

from __future__ import annotations

import gc
import tracemalloc
from time import perf_counter
from typing import Final

import pytest
from flask import Flask, request
from flask import Response as Answer
from pytest_benchmark.fixture import BenchmarkFixture

from bxml import Response, SpeakSentence
from callcontrol.emulator.core import Core

CALLS: Final = 1_000
"""Calls at once."""

MENU: Final = Response().gather([SpeakSentence("Press 1 for sales.")], gather_url="/menu", max_digits=1).to_bytes()
SALES: Final = Response().gather([SpeakSentence("Enter your number.")], gather_url="/number", max_digits=3).to_bytes()
GOODBYE: Final = Response().speak_sentence("Thank you.").hangup().to_bytes()


def application() -> Flask:
    """A menu, and a question after it."""
    app = Flask(__name__)
    app.add_url_rule("/answer", "answer", lambda: Answer(MENU, mimetype="application/xml"), methods=["POST"])
    app.add_url_rule("/menu", "menu", lambda: Answer(SALES if digits() == "1" else MENU), methods=["POST"])
    app.add_url_rule("/number", "number", lambda: Answer(GOODBYE), methods=["POST"])
    return app


def digits() -> str:
    """What was pressed."""
    pressed: str = request.get_json()["digits"]
    return pressed


def carry(calls: int) -> Core:
    """So many calls come in, all wait at the menu at once, and each goes through to the end."""
    voice = Core(application())
    callers = [voice.dial("/answer") for _ in range(calls)]
    voice.advance(0.5)
    assert all(call.state == "answered" for call in callers)
    for keys in ("1", "123"):
        for call in callers:
            call.press(keys)
        voice.advance(0.5)
    voice.run()
    assert all(call.timeline.events == ["initiate", "gather", "gather"] for call in callers)
    assert {call.disconnect_cause for call in callers} == {"hangup"}
    return voice


def calls_a_second(calls: int = CALLS) -> float:
    """How many calls are carried in a second."""
    start = perf_counter()
    carry(calls)
    return calls / (perf_counter() - start)


def memory_of(calls: int = CALLS) -> tuple[float, float, float]:
    """Bytes of memory for each call: at the peak, with all timelines, and once the emulator is gone."""
    carry(10)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    voice = carry(calls)
    kept, peak = tracemalloc.get_traced_memory()
    del voice
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - before) / calls, (kept - before) / calls, (after - before) / calls


@pytest.mark.parametrize("calls", [10])
def test_calling(benchmark: BenchmarkFixture, calls: int) -> None:
    """Some calls come in at once and go through the menu."""
    benchmark(carry, calls)


def test_memory_returns() -> None:
    """What calls have taken is given back with the emulator that carried them."""
    peak, _, after = memory_of(50)
    assert after < peak / 10
