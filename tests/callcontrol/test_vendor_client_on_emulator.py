"""The vendor's own client works with the emulator as with the API. This confirms the emulator's responses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import urlsplit

import bandwidth
import pytest
import requests
from bandwidth import exceptions
from bandwidth.models import (
    CreateCall,
    MachineDetectionConfiguration,
    TranscribeRecording,
    UpdateCall,
    UpdateCallRecording,
    UpdateConference,
    UpdateConferenceMember,
)

from bxml import Response
from callcontrol.emulator import Emulator
from callcontrol.emulator.audio import read_audio
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL_IN_JSON

DOCUMENT: Final = '<?xml version="1.0" encoding="UTF-8"?><Bxml><SpeakSentence>Hello.</SpeakSentence></Bxml>'
REDIRECT: Final = UpdateCall(state="active", redirectUrl="https://app.example/next")
END: Final = UpdateCall(state="completed")


@pytest.fixture
def voice() -> Iterator[Emulator]:
    """Return an emulator with one account. One user and one OAuth client have access to the account."""
    with Emulator(accounts=[ACCOUNT], credentials={"user": "pass", "id": "secret"}) as voice:
        yield voice


Vendor = Callable[..., Any]


@pytest.fixture
def vendor(voice: Emulator) -> Iterator[Vendor]:
    """Return a function that takes credentials, and creates the vendor's client for the emulator."""
    with ExitStack() as clients:

        def client(cls: type[Any] = bandwidth.CallsApi, **credentials: str) -> Any:
            # Each operation has its own host, which overrides the configured host unless operation servers are ignored.
            token_url = voice.url.replace("/api/v2", "/api/v1/oauth2/token")
            # By default, the client retries some requests and sleeps for the Retry-After time.
            configuration = bandwidth.Configuration(
                host=voice.url, ignore_operation_servers=True, access_token_url=token_url, retries=False, **credentials
            )
            return cls(clients.enter_context(bandwidth.ApiClient(configuration)))

        yield client


@pytest.fixture
def api(vendor: Vendor) -> Any:
    """Return the vendor's client with valid credentials."""
    return vendor(username="user", password="pass")


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"username": "user", "password": "pass"}, id="Basic"),
        pytest.param({"client_id": "id", "client_secret": "secret"}, id="OAuth2"),
    ],
)
def test_call_is_created_changed_and_ended(voice: Emulator, vendor: Vendor, credentials: dict[str, str]) -> None:
    """The five operations return the documented statuses, and bodies that the vendor's models can read."""
    api = vendor(**credentials)
    created = api.create_call_with_http_info(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON, tag="order-7"))
    call_id = created.data.call_id
    assert (created.status_code, created.headers["Location"]) == (201, created.data.call_url)
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


def test_all_fields_of_a_new_call_are_accepted(voice: Emulator, api: Any) -> None:
    """The emulator accepts a call that sets all fields of the vendor's models."""
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


Operation = Callable[[Any, str], object]

OPERATIONS: Final[dict[str, Operation]] = {
    "CreateCall": lambda api, _: api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)),
    "ListCalls": lambda api, _: api.list_calls(ACCOUNT),
    "GetCallState": lambda api, call_id: api.get_call_state(ACCOUNT, call_id),
    "UpdateCall": lambda api, call_id: api.update_call(ACCOUNT, call_id, REDIRECT),
    "UpdateCallBxml": lambda api, call_id: api.update_call_bxml(ACCOUNT, call_id, DOCUMENT),
}


def error_of(operation: Callable[[], object], error: type[exceptions.ApiException]) -> tuple[str, str]:
    """Return the type and the description of the error that the vendor's client raises."""
    with pytest.raises(error) as caught:
        operation()
    data = caught.value.data
    return data.type, data.description


@pytest.mark.parametrize("name", OPERATIONS)
def test_wrong_credentials_are_401(vendor: Vendor, name: str) -> None:
    """A wrong password is rejected by every operation."""
    api = vendor(username="user", password="other")
    assert error_of(lambda: OPERATIONS[name](api, CALL_ID), exceptions.UnauthorizedException) == (
        "authentication-error",
        "The credentials provided were invalid",
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_another_account_is_403(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Valid credentials give no access to another account."""
    monkeypatch.setattr(f"{__name__}.ACCOUNT", "9900124")
    api = vendor(client_id="id", client_secret="secret")
    assert error_of(lambda: OPERATIONS[name](api, CALL_ID), exceptions.ForbiddenException) == (
        "authorization-error",
        "Access is denied",
    )


@pytest.mark.parametrize("name", ["GetCallState", "UpdateCall", "UpdateCallBxml"])
def test_unknown_call_is_404(api: Any, name: str) -> None:
    """A call that was never created is not found."""
    assert error_of(lambda: OPERATIONS[name](api, CALL_ID), exceptions.NotFoundException) == (
        "validation",
        f"Call [{CALL_ID}] not found",
    )


@pytest.mark.parametrize("name", ["UpdateCall", "UpdateCallBxml"])
def test_ended_call_is_409(voice: Emulator, api: Any, name: str) -> None:
    """A call that has just ended cannot be changed."""
    call_id = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_id
    voice.disconnect(call_id)
    assert error_of(lambda: OPERATIONS[name](api, call_id), exceptions.ConflictException) == (
        "validation",
        f"Call [{call_id}] cannot be modified in its current state",
    )


@pytest.mark.parametrize(
    ("operation", "description"),
    [
        pytest.param(
            lambda api, _: api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON | {"to": "invalidNumberFormat"})),
            'to="invalidNumberFormat" is not a phone number in E.164 form or a SIP URI; '
            "expected + and 2 to 15 digits, such as +12125550123, or sip:user@host",
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
def test_invalid_request_is_400(api: Any, operation: Operation, description: str) -> None:
    """The vendor's models accept values that the API rejects."""
    call_id = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_id
    type_, text = error_of(lambda: operation(api, call_id), exceptions.BadRequestException)
    assert (type_, text[: len(description)]) == ("validation", description)


ERRORS: Final[dict[int, tuple[type[exceptions.ApiException], str]]] = {
    400: (exceptions.BadRequestException, "validation"),
    401: (exceptions.UnauthorizedException, "authentication-error"),
    403: (exceptions.ForbiddenException, "authorization-error"),
    404: (exceptions.NotFoundException, "validation"),
    405: (exceptions.ApiException, "validation"),
    409: (exceptions.ConflictException, "validation"),
    415: (exceptions.ApiException, "validation"),
    429: (exceptions.ApiException, "error"),
    500: (exceptions.ServiceException, "internal-error"),
    503: (exceptions.ServiceException, "system-overloaded"),
}
"""For each status: the exception of the vendor's client, and the error type in the body."""

NOT_DOCUMENTED: Final = {("CreateCall", 409), ("ListCalls", 409), ("GetCallState", 409)}
"""Pairs of an operation and a status that the vendor's client does not know for the operation."""


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_error_status_raises_the_vendors_exception(voice: Emulator, api: Any, name: str, status: int) -> None:
    """The exception has the body if the vendor's client knows the status for the operation."""
    call_id = api.create_call(ACCOUNT, CreateCall(**NEW_CALL_IN_JSON)).call_id
    voice.fail(status, operation=name, description="What is wrong", retry_after=7)
    error, type_ = ERRORS[status]
    with pytest.raises(error) as caught:
        OPERATIONS[name](api, call_id)
    assert caught.type is error
    assert caught.value.status == status
    assert caught.value.headers["retry-after"] == "7"
    assert f'"type": "{type_}", "description": "What is wrong"' in caught.value.body
    # The vendor's API description has no 503, and no 409 for operations that do not change a call.
    documented = status != 503 and (name, status) not in NOT_DOCUMENTED
    assert (caught.value.data is not None) == documented
    if documented:
        assert (caught.value.data.type, caught.value.data.description) == (type_, "What is wrong")
    OPERATIONS[name](api, call_id)  # the failure applies to one request only


def test_vendors_client_changes_a_running_call() -> None:
    """Redirecting, interrupting or ending a call takes effect in the middle of a verb."""
    app = Answers(
        answer=Response().speak_sentence("Welcome.").pause(duration=60),
        next=Response().speak_sentence("Redirected.").pause(duration=60),
    )
    with Emulator(app) as voice:
        token_url = voice.url.replace("/api/v2", "/api/v1/oauth2/token")
        configuration = bandwidth.Configuration(
            host=voice.url, ignore_operation_servers=True, access_token_url=token_url, client_id="id", client_secret="secret"
        )
        with bandwidth.ApiClient(configuration) as connection:
            api = bandwidth.CallsApi(connection)
            new_call = CreateCall(**NEW_CALL_IN_JSON, disconnectUrl="https://app.example/over")
            call = voice.call(api.create_call(ACCOUNT, new_call).call_id)
            call.expect_speech("Welcome")
            api.update_call(ACCOUNT, call.call_id, REDIRECT)
            call.expect_speech("Redirected")
            api.update_call_bxml(ACCOUNT, call.call_id, DOCUMENT)
            call.expect_speech("Hello")
            assert api.get_call_state(ACCOUNT, call.call_id).state == "answered"
            api.update_call(ACCOUNT, call.call_id, END)
            voice.run()
            (listed,) = api.list_calls(ACCOUNT, disconnect_cause="hangup")
            assert (listed.call_id, listed.state) == (call.call_id, "disconnected")
    assert app.received == [("/answer", "answer"), ("/next", "redirect"), ("/over", "disconnect")]


@pytest.fixture
def conferences(vendor: Vendor) -> Any:
    """Return the vendor's client for conferences with valid credentials."""
    return vendor(bandwidth.ConferencesApi, username="user", password="pass")


HELLO: Final = "<Bxml><SpeakSentence>Hello.</SpeakSentence></Bxml>"


def test_conference_is_interrupted_and_ended(voice: Emulator, conferences: Any) -> None:
    """The operations return the documented statuses and take effect."""
    conference = voice.add_conference("standup", account_id=ACCOUNT)
    redirect = UpdateConference(redirectUrl="https://app.example/next")
    statuses = [
        conferences.update_conference_bxml_with_http_info(ACCOUNT, conference.conference_id, HELLO).status_code,
        conferences.update_conference_with_http_info(ACCOUNT, conference.conference_id, redirect).status_code,
        conferences.update_conference_with_http_info(
            ACCOUNT, conference.conference_id, UpdateConference(status="completed")
        ).status_code,
    ]
    assert statuses == [204, 204, 204]
    assert (conference.documents, conference.redirects) == ([HELLO], ["https://app.example/next"])
    assert conference.state == "completed"


CONFERENCE_OPERATIONS: Final[dict[str, Operation]] = {
    "UpdateConference": lambda api, id_: api.update_conference(
        ACCOUNT, id_, UpdateConference(redirectUrl="https://app.example/next")
    ),
    "UpdateConferenceBxml": lambda api, id_: api.update_conference_bxml(ACCOUNT, id_, HELLO),
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("name", CONFERENCE_OPERATIONS)
def test_each_error_status_of_conferences_raises_the_vendors_exception(
    voice: Emulator, conferences: Any, name: str, status: int
) -> None:
    """The exceptions are the same as for calls."""
    conference = voice.add_conference("standup", account_id=ACCOUNT)
    voice.fail(status, operation=name)
    with pytest.raises(ERRORS[status][0]) as caught:
        CONFERENCE_OPERATIONS[name](conferences, conference.conference_id)
    assert caught.value.status == status
    assert f'"type": "{ERRORS[status][1]}"' in caught.value.body
    CONFERENCE_OPERATIONS[name](conferences, conference.conference_id)


@pytest.mark.parametrize("name", CONFERENCE_OPERATIONS)
def test_ended_conference_is_404(voice: Emulator, conferences: Any, name: str) -> None:
    """The vendor documents no 409 for conferences."""
    conference = voice.add_conference("standup", account_id=ACCOUNT)
    conferences.update_conference(ACCOUNT, conference.conference_id, UpdateConference(status="completed"))
    assert error_of(
        lambda: CONFERENCE_OPERATIONS[name](conferences, conference.conference_id), exceptions.NotFoundException
    ) == (
        "validation",
        f"Conference [{conference.conference_id}] not found",
    )


@pytest.mark.parametrize(
    ("operation", "description"),
    [
        pytest.param(
            lambda api, id_: api.update_conference(ACCOUNT, id_, UpdateConference()), "redirectUrl is required", id="no URL"
        ),
        pytest.param(
            lambda api, id_: api.update_conference_bxml(ACCOUNT, id_, "invalid BXML"),
            "There is something wrong with the request: 1:1: ",
            id="not XML",
        ),
    ],
)
def test_invalid_conference_request_is_400(voice: Emulator, conferences: Any, operation: Operation, description: str) -> None:
    """A redirect needs a URL, and a document must be XML."""
    conference = voice.add_conference("standup", account_id=ACCOUNT)
    type_, text = error_of(lambda: operation(conferences, conference.conference_id), exceptions.BadRequestException)
    assert (type_, text[: len(description)]) == ("validation", description)


def test_verb_that_is_not_allowed_in_a_conference_rejects_the_document(voice: Emulator, conferences: Any) -> None:
    """The API accepts the request, but no verb of the document runs. The conference continues."""
    conference = voice.add_conference("standup", account_id=ACCOUNT)
    conferences.update_conference_bxml(ACCOUNT, conference.conference_id, DOCUMENT.replace("</Bxml>", "<Hangup/></Bxml>"))
    assert conference.documents == []
    assert conference.state == "active"
    assert "<Hangup>" in conference.timeline.texts("invalid")[0]


RECORDED: Final = Response().start_recording(recording_available_url="https://app.example/available").speak_sentence("Hello.")


@pytest.fixture
def recorded() -> Iterator[tuple[Emulator, Answers, Callable[[type[Any]], Any]]]:
    """Return an emulator with a recorded call, its application, and a function that creates the vendor's clients."""
    app = Answers(answer=RECORDED.start_transcription(name="live", tracks="both").speak_sentence("Welcome.").pause(duration=4))
    with Emulator(app, accounts=[ACCOUNT], credentials={"user": "pass"}) as voice, ExitStack() as clients:
        configuration = bandwidth.Configuration(
            host=voice.url, ignore_operation_servers=True, username="user", password="pass", retries=False
        )
        voice.dial("/answer", account_id=ACCOUNT)
        voice.advance(1)
        yield voice, app, lambda cls: cls(clients.enter_context(bandwidth.ApiClient(configuration)))


def test_recordings_are_read_paused_downloaded_transcribed_and_deleted(
    recorded: tuple[Emulator, Answers, Callable[[type[Any]], Any]],
) -> None:
    """All operations on recordings return the documented statuses, and bodies that the vendor's models can read."""
    voice, app, client = recorded
    api = client(bandwidth.RecordingsApi)
    call_id = voice.calls[0].call_id
    for state in ("paused", "recording"):
        reply = api.update_call_recording_state_with_http_info(ACCOUNT, call_id, UpdateCallRecording(state=state))
        assert reply.status_code == 200
        voice.advance(0.5)
    voice.run()
    (metadata,) = api.list_call_recordings(ACCOUNT, call_id)
    assert (metadata.status, metadata.channels, metadata.direction, metadata.file_format) == ("complete", 1, "inbound", "wav")
    assert [metadata] == api.list_account_call_recordings(ACCOUNT, to="+19195550100")
    ids = (ACCOUNT, call_id, metadata.recording_id)
    assert api.get_call_recording(*ids) == metadata
    media = bytes(api.download_call_recording(*ids))
    assert f"PT{read_audio(media).seconds:g}S" == metadata.duration
    # The URL in the event and in the metadata points at the emulator, and takes the credentials of the API.
    assert app.fields("/available")["mediaUrl"] == metadata.media_url
    assert requests.get(metadata.media_url, auth=("user", "pass"), timeout=9).content == media
    assert requests.get(metadata.media_url, auth=("user", "other"), timeout=9).status_code == 401

    request = TranscribeRecording(callbackUrl="https://app.example/transcribed", tag="mine")
    assert api.transcribe_call_recording_with_http_info(*ids, request).status_code == 204
    voice.run()
    assert app.fields("/transcribed")["tag"] == "mine"
    text = api.get_recording_transcription(*ids)
    assert [each.text for each in text.transcripts] == ["Hello. Welcome."]
    assert (text.clips[0].text, text.clips[0].speaker, text.clips[0].start_time_seconds) == ("Hello.", 1, 0)
    deletions = [
        api.delete_recording_transcription_with_http_info,
        api.delete_recording_media_with_http_info,
        api.delete_recording_with_http_info,
    ]
    assert [delete(*ids).status_code for delete in deletions] == [204, 204, 204]
    assert error_of(lambda: api.get_call_recording(*ids), exceptions.NotFoundException) == (
        "validation",
        f"Recording [{metadata.recording_id}] not found",
    )


def test_real_time_transcriptions_and_statistics_are_read(
    recorded: tuple[Emulator, Answers, Callable[[type[Any]], Any]],
) -> None:
    """The vendor's models can read the bodies."""
    voice, _, client = recorded
    api = client(bandwidth.TranscriptionsApi)
    voice.run()
    call_id = voice.calls[0].call_id
    (listed,) = api.list_real_time_transcriptions(ACCOUNT, call_id)
    assert listed.transcription_name == "live"
    text = api.get_real_time_transcription(ACCOUNT, call_id, listed.transcription_id)
    assert [(track.track, track.transcript) for track in text.tracks] == [("inbound", ""), ("outbound", "Welcome.")]
    reply = api.delete_real_time_transcription_with_http_info(ACCOUNT, call_id, listed.transcription_id)
    assert reply.status_code == 200
    statistics = client(bandwidth.StatisticsApi).get_statistics(ACCOUNT)
    assert (statistics.current_call_queue_size, statistics.max_call_queue_size) == (0, 1500)


def test_conferences_members_and_their_recordings_are_read() -> None:
    """The vendor's models can read the bodies."""
    app = Answers(
        answer=Response().conference("standup", conference_event_url="/events"),
        events=Response().start_recording(),
    )
    with Emulator(app) as voice:
        configuration = bandwidth.Configuration(
            host=voice.url, ignore_operation_servers=True, username="user", password="pass", retries=False
        )
        with bandwidth.ApiClient(configuration) as connection:
            api = bandwidth.ConferencesApi(connection)
            call = voice.dial("/answer", account_id=ACCOUNT)
            voice.advance(2)
            (listed,) = api.list_conferences(ACCOUNT, name="standup")
            (member,) = api.get_conference(ACCOUNT, listed.id).active_members
            assert api.get_conference_member(ACCOUNT, listed.id, call.call_id) == member
            change = UpdateConferenceMember(mute=True, callIdsToCoach=[])
            assert api.update_conference_member_with_http_info(ACCOUNT, listed.id, call.call_id, change).status_code == 204
            assert api.get_conference_member(ACCOUNT, listed.id, call.call_id).mute
            call.hang_up()
            voice.run()
            (recording,) = api.list_conference_recordings(ACCOUNT, listed.id)
            assert api.get_conference_recording(ACCOUNT, listed.id, recording.recording_id) == recording
            media = api.download_conference_recording(ACCOUNT, listed.id, recording.recording_id)
            assert read_audio(bytes(media)).seconds == 2


def test_operation_that_is_not_emulated_is_501(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    """The error and the log name the operation."""
    api = vendor(bandwidth.MFAApi, username="user", password="pass")
    code = bandwidth.models.CodeRequest(
        **{"to": "+12125550123", "from": "+19195550100", "applicationId": "a", "message": "{CODE}", "digits": 6}
    )
    with pytest.raises(exceptions.ServiceException) as caught:
        api.generate_voice_code(ACCOUNT, code)
    assert (caught.value.status, "GenerateVoiceCode is not emulated" in caught.value.body) == (501, True)
    assert caplog.messages == [f"POST /api/v2/accounts/{ACCOUNT}/code/voice: 501 GenerateVoiceCode is not emulated"]


def test_the_documented_settings_point_the_client_at_the_emulator() -> None:
    """Without ``ignore_operation_servers``, the client ignores ``host``. The token comes from ``access_token_url``."""
    with Emulator(accounts=[ACCOUNT], credentials={"id": "secret"}) as voice:
        settings: dict[str, Any] = {
            "host": voice.url,
            "access_token_url": voice.token_url,
            "client_id": "id",
            "client_secret": "secret",
        }
        with bandwidth.ApiClient(bandwidth.Configuration(ignore_operation_servers=True, **settings)) as connection:
            assert bandwidth.CallsApi(connection).list_calls(ACCOUNT) == []
        paths = [urlsplit(exchange.request.url).path for exchange in voice.exchanges]
        assert paths == ["/api/v1/oauth2/token", f"/api/v2/accounts/{ACCOUNT}/calls"]
        with bandwidth.ApiClient(bandwidth.Configuration(**settings)) as connection:
            (_, url, *_) = bandwidth.CallsApi(connection)._list_calls_serialize(
                **dict.fromkeys(
                    ["to", "var_from", "min_start_time", "max_start_time", "disconnect_cause", "page_size", "page_token"]
                ),
                account_id=ACCOUNT,
                _request_auth=None,
                _content_type=None,
                _headers=None,
                _host_index=0,
            )
        assert url == f"https://voice.bandwidth.com/api/v2/accounts/{ACCOUNT}/calls"


def test_the_token_url_needs_a_running_server() -> None:
    """Outside the ``with`` block the token URL raises an error, because no server runs."""
    with pytest.raises(RuntimeError, match="use its url inside the with block"):
        _ = Emulator().token_url
