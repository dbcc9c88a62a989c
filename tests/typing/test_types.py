"""The types of the package are part of what it offers, and are tested like the rest."""

import subprocess
import sys
from pathlib import Path

BUILDER = Path(__file__).with_name("builder.py")


def test_mypy_tells_right_uses_from_wrong_ones() -> None:
    """In strict mode mypy finds each of the wrong uses in the file, with the error that is marked, and no others."""
    command = [sys.executable, "-m", "mypy", "--strict", str(BUILDER)]
    finished = subprocess.run(command, cwd=BUILDER.parents[2], capture_output=True, text=True, check=False)
    assert finished.stdout == "Success: no issues found in 1 source file\n", finished.stdout + finished.stderr
