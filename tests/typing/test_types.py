"""The types of the public names: type checkers accept correct calls and reject wrong ones."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", ["builder.py", "strategies.py"])
def test_mypy_rejects_exactly_the_marked_lines(name: str) -> None:
    """In strict mode mypy reports each marked line with the marked error, and no other line."""
    command = [sys.executable, "-m", "mypy", "--strict", str(FOLDER / name)]
    finished = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)
    assert finished.stdout == "Success: no issues found in 1 source file\n", finished.stdout + finished.stderr
