"""Docstrings begin with a statement, not with a question word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
FILES: Final = [
    path
    for folder in ("bxml", "callcontrol", "tests", "examples", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
] + sorted(ROOT.glob("*.py"))
QUESTION: Final = re.compile(r"(What|Whatever|Who|Whoever|Whether|Which|When|Where|Why|How|However)\b")


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each docstring, including docstrings below constants and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def questions(source: str) -> list[tuple[int, str]]:
    """Return the line number and the first line of each docstring that begins with a question word."""
    return [(line, text.splitlines()[0]) for line, text in texts(ast.parse(source)) if QUESTION.match(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_begins_with_a_question_word(path: Path) -> None:
    """The first words of a docstring state what something is or does."""
    assert questions(path.read_text(encoding="utf-8")) == []


def test_a_question_word_is_found_in_every_kind_of_docstring() -> None:
    """Docstrings of modules, functions and constants are read. The word ``Whole`` is not mistaken for ``Who``."""
    source = '"""Whether."""\ndef f():\n    """What it is."""\nX = 1\n"""How many."""\nY = 2\n"""Whole numbers."""\n'
    assert sorted(line for line, _ in questions(source)) == [1, 3, 5]
