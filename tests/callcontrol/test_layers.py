"""Who may import whom in callcontrol: the client and the emulator meet in their common tables and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parents[2] / "callcontrol"

TABLES: Final = {"fields", "http", "operations", "states", "times"}
"""What both sides read."""

MAY_IMPORT: Final[dict[str, set[str]]] = {
    "http": set(),
    "operations": set(),
    "states": set(),
    "times": set(),
    "fields": set(),
    "calls": {"http", "times"},
    "errors": {"calls", "http"},
    "events": {"errors", "http", "times"},
    "auth": {"errors", "http", "operations"},
    "webhooks": {"auth"},
    "transport": {"errors", "http"},
    "retries": {"auth", "errors", "http"},
    "pages": {"calls", "errors", "http"},
    "ledger": {"errors", "http", "times"},
    "interruptions": {"auth", "errors", "http", "ledger", "retries", "states"},
    "client": {
        "auth",
        "calls",
        "errors",
        "fields",
        "http",
        "interruptions",
        "ledger",
        "operations",
        "pages",
        "retries",
        "states",
        "times",
        "transport",
    },
    "__init__": {"auth", "calls", "client", "errors", "events", "http", "interruptions", "ledger", "pages", "retries"},
    "emulator/records": {"states", "times"},
    "emulator/core": {"emulator/records", "fields", "http", "operations", "states", "times"},
    "emulator/server": {"emulator/core", "http"},
    "emulator/__init__": {"emulator/core", "emulator/records", "emulator/server"},
    "command/exits": {"auth", "errors", "operations", "times"},
    "command/options": {"fields"},
    "command/output": set(),
    "command/account": {"client", "command/options", "errors", "http"},
    "command/performing": {"client", "command/account", "command/output", "http"},
    "command/calls": {
        *("calls", "client", "command/exits", "command/options", "command/output", "command/performing", "fields", "states"),
    },
    "command/interruption": {
        *("client", "command/exits", "command/options", "command/output", "command/performing", "ledger"),
        *("operations", "states"),
    },
    "command/__init__": {
        *("command/account", "command/calls", "command/exits", "command/interruption", "command/output", "errors"),
    },
}
"""Every module of ``callcontrol``, below those that it imports."""


def imported_by(name: str) -> set[str]:
    """The modules of ``callcontrol`` that a module imports, anywhere in it."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    dotted: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            dotted |= {f"{node.module}.{alias.name}" for alias in node.names}
    paths = {each.removeprefix("callcontrol.").replace(".", "/") for each in dotted if each.startswith("callcontrol.")}
    return {module for module in MAY_IMPORT for path in paths if path == module or path.startswith(f"{module}/")}


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_modules_import_what_the_list_says(name: str) -> None:
    """Each module imports what is written above, and no more."""
    assert imported_by(name) == MAY_IMPORT[name]


def test_the_list_has_every_module() -> None:
    """No module is left out of the list."""
    assert {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")} == set(MAY_IMPORT)


def test_imports_go_one_way() -> None:
    """What a module imports stands above it in the list, so that there is no loop."""
    above: set[str] = set()
    for name, allowed in MAY_IMPORT.items():
        assert allowed <= above, name
        above.add(name)


def test_client_and_emulator_meet_in_their_tables_only() -> None:
    """No module of the client knows the emulator, and the emulator knows the tables and itself."""
    for name, allowed in MAY_IMPORT.items():
        emulated = {other for other in allowed if other.startswith("emulator/")}
        if name.startswith("emulator/"):
            assert allowed - emulated <= TABLES, name
        else:
            assert not emulated, name
