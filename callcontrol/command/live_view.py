"""What is seen of calls while they live: a line for each thing that happens, or an object of JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

import click

from bxml.command.checker import Checker, Results
from bxml.command.console import write
from bxml.command.formats import plain, text
from bxml.lint import registry
from bxml.lint.linter import Settings
from bxml.messages.redaction import without_user
from callcontrol.command.output import line

if TYPE_CHECKING:
    from callcontrol.emulator.party import Party
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
"""How each kind of thing looks, where there are colours."""

HAVE_DOCUMENTS: Final = frozenset({"answer", "api"})
"""Kinds of things that bring a document."""


class Screen:
    """Shows what happens.

    Attributes:
        own: The call that it is about, if it is about one: times are seconds since that began, and only others are shown with
            their ids. Otherwise they are seconds since the emulator began.

    Args:
        as_json: Whether each thing is an object of JSON.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.own: Party | None = None
        self._as_json = as_json
        self._documents: dict[str, str] = {}
        self._draft = ""

    def show(self, who: Party, entry: Entry) -> None:
        """Show what happened to a call or in a conference.

        Raises:
            CannotWrite: if it cannot be written.
        """
        whose = identity(who)
        if entry.kind in HAVE_DOCUMENTS:
            self._documents[whose] = entry.content or ""
        if self._as_json:
            write(line({"id": whose, **entry.as_json()}))
        elif entry.kind != "verb":  # which is seen by what it does
            at = who.began + entry.at - (self.own.began if self.own else 0)
            self._aside(f"{at:8.2f}  {'' if who is self.own else f'{short(whose)}  '}{self._told(whose, entry)}\n")

    def say(self, sentence: str) -> None:
        """Show a sentence of the command's own, which is no thing that happened and so no JSON.

        Raises:
            CannotWrite: if it cannot be written.
        """
        if not self._as_json:
            self._aside(f"{plain(sentence)}\n")

    def sum_up(self, who: Party) -> None:
        """Show all that happened, with what was left out while it did.

        Raises:
            CannotWrite: if it cannot be written.
        """
        self.say("")
        self.say(f"timeline of {identity(who)}")
        for each in lines(who.timeline):
            self.say(each)

    def draft(self, words: str) -> None:
        """Show what is being written at the foot, in place of what was written before.

        Raises:
            CannotWrite: if it cannot be written.
        """
        blank = " " * sum(2 if east_asian_width(character) in {"W", "F"} else 1 for character in self._draft)
        self._draft = f"say: {plain(words)}" if words else ""
        write(f"\r{blank}\r{self._draft}")

    def _aside(self, shown: str) -> None:
        draft = self._draft.removeprefix("say: ")
        if draft:
            self.draft("")
        write(shown)
        if draft:
            self.draft(draft)

    def _told(self, whose: str, entry: Entry) -> str:
        sentence = without_user(_SENTENCES.get(entry.kind, _any)(entry))
        told = click.style(plain(_ID.sub(lambda found: short(found[0]), sentence)), **_style(entry))
        return f"{told}\n{_report(self._documents.get(whose, ''), entry)}" if entry.kind == "invalid" else told


def identity(who: Party) -> str:
    """The id of a call or of a conference."""
    return str(getattr(who, "call_id", None) or getattr(who, "conference_id", ""))


def short(identity_: str) -> str:
    """The part of an id that tells it from others here, for they count up."""
    return "-".join(identity_.split("-")[:2])


_ID: Final = re.compile(r"\b[a-z]+-[0-9a-f]{8}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def lines(timeline: Timeline) -> list[str]:
    """A timeline as lines, in which no password can be read."""
    return [without_user(each) for entry in timeline for each in str(entry).splitlines()]


def _style(entry: Entry) -> Mapping[str, Any]:
    if entry.kind == "answer" and not entry.text.startswith("2"):
        return STYLES["problem"]
    return STYLES.get(entry.kind, {})


def _more(entry: Entry, *without: str) -> str:
    told = {name: value for name, value in entry.details.items() if name not in without and value != ""}
    return "".join(f" · {name}: {value}" for name, value in told.items() if isinstance(value, str | int | float))


def _any(entry: Entry) -> str:
    return f"{entry.kind} {entry.text}{_more(entry)}"


def _state(entry: Entry) -> str:
    told = (entry.text, entry.details.get("cause"), str(entry.details.get("message") or "").partition("\n")[0])
    return " · ".join(each for each in told if each)


_SENTENCES: Final[Mapping[str, Callable[[Entry], str]]] = {
    "event": lambda entry: (
        f"\N{RIGHTWARDS ARROW} {entry.text}  {entry.details['method']} {entry.details['url']}{_more(entry, 'method', 'url')}"
    ),
    "answer": lambda entry: f"\N{LEFTWARDS ARROW} {entry.text}  to {entry.details['event']}, {entry.details['bytes']} bytes",
    "spoken": lambda entry: f"\N{LEFT DOUBLE QUOTATION MARK}{entry.text}\N{RIGHT DOUBLE QUOTATION MARK}",
    "state": _state,
    "invalid": lambda entry: f"invalid BXML from {entry.details.get('url', 'the API')}",
    "gathered": lambda entry: f"gathered {entry.text or 'nothing'}{_more(entry)}",
    "problem": lambda entry: entry.text.partition("\n")[0],
}
"""How things are told; others by their kind and text."""


def _report(document: str, entry: Entry) -> str:
    """The report of ``bxml validate``; or what is known, if that finds nothing: a verb may only stand in the wrong place."""
    found: list[str] = []
    if document:
        name = without_user(str(entry.details.get("url", "the document")))
        checked = Checker(_settings, "").given(name, document.encode("utf-8", "replace"))
        *found, _ = text.report(Results([checked]))  # but for the line that counts them
    return "".join(found).rstrip("\n") or "\n".join(f"  {plain(each)}" for each in entry.text.splitlines())


def _settings(_: str) -> Settings:
    return Settings(registry.selected(("schema",)))
