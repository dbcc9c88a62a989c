"""A valid tree made into the values that the constructors make."""

from __future__ import annotations

from typing import Any

from bxml import wire
from bxml.element import Element, classes, form_of
from bxml.source import Node


def value_of(node: Node) -> Element:
    """The value that a valid node stands for."""
    cls = classes[wire.class_name(node.name)]
    form = form_of(cls)
    types = {name: attribute.type for name, attribute in form.element.attributes.items()}
    attributes: dict[str, Any] = {
        wire.python_name(name): wire.kind(types[name]).read(value) for name, value in node.attributes.items() if name in types
    }
    if not form.content_name:
        return cls(**attributes)
    return cls(contents(node) if form.element.text is None else node.text, **attributes)


def contents(node: Node) -> list[Element | str]:
    """The values that stand in a valid node, and the text between them where text may stand."""
    mixed = form_of(classes[wire.class_name(node.name)]).element.mixed
    return [
        value_of(item) if isinstance(item, Node) else item.value for item in node.content if mixed or isinstance(item, Node)
    ]
