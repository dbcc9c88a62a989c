"""If libxml2 refuses a document, the document is invalid, even if this package finds no problem in it."""

from __future__ import annotations

import pytest
from lxml import etree

from bxml import InvalidDocument, Response, parse, schema, validate
from bxml.lint import template_linter
from bxml.lint.linter import Settings


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


REDIRECT = '<Response><Redirect url="/x"/></Response>'


def test_an_attribute_with_another_name_is_one_problem() -> None:
    """If a required attribute is given under a wrong name, the wrong name is the only reported problem."""
    (problem,) = validate(REDIRECT)
    assert (problem.rule, problem.path) == ("unknown-attribute", "Response/Redirect[1]/@url")
    with pytest.raises(InvalidDocument) as raised:
        parse(REDIRECT)
    assert [problem.rule for problem in raised.value.problems] == ["unknown-attribute"]
    assert [problem.rule for problem in validate(REDIRECT, ignore=["unknown-attribute"])] == ["missing-attribute"]
    suppressed = REDIRECT.replace("<Redirect", "<!-- bxml: ignore unknown-attribute --><Redirect")
    assert [problem.rule for problem in validate(suppressed)] == ["missing-attribute"]
    both = '<Response><StartStream name="a" foo="b"/><Redirect/></Response>'
    rules = [problem.rule for problem in validate(both, select=["schema"])]
    assert rules == ["missing-attribute", "unknown-attribute", "missing-attribute"]
    template = '<Response><Redirect url="/x" tag="{{ a }}"/></Response>'
    settings = Settings(frozenset(["missing-attribute", "unknown-attribute"]))
    found = template_linter.problems(template.encode(), "a.bxml.j2", settings, None)
    assert found
    assert [problem.rule for problem in found.problems] == ["unknown-attribute"]
