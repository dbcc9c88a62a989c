"""Agreement of classes and schema; while they differ, pytest runs only this module, see ``tests/conftest.py``."""

from __future__ import annotations

import pytest

from tests.binding import mismatch


def test_classes_and_schema_agree() -> None:
    """Each class has the attributes of its declaration as fields, and each declaration has a class."""
    if fault := mismatch():
        pytest.fail(fault, pytrace=False)
