"""The client of the five operations."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, Self, TypeAlias, cast
from urllib.parse import urlencode, urlsplit

import bxml
from bxml.check import check
from bxml.wire import python_name
from bxml.words import shown
from callcontrol import fields as tables
from callcontrol import operations, states
from callcontrol.auth import TOKEN_REQUEST, Auth, BasicAuth, OAuth2
from callcontrol.calls import CallState, CreatedCall, MachineDetection, Method, from_json
from callcontrol.errors import (
    BY_STATUS,
    ApiError,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Conflict,
    InvalidRequest,
    NotAnswered,
    NotFound,
    TransportError,
    UnreadableReply,
)
from callcontrol.http import Headers, Reply, Request, Send
from callcontrol.interruptions import Pause, Tally, interrupt_many
from callcontrol.ledger import Outcome
from callcontrol.operations import BASE_URL, Operation
from callcontrol.pages import CallList, Page, next_link, query_of
from callcontrol.retries import NO_RETRIES, NOT_PROCESSED, Retries, Rule, attempted
from callcontrol.times import in_iso
from callcontrol.transport import Transport

LONGEST_TIMEOUT: Final = 86_400
"""Seconds that may be waited for one answer: a day, beyond which some systems cannot wait at all."""

USUAL_RETRIES: Final = Retries()

FIRST_LOOK: Final = 1.0
"""Seconds before :meth:`Client.wait_until_answered` looks again, longer each time up to :data:`LAST_LOOK`."""

LAST_LOOK: Final = 10.0

_WITHOUT_ID: Final = {operations.CREATE_CALL, operations.LIST_CALLS}

_BASE_URL: Final = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(:(?P<port>[0-9]{1,5}))?(/[^\s?#]*)?", re.IGNORECASE | re.ASCII
)

Document: TypeAlias = bxml.Response | bxml.Bxml | str | bytes

log: Final = logging.getLogger("callcontrol")
"""Gets one line for each operation that is answered, at level DEBUG, and never a header, a query or a body."""


class Client:
    """The calls of one account: creates, reads, redirects, interrupts and ends them.

    It keeps one pool of connections and may be shared between threads. Every method raises, beside what it names itself,
    :class:`ApiError` for an answer that is no success and :class:`TransportError` if none comes back.

    Args:
        account_id: The account, as text.
        auth: :class:`OAuth2`, or :class:`BasicAuth` while the API still takes it.
        base_url: Everything before ``/accounts/``.
        timeout: Seconds to wait for a connection, and then for the whole response.
        retries: How often and how long an operation is attempted, where it may be repeated.
        send: What brings requests to the API if it is not to be the network, such as the ``handle`` of an emulator.
        pause: What waits for a number of seconds if it is not to be the system's clock, such as the ``advance`` of an emulator
            in virtual time.
    """

    def __init__(  # noqa: PLR0913  what a client has
        self,
        account_id: str,
        auth: Auth,
        *,
        base_url: str = BASE_URL,
        timeout: float = 10.0,
        retries: Retries = USUAL_RETRIES,
        send: Send | None = None,
        pause: Pause = time.sleep,
    ) -> None:
        """Check the arguments; nothing is sent yet.

        Raises:
            InvalidRequest: if the account id or the base URL cannot be part of a request, or the timeout is not above 0.
        """
        self.base_url = _checked_url(base_url)
        _check_timeout(timeout)
        self.account_id = _checked_id("account_id", account_id)
        if not callable(getattr(auth, "authorization", None)):
            raise InvalidRequest("auth is neither OAuth2(client_id, client_secret) nor BasicAuth(username, password)")
        self.auth = auth
        self.retries = retries
        self._pause = pause
        self._send: Send = send or Transport(timeout)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] = os.environ, *, timeout: float = 10.0, retries: Retries = USUAL_RETRIES
    ) -> Self:
        """A client from the environment.

        ``BW_ACCOUNT_ID``; ``BW_CLIENT_ID`` and ``BW_CLIENT_SECRET``, or else ``BW_USERNAME`` and ``BW_PASSWORD``; and
        ``BW_VOICE_URL`` for the base URL if it is not the vendor's.

        Raises:
            InvalidRequest: if a variable is missing, by its name.
        """
        if environ.get("BW_CLIENT_ID") or not environ.get("BW_USERNAME"):
            auth: Auth = OAuth2(_variable(environ, "BW_CLIENT_ID"), _variable(environ, "BW_CLIENT_SECRET"))
        else:
            auth = BasicAuth(_variable(environ, "BW_USERNAME"), _variable(environ, "BW_PASSWORD"))
        account_id = _variable(environ, "BW_ACCOUNT_ID")
        return cls(account_id, auth, base_url=environ.get("BW_VOICE_URL") or BASE_URL, timeout=timeout, retries=retries)

    def __repr__(self) -> str:
        """The account, the URL, and the way of authentication without its secret."""
        return f"Client({self.account_id!r}, {self.auth!r}, base_url={self.base_url!r})"

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if isinstance(self._send, Transport):
            self._send.close()

    # The five operations

    def create_call(  # noqa: PLR0913  as many as the API has
        self,
        *,
        to: str,
        from_: str,
        application_id: str,
        answer_url: str,
        answer_method: Method | None = None,
        username: str | None = None,
        password: str | None = None,
        answer_fallback_url: str | None = None,
        answer_fallback_method: Method | None = None,
        fallback_username: str | None = None,
        fallback_password: str | None = None,
        disconnect_url: str | None = None,
        disconnect_method: Method | None = None,
        call_timeout: float | None = None,
        callback_timeout: float | None = None,
        machine_detection: MachineDetection | None = None,
        priority: int | None = None,
        tag: str | None = None,
        privacy: bool | None = None,
        display_name: str | None = None,
        uui: str | None = None,
    ) -> CreatedCall:
        """Put an outbound call into the queue; when it is answered, ``answer_url`` is asked for BXML.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/createCall

        Args:
            to: Phone number in E.164 form, or SIP URI, to call.
            from_: A number of the account in E.164 form, also where ``privacy`` hides it.
            application_id: The voice application that the number belongs to.
            answer_url: URL that receives the answer event, and whose answer is the first BXML.
            answer_method: HTTP method of the request to it; default POST.
            username: User name for HTTP Basic authentication at ``answer_url`` and ``disconnect_url``.
            password: Its password.
            answer_fallback_url: URL tried when ``answer_url`` does not respond.
            answer_fallback_method: HTTP method of the request to it; default POST.
            fallback_username: User name for HTTP Basic authentication at ``answer_fallback_url``.
            fallback_password: Its password.
            disconnect_url: URL that receives the disconnect event, the only one that tells of errors.
            disconnect_method: HTTP method of the request to it; default POST.
            call_timeout: Seconds the called party has to answer once it rings, 1 to 300; default 30.
            callback_timeout: Seconds to wait for the answer to each webhook of the call, 1 to 25; default 15.
            machine_detection: Whether and how to find out if a machine answers.
            priority: Place in the queue, 1 before 5; default 5.
            tag: Text sent with every webhook of the call until it is replaced; at most 4096 characters.
            privacy: Whether the calling number is hidden.
            display_name: Name shown to the called party; at most 256 characters.
            uui: User-To-User headers, separated by commas, if ``to`` is a SIP URI; at most 350 characters.

        Raises:
            InvalidRequest: if the API would not take an argument; nothing was sent.
            CallMayExist: if nobody knows whether the call was placed; it is not asked for again.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        body = _body(tables.CREATE_CALL, arguments)
        since = datetime.now(UTC)
        try:
            reply = self._ask(operations.CREATE_CALL, body=body, rule="if not processed")
            return _created(reply)
        except (TransportError, ApiError) as error:
            if not _may_have_been_placed(error):
                raise
            raise CallMayExist(error, since, {"to": to, "from_": from_}) from None

    def get_call_state(self, call_id: str) -> CallState:
        """What is known of a call, up to seven days after its end; a new one may take a while to be seen.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/getCallState

        Raises:
            InvalidRequest: if the id is not one.
            NotFound: if there is no such call, or not yet.
        """
        return _call_state(self._ask(operations.GET_CALL_STATE, call_id), call_id)

    def list_calls(  # noqa: PLR0913  as many as the API has
        self,
        *,
        to: str | None = None,
        from_: str | None = None,
        min_start_time: datetime | str | None = None,
        max_start_time: datetime | str | None = None,
        disconnect_cause: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> CallList:
        """The calls of the last seven days, oldest first, one after the other: the next page is asked for when it is needed.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

        Args:
            to: Only calls to this number.
            from_: Only calls from this number.
            min_start_time: Only calls started then or later; a datetime has to know its time zone.
            max_start_time: Only calls started then or earlier; likewise.
            disconnect_cause: Only calls that ended for this cause.
            page_size: Calls on a page, 1 to 10000; default 1000.
            page_token: The page to begin with, from the page before it.

        Raises:
            InvalidRequest: if the API would not take an argument; nothing was sent.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        arguments["min_start_time"] = _moment("min_start_time", min_start_time)
        arguments["max_start_time"] = _moment("max_start_time", max_start_time)
        return CallList(self._page(urlencode(_checked(tables.LIST_CALLS, arguments))), self._page_after)

    def _page_after(self, page: Page) -> Page:
        list_url = self.base_url + operations.LIST_CALLS.path.format(accountId=self.account_id)
        return self._page(query_of(page, list_url, operations.LIST_CALLS.name))

    def _page(self, query: str) -> Page:
        reply = self._ask(operations.LIST_CALLS, query=query)
        try:
            calls = tuple(from_json(CallState, data, reply) for data in _array(reply.json()))
        except ValueError:
            raise UnreadableReply(reply, operations.LIST_CALLS.name) from None
        return Page(calls, reply, next_link(reply))

    def update_call(  # noqa: PLR0913  as many as the API has
        self,
        call_id: str,
        *,
        state: Literal["active", "completed"] | None = None,
        redirect_url: str | None = None,
        redirect_method: Method | None = None,
        username: str | None = None,
        password: str | None = None,
        redirect_fallback_url: str | None = None,
        redirect_fallback_method: Method | None = None,
        fallback_username: str | None = None,
        fallback_password: str | None = None,
        tag: str | None = None,
        repeat: bool = False,
    ) -> Reply:
        """Interrupt a call, and have it go on with the BXML of ``redirect_url``, or end it with ``state="completed"``.

        The answer comes before the URL is asked: what goes wrong with it shows in the disconnect event only.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_id: The call.
            state: ``active`` to redirect, ``completed`` to end, cancel or reject; default ``active``.
            redirect_url: Absolute URL that receives the redirect event, and whose answer goes on with the call.
            redirect_method: HTTP method of the request to it; default POST.
            username: User name for HTTP Basic authentication at ``redirect_url``.
            password: Its password.
            redirect_fallback_url: URL tried when ``redirect_url`` does not respond.
            redirect_fallback_method: HTTP method of the request to it; default POST.
            fallback_username: User name for HTTP Basic authentication at ``redirect_fallback_url``.
            fallback_password: Its password.
            tag: Text that replaces the call's tag; empty to clear it; at most 4096 characters.
            repeat: Whether a redirect is sent again when nobody knows if the first was processed. If it was, the caller hears
                the beginning twice. To end a call is repeated in any case, for it makes no difference.

        Raises:
            InvalidRequest: if the API would not take an argument, or would ignore it; nothing was sent.
            CallNotActive: if the call is not answered yet, or has ended.
            NotFound: if nothing is known of such a call.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "call_id", "repeat"}}
        body = _redirection(tables.UPDATE_CALL, arguments, "state")
        return self._interrupt(operations.UPDATE_CALL, call_id, body, _rule(state, repeat=repeat))

    def update_call_bxml(self, call_id: str, document: Document) -> Reply:
        """Interrupt a call, and have it go on with this document.

        URLs in it should be absolute: no request returned it, so that there is nothing they could be relative to.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_id: The call.
            document: A document, or its text; either is validated first.

        Raises:
            bxml.BxmlError: if the document is not valid, with every problem; nothing was sent.
            InvalidRequest: if the id is not one; nothing was sent.
            CallNotActive: if the call is not answered yet, or has ended.
            NotFound: if nothing is known of such a call.
        """
        return self._interrupt(operations.UPDATE_CALL_BXML, call_id, _content(document), "whatever happened")

    def interrupt_many(  # noqa: PLR0913  what is sent where, and how it is to be done
        self,
        call_ids: Iterable[str],
        document: Document,
        *,
        ledger: str | os.PathLike[str] | None = None,
        workers: int = 16,
        rate: float | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
    ) -> Tally:
        """Interrupt many calls, and have each go on with this document; see :meth:`update_call_bxml`.

        Each outcome is in the ledger before the next call of its worker begins. A run with the ledger of an earlier one skips
        the calls that were delivered or gone, and tries again those that were refused or unknown.

        Whatever ends the run early - Ctrl-C, an error of ``call_ids``, ``on_outcome`` or the ledger, wrong credentials - is
        raised once the calls under way have ended and their outcomes are written.

        Args:
            call_ids: The ids, read as they are needed. One that stands twice is interrupted once.
            document: A document, or its text; either is validated once.
            ledger: The file for the outcomes, in JSON lines; ``None`` for none.
            workers: Calls under way at once, 1 to 64.
            rate: The most calls begun in a second; ``None`` for no limit.
            on_outcome: Is told of each outcome once it is in the ledger, one at a time.

        Raises:
            bxml.BxmlError: if the document is not valid, with every problem; nothing was sent.
            InvalidRequest: if an argument cannot be, or the ledger is another document's; nothing was sent.
            Unauthorized: if the credentials are wrong, which would be so for each further call; or Forbidden.
            CallControlError: if the ledger cannot be written; it says which outcomes are not in it.
        """
        body = _content(document)

        def deliver(call_id: str, pause: Pause) -> Reply:
            return self._interrupt(operations.UPDATE_CALL_BXML, call_id, body, "whatever happened", pause)

        return interrupt_many(deliver, call_ids, body, ledger=ledger, workers=workers, rate=rate, on_outcome=on_outcome)

    def update_conference(  # noqa: PLR0913  as many as the API has
        self,
        conference_id: str,
        *,
        status: Literal["active", "completed"] | None = None,
        redirect_url: str | None = None,
        redirect_method: Method | None = None,
        username: str | None = None,
        password: str | None = None,
        redirect_fallback_url: str | None = None,
        redirect_fallback_method: Method | None = None,
        fallback_username: str | None = None,
        fallback_password: str | None = None,
        repeat: bool = False,
    ) -> Reply:
        """Have a conference execute the BXML of ``redirect_url``, or end it with ``status="completed"``.

        At its end each member goes on with the verb after its ``Conference``.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences/operation/updateConference

        Args:
            conference_id: The conference, by its id and not by its name.
            status: ``active`` to redirect, ``completed`` to end; default ``active``.
            redirect_url: Absolute URL that receives the conferenceRedirect event, and whose answer all members hear.
            redirect_method: HTTP method of the request to it; default POST.
            username: User name for HTTP Basic authentication at ``redirect_url``.
            password: Its password.
            redirect_fallback_url: URL tried when ``redirect_url`` does not respond.
            redirect_fallback_method: HTTP method of the request to it; default POST.
            fallback_username: User name for HTTP Basic authentication at ``redirect_fallback_url``.
            fallback_password: Its password.
            repeat: Whether a redirect is sent again when nobody knows if the first was processed.

        Raises:
            InvalidRequest: if the API would not take an argument, or would ignore it; nothing was sent.
            NotFound: if there is no such conference, or it is over.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "conference_id", "repeat"}}
        body = _redirection(tables.UPDATE_CONFERENCE, arguments, "status")
        return self._ask(operations.UPDATE_CONFERENCE, conference_id, body=body, rule=_rule(status, repeat=repeat))

    def update_conference_bxml(self, conference_id: str, document: Document, *, repeat: bool = False) -> Reply:
        """Have a conference execute this document once those before it are done; all members hear it.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences/operation/updateConferenceBxml

        Args:
            conference_id: The conference, by its id and not by its name.
            document: A document, or its text; either is validated first. It takes the verbs that conferences do.
            repeat: Whether it is sent again when nobody knows if the first was processed. If it was, it is heard twice, for
                documents of a conference are put in a queue.

        Raises:
            bxml.BxmlError: if the document is not valid in a conference, with every problem; nothing was sent.
            InvalidRequest: if the id is not one; nothing was sent.
            NotFound: if there is no such conference, or it is over.
        """
        body = _content(document)
        refused = bxml.validate(body, context="conference", select=["conference-verb"])
        if refused:
            raise bxml.InvalidDocument(refused)
        return self._ask(operations.UPDATE_CONFERENCE_BXML, conference_id, body=body, rule=_rule(None, repeat=repeat))

    # Shorthands

    def redirect(
        self,
        call_id: str,
        redirect_url: str,
        *,
        redirect_method: Method | None = None,
        tag: str | None = None,
        repeat: bool = False,
    ) -> Reply:
        """Interrupt a call, and have it go on with the BXML of a URL; see :meth:`update_call`."""
        return self.update_call(call_id, redirect_url=redirect_url, redirect_method=redirect_method, tag=tag, repeat=repeat)

    def interrupt(self, call_id: str, document: Document) -> Reply:
        """Interrupt a call, and have it go on with this document; see :meth:`update_call_bxml`."""
        return self.update_call_bxml(call_id, document)

    def hang_up(self, call_id: str) -> Reply:
        """End a call, cancel it while it rings, or take it out of the queue; that it has ended already is a success.

        Raises:
            CallNotActive: if the call is there and cannot be ended, as while it is forwarded.
            NotFound: if nothing is known of such a call.
        """
        try:
            return self.update_call(call_id, state="completed")
        except CallNotActive as error:
            if error.state is not None and error.state.state != states.DISCONNECTED:
                raise
            return error.reply

    def wait_until_answered(self, call_id: str, *, timeout: float = 60.0, patience: float = 60.0) -> CallState:
        """The state of a call once it is answered; the API is asked again and again, first after one second, at last every ten.

        Args:
            call_id: The call.
            timeout: Seconds to wait in all.
            patience: Seconds within which a call may not be seen yet, as is usual of a new one.

        Raises:
            CallNotActive: if the call ends instead.
            NotAnswered: if it is not answered in time.
            NotFound: if it is not to be seen when the patience is at an end.
        """
        begin, paused, pause = time.monotonic(), 0.0, FIRST_LOOK
        while True:
            passed = max(paused, time.monotonic() - begin)  # for pauses may be of virtual time
            call = self._seen(call_id, patient=passed < patience)
            if call is not None and call.state == states.ANSWERED:
                return call
            if call is not None and call.state == states.DISCONNECTED:
                raise CallNotActive(call.reply, operations.GET_CALL_STATE.name, call_id, call)
            left = timeout - passed
            if left <= 0:
                raise NotAnswered(call_id, timeout, call)
            self._pause(min(pause, left))
            paused += min(pause, left)
            pause = min(pause * 1.5, LAST_LOOK)

    def _seen(self, call_id: str, *, patient: bool) -> CallState | None:
        """A call; ``None`` if it cannot be seen and may be too new for it."""
        try:
            return self.get_call_state(call_id)
        except NotFound:
            if not patient:
                raise
            return None

    # One request

    def _interrupt(self, operation: Operation, call_id: str, body: bytes, rule: Rule, pause: Pause | None = None) -> Reply:
        """The reply to an interruption; whether a call that cannot be had is known decides about the error."""
        try:
            return self._ask(operation, call_id, body=body, rule=rule, pause=pause)
        except (NotFound, Conflict) as error:
            refused = error
        try:
            state = self._known(call_id)
        except NotFound:
            if isinstance(refused, NotFound):
                raise refused from None
            state = None  # the API knows the call, and does not show it yet
        raise CallNotActive(refused.reply, operation.name, call_id, state)

    def _known(self, call_id: str) -> CallState | None:
        """What is known of a call; ``None`` if it cannot be read. It is asked once: the error is to be told soon.

        Raises:
            NotFound: if nothing is.
        """
        try:
            reply = self._ask(operations.GET_CALL_STATE, call_id, retries=NO_RETRIES)
            return _call_state(reply, call_id)
        except NotFound:
            raise
        except CallControlError:
            return None

    def _ask(  # noqa: PLR0913  what makes a request, and what may become of it
        self,
        operation: Operation,
        call_id: str | None = None,
        *,
        query: str = "",
        body: bytes = b"",
        rule: Rule = "whatever happened",
        retries: Retries | None = None,
        pause: Pause | None = None,
    ) -> Reply:
        """The reply to an operation, if one of the attempts is a success."""
        id_name = "conference_id" if "{conferenceId}" in operation.path else "call_id"
        id_ = "" if operation in _WITHOUT_ID else _checked_id(id_name, call_id)
        path = operation.path.format(accountId=self.account_id, callId=id_, conferenceId=id_)
        url = f"{self.base_url}{path}{'?' + query if query else ''}"
        headers = {"Accept": operations.JSON} | ({"Content-Type": operation.takes} if operation.takes else {})
        request = Request(operation.method, url, Headers(headers), body)
        return attempted(
            lambda: self._asked_once(operation, request, call_id),
            rule=rule,
            retries=retries or self.retries,
            pause=pause or self._pause,
            operation=operation.name,
            call_id=call_id,
        )

    def _asked_once(self, operation: Operation, request: Request, call_id: str | None) -> Reply:
        """The reply to one attempt, if it is a success."""
        try:
            reply = self._authorized(operation, request)
        except TransportError as error:
            if error.operation:  # it was the token request, and this one has not been sent
                raise
            raise TransportError(error.reason, operation.name, call_id, error.sent) from None
        if not reply.is_success:
            raise BY_STATUS.get(reply.status, ApiError)(reply, operation.name, call_id)
        return reply

    def _authorized(self, operation: Operation, request: Request) -> Reply:
        """The reply to a request with credentials; with new ones if the API refuses the first, for then it has not acted."""
        authorization = self.auth.authorization(self._send, self.base_url)
        reply = self._logged(operation, request, authorization)
        if reply.status == operations.UNAUTHORIZED and self.auth.refused(authorization):
            reply = self._logged(operation, request, self.auth.authorization(self._send, self.base_url))
        return reply

    def _logged(self, operation: Operation, request: Request, authorization: str) -> Reply:
        start = time.perf_counter()
        headers = request.headers.plus("Authorization", authorization)
        reply = self._send(Request(request.method, request.url, headers, request.body))
        if log.isEnabledFor(logging.DEBUG):
            milliseconds = (time.perf_counter() - start) * 1000
            path = urlsplit(request.url).path  # the query may hold numbers of people
            log.debug("%s %s %s: %d in %.0f ms", operation.name, request.method, path, reply.status, milliseconds)
        return reply


def _created(reply: Reply) -> CreatedCall:
    try:
        return from_json(CreatedCall, reply.json(), reply)
    except ValueError:
        raise UnreadableReply(reply, operations.CREATE_CALL.name) from None


def _may_have_been_placed(error: TransportError | ApiError) -> bool:
    """Whether a call may ring though CreateCall has failed."""
    if error.operation == TOKEN_REQUEST:
        return False
    if isinstance(error, TransportError):
        return error.sent
    return not (400 <= error.status < 500 or error.status in NOT_PROCESSED)  # noqa: PLR2004  the API refuses with 4xx


def _call_state(reply: Reply, call_id: str) -> CallState:
    try:
        data: object = reply.json()
        if isinstance(data, list):  # of one, as has been seen
            (data,) = cast("list[object]", data)
        return from_json(CallState, data, reply)
    except ValueError:
        raise UnreadableReply(reply, operations.GET_CALL_STATE.name, call_id) from None


def _check_timeout(seconds: object) -> None:
    if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidRequest(f"timeout={shown(seconds)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")


def _checked_url(url: object) -> str:
    """A base URL without a slash at its end."""
    found = _BASE_URL.fullmatch(url) if isinstance(url, str) else None
    if found is None or int(found["port"] or 0) > tables.HIGHEST_PORT:
        raise InvalidRequest("base_url is not an absolute http or https URL without credentials, query and fragment")
    return found[0].rstrip("/")


def _checked_id(name: str, value: object) -> str:
    """An id that can stand in a path, and leads nowhere else."""
    if not isinstance(value, str) or not re.fullmatch(operations.ID, value):
        raise InvalidRequest(f"{name}={shown(value)} is not an id; it consists of letters, digits, - and _")
    return value


def _variable(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise InvalidRequest(f"the environment has no {name}")
    return environ[name]


def _checked(table: tuple[tables.Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request, which the API is known to take."""
    values = _named(table, arguments)
    found = list(tables.faults(table, values, spelled=python_name))
    if found:
        raise InvalidRequest("; ".join(found))
    return values


def _named(table: tuple[tables.Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are given, under the API's names; the rest are not sent as null, which is not always taken."""
    names = {python_name(field.name): field.name for field in table}
    return {names[name]: value for name, value in arguments.items() if value is not None}


def _body(table: tuple[tables.Field, ...], arguments: dict[str, Any]) -> bytes:
    """The fields of a request in JSON."""
    detection = arguments.get("machine_detection")
    if detection is not None:
        if not isinstance(detection, MachineDetection):
            raise InvalidRequest(f"machine_detection={shown(detection)} is not a MachineDetection(...)")
        members = {field.name: getattr(detection, field.name) for field in fields(detection)}
        arguments = {**arguments, "machine_detection": _named(tables.MACHINE_DETECTION, members)}
    return json.dumps(_checked(table, arguments)).encode()


def _redirection(table: tuple[tables.Field, ...], arguments: dict[str, Any], command: str) -> bytes:
    """The body of a request that redirects or ends something, as the field says that has the command."""
    body = _body(table, arguments)
    given = [name for name, value in arguments.items() if value is not None and name != command]
    ends = arguments[command] == "completed"
    what = "call" if command == "state" else "conference"
    if ends and given:
        raise InvalidRequest(f"{command}='completed' ends the {what}, and takes no {', '.join(given)}")
    if not ends and arguments["redirect_url"] is None:
        raise InvalidRequest(f"redirect_url is missing; it is required unless {command}='completed'")
    return body


def _rule(command: str | None, *, repeat: bool) -> Rule:
    """An end is one however often it is asked for; what is redirected twice begins twice."""
    return "whatever happened" if repeat or command == "completed" else "if not processed"


def _content(document: Document) -> bytes:
    """A document as it is sent, which is known to be valid."""
    if isinstance(document, bxml.Response | bxml.Bxml):
        return document.to_bytes()
    text = cast("object", document)  # whatever the types say, for a value of another kind is refused in words
    return _valid_once(text) if isinstance(text, str | bytes) else _valid(text)


def _valid(text: Any) -> bytes:
    """A text as it is sent, if it is valid."""
    # Not by bxml.parse, which makes values of it as well, and so takes twice as long.
    _, problems = check(text)
    if problems:
        raise bxml.InvalidDocument(problems)
    return text.encode() if isinstance(text, str) else bytes(text)


_valid_once: Final = lru_cache(maxsize=8)(_valid)
"""The same for a notice that is pushed into many calls, one after the other."""


def _moment(name: str, value: datetime | str | None) -> str | None:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidRequest(f"{name}={value!r} has no time zone")
    try:
        return in_iso(value)
    except OverflowError:
        raise InvalidRequest(f"{name}={value!r} is out of range") from None


def _array(data: object) -> list[object]:
    if not isinstance(data, list):
        raise ValueError("it is not a list")  # noqa: TRY004  what the caller expects of JSON that does not fit
    return cast("list[object]", data)
