"""Lines on a terminal's stderr that are redrawn in place, for waits and progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOBase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.live import Live

REDRAWS: Final = 2
"""Number of times per second that the lines are redrawn."""


def is_shown() -> bool:
    """Return whether stderr is a terminal on which lines can be redrawn."""
    # sys.stderr is None if stderr is closed.
    return isinstance(sys.stderr, TextIOBase) and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def start(line: Callable[[], str]) -> Live:
    """Show text on stderr, and return the display; :func:`stop` removes the text.

    While the text is shown, messages that are written to ``sys.stderr`` appear above it.

    Args:
        line: Function that returns the current text. It is called by another thread, at each redraw.
    """
    # Imported here because the import takes longer than most requests.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    display = Live(
        console=Console(stderr=True),
        get_renderable=lambda: Text(line()),
        refresh_per_second=REDRAWS,
        transient=True,
        redirect_stdout=False,
    )
    display.start()
    return display


def stop(display: Live) -> None:
    """Remove the text of a display; do nothing if the terminal was closed meanwhile."""
    with suppress(OSError):
        display.stop()
