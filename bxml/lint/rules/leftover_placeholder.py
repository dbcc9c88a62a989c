"""Placeholder that was not replaced.

What it does
Reports a placeholder of a template or format string in speech, in a URL or in a name: `{{ name }}`, `{% … %}`,
`${name}`, `#{name}`, `{name}`, `{0}`, `<%= name %>`, `<?= $name ?>`, `%(name)s` and `%s`. In tags, parameters and
User-To-User headers, only `{{ name }}`, `${name}`, `<%= name %>` and `%(name)s` are reported, because braces are
part of JSON.

Why is this bad?
The caller hears the name of a variable, or the platform requests a URL that does not exist. Usually a template
was not rendered, or a string lacks the prefix that makes it a format string, such as `f` in Python.

Example::

    <Response><SpeakSentence>Hello {{ name }}.</SpeakSentence></Response>

Example::

    <Response><Redirect redirectUrl="https://app.example/calls/${id}"/></Response>

Use instead::

    <Response><SpeakSentence>Hello Ann.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
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
    """Report the first placeholder of each string."""
    for text in free_texts.find(flow, "speech", "url", "name", "data"):
        # Most strings have none of these characters, and this test is cheaper than the search.
        if "{" in text.value or "%" in text.value or "<?" in text.value:
            pattern = {"url": _in_url, "data": _in_data}.get(text.kind, _in_text)()
            if found := pattern.search(text.value):
                message = f"contains the placeholder {quote(found[0])}; replace it with a value"
                yield text.violation(*found.span(), message)


# Patterns are compiled on first use, because few documents need them.


@cache
def _in_data() -> re.Pattern[str]:
    """Return the expression for placeholders that are not part of JSON."""
    return re.compile(r"\{\{[^{}\"]+\}\}|\$\{[^{}\"]+\}|<%[^<>]+%>|%\([A-Za-z_]\w*\)[sdr]")


@cache
def _in_text() -> re.Pattern[str]:
    return re.compile(
        r"\{\{[^{}]+\}\}|\{%[^{}]+%\}|[$#]\{[^{}]+\}|<%[^<>]+%>|<\?[^<>]+\?>|%\([A-Za-z_]\w*\)[sdr]"
        r"|\{(?:[A-Za-z_][\w.]*|[0-9])\}|(?<![\w%])%[sd](?!\w)"
    )


@cache
def _in_url() -> re.Pattern[str]:
    """Return the expression for placeholders in URLs, where a percent sign begins an escaped character."""
    return re.compile(
        r"\{\{[^{}]+\}\}|\{%[^{}]+%\}|[$#]\{[^{}]+\}|<%[^<>]+%>|<\?[^<>]+\?>|%\([A-Za-z_]\w*\)[sdr]"
        r"|\{(?:[A-Za-z_][\w.]*|[0-9])\}|%s|%d(?![0-9A-Fa-f])"
    )
