"""Invalid arguments of the client raise InvalidRequest, and nothing is sent."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bxml import schema
from callcontrol import (
    BasicAuth,
    Client,
    InvalidRequest,
    MachineDetection,
    OAuth2,
    request_fields,
)
from tests.callcontrol.scripted_api import Scripted

BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
"""A time that is before year 1 in UTC."""

CALL: dict[str, Any] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "shop",
    "answer_url": "https://app.example/answer",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"application_id": ""}, "application_id is empty; at least 1 character is required"),
        ({"display_name": "a\nb"}, 'display_name="a\\nb" contains a control character; remove it'),
        (
            {"display_name": "Shop", "privacy": True},
            'display_name="Shop" is not allowed with privacy; expected Restricted, Anonymous, Private or Unavailable',
        ),
        (
            {"uui": "x"},
            (
                'uui="x" is not a list of User-to-User values; '
                "expected values separated by commas, each followed by ;encoding=jwt, ;encoding=base64 or ;encoding=hex"
            ),
        ),
        ({"tag": "\ud800"}, 'tag="\\ud800" contains a lone surrogate, which UTF-8 cannot encode; remove it'),
        (
            {"machine_detection": {"mode": "sync"}},
            "machine_detection={'mode': 'sync'} is not valid; expected MachineDetection(...)",
        ),
        (
            {"machine_detection": MachineDetection(detection_timeout=-1)},
            "machine_detection.detection_timeout=-1 is too small; expected an integer of at least 0",
        ),
    ],
    ids=["empty", "control character", "privacy", "uui", "lone surrogate", "dictionary", "nested"],
)
def test_invalid_call_is_not_created(arguments: dict[str, Any], message: str) -> None:
    """If the API would reject or misread arguments, an error with their Python names is raised, and nothing is sent."""
    send = Scripted()
    with pytest.raises(InvalidRequest) as caught:
        Client("1", BasicAuth("user", "pass"), send=send).create_call(**{**CALL, **arguments})
    assert str(caught.value) == message


def test_privacy_allows_four_display_names() -> None:
    """With ``privacy``, each of the four display names is allowed."""
    values = {"to": "+12125550123", "from": "+19195550100", "applicationId": "a", "answerUrl": "https://app.example/"}
    for name in request_fields.PRIVACY_WORDS:
        assert list(request_fields.faults(request_fields.CREATE_CALL, {**values, "privacy": True, "displayName": name})) == []


def test_patterns_equal_those_of_the_schema() -> None:
    """The patterns of phone numbers and SIP URIs are the same as in the BXML schema."""
    (pattern,) = schema.vocabulary().elements["Forward"].attributes["to"].type.patterns
    assert pattern.pattern == f"{request_fields.E164}|{request_fields.SIP_URI}"
    (pattern,) = schema.vocabulary().elements["Forward"].attributes["from"].type.patterns
    assert pattern.pattern == "|".join((request_fields.E164, *request_fields.PRIVACY_WORDS))


@pytest.mark.parametrize(
    "create",
    [
        lambda: Client("1", BasicAuth("a:b", "c")),
        lambda: Client("1", BasicAuth("\ud800", "c")),
        lambda: Client("1", BasicAuth("a", "b"), timeout="5"),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), base_url=None),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).list_calls(min_start_time=BEFORE_TIME),
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).update_call("c-1", state="complete"),  # type: ignore[arg-type]
    ],
    ids=["colon", "lone surrogate", "timeout as a string", "no URL", "before year 1", "unknown state"],
)
def test_invalid_argument_raises_invalid_request(create: Any) -> None:
    """Every invalid argument raises InvalidRequest."""
    with pytest.raises(InvalidRequest):
        create()


@pytest.mark.parametrize(
    "create",
    [
        lambda: Client("1", "secret"),  # type: ignore[arg-type]
        lambda: Client("1", None),  # type: ignore[arg-type]
        lambda: OAuth2("id", None),  # type: ignore[arg-type]
        lambda: OAuth2("", "secret"),
        lambda: BasicAuth("user", None),  # type: ignore[arg-type]
    ],
    ids=["string", "None", "no secret", "empty id", "no password"],
)
def test_invalid_credentials_are_rejected(create: Any) -> None:
    """Invalid credentials raise in the constructor, not at the first request."""
    with pytest.raises(InvalidRequest):
        create()
