"""Every documented event is read as its class, and every field as its type. Any other input raises ``UnreadableEvent``."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import re
import traceback
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from inspect import isclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from werkzeug.datastructures import ImmutableMultiDict

from bxml.messages.python_names import python_name
from callcontrol import CallControlError, UnreadableEvent, events, parse_event
from callcontrol.events import (
    DEEPEST_EVENT,
    EVENTS,
    LARGEST_EVENT,
    MOST_PARAMETERS,
    AnswerEvent,
    CallEvent,
    ConferenceRecordingAvailableEvent,
    ConnectStatusEvent,
    DisconnectEvent,
    Diversion,
    Event,
    GatherEvent,
    InitiateEvent,
    MachineDetectionResult,
    MediaStream,
    MediaStreamStartedEvent,
    RealTimeTranscription,
    RealTimeTranscriptionStartedEvent,
    RecordCompleteEvent,
    RecordingAvailableEvent,
    Sent,
    StirShaken,
    Transcription,
    UnknownEvent,
)
from callcontrol.iso8601 import duration, moment
from tests.callcontrol.scripted_api import TOO_DEEP

BODIES: Final = {path.stem: path.read_bytes() for path in sorted(Path(__file__).with_name("webhooks").glob("*.json"))}
"""For each file name: the body of an event. Each file is a test case."""

EACH_BODY = pytest.mark.parametrize("name", BODIES)

# These tables transcribe the vendor's documentation. The tests compare the event classes with them.

CALL: Final = """eventTime accountId applicationId from to direction callId callUrl enqueuedTime startTime answerTime tag
    privacy callerDisplayName"""
LEG: Final = f"{CALL} parentCallId transferCallerId transferTo"
RECORDING: Final = "recordingId mediaUrl endTime duration fileFormat"
CONFERENCE: Final = "eventTime conferenceId name tag"
FAILURE: Final = "cause errorMessage errorId"

DOCUMENTED: Final = {
    "answer": (True, f"{CALL} machineDetectionResult sipCallId"),
    "initiate": (True, f"{CALL} diversion stirShaken uui sipCallId sipHeaders"),
    "redirect": (True, LEG),
    "gather": (True, f"{LEG} digits terminatingDigit text"),
    "partialgather": (False, f"{LEG} text"),
    "dtmf": (False, f"{LEG} digit"),
    "recordComplete": (True, f"{LEG} {RECORDING} channels"),
    "recordingAvailable": (False, f"{LEG} {RECORDING} channels status recordingName"),
    "transcriptionAvailable": (False, f"{LEG} {RECORDING} transcription"),
    "machineDetectionComplete": (False, f"{CALL} machineDetectionResult"),
    "transferAnswer": (True, LEG),
    "transferDisconnect": (False, f"{LEG} endTime {FAILURE}"),
    "transferComplete": (True, f"{CALL} transferCallerId transferTo {FAILURE}"),
    "bridgeComplete": (True, f"{CALL} {FAILURE}"),
    "bridgeTargetComplete": (True, CALL),
    "referComplete": (True, f"{CALL} referCallStatus referSipResponseCode notifySipResponseCode"),
    "disconnect": (False, f"{CALL} endTime {FAILURE} sipCallId sipResponseCode"),
    "conferenceCreated": (True, CONFERENCE),
    "conferenceMemberJoin": (True, f"{CONFERENCE} callId from to"),
    "conferenceMemberExit": (True, f"{CONFERENCE} callId from to"),
    "conferenceRedirect": (True, CONFERENCE),
    "conferenceCompleted": (False, CONFERENCE),
    "conferenceRecordingAvailable": (False, f"{CONFERENCE} {RECORDING} accountId startTime channels status"),
    "mediaStreamStarted": (False, f"{CALL} mediaStream"),
    "mediaStreamRejected": (False, f"{CALL} cause errorMessage mediaStream originalMediaStream"),
    "mediaStreamStopped": (False, f"{CALL} cause errorMessage mediaStream"),
    "realTimeTranscriptionStarted": (False, f"{CALL} realTimeTranscription"),
    "realTimeTranscriptionRejected": (False, f"{CALL} cause errorMessage realTimeTranscription originalTranscription"),
    "realTimeTranscriptionStopped": (False, f"{CALL} cause errorMessage realTimeTranscription"),
    "realTimeTranscriptionAvailable": (False, f"{CALL} realTimeTranscription"),
    "connectStatus": (False, "eventTime status"),
}
"""For each type of event: true if BXML in the response runs, and the names of the fields."""

NEVER: Final = {
    "initiate": "enqueuedTime answerTime tag",
    "recordingAvailable": "answerTime",
    "transcriptionAvailable": "answerTime",
    "referComplete": "enqueuedTime",
}
"""For each type of event: the names of inherited fields that the event never has according to its documentation."""

NESTED: Final[dict[type[Sent], str]] = {
    MachineDetectionResult: "value duration",
    Diversion: "origTo reason screen privacy counter limit",
    StirShaken: "verstat attestationIndicator originatingId",
    Transcription: "id url status completedTime",
    MediaStream: "id name destination startTime tracks type duration",
    RealTimeTranscription: "id name startTime tracks destination stabilized duration status url completedTime",
}
"""For each class of nested objects: the names of its fields."""

TYPES: Final = {
    **dict.fromkeys(["eventTime", "enqueuedTime", "startTime", "answerTime", "endTime", "completedTime"], "datetime"),
    **dict.fromkeys(["channels", "sipResponseCode", "referSipResponseCode", "notifySipResponseCode"], "int"),
    **dict.fromkeys(["mediaStream", "originalMediaStream"], "MediaStream"),
    **dict.fromkeys(["realTimeTranscription", "originalTranscription"], "RealTimeTranscription"),
    "duration": "timedelta",
    "stabilized": "bool",
    "tracks": "tuple[str, ...]",
    "machineDetectionResult": "MachineDetectionResult",
    "diversion": "Diversion",
    "stirShaken": "StirShaken",
    "transcription": "Transcription",
    "sipHeaders": "Mapping[str, str]",
}
"""For each name of a field: its type. Strings, and fields whose type depends on the event, are left out."""


def documented(names: str, **types: str) -> dict[str, str]:
    """Return the type of each documented field of a class, with the field's Python name as key."""
    return {python_name(name): f"{(TYPES | types).get(name, 'str')} | None" for name in names.split()}


def fields_of(cls: type[Sent]) -> dict[str, str]:
    """Return the type of each actual field of a class, with the field's name as key."""
    return {each.name: str(each.type) for each in fields(cls) if each.name != "fields"}


@pytest.mark.parametrize("event_type", DOCUMENTED)
def test_events_have_the_documented_fields(event_type: str) -> None:
    """An event has exactly the documented fields, with their types, and says whether BXML in the response runs."""
    may_be_answered, names = DOCUMENTED[event_type]
    cls = EVENTS[event_type]
    privacy = {"privacy": "bool"} if issubclass(cls, CallEvent) else {}
    assert fields_of(cls) == documented(names, **privacy)
    assert (cls.event_type, cls.may_be_answered) == (event_type, may_be_answered)


@pytest.mark.parametrize("event_type", NEVER)
def test_docstrings_name_fields_that_are_never_sent(event_type: str) -> None:
    """A docstring names the fields that are never sent. A call may have been answered although no ``answer_time`` is sent."""
    for name in NEVER[event_type].split():
        assert f"``{python_name(name)}``" in str(EVENTS[event_type].__doc__)
        assert all(name not in body for body in map(json.loads, BODIES.values()) if body["eventType"] == event_type)


@pytest.mark.parametrize("cls", NESTED)
def test_nested_objects_have_the_documented_fields(cls: type[Sent]) -> None:
    """A nested object has exactly the documented fields, with their types."""
    assert fields_of(cls) == documented(NESTED[cls])


def test_all_types_are_in_the_table() -> None:
    """``EVENTS`` has each documented type of event, and the second spelling of ``recordComplete``."""
    assert set(EVENTS) == {*DOCUMENTED, "recordingComplete"}
    assert EVENTS["recordingComplete"] is RecordCompleteEvent


def test_all_classes_are_in_the_table() -> None:
    """``EVENTS`` has every event class except ``UnknownEvent``."""
    concrete = {value for value in vars(events).values() if isclass(value) and "event_type" in vars(value)}
    assert concrete == {*EVENTS.values(), UnknownEvent}


@pytest.mark.parametrize("cls", [*EVENTS.values(), UnknownEvent], ids=[*EVENTS, "unknown"])
def test_docstrings_link_to_the_documentation_of_the_vendor(cls: type[Event]) -> None:
    """The docstring of each event has the URL of the vendor's page."""
    assert re.search(r"https://dev\.bandwidth\.com/docs/voice/programmable-voice/\S+$", str(cls.__doc__), re.MULTILINE)


# Bodies


def sent_again(value: object) -> object:
    """Return an event or nested object as a dictionary of the members that have a value. Return any other value unchanged."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {each.name: getattr(value, each.name) for each in fields(value) if each.name != "fields"}
        return {name: sent_again(member) for name, member in members.items() if member is not None}
    return value


def expected(value: object, name: str = "") -> object:
    """Return the expected value of a field for the value of a member in a body."""
    if isinstance(value, dict) and TYPES.get(name) != "Mapping[str, str]":
        return {python_name(inner): expected(member, inner) for inner, member in value.items() if inner != "eventType"}
    read = {"datetime": moment, "timedelta": duration, "bool": "true".__eq__, "tuple[str, ...]": tuple}
    return read.get(TYPES.get(name, ""), lambda as_it_is: as_it_is)(value)  # type: ignore[operator]


@EACH_BODY
def test_bodies_are_read_completely(name: str) -> None:
    """Each member of a body becomes a field with its type, and no other field has a value."""
    body = json.loads(BODIES[name])
    event = parse_event(BODIES[name])
    assert type(event) is EVENTS[body["eventType"]]
    assert event.event_type == body["eventType"]
    assert sent_again(event) == expected(body)
    assert json.loads(json.dumps(event.fields)) == body


SAMPLES: Final[dict[str, tuple[Any, Any]]] = {
    "datetime": ("2026-11-02T09:30:08.390Z", datetime(2026, 11, 2, 9, 30, 8, 390_000, UTC)),
    "timedelta": ("PT1M2.5S", timedelta(minutes=1, seconds=2.5)),
    "int": (486, 486),
    "bool": (True, True),
    "tuple[str, ...]": (["inbound"], ("inbound",)),
    "Mapping[str, str]": ({"x-session-id": "sess-9"}, {"x-session-id": "sess-9"}),
}
"""For each type of field: a value as it is sent, and the same value as it is read."""

NESTED_BY_NAME: Final = {cls.__name__: names for cls, names in NESTED.items()}


def complete(names: str, **types: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an object with all of its fields twice: as it is sent, and as it is read. Each string is different."""
    sent: dict[str, Any] = {}
    read: dict[str, Any] = {}
    for name in names.split():
        type_ = (TYPES | types).get(name, "str")
        both: tuple[Any, Any]
        if type_ in NESTED_BY_NAME:
            both = complete(NESTED_BY_NAME[type_])
        elif name == "stabilized":
            both = "true", True
        else:
            both = SAMPLES.get(type_, (f"the {name}", f"the {name}"))
        sent[name], read[python_name(name)] = both
    return sent, read


@pytest.mark.parametrize("event_type", DOCUMENTED)
def test_every_documented_field_is_read(event_type: str) -> None:
    """An event with all documented fields is read completely, although no example has all of them."""
    privacy = {"privacy": "bool"} if issubclass(EVENTS[event_type], CallEvent) else {}
    sent, read = complete(DOCUMENTED[event_type][1], **privacy)
    assert sent_again(parse_event({"eventType": event_type, **sent})) == read


def test_each_event_has_an_example() -> None:
    """Each event has an example body, except the event whose fields are not documented."""
    assert {json.loads(body)["eventType"] for body in BODIES.values()} == DOCUMENTED.keys() - {"connectStatus"}


@EACH_BODY
def test_bytes_strings_and_objects_give_the_same_event(name: str) -> None:
    """A body gives equal events as bytes, as a string, as parsed JSON and with a byte order mark."""
    event = parse_event(BODIES[name])
    text = BODIES[name].decode()
    assert event == parse_event(text) == parse_event(json.loads(text)) == parse_event(f"\ufeff \r\n{text}".encode())


def test_values_have_their_types() -> None:
    """Some values are compared with literal values, because the tables above could have the same mistake as the code."""
    answer = parse_event(BODIES["answer-sync-machine-detection"])
    assert isinstance(answer, AnswerEvent)
    assert answer.from_ == "+19195550100"
    assert answer.answer_time == datetime(2026, 11, 2, 9, 30, 8, 390_000, UTC)
    assert answer.machine_detection_result
    assert answer.machine_detection_result.duration == timedelta(seconds=2, milliseconds=410)
    assert answer.may_be_answered
    initiate = parse_event(BODIES["initiate"])
    assert isinstance(initiate, InitiateEvent)
    assert (initiate.privacy, initiate.caller_display_name, initiate.answer_time) == (False, "", None)
    assert initiate.diversion
    assert (initiate.diversion.orig_to, initiate.diversion.counter) == ("+19195550177", "1")
    recording = parse_event(BODIES["conferenceRecordingAvailable"])
    assert isinstance(recording, ConferenceRecordingAvailableEvent)
    assert (recording.channels, recording.duration) == (1, timedelta(minutes=11, seconds=0.2))
    stream = parse_event(BODIES["mediaStreamStarted"])
    assert isinstance(stream, MediaStreamStartedEvent)
    assert stream.media_stream
    assert stream.media_stream.tracks == ("inbound", "outbound")
    live = parse_event(BODIES["realTimeTranscriptionStarted"])
    assert isinstance(live, RealTimeTranscriptionStartedEvent)
    assert live.real_time_transcription
    assert live.real_time_transcription.stabilized is True
    busy = parse_event(BODIES["disconnect-busy"])
    assert isinstance(busy, DisconnectEvent)
    assert (busy.cause, busy.sip_response_code, busy.answer_time) == ("busy", 486, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT20.056S", timedelta(seconds=20, milliseconds=56)),
        ("PT1M52.217257456S", timedelta(seconds=112, microseconds=217_257)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT0S", timedelta()),
        ("PT48H", timedelta(days=2)),
        ("P2D", timedelta(days=2)),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("PT.5S", None),
        ("PT5", None),
        ("pt5s", None),
        ("PT\N{ARABIC-INDIC DIGIT FIVE}S", None),
        ("PT5S\n", None),
        ("P999999999999D", None),
        (f"PT{'9' * 5000}S", None),
        ("", None),
        (5, None),
        (None, None),
    ],
)
def test_durations_are_read(text: object, expected: timedelta | None) -> None:
    """Durations in the API's format are exact to the microsecond. Any other value becomes ``None``."""
    assert duration(text) == expected


# Queries


QUERY: Final = {
    "eventType": "disconnect",
    "eventTime": "2026-11-02T09:30:04.900Z",
    "from": "+19195550100",
    "privacy": "false",
    "sipResponseCode": "486",
    "tag": "",
}


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(urlencode, id="string"),
        pytest.param(lambda query: urlencode(query).encode(), id="bytes"),
        pytest.param(dict, id="dictionary"),
        pytest.param(lambda query: parse_qs(urlencode(query), keep_blank_values=True), id="lists"),
        pytest.param(QueryParams, id="Starlette"),
        pytest.param(ImmutableMultiDict, id="Flask"),
        pytest.param(lambda query: QueryDict(urlencode(query), encoding="utf-8"), id="Django"),
    ],
)
def test_queries_are_read(form: Any) -> None:
    """Each web framework's form of a query gives the same event, and numbers in the query are read as numbers."""
    event = parse_event(form(QUERY))
    assert isinstance(event, DisconnectEvent)
    assert replace(event, fields={}) == DisconnectEvent(
        event_time=datetime(2026, 11, 2, 9, 30, 4, 900_000, UTC),
        from_="+19195550100",
        privacy=False,
        sip_response_code=486,
        tag="",
    )


@pytest.mark.parametrize("name", ["machineDetectionResult", "machineDetectionResult.value", "machineDetectionResult[value]"])
def test_objects_in_queries_stay_in_fields(name: str) -> None:
    """The format of objects in a query is not documented, so they are not parsed but kept in ``fields``."""
    event = parse_event(urlencode({"eventType": "answer", name: "human"}))
    assert isinstance(event, AnswerEvent)
    assert event.machine_detection_result is None
    assert event.fields[name] == "human"


def test_repeated_parameters_of_a_query_stay_in_fields() -> None:
    """A parameter that appears twice sets no field, and ``fields`` has both values."""
    event = parse_event("eventType=gather&digits=1&digits=2")
    assert event == GatherEvent(fields={"eventType": "gather", "digits": ("1", "2")})


# Differences from the documentation


@pytest.mark.parametrize(
    ("event_type", "wrong"),
    [
        ("gather", {"digits": 5, "from": ["a", "b"], "startTime": "noon", "eventTime": 1, "tag": None}),
        ("recordComplete", {"channels": "two", "duration": "18 s"}),
        ("recordComplete", {"channels": True, "duration": 18.8}),
        ("recordComplete", {"channels": 1.5, "startTime": {}}),
        ("recordComplete", {"channels": "9" * 10}),
        ("initiate", {"privacy": "maybe", "diversion": "yes", "sipHeaders": "x: y", "stirShaken": None}),
        ("initiate", {"privacy": 1}),
        ("initiate", {"privacy": []}),
    ],
)
def test_values_of_another_type_stay_in_fields(event_type: str, wrong: dict[str, Any]) -> None:
    """If a value does not have the documented type, its field is ``None``, ``fields`` has the value, and no error is raised."""
    event = parse_event({"eventType": event_type, "callId": "c-1", **wrong})
    assert replace(event, fields={}) == EVENTS[event_type](call_id="c-1")  # type: ignore[call-arg]
    assert json.loads(json.dumps(event.fields)) == {"eventType": event_type, "callId": "c-1", **wrong}


def test_valid_members_of_an_object_are_read() -> None:
    """An invalid or unknown member of a nested object does not affect the other members."""
    stream = {"id": "s-1", "name": 7, "tracks": ["inbound", 2], "startTime": "", "codec": ["pcmu"]}
    event = parse_event({"eventType": "mediaStreamStarted", "mediaStream": stream})
    assert event == MediaStreamStartedEvent(
        media_stream=MediaStream(id="s-1", tracks=("inbound",), fields=event.fields["mediaStream"]), fields=event.fields
    )
    assert event.fields["mediaStream"]["codec"] == ("pcmu",)
    wrong = parse_event({"eventType": "mediaStreamStarted", "mediaStream": {"tracks": "inbound"}})
    assert isinstance(wrong, MediaStreamStartedEvent)
    assert wrong.media_stream == MediaStream(fields={"tracks": "inbound"})


def test_only_headers_that_are_strings_are_read() -> None:
    """A SIP header whose value is not a string is left out of ``sip_headers``."""
    event = parse_event({"eventType": "initiate", "sipHeaders": {"x-session-id": "sess-9", "x-odd": 1}})
    assert isinstance(event, InitiateEvent)
    assert event.sip_headers == {"x-session-id": "sess-9"}


def test_the_object_of_a_real_time_transcription_has_two_names() -> None:
    """The vendor's examples use two names for the object, and both names are read."""
    event = parse_event({"eventType": "realTimeTranscriptionStarted", "transcription": {"id": "t-1", "stabilized": "false"}})
    assert isinstance(event, RealTimeTranscriptionStartedEvent)
    assert event.real_time_transcription
    assert (event.real_time_transcription.id, event.real_time_transcription.stabilized) == ("t-1", False)


def test_the_type_of_record_complete_has_two_spellings() -> None:
    """The vendor's API specification spells the type differently from real events. Both spellings are read."""
    event = parse_event({"eventType": "recordingComplete", "recordingId": "r-1"})
    assert isinstance(event, RecordCompleteEvent)
    assert (event.event_type, event.recording_id) == ("recordComplete", "r-1")


def test_an_unknown_event_keeps_everything_that_was_sent() -> None:
    """An event of an unknown type has its type, its time and all of its members."""
    sent = {"eventType": "callParked", "eventTime": "2026-11-02T09:30:08.401Z", "lot": {"number": 7}}
    event = parse_event(sent)
    assert event == UnknownEvent(
        unknown_type="callParked", event_time=datetime(2026, 11, 2, 9, 30, 8, 401_000, UTC), fields=sent
    )
    assert not event.may_be_answered


def test_events_of_endpoints_are_read() -> None:
    """Events of endpoints have ``event`` instead of ``eventType``; the status of a Connect is sent in this format."""
    assert parse_event({"event": "connectStatus", "status": "DENIED"}) == ConnectStatusEvent(
        status="DENIED", fields={"event": "connectStatus", "status": "DENIED"}
    )
    event = parse_event({"event": "endpointConnected", "endpointId": "e-1", "timestamp": 1793611808401})
    assert isinstance(event, UnknownEvent)
    assert event.unknown_type == "endpointConnected"
    assert event.fields["endpointId"] == "e-1"


# Input that is not an event


def nested(levels: int) -> dict[str, Any]:
    """Return an event with this number of nested levels, alternately lists and objects."""
    value: Any = "x"
    for level in range(levels - 1):
        value = [value] if level % 2 else {"deeper": value}
    return {"eventType": "answer", "deep": value}


INVALID: Final = "the event is not a valid JSON object or query string"
NO_TYPE: Final = 'the event has no eventType; expected a string such as "initiate"'
TOO_LARGE: Final = f"the event is too large; at most {LARGEST_EVENT} bytes are allowed"
TOO_MANY_LEVELS: Final = f"the event is nested too deeply; at most {DEEPEST_EVENT} levels are allowed"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(b"", NO_TYPE, id="empty"),
        pytest.param("hunter2", NO_TYPE, id="string"),
        pytest.param(b"[]", NO_TYPE, id="list"),
        pytest.param(b'"answer"', NO_TYPE, id="JSON string"),
        pytest.param(b"{}", NO_TYPE, id="empty object"),
        pytest.param({}, NO_TYPE, id="empty mapping"),
        pytest.param({"eventType": 7}, NO_TYPE, id="number for a type"),
        pytest.param({"eventType": None}, NO_TYPE, id="null for a type"),
        pytest.param({"eventType": ["answer", "gather"]}, NO_TYPE, id="two types"),
        pytest.param("eventType=answer&eventType=gather", NO_TYPE, id="two types in a query"),
        pytest.param(b'{"password": "hunter2"', INVALID, id="truncated body"),
        pytest.param(b'{"password": "hunter2"} again', INVALID, id="data after the body"),
        pytest.param(b"\xffhunter2", INVALID, id="not UTF-8"),
        pytest.param(b'{"eventType": "answer", "digits": ' + b"9" * 5000 + b"}", INVALID, id="enormous integer"),
        pytest.param(b'{"eventType": ' + TOO_DEEP, INVALID, id="deeper than Python allows"),
        pytest.param("hunter2=&" * (MOST_PARAMETERS + 1), INVALID, id="too many parameters"),
        pytest.param(b'{"eventType": "answer"}'.ljust(LARGEST_EVENT + 1), TOO_LARGE, id="large body"),
        pytest.param(nested(DEEPEST_EVENT + 1), TOO_MANY_LEVELS, id="deep mapping"),
        pytest.param(json.dumps(nested(DEEPEST_EVENT + 1)), TOO_MANY_LEVELS, id="deep body"),
        pytest.param(None, "the event must be bytes, a string or a mapping, got NoneType", id="None"),
        pytest.param([("eventType", "answer")], "the event must be bytes, a string or a mapping, got list", id="pairs"),
    ],
)
def test_input_that_is_not_an_event_raises(given: Any, message: str) -> None:
    """``UnreadableEvent`` is raised for input that is not an event. The message and the traceback do not contain the input."""
    with pytest.raises(UnreadableEvent) as caught:
        parse_event(given)
    assert str(caught.value) == message
    assert isinstance(caught.value, CallControlError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.__context__ is None
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_limits_are_inclusive() -> None:
    """An event of exactly the maximum size, depth or number of parameters is read."""
    assert isinstance(parse_event(b'{"eventType": "answer"}'.ljust(LARGEST_EVENT)), AnswerEvent)
    assert isinstance(parse_event(nested(DEEPEST_EVENT)), AnswerEvent)
    assert isinstance(parse_event("eventType=answer&" + "a=&" * (MOST_PARAMETERS - 2) + "a="), AnswerEvent)


# Properties

NAMES = st.text() | st.sampled_from([python_name for names in DOCUMENTED.values() for python_name in names[1].split()])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(["true", "PT1S"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPE_NAMES = st.sampled_from(sorted(EVENTS)) | st.text()


@given(st.binary() | st.text() | JSON.map(json.dumps) | JSON)
@example("eventType=answer&%ff")
@example(b'{"eventType": "\\ud800"}')
@example(b'{"eventType": "answer", "a": NaN}')
@example({"eventType": "answer", 7: ()})
def test_any_input_is_an_event_or_raises_unreadable_event(given: Any) -> None:
    """Any input is read as an event, or raises ``UnreadableEvent``."""
    with contextlib.suppress(UnreadableEvent):
        assert isinstance(parse_event(given), Event)


@given(TYPE_NAMES, st.dictionaries(NAMES, JSON))
def test_every_member_is_in_fields(event_type: str, members: dict[str, Any]) -> None:
    """Every member of a body, known or unknown, valid or invalid, is in ``fields`` as it was sent."""
    body = {**members, "eventType": event_type}
    assert json.loads(json.dumps(parse_event(json.dumps(body)).fields)) == body


@given(TYPE_NAMES, st.dictionaries(NAMES, JSON))
def test_every_value_has_the_type_of_its_field(event_type: str, members: dict[str, Any]) -> None:
    """A field has its annotated type or is ``None``, whatever is sent."""
    event = parse_event({**members, "eventType": event_type})
    types = {
        "str": str,
        "int": int,
        "bool": bool,
        "datetime": datetime,
        "timedelta": timedelta,
        "tuple[str, ...]": tuple,
        "Mapping[str, str]": Mapping,
    }
    for name, type_ in fields_of(type(event)).items():
        value, annotation = getattr(event, name), type_.removesuffix(" | None")
        assert value is None or isinstance(value, types.get(annotation) or getattr(events, annotation))


# Values


@EACH_BODY
def test_events_are_values(name: str) -> None:
    """Events can be compared, hashed, copied and pickled, and are immutable."""
    event = parse_event(BODIES[name])
    assert event == copy.deepcopy(event) == pickle.loads(pickle.dumps(event))
    assert len({event, parse_event(BODIES[name])}) == 1
    with pytest.raises(FrozenInstanceError):
        event.event_time = None  # type: ignore[misc]


@EACH_BODY
def test_the_fields_of_a_class_are_looked_up_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a second event of a type inspects neither its class nor the classes of its objects again."""
    first = parse_event(BODIES[name])
    monkeypatch.delattr(events, "fields")
    assert parse_event(BODIES[name]) == first


def test_events_are_immutable_at_every_level() -> None:
    """Nested values cannot be changed, and do not change with the mapping that was parsed."""
    given: dict[str, Any] = {"eventType": "mediaStreamStarted", "mediaStream": {"tracks": ["inbound"]}}
    event = parse_event(given)
    given["mediaStream"]["tracks"].append("outbound")
    assert event.fields["mediaStream"] == {"tracks": ("inbound",)}
    with pytest.raises(TypeError):
        event.fields["mediaStream"]["tracks"] = ()


def test_events_can_be_created_with_any_fields() -> None:
    """Every field is optional, so applications can create events in their tests."""
    assert GatherEvent(digits="1").digits == "1"
    assert RecordingAvailableEvent().fields == {}


@pytest.mark.parametrize(
    "sent",
    [
        {"eventType": "gather", "digits": "4111", "terminatingDigit": "#", "text": "my card is 4111"},
        {"eventType": "partialgather", "text": "4111"},
        {"eventType": "dtmf", "digit": "4111"},
    ],
    ids=lambda sent: sent["eventType"],
)
def test_repr_hides_keys_and_speech(sent: dict[str, str]) -> None:
    """The ``repr`` of an event hides pressed keys and speech, because they may be secrets and events are logged."""
    event = parse_event(sent)
    assert event.fields == sent
    assert "4111" not in repr(event)
    assert "#" not in repr(event)
