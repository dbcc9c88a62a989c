"""How hard the properties are tried, which the environment variable BXML_HYPOTHESIS chooses: quick, ci or thorough."""

import os

from hypothesis import HealthCheck, settings

# Documents are large values, and what is slow to make is not for that a bad example.
_ALLOWED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_ALLOWED)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_ALLOWED)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=_ALLOWED)
settings.load_profile(os.environ.get("BXML_HYPOTHESIS", "ci"))
