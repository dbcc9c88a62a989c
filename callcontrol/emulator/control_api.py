"""Calls driven by programs in whatever language: requests beside the API that do what the hands of a caller do.

Requests come in JSON and in nothing else, to names of this machine that are known: so no web page can make them, whatever a
browser is led to believe of where the page is from. Fields are those of the methods of :class:`callcontrol.emulator.core.Core`
and of its calls, written as the API writes its own.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from http import HTTPStatus
from inspect import signature
from ipaddress import ip_address
from math import isfinite
from typing import Any, Final, NamedTuple, cast
from urllib.parse import unquote, urlsplit

from bxml.messages.naming import python_name
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call, NotHeard
from callcontrol.emulator.core import Core, check_network_fields
from callcontrol.emulator.fault_injection import TIMES
from callcontrol.emulator.phones import ANSWERS, REACTIONS, Phone
from callcontrol.emulator.scheduler import seconds
from callcontrol.emulator.timeline import Timeline
from callcontrol.http_messages import Headers, Reply, Request, json_of
from callcontrol.operations import ID, JSON
from callcontrol.request_fields import Field, faults, method

CONTROL_PATH: Final = "/emulator"
"""What the paths of these requests begin with."""

LISTENS_TO: Final = {"keys": Key, "speech": Speech}
"""What a caller can do that a call may wait for."""

log = logging.getLogger(__name__)

Body = dict[str, Any]


def takes_long(path: str) -> bool:
    """Whether what is asked waits until something happens, of which there may be many."""
    return any(route.does is _expect and _pattern(route.path).fullmatch(path) for route in ROUTES)


class Refusal(Exception):
    """A request that is not done."""

    def __init__(self, status: HTTPStatus, description: str, **more: Any) -> None:
        """Say why."""
        super().__init__(status, description)
        self.reply = _json(status, {"description": description, **more})


def _json(status: int, body: object, **headers: str) -> Reply:
    return Reply(status, Headers({"Content-Type": JSON, **headers}), json.dumps(body, default=str).encode())


DONE: Final = Reply(HTTPStatus.NO_CONTENT)


class Route(NamedTuple):
    """A request that can be made."""

    method: str
    path: str
    does: Callable[[Core, str, Body], Reply]
    """Given what the path names, a call or a phone, and the fields of the body."""
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    def as_json(self) -> Body:
        """What it takes, for whoever makes it."""
        return {"request": str(self), "fields": [_described(field) for field in self.fields]}


def _described(field: Field) -> Body:
    """A field, with what is required of it."""
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return {
        "name": field.name,
        "is": field.kind,
        "required": field.required,
        **({"words": field.words} if field.words else {}),
        **{name: limit for name, limit in limits.items() if isfinite(limit)},
    }


class Control:
    """Answers the requests that drive calls, and has those of the API answered.

    Args:
        core: The emulated API, and the calls.
        hosts: Names under which it is asked, besides ``localhost`` and addresses.
    """

    def __init__(self, core: Core, hosts: Collection[str] = ()) -> None:
        self._core = core
        self._hosts = {"localhost", *(host.lower() for host in hosts)}

    def handle(self, request: Request) -> Reply:
        """The answer to a request.

        Raises:
            ConnectionResetError: if a fault cuts the connection.
        """
        try:
            path = self._path(request)
            if f"{path}/".startswith(f"{CONTROL_PATH}/"):
                return _routed(self._core, request, path)
        except Refusal as refusal:
            return refusal.reply
        except Exception:  # whatever it is, there is an answer
            log.exception("the emulator has failed at a request that drives a call")
            return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the emulator has failed at this").reply
        return self._core.handle(request)

    def _path(self, request: Request) -> str:
        """The path of a request that no web page has made under a name of its own."""
        try:
            parts = urlsplit(request.url)
        except ValueError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the host is none") from None
        host = parts.hostname or ""
        if host not in self._hosts and not _is_address(host):
            known = ", ".join(sorted(self._hosts))
            raise Refusal(HTTPStatus.FORBIDDEN, f"the host {host} is not known here; known are addresses, and {known}")
        return parts.path


def _is_address(host: str) -> bool:
    """Whether a host is an address, of which a browser cannot be made to believe that it is another one's."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _routed(core: Core, request: Request, path: str) -> Reply:
    found = {route.method: (route, match) for route in ROUTES if (match := _pattern(route.path).fullmatch(path))}
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, f"there is nothing at {path}", routes=list(map(str, ROUTES)))
    if request.method not in found:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {' and '.join(found)}")
    route, match = found[request.method]
    subject = unquote("".join(match.groups()))
    body = _body(request, route.fields) if request.method == "POST" else {}
    try:
        return route.does(core, subject, body)
    except NotHeard as error:
        raise Refusal(HTTPStatus.CONFLICT, error.what, timeline=_entries(error.timeline)) from None
    except (ValueError, RuntimeError) as error:  # of a call in another state, of time that goes by itself
        raise Refusal(HTTPStatus.CONFLICT, str(error)) from None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{call}", f"({ID})").replace("{number}", "([^/]+)"))


def _body(request: Request, fields: tuple[Field, ...]) -> Body:
    """The fields of a request; none if there is no body."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != JSON:  # the only type of these that a browser sends from no page of another host
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type has to be {JSON}, also without a body")
    try:
        body: object = json_of(request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is no object of JSON")
    given = cast("Body", body)
    names = [field.name for field in fields]
    wrong = list(faults(fields, given))
    wrong += [f"there is no field {name}; there are [{', '.join(names)}]" for name in given if name not in names]
    if wrong:
        raise Refusal(HTTPStatus.BAD_REQUEST, "; ".join(wrong))
    return given


def _one_of(body: Body, *names: str) -> tuple[str, Any]:
    """The one of these fields that is there, taken out of the others; one that is false is not."""
    given = {name: body.pop(name) for name in names if name in body}
    chosen = [(name, value) for name, value in given.items() if value is not False]
    if len(chosen) != 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"one of [{', '.join(names)}] is required, and no more than one")
    return chosen[0]


@contextmanager
def _taken() -> Generator[None]:
    """Refuse what the emulator does not take."""
    try:
        yield
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from None


def _arguments(body: Body) -> dict[str, Any]:
    """Fields as arguments of the method they belong to."""
    return {python_name(name): value for name, value in body.items()}


# The emulator


def _index(core: Core, _: str, __: Body) -> Reply:
    return _json(
        HTTPStatus.OK, {"seconds": round(core.seconds, 3), "speed": core.speed, "routes": [route.as_json() for route in ROUTES]}
    )


def _advance(core: Core, _: str, body: Body) -> Reply:
    core.advance(**_arguments(body))
    return _index(core, "", {})


def _run(core: Core, _: str, __: Body) -> Reply:
    core.run()
    return _index(core, "", {})


def _phone(core: Core, number: str, body: Body) -> Reply:
    reaction = REACTIONS[body.pop("reaction")]
    if body and reaction is not Phone.answers:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"only a phone that answers takes {' and '.join(sorted(body))}")
    with _taken():
        reaction(core.phone(number), **_arguments(body))
    return DONE


def _fault(core: Core, _: str, body: Body) -> Reply:
    kind, value = _one_of(body, "status", "cut", "delay")
    if kind != "status" and not body.keys() <= {"times", "operation"}:
        raise Refusal(HTTPStatus.BAD_REQUEST, "only a status takes retryAfter and description")
    with _taken():
        if kind == "status":
            core.fail(value, **_arguments(body))
        elif kind == "delay":
            core.delay(value, **_arguments(body))
        else:
            core.cut(**_arguments(body))
    return DONE


def _late(core: Core, _: str, body: Body) -> Reply:
    core.delay_webhooks(**_arguments(body))
    return DONE


def _audio(core: Core, _: str, body: Body) -> Reply:
    core.audio_lasts(**_arguments(body))
    return DONE


# Calls


def _calls(core: Core, _: str, __: Body) -> Reply:
    return _json(HTTPStatus.OK, [_as_json(call) for call in core.calls])


def _dial(core: Core, _: str, body: Body) -> Reply:
    fields = body.pop("fields", {})
    with _taken():
        check_network_fields(fields)  # by themselves, for some have names that something else given here has
        call = core.dial(**fields, **_arguments(body))
    return _json(HTTPStatus.CREATED, _in_full(call), Location=f"{CONTROL_PATH}/calls/{call.call_id}")


_DIALS: Final = signature(Core.dial).parameters


def _call(core: Core, call_id: str, _: Body) -> Reply:
    return _json(HTTPStatus.OK, _in_full(_found(core, call_id)))


def _by(act: Callable[[Core, Call, Body], object]) -> Callable[[Core, str, Body], Reply]:
    """Does something to a call, and shows it."""

    def does(core: Core, call_id: str, body: Body) -> Reply:
        act(core, _found(core, call_id), body)
        return _call(core, call_id, {})

    return does


def _press(_: Core, call: Call, body: Body) -> None:
    with _taken():
        call.press(**body)


def _expect(core: Core, call_id: str, body: Body) -> Reply:
    call = _found(core, call_id)
    kind, expected = _one_of(body, "spoken", "played", "ended")
    if kind == "ended":
        return _json(HTTPStatus.OK, {"cause": call.expect_end(**body)})
    expect = call.expect_speech if kind == "spoken" else call.expect_audio
    return _json(HTTPStatus.OK, expect(expected, **body).as_json())


def _found(core: Core, call_id: str) -> Call:
    try:
        return core.call(call_id)
    except KeyError:
        raise Refusal(HTTPStatus.NOT_FOUND, f"there is no call {call_id}") from None


def _in_full(call: Call) -> Body:
    with call.simulation.lock:
        return {**_as_json(call), "timeline": _entries(call.timeline)}


def _as_json(call: Call) -> Body:
    with call.simulation.lock:
        return {**call.as_json(), "listensTo": [name for name, kind in LISTENS_TO.items() if call.waits_for(kind)]}


def _entries(timeline: Timeline) -> list[Body]:
    return [entry.as_json() for entry in timeline]


_CALL: Final = f"{CONTROL_PATH}/calls/{{call}}"

ROUTES: Final = (
    Route("GET", CONTROL_PATH, _index),
    Route("GET", f"{CONTROL_PATH}/calls", _calls),
    Route(
        *("POST", f"{CONTROL_PATH}/calls", _dial),
        (
            Field("url", "text"),
            Field("to", "phone or sip"),
            Field("from", "phone or sip"),
            Field("accountId", "text"),
            Field("applicationId", "text"),
            method("method"),
            Field("username", "text"),
            Field("password", "secret"),
            Field("fallbackUrl", "text"),
            method("fallbackMethod"),
            Field("fallbackUsername", "text"),
            Field("fallbackPassword", "secret"),
            Field("statusUrl", "text"),
            method("statusMethod"),
            Field("callbackTimeout", "number", minimum=1, maximum=25),
            Field("fields", "object"),
        ),
    ),
    Route("GET", _CALL, _call),
    Route("POST", f"{_CALL}/press", _by(_press), (Field("digits", "text", required=True),)),
    Route("POST", f"{_CALL}/say", _by(lambda _, call, body: call.say(**body)), (Field("text", "text", required=True),)),
    Route("POST", f"{_CALL}/hang-up", _by(lambda _, call, __: call.hang_up())),
    Route(
        *("POST", f"{_CALL}/close-stream", _by(lambda _, call, body: call.close_stream(**body))),
        (Field("name", "text", required=True),),
    ),
    Route("POST", f"{_CALL}/initiate", _by(lambda core, call, _: core.initiate(call.call_id))),
    Route("POST", f"{_CALL}/answer", _by(lambda core, call, _: core.answer(call.call_id))),
    Route(
        *("POST", f"{_CALL}/expect", _expect),
        (
            Field("spoken", "text"),
            Field("played", "text"),
            Field("ended", "boolean"),
            seconds("within"),
        ),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/phones/{{number}}", _phone),
        (Field("reaction", "word", required=True, words=tuple(REACTIONS)), *ANSWERS),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/faults", _fault),
        (
            Field("status", "integer"),
            Field("cut", "boolean"),
            seconds("delay"),
            TIMES,
            Field("operation", "text"),
            seconds("retryAfter"),
            Field("description", "text"),
        ),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/webhook-delays", _late),
        (seconds("seconds", required=True), Field("path", "text"), TIMES),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/audio", _audio),
        (Field("url", "url", required=True), seconds("seconds", required=True)),
    ),
    Route("POST", f"{CONTROL_PATH}/advance", _advance, (seconds("seconds", required=True),)),
    Route("POST", f"{CONTROL_PATH}/run", _run),
)
"""Every request that drives calls."""
