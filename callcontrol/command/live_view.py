"""Live output of ``emulator`` and ``phone``: a line of text or a JSON object for each timeline entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from bxml.builder.frozen_dict import Frozen
from bxml.command.checker import Checked, Results
from bxml.command.formats import plain, text
from bxml.command.standard_streams import tell, write
from bxml.messages.redaction import redact_document, redact_urls
from bxml.parsing.syntax_errors import NOT_XML
from callcontrol.command.bottom_line import BottomLine
from callcontrol.command.hanging_indent import columns, terminal_width, wrapped
from callcontrol.command.output import NAME, json_line
from callcontrol.command.shown_document import excerpt, is_document, lines_of

if TYPE_CHECKING:
    from bxml.problem import Problem
    from callcontrol.emulator.call_or_conference import Party
    from callcontrol.emulator.timeline import Entry

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
    "verb": {"dim": True},
}
"""For each kind of timeline entry: the style of its line."""

DOCUMENT_KINDS: Final = frozenset({"answer", "api"})
"""Kinds of timeline entries that contain a document."""


class LiveView:
    """Prints timeline entries as they are written.

    Args:
        as_json: True to print each entry as a JSON object.
        is_detailed: True to print each verb and the beginning of each document too.
        prints_whole_documents: True to print each document in full.
        virtual_option: The option that makes time virtual, for the advice about media streams.

    Attributes:
        followed: The first call that ``phone`` takes part in. Times are seconds since this call began, and the entries of this
            call are printed without an id. ``None`` for ``emulator``: times are seconds since the emulator began, and every
            entry has an id.
        names: The names of other calls, which are printed in place of their ids.
        bottom: The last line of the terminal.
        hint: The words that say how to see a whole document.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        is_detailed: bool = False,
        prints_whole_documents: bool = False,
        virtual_option: str = "--virtual",
    ) -> None:
        self.followed: Party | None = None
        self.names: dict[str, str] = {}
        self.bottom = BottomLine()
        self.hint = "--bxml prints them"
        self._as_json = as_json
        self._is_detailed = is_detailed
        self._prints_whole_documents = prints_whole_documents
        self._documents: dict[str, str] = {}
        self._last_document: list[str] = []
        self._virtual_option = virtual_option
        self._has_explained_streams = False

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
        elif entry.kind != "verb" or self._is_detailed:  # the effect of most verbs has an entry of its own
            at = party.began + entry.at - (self.followed.began if self.followed else 0)
            shown_id = "" if party is self.followed else f"{plain(self.names.get(id_, short_id(id_)))}  "
            head = f"{at:8.2f}  {shown_id}"
            lines = wrapped(f"{head}{_format(entry)}", columns(head), terminal_width())
            self._print([*_styled(lines, len(head), entry), *self._below(id_, entry, columns(head))])
        if entry.kind == "stream" and entry.details.get("connection") == "none" and not self._has_explained_streams:
            self._has_explained_streams = True
            advice = f"leave out {self._virtual_option}, or run the application in process, with callcontrol.emulator.Core(app)"
            self.error(f"media streams are not connected: in virtual time they only work in process; {advice}")

    def _below(self, id_: str, entry: Entry, indent: int) -> list[str]:
        """Return the lines below an entry: the report on an invalid document, or a received document."""
        if entry.kind == "invalid":
            return [_report(self._documents.get(id_, ""), entry)]
        if not (self._is_detailed and is_document(entry)):
            return []
        self._last_document = lines_of(str(entry.content))
        lines, left_out = (self._last_document, "") if self._prints_whole_documents else excerpt(self._last_document)
        note = [f"… {left_out}; {self.hint}"] if left_out else []
        return _indented([*lines, *note], indent)

    def show_last_document(self) -> None:
        """Print the last document in full.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        if self._last_document:
            self._print(_indented(self._last_document, 10))
        else:
            self.message("no document came yet")

    def message(self, text: str) -> None:
        """Print a message of the command itself. With ``--json``, print nothing, because the output contains only entries.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        if not self._as_json:
            indent = len(text) - len(text.lstrip(" ")) + 2
            self._print(wrapped(plain(text), indent, terminal_width()))

    def error(self, text: str) -> None:
        """Print a message to stderr.

        Raises:
            CannotWrite: If stdout cannot be written.
        """
        self.bottom.print_above(partial(tell, NAME, text))

    def _print(self, lines: Iterable[str]) -> None:
        self.bottom.print_above(partial(write, "".join(f"{line}\n" for line in lines)))


def _format(entry: Entry) -> str:
    """Return the text of an entry on one line, without passwords and with short ids."""
    text = redact_urls(_FORMATS.get(entry.kind, _format_other)(entry))
    return plain(_ID.sub(lambda found: short_id(found[0]), text))


def _styled(lines: Iterable[str], start: int, entry: Entry) -> list[str]:
    """Return the lines of an entry in its style; the first ``start`` characters of each line have no style."""
    return [f"{line[:start]}{click.style(line[start:], **_style(entry))}" for line in lines]


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    """Return the lines of a document below each other, in the style of verbs."""
    shown: list[str] = []
    for line in lines:
        deeper = indent + len(line) - len(line.lstrip(" ")) + 4
        shown += [click.style(each, **STYLES["verb"]) for each in wrapped(" " * indent + line, deeper, terminal_width())]
    return shown


def party_id(party: Party) -> str:
    """Return the id of a call or a conference."""
    return str(getattr(party, "call_id", None) or getattr(party, "conference_id", ""))


def short_id(id_: str) -> str:
    """Return the beginning of an id, such as ``c-00000001``, which is unique because the emulator numbers its ids."""
    return "-".join(id_.split("-")[:2])


_ID: Final = re.compile(r"\b[a-z]+-[0-9a-f]{8}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


SAID: Final[Mapping[str, tuple[str, ...]]] = Frozen({"stream": ("seconds", "dropped", "cause"), "transcription": ("cause",)})
"""For each kind of entry: the details that its text contains or explains."""


def _style(entry: Entry) -> Mapping[str, Any]:
    if entry.kind == "answer" and not entry.text.startswith("2"):
        return STYLES["problem"]
    return STYLES.get(entry.kind, {})


def _details(entry: Entry, *without: str) -> str:
    """Return the details that are numbers or non-empty strings, such as `` · digits: 1``."""
    details = {name: value for name, value in entry.details.items() if name not in without and value != ""}
    return "".join(f" · {name}: {value}" for name, value in details.items() if isinstance(value, str | int | float))


def _format_other(entry: Entry) -> str:
    text = entry.text if entry.text.startswith(f"{entry.kind} ") else f"{entry.kind} {entry.text}"
    return f"{text}{_details(entry, *SAID.get(entry.kind, ()))}"


def _format_state(entry: Entry) -> str:
    parts = (entry.text, entry.details.get("cause"), str(entry.details.get("message") or "").partition("\n")[0])
    return " · ".join(each for each in parts if each)


def _format_verb(entry: Entry) -> str:
    from callcontrol.command.verb_wording import verb_text  # imported here, because the import takes longer than most requests

    return f"\N{BLACK RIGHT-POINTING TRIANGLE} {verb_text(entry.content) if entry.content is not None else entry.text}"


_FORMATS: Final[Mapping[str, Callable[[Entry], str]]] = {
    "event": lambda entry: (
        f"\N{RIGHTWARDS ARROW} {entry.text}  {entry.details['method']} {entry.details['url']}{_details(entry, 'method', 'url')}"
    ),
    "answer": lambda entry: f"\N{LEFTWARDS ARROW} {entry.text}  to {entry.details['event']}, {entry.details['bytes']} bytes",
    "spoken": lambda entry: f"\N{LEFT DOUBLE QUOTATION MARK}{entry.text}\N{RIGHT DOUBLE QUOTATION MARK}",
    "state": _format_state,
    "invalid": lambda entry: f"invalid BXML from {entry.details.get('url', 'the API')}",
    "gathered": lambda entry: f"gathered {entry.text or 'nothing'}{_details(entry)}",
    "verb": _format_verb,
    "problem": lambda entry: entry.text.partition("\n")[0],
}
"""For each of these kinds: the function that formats an entry. ``_format_other`` formats the other kinds."""


def _report(document: str, entry: Entry) -> str:
    """Return the report of ``bxml validate``. If the document is known, the report quotes its lines."""
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
