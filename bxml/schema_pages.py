"""The pages of the rules that find what the schema does not allow."""

from __future__ import annotations

from typing import Final

PAGES: Final[dict[str, str]] = dict.fromkeys(
    [
        "invalid-value",
        "illegal-character",
        "blank-text",
        "unknown-attribute",
        "missing-attribute",
        "unknown-element",
        "unknown-root",
        "misplaced",
        "too-few-children",
        "too-many-children",
        "document-size",
        "nesting-depth",
        "unchecked-attribute",
        "against-schema",
        "not-well-formed",
        "encoding",
        "doctype",
        "unused-suppression",
    ],
    "",
)
