"""Hints about Python attributes that do not exist: the equivalent of a name of another SDK, or the nearest name.

A hint is the end of the message of an ``AttributeError``. It is empty if no similar name exists.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bxml.messages.foreign_names import ADDING_METHODS, CLASSES, ELEMENTS
from bxml.messages.python_names import class_name, python_name
from bxml.messages.schema_findings import (
    PYTHON,
    attribute_from_elsewhere,
    list_of_children,
    names_content,
    respelled,
)
from bxml.messages.text import did_you_mean
from bxml.schema import Element, vocabulary


def class_hint(name: str, public: Iterable[str]) -> str:
    """Return a hint about a class that the package does not have, such as ``; TwiML's Say is SpeakSentence here``.

    Args:
        name: The name of the class.
        public: The public names of the package.
    """
    if clause := CLASSES.get(name) or ELEMENTS.get(name):
        return respelled(clause, PYTHON)
    if name in map(class_name, vocabulary().elements["SpeakSentence"].children):
        return f"; write ssml.{name}"
    return did_you_mean(name, public)


def element_hint(name: str, element: Element, members: Collection[str], content: str) -> str:
    """Return a hint about an attribute that an element does not have, such as ``; TwiML's say is speak_sentence here``.

    Args:
        name: The name of the attribute.
        element: The element.
        members: The public attributes of the element's class.
        content: The name of the attribute with the text or the children; empty for an element without content.
    """
    spelled = python_name(name)
    if spelled in members:
        return f"; did you mean {spelled}?"
    if spelled in ADDING_METHODS:
        return _adding_hint(element)
    method = class_name(spelled.replace("_", "-"))
    return (
        _child_hint(method, element)
        or (f"; the content is the attribute {content}" if names_content(name, element) else "")
        or _verb_hint(method, element)
        or attribute_from_elsewhere(name, element, PYTHON)
        or did_you_mean(name, members)
    )


def _adding_hint(element: Element) -> str:
    """Return a hint about a method that would add a child, or an empty string for an element without children."""
    if element.maximum_bytes is not None:
        return "; documents are immutable; write document = document.then(verb)"
    return _list_hint(element) if element.children else ""


def _list_hint(element: Element, child: str = "") -> str:
    """Return a hint such as ``; children are a list of …: Gather([SpeakSentence(…)])``.

    Args:
        element: The element that contains the children.
        child: The child in the example; if empty, the first child that the element allows.
    """
    if element.mixed:
        example = f"ssml.{child}(…)" if child else "…"
        return f"; the content is a string or a list: {class_name(element.name)}([{example}])"
    return f"; children are {list_of_children(element, PYTHON, child)}"


def _clause(method: str, element: Element) -> str:
    """Return the clause about an element of TwiML; empty if TwiML has no such element."""
    return ELEMENTS.get(f"{element.name}/{method}") or ELEMENTS.get(method, "")


def _child_hint(method: str, element: Element) -> str:
    """Return a hint about a method that would add a child to a verb, or an empty string if no such child is allowed.

    Args:
        method: The name of the method, converted to the form of a class name.
        element: The element without that method. For a document, the hint is empty.
    """
    if element.maximum_bytes is not None:
        return ""
    clause = _clause(method, element)
    children = {*map(class_name, element.children)}
    child = next((name for name in (method, *re.findall("<([^<>]+)>", clause)) if name in children), "")
    return (respelled(clause, PYTHON) if clause else "") + _list_hint(element, child) if child else ""


def _verb_hint(method: str, element: Element) -> str:
    """Return a hint about a method that would add a verb, or an empty string if neither BXML nor TwiML has such a verb."""
    verbs = vocabulary().roots["Response"].children
    if method in verbs:
        return f"; {python_name(method)} is a method of documents"
    clause = _clause(method, element)
    methods = {method, *verbs} if element.maximum_bytes is not None else set[str]()

    def spelled(name: str) -> str:
        return python_name(name) if name in methods else class_name(name)

    return respelled(clause, PYTHON._replace(element=spelled)) if clause else ""
