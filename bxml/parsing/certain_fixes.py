"""The fixes that are certain: changes of the source that keep the meaning that its author intended.

A fix corrects the case of names and values, and numbers with a decimal comma. It also replaces names and values of other
dialects, such as TwiML, that have an equivalent in BXML. It changes nothing else, and the fixed element never has a new
problem.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from bxml.messages.schema_findings import value_fault
from bxml.messages.text import quote
from bxml.parsing.tree import Node, Source, Span
from bxml.problem import Edit, Fix
from bxml.schema import Element, SimpleType
from bxml.xml_text import WHITE_SPACE, collapse, escape_attribute

_DECIMAL_COMMA: Final = r"[+-]?(?:0*,[0-9]+|[0-9]+,(?![0-9]{3}\Z)[0-9]+)"
"""Matches a number with a decimal comma. A comma before exactly three digits can also separate thousands, except after 0."""


def attribute_names(source: Source, node: Node, element: Element) -> dict[str, Fix | None]:
    """Return the unknown attributes of an element by name, each with its fix or ``None``."""
    meant = {name: _attribute(name, element) for name in node.attributes if name not in element.attributes}
    names = Counter(meant.values())
    spans = source.attribute_spans(node)
    fixes: dict[str, Fix | None] = dict.fromkeys(meant)
    for name, target in meant.items():
        # Two names of one attribute can have different values.
        if target is not None and target not in node.attributes and names[target] == 1:
            type_, value = element.attributes[target].type, node.attributes[name]
            if not value_fault(value, type_) or _certain_value(value, type_) is not None:
                fixes[name] = _fix(f"rename {name} to {target}", source.edit(spans[name][0], target))
    return fixes


def attribute_value(source: Source, span: Span, value: str, type_: SimpleType) -> Fix | None:
    """Return the fix for an attribute value that is not valid for the type of the attribute.

    Args:
        source: The source of the document.
        span: The range of the value.
        value: The value.
        type_: The type of the attribute.
    """
    certain = _certain_value(value, type_)
    return None if certain is None else replaced_value(source, span, certain)


def replaced_value(source: Source, span: Span, value: str) -> Fix | None:
    """Return the fix that replaces the value of an attribute.

    Args:
        source: The source of the document.
        span: The range of the value, which must not be empty.
        value: The new value, not escaped.
    """
    written = source.text[span.start : span.end]
    # White space around the value is not part of the fault.
    if "&" not in written:
        start = span.start + len(written) - len(written.lstrip(WHITE_SPACE))
        span = Span(start, start + len(written.strip(WHITE_SPACE)))
    return _fix(f"write {quote(value)}", source.edit(span, escape_attribute(value)))


def element_name(source: Source, node: Node, parent: Element) -> Fix | None:
    """Return the fix for a child that is not an element of BXML.

    Args:
        source: The source of the document.
        node: The child.
        parent: The declaration of the parent.
    """
    target = _other_case(node.name, parent.children) or _counterpart(node, parent)
    if target is None:
        return None
    edits = [source.edit(source.name_span(node), target)]
    if end := source.end_tag(node):
        start = end.start + len("</")
        edits.append(source.edit(Span(start, start + len(node.name)), target))
    return _fix(f"rename <{node.name}> to <{target}>", *edits)


def text_as_attribute(source: Source, node: Node, element: Element) -> Fix | None:
    """Return the fix that moves the text of an element to an attribute, such as the URL in the text of TwiML's Redirect."""
    from bxml.messages.exact_counterparts import TEXTS

    target = TEXTS.get(node.name)
    if target is None or len(node.content) > 1 or any(target in {name, _attribute(name, element)} for name in node.attributes):
        return None
    value = collapse(node.text)
    end = source.end_tag(node)
    if value_fault(value, element.attributes[target].type) or end is None:
        return None
    name_end = source.name_span(node).end
    last = max((value.end for _, value in source.attribute_spans(node).values()), default=name_end)
    text = Span(source.text.index(">", last) + 1, end.start)
    # Comments and CDATA sections begin with "<".
    if "<" in source.text[text.start : text.end]:
        return None
    attribute = source.edit(Span(name_end, name_end), f' {target}="{escape_attribute(value)}"')
    return _fix(f"move the text to {target}", attribute, source.edit(text, ""))


def _fix(message: str, *edits: Edit) -> Fix | None:
    """Return a fix; return ``None`` if the fix contains a password, because reports show fixes."""
    from bxml.messages.redaction import redact_urls

    return None if any(redact_urls(edit.text) != edit.text for edit in edits) else Fix(message, edits)


def _attribute(name: str, element: Element) -> str | None:
    """Return the attribute of an element that an unknown name certainly means."""
    # Imported here and below, because valid documents do not need these tables.
    from bxml.messages.exact_counterparts import ATTRIBUTES

    target = _other_case(name, element.attributes) or ATTRIBUTES.get(f"{element.name}/@{name}")
    # SipUri in Refer has the same name as in Transfer, but no attributes.
    return target if target in element.attributes else None


def _counterpart(node: Node, parent: Element) -> str | None:
    """Return the name of the BXML element that replaces a TwiML element, or ``None`` if the contents are incompatible."""
    target = _foreign_element(node, parent)
    if target is None:
        return None
    declared = parent.children[target]
    if declared.text is not None:
        return target if not any(node.children) and value_fault(node.text, declared.text) is None else None
    if declared.mixed:
        return target
    fits = all(
        child.name in declared.children or _other_case(child.name, declared.children) or _foreign_element(child, declared)
        for child in node.children
    )
    return target if fits and not collapse(node.text) else None


def _foreign_element(node: Node, parent: Element) -> str | None:
    from bxml.messages.exact_counterparts import ELEMENTS

    target = ELEMENTS.get(f"{parent.name}/{node.name}") or ELEMENTS.get(node.name)
    return target if target in parent.children else None


def _certain_value(text: str, type_: SimpleType) -> str | None:
    """Return the valid value that an invalid value certainly means."""
    text = collapse(text) if type_.collapses else text
    valid = {value for value in _candidates(text, type_) if value_fault(value, type_) is None}
    return valid.pop() if len(valid) == 1 else None


def _candidates(text: str, type_: SimpleType) -> Iterator[str]:
    from bxml.messages.foreign_names import VALUES

    words = [word for each in (type_, *type_.members) for word in each.words]
    if other := _other_case(text, words):
        yield other
    if (value := VALUES.get(text)) and value.here in words:
        yield value.here
    if type_.digits is not None and re.fullmatch(_DECIMAL_COMMA, text):
        yield text.replace(",", ".")


def _other_case(name: str, legal: Iterable[str]) -> str | None:
    """Return the only legal name that differs from a name in nothing but upper and lower case."""
    found = [each for each in legal if each.lower() == name.lower()]
    return found[0] if len(found) == 1 else None
