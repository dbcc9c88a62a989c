"""Speed and memory of many simultaneous calls, each with three webhooks to an application in the same process.

Time is virtual and no port is used, as in a test suite. No other emulator of this API exists to compare with, so
``python -m tests.benchmarks`` prints calls per second and memory.
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
from callcontrol.emulator.in_process_emulator import Core

CALLS: Final = 1_000
"""Number of simultaneous calls."""

MENU: Final = Response().gather([SpeakSentence("Press 1 for sales.")], gather_url="/menu", max_digits=1).to_bytes()
SALES: Final = Response().gather([SpeakSentence("Enter your number.")], gather_url="/number", max_digits=3).to_bytes()
GOODBYE: Final = Response().speak_sentence("Thank you.").hangup().to_bytes()


def application() -> Flask:
    """Return an application with two menus, one after the other."""
    app = Flask(__name__)
    app.add_url_rule("/answer", "answer", lambda: Answer(MENU, mimetype="application/xml"), methods=["POST"])
    app.add_url_rule("/menu", "menu", lambda: Answer(SALES if digits() == "1" else MENU), methods=["POST"])
    app.add_url_rule("/number", "number", lambda: Answer(GOODBYE), methods=["POST"])
    return app


def digits() -> str:
    """Return the pressed keys from the gather event."""
    pressed: str = request.get_json()["digits"]
    return pressed


def run_calls(calls: int) -> Core:
    """Run the given number of simultaneous calls through both menus until all calls end, and return the emulator."""
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


def calls_per_second(calls: int = CALLS) -> float:
    """Return the number of calls that the emulator runs per second."""
    start = perf_counter()
    run_calls(calls)
    return calls / (perf_counter() - start)


def memory_per_call(calls: int = CALLS) -> tuple[float, float, float]:
    """Return the bytes per call at the peak, after the calls have ended, and after the emulator is deleted."""
    run_calls(10)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    voice = run_calls(calls)
    kept, peak = tracemalloc.get_traced_memory()
    del voice
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - before) / calls, (kept - before) / calls, (after - before) / calls


@pytest.mark.parametrize("calls", [10])
def test_calling(benchmark: BenchmarkFixture, calls: int) -> None:
    """Each call goes through both menus and then ends."""
    benchmark(run_calls, calls)


def test_memory_is_released_with_the_emulator() -> None:
    """Deleting the emulator releases the memory of its calls."""
    peak, _, after = memory_per_call(50)
    assert after < peak / 10
