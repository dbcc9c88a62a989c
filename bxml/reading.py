"""``parse`` and ``validate``: text made into documents, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from bxml.documents import Bxml, Document, Response
from bxml.problem import BxmlError, InvalidDocument, Problem


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
    from bxml.check import check
    from bxml.values import value_of

    root, problems = check(source, name)
    if problems:
        raise InvalidDocument(problems)
    return cast("Response | Bxml", value_of(root))


def validate(source: str | bytes | Document, name: str = "") -> list[Problem]:
    """Everything that is wrong with a document, in the order of its places; nothing if it is valid. Never raises.

    Of a text that is not XML, only the first fault is found.

    Args:
        source: The document, as text, as bytes or as a value. Of a value only its size can be wrong, and attributes given as
            ``extra`` are warned of.
        name: What each problem calls the source, such as the name of its file.
    """
    from bxml import words
    from bxml.check import check

    try:
        if isinstance(source, Document):
            unchecked = source._verdict()[1]
            return [Problem(*words.unchecked(attribute), name=name, severity="warning") for attribute in unchecked]
        return check(source, name)[1]
    except BxmlError as error:
        return [replace(problem, name=name) for problem in error.problems]
