"""Exceptions of an application are reported to its developer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcontrol.emulator.apps import tracebacks


def raised(source: str, path: str = "/srv/application.py") -> Exception:
    """Run source code as if it were a file at the given path, and return the exception that it raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  any exception
        exec(compile(source, path, "exec"), {"json": json})
    error = caught.value
    assert error.__traceback__
    return error.with_traceback(error.__traceback__.tb_next)


class TestSummary:
    """The summary of an exception is one line."""

    @pytest.mark.parametrize(
        ("error", "summary"),
        [
            (KeyError("boom"), "KeyError: 'boom'"),
            (RuntimeError(), "RuntimeError"),
            (ValueError("one\n  two"), "ValueError: one two"),
            (json.JSONDecodeError("no JSON", "", 0), "json.decoder.JSONDecodeError: no JSON: line 1 column 1 (char 0)"),
            (raised("raise IndentationError('lost')"), "IndentationError: lost"),
            (raised("1 +"), "SyntaxError: invalid syntax"),
            (RuntimeError("x" * 300), f"RuntimeError: {'x' * 186}…"),
        ],
    )
    def test_summary_has_type_and_message(self, error: Exception, summary: str) -> None:
        """A long message is cut."""
        assert tracebacks.summary(error) == summary

    def test_notes_are_in_the_report_only(self) -> None:
        """Notes of an exception are separate lines of the report."""
        error = ValueError("a")
        error.add_note("b")
        assert tracebacks.summary(error) == "ValueError: a"
        assert tracebacks.report(error) == "ValueError: a\nb"

    def test_error_whose_str_fails(self) -> None:
        """An exception whose ``str()`` fails is summarized without raising."""

        class Broken(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        assert tracebacks.summary(Broken()).endswith("Broken: <exception str() failed>")


class TestReport:
    """The report of an exception is its traceback."""

    def test_report_starts_in_the_applications_own_code(self) -> None:
        """The callers of the application are left out, and the code that it calls is kept."""
        framework = str(Path(pytest.__file__).parent / "framework.py")
        called = {"json": json}
        exec(compile("def view():\n    json.loads('x')\n", "/srv/application.py", "exec"), called)
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            exec(compile("def call():\n    view()\ncall()\n", framework, "exec"), called)
        assert caught.value.__traceback__
        error = caught.value.with_traceback(caught.value.__traceback__.tb_next)
        head, first, *rest = tracebacks.report(error).splitlines()
        assert (head, first) == ("Traceback (most recent call last):", '  File "/srv/application.py", line 2, in view')
        assert any("json" in line and "File" in line for line in rest)
        assert "framework.py" not in "".join(rest)

    def test_report_is_complete_without_frames_of_the_application(self) -> None:
        """The report has all frames if no frame belongs to the application's own code, as with an installed application."""
        framework = str(Path(pytest.__file__).parent / "framework.py")
        error = raised("def call():\n    raise KeyError(1)\ncall()\n", framework)
        assert tracebacks.report(error).count("framework.py") == 2

    @pytest.mark.parametrize(("clause", "text"), [(" from error", "direct cause"), ("", "another exception occurred")])
    def test_causes_start_in_the_applications_own_code(self, clause: str, text: str) -> None:
        """The traceback of a cause, or of an exception that was being handled, also leaves out the callers."""
        source = f"try:\n    json.loads('x')\nexcept ValueError as error:\n    raise KeyError(1){clause}\n"
        report = tracebacks.report(raised(source))
        assert text in report
        assert report.count('File "/srv/application.py"') == 2
        assert report.endswith("KeyError: 1")
