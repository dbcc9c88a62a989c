"""Audio file of a type that is not played.

What it does
Reports a `PlayAudio` whose URL has the extension of an audio or video format other than WAV and MP3. Other
extensions, such as `.php`, and URLs without an extension are accepted.

Why is this bad?
The platform plays only WAV and MP3. Any other format ends the call with the cause `application-error`. The
platform uses the `Content-Type` of the response first and the extension second. A server may send a different
type than the extension suggests, so this is a warning.

Example::

    <Response>
      <PlayAudio>https://files.example/welcome.ogg</PlayAudio>
    </Response>

Use instead::

    <Response>
      <PlayAudio>https://files.example/welcome.mp3</PlayAudio>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/playAudio
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.lint import element_urls
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("PlayAudio",)

UNPLAYABLE: Final = frozenset(
    extension
    for extensions in (
        "3ga aac ac3 aif aifc aiff alac alaw amr ape au awb caf dsf dts eac3 flac gsm m4a m4b m4p m4r mid midi mka mp2",
        "oga ogg opus pcm ra ram snd spx tta ulaw voc vox w64 weba wma wv",
        "3g2 3gp 3gpp avi flv m4v mkv mov mp4 mpg ogv rm webm wmv",
        "m3u m3u8 pls xspf",
    )
    for extension in extensions.split()
)
"""The extensions of audio formats, video formats and playlists that the platform does not play."""

# The atomic group skips the host, whose last label, as in https://a.au, is not an extension.
_extension: Final = re.compile(r"(?>(?:(?:https?:)?//[^/?#]*)?)[^?#]*\.([^./?#]+)(?:[?#]|$)", re.IGNORECASE).match
"""Matches a URL whose path has an extension; group 1 is the extension."""

_is_playable: Final = re.compile(r"[^?#]*\.(?:wav|mp3)\s*", re.IGNORECASE).fullmatch
"""Matches a URL that ends in a playable extension."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a URL with the extension of a format that is not played."""
    # Most URLs are playable, and this test is cheaper than the search below.
    if _is_playable(element.text):
        return
    for url in element_urls.find(element):
        extension = _extension(url.value)
        if extension and extension[1].lower() in UNPLAYABLE:
            yield url.violation(f"ends in .{extension[1]}, which is not played; use a .wav or .mp3 file")
