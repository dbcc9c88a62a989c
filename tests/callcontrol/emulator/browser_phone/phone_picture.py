"""Makes the picture of the phone for the README: ``python -m tests.callcontrol.emulator.browser_phone.phone_picture``.

The picture contains the digest of the page's files, so a test notices that the page has changed since the picture was made.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from callcontrol.emulator import Core
from callcontrol.emulator.browser_phone.page_files import files
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import Server
from tests import chromium
from tests.callcontrol.emulator.document_application import answering

PICTURE: Final = Path(__file__).parents[4] / "docs" / "phone.png"

SIZE: Final = (1000, 720)
"""Width and height in pixels."""

KEYWORD: Final = b"page"
"""The keyword of the ``tEXt`` chunk that contains the digest."""

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
"""The first bytes of a PNG file."""

MENU: Final = (
    '<Response>\n  <SpeakSentence voice="julie">Welcome.</SpeakSentence>\n'
    '  <Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60">\n'
    "    <SpeakSentence>Press 1 for sales.</SpeakSentence>\n  </Gather>\n</Response>\n"
)
"""The document of the call in the picture."""


def digest() -> bytes:
    """Return the digest of the page's files."""
    found = hashlib.sha256()
    for path, (_, content) in sorted(files().items()):
        found.update(path.encode() + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest().encode()


def chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of each chunk of a PNG file."""
    place = len(SIGNATURE)
    while place < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, place)
        yield kind, picture[place + 8 : place + 8 + length]
        place += 12 + length


def digest_in(picture: bytes) -> bytes:
    """Return the digest that a picture contains, or an empty string."""
    texts = [content.partition(b"\0") for kind, content in chunks(picture) if kind == b"tEXt"]
    return next((text for keyword, _, text in texts if keyword == KEYWORD), b"")


def with_digest(picture: bytes) -> bytes:
    """Return a picture with the digest of the page's files as its second chunk."""
    body = b"tEXt" + KEYWORD + b"\0" + digest()
    text = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end_of_header = len(SIGNATURE) + 12 + 13  # the header has 13 bytes
    return picture[:end_of_header] + text + picture[end_of_header:]


def picture(browser: Browser) -> bytes:
    """Return a new picture of the page during a call."""
    # Slowly, because the page shows a prompt only while it is spoken.
    core = Core(answering({"/answer": MENU}), speed=0.25)
    server = Server(Control(core, dial={"url": "/answer", "to": "+19195550100"}).handle)
    with server, core, browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}) as page:
        page.goto(server.url)
        page.get_by_role("button", name="Call", exact=True).click()
        page.get_by_text("“Press 1 for sales.”").wait_for()
        return with_digest(page.screenshot())


def main() -> None:
    """Make the picture again."""
    if chromium.executable() is None:
        sys.exit(chromium.HOW_TO_INSTALL)
    with sync_playwright() as playwright:
        PICTURE.write_bytes(picture(playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.ARGUMENTS)))


if __name__ == "__main__":
    main()
