"""Copies of the packages and the schema that a test can change, and programs that run on them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


class Copy:
    """Both packages and the schema in a folder of their own."""

    def __init__(self, directory: Path) -> None:
        """Copy them into an empty folder."""
        self.directory = directory
        for name in ("bxml", "callcontrol", "schemas"):
            shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.schema = directory / "schemas" / "bxml.xsd"

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace the only occurrence of a text in a file."""
        file = self.directory / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program that imports the copies, with options of the interpreter."""
        environment = os.environ | {"PYTHONPATH": str(self.directory), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, *options, "-c", program]
        return subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)
