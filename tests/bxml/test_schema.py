"""The reader of the schema takes what it knows and stops at the rest, so that no limit is overlooked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bxml import schema

ORIGINAL = Path(schema.path()).read_text(encoding="utf-8")

BEYOND = {
    "a facet": ('<xs:maxInclusive value="50"/>', '<xs:maxExclusive value="51"/>'),
    "two patterns": ('<xs:pattern value="[0-9*#a-dA-D]*"/>', '<xs:pattern value="[0-9]*"/><xs:pattern value="[*#]*"/>'),
    "white space": ('<xs:whiteSpace value="collapse"/>', '<xs:whiteSpace value="replace"/>'),
    "another content": ('<xs:choice maxOccurs="8">', '<xs:any/><xs:choice maxOccurs="8">'),
    "a nested choice": ('<xs:element ref="PlayAudio"/>\n      </xs:choice>', "<xs:choice/>\n      </xs:choice>"),
}
"""What XSD 1.0 could say as well, and the reader does not know."""


def read(changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> schema.Law:
    """The facts of a changed schema."""
    (tmp_path / "bxml.xsd").write_text(changed, encoding="utf-8")
    (tmp_path / "xml-lang.xsd").write_text(Path(schema.path("xml-lang.xsd")).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(schema, "path", lambda name="bxml.xsd": str(tmp_path / name))
    return schema._Reader().law()


@pytest.mark.parametrize(("known", "unknown"), BEYOND.values(), ids=BEYOND)
def test_what_is_not_known_is_not_overlooked(known: str, unknown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that says something in a new way is not read as if it had not said it."""
    assert known in ORIGINAL
    with pytest.raises(AssertionError):
        read(ORIGINAL.replace(known, unknown), tmp_path, monkeypatch)


GATHER = '<bxml:verb blocks="yes" holds="yes" ends="@gatherUrl"/>'

WRONG_FACTS = {
    "an unknown fact": (
        GATHER,
        f"{GATHER}<bxml:waits/>",
        "waits is not a known fact of Gather; expected verb, needsText",
    ),
    "another namespace": (
        "<bxml:needsText/>",
        "<xs:needsText/>",
        "{http://www.w3.org/2001/XMLSchema}needsText is not a known fact of SpeakSentence; expected verb, needsText",
    ),
    "a fact of another declaration": (
        "<xs:documentation>text without control",
        "<xs:appinfo><bxml:default>x</bxml:default></xs:appinfo><xs:documentation>text without control",
        "default is not a known fact of displayName; expected none here",
    ),
    "text": (
        "<bxml:needsText/>",
        "required",
        "xs:appinfo holds text; write it in an element",
    ),
    "a missing attribute": (
        GATHER,
        '<bxml:verb blocks="yes" holds="yes"/>',
        "bxml:verb of Gather is missing the attribute ends",
    ),
    "an unknown attribute": (
        GATHER,
        '<bxml:verb blocks="yes" holds="yes" ends="no" stops="no"/>',
        "bxml:verb of Gather has the unknown attribute stops",
    ),
    "an unknown value": (
        GATHER,
        '<bxml:verb blocks="yes" holds="true" ends="no"/>',
        '"true" is not yes, no, or @ and the name of an attribute',
    ),
    "a verb that depends on an attribute it does not have": (
        GATHER,
        '<bxml:verb blocks="yes" holds="yes" ends="@recordUrl"/>',
        "a fact of Gather names recordUrl, which is not an attribute of it",
    ),
    "a method of a URL that does not exist": (
        '<bxml:method of="gatherUrl"/>',
        '<bxml:method of="redirectUrl"/>',
        "a fact of Gather names redirectUrl, which is not an attribute of it",
    ),
    "the text of an element without text": (
        '<bxml:username at="gatherUrl"/>',
        '<bxml:username at="."/>',
        "a fact of Gather names ., which is not an attribute of it",
    ),
    "a verb without its fact": (
        f"<xs:appinfo>{GATHER}</xs:appinfo>",
        "",
        "the verb Gather has no bxml:verb in its xs:appinfo",
    ),
}
"""A schema with a fact that cannot be read, and the error."""


@pytest.mark.parametrize(("known", "unknown", "message"), WRONG_FACTS.values(), ids=WRONG_FACTS)
def test_a_fact_that_cannot_be_read_is_an_error(
    known: str, unknown: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelled or misplaced fact in xs:appinfo is not overlooked."""
    assert ORIGINAL.count(known) == 1
    with pytest.raises(schema.UnsupportedSchema, match=rf"^bxml\.xsd(:\d+)?: {re.escape(message)}$"):
        read(ORIGINAL.replace(known, unknown), tmp_path, monkeypatch)
