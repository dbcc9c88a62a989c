"""The picture of the phone in the README shows the current page."""

from __future__ import annotations

import struct
from typing import Final

import pytest

from callcontrol.emulator.browser_phone import page_files
from tests.callcontrol.emulator.browser_phone import phone_picture
from tests.callcontrol.emulator.browser_phone.phone_picture import (
    PICTURE,
    SIGNATURE,
    SIZE,
    chunks,
    digest,
    digest_in,
    with_digest,
)

LARGEST: Final = 150_000
"""Maximum size of the picture in bytes."""

MODULE: Final = phone_picture.__name__
"""The module that makes the picture."""


def test_the_picture_is_up_to_date() -> None:
    """The page has not changed since the picture was made."""
    assert digest_in(PICTURE.read_bytes()) == digest(), f"docs/phone.png is outdated; run python -m {MODULE}"


def test_the_picture_is_a_small_png() -> None:
    """The picture is a PNG file of the usual size."""
    shown = PICTURE.read_bytes()
    (kind, header), *_ = chunks(shown)
    assert (shown[:8], kind, struct.unpack_from(">II", header)) == (SIGNATURE, b"IHDR", SIZE)
    assert len(shown) < LARGEST


def test_a_change_of_the_page_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest depends on the name and the content of each file, but not on the line ends."""
    before, files = digest(), page_files.files()
    path, (kind, content) = next(iter(files.items()))
    changed = {
        "content": {**files, path: (kind, content + b" ")},
        "name": {("/x" if each == path else each): file for each, file in files.items()},
        "line ends": {each: (type_, text.replace(b"\n", b"\r\n")) for each, (type_, text) in files.items()},
    }
    for change, found in changed.items():
        monkeypatch.setattr(phone_picture, "files", lambda found=found: found)
        assert (digest() != before) == (change != "line ends")


def test_a_picture_without_a_digest() -> None:
    """A picture that was made by other means counts as outdated."""
    header = struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 1, 1, 8, 2, 0, 0, 0, 0)
    plain = SIGNATURE + header + struct.pack(">I4sI", 0, b"IEND", 0)
    assert digest_in(plain) == b""
    assert digest_in(with_digest(plain)) == digest()
    assert [kind for kind, _ in chunks(with_digest(plain))] == [b"IHDR", b"tEXt", b"IEND"]
