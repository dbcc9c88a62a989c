"""Convert a valid XML tree to the values that the constructors make."""

from __future__ import annotations

from typing import Any

from bxml.builder import attribute_codec
from bxml.builder.element import Element
from bxml.builder.element_base import classes
from bxml.builder.schema_binding import binding_of
from bxml.messages.python_names import class_name, python_name
from bxml.parsing.tree import Node


def value_of(node: Node) -> Element:
    """Return the element that a valid node describes."""
    cls: type[Element] = classes[class_name(node.name)]
    binding = binding_of(cls)
    types = {name: attribute.type for name, attribute in binding.element.attributes.items()}
    # A namespace declaration is valid, but not an attribute of the element, so it is dropped.
    attributes: dict[str, Any] = {
        python_name(name): attribute_codec.kind(types[name]).read(value)
        for name, value in node.attributes.items()
        if name in types
    }
    if not binding.content_name:
        return cls(**attributes)
    return cls(contents(node) if binding.element.text is None else node.text, **attributes)


def contents(node: Node) -> list[Element | str]:
    """Return the children of a valid node in order; for mixed content, include the strings between the children."""
    # If the content is not mixed, the text between children is only white space.
    mixed = binding_of(classes[class_name(node.name)]).element.mixed
    return [
        value_of(item) if isinstance(item, Node) else item.value for item in node.content if mixed or isinstance(item, Node)
    ]
