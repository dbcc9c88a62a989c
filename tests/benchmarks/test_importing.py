"""Time to import bxml, its dependency lxml, and the vendor's BXML package, each in a new process.

``python -m tests.benchmarks`` prints ratios, which are more comparable than seconds.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

MODULES: Final = {"bxml": "bxml", "bandwidth-sdk": "bandwidth.models.bxml", "lxml": "lxml.etree"}
"""For each name of a package: the module to import."""


FIRST_DOCUMENT: Final = "from bxml import Response; Response().speak_sentence('Hello.').hangup().to_bytes()"
"""Statements that import bxml and write a first document. Writing the document also loads lxml and the schema."""


def as_installed() -> dict[str, str]:
    """Return environment variables with which Python caches bytecode, as it does for installed packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_to_import(module: str) -> float:
    """Return the seconds that a new process needs to import a module. The start of Python is not counted."""
    return seconds_to_run_statements(f"import {module}")


def seconds_to_run_statements(statements: str) -> float:
    """Return the seconds that a new process needs to run statements. The start of Python is not counted."""
    script = f"from time import perf_counter as now; start = now(); {statements}; print(now() - start)"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    return float(subprocess.run(command, cwd=root, env=as_installed(), capture_output=True, check=True).stdout)


def test_first_document(benchmark: BenchmarkFixture) -> None:
    """A first document can be written in a new process."""
    assert benchmark.pedantic(seconds_to_run_statements, args=(FIRST_DOCUMENT,), rounds=10) > 0  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_importing(benchmark: BenchmarkFixture, module: str) -> None:
    """Each package can be imported in a new process."""
    assert benchmark.pedantic(seconds_to_import, args=(module,), rounds=10) > 0  # type: ignore[no-untyped-call]
