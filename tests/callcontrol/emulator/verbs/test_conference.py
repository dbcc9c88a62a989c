"""Conferences: their members, what members hear, their events, and the operations on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bxml import Bxml, Response
from callcontrol import BasicAuth, Client, NotFound
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import MOST_MEMBERS, Conference
from callcontrol.emulator.in_process_emulator import Core
from tests.callcontrol.emulator.table_application import Answers


class Room:
    """A conference of two calls, with its application, core and client."""

    def __init__(self, members: int = 2, **attributes: Any) -> None:
        self.app = Answers(
            answer=Response().conference("room", **attributes).speak_sentence("After it."),
            other=Response().speak_sentence("Redirected."),
        )
        self.voice = Core(self.app)
        self.calls: list[Call] = []
        for number in range(members):
            self.calls.append(self.voice.dial("/answer", from_=f"+1212555012{number}", status_url="/status"))
            self.voice.advance(1)
        self.client = Client("9900123", BasicAuth("user", "pass"), send=self.voice.handle)

    @property
    def conference(self) -> Conference:
        """The first conference."""
        return self.voice.conferences[0]

    def event_types(self, path: str = "/events") -> list[str]:
        """Return the types of the events that a path received."""
        return [event for to, event in self.app.received if to == path]


def test_endless_redirects_end_the_conference() -> None:
    """A conference ends if its application redirects the conference at every redirect event."""
    app = Answers(answer=Response().conference("room").speak_sentence("After it."))
    voice = Core(app, assumptions=Assumptions(max_verbs=50))

    def again() -> None:
        (conference,) = voice.conferences
        api.update_conference(conference.conference_id, redirect_url="https://app.example/again")

    app.acts["/again"] = again
    api = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
    call = voice.dial("/answer")
    voice.advance(1)
    again()
    voice.run()
    (conference,) = voice.conferences
    assert conference.state == "completed"
    (problem,) = [text for text in conference.timeline.texts("problem") if "redirected" in text]
    assert problem == "the conference was redirected more than 50 times in almost no time, probably in a loop"
    assert (call.timeline.spoken, call.disconnect_cause) == (["After it."], "hangup")


def test_redirects_that_take_time_are_not_a_loop() -> None:
    """An application may redirect a conference every few seconds for hours."""
    app = Answers(answer=Response().conference("room"))
    voice = Core(app, assumptions=Assumptions(max_verbs=3))
    voice.dial("/answer")
    api = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
    for _ in range(9):
        voice.advance(1)
        api.update_conference(voice.conferences[0].conference_id, redirect_url="https://app.example/again")
    assert voice.conferences[0].state == "active"


def test_password_of_a_redirect_url_is_hidden() -> None:
    """Neither the repr nor the timeline shows the password."""
    room = Room()
    room.client.update_conference(room.conference.conference_id, redirect_url="https://joe:hidden@app.example/other")
    room.voice.advance(1)
    assert "hidden" not in repr(room.conference) + str(room.conference.timeline)


def test_events_follow_members() -> None:
    """Events are sent when a conference is created, when calls join and leave, and when the conference is completed."""
    room = Room(conference_event_url="/events", tag="team-4")
    for call in room.calls:
        call.hang_up()
    room.voice.run()
    assert room.event_types() == [
        *("conferenceCreated", "conferenceMemberJoin", "conferenceMemberJoin"),
        *("conferenceMemberExit", "conferenceMemberExit", "conferenceCompleted"),
    ]
    common = {"conferenceId": room.conference.conference_id, "name": "room", "tag": "team-4"}
    for _, event in room.app.events:
        if "conference" in event.event_type:
            assert common.items() <= event.fields.items()
            assert event.fields.keys().isdisjoint({"accountId", "applicationId", "callUrl", "direction"})
    joined = next(event for _, event in room.app.events if event.event_type == "conferenceMemberJoin")
    assert joined.fields["callId"] == room.calls[0].call_id
    assert (joined.fields["from"], joined.fields["to"]) == ("+12125550120", "+19195550100")


def test_id_has_the_vendors_format() -> None:
    """Ids have the vendor's format. A conference with the name of an ended conference is a new conference."""
    room = Room(members=1)
    room.calls[0].hang_up()
    again = room.voice.dial("/answer")
    room.voice.advance(1)
    first, second = room.voice.conferences
    assert (first.state, second.state, first.name, second.name) == ("completed", "active", "room", "room")
    assert first.conference_id == "conf-00000001-00000000-0000-0000-0000-000000000001"
    assert set(second.members) == {again.call_id}
    assert room.voice.conference(second.conference_id) is second


def test_settings_of_later_members_are_ignored() -> None:
    """The first call sets the URL, the tag and the timeout of a conference."""
    room = Room(members=1, conference_event_url="/events", callback_timeout=3)
    room.app.documents["/answer"] = Response().conference("room", conference_event_url="/elsewhere", tag="other")
    room.voice.dial("/answer")
    room.voice.advance(1)
    assert room.event_types("/elsewhere") == []
    assert room.event_types()[-1] == "conferenceMemberJoin"
    assert (room.conference.callback_timeout, room.conference.tag) == (3, None)


def test_default_timeout_is_that_of_the_call() -> None:
    """A conference without callbackTimeout has the timeout of its first call."""
    room = Room(members=0)
    room.client.create_call(
        to="+12125550123",
        from_="+19195550100",
        application_id="app",
        answer_url="https://app.example/answer",
        callback_timeout=4,
    )
    room.voice.advance(1)
    assert room.conference.callback_timeout == 4


def test_response_to_an_event_is_heard_by_all() -> None:
    """Members hear the documents of responses one after the other. Members on hold hear nothing."""
    room = Room(members=2, conference_event_url="/events")
    room.app.documents["/answer"] = Response().conference("room", hold=True, mute=True, call_ids_to_coach=["c-1"])
    room.app.documents["/events"] = Response().speak_sentence("Somebody has joined.").play_audio("/beep.wav")
    held = room.voice.dial("/answer")
    room.voice.advance(20)
    for call in room.calls:
        assert call.timeline.texts("spoken", "played") == ["Somebody has joined.", "https://app.example/beep.wav"]
    assert held.timeline.spoken == []
    (joined,) = [entry for entry in held.timeline if entry.kind == "joined"]
    assert joined.details == {"mute": True, "hold": True, "callIdsToCoach": "c-1"}
    held.hang_up()
    room.voice.advance(20)
    assert room.calls[0].timeline.spoken == ["Somebody has joined."] * 2


def test_documents_do_not_overlap() -> None:
    """The second document starts when the first has ended."""
    room = Room()
    for text in ("One.", "Two."):
        room.client.update_conference_bxml(room.conference.conference_id, Bxml().speak_sentence(text))
    room.voice.advance(5)
    spoken = [(entry.text, entry.at) for entry in room.conference.timeline if entry.kind == "spoken"]
    assert spoken == [("One.", 2), ("Two.", 2 + 4 * 0.06)]
    assert room.conference.documents == [Bxml().speak_sentence(text).to_bxml() for text in ("One.", "Two.")]


@pytest.mark.parametrize("answer", [Response().hangup(), b"<Response><Foo/></Response>", 500])
def test_invalid_response_changes_nothing(answer: Response | bytes | int) -> None:
    """The conference continues, and its timeline has the reason."""
    room = Room(members=1, conference_event_url="/events")
    room.app.documents["/events"] = answer
    room.voice.dial("/answer")
    room.voice.advance(1)
    assert len(room.conference.members) == 2
    assert room.conference.timeline.texts("problem")
    assert bool(room.conference.timeline.texts("invalid")) == (answer != 500)


def test_redirect_runs_the_response() -> None:
    """The URL receives a redirect event, and members hear the document in the response."""
    room = Room(conference_event_url="/events")
    room.client.update_conference(room.conference.conference_id, redirect_url="https://app.example/other")
    room.voice.advance(5)
    assert room.event_types("/other") == ["conferenceRedirect"]
    assert room.calls[1].timeline.spoken == ["Redirected."]
    assert room.conference.redirects == ["https://app.example/other"]


def test_completed_conference_releases_its_members() -> None:
    """Members continue with their next verb, and the API no longer finds the conference."""
    room = Room(conference_event_url="/events")
    room.client.update_conference(room.conference.conference_id, status="completed")
    changes: list[Callable[[], object]] = [
        lambda: room.client.update_conference(room.conference.conference_id, status="completed"),
        lambda: room.client.update_conference_bxml(room.conference.conference_id, Bxml().speak_sentence("Late.")),
    ]
    for change in changes:
        with pytest.raises(NotFound):
            change()
    room.voice.run()
    assert [call.timeline.spoken for call in room.calls] == [["After it."], ["After it."]]
    assert room.event_types()[-3:] == ["conferenceMemberExit", "conferenceMemberExit", "conferenceCompleted"]
    assert room.conference.completed_time is not None


def test_conference_ends_after_24_hours() -> None:
    """A conference ends after 24 hours. No shorter limit ends a conference."""
    room = Room()
    room.voice.advance(24 * 3600 - 3)
    assert room.conference.state == "active"
    room.voice.advance(2)
    assert room.conference.state == "completed"
    assert room.calls[0].timeline.spoken == ["After it."]


def test_interrupted_member_leaves() -> None:
    """An interrupted member leaves, and the other members stay."""
    room = Room(conference_event_url="/events")
    room.client.update_call_bxml(room.calls[0].call_id, Response().speak_sentence("Out."))
    room.voice.advance(5)
    assert room.calls[0].timeline.spoken == ["Out."]
    assert set(room.conference.members) == {room.calls[1].call_id}
    assert room.event_types()[-1] == "conferenceMemberExit"


def test_member_over_the_maximum_ends_with_an_error() -> None:
    """If a call joins a full conference, the call ends with an application error."""
    room = Room(members=MOST_MEMBERS)
    late = room.voice.dial("/answer")
    assert late.expect_end() == "application-error"
    assert late.error_message == "the conference room has 20 members, the maximum"


def test_names_are_separate_for_each_account() -> None:
    """Two accounts can have conferences of the same name."""
    room = Room()
    room.voice.dial("/answer", account_id="9900124")
    room.voice.advance(1)
    assert [conference.account_id for conference in room.voice.conferences] == ["9900123", "9900124"]


def test_test_can_add_a_conference() -> None:
    """If a test adds a conference, the conference has no members until calls join it by its name."""
    room = Room(members=0)
    conference = room.voice.add_conference("room")
    with pytest.raises(ValueError, match='conference "room" already exists'):
        room.voice.add_conference("room")
    call = room.voice.dial("/answer")
    room.voice.advance(1)
    assert set(conference.members) == {call.call_id}
    empty = room.voice.add_conference("empty")
    room.client.update_conference(empty.conference_id, status="completed")
    assert (empty.state, empty.url.rpartition("/")[2]) == ("completed", empty.conference_id)


def test_conference_can_be_recorded() -> None:
    """The recording of a conference has its own event type, one channel, no tag and no transcription."""
    room = Room()
    start = Bxml().start_recording(
        recording_available_url="https://app.example/recorded",
        transcribe=True,
        transcription_available_url="https://app.example/transcribed",
        multi_channel=True,
        tag="ignored",
        file_format="mp3",
    )
    room.client.update_conference_bxml(room.conference.conference_id, start)
    room.client.update_conference_bxml(room.conference.conference_id, start)
    room.voice.advance(10)
    assert room.conference.timeline.texts("ignored") == ["a recording is already running"]
    for document in (Bxml().pause_recording(), Bxml().resume_recording()):
        room.client.update_conference_bxml(room.conference.conference_id, document)
        room.voice.advance(5)
    room.client.update_conference_bxml(room.conference.conference_id, Bxml().stop_recording())
    room.voice.advance(10)
    fields = room.app.fields("/recorded")
    assert room.event_types("/recorded") + room.event_types("/transcribed") == ["conferenceRecordingAvailable"]
    assert "tag" not in fields
    assert room.conference.background_recording is None
    (recording,) = room.conference.recordings
    assert (
        fields
        | {
            "eventType": "conferenceRecordingAvailable",
            "accountId": "9900123",
            "channels": 1,
            "duration": "PT15S",
            "fileFormat": "mp3",
            "status": "complete",
            "recordingId": recording.recording_id,
            "mediaUrl": f"{room.conference.url}/recordings/{recording.recording_id}/media",
        }
        == fields
    )


def test_end_of_the_conference_stops_its_recording() -> None:
    """The end of a conference stops its recording. A second StartRecording does not start another recording."""
    room = Room()
    start = Bxml().start_recording(recording_available_url="https://app.example/recorded").start_recording()
    room.client.update_conference_bxml(room.conference.conference_id, start)
    room.voice.advance(10)
    assert room.conference.timeline.texts("ignored") == ["a recording is already running"]
    room.client.update_conference(room.conference.conference_id, status="completed")
    room.voice.run()
    assert room.event_types("/recorded") == ["conferenceRecordingAvailable"]
