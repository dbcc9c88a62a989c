"""Classes for calls as the API describes them, and for the settings of machine detection.

Each field of the API is an attribute with the same name in snake case. Fields that are newer than this package are in
``unknown``. States and causes that are newer than this package are kept as the API sent them.
https://dev.bandwidth.com/apis/voice-apis/voice/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal, TypeVar, cast

from bxml.builder.frozen_dict import Frozen
from bxml.messages.python_names import python_name
from callcontrol.http_messages import Reply
from callcontrol.iso8601 import moment
from callcontrol.redacted_url_repr import redacted

Method = Literal["GET", "POST"]


@redacted
@dataclass(frozen=True, kw_only=True)
class MachineDetection:
    """Settings of machine detection, which CreateCall uses to find out whether a person or a machine answers.

    Args:
        mode: ``sync`` delays the answer event until the detection ends; ``async``, the default, sends a separate event.
        detection_timeout: Seconds for the whole detection; default 15.
        silence_timeout: Seconds without speech after which the result is ``silence``; default 10.
        speech_threshold: Seconds of speech that identify a machine; default 10.
        speech_end_threshold: Seconds of silence that end a person's speech; default 5.
        machine_speech_end_threshold: Seconds of silence that end a machine's speech; default: ``speech_end_threshold``.
        delay_result: Delay the result ``answering-machine`` until the machine stops talking; default false.
        callback_url: URL that receives machineDetectionComplete; in practice required if ``mode`` is ``async``.
        callback_method: HTTP method of the request to ``callback_url``; default POST.
        username: User name for HTTP Basic authentication at ``callback_url``.
        password: Password for HTTP Basic authentication at ``callback_url``.
        fallback_url: URL tried when ``callback_url`` does not respond.
        fallback_method: HTTP method of the request to ``fallback_url``; default POST.
        fallback_username: User name for HTTP Basic authentication at ``fallback_url``.
        fallback_password: Password for HTTP Basic authentication at ``fallback_url``.
    """

    mode: Literal["sync", "async"] | None = None
    detection_timeout: int | None = None
    silence_timeout: int | None = None
    speech_threshold: int | None = None
    speech_end_threshold: int | None = None
    machine_speech_end_threshold: int | None = None
    delay_result: bool | None = None
    callback_url: str | None = None
    callback_method: Method | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    fallback_url: str | None = None
    fallback_method: Method | None = None
    fallback_username: str | None = None
    fallback_password: str | None = field(default=None, repr=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class CreatedCall:
    """The response to CreateCall: a queued call, which has not been dialed yet.

    Attributes:
        call_id: Id of the call.
        account_id: Id of the account.
        application_id: Id of the voice application.
        to: Phone number or SIP URI to call.
        from_: Caller id.
        call_url: URL of the call in the API.
        enqueued_time: Time at which the call was queued.
        call_timeout: Seconds after which an unanswered call ends.
        callback_timeout: Seconds within which the application must respond to a webhook.
        answer_url: URL that receives the answer event.
        answer_method: HTTP method of the request to ``answer_url``.
        answer_fallback_url: URL tried when ``answer_url`` does not respond.
        answer_fallback_method: HTTP method of the request to ``answer_fallback_url``.
        disconnect_url: URL that receives the disconnect event.
        disconnect_method: HTTP method of the request to ``disconnect_url``.
        username: User name for HTTP Basic authentication at ``answer_url`` and ``disconnect_url``.
        password: Password for ``username``; the API returns a masked password.
        fallback_username: User name for HTTP Basic authentication at ``answer_fallback_url``.
        fallback_password: Password for ``fallback_username``; the API returns a masked password.
        priority: Priority in the queue, from 1 (first) to 5.
        tag: Tag of the call.
        unknown: Fields that are newer than this package; the keys are the API's names.
        reply: Response with its status, headers and body.
    """

    call_id: str
    account_id: str | None = None
    application_id: str | None = None
    to: str | None = None
    from_: str | None = None
    call_url: str | None = None
    enqueued_time: datetime | None = None
    call_timeout: float | None = None
    callback_timeout: float | None = None
    answer_url: str | None = None
    answer_method: str | None = None
    answer_fallback_url: str | None = None
    answer_fallback_method: str | None = None
    disconnect_url: str | None = None
    disconnect_method: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    fallback_username: str | None = None
    fallback_password: str | None = field(default=None, repr=False)
    priority: int | None = None
    tag: str | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    reply: Reply = field(default=Reply(0), repr=False, compare=False)


@redacted
@dataclass(frozen=True, kw_only=True)
class CallState:
    """The state of a call: the response to GetCallState, and each item of ListCalls.

    Attributes:
        call_id: Id of the call.
        account_id: Id of the account.
        application_id: Id of the voice application.
        parent_call_id: For a called leg of a Transfer, id of the call that ran the Transfer.
        to: Phone number or SIP URI that was called.
        from_: Caller of the call.
        direction: ``inbound`` or ``outbound``.
        state: ``queued``, ``initiated``, ``answered``, ``disconnected``, or a state that is newer than this package.
        stir_shaken: The network's verification of the caller's number.
        identity: SIP Identity header of the call.
        enqueued_time: Time at which the call was queued; outbound calls only.
        start_time: Time at which the call started.
        answer_time: Time at which the call was answered; ``None`` if it was not answered.
        end_time: Time at which the call ended; ``None`` while the call is active.
        disconnect_cause: Cause of the call's end, such as ``hangup``, ``busy`` or ``timeout``.
        error_message: Description of an error; ``None`` if there was no error.
        error_id: Id of an error, to quote to the vendor's support.
        last_update: Time at which the state last changed.
        unknown: Fields that are newer than this package; the keys are the API's names.
        reply: Response with its status, headers and body; for ListCalls, the response with the whole page.
    """

    call_id: str
    account_id: str | None = None
    application_id: str | None = None
    parent_call_id: str | None = None
    to: str | None = None
    from_: str | None = None
    direction: str | None = None
    state: str | None = None
    stir_shaken: Mapping[str, str] | None = field(default=None, hash=False)
    identity: str | None = None
    enqueued_time: datetime | None = None
    start_time: datetime | None = None
    answer_time: datetime | None = None
    end_time: datetime | None = None
    disconnect_cause: str | None = None
    error_message: str | None = None
    error_id: str | None = None
    last_update: datetime | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    reply: Reply = field(default=Reply(0), repr=False, compare=False)


T = TypeVar("T", CreatedCall, CallState)


def from_json(cls: type[T], data: object, reply: Reply) -> T:
    """Return the call that the API's JSON describes.

    Args:
        cls: Class of the call.
        data: Parsed JSON; fields that the class does not have go to ``unknown``.
        reply: Response that contains the JSON.

    Raises:
        ValueError: If the JSON is not an object, or has no call id.
    """
    members = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if not isinstance(members.get("callId"), str):
        raise ValueError("the response has no callId")  # noqa: TRY004  callers handle one error for any unexpected JSON
    # Annotations are strings, because their evaluation is postponed.
    known = {f.name: str(f.type) for f in fields(cls) if f.name not in {"unknown", "reply"}}
    unknown = {name: value for name, value in members.items() if not _CAMEL_CASE(name) or python_name(name) not in known}
    values = {python_name(name): value for name, value in members.items() if name not in unknown and value is not None}
    arguments: dict[str, Any] = {
        name: moment(value) if known[name].startswith("datetime") else value for name, value in values.items()
    }
    return cls(**arguments, unknown=Frozen(unknown), reply=reply)


_CAMEL_CASE: Final = re.compile("[a-z][a-zA-Z]*").fullmatch
"""Matches a name that ``python_name`` can convert. Other names go to ``unknown``."""
