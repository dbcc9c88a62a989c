"""``--wait`` and ``--wait-timeout``: the end of the wait, and the lines on a terminal with the state and remaining time."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Iterator
from typing import Final

import pytest

from callcontrol import CallNotActive, Client, NotAnswered, NotFound, OAuth2
from callcontrol.command.wait_for_answer import _TimeLeft, wait_until_answered
from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import Run
from tests.callcontrol.command.test_output import Terminal
from tests.callcontrol.command.test_process import on_a_terminal
from tests.callcontrol.command.test_process import ran as ran_in_a_process
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, Scripted, replied

TOKEN: Final = replied(200, {"access_token": "t", "expires_in": 3600})


class Time:
    """A fake clock. Its time changes only by pauses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def client(*states: str | None) -> Client:
    """Return a client whose API responds with these states, and then repeats the last state. ``None`` is an unknown call."""
    replies = [replied(200, {"callId": CALL_ID, "state": state}) if state else replied(404) for state in states]
    return Client(ACCOUNT, OAuth2("id", "secret"), send=Scripted(TOKEN, *replies))


class TestWait:
    """The end of the wait, on a fake clock."""

    def test_state_of_the_answered_call_is_returned(self) -> None:
        """The pauses between two requests grow, and the wait ends when the call is answered."""
        clock = Time()
        call = wait_until_answered(
            client(None, "queued", "initiated", "initiated", "answered"), CALL_ID, 60, clock=clock, pause=clock.pause
        )
        assert call.state == "answered"
        assert clock.pauses == [1, 1.5, 2.25, 3.375]

    def test_wait_ends_after_the_timeout(self) -> None:
        """If the call still rings at the end, the error has the timeout and the state, and the last pause is shortened."""
        clock = Time()
        with pytest.raises(NotAnswered, match="timed out after 12 s; the call is still initiated"):
            wait_until_answered(client("initiated"), CALL_ID, 12, clock=clock, pause=clock.pause)
        assert (sum(clock.pauses), max(clock.pauses)) == (12, 5.0625 - 1.1875)

    def test_long_waits_poll_every_ten_seconds(self) -> None:
        """The pauses grow to ten seconds."""
        clock = Time()
        with pytest.raises(NotAnswered):
            wait_until_answered(client("queued"), CALL_ID, 120, clock=clock, pause=clock.pause)
        assert max(clock.pauses) == 10

    def test_call_that_ends_ends_the_wait(self) -> None:
        """If the call ends without an answer, the wait ends at once."""
        clock = Time()
        with pytest.raises(CallNotActive):
            wait_until_answered(client("initiated", "disconnected"), CALL_ID, 60, clock=clock, pause=clock.pause)
        assert clock.pauses == [1]

    def test_unknown_call_is_tolerated_for_a_minute(self) -> None:
        """An unknown call ends the wait after a minute, even if the timeout is longer."""
        clock = Time()
        with pytest.raises(NotFound):
            wait_until_answered(client(None), CALL_ID, 600, clock=clock, pause=clock.pause)
        assert 60 <= sum(clock.pauses) < 75


class TestDisplay:
    """The lines on stderr."""

    @pytest.mark.parametrize("stream", [None, io.StringIO()])
    def test_nothing_is_shown_without_a_terminal(self, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None) -> None:
        """If stderr is closed or not a terminal, nothing is written."""
        with monkeypatch.context() as context:
            context.setattr(sys, "stderr", stream)
            with _TimeLeft(CALL_ID, 160, Time()) as shown:
                shown.state("queued")
            assert shown._live is None
        assert stream is None or stream.getvalue() == ""

    def test_state_and_time_left_are_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The lines have the time left, the call, and its latest state; control characters are escaped."""
        clock = Time()
        monkeypatch.setenv("TERM", "xterm")
        with monkeypatch.context() as context:
            context.setattr(sys, "stderr", Terminal())
            with _TimeLeft(CALL_ID, 160, clock) as shown:
                texts: list[str] = []
                for state in (None, "queued", "\x1b[2J"):
                    shown.state(state)
                    texts.append(shown._line())
                    clock.now += 29.5
        begin, end = "waiting for an answer, ", f"s left: call {CALL_ID} is "
        assert texts == [f"{begin}60 {end}not visible yet", f"{begin}31 {end}queued", f"{begin}1 {end}\\x1b[2J"]


class TestOptions:
    """The options in the process of the test."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--wait-timeout", "5"], "--wait-timeout requires --wait"),
            (
                ["--wait-timeout", "soon", "--wait"],
                "invalid value for '--wait-timeout': \"soon\" is not a number of seconds above 0 and up to 86400",
            ),
        ],
    )
    def test_misuse_is_reported(self, run: Run, voice: Emulator, options: list[str], message: str) -> None:
        """An invalid timeout, or a timeout without ``--wait``, is rejected, and nothing is sent."""
        assert run("get", CALL_ID, *options) == (2, "", f"callcontrol: {message}; see callcontrol get --help\n")
        assert not voice.exchanges


@pytest.fixture
def ringing(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Emulator, str]]:
    """Start an emulator whose calls ring until the test answers, and yield it with the id of a ringing call."""
    with Emulator(answers=False) as voice:
        variables = {"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "secret", "BW_VOICE_URL": voice.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with Client.from_env() as client:
            call_id = client.create_call(**NEW_CALL).call_id
        voice.initiate(call_id)
        yield voice, call_id


def test_process_ends_after_the_timeout(ringing: tuple[Emulator, str]) -> None:
    """After the timeout, the exit code is 3, and the message has the state. Without a terminal there are no other lines."""
    _, call_id = ringing
    ran = ran_in_a_process("get", call_id, "--wait", "--wait-timeout", "1.5")
    message = f"callcontrol: call {call_id}: timed out after 1.5 s; the call is still initiated\n"
    assert ran == (3, "", message)


def test_terminal_shows_the_state_and_the_time_left(ringing: tuple[Emulator, str]) -> None:
    """A terminal shows the call, its state and the time left, and then the answered call."""
    voice, call_id = ringing
    answering = threading.Timer(3, voice.answer, [call_id])
    answering.start()
    code, shown, _ = on_a_terminal("get", call_id, "--wait", "--wait-timeout", "30", NO_COLOR="1")
    answering.join()
    assert code == 0
    assert len({*re.findall(r"waiting for an answer, (\d+) s left: call", shown)}) >= 2
    assert f"{call_id} is initiated" in shown
    assert re.search(r"state +answered", shown)
