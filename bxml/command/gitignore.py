"""The ``.gitignore`` files that apply to a directory."""

from __future__ import annotations

import os
import re
import warnings
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MAXIMUM_BYTES: Final = 1_000_000
"""Maximum size of a ``.gitignore``; patterns beyond this size are not applied."""

MAXIMUM_WILDCARDS: Final = 3
"""Maximum number of ``*`` in one part of a pattern, and of ``**`` in a pattern.

The time that a pattern takes grows exponentially with this number, and the author of a ``.gitignore`` may not be trusted. A
pattern with more wildcards is not applied, so the files that it matches are checked.
"""

_REPOSITORY: Final = ".git"
"""Name of the entry that marks the root of a repository: usually a directory, but a file in a worktree or submodule."""


class Ignoring(NamedTuple):
    """The patterns in one file."""

    directory: str
    """The directory that the patterns are relative to, with a slash at its end."""
    file: str
    """The path of the file with the patterns."""
    spec: GitIgnoreSpec


Ignored = tuple[Ignoring, ...]
"""The files with patterns that apply to a directory, from the root of the repository to the directory."""


def ignored_in(directory: str) -> Ignored:
    """Return the patterns for the entries of a directory that the user named.

    If the directory itself is ignored, only its own patterns apply, because the user named it nevertheless.

    Args:
        directory: The absolute path of the directory.
    """
    above: list[str] = []
    parent = directory
    while not os.path.exists(os.path.join(parent, _REPOSITORY)):
        above.append(parent)
        if parent == os.path.dirname(parent):
            return entering(directory, ())
        parent = os.path.dirname(parent)
    found = entering(parent, ())
    for each in reversed(above):
        found = entering(each, () if ignoring_file(found, each, is_directory=True) else found)
    return found


def entering(directory: str, above: Ignored) -> Ignored:
    """Return the patterns for the entries of a directory.

    Args:
        directory: The absolute path of the directory.
        above: The patterns for the entries of its parent.
    """
    repository = os.path.join(directory, _REPOSITORY)
    if os.path.exists(repository):
        # Git does not apply the patterns of a repository inside a repository in it, such as a submodule.
        above = _and(directory, os.path.join(repository, "info", "exclude"), ())
    return _and(directory, os.path.join(directory, ".gitignore"), above)


def ignoring_file(ignored: Ignored, path: str, *, is_directory: bool) -> str | None:
    """Return the path of the file with the pattern that ignores a path, or ``None`` if the path is not ignored.

    Args:
        ignored: The patterns for the entries of the parent directory.
        path: The absolute path.
        is_directory: True if the path is the path of a directory.
    """
    for each in reversed(ignored):
        relative = path[len(each.directory) :].replace(os.sep, "/")
        result = each.spec.check_file(f"{relative}/" if is_directory else relative).include
        if result is not None:
            return each.file if result else None
    return None


def _and(directory: str, file: str, above: Ignored) -> Ignored:
    """Return the given patterns together with the patterns in a file; a missing or empty file adds no patterns."""
    # A named pipe with this name would block forever.
    if not os.path.isfile(file):
        return above
    try:
        with open(file, "rb") as opened:
            text = opened.read(MAXIMUM_BYTES).decode("utf-8-sig", "surrogateescape")
    except OSError:
        return above
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#") and _is_bounded(line)]
    return (*above, Ignoring(os.path.join(directory, ""), file, _spec(lines))) if lines else above


def _is_bounded(line: str) -> bool:
    parts = line.split("/")
    return parts.count("**") <= MAXIMUM_WILDCARDS and all(
        part.count("*") <= MAXIMUM_WILDCARDS for part in parts if part != "**"
    )


def _spec(lines: list[str]) -> GitIgnoreSpec:
    # Imported here because most directories have no .gitignore.
    from pathspec import GitIgnoreSpec

    lines = [_without_classes(line) for line in lines]
    with warnings.catch_warnings():
        # Python warns that "[[" may get another meaning in a regular expression; pathspec means the bracket itself.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            # Like Git, drop the invalid patterns.
            return GitIgnoreSpec.from_lines(filter(_is_valid, lines))


def _without_classes(line: str) -> str:
    """Return a pattern with ranges in place of POSIX character classes, which pathspec does not know."""
    if "[:" not in line:
        return line
    return _BRACKETS.sub(lambda found: found[0][0] + _CLASS.sub(_ranges, found[0][1:]), line)


def _ranges(found: re.Match[str]) -> str:
    return RANGES.get(found[1], found[0])


_BRACKETS: Final = re.compile(r"\\.|\[[!^]?(?:\[:[a-z]+:\]|[^\[\]])*+\]")
"""Matches a bracket expression, or an escaped character."""

_CLASS: Final = re.compile(r"\[:([a-z]+):\]")
"""Matches a POSIX character class in a bracket expression."""

RANGES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \t",
    "cntrl": "\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": '"-~!',
    "lower": "a-z",
    "print": " -~",
    "punct": ":-@!-.[-`{-~",
    "space": " \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
"""The ASCII characters of each POSIX character class, as in Git.

No value begins with ``!``, which would negate the expression. No value contains ``/``, which separates the parts of a pattern.
"""


def _is_valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
