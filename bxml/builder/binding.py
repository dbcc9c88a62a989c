"""What a class of elements takes: its fields brought together with the schema.

A form is made when the first element of its class is, and works for all of them. It finds on Python values what
:mod:`bxml.parsing.schema_check` finds in files, and says it with the same words.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from bxml import schema
from bxml.builder import serializers
from bxml.builder.element_base import ElementBase, classes, fields_of
from bxml.builder.frozen import Frozen
from bxml.builder.serializers import Writer
from bxml.messages import findings
from bxml.messages.findings import PYTHON, Finding
from bxml.messages.naming import class_name, python_name
from bxml.messages.text import assignment, shown
from bxml.problem import Problem
from bxml.schema import DEEPEST
from bxml.xml_text import collapse, escape_attribute, is_attribute_name

Problems = tuple[Problem, ...]

_DEEPEST_SPEECH: Final = DEEPEST - len(("Response", "Gather"))
"""Levels of a SpeakSentence, which may stand in a Gather of a document."""


@dataclass(eq=False, repr=False)
class Form:
    """What a class of elements takes: its fields brought together with the schema."""

    element: schema.Element
    content_name: str
    fill: Callable[[Form, dict[str, Any], tuple[Any, ...]], tuple[str, Problems]]
    """Keeps the content, and gives its text and its problems."""
    without_content: tuple[str, Problems]
    """The text and the problems of an element that was given no content."""
    text: Writer
    children: Mapping[type, schema.Element]
    """What an element of each class has to be in order to stand here."""
    fitting: frozenset[type]
    """The classes whose elements always are what they have to be here."""
    writers: Mapping[str, Writer]
    """How each attribute is written."""
    quickly: Mapping[str, serializers.Write]
    """The quick ways of the writers."""
    required: frozenset[str]
    occurrence: schema.Occurrence
    opening: str
    closing: str
    takes_extra: bool

    def problem(self, finding: Finding, *steps: str) -> Problem:
        """A finding about this element, or about what stands at the end of the steps from it."""
        return Problem(*finding, path="/".join((self.element.name, *steps)))

    def carefully(self, given: Mapping[str, object], extra: Mapping[str, str] | None) -> tuple[dict[str, Any], str, Problems]:
        """The attributes as they are kept, the tag without its end, and what is wrong with them."""
        kept: dict[str, Any] = {}
        written = [self.opening]
        problems: Problems = ()
        attributes = {name: value for name, value in given.items() if value is not None}
        for name, value in attributes.items():
            writer = self.writers.get(name)
            text = writer and writer.write(value)
            if writer is None:
                problems += (self.problem(findings.unknown_attribute(name, self.element, PYTHON)),)
            elif text is None:
                problems += (self.problem(writer.refuse(value), f"@{writer.wire_name}"),)
            else:
                kept[name] = writer.normal(value)
                written.append(text)
        for name in sorted(self.required - attributes.keys()):
            problems += (self.problem(findings.missing_attribute(self.writers[name].wire_name, self.element, PYTHON)),)
        if extra is not None:
            problems += tuple(map(self.problem, self.refuse_extra(extra)))
        if extra and not problems:
            kept["extra"] = Frozen((str.__str__(name), str.__str__(extra[name])) for name in sorted(extra))
            written.extend(f' {name}="{escape_attribute(value)}"' for name, value in kept["extra"].items())
        return kept, "".join(written), problems

    def refuse_extra(self, extra: Any) -> Iterator[Finding]:
        """What is wrong with attributes that the schema does not know."""
        if not self.takes_extra:
            yield findings.unknown_attribute("extra", self.element, PYTHON)
        elif not isinstance(extra, Mapping):
            yield findings.wrong_kind(f"extra={shown(extra)}", extra, "a mapping of names to texts")
        else:
            given = cast("Mapping[object, object]", extra)
            yield from filter(None, itertools.starmap(self._refuse_one_extra, given.items()))

    def _refuse_one_extra(self, name: object, value: object) -> Finding | None:
        if not isinstance(name, str) or not is_attribute_name(name):
            return findings.not_a_name(f"extra {shown(name)}")
        offender = f"extra {assignment(name, value)}"
        if name in self.element.attributes:
            return findings.not_extra(offender, python_name(name))
        if not isinstance(value, str):
            return findings.wrong_kind(offender, value, "text")
        return findings.illegal_character(offender, value)

    def refuse_speech(self, pieces: tuple[object, ...]) -> Problems:
        """What is wrong with text and elements that cannot be spoken."""
        texts = [piece for piece in pieces if isinstance(piece, str)]
        children = [piece for piece in pieces if not isinstance(piece, str)]
        problems = self.misfits(children)
        problems += tuple(self.problem(self.text.refuse(text)) for text in texts if self.text.write(text) is None)
        if self.element.needs_text and not children and not collapse("".join(texts)):
            problems += (self.problem(findings.blank(self.element, PYTHON)),)
        return problems or (self.problem(findings.too_deep(_DEEPEST_SPEECH)),)

    def miscounted(self, count: int) -> Problems:
        """What is wrong with a number of children."""
        if count < self.occurrence.least:
            return (self.problem(findings.too_few(count, self.element, PYTHON)),)
        return (self.problem(findings.too_many(count, self.element, PYTHON)),) if count > self.occurrence.most else ()

    def misfits(self, children: Iterable[object]) -> Problems:
        """Why some of the children may not stand here."""
        seen: Counter[str] = Counter()
        problems: Problems = ()
        for position, child in enumerate(children, 1):
            name = form_of(type(child)).element.name if isinstance(child, ElementBase) else "*"
            seen[name] += 1
            step = f"{name}[{position if name == '*' else seen[name]}]"
            problems += tuple(self.problem(finding, step) for finding in self._misfit(child))
        return problems

    def _misfit(self, child: object) -> list[Finding]:
        if not isinstance(child, ElementBase):
            return [findings.misplaced(shown(child), self.element, PYTHON)]
        declared = next((self.children[cls] for cls in type(child).__mro__ if cls in self.children), None)
        if declared is None:
            return [findings.misplaced(type(child).__name__, self.element, PYTHON)]
        own = form_of(type(child))
        if declared is own.element:
            return []
        # The element has another type here than its class, as SipUri in Refer.
        wrong = [
            name for name in own.writers if name in child.__dict__ and own.writers[name].wire_name not in declared.attributes
        ]
        unknown = [findings.unknown_attribute(name, declared, PYTHON) for name in wrong]
        text = child.__dict__[own.content_name]
        fault = findings.invalid_value(shown(text), text, declared.text or schema.TEXT)
        return [*unknown, fault] if fault else unknown


def _fill_nothing(form: Form, _: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    offenders = (type(item).__name__ if isinstance(item, ElementBase) else shown(item) for item in content)
    return "", tuple(form.problem(findings.misplaced(offender, form.element, PYTHON)) for offender in offenders)


def _fill_text(form: Form, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    if len(content) != 1:
        return "", (form.problem(findings.one_argument(len(content), form.element, PYTHON)),)
    (value,) = content
    text = form.text.quickly(value)
    if text is None:
        text = form.text.write(value)
        if text is None:
            return "", (form.problem(form.text.refuse(value)),)
        value = form.text.normal(value)
    values[form.content_name] = value
    return text, ()


def _fill_children(form: Form, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    if len(content) != 1:
        return "", (form.problem(findings.one_argument(len(content), form.element, PYTHON)),)
    given: Any = content[0]
    if not _is_list(given):
        offender = type(given).__name__ if isinstance(given, ElementBase) else shown(given)
        return "", (form.problem(findings.not_a_list(offender, form.element, PYTHON)),)
    children: tuple[Any, ...] = tuple(given)
    problems = () if form.fitting.issuperset(map(type, children)) else form.misfits(children)
    if not form.occurrence.least <= len(children) <= form.occurrence.most:
        problems += form.miscounted(len(children))
    if problems:
        return "", problems
    if children:  # the default stands for none
        values[form.content_name] = children
    return "".join([child._xml for child in children]), ()


def _fill_speech(form: Form, values: dict[str, Any], content: tuple[Any, ...]) -> tuple[str, Problems]:
    if len(content) != 1:
        return "", (form.problem(findings.one_argument(len(content), form.element, PYTHON)),)
    given: Any = content[0]
    if given.__class__ is str and (text := form.text.quickly(given)) and not given.isspace():  # as most speech is
        values[form.content_name] = given
        return text, ()
    pieces = _merged(given if _is_list(given) else (given,))
    written: list[str] = []
    refused = False
    depth = 1
    for piece in pieces:
        text = None
        if isinstance(piece, str):
            text = form.text.quickly(piece) or form.text.write(piece)
        elif isinstance(piece, ElementBase) and (piece.__class__ in form.fitting or not form.misfits((piece,))):
            text = piece._xml
            depth = max(depth, piece._depth + 1)
        refused = refused or text is None
        written.append(text or "")
    blank = form.element.needs_text and depth == 1 and not refused and not collapse(pieces[0])
    if refused or blank or depth > _DEEPEST_SPEECH:
        return "", form.refuse_speech(pieces)
    if depth > 1:
        values["_depth"] = depth
    values[form.content_name] = pieces if depth > 1 else pieces[0]
    return "".join(written), ()


def _is_list(given: object) -> bool:
    """Whether something holds elements in an order, rather than is one; any other iterable will do."""
    if given.__class__ is list or given.__class__ is tuple:  # asking for any iterable takes ten times as long
        return True
    return isinstance(given, Iterable) and not isinstance(given, str | bytes | ElementBase | Mapping | AbstractSet)


def _merged(given: Iterable[Any]) -> tuple[Any, ...]:
    """Neighbouring texts made one, as a parser would read them, and empty ones left out."""
    pieces: list[Any] = []
    for piece in given:
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += str.__str__(piece)
        elif not isinstance(piece, str):
            pieces.append(piece)
        elif piece:
            pieces.append(str.__str__(piece))
    return tuple(pieces) or ("",)


def form_of(cls: type[ElementBase]) -> Form:
    """Return what a class takes; made once for each class."""
    if cls._form is None:
        cls._form = make(cls)
    form: Form = cls._form
    return form


def make(cls: type[ElementBase]) -> Form:
    """The form of a class."""
    element = element_of(cls)
    content = [field.name for field in fields_of(cls) if not field.kw_only]
    writers = {python_name(name): serializers.of_attribute(attribute) for name, attribute in element.attributes.items()}
    children = {_class_of(name): child for name, child in element.children.items()}
    fill = _filling(element)
    form = Form(
        element,
        content_name="".join(content),
        fill=fill,
        without_content=("", ()),
        text=serializers.of_text(element.text or schema.TEXT),
        children=children,
        fitting=frozenset(child for child, declared in children.items() if element_of(child) is declared),
        writers=writers,
        quickly={name: writer.quickly for name, writer in writers.items()},
        required=frozenset(name for name, writer in writers.items() if element.attributes[writer.wire_name].required),
        occurrence=element.occurrence,
        opening=f"<{element.name}",
        closing=f"</{element.name}>",
        takes_extra=any(field.name == "extra" for field in fields_of(cls)),
    )
    if fill is _fill_children:
        form.without_content = "", form.miscounted(0)
    elif fill is not _fill_nothing:
        form.without_content = "", (form.problem(findings.one_argument(0, element, PYTHON)),)
    return form


class Mismatch(TypeError):
    """A class of elements and the schema disagree."""


def element_of(cls: type[ElementBase]) -> schema.Element:
    """Return the declaration of a class in the schema: the one with the name of the class, or of a base class.

    Raises:
        Mismatch: If there is no such declaration, or its attributes are not the keywords of the class.
    """
    bases = [base.__name__ for base in cls.__mro__ if base.__name__ in _declared()]
    if not bases:
        raise Mismatch(f"class {cls.__name__} has no element in the schema; declare it in bxml.xsd")
    element = _declared()[bases[0]]
    keywords = {field.name for field in fields_of(cls) if field.kw_only and field.name != "extra"}
    attributes = {python_name(name): name for name in element.attributes}
    for keyword, name in attributes.items():
        if keyword not in keywords:
            raise Mismatch(f"class {cls.__name__} has no field for the attribute {name} of <{element.name}>; add {keyword}")
    for keyword in sorted(keywords - attributes.keys()):
        fault = f"class {cls.__name__} has the field {keyword}, but the schema declares no such attribute of <{element.name}>"
        raise Mismatch(f"{fault}; remove the field, or declare it in bxml.xsd")
    return element


def _class_of(name: str) -> type[ElementBase]:
    """Return the class of an element.

    Raises:
        Mismatch: If there is none.
    """
    found = classes.get(class_name(name))
    if found is None:
        raise Mismatch(f"the element <{name}> of the schema has no class; add {class_name(name)}")
    return found


OTHER_DECLARATIONS: Final = {("Refer", "SipUri")}
"""Children, by parent and name, that are declared otherwise than the class of that name: SipUri is the child of Transfer."""


@cache
def _declared() -> dict[str, schema.Element]:
    """Return the declarations by the names of their classes.

    Raises:
        Mismatch: If two declarations have the same name.
    """
    law = schema.law()
    found = {class_name(name): element for name, element in law.elements.items()}
    for parent in law.declarations():
        for name, child in parent.children.items():
            if (parent.name, name) in OTHER_DECLARATIONS:
                continue
            if found.setdefault(class_name(name), child) is not child:
                raise Mismatch(f"the schema declares <{name}> in several ways, one of them in <{parent.name}>; use one type")
    return found


def _filling(element: schema.Element) -> Callable[[Form, dict[str, Any], tuple[Any, ...]], tuple[str, Problems]]:
    if element.mixed:
        return _fill_speech
    if element.text is not None:
        return _fill_text
    return _fill_children if element.children or element.maximum_bytes is not None else _fill_nothing
