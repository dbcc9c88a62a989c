"""The operations of the API as steps: their requests, retries, authentication and results, without I/O.

:class:`~callcontrol.Client` carries out these steps with blocking calls, and :class:`~callcontrol.AsyncClient` carries them out
on an event loop.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from bxml.messages.text import quote
from callcontrol import call_states, operation_table, responses
from callcontrol.adaptive_rate_limiter import RateLimiter, Turn
from callcontrol.auth import Auth
from callcontrol.call_models import CallState, CreatedCall
from callcontrol.clock import Clock
from callcontrol.errors import (
    ApiError,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Conflict,
    MismatchedResponse,
    NotAnswered,
    NotFound,
    TransportError,
)
from callcontrol.http_messages import Reply, Request
from callcontrol.ledger import LedgerKey, digest
from callcontrol.operation_table import Operation
from callcontrol.pagination import Page, query_of
from callcontrol.redacted_url_repr import redacted
from callcontrol.request_arguments import checked_id
from callcontrol.retries import NO_RETRIES, Retries, Rule, with_retries
from callcontrol.steps_and_drivers import DiscardConnections, Pause, PauseAborted, SendRequest, Steps

TOO_MANY_REQUESTS: Final = 429

FIRST_POLL: Final = 1.0
"""Seconds before :func:`wait_until_answered` asks again; each later pause is longer, up to :data:`LONGEST_POLL`."""

LONGEST_POLL: Final = 10.0
"""Seconds of the longest pause between two requests for the state of a call."""

log: Final = logging.getLogger("callcontrol")
"""Logs one line per response at level DEBUG, without headers, query and body."""


@redacted
@dataclass(frozen=True)
class Account:
    """An account at the API, with the rules that its requests follow.

    Attributes:
        account_id: The account.
        auth: The credentials.
        base_url: URL of the API, up to ``/accounts/``.
        retries: The limits of retries.
        clock: Measures pauses and deadlines.
        limiter: Slows down all requests together after a 429.
    """

    account_id: str
    auth: Auth
    base_url: str
    retries: Retries
    clock: Clock = field(default_factory=Clock, repr=False)
    limiter: RateLimiter = field(default_factory=RateLimiter, repr=False)

    def ledger_key(self, body: bytes) -> LedgerKey:
        """Return the key of a ledger for a request that is sent to many calls.

        Args:
            body: The body of the request, such as a document.
        """
        url = urlsplit(self.base_url)
        # Another path may lead to another server, or to none, so its outcomes are not those of the API.
        return LedgerKey(self.account_id, url.netloc + url.path.removesuffix(operation_table.API_PATH), digest(body))


# The operations


def create_call(account: Account, body: bytes, *, to: str, from_: str) -> Steps[CreatedCall]:
    """Create a call.

    Args:
        account: The account.
        body: The request.
        to: The number that is called; ``CallMayExist`` contains it.
        from_: The number of the caller; ``CallMayExist`` contains it too.

    Raises:
        CallMayExist: If it is uncertain whether the call was created.
    """
    since = datetime.now(UTC)
    try:
        reply = yield from perform(account, operation_table.CREATE_CALL, body=body, rule="if not processed")
        return responses.created_call(reply)
    except (TransportError, ApiError) as error:
        if not responses.may_have_created_a_call(error):
            raise
        raise CallMayExist(error, since, {"to": to, "from_": from_}) from None


def get_call_state(account: Account, call_id: str) -> Steps[CallState]:
    """Read the state of a call."""
    reply = yield from perform(account, operation_table.GET_CALL_STATE, call_id)
    return responses.call_state(reply, call_id)


def list_calls(account: Account, query: str) -> Steps[Page]:
    """Read a page of the list of calls."""
    return responses.page((yield from perform(account, operation_table.LIST_CALLS, query=query)))


def next_page(account: Account, page: Page) -> Steps[Page]:
    """Read the page after a page that has a link.

    Raises:
        ForeignLink: If the link leads to another host, port or path.
    """
    list_url = account.base_url + operation_table.LIST_CALLS.path.format(accountId=account.account_id)
    return (yield from list_calls(account, query_of(page, list_url, operation_table.LIST_CALLS.name)))


def interrupt(account: Account, operation: Operation, call_id: str, body: bytes, rule: Rule) -> Steps[Reply]:
    """Interrupt a call by UpdateCall or UpdateCallBxml.

    Raises:
        CallNotActive: If the API knows the call, but the call is not answered yet or has ended.
        NotFound: If the API does not know the call.
    """
    try:
        return (yield from perform(account, operation, call_id, body=body, rule=rule))
    except (NotFound, Conflict) as error:
        refused = error
    try:
        state = yield from _known_state(account, call_id)
    except NotFound:
        if isinstance(refused, NotFound):
            raise refused from None
        state = None  # the API knows the call, and does not show it yet
    except PauseAborted as aborted:
        aborted.may_have_been_processed |= refused.doubt is not None
        raise
    not_active = CallNotActive(refused.reply, operation.name, call_id, state)
    not_active.doubt = refused.doubt
    raise not_active


def push(account: Account, call_id: str, body: bytes) -> Steps[Reply]:
    """Push a document into a call by UpdateCallBxml.

    Raises:
        CallNotActive: If the API knows the call, but the call is not answered yet or has ended.
        NotFound: If the API does not know the call.
    """
    return interrupt(account, operation_table.UPDATE_CALL_BXML, call_id, body, "always")


def _known_state(account: Account, call_id: str) -> Steps[CallState | None]:
    """Read the state of a call without retries, because an earlier error must be raised soon. On failure, return ``None``.

    Raises:
        NotFound: If the API does not know the call.
    """
    try:
        reply = yield from perform(account, operation_table.GET_CALL_STATE, call_id, retries=NO_RETRIES)
        return responses.call_state(reply, call_id)
    except NotFound:
        raise
    except CallControlError:
        return None


def hang_up(account: Account, call_id: str, body: bytes) -> Steps[Reply]:
    """End a call; succeed if the call has already ended.

    Raises:
        CallNotActive: If the call cannot be ended.
    """
    try:
        return (yield from interrupt(account, operation_table.UPDATE_CALL, call_id, body, "always"))
    except CallNotActive as error:
        if error.state is not None and error.state != call_states.DISCONNECTED:
            raise
        return error.reply


def wait_until_answered(account: Account, call_id: str, timeout: float, patience: float) -> Steps[CallState]:
    """Read the state of a call repeatedly until the call is answered.

    Args:
        account: The account.
        call_id: The call.
        timeout: Seconds to wait altogether.
        patience: Seconds during which 404 is tolerated, because a new call is not visible immediately.

    Raises:
        CallNotActive: If the call ends before it is answered.
        NotAnswered: If the call is not answered in time.
        NotFound: If the API does not know the call after ``patience`` seconds.
    """
    begin, pause = account.clock.now(), FIRST_POLL
    while True:
        passed = account.clock.now() - begin
        call = yield from _visible_state(account, call_id, patient=passed < patience)
        if call is not None and call.state == call_states.ANSWERED:
            return call
        if call is not None and call.state == call_states.DISCONNECTED:
            raise CallNotActive(call.reply, operation_table.GET_CALL_STATE.name, call_id, call)
        left = timeout - passed
        if left <= 0:
            raise NotAnswered(call_id, timeout, call)
        yield Pause(min(pause, left))
        pause = min(pause * 1.5, LONGEST_POLL)


def _visible_state(account: Account, call_id: str, *, patient: bool) -> Steps[CallState | None]:
    """Read the state of a call. If the API does not know the call, return ``None``, because the call may be too new."""
    try:
        return (yield from get_call_state(account, call_id))
    except NotFound:
        if not patient:
            raise
        return None


# One request


def perform(  # noqa: PLR0913  the parts of a request, and its limits
    account: Account,
    operation: Operation,
    id_: str | None = None,
    *,
    query: str = "",
    body: bytes = b"",
    rule: Rule = "always",
    retries: Retries | None = None,
) -> Steps[Reply]:
    """Send the request of an operation, with the retries that ``rule`` allows, and return the response if it is a success.

    Args:
        account: The account.
        operation: The operation.
        id_: The id of the call or the conference, if the operation has one.
        query: The query of the URL.
        body: The body.
        rule: The failures after which the request may be sent again.
        retries: The limits of retries; default: those of the account.

    Raises:
        InvalidRequest: If the id is invalid.
        ApiError: If the last response is not a success.
        TransportError: If the last attempt had no response.
    """
    url = _url(account, operation, id_, query)
    return with_retries(
        lambda: _attempt(account, operation, url, body, id_),
        rule=rule,
        retries=retries or account.retries,
        clock=account.clock,
        operation=operation.name,
        call_id=id_,
    )


def _url(account: Account, operation: Operation, id_: str | None, query: str) -> str:
    checked = checked_id(operation.id_name, id_) if operation.id_name else ""
    path = operation.path.format(accountId=account.account_id, callId=checked, conferenceId=checked)
    return f"{account.base_url}{path}{'?' + query if query else ''}"


def _attempt(account: Account, operation: Operation, url: str, body: bytes, id_: str | None) -> Steps[Reply]:
    """Send a request once, and return the response if it is a success and about the right call.

    If the API rejects the credentials, it has not processed the request. The request is then sent again with new credentials.
    """
    try:
        authorization = yield from account.auth.authorization(account.base_url)
        reply = yield from _send(account, operation, url, body, authorization)
        if reply.status == operation_table.UNAUTHORIZED and account.auth.refused(authorization):
            authorization = yield from account.auth.authorization(account.base_url)
            reply = yield from _send(account, operation, url, body, authorization)
    except TransportError as error:
        if error.operation:  # the token request failed, and this one was not sent
            raise
        raise TransportError(error.reason, operation.name, id_, error.sent) from None
    other = responses.other_id(reply, operation, id_)
    if other is not None:
        yield DiscardConnections()
        raise MismatchedResponse(f"the response is about {quote(other)}", operation.name, id_)
    return responses.successful(reply, operation, id_)


def _send(account: Account, operation: Operation, url: str, body: bytes, authorization: str) -> Steps[Reply]:
    """Send a request in its turn, and let the limiter learn from the response."""
    turn = account.limiter.turn(account.clock.now())
    if turn.wait > 0:
        turn = yield from _wait_for_turn(account, turn)
    headers = operation.headers.plus("Authorization", authorization)
    start = time.perf_counter()
    reply: Reply = yield SendRequest(Request(operation.method, url, headers, body))
    if log.isEnabledFor(logging.DEBUG):
        milliseconds = (time.perf_counter() - start) * 1000
        path = urlsplit(url).path  # the query may contain phone numbers
        log.debug("%s %s %s: %d in %.0f ms", operation.name, operation.method, path, reply.status, milliseconds)
    if reply.status == TOO_MANY_REQUESTS:
        _slow_down(account, operation, turn, reply)
    else:
        account.limiter.accepted(account.clock.now())
    return reply


def _wait_for_turn(account: Account, turn: Turn) -> Steps[Turn]:
    """Wait for a turn, or for a later turn if the rate is lowered meanwhile, and return the turn."""
    while True:
        yield Pause(turn.wait)
        if account.limiter.is_current(turn):
            return turn
        turn = account.limiter.turn(account.clock.now())


def _slow_down(account: Account, operation: Operation, turn: Turn, reply: Reply) -> None:
    """Slow down all requests of the client after a response with status 429."""
    retry_after = ApiError(reply).retry_after
    capped = None if retry_after is None else min(retry_after, account.retries.longest_pause)
    state = account.limiter.refused(account.clock.now(), turn, capped)
    if state is not None:
        log.warning("%s: 429 Too Many Requests; all requests of this client are %s", operation.name, state)
