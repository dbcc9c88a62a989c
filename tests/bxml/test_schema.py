"""The schema contains only what the reader supports, so the reader overlooks no restriction."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from bxml import schema
from tests.forked_process import FORK_LIMIT, forks, in_child
from tests.package_copies import Copy
from tests.supported_schema import read_supported

ORIGINAL = Path(schema.path()).read_text(encoding="utf-8")

ANOTHER_ROOT = """
<xs:element name="Other"><xs:complexType>
  <xs:annotation><xs:appinfo><bxml:maximumBytes>1</bxml:maximumBytes></xs:appinfo></xs:annotation>
</xs:complexType></xs:element>"""

UNSUPPORTED = {
    "a facet": (
        '<xs:maxInclusive value="50"/>',
        '<xs:maxExclusive value="51"/>',
        "xs:maxExclusive in xs:restriction is not supported",
    ),
    "two patterns": (
        '<xs:pattern value="[0-9*#a-dA-D]*"/>',
        '<xs:pattern value="[0-9]*"/><xs:pattern value="[*#]*"/>',
        "several xs:pattern in one type are not supported; combine them in one xs:pattern with |",
    ),
    "white space": (
        '<xs:restriction base="phoneNumber">\n      <xs:whiteSpace value="collapse"/>',
        '<xs:restriction base="phoneNumber">\n      <xs:whiteSpace value="replace"/>',
        'xs:whiteSpace "replace" is not supported; expected "collapse"',
    ),
    "another content": (
        '<xs:choice maxOccurs="8">',
        '<xs:any/><xs:choice maxOccurs="8">',
        "xs:any in xs:complexType is not supported",
    ),
    "a nested choice": (
        '<xs:element ref="PlayAudio"/>\n      </xs:choice>',
        "<xs:choice/>\n      </xs:choice>",
        "xs:choice in xs:choice is not supported",
    ),
    "a part in another place": (
        '<xs:element name="Hangup">',
        '<xs:element name="Hangup"><xs:key name="k"/>',
        "xs:key in xs:element is not supported",
    ),
    "a value that is fixed": (
        '<xs:attribute name="answerCall" type="bool">',
        '<xs:attribute name="answerCall" type="bool" fixed="true">',
        "the attribute fixed of xs:attribute is not supported",
    ),
    "a prohibited attribute": (
        '<xs:attribute name="answerCall" type="bool">',
        '<xs:attribute name="answerCall" type="bool" use="prohibited">',
        'use="prohibited" of answerCall is not supported; expected use="required" or no use attribute',
    ),
    "an attribute without the name of a type": (
        '<xs:attribute name="answerCall" type="bool">',
        '<xs:attribute name="answerCall">',
        "answerCall has no type attribute; add one, because a nested type is not supported",
    ),
    "a type of XSD": (
        '<xs:attribute name="answerCall" type="bool">',
        '<xs:attribute name="answerCall" type="xs:boolean">',
        "the type xs:boolean is not supported; expected one of xs:string, xs:token, xs:decimal, xs:integer",
    ),
    "a sequence of two": (
        '<xs:element name="SipUri" type="referTarget">',
        '<xs:element ref="Tag"/><xs:element name="SipUri" type="referTarget">',
        "xs:sequence of 2 elements is not supported; expected one element",
    ),
    "a choice of several of one kind": (
        '<xs:element ref="Bridge"/>',
        '<xs:element ref="Bridge" maxOccurs="2"/>',
        "an element of xs:choice must not have minOccurs or maxOccurs; write them on xs:choice",
    ),
    "a group of several": (
        '<xs:group name="ssml">\n    <xs:choice>',
        '<xs:group name="ssml">\n    <xs:choice minOccurs="2">',
        "the content of xs:group must not have minOccurs or maxOccurs; write them on the reference",
    ),
    "no size of a document": (
        "<xs:annotation><xs:appinfo><bxml:maximumBytes>65536</bxml:maximumBytes></xs:appinfo></xs:annotation>",
        "",
        "documents have 0 different values of bxml:maximumBytes; use one value",
    ),
    "two sizes of documents": (
        '<xs:element name="Bxml" type="document">',
        f'{ANOTHER_ROOT}<xs:element name="Bxml" type="document">',
        "documents have 2 different values of bxml:maximumBytes; use one value",
    ),
}
"""Changes that add an unsupported part of XSD 1.0 to the schema: the original text, its replacement and the error."""


def read(changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> schema.Vocabulary:
    """Return the vocabulary that is read from a changed schema."""
    (tmp_path / "bxml.xsd").write_text(changed, encoding="utf-8")
    (tmp_path / "xml-lang.xsd").write_text(Path(schema.path("xml-lang.xsd")).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(schema, "path", lambda name="bxml.xsd": str(tmp_path / name))
    return read_supported(etree.parse(schema.path()))


def test_schema_is_supported() -> None:
    """The schema contains only parts of XSD, and facts in ``xs:appinfo``, that the reader supports."""
    assert read_supported(etree.parse(schema.path())).elements.keys() == schema.vocabulary().elements.keys()


@pytest.mark.parametrize(("original", "replacement", "message"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_unsupported_part_of_xsd_raises(
    original: str, replacement: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unsupported part of XSD raises UnsupportedSchema."""
    assert ORIGINAL.count(original) == 1
    with pytest.raises(schema.UnsupportedSchema, match=rf"^bxml\.xsd(:\d+)?: {re.escape(message)}$"):
        read(ORIGINAL.replace(original, replacement), tmp_path, monkeypatch)


GATHER = '<bxml:verb blocks="yes" holds="yes" answers="yes" ends="@gatherUrl" contexts="call transfer-answer"/>'

WRONG_FACTS = {
    "an unknown fact": (
        GATHER,
        f"{GATHER}<bxml:waits/>",
        "waits is not a known fact of Gather; expected verb, needsText, mostTracks",
    ),
    "another namespace": (
        "<bxml:needsText/>",
        '<needsText xmlns="urn:other"/>',
        "{urn:other}needsText is not a known fact of SpeakSentence; expected verb, needsText, mostTracks",
    ),
    "a fact of another declaration": (
        "<xs:documentation>a display name:",
        "<xs:appinfo><bxml:default>x</bxml:default></xs:appinfo><xs:documentation>a display name:",
        "default is not a known fact of displayName; expected none here",
    ),
    "text": (
        "<bxml:needsText/>",
        "required",
        "xs:appinfo contains text; write it in an element",
    ),
    "a missing attribute": (
        GATHER,
        GATHER.replace('ends="@gatherUrl" ', ""),
        "bxml:verb of Gather is missing the attribute ends",
    ),
    "an unknown attribute": (
        GATHER,
        GATHER.replace('ends="', 'stops="no" ends="'),
        "bxml:verb of Gather has the unknown attribute stops",
    ),
    "an unknown value": (
        GATHER,
        GATHER.replace('holds="yes"', 'holds="true"'),
        '"true" is not valid; expected yes, no, or @ and the name of an attribute',
    ),
    "a verb that depends on an attribute it does not have": (
        GATHER,
        GATHER.replace("@gatherUrl", "@recordUrl"),
        "a fact of Gather names recordUrl, but Gather has no such attribute",
    ),
    "an unknown context": (
        GATHER,
        GATHER.replace("transfer-answer", "transfer"),
        "the contexts ['call', 'transfer'] are invalid; expected one or more of call, conference, transfer-answer",
    ),
    "no context": (
        GATHER,
        GATHER.replace("call transfer-answer", ""),
        "the contexts [] are invalid; expected one or more of call, conference, transfer-answer",
    ),
    "a method of a URL that does not exist": (
        '<bxml:method of="gatherUrl"/>',
        '<bxml:method of="redirectUrl"/>',
        "a fact of Gather names redirectUrl, but Gather has no such attribute",
    ),
    "the text of an element without text": (
        '<bxml:username at="gatherUrl"/>',
        '<bxml:username at="."/>',
        "a fact of Gather names ., but Gather has no such attribute",
    ),
    "a verb without its fact": (
        f"<xs:appinfo>{GATHER}</xs:appinfo>",
        "",
        "the verb Gather has no bxml:verb in its xs:appinfo",
    ),
}
"""Mistakes in the xs:appinfo of the schema: the original text, its replacement and the error."""


@pytest.mark.parametrize(("original", "replacement", "message"), WRONG_FACTS.values(), ids=WRONG_FACTS)
def test_invalid_fact_raises(
    original: str, replacement: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in xs:appinfo, such as a misspelled or misplaced element, raises UnsupportedSchema."""
    assert ORIGINAL.count(original) == 1
    with pytest.raises(schema.UnsupportedSchema, match=rf"^bxml\.xsd(:\d+)?: {re.escape(message)}$"):
        read(ORIGINAL.replace(original, replacement), tmp_path, monkeypatch)


@forks
def test_child_process_does_not_wait_for_a_thread_of_the_parent() -> None:
    """If a thread reads the schema during a fork, the child process reads the schema too, without waiting for the thread."""
    started, resume = threading.Event(), threading.Event()
    parent = os.getpid()

    def make() -> str:
        started.set()
        if os.getpid() == parent:
            resume.wait(FORK_LIMIT)
        return "made"

    get = schema._once(make)
    thread = threading.Thread(target=get)
    thread.start()
    started.wait()
    result = in_child(get)()
    resume.set()
    thread.join()
    assert result == "made"


def test_threads_get_the_same_part_of_a_declaration() -> None:
    """If two threads read the same part of a declaration at the same time, both threads get the same object."""
    both_read = threading.Barrier(2, timeout=FORK_LIMIT)

    class Declaration:
        """A declaration with one part."""

        @schema._read_on_access
        def part(self) -> object:
            """Return a new object, after both threads have begun to read."""
            both_read.wait()
            return object()

    declaration = Declaration()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: declaration.part, range(2))
    assert first is second


def test_a_document_reads_only_the_attributes_of_its_verbs(tmp_path: Path) -> None:
    """The attributes of a verb are read only when a document has the verb, so that the first document is fast."""
    finished = Copy(tmp_path).run(
        "from bxml import Response, schema; Response().pause(duration=1).to_bxml();"
        "print(*[name for name, verb in schema.vocabulary().elements.items() if 'attributes' in vars(verb)])"
    )
    assert finished.stdout.split() == ["Response", "Pause"]
