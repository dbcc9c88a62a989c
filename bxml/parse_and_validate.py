"""``parse`` and ``validate``: convert XML to documents, and find the problems in a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from bxml.builder.documents import Bxml, Document, Response
from bxml.errors import BxmlError, InvalidDocument

if TYPE_CHECKING:
    from bxml.problem import Problem
    from bxml.schema import Context


def parse(source: str | bytes, name: str = "") -> Response | Bxml:
    """Parse BXML into the same values that the constructors make.

    Verbs keep their order; comments and the white space between verbs are dropped. ``parse(document.to_bxml()) == document``.
    The source can be untrusted: nothing external is opened or fetched, and size and depth are limited.

    Args:
        source: The document, as a string or as bytes in UTF-8; not a file name.
        name: Name of the document, such as its file name; each problem contains it.

    Raises:
        NotWellFormed: If the source is not well-formed XML in UTF-8, contains a DOCTYPE or is nested too deeply.
        InvalidDocument: If the schema does not allow the document; the error lists every problem with its position.
    """
    # Imported here and below, because building documents needs neither the parser nor the linter.
    from bxml.builder.from_tree import value_of
    from bxml.parsing.schema_check import check

    root, problems = check(source, name)
    if problems:
        raise InvalidDocument(problems)
    return cast("Response | Bxml", value_of(root))


def validate(  # noqa: PLR0913  independent options
    source: str | bytes | Document,
    name: str = "",
    *,
    context: Context = "call",
    select: Iterable[str] = ("default",),
    ignore: Iterable[str] = (),
    pushed: bool = False,
) -> list[Problem]:
    """Return the problems of a document, in the order of their places; the list is empty if the document is valid.

    The command ``bxml validate`` reports the same problems. No error is raised for an invalid source. If the source is not
    well-formed XML, only the first error is reported. Configuration files are not read; pass their settings as arguments.

    Args:
        source: The document, as a string, as bytes in UTF-8 or as a value. The constructors have already checked a value
            against the schema, so only its size and the lint rules are checked; attributes given as ``extra`` cause warnings.
        name: Name of the document, such as its file name; each problem contains it.
        context: Where the document is run: ``call``, ``conference``, or ``transfer-answer`` for the called party of a transfer
            before that party is connected. ``conference`` and ``transfer-answer`` allow fewer verbs.
        select: Rules to check: ``default``, ``schema``, ``all`` or ids of rules.
        ignore: Ids of rules not to check.
        pushed: True if the document is pushed into a live call or conference, where no relative URL can be resolved. A document
            with the root ``Bxml`` always counts as pushed.

    Raises:
        ValueError: If ``select`` or ``ignore`` contains an unknown rule, or ``context`` is unknown.
    """
    from dataclasses import replace

    from bxml.lint import linter, rule_registry
    from bxml.messages import schema_findings
    from bxml.problem import Problem

    settings = linter.Settings(rule_registry.selected(select, ignore), rule_registry.context(context), pushed=pushed)
    if not isinstance(source, Document):
        return linter.problems(source, name, settings)[0]
    try:
        data, unchecked = source._verdict()
    except BxmlError as error:
        found = [*error.problems]
    else:
        found = [Problem(*schema_findings.unchecked(attribute)) for attribute in unchecked]
        found += linter.problems_of_valid(data.decode(), settings)
    return [replace(settings.settle(problem), name=name) for problem in found if settings.wants(problem)]
