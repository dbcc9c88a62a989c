"""Modifiable copies of the packages and the schema, and programs that import the copied packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


class Copy:
    """A copy of both packages and the schema.

    Args:
        directory: Empty directory for the copy.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("bxml", "callcontrol", "schemas"):
            shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.schema = directory / "schemas" / "bxml.xsd"

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a string that occurs exactly once in a file.

        Args:
            name: Path of the file in the copy.
            old: String to replace.
            new: Replacement.
        """
        file = self.directory / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} contains {old!r} {text.count(old)} times, expected once"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program that imports the copied packages.

        Args:
            program: Source of the program.
            options: Options of the Python interpreter.
        """
        environment = os.environ | {"PYTHONPATH": str(self.directory), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, *options, "-c", program]
        return subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)
