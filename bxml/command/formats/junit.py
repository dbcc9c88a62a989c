"""The junit format: JUnit XML, which GitLab, Jenkins and most CI systems show as test results."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.checker import Checked, Results
from bxml.command.formats import concise
from bxml.messages.text import counted
from bxml.problem import Problem
from bxml.xml_text import escape_attribute, escape_text, illegal_character


def report(results: Results) -> Iterator[str]:
    """Yield a test suite for each file, with a test for each problem, or one passed test if there is no problem.

    A test fails if its problem makes the check fail; otherwise it is skipped, with the message of the problem.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bxml validate">\n'
    for checked in results:
        # Character references keep the output valid UTF-8, whatever the encoding of stdout is.
        yield _suite(checked, results).encode("ascii", "xmlcharrefreplace").decode()
    yield "</testsuites>\n"


def _suite(checked: Checked, results: Results) -> str:
    cases = [_problem(checked, problem, fails=results.fails(problem)) for problem in checked.problems]
    if checked.left_out:
        cases.append(_left_out(checked, fails=any(map(results.fails, checked.left_out))))
    if checked.failure:
        cases.append(_case(checked.name, "readable", f"<error{_attribute('message', checked.failure)}/>"))
    counts = "".join(f' {name}s="{sum(f"<{name} " in case for case in cases)}"' for name in ("failure", "error"))
    skipped = f' skipped="{sum("<skipped " in case for case in cases)}"'
    opening = f'<testsuite{_attribute("name", checked.name)} tests="{len(cases) or 1}"{counts}{skipped}>'
    return "\n".join((opening, *(cases or [_case(checked.name, "valid")]), "</testsuite>\n"))


def _problem(checked: Checked, problem: Problem, *, fails: bool) -> str:
    """Return a failed test, or a skipped test for a problem that does not make the check fail."""
    name = f"{problem.rule} at {problem.line}:{problem.column}"
    message = _attribute("message", problem.message)
    if not fails:
        return _case(checked.name, name, f"<skipped{message}/>")
    text = escape_text(_legal(concise.line(problem)))
    return _case(checked.name, name, f"<failure{_attribute('type', problem.severity)}{message}>{text}</failure>")


def _left_out(checked: Checked, *, fails: bool) -> str:
    """Return a test that stands for the problems that are not reported."""
    message = _attribute("message", f"--max-problems left {counted(len(checked.left_out), 'problem')} out of this report")
    return _case(checked.name, "more problems", f"<{'failure' if fails else 'skipped'}{message}/>")


def _case(file: str, name: str, inside: str = "") -> str:
    return f"<testcase{_attribute('classname', file)}{_attribute('name', name)}>{inside}</testcase>"


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape_attribute(_legal(value))}"'


def _legal(text: str) -> str:
    """Replace the characters that XML does not allow."""
    return "".join("\N{REPLACEMENT CHARACTER}" if illegal_character(character) else character for character in text)
