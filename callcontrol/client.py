"""The client of the call API: seven operations, their shorter names, and waiting for an answer."""

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
from bxml.messages.name_conversion import python_name
from bxml.messages.text import join_names, quote
from bxml.parsing.schema_check import check
from callcontrol import call_states, operations
from callcontrol import request_fields as tables
from callcontrol.auth import TOKEN_REQUEST, Auth, BasicAuth, OAuth2
from callcontrol.bulk import Pause, Tally, interrupt_many
from callcontrol.call_models import CallState, CreatedCall, MachineDetection, Method, from_json
from callcontrol.errors import (
    BY_STATUS,
    ApiError,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Conflict,
    InvalidRequest,
    MismatchedResponse,
    NotAnswered,
    NotFound,
    TransportError,
    UnreadableReply,
)
from callcontrol.http_messages import Headers, Reply, Request, Send
from callcontrol.iso8601 import in_iso
from callcontrol.ledger import Outcome
from callcontrol.operations import BASE_URL, Operation
from callcontrol.pagination import CallList, Page, next_link, query_of
from callcontrol.retries import NO_RETRIES, NOT_PROCESSED, Retries, Rule, with_retries
from callcontrol.transport import Transport

LONGEST_TIMEOUT: Final = 86_400
"""Maximum timeout of one request in seconds: a day, because some systems cannot wait longer."""

DEFAULT_RETRIES: Final = Retries()
"""Limits of retries for a client without its own."""

FIRST_POLL_PAUSE: Final = 1.0
"""Seconds before :meth:`Client.wait_until_answered` reads the state again; 1.5 times as long each time."""

LONGEST_POLL_PAUSE: Final = 10.0
"""Maximum seconds of that pause."""

_NAMES: Final = (
    ("callId", re.compile(rf"Call \[({operations.ID})\]").match),
    ("conferenceId", re.compile(rf"Conference \[({operations.ID})\]").match),
)
"""The id of a call and of a conference in a response: a member, and a pattern for the beginning of an error's description."""

_WITHOUT_ID: Final = {operations.CREATE_CALL, operations.LIST_CALLS}
"""Operations whose paths contain no id of a call or conference."""

_BASE_URL: Final = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(:(?P<port>[0-9]{1,5}))?(/[^\s?#]*)?", re.IGNORECASE | re.ASCII
)

Document: TypeAlias = bxml.Response | bxml.Bxml | str | bytes

log: Final = logging.getLogger("callcontrol")
"""Logs one line per response at level DEBUG, without headers, queries and bodies: they may contain secrets or phone numbers."""


class Client:
    """A client of the call API for one account: creates, reads, redirects, interrupts and ends calls.

    A client has one pool of connections and can be shared between threads; a forked process gets its own connections. Use the
    client in a ``with`` statement or call :meth:`close` to close the connections.

    Every method that sends a request raises :class:`ApiError` if the response is not a success, with one subclass per status,
    and :class:`TransportError` if no response arrives. Each method lists its other errors.

    https://dev.bandwidth.com/apis/voice-apis/voice/

    Args:
        account_id: The account id, as a string.
        auth: :class:`OAuth2`, or :class:`BasicAuth`, which the API accepts until 2 December 2026.
        base_url: URL of the API: everything before ``/accounts/``. Default: the vendor's production API.
        timeout: Seconds to wait for a connection, and then for the whole response; more than 0, at most 86400; default 10.
        retries: Limits of retries, for failures after which the operation may be sent again.
        send: Function that sends a request and returns the response, such as ``handle`` of an emulator. Default: the network.
        pause: Function that waits for a number of seconds, such as ``advance`` of an emulator with virtual time. Default:
            ``time.sleep``.

    Raises:
        InvalidRequest: If ``account_id``, ``base_url`` or ``timeout`` is invalid, or ``auth`` is not a way to authenticate.
    """

    def __init__(  # noqa: PLR0913  one argument per setting
        self,
        account_id: str,
        auth: Auth,
        *,
        base_url: str = BASE_URL,
        timeout: float = 10.0,
        retries: Retries = DEFAULT_RETRIES,
        send: Send | None = None,
        pause: Pause = time.sleep,
    ) -> None:
        self.base_url = _checked_url(base_url)
        _check_timeout(timeout)
        self.account_id = _checked_id("account_id", account_id)
        if not callable(getattr(auth, "authorization", None)):
            raise InvalidRequest("auth must be OAuth2(client_id, client_secret) or BasicAuth(username, password)")
        self.auth = auth
        self.retries = retries
        self._pause = pause
        self._send: Send = send or Transport(timeout)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, timeout: float = 10.0, retries: Retries = DEFAULT_RETRIES
    ) -> Self:
        """Return a client with the account and the credentials of the environment.

        It reads ``BW_ACCOUNT_ID``; ``BW_CLIENT_ID`` and ``BW_CLIENT_SECRET``, or else ``BW_USERNAME`` and ``BW_PASSWORD``; and
        ``BW_VOICE_URL`` for the base URL, by default the vendor's production API. An empty variable counts as missing.

        Args:
            environ: The environment variables; default: those of the process.
            timeout: Seconds to wait for a connection, and then for the whole response; more than 0, at most 86400; default 10.
            retries: Limits of retries, for failures after which the operation may be sent again.

        Raises:
            InvalidRequest: If variables are missing, with all their names, or have invalid values.
        """
        environ = os.environ if environ is None else environ  # a default value would appear in help(), with every secret
        if environ.get("BW_CLIENT_ID") or not environ.get("BW_USERNAME"):
            account_id, *client = _variables(environ, "BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET")
            auth: Auth = OAuth2(*client)
        else:
            account_id, *user = _variables(environ, "BW_ACCOUNT_ID", "BW_USERNAME", "BW_PASSWORD")
            auth = BasicAuth(*user)
        return cls(account_id, auth, base_url=environ.get("BW_VOICE_URL") or BASE_URL, timeout=timeout, retries=retries)

    def __repr__(self) -> str:
        """Return the account, the authentication without its secret, and the base URL."""
        return f"Client({self.account_id!r}, {self.auth!r}, base_url={self.base_url!r})"

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; a later request opens new ones. A custom ``send`` is not closed."""
        if isinstance(self._send, Transport):
            self._send.close()

    # Operations

    def create_call(  # noqa: PLR0913  the fields of the API
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
        """Create an outbound call; when it is answered, the response of ``answer_url`` is its first BXML document.

        The call is queued first. It is retried only if the API certainly did not process the request.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/createCall

        Args:
            to: Phone number in E.164 format, or SIP URI, to call.
            from_: Phone number of the account in E.164 format, required also if ``privacy`` hides it.
            application_id: Id of the voice application that the number belongs to.
            answer_url: URL that receives the answer event and responds with BXML; at most 2048 characters.
            answer_method: HTTP method of the request to ``answer_url``; default POST.
            username: User name for HTTP Basic authentication at ``answer_url`` and ``disconnect_url``, which then must be
                https.
            password: Password for HTTP Basic authentication at ``answer_url`` and ``disconnect_url``.
            answer_fallback_url: URL that is requested if ``answer_url`` does not respond; at most 2048 characters.
            answer_fallback_method: HTTP method of the request to ``answer_fallback_url``; default POST.
            fallback_username: User name for HTTP Basic authentication at ``answer_fallback_url``, which then must be https.
            fallback_password: Password for HTTP Basic authentication at ``answer_fallback_url``.
            disconnect_url: URL that receives the disconnect event, the only event with the error of a failed call; at most 2048
                characters.
            disconnect_method: HTTP method of the request to ``disconnect_url``; default POST.
            call_timeout: Seconds that the call may ring, 1 to 300; default 30.
            callback_timeout: Seconds to wait for the response to each webhook of the call, 1 to 25; default 15.
            machine_detection: Settings for detecting an answering machine; default: no detection.
            priority: Priority in the queue, from 1 (first) to 5; default 5.
            tag: String that is sent with every webhook of the call until it is replaced; at most 4096 characters.
            privacy: Whether the calling number is hidden; default false.
            display_name: Name that the called party sees; at most 256 characters. With ``privacy``: Restricted, Anonymous,
                Private or Unavailable.
            uui: User-To-User headers, separated by commas, if ``to`` is a SIP URI; at most 350 characters.

        Returns:
            The new call, which is queued, with its ``call_id``.

        Raises:
            InvalidRequest: If an argument is missing or invalid, with every problem; nothing was sent.
            CallMayExist: If the request failed, but the call may have been placed; it is not sent again.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        body = _body(tables.CREATE_CALL, arguments)
        since = datetime.now(UTC)
        try:
            reply = self._request(operations.CREATE_CALL, body=body, rule="if not processed")
            return _created(reply)
        except (TransportError, ApiError) as error:
            if not _may_have_been_placed(error):
                raise
            raise CallMayExist(error, since, {"to": to, "from_": from_}) from None

    def get_call_state(self, call_id: str) -> CallState:
        """Return the state of a call, up to seven days after its end.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/getCallState

        Args:
            call_id: Id of the call.

        Raises:
            InvalidRequest: If the id is invalid; nothing was sent.
            NotFound: If the call does not exist, ended too long ago, or is too new to be visible.
            UnreadableReply: If the response is not the state of a call.
        """
        return _call_state(self._request(operations.GET_CALL_STATE, call_id), call_id)

    def list_calls(  # noqa: PLR0913  the fields of the API
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
        """List the calls of the last seven days, oldest first.

        The first page is requested immediately, and each further page when the iteration needs it.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

        Args:
            to: Only calls to this number.
            from_: Only calls from this number.
            min_start_time: Only calls that started at or after this time, in ISO 8601 format; a datetime must include a UTC
                offset.
            max_start_time: Only calls that started at or before this time, in ISO 8601 format; a datetime must include a UTC
                offset.
            disconnect_cause: Only calls that ended with this cause, such as ``hangup``.
            page_size: Number of calls per page, 1 to 10000; default 1000.
            page_token: Token of the page to begin with, such as ``next_page_token`` of an earlier list; default: the first.

        Returns:
            An iterator over the calls, which also has the current page, its response, and the token of the next page.

        Raises:
            InvalidRequest: If an argument is invalid, with every problem; nothing was sent.
            UnreadableReply: If the response is not a list of calls.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        arguments["min_start_time"] = _iso_time("min_start_time", min_start_time)
        arguments["max_start_time"] = _iso_time("max_start_time", max_start_time)
        return CallList(self._page(urlencode(_checked(tables.LIST_CALLS, arguments))), self._page_after)

    def _page_after(self, page: Page) -> Page:
        """Request the page after this one."""
        list_url = self.base_url + operations.LIST_CALLS.path.format(accountId=self.account_id)
        return self._page(query_of(page, list_url, operations.LIST_CALLS.name))

    def _page(self, query: str) -> Page:
        """Request the page of a query."""
        reply = self._request(operations.LIST_CALLS, query=query)
        try:
            calls = tuple(from_json(CallState, data, reply) for data in _array(reply.json()))
        except ValueError:
            raise UnreadableReply(reply, operations.LIST_CALLS.name) from None
        return Page(calls, reply, next_link(reply))

    def update_call(  # noqa: PLR0913  the fields of the API
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
        """Redirect a call to the BXML of ``redirect_url``, or end it with ``state="completed"``.

        A redirect interrupts the BXML that the call is running. The API responds before it requests ``redirect_url``, so a
        failure of that URL appears in the disconnect event only.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_id: Id of the call.
            state: ``active`` to redirect; ``completed`` to end an answered call, cancel a ringing one or remove a queued one;
                default ``active``.
            redirect_url: Absolute URL that receives the redirect event and responds with BXML; required unless ``state`` is
                ``completed``.
            redirect_method: HTTP method of the request to ``redirect_url``; default POST.
            username: User name for HTTP Basic authentication at ``redirect_url``, which then must be https.
            password: Password for HTTP Basic authentication at ``redirect_url``.
            redirect_fallback_url: URL that is requested if ``redirect_url`` does not respond.
            redirect_fallback_method: HTTP method of the request to ``redirect_fallback_url``; default POST.
            fallback_username: User name for HTTP Basic authentication at ``redirect_fallback_url``, which then must be https.
            fallback_password: Password for HTTP Basic authentication at ``redirect_fallback_url``.
            tag: String that replaces the call's tag; an empty string clears it; at most 4096 characters.
            repeat: Whether a redirect is retried if an earlier attempt may have been processed. The caller may then hear the
                beginning of the BXML twice. Ending a call is always retried, because a second request changes nothing.

        Returns:
            The response, which has no body.

        Raises:
            InvalidRequest: If an argument is invalid, or the API would ignore it, with every problem; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "call_id", "repeat"}}
        body = _redirect_body(tables.UPDATE_CALL, arguments, "state")
        return self._interrupt(operations.UPDATE_CALL, call_id, body, _rule(state, repeat=repeat))

    def update_call_bxml(self, call_id: str, document: Document) -> Reply:
        """Push a BXML document into a call, which runs it instead of its current BXML.

        Use absolute URLs in the document. A pushed document has no base URL for relative ones. The request is retried even
        if an earlier attempt may have been processed.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_id: Id of the call.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                first.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid, with every problem; nothing was sent.
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        return self._interrupt(operations.UPDATE_CALL_BXML, call_id, _validated_bytes(document), "always")

    def interrupt_many(  # noqa: PLR0913  one argument per setting
        self,
        call_ids: Iterable[str],
        document: Document,
        *,
        ledger: str | os.PathLike[str] | None = None,
        workers: int = 16,
        rate: float | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
    ) -> Tally:
        """Push a BXML document into many calls, several at a time; see :meth:`update_call_bxml`.

        The calls are interrupted by parallel workers. Each worker writes the outcome of a call to the ledger before it begins
        its next call. If the run stops, call this method again with the same ledger: it skips the calls that are delivered or
        gone, and tries the others again.

        The run stops on Ctrl-C, on wrong credentials, and if ``call_ids``, ``on_outcome`` or the ledger raises an error. The
        error is raised when the calls in progress have ended and their outcomes are written. If one call fails, the run
        continues.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_ids: The ids of the calls, read lazily. Duplicates are skipped.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                once.
            ledger: Path of the file for the outcomes, in JSON lines; ``None`` for no file.
            workers: Maximum number of calls at once, 1 to 64; default 16.
            rate: Maximum number of calls that begin per second, from 0.001 to 1000000; default: unlimited.
            on_outcome: Function that is called with each outcome after it is written, by one thread at a time.

        Returns:
            The number of calls with each outcome.

        Raises:
            bxml.BxmlError: If the document is invalid, with every problem; nothing was sent.
            InvalidRequest: If an argument is invalid, or the ledger is in use or belongs to another document. Nothing was sent,
                except if a later item of ``call_ids`` is not a string.
            Unauthorized: If the credentials are wrong.
            Forbidden: If the credentials have no access.
            CallControlError: If the ledger cannot be written. Its message and notes name the outcomes that are missing.
        """
        body = _validated_bytes(document)

        def deliver(call_id: str, pause: Pause) -> Reply:
            return self._interrupt(operations.UPDATE_CALL_BXML, call_id, body, "always", pause)

        return interrupt_many(deliver, call_ids, body, ledger=ledger, workers=workers, rate=rate, on_outcome=on_outcome)

    def update_conference(  # noqa: PLR0913  the fields of the API
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
        """Redirect a conference to the BXML of ``redirect_url``, or end it with ``status="completed"``.

        When a conference ends, each member continues with the verb after its ``Conference``.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences/operation/updateConference

        Args:
            conference_id: Id of the conference, not its name.
            status: ``active`` to redirect, ``completed`` to end; default ``active``.
            redirect_url: Absolute URL that receives the conferenceRedirect event and responds with BXML, which all members
                hear; required unless ``status`` is ``completed``.
            redirect_method: HTTP method of the request to ``redirect_url``; default POST.
            username: User name for HTTP Basic authentication at ``redirect_url``, which then must be https.
            password: Password for HTTP Basic authentication at ``redirect_url``.
            redirect_fallback_url: URL that is requested if ``redirect_url`` does not respond.
            redirect_fallback_method: HTTP method of the request to ``redirect_fallback_url``; default POST.
            fallback_username: User name for HTTP Basic authentication at ``redirect_fallback_url``, which then must be https.
            fallback_password: Password for HTTP Basic authentication at ``redirect_fallback_url``.
            repeat: Whether a redirect is retried if an earlier attempt may have been processed. The members may then hear the
                BXML twice. Ending a conference is always retried, because a second request changes nothing.

        Returns:
            The response, which has no body.

        Raises:
            InvalidRequest: If an argument is invalid, or the API would ignore it, with every problem; nothing was sent.
            NotFound: If the conference does not exist or has ended.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "conference_id", "repeat"}}
        body = _redirect_body(tables.UPDATE_CONFERENCE, arguments, "status")
        return self._request(operations.UPDATE_CONFERENCE, conference_id, body=body, rule=_rule(status, repeat=repeat))

    def update_conference_bxml(self, conference_id: str, document: Document, *, repeat: bool = False) -> Reply:
        """Push a BXML document into a conference, which queues it behind earlier documents; all members hear it.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences/operation/updateConferenceBxml

        Args:
            conference_id: Id of the conference, not its name.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes, with verbs that are
                allowed in a conference. It is validated first.
            repeat: Whether the document is sent again if an earlier attempt may have been processed. The members may then hear
                it twice, because a conference queues its documents.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid or has a verb that is not allowed in a conference, with every problem;
                nothing was sent.
            InvalidRequest: If the id is invalid; nothing was sent.
            NotFound: If the conference does not exist or has ended.
        """
        body = _validated_bytes(document)
        # A conference rejects the whole document because of one other verb, and the response does not say so.
        problems = bxml.validate(body, context="conference", select=["conference-verb"])
        if problems:
            raise bxml.InvalidDocument(problems)
        return self._request(operations.UPDATE_CONFERENCE_BXML, conference_id, body=body, rule=_rule(None, repeat=repeat))

    # Shorter names

    def redirect(
        self,
        call_id: str,
        redirect_url: str,
        *,
        redirect_method: Method | None = None,
        tag: str | None = None,
        repeat: bool = False,
    ) -> Reply:
        """Redirect a call to the BXML of a URL: a shorter name for :meth:`update_call`.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_id: Id of the call.
            redirect_url: Absolute URL that receives the redirect event and responds with BXML.
            redirect_method: HTTP method of the request to ``redirect_url``; default POST.
            tag: String that replaces the call's tag; an empty string clears it; at most 4096 characters.
            repeat: Whether the redirect is retried if an earlier attempt may have been processed. The caller may then hear the
                beginning of the BXML twice.

        Returns:
            The response, which has no body.

        Raises:
            InvalidRequest: If an argument is invalid, with every problem; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        return self.update_call(call_id, redirect_url=redirect_url, redirect_method=redirect_method, tag=tag, repeat=repeat)

    def interrupt(self, call_id: str, document: Document) -> Reply:
        """Push a BXML document into a call: a shorter name for :meth:`update_call_bxml`.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_id: Id of the call.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                first.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid, with every problem; nothing was sent.
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        return self.update_call_bxml(call_id, document)

    def hang_up(self, call_id: str) -> Reply:
        """End a call, cancel it while it rings, or remove it from the queue; succeeds if the call has already ended.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_id: Id of the call.

        Returns:
            The response; its status is 404 or 409 if the call had already ended.

        Raises:
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call exists but cannot be ended, such as a forwarded call.
            NotFound: If the call does not exist.
        """
        try:
            return self.update_call(call_id, state="completed")
        except CallNotActive as error:
            if error.state is not None and error.state.state != call_states.DISCONNECTED:
                raise
            return error.reply

    def wait_until_answered(self, call_id: str, *, timeout: float = 60.0, patience: float = 60.0) -> CallState:
        """Poll the state of a call until it is answered, and return it.

        The first pause between two requests is 1 second; later ones grow to 10 seconds.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/getCallState

        Args:
            call_id: Id of the call.
            timeout: Maximum seconds to wait; default 60.
            patience: Seconds during which 404 is tolerated, because a new call is not visible immediately; default 60.

        Returns:
            The state of the answered call.

        Raises:
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call ends without an answer.
            NotAnswered: If the call is not answered before the timeout.
            NotFound: If the call is still not visible after ``patience`` seconds.
        """
        begin, paused, pause = time.monotonic(), 0.0, FIRST_POLL_PAUSE
        while True:
            passed = max(paused, time.monotonic() - begin)  # pauses in virtual time take no real time
            call = self._find_call(call_id, tolerate_404=passed < patience)
            if call is not None and call.state == call_states.ANSWERED:
                return call
            if call is not None and call.state == call_states.DISCONNECTED:
                raise CallNotActive(call.reply, operations.GET_CALL_STATE.name, call_id, call)
            left = timeout - passed
            if left <= 0:
                raise NotAnswered(call_id, timeout, call)
            self._pause(min(pause, left))
            paused += min(pause, left)
            pause = min(pause * 1.5, LONGEST_POLL_PAUSE)

    def _find_call(self, call_id: str, *, tolerate_404: bool) -> CallState | None:
        """Return the state of a call; ``None`` if it is not visible and 404 is tolerated."""
        try:
            return self.get_call_state(call_id)
        except NotFound:
            if not tolerate_404:
                raise
            return None

    # Requests

    def _interrupt(self, operation: Operation, call_id: str, body: bytes, rule: Rule, pause: Pause | None = None) -> Reply:
        """Interrupt a call and return the response; after 404 or 409, read the state of the call for the error.

        Raises:
            CallNotActive: If the call exists.
            NotFound: If the call does not exist.
        """
        try:
            return self._request(operation, call_id, body=body, rule=rule, pause=pause)
        except (NotFound, Conflict) as error:
            failure = error
        try:
            state = self._state_or_none(call_id)
        except NotFound:
            if isinstance(failure, NotFound):
                raise failure from None
            state = None  # after 409 the call exists, but is not visible yet
        raise CallNotActive(failure.reply, operation.name, call_id, state)

    def _state_or_none(self, call_id: str) -> CallState | None:
        """Return the state of a call, or ``None`` if it cannot be read; there are no retries, which would delay the error.

        Raises:
            NotFound: If the call does not exist.
        """
        try:
            reply = self._request(operations.GET_CALL_STATE, call_id, retries=NO_RETRIES)
            return _call_state(reply, call_id)
        except NotFound:
            raise
        except CallControlError:
            return None

    def _request(  # noqa: PLR0913  the parts of a request, and its retries
        self,
        operation: Operation,
        call_id: str | None = None,
        *,
        query: str = "",
        body: bytes = b"",
        rule: Rule = "always",
        retries: Retries | None = None,
        pause: Pause | None = None,
    ) -> Reply:
        """Send the request of an operation, with retries, and return the response.

        Args:
            operation: The operation.
            call_id: Id of the call or conference, if the operation has one.
            query: Query of the URL, without ``?``.
            body: Body of the request.
            rule: When the request may be sent again.
            retries: Limits of retries; default: those of the client.
            pause: Function that waits for a number of seconds; default: that of the client.
        """
        id_name = "conference_id" if "{conferenceId}" in operation.path else "call_id"
        id_ = "" if operation in _WITHOUT_ID else _checked_id(id_name, call_id)
        path = operation.path.format(accountId=self.account_id, callId=id_, conferenceId=id_)
        url = f"{self.base_url}{path}{'?' + query if query else ''}"
        headers = {"Accept": operations.JSON} | ({"Content-Type": operation.takes} if operation.takes else {})
        request = Request(operation.method, url, Headers(headers), body)
        return with_retries(
            lambda: self._attempt(operation, request, call_id),
            rule=rule,
            retries=retries or self.retries,
            pause=pause or self._pause,
            operation=operation.name,
            call_id=call_id,
        )

    def _attempt(self, operation: Operation, request: Request, call_id: str | None) -> Reply:
        """Send a request once, and return the response if it is a success.

        Raises:
            TransportError: If no response arrives, or the response belongs to another request.
            ApiError: If the response is not a success.
        """
        try:
            reply = self._authorized(operation, request)
        except TransportError as error:
            if error.operation:  # the token request failed, and this request was not sent
                raise
            raise TransportError(error.reason, operation.name, call_id, error.sent) from None
        other = _named_instead(reply, operation, call_id)
        if other is not None:
            if isinstance(self._send, Transport):
                self._send.discard_connections()
            raise MismatchedResponse(f"the response is about {quote(other)}", operation.name, call_id)
        if not reply.is_success:
            raise BY_STATUS.get(reply.status, ApiError)(reply, operation.name, call_id)
        return reply

    def _authorized(self, operation: Operation, request: Request) -> Reply:
        """Send a request with credentials, and once more with a new token after 401, which means that it was not processed."""
        authorization = self.auth.authorization(self._send, self.base_url)
        reply = self._logged(operation, request, authorization)
        if reply.status == operations.UNAUTHORIZED and self.auth.refused(authorization):
            reply = self._logged(operation, request, self.auth.authorization(self._send, self.base_url))
        return reply

    def _logged(self, operation: Operation, request: Request, authorization: str) -> Reply:
        """Send a request with an Authorization header, log the response, and return it."""
        start = time.perf_counter()
        headers = request.headers.plus("Authorization", authorization)
        reply = self._send(Request(request.method, request.url, headers, request.body))
        if log.isEnabledFor(logging.DEBUG):
            milliseconds = (time.perf_counter() - start) * 1000
            path = urlsplit(request.url).path  # the query may contain phone numbers
            log.debug("%s %s %s: %d in %.0f ms", operation.name, request.method, path, reply.status, milliseconds)
        return reply


def _created(reply: Reply) -> CreatedCall:
    """Return the call in a response of CreateCall.

    Raises:
        UnreadableReply: If the response has no call.
    """
    try:
        return from_json(CreatedCall, reply.json(), reply)
    except ValueError:
        raise UnreadableReply(reply, operations.CREATE_CALL.name) from None


def _may_have_been_placed(error: TransportError | ApiError) -> bool:
    """Return whether a call may have been placed although CreateCall failed with this error."""
    if error.operation == TOKEN_REQUEST:
        return False
    if isinstance(error, TransportError):
        return error.sent
    return not (400 <= error.status < 500 or error.status in NOT_PROCESSED)  # noqa: PLR2004  4xx: the API rejected the request


def _named_instead(reply: Reply, operation: Operation, id_: str | None) -> str | None:
    """Return the id of the call or conference that a response names, if it is not ``id_``; otherwise ``None``."""
    if operation in _WITHOUT_ID or not reply.body:
        return None
    member, description = _NAMES["{conferenceId}" in operation.path]
    try:
        data: object = reply.json()
    except ValueError:
        return None
    if isinstance(data, list) and len(cast("list[object]", data)) == 1:  # the API sometimes responds with a list of one call
        (data,) = cast("list[object]", data)
    members = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    described = description(str(members.get("description")))
    name = members.get(member) or (described and described[1])
    return name if isinstance(name, str) and name != id_ else None


def _call_state(reply: Reply, call_id: str) -> CallState:
    """Return the state in a response of GetCallState.

    Raises:
        UnreadableReply: If the response has no state of a call.
    """
    try:
        data: object = reply.json()
        if isinstance(data, list):  # the API sometimes responds with a list of one call
            (data,) = cast("list[object]", data)
        return from_json(CallState, data, reply)
    except ValueError:
        raise UnreadableReply(reply, operations.GET_CALL_STATE.name, call_id) from None


def _check_timeout(seconds: object) -> None:
    if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidRequest(f"timeout={quote(seconds)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")


def _checked_url(url: object) -> str:
    """Return a base URL without a slash at its end.

    Raises:
        InvalidRequest: If it is not a base URL; the message does not quote it, because it may contain a password.
    """
    found = _BASE_URL.fullmatch(url) if isinstance(url, str) else None
    if found is None or int(found["port"] or 0) > tables.HIGHEST_PORT:
        raise InvalidRequest(
            "base_url is not an absolute http(s) URL without credentials, query and fragment; expected https://host/path"
        )
    return found[0].rstrip("/")


def _checked_id(name: str, value: object) -> str:
    """Return an id, which cannot change the rest of the path.

    Raises:
        InvalidRequest: If the value is not an id.
    """
    if not isinstance(value, str) or not re.fullmatch(operations.ID, value):
        raise InvalidRequest(f"{name}={quote(value)} is not an id; expected letters, digits, - and _")
    return value


def _variables(environ: Mapping[str, str], *names: str) -> list[str]:
    """Return the values of environment variables.

    Raises:
        InvalidRequest: If a variable is missing or empty, with the names of all that are.
    """
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise InvalidRequest(f"{join_names(missing)} {'is' if len(missing) == 1 else 'are'} not set")
    return [environ[name] for name in names]


def _checked(table: tuple[tables.Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request.

    Raises:
        InvalidRequest: If the API would reject a field, with every problem.
    """
    values = _named(table, arguments)
    problems = list(tables.faults(table, values, spelled=python_name))
    if problems:
        raise InvalidRequest("; ".join(problems))
    return values


def _named(table: tuple[tables.Field, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not ``None``, under the API's names; the API does not accept null for every field."""
    names = {python_name(field.name): field.name for field in table}
    return {names[name]: value for name, value in arguments.items() if value is not None}


def _body(table: tuple[tables.Field, ...], arguments: dict[str, Any]) -> bytes:
    """Return the JSON body of a request.

    Raises:
        InvalidRequest: If the API would reject a field, with every problem.
    """
    detection = arguments.get("machine_detection")
    if detection is not None:
        if not isinstance(detection, MachineDetection):
            raise InvalidRequest(f"machine_detection={quote(detection)} is not valid; expected MachineDetection(...)")
        members = {field.name: getattr(detection, field.name) for field in fields(detection)}
        arguments = {**arguments, "machine_detection": _named(tables.MACHINE_DETECTION, members)}
    return json.dumps(_checked(table, arguments)).encode()


def _redirect_body(table: tuple[tables.Field, ...], arguments: dict[str, Any], command: str) -> bytes:
    """Return the JSON body of a request that redirects or ends a call or conference.

    Args:
        table: The fields of the request.
        arguments: The arguments of the method, by their Python names.
        command: Name of the argument that is ``active`` or ``completed``: ``state`` of a call, ``status`` of a conference.

    Raises:
        InvalidRequest: If the API would reject or ignore an argument.
    """
    body = _body(table, arguments)
    given = [name for name, value in arguments.items() if value is not None and name != command]
    ends = arguments[command] == "completed"
    target = "call" if command == "state" else "conference"
    if ends and given:
        raise InvalidRequest(f"{join_names(given)} cannot be combined with {command}='completed', which ends the {target}")
    if not ends and arguments["redirect_url"] is None:
        raise InvalidRequest(f"redirect_url is missing; it is required unless {command}='completed'")
    return body


def _rule(command: str | None, *, repeat: bool) -> Rule:
    """Return when a request may be sent again: a second end changes nothing, a second redirect begins the BXML again."""
    return "always" if repeat or command == "completed" else "if not processed"


def _validated_bytes(document: Document) -> bytes:
    """Return the body of a request that pushes a document.

    Raises:
        bxml.BxmlError: If the document is invalid, with every problem.
    """
    if isinstance(document, bxml.Response | bxml.Bxml):
        return document.to_bytes()
    source = cast("object", document)  # a value of any other type is reported as an invalid document
    return _cached_validate(source) if isinstance(source, str | bytes) else _validate(source)


def _validate(source: Any) -> bytes:
    """Return a serialized document as bytes.

    Raises:
        bxml.BxmlError: If the document is invalid, with every problem.
    """
    # Not bxml.parse, which also creates the verbs and takes twice as long.
    _, problems = check(source)
    if problems:
        raise bxml.InvalidDocument(problems)
    return source.encode() if isinstance(source, str) else bytes(source)


_cached_validate: Final = lru_cache(maxsize=8)(_validate)
"""The same with a cache, for a document that is pushed into many calls one after the other."""


def _iso_time(name: str, value: datetime | str | None) -> str | None:
    """Return a time in ISO 8601 format and UTC; strings are returned unchanged.

    Raises:
        InvalidRequest: If a datetime has no UTC offset, or is out of range in UTC.
    """
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidRequest(f"{name}={value!r} must include a UTC offset, such as tzinfo=datetime.UTC")
    try:
        return in_iso(value)
    except OverflowError:
        raise InvalidRequest(f"{name}={value!r} is out of range: in UTC it is before year 1 or after year 9999") from None


def _array(data: object) -> list[object]:
    """Return a value that is a list.

    Raises:
        ValueError: If the value is not a list.
    """
    if not isinstance(data, list):
        raise ValueError("the response is not a list")  # noqa: TRY004  every unexpected response raises ValueError
    return cast("list[object]", data)
