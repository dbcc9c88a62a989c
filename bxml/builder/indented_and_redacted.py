"""The forms of a document for people and logs: indented, and without passwords. They are not meant to be sent."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.builder.element_base import ElementBase
from bxml.builder.schema_binding import binding_of
from bxml.messages import schema_findings
from bxml.messages.redaction import redact_for_log
from bxml.messages.string_likes import is_a
from bxml.messages.text import quote


def readable_form(declaration: str, root: ElementBase, *, indent: int | None, redact: bool) -> str:
    """Return a document as a string for people.

    Args:
        declaration: The XML declaration.
        root: The root element.
        indent: Number of spaces for each level of nested elements; ``None`` for no line breaks.
        redact: True to hide passwords, and the user names in URLs.

    Raises:
        TypeError: If ``indent`` is neither an integer nor ``None``, or ``redact`` is not a boolean.
        ValueError: If ``indent`` is negative.
    """
    if indent is not None and (is_a(indent, bool) or not is_a(indent, int)):
        raise TypeError(
            schema_findings.wrong_type(f"indent={quote(indent)}", indent, "an integer of at least 0, or None").message
        )
    if not is_a(redact, bool):
        raise TypeError(schema_findings.wrong_type(f"redact={quote(redact)}", redact, "True or False").message)
    if indent is not None and indent < 0:
        raise ValueError(f"indent={quote(indent)} is negative; expected an integer of at least 0, or None")
    text = declaration + root._xml if indent is None else "\n".join((declaration, *_lines(root, "", " " * indent)))
    return redact_for_log(text) if redact else text


def _lines(element: ElementBase, margin: str, step: str) -> Iterator[str]:
    """Yield the lines of an element.

    Lines are broken only in elements that contain no text, where white space has no meaning. In other elements, it would be
    spoken or become part of a value.
    """
    binding = binding_of(type(element))
    contains_text = binding.element.mixed or binding.element.text is not None
    children: tuple[ElementBase, ...] = () if contains_text else getattr(element, binding.content_name, ())
    if not children:
        yield margin + element._xml
        return
    content = "".join(child._xml for child in children)
    yield margin + element._xml.removesuffix(content + binding.closing)
    for child in children:
        yield from _lines(child, margin + step, step)
    yield margin + binding.closing
