"""The vendor's own client cannot tell the emulator from the API: a second opinion on what is answered."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import bandwidth
import pytest
from bandwidth import exceptions
from bandwidth.models import CreateCall, MachineDetectionConfiguration, UpdateCall

from callcontrol.emulator import Emulator
from tests.callcontrol.scripted import ACCOUNT, CALL_ID, NEW_CALL_IN_JSON

DOCUMENT: Final = '<?xml version="1.0" encoding="UTF-8"?><Bxml><SpeakSentence>Hello.</SpeakSentence></Bxml>'
REDIRECT: Final = UpdateCall(state="active", redirectUrl="https://app.example/next")
END: Final = UpdateCall(state="completed")


@pytest.fixture
def voice() -> Iterator[Emulator]:
    """An emulator to which one user and one client have access, for one account."""
    with Emulator(accounts=[ACCOUNT], credentials={"user": "pass", "id": "secret"}) as voice:
        yield voice


Vendor = Callable[..., Any]


@pytest.fixture
def vendor(voice: Emulator) -> Iterator[Vendor]:
    """Makes the vendor's clients of the emulator, whose arguments are credentials."""
    with ExitStack() as clients:

        def client(**credentials: str) -> bandwidth.CallsApi:
            # Each operation of the vendor's has a host of its own, which goes before the configured one unless ignored.
            token_url = voice.url.replace("/api/v2", "/api/v1/oauth2/token")
            configuration = bandwidth.Configuration(
                host=voice.url, ignore_operation_servers=True, access_token_url=token_url, **credentials
            )
            return bandwidth.CallsApi(clients.enter_context(bandwidth.ApiClient(configuration)))

        yield client


@pytest.fixture
def api(vendor: Vendor) -> Any:
    """The vendor's client with the right credentials."""
    return vendor(username="user", password="pass")


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"username": "user", "password": "pass"}, id="Basic"),
        pytest.param({"client_id": "id", "client_secret": "secret"}, id="OAuth2"),
    ],
)
def test_a_call_lives_its_life(voice: Emulator, vendor: Vendor, credentials: dict[str, str]) -> None:
    """The five operations give what the vendor's models can read, with the codes that it documents."""
    api = vendor(**credentials)
    created = api.create_call_with_http_info(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON, tag="order-7"))
    call_id = created.data.call_id
    assert (created.status_code, created.headers["location"]) == (201, created.data.call_url)
    assert (created.data.to, created.data.var_from, created.data.tag) == ("+12125550123", "+19195550100", "order-7")

    state = api.get_call_state_with_http_info(ACCOUNT, call_id)
    assert (state.status_code, state.data.state, state.data.direction.value) == (200, "answered", "outbound")
    assert state.data.enqueued_time == created.data.enqueued_time

    listed = api.list_calls_with_http_info(ACCOUNT, to="+12125550123", page_size=10)
    assert (listed.status_code, listed.data) == (200, [state.data])

    statuses = [
        api.update_call_bxml_with_http_info(ACCOUNT, call_id, DOCUMENT).status_code,
        api.update_call_with_http_info(ACCOUNT, call_id, REDIRECT).status_code,
        api.update_call_with_http_info(ACCOUNT, call_id, END).status_code,
    ]
    assert statuses == [204, 200, 200]
    record = voice.call(call_id)
    assert (record.documents, record.redirects, record.tag) == ([DOCUMENT], ["https://app.example/next"], "order-7")
    ended = api.get_call_state(ACCOUNT, call_id)
    assert (ended.state, ended.disconnect_cause) == ("disconnected", "hangup")
    assert [exchange.reply.status for exchange in voice.exchanges if "oauth2" not in exchange.request.url] == [
        201,
        200,
        200,
        *statuses,
        200,
    ]


def test_all_fields_of_a_new_call_are_taken(voice: Emulator, api: Any) -> None:
    """Whatever the vendor's models can send is within the limits that the emulator checks."""
    https = "https://app.example/"
    credentials = {"username": "u", "password": "p", "fallbackUsername": "u", "fallbackPassword": "p"}
    detection = MachineDetectionConfiguration(
        mode="async",
        detectionTimeout=15.0,
        silenceTimeout=10.0,
        speechThreshold=10.0,
        speechEndThreshold=5.0,
        machineSpeechEndThreshold=5.0,
        delayResult=True,
        callbackUrl=https,
        callbackMethod="POST",
        fallbackUrl=https,
        fallbackMethod="GET",
        **credentials,
    )
    rest = {
        "to": "sip:desk@pbx.example",
        "privacy": True,
        "displayName": "Restricted",
        "uui": "aGk=;encoding=base64",
        "answerMethod": "GET",
        "answerFallbackUrl": https,
        "answerFallbackMethod": "GET",
        "disconnectUrl": https,
        "disconnectMethod": "GET",
        "callTimeout": 12.5,
        "callbackTimeout": 2.5,
        "machineDetection": detection,
        "priority": 1,
        "tag": "",
    }
    call = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON | rest | credentials))
    assert voice.call(call.call_id).request["machineDetection"]["detectionTimeout"] == 15
    assert (call.call_timeout, call.priority, call.tag) == (12.5, 1, "")
    assert (call.username, call.password, call.fallback_password) == ("u", "*****", "*****")


Ask = Callable[[Any, str], object]

ASKS: Final[dict[str, Ask]] = {
    "CreateCall": lambda api, _: api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)),
    "ListCalls": lambda api, _: api.list_calls(ACCOUNT),
    "GetCallState": lambda api, call_id: api.get_call_state(ACCOUNT, call_id),
    "UpdateCall": lambda api, call_id: api.update_call(ACCOUNT, call_id, REDIRECT),
    "UpdateCallBxml": lambda api, call_id: api.update_call_bxml(ACCOUNT, call_id, DOCUMENT),
}


def refused(ask: Callable[[], object], error: type[exceptions.ApiException]) -> tuple[str, str]:
    """The type and the description of the error that the vendor's client raises, as its model has read them."""
    with pytest.raises(error) as caught:
        ask()
    data = caught.value.data
    return data.type, data.description


@pytest.mark.parametrize("name", ASKS)
def test_wrong_credentials_are_401(vendor: Vendor, name: str) -> None:
    """Nobody without the password gets to any operation."""
    api = vendor(username="user", password="other")
    assert refused(lambda: ASKS[name](api, CALL_ID), exceptions.UnauthorizedException) == (
        "authentication-error",
        "The credentials provided were invalid",
    )


@pytest.mark.parametrize("name", ASKS)
def test_another_account_is_403(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Good credentials open no account that is not theirs."""
    monkeypatch.setattr(f"{__name__}.ACCOUNT", "9900124")
    api = vendor(client_id="id", client_secret="secret")
    assert refused(lambda: ASKS[name](api, CALL_ID), exceptions.ForbiddenException) == (
        "authorization-error",
        "Access is denied",
    )


@pytest.mark.parametrize("name", ["GetCallState", "UpdateCall", "UpdateCallBxml"])
def test_an_unknown_call_is_404(api: Any, name: str) -> None:
    """A call that was never made is not found."""
    assert refused(lambda: ASKS[name](api, CALL_ID), exceptions.NotFoundException) == (
        "validation",
        f"Call [{CALL_ID}] not found",
    )


@pytest.mark.parametrize("name", ["UpdateCall", "UpdateCallBxml"])
def test_an_ended_call_is_409(voice: Emulator, api: Any, name: str) -> None:
    """A call that has just ended cannot be changed."""
    call_id = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_id
    voice.disconnect(call_id)
    assert refused(lambda: ASKS[name](api, call_id), exceptions.ConflictException) == (
        "validation",
        f"Call [{call_id}] cannot be modified in its current state",
    )


@pytest.mark.parametrize(
    ("ask", "description"),
    [
        pytest.param(
            lambda api, _: api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON | {"to": "invalidNumberFormat"})),
            "Invalid to: must be an E164 telephone number or a SIP URI",
            id="CreateCall",
        ),
        pytest.param(
            lambda api, _: api.list_calls(ACCOUNT, min_start_time="yesterday"),
            "Invalid minStartTime: must be a time in ISO 8601",
            id="ListCalls",
        ),
        pytest.param(
            lambda api, call_id: api.update_call(ACCOUNT, call_id, UpdateCall(state="active")),
            "redirectUrl is required",
            id="UpdateCall",
        ),
        pytest.param(
            lambda api, call_id: api.update_call(
                ACCOUNT, call_id, UpdateCall(state=None, redirectUrl="https://app.example/next")
            ),
            "There is something wrong with the request",
            id="UpdateCall null",
        ),
        pytest.param(
            lambda api, call_id: api.update_call_bxml(ACCOUNT, call_id, "invalid BXML"),
            "There is something wrong with the request: 1:1: ",
            id="UpdateCallBxml",
        ),
    ],
)
def test_what_the_api_would_not_take_is_400(api: Any, ask: Ask, description: str) -> None:
    """The vendor's models let through what the API does not."""
    call_id = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_id
    type_, words = refused(lambda: ask(api, call_id), exceptions.BadRequestException)
    assert (type_, words[: len(description)]) == ("validation", description)
