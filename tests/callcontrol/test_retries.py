"""What is sent again and what is not, how long is waited, and what is told of it."""

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
from callcontrol.emulator import Core
from callcontrol.retries import pause_after, with_retries
from tests.callcontrol.emulator.document_application import answering
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, Scripted, replied

DOCUMENT: Final = "<Bxml><Hangup/></Bxml>"
HEARD: Final = "<Bxml><SpeakSentence>Five more minutes.</SpeakSentence></Bxml>"
NEXT_URL: Final = "https://app.example/next"

Ask = Callable[[Client], object]

ALWAYS: Final[dict[str, Ask]] = {
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "ListCalls": lambda client: client.list_calls(),
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, DOCUMENT),
    "completed": lambda client: client.hang_up(CALL_ID),
    "redirect that may be repeated": lambda client: client.redirect(CALL_ID, NEXT_URL, repeat=True),
    "the end of a conference": lambda client: client.update_conference("conf-1", status="completed"),
}
"""What is repeated whatever happened."""

CAREFULLY: Final[dict[str, Ask]] = {
    "CreateCall": lambda client: client.create_call(**NEW_CALL),
    "redirect": lambda client: client.redirect(CALL_ID, NEXT_URL),
    "redirect of a conference": lambda client: client.update_conference("conf-1", redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml("conf-1", HEARD),
}
"""What is repeated only if it was not processed."""

UNKNOWN: Final[list[Reply | Exception]] = [
    TransportError("no answer"),
    *(replied(status, b"<html>") for status in (500, 502, 504)),
]
"""After these nobody knows whether a request was processed."""

NOT_PROCESSED: Final[list[Reply | Exception]] = [
    TransportError("nobody is there", sent=False),
    *(replied(status) for status in (429, 503)),
]
"""After these it certainly was not."""

REFUSED: Final = [replied(status) for status in (400, 402, 403, 405, 415)]
"""What will be answered to a second request as well."""


def named(fault: Reply | Exception) -> str:
    """A fault in a test's name."""
    return str(fault.status if isinstance(fault, Reply) else fault)


SUCCESS: Final = replied(200, {"callId": CALL_ID})


class Patient(Client):
    """A client that waits no time, and knows how long it would have."""

    def __init__(self, api: Scripted, **retries: Any) -> None:
        self.pauses: list[float] = []
        super().__init__(ACCOUNT, BasicAuth("user", "pass"), retries=Retries(**retries), send=api, pause=self.pauses.append)


class TestWhatIsRepeated:
    """It depends on what a second request would do, and on whether the first can have been processed."""

    @pytest.mark.parametrize("fault", UNKNOWN + NOT_PROCESSED, ids=named)
    @pytest.mark.parametrize("name", ALWAYS)
    def test_what_does_no_harm_is_repeated(self, name: str, fault: Reply | Exception) -> None:
        """After any passing fault, until it succeeds."""
        success = replied(200, []) if name == "ListCalls" else SUCCESS
        api = Scripted(fault, fault, success)
        ALWAYS[name](Patient(api))
        assert len(api.requests) == 3

    @pytest.mark.parametrize("fault", NOT_PROCESSED, ids=named)
    @pytest.mark.parametrize("name", CAREFULLY)
    def test_what_was_not_processed_is_repeated(self, name: str, fault: Reply | Exception) -> None:
        """Nobody's telephone rings twice of it, and no prompt begins again."""
        api = Scripted(fault, SUCCESS)
        CAREFULLY[name](Patient(api))
        assert len(api.requests) == 2

    @pytest.mark.parametrize("fault", UNKNOWN, ids=named)
    @pytest.mark.parametrize("name", CAREFULLY)
    def test_what_may_have_been_processed_is_not(self, name: str, fault: Reply | Exception) -> None:
        """There is one request, whatever the policy."""
        api = Scripted(fault, SUCCESS)
        with pytest.raises(CallControlError):
            CAREFULLY[name](Patient(api, attempts=10))
        assert len(api.requests) == 1

    @pytest.mark.parametrize("reply", REFUSED, ids=named)
    @pytest.mark.parametrize("name", ALWAYS | CAREFULLY)
    def test_a_refusal_is_not_repeated(self, name: str, reply: Reply) -> None:
        """It would be refused again."""
        api = Scripted(reply)
        with pytest.raises(ApiError):
            (ALWAYS | CAREFULLY)[name](Patient(api))
        assert len(api.requests) == 1

    def test_a_token_may_always_be_asked_for_again(self) -> None:
        """The request that needs it has not been sent, not even one that must not be repeated."""
        api = Scripted(
            TransportError("no answer"), replied(500), replied(200, {"access_token": "t"}), replied(201, {"callId": "c"})
        )
        client = Client(ACCOUNT, OAuth2("id", "secret"), send=api, pause=list[float]().append)
        assert client.create_call(**NEW_CALL).call_id == "c"

    @pytest.mark.parametrize("fault", [replied(500), TransportError("no answer")], ids=named)
    def test_no_call_exists_without_a_token(self, fault: Reply | Exception) -> None:
        """That no token can be had is told as such: the call was not asked for."""
        client = Client(ACCOUNT, OAuth2("id", "secret"), retries=Retries(attempts=1), send=Scripted(fault))
        with pytest.raises((ServerError, TransportError), match=r"^the token request: "):
            client.create_call(**NEW_CALL)


class TestDoubts:
    """What an earlier attempt may have done is not hidden by a later one."""

    @pytest.mark.parametrize("last", [replied(503), TransportError("nobody is there", sent=False)], ids=named)
    def test_an_earlier_attempt_that_may_have_worked_is_told(self, last: Reply | Exception) -> None:
        """The last error says that nothing was done, and its doubt that something was before."""
        with pytest.raises((ServerError, TransportError)) as caught:
            ALWAYS["UpdateCallBxml"](Patient(Scripted(TransportError("no answer"), last), attempts=3))
        assert isinstance(caught.value, ServerError | TransportError)
        assert str(caught.value.doubt) == f"UpdateCallBxml of call {CALL_ID}: no answer"

    def test_without_one_there_is_no_doubt(self) -> None:
        """What was certain each time is certain."""
        with pytest.raises(ServerError) as caught:
            ALWAYS["UpdateCallBxml"](Patient(Scripted(replied(503))))
        assert caught.value.doubt is None


class TestUnknownCalls:
    """Whether a call was placed may be unknown, and then that is what is said."""

    def test_it_is_told_how_to_look_for_it(self) -> None:
        """With what was between the same numbers since; no number stands in the message."""
        before = datetime.now(UTC)
        client = Patient(Scripted(replied(503), TransportError("no answer"), replied(200, [])))
        with pytest.raises(CallMayExist) as caught:
            client.create_call(**NEW_CALL)
        error = caught.value
        assert before <= error.since <= datetime.now(UTC)
        assert str(error) == (
            f"CreateCall: no answer; the call may have been placed, at {error.since:%Y-%m-%dT%H:%M:%SZ} or later: "
            "look for it with list_calls(**error.search) before placing it again"
        )
        assert list(client.list_calls(**error.search)) == []

    def test_it_travels(self) -> None:
        """Between processes it keeps all it knows."""
        error = CallMayExist(TransportError("no answer", "CreateCall"), datetime.now(UTC), {"to": "+12125550123"})
        arrived = pickle.loads(pickle.dumps(error))
        assert (str(arrived), arrived.since, arrived.search) == (str(error), error.since, error.search)


class Clock:
    """A time that goes on only while something is done that takes some."""

    def __init__(self, *, request: float) -> None:
        self.now, self._request = 1000.0, request
        self.begun: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def fail(self) -> Reply:
        """A request that takes its time, and fails."""
        self.begun.append(self.now - 1000)
        self.wait(self._request)
        raise ServerError(replied(500))


class TestPauses:
    """How long is waited, and that it is not too long."""

    def test_it_is_attempted_as_documented(self) -> None:
        """Without a policy of one's own: four times, with pauses from half a second on, up to half a minute, for a minute."""
        client = Patient(Scripted(replied(500)))
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert all(usual / 2 <= pause <= usual for pause, usual in zip(client.pauses, (0.5, 1, 2), strict=True))
        assert Retries() == Retries(attempts=4, first_pause=0.5, longest_pause=30, deadline=60)

    def test_no_attempt_is_begun_after_the_deadline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The time that attempts and pauses have taken counts, and one that is just in time is made."""
        monkeypatch.setattr("callcontrol.retries.random.uniform", lambda _, most: most)
        clock = Clock(request=3)
        monkeypatch.setattr("callcontrol.retries.time.monotonic", clock)
        told: list[Attempt] = []
        retries = Retries(attempts=10, first_pause=1, longest_pause=1, deadline=8, on_attempt=told.append)
        with pytest.raises(ServerError):
            with_retries(clock.fail, rule="always", retries=retries, pause=clock.wait)
        assert clock.begun == [0, 4, 8]
        assert [(each.seconds, each.pause) for each in told] == [(3, 1), (3, 1), (3, None)]

    def test_nothing_is_waited_if_nothing_is_to_be(self) -> None:
        """Neither if the API says that it may be asked at once, nor if the policy does."""
        for client in (
            Patient(Scripted(replied(503, Retry_After="0"), SUCCESS)),
            Patient(Scripted(*UNKNOWN[:1], SUCCESS), first_pause=0),
        ):
            client.get_call_state(CALL_ID)
            assert client.pauses == [0]

    def test_any_number_of_attempts_can_be_made(self) -> None:
        """A pause that doubles thousands of times is the longest one still, and no number beyond all bounds."""
        error = ServerError(replied(500))
        assert pause_after(error, 5000, "always", Retries(attempts=6000, longest_pause=0), left=0) == 0

    def test_pauses_grow_and_differ(self) -> None:
        """Each is twice the one before, less up to half by chance, and none is longer than the longest."""
        client = Patient(Scripted(replied(500)), attempts=6, first_pause=1, longest_pause=5)
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert len(client.pauses) == 5
        assert all(usual / 2 <= pause <= usual for pause, usual in zip(client.pauses, (1, 2, 4, 5, 5), strict=True))
        assert client.pauses[4] != client.pauses[3]

    @pytest.mark.parametrize("status", [429, 503])
    def test_the_api_says_how_long(self, status: int) -> None:
        """A wish of the API is followed to the second."""
        client = Patient(Scripted(replied(status, Retry_After="7"), SUCCESS))
        client.get_call_state(CALL_ID)
        assert client.pauses == [7]

    def test_a_wish_of_the_longest_pause_is_granted(self) -> None:
        """The longest pause is one that is made."""
        client = Patient(Scripted(replied(429, Retry_After="30"), replied(200, [])), longest_pause=30)
        list(client.list_calls())
        assert client.pauses == [30]

    @pytest.mark.parametrize("wish", ["31", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
    def test_a_wish_beyond_the_longest_pause_is_left_to_the_caller(self, wish: str) -> None:
        """It is told at once, with how long, for nobody expects to sleep for so long."""
        client = Patient(Scripted(replied(429, Retry_After=wish)), longest_pause=30)
        with pytest.raises(TooManyRequests) as caught:
            client.get_call_state(CALL_ID)
        assert (caught.value.retry_after or 0) > 30
        assert client.pauses == []

    @pytest.mark.parametrize("wish", ["soon", "-5", ""])
    def test_a_wish_that_is_none_is_not_followed(self, wish: str) -> None:
        """Then the usual pause is made."""
        client = Patient(Scripted(replied(429, Retry_After=wish), SUCCESS), first_pause=2)
        client.get_call_state(CALL_ID)
        assert 1 <= client.pauses[0] <= 2

    def test_no_pause_goes_beyond_the_deadline(self) -> None:
        """What would end too late is not begun."""
        client = Patient(Scripted(replied(429, Retry_After="7")), deadline=5)
        with pytest.raises(TooManyRequests):
            client.get_call_state(CALL_ID)
        assert client.pauses == []

    @pytest.mark.parametrize("seconds", [0, 86_400])
    def test_the_bounds_of_times_are_within_them(self, seconds: float) -> None:
        """No time at all is one, and so is a day."""
        Retries(first_pause=seconds, longest_pause=seconds, deadline=seconds)

    @pytest.mark.parametrize(
        "value",
        [Retries(), Attempt("GetCallState", CALL_ID, 1, 0.5, 200, None, None)],
        ids=lambda value: type(value).__name__,
    )
    def test_values_do_not_change(self, value: object) -> None:
        """A policy may be shared by clients and threads, and what is told of an attempt stays told."""
        with pytest.raises(FrozenInstanceError):
            setattr(value, next(iter(vars(value))), 7)

    def test_a_policy_is_written_with_names(self) -> None:
        """Nobody reads four numbers without their names."""
        with pytest.raises(TypeError):
            Retries(3, 0.5)  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"attempts": 0}, "attempts is not a whole number from 1 on"),
            ({"deadline": 86_401}, "deadline is not a number of seconds from 0 to 86400"),
            ({"attempts": 1.5}, "attempts is not a whole number from 1 on"),
            ({"deadline": -1}, "deadline is not a number of seconds from 0 to 86400"),
            ({"longest_pause": float("nan")}, "longest_pause is not a number of seconds from 0 to 86400"),
            ({"first_pause": "1"}, "first_pause is not a number of seconds from 0 to 86400"),
        ],
    )
    def test_what_cannot_be_is_refused(self, arguments: dict[str, Any], message: str) -> None:
        """A policy that makes no sense is told where it is made."""
        with pytest.raises(InvalidRequest) as caught:
            Retries(**arguments)
        assert str(caught.value) == message


class TestWhatIsTold:
    """Nothing happens in silence."""

    def test_each_attempt_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """The hook gets what became of each, and a repetition is in the log."""
        told: list[Attempt] = []
        caplog.set_level(logging.WARNING, "callcontrol")
        client = Patient(Scripted(TransportError("no answer"), replied(500), SUCCESS), on_attempt=told.append)
        client.get_call_state(CALL_ID)
        assert [(each.operation, each.call_id, each.number, each.status) for each in told] == [
            ("GetCallState", CALL_ID, 1, None),
            ("GetCallState", CALL_ID, 2, 500),
            ("GetCallState", CALL_ID, 3, 200),
        ]
        assert [each.pause for each in told] == [*client.pauses, None]
        assert [type(each.error) for each in told] == [TransportError, ServerError, type(None)]
        assert all(each.seconds >= 0 for each in told)
        assert [record.message.split(" after")[0] for record in caplog.records] == ["GetCallState is repeated"] * 2


class TestCallsThatCannotBeHad:
    """A call that is over is told from one that never was."""

    INTERRUPT: Final[list[Ask]] = [
        lambda client: client.redirect(CALL_ID, NEXT_URL),
        lambda client: client.interrupt(CALL_ID, DOCUMENT),
    ]

    @pytest.mark.parametrize("ask", INTERRUPT, ids=["UpdateCall", "UpdateCallBxml"])
    @pytest.mark.parametrize("status", [404, 409])
    @pytest.mark.parametrize("state", ["queued", "initiated", "disconnected"])
    def test_the_last_known_state_is_told(self, ask: Ask, status: int, state: str) -> None:
        """Whoever interrupts too early or too late learns which it was."""
        api = Scripted(replied(status), replied(200, {"callId": CALL_ID, "state": state}))
        with pytest.raises(CallNotActive, match=rf"; the call is {state}$") as caught:
            ask(Patient(api))
        assert caught.value.status == status
        assert caught.value.state is not None
        assert caught.value.state.state == state
        assert isinstance(caught.value, Conflict)

    @pytest.mark.parametrize("ask", INTERRUPT, ids=["UpdateCall", "UpdateCallBxml"])
    def test_an_id_that_nobody_knows_is_not_found(self, ask: Ask) -> None:
        """A wrong id is no race."""
        with pytest.raises(NotFound) as caught:
            ask(Patient(Scripted(replied(404))))
        assert caught.value.operation.startswith("Update")

    @pytest.mark.parametrize(
        "unread", [replied(404), replied(500), replied(200, b"<html>"), TransportError("no answer")], ids=named
    )
    def test_a_state_that_cannot_be_read_is_none(self, unread: Reply | Exception) -> None:
        """A conflict is one also without it, and it is asked for once only."""
        api = Scripted(replied(409), unread)
        with pytest.raises(CallNotActive) as caught:
            Patient(api).interrupt(CALL_ID, DOCUMENT)
        assert caught.value.state is None
        assert "the call is" not in str(caught.value)
        assert len(api.requests) == 2

    @pytest.mark.parametrize("status", [404, 409])
    def test_a_call_that_has_ended_is_hung_up(self, status: int) -> None:
        """That it is over already is all that was wanted."""
        api = Scripted(replied(status), replied(200, {"callId": CALL_ID, "state": "disconnected"}))
        assert Patient(api).hang_up(CALL_ID).status == status

    def test_a_conflict_of_which_nothing_is_known_is_an_end(self) -> None:
        """As the API has it, such a call has just ended."""
        assert Patient(Scripted(replied(409), replied(500))).hang_up(CALL_ID).status == 409

    def test_a_call_that_goes_on_is_not_hung_up(self) -> None:
        """A forwarded call cannot be ended, and it is not said that it was."""
        api = Scripted(replied(409), replied(200, {"callId": CALL_ID, "state": "answered"}))
        with pytest.raises(CallNotActive):
            Patient(api).hang_up(CALL_ID)

    def test_a_wrong_id_is_not_hung_up(self) -> None:
        """It is no call, and was none."""
        with pytest.raises(NotFound):
            Patient(Scripted(replied(404))).hang_up(CALL_ID)


def state(word: str) -> Reply:
    """The state of the call, as the API answers it."""
    return replied(200, {"callId": CALL_ID, "state": word})


class TestWaiting:
    """A call is waited for as long as it may still be answered."""

    def test_it_is_waited_until_it_is_answered(self) -> None:
        """Also while it cannot be seen yet; less and less often."""
        client = Patient(Scripted(replied(404), replied(404), state("queued"), state("initiated"), state("answered")))
        assert client.wait_until_answered(CALL_ID).state == "answered"
        assert client.pauses == [1.0, 1.5, 2.25, 3.375]

    def test_its_end_is_told(self) -> None:
        """What has ended will not be answered."""
        client = Patient(Scripted(state("initiated"), state("disconnected")))
        with pytest.raises(CallNotActive) as caught:
            client.wait_until_answered(CALL_ID)
        assert caught.value.state is not None
        assert caught.value.state.state == "disconnected"
        assert str(caught.value) == f"GetCallState of call {CALL_ID}: the call is disconnected"

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (state("queued"), f"call {CALL_ID} is queued after 0 seconds"),
            (replied(404), f"call {CALL_ID} is not to be seen yet after 0 seconds"),
        ],
        ids=["queued", "not seen"],
    )
    def test_it_is_not_waited_without_end(self, reply: Reply, words: str) -> None:
        """When the time is up, what is known of the call is told."""
        with pytest.raises(NotAnswered) as caught:
            Patient(Scripted(reply)).wait_until_answered(CALL_ID, timeout=0)
        assert str(caught.value) == words
        assert isinstance(caught.value, TimeoutError)

    def test_pauses_of_virtual_time_count(self) -> None:
        """No more of them are made than fit, however fast a clock goes that pauses move."""
        client = Patient(Scripted(*[state("queued")] * 9))
        with pytest.raises(NotAnswered):
            client.wait_until_answered(CALL_ID, timeout=10)
        assert client.pauses == pytest.approx([1.0, 1.5, 2.25, 3.375, 1.875], abs=0.1)
        assert sum(client.pauses) <= 10

    def test_so_they_do_between_attempts(self) -> None:
        """A deadline holds in virtual time as well."""
        client = Patient(Scripted(*[replied(503)] * 9), attempts=9, first_pause=4, longest_pause=8, deadline=20)
        with pytest.raises(ServerError):
            client.get_call_state(CALL_ID)
        assert len(client.pauses) < 8
        assert sum(client.pauses) <= 20

    def test_a_call_of_an_emulator_is_waited_for(self) -> None:
        """Its time goes on by the pauses."""
        voice = Core(answering({"/answer": Response().pause(duration=60).to_bxml()}))
        client = Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, pause=voice.advance)
        voice.phone(NEW_CALL["to"]).answers(after=20)
        voice.fail(429, retry_after=5)
        call_id = client.create_call(**NEW_CALL).call_id
        assert voice.seconds == 5
        assert client.wait_until_answered(call_id).state == "answered"
        assert 25 <= voice.seconds < 40

    def test_patience_ends(self) -> None:
        """A call that cannot be seen for long is none."""
        with pytest.raises(NotFound):
            Patient(Scripted(replied(404))).wait_until_answered(CALL_ID, patience=0)

    def test_other_errors_end_the_waiting(self) -> None:
        """Who has no access learns it at once."""
        with pytest.raises(Unauthorized):
            Patient(Scripted(replied(401))).wait_until_answered(CALL_ID)


class TestConferences:
    """A conference is interrupted as a call is, with what conferences take."""

    def test_a_verb_that_no_conference_takes_is_refused(self) -> None:
        """The API would reject the whole document, and tell nobody; nothing is sent."""
        api = Scripted()
        with pytest.raises(InvalidDocument, match="makes a conference reject the whole document"):
            Patient(api).update_conference_bxml("conf-1", DOCUMENT)
        assert api.requests == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "redirect_url is missing; it is required unless status='completed'"),
            (
                {"status": "completed", "redirect_url": NEXT_URL},
                "status='completed' ends the conference, and takes no redirect_url",
            ),
            ({"status": "over"}, "Invalid status: supported are [active, completed]"),
        ],
    )
    def test_what_the_api_would_not_take_is_refused(self, arguments: dict[str, Any], message: str) -> None:
        """Before it is sent."""
        with pytest.raises(InvalidRequest) as caught:
            Patient(Scripted()).update_conference("conf-1", **arguments)
        assert str(caught.value) == message

    def test_an_id_that_is_none_is_refused(self) -> None:
        """By the name of its argument."""
        with pytest.raises(InvalidRequest, match=r'^conference_id="a/b" is not an id'):
            Patient(Scripted()).update_conference("a/b", status="completed")

    def test_an_error_names_the_conference(self) -> None:
        """And does not call it a call."""
        with pytest.raises(NotFound, match=r"^UpdateConference of conference conf-1: 404 Not Found"):
            Patient(Scripted(replied(404))).update_conference("conf-1", status="completed")
