"""Options of ``bxml validate`` that work together, and options that cannot be combined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bxml.command.conftest import Run

FIXABLE = '<Response><Pause duration="1,5"/><Ring duration="x"/></Response>\n'
OTHER = '<Response><Ring duration="y"/></Response>\n'


@pytest.fixture(autouse=True)
def _documents() -> None:
    Path("a.bxml").write_text(FIXABLE, encoding="utf-8")


@pytest.mark.parametrize("first", ["--show-files", "--diff", "--write-baseline"])
@pytest.mark.parametrize("second", ["--format=json", "--output-file=x.json", "--statistics", "--max-problems=1"])
def test_options_without_a_report_reject_options_about_reports(first: str, second: str, run: Run) -> None:
    """An option about reports has no effect in a run without a report, so the command refuses it in such a run."""
    ran = run("validate", ".", first, second)
    assert ran.code == 2
    assert f"{first} and {second.partition('=')[0]} cannot be combined; {first} " in ran.err
    assert not Path("x.json").exists()


@pytest.mark.parametrize("option", ["--fix", "--diff", "--write-baseline"])
def test_show_files_changes_nothing(option: str, run: Run) -> None:
    """A list of files is not combined with options that change files."""
    ran = run("validate", ".", "--show-files", option)
    assert (ran.code, ran.out) == (2, "")
    assert f"--show-files and {option} cannot be combined; --show-files checks nothing" in ran.err


def test_show_files_ignores_the_baseline(run: Run) -> None:
    """A list of files says nothing about the baseline of the configuration."""
    run("validate", ".", "--write-baseline")
    Path("bxml.toml").write_text('baseline = "bxml-baseline.json"\n', encoding="utf-8")
    assert run("validate", ".", "--show-files") == (0, "a.bxml\n", "")


def test_baseline_applies_to_every_report_and_to_statistics(run: Run) -> None:
    """Reports and statistics do not contain known problems. The limit counts only new problems."""
    run("validate", ".", "--write-baseline")
    Path("b.bxml").write_text(OTHER, encoding="utf-8")
    files = ("--output-file", "sarif=r.sarif", "--output-file", "gitlab=r.gitlab", "--output-file", "json=r.json")
    ran = run("validate", ".", "--baseline", "bxml-baseline.json", "--statistics", "--max-problems", "1", *files)
    assert ran.code == 1
    assert ran.out.startswith("1  error    invalid-value")
    report = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert report["summary"]["known"] == 2
    assert report["summary"]["not_reported"] == 0
    assert [problem["file"] for problem in report["problems"]] == ["b.bxml"]
    assert len(json.loads(Path("r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]) == 1
    assert len(json.loads(Path("r.gitlab").read_text(encoding="utf-8"))) == 1


def test_fixes_come_before_the_reports(run: Run) -> None:
    """With ``--fix``, every report contains only the problems that remain."""
    ran = run("validate", ".", "--fix", "--statistics", "--output-file", "json=r.json")
    assert (ran.code, ran.err) == (1, "bxml: applied 1 fix in 1 file\n")
    assert ran.out.startswith("1  error    invalid-value")
    report = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert (len(report["problems"]), report["summary"]["fixed"]) == (1, 1)


@pytest.mark.parametrize("option", ["--fix", "--diff", "--write-baseline"])
def test_quiet_leaves_out_the_counts(option: str, run: Run) -> None:
    """A quiet run prints no line about fixes or the baseline."""
    assert run("validate", ".", option, "--quiet").err == ""


def test_exit_zero_applies_to_a_diff(run: Run) -> None:
    """A diff that is not empty causes exit code 1, unless ``--exit-zero`` is given."""
    assert (run("validate", ".", "--diff").code, run("validate", ".", "--diff", "--exit-zero").code) == (1, 0)


def test_format_lists_and_accepts_lists(run: Run) -> None:
    """A list without BXML files is not an error, as in ``bxml validate``."""
    Path("list").write_text("\n", encoding="utf-8")
    ran = run("format", "--files-from", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing was checked" in ran.err


def test_extract_leaves_out_excluded_programs(run: Run) -> None:
    """``bxml extract`` searches the same directories as ``bxml validate``."""
    for name in ("a.py", "generated/b.py", ".hidden/c.py"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("x = '<Response/>'\n", encoding="utf-8")
    Path("bxml.toml").write_text('extend-exclude = ["generated"]\n', encoding="utf-8")
    assert run("extract", ".").out == "a.py:1:6: python\n<Response/>\n\n"


def test_format_passes_over_twiml_and_excluded_files(run: Run) -> None:
    """``bxml format`` formats only the files that ``bxml validate`` checks."""
    Path("bxml.toml").write_text('extend-exclude = ["a.bxml"]\n', encoding="utf-8")
    Path("twiml.xml").write_text("<Response><Say>Hello.</Say></Response>", encoding="utf-8")
    Path("b.xml").write_text("<Response><Ring/></Response>", encoding="utf-8")
    ran = run("format", ".")
    assert (ran.code, ran.out) == (0, "reformatted b.xml\n1 file reformatted\n")
    assert "passed over 1 TwiML file: twiml.xml" in ran.err
    assert Path("a.bxml").read_text(encoding="utf-8") == FIXABLE


@pytest.mark.parametrize("other", ["a.bxml", "--files-from=list", "--show-files"])
def test_format_of_stdin_rejects_other_files(other: str, run: Run) -> None:
    """The formatted stdin is written to stdout, so stdin cannot be combined with a list or another file."""
    ran = run("format", "-", other)
    assert (ran.code, ran.out) == (2, "")
    assert 'the path "-" cannot be combined with other paths, --files-from or --show-files' in ran.err
