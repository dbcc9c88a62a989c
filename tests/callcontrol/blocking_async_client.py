"""A wrapper that gives the asyncio client blocking methods, so that tests can run the same code with both clients."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, Self, cast

from callcontrol import AsyncClient, CallState, Client
from callcontrol.pagination import AsyncCallList

ClientType = Callable[..., Client]


class BlockingAsyncClient:
    """An asyncio client with the blocking methods of :class:`~callcontrol.Client`.

    Each thread of each process runs the methods on its own event loop.

    Args:
        arguments: Positional arguments of the asyncio client.
        named: Keyword arguments of the asyncio client, except that ``send`` and ``pause`` are blocking functions.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        for name in named.keys() & {"send", "pause"}:
            named[name] = _awaitable(named[name])
        self._client = AsyncClient(*arguments, **named)
        self._runners: dict[tuple[int, int], asyncio.Runner] = {}

    @classmethod
    def from_env(cls, environ: Any = None, **named: Any) -> Self:
        """Return a client with the account and the credentials from the environment."""
        self = cls.__new__(cls)
        self._client, self._runners = AsyncClient.from_env(environ, **named), {}
        return self

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the asyncio client. A coroutine function is returned as a blocking function."""
        value = getattr(self._client, name)
        if not asyncio.iscoroutinefunction(value):
            return value
        return lambda *arguments, **named: self._run(value(*arguments, **named))

    def list_calls(self, **filters: Any) -> BlockingCallList:
        """Request the first page of a list of calls, as the blocking client does."""
        calls = self._client.list_calls(**filters)
        self._run(calls._started())
        return BlockingCallList(calls, self._run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, and the event loops of this process."""
        for key in [key for key in self._runners if key[0] == os.getpid()]:
            runner = self._runners.pop(key)
            runner.run(self._client.close())
            runner.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runners.setdefault((os.getpid(), threading.get_ident()), asyncio.Runner()).run(work)


class BlockingCallList:
    """A blocking iterator over an asynchronous list of calls."""

    def __init__(self, calls: AsyncCallList, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self._calls, self._run = calls, run

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the asynchronous list."""
        return getattr(self._calls, name)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CallState:
        try:
            return cast("CallState", self._run(self._calls.__anext__()))
        except StopAsyncIteration:
            raise StopIteration from None

    def pages(self) -> Iterator[tuple[CallState, ...]]:
        """Yield the remaining calls one page at a time."""
        pages: Any = self._calls.pages()
        try:
            while True:
                yield self._run(anext_of(pages))
        except StopAsyncIteration:
            return


async def anext_of(iterator: Any) -> Any:
    """Return the next item of an asynchronous iterator. Unlike ``anext``, this is a coroutine function."""
    return await anext(iterator)


def _awaitable(function: Callable[[Any], Any]) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    async def call(argument: Any) -> Any:
        return function(argument)

    return call


BOTH: Final[dict[str, ClientType]] = {"threads": Client, "asyncio": cast("ClientType", BlockingAsyncClient)}
"""For each name in test ids: a client class with blocking methods."""
