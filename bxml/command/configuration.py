"""What a project has decided for all its files: ``bxml.toml``, or ``[tool.bxml]`` in ``pyproject.toml``.

::

    [tool.bxml]
    select = ["default", "empty-document"]
    ignore = ["unknown-voice"]
    context = "call"
    allow-attributes = ["Gather/@newAttribute"]

    [tool.bxml.severity]
    relative-url = "error"

    [tool.bxml.per-path-ignore]
    "legacy/*" = ["method-without-url"]

    [tool.bxml.per-path-context]
    "conferences/*.bxml" = "conference"

A pattern is matched against the path from the file with the configuration, and against the name of the file alone; ``*`` stands
for any characters, also for ``/``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final, cast, get_args

from bxml.command.errors import CannotRun
from bxml.lint import registry
from bxml.lint.linter import Settings
from bxml.lint.registry import UnknownName
from bxml.messages.text import cut, listed, near, shown
from bxml.problem import Severity
from bxml.schema import Context

NAMES: Final = ("bxml.toml", "pyproject.toml")
"""The files that are looked for, the more special one first."""


_MENTIONED: Final = re.compile(r"\bbxml[\"']?\s*(?:[\].=]|$)", re.MULTILINE).search
"""Finds what could be a table of that name, so that a file without one need not be read as TOML."""


class BadConfiguration(CannotRun):
    """A configuration that cannot be followed; its text is a sentence with the file and the line."""


@dataclass(frozen=True)
class Configuration:
    """What a project has decided."""

    directory: str = ""
    """From which paths are matched."""
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    context: Context = "call"
    allow_attributes: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    per_path_ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    per_path_context: Mapping[str, Context] = field(default_factory=dict[str, Context])

    def settings(self, path: str) -> Settings:
        """What is looked for in a file."""
        ignored = tuple(pattern for pattern in self.per_path_ignore if self._matches(path, pattern))
        context = self.context
        for pattern, there in self.per_path_context.items():
            context = there if self._matches(path, pattern) else context
        if (ignored, context) not in self._made:
            self._made[ignored, context] = self._settings(ignored, context)
        return self._made[ignored, context]

    @cached_property
    def _made(self) -> dict[tuple[tuple[str, ...], Context], Settings]:
        """Settings that were made, for most files have the same."""
        return {}

    def _settings(self, ignored: tuple[str, ...], context: Context) -> Settings:
        names = [name for pattern in ignored for name in self.per_path_ignore[pattern]]
        rules = registry.selected(self.select, (*self.ignore, *names))
        return Settings(rules, context, self.severity, frozenset(self.allow_attributes))

    def _matches(self, path: str, pattern: str) -> bool:
        relative = os.path.relpath(path or os.curdir, self.directory or None).replace(os.sep, "/")
        return fnmatchcase(relative, pattern) or fnmatchcase(os.path.basename(path), pattern)


def found(directory: str) -> Configuration:
    """The configuration of a directory, or of the nearest one above it that has one.

    Raises:
        BadConfiguration: if it cannot be followed.
    """
    directory = os.path.abspath(directory)
    while True:
        for name in NAMES:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and (configuration := read(path)):
                return configuration
        above = os.path.dirname(directory)
        if above == directory:
            return Configuration()
        directory = above


def read(path: str) -> Configuration | None:
    """The configuration in a file; ``None`` if it is a ``pyproject.toml`` without one.

    Raises:
        BadConfiguration: if it cannot be followed.
    """
    relative = os.path.relpath(path)
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise BadConfiguration(f"{relative}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfiguration(f"{relative}: it is not UTF-8") from None
    if os.path.basename(path) == "pyproject.toml" and not _MENTIONED(text):
        return None
    return _Reader(relative, text).configuration(os.path.dirname(os.path.abspath(path)))


class _Reader:
    """Makes a configuration of the text of a file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text

    def configuration(self, directory: str) -> Configuration | None:
        table = self._table()
        if table is None:
            return None
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _KEYS:
                raise self._bad(f"{cut(key)} is not a setting{near(key, _KEYS) or _listed(_KEYS)}", key)
            try:
                values[key.replace("-", "_")] = _KEYS[key](value)
            except _Misfit as error:
                raise self._bad(f"{key}: {error}", key, *error.trail) from None
        return Configuration(directory, **values)

    def _table(self) -> Mapping[str, object] | None:
        import tomllib  # only here, for most projects have no configuration

        try:
            whole: dict[str, Any] = tomllib.loads(self._text)
        except (ValueError, RecursionError) as error:  # not only the error that it has for this
            line = re.search(r"line (\d+)", str(error))
            number = int(line[1]) if line else self._text.count("\n") + 1
            raise BadConfiguration(f"{self._name}:{number}: this is not TOML") from None
        if os.path.basename(self._name) != "pyproject.toml" and "tool" not in whole:
            return whole
        tool: Any = whole.get("tool")
        if not isinstance(tool, dict) or "bxml" not in tool:
            return None
        table = cast("dict[str, object]", tool)["bxml"]
        if not isinstance(table, dict):
            raise self._bad("tool.bxml is not a table", "bxml")
        return cast("dict[str, object]", table)

    def _bad(self, sentence: str, *trail: str) -> BadConfiguration:
        """The error with the line that a trail of keys and values leads to."""
        place = 0
        header = re.search(r"^[ \t]*\[\s*tool\s*\.\s*[\"']?bxml\b", self._text, re.MULTILINE)
        if header:
            place = header.start()
        for step in trail:
            found = re.compile(rf"(?<![\w-]){re.escape(step)}(?![\w-])").search(self._text, place)
            place = found.start() if found else place
        return BadConfiguration(f"{self._name}:{self._text.count(chr(10), 0, place) + 1}: {sentence}")


class _Misfit(Exception):
    """A value that a setting does not take, and the keys and values that lead to it within the setting."""

    def __init__(self, sentence: str, *trail: str) -> None:
        super().__init__(sentence)
        self.trail = trail


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
        raise _Misfit("it takes a list of texts")
    return tuple(cast("list[str]", value))


def _attributes(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if not _ATTRIBUTE(name):
            raise _Misfit(f'{shown(name)} is no attribute; write "name", or "Gather/@name"', name)
    return names


_ATTRIBUTE: Final = re.compile(r"(?:[\w.-]+/@)?[\w:.-]+").fullmatch


def _selected(value: object) -> tuple[str, ...]:
    if not value:
        raise _Misfit("it names no rule")
    return _rules(value, lambda name: registry.selected([name]))


def _ignored(value: object) -> tuple[str, ...]:
    return _rules(value, lambda name: registry.selected((), [name]))


def _rules(value: object, check: Callable[[str], object]) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        try:
            check(name)
        except UnknownName as error:
            raise _Misfit(str(error), name) from None
    return names


def _context(value: object) -> Context:
    try:
        return registry.context(str(value))
    except UnknownName as error:
        raise _Misfit(str(error), str(value)) from None


def _severity(value: object) -> Severity:
    for known in cast("tuple[Severity, ...]", get_args(Severity)):
        if value == known:
            return known
    raise _Misfit(f"{shown(value)} is no severity; it is {listed(get_args(Severity), 'or')}", str(value))


def _table_of(read_value: Callable[[object], object], read_key: Callable[[str], object] = str) -> Callable[[object], object]:
    def read_table(value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise _Misfit("it is a table")
        table: dict[str, object] = {}
        for key, item in cast("dict[str, object]", value).items():
            try:
                read_key(key)
                table[key] = read_value(item)
            except UnknownName as error:
                raise _Misfit(str(error), key) from None
            except _Misfit as error:
                raise _Misfit(f"{cut(key)}: {error}", key, *error.trail) from None
        return table

    return read_table


def _rule_name(key: str) -> None:
    if key in registry.GROUPS:
        raise UnknownName(f"{key} is not a single rule")
    registry.selected([key])


_KEYS: Final[Mapping[str, Callable[[object], object]]] = {
    "select": _selected,
    "ignore": _ignored,
    "context": _context,
    "allow-attributes": _attributes,
    "severity": _table_of(_severity, _rule_name),
    "per-path-ignore": _table_of(_ignored),
    "per-path-context": _table_of(_context),
}
"""How the value of each setting is read."""


def _listed(names: Iterable[str]) -> str:
    return f"; there are {listed(names)}"


def with_options(
    configuration: Configuration, select: Sequence[str], ignore: Sequence[str], context: Context | None
) -> Configuration:
    """What a project has decided, less what the options of a command say otherwise."""
    return replace(
        configuration,
        select=tuple(select) or configuration.select,
        ignore=(*configuration.ignore, *ignore),
        context=context or configuration.context,
        per_path_context={} if context else configuration.per_path_context,
    )
