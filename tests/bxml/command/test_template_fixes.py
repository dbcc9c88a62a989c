"""Fixes of templates: a fix never changes a tag, and is left out if it is not certain for every output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bxml.command.conftest import Run


def fixed(run: Run, text: str, *options: str) -> str:
    """Return a template after ``--fix``."""
    Path("menu.bxml").write_text(text, encoding="utf-8")
    run("validate", "menu.bxml", "--fix", "--template", "jinja", *options)
    return Path("menu.bxml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            '{% if a %}<Pause duration="1,5"/>{% endif %}', '{% if a %}<Pause duration="1.5"/>{% endif %}', id="in a condition"
        ),
        pytest.param(
            "<Say>Hello {{ name }}</Say>", "<SpeakSentence>Hello {{ name }}</SpeakSentence>", id="two edits around a tag"
        ),
        pytest.param(
            '<Gather requestUrl="{{ url }}"/>', '<Gather gatherUrl="{{ url }}"/>', id="name of an attribute with a tag"
        ),
    ],
)
def test_fixes_keep_tags(before: str, after: str, run: Run) -> None:
    """A fix that touches no tag is applied, and every tag stays as it is."""
    assert fixed(run, f"<Response>{before}</Response>") == f"<Response>{after}</Response>"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<Redirect>{{ url }}</Redirect>", id="text with a tag"),
        pytest.param("<Redirect>/menu{{ id }}</Redirect>", id="text that ends with a tag"),
        pytest.param("<Redirect>/menu{# later #}</Redirect>", id="text with a comment"),
        pytest.param('<Gather requestUrl="/x" {{ more }}/>', id="unknown attributes"),
        pytest.param("<Say>Hello {% if a %}Ann{% else %}Ben{% endif %}</Say>", id="conditions between two edits"),
        pytest.param('<Gather {% if a %}numDigits="1"{% else %}numDigits="2"{% endif %}/>', id="hidden branch"),
    ],
)
def test_uncertain_fixes_are_left_out(text: str, run: Run) -> None:
    """A fix is left out if it overlaps a tag, copies a tag, or is not certain for every output."""
    text = f"<Response>{text}</Response>"
    assert fixed(run, text) == text


def test_problems_in_programs_have_no_fix(run: Run) -> None:
    """The text of a fix is not written in the syntax of a program, so programs are not changed."""
    text = 'x = """<Response><Pause duration="1,5"/></Response>"""\n'
    Path("a.py").write_text(text, encoding="utf-8")
    report = json.loads(run("validate", "a.py", "--embedded", "--fix", "--format", "json").out)
    assert [problem["fix"] for problem in report["problems"]] == [None]
    assert Path("a.py").read_text(encoding="utf-8") == text


def test_diff_of_a_template_hides_passwords(run: Run) -> None:
    """A quotation mark in a tag does not end a password, so the rest of the tag is hidden too."""
    url = 'gatherUrl="https://u:pass@app.example/{{ a["b"] }}" password="hidden{{ c["d"] }}word"'
    Path("menu.bxml").write_text(f'<Response>\n<Gather {url}/>\n<Pause duration="1,5"/></Response>\n', encoding="utf-8")
    ran = run("validate", "menu.bxml", "--diff", "--template", "jinja")
    assert (ran.code, ran.out) == (1, "")
    assert not any(word in ran.out for word in ("pass@", "hidden", 'word"'))


def test_every_report_has_the_places_of_templates_and_programs(run: Run) -> None:
    """Problems in templates and programs are in every report, at their lines of the file."""
    Path("a.bxml.j2").write_text('<Response>\n{% if a %}\n<Pause duration="x"/>{% endif %}</Response>\n', encoding="utf-8")
    Path("b.py").write_text('\nx = """\n<Response>\n<Pause duration="y"/></Response>"""\n', encoding="utf-8")
    files = [f"--output-file={name}={name}" for name in ("json", "sarif", "gitlab", "junit", "github", "concise")]
    ran = run("validate", ".", "--template", "auto", "--embedded", *files)
    assert "a.bxml.j2:3:18" in ran.out
    assert "b.py:4:18" in ran.out
    places = [("a.bxml.j2", 3, 18), ("b.py", 4, 18)]
    found = json.loads(Path("json").read_text(encoding="utf-8"))["problems"]
    assert [(each["file"], each["line"], each["column"]) for each in found] == places
    results = json.loads(Path("sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    physical = [result["locations"][0]["physicalLocation"] for result in results]
    assert [
        (each["artifactLocation"]["uri"], each["region"]["startLine"], each["region"]["startColumn"]) for each in physical
    ] == places
    violations = [each["location"] for each in json.loads(Path("gitlab").read_text(encoding="utf-8"))]
    assert [
        (each["path"], each["positions"]["begin"]["line"], each["positions"]["begin"]["column"]) for each in violations
    ] == places
    for name, form in (("junit", "{}:{}"), ("github", "line={},col={}"), ("concise", ":{}:{}:")):
        text = Path(name).read_text(encoding="utf-8")
        assert all(form.format(line, column) in text for _, line, column in places)


def test_baseline_of_templates_and_programs(run: Run) -> None:
    """Known problems in templates and programs stay known when their lines move."""
    template = '<Response><Pause duration="x"/>{{ a }}</Response>\n'
    program = "x = \"<Response><Pause duration='y'/></Response>\"\n"
    options = ("--template", "auto", "--embedded", "--baseline", "bxml-baseline.json")
    for lines in ("", "\n\n"):
        Path("a.bxml").write_text(lines + template, encoding="utf-8")
        Path("b.py").write_text(lines + program, encoding="utf-8")
        if not lines:
            run("validate", ".", *options, "--write-baseline")
    assert run("validate", ".", *options) == (0, "no new problems in 2 files; 2 known problems in the baseline\n", "")


def test_a_template_hides_known_problems(run: Run) -> None:
    """Problems of the baseline are not called fixed if the file is reported as a template, because they were not searched."""
    Path("a.bxml").write_text('<Response><Pause duration="x"/></Response>\n', encoding="utf-8")
    run("validate", ".", "--write-baseline")
    Path("a.bxml").write_text('<Response>{% if a %}<Pause duration="x"/>{% endif %}</Response>\n', encoding="utf-8")
    ran = run("validate", ".", "--baseline", "bxml-baseline.json")
    assert (ran.code, ran.err) == (1, "")
    assert "[template]" in ran.out


def test_show_files_lists_templates_and_programs(run: Run) -> None:
    """The list contains templates with ``--template``, and programs with BXML with ``--embedded``."""
    Path("a.bxml.j2").write_text("<Response/>", encoding="utf-8")
    Path("b.py").write_text("x = '<Response/>'", encoding="utf-8")
    Path("c.py").write_text("x = 1", encoding="utf-8")
    ran = run("validate", ".", "--show-files", "--template", "auto", "--embedded")
    assert ran == (0, "a.bxml.j2\nb.py\n", "")
