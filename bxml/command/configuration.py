"""The configuration of a project: ``bxml.toml``, or ``[tool.bxml]`` in ``pyproject.toml``.

::

    [tool.bxml]
    select = ["default", "empty-document"]
    ignore = ["unknown-voice"]
    context = "call"
    allow-attributes = ["Gather/@newAttribute"]
    baseline = "bxml-baseline.json"

    [tool.bxml.severity]
    relative-url = "error"

    [tool.bxml.per-path-ignore]
    "legacy/*" = ["method-without-url"]

    [tool.bxml.per-path-context]
    "conferences/*.bxml" = "conference"

A pattern must match the path relative to the configuration file, or the file name alone. ``*`` matches any characters,
including ``/``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final, cast, get_args

from bxml.command.cannot_run import CannotRun
from bxml.lint import rule_registry
from bxml.lint.linter import Settings
from bxml.lint.rule_registry import UnknownName
from bxml.messages.text import did_you_mean, join_names, quote, shorten
from bxml.problem import Severity
from bxml.schema import Context

NAMES: Final = ("bxml.toml", "pyproject.toml")
"""The names of configuration files; if a directory has both files, the first name wins."""


_MENTIONED: Final = re.compile(r"\bbxml[\"']?\s*(?:[\].=]|$)", re.MULTILINE).search
"""Finds a possible table named bxml. A ``pyproject.toml`` without such a table is not parsed, which saves time."""


class BadConfiguration(CannotRun):
    """The configuration is invalid; the message names the file, the line and the setting."""


@dataclass(frozen=True)
class Configuration:
    """The settings of a project.

    Args:
        directory: The directory of the configuration file; patterns are matched against paths relative to it.
        select: Names of rules and groups to run.
        ignore: Names of rules and groups to skip.
        context: Context in which the platform runs the documents.
        allow_attributes: Attributes that are allowed although the schema does not know them.
        baseline: The file with the known problems; an empty string if there is none.
        severity: For each rule with a changed severity, by its name: the new severity.
        per_path_ignore: For each path pattern: names of rules and groups to skip.
        per_path_context: For each path pattern: the context of the files that match it; the last match wins.
    """

    directory: str = ""
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    context: Context = "call"
    allow_attributes: tuple[str, ...] = ()
    baseline: str = ""
    severity: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    per_path_ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    per_path_context: Mapping[str, Context] = field(default_factory=dict[str, Context])

    def settings(self, path: str) -> Settings:
        """Return the linter settings for a file."""
        patterns = tuple(pattern for pattern in self.per_path_ignore if self._matches(path, pattern))
        context = self.context
        for pattern, value in self.per_path_context.items():
            context = value if self._matches(path, pattern) else context
        if (patterns, context) not in self._cache:
            self._cache[patterns, context] = self._settings(patterns, context)
        return self._cache[patterns, context]

    @cached_property
    def _cache(self) -> dict[tuple[tuple[str, ...], Context], Settings]:
        """For each combination of patterns and context: its settings, kept because most files share the same settings."""
        return {}

    def _settings(self, patterns: tuple[str, ...], context: Context) -> Settings:
        names = [name for pattern in patterns for name in self.per_path_ignore[pattern]]
        rules = rule_registry.selected(self.select, (*self.ignore, *names))
        return Settings(rules, context, self.severity, frozenset(self.allow_attributes))

    def _matches(self, path: str, pattern: str) -> bool:
        # relpath raises for an empty path; patterns have slashes on every system.
        relative = os.path.relpath(path or os.curdir, self.directory or None).replace(os.sep, "/")
        # On Windows, and only there, fnmatch would ignore case.
        return fnmatchcase(relative, pattern) or fnmatchcase(os.path.basename(path), pattern)


def found(directory: str) -> Configuration:
    """Return the configuration of a directory, or of its nearest parent with a configuration, or else the defaults.

    Raises:
        BadConfiguration: If the configuration is invalid.
    """
    directory = os.path.abspath(directory)
    while True:
        for name in NAMES:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and (configuration := read(path)):
                return configuration
        parent = os.path.dirname(directory)
        if parent == directory:
            return Configuration()
        directory = parent


def read(path: str) -> Configuration | None:
    """Return the configuration in a file, or ``None`` if the file is a ``pyproject.toml`` without a configuration.

    Raises:
        BadConfiguration: If the file cannot be read, or the configuration is invalid.
    """
    relative = os.path.relpath(path)
    try:
        # Editors on Windows write a byte order mark, which is not part of TOML.
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise BadConfiguration(f"{relative}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfiguration(f"{relative}: not valid UTF-8; save the file as UTF-8") from None
    if os.path.basename(path) == "pyproject.toml" and not _MENTIONED(text):
        return None
    return _Reader(relative, text).configuration(os.path.dirname(os.path.abspath(path)))


class _Reader:
    """Parses the text of a configuration file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text

    def configuration(self, directory: str) -> Configuration | None:
        table = self._table()
        if table is None:
            return None
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _SETTINGS:
                hint = did_you_mean(key, _SETTINGS) or f"; expected {join_names(_SETTINGS, 'or')}"
                raise self._error(f"{shorten(key)} is not a setting{hint}", key)
            try:
                values[key.replace("-", "_")] = _SETTINGS[key](value)
            except _InvalidValue as error:
                raise self._error(f"{key}: {error}", key, *error.trail) from None
        if "baseline" in values:
            values["baseline"] = os.path.relpath(os.path.join(directory, values["baseline"]))
        return Configuration(directory, **values)

    def _table(self) -> Mapping[str, object] | None:
        # Imported here because most projects have no configuration.
        import tomllib

        try:
            whole: dict[str, Any] = tomllib.loads(self._text)
        # tomllib also raises a plain ValueError for a huge number and RecursionError for deep nesting.
        except (ValueError, RecursionError) as error:
            line = re.search(r"line (\d+)", str(error))
            # tomllib gives no line for an error at the end of the file.
            number = int(line[1]) if line else self._text.count("\n") + 1
            raise BadConfiguration(f"{self._name}:{number}: not valid TOML") from None
        # In bxml.toml the header [tool.bxml] is optional, because nothing else is in the file.
        if os.path.basename(self._name) != "pyproject.toml" and "tool" not in whole:
            return whole
        tool: Any = whole.get("tool")
        if not isinstance(tool, dict) or "bxml" not in tool:
            return None
        table = cast("dict[str, object]", tool)["bxml"]
        if not isinstance(table, dict):
            raise self._error(f"tool.bxml: expected a table, got {quote(table)}", "bxml")
        return cast("dict[str, object]", table)

    def _error(self, message: str, *trail: str) -> BadConfiguration:
        """Return an error with the line of a value.

        tomllib does not report the lines of values, so the text is searched for one key after the other.

        Args:
            message: The problem.
            trail: The keys and strings that lead to the value, the outermost first.
        """
        offset = 0
        header = re.search(r"^[ \t]*\[\s*tool\s*\.\s*[\"']?bxml\b", self._text, re.MULTILINE)
        if header:
            offset = header.start()
        for step in trail:
            match = re.compile(rf"(?<![\w-]){re.escape(step)}(?![\w-])").search(self._text, offset)
            offset = match.start() if match else offset
        return BadConfiguration(f"{self._name}:{self._text.count(chr(10), 0, offset) + 1}: {message}")


class _InvalidValue(Exception):
    """A setting has an invalid value.

    Args:
        message: The problem.
        trail: The keys and strings that lead from the setting to the invalid value, the outermost first.
    """

    def __init__(self, message: str, *trail: str) -> None:
        super().__init__(message)
        self.trail = trail


def _strings(value: object) -> tuple[str, ...]:
    quoted = quote(value)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
        raise _InvalidValue(f"expected a list of strings, got {quoted}")
    return tuple(cast("list[str]", value))


def _attributes(value: object) -> tuple[str, ...]:
    names = _strings(value)
    for name in names:
        if not _ATTRIBUTE(name):
            raise _InvalidValue(f'{quote(name)} is not an attribute; expected "attribute" or "Element/@attribute"', name)
    return names


_ATTRIBUTE: Final = re.compile(r"(?:[\w.-]+/@)?[\w:.-]+").fullmatch


def _selected(value: object) -> tuple[str, ...]:
    # An empty selection would hide every problem, so it is rejected.
    if not value:
        raise _InvalidValue(f"expected at least one rule name, got {quote(value)}")
    return _rules(value, lambda name: rule_registry.selected([name]))


def _ignored(value: object) -> tuple[str, ...]:
    return _rules(value, lambda name: rule_registry.selected((), [name]))


def _rules(value: object, check: Callable[[str], object]) -> tuple[str, ...]:
    names = _strings(value)
    for name in names:
        try:
            check(name)
        except UnknownName as error:
            raise _InvalidValue(str(error), name) from None
    return names


def _file_name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _InvalidValue(f"expected the name of a file, got {quote(value)}")
    return value


def _context(value: object) -> Context:
    try:
        return rule_registry.context(str(value))
    except UnknownName as error:
        raise _InvalidValue(str(error), str(value)) from None


def _severity(value: object) -> Severity:
    for known in cast("tuple[Severity, ...]", get_args(Severity)):
        if value == known:
            return known
    raise _InvalidValue(f"{quote(value)} is not a severity; expected {join_names(get_args(Severity), 'or')}", str(value))


def _table_of(read_value: Callable[[object], object], read_key: Callable[[str], object] = str) -> Callable[[object], object]:
    """Return a function that reads a table, and reads its values and keys with the given functions."""

    def read_table(value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise _InvalidValue(f"expected a table, got {quote(value)}")
        table: dict[str, object] = {}
        for key, item in cast("dict[str, object]", value).items():
            try:
                read_key(key)
                table[key] = read_value(item)
            except UnknownName as error:
                raise _InvalidValue(str(error), key) from None
            except _InvalidValue as error:
                raise _InvalidValue(f"{shorten(key)}: {error}", key, *error.trail) from None
        return table

    return read_table


def _rule_name(key: str) -> None:
    if key in rule_registry.GROUPS:
        raise UnknownName(f"{key} is a group of rules; expected the name of one rule")
    rule_registry.selected([key])


_SETTINGS: Final[Mapping[str, Callable[[object], object]]] = {
    "select": _selected,
    "ignore": _ignored,
    "context": _context,
    "allow-attributes": _attributes,
    "baseline": _file_name,
    "severity": _table_of(_severity, _rule_name),
    "per-path-ignore": _table_of(_ignored),
    "per-path-context": _table_of(_context),
}
"""For each setting, by its name: the function that checks and converts its value."""


def with_options(
    configuration: Configuration, select: Sequence[str], ignore: Sequence[str], context: Context | None
) -> Configuration:
    """Return the configuration with the command-line options applied.

    Args:
        configuration: The configuration of the project.
        select: Replaces ``select``, unless empty.
        ignore: Is added to ``ignore``.
        context: Replaces ``context`` and ``per_path_context``, unless ``None``.
    """
    return replace(
        configuration,
        select=tuple(select) or configuration.select,
        ignore=(*configuration.ignore, *ignore),
        context=context or configuration.context,
        per_path_context={} if context else configuration.per_path_context,
    )
