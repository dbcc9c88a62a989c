"""A 429 slows down all requests of a client, and the rate recovers."""

from __future__ import annotations

import heapq
import itertools
import random
import sys
import threading
from typing import Final

import pytest

from callcontrol.adaptive_rate_limiter import BACKOFF, DEFAULT_PAUSE, FORGET_AFTER, SLOWEST, LimiterState, RateLimiter


def limited(accepted: int = 25, now: float = 10.0, retry_after: float | None = None) -> RateLimiter:
    """Return a limiter that met its first 429 after a number of accepted requests."""
    limiter = RateLimiter()
    for _ in range(accepted):
        limiter.accepted(now)
    limiter.refused(now, limiter.turn(now), retry_after)
    return limiter


class TestTurns:
    """A turn tells a request how long to wait."""

    def test_no_request_waits_before_the_first_429(self) -> None:
        """Before the first 429, there is no limit, and no request must wait."""
        limiter = RateLimiter()
        assert {limiter.turn(0.0).wait for _ in range(1000)} == {0.0}
        assert limiter.state(0.0) == LimiterState()

    def test_a_429_sets_the_rate_and_pauses(self) -> None:
        """The rate is a fraction of the requests accepted in a second. Without Retry-After, requests pause for a second."""
        limiter = limited(accepted=25)
        assert limiter.state(10.0) == LimiterState(25 * BACKOFF, DEFAULT_PAUSE)
        waits = [limiter.turn(10.0).wait for _ in range(3)]
        assert waits == pytest.approx([1.0, 1.05, 1.1])

    def test_retry_after_is_obeyed(self) -> None:
        """All requests pause for as long as Retry-After asks."""
        assert limited(retry_after=20).turn(10.0).wait == 20

    def test_requests_sent_before_do_not_lower_the_rate_again(self) -> None:
        """If several concurrent requests are refused, the rate is lowered only once, and the longest Retry-After is used."""
        limiter = RateLimiter()
        turns = [limiter.turn(0.0) for _ in range(64)]
        for _ in range(25):
            limiter.accepted(0.1)
        assert limiter.refused(0.1, turns[0], None) is not None
        assert [limiter.refused(0.1, turn, None) for turn in turns[1:]] == [None] * 63
        assert limiter.state(0.1).rate == 25 * BACKOFF
        assert limiter.refused(0.1, turns[0], 5.0) is None
        assert limiter.state(0.1) == LimiterState(25 * BACKOFF, 5.0)

    def test_turns_of_an_earlier_rate_are_void(self) -> None:
        """If the rate is lowered while a request waits, the request asks for another turn."""
        limiter = limited()
        turn = limiter.turn(11.0)
        assert limiter.is_current(turn)
        limiter.refused(11.5, turn, None)
        assert not limiter.is_current(turn)
        assert limiter.is_current(limiter.turn(11.5))

    def test_the_rate_has_a_lower_bound(self) -> None:
        """If the API accepted no requests before the 429, the new rate is the lower bound instead of zero."""
        assert limited(accepted=0).state(10.0).rate == SLOWEST

    def test_a_429_can_be_recorded_while_other_threads_record_responses(self) -> None:
        """A thread can count the accepted requests while other threads record further responses."""
        limiter = RateLimiter()
        for _ in range(4000):
            limiter.accepted(0.0)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                limiter.accepted(0.0)

        threads = [threading.Thread(target=accept) for _ in range(2)]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for thread in threads:
                thread.start()
            for _ in range(100):
                limiter.refused(0.0, limiter.turn(0.0), None)
        finally:
            stop.set()
            sys.setswitchinterval(interval)
            for thread in threads:
                thread.join()
        assert limiter.state(0.0).rate == SLOWEST

    def test_the_rate_recovers(self) -> None:
        """The rate grows as long as there is no further 429. After a minute, there is no limit."""
        limiter = limited()
        rates = [limiter.state(10.0 + seconds).rate or 0.0 for seconds in (0, 2, 10, 30)]
        assert rates == sorted(rates)
        assert rates[-1] > rates[0]
        assert limiter.state(10.0 + DEFAULT_PAUSE + FORGET_AFTER + 1) == LimiterState()
        assert limiter.turn(100.0).wait == 0

    def test_state_is_readable(self) -> None:
        """The state can be converted to a string. Progress displays show this string."""
        assert str(LimiterState()) == "not limited"
        assert str(LimiterState(20.0, 0.2)) == "limited to 20 requests/s"
        assert str(LimiterState(20.0, 30.4)) == "limited to 20 requests/s, paused for 30 s"


LATENCY: Final = 0.02


def simulate(workers: int, *, limit: int = 25, calls: int = 1000, attempts: int = 4) -> tuple[int, int, float]:
    """Simulate an API with a limit per second. Return the numbers of delivered calls, of 429 responses and of seconds."""
    limiter, chance = RateLimiter(), random.Random(1)
    numbers, events = itertools.count(), list[tuple[float, int, str, tuple[int, object]]]()
    left, delivered, refused, now, sent = calls, 0, 0, 0.0, dict[int, int]()

    def push(at: float, kind: str, attempt: int, turn: object = None) -> None:
        heapq.heappush(events, (at, next(numbers), kind, (attempt, turn)))

    for _ in range(workers):
        push(0.0, "begin", 1)
    while events:
        now, _, kind, (attempt, turn) = heapq.heappop(events)
        if kind == "begin" and left:
            left -= 1
            push(now, "wait", 1)
        elif kind == "wait":
            mine = limiter.turn(now)
            push(now + mine.wait, "send", attempt, mine)
        elif kind == "send" and not limiter.is_current(turn):  # type: ignore[arg-type]
            push(now, "wait", attempt)
        elif kind == "send":
            sent[int(now)] = sent.get(int(now), 0) + 1
            push(now + LATENCY, "accepted" if sent[int(now)] <= limit else "refused", attempt, turn)
        elif kind == "accepted":
            limiter.accepted(now)
            delivered += 1
            push(now, "begin", 1)
        elif kind == "refused":
            refused += 1
            limiter.refused(now, turn, None)  # type: ignore[arg-type]
            again = attempt < attempts
            push(
                now + (0.5 * 2 ** (attempt - 1) * chance.uniform(0.5, 1) if again else 0),
                "wait" if again else "begin",
                attempt + 1,
            )
    return delivered, refused, now


@pytest.mark.parametrize("workers", [16, 64])
def test_workers_back_off_together(workers: int) -> None:
    """With a limit of 25 requests a second, 1,000 calls are delivered with fewer than 100 responses of status 429."""
    delivered, refused, seconds = simulate(workers)
    assert delivered == 1000
    assert refused < 100
    assert seconds < 1.5 * 1000 / 25
