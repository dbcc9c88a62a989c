"""Retries: which failures allow another attempt, how long to pause before that attempt, and the loop of attempts.

The API has no idempotency keys. Whether a request is retried depends on what a second request would do, and on whether the
first request may have been processed. https://dev.bandwidth.com/docs/voice/programmable-voice/errors

A library for retries, such as stamina, can pause as long as Retry-After says and stop at a deadline. This loop also raises
immediately if Retry-After is longer than the longest pause, records that an earlier attempt may have been processed, pauses in
the virtual time of an emulator, and reports each attempt.
"""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from bxml.messages.redaction import redact_urls
from bxml.messages.text import escape_unprintable, quote
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.clock import Clock
from callcontrol.errors import ApiError, InvalidRequest, TransportError, status_line
from callcontrol.http_messages import Reply
from callcontrol.redacted_url_repr import redacted
from callcontrol.steps_and_drivers import Pause, PauseAborted, Steps

log: Final = logging.getLogger("callcontrol")
"""Logs one line per retry, at level WARNING."""

Rule = Literal["always", "if not processed"]
"""The failures that are retried: all temporary failures, or only the failures of requests that were not processed."""


def rule_of(command: str | None, *, repeat: bool) -> Rule:
    """Return the rule for a request that ends or redirects a call or conference. A repeated redirect may be heard twice.

    Args:
        command: ``completed`` if the request ends the call or conference; such a request can be repeated any number of times.
        repeat: Whether to retry a redirect that may have been processed.
    """
    return "always" if repeat or command == "completed" else "if not processed"


NOT_PROCESSED: Final = frozenset({429, 503})
"""The statuses of requests that were not processed and can be sent again."""

FAILED: Final = frozenset({500, 502, 504})
"""The statuses of requests that may have been processed."""

LONGEST_WAIT: Final = 86_400.0
"""Maximum seconds of a pause or a deadline: one day."""


@redacted
@dataclass(frozen=True)
class Attempt:
    """One attempt at an operation, and its result.

    Attributes:
        operation: The operation's name, such as ``CreateCall``.
        call_id: The id of the call or conference; ``None`` if the operation has none.
        number: The number of the attempt, from 1.
        seconds: Duration of the attempt, in seconds.
        status: Status of the response; ``None`` if no response arrived.
        error: The error, which is raised if this is the last attempt; ``None`` after a success.
        pause: Seconds until the next attempt; ``None`` if this is the last attempt.
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
    """The limits of retries. Whether a failed request may be sent again at all depends on the operation.

    Args:
        attempts: Maximum number of requests, at least 1; default 4.
        first_pause: Seconds before the second attempt, doubled for each further attempt; default 0.5. Each pause is multiplied
            by a random factor from 0.5 to 1, so that clients that failed together do not retry together.
        longest_pause: Maximum seconds of a pause; default 30. If the API sends a longer Retry-After, the error is raised
            immediately.
        deadline: Maximum seconds between the beginning of the first attempt and the beginning of the last attempt; default 60.
            An attempt that began before the deadline may still take as long as the client's timeout.
        on_attempt: Function that is called with an :class:`Attempt` after each attempt, before the pause.

    Raises:
        InvalidRequest: If ``attempts`` is less than 1, or a number of seconds is not from 0 to 86400.
    """

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 30.0
    deadline: float = 60.0
    on_attempt: Callable[[Attempt], object] | None = None

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            InvalidRequest: If ``attempts`` is less than 1, or a number of seconds is not from 0 to 86400.
        """
        attempts = cast("object", self.attempts)  # callers without a type checker may pass anything
        if not isinstance(attempts, int) or attempts < 1:
            raise InvalidRequest(f"attempts={quote(attempts)} is not an integer of at least 1")
        for name in ("first_pause", "longest_pause", "deadline"):
            seconds: object = getattr(self, name)
            if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_WAIT:
                raise InvalidRequest(f"{name}={quote(seconds)} is not a number of seconds from 0 to {LONGEST_WAIT:g}")


NO_RETRIES: Final = Retries(attempts=1)
"""Settings for a single attempt without retries."""


def with_retries(  # noqa: PLR0913  independent settings
    attempt: Callable[[], Steps[Reply]],
    *,
    rule: Rule,
    retries: Retries,
    clock: Clock,
    operation: str = "",
    call_id: str | None = None,
) -> Steps[Reply]:
    """Make attempts until one succeeds, as long as the rule and the limits allow another attempt, and return the response.

    Args:
        attempt: Function that starts one attempt, which raises an error unless the response is a success.
        rule: The failures after which the request may be sent again.
        retries: The limits of retries.
        clock: Clock that measures the attempts and the deadline.
        operation: The operation's name, for the log and ``on_attempt``.
        call_id: The id of the call or conference, for ``on_attempt``.

    Raises:
        ApiError: If the last attempt had a response.
        TransportError: If the last attempt had no response.
    """
    begin, doubt = clock.now(), None
    try:
        for number in itertools.count(1):
            start = begin if number == 1 else clock.now()
            reply: Reply | None = None
            error: ApiError | TransportError | None = None
            try:
                reply = yield from attempt()
            except ApiError as failed:
                reply, error = failed.reply, failed
            except TransportError as failed:
                error = failed
            if error is None and not retries.on_attempt:  # the usual case, which needs no clock
                return cast("Reply", reply)
            end = clock.now()
            seconds = pause_after(error, number, rule, retries, begin + retries.deadline - end) if error else None
            if retries.on_attempt:
                status = reply.status if reply else None
                retries.on_attempt(Attempt(operation, call_id, number, end - start, status, error, seconds))
            if error is None:
                return cast("Reply", reply)
            if seconds is None:
                error.doubt = doubt
                raise error
            doubt = error if _may_have_been_processed(error) else doubt
            log.warning("%s: attempt %d failed (%s); retrying in %.1f s", operation, number, _cause(error), seconds)
            yield Pause(seconds)
    except PauseAborted as aborted:
        aborted.may_have_been_processed |= doubt is not None
        raise
    raise AssertionError  # pragma: no cover  count() does not end


def _cause(error: ApiError | TransportError) -> str:
    """Return the cause of a failure for the log: the status with its phrase, or the reason of a TransportError."""
    if isinstance(error, ApiError):
        return status_line(error.status)
    return escape_unprintable(redact_urls(error.reason))


def pause_after(error: ApiError | TransportError, number: int, rule: Rule, retries: Retries, left: float) -> float | None:
    """Return the seconds to wait before the next attempt, or ``None`` if the error must be raised.

    Args:
        error: The error of this attempt.
        number: The number of this attempt, from 1.
        rule: The failures after which the request may be sent again.
        retries: The limits of retries.
        left: Seconds until the deadline.
    """
    if number >= retries.attempts or not may_be_retried(error, rule):
        return None
    requested = error.retry_after if isinstance(error, ApiError) else None
    # The exponent is limited, because a float overflows at 2 ** 1024.
    usual = min(retries.first_pause * 2.0 ** min(number - 1, 64), retries.longest_pause)
    seconds = usual * random.uniform(0.5, 1) if requested is None else requested  # noqa: S311  jitter needs no secure source
    return seconds if seconds <= min(retries.longest_pause, left) else None


def may_be_retried(error: ApiError | TransportError, rule: Rule) -> bool:
    """Return whether the rule allows another attempt after this error."""
    return _is_temporary(error) and (rule == "always" or not _may_have_been_processed(error))


def _is_temporary(error: ApiError | TransportError) -> bool:
    """Return whether another attempt may succeed."""
    return isinstance(error, TransportError) or error.status in NOT_PROCESSED | FAILED


def _may_have_been_processed(error: ApiError | TransportError) -> bool:
    """Return whether the API may have processed a request that failed with this temporary error."""
    # After a failed token request, the operation itself was not sent.
    if error.operation == TOKEN_REQUEST:
        return False
    return error.sent if isinstance(error, TransportError) else error.status in FAILED
