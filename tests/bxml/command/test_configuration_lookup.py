"""The configuration of each file: the nearest one, ``extend``, and the limits of untrusted configurations."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bxml.command import configuration
from tests.bxml.command.conftest import RISKY, Run
from tests.bxml.command.test_configuration import rules, write

CONFERENCE = "<Response><Hangup/></Response>"


class TestNearestConfiguration:
    """Each file has the nearest configuration above it."""

    def test_files_have_different_configurations(self, run: Run) -> None:
        """Two files of one run have the configurations of their directories, which are not combined."""
        write("bxml.toml", 'ignore = ["unknown-voice"]')
        write("a.bxml", RISKY)
        write("strict/bxml.toml", 'severity = { unknown-voice = "error" }')
        write("strict/deep/b.bxml", RISKY)
        write("other/pyproject.toml", "[project]\n")
        write("other/c.bxml", RISKY)
        assert rules(run, ".") == ["error unknown-voice"]
        assert rules(run, "strict/deep/b.bxml", "a.bxml", "other/c.bxml") == ["error unknown-voice"]
        assert rules(run, "strict/deep", "--ignore", "unknown-voice") == []

    def test_file_without_a_configuration_has_that_of_the_current_directory(
        self, run: Run, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """If no directory above a file has a configuration, the configuration of the current directory applies to the file."""
        write("bxml.toml", 'ignore = ["unknown-voice"]')
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (elsewhere / "a.bxml").write_text(RISKY, encoding="utf-8")
        assert rules(run, str(elsewhere)) == []
        (elsewhere / "bxml.toml").write_text("", encoding="utf-8")
        assert rules(run, str(elsewhere)) == ["warning unknown-voice"]

    def test_config_option_overrides_the_nearest_configuration(self, run: Run) -> None:
        """``--config`` applies to every file, and its patterns are relative to its directory."""
        write("strict/bxml.toml", 'ignore = ["unknown-voice"]')
        write("strict/b.bxml", RISKY)
        write("strict/c.bxml", RISKY)
        write("ci/all.toml", 'severity = { unknown-voice = "error" }\nextend-exclude = ["../strict/b.bxml"]')
        assert rules(run, "strict", "--config", "ci/all.toml") == ["error unknown-voice"]

    def test_name_of_stdin_selects_the_configuration(self, run: Run) -> None:
        """For editors, ``--stdin-filename`` selects the configuration of stdin. The named file need not exist."""
        write("strict/bxml.toml", 'ignore = ["unknown-voice"]')
        code = run("validate", "-", "--stdin-filename", "strict/new/a.bxml", stdin=RISKY.encode()).code
        assert code == 0
        assert run("validate", "-", stdin=RISKY.encode()).code == 1

    @pytest.mark.parametrize("path", ["strict/a.bxml", "strict", "strict/*.bxml", "."])
    def test_invalid_configuration_is_reported_before_the_report(self, run: Run, path: str) -> None:
        """An invalid configuration below the current directory ends the command before any file is checked."""
        write("strict/a.bxml", RISKY)
        write("strict/bxml.toml", "x = 1")
        ran = run("validate", path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("bxml: strict/bxml.toml:1: x is not a setting")


class TestExtend:
    """``extend`` takes the settings of another configuration."""

    def test_settings_override_and_tables_are_joined(self, run: Run) -> None:
        """A setting overrides the extended setting. Tables and ``extend-exclude`` are joined with the extended values."""
        write("base.toml", 'ignore = ["unknown-voice"]\ncontext = "conference"\nextend-exclude = ["a.bxml"]')
        write("d/bxml.toml", 'extend = "../base.toml"\nignore = []\nextend-exclude = ["b.bxml"]')
        write("d/a.bxml", RISKY)
        write("d/b.bxml", RISKY)
        write("d/c.bxml", RISKY.replace("</Response>", "<Hangup/></Response>"))
        assert rules(run, "d") == ["warning unknown-voice", "error conference-verb"]
        write("base.toml", '[severity]\nunknown-voice = "error"\nunreachable-verb = "error"')
        write("d/bxml.toml", 'extend = "../base.toml"\nseverity = { unreachable-verb = "warning" }')
        write("d/c.bxml", RISKY.replace("</Response>", "<Hangup/><Hangup/></Response>"))
        assert rules(run, "d/c.bxml") == ["error unknown-voice", "warning unreachable-verb"]

    def test_patterns_are_relative_to_the_file_that_has_them(self, run: Run) -> None:
        """The patterns of the extended configuration stay relative to its own directory."""
        write("base.toml", 'per-path-ignore = { "d/e/*" = ["unknown-voice"] }\nextend-exclude = ["d/x/*"]')
        write("d/bxml.toml", 'extend = "../base.toml"\nper-path-context = { "e/*" = "conference" }')
        write("d/e/a.bxml", RISKY.replace("</Response>", "<Hangup/></Response>"))
        write("d/f.bxml", RISKY)
        write("d/x/g.bxml", RISKY)
        assert rules(run, "d") == ["error conference-verb", "warning unknown-voice"]

    def test_extended_configuration_can_extend_another(self, run: Run) -> None:
        """A chain of configurations is followed, even through ``pyproject.toml``."""
        write("bxml.toml", 'ignore = ["unknown-voice"]')
        write("a/pyproject.toml", '[tool.bxml]\nextend = "../bxml.toml"')
        write("a/b/bxml.toml", 'extend = "../pyproject.toml"')
        write("a/b/c.bxml", RISKY)
        assert rules(run, "a/b/c.bxml") == []

    def test_long_chain_does_not_exceed_the_stack(self, run: Run) -> None:
        """A chain is not followed by recursion."""
        for number in range(1100):
            write(f"{number}.toml", f'extend = "{number + 1}.toml"')
        write("1100.toml", 'ignore = ["unknown-voice"]')
        write("a.bxml", RISKY)
        assert rules(run, "a.bxml", "--config", "0.toml") == []

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('\nextend = "none.toml"', '2: extend: "none.toml" does not exist or is not a file'),
            ('extend = "pipe"', '1: extend: "pipe" does not exist or is not a file'),
            ('extend = "pyproject.toml"', '1: extend: "pyproject.toml" has no table [tool.bxml]'),
            ('extend = "./bxml.toml"', '1: extend: "./bxml.toml" forms a cycle; remove one extend setting of the cycle'),
            ("extend = 1", "1: extend: expected a string, got 1"),
            ('extend = ""', '1: extend: expected a string, got ""'),
            ('exclude = "a"', '1: exclude: expected a list of strings, got "a"'),
            ('exclude = ["a", ""]', "1: exclude: a pattern is empty; remove it"),
            ("respect-gitignore = 1", "1: respect-gitignore: expected true or false, got 1"),
        ],
    )
    def test_invalid_values_are_errors(self, run: Run, text: str, message: str) -> None:
        """An invalid value is an error that names the line and the setting."""
        write("bxml.toml", text)
        write("pyproject.toml", "[project]")
        os.mkfifo("pipe")
        write("a.bxml", RISKY)
        assert run("validate", "a.bxml") == (2, "", f"bxml: bxml.toml:{message}\n")

    def test_cycle_of_two_files_is_an_error(self, run: Run) -> None:
        """A cycle is reported in the file that closes it."""
        write("bxml.toml", 'extend = "d/base.toml"')
        write("d/base.toml", 'extend = "../bxml.toml"')
        write("a.bxml", RISKY)
        message = 'd/base.toml:1: extend: "../bxml.toml" forms a cycle; remove one extend setting of the cycle'
        assert run("validate", "a.bxml").err == f"bxml: {message}\n"


class TestUntrustedConfiguration:
    """A configuration of a stranger causes a message, and neither a traceback nor a long wait."""

    HUGE = "0x" + "f" * 5000

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (f"context = {HUGE}", "1: context: expected a string, got a very large integer"),
            (f"extend = {HUGE}", "1: extend: expected a string, got a very large integer"),
            (f"select = {HUGE}", "1: select: expected a list of strings, got a very large integer"),
            (f"select = [{HUGE}]", "1: select: expected a list of strings, got a value of type list"),
            (f"respect-gitignore = {HUGE}", "1: respect-gitignore: expected true or false, got a very large integer"),
            (
                f"severity = {{ unknown-voice = {HUGE} }}",
                "1: severity: unknown-voice: a very large integer is not a severity; expected error or warning",
            ),
            (
                f'per-path-context = {{ "a" = {HUGE} }}',
                "1: per-path-context: a: expected a string, got a very large integer",
            ),
            (f"per-path-ignore = {HUGE}", "1: per-path-ignore: expected a table, got a very large integer"),
            (".".join(["context", *["a"] * 900]) + " = 1", "1: context: expected a string, got " + "{'a': " * 10 + "…"),
            (".".join("a" * 60_000) + " = 1", " a line has more than 1000 dots; write it as several lines"),
            ("#" * 1_000_001, " too large; a configuration has at most 1000000 bytes"),
        ],
        ids=lambda value: value[:20],
    )
    def test_huge_values_are_errors(self, run: Run, text: str, message: str) -> None:
        """Huge numbers, deep tables, long keys and large files are reported at once."""
        write("bxml.toml", text)
        write("a.bxml", RISKY)
        began = time.monotonic()
        ran = run("validate", "a.bxml")
        assert time.monotonic() - began < 5
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.removeprefix("bxml: bxml.toml:") == f"{message}\n"

    def test_directory_with_the_name_of_a_configuration_is_passed_over(self, run: Run) -> None:
        """A directory or a named pipe called ``bxml.toml`` is not read."""
        Path("d/bxml.toml").mkdir(parents=True)
        os.mkfifo("d/pyproject.toml")
        write("d/a.bxml", RISKY)
        assert rules(run, "d") == ["warning unknown-voice"]


def test_found_searches_upwards() -> None:
    """``found`` returns the configuration of the nearest directory that has one, or else the defaults."""
    Path("d").mkdir()
    assert configuration.found("d").directory == ""
    write("bxml.toml", 'context = "conference"')
    assert configuration.found("d").context == "conference"
