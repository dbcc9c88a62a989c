"""Application of fixes to the text of a document."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from bxml.parsing.tree import Source
from bxml.problem import Fix

BYTE_ORDER_MARK = "\ufeff"


def applied(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """Apply fixes to a text; if two fixes overlap, apply only the first fix.

    Args:
        text: The document in which the problems were found. A byte order mark is kept, and is not counted in positions.
        fixes: The fixes of the problems.

    Returns:
        The changed text, and the number of fixes that were applied.
    """
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    source = Source(text.removeprefix(mark))
    accepted: list[tuple[int, int, str]] = []
    count = 0
    for fix in fixes:
        edits = [
            (source.offset(edit.line, edit.column), source.offset(edit.end_line, edit.end_column), edit.text)
            for edit in fix.edits
        ]
        if not any(_overlaps(edit, accepted) for edit in edits):
            count += 1
            for edit in edits:
                insort(accepted, edit)
    pieces: list[str] = [mark]
    end = 0
    for start, stop, replacement in accepted:
        pieces += source.text[end:start], replacement
        end = stop
    return "".join((*pieces, source.text[end:])), count


def _overlaps(edit: tuple[int, int, str], accepted: list[tuple[int, int, str]]) -> bool:
    """Return whether an edit overlaps one of the accepted edits, which are sorted; two insertions at one place overlap."""
    start, end, _ = edit
    index = bisect_left(accepted, (start,))
    before, after = accepted[index - 1 : index] if index else [], accepted[index : index + 1]
    return any(stop > start for _, stop, _ in before) or any(first < end or first == start for first, _, _ in after)
