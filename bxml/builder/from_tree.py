"""A valid tree made into the values that the constructors make."""

from __future__ import annotations

from typing import Any

from bxml.builder import codec
from bxml.builder.binding import form_of
from bxml.builder.element import Element
from bxml.builder.element_base import classes
from bxml.messages.naming import class_name, python_name
from bxml.parsing.tree import Node


def value_of(node: Node) -> Element:
    """The value that a valid node stands for."""
    cls: type[Element] = classes[class_name(node.name)]
    form = form_of(cls)
    types = {name: attribute.type for name, attribute in form.element.attributes.items()}
    attributes: dict[str, Any] = {
        python_name(name): codec.kind(types[name]).read(value) for name, value in node.attributes.items() if name in types
    }
    if not form.content_name:
        return cls(**attributes)
    return cls(contents(node) if form.element.text is None else node.text, **attributes)


def contents(node: Node) -> list[Element | str]:
    """The values that stand in a valid node, and the text between them where text may stand."""
    mixed = form_of(classes[class_name(node.name)]).element.mixed
    return [
        value_of(item) if isinstance(item, Node) else item.value for item in node.content if mixed or isinstance(item, Node)
    ]
