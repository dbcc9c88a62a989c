"""Hints about attributes that an element does not have."""

from __future__ import annotations

from functools import lru_cache

from bxml.builder.element_base import ElementBase, fields_of
from bxml.builder.schema_binding import binding_of
from bxml.messages.python_attribute_hints import element_hint


@lru_cache(maxsize=256)  # code that asks several kinds of elements for an attribute gets the same error again and again
def hint(cls: type[ElementBase], name: str) -> str:
    """Return a clause such as ``; did you mean hangup?``, or an empty string if there is no similar attribute."""
    binding = binding_of(cls)
    members = {*dir(cls), *(field.name for field in fields_of(cls))}
    public = sorted(member for member in members if not member.startswith("_"))
    return element_hint(name, binding.element, public, binding.content_name)
