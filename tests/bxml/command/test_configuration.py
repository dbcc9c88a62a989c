"""The configuration file: each setting, the search for the file, and the messages for invalid configurations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bxml.command.conftest import INVALID, RISKY, Run

NEWER = '<Response><Gather gatherUrl="https://app.example/menu" newer="x"/></Response>\n'


def write(name: str, text: str) -> None:
    """Write a file, and create its directories."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rules(run: Run, *arguments: str) -> list[str]:
    """Return the severity and the rule of each problem."""
    lines = run("validate", *arguments, "--format", "concise").out.splitlines()[:-1]
    return [f"{line.split(': ')[1]} {line.rpartition('[')[2][:-1]}" for line in lines]


CONFIGURATIONS: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["warning unknown-voice", "error invalid-value"]),
    "ignore": ('ignore = ["unknown-voice"]', ["error invalid-value"]),
    "select": ('select = ["unknown-voice"]', ["warning unknown-voice"]),
    "select schema": ('select = ["schema"]', ["error invalid-value"]),
    "severity": (
        'severity = { unknown-voice = "error", invalid-value = "warning" }',
        ["error unknown-voice", "warning invalid-value"],
    ),
    "per path": (
        'per-path-ignore = { "a/*" = ["unknown-voice"], "b.bxml" = ["blank-text"] }',
        ["error invalid-value"],
    ),
    "per name": ('per-path-ignore = { "b.bxml" = ["invalid-value"] }', ["warning unknown-voice"]),
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
def test_each_setting_takes_effect(run: Run, name: str, table: str, settings: str, expected: list[str]) -> None:
    """Each setting takes effect in ``pyproject.toml`` and in ``bxml.toml``. In the latter, ``[tool.bxml]`` is optional."""
    write(name, f"{table}\n{settings}")
    write("a/a.bxml", RISKY)
    write("a/b.bxml", INVALID)
    assert rules(run, "a") == expected


def test_the_nearest_configuration_is_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several configuration files, the nearest is used. Its patterns are relative to the directory of the file."""
    write("bxml.toml", 'ignore = ["unknown-voice"]')
    write("a/pyproject.toml", '[project]\ndependencies = ["bxml-callcontrol"]')
    write("a/deep/b.bxml", RISKY)
    monkeypatch.chdir("a/deep")
    assert rules(run, "b.bxml") == []
    write("../pyproject.toml", '[tool.bxml.per-path-ignore]\n"deep/*" = ["unknown-voice"]')
    assert rules(run, "b.bxml") == []
    write("../pyproject.toml", '[tool.bxml.per-path-ignore]\n"a/deep/*" = ["unknown-voice"]')
    assert rules(run, "b.bxml") == ["warning unknown-voice"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("services/clinic/whisper", True),
        ("services/clinic/whisper/", True),
        ("services/clinic", True),
        ("./services", True),
        ("whisper", True),
        ("clinic/", True),
        ("whisper/*", False),
        ("clinic/whisper", False),
        ("services/clin", False),
    ],
)
def test_a_pattern_matches_everything_in_a_directory(
    run: Run, monkeypatch: pytest.MonkeyPatch, pattern: str, *, matches: bool
) -> None:
    """A pattern for rules or contexts can name a directory, as a pattern of ``exclude`` can."""
    write("services/clinic/whisper/a.bxml", RISKY)
    write("bxml.toml", f'[per-path-ignore]\n"{pattern}" = ["unknown-voice"]')
    assert run("validate", ".").code == (not matches)
    monkeypatch.chdir("services/clinic")
    assert run("validate", "../clinic/whisper/a.bxml").code == (not matches)


def test_an_absolute_pattern_matches_everything_in_a_directory(run: Run) -> None:
    """An absolute pattern matches files that are not below the configuration file, too."""
    write("menus/a.bxml", RISKY)
    for pattern, code in ("menus", 0), ("menu", 1):
        write("other/bxml.toml", f'[per-path-ignore]\n"{Path(pattern).absolute()}" = ["unknown-voice"]')
        assert run("validate", "--config", "other/bxml.toml", ".").code == code


def test_options_override_the_configuration(run: Run) -> None:
    """``--select`` and ``--context`` override the configuration file. ``--ignore`` adds to the rules that the file ignores."""
    write("bxml.toml", 'select = ["invalid-value"]\nignore = ["blank-text"]\nper-path-context = { "*" = "conference" }')
    write("a.bxml", RISKY)
    assert rules(run, "a.bxml") == []
    assert rules(run, "a.bxml", "--select", "default") == ["warning unknown-voice"]
    write("b.bxml", "<Response><SpeakSentence> </SpeakSentence><Hangup/></Response>")
    assert rules(run, "b.bxml", "--select", "all") == ["error conference-verb"]
    assert rules(run, "b.bxml", "--select", "all", "--context", "call") == []


def test_config_option_names_the_configuration_file(run: Run) -> None:
    """``--config`` accepts a file of any name."""
    write("bxml.toml", 'ignore = ["unknown-voice"]')
    write("a.bxml", RISKY)
    write("ci/strict.toml", 'severity = { unknown-voice = "error" }')
    assert rules(run, "a.bxml", "--config", "ci/strict.toml") == ["error unknown-voice"]
    for name in "ci/pyproject.toml", "ci/strict.toml":
        write(name, "[tool.other]\nselect = []")
        assert run("validate", "a.bxml", "--config", name) == (2, "", f"bxml: {name}: no table [tool.bxml]\n")


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ('["newer"]', []),
        ('["Gather/@newer"]', []),
        ('["Record/@newer", "new"]', ["error unknown-attribute"]),
    ],
)
def test_attributes_can_be_allowed(run: Run, allowed: str, expected: list[str]) -> None:
    """An attribute that is newer than the schema can be allowed on all elements, or on one element."""
    write("bxml.toml", f"allow-attributes = {allowed}")
    write("a.bxml", NEWER)
    assert rules(run, "a.bxml") == expected


BAD: dict[str, tuple[str, str]] = {
    "not TOML": ("a = [\n\nb", "bxml.toml:3: not valid TOML"),
    "not TOML at the end": ("a = [", "bxml.toml:1: not valid TOML"),
    "an unknown setting": ('ignore = []\n\nselekt = ["all"]', "bxml.toml:3: selekt is not a setting; did you mean select?"),
    "a setting unlike any other": (
        "x = 1",
        (
            "bxml.toml:1: x is not a setting; "
            "expected select, ignore, extend-select, extend-ignore, context, allow-attributes, baseline, severity, "
            "per-path-ignore, per-path-context, exclude, extend-exclude, respect-gitignore, template, embedded, "
            "fail-on or extend"
        ),
    ),
    "not a list": ('select = "all"', 'bxml.toml:1: select: expected a list of strings, got "all"'),
    "not strings": (
        "# select\nallow-attributes = [1]",
        "bxml.toml:2: allow-attributes: expected a list of strings, got [1]",
    ),
    "too deeply nested": ("x = " + "[" * 5000, "bxml.toml:1: not valid TOML"),
    "too large a number": ("x = " + "9" * 5000, "bxml.toml:1: not valid TOML"),
    "an empty selection": ("select = []", "bxml.toml:1: select: expected at least one rule name, got []"),
    "an attribute without @": (
        'allow-attributes = ["Gather/new"]',
        'bxml.toml:1: allow-attributes: "Gather/new" is not an attribute; expected "attribute" or "Element/@attribute"',
    ),
    "an attribute of an unknown element": (
        'allow-attributes = ["newer", "Gathr/@newer"]',
        (
            'bxml.toml:1: allow-attributes: "Gathr/@newer" has no effect, because BXML has no element <Gathr>; '
            "did you mean Gather?"
        ),
    ),
    "an empty pattern": ('exclude = ["a", ""]', "bxml.toml:1: exclude: a pattern is empty; remove it"),
    "a pattern of spaces": ('extend-exclude = ["  "]', "bxml.toml:1: extend-exclude: a pattern is empty; remove it"),
    "the root as a pattern": (
        'exclude = [\n"a",\n"/"\n]',
        'bxml.toml:3: exclude: "/" matches no file; write a name or a path, such as legacy/*',
    ),
    "the directory itself as a pattern": (
        'exclude = ["./"]',
        'bxml.toml:1: exclude: "./" matches no file; write a name or a path, such as legacy/*',
    ),
    "a directory above as a pattern": (
        'exclude = [".."]',
        'bxml.toml:1: exclude: ".." matches no file; write a name or a path, such as legacy/*',
    ),
    "an absolute pattern without effect": (
        'exclude = ["/a.bxml"]',
        (
            'bxml.toml:1: exclude: "/a.bxml" is an absolute path, and /a.bxml does not exist; '
            "for a path below this directory, write ./a.bxml"
        ),
    ),
    "an empty path": (
        '[per-path-ignore]\n"a" = []\n"" = ["unknown-voice"]',
        "bxml.toml:1: per-path-ignore: a pattern is empty; remove it",
    ),
    "the directory itself as a path": (
        '[per-path-context]\n"." = "call"',
        'bxml.toml:2: per-path-context: "." matches no file; write a name or a path, such as legacy/*',
    ),
    "an unknown language of templates": (
        'template = "mako"',
        'bxml.toml:1: template: expected jinja, erb, handlebars, php or auto, got "mako"',
    ),
    "a list of languages": (
        'template = ["erb"]',
        "bxml.toml:1: template: expected jinja, erb, handlebars, php or auto, got ['erb']",
    ),
    "a number in place of true": ("embedded = 1", "bxml.toml:1: embedded: expected true or false, got 1"),
    "an unknown level": ('fail-on = "info"', 'bxml.toml:1: fail-on: expected error or warning, got "info"'),
    "an unknown rule to add": (
        'extend-select = ["voice"]',
        "bxml.toml:1: extend-select: voice is not a rule; run bxml explain to list the rules",
    ),
    "an unknown rule": (
        '# unknown-voise\nselect = [\n  "all",\n  "unknown-voise",\n]',
        "bxml.toml:4: select: unknown-voise is not a rule; did you mean unknown-voice?",
    ),
    "a rule that cannot be ignored": (
        'ignore = ["doctype"]',
        "bxml.toml:1: ignore: doctype cannot be ignored, because nothing else can be checked in a document that violates it",
    ),
    "an unknown context": (
        'context = "calls"',
        "bxml.toml:1: context: calls is not a context; expected call, conference or transfer-answer",
    ),
    "an unknown severity": (
        '[severity]\nunknown-locale = "error"\nunknown-voice = "fatal"',
        'bxml.toml:3: severity: unknown-voice: "fatal" is not a severity; expected error or warning',
    ),
    "a severity of an unknown rule": (
        '[severity]\nvoice = "error"',
        "bxml.toml:2: severity: voice is not a rule; run bxml explain to list the rules",
    ),
    "a severity of a group": (
        '[severity]\nall = "error"',
        "bxml.toml:2: severity: all is a group of rules; expected the name of one rule",
    ),
    "not a table": ('per-path-ignore = ["a"]', "bxml.toml:1: per-path-ignore: expected a table, got ['a']"),
    "an unknown rule in a table": (
        '[per-path-ignore]\n"a/*" = []\n"b/*" = ["nothing"]',
        "bxml.toml:3: per-path-ignore: b/*: nothing is not a rule; run bxml explain to list the rules",
    ),
    "an unknown context in a table": (
        '[per-path-context]\n"a/*" = "calls"',
        "bxml.toml:2: per-path-context: a/*: calls is not a context; expected call, conference or transfer-answer",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_invalid_configuration_is_an_error(run: Run, text: str, message: str) -> None:
    """An invalid configuration ends the command before any file is checked. The message names the file, line and setting."""
    write("bxml.toml", text)
    write("a.bxml", RISKY)
    assert run("validate", "a.bxml") == (2, "", f"bxml: {message}\n")


def test_invalid_configuration_in_pyproject_is_an_error(run: Run) -> None:
    """An error in ``pyproject.toml`` is reported with its line in the whole file. The tables of other tools are not read."""
    write("pyproject.toml", '[tool.other]\nselect = ["x"]\n\n[tool.bxml]\nselect = ["x"]\n')
    write("a.bxml", RISKY)
    assert (
        run("validate", "a.bxml").err == "bxml: pyproject.toml:5: select: x is not a rule; run bxml explain to list the rules\n"
    )
    write("pyproject.toml", "[tool.bxml")
    assert run("validate", "a.bxml").err == "bxml: pyproject.toml:1: not valid TOML\n"
    write("pyproject.toml", "[tool]\nbxml = 1")
    assert run("validate", "a.bxml").err == "bxml: pyproject.toml:2: tool.bxml: expected a table, got 1\n"
    write("pyproject.toml", "tool = 1\n[a.bxml]\n")
    assert rules(run, "a.bxml") == ["warning unknown-voice"]


def test_byte_order_mark_is_accepted(run: Run) -> None:
    """A configuration may begin with a byte order mark, because editors on Windows write one."""
    Path("bxml.toml").write_bytes(b'\xef\xbb\xbfignore = ["unknown-voice"]')
    write("a.bxml", RISKY)
    assert rules(run, "a.bxml") == []


def test_stdin_with_an_empty_name_is_checked(run: Run) -> None:
    """An empty ``--stdin-filename`` matches no pattern of the configuration and causes no failure."""
    write("bxml.toml", 'per-path-ignore = { "a" = ["unknown-voice"] }')
    assert run("validate", "-", "--stdin-filename", "", stdin=RISKY.encode()).code == 1


def test_configuration_in_another_encoding_is_an_error(run: Run) -> None:
    """A configuration that is not in UTF-8 ends the command with a message."""
    Path("bxml.toml").write_bytes(b"a = '\xe9'")
    write("a.bxml", RISKY)
    assert run("validate", "a.bxml").err == "bxml: bxml.toml: not valid UTF-8; save the file as UTF-8\n"


def test_settings_of_templates_programs_and_the_exit_code(run: Run) -> None:
    """``template``, ``embedded`` and ``fail-on`` are settings, and options override each of them."""
    write("a.bxml.j2", "<Response>{% if x %}<Hangup a='1'/>{% endif %}</Response>")
    write("b.py", f"X = {RISKY.strip()!r}")
    write("c.bxml", RISKY)
    assert rules(run, ".") == ["warning unknown-voice"]
    write("pyproject.toml", '[tool.bxml]\ntemplate = "jinja"\nembedded = true\nfail-on = "error"')
    assert rules(run, ".") == ["error unknown-attribute", "warning unknown-voice", "warning unknown-voice"]
    assert run("validate", ".", "--template", "none", "--show-files").out == "b.py\nc.bxml\n"
    assert run("validate", ".", "--no-embedded", "--show-files").out == "a.bxml.j2\nc.bxml\n"
    assert run("validate", "c.bxml").code == 0
    assert run("validate", "c.bxml", "--fail-on", "warning").code == 1
    assert "[template]" in run("validate", "a.bxml.j2", "--template", "none").out
    write("ci.toml", 'template = "auto"')
    assert run("validate", ".", "--config", "ci.toml", "--show-files").out == "a.bxml.j2\nc.bxml\n"
    assert run("validate", "c.bxml", "--config", "ci.toml").code == 1


def test_extended_rules_are_added(run: Run) -> None:
    """``extend-select`` and ``extend-ignore`` add rules to the default rules or to the rules of the extended configuration."""
    write("a.bxml", "<Response/>")
    write("b.bxml", RISKY)
    assert rules(run, ".") == ["warning unknown-voice"]
    write("bxml.toml", 'extend-select = ["empty-document"]')
    assert rules(run, ".") == ["warning empty-document", "warning unknown-voice"]
    assert rules(run, ".", "--select", "unknown-voice") == ["warning unknown-voice"]
    write("base.toml", 'ignore = ["unknown-voice"]\nextend-select = ["empty-document"]')
    write("bxml.toml", 'extend = "base.toml"\nextend-ignore = ["empty-document"]')
    assert rules(run, ".") == []
    write("bxml.toml", 'extend = "base.toml"\nignore = ["empty-document"]')
    assert rules(run, ".") == ["warning unknown-voice"]


def test_settings_that_another_file_hides_are_named(run: Run) -> None:
    """``bxml.toml`` hides a ``pyproject.toml`` in the same directory. If the hidden file has settings, a note names it."""
    write("d/a.bxml", RISKY)
    write("d/sub/b.bxml", RISKY)
    write("d/bxml.toml", 'ignore = ["unknown-voice"]')
    for text in "[tool.bxml", "[project]\nname = 'bxml'", "tool = 1\n[a.bxml]":
        write("d/pyproject.toml", text)
        assert run("validate", ".") == (0, "no problems in 2 files\n", "")
    write("d/pyproject.toml", '[tool.bxml]\nselect = ["all"]')
    note = "bxml: d/pyproject.toml: [tool.bxml] has no effect, because d/bxml.toml exists; remove one of the two\n"
    assert run("validate", ".") == (0, "no problems in 2 files\n", note)
    assert run("validate", ".", "--quiet").err == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("/", '"/" matches no file'),
        ("a,.", '"." matches no file'),
        ("  ", "expected a pattern"),
        (",", "expected a pattern"),
        (
            "/a.bxml",
            '"/a.bxml" is an absolute path, and /a.bxml does not exist; for a path below this directory, write ./a.bxml',
        ),
    ],
)
def test_exclude_without_effect_is_an_error(run: Run, value: str, message: str) -> None:
    """The option ``--exclude`` refuses the same patterns as the setting."""
    write("a.bxml", RISKY)
    ran = run("validate", ".", "--exclude", value)
    assert (ran.code, f"--exclude: {message}" in " ".join(ran.err.split())) == (2, True)
