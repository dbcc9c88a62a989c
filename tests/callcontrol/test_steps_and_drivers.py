"""The drivers carry out the steps of an operation, and give the operation each result or error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from callcontrol import Reply, Request, TransportError
from callcontrol.steps_and_drivers import DiscardConnections, Exclusive, Pause, SendRequest, StepLock, Steps, drive, drive_async

REQUEST = Request("GET", "https://api.example/")


class Transport:
    """A transport that returns status 200 and counts how often its connections were discarded."""

    def __init__(self) -> None:
        self.discarded = 0

    def __call__(self, request: Request) -> Reply:
        assert request is REQUEST
        return Reply(200)

    def discard_connections(self) -> None:
        self.discarded += 1


def run_async(steps: Steps[Any], send: Callable[[Request], Reply], pause: Callable[[float], object]) -> Any:
    """Drive steps on an event loop, with functions that do not block."""

    async def send_async(request: Request) -> Reply:
        return send(request)

    async def pause_async(seconds: float) -> None:
        pause(seconds)

    if isinstance(send, Transport):
        send_async.discard_connections = send.discard_connections  # type: ignore[attr-defined]
    return asyncio.run(drive_async(steps, send_async, pause_async))


DRIVERS = pytest.mark.parametrize("run", [drive, run_async], ids=["blocking", "event loop"])


@DRIVERS
class TestDrivers:
    """The blocking driver and the event loop driver behave alike."""

    def test_results_are_given_back(self, run: Callable[..., Any]) -> None:
        """A request step returns its response, and the operation returns its result."""

        def steps() -> Steps[int]:
            reply: Reply = yield SendRequest(REQUEST)
            nothing = yield Pause(2)
            assert nothing is None
            return reply.status

        pauses: list[float] = []
        assert run(steps(), Transport(), pauses.append) == 200
        assert pauses == [2]

    def test_errors_are_thrown_into_the_operation(self, run: Callable[..., Any]) -> None:
        """The operation can handle an error of the transport."""

        def refuse(_: Request) -> Reply:
            raise TransportError("refused", sent=False)

        def steps() -> Steps[str]:
            try:
                yield SendRequest(REQUEST)
            except TransportError as error:
                return error.reason
            return ""

        assert run(steps(), refuse, lambda _: None) == "refused"

    def test_unhandled_errors_are_raised(self, run: Callable[..., Any]) -> None:
        """An error reaches the caller if the operation does not handle it, even an error during a pause."""

        def interrupt(_: float) -> None:
            raise KeyboardInterrupt

        def steps() -> Steps[None]:
            yield Pause(1)

        with pytest.raises(KeyboardInterrupt):
            run(steps(), Transport(), interrupt)

    def test_exclusive_steps_return_their_result(self, run: Callable[..., Any]) -> None:
        """Steps inside a lock are driven like other steps."""

        def inner() -> Steps[int]:
            reply: Reply = yield SendRequest(REQUEST)
            return reply.status + 1

        def steps() -> Steps[int]:
            result: int = yield Exclusive(StepLock(), inner())
            return result

        assert run(steps(), Transport(), lambda _: None) == 201

    def test_connections_are_discarded(self, run: Callable[..., Any]) -> None:
        """The driver tells a transport to discard its connections. A function has no connections, so nothing is discarded."""

        def steps() -> Steps[None]:
            yield DiscardConnections()

        transport = Transport()
        run(steps(), transport, lambda _: None)
        assert transport.discarded == 1
        run(steps(), lambda _: Reply(200), lambda _: None)


class TestLock:
    """Exclusive steps run one after the other."""

    def test_threads_take_turns(self) -> None:
        """No two threads are inside the lock at once."""
        lock, inside, most = StepLock(), 0, 0

        def inner() -> Steps[None]:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            yield Pause(0.002)
            inside -= 1

        def steps() -> Steps[None]:
            yield Exclusive(lock, inner())

        def work() -> None:
            drive(steps(), Transport(), threading.Event().wait)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == 1

    def test_tasks_take_turns_in_each_loop(self) -> None:
        """No two tasks are inside the lock at once, and the lock can be used in another event loop afterwards."""
        lock, inside, most = StepLock(), 0, 0

        def inner() -> Steps[None]:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            yield Pause(0.001)
            inside -= 1

        async def send(_: Request) -> Reply:
            return Reply(200)

        def task() -> Awaitable[None]:
            def steps() -> Steps[None]:
                yield Exclusive(lock, inner())

            return drive_async(steps(), send, asyncio.sleep)

        async def main() -> None:
            await asyncio.gather(*(task() for _ in range(8)))

        for _ in range(2):
            asyncio.run(main())
        assert most == 1
