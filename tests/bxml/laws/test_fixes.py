"""Property: a fix changes only names and values, restores the intended document, and leaves nothing to fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.parsers import expat

from hypothesis import assume, given
from hypothesis import strategies as st

from bxml import schema, validate
from bxml.command.fixing import fixed
from bxml.lint.apply_fixes import applied
from bxml.lint.rules.unknown_voice import VOICES
from bxml.messages.exact_counterparts import ATTRIBUTES, ELEMENTS
from bxml.messages.schema_findings import value_fault
from tests.text_mutations import Attribute, Written, elements_of, mutated_texts, replaced, texts_of_documents

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Replacement = tuple[int, int, str]
"""The start, the exclusive end and the new text of a change."""


def fix(text: str) -> str:
    """Return a document with all fixes applied."""
    data = text.encode()
    return fixed(data, validate(data), validate)[0].decode()


# Documents with faults whose fix is certain


def faults(text: str) -> Iterator[tuple[Replacement, ...]]:
    """Yield changes of a valid document. Each change makes a fault, and the fix of the fault restores the original text."""
    for element in elements_of(text)[1:]:
        names = [foreign.rpartition("/")[2] for foreign, name in ELEMENTS.items() if name == element.name]
        for name in (*names, element.name.lower(), element.name.upper()):
            if name != element.name:
                yield from _renamed(element, name)
    for element in elements_of(text):
        for attribute in element.attributes:
            # xml:lang has a prefix.
            if attribute.name in element.declared.attributes and ":" not in attribute.name:
                yield from _faults_of_name(element, attribute)
                yield from _faults_of_value(text, element, attribute)


def _renamed(element: Written, name: str) -> Iterator[tuple[Replacement, ...]]:
    start, end = element.start + len("<"), element.last + len("</")
    opening = (start, start + len(element.name), name)
    yield (opening, (end, end + len(element.name), name)) if element.last < element.end else (opening,)


def _faults_of_name(element: Written, attribute: Attribute) -> Iterator[tuple[Replacement, ...]]:
    paths = [path for path, name in ATTRIBUTES.items() if name == attribute.name and path.startswith(f"{element.name}/@")]
    foreign = [path.partition("/@")[2] for path in paths]
    for name in (*foreign, attribute.name.upper(), attribute.name.lower()):
        if name not in element.declared.attributes:
            yield ((attribute.start, attribute.start + len(attribute.name), name),)


def _faults_of_value(text: str, element: Written, attribute: Attribute) -> Iterator[tuple[Replacement, ...]]:
    start, end = attribute.quoted + 1, attribute.end - 1
    value = text[start:end]
    type_ = element.declared.attributes[attribute.name].type
    if "&" in value:
        return
    words = {word for each in (type_, *type_.members) for word in each.words}
    changed = [value.upper(), value.capitalize()] if value in words | VOICES.keys() else []
    if attribute.name == "callIdsToCoach" and re.fullmatch(r"[\w-]+(,[\w-]+)*", value):
        changed = [f"['{value}']", str(tuple(value.split(","))).replace('"', "'")]
    elif type_.digits is not None and re.search(r"\A\D*0*\.|\.(?!\d{3}\s*\Z)", value):
        changed = [value.replace(".", ",")]
    for other in changed:
        if value_fault(other, type_) or attribute.name in {"voice", "callIdsToCoach"}:
            yield ((start, end, other),)


@st.composite
def _documents_with_faults(draw: DrawFn) -> tuple[str, str]:
    original = draw(texts_of_documents())
    possible = list(faults(original))
    assume(possible)
    changes: list[Replacement] = []
    for change in draw(st.lists(st.sampled_from(possible), min_size=1, max_size=4)):
        if all(end <= other or start >= other_end for start, end, _ in change for other, other_end, _ in changes):
            changes += change
    text = original
    for start, end, by in sorted(changes, reverse=True):
        text = replaced(text, start, end, by)
    assume(len(text.encode()) <= schema.maximum_bytes())
    return original, text


def documents_with_faults() -> SearchStrategy[tuple[str, str]]:
    """Return a strategy for pairs: a valid document, and the same document after up to four changes of :func:`faults`."""
    return _documents_with_faults()


@given(documents_with_faults())
def test_fixing_gives_back_the_original(documents: tuple[str, str]) -> None:
    """If every fault of a document has a certain fix, fixing restores the document without faults, byte for byte."""
    original, text = documents
    assert text != original
    assert fix(text) == fix(original)


@given(mutated_texts() | documents_with_faults().map(lambda documents: documents[1]))
def test_a_fixed_document_has_no_more_fixes(text: str) -> None:
    """Fixing is idempotent."""
    once = fix(text)
    assert [problem.fix for problem in validate(once) if problem.fix] == []
    assert fix(once) == once


@given(mutated_texts() | documents_with_faults().map(lambda documents: documents[1]))
def test_a_fix_changes_names_and_values_only(text: str) -> None:
    """A fix keeps the number of tags and attributes, and all text, comments and processing instructions."""
    changed = fix(text)
    if changed != text and "<Redirect" not in text:
        assert shape(changed) == shape(text)


def shape(text: str) -> list[tuple[str, object]]:
    """Return the parts of a document that no fix changes."""
    found: list[tuple[str, object]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda _, attributes: found.append(("start", len(attributes)))
    parser.EndElementHandler = lambda _: found.append(("end", ""))
    parser.CharacterDataHandler = lambda data: found.append(("text", data))
    parser.CommentHandler = lambda data: found.append(("comment", data))
    parser.ProcessingInstructionHandler = lambda *data: found.append(("instruction", data))
    parser.Parse(text, True)  # noqa: FBT003  its arguments have no names
    return found


@given(mutated_texts() | documents_with_faults().map(lambda documents: documents[1]))
def test_nothing_outside_of_the_edits_changes(text: str) -> None:
    """Applying all edits from the last to the first gives the same text as applying the fixes."""
    fixes = [problem.fix for problem in validate(text) if problem.fix]
    lines = re.split("(\r\n|\r|\n)", text)
    starts = [len("".join(lines[:number])) for number in range(0, len(lines), 2)]
    edits = [edit for each in fixes for edit in each.edits]
    expected = text
    for edit in sorted(edits, reverse=True):
        start, end = starts[edit.line - 1] + edit.column - 1, starts[edit.end_line - 1] + edit.end_column - 1
        expected = replaced(expected, start, end, edit.text)
    assert applied(text, fixes) == (expected, len(fixes))
