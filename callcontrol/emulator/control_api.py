"""The control API: HTTP requests with which programs act as the caller, configure phones and faults, and advance time.

The phone in the browser is a page that sends these requests. Three checks prevent other web pages from controlling the
emulator. A POST request must have the content type JSON; for a page of another site, a browser asks the server before it sends
this type. A request of a web page, which has the header Origin, must come from the emulator's own page. Every request must
name a known host; this prevents DNS rebinding.

The fields of a request are the arguments of the methods of :class:`callcontrol.emulator.in_process_emulator.Core` and
:class:`callcontrol.emulator.calls.Call`, in camel case.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast
from urllib.parse import SplitResult, unquote, urlsplit

from bxml.messages.python_names import python_name
from callcontrol import call_states
from callcontrol.emulator.api_requests import log_refusal
from callcontrol.emulator.browser_phone import page_files, shown_state
from callcontrol.emulator.browser_phone.call_steps import steps_of
from callcontrol.emulator.browser_phone.pytest_writer import pytest_source
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call, NotHeard
from callcontrol.emulator.fault_injection import TIMES
from callcontrol.emulator.in_process_emulator import Core, check_network_fields
from callcontrol.emulator.listening import listening
from callcontrol.emulator.phones import ANSWERS, REACTIONS, Phone, check_number
from callcontrol.emulator.scheduler import seconds
from callcontrol.emulator.timeline import Timeline
from callcontrol.http_messages import Headers, Reply, Request, json_of
from callcontrol.operation_table import ID, JSON
from callcontrol.request_fields import Field, faults, method

CONTROL_PATH: Final = "/emulator"
"""The path prefix of all requests of the control API."""

WATCH_PATH: Final = f"{CONTROL_PATH}/watch"
"""The path of the request that waits for a change and returns the calls; the phone in the browser sends it."""

LONGEST_WATCH: Final = 30
"""Maximum number of seconds of real time that a request to ``WATCH_PATH`` waits."""

SETTINGS_PATH: Final = f"{page_files.PREFIX}settings"
"""The path of the settings of the phone in the browser."""

MAX_AUDIO: Final = 16 * 1024 * 1024
"""Maximum size in bytes of an audio file in a request."""

LARGEST_AUDIO_REQUEST: Final = MAX_AUDIO * 3 // 2
"""Maximum size in bytes of the body of a request with an audio file; base64 adds a third, and line breaks a little more."""

ENDED: Final = f"the call ended before this request; POST {CONTROL_PATH}/reset forgets the calls of earlier tests"
"""Warning in the response to an expectation that only a call that has ended meets."""

LISTENS_TO: Final = {"keys": Key, "speech": Speech}
"""For each kind of input, by its name in the control API: the signal that a call waits for."""

log = logging.getLogger(__name__)

Body = dict[str, Any]
"""A JSON object."""


class ProxiedRequest(Request):
    """A request of a client that uses the server as a proxy: its first line has an absolute URL, possibly of another host."""


def takes_long(path: str) -> bool:
    """Return whether a request with this path may occupy a thread for a long time, because it waits for something."""
    return any(route.does in {_expect, _expect_new, _watch} and _pattern(route.path).fullmatch(path) for route in ROUTES)


def takes_audio(path: str) -> bool:
    """Return whether a request with this path may have an audio file in its body, so that the body may be large."""
    return any(_has_audio(route) and _pattern(route.path).fullmatch(path) for route in ROUTES)


def _has_audio(route: Route) -> bool:
    return any(field.kind == "base64" for field in route.fields)


class Refusal(Exception):
    """An error response of the control API."""

    def __init__(self, status: HTTPStatus, description: str, **more: Any) -> None:
        """Create the JSON body of the error: the description, and any other members."""
        super().__init__(status, description)
        self.status, self.description = status, description
        self.reply = _json(status, {"description": description, **more})


def _json(status: int, body: object, **headers: str) -> Reply:
    return Reply(status, Headers({"Content-Type": JSON, **headers}), json.dumps(body, default=str).encode())


DONE: Final = Reply(HTTPStatus.NO_CONTENT)
"""The response to a request that has nothing to return."""


class Route(NamedTuple):
    """A request of the control API.

    Attributes:
        method: HTTP method.
        path: Path, with ``{call}`` or ``{number}`` as placeholder.
        does: Function that handles the request; it takes the emulator, the call id or phone number in the path, and the body.
        fields: The fields of the body.
    """

    method: str
    path: str
    does: Callable[[Core, str, Body], Reply]
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        """Return method and path."""
        return f"{self.method} {self.path}"

    def as_json(self) -> Body:
        """Return the request and its fields, as the index shows them."""
        return {"request": str(self), "fields": [_described(field) for field in self.fields]}


def _described(field: Field) -> Body:
    """Return a field with its type and limits."""
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return {
        "name": field.name,
        "is": field.kind,
        "required": field.required,
        **({"words": field.words} if field.words else {}),
        **{name: limit for name, limit in limits.items() if isfinite(limit)},
    }


class Control:
    """The request handler of ``callcontrol emulator``, for the control API and the emulated API.

    Args:
        core: The emulator.
        hosts: Host names to accept besides ``localhost`` and IP addresses.
        dial: The fields of ``POST /emulator/calls`` that the phone in the browser sends by default.

    Attributes:
        has_phone: Whether the phone in the browser is served. A server that other machines can reach must not serve it.
    """

    def __init__(self, core: Core, hosts: Collection[str] = (), dial: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.has_phone = True
        self._core = core
        self._dial = dict(dial)
        self._hosts = {"localhost", *(host.lower() for host in hosts)}

    def handle(self, request: Request) -> Reply:
        """Return the response to a request.

        Raises:
            ConnectionResetError: If a fault cuts the connection.
        """
        try:
            path = self._path(request)
            if page_files.is_page(path) or path == WATCH_PATH:
                self._refuse_phone()
            if path == SETTINGS_PATH:
                return _json(HTTPStatus.OK, {"dial": self._dial})
            if page_files.is_page(path):
                return page_files.response(request, path)
            if f"{path}/".startswith(f"{CONTROL_PATH}/"):
                return _dispatch(self._core, request, path)
        except Refusal as refusal:
            log_refusal(request, refusal.status, refusal.description)
            return refusal.reply
        except Exception:  # the control API responds even if an internal error occurs
            log.exception("internal error of the emulator in a control request")
            return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error of the emulator; its log has the traceback").reply
        return self._core.handle(request)

    def _path(self, request: Request) -> str:
        """Return the path of a request.

        Raises:
            Refusal: If the host is unknown. With DNS rebinding, a web page could send requests under a host name of its own.
        """
        try:
            parts = urlsplit(request.url)
        except ValueError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the host of the request is malformed") from None
        host = parts.hostname or ""
        if host not in self._hosts and not _is_address(host):
            known = ", ".join(sorted(self._hosts))
            remedy = "--allow-host adds a name; in Python, Emulator allows every name"
            sentence = f'host "{host}" is not allowed; expected an IP address or one of {known}; {remedy}'
            raise Refusal(HTTPStatus.FORBIDDEN, sentence)
        if page_files.is_page(parts.path) or f"{parts.path}/".startswith(f"{CONTROL_PATH}/"):
            _refuse_proxied(request)
            _refuse_origin(request, parts)
        return parts.path

    def _refuse_phone(self) -> None:
        if not self.has_phone:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "the phone in the browser is served only if other machines cannot reach the emulator; start it without --host",
            )


def _refuse_proxied(request: Request) -> None:
    """Refuse a request of a client that uses the server as a proxy.

    A browser that uses the emulator as its proxy requests every page from it, so any page could otherwise control it.
    """
    if isinstance(request, ProxiedRequest):
        sentence = "the control API cannot be used through a proxy; list the host of the emulator in the variable NO_PROXY"
        raise Refusal(HTTPStatus.FORBIDDEN, sentence)


def _refuse_origin(request: Request, parts: SplitResult) -> None:
    """Refuse a request of a web page that is not the emulator's own."""
    origin = request.headers.get("Origin")
    own = f"{parts.scheme}://{parts.netloc}"
    if origin is not None and origin.lower() != own.lower():
        raise Refusal(HTTPStatus.FORBIDDEN, f'origin "{origin}" is not allowed; expected {own}')


def _is_address(host: str) -> bool:
    """Return whether a host is an IP address, which DNS rebinding cannot forge."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _dispatch(core: Core, request: Request, path: str) -> Reply:
    found = {route.method: (route, match) for route in ROUTES if (match := _pattern(route.path).fullmatch(path))}
    if not found:
        raise Refusal(
            HTTPStatus.NOT_FOUND, f'{path} does not exist; see "routes" for all requests', routes=list(map(str, ROUTES))
        )
    if request.method not in found:
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not allowed for {path}; expected {' or '.join(found)}"
        )
    route, match = found[request.method]
    # The number of a phone can be a SIP URI, which is escaped in a path.
    subject = unquote("".join(match.groups()))
    # Other methods need no check of the content type. A GET changes nothing, and browsers hide its response from pages of other
    # sites; before a DELETE of such a page, a browser asks the server.
    body = _body(request, route.fields) if request.method == "POST" else {}
    try:
        return route.does(core, subject, body)
    except NotHeard as error:
        raise Refusal(HTTPStatus.CONFLICT, error.what, timeline=_entries(error.timeline)) from None
    except (ValueError, RuntimeError) as error:  # the call is in the wrong state, or time runs in real time
        raise Refusal(HTTPStatus.CONFLICT, str(error)) from None
    except ModuleNotFoundError as missing:  # the libraries for audio
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED, str(missing)) from None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{call}", f"({ID})").replace("{number}", "([^/]+)"))


def _body(request: Request, fields: tuple[Field, ...]) -> Body:
    """Return the fields of a request, or an empty dictionary if the request has no body."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != JSON:  # for a page of another site, a browser asks the server before it sends this type
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be {JSON}, even without a body")
    try:
        body: object = json_of(request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is not a JSON object")
    members = cast("Body", body)
    names = [field.name for field in fields]
    problems = list(faults(fields, members))
    expected = f"expected one of {', '.join(names)}" if names else "the request has no fields"
    problems += [f"{name} is not a field of this request; {expected}" for name in members if name not in names]
    if problems:
        raise Refusal(HTTPStatus.BAD_REQUEST, "; ".join(problems))
    return members


def _one_of(body: Body, *names: str) -> tuple[str, Any]:
    """Remove these fields from the body, and return the name and value of the only field that is present and not false."""
    present = {name: body.pop(name) for name in names if name in body}
    chosen = [(name, value) for name, value in present.items() if value is not False]
    if len(chosen) != 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"expected exactly one of {', '.join(names)}; got {len(chosen)}")
    return chosen[0]


@contextmanager
def _invalid_arguments_refused() -> Generator[None]:
    """Turn a ``ValueError`` of the emulator into a response with status 400."""
    try:
        yield
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from None


def _arguments(body: Body) -> dict[str, Any]:
    """Return the fields as keyword arguments, with their names in Python."""
    return {python_name(name): value for name, value in body.items()}


# The emulator


def _index(core: Core, _: str, __: Body) -> Reply:
    routes = [route.as_json() for route in ROUTES]
    return _json(HTTPStatus.OK, {"seconds": _seconds(core), "speed": core.speed, "routes": routes})


def _advance(core: Core, _: str, body: Body) -> Reply:
    _refuse_in_real_time(core)  # the request would only wait, which a program can do without the emulator
    core.advance(**_arguments(body))
    return _time(core)


def _refuse_in_real_time(core: Core) -> None:
    if core.speed is not None:
        raise RuntimeError("time cannot be advanced while it runs in real time; wait, or start the emulator with --virtual")


def _run(core: Core, _: str, __: Body) -> Reply:
    _refuse_in_real_time(core)
    core.run()
    return _time(core)


def _time(core: Core) -> Reply:
    return _json(HTTPStatus.OK, {"seconds": _seconds(core)})


def _seconds(core: Core) -> float:
    return round(core.seconds, 3)


def _phone(core: Core, number: str, body: Body) -> Reply:
    reaction = REACTIONS[body.pop("reaction")]
    if body and reaction is not Phone.answers:
        raise Refusal(HTTPStatus.BAD_REQUEST, f'only allowed with the reaction "answers": {", ".join(sorted(body))}')
    with _invalid_arguments_refused():
        reaction(core.phone(number), **_arguments(body))
    return DONE


def _fault(core: Core, _: str, body: Body) -> Reply:
    kind, value = _one_of(body, "status", "cut", "delay")
    if kind != "status" and not body.keys() <= {"times", "operation"}:
        raise Refusal(HTTPStatus.BAD_REQUEST, "retryAfter and description are only allowed with status")
    with _invalid_arguments_refused():
        if kind == "status":
            core.fail(value, **_arguments(body))
        elif kind == "delay":
            core.delay(value, **_arguments(body))
        else:
            core.cut(**_arguments(body))
    return DONE


def _faults(core: Core, _: str, __: Body) -> Reply:
    return _json(HTTPStatus.OK, [fault.as_json() for fault in core.faults])


def _clear_faults(core: Core, _: str, __: Body) -> Reply:
    core.clear_faults()
    return DONE


def _webhook_delays(core: Core, _: str, __: Body) -> Reply:
    return _json(HTTPStatus.OK, [delay.as_json() for delay in core.webhook_delays])


def _clear_webhook_delays(core: Core, _: str, __: Body) -> Reply:
    core.clear_webhook_delays()
    return DONE


def _webhook_delay(core: Core, _: str, body: Body) -> Reply:
    core.delay_webhooks(**_arguments(body))
    return DONE


def _reset(core: Core, _: str, __: Body) -> Reply:
    core.reset()
    return DONE


def _audio(core: Core, _: str, body: Body) -> Reply:
    core.audio_lasts(**_arguments(body))
    return DONE


def _watch(core: Core, _: str, body: Body) -> Reply:
    core._simulation.wait_for_change(int(body.get("after", -1)), body.get("seconds", 0))
    return _json(HTTPStatus.OK, shown_state.state(core, body.get("call"), body.get("have")))


def _validate(core: Core, _: str, body: Body) -> Reply:
    return _json(HTTPStatus.OK, {"problems": list(shown_state.problems(core, body["bxml"]))})


# Calls


def _repeat(core: Core, call_id: str, _: Body) -> Reply:
    return _created(core.repeat(_existing_call(core, call_id).call_id))


def _steps(core: Core, call_id: str, _: Body) -> Reply:
    return _json(HTTPStatus.OK, [step.as_json() for step in steps_of(_existing_call(core, call_id))])


def _pytest(core: Core, call_id: str, _: Body) -> Reply:
    source = pytest_source(_existing_call(core, call_id))
    return Reply(HTTPStatus.OK, Headers({"Content-Type": "text/x-python; charset=utf-8"}), source.encode())


def _calls(core: Core, _: str, __: Body) -> Reply:
    return _json(HTTPStatus.OK, [_as_json(call) for call in core.calls])


def _dial(core: Core, _: str, body: Body) -> Reply:
    fields = body.pop("fields", {})
    with _invalid_arguments_refused():
        check_network_fields(fields)  # first, because a field such as "to" would collide with an argument of dial
        call = core.dial(**fields, **_arguments(body))
    return _created(call)


def _created(call: Call) -> Reply:
    return _json(HTTPStatus.CREATED, _with_timeline(call), Location=f"{CONTROL_PATH}/calls/{call.call_id}")


def _call(core: Core, call_id: str, _: Body) -> Reply:
    return _json(HTTPStatus.OK, _with_timeline(_existing_call(core, call_id)))


def _then_show(act: Callable[[Core, Call, Body], object]) -> Callable[[Core, str, Body], Reply]:
    """Return a handler that acts on a call and then returns the call."""

    def handle(core: Core, call_id: str, body: Body) -> Reply:
        act(core, _existing_call(core, call_id), body)
        return _call(core, call_id, {})

    return handle


def _press(_: Core, call: Call, body: Body) -> None:
    with _invalid_arguments_refused():
        call.press(**body)


def _say(_: Core, call: Call, body: Body) -> None:
    audio = _audio_of(body)
    with _invalid_arguments_refused():
        call.say(body.pop("text"), audio, **body)


def _plays(_: Core, call: Call, body: Body) -> None:
    audio = _audio_of(body)
    assert audio is not None  # the field is required
    with _invalid_arguments_refused():
        call.plays(audio)


def _audio_of(body: Body) -> bytes | None:
    """Remove the audio file from the body, and return its content; ``None`` without an audio file.

    Raises:
        Refusal: If the audio is not in base64, or is too large.
    """
    if "audio" not in body:
        return None
    try:
        # Programs such as base64 break lines.
        content = b64decode("".join(body.pop("audio").split()), validate=True)
    except ValueError:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, "audio is not base64; expected the content of a WAV or MP3 file in base64"
        ) from None
    if len(content) > MAX_AUDIO:
        sentence = f"audio has {len(content)} bytes; at most {MAX_AUDIO} are allowed"
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return content


def _heard(core: Core, call_id: str, _: Body) -> Reply:
    return Reply(HTTPStatus.OK, Headers({"Content-Type": "audio/wav"}), _existing_call(core, call_id).audio)


def _expect(core: Core, call_id: str, body: Body) -> Reply:
    call = _existing_call(core, call_id)
    kind, expected = _one_of(body, "spoken", "played", "recorded", "ended")
    if kind == "ended":
        return _json(HTTPStatus.OK, {"cause": call.expect_end(**body)})
    if kind == "recorded":
        return _json(HTTPStatus.OK, call.expect_recording(**body).as_json())
    expect = call.expect_speech if kind == "spoken" else call.expect_audio
    return _json(HTTPStatus.OK, expect(expected, **body).as_json())


_BEGINNING_OF_NUMBER: Final = re.compile(r"(?:\+[0-9]*)?")
"""A number of an expected call may be incomplete; the empty number matches any call."""


def _expect_new(core: Core, _: str, body: Body) -> Reply:
    kind, expected = _one_of(body, "call", "member")
    if kind == "call" and not _BEGINNING_OF_NUMBER.fullmatch(expected):
        with _invalid_arguments_refused():
            check_number(expected, "call")
    expect = core.expect_call if kind == "call" else core.expect_member
    ended = {call.call_id for call in core.calls if call.state == call_states.DISCONNECTED}
    found = expect(expected, **body)
    shown = _with_timeline(found)
    # Otherwise a test could mistake a call of an earlier test for the call that it waits for.
    return _json(HTTPStatus.OK, {**shown, "warning": ENDED} if found.call_id in ended else shown)


def _existing_call(core: Core, call_id: str) -> Call:
    try:
        return core.call(call_id)
    except KeyError:
        raise Refusal(HTTPStatus.NOT_FOUND, f"call {call_id} does not exist") from None


def _with_timeline(call: Call) -> Body:
    with call.simulation.lock:
        return {**_as_json(call), "timeline": _entries(call.timeline)}


def _as_json(call: Call) -> Body:
    with call.simulation.lock:
        listens_to = [name for name, kind in LISTENS_TO.items() if call.waits_for(kind)]
        listens = listening(call)
        shown = listens and listens.as_json(call.simulation.scheduler.now)
        return {**call.as_json(), "listensTo": listens_to, "listening": shown}


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
            Field("from", "caller"),
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
    Route("POST", f"{_CALL}/press", _then_show(_press), (Field("digits", "text", required=True),)),
    Route(
        *("POST", f"{_CALL}/say", _then_show(_say)),
        (Field("text", "text", required=True), Field("audio", "base64"), seconds("seconds")),
    ),
    Route("POST", f"{_CALL}/plays", _then_show(_plays), (Field("audio", "base64", required=True),)),
    Route("GET", f"{_CALL}/audio", _heard),
    Route("POST", f"{_CALL}/hang-up", _then_show(lambda _, call, __: call.hang_up())),
    Route(
        *("POST", f"{_CALL}/close-stream", _then_show(lambda _, call, body: call.close_stream(**body))),
        (Field("name", "text", required=True),),
    ),
    Route("POST", f"{_CALL}/initiate", _then_show(lambda core, call, _: core.initiate(call.call_id))),
    Route("POST", f"{_CALL}/answer", _then_show(lambda core, call, _: core.answer(call.call_id))),
    Route(
        *("POST", f"{_CALL}/bxml", _then_show(lambda core, call, body: core.push_bxml(call.call_id, body["bxml"]))),
        (Field("bxml", "text", required=True),),
    ),
    Route("POST", f"{_CALL}/repeat", _repeat),
    Route("GET", f"{_CALL}/steps", _steps),
    Route("GET", f"{_CALL}/pytest", _pytest),
    Route(
        *("POST", f"{_CALL}/expect", _expect),
        (
            Field("spoken", "text"),
            Field("played", "text"),
            Field("recorded", "boolean"),
            Field("ended", "boolean"),
            seconds("within"),
        ),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/expect", _expect_new),
        (Field("call", "text"), Field("member", "text"), seconds("within")),
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
    Route("GET", f"{CONTROL_PATH}/faults", _faults),
    Route("DELETE", f"{CONTROL_PATH}/faults", _clear_faults),
    Route("GET", f"{CONTROL_PATH}/webhook-delays", _webhook_delays),
    Route("DELETE", f"{CONTROL_PATH}/webhook-delays", _clear_webhook_delays),
    Route(
        *("POST", f"{CONTROL_PATH}/webhook-delays", _webhook_delay),
        (seconds("seconds", required=True), Field("path", "text"), TIMES),
    ),
    Route(
        *("POST", f"{CONTROL_PATH}/audio", _audio),
        (Field("url", "url", required=True), seconds("seconds", required=True)),
    ),
    Route("POST", f"{CONTROL_PATH}/advance", _advance, (seconds("seconds", required=True),)),
    Route("POST", f"{CONTROL_PATH}/run", _run),
    Route("POST", f"{CONTROL_PATH}/reset", _reset),
    Route("POST", f"{CONTROL_PATH}/validate", _validate, (Field("bxml", "text", required=True),)),
    Route(
        *("POST", WATCH_PATH, _watch),
        (
            Field("after", "integer"),
            Field("seconds", "number", minimum=0, maximum=LONGEST_WATCH),
            Field("call", "text"),
            Field("have", "object"),
        ),
    ),
)
"""All requests of the control API."""
