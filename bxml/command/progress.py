"""A progress bar on stderr, shown only on a terminal, and only if a check takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import TextIOBase
from time import monotonic
from typing import TYPE_CHECKING, Final, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

DELAY: Final = 1.0
"""Seconds before the bar appears."""

T = TypeVar("T")


class Progress:
    """A progress bar that appears only if an operation takes longer than :data:`DELAY`.

    Args:
        total: Function that returns the number of steps. It is called when the bar appears, because counting files takes time.
        clock: Function that returns the current time in seconds.
        title: The text in front of the bar.
    """

    def __init__(self, total: Callable[[], int], clock: Callable[[], float] = monotonic, title: str = "checking") -> None:
        self._total = total
        self._clock = clock
        self._title = title
        self._start = clock()
        self._bar: Bar | None = None

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Yield each item and advance the bar by one step."""
        with self:
            for done, item in enumerate(items, 1):
                self.at(done)
                yield item

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def at(self, done: int) -> None:
        """Set the number of steps that are done, and show the bar if the delay is over."""
        # sys.stderr is None if stderr is closed.
        if not isinstance(sys.stderr, TextIOBase) or not sys.stderr.isatty():
            return
        if self._bar is None and self._clock() - self._start > DELAY:
            self._bar = _bar(self._title, self._total())
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def aside(self) -> AbstractContextManager[None]:
        """Return a context manager that hides the bar during output to stdout, if stdout is a terminal."""
        return self._hidden(self._bar) if self._bar is not None and sys.stdout.isatty() else nullcontext()

    @contextmanager
    def _hidden(self, bar: Bar) -> Generator[None]:
        bar.stop()
        try:
            yield
        finally:
            bar.start()


def _bar(title: str, total: int) -> Bar:
    """Start and return a bar."""
    # Imported here because the import takes as long as checking five hundred files.
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    bar.add_task(title, total=total)
    bar.start()
    return bar
