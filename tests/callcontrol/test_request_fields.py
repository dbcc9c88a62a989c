"""What the API would not take is found before it is sent, one sentence for each fault, and nothing else is found."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcontrol.request_fields import CREATE_CALL, LIST_CALLS, MACHINE_DETECTION, UPDATE_CALL, UPDATE_CONFERENCE, Field, faults
from tests.callcontrol.scripted_api import NEW_CALL_IN_JSON as NEW_CALL

TABLES = {
    "CreateCall": CREATE_CALL,
    "UpdateCall": UPDATE_CALL,
    "ListCalls": LIST_CALLS,
    "UpdateConference": UPDATE_CONFERENCE,
    "machineDetection": MACHINE_DETECTION,
}

NO_CALLEE = "must be an E164 telephone number or a SIP URI"
NO_URL = "must be an absolute http or https URL"


def faults_of(**values: Any) -> list[str]:
    """What is wrong with a new call that has these fields."""
    return list(faults(CREATE_CALL, NEW_CALL | values))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param({"to": "2125550123"}, f"Invalid to: {NO_CALLEE}", id="no plus"),
        pytest.param({"to": "+02125550123"}, f"Invalid to: {NO_CALLEE}", id="zero first"),
        pytest.param({"to": "+1212555012\N{FULLWIDTH DIGIT THREE}"}, f"Invalid to: {NO_CALLEE}", id="other digits"),
        pytest.param({"to": "+12125550123\n"}, f"Invalid to: {NO_CALLEE}", id="newline"),
        pytest.param({"to": "sip:"}, f"Invalid to: {NO_CALLEE}", id="no host"),
        pytest.param({"to": 12125550123}, f"Invalid to: {NO_CALLEE}", id="number"),
        pytest.param({"from": "sip:desk@pbx.example"}, "Invalid from: must be an E164 telephone number", id="from a SIP URI"),
        pytest.param({"from": "Restricted"}, "Invalid from: must be an E164 telephone number", id="word of old"),
        pytest.param({"from": "+1212555012345678"}, "Invalid from: must be an E164 telephone number", id="16 digits"),
        pytest.param({"applicationId": 7}, "Invalid applicationId: must be text", id="no text"),
        pytest.param({"answerUrl": "/answer"}, f"Invalid answerUrl: {NO_URL}", id="relative URL"),
        pytest.param({"answerUrl": "ftp://app.example/"}, f"Invalid answerUrl: {NO_URL}", id="other scheme"),
        pytest.param({"answerUrl": "https:///answer"}, f"Invalid answerUrl: {NO_URL}", id="URL without host"),
        pytest.param({"answerUrl": "https://app.example:65536/"}, f"Invalid answerUrl: {NO_URL}", id="port that is none"),
        pytest.param({"answerUrl": "https://app.example/a b"}, f"Invalid answerUrl: {NO_URL}", id="blank in URL"),
        pytest.param({"answerUrl": b"https://app.example/"}, f"Invalid answerUrl: {NO_URL}", id="bytes"),
        pytest.param(
            {"answerUrl": "https://app.example/".ljust(2049, "a")},
            "Invalid answerUrl: must contain at most 2048 characters, but has 2049",
            id="long URL",
        ),
        pytest.param({"answerMethod": "post"}, "Invalid answerMethod: supported are [GET, POST]", id="small letters"),
        pytest.param({"answerMethod": None}, "Invalid answerMethod: must be GET or POST", id="no method"),
        pytest.param(
            {"username": "u" * 1025}, "Invalid username: must contain at most 1024 characters, but has 1025", id="long name"
        ),
        pytest.param(
            {"fallbackPassword": "p" * 1025},
            "Invalid fallbackPassword: must contain at most 1024 characters, but has 1025",
            id="long password",
        ),
        pytest.param({"password": 7}, "Invalid password: must be text", id="password of digits"),
        pytest.param({"tag": "t" * 4097}, "Invalid tag: must contain at most 4096 characters, but has 4097", id="long tag"),
        pytest.param(
            {"displayName": "d" * 257},
            "Invalid displayName: must contain at most 256 characters, but has 257",
            id="long display",
        ),
        pytest.param({"uui": "u" * 351}, "Invalid uui: must contain at most 350 characters, but has 351", id="long uui"),
        pytest.param({"callTimeout": 0.5}, "callTimeout must be within the range [1, 300], but was 0.5", id="too short"),
        pytest.param({"callTimeout": 301}, "callTimeout must be within the range [1, 300], but was 301", id="too long"),
        pytest.param(
            {"callTimeout": math.nan}, "callTimeout must be within the range [1, 300], but was nan", id="not a number"
        ),
        pytest.param({"callTimeout": math.inf}, "callTimeout must be within the range [1, 300], but was inf", id="infinite"),
        pytest.param({"callTimeout": "30"}, "Invalid callTimeout: must be a number", id="text for a number"),
        pytest.param({"callTimeout": True}, "Invalid callTimeout: must be a number", id="bool for a number"),
        pytest.param(
            {"callbackTimeout": 26}, "callbackTimeout must be within the range [1, 25], but was 26", id="late callback"
        ),
        pytest.param({"priority": 0}, "priority must be within the range [1, 5], but was 0", id="below 1"),
        pytest.param({"priority": 6}, "priority must be within the range [1, 5], but was 6", id="above 5"),
        pytest.param({"priority": 1.5}, "Invalid priority: must be a whole number", id="part of a number"),
        pytest.param({"priority": math.nan}, "Invalid priority: must be a whole number", id="not a whole number"),
        pytest.param({"priority": math.inf}, "Invalid priority: must be a whole number", id="infinite whole number"),
        pytest.param({"priority": True}, "Invalid priority: must be a whole number", id="bool for a whole number"),
        pytest.param({"privacy": 1}, "Invalid privacy: must be true or false", id="number for a bool"),
        pytest.param({"privacy": "true"}, "Invalid privacy: must be true or false", id="text for a bool"),
        pytest.param({"machineDetection": "async"}, "Invalid machineDetection: must be an object", id="no object"),
        pytest.param({"machineDetection": None}, "Invalid machineDetection: must be an object", id="null object"),
        pytest.param({"tag": None}, "Invalid tag: must be text", id="null"),
    ],
)
def test_a_fault_is_told_in_one_sentence(values: dict[str, Any], fault: str) -> None:
    """The field, what is wrong and what is allowed stand in the one fault that is found."""
    assert faults_of(**values) == [fault]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"to": "+12"}, id="shortest number"),
        pytest.param({"to": "+121255501230155"}, id="longest number"),
        pytest.param({"to": "sip:desk@pbx.example"}, id="SIP URI"),
        pytest.param({"to": "SIPS:desk@pbx.example:5061;transport=tls"}, id="SIPS URI"),
        pytest.param({"answerUrl": "http://app.example"}, id="bare host"),
        pytest.param({"answerUrl": "http://app.example:65535/"}, id="highest port"),
        pytest.param({"answerUrl": "http://[::1]:08080"}, id="address with a port"),
        pytest.param({"answerUrl": "http://me:hidden:word@app.example:/"}, id="user and no port"),
        pytest.param({"answerUrl": "HTTPS://[::1]:8443/a?b#c"}, id="odd URL"),
        pytest.param({"answerUrl": "https://app.example/".ljust(2048, "a")}, id="longest URL"),
        pytest.param({"callTimeout": 1}, id="shortest time"),
        pytest.param({"callTimeout": 300.0}, id="longest time"),
        pytest.param({"callbackTimeout": 2.5}, id="decimals"),
        pytest.param({"priority": 5}, id="least priority"),
        pytest.param({"priority": 1.0}, id="whole number with a point"),
        pytest.param({"tag": ""}, id="empty text"),
        pytest.param({"tag": "t" * 4096}, id="longest tag"),
        pytest.param({"privacy": False}, id="false"),
        pytest.param({"machineDetection": {}}, id="empty object"),
        pytest.param({"newField": object()}, id="field of a later API"),
        pytest.param({"": 1}, id="field without a name"),
    ],
)
def test_what_the_api_takes_is_let_through(values: dict[str, Any]) -> None:
    """The limits themselves are within the limits, and a field that no table has is the API's business."""
    assert faults_of(**values) == []


def test_all_missing_fields_are_named_at_once() -> None:
    """Who forgets two fields is told of both, and which are required."""
    (fault,) = faults(CREATE_CALL, {"to": "+12125550123", "answerUrl": "https://app.example/"})
    assert fault == (
        "Missing at least one required field. Required fields are [to, from, applicationId, answerUrl]; "
        "missing is from, applicationId"
    )


def test_all_faults_are_found() -> None:
    """The first fault does not hide the second; they come in the order of the table."""
    assert faults_of(priority=9, tag=7, to="") == [
        f"Invalid to: {NO_CALLEE}",
        "priority must be within the range [1, 5], but was 9",
        "Invalid tag: must be text",
    ]


CREDENTIALS = [
    pytest.param(CREATE_CALL, "answerUrl", "username", id="answerUrl"),
    pytest.param(CREATE_CALL, "answerFallbackUrl", "fallbackUsername", id="answerFallbackUrl"),
    pytest.param(CREATE_CALL, "disconnectUrl", "username", id="disconnectUrl"),
    pytest.param(UPDATE_CALL, "redirectUrl", "username", id="redirectUrl"),
    pytest.param(UPDATE_CALL, "redirectFallbackUrl", "fallbackUsername", id="redirectFallbackUrl"),
    pytest.param(UPDATE_CONFERENCE, "redirectUrl", "username", id="redirectUrl of a conference"),
    pytest.param(UPDATE_CONFERENCE, "redirectFallbackUrl", "fallbackUsername", id="redirectFallbackUrl of a conference"),
    pytest.param(MACHINE_DETECTION, "callbackUrl", "username", id="callbackUrl"),
    pytest.param(MACHINE_DETECTION, "fallbackUrl", "fallbackUsername", id="fallbackUrl"),
]


@pytest.mark.parametrize(("table", "url", "user"), CREDENTIALS)
def test_credentials_go_over_https_only(table: tuple[Field, ...], url: str, user: str) -> None:
    """A URL that receives a user name or a password is https; without them it may be http."""
    values = NEW_CALL if table is CREATE_CALL else {}
    assert list(faults(table, values | {url: "http://app.example/"})) == []
    for field in (user, user.replace("username", "password").replace("Username", "Password")):
        given = values | {field: "shop"}
        assert list(faults(table, given | {url: "HTTPS://app.example/"})) == []
        assert list(faults(table, given | {url: "http://app.example/"})) == [f"Invalid {url}: https is required with {field}"]


@pytest.mark.parametrize(
    ("detection", "field"),
    [
        pytest.param({"mode": "later"}, "mode", id="word"),
        pytest.param({"detectionTimeout": 1.5}, "detectionTimeout", id="part of a second"),
        pytest.param({"silenceTimeout": -1}, "silenceTimeout", id="negative"),
        pytest.param({"speechThreshold": math.nan}, "speechThreshold", id="not a number"),
        pytest.param({"delayResult": 0}, "delayResult", id="number for a bool"),
        pytest.param({"callbackUrl": "/machine"}, "callbackUrl", id="relative URL"),
        pytest.param({"callbackUrl": "http://app.example/", "username": "shop"}, "callbackUrl", id="credentials"),
        pytest.param({"fallbackMethod": "PUT"}, "fallbackMethod", id="method"),
    ],
)
def test_the_fields_of_machine_detection_are_checked_too(detection: dict[str, Any], field: str) -> None:
    """A fault inside names the object and the field, for both have a ``username``."""
    (fault,) = faults_of(machineDetection=detection)
    assert "machineDetection" in fault
    assert field in fault


def test_a_range_without_end_is_told_as_such() -> None:
    """Where only the minimum is known, no number stands for the maximum."""
    assert list(faults(MACHINE_DETECTION, {"silenceTimeout": -1})) == [
        "silenceTimeout must be within the range [0, unlimited], but was -1"
    ]


def test_the_limits_of_a_page_are_those_of_the_reference() -> None:
    """A page has 1 to 10000 calls."""
    assert [size for size in (0, 1, 10_000, 10_001) if not list(faults(LIST_CALLS, {"pageSize": size}))] == [1, 10_000]


ODD = ["https://[", "http://[]", "http://a", "sip:a@b", "sync", 10**400, -(10**400)]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["mode", "username", ""]), inner),
    max_leaves=5,
)
"""Whatever JSON can hold, and some values that are nearly right."""


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
def test_no_value_is_too_odd_to_be_judged(name: str, data: st.DataObject) -> None:
    """Whatever a field holds, there is a verdict, and every fault is one line of text."""
    names = [field.name for field in TABLES[name]]
    values = data.draw(st.dictionaries(st.sampled_from(names), VALUES))
    assert all(fault and fault.isascii() for fault in faults(TABLES[name], values))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param({"priority": 10**400}, "priority must be within the range [1, 5], but was far more", id="beyond floats"),
        pytest.param({"priority": -(10**400)}, "priority must be within the range [1, 5], but was far less", id="below floats"),
        pytest.param(
            {"callTimeout": 10**5000}, "callTimeout must be within the range [1, 300], but was far more", id="beyond print"
        ),
        pytest.param({"answerUrl": "https://[", "username": "shop"}, f"Invalid answerUrl: {NO_URL}", id="half an address"),
    ],
)
def test_odd_values_are_faults(values: dict[str, Any], fault: str) -> None:
    """What Python itself stumbles over is a fault as any other."""
    assert faults_of(**values) == [fault]
