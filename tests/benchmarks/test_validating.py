"""Compare the time of ``bxml validate`` with that of other schema validators, for 2,000 files and for one file.

``xmllint`` is libxml2's command, written in C, and ``xmlschema-validate`` is the command of xmlschema. Both check
only against the schema, without the linter's rules. ``python -m tests.benchmarks`` prints ratios, which are more comparable
than seconds.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.test_importing import as_installed

SCHEMA: Final = Path(__file__).parents[2] / "schemas" / "bxml.xsd"
SCRIPTS: Final = Path(sys.executable).parent
FILES: Final = 2000
"""Number of files."""

DOCUMENT: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <StartRecording recordingAvailableUrl="https://app.example/recordings/{number}" fileFormat="mp3"/>
  <SpeakSentence voice="julie">You have reached office {number} of <emphasis level="strong">Example</emphasis>.</SpeakSentence>
  <Pause duration="{short}"/>
  <PlayAudio username="user" password="pass">https://app.example/audio/{number}/welcome.wav</PlayAudio>
  <Gather gatherUrl="https://app.example/menu/{number}" gatherFallbackUrl="https://backup.example/menu" maxDigits="1" \
firstDigitTimeout="8" repeatCount="2" tag="menu {number}">
    <SpeakSentence voice="julie">Press 1 for sales, 2 for support<break time="500ms"/>, or 3 to leave a message.</SpeakSentence>
    <PlayAudio>https://app.example/audio/or-hold.wav</PlayAudio>
  </Gather>
</Response>
"""
"""A valid document of about 0.8 KB."""


def write_files(directory: Path, number: int = FILES) -> None:
    """Write the given number of documents into a directory."""
    for each in range(number):
        document = DOCUMENT.format(number=each, short=each % 10 + 1)
        (directory / f"{each:04}.bxml").write_text(document, encoding="utf-8")


def commands(directory: Path) -> dict[str, list[str]]:
    """Return, for each installed package, the command that checks all files of a directory."""
    files = sorted(map(str, directory.iterdir()))
    all_commands = {
        "bxml": [str(SCRIPTS / "bxml"), "validate", str(directory)],
        "xmllint": ["xmllint", "--noout", "--schema", str(SCHEMA), *files],
        "xmlschema": [str(SCRIPTS / "xmlschema-validate"), "--schema", str(SCHEMA), *files],
    }
    return {name: command for name, command in all_commands.items() if shutil.which(command[0])}


def one_file(directory: Path) -> dict[str, list[str]]:
    """Return a command that checks one file, and a command that only imports lxml and click, as the lower bound."""
    return {
        "bxml": [str(SCRIPTS / "bxml"), "validate", str(min(directory.iterdir()))],
        "lxml and click": [sys.executable, "-c", "import lxml.etree, click"],
    }


def seconds_to_run(command: list[str]) -> float:
    """Return the seconds that a command takes in a new process. The command must exit with code 0."""
    environment = as_installed()
    start = perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return perf_counter() - start


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with 20 files to check."""
    directory = tmp_path_factory.mktemp("files")
    write_files(directory, 20)
    return directory


@pytest.mark.parametrize("name", ["bxml", "xmllint", "xmlschema"])
def test_validating(benchmark: BenchmarkFixture, directory: Path, name: str) -> None:
    """Each command accepts all files."""
    command = commands(directory).get(name)
    if command is None:
        pytest.skip(f"{name} is not installed")
    assert benchmark.pedantic(seconds_to_run, args=(command,), rounds=3) > 0  # type: ignore[no-untyped-call]


def test_validating_one_file(benchmark: BenchmarkFixture, directory: Path) -> None:
    """The command accepts one file."""
    assert benchmark.pedantic(seconds_to_run, args=(one_file(directory)["bxml"],), rounds=3) > 0  # type: ignore[no-untyped-call]
