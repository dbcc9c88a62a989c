"""No ``repr``, message, traceback or log line of the client contains a secret."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from bxml import InvalidDocument, PlayAudio, Record, Response
from callcontrol import BasicAuth, CallControlError, Client, MachineDetection, OAuth2, Retries
from callcontrol.auth import Auth
from callcontrol.emulator import Emulator
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, in_turn, sending
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

SECRET: Final = "secret-0a1b2c"
PASSWORD: Final = "password-3d4e5f"
TOKEN: Final = "token-6a7b8c"
FOR_WEBHOOKS: Final = ("for-webhooks-1", "for-webhooks-2", "for-webhooks-3", "for-webhooks-4")
FOR_MEDIA: Final = "for-media-9d8e"

SECRETS: Final = (
    *(SECRET, PASSWORD, TOKEN, *FOR_WEBHOOKS, FOR_MEDIA),
    b64encode(f"id:{SECRET}".encode()).decode(),
    b64encode(f"user:{PASSWORD}".encode()).decode(),
)

DOCUMENT: Final = Response([PlayAudio("https://app.example/a.wav", username="me", password=FOR_MEDIA)])
HTTPS: Final = "https://app.example/"
DETECTION: Final = MachineDetection(
    callback_url=HTTPS, username="u", password=FOR_WEBHOOKS[2], fallback_url=HTTPS, fallback_password=FOR_WEBHOOKS[3]
)

Operate = Callable[[Client], object]

OPERATIONS: Final[list[Operate]] = [
    lambda client: client.create_call(
        **NEW_CALL | {"answer_url": HTTPS},
        username="u",
        password=FOR_WEBHOOKS[0],
        answer_fallback_url=HTTPS,
        fallback_password=FOR_WEBHOOKS[1],
        machine_detection=DETECTION,
    ),
    lambda client: client.create_call(
        **NEW_CALL | {"to": "nobody", "answer_url": "http://app.example/"},
        password=FOR_WEBHOOKS[0],
        machine_detection=DETECTION,
    ),
    lambda client: client.update_call(CALL_ID, redirect_url=HTTPS, password=FOR_WEBHOOKS[0], fallback_password=FOR_WEBHOOKS[1]),
    lambda client: client.update_call(CALL_ID, state="completed", password=FOR_WEBHOOKS[0]),
    lambda client: client.update_conference("conf-1", redirect_url=HTTPS, password=FOR_WEBHOOKS[0]),
    lambda client: client.update_conference("conf-1", status="completed", password=FOR_WEBHOOKS[0]),
    lambda client: client.update_call_bxml(CALL_ID, DOCUMENT),
    lambda client: client.update_call_bxml(CALL_ID, DOCUMENT.to_bxml().replace("<PlayAudio", '<PlayAudio digits="1"')),
    lambda client: client.update_conference_bxml("conf-1", DOCUMENT),
    lambda client: client.interrupt_many([CALL_ID, "c-2", "a/b"], DOCUMENT),
    lambda client: client.get_call_state(CALL_ID),
    lambda client: list(client.list_calls()),
    lambda client: client.hang_up(CALL_ID),
    lambda client: client.wait_until_answered(CALL_ID, timeout=0),
]

TOKEN_REPLY: Final = answering(f'{{"access_token": "{TOKEN}"}}'.encode(), Set_Cookie=f"a={TOKEN}")

FAULTS: Final[dict[str, Script]] = {
    "no token": answering(b'{"error": "invalid_client"}', "401 Unauthorized"),
    "invalid token": answering(f'{{"access_token": ["{TOKEN}"]}}'.encode()),
    "connection lost": in_turn(TOKEN_REPLY, hang_up),
    "partial response": in_turn(TOKEN_REPLY, sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[")),
    "everything is forbidden": in_turn(TOKEN_REPLY, answering(b"{}", "403 Forbidden")),
    "everything fails": in_turn(TOKEN_REPLY, answering(b"<html>", "500 Internal Server Error")),
    "nothing is found": in_turn(TOKEN_REPLY, answering(b"{}", "404 Not Found")),
}


@pytest.fixture
def shown(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Return a list for all texts that a test shows. After the test, these texts and all log lines are searched for secrets."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    yield shown
    shown += [f"{record.getMessage()} {record.args}" for record in caplog.records]
    assert len(shown) > 20, "the test has added too few texts"
    for text in shown:
        for secret in SECRETS:
            assert secret not in text


def drive(client: Client, shown: list[str]) -> None:
    """Call every operation, and add the texts of its result or error to the list."""
    shown += [repr(client), str(client), repr(client.auth)]
    for operate in OPERATIONS:
        try:
            result: Any = operate(client)
        except (CallControlError, ValueError) as error:
            shown += [str(error), repr(error), *traceback.format_exception(error)]
            shown.append(repr(vars(error)))
        else:
            shown += [str(result), repr(result), repr(getattr(result, "reply", ""))]


def client_of(base_url: str, auth: Auth, shown: list[str]) -> Client:
    """Return a client that adds the ``repr`` of each attempt to the list."""
    retries = Retries(attempts=2, on_attempt=lambda attempt: shown.append(repr(attempt)))
    return Client(ACCOUNT, auth, base_url=base_url, timeout=0.5, retries=retries, pause=lambda _: None)


AUTHS: Final = {"OAuth2": OAuth2("id", SECRET), "Basic": BasicAuth("user", PASSWORD)}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_show_no_secret(shown: list[str], fault: str) -> None:
    """No secret is shown, whatever the server does."""
    with ExitStack() as stack:
        server = Loopback(FAULTS[fault])
        stack.callback(server.close)
        drive(stack.enter_context(client_of(f"http://{server.host}/api/v2", OAuth2("id", SECRET), shown)), shown)


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
def test_successes_show_no_secret(shown: list[str], auth: Auth) -> None:
    """The results of the client and the records of the emulator show no secret."""
    with Emulator(credentials={"id": SECRET, "user": PASSWORD}) as voice, client_of(voice.url, auth, shown) as client:
        call = client.create_call(**NEW_CALL | {"answer_url": HTTPS}, username="u", password=FOR_WEBHOOKS[0])
        client.update_call_bxml(call.call_id, DOCUMENT)
        drive(client, shown)
        shown += [repr(voice.call(call.call_id)), *map(repr, voice.exchanges)]


def test_refused_connection_shows_no_secret(shown: list[str]) -> None:
    """The errors of a refused connection show no secret."""
    drive(client_of("http://127.0.0.1:9/api/v2", BasicAuth("user", PASSWORD), shown), shown)


def test_invalid_credentials_show_no_secret(shown: list[str]) -> None:
    """The errors of invalid credentials do not quote the credentials."""
    for create in (
        lambda: BasicAuth(f"user:{SECRET}", PASSWORD),
        lambda: BasicAuth("user", ""),
        lambda: OAuth2(f"a:{SECRET}", SECRET),
        lambda: Client(ACCOUNT, BasicAuth("user", PASSWORD), base_url=f"https://user:{PASSWORD}@voice.example/api/v2"),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011  the class does not matter
            create()
        shown += [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)] * 5


def test_password_in_a_url_is_not_shown() -> None:
    """No message or ``repr`` shows the user and password of a URL."""
    url = "https://user:secret-word@app.example/done"
    assert "secret-word" not in repr(Record(record_complete_url=url))
    with pytest.raises(InvalidDocument) as caught:
        Record(record_complete_url=f"{url} and more")
    assert "secret-word" not in str(caught.value)
