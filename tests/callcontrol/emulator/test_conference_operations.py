"""The emulated API lists conferences, returns their members and recordings, and changes members."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from bxml import Response
from callcontrol.emulator import Call, Conference, Core, audio
from callcontrol.emulator.call_audio import Sound
from callcontrol.iso8601 import in_iso
from tests.callcontrol.emulator import test_recording_operations as levels
from tests.callcontrol.emulator.api_requests import ask, refused
from tests.callcontrol.emulator.scripted_application import TODAY, App, core
from tests.callcontrol.emulator.table_application import Answers

CONFERENCE: Final = "conf-00000001-00000000-0000-0000-0000-000000000001"
PATH: Final = f"conferences/{CONFERENCE}"
URL: Final = f"https://emulator.invalid/api/v2/accounts/9900123/{PATH}"


def meeting(*options: dict[str, Any]) -> tuple[Core, Conference, list[Call]]:
    """Return a conference with one member for each set of options of the verb."""
    documents = [Response().conference("standup", conference_event_url="/events", **each) for each in options or ({}, {})]
    voice = core(App(answer=[document.to_bxml() for document in documents], events="<Response/>"))
    calls = [voice.dial("/answer") for _ in documents]
    voice.advance(1)
    return voice, voice.conferences[0], calls


def tone(level: int) -> Sound:
    """Return a sound that begins after one second and lasts one second; all its samples have the same level."""
    return Sound(1, 2, source=lambda: levels.tone(1, level))


def test_conference_is_read() -> None:
    """A request for one conference returns its members, but the list of conferences has no members.

    An ended conference can be read too.
    """
    voice, _, calls = meeting({"mute": True, "call_ids_to_coach": ["c-1", "c-2"]}, {"hold": True})
    body = {
        "id": CONFERENCE,
        "name": "standup",
        "createdTime": in_iso(TODAY),
        "completedTime": None,
        "conferenceEventUrl": "https://app.example/events",
        "conferenceEventMethod": "POST",
        "tag": None,
    }
    first, second = (call.call_id for call in calls)
    members = [
        {"callId": first, "mute": True, "hold": False, "callIdsToCoach": ["c-1", "c-2"]},
        {"callId": second, "mute": False, "hold": True, "callIdsToCoach": []},
    ]
    urls = [{"conferenceId": CONFERENCE, "memberUrl": f"{URL}/members/{id_}"} for id_ in (first, second)]
    members = [member | url for member, url in zip(members, urls, strict=True)]
    assert ask(voice, "GET", PATH).json() == body | {"activeMembers": members}
    assert ask(voice, "GET", "conferences").json() == [body]
    assert ask(voice, "GET", f"{PATH}/members/{second}").json() == members[1]
    for call in calls:
        call.hang_up()
    ended = ask(voice, "GET", PATH).json()
    assert (ended["completedTime"], ended["activeMembers"]) == (in_iso(TODAY + timedelta(seconds=1)), [])
    assert refused(ask(voice, "GET", f"{PATH}/members/{second}")) == (404, f"Conference member [{second}] not found")


def test_unknown_conference_is_404() -> None:
    """The conference of another account is unknown too."""
    voice, _, _ = meeting()
    assert refused(ask(voice, "GET", "conferences/conf-1")) == (404, "Conference [conf-1] not found")
    assert refused(ask(voice, "GET", PATH, account="1")) == (404, f"Conference [{CONFERENCE}] not found")
    assert ask(voice, "GET", "conferences", account="1").json() == []


def test_conference_without_a_webhook() -> None:
    """A conference that a test created has no URL."""
    voice = core(App())
    voice.add_conference("empty")
    assert ask(voice, "GET", "conferences").json()[0]["conferenceEventUrl"] is None


def test_list_is_filtered_and_has_pages() -> None:
    """The two bounds of the creation time are inclusive. The header ``Link`` has the URL of the next page."""
    voice = core(App())
    for name in ("a", "b", "b"):
        conference = voice.add_conference(name)
        voice.advance(1)
        conference.complete()
    times = [in_iso(TODAY + timedelta(seconds=second)) for second in range(3)]

    def names(query: str) -> str:
        return "".join(each["name"] for each in ask(voice, "GET", f"conferences?{query}").json())

    assert names("name=b") == "bb"
    assert names(f"minCreatedTime={times[1]}") == "bb"
    assert names(f"maxCreatedTime={times[1]}") == "ab"
    assert names(f"minCreatedTime={times[1]}&maxCreatedTime={times[1]}") == "b"
    reply = ask(voice, "GET", "conferences?pageSize=2")
    token = reply.json()[1]["id"]
    url = "http://voice.example/api/v2/accounts/9900123/conferences"
    assert reply.headers["Link"] == f'<{url}?pageSize=2&pageToken={token}>; rel="next"'
    last = ask(voice, "GET", f"conferences?pageSize=2&pageToken={token}")
    assert (len(last.json()), "Link" in last.headers) == (1, False)
    assert refused(ask(voice, "GET", "conferences?pageSize=1001")) == (
        400,
        "pageSize=1001 is too large; expected an integer from 1 to 1000",
    )


class TestMember:
    """A member is muted, put on hold and made a coach over the API."""

    def test_only_given_options_change(self) -> None:
        """The timelines of the conference and of the call note the change."""
        voice, conference, (first, second) = meeting()
        path = f"{PATH}/members/{first.call_id}"
        assert ask(voice, "PUT", path, {"mute": True}).status == 204
        assert ask(voice, "PUT", path, {"hold": True, "callIdsToCoach": [second.call_id]}).status == 204
        assert ask(voice, "PUT", path, {"mute": False}).status == 204
        member = ask(voice, "GET", path).json()
        assert (member["mute"], member["hold"], member["callIdsToCoach"]) == (False, True, [second.call_id])
        assert ask(voice, "PUT", path, {"callIdsToCoach": []}).status == 204
        assert ask(voice, "GET", path).json()["callIdsToCoach"] == []
        for timeline in (conference.timeline, first.timeline):
            notes = [entry.details for entry in timeline if entry.text == "UpdateConferenceMember"]
            assert notes[:2] == [
                {"callId": first.call_id, "mute": True},
                {"callId": first.call_id, "hold": True, "callIdsToCoach": second.call_id},
            ]

    @pytest.mark.parametrize(
        ("body", "description"),
        [
            ({"mute": "yes"}, 'mute="yes" is not a boolean; expected true or false'),
            ({"callIdsToCoach": "c-1"}, 'callIdsToCoach="c-1" is not a list of strings'),
            ({"callIdsToCoach": [1]}, "callIdsToCoach is not a list of strings"),
        ],
    )
    def test_invalid_option_is_400(self, body: object, description: str) -> None:
        """The message names the field."""
        voice, _, (first, _) = meeting()
        assert refused(ask(voice, "PUT", f"{PATH}/members/{first.call_id}", body)) == (400, description)

    def test_hold_and_mute_decide_who_is_heard(self) -> None:
        """A member on hold hears nothing and is not heard. A muted member is not heard. Only coached members hear a coach."""
        voice, conference, (first, second, third) = meeting({}, {}, {})

        def heard(speaker: Call) -> list[Any]:
            sound = speaker.inbound.add(tone(1))
            tracks = {"conference": conference.inbound, "1": first.outbound, "2": second.outbound, "3": third.outbound}
            return [name for name, track in tracks.items() if sound in track.sounds]

        def change(call: Call, **options: object) -> None:
            assert ask(voice, "PUT", f"{PATH}/members/{call.call_id}", options).status == 204

        assert heard(first) == ["conference", "2", "3"]
        change(second, hold=True)
        assert (heard(first), heard(second)) == (["conference", "3"], [])
        change(second, hold=False, mute=True)
        assert (heard(first), heard(second)) == (["conference", "2", "3"], [])
        change(first, callIdsToCoach=[third.call_id])
        assert heard(first) == ["3"]
        prompt = conference.outbound.add(tone(1))
        assert all(prompt in call.outbound.sounds for call in (first, second, third))
        third.hang_up()
        assert heard(third) == []


def test_recording_of_a_conference() -> None:
    """The recording contains the sum of what the conference and its members play and say."""
    app = Answers(
        answer=Response().conference("standup", conference_event_url="/events"),
        events=Response().start_recording(recording_name="minutes"),
    )
    voice = core(app)
    call = voice.dial("/answer")
    voice.advance(1)
    call.inbound.add(tone(24))
    voice.conferences[0].outbound.add(tone(96))
    voice.advance(2)
    call.hang_up()
    voice.run()
    (metadata,) = ask(voice, "GET", f"{PATH}/recordings").json()
    recording = "r-00000001-00000000-0000-0000-0000-000000000001"
    assert metadata == {
        "accountId": "9900123",
        "conferenceId": CONFERENCE,
        "name": "standup",
        "recordingId": recording,
        "duration": "PT3S",
        "channels": 1,
        "startTime": in_iso(TODAY),
        "endTime": in_iso(TODAY + timedelta(seconds=3)),
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{URL}/recordings/{recording}/media",
        "recordingName": "minutes",
    }
    assert ask(voice, "GET", f"{PATH}/recordings/{recording}").json() == metadata
    media = ask(voice, "GET", f"{PATH}/recordings/{recording}/media")
    assert media.headers["Content-Type"] == "audio/vnd.wave"
    heard = audio.read_audio(media.body)
    assert (heard.seconds, heard.channels) == (3, 1)
    assert heard.samples[[4000, 12000, 20000], 0].tolist() == [0, 120, 0]
