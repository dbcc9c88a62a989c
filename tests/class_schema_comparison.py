"""Comparison of the element classes with the schema. All other tests assume that the classes agree with the schema."""

from __future__ import annotations

from functools import cache

from lxml import etree

from bxml import schema
from bxml.builder import schema_binding
from bxml.builder.element import Element
from bxml.builder.element_base import classes
from bxml.builder.schema_binding import binding_of
from tests.supported_schema import read_supported


def is_element(cls: type[Element]) -> bool:
    """Return whether a class is an element of BXML, not a base class or a class that a test defines."""
    return cls.__module__.startswith("bxml.") and not any(sub.__module__.startswith("bxml.") for sub in cls.__subclasses__())


@cache
def mismatch() -> str:
    """Return the first difference between a class and the schema, or an empty string if they agree."""
    try:
        read_supported(etree.parse(schema.path()))
        for cls in filter(is_element, tuple(classes.values())):
            binding_of(cls)
    except (schema_binding.Mismatch, schema.UnsupportedSchema) as error:
        return str(error)
    return ""
