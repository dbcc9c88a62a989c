"""A bar for those who wait: on a terminal, on standard error, and only when a run takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import TextIOBase
from time import monotonic
from typing import TYPE_CHECKING, Final, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE: Final = 1.0
"""Seconds without a bar."""

T = TypeVar("T")


class Progress:
    """Shows how far a run has come."""

    def __init__(self, total: Callable[[], int], clock: Callable[[], float] = monotonic, title: str = "checking") -> None:
        """Take what counts the steps, which is asked once there is a bar."""
        self._total = total
        self._clock = clock
        self._title = title
        self._start = clock()
        self._bar: Bar | None = None

    def over(self, things: Iterable[T]) -> Iterator[T]:
        """The same things, while the bar goes on."""
        with self:
            for done, thing in enumerate(things, 1):
                self.at(done)
                yield thing

    def __enter__(self) -> Self:
        """Wait for the first step."""
        return self

    def at(self, done: int) -> None:
        """So many steps are done."""
        if not isinstance(sys.stderr, TextIOBase) or not sys.stderr.isatty():  # it is none if it is closed
            return
        if self._bar is None and self._clock() - self._start > PATIENCE:
            self._bar = _bar(self._title, self._total())
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def aside(self) -> AbstractContextManager[None]:
        """While something is written to the same terminal, there is no bar."""
        return self._hidden(self._bar) if self._bar is not None and sys.stdout.isatty() else nullcontext()

    @contextmanager
    def _hidden(self, bar: Bar) -> Generator[None]:
        bar.stop()
        try:
            yield
        finally:
            bar.start()


def _bar(title: str, total: int) -> Bar:
    from rich.console import Console  # only here, for its import takes as long as five hundred files
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    bar.add_task(title, total=total)
    bar.start()
    return bar
