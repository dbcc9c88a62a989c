"""The state that the page of the phone shows."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bxml import Bridge, Response
from callcontrol.emulator import Core
from callcontrol.emulator.browser_phone import shown_state
from callcontrol.emulator.browser_phone.shown_state import MAX_CALLS, MAX_ENTRIES, problems, state, verb_span
from tests.callcontrol.emulator.document_application import MENU, answering

TRANSFER: Final = "<Response><Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer></Response>"


@pytest.fixture
def voice() -> Core:
    """An emulator with an application."""
    return Core(answering(MENU))


def leg(core: Core, index: int = 0, **have: int) -> Any:
    """Return the state of a leg of the latest call."""
    return state(core, have=have)["legs"][index]


class TestCalls:
    """The list of calls, and the legs of the chosen call."""

    def test_without_calls(self, voice: Core) -> None:
        """The state of an emulator without calls has the time, and empty lists."""
        nothing: dict[str, Any] = {"calls": [], "call": None, "legs": [], "conferences": []}
        assert state(voice) == {"change": 0, "seconds": 0, "speed": None, **nothing}

    def test_the_latest_call_is_shown_by_default(self, voice: Core) -> None:
        """The list contains each call. The page shows the chosen call, by default the latest call."""
        first, second = voice.dial("/answer", to="+13365550142"), voice.dial("/answer")
        shown = state(voice)
        assert [call["callId"] for call in shown["calls"]] == [first.call_id, second.call_id]
        assert shown["calls"][0] == {
            "callId": first.call_id,
            "from": "+12125550123",
            "to": "+13365550142",
            "direction": "inbound",
            "state": "initiated",
            "disconnectCause": None,
        }
        assert (shown["call"], shown["legs"][0]["callId"]) == (second.call_id, second.call_id)
        assert state(voice, first.call_id)["call"] == first.call_id
        assert state(voice, "c-unknown")["call"] == second.call_id

    def test_conferences_of_the_call(self) -> None:
        """A conference is shown with each call that is or was its member, and with no other call."""
        documents = {
            "/join": "<Response><Conference hold='true'>standup</Conference></Response>",
            "/other": "<Response><Conference>other</Conference></Response>",
        }
        core = Core(answering(documents))
        call = core.dial("/join")
        core.dial("/other")
        core.advance(1)
        (shown,) = state(core, call.call_id)["conferences"]
        assert (shown["name"], shown["state"], shown["first"]) == ("standup", "active", 0)
        member = {"callId": call.call_id, "from": call.from_, "to": call.to, "mute": False, "hold": True}
        assert shown["members"] == [member]
        kinds = [entry["kind"] for entry in shown["entries"]]
        assert "joined" in kinds
        call.hang_up()
        core.advance(1)
        (later,) = state(core, call.call_id, {shown["conferenceId"]: len(kinds)})["conferences"]
        assert (later["state"], later["members"], later["first"]) == ("completed", [], len(kinds))
        assert later["entries"][0]["kind"] == "left"

    def test_the_list_is_short(self, voice: Core) -> None:
        """Only the latest calls are in the list."""
        for _ in range(MAX_CALLS + 1):
            voice.dial("/answer")
        assert len(state(voice)["calls"]) == MAX_CALLS

    def test_legs_and_bridged_calls(self) -> None:
        """The legs of a Transfer and the call at the other end of a Bridge are shown beside the call."""
        core = Core(answering({"/transfer": TRANSFER, "/wait": "<Response><Pause duration='99'/></Response>"}))
        waiting, call = core.dial("/wait"), core.dial("/transfer")
        core.advance(1)
        (transferred,) = call.legs
        shown = state(core, transferred.call_id)
        assert [each["callId"] for each in shown["legs"]] == [call.call_id, transferred.call_id]
        assert [each["parentCallId"] for each in shown["legs"]] == [None, call.call_id]
        core.push_bxml(call.call_id, Response([Bridge(waiting.call_id)]).to_bxml())
        core.advance(1)
        assert [each["callId"] for each in state(core)["legs"]] == [call.call_id, transferred.call_id, waiting.call_id]


class TestLeg:
    """The panel of a leg."""

    def test_a_gather_counts_down(self, voice: Core) -> None:
        """The panel shows the input that the call accepts, the remaining time, and the running verb."""
        call = voice.dial("/answer")
        assert (leg(voice)["wait"], leg(voice)["document"]) == (None, None)
        call.expect_speech("Welcome")
        assert leg(voice)["wait"] == {"verb": "Gather", "isPrompt": True, "seconds": 0.48, "until": 0.48}
        voice.advance(10)
        shown = leg(voice)
        assert shown["wait"] == {"verb": "Gather", "isPrompt": False, "seconds": 60, "until": 60.48}
        assert (shown["listening"]["remainingDigits"], shown["listening"]["secondsLeft"]) == (1, 50.48)
        start, end = shown["document"]["verb"]
        assert shown["document"]["text"][start:end] == MENU["/answer"].removeprefix("<Response>").removesuffix("</Response>")

    def test_a_call_that_has_ended(self, voice: Core) -> None:
        """The panel still has the document, but no verb is running."""
        voice.dial("/answer").hang_up()
        voice.run()
        shown = leg(voice)
        assert (shown["state"], shown["wait"], shown["listening"]) == ("disconnected", None, None)
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        call.hang_up()
        assert leg(voice)["document"] == {"text": MENU["/answer"], "verb": None}

    def test_a_phone_that_rings(self) -> None:
        """The page can answer a ringing phone. Before the answer, the leg has no verb."""
        core = Core(answering({"/answer": TRANSFER}))
        core.phone("+13365550142").does_not_answer()
        core.dial("/answer")
        core.advance(1)
        assert [leg(core, index)["rings"] for index in (0, 1)] == [False, True]
        assert (leg(core, 0)["wait"]["until"], leg(core, 1)["wait"]["verb"]) == (None, None)

    def test_only_new_entries_are_sent(self, voice: Core) -> None:
        """The page sends the number of entries that it has, and gets only later entries. An impossible number is ignored."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        count = len(call.timeline)
        shown = state(voice, have={call.call_id: count - 1})["legs"][0]
        assert (shown["first"], [entry["text"] for entry in shown["entries"]]) == (count - 1, ["Welcome."])
        for have in (count + 1, -1, "1", None):
            assert len(state(voice, have={call.call_id: have})["legs"][0]["entries"]) == count

    def test_long_timelines_are_cut(self, voice: Core) -> None:
        """Only the latest entries of a long timeline are sent."""
        call = voice.dial("/answer")
        call.expect_speech("Welcome")
        for _ in range(MAX_ENTRIES):
            call.note("ignored", "x")
        shown = leg(voice)
        assert (shown["first"], len(shown["entries"])) == (len(call.timeline) - MAX_ENTRIES, MAX_ENTRIES)

    def test_requests_and_responses_have_contents(self, voice: Core) -> None:
        """An event is JSON, and a response is a document; other entries have no content."""
        voice.dial("/answer").expect_speech("Welcome")
        contents = {entry["kind"]: entry.get("content") for entry in leg(voice)["entries"]}
        assert contents["event"].startswith('{\n  "eventType": "initiate",')
        assert (contents["answer"], contents["spoken"], contents["verb"]) == (MENU["/answer"], None, None)

    def test_details_are_texts(self, voice: Core) -> None:
        """Details that are not strings are shown as JSON, and empty details are left out."""
        call = voice.dial("/answer")
        call.note("ignored", "x", number=1, empty="", url="https://u:p@app.example/", fields={"a": None})
        assert leg(voice)["entries"][-1]["details"] == {
            "number": "1",
            "url": "https://…@app.example/",
            "fields": '{"a": null}',
        }

    @pytest.mark.parametrize(
        ("document", "shown"),
        [
            ('<Response><Redirect redirectUrl="https://a/" password="s3cret"/></Response>', "••••••"),
            ("<Response><SpeakSentence>https://u:s3cret@app.example/</SpeakSentence></Response>", "••••••••@app.example"),
            ('<Response><Redirect password="s3cret"', "••••••"),
        ],
    )
    def test_passwords_are_hidden(self, document: str, shown: str) -> None:
        """No password of a document is sent to the page, even if the document is not well-formed."""
        core = Core(answering({"/answer": document}))
        core.dial("/answer")
        core.advance(0)
        assert "s3cret" not in str(leg(core))
        assert shown in leg(core)["entries"][2]["content"]

    def test_long_contents_are_cut(self, voice: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        """A long document is cut."""
        monkeypatch.setattr(shown_state, "MAX_CONTENT", 20)
        voice.dial("/answer").expect_speech("Welcome")
        assert [len(entry["content"]) for entry in leg(voice)["entries"] if "content" in entry] == [20, 20]


class TestVerbSpan:
    """The place of the running verb."""

    @pytest.mark.parametrize(
        ("document", "index", "verb"),
        [
            ("<Response><Hangup/></Response>", 0, "<Hangup/>"),
            ("<Response>\n <Pause duration='1' />\n <Hangup></Hangup></Response>", 0, "<Pause duration='1' />"),
            ("<Response>\n <Pause duration='1' />\n <Hangup></Hangup></Response>", 1, "<Hangup></Hangup>"),
            ("<Bxml><!-- ü --><SpeakSentence>ä</SpeakSentence></Bxml>", 0, "<SpeakSentence>ä</SpeakSentence>"),
            ("<Bxml><SpeakSentence>€</SpeakSentence><Gather tag='/>'/></Bxml>", 1, "<Gather tag='/>'/>"),
        ],
    )
    def test_the_range_of_a_verb(self, document: str, index: int, verb: str) -> None:
        """The range begins at the start tag and ends after the end tag."""
        start, end = verb_span(document, index)
        assert document[start:end] == verb


class TestProblems:
    """The validator's messages about a document to push."""

    def test_problems_have_places(self, voice: Core) -> None:
        """Errors and warnings have a rule, a message and a place."""
        found = next(problems(voice, '<Bxml>\n<Pause duration="x"/></Bxml>'))
        assert found["message"].startswith('duration="x" is not')
        assert {**found, "message": ""} == {
            "severity": "error",
            "rule": "invalid-value",
            "message": "",
            "line": 2,
            "column": 18,
        }

    def test_a_relative_url_is_a_problem(self, voice: Core) -> None:
        """The document is checked as a pushed document, which must not have relative URLs."""
        assert [each["rule"] for each in problems(voice, "<Response><PlayAudio>/a.wav</PlayAudio></Response>")] == [
            "relative-url"
        ]

    def test_extra_attributes_are_no_problem(self) -> None:
        """Attributes that the emulator accepts are accepted here, too."""
        document = '<Bxml><Hangup new="x"/></Bxml>'
        assert len(list(problems(Core(), document))) == 1
        assert not list(problems(Core(extra={"new"}), document))
