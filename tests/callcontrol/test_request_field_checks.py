"""Each invalid value is reported in one message before a request is sent, and valid values are accepted."""

import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml.messages.phone_numbers import LOST_PLUS
from callcontrol.request_fields import (
    CREATE_CALL,
    LIST_CALLS,
    MACHINE_DETECTION,
    UPDATE_CALL,
    UPDATE_CONFERENCE,
    Field,
    Kind,
    faults,
)
from tests.callcontrol.scripted_api import NEW_CALL_IN_JSON as NEW_CALL

TABLES = {
    "CreateCall": CREATE_CALL,
    "UpdateCall": UPDATE_CALL,
    "ListCalls": LIST_CALLS,
    "UpdateConference": UPDATE_CONFERENCE,
    "machineDetection": MACHINE_DETECTION,
}

DIGITS = "+ and 2 to 15 digits, such as +12125550123"
NOT_CALLEE = f"is not a phone number in E.164 form or a SIP URI; expected {DIGITS}, or sip:user@host"
NOT_CALLER = f"is not a phone number in E.164 form; expected {DIGITS}"
DID_YOU_MEAN = '; did you mean "+12125550123"?'
NOT_URL = "is not an absolute http(s) URL: it"
NOT_NUMBER = "is not a number; expected a number from 1 to 300"
NOT_INTEGER = "is not an integer; expected an integer from 1 to 5"
NOT_BOOLEAN = "is not a boolean; expected true or false"
LONE_SURROGATE = "contains a lone surrogate, which UTF-8 cannot encode; remove it"


def faults_of(**values: Any) -> list[str]:
    """Return the messages for a CreateCall request that is valid apart from these fields."""
    return list(faults(CREATE_CALL, NEW_CALL | values))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param({"to": "2125550123"}, f'to="2125550123" {NOT_CALLEE}{DID_YOU_MEAN}', id="no plus"),
        pytest.param({"from": "(212) 555-0123"}, f'from="(212) 555-0123" {NOT_CALLER}{DID_YOU_MEAN}', id="no country code"),
        pytest.param({"to": " 12125550123"}, f'to=" 12125550123" {NOT_CALLEE}{LOST_PLUS}{DID_YOU_MEAN}', id="lost plus"),
        pytest.param({"to": "+02125550123"}, f'to="+02125550123" {NOT_CALLEE}', id="leading zero"),
        pytest.param(
            {"to": "+1212555012\N{FULLWIDTH DIGIT THREE}"},
            f'to="+1212555012\N{FULLWIDTH DIGIT THREE}" {NOT_CALLEE}',
            id="non-ASCII digit",
        ),
        pytest.param({"to": "+12125550123\n"}, f'to="+12125550123\\n" {NOT_CALLEE}{DID_YOU_MEAN}', id="newline"),
        pytest.param({"to": "sip:"}, f'to="sip:" {NOT_CALLEE}', id="no host"),
        pytest.param(
            {"to": 12125550123},
            f"to=12125550123 is not a string; expected {DIGITS}, or sip:user@host",
            id="number for a string",
        ),
        pytest.param({"from": "sip:desk@pbx.example"}, f'from="sip:desk@pbx.example" {NOT_CALLER}', id="SIP URI as caller"),
        pytest.param({"from": "Restricted"}, f'from="Restricted" {NOT_CALLER}', id="privacy word as caller"),
        pytest.param({"from": "+1212555012345678"}, f'from="+1212555012345678" {NOT_CALLER}', id="16 digits"),
        pytest.param({"applicationId": 7}, "applicationId=7 is not a string", id="application id that is a number"),
        pytest.param({"applicationId": ""}, "applicationId is empty; at least 1 character is required", id="empty"),
        pytest.param(
            {"answerUrl": "/answer"},
            f'answerUrl="/answer" {NOT_URL} does not begin with http:// or https://',
            id="relative URL",
        ),
        pytest.param(
            {"answerUrl": "ftp://app.example/"},
            f'answerUrl="ftp://app.example/" {NOT_URL} does not begin with http:// or https://',
            id="other scheme",
        ),
        pytest.param(
            {"answerUrl": "https:///answer"}, f'answerUrl="https:///answer" {NOT_URL} has no host', id="no host in URL"
        ),
        pytest.param({"answerUrl": "https://"}, f'answerUrl="https://" {NOT_URL} has no host', id="scheme alone"),
        pytest.param(
            {"answerUrl": "https://app.example:65536/"},
            f'answerUrl="https://app.example:65536/" {NOT_URL}s host or port is invalid; the highest port is 65535',
            id="port too high",
        ),
        pytest.param(
            {"answerUrl": "https://app.example/a b"},
            f'answerUrl="https://app.example/a b" {NOT_URL} contains white space',
            id="space in URL",
        ),
        pytest.param(
            {"answerUrl": b"https://app.example/"},
            "answerUrl is not a string; expected http:// or https://, and a host",
            id="bytes",
        ),
        pytest.param(
            {"answerUrl": "https://app.example/".ljust(2049, "a")},
            "answerUrl has 2049 characters; at most 2048 are allowed",
            id="long URL",
        ),
        pytest.param({"answerMethod": "post"}, 'answerMethod="post" is not allowed; expected GET or POST', id="lower case"),
        pytest.param({"answerMethod": ""}, 'answerMethod="" is not allowed; expected GET or POST', id="empty method"),
        pytest.param({"answerMethod": None}, "answerMethod=None is not a string; expected GET or POST", id="null method"),
        pytest.param({"username": "u" * 1025}, "username has 1025 characters; at most 1024 are allowed", id="long username"),
        pytest.param(
            {"fallbackPassword": "p" * 1025},
            "fallbackPassword has 1025 characters; at most 1024 are allowed",
            id="long password",
        ),
        pytest.param({"password": 7}, "password is not a string", id="password that is a number"),
        pytest.param({"password": "\ud800"}, f"password {LONE_SURROGATE}", id="surrogate in a password"),
        pytest.param({"tag": "t" * 4097}, "tag has 4097 characters; at most 4096 are allowed", id="long tag"),
        pytest.param({"tag": "{\ud800}"}, f'tag="{{\\ud800}}" {LONE_SURROGATE}', id="surrogate"),
        pytest.param({"displayName": "d" * 257}, "displayName has 257 characters; at most 256 are allowed", id="long display"),
        pytest.param({"uui": "u" * 351}, "uui has 351 characters; at most 350 are allowed", id="long uui"),
        pytest.param(
            {"callTimeout": 0.5}, "callTimeout=0.5 is too small; expected a number from 1 to 300", id="timeout too short"
        ),
        pytest.param(
            {"callTimeout": 301}, "callTimeout=301 is too large; expected a number from 1 to 300", id="timeout too long"
        ),
        pytest.param(
            {"callTimeout": math.nan}, "callTimeout=nan is not a finite number; expected a number from 1 to 300", id="NaN"
        ),
        pytest.param(
            {"callTimeout": math.inf}, "callTimeout=inf is not a finite number; expected a number from 1 to 300", id="infinite"
        ),
        pytest.param({"callTimeout": "30"}, f'callTimeout="30" {NOT_NUMBER}', id="string for a number"),
        pytest.param({"callTimeout": True}, f"callTimeout=True {NOT_NUMBER}", id="bool for a number"),
        pytest.param(
            {"callbackTimeout": 26}, "callbackTimeout=26 is too large; expected a number from 1 to 25", id="callback too late"
        ),
        pytest.param({"priority": 0}, "priority=0 is too small; expected an integer from 1 to 5", id="below 1"),
        pytest.param({"priority": 6}, "priority=6 is too large; expected an integer from 1 to 5", id="above 5"),
        pytest.param({"priority": 1.5}, f"priority=1.5 {NOT_INTEGER}", id="fraction"),
        pytest.param({"priority": math.nan}, f"priority=nan {NOT_INTEGER}", id="NaN for an integer"),
        pytest.param({"priority": math.inf}, f"priority=inf {NOT_INTEGER}", id="infinite integer"),
        pytest.param({"priority": True}, f"priority=True {NOT_INTEGER}", id="bool for an integer"),
        pytest.param({"privacy": 1}, f"privacy=1 {NOT_BOOLEAN}", id="number for a bool"),
        pytest.param({"privacy": "true"}, f'privacy="true" {NOT_BOOLEAN}', id="string for a bool"),
        pytest.param({"machineDetection": "async"}, "machineDetection is not an object", id="string for an object"),
        pytest.param({"machineDetection": None}, "machineDetection is not an object", id="null for an object"),
        pytest.param({"tag": None}, "tag=None is not a string", id="null"),
    ],
)
def test_each_fault_has_one_message(values: dict[str, Any], fault: str) -> None:
    """A message quotes the value, and says what is wrong and what is expected."""
    assert faults_of(**values) == [fault]


@pytest.mark.parametrize("kind", sorted(get_args(Kind)))
def test_secrets_are_not_quoted(kind: Kind) -> None:
    """No message repeats the value of a password field, or a password inside an object, a list or a URL."""
    secrets: list[Any] = [{"password": "hunter2"}, ["hunter2"], "http://user:hunter2@[", b"hunter2"]
    secrets += ["hunter2\ud800"] if kind == "secret" else []
    found = [
        fault for value in secrets for fault in faults((Field("field", kind, fields=MACHINE_DETECTION),), {"field": value})
    ]
    assert found
    assert "hunter2" not in " ".join(found)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"to": "+12"}, id="shortest number"),
        pytest.param({"to": "+121255501230155"}, id="longest number"),
        pytest.param({"to": "sip:desk@pbx.example"}, id="SIP URI"),
        pytest.param({"to": "SIPS:desk@pbx.example:5061;transport=tls"}, id="SIPS URI"),
        pytest.param({"answerUrl": "http://app.example"}, id="host alone"),
        pytest.param({"answerUrl": "http://app.example:65535/"}, id="highest port"),
        pytest.param({"answerUrl": "http://[::1]:08080"}, id="IPv6 address with a port"),
        pytest.param({"answerUrl": "http://me:hidden:word@app.example:/"}, id="user and empty port"),
        pytest.param({"answerUrl": "HTTPS://[::1]:8443/a?b#c"}, id="every part of a URL"),
        pytest.param({"answerUrl": "https://app.example/".ljust(2048, "a")}, id="longest URL"),
        pytest.param({"callTimeout": 1}, id="shortest timeout"),
        pytest.param({"callTimeout": 300.0}, id="longest timeout"),
        pytest.param({"callbackTimeout": 2.5}, id="fraction of a second"),
        pytest.param({"priority": 5}, id="lowest priority"),
        pytest.param({"priority": 1.0}, id="integer written as a float"),
        pytest.param({"tag": ""}, id="empty string"),
        pytest.param({"tag": "t" * 4096}, id="longest tag"),
        pytest.param({"privacy": False}, id="false"),
        pytest.param({"machineDetection": {}}, id="empty object"),
        pytest.param({"newField": object()}, id="field of a newer API"),
        pytest.param({"": True}, id="field with an empty name"),
    ],
)
def test_valid_values_are_accepted(values: dict[str, Any]) -> None:
    """Limits are inclusive, and a field is accepted even if it is not in the table of fields."""
    assert faults_of(**values) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"to": "+12125550123", "answerUrl": "https://app.example/"},
            "from and applicationId are missing; required are to, from, applicationId and answerUrl",
        ),
        (
            {"to": "+12125550123", "from": "+19195550100", "answerUrl": "https://app.example/"},
            "applicationId is missing; required are to, from, applicationId and answerUrl",
        ),
        ({}, "to, from, applicationId and answerUrl are missing"),
    ],
    ids=["some", "one", "all"],
)
def test_all_missing_fields_are_named_at_once(given: dict[str, Any], fault: str) -> None:
    """One message names all missing fields. If only some fields are missing, the message also names all required fields."""
    assert list(faults(CREATE_CALL, given)) == [fault]


def test_all_faults_are_found() -> None:
    """The first fault does not hide the second fault. Messages are in the order of the table of fields."""
    assert faults_of(priority=9, tag=7, to="") == [
        f'to="" {NOT_CALLEE}',
        "priority=9 is too large; expected an integer from 1 to 5",
        "tag=7 is not a string",
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
def test_credentials_require_https(table: tuple[Field, ...], url: str, user: str) -> None:
    """A URL must be https if a user name or a password is sent to it. Any other URL may be http."""
    values = NEW_CALL if table is CREATE_CALL else {}
    assert list(faults(table, values | {url: "http://app.example/"})) == []
    password = user.replace("username", "password").replace("Username", "Password")
    for field in (user, password):
        given = values | {field: "shop"}
        assert list(faults(table, given | {url: "HTTPS://app.example/"})) == []
        fault = f'{url}="http://app.example/" must be an https URL, because {field} is sent to it'
        assert list(faults(table, given | {url: "http://app.example/"})) == [fault]
    both = values | {user: "shop", password: "shop", url: "http://app.example/"}
    fault = f'{url}="http://app.example/" must be an https URL, because {user} and {password} are sent to it'
    assert list(faults(table, both)) == [fault]


@pytest.mark.parametrize(
    ("detection", "field"),
    [
        pytest.param({"mode": "later"}, "mode", id="unknown word"),
        pytest.param({"detectionTimeout": 1.5}, "detectionTimeout", id="fraction"),
        pytest.param({"silenceTimeout": -1}, "silenceTimeout", id="negative"),
        pytest.param({"speechThreshold": math.nan}, "speechThreshold", id="NaN"),
        pytest.param({"delayResult": 0}, "delayResult", id="number for a bool"),
        pytest.param({"callbackUrl": "/machine"}, "callbackUrl", id="relative URL"),
        pytest.param({"callbackUrl": "http://app.example/", "username": "shop"}, "callbackUrl", id="credentials"),
        pytest.param({"fallbackMethod": "PUT"}, "fallbackMethod", id="method"),
    ],
)
def test_the_fields_of_machine_detection_are_checked(detection: dict[str, Any], field: str) -> None:
    """A message names the object and the field, because both the request and the object have a ``username``."""
    (fault,) = faults_of(machineDetection=detection)
    assert fault.startswith(f"machineDetection.{field}=")


def test_a_range_without_a_maximum_has_only_a_minimum() -> None:
    """If only a minimum is known, the message does not mention a maximum."""
    assert list(faults(MACHINE_DETECTION, {"silenceTimeout": -1})) == [
        "silenceTimeout=-1 is too small; expected an integer of at least 0"
    ]


def test_a_page_has_the_documented_limits() -> None:
    """A page size from 1 to 10000 is accepted."""
    assert [size for size in (0, 1, 10_000, 10_001) if not list(faults(LIST_CALLS, {"pageSize": size}))] == [1, 10_000]


ODD = ["https://[", "http://[]", "http://a", "sip:a@b", "sync", 10**400, -(10**400)]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["mode", "username", ""]), inner),
    max_leaves=5,
)
"""Everything that JSON can express, and some values that are almost valid."""


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
def test_any_value_is_accepted_or_rejected_with_one_line(name: str, data: st.DataObject) -> None:
    """The check raises no exception for any value, and every message is one printable line."""
    names = [field.name for field in TABLES[name]]
    values = data.draw(st.dictionaries(st.sampled_from(names), VALUES))
    assert all(fault and fault.isprintable() for fault in faults(TABLES[name], values))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param(
            {"priority": 10**400},
            f"priority=1{'0' * 59}… is too large; expected an integer from 1 to 5",
            id="larger than any float",
        ),
        pytest.param(
            {"priority": -(10**400)},
            f"priority=-1{'0' * 58}… is too small; expected an integer from 1 to 5",
            id="smaller than any float",
        ),
        pytest.param(
            {"callTimeout": 10**5000},
            "callTimeout=a very large integer is too large; expected a number from 1 to 300",
            id="too long to print",
        ),
        pytest.param(
            {"answerUrl": "https://[", "username": "shop"},
            f'answerUrl="https://[" {NOT_URL}s host or port is invalid; the highest port is 65535',
            id="incomplete IPv6 address",
        ),
    ],
)
def test_values_that_python_cannot_convert_are_faults(values: dict[str, Any], fault: str) -> None:
    """If ``float``, ``str`` or ``urllib`` cannot convert a value, it has the same message as other invalid values."""
    assert faults_of(**values) == [fault]
