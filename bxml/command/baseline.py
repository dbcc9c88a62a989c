"""Baselines: files that list the known problems of a project, so that only new problems are reported.

A baseline has one line for each known problem. The line contains no line numbers, so a problem stays known when its line moves:
the problem is recognized by its file, its rule, its path without numbers, and a digest of the marked text. The digest of the
source line is used only to distinguish problems of one file that are otherwise equal::

    {"version": 1, "problems": [
    {"file": "menu.bxml", "rule": "unknown-voice", "path": "Response/SpeakSentence/@voice", "text": "8f434346648f6b96",
     "line": "9b74c9897bac770f", "count": 1}
    ]}
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import Any, Final, NamedTuple

from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked
from bxml.command.fingerprints import Similar, similar_parts
from bxml.command.replace_files import replace_content
from bxml.lint import rule_registry
from bxml.lint.linter import TEMPLATE, Settings
from bxml.messages.text import counted, join_names
from bxml.parsing.syntax_errors import NOT_XML

VERSION: Final = 1
"""The version of the file format."""

MAXIMUM_BYTES: Final = 100_000_000
"""Maximum size of a baseline, which is enough for several 100,000 problems."""

MAX_LISTED_FILES: Final = 10
"""Maximum number of files whose fixed problems are listed; a last line counts the other files."""

_HIDING: Final = NOT_XML | {TEMPLATE}
"""The rules whose problems hide the other problems of a file."""

_NOT_IN_TEMPLATES: Final = frozenset({TEMPLATE, "leftover-placeholder", "processing-instruction"})
"""The rules that report the tags of a template; ``--template`` masks these tags."""

RulesOf = Callable[[str], AbstractSet[str]]
"""Function that returns the names of the rules that check a file."""


class Known(NamedTuple):
    """A problem in a baseline."""

    similar: Similar
    line: str
    """The digest of the source line."""


class Baseline:
    """The known problems of a project.

    Args:
        path: The file of the baseline.
        known: The number of times that each problem is known in each file, by the path of the file relative to the baseline.
        is_rewritten: True if the file is written with the current problems.
        is_missing: True if the file does not exist and will not be written.
    """

    def __init__(
        self, path: str, known: dict[str, Counter[Known]], *, is_rewritten: bool = False, is_missing: bool = False
    ) -> None:
        self._path = path
        self._is_missing = is_missing
        self._directory = os.path.dirname(os.path.abspath(path))
        self._known = known
        self._is_rewritten = is_rewritten
        self._seen: set[str] = set()
        self._current: dict[str, Counter[Known]] = {}
        self._fixed: dict[str, Counter[str]] = {}

    def compare(self, results: Iterable[Checked], settings: Callable[[str], Settings]) -> Iterator[Checked]:
        """Call :meth:`recorded` if the baseline is rewritten, otherwise :meth:`without_known`; return the yielded results.

        Args:
            results: The results of the check.
            settings: Function that returns the settings of a file.
        """

        def rules_of(file: str) -> AbstractSet[str]:
            return settings(file).rules

        return (self.recorded if self._is_rewritten else self.without_known)(results, rules_of)

    def summary(self) -> Iterator[str]:
        """Yield the lines about the baseline.

        If the baseline is rewritten, write it and yield a line that counts its problems. If it is missing, yield a note. In all
        other cases, yield the lines of :meth:`fixed_problems`.
        """
        if self._is_rewritten:
            yield self.write()
        elif self._is_missing:
            yield f"the configured baseline {self._path} does not exist, so no problem is known; write it with --write-baseline"
        else:
            yield from self.fixed_problems()

    def without_known(self, results: Iterable[Checked], rules_of: RulesOf) -> Iterator[Checked]:
        """Yield each result without the problems in the baseline."""
        for checked in results:
            file = self._see(checked)
            found = known_problems(checked)
            new, remaining = _new_problems(found, self._known.get(file, Counter()))
            fixed = Counter({rule: count for rule, count in remaining.items() if _is_judged(rule, checked, rules_of)})
            if fixed:
                self._fixed[file] = fixed
            problems = tuple(checked.problems[index] for index in new)
            yield checked._replace(problems=problems, known=len(checked.problems) - len(problems))

    def recorded(self, results: Iterable[Checked], rules_of: RulesOf) -> Iterator[Checked]:
        """Yield each result, and remember its problems for :meth:`write`."""
        for checked in results:
            file = self._see(checked)
            old = self._known.get(file, Counter())
            # A problem of the baseline that this run cannot find stays in the baseline.
            kept = Counter({each: count for each, count in old.items() if not _is_judged(each.similar.rule, checked, rules_of)})
            self._current[file] = Counter(known_problems(checked)) | kept
            yield checked

    def fixed_problems(self) -> Iterator[str]:
        """Yield lines that name the fixed problems of the baseline."""
        deleted = {file: _rules(known) for file, known in self._known.items() if self._is_deleted(file)}
        fixed = self._fixed | deleted
        for file, rules in list(fixed.items())[:MAX_LISTED_FILES]:
            names = join_names(f"{rule} ({count})" if count > 1 else rule for rule, count in sorted(rules.items()))
            yield f"{file}: fixed since the baseline was written: {names}"
        if len(fixed) > MAX_LISTED_FILES:
            yield f"{counted(len(fixed) - MAX_LISTED_FILES, 'more file')} with fixed problems"
        if fixed:
            total = sum(rules.total() for rules in fixed.values())
            yield f"{counted(total, 'problem')} in {self._path} can be removed; update it with --write-baseline"

    def write(self) -> str:
        """Write the recorded problems to the file, and return a line that counts them.

        The known problems of files that were not checked are kept, unless the file no longer exists.

        Raises:
            CannotRun: If the file cannot be written.
        """
        kept = {file: known for file, known in self._known.items() if file not in self._seen and not self._is_deleted(file)}
        files = {file: known for file, known in (self._current | kept).items() if known}
        lines = [_line(file, known, count) for file in sorted(files) for known, count in sorted(files[file].items())]
        text = f'{{"version": {VERSION}, "problems": [\n' + ",\n".join(lines) + "\n]}\n"
        try:
            replace_content(self._path, text.encode())
        except OSError as error:
            raise CannotRun(f"{self._path}: {error.strerror}") from None
        total = sum(known.total() for known in files.values())
        return f"{self._path}: {counted(total, 'known problem')} in {counted(len(files), 'file')}"

    def _see(self, checked: Checked) -> str:
        """Return the path of a file relative to the baseline, and remember that it was checked."""
        file = os.path.relpath(checked.name or os.curdir, self._directory).replace(os.sep, "/")
        self._seen.add(file)
        return file

    def _is_deleted(self, file: str) -> bool:
        return file not in self._seen and not os.path.lexists(os.path.join(self._directory, file))


def read(path: str, *, is_rewritten: bool = False, may_be_missing: bool = False) -> Baseline:
    """Read a baseline.

    Args:
        path: The file.
        is_rewritten: True if the file is written with the current problems; in this case it need not exist.
        may_be_missing: True if a file that does not exist is an empty baseline.

    Raises:
        CannotRun: If the file cannot be read, or is not a baseline.
    """
    # A device never ends, and a named pipe could block forever.
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise CannotRun(f"{path}: not a file, so it cannot be a baseline")
    try:
        with open(path, "rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        if is_rewritten or may_be_missing:
            return Baseline(path, {}, is_rewritten=is_rewritten, is_missing=not is_rewritten)
        raise CannotRun(f"{path}: no such baseline; write it with --write-baseline") from None
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    if len(data) > MAXIMUM_BYTES:
        raise CannotRun(f"{path}: too large; a baseline has at most {MAXIMUM_BYTES:,} bytes")
    try:
        return Baseline(path, _parsed(data), is_rewritten=is_rewritten)
    # Also raised for a huge integer, for deep nesting, and for members of other types.
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise CannotRun(
            f"{path}: not a baseline of this version; name another file, "
            "or delete this file and write a new baseline with --write-baseline"
        ) from None


def known_problems(checked: Checked) -> list[Known]:
    """Return the problems of a file as they are listed in a baseline."""
    # Not str.splitlines, which also splits at characters that do not end a line in XML.
    lines = re.split("\r\n|\r|\n", checked.text)
    digests: dict[int, str] = {}
    found: list[Known] = []
    for problem, similar in zip(checked.problems, similar_parts(checked), strict=True):
        first = (problem.line or 1) - 1
        if first not in digests:
            digests[first] = _digest(lines[first])
        found.append(Known(similar._replace(text=_digest(similar.text)), digests[first]))
    return found


def _digest(text: str) -> str:
    """Return a digest that does not depend on indentation and line ends."""
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _new_problems(found: Sequence[Known], known: Counter[Known]) -> tuple[list[int], Counter[str]]:
    """Compare the problems of a file with the baseline.

    Returns:
        The indexes of the new problems, and for each rule the number of known problems that were not found.
    """
    remaining = known.copy()
    others: list[int] = []
    for index, each in enumerate(found):
        if remaining[each] > 0:
            remaining[each] -= 1
        else:
            others.append(index)
    # The line of a known problem may have changed.
    similar: Counter[Similar] = Counter()
    for each, count in remaining.items():
        similar[each.similar] += count
    new: list[int] = []
    for index in others:
        if similar[found[index].similar] > 0:
            similar[found[index].similar] -= 1
        else:
            new.append(index)
    return new, _counted_by_rule((each.rule, count) for each, count in similar.items())


def _rules(known: Counter[Known]) -> Counter[str]:
    return _counted_by_rule((each.similar.rule, count) for each, count in known.items())


def _counted_by_rule(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    rules: Counter[str] = Counter()
    for rule, count in counts:
        rules[rule] += count
    return +rules


def _is_judged(rule: str, checked: Checked, rules_of: RulesOf) -> bool:
    """Return whether the absence of a known problem of a rule means that the problem was fixed.

    This is true if the rule no longer exists, or if the rule was run and no other problem hides the problems of the rule.
    """
    if rule not in rule_registry.entries():
        return True
    if checked.failure is not None or not _HIDING.isdisjoint(problem.rule for problem in checked.problems):
        return False
    if checked.as_template and rule in _NOT_IN_TEMPLATES:
        return False
    return rule in rules_of(checked.name)


def _parsed(data: bytes) -> dict[str, Counter[Known]]:
    """Return the content of a baseline; raise any of several errors if the data is not a baseline."""
    content: Any = json.loads(data.decode("utf-8-sig"))
    if content["version"] != VERSION:
        raise ValueError
    known: dict[str, Counter[Known]] = {}
    for entry in content["problems"]:
        file, rule, path, marked, line = (_string(entry[member]) for member in ("file", "rule", "path", "text", "line"))
        known.setdefault(file, Counter())[Known(Similar(rule, path, marked), line)] += _count(entry["count"])
    return known


def _line(file: str, known: Known, count: int) -> str:
    return json.dumps({"file": file, **known.similar._asdict(), "line": known.line, "count": count})


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    # In Python, true is an integer.
    if type(value) is not int or value < 1:
        raise ValueError
    return value
