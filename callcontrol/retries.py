"""What may be sent again, and after how long: the rules by operation, and one loop that follows them.

No operation takes a key that would make a repetition harmless, so that what decides is what a second request would do, and
whether the first can have been processed. https://dev.bandwidth.com/docs/voice/programmable-voice/errors

The loop is ours because it has several needs at once. Libraries meet some of them: stamina, for one, can wait as long as
Retry-After says and stops at a total time. This loop also raises at once if Retry-After is longer than the longest pause,
remembers after a later failure that an earlier attempt may have been processed, pauses in the virtual time of an emulator, and
tells of each attempt.
"""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from callcontrol.auth import TOKEN_REQUEST
from callcontrol.errors import ApiError, InvalidRequest, TransportError
from callcontrol.http_messages import Reply
from callcontrol.redaction import redacted

log: Final = logging.getLogger("callcontrol")

Rule = Literal["whatever happened", "if not processed"]

NOT_PROCESSED: Final = frozenset({429, 503})
"""The statuses that say that a request was not processed, and may be sent again."""

FAILED: Final = frozenset({500, 502, 504})
"""The statuses after which nobody knows whether it was."""

LONGEST_WAIT: Final = 86_400.0
"""Seconds: a day."""


@redacted
@dataclass(frozen=True)
class Attempt:
    """One request of an operation, and what became of it.

    Attributes:
        operation: The operation's name, such as ``CreateCall``.
        call_id: The call, if the operation is about one.
        number: Which attempt it was, from 1 on.
        seconds: How long it took.
        status: The status of the answer; ``None`` if there was none.
        error: What is raised unless there is another attempt; ``None`` after a success.
        pause: Seconds until the next attempt; ``None`` if there is none.
    """

    operation: str
    call_id: str | None
    number: int
    seconds: float
    status: int | None
    error: TransportError | ApiError | None
    pause: float | None


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How often, and for how long, an operation is attempted; what may be repeated at all depends on the operation.

    Args:
        attempts: Requests in all, at least 1.
        first_pause: Seconds before the second attempt; twice as long before each further one. Each pause is shortened by
            chance, to not less than half, so that those who failed together do not come back together.
        longest_pause: Seconds that no pause exceeds. If the API asks for a longer one, it is not made: the error is raised.
        deadline: Seconds from the first attempt after which none is begun; one under way then may take its own time-out.
        on_attempt: Is told of each attempt when it is over, before the pause.
    """

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 30.0
    deadline: float = 60.0
    on_attempt: Callable[[Attempt], object] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            InvalidRequest: if there would be no attempt, or a time is no number of seconds up to a day.
        """
        attempts = cast("object", self.attempts)  # which anybody may have given
        if not isinstance(attempts, int) or attempts < 1:
            raise InvalidRequest("attempts is not a whole number from 1 on")
        for name in ("first_pause", "longest_pause", "deadline"):
            seconds: object = getattr(self, name)
            if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_WAIT:
                raise InvalidRequest(f"{name} is not a number of seconds from 0 to {LONGEST_WAIT:g}")


NO_RETRIES: Final = Retries(attempts=1)
"""One attempt only."""


def attempted(  # noqa: PLR0913  what is sent, and what is allowed
    send: Callable[[], Reply],
    *,
    rule: Rule,
    retries: Retries,
    pause: Callable[[float], object] = time.sleep,
    operation: str = "",
    call_id: str | None = None,
) -> Reply:
    """The reply to a request, which is sent again as far as the rule and the times allow.

    Args:
        send: Sends it; raises an error if there is no success.
        rule: What may be repeated.
        retries: How often and how long.
        pause: Waits for a number of seconds.
        operation: The operation's name.
        call_id: The call.

    Raises:
        ApiError: that of the last attempt.
        TransportError: likewise.
    """
    begin, paused, doubt = time.monotonic(), 0.0, None
    for number in itertools.count(1):
        start = time.monotonic()
        reply, error = _outcome(send)
        end = time.monotonic()
        left = retries.deadline - max(paused, end - begin)  # for pauses may be of virtual time
        seconds = pause_after(error, number, rule, retries, left) if error else None
        if retries.on_attempt:
            status = reply.status if reply else None
            retries.on_attempt(Attempt(operation, call_id, number, end - start, status, error, seconds))
        if error is None and reply is not None:
            return reply
        if error is not None and seconds is None:
            error.doubt = doubt
            raise error
        doubt = error if error is not None and _may_have_been_processed(error) else doubt
        log.warning("%s is repeated after %.1f s: attempt %d failed", operation, seconds, number)
        pause(seconds or 0.0)
        paused += seconds or 0.0
    raise AssertionError  # pragma: no cover  the numbers do not end


def _outcome(send: Callable[[], Reply]) -> tuple[Reply | None, ApiError | TransportError | None]:
    """The reply, and the error if it is no success."""
    try:
        return send(), None
    except ApiError as error:
        return error.reply, error
    except TransportError as error:
        return None, error


def pause_after(error: ApiError | TransportError, number: int, rule: Rule, retries: Retries, left: float) -> float | None:
    """Seconds to wait before the next attempt; ``None`` if there is to be none."""
    if number >= retries.attempts or not may_be_repeated(error, rule):
        return None
    wanted = error.retry_after if isinstance(error, ApiError) else None
    usual = min(retries.first_pause * 2.0 ** min(number - 1, 64), retries.longest_pause)
    seconds = usual * random.uniform(0.5, 1) if wanted is None else wanted  # noqa: S311  no secret
    return seconds if seconds <= min(retries.longest_pause, left) else None


def may_be_repeated(error: ApiError | TransportError, rule: Rule) -> bool:
    """Whether a second request does no harm, or none that was not agreed to."""
    return _is_passing(error) and (rule == "whatever happened" or not _may_have_been_processed(error))


def _is_passing(error: ApiError | TransportError) -> bool:
    """Whether another attempt can end otherwise."""
    return isinstance(error, TransportError) or error.status in NOT_PROCESSED | FAILED


def _may_have_been_processed(error: ApiError | TransportError) -> bool:
    """Whether a request that can be repeated may have done what it was to do."""
    if error.operation == TOKEN_REQUEST:
        return False
    return error.sent if isinstance(error, TransportError) else error.status in FAILED
