"""Hypothesis profiles, which the environment variable BXML_HYPOTHESIS selects, and hooks that choose the tests to run."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Documents are large values, so a slow or large example is not a fault of the test.
_SUPPRESSED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_SUPPRESSED)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SUPPRESSED)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=_SUPPRESSED)
settings.load_profile(os.environ.get("BXML_HYPOTHESIS", "ci"))


def pytest_report_header() -> str:
    """Return a line that says why only ``test_classes_match_schema.py`` runs, or an empty string if all tests run."""
    from tests.class_schema_comparison import mismatch

    fault = mismatch()
    return f"only test_classes_match_schema.py runs, because {fault}" if fault else ""


def pytest_configure(config: pytest.Config) -> None:
    """Run each benchmark only once, as a test, unless an option asks for benchmarks."""
    config.option.benchmark_disable = not config.option.benchmark_enable and not config.option.benchmark_only


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of worker processes: three for two processors, because many tests wait for timers and processes."""
    return max(1, 3 * (os.cpu_count() or 1) // 2)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Collect only ``test_classes_match_schema.py`` while a class and the schema differ.

    A hundred other tests would fail for the same reason.
    """
    # Imported here because coverage must start before the package is imported.
    from tests.class_schema_comparison import mismatch

    is_other = collection_path.name.startswith("test_") and collection_path.name != "test_classes_match_schema.py"
    return True if is_other and mismatch() else None
