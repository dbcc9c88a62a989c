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
"""For each package, by its name: the module to import."""


def as_installed() -> dict[str, str]:
    """Return an environment in which Python caches bytecode, as it does for installed packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_to_import(module: str) -> float:
    """Return the seconds that a new process needs to import a module, without the start of Python."""
    script = f"from time import perf_counter as now; start = now(); import {module}; print(now() - start)"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    return float(subprocess.run(command, cwd=root, env=as_installed(), capture_output=True, check=True).stdout)


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_importing(benchmark: BenchmarkFixture, module: str) -> None:
    """Each package can be imported in a new process."""
    assert benchmark.pedantic(seconds_to_import, args=(module,), rounds=10) > 0  # type: ignore[no-untyped-call]
