"""An invalid pushed document ends a call, but not a conference."""

from __future__ import annotations

import pytest

from bxml import Response
from callcontrol import Headers, Request
from callcontrol.emulator import Core
from tests.callcontrol.emulator.table_application import Answers

INVALID = b"<Bxml><Foo/></Bxml>"


def put(voice: Core, kind: str, id_: str, body: bytes) -> int:
    """Push a document without checking it, and return the status."""
    headers = Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"})
    url = f"http://127.0.0.1/api/v2/accounts/9900123/{kind}/{id_}/bxml"
    return voice.handle(Request("PUT", url, headers, body)).status


@pytest.mark.parametrize("kind", ["calls", "conferences"])
def test_an_invalid_pushed_document(kind: str) -> None:
    """The timeline contains the report of the validator. A call ends, but a conference continues."""
    voice = Core(Answers(answer=Response().conference("room")))
    call = voice.dial("/answer")
    voice.advance(1)
    (conference,) = voice.conferences
    id_ = call.call_id if kind == "calls" else conference.conference_id
    assert put(voice, kind, id_, INVALID) == 204
    party = call if kind == "calls" else conference
    assert party.timeline.texts("invalid") == [
        (
            "1:8: <Foo> is not an element of BXML; "
            "see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml [unknown-element]"
        )
    ]
    assert (call.disconnect_cause, conference.documents) == ("invalid-bxml" if kind == "calls" else None, [])
    assert put(voice, kind, id_, b"none") == 400
