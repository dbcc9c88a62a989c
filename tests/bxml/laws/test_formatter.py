"""Properties of the formatter: the document stays equal, the verdict stays the same, and formatting twice changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bxml import BxmlError, parse, schema, validate
from bxml.parsing.formatter import formatted
from bxml.strategies import documents
from tests.strategies import altered_documents, broken_documents, written_otherwise

CASES: Final = sorted((Path(__file__).parents[1] / "lint" / "cases").rglob("*.*ml"))

WITH_TEXT: Final = {each.name for each in schema.vocabulary().declarations() if each.mixed or each.text is not None}
"""Names of the elements in which white space has a meaning."""

TAG: Final = re.compile(r"<([\w:.-]+)((?:\s+[\w:.-]+=\"[^\"]*\"|\s+[\w:.-]+='[^']*')*)\s*(/?)>")

SPACES: Final = st.sampled_from([" ", "  ", "\n", "\t", "\r\n      "])


@st.composite
def written_untidily(draw: st.DrawFn, source: st.SearchStrategy[bytes]) -> bytes:
    """Return documents with other quotes, spaces in tags and line ends, and with comments and CDATA sections after tags."""
    text = draw(source).decode()

    def tag(found: re.Match[str]) -> str:
        attributes = ""
        for name, double, single in re.findall(r"([\w:.-]+)=(?:\"([^\"]*)\"|'([^']*)')", found[2]):
            value = double or single
            quote = "'" if "'" not in value and ('"' in value or draw(st.booleans())) else '"'
            if quote == "'":
                value = value.replace("&quot;", '"')
            attributes += f"{draw(SPACES)}{name}{draw(st.sampled_from(['=', ' = ']))}{quote}{value}{quote}"
        after = draw(st.sampled_from(["", " ", "\n"]))
        comment = draw(st.sampled_from(["", "", "", "<!-- c -->", " <!-- c -->", "<![CDATA[ ]]>", "\n\n\n<!-- a\n b -->\n\n"]))
        if found[3]:
            end = "/>" if draw(st.booleans()) else f"></{found[1]}>"
            return f"<{found[1]}{attributes}{after}{end}{comment}"
        return f"<{found[1]}{attributes}{after}>{comment}"

    untidy = TAG.sub(tag, text)
    if draw(st.booleans()):
        untidy = re.sub(r"(</\w+)>", r"\1 >", untidy)
    untidy = untidy.replace("\r\n", "\n").replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    data = untidy.encode()
    return data if len(data) <= schema.maximum_bytes() else b"<Response/>"


valid: Final = (
    documents().map(lambda document: document.to_bytes())
    | documents().map(lambda document: document.to_bxml(indent=4).encode())
    | written_otherwise()
)
sources: Final = valid | written_untidily(valid)
faulty: Final = broken_documents() | altered_documents()


def verdict(data: bytes) -> list[tuple[str, str, str]]:
    """Return the problems of a document without their places and messages, which contain line numbers."""
    found = [(problem.rule, problem.path, problem.severity) for problem in validate(data, select=["all"])]
    # Indentation makes a document larger or smaller.
    return sorted(each for each in found if each[0] != "document-size")


def parts(node: etree._Element) -> Iterator[tuple[Any, ...]]:
    """Yield everything in a document that formatting must keep, such as attributes, text and comments."""
    yield node.tag if isinstance(node.tag, str) else type(node), list(node.attrib.items())
    text = node.text or ""
    yield (text if node.tag in WITH_TEXT or not isinstance(node.tag, str) else text.strip(" \t\n"),)
    for child in node:
        yield from parts(child)
        tail = child.tail or ""
        yield (tail if node.tag in WITH_TEXT else tail.strip(" \t\n"),)


def check(data: bytes) -> bytes | None:
    """Check all properties for one document. Return its canonical form, or ``None`` if it has no canonical form."""
    try:
        result = formatted(data)
    except BxmlError:
        return None
    assert formatted(result) == result
    assert verdict(result) == verdict(data)
    if b"xmlns" not in data and b":" not in re.sub(rb"\"[^\"]*\"|'[^']*'", b"", data):
        before, after = etree.fromstring(data), etree.fromstring(result)
        assert [*parts(after)] == [*parts(before)]
    return result


@given(sources)
def test_formatted_document_is_equal(data: bytes) -> None:
    """The formatted document is an equal document, has the same problems, and formatting it again changes nothing."""
    result = check(data)
    if result is not None:
        assert parse(result) == parse(data)


@given(faulty | written_untidily(faulty))
def test_faulty_document_keeps_its_problems(data: bytes) -> None:
    """Formatting neither hides nor creates a problem."""
    check(data)


@given(documents(), st.integers(0, 8))
def test_indentation_of_the_builder_does_not_matter(document: Any, indent: int) -> None:
    """A document has the same canonical form whatever its indentation was."""
    assert formatted(document.to_bxml(indent=indent)) == formatted(document.to_bxml(indent=2))


@given(documents())
def test_indented_document_of_the_builder_is_canonical(document: Any) -> None:
    """``to_bxml(indent=2)`` writes the canonical form, except for long tags and attributes with double quotes."""
    written = document.to_bxml(indent=2)
    if max(map(len, written.split("\n"))) <= 120:
        assert formatted(written).decode() == f"{written}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_cases_of_the_rules_keep_their_problems(path: Path) -> None:
    """The properties hold for the cases of all rules."""
    data = path.read_bytes()
    assert check(data) is not None or "not-" in path.name or validate(data)
