"""If libxml2 refuses a document, the document is invalid, even if this package finds no problem in it."""

from __future__ import annotations

import pytest
from lxml import etree

from bxml import InvalidDocument, Response, parse, schema, validate


@pytest.fixture(params=["refused", "not parsed"])
def libxml2_refuses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make libxml2 refuse every document."""

    def refuse(_: bytes) -> etree._Element:
        raise etree.XMLSyntaxError("no", 0, 0, 0)

    monkeypatch.setattr(schema, "allows", lambda _: False)
    if request.param == "not parsed":
        monkeypatch.setattr(schema, "tree", refuse)


@pytest.mark.usefixtures("libxml2_refuses")
def test_document_that_only_libxml2_refuses_is_invalid() -> None:
    """If only libxml2 refuses a document, the document has one problem, which does not show libxml2's message."""
    (problem,) = validate("<Response><Hangup/></Response>", name="menu.bxml")
    message = "the schema does not allow this document, for an unknown reason; please report it as a bug of bxml"
    assert str(problem) == f"menu.bxml:1:2: {message} [against-schema]"
    with pytest.raises(InvalidDocument):
        parse("<Response/>")


def test_document_that_only_libxml2_refuses_is_not_serialized(monkeypatch: pytest.MonkeyPatch) -> None:
    """If libxml2 refuses a document that was built in Python, the document is not serialized."""
    monkeypatch.setattr(schema, "allows", lambda _: False)
    with pytest.raises(InvalidDocument, match=r"^Response: the schema does not allow this document"):
        Response().hangup().to_bytes()
