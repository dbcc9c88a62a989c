"""Fingerprints of problems: stable when lines move, and GitHub's own hash of a line."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from bxml.command.checker import Checked, Checker
from bxml.command.configuration import Configuration
from bxml.command.fingerprints import END_OF_FILE, fingerprints, line_hashes
from tests.bxml.command.conftest import Run

DOCUMENT = """<Response>
  <SpeakSentence voice="Susan">Hello.</SpeakSentence>
  <Gather gatherUrl="https://app.example/menu" maxDigits="51"/>
  <Pause duration="x"/><Pause duration="x"/>
  <Ring duration="x"/>
</Response>
"""


def checked(document: str) -> Checked:
    """Return the result of checking a document."""
    return Checker(Configuration().settings, "").given("a.bxml", document.encode())


def test_fingerprints_are_different() -> None:
    """No two problems of a file have the same fingerprint, even if they are equal except for their places."""
    found = fingerprints(checked(DOCUMENT))
    assert len({*found}) == len(found) >= 6


def test_fingerprints_survive_moved_lines() -> None:
    """Lines before a problem, other indentation and other line ends change no fingerprint, although they change messages."""
    before = checked(DOCUMENT)
    for document in (
        DOCUMENT.replace("<Response>\n", "<Response>\n\n<!-- a -->\n<StopGather/>\n"),
        DOCUMENT.replace("\n", "\r\n"),
        DOCUMENT.replace("  ", "\t\t\t"),
        DOCUMENT.replace("<Gather ", "<Gather\n\n"),
        DOCUMENT.replace("<Response>\n", '<Response>\n  <Pause duration="1"/><Ring/>\n'),
    ):
        after = checked(document)
        assert document != DOCUMENT
        assert fingerprints(after) == fingerprints(before)


def test_fingerprints_depend_on_rule_place_and_text() -> None:
    """A different value or parent changes the fingerprint. If a file name is given, a different name changes it too."""
    (first,) = fingerprints(checked('<Response><Pause duration="x"/></Response>'))
    (value,) = fingerprints(checked('<Response><Pause duration="y"/></Response>'))
    (element,) = fingerprints(checked('<Response><Ring duration="x"/></Response>'))
    (file,) = fingerprints(checked('<Response><Pause duration="x"/></Response>'), "a.bxml")
    assert len({first, value, element, file}) == 4


def test_reports_survive_moved_lines(run: Run) -> None:
    """The fingerprints in both reports are equal before and after lines move."""

    def found() -> list[str]:
        results = json.loads(run("validate", "a.bxml", "--format", "sarif").out)["runs"][0]["results"]
        violations = json.loads(run("validate", "a.bxml", "--format", "gitlab").out)
        return [str(result["partialFingerprints"]) for result in results] + [each["fingerprint"] for each in violations]

    Path("a.bxml").write_text(DOCUMENT, encoding="utf-8")
    before = found()
    Path("a.bxml").write_text(DOCUMENT.replace("<Response>\n", "<Response>\n\n<!-- a -->\n"), encoding="utf-8")
    assert found() == before


def rolling_hashes(text: str) -> list[str]:
    """Return the hash of each line, computed one character after the other from the description of GitHub's algorithm."""
    units = [unit for unit in memoryview(text.encode("utf-16-le")).cast("H") if unit not in {9, 32}]
    units.append(ord(END_OF_FILE))
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == ord("\n"))]
    found: list[str] = []
    for start in starts:
        window = (units[start:] + [0] * 100)[:100]
        value = 0
        for unit in window:
            value = (37 * value + unit) & (2**64 - 1)
        word = f"{value:x}"
        found.append(f"{word}:{1 + sum(each.startswith(word + ':') for each in found)}")
    return found


@example("\n" * 150 + "<a>")
@given(st.text(st.sampled_from("<a \t\n日\U0001f600"), max_size=300))
def test_line_hashes_are_those_of_github(text: str) -> None:
    """The hash of each line equals an independent computation, and does not depend on the line ends."""
    expected = dict(enumerate(rolling_hashes(text), 1))
    for ending in ("\n", "\r\n", "\r"):
        assert line_hashes(text.replace("\n", ending), {*expected}) == expected


def test_line_hash_does_not_change() -> None:
    """The hash of a known line stays the same; otherwise GitHub would close all alerts and open new ones."""
    assert line_hashes('<Response>\n  <Pause duration="x"/>\n\n\n\n</Response>\n', {2}) == {2: "c37eaef1cba5631b:1"}
