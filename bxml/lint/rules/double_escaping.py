"""Reference that is escaped twice.

What it does
Reports a character reference, such as `&amp;`, that remains in speech, in a URL or in a name after the document
is read, because it was escaped once more: `&amp;amp;`. Tags, parameters and User-To-User headers are accepted,
because their content is the choice of the application.

Why is this bad?
The platform undoes one level of escaping. A caller hears the rest of the reference, and a URL with `&amp;` has
parameters with names such as `amp;page`. Usually a value is escaped by a template, and
also by the code that passes the value to the template.

Example::

    <Response><SpeakSentence>Johnson &amp;amp; Sons</SpeakSentence></Response>

Example::

    <Response><Redirect redirectUrl="/next?menu=1&amp;amp;page=2"/></Response>

Use instead::

    <Response><SpeakSentence>Johnson &amp; Sons</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#sec-references
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bxml.lint import free_texts
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report the first reference of each string."""
    for text in free_texts.find(flow, "speech", "url", "name"):
        found = "&" in text.value and next(filter(_is_reference, _references().finditer(text.value)), None)
        if found:
            message = (
                f"contains {quote(found[0])} instead of {quote(_character(found))}, which was escaped twice; escape it once"
            )
            yield text.violation(*found.span(), message)


@cache
def _references() -> re.Pattern[str]:
    return re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def _character(reference: re.Match[str]) -> str:
    from html import unescape  # imported here because its table is large and rarely needed

    return unescape(reference[0])


def _is_reference(found: re.Match[str]) -> bool:
    """Return whether HTML or XML defines a reference; for example, ``&D;`` in ``R&D;`` is not defined, so it is text."""
    return _character(found) != found[0]
