"""Media streams in real time: the rate of their audio, the memory of the emulator, and the speed of virtual time.

The application echoes all audio over real sockets, in a process of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from time import perf_counter, process_time, sleep
from typing import Any, Final, NamedTuple

import pytest

from bxml import Response
from callcontrol.emulator import Assumptions, Core
from tests.benchmarks.stream_echo_server import Arrivals, run

STREAMS: Final = 100
"""Number of simultaneous streams."""

SECONDS: Final = 30.0
"""Seconds that the streams run."""

FRAMES_PER_SECOND: Final = 50
"""The rate of messages in each stream."""

DOCUMENT: Final = (
    Response()
    .start_stream(name="bot", mode="bidirectional", destination="wss://bot.example/")
    .stop_stream(name="bot", wait=True)
).to_bytes()


def application(_: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond with a document that opens a stream."""
    start_response("200 OK", [("Content-Type", "application/xml")])
    return [DOCUMENT]


class Load(NamedTuple):
    """The cost of many simultaneous streams.

    Attributes:
        arrivals: The arrivals at the application, for each stream.
        processor: Seconds of processor time of the emulator, for each second.
        growth: MiB by which the memory grew in the second half.
    """

    arrivals: list[Arrivals]
    processor: float
    growth: float


@contextmanager
def echo_server() -> Iterator[tuple[int, Callable[[], list[Arrivals]]]]:
    """Run the application, and return its port and a function that ends it and returns the arrivals."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs,), daemon=True)
    process.start()

    def finish() -> list[Arrivals]:
        ours.send(None)
        arrivals: list[Arrivals] = ours.recv()
        return arrivals

    try:
        yield ours.recv(), finish
    finally:
        process.kill()
        process.join()


def peak() -> float:
    """Return the largest size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load(streams: int = STREAMS, seconds: float = SECONDS) -> Load:
    """Run simultaneous streams in real time, and return their cost."""
    # With little audio kept, the memory stops growing within the first half.
    kept = Assumptions(max_audio_seconds=1)
    with (
        echo_server() as (port, finish),
        Core(application, speed=1, assumptions=kept, url_map={"wss://bot.example": f"ws://127.0.0.1:{port}"}) as voice,
    ):
        calls = [voice.dial("/answer") for _ in range(streams)]
        for call in calls:
            call.expect_audio("bot")
        sleep(seconds / 2)
        before, began, start = peak(), process_time(), perf_counter()
        sleep(seconds / 2)
        processor = (process_time() - began) / (perf_counter() - start)
        growth = peak() - before
        arrivals = finish()
    return Load(arrivals, processor, growth)


def seconds_of_virtual_hour() -> float:
    """Return the real seconds that one virtual hour of a stream takes. The application parses each message."""
    count = 0

    async def app(scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        nonlocal count
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": DOCUMENT})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                count += json.loads(message["text"])["eventType"] == "media"

    with Core(app) as voice:
        voice.dial("/answer")
        start = perf_counter()
        voice.advance(3600)
        taken = perf_counter() - start
    assert count == 3600 * FRAMES_PER_SECOND
    return taken


@pytest.mark.parametrize("streams", [5])
def test_all_streams_receive_audio(streams: int) -> None:
    """Each stream receives audio while it runs, and the audio of the application is returned."""
    arrivals = load(streams, 0.4).arrivals
    assert len(arrivals) == streams
    assert all(each.times for each in arrivals)
