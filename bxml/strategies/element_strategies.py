"""Strategies for elements and documents, one for each declaration of an element in the schema."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from hypothesis import strategies as st

from bxml import schema
from bxml.builder.documents import Bxml, Document, Response
from bxml.builder.element import Element
from bxml.builder.element_base import classes
from bxml.builder.schema_binding import element_of
from bxml.builder.ssml import Speech
from bxml.builder.verbs import SpeakSentence, Verb
from bxml.messages.python_names import class_name, python_name
from bxml.strategies.text_strategies import texts
from bxml.strategies.value_strategies import values
from bxml.xml_text import collapse

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

E = TypeVar("E", bound=Element)
D = TypeVar("D", bound=Document)

SPEECH_LEVELS: Final = 3
"""Maximum number of nested levels of SSML; deeper SSML is slow and finds no more faults."""

MOST_ATTRIBUTES: Final = 5
"""Maximum number of optional attributes of an element."""

MOST_DIFFERENT_CHILDREN: Final = 2
"""Maximum number of different children in addition to the required children."""


@overload
def documents(*, min_verbs: int = 0, max_verbs: int = 4) -> SearchStrategy[Response | Bxml]: ...
@overload
def documents(root: type[D], *, min_verbs: int = 0, max_verbs: int = 4) -> SearchStrategy[D]: ...
def documents(root: type[Document] = Document, *, min_verbs: int = 0, max_verbs: int = 4) -> SearchStrategy[Any]:
    """Return a strategy for documents that are valid by the schema; rules beyond the schema may find problems in them.

    Args:
        root: Class of the documents: ``Response`` or ``Bxml``; by default, documents of both classes.
        min_verbs: Minimum number of verbs in a document.
        max_verbs: Maximum number of verbs in a document.

    Raises:
        TypeError: If ``root`` is not a class of documents.
    """
    _reject_other_classes(root, Document, "of documents; expected Response or Bxml")
    children = {each: st.lists(_child_of(element_of(each)), min_size=min_verbs, max_size=max_verbs) for each in _concrete(root)}
    made = st.sampled_from(list(children)).flatmap(lambda each: st.builds(each, children[each]))
    return made.filter(_fits_in_a_document)


def verbs() -> SearchStrategy[Verb]:
    """Return a strategy for verbs of every kind, with every attribute and child that the schema allows."""
    return elements(Verb)


def elements(cls: type[E]) -> SearchStrategy[E]:
    """Return a strategy for valid elements of a class.

    Args:
        cls: Class of the elements, such as ``Gather``, ``PhoneNumber`` or ``ssml.Break``. A base class, such as ``Prompt`` or
            ``ssml.Ssml``, stands for all of its subclasses.

    Raises:
        TypeError: If the class is not a class of BXML elements.
    """
    _reject_other_classes(cls, Element, "of BXML elements; expected a class such as bxml.Gather")
    made = {each: cast("SearchStrategy[E]", _made(each, element_of(each), SPEECH_LEVELS)) for each in _concrete(cls)}
    return st.sampled_from(list(made)).flatmap(lambda each: made[each]).filter(_fits_in_a_document)


def speech() -> SearchStrategy[Speech]:
    """Return a strategy for the content of ``SpeakSentence``: a string, an element of SSML, or a list of both."""
    return cast("SearchStrategy[Speech]", _content(element_of(SpeakSentence), SPEECH_LEVELS))


def _reject_other_classes(cls: type[object], base: type[Element], expected: str) -> None:
    """Raise TypeError for a class that is not derived from ``base``."""
    if not issubclass(cls, base):
        raise TypeError(f"{cls.__name__} is not a class {expected}")


def _concrete(cls: type[Element]) -> list[type[Element]]:
    """Return the classes of elements that are equal to or derived from a class. Hypothesis shrinks to the first of them."""
    # The declarations end with the first element of the schema, Response.
    names = reversed([class_name(declared.name) for declared in schema.vocabulary().declarations()])
    known = [classes[name] for name in dict.fromkeys(names)]
    # A class that an application derives from a class of this package has the same declaration.
    found = [each for each in known if issubclass(each, cls)] or [cls]
    return sorted(found, key=lambda each: _requirements(element_of(each)))


@cache
def of_declaration(declared: schema.Element, levels: int = SPEECH_LEVELS) -> SearchStrategy[Any]:
    """Return a strategy for elements of one declaration.

    Args:
        declared: The declaration.
        levels: Maximum number of nested levels of SSML.
    """
    return _made(classes[class_name(declared.name)], declared, levels)


def _fits_in_a_document(element: Element) -> bool:
    """Return whether an element leaves room for its parents within the size limit of a document."""
    return len(element._xml.encode()) < schema.maximum_bytes() * 3 // 4


def _requirements(declared: schema.Element) -> int:
    """Return the minimum number of arguments that an element needs.

    Hypothesis shrinks to the first of several elements, so elements are sorted by this number.
    """
    required = sum(attribute.required for attribute in declared.attributes.values())
    return required + declared.occurrence.least + (declared.mixed or declared.text is not None)


@st.composite
def _made(draw: DrawFn, cls: type[Element], declared: schema.Element, levels: int) -> Element:
    attributes = draw(_attributes(declared))
    if not _has_content(declared):
        return cls(**attributes)
    return cls(draw(_content(declared, levels)), **attributes)


def _has_content(declared: schema.Element) -> bool:
    return declared.mixed or declared.text is not None or bool(declared.children)


@cache
def _attributes(declared: schema.Element) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for keyword arguments: the required attributes and some of the optional attributes."""
    required = {python_name(each.name): values(each.type) for each in declared.attributes.values() if each.required}
    # Pairs of a name and a value, because Hypothesis shrinks best if it can remove both together.
    pairs = {
        name: st.tuples(st.just(python_name(name)), values(each.type))
        for name, each in declared.attributes.items()
        if not each.required
    }
    if not pairs:
        return st.fixed_dictionaries(required)
    chosen = st.lists(st.one_of(list(pairs.values())), max_size=MOST_ATTRIBUTES)
    return st.builds(_merged, st.fixed_dictionaries(required), chosen)


def _merged(required: dict[str, Any], optional: list[tuple[str, Any]]) -> dict[str, Any]:
    return required | dict(optional)


@cache
def _content(declared: schema.Element, levels: int) -> SearchStrategy[Any]:
    """Return a strategy for the positional argument of an element."""
    if declared.mixed:
        return _speech(declared, levels)
    return values(declared.text) if declared.text is not None else _children(declared)


def _speech(declared: schema.Element, levels: int) -> SearchStrategy[Any]:
    allowed = [child for child in declared.children.values() if levels > 1 or not child.mixed]
    child = _one_of(allowed, levels - 1)
    content = texts() | child | st.lists(texts() | child, max_size=3)
    return content.filter(_is_spoken) if declared.needs_text else content


def _is_spoken(content: Any) -> bool:
    pieces = cast("list[object]", content) if isinstance(content, list) else [content]
    return any(not isinstance(piece, str) or collapse(piece) for piece in pieces)


def _children(declared: schema.Element) -> SearchStrategy[list[Any]]:
    least, most = declared.occurrence
    few = st.lists(_child_of(declared), min_size=least, max_size=int(min(most, least + MOST_DIFFERENT_CHILDREN)))
    if most == math.inf:
        return few
    # The maximum number of children is tried with equal children: different children are slow and find no more faults.
    # Hypothesis prefers few choices when it shrinks, so the number of children is an additional choice.
    return st.tuples(few, _SELDOM).map(lambda drawn: drawn[0][:1] * int(most) if drawn[1] else drawn[0])


_SELDOM: Final = st.sampled_from((False, False, False, True))


def _child_of(declared: schema.Element) -> SearchStrategy[Any]:
    return _one_of(declared.children.values(), SPEECH_LEVELS)


def _one_of(declared: Iterable[schema.Element], levels: int) -> SearchStrategy[Any]:
    by_name = {each.name: each for each in sorted(declared, key=_requirements)}
    # Not st.one_of, which would give each child the same weight as a string beside it, and would have a repr of megabytes.
    return st.sampled_from(list(by_name)).flatmap(lambda name: of_declaration(by_name[name], levels))
