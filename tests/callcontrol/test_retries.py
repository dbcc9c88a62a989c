"""Retries: which requests are sent again, the pauses between them, and the reports of attempts."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from bxml import InvalidDocument, Response
from callcontrol import (
    ApiError,
    Attempt,
    BasicAuth,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Client,
    Conflict,
    InvalidRequest,
    NotAnswered,
    NotFound,
    OAuth2,
    Reply,
    Retries,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from callcontrol.clock import Clock
from callcontrol.emulator import Core
from callcontrol.retries import pause_after, with_retries
from callcontrol.steps_and_drivers import Steps, drive
from tests.callcontrol.emulator.document_application import answering
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, Scripted, replied, unexpected

DOCUMENT: Final = "<Bxml><Hangup/></Bxml>"
HEARD: Final = "<Bxml><SpeakSentence>Five more minutes.</SpeakSentence></Bxml>"
NEXT_URL: Final = "https://app.example/next"

Operate = Callable[[Client], object]

ALWAYS: Final[dict[str, Operate]] = {
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "ListCalls": lambda client: client.list_calls(),
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, DOCUMENT),
    "completed": lambda client: client.hang_up(CALL_ID),
    "redirect with repeat": lambda client: client.redirect(CALL_ID, NEXT_URL, repeat=True),
    "end of a conference": lambda client: client.update_conference("conf-1", status="completed"),
}
"""For each operation that is always retried after a temporary failure: a function that runs it."""

IF_NOT_PROCESSED: Final[dict[str, Operate]] = {
    "CreateCall": lambda client: client.create_call(**NEW_CALL),
    "redirect": lambda client: client.redirect(CALL_ID, NEXT_URL),
    "redirect of a conference": lambda client: client.update_conference("conf-1", redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml("conf-1", HEARD),
}
"""For each operation that is retried only if the request was certainly not processed: a function that runs it."""

UNKNOWN: Final[list[Reply | Exception]] = [
    TransportError("no response"),
    *(replied(status, b"<html>") for status in (500, 502, 504)),
]
"""Failures after which a request may have been processed."""

NOT_PROCESSED: Final[list[Reply | Exception]] = [
    TransportError("no connection", sent=False),
    *(replied(status) for status in (429, 503)),
]
"""Failures after which a request was certainly not processed."""

REJECTED: Final = [replied(status) for status in (400, 402, 403, 405, 415)]
"""Responses that the API would also send to a second request."""


def named(fault: Reply | Exception) -> str:
    """Return the name of a failure for the id of a test."""
    return str(fault.status if isinstance(fault, Reply) else fault)


SUCCESS: Final = replied(200, {"callId": CALL_ID})


class RecordingClient(Client):
    """A client that records its pauses instead of waiting."""

    def __init__(self, api: Scripted, **retries: Any) -> None:
        self.pauses: list[float] = []
        super().__init__(ACCOUNT, BasicAuth("user", "pass"), retries=Retries(**retries), send=api, pause=self.pauses.append)


class TestRules:
    """A retry depends on the effect of a second request, and on whether the first request may have been processed."""

    @pytest.mark.parametrize("fault", UNKNOWN + NOT_PROCESSED, ids=named)
    @pytest.mark.parametrize("name", ALWAYS)
    def test_harmless_operation_is_always_retried(self, name: str, fault: Reply | Exception) -> None:
        """The request is sent again after each temporary failure until it succeeds."""
        success = replied(200, []) if name == "ListCalls" else SUCCESS
        api = Scripted(fault, fault, success)
        ALWAYS[name](RecordingClient(api))
        assert len(api.requests) == 3

    @pytest.mark.parametrize("fault", NOT_PROCESSED, ids=named)
    @pytest.mark.parametrize("name", IF_NOT_PROCESSED)
    def test_unprocessed_request_is_retried(self, name: str, fault: Reply | Exception) -> None:
        """The request is sent again, because the first request had no effect."""
        api = Scripted(fault, SUCCESS)
        IF_NOT_PROCESSED[name](RecordingClient(api))
        assert len(api.requests) == 2

    @pytest.mark.parametrize("fault", UNKNOWN, ids=named)
    @pytest.mark.parametrize("name", IF_NOT_PROCESSED)
    def test_request_that_may_have_been_processed_is_not_retried(self, name: str, fault: Reply | Exception) -> None:
        """Only one request is sent, even if more attempts are allowed."""
        api = Scripted(fault, SUCCESS)
        with pytest.raises(CallControlError):
            IF_NOT_PROCESSED[name](RecordingClient(api, attempts=10))
        assert len(api.requests) == 1

    @pytest.mark.parametrize("reply", REJECTED, ids=named)
    @pytest.mark.parametrize("name", ALWAYS | IF_NOT_PROCESSED)
    def test_rejected_request_is_not_retried(self, name: str, reply: Reply) -> None:
        """The API would reject a second request too."""
        api = Scripted(reply)
        with pytest.raises(ApiError):
            (ALWAYS | IF_NOT_PROCESSED)[name](RecordingClient(api))
        assert len(api.requests) == 1

    def test_token_request_is_always_retried(self) -> None:
        """A retry of the token request is safe for every operation, because the operation itself was not sent."""
        api = Scripted(
            TransportError("no response"), replied(500), replied(200, {"access_token": "t"}), replied(201, {"callId": "c"})
        )
        client = Client(ACCOUNT, OAuth2("id", "secret"), send=api, pause=list[float]().append)
        assert client.create_call(**NEW_CALL).call_id == "c"

    @pytest.mark.parametrize("fault", [replied(500), TransportError("no response")], ids=named)
    def test_failed_token_request_does_not_raise_call_may_exist(self, fault: Reply | Exception) -> None:
        """The error is the error of the token request, because CreateCall was not sent."""
        client = Client(ACCOUNT, OAuth2("id", "secret"), retries=Retries(attempts=1), send=Scripted(fault))
        with pytest.raises((ServerError, TransportError), match=r"^the token request: "):
            client.create_call(**NEW_CALL)


class TestEarlierAttempts:
    """An error says whether an earlier attempt may have been processed."""

    @pytest.mark.parametrize("last", [replied(503), TransportError("no connection", sent=False)], ids=named)
    def test_error_has_the_earlier_attempt_that_may_have_been_processed(self, last: Reply | Exception) -> None:
        """The last attempt was not processed. An earlier attempt may have been processed, as ``doubt`` and the message say."""
        with pytest.raises((ServerError, TransportError)) as caught:
            ALWAYS["UpdateCallBxml"](RecordingClient(Scripted(TransportError("no response"), last), attempts=3))
        assert isinstance(caught.value, ServerError | TransportError)
        assert str(caught.value.doubt) == f"UpdateCallBxml of call {CALL_ID}: no response; the request may have been processed"
        assert str(caught.value).endswith("; an earlier attempt may have been processed")

    def test_error_has_no_doubt_if_no_attempt_was_processed(self) -> None:
        """``doubt`` is ``None`` if every attempt was certainly not processed."""
        with pytest.raises(ServerError) as caught:
            ALWAYS["UpdateCallBxml"](RecordingClient(Scripted(replied(503))))
        assert caught.value.doubt is None


class TestCallMayExist:
    """CreateCall raises its own error if the call may have been placed."""

    def test_error_says_how_to_look_for_the_call(self) -> None:
        """``search`` has the arguments for ``list_calls``. The message contains no phone number."""
        before = datetime.now(UTC)
        client = RecordingClient(Scripted(replied(503), TransportError("no response"), replied(200, [])))
        with pytest.raises(CallMayExist) as caught:
            client.create_call(**NEW_CALL)
        error = caught.value
        assert before <= error.since <= datetime.now(UTC)
        assert str(error) == (
            f"CreateCall: no response; the call may have been placed, at {error.since:%Y-%m-%dT%H:%M:%SZ} or later: "
            "look for it with list_calls(**error.search) before creating it again"
        )
        assert list(client.list_calls(**error.search)) == []

    def test_error_can_be_pickled(self) -> None:
        """The copy has the same message and attributes."""
        error = CallMayExist(TransportError("no response", "CreateCall"), datetime.now(UTC), {"to": "+12125550123"})
        copied = pickle.loads(pickle.dumps(error))
        assert (str(copied), copied.since, copied.search) == (str(error), error.since, error.search)


class SteppedClock:
    """A clock that advances only during requests and pauses."""

    def __init__(self, *, request: float) -> None:
        self.now, self._request = 1000.0, request
        self.starts: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def fail(self) -> Steps[Reply]:
        """Advance the clock by the duration of a request, and raise a ServerError."""
        yield from ()
        self.starts.append(self.now - 1000)
        self.wait(self._request)
        raise ServerError(replied(500))


class TestPauses:
    """Pauses between attempts, and the deadline."""

    def test_defaults_are_as_documented(self) -> None:
        """By default there are four attempts, pauses from 0.5 to 30 seconds, and a deadline of 60 seconds."""
        client = RecordingClient(Scripted(replied(500)))
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert all(usual / 2 <= pause <= usual for pause, usual in zip(client.pauses, (0.5, 1, 2), strict=True))
        assert Retries() == Retries(attempts=4, first_pause=0.5, longest_pause=30, deadline=60)

    def test_no_attempt_begins_after_the_deadline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Attempts and pauses count toward the deadline. An attempt exactly at the deadline is made."""
        monkeypatch.setattr("callcontrol.retries.random.uniform", lambda _, most: most)
        clock = SteppedClock(request=3)
        monkeypatch.setattr("callcontrol.clock.time.monotonic", clock)
        attempts: list[Attempt] = []
        retries = Retries(attempts=10, first_pause=1, longest_pause=1, deadline=8, on_attempt=attempts.append)
        with pytest.raises(ServerError):
            drive(with_retries(clock.fail, rule="always", retries=retries, clock=Clock()), unexpected, clock.wait)
        assert clock.starts == [0, 4, 8]
        assert [(each.seconds, each.pause) for each in attempts] == [(3, 1), (3, 1), (3, None)]

    def test_pause_may_be_zero(self) -> None:
        """``Retry-After: 0`` and ``first_pause=0`` both cause an immediate retry."""
        for client in (
            RecordingClient(Scripted(replied(503, Retry_After="0"), SUCCESS)),
            RecordingClient(Scripted(*UNKNOWN[:1], SUCCESS), first_pause=0),
        ):
            client.get_call_state(CALL_ID)
            assert client.pauses == [0]

    def test_pause_does_not_overflow(self) -> None:
        """After thousands of attempts the pause is still ``longest_pause``."""
        error = ServerError(replied(500))
        assert pause_after(error, 5000, "always", Retries(attempts=6000, longest_pause=0), left=0) == 0

    def test_pauses_double_with_jitter(self) -> None:
        """The pause doubles with each attempt, up to ``longest_pause``, and is multiplied by a random factor from 0.5 to 1."""
        client = RecordingClient(Scripted(replied(500)), attempts=6, first_pause=1, longest_pause=5)
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert len(client.pauses) == 5
        assert all(usual / 2 <= pause <= usual for pause, usual in zip(client.pauses, (1, 2, 4, 5, 5), strict=True))
        assert client.pauses[4] != client.pauses[3]

    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_is_the_pause(self, status: int) -> None:
        """Retry-After is used without jitter."""
        client = RecordingClient(Scripted(replied(status, Retry_After="7"), SUCCESS))
        client.get_call_state(CALL_ID)
        assert client.pauses == [7]

    def test_retry_after_may_equal_the_longest_pause(self) -> None:
        """A Retry-After equal to ``longest_pause`` is used."""
        client = RecordingClient(Scripted(replied(429, Retry_After="30"), replied(200, [])), longest_pause=30)
        list(client.list_calls())
        assert client.pauses == [30]

    @pytest.mark.parametrize("value", ["31", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
    def test_longer_retry_after_raises_immediately(self, value: str) -> None:
        """The error has the requested seconds, and there is no pause."""
        client = RecordingClient(Scripted(replied(429, Retry_After=value)), longest_pause=30)
        with pytest.raises(TooManyRequests) as caught:
            client.get_call_state(CALL_ID)
        assert (caught.value.retry_after or 0) > 30
        assert client.pauses == []

    @pytest.mark.parametrize("value", ["soon", "-5", ""])
    def test_invalid_retry_after_is_ignored(self, value: str) -> None:
        """The pause is the same as without the header."""
        client = RecordingClient(Scripted(replied(429, Retry_After=value), SUCCESS), first_pause=2)
        client.get_call_state(CALL_ID)
        assert 1 <= client.pauses[0] <= 2

    def test_pause_does_not_exceed_the_deadline(self) -> None:
        """A pause that would end after the deadline is not made, and the error is raised."""
        client = RecordingClient(Scripted(replied(429, Retry_After="7")), deadline=5)
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        assert client.pauses == []

    @pytest.mark.parametrize("seconds", [0, 86_400])
    def test_limits_may_be_zero_or_a_day(self, seconds: float) -> None:
        """0 and 86400 seconds are both allowed."""
        Retries(first_pause=seconds, longest_pause=seconds, deadline=seconds)

    @pytest.mark.parametrize(
        "value",
        [Retries(), Attempt("GetCallState", CALL_ID, 1, 0.5, 200, None, None)],
        ids=lambda value: type(value).__name__,
    )
    def test_values_are_immutable(self, value: object) -> None:
        """Limits can be shared between clients and threads, and a reported attempt does not change."""
        with pytest.raises(FrozenInstanceError):
            setattr(value, next(iter(vars(value))), 7)

    def test_limits_are_keyword_arguments(self) -> None:
        """Positional arguments raise TypeError."""
        with pytest.raises(TypeError):
            Retries(3, 0.5)  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"attempts": 0}, "attempts=0 is not an integer of at least 1"),
            ({"deadline": 86_401}, "deadline=86401 is not a number of seconds from 0 to 86400"),
            ({"attempts": 1.5}, "attempts=1.5 is not an integer of at least 1"),
            ({"deadline": -1}, "deadline=-1 is not a number of seconds from 0 to 86400"),
            ({"longest_pause": float("nan")}, "longest_pause=nan is not a number of seconds from 0 to 86400"),
            ({"first_pause": "1"}, 'first_pause="1" is not a number of seconds from 0 to 86400'),
        ],
    )
    def test_invalid_limits_are_rejected(self, arguments: dict[str, Any], message: str) -> None:
        """The constructor raises InvalidRequest, with a message that quotes the limit."""
        with pytest.raises(InvalidRequest) as caught:
            Retries(**arguments)
        assert str(caught.value) == message


class TestReports:
    """Each attempt is reported, and each retry is logged."""

    def test_attempts_are_reported_and_retries_are_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """``on_attempt`` gets every attempt, and the log has one line per retry with the cause and the pause."""
        attempts: list[Attempt] = []
        caplog.set_level(logging.WARNING, "callcontrol")
        client = RecordingClient(Scripted(TransportError("no response"), replied(500), SUCCESS), on_attempt=attempts.append)
        client.get_call_state(CALL_ID)
        assert [(each.operation, each.call_id, each.number, each.status) for each in attempts] == [
            ("GetCallState", CALL_ID, 1, None),
            ("GetCallState", CALL_ID, 2, 500),
            ("GetCallState", CALL_ID, 3, 200),
        ]
        assert [each.pause for each in attempts] == [*client.pauses, None]
        assert [type(each.error) for each in attempts] == [TransportError, ServerError, type(None)]
        assert all(each.seconds >= 0 for each in attempts)
        assert [record.message for record in caplog.records] == [
            f"GetCallState: attempt 1 failed (no response); retrying in {client.pauses[0]:.1f} s",
            f"GetCallState: attempt 2 failed (500 Internal Server Error); retrying in {client.pauses[1]:.1f} s",
        ]


class TestInactiveCalls:
    """The errors of calls that have ended, are not answered yet, or do not exist."""

    INTERRUPT: Final[list[Operate]] = [
        lambda client: client.redirect(CALL_ID, NEXT_URL),
        lambda client: client.interrupt(CALL_ID, DOCUMENT),
    ]

    @pytest.mark.parametrize("operate", INTERRUPT, ids=["UpdateCall", "UpdateCallBxml"])
    @pytest.mark.parametrize("status", [404, 409])
    @pytest.mark.parametrize("state", ["queued", "initiated", "disconnected"])
    def test_error_has_the_state_of_the_call(self, operate: Operate, status: int, state: str) -> None:
        """The error says that the interruption was too early or too late, and what to do next."""
        api = Scripted(replied(status), replied(200, {"callId": CALL_ID, "state": state}))
        next_step = "" if state == "disconnected" else "; wait until it is answered"
        with pytest.raises(CallNotActive, match=rf"; the call is {state}{next_step}$") as caught:
            operate(RecordingClient(api))
        assert caught.value.status == status
        assert caught.value.call is not None
        assert caught.value.state == caught.value.call.state == state
        assert isinstance(caught.value, Conflict)

    @pytest.mark.parametrize("operate", INTERRUPT, ids=["UpdateCall", "UpdateCallBxml"])
    def test_unknown_id_is_not_found(self, operate: Operate) -> None:
        """The error of a call that does not exist is NotFound, not CallNotActive."""
        with pytest.raises(NotFound) as caught:
            operate(RecordingClient(Scripted(replied(404))))
        assert caught.value.operation.startswith("Update")

    @pytest.mark.parametrize(
        "unread", [replied(404), replied(500), replied(200, b"<html>"), TransportError("no response")], ids=named
    )
    def test_unreadable_state_is_none(self, unread: Reply | Exception) -> None:
        """The error is still CallNotActive, and the state is requested once."""
        api = Scripted(replied(409), unread)
        with pytest.raises(CallNotActive) as caught:
            RecordingClient(api).interrupt(CALL_ID, DOCUMENT)
        assert caught.value.state is None
        assert str(caught.value).endswith("; the state of the call could not be read")
        assert len(api.requests) == 2

    @pytest.mark.parametrize("status", [404, 409])
    def test_hang_up_succeeds_if_the_call_has_ended(self, status: int) -> None:
        """The response with the error status is returned."""
        api = Scripted(replied(status), replied(200, {"callId": CALL_ID, "state": "disconnected"}))
        assert RecordingClient(api).hang_up(CALL_ID).status == status

    def test_hang_up_succeeds_after_409_without_a_state(self) -> None:
        """According to the API, 409 in response to a hang-up means that the call has just ended."""
        assert RecordingClient(Scripted(replied(409), replied(500))).hang_up(CALL_ID).status == 409

    def test_hang_up_raises_if_the_call_continues(self) -> None:
        """A forwarded call cannot be ended."""
        api = Scripted(replied(409), replied(200, {"callId": CALL_ID, "state": "answered"}))
        with pytest.raises(CallNotActive):
            RecordingClient(api).hang_up(CALL_ID)

    def test_hang_up_raises_if_the_call_does_not_exist(self) -> None:
        """The error is NotFound."""
        with pytest.raises(NotFound):
            RecordingClient(Scripted(replied(404))).hang_up(CALL_ID)


def state(name: str) -> Reply:
    """Return a response with the state of the call."""
    return replied(200, {"callId": CALL_ID, "state": name})


class TestWaiting:
    """``wait_until_answered`` polls while the call may still be answered."""

    def test_answered_call_is_returned(self) -> None:
        """404 is tolerated, and the pauses grow."""
        client = RecordingClient(Scripted(replied(404), replied(404), state("queued"), state("initiated"), state("answered")))
        assert client.wait_until_answered(CALL_ID).state == "answered"
        assert client.pauses == [1.0, 1.5, 2.25, 3.375]

    def test_ended_call_raises(self) -> None:
        """The error is CallNotActive, with the state of the call."""
        client = RecordingClient(Scripted(state("initiated"), state("disconnected")))
        with pytest.raises(CallNotActive) as caught:
            client.wait_until_answered(CALL_ID)
        assert caught.value.call is not None
        assert caught.value.state == caught.value.call.state == "disconnected"
        assert str(caught.value) == f"GetCallState of call {CALL_ID}: the call is disconnected"

    @pytest.mark.parametrize(
        ("reply", "message"),
        [
            (state("queued"), f"call {CALL_ID}: timed out after 0 s; the call is still queued"),
            (replied(404), f"call {CALL_ID}: timed out after 0 s; the call is not visible yet"),
        ],
        ids=["queued", "not visible"],
    )
    def test_timeout_raises(self, reply: Reply, message: str) -> None:
        """The error has the state of the call."""
        with pytest.raises(NotAnswered) as caught:
            RecordingClient(Scripted(reply)).wait_until_answered(CALL_ID, timeout=0)
        assert str(caught.value) == message
        assert isinstance(caught.value, TimeoutError)

    def test_timeout_counts_virtual_time(self) -> None:
        """The sum of the pauses does not exceed the timeout, even if the pauses take no real time."""
        client = RecordingClient(Scripted(*[state("queued")] * 9))
        with pytest.raises(NotAnswered):
            client.wait_until_answered(CALL_ID, timeout=10)
        assert client.pauses == pytest.approx([1.0, 1.5, 2.25, 3.375, 1.875], abs=0.1)
        assert sum(client.pauses) <= 10

    def test_deadline_counts_virtual_time(self) -> None:
        """The sum of the pauses between attempts does not exceed the deadline."""
        client = RecordingClient(Scripted(*[replied(503)] * 9), attempts=9, first_pause=4, longest_pause=8, deadline=20)
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert len(client.pauses) < 8
        assert sum(client.pauses) <= 20

    def test_pauses_advance_an_emulator(self) -> None:
        """The pauses advance the virtual time of the emulator until the call is answered."""
        voice = Core(answering({"/answer": Response().pause(duration=60).to_bxml()}))
        client = Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, pause=voice.advance)
        voice.phone(NEW_CALL["to"]).answers(after=20)
        voice.fail(429, retry_after=5)
        call_id = client.create_call(**NEW_CALL).call_id
        assert voice.seconds == 5
        assert client.wait_until_answered(call_id).state == "answered"
        assert 25 <= voice.seconds < 40

    def test_invisible_call_raises_after_the_patience(self) -> None:
        """404 is an error after ``patience`` seconds."""
        with pytest.raises(NotFound):
            RecordingClient(Scripted(replied(404))).wait_until_answered(CALL_ID, patience=0)

    def test_other_errors_raise_immediately(self) -> None:
        """401 ends the wait."""
        with pytest.raises(Unauthorized):
            RecordingClient(Scripted(replied(401))).wait_until_answered(CALL_ID)


class TestConferences:
    """Operations on conferences are checked in the same way as operations on calls."""

    def test_verb_that_is_not_allowed_in_a_conference_is_not_sent(self) -> None:
        """The API would reject the whole document without an error in the response."""
        api = Scripted()
        with pytest.raises(InvalidDocument, match="is not allowed in a conference"):
            RecordingClient(api).update_conference_bxml("conf-1", DOCUMENT)
        assert api.requests == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "redirect_url is missing; it is required unless status='completed'"),
            (
                {"status": "completed", "redirect_url": NEXT_URL},
                "redirect_url cannot be combined with status='completed', which ends the conference",
            ),
            ({"status": "over"}, 'status="over" is not allowed; expected active or completed'),
        ],
    )
    def test_invalid_arguments_are_not_sent(self, arguments: dict[str, Any], message: str) -> None:
        """``InvalidRequest`` is raised for arguments that the API would reject or ignore."""
        with pytest.raises(InvalidRequest) as caught:
            RecordingClient(Scripted()).update_conference("conf-1", **arguments)
        assert str(caught.value) == message

    def test_invalid_id_is_rejected(self) -> None:
        """The message has the name of the argument."""
        with pytest.raises(InvalidRequest, match=r'^conference_id="a/b" is not an id'):
            RecordingClient(Scripted()).update_conference("a/b", status="completed")

    def test_error_names_the_conference(self) -> None:
        """The message says "conference", not "call"."""
        with pytest.raises(NotFound, match=r"^UpdateConference of conference conf-1: 404 Not Found"):
            RecordingClient(Scripted(replied(404))).update_conference("conf-1", status="completed")


class TestLimiter:
    """A 429 slows down all requests of a client, and no request waits twice."""

    def test_retry_after_pauses_other_requests(self) -> None:
        """The next request waits too, although the API has not refused this request."""
        api = Scripted(replied(429, Retry_After="20"), SUCCESS)
        client = RecordingClient(api, attempts=1)
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        assert client.pauses == []
        client.get_call_state(CALL_ID)
        (pause,) = client.pauses
        assert 19 < pause <= 20

    def test_retry_does_not_wait_twice(self) -> None:
        """Before a retry, there is one pause: the pause of the limiter."""
        client = RecordingClient(Scripted(replied(429, Retry_After="20"), SUCCESS))
        client.get_call_state(CALL_ID)
        assert client.pauses == [20]

    def test_absurd_retry_after_pauses_up_to_the_cap(self) -> None:
        """The error is raised at once. Other requests wait no longer than ``longest_pause``."""
        client = RecordingClient(Scripted(replied(429, Retry_After="9" * 12), SUCCESS), longest_pause=7)
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        client.get_call_state(CALL_ID)
        (pause,) = client.pauses
        assert 6 < pause <= 7

    def test_state_is_shown_and_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """``limiter_state`` has the limit, and a log line says that the limit applies to all requests."""
        client = RecordingClient(Scripted(replied(429, Retry_After="20")), attempts=1)
        assert str(client.limiter_state) == "not limited"
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        assert str(client.limiter_state) == "limited to 0.5 requests/s, paused for 20 s"
        assert caplog.messages == [
            "GetCallState: 429 Too Many Requests; all requests of this client are limited to 0.5 requests/s, paused for 20 s"
        ]

    def test_turn_that_a_new_429_made_void_is_given_again(self) -> None:
        """If another request is refused while a request waits, the waiting request also waits for the new pause."""
        client = RecordingClient(Scripted(replied(429, Retry_After="5"), SUCCESS), attempts=1)
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        limiter, clock = client._account.limiter, client._account.clock

        def refuse_another(seconds: float) -> None:
            client.pauses.append(seconds)
            if len(client.pauses) == 1:
                limiter.refused(clock.now(), limiter.turn(clock.now()), 9.0)

        clock._pause = refuse_another
        client.get_call_state(CALL_ID)
        assert [round(pause) for pause in client.pauses[:1]] == [5]
        assert len(client.pauses) == 2


class TestMessages:
    """Errors are read in each form that the vendor's services use."""

    @pytest.mark.parametrize(
        ("body", "description"),
        [
            ({"error": "invalid_request", "error_description": "no grant"}, "no grant"),
            ({"error": "invalid_request"}, "invalid_request"),
            ({"errors": [{"description": "one"}, {"code": 7}, "x", {"description": "two"}]}, "one; two"),
            ({"errors": "one"}, None),
            ({"errors": []}, None),
            ({"error": {"code": 7}}, None),
        ],
    )
    def test_description_is_found(self, body: object, description: str | None) -> None:
        """Descriptions in a list or in the form of RFC 6749 are found. Any other body is not in the API's format."""
        error = ApiError(replied(400, body), "CreateCall")
        assert error.description == description
        shown = description or "the response is not in the API's format"
        assert str(error) == f"CreateCall: 400 Bad Request: {shown}"
