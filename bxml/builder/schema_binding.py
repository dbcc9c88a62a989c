"""A binding joins the fields of an element class with the declaration of its element in the schema.

The binding of a class is made when the first element of the class is made, and all later elements use it. For Python values, a
binding reports the same problems in the same words as :mod:`bxml.parsing.schema_check` does for files.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from bxml import schema
from bxml.builder import value_writers
from bxml.builder.element_base import EMPTY_ON_PURPOSE, ElementBase, classes, fields_of
from bxml.builder.frozen_dict import Frozen
from bxml.builder.value_writers import Writer
from bxml.messages import schema_findings
from bxml.messages.python_names import class_name, python_name
from bxml.messages.schema_findings import PYTHON, Finding
from bxml.messages.string_likes import behaves_like_string, is_a, plain
from bxml.messages.text import assignment, quote
from bxml.record import Record
from bxml.schema import MAXIMUM_DEPTH
from bxml.xml_text import collapse, escape_attribute, is_attribute_name

if TYPE_CHECKING:
    from bxml.problem import Problem

Problems: TypeAlias = "tuple[Problem, ...]"

DEEPEST_SPEECH: Final = MAXIMUM_DEPTH - len(("Response", "Gather"))
"""Maximum number of nested levels in a SpeakSentence, including itself; two levels are left for a root and a Gather."""


class Binding(Record):
    """The fields of an element class, joined with the declaration of its element in the schema."""

    element: schema.Element
    content_name: str
    """Name of the field that holds the text or the children; empty for an element without content."""
    set_content: ContentSetter
    """Function that checks positional arguments, stores them under ``content_name`` and returns their XML and problems."""
    needs_content: bool
    """True if an element without a positional argument is invalid."""
    text: Writer
    """Writer of the text between the tags."""
    children: Mapping[type, schema.Element]
    """The schema declarations of the children that this element allows, by the classes of the children."""
    unconditional: frozenset[type]
    """Child classes that need no further check, because this element and their constructors use the same declaration."""
    writers: Mapping[str, Writer]
    """The writer of each attribute, by the Python name of the attribute."""
    fast_writers: Mapping[str, value_writers.Write]
    """The function ``write_fast`` of each writer, by the Python name of the attribute."""
    required: frozenset[str]
    """Python names of the required attributes."""
    occurrence: schema.Occurrence
    """Minimum and maximum number of children."""
    opening: str
    """Start of the opening tag: ``<`` and the name."""
    closing: str
    """The closing tag."""
    takes_extra: bool
    """True if the class has the argument ``extra``."""

    def problem(self, finding: Finding, *steps: str) -> Problem:
        """Return a finding as a problem of this element.

        Args:
            finding: The fault.
            steps: Path from this element to the node with the fault; no steps if the node is this element.
        """
        from bxml.problem import Problem  # imported here, because valid elements do not need it, and the import takes long

        return Problem(*finding, path="/".join((self.element.name, *steps)))

    def accepts(self, data: bytes) -> bool:
        """Return whether a document with this root element is small enough and libxml2 accepts it."""
        limit = self.element.maximum_bytes
        return limit is not None and len(data) <= limit and schema.allows(schema.tree(data))

    def no_content_problems(self) -> Problems:
        """Return the problems of missing content in an element that requires content."""
        if self.set_content is _set_children:
            return self.count_problems(0)
        return (self.problem(schema_findings.one_argument(0, self.element, PYTHON)),)

    def write_checked(
        self, given: Mapping[str, object], extra: Mapping[str, str] | None, problems: Problems
    ) -> tuple[dict[str, Any], str, Problems]:
        """Check and serialize all attributes, and explain the invalid attributes.

        Args:
            given: The attributes by their Python names.
            extra: The argument ``extra``.
            problems: The problems of the content.

        Returns:
            The attributes to store, the opening tag without its ``>``, and all problems.
        """
        stored: dict[str, Any] = {}
        written = [self.opening]
        is_missing = bool(problems) and self.needs_content and problems == self.no_content_problems()
        if is_missing and any(schema_findings.names_content(name, self.element) for name in given):
            problems = ()  # the content is not missing, but given as an attribute, which is reported below
        attributes = {name: value for name, value in given.items() if value is not None}
        for name, value in attributes.items():
            writer = self.writers.get(name)
            text = writer.write(value) if writer else None
            if writer is None:
                problems += (self.problem(schema_findings.unknown_attribute(name, self.element, PYTHON)),)
            elif text is None:
                problems += (self.problem(writer.explain(value), f"@{writer.wire_name}"),)
            else:
                stored[name] = writer.canonical(value)
                written.append(text)
        for name in sorted(self.required - attributes.keys()):
            problems += (self.problem(schema_findings.missing_attribute(self.writers[name].wire_name, self.element, PYTHON)),)
        # Read only once, because a foreign mapping may return other strings the second time.
        items = _plain_items(extra) if extra is not None else []
        if extra is not None:
            problems += tuple(map(self.problem, self._extra_findings(extra, items)))
        if items and not problems:
            stored["extra"] = Frozen(sorted(items))
            written.extend(f' {name}="{escape_attribute(value)}"' for name, value in stored["extra"].items())
        return stored, "".join(written), problems

    def _extra_findings(self, extra: object, items: Iterable[tuple[object, object]]) -> Iterator[Finding]:
        """Yield a finding if ``extra`` is not allowed or not a mapping, and a finding for each invalid item of ``extra``."""
        if not self.takes_extra:
            yield schema_findings.unknown_attribute("extra", self.element, PYTHON)
        elif not isinstance(extra, Mapping):
            yield schema_findings.wrong_type(f"extra={quote(extra)}", extra, "a mapping of names to texts")
        else:
            yield from filter(None, itertools.starmap(self._extra_finding, items))

    def _extra_finding(self, name: object, value: object) -> Finding | None:
        if behaves_like_string(name):
            return schema_findings.wrong_type(f"extra {quote(name)}", name, "text", takes_strings=True)
        if not is_a(name, str) or not is_attribute_name(name):
            return schema_findings.not_a_name(f"extra {quote(name)}")
        offender = f"extra {assignment(name, value)}"
        if name in self.element.attributes:
            return schema_findings.not_extra(offender, python_name(name))
        if not is_a(value, str):
            return schema_findings.wrong_type(offender, value, "text", takes_strings=True)
        return schema_findings.illegal_character(offender, value)

    def speech_problems(self, pieces: tuple[object, ...]) -> Problems:
        """Return the problems of invalid speech: invalid strings and elements, missing text, or too many nested levels."""
        texts = [piece for piece in pieces if type(piece) is str]
        children = [piece for piece in pieces if type(piece) is not str]
        problems = self.child_problems(children)
        problems += tuple(self.problem(self.text.explain(text)) for text in texts if self.text.write(text) is None)
        if self.element.needs_text and not children and not collapse("".join(texts)):
            problems += (self.problem(schema_findings.no_text(self.element, PYTHON)),)
        # If the checks above find no problem, the invalid speech can only be nested too deeply.
        return problems or (self.problem(schema_findings.too_deep(DEEPEST_SPEECH)),)

    def count_problems(self, count: int) -> Problems:
        """Return a problem if the number of children is not allowed."""
        if count < self.occurrence.least:
            return (self.problem(schema_findings.too_few(count, self.element, PYTHON)),)
        return (self.problem(schema_findings.too_many(count, self.element, PYTHON)),) if count > self.occurrence.most else ()

    def child_problems(self, children: Iterable[object]) -> Problems:
        """Return the problems of the children that are not allowed in this element."""
        seen: Counter[str] = Counter()
        problems: Problems = ()
        for position, child in enumerate(children, 1):
            name = binding_of(type(child)).element.name if is_a(child, ElementBase) else "*"
            seen[name] += 1
            # A child that is not an element has no name to count, so its position in the list is given.
            step = f"{name}[{position if name == '*' else seen[name]}]"
            problems += tuple(self.problem(finding, step) for finding in self._child_findings(child))
        return problems

    def _child_findings(self, child: object) -> list[Finding]:
        """Return the faults that make a child invalid in this element."""
        if self.element.mixed and behaves_like_string(child):
            return [schema_findings.wrong_type(quote(child), child, "text", takes_strings=True)]
        if not is_a(child, ElementBase):
            return [schema_findings.misplaced(quote(child), self.element, PYTHON)]
        declared = next((self.children[cls] for cls in type(child).__mro__ if cls in self.children), None)
        if declared is None:
            return [schema_findings.misplaced(type(child).__name__, self.element, PYTHON)]
        own = binding_of(type(child))
        if declared is own.element:
            return []
        # The schema declares the element differently inside this parent, so its values must fit both declarations: a
        # SipUri in Refer takes no attributes.
        wrong = [
            name for name in own.writers if name in child.__dict__ and own.writers[name].wire_name not in declared.attributes
        ]
        unknown = [schema_findings.unknown_attribute(name, declared, PYTHON) for name in wrong]
        text = child.__dict__[own.content_name]
        fault = schema_findings.invalid_value(quote(text), text, declared.text or schema.TEXT, PYTHON)
        return [*unknown, fault] if fault else unknown


def _plain_items(extra: object) -> list[tuple[Any, Any]]:
    """Return the items of ``extra`` with plain ``str`` objects; return no items if ``extra`` is not a mapping."""
    items = cast("Mapping[object, object]", extra).items() if isinstance(extra, Mapping) else ()
    return [(plain(name), plain(value)) for name, value in items]


ContentSetter = Callable[[Binding, dict[str, Any], tuple[Any, ...]], tuple[str, Problems]]
"""Function that checks the positional arguments of an element and stores them in the dictionary of its values.

The function returns the XML and the problems of the arguments; the XML is empty if there are problems.
"""


def _refuse_content(binding: Binding, _: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    """Return the problems of content in an element that must be empty."""
    offenders = (type(item).__name__ if isinstance(item, ElementBase) else quote(item) for item in content)
    return "", tuple(binding.problem(schema_findings.misplaced(offender, binding.element, PYTHON)) for offender in offenders)


def _set_text(binding: Binding, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    """Set the text of an element that contains only text."""
    if len(content) != 1:
        return "", (binding.problem(schema_findings.one_argument(len(content), binding.element, PYTHON)),)
    (value,) = content
    text = binding.text.write_fast(value)
    if text is None:
        text = binding.text.write(value)
        if text is None:
            return "", (binding.problem(binding.text.explain(value)),)
        value = binding.text.canonical(value)
    values[binding.content_name] = value
    return text, ()


def _set_children(binding: Binding, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    """Set the children of an element that contains only elements."""
    if len(content) != 1:
        return "", (binding.problem(schema_findings.one_argument(len(content), binding.element, PYTHON)),)
    given: Any = content[0]
    if not _is_list(given):
        offender = type(given).__name__ if isinstance(given, ElementBase) else quote(given)
        return "", (binding.problem(schema_findings.not_a_list(offender, binding.element, PYTHON)),)
    children: tuple[Any, ...] = tuple(given)
    problems: Problems = ()
    if not binding.unconditional.issuperset(map(type, children)):
        children = tuple(child for child in children if child is not None)
        problems = binding.child_problems(children)
    if not binding.occurrence.least <= len(children) <= binding.occurrence.most:
        problems += binding.count_problems(len(children))
    if problems:
        return "", problems
    if children:  # the default of the field is the empty tuple, so elements without children compare as equal
        values[binding.content_name] = children
    elif binding.element.maximum_bytes is not None:
        values[EMPTY_ON_PURPOSE] = True
    return "".join([child._xml for child in children]), ()


def _set_speech(binding: Binding, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    """Set the content of an element that contains strings and elements."""
    if len(content) != 1:
        return "", (binding.problem(schema_findings.one_argument(len(content), binding.element, PYTHON)),)
    given: Any = content[0]
    # Most speech is one string, which needs none of the steps below.
    if type(given) is str and (text := binding.text.write_fast(given)) and not given.isspace():
        values[binding.content_name] = given
        return text, ()
    pieces: tuple[Any, ...] = (None,) if given is None else _join_strings(binding, given if _is_list(given) else (given,))
    inside, depth = "", 1
    for piece in pieces:
        if type(piece) is str:
            text = binding.text.write_fast(piece) or binding.text.write(piece)
        elif type(piece) in binding.unconditional or (is_a(piece, ElementBase) and not binding.child_problems((piece,))):
            text = piece._xml
            depth = max(depth, piece._depth + 1)
        else:
            text = None
        if text is None:
            return "", binding.speech_problems(pieces)
        inside += text
    if depth > DEEPEST_SPEECH or _is_blank(binding, pieces):
        return "", binding.speech_problems(pieces)
    if depth > 1:
        values["_depth"] = depth
    values[binding.content_name] = pieces if depth > 1 else pieces[0]
    return inside, ()


def _is_blank(binding: Binding, pieces: tuple[Any, ...]) -> bool:
    """Return true if an element that needs text has only white space and no elements."""
    # Adjacent strings have been joined, so speech without elements is a single piece.
    return binding.element.needs_text and type(pieces[0]) is str and len(pieces) == 1 and not collapse(pieces[0])


def _is_list(given: object) -> bool:
    """Return true if a value is an ordered collection of elements: any iterable except strings, mappings and sets."""
    if type(given) is list or type(given) is tuple:  # isinstance of an abstract class takes ten times as long
        return True
    if isinstance(given, str | bytes | ElementBase | Mapping | AbstractSet) or behaves_like_string(given):
        return False
    return isinstance(given, Iterable)


def _join_strings(binding: Binding, given: Iterable[Any]) -> tuple[Any, ...]:
    """Return the pieces of speech as a parser would read them: drop ``None`` and empty strings, and join adjacent strings.

    All strings in the result are of the class ``str`` itself.
    """
    pieces: list[Any] = []
    for item in given:
        is_known = type(item) is str or type(item) in binding.unconditional
        piece = item if is_known else plain(item)
        if type(piece) is not str:
            if piece is not None:
                pieces.append(piece)
        elif pieces and type(pieces[-1]) is str:
            pieces[-1] += piece
        elif piece:
            pieces.append(piece)
    return tuple(pieces) or ("",)


def binding_of(cls: type[ElementBase]) -> Binding:
    """Return the binding of a class, which is made once.

    Raises:
        Mismatch: If the class and the schema differ.
    """
    if cls._binding is None:
        cls._binding = bind(cls)
    binding: Binding = cls._binding
    return binding


def bind(cls: type[ElementBase]) -> Binding:
    """Make the binding of a class.

    Raises:
        Mismatch: If the class and the schema differ.
    """
    element = element_of(cls)
    _reject_other_fields(cls, element)
    content = [field.name for field in fields_of(cls) if not field.kw_only]
    writers = {python_name(name): value_writers.of_attribute(attribute) for name, attribute in element.attributes.items()}
    children = {_class_of(name): child for name, child in element.children.items()}
    set_content = _content_setter(element)
    return Binding(
        element=element,
        content_name="".join(content),
        set_content=set_content,
        needs_content=set_content is not _refuse_content and (set_content is not _set_children or element.occurrence.least > 0),
        text=value_writers.of_text(element.text or schema.TEXT),
        children=children,
        unconditional=frozenset(child for child, declared in children.items() if element_of(child) is declared),
        writers=writers,
        fast_writers={name: writer.write_fast for name, writer in writers.items()},
        required=frozenset(name for name, writer in writers.items() if element.attributes[writer.wire_name].required),
        occurrence=element.occurrence,
        opening=f"<{element.name}",
        closing=f"</{element.name}>",
        takes_extra=any(field.name == "extra" for field in fields_of(cls)),
    )


class Mismatch(TypeError):
    """An element class and the schema differ."""


def element_of(cls: type[ElementBase]) -> schema.Element:
    """Return the schema declaration with the name of a class or of one of its base classes.

    Raises:
        Mismatch: If the schema has no such declaration.
    """
    declared = _declared()
    for base in cls.__mro__:
        if base.__name__ in declared:
            return declared[base.__name__]
    raise Mismatch(f"class {cls.__name__} has no element in the schema; declare it in bxml.xsd")


def _reject_other_fields(cls: type[ElementBase], element: schema.Element) -> None:
    """Raise ``Mismatch`` if the fields of a class are not the attributes of its element in the schema."""
    keywords = {field.name for field in fields_of(cls) if field.kw_only and field.name != "extra"}
    attributes = {python_name(name): name for name in element.attributes}
    for keyword, name in attributes.items():
        if keyword not in keywords:
            raise Mismatch(f"class {cls.__name__} has no field for the attribute {name} of <{element.name}>; add {keyword}")
    for keyword in sorted(keywords - attributes.keys()):
        fault = f"class {cls.__name__} has the field {keyword}, but the schema declares no such attribute of <{element.name}>"
        raise Mismatch(f"{fault}; remove the field, or declare it in bxml.xsd")


def _class_of(name: str) -> type[ElementBase]:
    """Return the class of an element.

    Raises:
        Mismatch: If the element has no class.
    """
    found = classes.get(class_name(name))
    if found is None:
        raise Mismatch(f"the element <{name}> of the schema has no class; add {class_name(name)}")
    return found


DECLARED_DIFFERENTLY: Final = {("Refer", "SipUri")}
"""Pairs of a parent and a child that have no class. The class SipUri describes only the SipUri in Transfer."""


@cache
def _declared() -> dict[str, schema.Element]:
    """Return the declarations of all elements; each key is the name of the element's class.

    Raises:
        Mismatch: If the schema declares one name in several ways.
    """
    vocabulary = schema.vocabulary()
    found = {class_name(name): element for name, element in vocabulary.elements.items()}
    for parent in vocabulary.declarations():
        for name, child in parent.children.items():
            if (parent.name, name) in DECLARED_DIFFERENTLY:
                continue
            if found.setdefault(class_name(name), child) is not child:
                raise Mismatch(f"the schema declares <{name}> in several ways, one of them in <{parent.name}>; use one type")
    return found


def _content_setter(element: schema.Element) -> ContentSetter:
    """Return the function that checks and stores the content of an element."""
    if element.mixed:
        return _set_speech
    if element.text is not None:
        return _set_text
    return _set_children if element.children or element.maximum_bytes is not None else _refuse_content
