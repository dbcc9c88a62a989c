"""libxml2 has the last word, also where the rest of the package had nothing to say."""

from __future__ import annotations

import pytest
from lxml import etree

from bxml import InvalidDocument, Response, parse, schema, validate


@pytest.fixture(params=["refused", "not even read"])
def libxml2_says_no(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that forbids what this package takes for allowed."""

    def refuse(_: bytes) -> etree._Element:
        raise etree.XMLSyntaxError("no", 0, 0, 0)

    monkeypatch.setattr(schema, "allows", lambda _: False)
    if request.param == "not even read":
        monkeypatch.setattr(schema, "tree", refuse)


@pytest.mark.usefixtures("libxml2_says_no")
def test_a_text_is_refused_without_a_reason() -> None:
    """What libxml2 refuses is refused, and it is said that nothing more is known; its own words are not shown."""
    (problem,) = validate("<Response><Hangup/></Response>", name="menu.bxml")
    assert (
        str(problem)
        == "menu.bxml:1:2: the schema does not allow this document, for an unknown reason; please report it as a bug of bxml [against-schema]"
    )
    with pytest.raises(InvalidDocument):
        parse("<Response/>")


def test_a_document_is_refused_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that its constructors have let pass is still not written against the verdict."""
    monkeypatch.setattr(schema, "allows", lambda _: False)
    with pytest.raises(InvalidDocument, match=r"^Response: the schema does not allow this document"):
        Response().hangup().to_bytes()
