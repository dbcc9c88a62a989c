"""The report formats, each checked against its specification."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from lxml import etree

import bxml
from bxml import Problem
from bxml.command.checker import Checked, Results
from bxml.command.formats import NAMES, format_of, github, text
from bxml.lint import rule_registry
from bxml.problem import Edit, Fix
from tests.bxml.command.conftest import INVALID, RISKY, VALID, Run

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"

HOSTILE: Final = Checked(
    "a:b,c%d\n\x1b[31m\udce9.bxml",
    (
        Problem(
            "invalid-value",
            'tag="%0A::error::x" is\a no ##[error]',
            "Response/Gather[1]/@tag",
            "a:b,c%d\n\x1b[31m\udce9.bxml",
            "error",
            1,
            2,
            3,
            4,
        ),
        Problem("encoding", "no", "", "a:b,c%d\n\x1b[31m\udce9.bxml", "error", 1, 1, 1, 1),
    ),
    "<Response\x1b[0m\x07>##[stop-commands]x ##vso[task]",
)
"""A file name, a message and a source text that try to break out of each format."""

UNREADABLE: Final = Checked("b.bxml", failure='Permission "denied"')

CLEAN: Final = Checked("c.bxml")


def report(name: str, *checked: Checked) -> str:
    """Return the report on the given files, in the named format."""
    return "".join(format_of(name)(Results(checked)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("files", [(), (CLEAN,), (HOSTILE,), (UNREADABLE,), (CLEAN, HOSTILE, UNREADABLE, CLEAN)])
def test_report_contains_no_control_characters_or_commands(name: str, files: Iterable[Checked]) -> None:
    """A hostile file name or text cannot break a report, control a terminal, or add a command to a CI log."""
    written = report(name, *files)
    for color in (*text.COLORS.values(), text.PLAIN):
        written = written.replace(color, "")
    assert "\x1b" not in written
    assert "\x07" not in written
    assert name in {"json", "gitlab", "sarif", "junit"} or not re.search(r"##\w*\[", written)


def test_default_format_depends_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default format is ``github`` on GitHub Actions, and otherwise ``text``; a named format overrides the default."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert format_of(None) is text.report
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert format_of(None) is github.report
    assert format_of("text") is text.report


class TestText:
    """The text format: the source line, with a marker below the faulty characters."""

    def excerpt(self, run: Run, source: str | bytes) -> list[str]:
        """Return the lines below the message of the only problem."""
        Path("a.bxml").write_bytes(source if isinstance(source, bytes) else source.encode())
        return run("validate", "a.bxml").out.splitlines()[1:-2]

    def test_marker_is_below_the_value(self, run: Run) -> None:
        """The marker is as long as the invalid value."""
        assert self.excerpt(run, INVALID) == [
            '  2 |   <Gather gatherUrl="https://app.example/menu" maxDigits="51"/>',
            "    |                                                           ^^",
        ]

    @pytest.mark.parametrize("start", ["\ufeff", "\r\n\r\n", "<!--\r-->"], ids=["BOM", "CRLF", "CR"])
    def test_line_endings_and_byte_order_mark_do_not_move_the_marker(self, run: Run, start: str) -> None:
        """A byte order mark takes no column, and lines may end with LF, CRLF or CR."""
        first, mark = self.excerpt(run, start + "<Response><Pause duration='x'/></Response>")
        assert first.endswith("<Response><Pause duration='x'/></Response>")
        assert first.index("x") == mark.index("^")

    def test_tabs_are_kept_above_the_marker(self, run: Run) -> None:
        """Tabs are repeated in front of the marker, so that its column is right for any tab width."""
        assert self.excerpt(run, "<Response>\n\t<Tag>\t</Tag>\t<Pause duration='x'/>\n</Response>") == [
            "  2 | \t<Tag>\t</Tag>\t<Pause duration='x'/>",
            "    | \t     \t      \t                 ^",
        ]

    def test_wide_and_combining_characters_do_not_move_the_marker(self, run: Run) -> None:
        """The marker has the right column even if characters take two columns of a terminal, or no column."""
        assert self.excerpt(run, "<Response><Tag>日本e\u0301</Tag><Pause duration='日本'/></Response>") == [
            "  1 | <Response><Tag>日本e\u0301</Tag><Pause duration='日本'/></Response>",
            "    |                                            ^^^^",
        ]

    def test_wide_spaces_and_invisible_characters_do_not_move_the_marker(self, run: Run) -> None:
        """Ideographic spaces take two columns, and characters that a terminal would not show are replaced."""
        first, mark = self.excerpt(run, "<Response><Tag>\u3000\u3000\u202e\u00a0</Tag><Pause duration='x'/></Response>")
        assert "\N{REPLACEMENT CHARACTER}" in first
        assert mark.index("^") == first.index("x'/>") + 2  # two of the spaces take two columns each

    def test_long_line_is_cut_around_the_problem(self, run: Run) -> None:
        """If a line is long, only the part around the problem is shown."""
        before, after = "<Pause/>" * 100, "<Ring/>" * 100
        first, mark = self.excerpt(run, f"<Response>{before}<Pause duration='x'/>{after}</Response>")
        assert len(first) == text.MAX_WIDTH + len("  1 | ……")
        assert first.index("'x'") + 1 == mark.index("^")
        first, mark = self.excerpt(run, f"<Response>{before}<Pause duration='{'x' * 200}'/></Response>")
        assert len(mark) <= len(first)

    def test_long_line_is_shown_from_its_start_or_to_its_end(self, run: Run) -> None:
        """A long line is cut at its end if the problem is near its start, and at its start if the problem is near its end."""
        first, _ = self.excerpt(run, f"<Response><Pause duration='x'/>{'<Pause/>' * 100}</Response>")
        assert first.startswith("  1 | <Response>")
        assert first.endswith("…")
        first, _ = self.excerpt(run, f"<Response>{'<Pause/>' * 100}<Pause duration='x'/></Response>")
        assert first.startswith("  1 | …")
        assert first.endswith("</Response>")

    def test_problem_of_several_lines_is_marked_on_the_first(self, run: Run) -> None:
        """A problem that spans several lines is marked to the end of its first line."""
        assert self.excerpt(run, "<Response><Pause duration='x\n  y'/></Response>") == [
            "  1 | <Response><Pause duration='x",
            "    |                            ^",
        ]

    def test_empty_line_is_not_shown(self, run: Run) -> None:
        """An empty line is not shown."""
        assert self.excerpt(run, "") == []

    def test_positions_are_right_in_utf_16(self, run: Run) -> None:
        """Lines and columns are right in a UTF-16 file, although BXML must be UTF-8."""
        Path("a.bxml").write_bytes("<Response>\n  <Pause duration='é'/>\n</Response>".encode("utf-16"))
        assert run("validate", "a.bxml").out == (
            "a.bxml:1:1: error: the encoding is UTF-16; expected UTF-8 [encoding]\n"
            "  1 | <Response>\n"
            "    | ^\n\n"
            'a.bxml:2:20: error: duration="é" is not a number of seconds from 0.1 to 86400 [invalid-value]\n'
            "  2 |   <Pause duration='é'/>\n"
            "    |                    ^\n\n"
            "2 errors in 1 of 1 file\n"
        )


class TestGitHub:
    """The github format: annotations, of which GitHub shows ten of each severity."""

    def lines(self, run: Run, errors: int, warnings: int) -> list[str]:
        """Return the report on a file with the given numbers of errors and warnings."""
        pauses = "<Pause duration='0'/>" * errors
        voices = "<SpeakSentence voice='x'>a</SpeakSentence>" * warnings
        Path("a.bxml").write_text(f"<Response>\n{voices}{pauses}</Response>", encoding="utf-8")
        return run("validate", "a.bxml", "--format", "github").out.splitlines()

    def test_problem_becomes_an_annotation(self, run: Run) -> None:
        """A problem is an annotation with its file, line and columns."""
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "a.bxml", "--format", "github").out.splitlines() == [
            (
                "::error file=a.bxml,line=2,col=59,endLine=2,endColumn=61,title=invalid-value"
                '::maxDigits="51" is too large; expected an integer from 1 to 50'
            ),
            "1 error in 1 of 1 file",
        ]

    def test_errors_come_before_warnings(self, run: Run) -> None:
        """Errors come first, because GitHub may drop the last annotations."""
        kinds = [line.split()[0] for line in self.lines(run, 2, 3)]
        assert kinds == ["::error"] * 2 + ["::warning"] * 3 + ["2"]

    def test_problems_without_an_annotation_are_listed_and_counted(self, run: Run) -> None:
        """Problems beyond GitHub's limit are plain lines in the log, and the summary counts them."""
        lines = self.lines(run, 12, 11)
        assert sum(line.startswith("::error") for line in lines) == 10
        assert sum(line.startswith("::warning") for line in lines) == 10
        assert [line.split()[0].rstrip("0123456789:") for line in lines[:3]] == ["a.bxml"] * 3
        assert lines[-1] == "12 errors and 11 warnings in 1 of 1 file; 3 of them listed above without an annotation"

    def test_annotation_is_escaped(self) -> None:
        """A file name or a message can neither end a workflow command nor start another one."""
        written = report("github", HOSTILE).splitlines()
        assert len(written) == 3
        assert written[0].startswith("::error file=a%3Ab%2Cc%25d\\n\\x1b[31m\\udce9.bxml")
        assert written[0].endswith('::tag="%250A::error::x" is\\x07 no #\N{ZERO WIDTH SPACE}#[error]')

    def test_paths_are_relative_to_the_repository(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Reported paths are relative to the root of the repository, even if a step of a workflow runs in a subdirectory."""
        monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        assert f"file={Path.cwd().name}/a.bxml," in run("validate", "a.bxml", "--format", "github").out

    def test_annotation_of_several_lines_has_no_end_column(self, run: Run) -> None:
        """An annotation of several lines has no end column, because GitHub accepts an end column only within one line."""
        Path("a.bxml").write_text("<Response><Pause duration='x\ny'/></Response>", encoding="utf-8")
        (line, _) = run("validate", "a.bxml", "--format", "github").out.splitlines()
        assert "line=1,col=28,endLine=2,title" in line


class TestJson:
    """The json format: one object with all problems, failures and counts."""

    def test_members_are_the_documented_ones(self, run: Run) -> None:
        """The object has the documented members and no others."""
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        Path("b.bxml").write_text(VALID, encoding="utf-8")
        assert json.loads(run("validate", ".", "--format", "json").out) == {
            "version": 1,
            "problems": [
                {
                    "file": "a.bxml",
                    "line": 2,
                    "column": 59,
                    "end_line": 2,
                    "end_column": 61,
                    "path": "Response/Gather[1]/@maxDigits",
                    "severity": "error",
                    "rule": "invalid-value",
                    "message": 'maxDigits="51" is too large; expected an integer from 1 to 50',
                    "fix": None,
                }
            ],
            "failures": [],
            "summary": {
                "files": 2,
                "files_with_problems": 1,
                "errors": 1,
                "warnings": 0,
                "known": 0,
                "fixed": 0,
                "not_reported": 0,
            },
        }

    def test_unreadable_file_is_a_failure(self) -> None:
        """A file that could not be read is listed in ``failures``."""
        assert json.loads(report("json", UNREADABLE))["failures"] == [{"file": "b.bxml", "message": 'Permission "denied"'}]


CODE_QUALITY: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)(?!\.\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""The members that GitLab documents as required in a Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""


class TestGitLab:
    """The gitlab format: a Code Quality report."""

    def violations(self, *checked: Checked) -> Any:
        """Return the report on the given files, after checking it against the documented format."""
        violations = json.loads(report("gitlab", *checked))
        jsonschema.Draft202012Validator(CODE_QUALITY).validate(violations)
        return violations

    @pytest.mark.parametrize("files", [(), (CLEAN,), (HOSTILE, UNREADABLE), (HOSTILE, CLEAN, HOSTILE)])
    def test_report_is_valid(self, files: Iterable[Checked]) -> None:
        """The report has the documented members, whatever the file names and messages contain."""
        assert len(self.violations(*files)) == sum(len(file.problems) + bool(file.failure) for file in files)

    def test_violation_has_rule_severity_and_position(self, run: Run) -> None:
        """A violation has the rule, the message, the severity of GitLab, and the position."""
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        (violation,) = json.loads(run("validate", "./a.bxml", "--format", "gitlab").out)
        assert len(violation.pop("fingerprint")) == 64
        assert violation == {
            "type": "issue",
            "description": 'maxDigits="51" is too large; expected an integer from 1 to 50',
            "check_name": "invalid-value",
            "categories": ["Bug Risk"],
            "severity": "major",
            "location": {
                "path": "a.bxml",
                "lines": {"begin": 2, "end": 2},
                "positions": {"begin": {"line": 2, "column": 59}, "end": {"line": 2, "column": 61}},
            },
        }

    def test_unreadable_file_is_a_violation(self) -> None:
        """A file that could not be read is a blocker."""
        (violation,) = self.violations(UNREADABLE)
        assert (violation["severity"], violation["description"]) == ("blocker", 'Permission "denied"')
        assert violation["location"] == {"path": "b.bxml", "lines": {"begin": 1}}

    def test_fingerprints_differ_between_files(self, run: Run) -> None:
        """Equal problems of two files have different fingerprints, because GitLab merges equal fingerprints."""
        for name in ("a.bxml", "b.bxml"):
            Path(name).write_text(RISKY, encoding="utf-8")
        violations = json.loads(run("validate", ".", "--format", "gitlab").out)
        assert len({violation["fingerprint"] for violation in violations}) == len(violations) == 2

    def test_paths_are_relative_to_the_project(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Paths are relative to the directory in ``CI_PROJECT_DIR``."""
        monkeypatch.setenv("CI_PROJECT_DIR", str(Path.cwd().parent))
        Path("a.bxml").write_text(RISKY, encoding="utf-8")
        (violation,) = json.loads(run("validate", "a.bxml", "--format", "gitlab").out)
        assert violation["location"]["path"] == f"{Path.cwd().name}/a.bxml"


class TestSarif:
    """The sarif format, checked against the published schema of SARIF 2.1.0."""

    def log(self, *checked: Checked) -> Any:
        """Return the SARIF log for the given files, after checking the log against the schema."""
        log = json.loads(report("sarif", *checked))
        schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(log)
        return log

    @pytest.mark.parametrize("files", [(), (CLEAN,), (HOSTILE, UNREADABLE), (HOSTILE, CLEAN, HOSTILE)])
    def test_log_is_valid(self, files: Iterable[Checked]) -> None:
        """The log is valid by the schema, whatever the file names and messages contain."""
        self.log(*files)

    def test_the_schema_rejects_an_invalid_log(self) -> None:
        """The SARIF schema rejects a log with an unknown level, so the other tests would find an invalid log."""
        log = self.log(HOSTILE)
        log["runs"][0]["results"][0]["level"] = "fatal"
        schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(log)

    @pytest.mark.parametrize(
        ("text", "escaped"),
        [
            ("contains [object Object]", "contains [object Object]"),
            ("see [a](b)", r"see \[a\](b)"),
            (r"see [a\](b) [c]", r"see \[a\\\](b) \[c\]"),
            ("contains {{ name }} and {0}", "contains {{{{ name }}}} and {{0}}"),
        ],
    )
    def test_messages_contain_no_links_and_placeholders(self, text: str, escaped: str) -> None:
        """A message that looks like a link, or contains braces, is escaped as sections 3.11.5 and 3.11.6 of SARIF require."""
        problem = Problem(
            "invalid-value", text, line=1, column=1, end_line=1, end_column=2, fix=Fix(text, (Edit(1, 1, 1, 2, ""),))
        )
        checked = Checked("a.bxml", (problem,), "<Response/>")
        run = self.log(checked, Checked("b.bxml", failure=text))["runs"][0]
        (result,) = run["results"]
        assert result["message"]["text"] == result["fixes"][0]["description"]["text"] == escaped
        assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == f"b.bxml: {escaped}"

    def test_result_has_rule_level_and_position(self) -> None:
        """A result has the rule, the level, the region and the path in the document."""
        run = self.log(HOSTILE)["runs"][0]
        first, second = run["results"]
        rules = run["tool"]["driver"]["rules"]
        assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "invalid-value"
        (location,) = first["locations"]
        assert location["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 2, "endLine": 3, "endColumn": 4}
        assert location["physicalLocation"]["artifactLocation"] == {
            "uri": "a%3Ab%2Cc%25d%0A%1B%5B31m%E9.bxml",
            "uriBaseId": "%SRCROOT%",
        }
        assert location["logicalLocations"] == [{"fullyQualifiedName": "Response/Gather[1]/@tag", "kind": "element"}]
        assert "logicalLocations" not in second["locations"][0]
        assert run["columnKind"] == "unicodeCodePoints"

    def test_absolute_path_becomes_a_file_url(self) -> None:
        """If a file is given as an absolute path, the log contains its file URL."""
        problem = Problem("encoding", "no", "", "/a b/c.bxml", "error", 1, 1, 1, 1)
        (result,) = self.log(Checked("/a b/c.bxml", (problem,)))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///a%20b/c.bxml"}

    def test_every_rule_is_listed(self) -> None:
        """The log lists every rule, with the URL of the page that the rule is based on."""
        rules = self.log()["runs"][0]["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == [*rule_registry.entries()]
        assert all(rule["helpUri"].startswith("https://") for rule in rules)

    def test_rules_have_markdown_and_a_readable_name(self) -> None:
        """Each rule has its page as Markdown, with the examples as code blocks, and a name in Pascal case."""
        rules = self.log()["runs"][0]["tool"]["driver"]["rules"]
        for rule in rules:
            page = rule_registry.entries()[rule["id"]].page
            markdown = rule["help"]["markdown"]
            assert markdown.count("```xml\n") == page.count("::\n\n    "), rule["id"]
            assert markdown.endswith(f"[Source]({rule['helpUri']})")
            assert "**What it does**\n\n" in markdown
            assert re.fullmatch(r"(?:[A-Z][a-z0-9]+)+", rule["name"]), rule["name"]
            assert rule["name"].lower() != rule["id"]
        assert len({rule["name"] for rule in rules}) == len(rules)

    def test_log_names_the_tool(self) -> None:
        """The log contains the version of the package, and the address of the documentation."""
        driver = self.log()["runs"][0]["tool"]["driver"]
        assert driver["version"] == driver["semanticVersion"] == bxml.__version__
        project = tomllib.loads((SCHEMAS.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert driver["informationUri"] == project["urls"]["Documentation"]

    @pytest.mark.parametrize(
        "variables",
        [
            {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "c0ffee"},
            {"CI_PROJECT_URL": "https://github.example/a/b", "CI_COMMIT_SHA": "c0ffee"},
        ],
    )
    def test_log_names_the_commit(self, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
        """On GitHub Actions and GitLab, the log contains the address of the repository, and the commit."""
        for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "CI_PROJECT_URL", "CI_COMMIT_SHA"):
            monkeypatch.delenv(name, raising=False)
        assert "versionControlProvenance" not in self.log()["runs"][0]
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run = self.log()["runs"][0]
        assert run["versionControlProvenance"] == [
            {"repositoryUri": "https://github.example/a/b", "revisionId": "c0ffee", "mappedTo": {"uriBaseId": "%SRCROOT%"}}
        ]
        assert "%SRCROOT%" in run["originalUriBaseIds"]

    @pytest.mark.parametrize("name", ["./a.bxml", "x/../a.bxml", "x/.././a.bxml", str(Path("ABSOLUTE/a.bxml"))])
    def test_paths_are_normalized(self, name: str) -> None:
        """A URI contains neither ``.`` nor ``..``, and is relative if the file is in the repository."""
        name = name.replace("ABSOLUTE", str(Path.cwd()))
        problem = Problem("encoding", "no", "", name, "error", 1, 1, 1, 1)
        (result,) = self.log(Checked(name, (problem,)))["runs"][0]["results"]
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact == {"uri": "a.bxml", "uriBaseId": "%SRCROOT%"}

    def test_paths_are_relative_to_the_root_of_the_repository(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The root is the nearest directory with ``.git``."""
        Path(".git").mkdir()
        Path("a/b").mkdir(parents=True)
        monkeypatch.chdir("a/b")
        monkeypatch.setenv("GITHUB_WORKSPACE", "/elsewhere")
        uris = [
            self.log(Checked(name, failure="no"))["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["locations"][0]
            for name in ("c.bxml", "../d.bxml", "../../../e.bxml")
        ]
        found = [uri["physicalLocation"]["artifactLocation"]["uri"] for uri in uris]
        assert found == ["a/b/c.bxml", "a/d.bxml", f"file://{Path.cwd().parents[2]}/e.bxml"]

    def test_result_shows_the_text(self) -> None:
        """A result contains the marked text and the lines around it, with passwords hidden."""
        text = "<Response>\n  <A/>\n  <Pause duration='x\ny'/>\n  <Ring/>\n</Response>"
        problem = Problem("invalid-value", "no", "", "a.bxml", "error", 3, 20, 4, 2)
        (result,) = self.log(Checked("a.bxml", (problem,), text))["runs"][0]["results"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["region"]["snippet"] == {"text": "x\ny"}
        around = "  <A/>\n  <Pause duration='x\ny'/>\n  <Ring/>"
        assert physical["contextRegion"] == {"startLine": 2, "endLine": 5, "snippet": {"text": around}}
        within = Problem("invalid-value", "no", "", "a.bxml", "error", 1, 2, 1, 4)
        (result,) = self.log(Checked("a.bxml", (within,), text))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["region"]["snippet"] == {"text": "Re"}

    def test_result_does_not_show_a_long_text(self) -> None:
        """A result contains no text if the lines are long, so that the log does not grow with the length of a line."""
        problem = Problem("invalid-value", "no", "", "a.bxml", "error", 1, 1, 1, 2)
        for length, shown in ((1000, True), (1001, False)):
            (result,) = self.log(Checked("a.bxml", (problem,), "x" * length))["runs"][0]["results"]
            assert ("contextRegion" in result["locations"][0]["physicalLocation"]) == shown

    def test_problems_that_are_left_out_are_counted(self, run: Run) -> None:
        """A note says how many problems ``--max-problems`` left out. The run still counts as successful."""
        Path("a.bxml").write_text(RISKY.replace("Hello.", "Hello.<x/><y/>"), encoding="utf-8")
        log = json.loads(run("validate", "a.bxml", "--format", "sarif", "--max-problems", "1").out)
        assert len(log["runs"][0]["results"]) == 1
        (invocation,) = log["runs"][0]["invocations"]
        (note,) = invocation["toolExecutionNotifications"]
        assert note == {"level": "note", "message": {"text": "--max-problems left 2 problems out of this log."}}
        assert invocation["executionSuccessful"]

    def test_log_meets_the_requirements_of_github(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """GitHub requires a help text, descriptions of at most 1024 characters, and paths from the root of the repository."""
        monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
        run = self.log(Checked("a.bxml", (Problem("encoding", "no", "", "a.bxml", "error", 1, 1, 1, 1),)))["runs"][0]
        for rule in run["tool"]["driver"]["rules"]:
            assert rule["help"]["text"] == rule_registry.entries()[rule["id"]].plain_page
            assert len(rule["fullDescription"]["text"]) <= 1024
        artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] == f"{Path.cwd().name}/a.bxml"

    def test_unreadable_file_makes_the_run_unsuccessful(self) -> None:
        """If a file could not be read, the log says that the run was unsuccessful."""
        assert self.log(CLEAN)["runs"][0]["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
        (invocation,) = self.log(UNREADABLE)["runs"][0]["invocations"]
        assert not invocation["executionSuccessful"]
        assert invocation["toolExecutionNotifications"][0]["message"]["text"] == 'b.bxml: Permission "denied"'


class TestJUnit:
    """The junit format, checked against the schema of the JUnit plugin of Jenkins."""

    def suites(self, *checked: Checked) -> etree._Element:
        """Return the report on the given files, after checking the report against the schema."""
        root = etree.fromstring(report("junit", *checked).encode("utf-8", "surrogatepass"))
        schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
        assert schema.validate(root), schema.error_log
        return root

    @pytest.mark.parametrize("files", [(CLEAN,), (HOSTILE, UNREADABLE), (HOSTILE, CLEAN, HOSTILE)])
    def test_report_is_valid(self, files: Iterable[Checked]) -> None:
        """The report is valid by the schema, whatever the file names and messages contain."""
        self.suites(*files)

    def test_report_is_ascii(self) -> None:
        """The report is ASCII, so that its XML declaration is right in every encoding of stdout."""
        problem = Problem("encoding", "日本 is no", "", "é.bxml", "error", 1, 1, 1, 1)
        assert report("junit", Checked("é.bxml", (problem,))).isascii()

    def test_problems_are_failed_tests(self) -> None:
        """Each file is a test suite. Each problem is a failed test, and a file without problems is one passed test."""
        clean, hostile, unreadable = self.suites(CLEAN, HOSTILE, UNREADABLE)
        assert [dict(suite.attrib) for suite in (clean, unreadable)] == [
            {"name": "c.bxml", "tests": "1", "failures": "0", "errors": "0", "skipped": "0"},
            {"name": "b.bxml", "tests": "1", "failures": "0", "errors": "1", "skipped": "0"},
        ]
        assert (hostile.get("tests"), hostile.get("failures")) == ("2", "2")
        assert [case.get("name") for case in hostile] == ["invalid-value at 1:2", "encoding at 1:1"]
        assert [len(case) for case in itertools.chain(clean, hostile, unreadable)] == [0, 1, 1, 1]

    def test_tests_fail_only_for_problems_that_make_the_check_fail(self, run: Run) -> None:
        """With ``--fail-on error``, warnings are skipped tests, so the report has failed tests if the exit code is 1."""
        Path("a.bxml").write_text(RISKY, encoding="utf-8")
        Path("b.bxml").write_text(INVALID, encoding="utf-8")
        for paths, fail_on, expected, code in (
            (["a.bxml"], "error", ["skipped"], 0),
            (["a.bxml"], "warning", ["failure"], 1),
            (["a.bxml", "b.bxml"], "error", ["skipped", "failure"], 1),
        ):
            ran = run("validate", *paths, "--format", "junit", "--fail-on", fail_on)
            suites = etree.fromstring(ran.out.encode())
            assert etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd")).validate(suites)
            assert (ran.code, [str(result.tag) for suite in suites for case in suite for result in case]) == (code, expected)
            for suite, tag in zip(suites, expected, strict=True):
                counts = (suite.get("tests"), suite.get("failures"), suite.get("skipped"))
                assert counts == ("1", str(int(tag == "failure")), str(int(tag == "skipped")))
        assert (
            "not a known voice; did you mean susan?" in run("validate", "a.bxml", "--format", "junit", "--fail-on", "error").out
        )

    def test_problems_that_are_left_out_are_a_test(self, run: Run) -> None:
        """A file whose problems are left out does not become a passed test."""
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        Path("b.bxml").write_text(RISKY, encoding="utf-8")
        Path("c.bxml").write_text(VALID, encoding="utf-8")
        arguments = ("validate", ".", "--format", "junit", "--max-problems", "1")
        for fail_on, tag in (("warning", "failure"), ("error", "skipped")):
            suites = etree.fromstring(run(*arguments, "--fail-on", fail_on).out.encode())
            assert etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd")).validate(suites)
            ((_, ((result,),), (passed,))) = suites
            assert (result.tag, result.get("message")) == (tag, "--max-problems left 1 problem out of this report")
            assert passed.get("name") == "valid"


def test_report_is_written_while_files_are_checked() -> None:
    """Each format except github reports the problems of a file before the next file is checked."""
    seen: list[str] = []

    def files() -> Iterable[Checked]:
        for number in range(3):
            seen.append(f"file {number}")
            yield Checked("a", (Problem("encoding", str(number), "", "a", "error", 1, 1, 1, 1),))

    for name in set(NAMES) - {"github"}:
        seen.clear()
        for piece in format_of(name)(Results(files())):
            if seen and "encoding" in piece:
                seen.append("piece")
        assert seen == ["file 0", "piece", "file 1", "piece", "file 2", "piece"], name


def test_summary_uses_singular_and_plural(run: Run) -> None:
    """The summary says "1 error" and "2 files"."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    Path("b.bxml").write_text(INVALID, encoding="utf-8")
    assert run("validate", ".").out.endswith("\n1 error and 1 warning in 2 of 2 files; 1 problem can be fixed with --fix\n")
