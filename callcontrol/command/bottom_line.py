"""The last line of a terminal: the status of the call, and the words that the person is typing."""

from __future__ import annotations

from collections.abc import Callable

import click

from bxml.command.formats import plain
from bxml.command.standard_streams import write
from callcontrol.command.hanging_indent import columns, cut, terminal_width

GAP = "  "
"""The space between the status and the draft."""


class BottomLine:
    """The last line of a terminal, which stays below everything that is printed. Without a terminal it is not shown."""

    def __init__(self) -> None:
        """Start with an empty line."""
        self._status = ""
        self._draft = ""
        self._shown = ""

    def set_status(self, text: str) -> None:
        """Replace the status.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        if text != self._status:
            self._status = text
            self.print_above(lambda: None)

    def set_draft(self, words: str) -> None:
        """Replace the words that the person has typed so far. An empty string removes the words.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        self._draft = words
        self.print_above(lambda: None)

    def print_above(self, print_: Callable[[], None]) -> None:
        """Remove the line, call a function that prints whole lines, and show the line again.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        if self._shown:
            # Overwriting with spaces clears the line on every terminal.
            write(f"\r{' ' * columns(self._shown)}\r")
        print_()
        status, draft = self._fitting()
        self._shown = f"{status}{draft}"
        if self._shown:
            write(f"{click.style(status, dim=True) if status else ''}{draft}")

    def _fitting(self) -> tuple[str, str]:
        """Return the status and the draft, shortened to one line: the end of the draft is more important than the status."""
        width = terminal_width()
        if width is None:
            return "", ""
        room = max(width - 1, 2)  # in the last column, some terminals begin a new line
        draft = f"say: {plain(self._draft)}" if self._draft else ""
        if columns(draft) > room:
            return "", f"…{cut(draft[::-1], room - 1)[::-1]}"
        status = f"{plain(self._status)}{GAP if draft else ''}" if self._status else ""
        return (status if columns(status + draft) <= room else "" if draft else cut(status, room)), draft
