"""Documents as ``phone`` shows them: indented, without passwords, and shortened to their first lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bxml.command.formats import plain
from bxml.errors import BxmlError
from bxml.messages.redaction import redact_document, redact_for_log
from bxml.parsing.formatter import formatted

if TYPE_CHECKING:
    from callcontrol.emulator.timeline import Entry

EXCERPT_LINES: Final = 6
"""Maximum number of lines of a document that are shown, unless it is shown in full."""

EXCERPT_COLUMNS: Final = 500
"""Maximum number of characters of a line that are shown, unless the document is shown in full."""

_DECLARATION: Final = re.compile(r"\A<\?xml\s[^>]*\?>")


def is_document(entry: Entry) -> bool:
    """Return whether the content of a timeline entry is a document that the call runs."""
    from callcontrol.events import EVENTS  # imported here, because the import takes longer than most requests

    if entry.kind == "answer":
        may_contain_one = entry.text.startswith("2") and EVENTS[entry.details["event"]].may_be_answered
    else:
        may_contain_one = entry.kind == "api"
    return may_contain_one and bool(str(entry.content or "").strip())


def lines_of(document: str) -> list[str]:
    """Return the lines of a document without its XML declaration. A document that is not well-formed is not indented."""
    try:
        text = _DECLARATION.sub("", redact_for_log(formatted(document).decode()))
    except BxmlError:
        text = redact_document(document, is_xml=False)
    return [plain(line.expandtabs(4)) for line in text.strip().splitlines()]


def excerpt(lines: list[str]) -> tuple[list[str], str]:
    """Return the first lines of a document, and what is left out; the latter is empty if nothing is left out.

    A document with one line too many is not shortened, because the note about it would take a line too. A long line is cut:
    an error page may be one line.
    """
    shown = lines if len(lines) <= EXCERPT_LINES + 1 else lines[:EXCERPT_LINES]
    cut = sum(max(0, len(line) - EXCERPT_COLUMNS) for line in shown)
    left_out = [_counted(len(lines) - len(shown), "line"), _counted(cut, "character")]
    return [_cut(line) for line in shown], " and ".join(filter(None, left_out))


def _cut(line: str) -> str:
    return line if len(line) <= EXCERPT_COLUMNS else f"{line[:EXCERPT_COLUMNS]}…"


def _counted(count: int, name: str) -> str:
    return f"{count} more {name}{'' if count == 1 else 's'}" if count else ""
