"""The asyncio client of the call API: the methods of :class:`callcontrol.Client`, to be awaited.

Written from client.py by tests/callcontrol/generate_async_client.py. Change client.py, and run that module.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from bxml.messages.python_names import python_name
from callcontrol import operation_steps, operation_table, request_fields
from callcontrol.adaptive_rate_limiter import LimiterState
from callcontrol.async_push_to_many_calls import interrupt_many
from callcontrol.async_transport import AsyncTransport
from callcontrol.auth import Auth
from callcontrol.call_models import CallState, CreatedCall, MachineDetection, Method
from callcontrol.clock import AsyncClock
from callcontrol.http_messages import AsyncSend, Reply
from callcontrol.ledger import LedgerArgument, LedgerKey, Outcome
from callcontrol.operation_steps import Account
from callcontrol.operation_table import BASE_URL
from callcontrol.pagination import AsyncCallList
from callcontrol.push_outcomes import BulkSettings, Tally
from callcontrol.request_arguments import (
    Document,
    account_from_env,
    check_pickling,
    check_timeout,
    checked_auth,
    checked_base_url,
    checked_document,
    checked_id,
    json_body,
    list_query,
    redirect_body,
)
from callcontrol.retries import Retries, rule_of
from callcontrol.steps_and_drivers import Steps, drive_async

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

DEFAULT_RETRIES: Final = Retries()
"""Default limits of the retries of a client."""


class AsyncClient:
    """An asyncio client of the call API for one account: creates, reads, redirects, interrupts and ends calls.

    A client has one pool of connections for each event loop, and can be shared between the tasks of a loop. Use the client in
    an ``async with`` statement or call :meth:`close` to close the connections. It has the methods of :class:`Client`, with the
    same arguments, results and errors. The extra ``async`` is required. A client can be pickled. The pickle contains
    the credentials, but no connections and no tokens. Keep the pickle secret.

    Every method that sends a request raises :class:`ApiError` if the response is not a success, and :class:`TransportError` if
    no response arrives. :class:`ApiError` has subclasses for most statuses. Each method lists its other errors.

    https://dev.bandwidth.com/apis/voice-apis/voice/

    Args:
        account_id: The account id, as a string.
        auth: :class:`OAuth2`, or :class:`BasicAuth`, which the API accepts until 2 December 2026.
        base_url: URL of the API: everything before ``/accounts/``. Default: the vendor's production API.
        timeout: Seconds to wait for a connection, and then for the whole response; more than 0, at most 86400; default 10.
        retries: Limits of retries, for failures after which the operation may be sent again.
        session: Session that sends the requests, with the connector, proxies and headers that you set. Closing the
            client does not close this session. Default: a session that belongs to the client.
        send: Coroutine function that sends a request and returns the response. Default: the network.
        pause: Coroutine function that waits for a number of seconds. Default:
            ``asyncio.sleep``.

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
        session: aiohttp.ClientSession | None = None,
        send: AsyncSend | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        check_timeout(timeout)
        clock = AsyncClock(pause)
        id_, credentials, url = checked_id("account_id", account_id), checked_auth(auth), checked_base_url(base_url)
        self._account = Account(id_, credentials, url, retries, clock)
        self._pause = clock.async_pause
        self._send: AsyncSend = send or AsyncTransport(timeout, session)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        timeout: float = 10.0,
        retries: Retries = DEFAULT_RETRIES,
        session: aiohttp.ClientSession | None = None,
    ) -> Self:
        """Return a client with the account and the credentials of the environment.

        It reads the account id from ``BW_ACCOUNT_ID``, and the credentials from ``BW_CLIENT_ID`` and ``BW_CLIENT_SECRET``, or
        else from ``BW_USERNAME`` and ``BW_PASSWORD``. It reads the base URL from ``BW_VOICE_URL``; default: the vendor's
        production API. An empty variable counts as missing.

        Args:
            environ: The environment variables; default: those of the process.
            timeout: Seconds to wait for a connection, and then for the whole response; more than 0, at most 86400; default 10.
            retries: Limits of retries, for failures after which the operation may be sent again.
            session: Session that sends the requests, as in the constructor; default: a session that belongs to the client.

        Raises:
            InvalidRequest: If variables are missing or have invalid values. The message names every missing variable.
        """
        environ = os.environ if environ is None else environ  # a default value would appear in help(), with every secret
        account_id, auth, base_url = account_from_env(environ)
        return cls(account_id, auth, base_url=base_url, timeout=timeout, retries=retries, session=session)

    @property
    def account_id(self) -> str:
        """The account id."""
        return self._account.account_id

    @property
    def auth(self) -> Auth:
        """The credentials."""
        return self._account.auth

    @property
    def base_url(self) -> str:
        """URL of the API: everything before ``/accounts/``."""
        return self._account.base_url

    @property
    def retries(self) -> Retries:
        """The limits of retries."""
        return self._account.retries

    @property
    def limiter_state(self) -> LimiterState:
        """The state of the limiter, which slows down all requests of the client after a 429."""
        return self._account.limiter.state(self._account.clock.now())

    def __repr__(self) -> str:
        """Return the account, the authentication without its secret, and the base URL."""
        return f"AsyncClient({self.account_id!r}, {self.auth!r}, base_url={self.base_url!r})"

    def __getstate__(self) -> dict[str, object]:
        """Return the state for pickling. It contains the credentials, but no connections, no tokens and no rate limit.

        Raises:
            TypeError: If ``send``, ``pause``, ``session`` or ``on_attempt`` cannot be pickled.
        """
        parts = {"send or session": self._send, "pause": self._pause, "retries.on_attempt": self.retries.on_attempt}
        for name, part in parts.items():
            check_pickling(name, part)
        return vars(self).copy()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; a later request opens new ones. A custom ``send`` is not closed."""
        if isinstance(self._send, AsyncTransport):
            await self._send.close()

    # Operations

    async def create_call(  # noqa: PLR0913  the fields of the API
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
        """Create an outbound call. When it is answered, it runs the BXML with which ``answer_url`` responds.

        The call is queued first. The request is retried only if the API certainly did not process it.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/createCall

        Args:
            to: Phone number in E.164 format, or SIP URI, to call.
            from_: Phone number of the account, in E.164 format; required even if ``privacy`` hides it.
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
            tag: String that is sent with every webhook of the call until another tag replaces it; at most 4096 characters.
            privacy: Whether the calling number is hidden; default false.
            display_name: Name that the called party sees; at most 256 characters. With ``privacy``: Restricted, Anonymous,
                Private or Unavailable.
            uui: User-To-User headers, separated by commas, if ``to`` is a SIP URI; at most 350 characters.

        Returns:
            The new call, which is queued, with its ``call_id``.

        Raises:
            InvalidRequest: If an argument is missing or invalid. The message lists every problem; nothing was sent.
            CallMayExist: If the request failed, but the call may have been placed. The request is not sent again.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        body = json_body(request_fields.CREATE_CALL, arguments)
        return await self._run(operation_steps.create_call(self._account, body, to=to, from_=from_))

    async def get_call_state(self, call_id: str) -> CallState:
        """Return the state of a call, up to seven days after its end.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/getCallState

        Args:
            call_id: Id of the call.

        Raises:
            InvalidRequest: If the id is invalid; nothing was sent.
            NotFound: If the call does not exist, ended too long ago, or is too new to be visible.
            UnreadableReply: If the response is not the state of a call.
        """
        return await self._run(operation_steps.get_call_state(self._account, call_id))

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
    ) -> AsyncCallList:
        """List the calls of the last seven days, oldest first.

        Each page is requested when the iteration needs it, the first one when the iteration begins.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/listCalls

        Args:
            to: Only calls to this number.
            from_: Only calls from this number.
            min_start_time: Only calls that started at or after this time: a datetime with a UTC offset, or a string in ISO 8601
                format, sent unchanged.
            max_start_time: Only calls that started at or before this time, in the same formats.
            disconnect_cause: Only calls that ended with this cause, such as ``hangup``.
            page_size: Number of calls per page, 1 to 10000; default 1000.
            page_token: ``next_page_token`` of an earlier list, to resume it; default: the first page.

        Returns:
            An asynchronous iterator over the calls, which also has the current page, its response, and the token of the next
            page.

        Raises:
            InvalidRequest: If an argument is invalid. The message lists every problem; nothing was sent.
            UnreadableReply: If the response is not a list of calls.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        query = list_query(arguments)
        first = operation_steps.list_calls
        return AsyncCallList(
            lambda: self._run(first(self._account, query)),
            lambda page: self._run(operation_steps.next_page(self._account, page)),
        )

    async def update_call(  # noqa: PLR0913  the fields of the API
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
            state: ``active`` to redirect; ``completed`` to end an answered call, cancel a ringing call or remove a queued
                call; default ``active``.
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
            InvalidRequest: If an argument is invalid, or the API would ignore it. The message lists every problem; nothing was
                sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "call_id", "repeat"}}
        body = redirect_body(request_fields.UPDATE_CALL, arguments, "state")
        rule = rule_of(state, repeat=repeat)
        return await self._run(operation_steps.interrupt(self._account, operation_table.UPDATE_CALL, call_id, body, rule))

    async def update_call_bxml(
        self, call_id: str, document: Document, *, select: Collection[str] = (), ignore: Collection[str] = ()
    ) -> Reply:
        """Push a BXML document into a call, which runs it instead of its current BXML.

        A relative URL in the document is an error, because a pushed document has no base URL. The request is retried
        even if an earlier attempt may have been processed.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_id: Id of the call.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                first.
            select: Names of further lint rules that the document must not break. ``relative-url`` always applies, unless it is
                in ``ignore``. ``default`` selects all rules that are on by default.
            ignore: Lint rules that the document may break, such as ``relative-url``.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid or breaks one of the lint rules. The error has every problem; nothing
                was sent.
            ValueError: If a lint rule does not exist.
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        body = checked_document(document, select=select, ignore=ignore)
        return await self._run(operation_steps.push(self._account, call_id, body))

    async def interrupt_many(  # noqa: PLR0913  one argument per setting
        self,
        call_ids: Iterable[str] | AsyncIterable[str],
        document: Document,
        *,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        ledger: LedgerArgument | None = None,
        workers: int = 16,
        rate: float | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        repeat_unknown: bool = False,
    ) -> Tally:
        """Push a BXML document into many calls, several at a time; see :meth:`update_call_bxml`.

        The calls are interrupted by concurrent tasks. Each task writes to the ledger before a request, and again after the
        response, before it begins its next call. If the run stops or its process is killed, call this method again with the
        same ledger: it interrupts the calls that the ledger does not contain, and the calls that were refused. It skips calls
        that may have received the document, unless you pass ``repeat_unknown=True``.

        The run stops on wrong credentials, and if ``call_ids``, ``on_outcome`` or the ledger raises an error. The error is
        raised when the calls in progress have ended and their outcomes are written. If one call fails, the run
        continues. Cancellation also cancels the requests in progress; their outcomes are unknown.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_ids: The ids of the calls, an iterable or asynchronous iterable, read lazily. Duplicates are skipped.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                once.
            select: Names of further lint rules that the document must not break. ``relative-url`` always applies, unless it is
                in ``ignore``. ``default`` selects all rules that are on by default.
            ignore: Lint rules that the document may break, such as ``relative-url``.
            ledger: Path of a file for the outcomes, in JSON lines, or a :class:`callcontrol.SqlLedger`; ``None`` for no ledger.
            workers: Maximum number of calls at once, 1 to 1000; default 16.
            rate: Maximum number of calls that begin per second, from 0.001 to 1000000; default: unlimited.
            on_outcome: Function that is called with each outcome after it is written, one at a time.
            repeat_unknown: Whether to interrupt again the calls that may have received the document in an earlier run.

        Returns:
            The number of calls with each outcome.

        Raises:
            bxml.BxmlError: If the document is invalid or breaks one of the lint rules. The error has every problem; nothing
                was sent.
            ValueError: If a lint rule does not exist.
            InvalidRequest: If an argument is invalid, or the ledger is in use or belongs to another account, host or document.
                Nothing was sent, except if a later item of ``call_ids`` is not a string.
            Unauthorized: If the credentials are wrong.
            Forbidden: If the credentials have no access.
            CallControlError: If the ledger cannot be written. Its message and notes name the outcomes that are missing.
        """
        body = checked_document(document, select=select, ignore=ignore)

        def push(call_id: str) -> Steps[Reply]:
            return operation_steps.push(self._account, call_id, body)

        settings = BulkSettings(ledger, workers, rate, on_outcome, repeat_unknown)
        return await self._run_many(call_ids, push, self._account.ledger_key(body), settings)

    async def redirect_many(  # noqa: PLR0913  the fields of the API, and one argument per setting
        self,
        call_ids: Iterable[str] | AsyncIterable[str],
        redirect_url: str,
        *,
        redirect_method: Method | None = None,
        username: str | None = None,
        password: str | None = None,
        redirect_fallback_url: str | None = None,
        redirect_fallback_method: Method | None = None,
        fallback_username: str | None = None,
        fallback_password: str | None = None,
        tag: str | None = None,
        repeat: bool = False,
        ledger: LedgerArgument | None = None,
        workers: int = 16,
        rate: float | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        repeat_unknown: bool = False,
    ) -> Tally:
        """Redirect many calls to the BXML of ``redirect_url``, several at a time; see :meth:`update_call`.

        The run, its ledger and its errors are the same as for :meth:`interrupt_many`.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_ids: The ids of the calls, an iterable or asynchronous iterable, read lazily. Duplicates are skipped.
            redirect_url: Absolute URL that receives the redirect event of each call and responds with BXML.
            redirect_method: HTTP method of the request to ``redirect_url``; default POST.
            username: User name for HTTP Basic authentication at ``redirect_url``, which then must be https.
            password: Password for HTTP Basic authentication at ``redirect_url``.
            redirect_fallback_url: URL that is requested if ``redirect_url`` does not respond.
            redirect_fallback_method: HTTP method of the request to ``redirect_fallback_url``; default POST.
            fallback_username: User name for HTTP Basic authentication at ``redirect_fallback_url``, which then must be https.
            fallback_password: Password for HTTP Basic authentication at ``redirect_fallback_url``.
            tag: String that replaces the tag of each call; an empty string clears it; at most 4096 characters.
            repeat: Whether a redirect is retried if an earlier attempt of this run may have been processed. The caller may
                then hear the beginning of the BXML twice.
            ledger: Path of a file for the outcomes, in JSON lines, or a :class:`callcontrol.SqlLedger`; ``None`` for no ledger.
            workers: Maximum number of calls at once, 1 to 1000; default 16.
            rate: Maximum number of calls that begin per second, from 0.001 to 1000000; default: unlimited.
            on_outcome: Function that is called with each outcome after it is written, one at a time.
            repeat_unknown: Whether to redirect again the calls that may have been redirected in an earlier run.

        Returns:
            The number of calls with each outcome; ``delivered`` counts the redirected calls.

        Raises:
            InvalidRequest: If an argument is invalid, or the ledger is in use or belongs to another account, host or request.
            Unauthorized: If the credentials are wrong.
            Forbidden: If the credentials have no access.
            CallControlError: If the ledger cannot be written. Its message and notes name the outcomes that are missing.
        """
        given = locals()
        names = [python_name(field.name) for field in request_fields.UPDATE_CALL]
        arguments = {name: given.get(name) for name in names}  # the field state is no argument, because the call stays active
        body = redirect_body(request_fields.UPDATE_CALL, arguments, "state")
        rule = rule_of(None, repeat=repeat)

        def redirect(call_id: str) -> Steps[Reply]:
            return operation_steps.interrupt(self._account, operation_table.UPDATE_CALL, call_id, body, rule)

        settings = BulkSettings(ledger, workers, rate, on_outcome, repeat_unknown)
        return await self._run_many(call_ids, redirect, self._account.ledger_key(body), settings)

    async def hang_up_many(  # noqa: PLR0913  one argument per setting
        self,
        call_ids: Iterable[str] | AsyncIterable[str],
        *,
        ledger: LedgerArgument | None = None,
        workers: int = 16,
        rate: float | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        repeat_unknown: bool = False,
    ) -> Tally:
        """End many calls, several at a time; see :meth:`hang_up`.

        The run, its ledger and its errors are the same as for :meth:`interrupt_many`.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCall

        Args:
            call_ids: The ids of the calls, an iterable or asynchronous iterable, read lazily. Duplicates are skipped.
            ledger: Path of a file for the outcomes, in JSON lines, or a :class:`callcontrol.SqlLedger`; ``None`` for no ledger.
            workers: Maximum number of calls at once, 1 to 1000; default 16.
            rate: Maximum number of calls that begin per second, from 0.001 to 1000000; default: unlimited.
            on_outcome: Function that is called with each outcome after it is written, one at a time.
            repeat_unknown: Whether to end again the calls that may have been ended in an earlier run.

        Returns:
            The number of calls with each outcome. ``delivered`` counts the calls that this run ended, and ``gone`` the calls
            that had already ended.

        Raises:
            InvalidRequest: If an argument is invalid, or the ledger is in use or belongs to another account, host or request.
            Unauthorized: If the credentials are wrong.
            Forbidden: If the credentials have no access.
            CallControlError: If the ledger cannot be written. Its message and notes name the outcomes that are missing.
        """
        body = redirect_body(request_fields.UPDATE_CALL, {"state": "completed", "redirect_url": None}, "state")

        def end(call_id: str) -> Steps[Reply]:
            return operation_steps.interrupt(self._account, operation_table.UPDATE_CALL, call_id, body, "always")

        settings = BulkSettings(ledger, workers, rate, on_outcome, repeat_unknown)
        return await self._run_many(call_ids, end, self._account.ledger_key(body), settings)

    async def update_conference(  # noqa: PLR0913  the fields of the API
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
            InvalidRequest: If an argument is invalid, or the API would ignore it. The message lists every problem; nothing was
                sent.
            NotFound: If the conference does not exist or has ended.
        """
        arguments = {name: value for name, value in locals().items() if name not in {"self", "conference_id", "repeat"}}
        body = redirect_body(request_fields.UPDATE_CONFERENCE, arguments, "status")
        rule = rule_of(status, repeat=repeat)
        return await self._run(
            operation_steps.perform(self._account, operation_table.UPDATE_CONFERENCE, conference_id, body=body, rule=rule)
        )

    async def update_conference_bxml(
        self,
        conference_id: str,
        document: Document,
        *,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        repeat: bool = False,
    ) -> Reply:
        """Push a BXML document into a conference. It is queued behind earlier documents, and all members hear it.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences/operation/updateConferenceBxml

        Args:
            conference_id: Id of the conference, not its name.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes, with verbs that are
                allowed in a conference. It is validated first, and relative URLs are errors.
            select: Names of further lint rules that the document must not break. ``relative-url`` always applies, unless it is
                in ``ignore``. ``default`` selects all rules that are on by default.
            ignore: Lint rules that the document may break, such as ``relative-url``.
            repeat: Whether the document is sent again if an earlier attempt may have been processed. The members may then hear
                the document twice, because a conference queues its documents.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid or has a verb that is not allowed in a conference. The error has every
                problem; nothing was sent.
            ValueError: If a lint rule does not exist.
            InvalidRequest: If the id is invalid; nothing was sent.
            NotFound: If the conference does not exist or has ended.
        """
        body = checked_document(document, select=select, ignore=ignore, conference=True)
        steps = operation_steps.perform(
            self._account, operation_table.UPDATE_CONFERENCE_BXML, conference_id, body=body, rule=rule_of(None, repeat=repeat)
        )
        return await self._run(steps)

    # Shorter names

    async def redirect(
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
            InvalidRequest: If an argument is invalid. The message lists every problem; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        return await self.update_call(
            call_id, redirect_url=redirect_url, redirect_method=redirect_method, tag=tag, repeat=repeat
        )

    async def interrupt(
        self, call_id: str, document: Document, *, select: Collection[str] = (), ignore: Collection[str] = ()
    ) -> Reply:
        """Push a BXML document into a call: a shorter name for :meth:`update_call_bxml`.

        https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/updateCallBxml

        Args:
            call_id: Id of the call.
            document: A :class:`bxml.Response` or :class:`bxml.Bxml`, or the document as a string or bytes. It is validated
                first.
            select: Names of further lint rules that the document must not break. ``relative-url`` always applies, unless it is
                in ``ignore``. ``default`` selects all rules that are on by default.
            ignore: Lint rules that the document may break, such as ``relative-url``.

        Returns:
            The response, which has no body.

        Raises:
            bxml.BxmlError: If the document is invalid or breaks one of the lint rules. The error has every problem; nothing
                was sent.
            ValueError: If a lint rule does not exist.
            InvalidRequest: If the id is invalid; nothing was sent.
            CallNotActive: If the call is not answered yet, or has ended.
            NotFound: If the call does not exist.
        """
        return await self.update_call_bxml(call_id, document, select=select, ignore=ignore)

    async def hang_up(self, call_id: str) -> Reply:
        """End an answered call, cancel a ringing call, or remove a queued call. Succeeds if the call has already ended.

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
        body = redirect_body(request_fields.UPDATE_CALL, {"state": "completed", "redirect_url": None}, "state")
        return await self._run(operation_steps.hang_up(self._account, call_id, body))

    async def wait_until_answered(
        self,
        call_id: str,
        *,
        timeout: float = 60.0,  # noqa: ASYNC109  as in Client
        patience: float = 60.0,
    ) -> CallState:
        """Poll the state of a call until the call is answered, and return the state.

        The first pause between two requests is 1 second; later pauses grow to 10 seconds.

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
        return await self._run(operation_steps.wait_until_answered(self._account, call_id, timeout, patience))

    async def _run_many(
        self,
        call_ids: Iterable[str] | AsyncIterable[str],
        steps_of: Callable[[str], Steps[Reply]],
        key: LedgerKey,
        settings: BulkSettings,
    ) -> Tally:
        """Carry out an operation for each of many calls."""

        def deliver(call_id: str, pause: Callable[[float], Awaitable[object]]) -> Coroutine[Any, Any, Reply]:
            return drive_async(steps_of(call_id), self._send, pause)

        return await interrupt_many(deliver, call_ids, key, settings)

    def _run(self, steps: Steps[T]) -> Coroutine[Any, Any, T]:
        """Carry out the steps of an operation."""
        return drive_async(steps, self._send, self._pause)
