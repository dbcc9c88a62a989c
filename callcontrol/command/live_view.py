"""Live output of ``emulator`` and ``phone``: a line of text or a JSON object for each timeline entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

import click

from bxml.command.checker import Checked, Results
from bxml.command.formats import plain, text
from bxml.command.standard_streams import write
from bxml.messages.redaction import redact_document, redact_urls
from bxml.parsing.syntax_errors import NOT_XML
from callcontrol.command.output import json_line

if TYPE_CHECKING:
    from bxml.problem import Problem
    from callcontrol.emulator.call_or_conference import Party
    from callcontrol.emulator.timeline import Entry, Timeline

STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "answer": {"fg": "cyan", "dim": True},
    "event": {"fg": "cyan"},
    "ignored": {"dim": True},
    "invalid": {"fg": "red"},
    "pressed": {"fg": "yellow"},
    "problem": {"fg": "red"},
    "said": {"fg": "yellow"},
    "spoken": {"fg": "green"},
    "state": {"bold": True},
}
"""For each kind of timeline entry: the style of its line."""

DOCUMENT_KINDS: Final = frozenset({"answer", "api"})
"""Kinds of timeline entries that contain a document."""


class LiveView:
    """Prints timeline entries as they are written.

    Args:
        as_json: True to print each entry as a JSON object.

    Attributes:
        followed: The call that ``phone`` makes. Times are seconds since this call began, and its entries are printed without an
            id. ``None`` for ``emulator``: times are seconds since the emulator began, and every entry has an id.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.followed: Party | None = None
        self._as_json = as_json
        self._documents: dict[str, str] = {}
        self._draft = ""

    def show(self, party: Party, entry: Entry) -> None:
        """Print a timeline entry.

        Args:
            party: The call or conference that the entry belongs to.
            entry: The entry.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        id_ = party_id(party)
        if entry.kind in DOCUMENT_KINDS:
            self._documents[id_] = entry.content or ""
        if self._as_json:
            write(json_line({"id": id_, **entry.as_json()}))
        elif entry.kind != "verb":  # the effect of a verb has an entry of its own
            at = party.began + entry.at - (self.followed.began if self.followed else 0)
            shown_id = "" if party is self.followed else f"{short_id(id_)}  "
            self._write_above_draft(f"{at:8.2f}  {shown_id}{self._format(id_, entry)}\n")

    def message(self, text: str) -> None:
        """Print a message of the command itself. With ``--json``, print nothing, because the output contains only entries.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        if not self._as_json:
            self._write_above_draft(f"{plain(text)}\n")

    def show_timeline(self, party: Party) -> None:
        """Print the complete timeline of a call or conference. With ``--json``, print nothing.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        self.message("")
        self.message(f"timeline of {party_id(party)}")
        for each in _lines(party.timeline):
            self.message(each)

    def draft(self, words: str) -> None:
        """Replace the draft on the last line of the terminal.

        Args:
            words: What the caller has typed so far; empty to remove the draft.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        # Overwriting with spaces clears the line on every terminal; wide characters take two columns.
        blank = " " * sum(2 if east_asian_width(character) in {"W", "F"} else 1 for character in self._draft)
        self._draft = f"say: {plain(words)}" if words else ""
        write(f"\r{blank}\r{self._draft}")

    def _write_above_draft(self, text: str) -> None:
        draft = self._draft.removeprefix("say: ")
        if draft:
            self.draft("")
        write(text)
        if draft:
            self.draft(draft)

    def _format(self, id_: str, entry: Entry) -> str:
        text = redact_urls(_FORMATS.get(entry.kind, _format_other)(entry))
        styled = click.style(plain(_ID.sub(lambda found: short_id(found[0]), text)), **_style(entry))
        return f"{styled}\n{_report(self._documents.get(id_, ''), entry)}" if entry.kind == "invalid" else styled


def party_id(party: Party) -> str:
    """Return the id of a call or a conference."""
    return str(getattr(party, "call_id", None) or getattr(party, "conference_id", ""))


def short_id(id_: str) -> str:
    """Return the beginning of an id, such as ``c-00000001``, which is unique because the emulator numbers its ids."""
    return "-".join(id_.split("-")[:2])


_ID: Final = re.compile(r"\b[a-z]+-[0-9a-f]{8}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def _lines(timeline: Timeline) -> list[str]:
    """Return the lines of a timeline, without the passwords in URLs."""
    return [redact_urls(each) for entry in timeline for each in str(entry).splitlines()]


def _style(entry: Entry) -> Mapping[str, Any]:
    if entry.kind == "answer" and not entry.text.startswith("2"):
        return STYLES["problem"]
    return STYLES.get(entry.kind, {})


def _details(entry: Entry, *without: str) -> str:
    """Return the details that are numbers or non-empty strings, such as `` · digits: 1``."""
    details = {name: value for name, value in entry.details.items() if name not in without and value != ""}
    return "".join(f" · {name}: {value}" for name, value in details.items() if isinstance(value, str | int | float))


def _format_other(entry: Entry) -> str:
    return f"{entry.kind} {entry.text}{_details(entry)}"


def _format_state(entry: Entry) -> str:
    parts = (entry.text, entry.details.get("cause"), str(entry.details.get("message") or "").partition("\n")[0])
    return " · ".join(each for each in parts if each)


_FORMATS: Final[Mapping[str, Callable[[Entry], str]]] = {
    "event": lambda entry: (
        f"\N{RIGHTWARDS ARROW} {entry.text}  {entry.details['method']} {entry.details['url']}{_details(entry, 'method', 'url')}"
    ),
    "answer": lambda entry: f"\N{LEFTWARDS ARROW} {entry.text}  to {entry.details['event']}, {entry.details['bytes']} bytes",
    "spoken": lambda entry: f"\N{LEFT DOUBLE QUOTATION MARK}{entry.text}\N{RIGHT DOUBLE QUOTATION MARK}",
    "state": _format_state,
    "invalid": lambda entry: f"invalid BXML from {entry.details.get('url', 'the API')}",
    "gathered": lambda entry: f"gathered {entry.text or 'nothing'}{_details(entry)}",
    "problem": lambda entry: entry.text.partition("\n")[0],
}
"""For each of these kinds of entries: the function that formats them. ``_format_other`` formats the other kinds."""


def _report(document: str, entry: Entry) -> str:
    """Return the report of ``bxml validate``, with the lines of the document; without them if the document is unknown."""
    problems: tuple[Problem, ...] = entry.content or ()
    lines = entry.text.splitlines()
    if not (document and problems):
        return "\n".join(f"  {plain(each)}" for each in lines)
    name = redact_urls(str(entry.details.get("url", "the document")))
    is_xml = NOT_XML.isdisjoint(problem.rule for problem in problems)
    named = tuple(replace(problem, name=name) for problem in problems)
    *found, _ = text.report(
        Results([Checked(name, named, redact_document(document, is_xml=is_xml))])
    )  # the last one is a count
    return "".join([*found, *lines[len(problems) :]]).rstrip("\n")
