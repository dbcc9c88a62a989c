"""Cleaning of text from outside the application, before it becomes the argument of a constructor."""

from __future__ import annotations

from bxml import xml_text
from bxml.messages.string_likes import is_a, plain


def clean(text: str) -> str:
    """Return a string without the characters that XML does not allow.

    Constructors raise ``InvalidDocument`` for these characters, because no document can contain them, not even escaped:

    * control characters, except tab, line feed and carriage return
    * surrogates, which are halves of a character that was decoded wrongly
    * U+FFFE and U+FFFF, which are not characters

    Use this function for text that the application does not control, such as names from a CRM and transcripts of speech. All
    other characters stay, including ``<`` and ``&``, which constructors escape. Nothing replaces the removed characters, so the
    result can be empty.

    Args:
        text: The text to clean.

    Raises:
        TypeError: If the argument is not a string.
    """
    given = plain(text)
    if is_a(given, str):
        return xml_text.without_illegal_characters(given)
    from bxml.messages import schema_findings  # imported here because correct programs do not need it
    from bxml.messages.text import quote

    raise TypeError(schema_findings.wrong_type(quote(text), text, "text", takes_strings=True).message)
