"""The command, in a process of its own, explains files in other formats and a valid file with a wrong text."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "gzip": (gzip.compress(b"<Response/>"), "a.bxml:1:1: error: the document is compressed with gzip; decompress it first"),
    "UTF-32": ("<Response/>".encode("utf-32-le"), "a.bxml:1:1: error: the encoding is UTF-32; expected UTF-8"),
    "HTML": (
        b"<!DOCTYPE html>\n<html><body>502 Bad Gateway<br></body></html>\n",
        "a.bxml:1:1: error: this is an HTML page, perhaps an error page or a login page",
    ),
    "HTTP": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<Response/>",
        "a.bxml:1:1: error: the document begins with the headers of an HTTP response; use only the body",
    ),
    "bytes": (b"b'<Response><Hangup/></Response>'", "a.bxml:1:1: error: this is the repr of a bytes object in Python"),
    "debris": (
        b"<Response><SpeakSentence>Hello &lt;b&gt;None&lt;/b&gt;.</SpeakSentence></Response>",
        'a.bxml:1:32: warning: the text of <SpeakSentence> contains "<b>" as text, so it has no effect',
    ),
}


@pytest.mark.parametrize(("data", "report"), FILES.values(), ids=FILES)
def test_file_is_explained(data: bytes, report: str) -> None:
    """The report begins with the explanation, stderr is empty, and the exit code is 1."""
    Path("a.bxml").write_bytes(data)
    command = Path(sys.executable).parent / "bxml"
    ran = subprocess.run([command, "validate", "a.bxml"], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith(report)
