"""A bar for those who wait: on a terminal, on standard error, and only when a run takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import TextIOBase
from time import monotonic
from typing import TYPE_CHECKING, Final

from bxml.command.checking import Checked

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE: Final = 1.0
"""Seconds without a bar."""


class Progress:
    """Shows how far a run has come."""

    def __init__(self, total: Callable[[], int], clock: Callable[[], float] = monotonic) -> None:
        """Take what counts the files, which is asked once there is a bar."""
        self._total = total
        self._clock = clock
        self._start = clock()
        self._bar: Bar | None = None

    def over(self, checked: Iterable[Checked]) -> Iterator[Checked]:
        """The same files, while the bar goes on."""
        if not isinstance(sys.stderr, TextIOBase) or not sys.stderr.isatty():  # it is none if it is closed
            yield from checked
            return
        try:
            for done, file in enumerate(checked, 1):
                if self._bar is None and self._clock() - self._start > PATIENCE:
                    self._bar = _bar(self._total())
                if self._bar is not None:
                    self._bar.update(self._bar.task_ids[0], completed=done)
                yield file
        finally:
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


def _bar(total: int) -> Bar:
    from rich.console import Console  # only here, for its import takes as long as five hundred files
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    bar.add_task("checking", total=total)
    bar.start()
    return bar
