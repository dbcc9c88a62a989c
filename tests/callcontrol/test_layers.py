"""Who may import whom in callcontrol: the client and the emulator meet in their common tables and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parents[2] / "callcontrol"

TABLES: Final = {"deadlines", "events", "fields", "http", "operations", "states", "times"}
"""What both sides read: what travels, its limits, and the connections that keep to a time."""

MAY_IMPORT: Final[dict[str, set[str]]] = {
    "deadlines": set(),
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
    "transport": {"deadlines", "errors", "http"},
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
    "__init__": set(),
    "public": {"auth", "calls", "client", "errors", "events", "http", "interruptions", "ledger", "pages", "retries"},
    "emulator/agenda": {"fields"},
    "emulator/decisions": set(),
    "emulator/exceptions": set(),
    "emulator/phones": {"emulator/agenda", "fields"},
    "emulator/timeline": set(),
    "emulator/verbs/__init__": set(),
    "emulator/verbs/attributes": set(),
    "emulator/faults": {"emulator/agenda", "fields", "operations"},
    "emulator/event_bodies": {"events", "times"},
    "emulator/processes": {"emulator/agenda", "http"},
    "emulator/signals": {"emulator/processes"},
    "emulator/records": {"states", "times"},
    "emulator/webhooks": {"emulator/verbs/attributes", "http", "operations"},
    "emulator/applications": {"deadlines", "emulator/exceptions", "emulator/processes", "http"},
    "emulator/correspondence": {
        *("emulator/event_bodies", "emulator/processes", "emulator/timeline", "emulator/webhooks", "events", "http"),
    },
    "emulator/recordings": {"emulator/correspondence", "emulator/verbs/attributes", "emulator/webhooks", "events"},
    "emulator/world": {
        *("emulator/agenda", "emulator/applications", "emulator/decisions", "emulator/phones", "emulator/processes"),
        *("emulator/records", "http", "operations"),
    },
    "emulator/driver": {"emulator/world"},
    "emulator/calls": {
        *("emulator/correspondence", "emulator/processes", "emulator/records", "emulator/signals"),
        *("emulator/timeline", "emulator/webhooks", "events", "fields", "states"),
    },
    "emulator/feeds": {"emulator/calls", "emulator/webhooks", "events"},
    "emulator/scripts": {
        *("emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/verbs/attributes", "states"),
    },
    "emulator/verbs/asking": {"emulator/calls", "emulator/processes", "emulator/scripts", "emulator/webhooks", "events"},
    "emulator/verbs/keys": {
        *("emulator/calls", "emulator/processes", "emulator/scripts", "emulator/verbs/asking", "emulator/webhooks"),
    },
    "emulator/ringing": {
        *("emulator/calls", "emulator/correspondence", "emulator/phones", "emulator/processes", "emulator/signals", "states"),
    },
    "emulator/verbs/audio": {
        *("emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/scripts", "emulator/verbs/attributes"),
        "emulator/webhooks",
    },
    "emulator/verbs/transcriptions": {
        *("emulator/calls", "emulator/feeds", "emulator/processes", "emulator/scripts", "emulator/verbs/attributes"),
        *("emulator/webhooks", "events"),
    },
    "emulator/verbs/record": {
        *("emulator/calls", "emulator/processes", "emulator/recordings", "emulator/scripts", "emulator/signals"),
        *("emulator/verbs/asking", "emulator/verbs/attributes", "events"),
    },
    "emulator/verbs/recording": {
        *("emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/recordings", "emulator/scripts"),
        *("emulator/verbs/asking", "emulator/verbs/attributes", "events"),
    },
    "emulator/verbs/streams": {
        *("emulator/calls", "emulator/feeds", "emulator/processes", "emulator/scripts", "emulator/signals"),
        *("emulator/verbs/attributes", "emulator/webhooks", "events"),
    },
    "emulator/lives": {
        *("emulator/calls", "emulator/correspondence", "emulator/phones", "emulator/processes", "emulator/ringing"),
        *("emulator/scripts", "emulator/webhooks", "events", "states"),
    },
    "emulator/verbs/bridge": {
        *("emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/scripts", "emulator/signals"),
        *("emulator/verbs/asking", "emulator/webhooks", "events", "states"),
    },
    "emulator/verbs/gather": {
        *("emulator/calls", "emulator/processes", "emulator/scripts", "emulator/signals", "emulator/verbs/asking"),
        *("emulator/verbs/attributes", "emulator/verbs/audio", "emulator/webhooks", "events"),
    },
    "emulator/verbs/flow": {
        *("emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/ringing", "emulator/scripts"),
        *("emulator/verbs/asking", "emulator/verbs/attributes", "emulator/webhooks", "events", "states"),
    },
    "emulator/verbs/transfer": {
        *("emulator/calls", "emulator/processes", "emulator/ringing", "emulator/scripts", "emulator/signals"),
        *("emulator/verbs/asking", "emulator/verbs/attributes", "emulator/webhooks", "events", "states"),
    },
    "emulator/conferences": {
        *("emulator/agenda", "emulator/calls", "emulator/correspondence", "emulator/processes", "emulator/records"),
        *("emulator/scripts", "emulator/timeline", "emulator/verbs/audio", "emulator/verbs/recording", "emulator/webhooks"),
        *("emulator/world", "events"),
    },
    "emulator/verbs/conference": {
        *("emulator/calls", "emulator/conferences", "emulator/correspondence", "emulator/processes", "emulator/scripts"),
        *("emulator/verbs/asking", "emulator/verbs/attributes", "emulator/webhooks"),
    },
    "emulator/verbs/table": {
        *("emulator/scripts", "emulator/verbs/audio", "emulator/verbs/bridge", "emulator/verbs/conference"),
        *("emulator/verbs/flow", "emulator/verbs/gather", "emulator/verbs/keys", "emulator/verbs/record"),
        *("emulator/verbs/recording", "emulator/verbs/streams", "emulator/verbs/transcriptions", "emulator/verbs/transfer"),
    },
    "emulator/core": {
        *("emulator/agenda", "emulator/applications", "emulator/calls", "emulator/conferences", "emulator/correspondence"),
        *(
            "emulator/decisions",
            "emulator/driver",
            "emulator/event_bodies",
            "emulator/faults",
            "emulator/lives",
            "emulator/phones",
        ),
        *("emulator/records", "emulator/scripts", "emulator/signals", "emulator/timeline", "emulator/verbs/table"),
        *("emulator/webhooks", "emulator/world", "events", "fields", "http", "operations", "states", "times"),
    },
    "emulator/control": {
        *("emulator/agenda", "emulator/calls", "emulator/core", "emulator/faults", "emulator/phones", "emulator/signals"),
        *("emulator/timeline", "fields", "http", "operations"),
    },
    "emulator/server": {"emulator/control", "emulator/core", "http"},
    "emulator/__init__": {
        *("emulator/calls", "emulator/conferences", "emulator/core", "emulator/decisions", "emulator/phones"),
        *("emulator/server", "emulator/timeline"),
    },
    "pytest_plugin": {"emulator/core"},
    "command/keyboard": set(),
    "command/output": set(),
    "command/options": {"fields"},
    "command/screen": {"command/output"},
    "command/account": {"client", "command/options", "errors", "http"},
    "command/exits": {"auth", "errors", "operations", "times"},
    "command/living": {"emulator/control", "emulator/core", "emulator/server", "fields"},
    "command/performing": {"client", "command/account", "command/output", "http"},
    "command/calls": {
        *("calls", "client", "command/exits", "command/options", "command/output", "command/performing", "fields", "states"),
    },
    "command/emulator": {
        *("command/account", "command/living", "command/options", "command/output", "command/performing", "command/screen"),
        *("emulator/core", "fields"),
    },
    "command/interruption": {
        *("client", "command/exits", "command/options", "command/output", "command/performing", "ledger", "operations"),
        "states",
    },
    "command/phone": {
        *("command/account", "command/exits", "command/keyboard", "command/living", "command/output", "command/performing"),
        *("command/screen", "emulator/core", "emulator/phones", "emulator/webhooks", "fields", "states"),
    },
    "command/__init__": {
        *("command/account", "command/calls", "command/emulator", "command/exits", "command/interruption", "command/output"),
        *("command/phone", "errors"),
    },
}
"""Every module of ``callcontrol``, below those that it imports."""


def running(tree: ast.Module) -> Iterator[ast.AST]:
    """The parts of a module but those that only type checkers see, which make no module need another."""
    for statement in tree.body:
        if not (isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"):
            yield from ast.walk(statement)


def imported_by(name: str) -> set[str]:
    """The modules of ``callcontrol`` that a module imports when it runs, anywhere in it."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    dotted: set[str] = set()
    for node in running(tree):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            dotted |= {f"{node.module}.{alias.name}" for alias in node.names}
    paths = {each.removeprefix("callcontrol.").replace(".", "/") for each in dotted if each.startswith("callcontrol.")}
    return {module for path in paths if (module := module_of(path))}


def module_of(path: str) -> str | None:
    """The module that a name is imported from: itself, the one it is in, or the package it is in."""
    parent = path.rpartition("/")[0]
    return next((each for each in (path, parent, f"{path}/__init__", f"{parent}/__init__") if each in MAY_IMPORT), None)


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


AT_THE_RIM: Final = {"command/emulator", "command/living", "command/phone", "pytest_plugin"}
"""What brings the emulator to people and to other programs."""


def test_client_and_emulator_meet_in_their_tables_only() -> None:
    """No module of the client knows the emulator, and the emulator knows the tables and itself."""
    for name, allowed in MAY_IMPORT.items():
        emulated = {other for other in allowed if other.startswith("emulator/")}
        if name.startswith("emulator/"):
            assert allowed - emulated <= TABLES, name
        else:
            assert bool(emulated) is (name in AT_THE_RIM), name
