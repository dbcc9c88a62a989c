"""Hypothesis profiles; the environment variable BXML_HYPOTHESIS selects quick, ci (the default) or thorough."""

import os

from hypothesis import HealthCheck, settings

# Documents are large values, so a slow or large example is not a fault of the test.
_SUPPRESSED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_SUPPRESSED)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SUPPRESSED)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=_SUPPRESSED)
settings.load_profile(os.environ.get("BXML_HYPOTHESIS", "ci"))
