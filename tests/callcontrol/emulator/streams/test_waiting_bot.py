"""A bot waits for a message. The message arrives without an iteration of the event loop only if the loop has no other work."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from callcontrol.emulator.apps.virtual_time_loop import VirtualTimeLoop
from tests.callcontrol.emulator.streams.bot_application import Socket, calling

FIRST, LAST = 5, 20
"""Numbers of messages between which the iterations of the event loop are counted."""


def iterations(act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the number of iterations of the event loop between two messages.

    Args:
        act: Function that the bot calls before it waits for each message.
        monkeypatch: The fixture of pytest.
    """
    selections = 0
    counted: dict[int, int] = {}
    select = VirtualTimeLoop._select

    def counting(loop: VirtualTimeLoop, timeout: float | None) -> Any:
        nonlocal selections
        selections += 1
        return select(loop, timeout)

    async def handle(stream: Socket) -> None:
        await stream.accept()
        while await stream.receive() is not None:
            counted[len(stream.received)] = selections
            act()

    monkeypatch.setattr(VirtualTimeLoop, "_select", counting)
    voice, _, _ = calling(handle)
    voice.advance(1)
    return counted[LAST] - counted[FIRST]


async def nothing() -> None:
    """Do nothing."""


def set_task_factory() -> None:
    """Let a function of the bot create its tasks."""
    asyncio.get_running_loop().set_task_factory(lambda loop, work, **_: asyncio.Task(work, loop=loop))


def test_bot_without_other_work_needs_no_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """All messages arrive in one iteration of the event loop."""
    assert iterations(lambda: None, monkeypatch) == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda: asyncio.ensure_future(nothing()),
        lambda: asyncio.get_running_loop().call_soon_threadsafe(lambda: None),
        lambda: asyncio.get_running_loop().call_later(0, lambda: None),
        set_task_factory,
    ],
    ids=["task", "callback of a thread", "timer that is due", "task factory, which may run tasks at once"],
)
def test_bot_with_other_work_needs_an_iteration_for_each_message(
    act: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other work is done before the next message arrives."""
    assert iterations(act, monkeypatch) >= LAST - FIRST


def test_other_task_runs_before_the_next_message() -> None:
    """A task that a message starts runs at the time of this message."""
    at: list[tuple[float, int]] = []
    expected = [(0.02 * (count - 1), count) for count in range(10, 51, 10) for _ in range(2)]

    async def note(stream: Socket) -> None:
        at.append((voice.seconds, len(stream.received)))
        await asyncio.sleep(0)
        at.append((voice.seconds, len(stream.received)))

    async def handle(stream: Socket) -> None:
        await stream.accept()
        tasks: list[asyncio.Task[None]] = []
        while await stream.receive() is not None:
            if len(stream.received) % 10 == 0:
                tasks.append(asyncio.create_task(note(stream)))

    voice, _, _ = calling(handle)
    voice.advance(1)
    # The first message is the start of the stream.
    assert np.allclose(at, expected)


@pytest.mark.parametrize("seconds", [0.05, 0.1], ids=["between two messages", "with a message"])
def test_timer_of_another_task_is_exact(seconds: float) -> None:
    """A timer that was set before, or while messages come, is not delayed by messages that arrive without an iteration."""
    at: list[float] = []

    async def handle(stream: Socket) -> None:
        await stream.accept()
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: at.append(voice.seconds))
        loop.call_later(3 * seconds, lambda: at.append(voice.seconds))
        while await stream.receive() is not None:
            if len(stream.received) == 20:
                loop.call_later(2 * seconds, lambda: at.append(voice.seconds))
                loop.call_later(seconds, lambda: at.append(voice.seconds))

    voice, _, _ = calling(handle)
    voice.advance(1)
    assert at == pytest.approx([seconds, 3 * seconds, 0.38 + seconds, 0.38 + 2 * seconds])


@pytest.mark.parametrize(
    "work",
    [
        lambda act: asyncio.get_running_loop().run_in_executor(None, act),
        lambda act: threading.Thread(target=act).start(),
    ],
    ids=["function in an executor", "thread of the bot"],
)
def test_thread_can_schedule_a_callback(work: Callable[[Callable[[], object]], object]) -> None:
    """A callback that a thread schedules is run although the bot waits for messages all the time."""
    called = threading.Event()

    async def handle(stream: Socket) -> None:
        await stream.accept()
        loop = asyncio.get_running_loop()
        while await stream.receive() is not None:
            if len(stream.received) == 10:
                work(partial(loop.call_soon_threadsafe, called.set))

    voice, _, _ = calling(handle)
    deadline = time.monotonic() + 10
    while not called.is_set() and time.monotonic() < deadline:
        voice.advance(1)
    assert called.is_set()


def test_thread_is_waited_for_before_the_next_message() -> None:
    """Time stands still while a function runs in a thread, although the bot waits for messages meanwhile."""
    at: list[float] = []

    async def handle(stream: Socket) -> None:
        await stream.accept()
        while await stream.receive() is not None:
            if len(stream.received) == 10:
                future = asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.005)
                future.add_done_callback(lambda _: at.append(voice.seconds))

    voice, _, _ = calling(handle)
    voice.advance(1)
    assert at == pytest.approx([0.18])


def test_two_bots_receive_the_same_messages() -> None:
    """No bot receives a message before the other bot has received the message of the same time."""
    received: list[float] = []

    async def handle(stream: Socket) -> None:
        await stream.accept()
        while (message := await stream.receive()) is not None:
            if message["eventType"] == "media":
                received.append(voice.seconds)

    voice, _, _ = calling(handle)
    voice.dial("/answer")
    voice.advance(1)
    assert len(received) == 2 * 50
    assert received == sorted(received)
    assert received[-2:] == [1, 1]


def test_task_that_cancels_itself_is_canceled() -> None:
    """The cancellation takes effect when the task waits for its next message."""
    stopped: list[int] = []

    async def read(stream: Socket) -> None:
        try:
            while await stream.receive() is not None:
                if len(stream.received) == 10:
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
        finally:
            stopped.append(len(stream.received))

    async def handle(stream: Socket) -> None:
        await stream.accept()
        await asyncio.wait({asyncio.create_task(read(stream))})
        await stream.close()

    voice, _, _ = calling(handle)
    voice.advance(1)
    assert stopped == [10]


def test_due_timer_is_not_waited_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a timer is due, the bot does not repeatedly try to advance time."""
    tries = 0
    advance = VirtualTimeLoop._has_advanced

    def counting(loop: VirtualTimeLoop, deadline: float | None) -> bool:
        nonlocal tries
        tries += 1
        return advance(loop, deadline)

    async def handle(stream: Socket) -> None:
        await stream.accept()
        while await stream.receive() is not None:
            asyncio.get_running_loop().call_later(0, lambda: None)

    monkeypatch.setattr(VirtualTimeLoop, "_has_advanced", counting)
    voice, _, _ = calling(handle)
    voice.advance(1)
    assert tries < 3 * 50


def test_network_is_waited_for_before_the_next_message() -> None:
    """A bot that begins to read from a connection receives the data at once."""
    at: list[float] = []
    ours, theirs = socket.socketpair()

    async def handle(stream: Socket) -> None:
        await stream.accept()
        loop = asyncio.get_running_loop()

        def read() -> None:
            at.append(voice.seconds)
            loop.remove_reader(ours)

        while await stream.receive() is not None:
            if len(stream.received) == 10:
                loop.add_reader(ours, read)
                theirs.send(b"1")

    with ours, theirs:
        voice, _, _ = calling(handle)
        voice.advance(1)
    assert at == pytest.approx([0.18])


def test_task_waits_for_the_loop_at_first() -> None:
    """A task that has never waited may run within another task, so its first message arrives in an iteration of the loop."""
    waited: list[object] = []
    streams: list[Socket] = []

    async def handle(stream: Socket) -> None:
        await stream.accept()
        streams.append(stream)
        first, *others = streams
        if not others:
            await asyncio.sleep(10)
        while len(stream.received) < 10:
            await stream.receive()
        while len(first.received) < 10:  # these messages have come already
            await first.receive()
        waited.extend(itertools.islice(first.receive().__await__(), 1))

    voice, _, _ = calling(handle)
    voice.dial("/answer")
    voice.advance(1)
    assert isinstance(waited[0], asyncio.Future)
