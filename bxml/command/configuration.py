"""The configuration of a project: ``bxml.toml``, or ``[tool.bxml]`` in ``pyproject.toml``.

::

    [tool.bxml]
    select = ["default", "empty-document"]
    ignore = ["unknown-voice"]
    context = "call"
    allow-attributes = ["Gather/@newAttribute"]
    baseline = "bxml-baseline.json"
    template = "auto"
    fail-on = "error"

    [tool.bxml.severity]
    relative-url = "error"

    [tool.bxml.per-path-ignore]
    "legacy/*" = ["method-without-url"]

    [tool.bxml.per-path-context]
    "conferences/*.bxml" = "conference"

A pattern must match the path relative to the configuration file, or the file name alone. ``*`` matches any characters,
including ``/``. ``extend = "../bxml.toml"`` takes the settings of another configuration; this file overrides them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, cast, get_args

from bxml import schema
from bxml.command.cannot_run import CannotRun
from bxml.command.path_patterns import PathPattern, never_matches, path_pattern
from bxml.lint import rule_registry
from bxml.lint.linter import Settings
from bxml.lint.rule_registry import UnknownName
from bxml.messages.text import did_you_mean, join_names, quote, shorten
from bxml.parsing.template_languages import CHOICES, Template
from bxml.problem import Severity
from bxml.schema import Context

NAMES: Final = ("bxml.toml", "pyproject.toml")
"""The names of configuration files; if a directory has both files, the first name wins."""

MAXIMUM_BYTES: Final = 1_000_000
"""Maximum size of a configuration file, whose author may not be trusted."""

MAXIMUM_DOTS: Final = 1_000
"""Maximum number of dots in a line of a configuration file: tomllib takes quadratic time for a key with many dots."""

HIDDEN: Final = PathPattern("", ".*")
"""The pattern that matches hidden files and directories; it is a part of the default of ``exclude``."""

DEFAULT_EXCLUDE: Final = (HIDDEN, PathPattern("", "node_modules"), PathPattern("", "__pycache__"))
"""The default of ``exclude``: hidden files and directories, and directories with third-party files."""

_MENTION: Final = r"\bbxml[\"']?\s*(?:[\].=]|$)"
"""Matches a possible table named bxml. A ``pyproject.toml`` without such a table is not parsed, which saves time."""


class BadConfiguration(CannotRun):
    """The configuration is invalid; the message names the file, the line and the setting."""


@dataclass(frozen=True)
class Configuration:
    """The settings of a project.

    Args:
        directory: The directory of the configuration file; empty for the defaults.
        unused: The path of a ``pyproject.toml`` whose settings do not apply, because its directory also has ``bxml.toml``.
        select: Names of rules and groups to run.
        ignore: Names of rules and groups to skip.
        extend_select: More names of rules and groups to run.
        extend_ignore: More names of rules and groups to skip.
        context: Context in which the platform runs the documents.
        allow_attributes: Attributes that are allowed although the schema does not know them.
        baseline: The file with the known problems; an empty string if there is none.
        severity: The new severity of each rule whose severity is changed, by the name of the rule.
        per_path_ignore: Names of rules and groups to skip in the files that match each path pattern.
        per_path_context: The context of the files that match each path pattern; the last matching pattern wins.
        exclude: Patterns for files and directories that a search leaves out.
        extend_exclude: More patterns for files and directories that a search leaves out.
        respect_gitignore: True if a search leaves out files that ``.gitignore`` ignores.
        template: The language of templates; ``None`` if the files are not templates.
        embedded: True to check the documents in the strings of programs.
        fail_on: The lowest severity that makes the check fail.
    """

    directory: str = ""
    unused: str = ""
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()
    context: Context = "call"
    allow_attributes: tuple[str, ...] = ()
    baseline: str = ""
    severity: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    per_path_ignore: Mapping[PathPattern, tuple[str, ...]] = field(default_factory=dict[PathPattern, "tuple[str, ...]"])
    per_path_context: Mapping[PathPattern, Context] = field(default_factory=dict[PathPattern, Context])
    exclude: tuple[PathPattern, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[PathPattern, ...] = ()
    respect_gitignore: bool = True
    template: Template | None = None
    embedded: bool = False
    fail_on: Severity = "warning"

    def settings(self, path: str) -> Settings:
        """Return the linter settings for a file."""
        patterns = tuple(pattern for pattern in self.per_path_ignore if pattern.matches(path))
        context = self.context
        for pattern, value in self.per_path_context.items():
            context = value if pattern.matches(path) else context
        if (patterns, context) not in self._cache:
            self._cache[patterns, context] = self._settings(patterns, context)
        return self._cache[patterns, context]

    @cached_property
    def _cache(self) -> dict[tuple[tuple[PathPattern, ...], Context], Settings]:
        """The settings for each combination of patterns and context, cached because most files share the same settings."""
        return {}

    def _settings(self, patterns: tuple[PathPattern, ...], context: Context) -> Settings:
        names = [name for pattern in patterns for name in self.per_path_ignore[pattern]]
        select, ignore = (*self.select, *self.extend_select), (*self.ignore, *self.extend_ignore)
        rules = rule_registry.selected(select, (*ignore, *names))
        return Settings(rules, context, self.severity, frozenset(self.allow_attributes))


def found(directory: str) -> Configuration:
    """Return the nearest configuration in a directory and its parents; return the defaults if there is no configuration.

    Raises:
        BadConfiguration: If the configuration is invalid.
    """
    directory = os.path.abspath(directory)
    while True:
        configuration = in_directory(directory)
        if configuration:
            return configuration
        parent = os.path.dirname(directory)
        if parent == directory:
            return Configuration()
        directory = parent


def in_directory(directory: str) -> Configuration | None:
    """Return the configuration in a directory, or ``None`` if the directory itself has no configuration.

    Raises:
        BadConfiguration: If the configuration is invalid.
    """
    paths = [path for name in NAMES if os.path.isfile(path := os.path.join(directory, name))]
    for index, path in enumerate(paths):
        configuration = read(path)
        if configuration:
            return replace(configuration, unused=next(filter(_has_settings, paths[index + 1 :]), ""))
    return None


def _has_settings(path: str) -> bool:
    try:
        return _Reader(path).table() is not None
    except BadConfiguration:
        return False


def read(path: str) -> Configuration | None:
    """Return the configuration in a file, or ``None`` if the file is a ``pyproject.toml`` without a configuration.

    Raises:
        BadConfiguration: If the file cannot be read, or the configuration is invalid.
    """
    chain = [_Reader(path)]
    values = chain[0].values()
    if values is None:
        return None
    while "extend" in values:
        base, base_values = chain[-1].extended(values.pop("extend"), chain)
        values = _merged(base_values, values)
        chain.append(base)
    return Configuration(os.path.dirname(os.path.abspath(path)), "", **values)


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a configuration and of the configuration that it extends.

    Tables and ``extend-`` settings are joined.

    Args:
        base: The settings that are overridden.
        values: The settings that override them.
    """
    merged = base | values
    for name in base.keys() & values.keys():
        if isinstance(values[name], dict):
            merged[name] = base[name] | values[name]
        elif name.startswith("extend_"):
            merged[name] = base[name] + values[name]
    return merged


class _Reader:
    """Reads a configuration file.

    Args:
        path: The path of the file.

    Raises:
        BadConfiguration: If the file cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._real_path = os.path.realpath(path)
        self._name = os.path.relpath(path)
        try:
            with open(path, "rb") as file:
                data = file.read(MAXIMUM_BYTES + 1)
            # Editors on Windows write a byte order mark, which is not part of TOML.
            self._text = data.decode("utf-8-sig")
        except OSError as error:
            raise BadConfiguration(f"{self._name}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadConfiguration(f"{self._name}: not valid UTF-8; save the file as UTF-8") from None
        if len(data) > MAXIMUM_BYTES:
            raise BadConfiguration(f"{self._name}: too large; a configuration has at most {MAXIMUM_BYTES} bytes")

    def values(self) -> dict[str, Any] | None:
        """Return the settings, by the names of the parameters of :class:`Configuration`; ``None`` if the file has no settings.

        Raises:
            BadConfiguration: If the configuration is invalid.
        """
        table = self.table()
        if table is None:
            return None
        directory = os.path.dirname(os.path.abspath(self._path))
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _SETTINGS:
                hint = did_you_mean(key, _SETTINGS) or f"; expected {join_names(_SETTINGS, 'or')}"
                raise self._error(f"{shorten(key)} is not a setting{hint}", key)
            try:
                read_value = _SETTINGS[key](value)
            except _InvalidValue as error:
                raise self._error(f"{key}: {error}", key, *error.trail) from None
            values[key.replace("-", "_")] = _OF_PATHS[key](directory, read_value) if key in _OF_PATHS else read_value
        return values

    def extended(self, path: str, chain: Sequence[_Reader]) -> tuple[_Reader, dict[str, Any]]:
        """Return the reader and the settings of a configuration file that this file extends.

        Args:
            path: The path of the other file, relative to the directory of this file.
            chain: The readers of this file and of the files that extend it.

        Raises:
            BadConfiguration: If the other file cannot be read, or has no configuration, or is in the chain.
        """
        target = os.path.join(os.path.dirname(self._path), path)
        real = os.path.realpath(target)
        if any(real == reader._real_path for reader in chain):
            raise self._error(f"extend: {quote(path)} forms a cycle; remove one extend setting of the cycle", "extend", path)
        # A named pipe would block forever.
        if not os.path.isfile(target):
            raise self._error(f"extend: {quote(path)} does not exist or is not a file", "extend", path)
        base = _Reader(target)
        values = base.values()
        if values is None:
            raise self._error(f"extend: {quote(path)} has no table [tool.bxml]", "extend", path)
        return base, values

    def table(self) -> Mapping[str, object] | None:
        """Return the table with the settings, or ``None`` if the file has no such table.

        Raises:
            BadConfiguration: If the file is not valid TOML, or the settings are not a table.
        """
        if os.path.basename(self._path) == "pyproject.toml" and not re.search(_MENTION, self._text, re.MULTILINE):
            return None
        # Imported here because most projects have no configuration.
        import tomllib

        if any(line.count(".") > MAXIMUM_DOTS for line in self._text.splitlines()):
            raise BadConfiguration(f"{self._name}: a line has more than {MAXIMUM_DOTS} dots; write it as several lines")
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


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _InvalidValue(f"expected a string, got {quote(value)}")
    return value


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _strings(value)
    for pattern in patterns:
        _pattern(pattern)
    return patterns


def _pattern(pattern: str) -> None:
    reason = never_matches(pattern)
    if reason:
        raise _InvalidValue(reason, pattern)


def _truth_value(value: object) -> bool:
    if not isinstance(value, bool):
        raise _InvalidValue(f"expected true or false, got {quote(value)}")
    return value


def _attributes(value: object) -> tuple[str, ...]:
    names = _strings(value)
    for name in names:
        if not _ATTRIBUTE(name):
            raise _InvalidValue(f'{quote(name)} is not an attribute; expected "attribute" or "Element/@attribute"', name)
        element = name.partition("/@")[0] if "/" in name else None
        if element and element not in schema.attributes():
            hint = did_you_mean(element, schema.attributes())
            raise _InvalidValue(f"{quote(name)} has no effect, because BXML has no element <{element}>{hint}", name)
    return names


_ATTRIBUTE: Final = re.compile(r"(?:[\w.-]+/@)?[\w:.-]+").fullmatch


def _selected(value: object) -> tuple[str, ...]:
    # An empty selection would hide every problem, so it is rejected.
    if not value:
        raise _InvalidValue(f"expected at least one rule name, got {quote(value)}")
    return _added(value)


def _added(value: object) -> tuple[str, ...]:
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
    name = _string(value)
    try:
        return rule_registry.context(name)
    except UnknownName as error:
        raise _InvalidValue(str(error), name) from None


def _severity(value: object) -> Severity:
    for known in cast("tuple[Severity, ...]", get_args(Severity)):
        if value == known:
            return known
    raise _InvalidValue(
        f"{quote(value)} is not a severity; expected {join_names(get_args(Severity), 'or')}",
        *([value] if isinstance(value, str) else []),
    )


def _one_of(values: Sequence[str]) -> Callable[[object], object]:
    """Return a function that accepts only the given strings."""

    def read_value(value: object) -> object:
        if value not in values:
            raise _InvalidValue(f"expected {join_names(values, 'or')}, got {quote(value)}")
        return value

    return read_value


def _table_of(read_value: Callable[[object], object], read_key: Callable[[str], object]) -> Callable[[object], object]:
    """Return a function that reads a table, and reads its values and keys with the given functions."""

    def read_table(value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise _InvalidValue(f"expected a table, got {quote(value)}")
        table: dict[str, object] = {}
        for key, item in cast("dict[str, object]", value).items():
            try:
                read_key(key)
            except (UnknownName, _InvalidValue) as error:
                raise _InvalidValue(str(error), key) from None
            try:
                table[key] = read_value(item)
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
    "extend-select": _added,
    "extend-ignore": _ignored,
    "context": _context,
    "allow-attributes": _attributes,
    "baseline": _file_name,
    "severity": _table_of(_severity, _rule_name),
    "per-path-ignore": _table_of(_ignored, _pattern),
    "per-path-context": _table_of(_context, _pattern),
    "exclude": _patterns,
    "extend-exclude": _patterns,
    "respect-gitignore": _truth_value,
    "template": _one_of(CHOICES),
    "embedded": _truth_value,
    "fail-on": _one_of(get_args(Severity)),
    "extend": _string,
}
"""The functions that check and convert the values of settings, by the names of the settings."""


def _path_patterns(directory: str, patterns: tuple[str, ...]) -> tuple[PathPattern, ...]:
    return tuple(path_pattern(directory, pattern) for pattern in patterns)


def _by_path_pattern(directory: str, table: dict[str, object]) -> dict[PathPattern, object]:
    return {path_pattern(directory, pattern): value for pattern, value in table.items()}


_OF_PATHS: Final[Mapping[str, Callable[[str, Any], object]]] = {
    "per-path-ignore": _by_path_pattern,
    "per-path-context": _by_path_pattern,
    "exclude": _path_patterns,
    "extend-exclude": _path_patterns,
    "baseline": lambda directory, path: os.path.relpath(os.path.join(directory, path)),
}
"""The functions that resolve paths and path patterns from the directory of the file, by the names of the settings."""


def with_options(
    configuration: Configuration, select: Sequence[str], ignore: Sequence[str], context: Context | None
) -> Configuration:
    """Return the configuration with the command-line options applied.

    Args:
        configuration: The configuration of the project.
        select: Replaces ``select`` and ``extend_select``, unless empty.
        ignore: Names to add to ``ignore``.
        context: Replaces ``context`` and ``per_path_context``, unless ``None``.
    """
    return replace(
        configuration,
        select=tuple(select) or configuration.select,
        extend_select=() if select else configuration.extend_select,
        ignore=(*configuration.ignore, *ignore),
        context=context or configuration.context,
        per_path_context={} if context else configuration.per_path_context,
    )
