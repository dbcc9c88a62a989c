"""One-line description of a BXML document, by which a person recognizes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.messages.redaction import redact_urls
from bxml.parsing.tree import Node, Source, Text, decoded, tree

LONGEST_SENTENCE: Final = 200
"""Maximum number of characters of a sentence."""


def document_summary(document: bytes) -> str:
    """Return the first sentence that a document speaks, in quotation marks.

    If the document contains no speech, return the name and the URL of its first PlayAudio, or else of its first verb:
    ``PlayAudio https://…``.

    Args:
        document: A valid document.
    """
    parsed = tree(Source(decoded(document)))
    for node in parsed.nodes:
        if node.name == "SpeakSentence" and (speech := " ".join("".join(_texts(node)).split())):
            return f'"{_shortened(first_sentence(speech))}"'
    verbs = [node for node in parsed.nodes if node.name == "PlayAudio"] or [*parsed.root.children]
    return _shortened(_described(verbs[0])) if verbs else "an empty document"


def first_sentence(text: str) -> str:
    """Return the text up to the first ``.``, ``?`` or ``!`` before a space. If no sentence ends, return the whole text."""
    end = re.search(r"[.!?](?=\s|$)", text)
    return text[: end.end()] if end else text


def _texts(node: Node) -> Iterator[str]:
    for item in node.content:
        if isinstance(item, Text):
            yield item.value
        else:
            yield from _texts(item)


def _described(verb: Node) -> str:
    urls = [value for name, value in verb.attributes.items() if name.endswith("Url")]
    return " ".join([verb.name, *(verb.text.split() or urls[:1])])


def _shortened(text: str) -> str:
    text = redact_urls(text)
    return f"{text[:LONGEST_SENTENCE]}…" if len(text) > LONGEST_SENTENCE else text
