"""The options ``--baseline`` and ``--write-baseline``, and the setting ``baseline``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bxml import schema
from bxml.command import baseline
from bxml.command.baseline import MAX_LISTED_FILES
from tests.bxml.command.conftest import INVALID, RISKY, VALID, Run

BXML = Path(sys.executable).parent / "bxml"
NAME = "bxml-baseline.json"


def write(name: str, text: str) -> None:
    """Write a file."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def rules(name: str = NAME) -> list[tuple[str, str]]:
    """Return the file and the rule of each problem in a baseline."""
    return [(entry["file"], entry["rule"]) for entry in json.loads(Path(name).read_text(encoding="utf-8"))["problems"]]


def test_the_installed_command_compares_with_a_baseline() -> None:
    """Known problems are counted, a new problem makes the check fail, and a fixed problem is named."""
    write("old.bxml", INVALID)
    ran = subprocess.run([BXML, "validate", "--write-baseline", "."], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", f"bxml: {NAME}: 1 known problem in 1 file\n")
    command = [str(BXML), "validate", "--baseline", NAME, "--format", "concise", "."]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "no new problems in 1 file; 1 known problem in the baseline\n")
    assert ran.stderr == ""
    write("old.bxml", f"\n\n{INVALID}".replace("<Response>", '<Response><Pause a="1"/>'))
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout == (
        "old.bxml:3:18: error: a is not an attribute of <Pause>; expected duration [unknown-attribute]\n"
        "1 error in 1 of 1 file; 1 known problem in the baseline\n"
    )
    write("old.bxml", VALID)
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "no problems in 1 file\n")
    assert ran.stderr == (
        "bxml: old.bxml: fixed since the baseline was written: invalid-value\n"
        f"bxml: 1 problem in {NAME} can be removed; update it with --write-baseline\n"
    )


def test_baseline_has_one_line_for_each_problem_and_no_text_of_documents(run: Run) -> None:
    """The file can be merged line by line, and shows neither passwords nor texts."""
    write("a.bxml", '<Response><Redirect redirectUrl="/x" password="secret" redirectMethod="secret"/></Response>')
    write("b/c.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").code == 0
    text = Path(NAME).read_text(encoding="utf-8")
    assert "secret" not in text
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ('{"version": 1, "problems": [', "]}")
    assert [json.loads(line.rstrip(","))["file"] for line in lines[1:-1]] == [file for file, _ in rules()]
    assert ("b/c.bxml", "unknown-voice") in rules()


def test_the_configuration_names_the_baseline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is a path relative to the configuration. File names in a baseline are relative to the baseline."""
    write("pyproject.toml", '[tool.bxml]\nbaseline = "known.json"\n')
    write("menus/a.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").err == "bxml: known.json: 1 known problem in 1 file\n"
    assert rules("known.json") == [("menus/a.bxml", "unknown-voice")]
    monkeypatch.chdir("menus")
    assert run("validate", "a.bxml").code == 0
    # An option overrides the setting.
    assert run("validate", "--baseline", "other.json", "--write-baseline", "a.bxml").code == 0
    assert rules("other.json") == [("a.bxml", "unknown-voice")]


@pytest.mark.parametrize("value", ['""', "1"])
def test_the_setting_must_be_a_file_name(run: Run, value: str) -> None:
    """Any other value is an error with the place of the setting."""
    write("bxml.toml", f"baseline = {value}")
    write("a.bxml", VALID)
    assert run("validate", "a.bxml") == (2, "", f"bxml: bxml.toml:1: baseline: expected the name of a file, got {value}\n")


def test_equal_problems_are_told_apart_by_their_lines(run: Run) -> None:
    """If a file has more equal problems than before, the problem in a new line is reported."""
    write("a.bxml", '<Response>\n<SpeakSentence voice="Susan">Old.</SpeakSentence>\n</Response>')
    assert run("validate", "--write-baseline", ".").code == 0
    new = '  <SpeakSentence voice="Susan">New.</SpeakSentence>\n  <SpeakSentence voice="Susan">Old.</SpeakSentence>'
    write("a.bxml", f"<Response>\n{new}\n</Response>")
    ran = run("validate", "--baseline", NAME, "--format", "concise", ".")
    assert (ran.code, ran.out.partition(": ")[0]) == (1, "a.bxml:2:25")
    assert ran.out.count("unknown-voice") == 1


def test_a_problem_stays_known_when_the_rest_of_its_line_changes(run: Run) -> None:
    """A known problem is found by its marked text, so it stays known if other text on its line changes."""
    write("a.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").code == 0
    write("a.bxml", RISKY.replace("Hello.", "Good morning."))
    assert run("validate", "--baseline", NAME, ".").code == 0
    write("a.bxml", RISKY.replace("Susan", "Sue"))
    assert run("validate", "--baseline", NAME, ".").code == 1


def test_reports_count_known_problems(run: Run) -> None:
    """The summary of the JSON report has the number of known problems."""
    write("a.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").code == 0
    report = json.loads(run("validate", "--baseline", NAME, "--format", "json", ".").out)
    assert (report["problems"], report["summary"]["known"], report["summary"]["files_with_problems"]) == ([], 1, 0)


class TestFixedProblems:
    """The report on problems of the baseline that no longer exist."""

    def fixed(self, run: Run, *arguments: str) -> str:
        """Return what the command prints to stderr."""
        return run("validate", "--baseline", NAME, *arguments).err

    def test_deleted_file_is_fixed(self, run: Run) -> None:
        """Problems of a deleted file are reported as fixed, but problems of a file that was not checked are not reported."""
        for name in ("a.bxml", "b.bxml", "c.bxml"):
            write(name, RISKY)
        assert run("validate", "--write-baseline", ".").code == 0
        Path("a.bxml").unlink()
        assert self.fixed(run, "c.bxml").splitlines() == [
            "bxml: a.bxml: fixed since the baseline was written: unknown-voice",
            f"bxml: 1 problem in {NAME} can be removed; update it with --write-baseline",
        ]

    def test_problems_that_cannot_be_found_are_not_fixed(self, run: Run) -> None:
        """If a rule is not run, or a file cannot be read or parsed, its known problems are not reported as fixed."""
        write("a.bxml", RISKY)
        assert run("validate", "--write-baseline", ".").code == 0
        assert self.fixed(run, "--ignore", "unknown-voice", ".") == ""
        write("a.bxml", RISKY.replace("</Response>", ""))
        assert self.fixed(run, ".") == ""
        Path("a.bxml").unlink()
        Path("a.bxml").symlink_to("missing")
        assert self.fixed(run, ".") == "bxml: a.bxml: broken symbolic link\n"

    def test_tags_that_template_masks_are_not_fixed(self, run: Run) -> None:
        """``--template`` never reports tags, so a known problem about a tag is not reported as fixed."""
        write("a.bxml", "<Response>{% if x %}<Ring/></Response>")
        write("b.bxml", "<Response><SpeakSentence>Hello {{ name }}.</SpeakSentence></Response>")
        write("c.bxml", "<Response><SpeakSentence>Hello {{ name }}.</SpeakSentence></Response>")
        assert run("validate", "--write-baseline", ".").code == 0
        known = [("a.bxml", "template"), ("b.bxml", "leftover-placeholder"), ("c.bxml", "leftover-placeholder")]
        assert rules() == known
        assert self.fixed(run, "--template", "auto", "a.bxml", "b.bxml") == ""
        # A document without tags is checked as usual.
        write("c.bxml", VALID)
        assert "c.bxml: fixed since" in self.fixed(run, "--template", "auto", ".")
        assert run("validate", "--template", "auto", "--write-baseline", ".").code == 0
        assert rules() == known[:2]

    def test_problems_of_templates_and_programs_are_not_fixed_without_their_options(self, run: Run) -> None:
        """Without their options, templates and programs are not checked, or other problems in them are hidden."""
        write(
            "a.bxml", '<Response>{% if x %}<SpeakSentence voice="Susan">a</SpeakSentence>{% endif %}<Hangup a="1"/></Response>'
        )
        write("b.bxml.j2", Path("a.bxml").read_text(encoding="utf-8"))
        write("c.py", f"X = {RISKY.strip()!r}")
        assert run("validate", "--template", "auto", "--embedded", "--write-baseline", ".").code == 0
        assert {file for file, _ in rules()} == {"a.bxml", "b.bxml.j2", "c.py"}
        assert self.fixed(run, ".") == ""
        assert self.fixed(run, "a.bxml", "b.bxml.j2", "c.py") == ""

    def test_many_fixed_files_are_counted(self, run: Run) -> None:
        """At most ten files are listed."""
        for number in range(MAX_LISTED_FILES + 2):
            write(f"{number:02}.bxml", RISKY.replace("</R", '<SpeakSentence voice="Susan">a</SpeakSentence></R'))
        assert run("validate", "--write-baseline", ".").code == 0
        for number in range(MAX_LISTED_FILES + 2):
            write(f"{number:02}.bxml", VALID)
        lines = self.fixed(run, ".").splitlines()
        assert lines[0] == "bxml: 00.bxml: fixed since the baseline was written: unknown-voice (2)"
        assert lines[-2:] == [
            "bxml: 2 more files with fixed problems",
            f"bxml: 24 problems in {NAME} can be removed; update it with --write-baseline",
        ]
        assert len(lines) == MAX_LISTED_FILES + 2

    def test_fixes_of_known_problems_are_reported(self, run: Run) -> None:
        """``--fix`` also fixes known problems."""
        write("a.bxml", RISKY)
        assert run("validate", "--write-baseline", ".").code == 0
        assert "a.bxml: fixed since the baseline was written: unknown-voice" in self.fixed(run, "--fix", ".")


class TestUpdate:
    """``--write-baseline`` with a baseline that exists."""

    def test_only_what_was_checked_is_updated(self, run: Run) -> None:
        """Problems of other files, and of rules that were not run, are kept. Fixed problems and deleted files are removed."""
        for name in ("a.bxml", "b.bxml", "c.bxml", "d.bxml"):
            write(name, RISKY)
        assert run("validate", "--write-baseline", ".").code == 0
        write("a.bxml", VALID)
        write("b.bxml", INVALID)
        Path("c.bxml").unlink()
        assert run("validate", "--write-baseline", "a.bxml").code == 0
        assert run("validate", "--write-baseline", "--ignore", "unknown-voice", "b.bxml").code == 0
        assert rules() == [("b.bxml", "invalid-value"), ("b.bxml", "unknown-voice"), ("d.bxml", "unknown-voice")]

    def test_an_update_without_changes_writes_the_same_file(self, run: Run) -> None:
        """The order of the lines does not depend on the order of the files."""
        write("a.bxml", RISKY + "<")
        write("b.bxml", '<Response><Hangup b="1" a="2"/><Hangup b="1" a="2"/></Response>')
        assert run("validate", "--write-baseline", "b.bxml", "a.bxml").code == 0
        before = Path(NAME).read_bytes()
        assert run("validate", "--write-baseline", "--baseline", NAME, ".").code == 0
        assert Path(NAME).read_bytes() == before

    def test_unreadable_file_exits_with_2(self, run: Run) -> None:
        """The baseline is written, but does not contain the problems of the unreadable file."""
        write("a.bxml", RISKY)
        assert run("validate", "--write-baseline", "a.bxml", "missing.bxml").code == 2
        assert rules() == [("a.bxml", "unknown-voice")]

    def test_a_document_that_is_too_large_can_be_known(self, run: Run) -> None:
        """The problem of a document whose text is not read can be in a baseline, too."""
        write("a.bxml", " " * (schema.maximum_bytes() + 1))
        assert run("validate", "--write-baseline", ".").code == 0
        assert rules() == [("a.bxml", "document-size")]


def test_a_rule_that_no_longer_exists_is_fixed(run: Run) -> None:
    """A problem of a rule that this version does not have is named as fixed, and an update removes it."""
    write("a.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").code == 0
    write(NAME, Path(NAME).read_text(encoding="utf-8").replace("unknown-voice", "old-rule"))
    ran = run("validate", "--baseline", NAME, ".")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "bxml: a.bxml: fixed since the baseline was written: old-rule")
    assert run("validate", "--write-baseline", "--ignore", "unknown-voice", ".").code == 0
    assert rules() == []


MEMBERS = '"file": "", "rule": "", "path": "", "text": "", "line": ""'

BAD = {
    "a document": RISKY,
    "another version": '{"version": 2, "problems": []}',
    "a list": "[]",
    "no version": "{}",
    "problems that are no list": '{"version": 1, "problems": 1}',
    "a problem without members": '{"version": 1, "problems": [{}]}',
    "a member of another type": '{"version": 1, "problems": [{"file": 1}]}',
    "a count that is no number": '{"version": 1, "problems": [{"file": "", "rule": "", "path": "", "text": "", "line": "",'
    ' "count": "x"}]}',
    **{
        f"the count {count}": f'{{"version": 1, "problems": [{{{MEMBERS}, "count": {count}}}]}}'
        for count in ("0", "-1", "1.5", "1e400", "NaN", "true", '"1"')
    },
    "a huge number": f'{{"version": {"1" * 5000}}}',
    "deep nesting": "[" * 100_000,
    "a merge conflict": "<<<<<<< HEAD",
}


class TestInvalidBaseline:
    """Files that are not baselines."""

    @pytest.mark.parametrize("text", BAD.values(), ids=BAD)
    @pytest.mark.parametrize("options", [[], ["--write-baseline"]])
    def test_it_is_an_error_and_is_not_overwritten(self, run: Run, text: str, options: list[str]) -> None:
        """The message names the next step."""
        write("known.json", text)
        write("a.bxml", RISKY)
        message = (
            "not a baseline of this version; name another file, "
            "or delete this file and write a new baseline with --write-baseline"
        )
        assert run("validate", "--baseline", "known.json", *options, "a.bxml") == (2, "", f"bxml: known.json: {message}\n")
        assert Path("known.json").read_text(encoding="utf-8") == text

    def test_another_encoding_is_an_error(self, run: Run) -> None:
        """A baseline is in UTF-8."""
        Path("known.json").write_bytes(b"\xff\xfe")
        assert "known.json: not a baseline" in run("validate", "--baseline", "known.json", ".").err

    def test_a_byte_order_mark_is_accepted(self, run: Run) -> None:
        """Editors on Windows write a byte order mark."""
        write("known.json", '\ufeff{"version": 1, "problems": []}')
        write("a.bxml", VALID)
        assert run("validate", "--baseline", "known.json", ".").code == 0

    def test_missing_baseline_is_an_error(self, run: Run) -> None:
        """The message names the option that writes a baseline."""
        write("a.bxml", VALID)
        ran = run("validate", "--baseline", "known.json", ".")
        assert ran == (2, "", "bxml: known.json: no such baseline; write it with --write-baseline\n")

    def test_a_configured_baseline_may_be_missing(self, run: Run) -> None:
        """A missing baseline counts as empty, and a note names the option that writes a baseline."""
        write("bxml.toml", 'baseline = "known.json"')
        write("a.bxml", RISKY)
        note = (
            "bxml: the configured baseline known.json does not exist, so no problem is known; write it with --write-baseline\n"
        )
        ran = run("validate", ".")
        assert (ran.code, ran.err) == (1, note)
        assert run("validate", "-", stdin=VALID.encode()) == (0, "no problems in 1 file\n", note)
        assert run("validate", "--quiet", "a.bxml").err == ""
        assert run("validate", "--show-files", ".") == (0, "a.bxml\n", "")
        assert run("validate", "--write-baseline", ".").err == "bxml: known.json: 1 known problem in 1 file\n"
        assert run("validate", ".").err == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes and devices")
    @pytest.mark.parametrize("options", [[], ["--write-baseline"]])
    def test_a_pipe_and_a_device_are_not_read(self, run: Run, options: list[str]) -> None:
        """Reading a pipe could wait forever, and reading a device could never end."""
        write("a.bxml", VALID)
        os.mkfifo("pipe")
        for path in "pipe", "/dev/zero":
            ran = run("validate", "--baseline", path, *options, ".")
            assert ran == (2, "", f"bxml: {path}: not a file, so it cannot be a baseline\n")

    def test_a_file_that_is_too_large_is_an_error(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A baseline can come from a stranger, so its size is limited."""
        monkeypatch.setattr(baseline, "MAXIMUM_BYTES", 1_000)
        write("known.json", " " * 1_001)
        ran = run("validate", "--baseline", "known.json", ".")
        assert ran == (2, "", "bxml: known.json: too large; a baseline has at most 1,000 bytes\n")

    def test_a_directory_is_an_error(self, run: Run) -> None:
        """A directory can neither be read nor written as a baseline."""
        write("a.bxml", VALID)
        Path("known").mkdir()
        assert run("validate", "--baseline", "known", ".").err == "bxml: known: Is a directory\n"
        ran = run("validate", "--baseline", "missing/known.json", "--write-baseline", ".")
        assert ran == (2, "", "bxml: missing/known.json: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--write-baseline", "--fix"], "--write-baseline and --fix cannot be combined; run --fix first"),
        (["--write-baseline", "--diff"], "--write-baseline and --diff cannot be combined; run --fix first"),
        (
            ["--write-baseline", "--format", "json"],
            "--write-baseline and --format cannot be combined; --write-baseline prints no report",
        ),
        (
            ["--baseline", NAME, "--diff"],
            "--baseline and --diff cannot be combined; --diff also shows the fixes of known problems",
        ),
    ],
)
def test_options_that_contradict_each_other(run: Run, arguments: list[str], message: str) -> None:
    """The message names the next step, and no file is written."""
    write("a.bxml", RISKY)
    ran = run("validate", *arguments, ".")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"Error: {message}\n")
    assert not Path(NAME).exists()


def test_a_diff_ignores_the_baseline_of_the_configuration(run: Run) -> None:
    """The fixes of known problems are shown, too."""
    write("bxml.toml", f'baseline = "{NAME}"')
    write("a.bxml", RISKY)
    assert run("validate", "--write-baseline", ".").code == 0
    assert run("validate", "--diff", ".").code == 1
