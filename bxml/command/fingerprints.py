"""Recognition of known problems in later runs, even if their lines have moved; used by baselines and by reports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from hashlib import sha256
from itertools import accumulate
from typing import Final, NamedTuple

from bxml.command.checker import Checked
from bxml.problem import Problem

WINDOW: Final = 100
"""The number of characters of a document that GitHub hashes for a line."""

END_OF_FILE: Final = "\uffff"
"""The character that stands for the end of the file in GitHub's hash."""

FACTOR: Final = 37
"""The base of GitHub's hash."""

BITS: Final = 64
"""The length of GitHub's hash in bits."""


def fingerprints(checked: Checked, file: str = "") -> list[str]:
    """Return a fingerprint for each problem of a file; no two fingerprints are equal.

    A fingerprint depends on the rule, on the names of the element and of its parents, and on the marked text. If several
    problems have these in common, it also depends on their order. It does not depend on lines, columns and messages.

    Args:
        checked: The problems of the file, and its text.
        file: The path of the file, if fingerprints of different files must differ.
    """
    seen: Counter[Similar] = Counter()
    found: list[str] = []
    for similar in similar_parts(checked):
        seen[similar] += 1
        found.append(sha256("\0".join((file, *similar, str(seen[similar]))).encode("utf-8", "surrogatepass")).hexdigest())
    return found


class Similar(NamedTuple):
    """The parts of a problem that do not change when the rest of its document changes."""

    rule: str
    path: str
    """The path of the problem without numbers, such as ``Response/Gather/@maxDigits``."""
    text: str
    """The marked text with white space collapsed, or its digest."""


def similar_parts(checked: Checked) -> Iterator[Similar]:
    """Yield the parts by which each problem of a file is recognized."""
    starts = [0, *accumulate(map(len, _lines(checked.text)))]
    for problem in checked.problems:
        yield Similar(problem.rule, re.sub(r"\[[0-9]+\]", "", problem.path), _marked(problem, checked.text, starts))


def _lines(text: str) -> list[str]:
    """Return the lines of a text with their line breaks."""
    # str.splitlines would also split at characters that do not end a line in XML.
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n|$)", text)


def _marked(problem: Problem, text: str, starts: list[int]) -> str:
    """Return the text that a problem marks, with white space collapsed."""
    start, end = (
        starts[min((line or 1) - 1, len(starts) - 1)] + (column or 1) - 1
        for line, column in ((problem.line, problem.column), (problem.end_line, problem.end_column))
    )
    return " ".join(text[start:end].split())


def line_hashes(text: str, numbers: set[int]) -> dict[int, str]:
    """Return a hash for each of the given lines, as GitHub computes it for alerts of code scanning.

    GitHub hashes the hundred characters that follow the beginning of the line; spaces and tabs are not counted. It appends a
    number, which is 1 for the first line with these characters, 2 for the second line, and so on.

    Args:
        text: The document.
        numbers: The numbers of the lines, counted from 1.
    """
    hashes: dict[int, str] = {}
    seen: Counter[bytes] = Counter()
    for number, window in enumerate(_windows(text), 1):
        seen[window] += 1
        if number in numbers:
            units = (int.from_bytes(window[index : index + 2], "little") for index in range(0, len(window), 2))
            value = reduce(lambda total, unit: (total * FACTOR + unit) % 2**BITS, units, 0)
            hashes[number] = f"{value:x}:{seen[window]}"
    return hashes


def _windows(text: str) -> Iterator[bytes]:
    """Yield the characters that follow the beginning of each line, as UTF-16."""
    squeezed = re.sub(r"\r\n|\r", "\n", text).replace(" ", "").replace("\t", "")
    lines = [f"{line}\n".encode("utf-16-le", "surrogatepass") for line in squeezed.split("\n")]
    stream = b"".join(lines)[:-2] + END_OF_FILE.encode("utf-16-le")
    for start in accumulate(map(len, lines[:-1]), initial=0):
        yield stream[start : start + 2 * WINDOW].ljust(2 * WINDOW, b"\0")
