"""Bandwidth's own Python package, which two test modules compare with the schema."""

from __future__ import annotations

from typing import Any, Final

import pytest
from bandwidth.models import bxml as sdk

NEWER_THAN_SDK: Final[frozenset[str]] = frozenset()
"""Elements of the schema that the installed version of Bandwidth's package does not have yet."""


def sdk_class(name: str) -> Any:
    """Return the class of an element. The test fails if the package has no such class."""
    cls = getattr(sdk, name, None)
    if cls is None:
        pytest.fail(f"Bandwidth's package has no {name}; list it in NEWER_THAN_SDK of tests/vendor_package.py", pytrace=False)
    return cls
