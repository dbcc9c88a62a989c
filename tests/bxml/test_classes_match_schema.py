"""The element classes agree with the schema. If they differ, pytest runs only this module; see ``tests/conftest.py``."""

from __future__ import annotations

import pytest

from tests.class_schema_comparison import mismatch


def test_classes_and_schema_agree() -> None:
    """The fields of each class are the attributes of its element in the schema, and each element has a class."""
    if fault := mismatch():
        pytest.fail(fault, pytrace=False)
