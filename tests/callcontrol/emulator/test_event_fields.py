"""Every event of the emulator has the fields that the vendor documents for the event, and no other fields.

The tables of fields follow the vendor's webhook pages, not the classes that the parser and the emulator share.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from bxml import Bxml, Endpoint, PhoneNumber, Response, SipUri, SpeakSentence
from callcontrol import BasicAuth, Client, MachineDetection
from callcontrol.emulator.event_payloads import NAMES
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.events import EVENTS, Event
from tests.callcontrol.emulator.table_application import Answers

COMMON: Final = "eventType eventTime accountId applicationId from to direction callId callUrl startTime"
OUTBOUND: Final = "enqueuedTime"
LEG: Final = "parentCallId transferCallerId transferTo"
RECORDING: Final = "recordingId mediaUrl endTime duration fileFormat"
CONFERENCE: Final = "eventType eventTime conferenceId name"

ALWAYS: Final[dict[str, str]] = {
    "answer": f"{COMMON} {OUTBOUND} answerTime",
    "initiate": COMMON,
    "redirect": COMMON,
    "gather": f"{COMMON} answerTime digits terminatingDigit",
    "partialgather": f"{COMMON} answerTime text",
    "dtmf": f"{COMMON} answerTime digit",
    "recordComplete": f"{COMMON} answerTime {RECORDING} channels",
    "recordingAvailable": f"{COMMON} {RECORDING} channels status",
    "transcriptionAvailable": f"{COMMON} {RECORDING} transcription",
    "machineDetectionComplete": f"{COMMON} {OUTBOUND} answerTime machineDetectionResult",
    "transferAnswer": f"{COMMON} answerTime {LEG}",
    "transferDisconnect": f"{COMMON} endTime cause {LEG}",
    "transferComplete": f"{COMMON} answerTime transferCallerId transferTo cause",
    "bridgeComplete": f"{COMMON} answerTime",
    "bridgeTargetComplete": f"{COMMON} answerTime",
    "referComplete": f"{COMMON} answerTime referCallStatus",
    "disconnect": f"{COMMON} endTime cause",
    "conferenceCreated": CONFERENCE,
    "conferenceMemberJoin": f"{CONFERENCE} callId from to",
    "conferenceMemberExit": f"{CONFERENCE} callId from to",
    "conferenceRedirect": CONFERENCE,
    "conferenceCompleted": CONFERENCE,
    "conferenceRecordingAvailable": f"{CONFERENCE} accountId {RECORDING} channels startTime status",
    "mediaStreamStarted": f"{COMMON} answerTime mediaStream",
    "mediaStreamRejected": f"{COMMON} answerTime cause errorMessage mediaStream",
    "mediaStreamStopped": f"{COMMON} answerTime cause mediaStream",
    "realTimeTranscriptionStarted": f"{COMMON} answerTime realTimeTranscription",
    "realTimeTranscriptionRejected": f"{COMMON} answerTime cause errorMessage realTimeTranscription",
    "realTimeTranscriptionStopped": f"{COMMON} answerTime cause realTimeTranscription",
    "realTimeTranscriptionAvailable": f"{COMMON} answerTime realTimeTranscription",
    "connectStatus": "event eventTime status",
}
"""For each event type: the fields that the event always has."""

SOMETIMES: Final[dict[str, str]] = {
    "answer": "tag machineDetectionResult sipCallId",
    "initiate": "diversion stirShaken uui sipCallId sipHeaders privacy callerDisplayName",
    "redirect": f"{OUTBOUND} answerTime tag {LEG}",
    "gather": f"{OUTBOUND} tag {LEG} text",
    "partialgather": f"{OUTBOUND} tag {LEG}",
    "dtmf": f"{OUTBOUND} tag {LEG}",
    "recordComplete": f"{OUTBOUND} tag {LEG}",
    "recordingAvailable": f"{OUTBOUND} tag {LEG} recordingName",
    "transcriptionAvailable": f"{OUTBOUND} tag {LEG}",
    "machineDetectionComplete": "tag",
    "transferAnswer": f"{OUTBOUND} tag",
    "transferDisconnect": f"{OUTBOUND} tag answerTime errorMessage errorId",
    "transferComplete": f"{OUTBOUND} tag errorMessage errorId",
    "bridgeComplete": f"{OUTBOUND} tag cause errorMessage errorId",
    "bridgeTargetComplete": f"{OUTBOUND} tag",
    "referComplete": "tag referSipResponseCode notifySipResponseCode",
    "disconnect": f"{OUTBOUND} answerTime tag errorMessage errorId sipCallId sipResponseCode",
    **dict.fromkeys(
        [
            *("conferenceCreated", "conferenceMemberJoin", "conferenceMemberExit", "conferenceRedirect", "conferenceCompleted"),
            "conferenceRecordingAvailable",
        ],
        "tag",
    ),
    **dict.fromkeys(["mediaStreamStarted", "realTimeTranscriptionStarted"], f"{OUTBOUND} tag"),
    **dict.fromkeys(["mediaStreamStopped", "realTimeTranscriptionStopped"], f"{OUTBOUND} tag errorMessage"),
    "mediaStreamRejected": f"{OUTBOUND} tag originalMediaStream",
    "realTimeTranscriptionRejected": f"{OUTBOUND} tag originalTranscription",
    "realTimeTranscriptionAvailable": f"{OUTBOUND} tag",
    "connectStatus": "",
}
"""For each event type: the fields that the event may have in addition."""

EVERYTHING: Final = "https://app.example/events"
SALES: Final = "+13365550142"
DESK: Final = "sip:desk@pbx.example"
WSS: Final = "wss://app.example/"


def document_with_every_verb() -> Response:
    """Return a document with all verbs that do not end a call."""
    document = (
        Response()
        .start_gather(dtmf_url="/events")
        .start_recording(
            recording_available_url="/events", transcribe=True, transcription_available_url="/events", recording_name="all"
        )
        .gather([SpeakSentence("Hello.")], input="dtmf_speech", partial_result_callback="/events", first_digit_timeout=3)
        .pause(duration=5)
        .connect([Endpoint("e-1")], event_callback_url="/events")
        .transfer(
            [
                PhoneNumber(SALES, transfer_answer_url="/events", transfer_disconnect_url="/events"),
                SipUri(DESK, transfer_disconnect_url="/events"),
            ]
        )
    )
    for name in ("a", "a"):
        document = document.start_stream(name=name, destination=WSS, stream_event_url="/events")
        document = document.start_transcription(name=name, destination=WSS, transcription_event_url="/events")
    return document


def sent() -> list[Event]:
    """Return the events of calls that run every verb."""
    app = Answers(
        all=document_with_every_verb().transfer([PhoneNumber(SALES)], transfer_complete_url="/record"),
        record=Response().record(record_complete_url="/gather", max_duration=2),
        gather=Response().gather(gather_url="/redirect", tag="order-7", first_digit_timeout=1),
        redirect=Response().redirect(redirect_url="/bridged"),
        bridged=Response().pause(duration=100),
        refer=Response().refer([SipUri(DESK)], refer_complete_url="/events"),
        conference=Response().conference("room", conference_event_url="/events"),
        sync=Response().hangup(),
    )
    voice = Core(app)
    voice.phone(SALES).answers(after=1, hangs_up_after=5)
    voice.phone(DESK).is_busy()
    voice.phone("e-1").answers(hangs_up_after=1)
    client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)

    def create(to: str, **more: Any) -> str:
        given = {"from_": "+19195550100", "application_id": "app", "disconnect_url": EVERYTHING, "tag": "order-6", **more}
        return client.create_call(to=to, **given).call_id

    for detection in (MachineDetection(mode="sync"), MachineDetection(mode="async", callback_url=EVERYTHING)):
        create("+12125550123", answer_url="https://app.example/all", machine_detection=detection)
    create(DESK, answer_url="https://app.example/sync")
    voice.advance(3)
    first = voice.calls[0]
    first.press("5")
    first.say("sales")
    second = voice.calls[1]
    second.say("sales")
    voice.advance(7)
    first.press("7")
    voice.advance(33)
    app.documents["/bridge"] = Response().bridge(first.call_id, bridge_target_complete_url="/events")
    app.documents["/bridge-other"] = Response().bridge(second.call_id, bridge_complete_url="/events")
    leaving = voice.dial("/bridge")
    staying = voice.dial("/bridge-other")
    voice.advance(1)
    leaving.hang_up()
    second.hang_up()
    staying.hang_up()
    voice.dial(
        "/refer",
        to="sip:line@sip-uri.voice-api.bandwidth.com",
        status_url="/events",
        sipHeaders={"x-session-id": "9"},
        stirShaken={"verstat": "TN-Validation-Passed"},
        privacy=False,
    )
    voice.dial("/conference")
    voice.advance(1)
    conference = voice.conferences[0].conference_id
    client.update_conference_bxml(conference, Bxml().start_recording(recording_available_url=EVERYTHING))
    client.update_conference(conference, redirect_url=EVERYTHING)
    voice.advance(1)
    client.update_conference(conference, status="completed")
    voice.run()
    return [event for _, event in app.events]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The events of one long scenario."""
    return sent()


@pytest.mark.parametrize("event_type", ALWAYS)
def test_an_event_has_the_documented_fields(events: list[Event], event_type: str) -> None:
    """An event has all required fields and no undocumented fields."""
    found = [event for event in events if event.event_type == event_type]
    assert found, f"the scenario sends no {event_type}"
    always, sometimes = (set(table[event_type].split()) for table in (ALWAYS, SOMETIMES))
    for event in found:
        names = event.fields.keys()
        assert names >= always, always - names
        assert names <= always | sometimes, names - always - sometimes
        assert None not in event.fields.values()


def test_the_tables_have_every_event() -> None:
    """The tables have every known event type except recordingComplete, which only the vendor's API description has."""
    assert ALWAYS.keys() == SOMETIMES.keys() == EVENTS.keys() - {"recordingComplete"}


@pytest.mark.parametrize("event_type", ALWAYS)
def test_the_emulator_knows_only_documented_fields(event_type: str) -> None:
    """The emulator's field names are the documented names, including fields that the scenario does not produce."""
    documented = set(f"{ALWAYS[event_type]} {SOMETIMES[event_type]}".split())
    assert set(NAMES[EVENTS[event_type]]) == documented - {"eventType", "event"}


@pytest.mark.parametrize("name", ["tag", "answerTime", "enqueuedTime"])
def test_the_initiate_event_cannot_have_later_fields(name: str) -> None:
    """A new inbound call has no tag, answer time or enqueued time, and a test cannot set them."""
    fields: dict[str, Any] = {name: "2026-11-02T09:30:00.000Z"}
    with pytest.raises(ValueError, match=f"^{name} is not a field of the initiate event; expected one of "):
        Core(Answers()).dial("/", **fields)
