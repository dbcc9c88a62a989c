"""A test waits for a recording, for a new call and for a new member of a conference."""

from __future__ import annotations

import threading

import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator import Assumptions, Call, Core, NotHeard
from tests.callcontrol.emulator.scripted_application import create
from tests.callcontrol.emulator.table_application import Answers

RECORD = Response().record(max_duration=9, silence_timeout=0, recording_available_url="https://app.example/available")
ROOM = Response().conference("room")


def first_line(error: pytest.ExceptionInfo[NotHeard]) -> str:
    """Return the first line of an error message."""
    return str(error.value).splitlines()[0]


class TestRecording:
    """A recording is returned when it is available."""

    def test_it_is_returned_when_it_is_available(self) -> None:
        """The event of the recording has been sent by then. Time also advances if no event is sent."""
        app = Answers(answer=RECORD.record(max_duration=3, silence_timeout=0).pause(duration=60))
        voice = Core(app, assumptions=Assumptions(seconds_until_recording=7))
        call = voice.dial("/answer")
        first, second = call.expect_recording(), call.expect_recording()
        assert (first.seconds, first.status, second.seconds, second.status) == (9, "complete", 3, "complete")
        assert ("/available", "recordingAvailable") in app.received
        assert voice.seconds == 9 + 3 + 7

    def test_recordings_that_end_with_the_call_are_returned(self) -> None:
        """The recordings are returned in the order in which they become available."""
        voice = Core(Answers(answer=Response().start_recording().record(max_duration=2, silence_timeout=0).pause(duration=5)))
        call = voice.dial("/answer")
        assert call.expect_end() == "hangup"
        assert [call.expect_recording().seconds for _ in range(2)] == [2, 7]

    @pytest.mark.parametrize(
        ("document", "within", "reason"),
        [
            (Response().pause(duration=100), 5, "within 5 s; the current verb is Pause"),
            (RECORD.pause(duration=100), 10, "within 10 s; the current verb is Pause"),
            (Response().pause(duration=1), 60, "before the call ended with hangup"),
        ],
        ids=["none", "not available in time", "none before the end"],
    )
    def test_a_missing_recording_fails_the_test(self, document: Response, within: float, reason: str) -> None:
        """The message gives the reason."""
        call = Core(Answers(answer=document)).dial("/answer")
        with pytest.raises(NotHeard) as caught:
            call.expect_recording(within)
        assert first_line(caught) == f"no recording became available {reason}"

    def test_an_invalid_time_is_refused(self) -> None:
        """An invalid number of seconds raises ``ValueError``, as in other expectations."""
        with pytest.raises(ValueError, match="within"):
            Core(Answers(answer=RECORD)).dial("/answer").expect_recording(-1)

    def test_in_real_time_it_waits(self) -> None:
        """The expectation returns when the recording is available in the call's time."""
        with Core(Answers(answer=RECORD.pause(duration=60)), speed=200) as voice:
            assert voice.dial("/answer").expect_recording().status == "complete"


class TestNewCall:
    """A call that the application makes is returned."""

    def test_calls_of_the_api_and_of_transfers_are_returned_once(self) -> None:
        """Calls that the test dialed are not new. A call that was made before the expectation is found too."""
        app = Answers(answer=Response().pause(duration=5).transfer([PhoneNumber("+13365550142"), PhoneNumber("+13365550143")]))
        voice = Core(app)
        voice.dial("/answer")
        created = create(voice, to="+12125550199", answer_url="https://app.example/other")
        assert voice.expect_call() is created
        legs = [voice.expect_call("0143"), voice.expect_call()]
        assert [leg.to for leg in legs] == ["+13365550143", "+13365550142"]
        assert voice.seconds == 5

    def test_a_missing_call_fails_the_test(self) -> None:
        """The message names the numbers of new calls, because the application may have called another number."""
        voice = Core(Answers(answer=Response().transfer([PhoneNumber("+13365550142")])))
        with pytest.raises(NotHeard) as caught:
            voice.expect_call(within=2.5)
        assert str(caught.value) == "there was no new call within 2.5 s"
        voice.dial("/answer")
        with pytest.raises(NotHeard) as caught:
            voice.expect_call("+13365550177", 3)
        assert str(caught.value) == "there was no call to +13365550177 within 3 s; new calls: +13365550142"


class TestNewMember:
    """A call that joins a conference is returned."""

    def test_each_join_is_returned_once(self) -> None:
        """A member may leave before the expectation. A new conference may have the name of an ended conference."""
        voice = Core(Answers(answer=Response().pause(duration=3).conference("room"), other=ROOM))
        first, second = voice.dial("/answer"), voice.dial("/other")
        assert voice.expect_member("room") is second
        second.hang_up()
        third = voice.dial("/other")
        assert (voice.expect_member("room"), voice.expect_member("room")) == (third, first)
        assert len(voice.conferences) == 2

    def test_a_missing_member_fails_the_test(self) -> None:
        """The message has the timeline of the conference, or the names of all conferences."""
        voice = Core(Answers(answer=ROOM))
        with pytest.raises(NotHeard) as caught:
            voice.expect_member("room", 1)
        assert str(caught.value) == 'no call joined conference "room" within 1 s; conferences: none'
        call = voice.dial("/answer")
        assert voice.expect_member("room") is call
        with pytest.raises(NotHeard) as caught:
            voice.expect_member("hall", 1)
        assert str(caught.value) == 'no call joined conference "hall" within 1 s; conferences: "room"'
        with pytest.raises(NotHeard) as caught:
            voice.expect_member("room", 1)
        assert first_line(caught) == 'no call joined conference "room" within 1 s'
        assert caught.value.timeline is voice.conferences[0].timeline

    def test_in_real_time_another_thread_may_join(self) -> None:
        """The expectation waits while another thread dials."""
        with Core(Answers(answer=ROOM), speed=1) as voice:
            thread = threading.Timer(0.05, voice.dial, ["/answer"])
            thread.start()
            assert isinstance(voice.expect_member("room"), Call)
            thread.join()


def test_faults_are_listed_and_cleared() -> None:
    """A fault or a delay is listed until it no longer applies to a request."""
    voice = Core(Answers(answer=Response().pause()))
    voice.fail(429, times=2, operation="CreateCall", retry_after=5)
    voice.cut()
    voice.delay_webhooks(1, path="/answer")
    assert [(fault.times, fault.status, fault.cuts) for fault in voice.faults] == [(2, 429, False), (1, None, True)]
    assert [delay.path for delay in voice.webhook_delays] == ["/answer"]
    voice.dial("/answer").expect_end()
    assert voice.webhook_delays == []
    voice.clear_faults()
    assert voice.faults == []
    create(voice)
    voice.delay_webhooks(1)
    voice.clear_webhook_delays()
    assert voice.webhook_delays == []
