"""Documents as ``phone`` shows them."""

from __future__ import annotations

import pytest

from callcontrol.command.shown_document import excerpt, is_document, lines_of
from callcontrol.emulator import Entry


def test_document_is_indented() -> None:
    """A document is indented, even if it has unknown elements. Its XML declaration is left out."""
    assert lines_of("<?xml version='1.0'?>\n<Bxml/>") == ["<Bxml/>"]
    assert lines_of("<Response><Pause/><Wait/></Response>") == ["<Response>", "  <Pause/>", "  <Wait/>", "</Response>"]


def test_malformed_document_is_shown_as_it_is() -> None:
    """A malformed document is not indented. Its tabs are replaced by spaces, and its passwords are hidden."""
    assert lines_of("<Response>\n\t<Redirect password='secret'>\x9b") == ["<Response>", "    <Redirect password='••••••'>\\x9b"]


@pytest.mark.parametrize(("lines", "shown", "left_out"), [(7, 7, ""), (8, 6, "2 more lines"), (1, 1, "")])
def test_long_documents_are_shortened(lines: int, shown: int, left_out: str) -> None:
    """A long document is shortened. A single line is not replaced by a note, because the note would need a line too."""
    assert excerpt(["<Pause/>"] * lines) == (["<Pause/>"] * shown, left_out)


def test_long_lines_are_cut() -> None:
    """An error page may be one long line. The note counts what is left out."""
    assert excerpt(["x" * 500, "y" * 501]) == (["x" * 500, f"{'y' * 500}…"], "1 more character")
    lines, left_out = excerpt(["z" * 700] * 100)
    assert (lines, left_out) == ([f"{'z' * 500}…"] * 6, "94 more lines and 1200 more characters")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Entry(0, "answer", "200", {"event": "initiate"}, "<Response/>"), True),
        (Entry(0, "answer", "200", {"event": "initiate"}, " \n"), False),
        (Entry(0, "answer", "204", {"event": "initiate"}), False),
        (Entry(0, "answer", "500", {"event": "initiate"}, "Oh."), False),
        (Entry(0, "answer", "200", {"event": "disconnect"}, "OK"), False),
        (Entry(0, "api", "UpdateCallBxml", {}, "<Bxml/>"), True),
        (Entry(0, "api", "UpdateCall"), False),
        (Entry(0, "verb", "Pause", {}, "<Pause/>"), False),
    ],
)
def test_documents_are_recognized(entry: Entry, expected: bool) -> None:  # noqa: FBT001
    """Pushed BXML is a document. The body of a successful response is a document if the event may be answered with BXML."""
    assert is_document(entry) is expected
