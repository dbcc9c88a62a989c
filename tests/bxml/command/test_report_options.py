"""The options of ``bxml validate`` about reports: files, statistics, limits, colors, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bxml import Problem
from bxml.command import report_outputs
from bxml.command.checker import Checked, Results
from bxml.command.formats import NAMES, format_of
from bxml.command.progress import Progress
from bxml.command.report_outputs import Output, write_reports
from tests.bxml.command.conftest import INVALID, RISKY, TOO_LARGE, UNKNOWN, VALID, Run

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _documents() -> None:
    Path("a.bxml").write_text(INVALID, encoding="utf-8")
    Path("b.bxml").write_text(RISKY, encoding="utf-8")
    Path("c.bxml").write_text(VALID, encoding="utf-8")


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``bxml validate`` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    code = "from bxml.command import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "validate", *arguments], capture_output=True, text=True, check=False, env=environment
    )


class TestOutputFile:
    """``--output-file``: reports in files."""

    def test_report_is_written_to_the_file_instead_of_stdout(self, run: Run) -> None:
        """Without a format, the file receives the report of ``--format``, and stdout stays empty."""
        expected = run("validate", ".", "--format", "sarif")
        assert run("validate", ".", "--format", "sarif", "--output-file", "bxml.sarif") == (1, "", "")
        assert Path("bxml.sarif").read_text(encoding="utf-8") == expected.out

    def test_several_reports_are_written_in_one_run(self) -> None:
        """Each format can be written to a file of its own, beside stdout. Each report is the same as in a run of its own."""
        expected = {name: command(".", "--format", name).stdout for name in NAMES}
        files = [argument for name in NAMES for argument in ("--output-file", f"{name}=reports/deep/{name}")]
        ran = command(".", "--format", "concise", *files)
        assert (ran.returncode, ran.stdout, ran.stderr) == (1, expected["concise"], "")
        assert {name: Path("reports/deep", name).read_text(encoding="utf-8") for name in NAMES} == expected

    def test_files_have_no_colors(self, run: Run) -> None:
        """A report in a file has no colors, even if stdout has them."""
        ran = run("validate", ".", "--color", "always", "--output-file", "text=a.txt")
        assert "\x1b[" in ran.out
        assert "\x1b[" not in Path("a.txt").read_text(encoding="utf-8")

    def test_file_name_that_is_not_utf_8_is_escaped(self, run: Run) -> None:
        """A report in a file is UTF-8, whatever the file names are."""
        Path(os.fsdecode(b"caf\xe9.bxml")).write_text(RISKY, encoding="utf-8")
        for name in NAMES:
            run("validate", ".", "--output-file", f"{name}=report")
            assert "caf" in Path("report").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["sarf=x"], '"sarf" is not a format; did you mean sarif?; for a file of this name, write ./sarf=x'),
            (["html=x"], '"html" is not a format; expected text, concise, json, github, gitlab, sarif or junit; for'),
            (["-"], '"-" is not a file; leave out --output-file to write the report to stdout'),
            (["json="], '"" is not a file'),
            (["json=x", "sarif=./x"], "expected a different file for each report"),
            (["x", "y"], "expected FORMAT=FILE for each further file"),
            (["b.bxml"], '"b.bxml" is a BXML file, which the report would replace; choose another name'),
            (["junit=d.xml"], '"d.xml" is a BXML file'),
            (["late.xml"], '"late.xml" is a BXML file'),
            (["link.txt"], '"link.txt" is a BXML file'),
            (["json=e.bxml.j2"], '"e.bxml.j2" is a template, which the report would replace; choose another name'),
            (["e.xml.erb"], '"e.xml.erb" is a template'),
            (["app.py"], '"app.py" is a program, which the report would replace; choose another name'),
            (["json=App.TSX"], '"App.TSX" is a program'),
            (["bxml.toml"], '"bxml.toml" is a configuration file, which the report would replace; choose another name'),
            (["sarif=pyproject.toml"], '"pyproject.toml" is a configuration file'),
        ],
    )
    def test_invalid_file_is_refused(self, run: Run, arguments: list[str], message: str) -> None:
        """An unknown format, a path that is not a file, a repeated path and a document are refused. No report is written."""
        Path("d.xml").write_text(VALID, encoding="utf-8")
        Path("late.xml").write_text(f"<!--{'x' * 5000}-->{VALID}", encoding="utf-8")
        Path("link.txt").symlink_to("b.bxml")
        for name in ("e.bxml.j2", "e.xml.erb", "app.py", "App.TSX", "bxml.toml", "pyproject.toml"):
            Path(name).touch()
        ran = run("validate", ".", *(part for argument in arguments for part in ("--output-file", argument)))
        assert (ran.code, ran.out) == (2, "")
        assert message in " ".join(ran.err.split())
        assert Path("b.bxml").read_text(encoding="utf-8") == RISKY
        assert not Path("x").exists()

    def test_old_report_and_equals_sign_are_accepted(self, run: Run) -> None:
        """The report of an earlier run is replaced, and a path may contain an equals sign."""
        Path("d.xml").write_text("<testsuites/>", encoding="utf-8")
        assert run("validate", "c.bxml", "--output-file", "junit=d.xml", "--output-file", "./x=y.txt").code == 0
        assert "c.bxml" in Path("d.xml").read_text(encoding="utf-8")
        assert Path("x=y.txt").read_text(encoding="utf-8") == "no problems in 1 file\n"

    def test_unreadable_old_file_is_not_taken_for_a_document(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that cannot be read is refused only if it cannot be written either."""

        def refuse(path: str) -> Any:
            raise PermissionError(13, "Permission denied")

        Path("d.xml").write_text(VALID, encoding="utf-8")
        monkeypatch.setattr(report_outputs, "read", refuse)
        assert run("validate", "c.bxml", "--output-file", "d.xml").code == 0

    @pytest.mark.parametrize("paths", [["notes.txt"], ["*.txt"], [".", "notes.txt"], ["--files-from", "list"]])
    def test_checked_file_is_not_replaced(self, run: Run, paths: list[str]) -> None:
        """A report never replaces a file that is checked in the same run, whatever its name is."""
        Path("notes.txt").write_text(VALID, encoding="utf-8")
        Path("list").write_text("./notes.txt", encoding="utf-8")
        for output in "notes.txt", "json=./notes.txt":
            ran = run("validate", *paths, "--output-file", output)
            assert (ran.code, ran.out) == (2, "")
            assert "notes.txt" in ran.err
            assert "is checked in this run, so the report cannot replace it" in " ".join(ran.err.split())
        assert Path("notes.txt").read_text(encoding="utf-8") == VALID

    def test_hard_link_of_a_checked_file_is_not_replaced(self, run: Run) -> None:
        """A report never replaces a checked file through another name; other files with several names are replaced."""
        Path("out.txt").hardlink_to("c.bxml")
        text = Path("c.bxml").read_text(encoding="utf-8")
        for path in "c.bxml", ".":
            ran = run("validate", path, "--output-file", "out.txt")
            assert (ran.code, ran.out) == (2, "")
            assert '"out.txt" is checked in this run' in " ".join(ran.err.split())
        assert Path("c.bxml").read_text(encoding="utf-8") == text
        assert run("validate", "c.bxml", "missing.bxml", "--output-file", "other.txt").code == 2
        Path("linked.txt").hardlink_to("other.txt")
        assert run("validate", "c.bxml", "missing.bxml", "--output-file", "linked.txt").code == 2
        assert run("validate", "c.bxml", "--output-file", "linked.txt").code == 0

    def test_old_report_stays_if_the_run_ends_early(self, run: Run) -> None:
        """A report is replaced in one step at the end, so an error during the check leaves the old report and no other file."""
        Path("report").write_text("old", encoding="utf-8")
        Path("z").mkdir()
        Path("z/bxml.toml").write_text("select = 1", encoding="utf-8")
        Path("z/a.bxml").write_text(VALID, encoding="utf-8")
        before = sorted(os.listdir())
        for output in "json=report", "json=new":
            ran = run("validate", ".", "--output-file", output)
            assert (ran.code, "select: expected a list" in ran.err) == (2, True)
        assert (Path("report").read_text(encoding="utf-8"), sorted(os.listdir())) == ("old", before)

    def test_old_report_is_complete_until_the_new_one_is(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """While files are checked, the old report stays complete. The new report keeps permissions and links."""
        Path("report").write_text("old", encoding="utf-8")
        Path("report").chmod(0o640)
        Path("link").symlink_to("report")
        seen: list[str] = []
        replace = os.replace

        def watched(source: str, target: str) -> None:
            seen.append(Path("report").read_text(encoding="utf-8"))
            replace(source, target)

        monkeypatch.setattr(os, "replace", watched)
        run("validate", ".", "--output-file", "link")
        assert seen == ["old"]
        assert (Path("link").is_symlink(), Path("report").stat().st_mode & 0o777) == (True, 0o640)
        assert Path("report").read_text(encoding="utf-8").endswith("in 2 of 3 files; 1 problem can be fixed with --fix\n")

    def test_file_that_cannot_be_created_ends_the_command(self, run: Run) -> None:
        """If a file cannot be created, no file is checked."""
        message = "bxml: cannot write to c.bxml/x.json: File exists\n"
        assert run("validate", ".", "--output-file", "json=c.bxml/x.json") == (2, "", message)
        Path("directory").mkdir()
        assert run("validate", ".", "--output-file", "directory").err == "bxml: cannot write to directory: Is a directory\n"

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
    @pytest.mark.parametrize("copies", [1, 400])
    def test_full_disk_ends_the_command(self, run: Run, copies: int) -> None:
        """A full disk is reported, whether it becomes full during the check or when the file is closed."""
        pauses = "<Pause duration='x'/>" * copies
        Path("a.bxml").write_text(f"<Response>{pauses}</Response>", encoding="utf-8")
        arguments = ("a.bxml", "--output-file", "json=/dev/full", "--output-file", "x.txt")
        ran = command(*arguments)
        expected = (2, "", "bxml: cannot write to /dev/full: No space left on device\n")
        assert (ran.returncode, ran.stdout, ran.stderr) == run("validate", *arguments) == expected

    def test_few_results_wait_in_memory(self) -> None:
        """The report that has received the fewest results continues first, so no report runs ahead by more than one file."""
        received = {"json": 0, "junit": 0}
        furthest = 0

        def files() -> Iterator[Checked]:
            problems = tuple(Problem("encoding", "no", "", "a", "error", 1, 1, 1, 1) for _ in range(5))
            for number in range(50):
                yield Checked(f"{number}.bxml", problems)

        def counted(name: str) -> Output:
            def write(piece: str) -> None:
                nonlocal furthest
                received[name] += piece.count('"encoding"' if name == "json" else "<testcase ")
                furthest = max(furthest, abs(received["json"] - received["junit"]))

            return Output(format_of(name), write)

        results = Results(files())
        write_reports(results, [counted("json"), counted("junit")])
        assert received == {"json": 250, "junit": 250}
        assert furthest <= 10
        assert results.errors == 250


class TestStatistics:
    """``--statistics``: the number of problems of each rule."""

    def test_rules_are_counted(self, run: Run) -> None:
        """The table has the most frequent rule first, and is followed by the summary."""
        Path("d.bxml").write_text(RISKY, encoding="utf-8")
        out = (
            "2  warning  unknown-voice  Unknown voice.\n"
            "1  error    invalid-value  Invalid value of an attribute or text.\n"
            "1 error and 2 warnings in 3 of 4 files; 2 problems can be fixed with --fix\n"
        )
        assert run("validate", ".", "--statistics") == (1, out, "")
        assert run("validate", "c.bxml", "--statistics").out == "no problems in 1 file\n"
        assert run("validate", "c.bxml", "--statistics", "--quiet").out == ""

    def test_limit_does_not_change_the_statistics(self, run: Run) -> None:
        """``--max-problems`` limits reports of problems, but not the statistics."""
        assert run("validate", ".", "--statistics", "--max-problems", "1") == run("validate", ".", "--statistics")

    def test_statistics_can_be_json(self, run: Run) -> None:
        """With the json format, the object has ``statistics`` instead of ``problems``."""
        ran = run("validate", ".", "none.bxml", "--statistics", "--format", "json")
        assert json.loads(ran.out) == {
            "version": 1,
            "statistics": [
                {"rule": "invalid-value", "severity": "error", "count": 1},
                {"rule": "unknown-voice", "severity": "warning", "count": 1},
            ],
            "failures": [{"file": "none.bxml", "message": "no such file or directory"}],
            "summary": {
                "files": 4,
                "files_with_problems": 2,
                "errors": 1,
                "warnings": 1,
                "known": 0,
                "fixed": 0,
                "not_reported": 0,
            },
        }

    def test_other_formats_cannot_be_combined(self, run: Run) -> None:
        """A format for one tool cannot contain statistics. The message says how to get the report and the statistics."""
        ran = run("validate", ".", "--statistics", "--format", "sarif")
        assert (ran.code, ran.out) == (2, "")
        assert "--statistics cannot be combined with --format sarif; to write this report too, use --output-file" in ran.err

    def test_report_in_a_file_is_complete(self, run: Run) -> None:
        """Statistics on stdout do not change the report in a file."""
        expected = run("validate", ".", "--format", "concise").out
        ran = run("validate", ".", "--statistics", "--output-file", "concise=all.txt")
        assert ran.out.startswith("1  error")
        assert Path("all.txt").read_text(encoding="utf-8") == expected


class TestMaxProblems:
    """``--max-problems``: a limit for the reported problems."""

    def test_first_problems_are_reported_and_all_are_counted(self, run: Run) -> None:
        """The summary and the exit code count the problems that are not shown."""
        arguments = ("validate", ".", "--format", "concise", "--max-problems")
        summary = "1 error and 1 warning in 2 of 3 files"
        fixable = "; 1 problem can be fixed with --fix"
        assert run(*arguments, "1") == (1, f"a.bxml:{TOO_LARGE}{summary}; 1 of them not shown{fixable}\n", "")
        assert run(*arguments, "2").out == f"a.bxml:{TOO_LARGE}b.bxml:{UNKNOWN}{summary}{fixable}\n"
        Path("b.bxml").write_text(INVALID, encoding="utf-8")
        Path("a.bxml").write_text(RISKY, encoding="utf-8")
        assert run(*arguments, "1", "--fail-on", "error").code == 1
        assert run(*arguments, "0").code == 2

    def test_limit_within_a_file(self, run: Run) -> None:
        """The limit can be in the middle of a file."""
        Path("a.bxml").write_text(INVALID.replace("/>", "/>" + "<Pause duration='x'/>" * 3), encoding="utf-8")
        ran = run("validate", ".", "--format", "json", "--max-problems", "3")
        report = json.loads(ran.out)
        assert [problem["file"] for problem in report["problems"]] == ["a.bxml"] * 3
        assert report["summary"]["errors"] == 4
        assert report["summary"]["not_reported"] == 4 + report["summary"]["warnings"] - 3

    def test_github_counts_neither_annotations_nor_lines_that_do_not_exist(self, run: Run) -> None:
        """The summary for GitHub does not count problems as listed if ``--max-problems`` leaves them out."""
        ran = run("validate", ".", "--format", "github", "--max-problems", "1")
        assert ran.out.splitlines()[1:] == [
            "1 error and 1 warning in 2 of 3 files; 1 of them not shown; 1 problem can be fixed with --fix"
        ]


class TestQuiet:
    """``--quiet``: no summary and no progress bar."""

    @pytest.mark.parametrize("option", ["--quiet", "-q"])
    def test_only_problems_are_printed(self, run: Run, option: str) -> None:
        """Problems and errors are printed, but no summary."""
        expected = (2, f"b.bxml:{UNKNOWN}", "bxml: none.bxml: no such file or directory\n")
        assert run("validate", "b.bxml", "none.bxml", "--format", "concise", option) == expected
        for name in ("text", "concise", "github"):
            assert run("validate", "c.bxml", "--format", name, option) == (0, "", "")

    def test_other_formats_do_not_change(self, run: Run) -> None:
        """The output of formats for programs does not change."""
        for name in ("json", "gitlab", "sarif", "junit"):
            assert run("validate", ".", "--format", name, "-q") == run("validate", ".", "--format", name)

    def test_no_progress_is_shown(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """No progress bar is shown, however long the check takes."""
        steps: list[int] = []
        monkeypatch.setattr(Progress, "at", lambda _, done: steps.append(done))
        run("validate", ".")
        assert steps == [1, 2, 3]
        run("validate", ".", "-q")
        assert steps == [1, 2, 3]


class TestColor:
    """``--color``: colors on stdout."""

    @pytest.mark.parametrize(
        ("arguments", "variables", "colored"),
        [
            ([], {}, False),
            (["--color", "always"], {}, True),
            (["--color", "always"], {"NO_COLOR": "1"}, True),
            (["--color", "never"], {"FORCE_COLOR": "1"}, False),
            (["--color", "auto"], {"FORCE_COLOR": "1"}, True),
            (["--color", "auto"], {"NO_COLOR": "1"}, False),
        ],
    )
    def test_option_overrides_the_environment(self, arguments: list[str], variables: dict[str, str], *, colored: bool) -> None:
        """The option overrides the environment. With ``auto``, the environment and the terminal decide."""
        assert ("\x1b[" in command("a.bxml", *arguments, **variables).stdout) == colored

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
    @pytest.mark.parametrize(("choice", "colored"), [("auto", True), ("never", False)])
    def test_never_holds_on_a_terminal(self, choice: str, *, colored: bool) -> None:
        """On a terminal, ``never`` prints no colors."""
        import pty

        ours, terminal = pty.openpty()
        code = "from bxml.command import main; main()"
        arguments = [sys.executable, "-c", code, "validate", "a.bxml", "--color", choice]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
        subprocess.run(arguments, stdout=terminal, check=False, env=environment)
        os.close(terminal)
        assert (b"\x1b[" in os.read(ours, 10_000)) == colored
        os.close(ours)


class TestExitZero:
    """``--exit-zero``: problems do not fail the command."""

    def test_problems_exit_with_0(self) -> None:
        """The report is complete, and the exit code is 0."""
        ran = command("a.bxml", "--format", "concise", "--exit-zero")
        assert (ran.returncode, ran.stdout) == (0, f"a.bxml:{TOO_LARGE}1 error in 1 of 1 file\n")

    def test_files_that_cannot_be_read_still_exit_with_2(self, run: Run) -> None:
        """A missing file and a wrong option still end with exit code 2."""
        assert run("validate", "none.bxml", "--exit-zero").code == 2
        assert run("validate", "a.bxml", "--exit-zero", "--foo").code == 2
