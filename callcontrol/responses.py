"""Conversion of responses into values and errors."""

from __future__ import annotations

import re
from typing import Final, cast

from callcontrol import operation_table
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.call_models import CallState, CreatedCall, from_json
from callcontrol.errors import BY_STATUS, ApiError, TransportError, UnreadableReply
from callcontrol.http_messages import Reply
from callcontrol.operation_table import Operation
from callcontrol.pagination import Page, next_link
from callcontrol.retries import NOT_PROCESSED

_NAMES: Final = (
    ("callId", re.compile(rf"Call \[({operation_table.ID})\]").match),
    ("conferenceId", re.compile(rf"Conference \[({operation_table.ID})\]").match),
)
"""First for calls, then for conferences: the JSON member with the id, and a pattern that finds the id in a description."""


def successful(reply: Reply, operation: Operation, id_: str | None) -> Reply:
    """Return a response if its status is a success.

    Raises:
        ApiError: If the status is not a success. The class of the error depends on the status.
    """
    if not reply.is_success:
        raise BY_STATUS.get(reply.status, ApiError)(reply, operation.name, id_)
    return reply


def created_call(reply: Reply) -> CreatedCall:
    """Return the call that a response of CreateCall describes.

    Raises:
        UnreadableReply: If the body does not describe a call.
    """
    try:
        return from_json(CreatedCall, reply.json(), reply)
    except ValueError:
        raise UnreadableReply(reply, operation_table.CREATE_CALL.name) from None


def call_state(reply: Reply, call_id: str) -> CallState:
    """Return the state that a response of GetCallState describes.

    Raises:
        UnreadableReply: If the body does not describe the state of a call.
    """
    try:
        return from_json(CallState, _single(reply.json()), reply)
    except ValueError:
        raise UnreadableReply(reply, operation_table.GET_CALL_STATE.name, call_id) from None


def page(reply: Reply) -> Page:
    """Return the page of calls in a response of ListCalls.

    Raises:
        UnreadableReply: If the body is not a list of calls.
    """
    try:
        data: object = reply.json()
        if not isinstance(data, list):
            raise ValueError("the body is not a list")  # noqa: TRY004, TRY301  reported as an unreadable response
        calls = tuple(from_json(CallState, each, reply) for each in cast("list[object]", data))
    except ValueError:
        raise UnreadableReply(reply, operation_table.LIST_CALLS.name) from None
    return Page(calls, reply, next_link(reply))


def other_id(reply: Reply, operation: Operation, id_: str | None) -> str | None:
    """Return the id that a response names if it differs from the id of the request, otherwise ``None``."""
    if id_ is None or not reply.body:
        return None
    member, description = _NAMES["{conferenceId}" in operation.path]
    try:
        data = _single(reply.json())
    except ValueError:
        return None
    members = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    described = description(str(members.get("description")))
    name = members.get(member) or (described and described[1])
    return name if isinstance(name, str) and name != id_ else None


def _single(data: object) -> object:
    """Return the only item of a list with one item, or any other value unchanged; the API was seen to send such lists."""
    items = cast("list[object]", data if isinstance(data, list) else [data])
    return items[0] if len(items) == 1 else items


def may_have_created_a_call(error: TransportError | ApiError) -> bool:
    """Return whether a call may ring although CreateCall failed with this error."""
    if error.operation == TOKEN_REQUEST:
        return False
    if isinstance(error, TransportError):
        return error.sent
    return not (400 <= error.status < 500 or error.status in NOT_PROCESSED)  # noqa: PLR2004  the API refuses with 4xx
