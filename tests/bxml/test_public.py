"""Who may import whom: a written list, so that a reader can start anywhere and a change of the structure is a decision."""

import ast
import itertools
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]


class Imports(NamedTuple):
    """The modules of the package that a module knows."""

    at_once: AbstractSet[str] = frozenset()
    """As soon as it is imported, or only to annotate with."""
    later: AbstractSet[str] = frozenset()
    """When a function is called that needs them: what costs time to load, or knows this module itself."""


MAY_IMPORT: Final = {
    "frozen": Imports(),
    "problem": Imports(),
    "schema": Imports(),
    "wire": Imports({"schema"}),
    "elsewhere": Imports(),
    "words": Imports({"schema", "wire"}, later={"elsewhere"}),
    "malformed": Imports({"schema", "wire", "words"}),
    "source": Imports({"malformed", "problem", "schema", "words"}),
    "check": Imports({"problem", "schema", "source", "wire", "words"}),
    "flow": Imports({"schema", "source"}),
    "rule": Imports({"flow", "problem", "schema", "source", "wire"}),
    "addresses": Imports({"rule", "schema", "source", "wire", "words"}),
    "credentials": Imports({"addresses", "schema", "source"}),
    "background": Imports({"flow", "schema", "source"}),
    "rules": Imports({"rule"}),
    "schema_pages": Imports(),
    "catalog": Imports({"malformed", "problem", "rule", "rules", "schema", "schema_pages", "words"}),
    "suppression": Imports({"problem", "source", "words"}),
    "validation": Imports({"catalog", "check", "flow", "problem", "rule", "rules", "schema", "source", "suppression", "words"}),
    "writing": Imports({"schema", "wire", "words"}),
    # A form knows elements; an element asks for its form when the first of its class is made.
    "element": Imports({"form", "frozen", "problem"}, later={"form", "wire"}),
    "form": Imports({"element", "frozen", "problem", "schema", "wire", "words", "writing"}),
    "values": Imports({"element", "source", "wire"}),
    "ssml": Imports({"element", "problem"}, later={"check", "values"}),
    "verbs": Imports({"element", "ssml"}),
    "documents": Imports({"element", "problem", "verbs"}, later={"schema", "words"}),
    "reading": Imports({"documents", "problem", "schema"}, later={"catalog", "check", "validation", "values", "words"}),
    "__init__": Imports({"documents", "problem", "reading", "ssml", "verbs"}),
    "command": Imports({"catalog", "schema", "words"}),
}
"""Every module of ``bxml``, below those that it imports; packages stand for what they have in ``__init__``."""

RULES_MAY_IMPORT: Final = {"addresses", "background", "credentials", "flow", "rule", "schema", "source", "wire", "words"}
"""What a rule may know, besides the tables of other rules."""

COMMAND_MAY_IMPORT: Final = {
    "version": set[str](),
    "refusal": set[str](),
    "files": {"schema"},
    "checking": {"command.files", "command.refusal", "malformed", "problem", "schema", "validation", "wire", "words"},
    "configuration": {"catalog", "command.refusal", "problem", "schema", "validation", "words"},
    "pages": {"catalog"},
    "progress": set[str](),
    "formats": {"command.checking", "words"},
    "formats.concise": {"command.checking", "command.formats", "problem"},
    "formats.github": {"command.checking", "command.formats", "command.formats.concise", "problem"},
    "formats.json": {"command.checking", "problem"},
    "formats.junit": {"command.checking", "command.formats.concise", "problem", "wire"},
    "formats.sarif": {"catalog", "command.checking", "command.formats", "command.version", "problem"},
    "formats.text": {"command.checking", "command.formats", "problem"},
    "running": {"command.formats", "command.refusal"},
}
"""What each module of the command knows, at once or later, below what it imports."""

ONLY_TO_ANNOTATE: Final = {("element", "form")}
"""The one import that goes down the list at once, which only type checkers follow."""


def imports(path: Path, *, inside_functions: bool) -> Iterator[str]:
    """The full names that a file imports: in functions, or outside of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if (id(node) in inside) == inside_functions:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_modules(path: Path, *, inside_functions: bool) -> set[str]:
    """The modules of ``bxml`` that a file of it imports."""
    names = (name.split(".") for name in imports(path, inside_functions=inside_functions))
    known = {name[1] for name in names if name[0] == "bxml" and name[1] in MAY_IMPORT}
    return known - {path.parent.name}


def file_of(name: str) -> Path:
    """The file of a module, or of a package."""
    package = ROOT / "bxml" / name / "__init__.py"
    return package if package.exists() else ROOT / "bxml" / f"{name}.py"


def packages(path: Path) -> set[str]:
    """The packages that a file imports, apart from the standard library."""
    names = {name.split(".")[0] for inside in (False, True) for name in imports(path, inside_functions=inside)}
    return names - sys.stdlib_module_names


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_modules_import_what_the_list_says(name: str) -> None:
    """Each module imports what is written above, and no more."""
    path = file_of(name)
    assert own_modules(path, inside_functions=False) == MAY_IMPORT[name].at_once
    assert own_modules(path, inside_functions=True) == MAY_IMPORT[name].later


def test_the_list_has_every_module() -> None:
    """No module is left out of the list."""
    packages = {path.parent.name for path in (ROOT / "bxml").glob("*/__init__.py")}
    assert packages | {path.stem for path in (ROOT / "bxml").glob("*.py")} == set(MAY_IMPORT)


def test_imports_go_one_way() -> None:
    """What a module imports at once stands above it in the list, so that there is no loop."""
    above: set[str] = set()
    for name, allowed in MAY_IMPORT.items():
        assert {(name, other) for other in allowed.at_once - above} <= ONLY_TO_ANNOTATE
        above.add(name)


@pytest.mark.parametrize("path", sorted((ROOT / "bxml" / "rules").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_rules_import_what_rules_may(path: Path) -> None:
    """A rule knows the tree, the schema and the words, but nothing of what runs it."""
    known = {module for inside in (False, True) for module in own_modules(path, inside_functions=inside)}
    assert known <= RULES_MAY_IMPORT


def modules_of_command(path: Path) -> set[str]:
    """The modules of ``bxml`` that a file of the command imports, those of the command by their full names."""
    found: set[str] = set()
    for inside in (False, True):
        for name in imports(path, inside_functions=inside):
            parts = name.split(".")
            if parts[0] == "bxml" and parts[1] != "command":
                found.add(parts[1])
            for end in range(len(parts), 2, -1):
                if parts[:2] == ["bxml", "command"] and ".".join(parts[2:end]) in COMMAND_MAY_IMPORT:
                    found.add(".".join(parts[1:end]))
                    break
    return found


@pytest.mark.parametrize("name", COMMAND_MAY_IMPORT)
def test_the_command_imports_what_the_list_says(name: str) -> None:
    """Each module of the command imports what is written above, and what stands above it."""
    assert modules_of_command(file_of(f"command/{name.replace('.', '/')}")) == COMMAND_MAY_IMPORT[name]
    above = [f"command.{other}" for other in itertools.takewhile(lambda other: other != name, COMMAND_MAY_IMPORT)]
    assert {other for other in COMMAND_MAY_IMPORT[name] if other.startswith("command.")} <= set(above)


def test_the_list_has_every_module_of_the_command() -> None:
    """No module of the command is left out of the list."""
    directory = ROOT / "bxml" / "command"
    names = {".".join(path.relative_to(directory).with_suffix("").parts) for path in directory.rglob("*.py")}
    assert {name.removesuffix(".__init__") for name in names} - {"__init__"} == set(COMMAND_MAY_IMPORT)


@pytest.mark.parametrize("path", sorted((ROOT / "bxml").rglob("*.py")), ids=lambda path: path.stem)
def test_bxml_needs_lxml_and_its_command_a_terminal(path: Path) -> None:
    """``bxml`` does not import ``callcontrol``, nor any library but lxml; click and rich are for its command only."""
    command = {"click", "rich"} if path.is_relative_to(ROOT / "bxml" / "command") else set()
    assert packages(path) <= {"bxml", "lxml", *command}


@pytest.mark.parametrize("path", sorted((ROOT / "callcontrol").rglob("*.py")), ids=lambda path: path.stem)
def test_callcontrol_needs_urllib3_and_its_emulator_a_server(path: Path) -> None:
    """``callcontrol`` may import ``bxml``, and urllib3 with its certificates; servers and terminals are for single parts."""
    emulator = {"anyio", "starlette", "uvicorn"} if path.is_relative_to(ROOT / "callcontrol" / "emulator") else set()
    command = {"click", "rich"} if path.is_relative_to(ROOT / "callcontrol" / "command") else set()
    answers = {"django", "flask", "starlette"} if path.stem == "webhooks" else set()  # each where it is used, if it is
    plugin = {"pytest"} if path.stem == "pytest_plugin" else set()  # which imports it
    assert packages(path) <= {"bxml", "callcontrol", "certifi", "urllib3", *emulator, *command, *answers, *plugin}


def test_importing_bxml_loads_little() -> None:
    """Neither the other package, nor a network library, nor what the schema is read with is loaded before it is used."""
    script = "import bxml, sys; print(*sorted(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(finished.stdout.split())
    assert "bxml.verbs" in loaded
    assert not loaded & {
        "callcontrol",
        "requests",
        "urllib3",
        "http.client",
        "xmlschema",
        "bxml.command",
        "bxml.rules",
        "click",
        "decimal",
        "datetime",
        "difflib",
        "bxml.elsewhere",
        "bxml.form",
    }
