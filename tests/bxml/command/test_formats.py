"""The forms of a report, each held against its own rules."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from lxml import etree

from bxml import Problem
from bxml.command.checker import Checked, Results
from bxml.command.formats import NAMES, format_of, github, text
from bxml.lint import registry
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
"""A file and a text that try to get out of every form."""

UNREADABLE: Final = Checked("b.bxml", failure='Permission "denied"')

CLEAN: Final = Checked("c.bxml")


def report(name: str, *checked: Checked) -> str:
    """The report on some files."""
    return "".join(format_of(name)(Results(checked)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("files", [(), (CLEAN,), (HOSTILE,), (UNREADABLE,), (CLEAN, HOSTILE, UNREADABLE, CLEAN)])
def test_nothing_stops_a_report(name: str, files: Iterable[Checked]) -> None:
    """Whatever the files, their names and texts, there is a report, which moves no terminal but for colours of its own."""
    written = report(name, *files)
    for colour in (*text.COLOURS.values(), text.PLAIN):
        written = written.replace(colour, "")
    assert "\x1b" not in written
    assert "\x07" not in written
    assert name in {"json", "sarif", "junit"} or not re.search(r"##\w*\[", written)


def test_the_format_follows_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """On GitHub Actions it is GitHub's, elsewhere text, unless one is asked for."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert format_of(None) is text.report
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert format_of(None) is github.report
    assert format_of("text") is text.report


class TestText:
    """The line, and a mark under the very characters."""

    def excerpt(self, run: Run, source: str | bytes) -> list[str]:
        """What is shown of the only problem below its first line."""
        Path("a.bxml").write_bytes(source if isinstance(source, bytes) else source.encode())
        return run("validate", "a.bxml").out.splitlines()[1:-2]

    def test_mark(self, run: Run) -> None:
        """The mark is as long as what is wrong."""
        assert self.excerpt(run, INVALID) == [
            '  2 |   <Gather gatherUrl="https://app.example/menu" maxDigits="51"/>',
            "    |                                                           ^^",
        ]

    @pytest.mark.parametrize("start", ["\ufeff", "\r\n\r\n", "<!--\r-->"], ids=["BOM", "CRLF", "CR"])
    def test_starts(self, run: Run, start: str) -> None:
        """A byte order mark has no column, and lines end in any way."""
        first, mark = self.excerpt(run, start + "<Response><Pause duration='x'/></Response>")
        assert first.endswith("<Response><Pause duration='x'/></Response>")
        assert first.index("x") == mark.index("^")

    def test_tabs(self, run: Run) -> None:
        """Tabs are repeated, so that the mark stands right however wide they are."""
        assert self.excerpt(run, "<Response>\n\t<Tag>\t</Tag>\t<Pause duration='x'/>\n</Response>") == [
            "  2 | \t<Tag>\t</Tag>\t<Pause duration='x'/>",
            "    | \t     \t      \t                 ^",
        ]

    def test_wide_and_narrow_characters(self, run: Run) -> None:
        """A mark stands under characters that take two places, or none."""
        assert self.excerpt(run, "<Response><Tag>日本e\u0301</Tag><Pause duration='日本'/></Response>") == [
            "  1 | <Response><Tag>日本e\u0301</Tag><Pause duration='日本'/></Response>",
            "    |                                            ^^^^",
        ]

    def test_wide_blanks_and_what_cannot_be_shown(self, run: Run) -> None:
        """A mark stands right behind blanks of other scripts, and behind signs that no terminal shows."""
        first, mark = self.excerpt(run, "<Response><Tag>\u3000\u3000\u202e\u00a0</Tag><Pause duration='x'/></Response>")
        assert "\N{REPLACEMENT CHARACTER}" in first
        assert mark.index("^") == first.index("x'/>") + 2  # two of the blanks are as wide as two

    def test_long_lines(self, run: Run) -> None:
        """Of a long line, the part around the problem is shown."""
        before, behind = "<Pause/>" * 100, "<Ring/>" * 100
        first, mark = self.excerpt(run, f"<Response>{before}<Pause duration='x'/>{behind}</Response>")
        assert len(first) == text.WIDEST + len("  1 | ……")
        assert first.index("'x'") + 1 == mark.index("^")
        first, mark = self.excerpt(run, f"<Response>{before}<Pause duration='{'x' * 200}'/></Response>")
        assert len(mark) <= len(first)

    def test_the_ends_of_long_lines(self, run: Run) -> None:
        """Near an end, the line is shown from there."""
        first, _ = self.excerpt(run, f"<Response><Pause duration='x'/>{'<Pause/>' * 100}</Response>")
        assert first.startswith("  1 | <Response>")
        assert first.endswith("…")
        first, _ = self.excerpt(run, f"<Response>{'<Pause/>' * 100}<Pause duration='x'/></Response>")
        assert first.startswith("  1 | …")
        assert first.endswith("</Response>")

    def test_ranges_of_several_lines(self, run: Run) -> None:
        """Of a range of several lines the first is marked to its end."""
        assert self.excerpt(run, "<Response><Pause duration='x\n  y'/></Response>") == [
            "  1 | <Response><Pause duration='x",
            "    |                            ^",
        ]

    def test_nothing_to_show(self, run: Run) -> None:
        """Of an empty line nothing is shown."""
        assert self.excerpt(run, "") == []

    def test_utf_16(self, run: Run) -> None:
        """Places are right in a file that ought not to be UTF-16."""
        Path("a.bxml").write_bytes("<Response>\n  <Pause duration='é'/>\n</Response>".encode("utf-16"))
        assert run("validate", "a.bxml").out == (
            "a.bxml:1:1: error: the encoding is UTF-16; BXML is UTF-8 [encoding]\n"
            "  1 | <Response>\n"
            "    | ^\n\n"
            'a.bxml:2:20: error: duration="é" is not a number of seconds from 0.1 to 86400 [invalid-value]\n'
            "  2 |   <Pause duration='é'/>\n"
            "    |                    ^\n\n"
            "2 errors in 1 of 1 file\n"
        )


class TestGitHub:
    """Annotations, of which GitHub shows ten of each severity."""

    def lines(self, run: Run, errors: int, warnings: int) -> list[str]:
        """The report on so many problems."""
        pauses = "<Pause duration='0'/>" * errors
        voices = "<SpeakSentence voice='x'>a</SpeakSentence>" * warnings
        Path("a.bxml").write_text(f"<Response>\n{voices}{pauses}</Response>", encoding="utf-8")
        return run("validate", "a.bxml", "--format", "github").out.splitlines()

    def test_annotation(self, run: Run) -> None:
        """A problem is an annotation at its place."""
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        assert run("validate", "a.bxml", "--format", "github").out.splitlines() == [
            (
                "::error file=a.bxml,line=2,col=59,endLine=2,endColumn=61,title=invalid-value"
                '::maxDigits="51" is too large; it takes a whole number from 1 to 50'
            ),
            "1 error in 1 of 1 file",
        ]

    def test_errors_come_first(self, run: Run) -> None:
        """The worst comes first, since the last may not be shown."""
        kinds = [line.split()[0] for line in self.lines(run, 2, 3)]
        assert kinds == ["::error"] * 2 + ["::warning"] * 3 + ["2"]

    def test_what_is_left_out_is_counted(self, run: Run) -> None:
        """What GitHub would not show stands in the log, and the last line says how much it is."""
        lines = self.lines(run, 12, 11)
        assert sum(line.startswith("::error") for line in lines) == 10
        assert sum(line.startswith("::warning") for line in lines) == 10
        assert [line.split()[0].rstrip("0123456789:") for line in lines[:3]] == ["a.bxml"] * 3
        assert lines[-1] == "12 errors and 11 warnings in 1 of 1 file; 3 of them not annotated, but listed above"

    def test_nothing_gets_out_of_a_command(self) -> None:
        """No name and no message ends a command or begins another."""
        written = report("github", HOSTILE).splitlines()
        assert len(written) == 3
        assert written[0].startswith("::error file=a%3Ab%2Cc%25d\\n\\x1b[31m\\udce9.bxml")
        assert written[0].endswith('::tag="%250A::error::x" is\\x07 no #\N{ZERO WIDTH SPACE}#[error]')

    def test_paths_are_those_of_the_repository(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A step that runs in a directory of the repository annotates the files of the repository."""
        monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
        Path("a.bxml").write_text(INVALID, encoding="utf-8")
        assert f"file={Path.cwd().name}/a.bxml," in run("validate", "a.bxml", "--format", "github").out

    def test_ranges_of_several_lines(self, run: Run) -> None:
        """GitHub takes columns of a range within one line only."""
        Path("a.bxml").write_text("<Response><Pause duration='x\ny'/></Response>", encoding="utf-8")
        (line, _) = run("validate", "a.bxml", "--format", "github").out.splitlines()
        assert "line=1,col=28,endLine=2,title" in line


class TestJson:
    """An object with everything."""

    def test_members(self, run: Run) -> None:
        """The members are those that the documentation names, no more."""
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
                    "message": 'maxDigits="51" is too large; it takes a whole number from 1 to 50',
                }
            ],
            "failures": [],
            "summary": {"files": 2, "files_with_problems": 1, "errors": 1, "warnings": 0},
        }

    def test_failures(self) -> None:
        """A file that could not be read is told of."""
        assert json.loads(report("json", UNREADABLE))["failures"] == [{"file": "b.bxml", "message": 'Permission "denied"'}]


class TestSarif:
    """SARIF 2.1.0, by its published schema."""

    def log(self, *checked: Checked) -> Any:
        """The log on some files, which the schema allows."""
        log = json.loads(report("sarif", *checked))
        schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(log)
        return log

    @pytest.mark.parametrize("files", [(), (CLEAN,), (HOSTILE, UNREADABLE), (HOSTILE, CLEAN, HOSTILE)])
    def test_schema(self, files: Iterable[Checked]) -> None:
        """The schema allows the log, whatever is in it."""
        self.log(*files)

    def test_the_schema_refuses_something(self) -> None:
        """The schema is one that can say no."""
        log = self.log(HOSTILE)
        log["runs"][0]["results"][0]["level"] = "fatal"
        schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(log)

    def test_result(self) -> None:
        """A result names its rule, its level, and its place by line, column and path."""
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

    def test_absolute_names(self) -> None:
        """A file that was named from the root of the machine has a URL of its own."""
        problem = Problem("encoding", "no", "", "/a b/c.bxml", "error", 1, 1, 1, 1)
        (result,) = self.log(Checked("/a b/c.bxml", (problem,)))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///a%20b/c.bxml"}

    def test_rules(self) -> None:
        """Every rule is there, with its page."""
        rules = self.log()["runs"][0]["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == [*registry.entries()]
        assert all(rule["helpUri"].startswith("https://") for rule in rules)

    def test_what_github_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """GitHub wants a help text, no long descriptions, and paths from the root of the repository."""
        monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
        run = self.log(Checked("a.bxml", (Problem("encoding", "no", "", "a.bxml", "error", 1, 1, 1, 1),)))["runs"][0]
        for rule in run["tool"]["driver"]["rules"]:
            assert rule["help"]["text"] == registry.entries()[rule["id"]].page
            assert len(rule["fullDescription"]["text"]) <= 1024
        artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] == f"{Path.cwd().name}/a.bxml"

    def test_failures(self) -> None:
        """A run that could not read a file was no success."""
        assert self.log(CLEAN)["runs"][0]["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
        (invocation,) = self.log(UNREADABLE)["runs"][0]["invocations"]
        assert not invocation["executionSuccessful"]
        assert invocation["toolExecutionNotifications"][0]["message"]["text"] == 'b.bxml: Permission "denied"'


class TestJUnit:
    """JUnit's XML, by the schema of the plug-in that Jenkins has for it."""

    def suites(self, *checked: Checked) -> etree._Element:
        """The report on some files, which the schema allows."""
        root = etree.fromstring(report("junit", *checked).encode("utf-8", "surrogatepass"))
        schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
        assert schema.validate(root), schema.error_log
        return root

    @pytest.mark.parametrize("files", [(CLEAN,), (HOSTILE, UNREADABLE), (HOSTILE, CLEAN, HOSTILE)])
    def test_schema(self, files: Iterable[Checked]) -> None:
        """The schema allows the report, whatever is in it."""
        self.suites(*files)

    def test_encoding(self) -> None:
        """The report is what it says of itself in every encoding that a terminal may have."""
        problem = Problem("encoding", "日本 is no", "", "é.bxml", "error", 1, 1, 1, 1)
        assert report("junit", Checked("é.bxml", (problem,))).isascii()

    def test_counts(self) -> None:
        """A file is a suite, a problem a failed test, a clean file one that has passed."""
        clean, hostile, unreadable = self.suites(CLEAN, HOSTILE, UNREADABLE)
        assert [dict(suite.attrib) for suite in (clean, unreadable)] == [
            {"name": "c.bxml", "tests": "1", "failures": "0", "errors": "0"},
            {"name": "b.bxml", "tests": "1", "failures": "0", "errors": "1"},
        ]
        assert (hostile.get("tests"), hostile.get("failures")) == ("2", "2")
        assert [case.get("name") for case in hostile] == ["invalid-value at 1:2", "encoding at 1:1"]
        assert [len(case) for case in itertools.chain(clean, hostile, unreadable)] == [0, 1, 1, 1]


def test_pieces_come_as_the_files_do() -> None:
    """Nothing is kept back: what is said of a file is there before the next is checked."""
    seen: list[str] = []

    def files() -> Iterable[Checked]:
        for number in range(3):
            seen.append(f"file {number}")
            yield Checked("a", (Problem("encoding", str(number), "", "a", "error", 1, 1, 1, 1),))

    for form in set(NAMES) - {"github"}:
        seen.clear()
        for piece in format_of(form)(Results(files())):
            if seen and "encoding" in piece:
                seen.append("piece")
        assert seen == ["file 0", "piece", "file 1", "piece", "file 2", "piece"], form


def test_a_summary_has_its_plural(run: Run) -> None:
    """One is one."""
    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    Path("b.bxml").write_text(INVALID, encoding="utf-8")
    assert run("validate", ".").out.endswith("\n1 error and 1 warning in 2 of 2 files\n")
