"""How long an import takes, each in a process of its own: bxml, the lxml that it stands on, and the vendor's markup.

Ratios, which say more than seconds, are printed by ``python -m tests.benchmarks``.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

MODULES: Final = {"bxml": "bxml", "bandwidth-sdk": "bandwidth.models.bxml", "lxml": "lxml.etree"}
"""What is imported, by the name of the package."""


def as_installed() -> dict[str, str]:
    """An environment in which Python keeps what it compiles, as it does for packages that are installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_to_import(module: str) -> float:
    """Seconds that a new process takes to import a module, apart from its own start."""
    script = f"from time import perf_counter as now; start = now(); import {module}; print(now() - start)"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    return float(subprocess.run(command, cwd=root, env=as_installed(), capture_output=True, check=True).stdout)


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_importing(benchmark: BenchmarkFixture, module: str) -> None:
    """Each package can be imported in a new process, in its own time."""
    assert benchmark.pedantic(seconds_to_import, args=(module,), rounds=10) > 0  # type: ignore[no-untyped-call]
