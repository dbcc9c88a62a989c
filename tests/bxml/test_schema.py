"""The reader of the schema takes what it knows and stops at the rest, so that no limit is overlooked."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bxml import schema
from tests.forking import FORK_LIMIT, forks, in_child

ORIGINAL = Path(schema.path()).read_text(encoding="utf-8")

BEYOND = {
    "a facet": ('<xs:maxInclusive value="50"/>', '<xs:maxExclusive value="51"/>'),
    "two patterns": ('<xs:pattern value="[0-9*#a-dA-D]*"/>', '<xs:pattern value="[0-9]*"/><xs:pattern value="[*#]*"/>'),
    "white space": ('<xs:whiteSpace value="collapse"/>', '<xs:whiteSpace value="replace"/>'),
    "another content": ('<xs:choice maxOccurs="8">', '<xs:any/><xs:choice maxOccurs="8">'),
    "a nested choice": ('<xs:element ref="PlayAudio"/>\n      </xs:choice>', "<xs:choice/>\n      </xs:choice>"),
}
"""What XSD 1.0 could say as well, and the reader does not know."""


@pytest.mark.parametrize(("known", "unknown"), BEYOND.values(), ids=BEYOND)
def test_what_is_not_known_is_not_overlooked(known: str, unknown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that says something in a new way is not read as if it had not said it."""
    assert known in ORIGINAL
    changed = ORIGINAL.replace(known, unknown)
    (tmp_path / "bxml.xsd").write_text(changed, encoding="utf-8")
    (tmp_path / "xml-lang.xsd").write_text(Path(schema.path("xml-lang.xsd")).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(schema, "path", lambda name="bxml.xsd": str(tmp_path / name))
    with pytest.raises(AssertionError):
        schema._Reader().law()


@forks
def test_child_process_does_not_wait_for_a_thread_of_the_parent() -> None:
    """A thread reads the schema while the process is forked; the child reads it for itself."""
    begun, goes_on = threading.Event(), threading.Event()
    parent = os.getpid()

    def make() -> str:
        begun.set()
        if os.getpid() == parent:
            goes_on.wait(FORK_LIMIT)
        return "made"

    get = schema._once(make)
    thread = threading.Thread(target=get)
    thread.start()
    begun.wait()
    result = in_child(get)()
    goes_on.set()
    thread.join()
    assert result == "made"
