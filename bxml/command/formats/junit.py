"""The junit format: JUnit XML, which GitLab, Jenkins and most CI systems show as test results."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.checker import Checked, Results
from bxml.command.formats import concise
from bxml.problem import Problem
from bxml.xml_text import escape_attribute, escape_text, illegal_character


def report(results: Results) -> Iterator[str]:
    """Yield a test suite for each file, with a failed test for each problem, or one passed test if there is no problem."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bxml validate">\n'
    for checked in results:
        # Character references keep the output valid UTF-8, whatever the encoding of stdout is.
        yield _suite(checked).encode("ascii", "xmlcharrefreplace").decode()
    yield "</testsuites>\n"


def _suite(checked: Checked) -> str:
    cases = [_failed(checked, problem) for problem in checked.problems]
    if checked.failure:
        cases.append(_case(checked.name, "readable", f"<error{_attribute('message', checked.failure)}/>"))
    counts = f'failures="{len(checked.problems)}" errors="{int(checked.failure is not None)}"'
    opening = f'<testsuite{_attribute("name", checked.name)} tests="{len(cases) or 1}" {counts}>'
    return "\n".join((opening, *(cases or [_case(checked.name, "valid")]), "</testsuite>\n"))


def _failed(checked: Checked, problem: Problem) -> str:
    name = f"{problem.rule} at {problem.line}:{problem.column}"
    text = escape_text(_legal(concise.line(problem)))
    attributes = _attribute("type", problem.severity) + _attribute("message", problem.message)
    return _case(checked.name, name, f"<failure{attributes}>{text}</failure>")


def _case(file: str, name: str, inside: str = "") -> str:
    return f"<testcase{_attribute('classname', file)}{_attribute('name', name)}>{inside}</testcase>"


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape_attribute(_legal(value))}"'


def _legal(text: str) -> str:
    """Replace the characters that XML does not allow."""
    return "".join("\N{REPLACEMENT CHARACTER}" if illegal_character(character) else character for character in text)
