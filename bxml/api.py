"""``parse`` and ``validate``: text made into documents, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from bxml.builder.documents import Bxml, Document, Response
from bxml.problem import BxmlError, InvalidDocument, Problem

if TYPE_CHECKING:
    from bxml.schema import Context


def parse(source: str | bytes, name: str = "") -> Response | Bxml:
    """The document that a text is: the same values that the constructors make.

    Verbs keep their order; comments, and white space between verbs, are left out. ``parse(document.to_bxml()) == document``.
    The text may come from anybody: nothing is fetched or opened, and size and depth are limited.

    Args:
        source: The document, as text or as bytes; not the name of its file.
        name: What each problem calls the source, such as the name of its file.

    Raises:
        NotWellFormed: if it is not XML in UTF-8, or has a document type.
        InvalidDocument: if the schema does not allow it; with every problem and its place.
    """
    from bxml.builder.from_tree import value_of
    from bxml.parsing.schema_check import check

    root, problems = check(source, name)
    if problems:
        raise InvalidDocument(problems)
    return cast("Response | Bxml", value_of(root))


def validate(
    source: str | bytes | Document,
    name: str = "",
    *,
    context: Context = "call",
    select: Iterable[str] = ("default",),
    ignore: Iterable[str] = (),
) -> list[Problem]:
    """Everything that is wrong with a document, in the order of its places, as ``bxml validate`` has it.

    Nothing if it is valid. No source whatever makes this raise; of a text that is not XML, only the first fault is found. What
    a project has configured for its files is not asked for: give it as arguments.

    Args:
        source: The document, as text, as bytes or as a value. In a value nothing that the schema does not allow can be found,
            except for its size; attributes given as ``extra`` are warned of.
        name: What each problem calls the source, such as the name of its file.
        context: Where the document is run: on a ``call``, in a ``conference``, or on the called party of a transfer before
            it is connected, ``transfer-answer``. The latter two take fewer verbs.
        select: The names of the rules that look: those that are on by ``default``, those of the ``schema``, or ``all``, or
            single ones by their names.
        ignore: The names of rules that do not look.

    Raises:
        ValueError: if ``select`` or ``ignore`` holds what is no rule's name, or ``context`` is none.
    """
    from bxml.lint import linter, registry
    from bxml.messages import findings

    settings = linter.Settings(registry.selected(select, ignore), registry.context(context))
    if not isinstance(source, Document):
        return linter.problems(source, name, settings)[0]
    try:
        data, unchecked = source._verdict()
    except BxmlError as error:
        found = [*error.problems]
    else:
        found = [Problem(*findings.unchecked(attribute)) for attribute in unchecked]
        found += linter.problems_of_valid(data.decode(), settings)
    return [replace(settings.settle(problem), name=name) for problem in found if settings.wants(problem)]
