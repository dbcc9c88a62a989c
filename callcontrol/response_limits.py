"""Limits of a response, which are the same for all transports."""

from __future__ import annotations

from typing import Final

LARGEST_RESPONSE: Final = 64 * 1024 * 1024
"""Maximum size of a body in bytes, before and after decompression. A page of 10,000 calls has about a fifth of that size."""

MOST_INTERIM_RESPONSES: Final = 100
"""Maximum number of interim responses (1xx) that are skipped before a response."""
