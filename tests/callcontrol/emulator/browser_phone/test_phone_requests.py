"""The requests of the control API that the phone in the browser sends."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final

import pytest

from callcontrol import BasicAuth, Client, Headers, Reply, Request
from callcontrol.emulator import Core
from callcontrol.emulator.control_api import Control, takes_long
from tests.callcontrol.emulator.document_application import MENU, answering
from tests.callcontrol.scripted_api import NEW_CALL

PUSHED: Final = "<Bxml><SpeakSentence>We close.</SpeakSentence></Bxml>"


@pytest.fixture
def voice() -> Core:
    """An emulator with an application."""
    return Core(answering({**MENU, "/transfer": "<Bxml><Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer></Bxml>"}))


def ask(core: Core, method: str, path: str, body: object = None) -> Reply:
    """Send a request and return the response."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json"})
    return Control(core).handle(Request(method, f"http://localhost:9900/emulator{path}", headers, content))


def description(reply: Reply) -> tuple[int, str]:
    """Return the status and the description of an error."""
    return reply.status, reply.json()["description"]


class TestWatching:
    """A request waits for a change."""

    def test_the_state_is_returned_at_once(self, voice: Core) -> None:
        """Without a number of seconds, or after a change, the request does not wait."""
        first = ask(voice, "POST", "/watch").json()
        assert ask(voice, "POST", "/watch", {"after": first["change"], "seconds": 0}).json() == first
        call = voice.dial("/answer")
        shown = ask(voice, "POST", "/watch", {"after": first["change"], "seconds": 30, "have": {call.call_id: 1}}).json()
        assert shown["change"] > first["change"]
        assert (shown["call"], shown["legs"][0]["entries"]) == (call.call_id, [])

    @pytest.mark.parametrize("act", [lambda core: core.dial("/answer"), Core.__exit__], ids=["change", "end"])
    def test_a_request_waits_for_a_change(self, voice: Core, act: Any) -> None:
        """A waiting request returns when something happens or when the emulator stops."""
        after = ask(voice, "POST", "/watch").json()["change"]
        replies: list[Reply] = []

        def watch() -> None:
            replies.append(ask(voice, "POST", "/watch", {"after": after, "seconds": 30}))

        thread = threading.Thread(target=watch)
        thread.start()
        time.sleep(0.02)
        assert thread.is_alive()
        act(voice)
        thread.join(10)
        assert replies[0].json()["change"] > after

    def test_a_waiting_request_may_take_long(self) -> None:
        """Requests that wait, and requests that cause changes, run in different threads."""
        assert takes_long("/emulator/watch")
        assert not takes_long("/emulator/validate")

    def test_a_wait_is_limited(self, voice: Core) -> None:
        """A request cannot wait for longer than 30 seconds."""
        status, sentence = description(ask(voice, "POST", "/watch", {"seconds": 31}))
        assert (status, sentence) == (400, "seconds=31 is too large; expected a number from 0 to 30")


class TestPushing:
    """A document is checked, and pushed without a client."""

    def test_a_document_is_validated(self, voice: Core) -> None:
        """The response lists the problems that the validator found."""
        assert ask(voice, "POST", "/validate", {"bxml": PUSHED}).json() == {"problems": []}
        (problem,) = ask(voice, "POST", "/validate", {"bxml": "<Bxml>"}).json()["problems"]
        assert (problem["severity"], problem["line"], problem["column"]) == ("error", 1, 2)

    def test_a_document_is_pushed(self, voice: Core) -> None:
        """The call runs the document at once. The timeline says that the document came from the control API."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        shown = ask(voice, "POST", f"/calls/{call.call_id}/bxml", {"bxml": PUSHED}).json()
        (entry,) = (entry for entry in shown["timeline"] if entry["kind"] == "api")
        assert (entry["text"], entry["details"]) == ("UpdateCallBxml", {"by": "control API"})
        call.expect_speech("we close")
        assert call.documents == [PUSHED]

    def test_credentials_and_faults_do_not_apply(self) -> None:
        """The phone needs no credentials, and faults affect only the requests of clients."""
        core = Core(answering(MENU), accounts={"1"}, credentials={"user": "password"})
        core.fail(500)
        call = core.dial("/answer")
        call.expect_speech("Welcome")
        core.push_bxml(call.call_id, PUSHED)
        call.expect_speech("we close")

    def test_a_client_is_not_the_control_api(self, voice: Core) -> None:
        """The timeline does not name the sender of a client's document."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        Client("9900123", BasicAuth("user", "password"), send=voice.handle).update_call_bxml(call.call_id, PUSHED)
        (entry,) = (entry for entry in call.timeline if entry.kind == "api")
        assert "by" not in entry.details

    def test_an_invalid_document_ends_the_call(self, voice: Core) -> None:
        """As on the platform, an invalid document ends the call."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        voice.push_bxml(call.call_id, "<Bxml><Say/></Bxml>")
        assert call.expect_end() == "invalid-bxml"

    @pytest.mark.parametrize("document", ["<Bxml>", "\ud800"])
    def test_a_document_that_is_not_xml_is_refused(self, voice: Core, document: str) -> None:
        """As on the platform, a document that is not well-formed is refused, and the call goes on."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        with pytest.raises(ValueError, match="There is something wrong with the request"):
            voice.push_bxml(call.call_id, document)
        assert call.state == "answered"

    def test_a_call_that_cannot_be_interrupted(self, voice: Core) -> None:
        """A document for a call that is not answered returns 409."""
        call = voice.dial("/answer")
        refused = description(ask(voice, "POST", f"/calls/{call.call_id}/bxml", {"bxml": PUSHED}))
        assert refused == (409, f"Call [{call.call_id}] cannot be modified in its current state")
        assert ask(voice, "POST", "/calls/c-1/bxml", {"bxml": PUSHED}).status == 404


class TestRepeating:
    """A call is created again."""

    def test_an_inbound_call(self, voice: Core) -> None:
        """The new call has the arguments of the first one."""
        call = voice.dial("/answer", to="+13365550142", status_url="/status", password="p", uui="x")
        created = ask(voice, "POST", f"/calls/{call.call_id}/repeat")
        again = voice.call(created.json()["callId"])
        assert (created.status, created.headers["Location"]) == (201, f"/emulator/calls/{again.call_id}")
        assert (again.call_id != call.call_id, again.to) == (True, "+13365550142")
        assert (again.dialed, again.disconnect_webhook) == (call.dialed, call.disconnect_webhook)

    def test_an_outbound_call(self, voice: Core) -> None:
        """The call of a client is created again without a client."""
        client = Client("9900123", BasicAuth("user", "password"), send=voice.handle)
        call = voice.call(client.create_call(**NEW_CALL, tag="x").call_id)
        again = voice.repeat(call.call_id)
        assert (again.call_id != call.call_id, again.request) == (True, call.request)

    def test_a_leg_cannot_be_repeated(self, voice: Core) -> None:
        """The error names the call that can be repeated."""
        call = voice.dial("/transfer")
        voice.advance(1)
        (leg,) = call.legs
        refused = description(ask(voice, "POST", f"/calls/{leg.call_id}/repeat"))
        assert refused == (409, f"call {leg.call_id} is a leg of a Transfer; repeat call {call.call_id}")

    def test_the_steps_of_a_call(self, voice: Core) -> None:
        """The steps are a list of JSON objects."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        call.press("1")
        assert ask(voice, "GET", f"/calls/{call.call_id}/steps").json() == [
            {"do": "start", "leg": None},
            {"do": "spoken", "leg": None, "text": "Welcome."},
            {"do": "press", "leg": None, "digits": "1"},
            {"do": "spoken", "leg": None, "text": "Bye."},
        ]

    def test_the_call_as_a_test(self, voice: Core) -> None:
        """The source of a test is Python."""
        call = voice.dial("/answer")
        copied = ask(voice, "GET", f"/calls/{call.call_id}/pytest")
        assert (copied.status, copied.headers["Content-Type"]) == (200, "text/x-python; charset=utf-8")
        assert "def test_call(voice: Core) -> None:" in copied.text
