"""What an application raised is told to those who wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcontrol.emulator.apps import tracebacks


def raised(source: str, path: str = "/srv/application.py") -> Exception:
    """What some code raises that lies there."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  any
        exec(compile(source, path, "exec"), {"json": json})
    error = caught.value
    assert error.__traceback__
    return error.with_traceback(error.__traceback__.tb_next)


class TestInOneLine:
    """For headlines."""

    @pytest.mark.parametrize(
        ("error", "line"),
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
    def test_a_line(self, error: Exception, line: str) -> None:
        """It has the type and the words, and no more than so many of them."""
        assert tracebacks.line(error) == line

    def test_notes_are_left_to_the_report(self) -> None:
        """They are lines of their own."""
        error = ValueError("a")
        error.add_note("b")
        assert tracebacks.line(error) == "ValueError: a"
        assert tracebacks.report(error) == "ValueError: a\nb"

    def test_an_error_that_cannot_be_shown(self) -> None:
        """It does no further harm."""

        class Broken(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        assert tracebacks.line(Broken()).endswith("Broken: <exception str() failed>")


class TestInFull:
    """For who mends the application."""

    def test_it_begins_with_the_applications_own_code(self) -> None:
        """What called it is left out, and what it called itself is not."""
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

    def test_it_is_whole_if_none_is_its_own(self) -> None:
        """As of an application that is installed, beside its framework."""
        framework = str(Path(pytest.__file__).parent / "framework.py")
        error = raised("def call():\n    raise KeyError(1)\ncall()\n", framework)
        assert tracebacks.report(error).count("framework.py") == 2

    @pytest.mark.parametrize(("how", "words"), [(" from error", "direct cause"), ("", "another exception occurred")])
    def test_so_do_the_errors_before_it(self, how: str, words: str) -> None:
        """Those that it was raised from, or while they were handled."""
        source = f"try:\n    json.loads('x')\nexcept ValueError as error:\n    raise KeyError(1){how}\n"
        report = tracebacks.report(raised(source))
        assert words in report
        assert report.count('File "/srv/application.py"') == 2
        assert report.endswith("KeyError: 1")
