"""The emulated API lists recordings, returns their audio and their text, and pauses and deletes them."""

from __future__ import annotations

import gc
import sys
from datetime import timedelta
from functools import partial
from typing import Any, Final

import numpy as np
import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator import Assumptions, Call, Core, audio
from callcontrol.emulator.audio import Audio, encode_pcmu
from callcontrol.emulator.call_audio import Sound
from callcontrol.emulator.recording_operations import LONGEST_MEDIA
from callcontrol.iso8601 import in_iso
from tests.callcontrol.emulator.api_requests import ask, refused
from tests.callcontrol.emulator.scripted_application import TODAY, App, core, response
from tests.callcontrol.emulator.table_application import Answers

CALL: Final = "c-00000001-00000000-0000-0000-0000-000000000001"
RECORDING: Final = "r-00000001-00000000-0000-0000-0000-000000000001"
PATH: Final = f"calls/{CALL}/recordings/{RECORDING}"
URL: Final = f"https://emulator.invalid/api/v2/accounts/9900123/{PATH}"


def tone(seconds: float, level: int) -> bytes:
    """Return audio in mu-law whose samples all have the same level: a multiple of 8 up to 120, which mu-law has exactly."""
    return encode_pcmu(Audio(np.full((round(seconds * 8000), 1), level, np.int16), 8000))


def levels(content: bytes, *times: float) -> list[list[int]]:
    """Return the samples of all channels at these times."""
    heard = audio.read_audio(content)
    return [heard.samples[round(at * heard.rate)].tolist() for at in times]


def recorded(*, to_end: bool = True, **attributes: Any) -> tuple[Core, Answers, Call]:
    """Return a call that is recorded in the background for 5 seconds, with its core and its application."""
    app = Answers(answer=Response().start_recording(**attributes).speak_sentence("Ten chars.").pause(duration=4.4))
    voice = core(app)
    call = voice.dial("/answer")
    if to_end:
        call.expect_end()
        voice.run()
    return voice, app, call


class TestMetadata:
    """The metadata of a recording describe its call, its verb and its times."""

    def test_recording_is_listed_and_read(self) -> None:
        """A recording has the same fields in a list and in its own response. Fields without a value are left out."""
        voice, _, call = recorded(recording_name="greeting", multi_channel=True, file_format="mp3", transcribe=True)
        metadata = {
            "applicationId": call.application_id,
            "accountId": "9900123",
            "callId": CALL,
            "to": "+19195550100",
            "from": "+12125550123",
            "direction": "inbound",
            "recordingId": RECORDING,
            "duration": "PT5S",
            "channels": 2,
            "startTime": in_iso(TODAY),
            "endTime": in_iso(TODAY + timedelta(seconds=5)),
            "fileFormat": "mp3",
            "status": "complete",
            "mediaUrl": f"{URL}/media",
            "recordingName": "greeting",
            "transcription": {
                "id": "t-00000001-00000000-0000-0000-0000-000000000001",
                "status": "available",
                "completedTime": in_iso(TODAY + timedelta(seconds=9)),
                "url": f"{URL}/transcription",
            },
        }
        assert ask(voice, "GET", PATH).json() == metadata
        assert ask(voice, "GET", f"calls/{CALL}/recordings").json() == [metadata]
        assert ask(voice, "GET", "recordings").json() == [metadata]

    def test_recording_of_a_leg_names_the_transfer(self) -> None:
        """``from`` and ``to`` are the numbers of the original call. Other fields have the numbers of the leg."""
        leg = PhoneNumber("+13365550142", transfer_answer_url="/leg")
        app = Answers(answer=Response().transfer([leg]), leg=Response().start_recording().pause(duration=1))
        voice = core(app)
        call = voice.dial("/answer")
        voice.advance(5)
        call.legs[0].hang_up()
        voice.run()
        (metadata,) = ask(voice, "GET", f"calls/{call.legs[0].call_id}/recordings").json()
        names = ("to", "from", "parentCallId", "transferCallerId", "transferTo")
        assert [metadata[name] for name in names] == ["+19195550100", "+12125550123", CALL, "+12125550123", "+13365550142"]

    def test_recording_is_processing_until_it_is_available(self) -> None:
        """A recording that is not available has no URL and no media. An active recording has no end and no duration."""
        voice, _, call = recorded(to_end=False)
        call.expect_speech("ten chars")
        metadata = ask(voice, "GET", PATH).json()
        assert metadata["status"] == "processing"
        assert not metadata.keys() & {"mediaUrl", "endTime", "duration", "recordingName"}
        call.expect_end()
        voice.advance(1.9)
        metadata = ask(voice, "GET", PATH).json()
        assert (metadata["status"], metadata["duration"], "mediaUrl" in metadata) == ("processing", "PT5S", False)
        assert refused(ask(voice, "GET", f"{PATH}/media")) == (
            404,
            f"The media of recording [{RECORDING}] is not available yet",
        )
        voice.advance(0.1)
        assert ask(voice, "GET", PATH).json()["status"] == "complete"
        assert ask(voice, "GET", f"{PATH}/media").status == 200

    def test_list_of_the_account_is_filtered(self) -> None:
        """Numbers match exactly. The lower bound of the start is inclusive and the upper bound exclusive."""
        app = App(answer=response("<StartRecording/>", '<Pause duration="1"/>'))
        voice = core(app)
        for number in ("+12125550111", "+12125550122"):
            voice.dial("/answer", from_=number)
            voice.advance(10)
        first, second = in_iso(TODAY), in_iso(TODAY + timedelta(seconds=10))

        def numbers(query: str = "", account: str = "9900123") -> list[str]:
            return [each["from"] for each in ask(voice, "GET", f"recordings?{query}", account=account).json()]

        assert numbers() == ["+12125550111", "+12125550122"]
        assert numbers("from=%2B12125550122") == ["+12125550122"]
        assert numbers("to=%2B19195550100&from=%2B12125550111") == ["+12125550111"]
        assert numbers("to=%2B19195550101") == []
        assert numbers(f"minStartTime={first}&maxStartTime={second}") == ["+12125550111"]
        assert numbers(f"minStartTime={second}") == ["+12125550122"]
        assert numbers(account="9900124") == []
        assert refused(ask(voice, "GET", "recordings?minStartTime=now")) == (
            400,
            "Invalid minStartTime: must be a time in ISO 8601",
        )

    @pytest.mark.parametrize("path", ["", "/media", "/transcription"])
    def test_unknown_recording_is_404(self, path: str) -> None:
        """The error names what is missing: the call or the recording."""
        voice, _, _ = recorded()
        assert refused(ask(voice, "GET", f"calls/c-1/recordings/{RECORDING}{path}")) == (404, "Call [c-1] not found")
        assert refused(ask(voice, "GET", f"calls/{CALL}/recordings/r-1{path}")) == (404, "Recording [r-1] not found")


class TestMedia:
    """The media is a file of the right format, length and number of channels."""

    @pytest.mark.parametrize(
        ("attributes", "content_type", "start", "channels"),
        [
            pytest.param({}, "audio/vnd.wave", b"RIFF", 1, id="wav"),
            pytest.param({"multi_channel": True}, "audio/vnd.wave", b"RIFF", 2, id="two channels"),
            pytest.param({"file_format": "mp3", "multi_channel": True}, "audio/mpeg", b"\xff", 2, id="mp3"),
        ],
    )
    def test_file_has_the_length_of_the_recording(
        self, attributes: dict[str, Any], content_type: str, start: bytes, channels: int
    ) -> None:
        """Without speech synthesis, the words of the emulator are silence."""
        voice, _, _ = recorded(**attributes)
        reply = ask(voice, "GET", f"{PATH}/media")
        assert reply.headers["Content-Type"] == content_type
        assert reply.body.startswith(start)
        heard = audio.read_audio(reply.body)
        assert (heard.seconds, heard.rate, heard.channels) == (5, 8000, channels)
        assert not heard.samples.any()
        # The emulator does not keep the audio with the request.
        assert (voice.exchanges[-1].reply.status, voice.exchanges[-1].reply.body) == (200, b"")

    def test_sides_are_channels_or_mixed(self) -> None:
        """The first channel is the phone, and the second channel is the application. A single channel has the sum."""
        for multi_channel, expected in ((True, [[0, 96], [24, 96], [24, 0], [0, 0]]), (False, [[96], [120], [24], [0]])):
            voice, _, call = recorded(to_end=False, multi_channel=multi_channel)
            call.expect_speech("ten chars")
            call.outbound.add(Sound(0, 2, source=lambda: tone(3, 96)))
            call.inbound.add(Sound(1, 3, source=lambda: tone(2, 24)))
            call.expect_end()
            voice.run()
            assert levels(ask(voice, "GET", f"{PATH}/media").body, 0.5, 1.5, 2.5, 3.5) == expected

    def test_record_contains_only_the_caller(self) -> None:
        """A Record does not record what the application plays."""
        voice = core(Answers(answer=Response().record(max_duration=5)))
        call = voice.dial("/answer")
        voice.advance(0)
        call.outbound.add(Sound(0, 9, source=lambda: tone(9, 96)))
        call.inbound.add(Sound(2, 3, source=lambda: tone(1, 24)))
        voice.run()
        assert levels(ask(voice, "GET", f"{PATH}/media").body, 1.5, 2.5, 3.5) == [[0], [24], [0]]

    def test_pauses_are_left_out(self) -> None:
        """Words during a pause are not recorded. Words after the pause directly follow the words before the pause."""
        verbs = Response().start_recording().pause(duration=2).pause_recording().pause(duration=3).resume_recording()
        voice = core(Answers(answer=verbs.pause(duration=2)))
        call = voice.dial("/answer")
        voice.advance(0)
        for second in range(7):  # the sound of each second has a level of its own
            call.inbound.add(Sound(second, second + 1, source=partial(tone, 1, 8 * second + 8)))
        voice.run()
        body = ask(voice, "GET", f"{PATH}/media").body
        assert audio.read_audio(body).seconds == 4
        assert levels(body, 0.5, 1.5, 2.5, 3.5) == [[8], [16], [48], [56]]

    def test_bridged_and_transferred_calls_hear_each_other(self) -> None:
        """Until the two calls are separated, each phone's voice is on the second channel of the other call's recording."""
        app = Answers(
            answer=Response().start_recording(multi_channel=True).transfer([PhoneNumber("+13365550142")]).pause(duration=2)
        )
        voice = core(app)
        call = voice.dial("/answer")
        voice.advance(1)
        (leg,) = call.legs
        leg.inbound.add(Sound(1, 3, source=lambda: tone(2, 48)))
        call.inbound.add(Sound(1, 2, source=lambda: tone(1, 8)))
        assert leg.outbound.sounds[0] is call.inbound.sounds[0]
        voice.advance(3)
        leg.hang_up()
        leg.inbound.add(Sound(4, 5, source=lambda: tone(1, 48)))
        voice.run()
        assert levels(ask(voice, "GET", f"{PATH}/media").body, 0.5, 1.5, 2.5, 4.5) == [[0, 0], [8, 48], [0, 48], [0, 0]]

    def test_longest_recording_that_is_not_downloaded(self) -> None:
        """The file of a very long recording could fill the memory."""
        voice = core(App(answer=response("<StartRecording/>", *['<Pause duration="86400"/>'])))
        voice.dial("/answer")
        voice.run()
        assert refused(ask(voice, "GET", f"{PATH}/media")) == (
            501,
            f"the media of a recording of more than {LONGEST_MEDIA:g} s is not emulated",
        )

    def test_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The emulator works without the extra. Only audio needs the extra."""
        voice, _, _ = recorded()
        monkeypatch.setitem(sys.modules, "soundfile", None)
        assert refused(ask(voice, "GET", f"{PATH}/media")) == (
            501,
            "audio needs soundfile: install bxml-callcontrol[emulator]",
        )

    def test_media_is_deleted(self) -> None:
        """The metadata stay, with the status ``deleted`` and without a URL."""
        voice, _, call = recorded()
        assert ask(voice, "DELETE", f"{PATH}/media").status == 204
        metadata = ask(voice, "GET", PATH).json()
        assert (metadata["status"], "mediaUrl" in metadata) == ("deleted", False)
        deleted = (404, f"The media of recording [{RECORDING}] was deleted")
        assert refused(ask(voice, "GET", f"{PATH}/media")) == deleted
        assert refused(ask(voice, "DELETE", f"{PATH}/media")) == deleted
        assert call.timeline.texts("api") == ["DeleteRecordingMedia"]


class TestChanges:
    """Recordings are paused, resumed and deleted over the API."""

    def test_recording_is_paused_and_resumed(self) -> None:
        """Nothing changes if the recording already has the requested state."""
        voice, _, call = recorded(to_end=False)
        call.expect_speech("ten chars")
        for state in ("recording", "paused", "paused"):
            assert ask(voice, "PUT", f"calls/{CALL}/recording", {"state": state}).status == 200
        voice.advance(2)
        assert ask(voice, "PUT", f"calls/{CALL}/recording", {"state": "recording"}).body == b""
        call.expect_end()
        assert call.recordings[0].seconds == 3
        assert call.timeline.texts("recording") == [
            "recording started",
            "recording paused",
            "recording resumed",
            "recording stopped after 3 s",
        ]

    @pytest.mark.parametrize("body", [{}, {"state": "stopped"}, {"state": None}, []])
    def test_state_is_required(self, body: object) -> None:
        """A request must have one of the two states ``paused`` and ``recording``."""
        voice, _, _ = recorded(to_end=False)
        voice.advance(1)
        assert ask(voice, "PUT", f"calls/{CALL}/recording", body).status == 400

    def test_call_without_an_active_recording_is_404(self) -> None:
        """An ended recording cannot be paused, and the recording of a Record verb cannot be paused."""
        voice, _, _ = recorded()
        without = (404, f"Call [{CALL}] has no active recording")
        assert refused(ask(voice, "PUT", f"calls/{CALL}/recording", {"state": "paused"})) == without
        voice = core(Answers(answer=Response().record()))
        voice.dial("/answer")
        voice.advance(1)
        assert refused(ask(voice, "PUT", f"calls/{CALL}/recording", {"state": "paused"})) == without

    def test_recording_is_deleted(self) -> None:
        """A deleted recording cannot be read. An active recording cannot be deleted."""
        voice, _, call = recorded(to_end=False)
        call.expect_speech("ten chars")
        assert refused(ask(voice, "DELETE", PATH)) == (
            400,
            f"Recording [{RECORDING}] is active; it can be deleted after its end",
        )
        call.expect_end()
        assert ask(voice, "DELETE", PATH).status == 204
        assert ask(voice, "GET", "recordings").json() == []
        for path in (PATH, f"{PATH}/media", f"{PATH}/transcription"):
            assert refused(ask(voice, "GET", path)) == (404, f"Recording [{RECORDING}] not found")


class TestTranscriptions:
    """The text of a recording consists of the words that were spoken."""

    def test_transcription_is_requested(self) -> None:
        """The transcription is available later. Its event has the tag, the credentials and the timeout of the request."""
        voice, app, call = recorded(tag="of the call")
        request = {"callbackUrl": "https://app.example/done", "username": "u", "password": "p", "tag": "ours"}
        assert ask(voice, "POST", f"{PATH}/transcription", request | {"callbackTimeout": 3}).status == 204
        assert ask(voice, "GET", PATH).json()["transcription"]["status"] == "processing"
        not_available = (404, f"The transcription of recording [{RECORDING}] is not available")
        assert refused(ask(voice, "GET", f"{PATH}/transcription")) == not_available
        assert refused(ask(voice, "DELETE", f"{PATH}/transcription")) == not_available
        voice.delay_webhooks(3.5)
        voice.run()
        assert app.fields("/done")["tag"] == "ours"
        assert app.fields("/done")["transcription"]["url"] == f"{URL}/transcription"
        assert app.environs[-1]["HTTP_AUTHORIZATION"] == "Basic dTpw"
        assert call.timeline.texts("problem") == ["no response within 3 s"]
        assert ask(voice, "GET", f"{PATH}/transcription").json() == {
            "transcripts": [{"speaker": 1, "text": "Ten chars.", "confidence": 1.0}],
            "clips": [
                {"speaker": 1, "text": "Ten chars.", "confidence": 1.0, "startTimeSeconds": 0, "endTimeSeconds": 0.6},
            ],
        }
        assert ask(voice, "DELETE", f"{PATH}/transcription").status == 204
        assert refused(ask(voice, "GET", f"{PATH}/transcription")) == not_available
        assert "transcription" not in ask(voice, "GET", PATH).json()
        assert call.timeline.texts("api") == ["TranscribeCallRecording", "DeleteRecordingTranscription"]

    def test_event_has_the_tag_of_the_call_by_default(self) -> None:
        """All fields of the request are optional. If the request has no URL, no event is sent."""
        voice, app, _ = recorded(tag="of the call")
        ask(voice, "POST", f"{PATH}/transcription", {})
        ask(voice, "POST", f"{PATH}/transcription", {"callbackUrl": "http://app.example/done", "callbackMethod": "POST"})
        voice.run()
        assert app.fields("/done")["tag"] == "of the call"

    def test_words_have_speakers_and_times(self) -> None:
        """Times exclude pauses of the recording. The text omits words in a pause, and a cut word ends with the recording."""
        verbs = Response().start_recording().speak_sentence("Ten chars.").pause(duration=1).pause_recording()
        verbs = verbs.speak_sentence("In a pause").resume_recording().speak_sentence("Cut short.")
        voice = core(Answers(answer=verbs))
        call = voice.dial("/answer")
        voice.advance(1)
        call.say("Hello")
        call.say("there")
        voice.advance(1.5)
        call.hang_up()
        voice.run()
        ask(voice, "POST", f"{PATH}/transcription", {})
        voice.run()
        text = ask(voice, "GET", f"{PATH}/transcription").json()
        assert text["transcripts"] == [
            {"speaker": 0, "text": "Hello there", "confidence": 1.0},
            {"speaker": 1, "text": "Ten chars. Cut short.", "confidence": 1.0},
        ]
        times = [(clip["text"], clip["startTimeSeconds"], clip["endTimeSeconds"]) for clip in text["clips"]]
        assert times == [("Ten chars.", 0, 0.6), ("Hello", 1, 1.3), ("there", 1.3, 1.6), ("Cut short.", 1.6, 1.9)]

    def test_short_recording_is_not_transcribed(self) -> None:
        """The status gives the reason."""
        voice = core(App(answer=response('<StartRecording transcribe="true"/>', '<Pause duration="0.5"/>')))
        voice.dial("/answer")
        voice.run()
        assert ask(voice, "GET", PATH).json()["transcription"]["status"] == "file-size-too-small"
        assert ask(voice, "GET", f"{PATH}/transcription").status == 404

    @pytest.mark.parametrize(
        "body", [{"callbackTimeout": 0.5}, {"callbackUrl": "/done"}, {"callbackUrl": "http://app.example/", "username": "u"}]
    )
    def test_invalid_request_is_400(self, body: object) -> None:
        """The fields have the limits of the vendor's model."""
        voice, _, _ = recorded()
        assert ask(voice, "POST", f"{PATH}/transcription", body).status == 400


def test_recordings_of_an_ended_call_are_dropped_with_it() -> None:
    """The registry of playable recordings does not grow."""
    voice = core(App(answer=response("<StartRecording/>", "<Pause/>")), assumptions=Assumptions(max_ended_calls=3))
    for _ in range(6):
        voice.dial("/answer")
        voice.run()
    gc.collect()
    assert len(voice._simulation.recordings) == 3


def test_most_recordings_of_an_account_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list ends after a thousand recordings."""
    monkeypatch.setattr("callcontrol.emulator.recording_operations.MOST_LISTED", 2)
    voice = core(App(answer=response("<StartRecording/>", "<Pause/>")))
    for _ in range(3):
        voice.dial("/answer")
        voice.run()
    assert len(ask(voice, "GET", "recordings").json()) == 2
