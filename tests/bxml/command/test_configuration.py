"""What a project decides for its files, and how it learns that it decided nothing that makes sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bxml.command.conftest import INVALID, RISKY, Run

NEWER = '<Response><Gather gatherUrl="https://app.example/menu" newer="x"/></Response>\n'


def write(name: str, text: str) -> None:
    """A file, and the directories that lead to it."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rules(run: Run, *arguments: str) -> list[str]:
    """The severities and rules of what is found."""
    lines = run("validate", *arguments, "--format", "concise").out.splitlines()[:-1]
    return [f"{line.split(': ')[1]} {line.rpartition('[')[2][:-1]}" for line in lines]


CONFIGURATIONS: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", ["warning unknown-voice", "error invalid-value"]),
    "ignore": ('ignore = ["unknown-voice"]', ["error invalid-value"]),
    "select": ('select = ["unknown-voice"]', ["warning unknown-voice"]),
    "select schema": ('select = ["schema"]', ["error invalid-value"]),
    "severity": (
        'severity = { unknown-voice = "error", invalid-value = "warning" }',
        ["error unknown-voice", "warning invalid-value"],
    ),
    "per path": (
        'per-path-ignore = { "a/*" = ["unknown-voice"], "b.bxml" = ["encoding-not"] }'.replace("encoding-not", "blank-text"),
        ["error invalid-value"],
    ),
    "per name": ('per-path-ignore = { "b.bxml" = ["all"] }'.replace("all", "invalid-value"), ["warning unknown-voice"]),
    "context": ('context = "conference"', ["warning unknown-voice", "error conference-verb", "error invalid-value"]),
    "context per path": (
        'context = "conference"\nper-path-context = { "*" = "transfer-answer", "*.bxml" = "call" }',
        ["warning unknown-voice", "error invalid-value"],
    ),
}


@pytest.mark.parametrize(("settings", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
@pytest.mark.parametrize(
    ("name", "table"), [("bxml.toml", ""), ("bxml.toml", "[tool.bxml]"), ("pyproject.toml", "[tool.bxml]")]
)
def test_settings(run: Run, name: str, table: str, settings: str, expected: list[str]) -> None:
    """Each setting does what it says, in either file, wherever the command runs below it."""
    write(name, f"{table}\n{settings}")
    write("a/a.bxml", RISKY)
    write("a/b.bxml", INVALID)
    assert rules(run, "a") == expected


def test_the_nearest_file_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration is the nearest one above where the command runs, and paths are counted from it."""
    write("bxml.toml", 'ignore = ["unknown-voice"]')
    write("a/pyproject.toml", '[project]\ndependencies = ["bxml-callcontrol"]')
    write("a/deep/b.bxml", RISKY)
    monkeypatch.chdir("a/deep")
    assert rules(run, "b.bxml") == []
    write("../pyproject.toml", '[tool.bxml.per-path-ignore]\n"deep/*" = ["unknown-voice"]')
    assert rules(run, "b.bxml") == []
    write("../pyproject.toml", '[tool.bxml.per-path-ignore]\n"a/deep/*" = ["unknown-voice"]')
    assert rules(run, "b.bxml") == ["warning unknown-voice"]


def test_options_come_first(run: Run) -> None:
    """An option is stronger than the file, except that what either ignores is ignored."""
    write("bxml.toml", 'select = ["invalid-value"]\nignore = ["blank-text"]\nper-path-context = { "*" = "conference" }')
    write("a.bxml", RISKY)
    assert rules(run, "a.bxml") == []
    assert rules(run, "a.bxml", "--select", "default") == ["warning unknown-voice"]
    write("b.bxml", "<Response><SpeakSentence> </SpeakSentence><Hangup/></Response>")
    assert rules(run, "b.bxml", "--select", "all") == ["error conference-verb"]
    assert rules(run, "b.bxml", "--select", "all", "--context", "call") == []


def test_another_file(run: Run) -> None:
    """``--config`` names the file, of whatever name."""
    write("bxml.toml", 'ignore = ["unknown-voice"]')
    write("a.bxml", RISKY)
    write("ci/strict.toml", 'severity = { unknown-voice = "error" }')
    assert rules(run, "a.bxml", "--config", "ci/strict.toml") == ["error unknown-voice"]
    write("ci/pyproject.toml", "")
    assert rules(run, "a.bxml", "--config", "ci/pyproject.toml") == ["warning unknown-voice"]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ('["newer"]', []),
        ('["Gather/@newer"]', []),
        ('["Record/@newer", "new"]', ["error unknown-attribute"]),
    ],
)
def test_attributes_can_be_allowed_by_name(run: Run, allowed: str, expected: list[str]) -> None:
    """An attribute that is newer than the schema is allowed everywhere, or on one element."""
    write("bxml.toml", f"allow-attributes = {allowed}")
    write("a.bxml", NEWER)
    assert rules(run, "a.bxml") == expected


BAD: dict[str, tuple[str, str]] = {
    "no TOML": ("a = [\n\nb", "bxml.toml:3: this is not TOML"),
    "no TOML at the end": ("a = [", "bxml.toml:1: this is not TOML"),
    "an unknown setting": ('ignore = []\n\nselekt = ["all"]', "bxml.toml:3: selekt is not a setting; did you mean select?"),
    "a setting far from any": (
        "x = 1",
        (
            "bxml.toml:1: x is not a setting; "
            "there are select, ignore, context, allow-attributes, severity, per-path-ignore and per-path-context"
        ),
    ),
    "no list": ('select = "all"', "bxml.toml:1: select: it takes a list of texts"),
    "no texts": ("# select\nallow-attributes = [1]", "bxml.toml:2: allow-attributes: it takes a list of texts"),
    "too deep": ("x = " + "[" * 5000, "bxml.toml:1: this is not TOML"),
    "too large a number": ("x = " + "9" * 5000, "bxml.toml:1: this is not TOML"),
    "nothing selected": ("select = []", "bxml.toml:1: select: it names no rule"),
    "an attribute without its sign": (
        'allow-attributes = ["Gather/new"]',
        'bxml.toml:1: allow-attributes: "Gather/new" is no attribute; write "name", or "Gather/@name"',
    ),
    "an unknown rule": (
        '# unknown-voise\nselect = [\n  "all",\n  "unknown-voise",\n]',
        "bxml.toml:4: select: unknown-voise is not a rule; did you mean unknown-voice?",
    ),
    "what cannot be ignored": (
        'ignore = ["doctype"]',
        "bxml.toml:1: ignore: doctype cannot be ignored, for nothing else is looked at where it is broken",
    ),
    "an unknown context": (
        'context = "calls"',
        "bxml.toml:1: context: calls is no context; it is call, conference or transfer-answer",
    ),
    "an unknown severity": (
        '[severity]\nunknown-locale = "error"\nunknown-voice = "fatal"',
        'bxml.toml:3: severity: unknown-voice: "fatal" is no severity; it is error or warning',
    ),
    "a severity of no rule": ('[severity]\nvoice = "error"', "bxml.toml:2: severity: voice is not a rule"),
    "a severity of several rules": ('[severity]\nall = "error"', "bxml.toml:2: severity: all is not a single rule"),
    "no table": ('per-path-ignore = ["a"]', "bxml.toml:1: per-path-ignore: it is a table"),
    "an unknown rule in a table": (
        '[per-path-ignore]\n"a/*" = []\n"b/*" = ["nothing"]',
        "bxml.toml:3: per-path-ignore: b/*: nothing is not a rule",
    ),
    "an unknown context in a table": (
        '[per-path-context]\n"a/*" = "calls"',
        "bxml.toml:2: per-path-context: a/*: calls is no context; it is call, conference or transfer-answer",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), BAD.values(), ids=BAD)
def test_bad_configuration(run: Run, text: str, sentence: str) -> None:
    """A configuration that cannot be followed is told of with its file and line, and nothing is checked."""
    write("bxml.toml", text)
    write("a.bxml", RISKY)
    assert run("validate", "a.bxml") == (2, "", f"bxml: {sentence}\n")


def test_bad_configuration_in_pyproject(run: Run) -> None:
    """Lines are counted in the whole file, and what other tools have there is not looked at."""
    write("pyproject.toml", '[tool.other]\nselect = ["x"]\n\n[tool.bxml]\nselect = ["x"]\n')
    write("a.bxml", RISKY)
    assert run("validate", "a.bxml").err == "bxml: pyproject.toml:5: select: x is not a rule\n"
    write("pyproject.toml", "[tool.bxml")
    assert run("validate", "a.bxml").err == "bxml: pyproject.toml:1: this is not TOML\n"
    write("pyproject.toml", "[tool]\nbxml = 1")
    assert run("validate", "a.bxml").err == "bxml: pyproject.toml:2: tool.bxml is not a table\n"
    write("pyproject.toml", "tool = 1\n[a.bxml]\n")
    assert rules(run, "a.bxml") == ["warning unknown-voice"]


def test_a_byte_order_mark(run: Run) -> None:
    """Editors on Windows write one, which is no part of the text."""
    Path("bxml.toml").write_bytes(b'\xef\xbb\xbfignore = ["unknown-voice"]')
    write("a.bxml", RISKY)
    assert rules(run, "a.bxml") == []


def test_standard_input_without_a_name(run: Run) -> None:
    """Patterns are matched against whatever standard input is called."""
    write("bxml.toml", 'per-path-ignore = { "a" = ["unknown-voice"] }')
    assert run("validate", "-", "--stdin-filename", "", stdin=RISKY.encode()).code == 1


def test_a_file_that_is_no_text(run: Run) -> None:
    """A configuration in another encoding is told of as well."""
    Path("bxml.toml").write_bytes(b"a = '\xe9'")
    write("a.bxml", RISKY)
    assert run("validate", "a.bxml").err == "bxml: bxml.toml: it is not UTF-8\n"
