"""Effort of the property tests, chosen by the environment variable BXML_HYPOTHESIS, and what is run if classes do not fit."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# Documents are large values, and what is slow to make is not for that a bad example.
_ALLOWED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_ALLOWED)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_ALLOWED)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=_ALLOWED)
settings.load_profile(os.environ.get("BXML_HYPOTHESIS", "ci"))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Collect only ``test_agreement.py`` while a class and the schema differ: one failure, and not a hundred that repeat it."""
    from tests.binding import mismatch  # not before coverage has begun

    is_other = collection_path.name.startswith("test_") and collection_path.name != "test_agreement.py"
    return True if is_other and mismatch() else None
