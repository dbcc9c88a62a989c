"""The operations of the emulated API that read conferences and their members, and that change members.

https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Conferences
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from callcontrol import operation_table, request_fields
from callcontrol.emulator.api_requests import (
    Emulated,
    Refusal,
    Respond,
    RoutedRequest,
    body_of,
    json_reply,
    page,
    page_size,
    refuse,
    time_bounds,
)
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.event_payloads import written
from callcontrol.http_messages import Reply
from callcontrol.operation_table import Operation


def _as_json(conference: Conference) -> dict[str, Any]:
    """Return a conference without its members, as the list of conferences shows it."""
    target = None if conference.webhook is None else conference.webhook.target
    return {
        "id": conference.conference_id,
        "name": conference.name,
        "createdTime": written(conference.created_time),
        "completedTime": written(conference.completed_time),
        "conferenceEventUrl": target and target.url,
        "conferenceEventMethod": target and target.method,
        "tag": conference.tag,
    }


def _member_as_json(conference: Conference, call_id: str) -> dict[str, Any]:
    options = conference.options[call_id]
    return {
        "callId": call_id,
        "conferenceId": conference.conference_id,
        "memberUrl": f"{conference.url}/members/{call_id}",
        "mute": options.mute,
        "hold": options.hold,
        "callIdsToCoach": list(options.call_ids_to_coach),
    }


def _list_conferences(emulated: Emulated, received: RoutedRequest) -> Reply:
    query = received.query
    size = page_size(query, request_fields.CONFERENCE_PAGE_SIZE)
    bounds = time_bounds(query, "minCreatedTime", "maxCreatedTime")
    found: dict[str, dict[str, Any]] = {}
    for conference in emulated.conferences.by_id.values():
        created = conference.created_time
        is_in_time = bounds.get("minCreatedTime", created) <= created <= bounds.get("maxCreatedTime", created)
        if (
            conference.account_id == received.account_id
            and is_in_time
            and query.get("name", conference.name) == conference.name
        ):
            found[conference.conference_id] = _as_json(conference)
    shown, headers = page(found, size, received, "conferences")
    return json_reply(HTTPStatus.OK, shown, **headers)


def _get_conference(emulated: Emulated, received: RoutedRequest) -> Reply:
    conference = emulated.conference(received)
    members = [_member_as_json(conference, call_id) for call_id in conference.members]
    return json_reply(HTTPStatus.OK, {**_as_json(conference), "activeMembers": members})


def _conference_of_member(emulated: Emulated, received: RoutedRequest) -> Conference:
    """Return the conference in the path of a request. The conference must have the member in the path.

    Raises:
        Refusal: If the conference or the member does not exist.
    """
    conference = emulated.conference(received)
    if received.item_id not in conference.members:
        raise Refusal(HTTPStatus.NOT_FOUND, f"Conference member [{received.item_id}] not found")
    return conference


def _get_conference_member(emulated: Emulated, received: RoutedRequest) -> Reply:
    return json_reply(HTTPStatus.OK, _member_as_json(_conference_of_member(emulated, received), received.item_id))


def _update_conference_member(emulated: Emulated, received: RoutedRequest) -> Reply:
    body = body_of(received)
    refuse(request_fields.faults(request_fields.UPDATE_CONFERENCE_MEMBER, body))
    conference = _conference_of_member(emulated, received)
    coached = body.get("callIdsToCoach")
    shown = None if coached is None else ",".join(coached)
    changes = {"mute": body.get("mute"), "hold": body.get("hold"), "callIdsToCoach": shown}
    for party in (conference, conference.members[received.item_id]):
        party.note("api", "UpdateConferenceMember", callId=received.item_id, **changes)
    conference.change_member(received.item_id, mute=body.get("mute"), hold=body.get("hold"), call_ids_to_coach=coached)
    return Reply(HTTPStatus.NO_CONTENT)


HANDLERS: Final[Mapping[Operation, Respond]] = {
    operation_table.LIST_CONFERENCES: _list_conferences,
    operation_table.GET_CONFERENCE: _get_conference,
    operation_table.GET_CONFERENCE_MEMBER: _get_conference_member,
    operation_table.UPDATE_CONFERENCE_MEMBER: _update_conference_member,
}
"""For each operation on conferences: the function that performs it."""
