"""The options ``--fix`` and ``--diff``."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bxml import schema
from bxml.command import checker, fixing
from bxml.command.checker import Checker
from bxml.command.configuration import Configuration
from bxml.lint import apply_fixes
from tests.bxml.command.conftest import INVALID, RISKY, VALID, Run
from tests.bxml.command.test_formats import SCHEMAS

FAULTY = '<Response>\r\n  <Say voice="Julie">Hello.</Say>\n  <Redirect method="post">/menu</Redirect></Response>'
FIXED = (
    '<Response>\r\n  <SpeakSentence voice="julie">Hello.</SpeakSentence>\n'
    '  <Redirect redirectUrl="/menu" redirectMethod="POST"></Redirect></Response>'
)
BXML = Path(sys.executable).parent / "bxml"


def write(name: str, text: str) -> Path:
    """Write a file without translating its line ends."""
    path = Path(name)
    path.write_bytes(text.encode())
    return path


def test_the_installed_command_fixes_a_file() -> None:
    """``--fix`` changes the file and counts the fixes. A second run finds nothing to fix."""
    path = write("menu.bxml", FAULTY)
    ran = subprocess.run([BXML, "validate", "--fix", "."], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "no problems in 1 file\n", "bxml: applied 5 fixes in 1 file\n")
    assert path.read_bytes() == FIXED.encode()
    ran = subprocess.run([BXML, "validate", "--fix", "."], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "no problems in 1 file\n", "bxml: applied 0 fixes in 0 files\n")


def test_problems_without_a_fix_are_reported_after_the_fixes(run: Run) -> None:
    """The report shows the places in the fixed file, and the exit code is 1."""
    write("menu.bxml", FAULTY.replace("Hello.", 'Hello.</Say><Say voice="nobody">Bye.'))
    ran = run("validate", "--fix", "--format", "concise", "menu.bxml")
    assert ran.code == 1
    assert ran.out.startswith('menu.bxml:2:76: warning: voice="nobody" is not a known voice')
    assert ran.err == "bxml: applied 6 fixes in 1 file\n"


def test_other_files_are_not_written(run: Run) -> None:
    """A file without a certain fix keeps its content and its modification time."""
    names = {"valid.bxml": VALID, "invalid.bxml": INVALID, "broken.bxml": "<Response>"}
    for name, text in names.items():
        os.utime(write(name, text), (1, 1))
    assert run("validate", "--fix", ".").code == 1
    assert {name: (Path(name).read_text(encoding="utf-8"), Path(name).stat().st_mtime) for name in names} == {
        name: (text, 1) for name, text in names.items()
    }


def test_only_selected_and_unsuppressed_problems_are_fixed(run: Run) -> None:
    """Rules that are ignored, and problems that a comment suppresses, are not fixed."""
    suppressed = "<Response><!-- bxml: ignore unknown-voice -->" + RISKY.removeprefix("<Response>")
    write("a.bxml", suppressed)
    write("b.bxml", RISKY)
    assert run("validate", "--fix", "--ignore", "unknown-voice,unused-suppression", ".").code == 0
    assert run("validate", "--fix", "a.bxml").code == 0
    assert Path("a.bxml").read_text(encoding="utf-8") == suppressed
    assert Path("b.bxml").read_text(encoding="utf-8") == RISKY


def test_byte_order_mark_permissions_and_links_are_kept(run: Run) -> None:
    """The file keeps everything except the fixed parts. A symbolic link still leads to the file."""
    path = write("menu.txt", "\ufeff" + FAULTY)
    path.chmod(0o640)
    Path("link.bxml").symlink_to("menu.txt")
    assert run("validate", "--fix", "link.bxml").code == 0
    assert path.read_bytes() == ("\ufeff" + FIXED).encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert Path("link.bxml").is_symlink()
    assert sorted(os.listdir()) == ["link.bxml", "menu.txt"]


def test_many_files_are_fixed_by_several_processes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes fix files too."""
    monkeypatch.setattr(checker, "PARALLEL_THRESHOLD", 2)
    monkeypatch.setattr(checker, "processes", lambda: 2)
    for number in range(4):
        write(f"{number}.bxml", FAULTY)
    assert run("validate", "--fix", ".") == (0, "no problems in 4 files\n", "bxml: applied 20 fixes in 4 files\n")


def test_a_file_that_cannot_be_replaced_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problems are still reported, no other file is left behind, and the exit code is 2."""

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    path = write("menu.bxml", RISKY)
    ran = run("validate", "--fix", "--format", "concise", "menu.bxml")
    assert (ran.code, ran.out.count("unknown-voice")) == (2, 1)
    assert ran.err == "bxml: menu.bxml: cannot be fixed: No space left on device\nbxml: applied 0 fixes in 0 files\n"
    assert path.read_text(encoding="utf-8") == RISKY
    assert os.listdir() == ["menu.bxml"]


def test_a_file_that_changed_meanwhile_is_not_overwritten() -> None:
    """A file is written only if it still has the content that was checked."""
    path = write("menu.bxml", RISKY)
    with pytest.raises(OSError, match="changed while it was being fixed"):
        fixing.replace_file(str(path), b"old", b"new")
    assert path.read_text(encoding="utf-8") == RISKY


def test_a_fix_does_not_make_a_document_too_large(run: Run) -> None:
    """A document at the limit of its size stays as it is, and the command says why."""
    text = "<Response><Say>Hello.</Say>".ljust(schema.maximum_bytes() - len("</Response>")) + "</Response>"
    path = write("menu.bxml", text)
    reason = f"1 fix would make the document larger than {schema.maximum_bytes():,} bytes"
    for option, summary in ("--fix", "applied 0 fixes in 0 files"), ("--diff", "0 fixes possible in 0 files"):
        ran = run("validate", option, ".")
        assert (ran.code, ran.err) == (2, f"bxml: menu.bxml: cannot be fixed: {reason}\nbxml: {summary}\n")
        assert path.read_text(encoding="utf-8") == text


def test_fixes_before_one_that_makes_a_document_too_large_are_applied(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a later fix would make the document too large, the earlier fixes are still applied."""
    text = '<Response><Redirect redirectMethod="post" redirectUrl="/"/></Response>'
    rounds = [(text.replace("post", "POST"), 1), (text + " " * schema.maximum_bytes(), 2)]
    monkeypatch.setattr(apply_fixes, "applied", lambda *_: rounds.pop(0))
    problems = Checker(Configuration().settings, "").given("", text.encode()).problems
    result = fixing.fixed(text.encode(), problems, lambda _: problems)
    assert (result.data, result.number) == (text.replace("post", "POST").encode(), 1)
    assert result.failure
    assert result.failure.startswith("2 fixes would make the document larger")


def test_fixes_end_after_some_rounds() -> None:
    """A check that always finds the same problem cannot keep the command busy."""
    problems = Checker(Configuration().settings, "").given("", RISKY.encode()).problems
    assert fixing.fixed(RISKY.encode(), problems, lambda _: problems)[1] == fixing.MAX_ROUNDS


class TestDiff:
    """The option ``--diff``."""

    def test_the_diff_is_printed_and_no_file_is_changed(self, run: Run) -> None:
        """The output is a unified diff, and the exit code is 1."""
        path = write("menu.bxml", FAULTY)
        ran = run("validate", "--diff", ".")
        assert ran == (
            1,
            (
                "diff --git a/menu.bxml b/menu.bxml\n--- a/menu.bxml\n+++ b/menu.bxml\n@@ -1,3 +1,3 @@\n <Response>\r\n"
                '-  <Say voice="Julie">Hello.</Say>\n'
                '-  <Redirect method="post">/menu</Redirect></Response>\n\\ No newline at end of file\n'
                '+  <SpeakSentence voice="julie">Hello.</SpeakSentence>\n'
                '+  <Redirect redirectUrl="/menu" redirectMethod="POST"></Redirect></Response>\n\\ No newline at end of file\n'
            ),
            "bxml: 5 fixes possible in 1 file; apply with --fix\n",
        )
        assert path.read_bytes() == FAULTY.encode()

    def test_nothing_to_fix_exits_with_0(self, run: Run) -> None:
        """Problems without a fix do not change exit code 0. A missing file causes exit code 2."""
        write("menu.bxml", INVALID)
        assert run("validate", "--diff", ".") == (0, "", "bxml: 0 fixes possible in 0 files\n")
        assert run("validate", "--diff", "menu.bxml", "missing.bxml").code == 2

    @pytest.mark.skipif(not shutil.which("patch"), reason="needs patch")
    @pytest.mark.parametrize("newline", ["\n", ""])
    def test_patch_applies_the_diff(self, newline: str) -> None:
        """``patch -p1`` makes the changes that ``--fix`` makes."""
        path = write("menu.bxml", "\ufeff" + FAULTY + newline)
        script = f"{BXML} validate --diff menu.bxml | patch -p1 --binary"
        subprocess.run(["bash", "-c", script], check=True, capture_output=True)
        assert path.read_bytes() == ("\ufeff" + FIXED + newline).encode()

    def test_hunks_with_passwords_are_left_out(self, run: Run) -> None:
        """A hunk with a hidden password is left out, because a tool would write the mask to the file. Other hunks are kept."""
        password = '<Redirect username="u" password="secret" redirectMethod="post"/>'
        first, comments = '<SpeakSentence voice="Julie">Hi</SpeakSentence>', "<!-- -->\n" * 9
        path = write("menu.bxml", f"<Response>\n{first}\n{comments}{password}</Response>\n")
        ran = run("validate", "--diff", ".")
        assert (ran.code, ran.out.count("@@ -"), ran.out.count("@@ -1,5 +1,5 @@")) == (1, 1, 1)
        assert "secret" not in ran.out
        assert "•" not in ran.out
        end = "; 1 hunk with a password or a CI command is left out of the diff\n"
        assert ran.err == f"bxml: 2 fixes possible in 1 file; apply with --fix{end}"
        path.write_text(f"<Response>{password}</Response>", encoding="utf-8")
        assert run("validate", "--diff", ".").out == ""

    @pytest.mark.parametrize(
        "text", ["##[error]x", "##vso[task.complete]", "a\n::error::x\nb", "a\n \t::error::x", "a\r::warning::x\rb"]
    )
    def test_hunks_with_commands_are_left_out(self, run: Run, text: str) -> None:
        """The diff has no hunk whose lines a CI system would execute, because a hunk with escaped lines would be wrong."""
        write("menu.bxml", RISKY.replace("Hello.", text))
        ran = run("validate", "--diff", ".")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.endswith("1 hunk with a password or a CI command is left out of the diff\n")

    @pytest.mark.skipif(not shutil.which("git"), reason="needs git")
    @pytest.mark.parametrize(
        "name",
        [
            "a\n::error::x\nb.bxml",
            "\r::warning::x.bxml",
            "tab\t.bxml",
            "a space.bxml",
            '"é\\.bxml',
            "é.bxml",
            "##[error]x.bxml",
            ":a.bxml",
            "\udcff.bxml",
            "\N{NO-BREAK SPACE}.bxml",
        ],
    )
    def test_git_applies_the_diff_of_any_name(self, name: str) -> None:
        """Names are relative to the root of the repository, and quoted, so that no name adds a line to the diff."""
        subprocess.run(["git", "init", "-q", "."], check=True)
        Path("sub").mkdir()
        path = write(name, RISKY.replace("Susan", "Julie"))
        for argument in (str(path.absolute()), f"../{name}"):
            command = [str(BXML), "validate", "--diff", argument]
            ran = subprocess.run(command, capture_output=True, cwd="sub", check=False)
            assert [line[:4] for line in ran.stdout.splitlines()[:3]] == [b"diff", b"--- ", b"+++ "]
            assert not any(mark in ran.stdout for mark in (b"##[", b"\n:", b"\r:"))
            subprocess.run(["git", "apply", "--check"], input=ran.stdout, check=True)
        subprocess.run(["git", "apply"], input=ran.stdout, check=True)
        assert "julie" in path.read_text(encoding="utf-8")

    def test_names_are_quoted_as_git_quotes_them(self, run: Run) -> None:
        """A quoted name has one octal escape for each byte that is special."""
        write('"\n##é.bxml', RISKY.replace("Susan", "Julie"))
        assert run("validate", "--diff", ".").out.splitlines()[1] == '--- "a/\\042\\012\\043#\\303\\251.bxml"'

    def test_a_terminal_receives_no_control_characters(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a terminal, control characters are replaced. Other programs receive the characters of the file."""
        write("menu.bxml", RISKY.replace("Hello.", "\x9b31m\t\N{NO-BREAK SPACE}é"))
        assert "+<Response>" in run("validate", "--diff", ".").out
        assert "\x9b31m" in run("validate", "--diff", ".").out
        monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
        out = run("validate", "--diff", ".").out
        assert "\x9b" not in out
        assert "\t\N{NO-BREAK SPACE}é" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix", "--diff", "."], "--fix and --diff cannot be combined; --diff shows the changes without making them"),
        (["--fix", "-"], "--fix cannot change stdin; use --diff to print the changes"),
        (["--diff", "--format", "json", "."], "--diff and --format cannot be combined; --diff prints no report"),
    ],
)
def test_options_that_contradict_each_other(run: Run, arguments: list[str], message: str) -> None:
    """The message names the next step, and no file is checked."""
    write("menu.bxml", RISKY)
    ran = run("validate", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"Error: {message}\n")
    assert Path("menu.bxml").read_text(encoding="utf-8") == RISKY


def test_stdin_can_be_shown_as_a_diff(run: Run) -> None:
    """The diff has the name of the option ``--stdin-filename``."""
    ran = run("validate", "--diff", "--stdin-filename", "a.bxml", "-", stdin=RISKY.encode())
    assert (ran.code, ran.out.splitlines()[1]) == (1, "--- a/a.bxml")


def test_the_summary_counts_the_problems_that_can_be_fixed(run: Run) -> None:
    """The summary names ``--fix``, unless there are no fixes, or the document is stdin, which ``--fix`` cannot change."""
    write("menu.bxml", RISKY.replace("</R", '<SpeakSentence voice="nobody">a</SpeakSentence></R'))
    summary = "2 warnings in 1 of 1 file; 1 problem can be fixed with --fix"
    for options in [], ["--format", "concise"], ["--statistics"]:
        ran = run("validate", *options, ".")
        assert (ran.out.splitlines()[-1], ran.err) == (summary, "")
    ran = run("validate", "--max-problems", "1", ".")
    assert ran.out.endswith("\n2 warnings in 1 of 1 file; 1 of them not shown; 1 problem can be fixed with --fix\n")
    assert run("validate", "-", stdin=RISKY.encode()).out.endswith("\n1 warning in 1 of 1 file\n")
    assert run("validate", "--fix", ".").out.endswith("\n1 warning in 1 of 1 file\n")


EDITS = [
    {"line": 1, "column": 12, "end_line": 1, "end_column": 15, "text": "SpeakSentence"},
    {"line": 1, "column": 24, "end_line": 1, "end_column": 27, "text": "SpeakSentence"},
]


class TestReports:
    """Fixes in machine-readable reports."""

    def test_json_has_the_edits(self, run: Run) -> None:
        """A problem has its fix, and the summary counts the applied fixes."""
        write("menu.bxml", "<Response><Say>Hello.</Say></Response>")
        found = json.loads(run("validate", "--format", "json", ".").out)
        assert found["problems"][0]["fix"] == {"message": "rename <Say> to <SpeakSentence>", "edits": EDITS}
        assert found["summary"]["fixed"] == 0
        assert json.loads(run("validate", "--fix", "--format", "json", ".").out)["summary"]["fixed"] == 1

    def test_sarif_has_the_replacements(self, run: Run) -> None:
        """A result has its fix, and the log is valid."""
        import jsonschema

        write("menu.bxml", "<Response><Say>Hello.</Say><Hangup a='1'/></Response>")
        log = json.loads(run("validate", "--format", "sarif", ".").out)
        jsonschema.validate(log, json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
        first, second = log["runs"][0]["results"]
        assert "fixes" not in second
        assert first["fixes"] == [
            {
                "description": {"text": "rename <Say> to <SpeakSentence>"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "menu.bxml", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": edit["line"],
                                    "startColumn": edit["column"],
                                    "endLine": edit["end_line"],
                                    "endColumn": edit["end_column"],
                                },
                                "insertedContent": {"text": edit["text"]},
                            }
                            for edit in EDITS
                        ],
                    }
                ],
            }
        ]
