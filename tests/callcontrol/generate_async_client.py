# ruff: noqa: E501, ISC004  the replaced texts are copied from client.py unchanged
"""Writes ``callcontrol/async_client.py`` from ``callcontrol/client.py``, so that both clients have the same methods.

Run ``python -m tests.callcontrol.generate_async_client`` after a change of ``client.py``. A test fails if ``async_client.py`` is
out of date.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "callcontrol" / "client.py"
TARGET: Final = ROOT / "callcontrol" / "async_client.py"

MODULE_DOCSTRING: Final = '''"""The asyncio client of the call API: the methods of :class:`callcontrol.Client`, to be awaited.

Written from client.py by tests/callcontrol/generate_async_client.py. Change client.py, and run that module.
"""
'''

_SHARED_BETWEEN_THREADS: Final = """\
A client has one pool of connections and can be shared between threads; a forked process gets its own connections. Use the
    client in a ``with`` statement or call :meth:`close` to close the connections."""

_SHARED_BETWEEN_TASKS: Final = """\
A client has one pool of connections for each event loop, and can be shared between the tasks of a loop. Use the client in
    an ``async with`` statement or call :meth:`close` to close the connections. It has the methods of :class:`Client`, with the
    same arguments, results and errors. The extra ``async`` is required."""

REPLACED: Final = (
    ("import os\nimport time\n", "import asyncio\nimport os\n"),
    (
        "from collections.abc import Callable, Collection,",
        "from collections.abc import AsyncIterable, Awaitable, Callable, Collection, Coroutine,",
    ),
    ("from typing import TYPE_CHECKING, Final,", "from typing import TYPE_CHECKING, Any, Final,"),
    (
        "from callcontrol.push_to_many_calls import interrupt_many\n",
        "from callcontrol.async_push_to_many_calls import interrupt_many\n",
    ),
    ("from callcontrol.http_messages import Reply, Send\n", "from callcontrol.http_messages import AsyncSend, Reply\n"),
    ("from callcontrol.pagination import CallList\n", "from callcontrol.pagination import AsyncCallList\n"),
    (
        "from callcontrol.steps_and_drivers import Steps, drive\n",
        "from callcontrol.steps_and_drivers import Steps, drive_async\n",
    ),
    ("from callcontrol.transport import Transport\n", "from callcontrol.async_transport import AsyncTransport\n"),
    ("    import requests\n", "    import aiohttp\n"),
    ("class Client:\n", "class AsyncClient:\n"),
    ('"""A client of the call API for one account:', '"""An asyncio client of the call API for one account:'),
    (
        _SHARED_BETWEEN_THREADS,
        _SHARED_BETWEEN_TASKS,
    ),
    ("Default:\n            ``time.sleep``.", "Default:\n            ``asyncio.sleep``."),
    (", such as ``handle`` of an emulator. Default: the network.", ". Default: the network."),
    (
        "Function that waits for a number of seconds, such as ``advance`` of an emulator with virtual time. ",
        "Coroutine function that waits for a number of seconds. ",
    ),
    ("send: Function that sends", "send: Coroutine function that sends"),
    ("session: requests.Session | None", "session: aiohttp.ClientSession | None"),
    (
        "with the adapters, proxies, certificates and headers that you set",
        "with the connector, proxies and headers that you set",
    ),
    ("send: Send | None", "send: AsyncSend | None"),
    ("pause: Callable[[float], object] = time.sleep", "pause: Callable[[float], Awaitable[object]] = asyncio.sleep"),
    ("clock = Clock(pause)", "clock = AsyncClock(pause)"),
    ("self._pause = clock.pause", "self._pause = clock.async_pause"),
    (
        "self._send: Send = send or Transport(timeout, session)",
        "self._send: AsyncSend = send or AsyncTransport(timeout, session)",
    ),
    ("from callcontrol.clock import Clock\n", "from callcontrol.clock import AsyncClock\n"),
    ('f"Client(', 'f"AsyncClient('),
    ("    def __enter__(", "    async def __aenter__("),
    ("    def __exit__(", "    async def __aexit__("),
    ("        self.close()\n", "        await self.close()\n"),
    ("isinstance(self._send, Transport)", "isinstance(self._send, AsyncTransport)"),
    ("            self._send.close()\n", "            await self._send.close()\n"),
    ("call_ids: Iterable[str],", "call_ids: Iterable[str] | AsyncIterable[str],"),
    ("calls at once, 1 to 64;", "calls at once, 1 to 1000;"),
    ("The calls are interrupted by parallel workers.", "The calls are interrupted by concurrent tasks."),
    ("Each worker writes", "Each task writes"),
    (
        "The run stops on Ctrl-C, on wrong credentials, and if ``call_ids``, ``on_outcome`` or the ledger raises an error. The\n"
        "        error is raised",
        "The run stops on wrong credentials, and if ``call_ids``, ``on_outcome`` or the ledger raises an error. The error is\n"
        "        raised",
    ),
    (
        " If one call fails, the run\n        continues.\n",
        " If one call fails, the run\n        continues. Cancellation also cancels the requests in progress; their outcomes are unknown.\n",
    ),
    (
        "call_ids: The ids of the calls, read lazily. Duplicates are skipped.",
        "call_ids: The ids of the calls, an iterable or asynchronous iterable, read lazily. Duplicates are skipped.",
    ),
    ("by one thread at a time", "one at a time"),
    (
        "def deliver(call_id: str, pause: Callable[[float], object]) -> Reply:",
        "def deliver(call_id: str, pause: Callable[[float], Awaitable[object]]) -> Coroutine[Any, Any, Reply]:",
    ),
    ("return drive(steps_of(", "return drive_async(steps_of("),
    ("return interrupt_many(", "return await interrupt_many("),
    ("    ) -> CallList:\n", "    ) -> AsyncCallList:\n"),
    (
        "        The first page is requested immediately, and each further page when the iteration needs it.",
        "        Each page is requested when the iteration needs it, the first one when the iteration begins.",
    ),
    (
        "An iterator over the calls, which also has the current page, its response, and the token of the next page.",
        "An asynchronous iterator over the calls, which also has the current page, its response, and the token of the next\n"
        "            page.",
    ),
    (
        "        first = self._run(operation_steps.list_calls(self._account, query))\n        return CallList(first, lambda",
        "        first = operation_steps.list_calls\n"
        "        return AsyncCallList(lambda: self._run(first(self._account, query)), lambda",
    ),
    (
        "wait_until_answered(self, call_id: str, *, timeout: float = 60.0, patience: float = 60.0) -> CallState:\n",
        "wait_until_answered(\n"
        "        self,\n"
        "        call_id: str,\n"
        "        *,\n"
        "        timeout: float = 60.0,  # noqa: ASYNC109  as in Client\n"
        "        patience: float = 60.0,\n"
        "    ) -> CallState:\n",
    ),
    ("    def _run(self, steps: Steps[T]) -> T:\n", "    def _run(self, steps: Steps[T]) -> Coroutine[Any, Any, T]:\n"),
    ("return drive(steps,", "return drive_async(steps,"),
)
"""Pairs: a text that must occur in ``client.py``, and its replacement in ``async_client.py``."""

SYNCHRONOUS: Final = (
    "__init__",
    "__getstate__",
    "__repr__",
    "from_env",
    "account_id",
    "auth",
    "base_url",
    "retries",
    "limiter_state",
    "list_calls",
    "_run",
)
"""Names of the methods and properties that are not coroutine functions. They send no request themselves."""


def async_source(source: str) -> str:
    """Return the source of the asyncio client, made from the source of ``client.py``.

    Raises:
        ValueError: If a text to replace does not occur in the source.
    """
    text = MODULE_DOCSTRING + source.partition('"""\n')[2]
    for old, new in REPLACED:
        if old not in text:
            raise ValueError(f"client.py no longer contains {old!r}; change tests/callcontrol/generate_async_client.py")
        text = text.replace(old, new)
    text = re.sub(r"^    def (?!(?:" + "|".join(SYNCHRONOUS) + r")\()", "    async def ", text, flags=re.MULTILINE)
    text = re.sub(r"return self\.(_run|_run_many|update_call|update_call_bxml)\(", r"return await self.\1(", text)
    return _formatted(text)


def _formatted(text: str) -> str:
    """Return the source of a module after ruff has sorted its imports and formatted its code."""
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        arguments = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(TARGET), "-"]
        text = subprocess.run(arguments, cwd=ROOT, input=text, capture_output=True, text=True, check=True).stdout
    return text


if __name__ == "__main__":
    TARGET.write_text(async_source(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
