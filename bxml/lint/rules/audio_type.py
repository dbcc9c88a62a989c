"""The file of a PlayAudio has an extension of audio that is not played.

Only WAV and MP3 are played; anything else ends the call with the cause `application-error`. The platform goes by the
`Content-Type` that the file is served with, and by the extension if that tells nothing. As a server may answer with another
type than the name of the file promises, this is a warning. Extensions that are not of audio or video, such as that of a
script, are fine, and so is none.

Bad::

    <Response>
      <PlayAudio>https://files.example/welcome.ogg</PlayAudio>
    </Response>

Good::

    <Response>
      <PlayAudio>https://files.example/welcome.mp3</PlayAudio>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/playAudio
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.lint import url_attributes
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("PlayAudio",)

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
"""Extensions of audio, video and lists of them, other than the two that are played."""

_extension: Final = re.compile(r"(?>(?:(?:https?:)?//[^/?#]*)?)[^?#]*\.([^./?#]+)(?:[?#]|$)", re.IGNORECASE).match
"""Finds the extension of a path; the group keeps it from finding that of a host."""


_is_played: Final = re.compile(r"[^?#]*\.(?:wav|mp3)\s*", re.IGNORECASE).fullmatch
"""Whether a URL is one of a file that is played, which most are."""


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Such a file."""
    if _is_played(element.text):
        return
    for address in url_attributes.of(element):
        extension = _extension(address.url)
        if extension and extension[1].lower() in UNPLAYABLE:
            yield address.found(f"ends in .{extension[1]}; only wav and mp3 are played")
