"""Every regular expression of both packages takes linear time."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, product
from types import ModuleType
from typing import Any, Final, NamedTuple

import pytest

import bxml
import callcontrol
from bxml import schema
from bxml.builder import value_writers
from bxml.parsing import syntax_errors
from callcontrol import request_arguments
from callcontrol.emulator import control_api, rest_api

LENGTHS: Final = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
"""Lengths of the strings, in characters. A longer string is tried only after a shorter one was fast, so failures are quick."""

LONGEST_TIME: Final = 0.1
"""Maximum seconds of processor time. For 64,000 characters, linear patterns take 0.003 and quadratic patterns at least 0.5."""

SLOWEST: Final = 4
"""Number of strings that are tried at every length. These strings took the longest time at the first length."""

PACKAGES: Final = (bxml, callcontrol)

METHODS: Final = {"match", "search", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
"""Names of the matching functions of ``re``, which are also methods of a pattern."""

OTHER_NAMES: Final = {"ASCII", "DOTALL", "IGNORECASE", "MULTILINE", "VERBOSE", "Match", "Pattern", "error", "escape"}
"""Names in ``re`` that do not create a pattern."""

Uses = Iterable[tuple[re.Pattern[str], str]]
"""Patterns, each with a method that the code calls on it."""


def _of_the_schema() -> Uses:
    elements = list(schema.vocabulary().declarations())
    types = [attribute.type for element in elements for attribute in element.attributes.values()]
    types += [element.text for element in elements if element.text]
    while types:
        type_ = types.pop()
        types += type_.members
        yield from ((pattern, "fullmatch") for pattern in type_.patterns)


PATTERNS_OF_VARIABLES: Final[Mapping[tuple[str, str], Callable[[], Uses]]] = {
    ("bxml.builder.value_writers", r'rf"(?={xml_text.NEEDS_NO_ESCAPE}\Z)(?:{expression})"'): lambda: [
        (value_writers.without_escapes(pattern.pattern), method) for pattern, method in _of_the_schema()
    ],
    ("bxml.command.configuration", r'rf"(?<![\w-]){re.escape(step)}(?![\w-])"'): (
        lambda: [(re.compile(r"(?<![\w-])severity(?![\w-])"), "search")]
    ),
    ("bxml.parsing.syntax_errors", "beginning"): lambda: [
        (re.compile(beginning, re.DOTALL), "match") for beginning, _ in syntax_errors._OTHER_FORMATS
    ],
    ("bxml.parsing.syntax_errors", "case.after"): lambda: [
        (re.compile(case.after, re.DOTALL), "match") for case in syntax_errors._CASES
    ],
    ("bxml.parsing.syntax_errors", "case.before"): lambda: [
        (re.compile(case.before, re.DOTALL), "search") for case in syntax_errors._CASES
    ],
    ("bxml.schema", "re.compile"): _of_the_schema,
    ("callcontrol.request_arguments", 'rf"<(?:{names})\\b[^<>]*>".encode() + _NO_SCHEME'): lambda: [
        (re.compile(request_arguments._url_element().pattern.decode(), re.ASCII), "search")
    ],
    ("callcontrol.emulator.control_api", r'path.replace("{call}", f"({ID})").replace("{number}", "([^/]+)")'): (
        lambda: [(control_api._pattern(route.path), "fullmatch") for route in control_api.ROUTES]
    ),
    ("callcontrol.emulator.rest_api", r'API_PATH + re.sub(r"\{(\w+)\}", rf"(?P<\1>{ID})", path)'): (
        lambda: (
            [(pattern, "fullmatch") for _, pattern in rest_api._PATHS]
            + [(pattern, "fullmatch") for *_, pattern in rest_api._NOT_EMULATED]
        )
    ),
}
"""For each module and expression with local variables: a function that returns the patterns for all values of the variables."""


class UnknownUse(Exception):
    """A module uses ``re`` in a way that this test cannot analyze."""


class Use(NamedTuple):
    """A pattern in a module, and a method that the module calls on it."""

    module: str
    pattern: re.Pattern[str]
    method: str


def modules() -> Iterator[ModuleType]:
    """Yield both packages and all their modules."""
    for package in PACKAGES:
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield importlib.import_module(found.name)


SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _bound_in(scope: ast.AST) -> Iterator[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _for_strings(pattern: re.Pattern[Any]) -> re.Pattern[str]:
    """Return an equivalent pattern for strings if the pattern is for bytes; otherwise return the pattern unchanged."""
    if isinstance(pattern.pattern, str):
        return pattern
    return re.compile(pattern.pattern.decode(), pattern.flags | re.ASCII)


class PatternFinder:
    """Finds the patterns in the source of a module, including those that are compiled only when a function runs.

    Args:
        source: Source of the module.
        module: Name of the module.
        names: Global variables of the module.
    """

    def __init__(self, source: str, module: str, names: dict[str, Any]) -> None:
        self.source, self.module, self.names = source, module, names
        self.tree = ast.parse(source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.of_variables: set[tuple[str, str]] = set()

    def uses(self) -> Iterator[Use]:
        """Yield every pattern with every method that is called on it.

        Raises:
            UnknownUse: If neither the source nor :data:`PATTERNS_OF_VARIABLES` determines a pattern.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._refuse_aliases(node)
            elif isinstance(node, ast.Name) and node.id == "re":
                for pattern, method in self._used_at(node):
                    yield Use(self.module, pattern, method)

    def _refuse_aliases(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            path = f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".")
            if {"re", "regex", "_sre"} & set(path.split(".")) and (path != "re" or alias.asname):
                raise self._unknown_use(node, "use `import re`; this test finds no patterns otherwise")

    def _used_at(self, name: ast.Name) -> Uses:
        function = self.parents[name]
        if not isinstance(function, ast.Attribute) or function.attr not in {"compile", *METHODS, *OTHER_NAMES}:
            raise self._unknown_use(name, "this test does not know this use of re")
        if function.attr in OTHER_NAMES:
            return []
        call = self.parents[function]
        if not isinstance(call, ast.Call) or call.func is not function:
            return self._patterns_of_variables(function)
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        arguments = inspect.signature(getattr(re, function.attr)).bind_partial(*call.args, **given).arguments
        if self._is_local(arguments["pattern"]):
            return self._patterns_of_variables(arguments["pattern"])
        pattern = self._value(arguments["pattern"])
        flags = self._value(arguments["flags"]) if "flags" in arguments else 0
        return [(_for_strings(re.compile(pattern, flags)), method) for method in self._methods(function, call)]

    def _value(self, expression: ast.expr) -> Any:
        return eval(ast.unparse(expression), self.names)

    def _is_local(self, expression: ast.expr) -> bool:
        """Return whether an expression uses a local variable, including one that hides a global variable."""
        used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        scope: ast.AST = expression
        while not isinstance(scope := self.parents[scope], ast.Module):
            if isinstance(scope, SCOPES) and not used.isdisjoint(_bound_in(scope)):
                return True
        return False

    def _patterns_of_variables(self, argument: ast.AST) -> Uses:
        key = self.module, ast.get_source_segment(self.source, argument) or ""
        if key not in PATTERNS_OF_VARIABLES:
            raise self._unknown_use(argument, f"add {key} to PATTERNS_OF_VARIABLES")
        self.of_variables.add(key)
        return PATTERNS_OF_VARIABLES[key]()

    def _methods(self, function: ast.Attribute, call: ast.Call) -> Collection[str]:
        """Return the methods that are called on a pattern. If the source shows no call, return match, search and fullmatch."""
        if function.attr != "compile":
            return {function.attr}
        parent = self.parents[call]
        if isinstance(parent, ast.Attribute):
            return {parent.attr} & METHODS
        target = ast.unparse(parent.target) if isinstance(parent, ast.AnnAssign) else None
        called = {
            node.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute)
            and (ast.unparse(node.value) == target or (target is None and self._is_pattern(node)))
        }
        return called & METHODS or {"match", "search", "fullmatch"}

    def _is_pattern(self, node: ast.Attribute) -> bool:
        return not ast.unparse(node.value).startswith("re.") and ast.unparse(node.value) != "re" and node.attr != "split"

    def _unknown_use(self, node: Any, why: str) -> UnknownUse:
        return UnknownUse(f"{self.module}, line {node.lineno}: {why}")


FINDERS: Final = [PatternFinder(inspect.getsource(module), module.__name__, vars(module)) for module in modules()]
USES: Final = sorted(set(chain.from_iterable(finder.uses() for finder in FINDERS)), key=str)


def in_variables(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    """Yield the patterns in a value, which may be a pattern, a method of a pattern, or a container."""
    value = getattr(value, "__self__", value) if callable(value) else value
    if isinstance(value, re.Pattern):
        yield _for_strings(value)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        yield from chain.from_iterable(in_variables(item, depth - 1) for item in value)
    elif depth and isinstance(value, dict):
        yield from in_variables((*value, *value.values()), depth - 1)


# Strings that make a pattern slow: a prefix that leads to a repetition, its body many times, and an end that does not match.

_parser: Final[Any] = importlib.import_module("re._parser")

CHARACTERS: Final = " \n\"'</:;@&#0aA_\x00é"
"""One character of each class of characters."""


class Repetition(NamedTuple):
    """A repeated part of a pattern."""

    prefix: str
    """A string that matches the pattern up to the repetition."""
    bodies: tuple[str, ...]
    """Strings that the repeated part matches once."""
    rest: str
    """A string that completes the match after the repetition."""


def sample(parts: Any) -> str:
    """Return a short string that the parts of a parsed pattern match one after the other."""
    return "".join(_samples(code, value)[0] for code, value in parts)


def _samples(code: Any, value: Any) -> tuple[str, ...]:
    """Return strings that one part of a parsed pattern matches."""
    name = str(code)
    if name == "LITERAL":
        return (chr(value),)
    if name in {"IN", "NOT_LITERAL", "ANY"}:
        items = value if name == "IN" else [(_parser.NEGATE, None), (_parser.LITERAL, value)] if value else []
        return tuple(character for character in _characters(items) if _is_in(items, character)) or ("",)
    if name == "BRANCH":
        return tuple(sample(branch) for branch in value[1])
    inner = _inner(code, value)
    return (sample(inner) if inner is not None and name not in {"ASSERT", "ASSERT_NOT"} else "",)


def _characters(items: Any) -> str:
    named = "".join(
        chr(value if str(code) == "LITERAL" else value[0]) for code, value in items if str(code) in {"LITERAL", "RANGE"}
    )
    return named + CHARACTERS


_CATEGORIES: Final = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}


def _is_in(items: Any, character: str) -> bool:
    negated = False
    found = False
    for code, value in items:
        match str(code):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found = found or ord(character) == value
            case "RANGE":
                found = found or value[0] <= ord(character) <= value[1]
            case _:
                _, *no, category = str(value).split("_")
                found = found or bool(re.match(_CATEGORIES[category], character)) is not bool(no)
    return found is not negated


def _inner(code: Any, value: Any) -> Any:
    """Return the pattern inside a part of a parsed pattern, or ``None`` if the part contains no pattern."""
    match str(code):
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return value[2]
        case "SUBPATTERN":
            return value[3]
        case "ASSERT" | "ASSERT_NOT":
            return value[1]
        case "ATOMIC_GROUP":
            return value
        case _:
            return None


def repetitions(parts: Any, prefix: str = "", after: str = "") -> Iterator[Repetition]:
    """Yield the repetitions of a parsed pattern, including nested ones."""
    parts = list(parts)
    for place, (code, value) in enumerate(parts):
        rest = sample(parts[place + 1 :]) + after
        inner = _inner(code, value)
        if "REPEAT" in str(code):
            bodies = _samples(*inner[0]) if len(inner) == 1 else (sample(inner),)
            yield Repetition(prefix, bodies, rest)
        for branch in value[1] if str(code) == "BRANCH" else [] if inner is None else [inner]:
            yield from repetitions(branch, prefix, rest)
        prefix += _samples(code, value)[0]


def shapes(pattern: re.Pattern[str]) -> list[Shape]:
    """Return the shapes of strings to try with a pattern."""
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    characters = "".join(dict.fromkeys(re.sub(r"[\w\\\[\]^+*|]", "", pattern.pattern) + ' \n"<0a\x00'))
    found = {Shape("", character, end) for character, end in product(characters, ("", "\x00"))}
    found |= {Shape("", first + second, "") for first, second in product(characters, characters)}
    for prefix, bodies, rest in repetitions(parsed):
        for body in dict.fromkeys((*bodies, prefix, prefix + rest[:1], prefix + bodies[0], prefix + bodies[0] + rest)):
            ends = dict.fromkeys(
                (
                    rest,
                    rest[:-1],
                    rest[:1],
                    rest + "\x00",
                    rest[:-1] + "\x00",
                    *(rest[:1] + character for character in characters),
                    *characters,
                )
            )
            found |= {Shape(prefix, body, end) for end in ends if body}
    return sorted(found)


class Shape(NamedTuple):
    """The shape of a string: a prefix, a repeated body and an end. Calling a shape with a length returns the string."""

    prefix: str
    body: str
    end: str

    def __call__(self, length: int) -> str:
        times = max(1, (length - len(self.prefix) - len(self.end)) // len(self.body))
        return f"{self.prefix}{self.body * times}{self.end}"


class TooSlow(Exception):
    """A pattern takes more than :data:`LONGEST_TIME`."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let :func:`check_time` interrupt a match, because an exponential match would not end."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def check_time(function: Callable[[str], object], text: str) -> float:
    """Return the seconds of processor time that a function takes with a string; other processes do not affect this time.

    Raises:
        TooSlow: If the function takes more than :data:`LONGEST_TIME`.
    """
    signal.setitimer(signal.ITIMER_VIRTUAL, 2 * LONGEST_TIME)
    start = time.thread_time()
    function(text)
    seconds = time.thread_time() - start
    if seconds > LONGEST_TIME:
        raise TooSlow
    return seconds


def check_pattern(pattern: re.Pattern[str], method: str) -> None:
    """Match a pattern with strings of every shape and length.

    Raises:
        TooSlow: If a string takes too long. The message has the shape of the string.
    """
    one = method in {"match", "search", "fullmatch"}
    function: Callable[[str], object] = getattr(pattern, method) if one else lambda text: pattern.sub("", text)
    times: dict[Shape, float] = {}
    with interruptible():
        for length in LENGTHS:
            for shape in sorted(times, key=times.__getitem__)[-SLOWEST:] or shapes(pattern):
                try:
                    seconds = check_time(function, shape(length))
                except TooSlow:
                    raise TooSlow(f"{shape} of {length} characters") from None
                if length == LENGTHS[0]:
                    times[shape] = seconds


@pytest.mark.parametrize("use", USES, ids=[f"{use.module}-{use.method}-{use.pattern.pattern}"[:80] for use in USES])
def test_pattern_is_linear(use: Use) -> None:
    """Matching takes little time, even with 64,000 characters of the worst shape."""
    check_pattern(use.pattern, use.method)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        pytest.param(r"\s*bxml:\s*(\w*)([^(]*)(?:\(.*\))?\s*", "fullmatch", id="cubic, formerly in bxml.lint.suppressions"),
        pytest.param(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", "fullmatch", id="quadratic, formerly in bxml.lint.rule"),
        pytest.param(r"([^\s=]+)\s*=\s*\Z", "search", id="quadratic, as formerly in bxml.parsing.syntax_errors"),
        pytest.param(r"<([^>]+)>", "sub", id="quadratic from many starts"),
        pytest.param(r"(?m)^\s*\[tool", "search", id="quadratic from many lines, formerly in bxml.command.configuration"),
        pytest.param(r"(a+)+b", "match", id="exponential"),
        pytest.param(r"(?:a|aa)*c", "match", id="exponential through alternatives"),
    ],
)
def test_slow_pattern_is_found(pattern: str, method: str) -> None:
    """Known slow patterns exceed the limit."""
    with pytest.raises(TooSlow):
        check_pattern(re.compile(pattern, re.DOTALL), method)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('X: Final = re.compile("new").match', [("new", "match")], id="method of a variable"),
        pytest.param('X: Final = re.compile("new")\nX.sub("", text)', [("new", "sub")], id="variable"),
        pytest.param(
            'X: Final = re.compile("n" "ew")', [("new", each) for each in ("fullmatch", "match", "search")], id="not used"
        ),
        pytest.param('X = {1: re.compile("new")}\nX[1].search(text)', [("new", "search")], id="in a dictionary"),
        pytest.param('def f(text):\n    return re.sub("new", "", text)', [("new", "sub")], id="in a function"),
        pytest.param('def f(text):\n    return re.compile("new").split(text)', [("new", "split")], id="compiled in a function"),
        pytest.param('def f(text):\n    return re.search(f"{N}ew", text, re.DOTALL)', [("new", "search")], id="of a variable"),
    ],
)
def test_new_pattern_is_found(source: str, expected: list[tuple[str, str]]) -> None:
    """A pattern is found wherever a module contains it."""
    uses = PatternFinder(source, "new", {"re": re, "N": "n"}).uses()
    assert sorted((use.pattern.pattern, use.method) for use in uses) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(word):\n    return re.compile(word)", id="of a local variable"),
        pytest.param("def f(N):\n    return re.compile(N)", id="of a local variable that hides a global one"),
        pytest.param("X = [re.compile(word) for word in WORDS]", id="in a comprehension"),
        pytest.param("X = list(map(re.compile, WORDS))", id="compile as a value"),
        pytest.param("from re import compile", id="name from re"),
        pytest.param("from bxml.wire import re", id="re from another module"),
        pytest.param("import re as expressions", id="other name for re"),
        pytest.param("import regex", id="other engine"),
        pytest.param("compile = getattr(re, 'compile')", id="re as a value"),
        pytest.param("X = re.Scanner([])", id="unknown function"),
    ],
)
def test_pattern_that_cannot_be_found_raises(source: str) -> None:
    """A use of ``re`` that could hide a pattern raises an error."""
    with pytest.raises(UnknownUse, match=r"new, line \d: "):
        list(PatternFinder(source, "new", {"re": re, "N": "n"}).uses())


def test_every_pattern_in_a_variable_is_found() -> None:
    """If a variable of an imported module contains a pattern, the pattern is also found in the source of the module."""
    held = set(chain.from_iterable(in_variables(dict(vars(module))) for module in modules()))
    assert held
    assert held <= {use.pattern for use in USES}


def test_every_pattern_of_variables_is_in_use() -> None:
    """Every expression in ``PATTERNS_OF_VARIABLES`` still occurs in the code."""
    assert {key for finder in FINDERS for key in finder.of_variables} == set(PATTERNS_OF_VARIABLES)
