"""The files that are passed over because they are not BXML, and the list of the files that are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bxml.command.checker import FOREIGN_STRINGS, LARGE_PROGRAM, Checked, Results
from bxml.command.formats import plain
from bxml.messages.text import join_names

MAXIMUM_NAMES: Final = 3
"""Maximum number of files that a note names."""


class PassedOver:
    """The files that were passed over, counted while the other files are iterated."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}

    def leaving_out(self, results: Iterable[Checked]) -> Iterator[Checked]:
        """Yield the results of the files that were not passed over."""
        for checked in results:
            if not checked.passed_over:
                yield checked
            reason = checked.passed_over or FOREIGN_STRINGS * checked.has_foreign_strings
            if not reason:
                continue
            self._counts[reason] = self._counts.get(reason, 0) + 1
            if self._counts[reason] <= MAXIMUM_NAMES:
                self._names.setdefault(reason, []).append(checked.name)

    def sentences(self, *, skip_foreign: bool) -> Iterator[str]:
        """Yield a note for each reason.

        Args:
            skip_foreign: True if files were passed over even if the user named them.
        """
        for reason, count in self._counts.items():
            names = names_of(reason, count, self._names[reason])
            # To name a program changes nothing about its strings, and does not make it smaller.
            hint = (
                ""
                if skip_foreign or reason in {LARGE_PROGRAM, FOREIGN_STRINGS}
                else "; to check a file as BXML, name it on the command line"
            )
            yield f"passed over {'TwiML or other XML in ' * (reason == FOREIGN_STRINGS)}{names}{hint}"


def names_of(noun: str, count: int, names: list[str]) -> str:
    """Return the number of files and the first names, such as ``2 TwiML files: a.xml and b.xml``."""
    nouns = noun if count == 1 else noun.replace("file", "files", 1)
    more = [f"{count - MAXIMUM_NAMES} more"] if count > MAXIMUM_NAMES else []
    return f"{count} {nouns}: {join_names([*names[:MAXIMUM_NAMES], *more])}"


def list_files(results: Results) -> Iterator[str]:
    """Yield the name of each file on a line, as a report format does."""
    for checked in results:
        if not checked.failure:
            yield f"{plain(checked.name)}\n"
