"""Functions that run after the response to the current HTTP request was written.

The server of the emulator collects these functions while it handles a request. They release the events that the request
caused, which another thread then sends.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Action = Callable[[], object]

_actions: ContextVar[list[Action] | None] = ContextVar("actions after the response", default=None)


@contextmanager
def writing_response() -> Generator[Action]:
    """Collect the functions that the ``with`` block passes to :func:`after_response`, and run them at the end of the block.

    The block handles a request and writes the response.

    Yields:
        A function that runs the collected functions before the end of the block.
    """
    actions: list[Action] = []

    def run() -> None:
        while actions:
            actions.pop(0)()

    token = _actions.set(actions)
    try:
        yield run
    finally:
        _actions.reset(token)
        run()


def after_response(action: Action) -> None:
    """Run a function after the response to the current request; without a server, run it now."""
    actions = _actions.get()
    if actions is None:
        action()
    else:
        actions.append(action)
