"""A call as a test for pytest, which uses the fixture ``voice``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import signature
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from bxml import validate
from bxml.messages.python_names import python_name
from bxml.messages.redaction import redact_document
from bxml.parsing.syntax_errors import NOT_XML
from callcontrol.emulator.browser_phone.call_steps import Step, root_of, steps_of
from callcontrol.emulator.calls import Call
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.emulator.url_map import has_streams, has_webhooks
from callcontrol.request_fields import CREATE_CALL, MACHINE_DETECTION, UPDATE_CALL, Field

LONGEST_LINE: Final = 100
"""Maximum length of a line. A longer function call is written with one line for each argument."""

INDENT: Final = " " * 4
"""The indentation of a block."""

DEFAULTS: Final[Mapping[str, object]] = {name: each.default for name, each in signature(Core.dial).parameters.items()}
"""For each argument of ``dial``: its default."""

SECRETS: Final = frozenset({"password", "fallback_password"})
"""Names of the arguments that are not copied."""

REACTIONS: Final = {"is-busy": "is_busy", "rejects": "rejects", "does-not-answer": "does_not_answer", "answers": "answers"}
"""For each reaction of a phone: the method that sets it."""

REAL_TIME: Final = (
    '"""Yield an emulator in real time; remove this fixture if the application is an ASGI object that serves the WebSocket."""'
)
"""The docstring of a fixture in real time."""

WITH_SERVER: Final = '"""Yield an emulator with a server, because the application sends requests to the API."""'
"""The docstring of a fixture for an application that uses the API."""

WITH_MAP: Final = (
    '"""Yield an emulator that sends webhooks to another URL; remove this fixture if the application is an object."""'
)
"""The docstring of a fixture that replaces URLs of webhooks."""

NOT_COPIED: Final = "# the call had a password, which is not copied; add it below"
"""Comment before a line without its password."""

SOUND_NOT_COPIED: Final = "# the call had a sound here, which is not copied; replace silence(...) with the path of a WAV file"
"""Comment before a line with silence in place of a sound."""

BY_CLIENT: Final = "# a client of the API sent this; remove it if the application sends it in this test, too"
"""Comment before a request to the API that did not come from the phone."""


def pytest_source(call: Call) -> str:
    """Return the source of a test that repeats a call from the start until now.

    The test passes as long as the application behaves as it did in the call.

    Args:
        call: The call, or one of its legs.
    """
    root = root_of(call)
    origin = _origin(root)
    has_network_streams = _has_network_streams(root)
    body = [line for step in steps_of(root) for line in _lines(step, root)]
    source = "\n".join(body)
    names = [name for name in ("BasicAuth", "Client", "MachineDetection") if f"{name}(" in source]
    if "client." in source:
        names = sorted({*names, "BasicAuth", "Client"})
        account = _literal(root.account_id)
        body.insert(0, f'client = Client({account}, BasicAuth("user", "password"), send=voice.handle, pause=voice.advance)')
    imports = [f"from callcontrol import {', '.join(names)}"] if names else []
    needs_fixture = has_network_streams or _has_other_requests(root) or has_webhooks(root.simulation.url_map)
    lines = [
        f'"""A call from {_plain(root.from_)} to {_plain(root.to)}, copied from the emulator."""',
        "",
        *(["from collections.abc import Iterator", ""] if needs_fixture else []),
        "import pytest",
        *imports,
        f"from callcontrol.emulator import Core{', Emulator' if _has_other_requests(root) else ''}",
        *(["from callcontrol.emulator.audio import silence"] if "silence(" in source else []),
        "",
        "",
        "@pytest.fixture",
        "def voice_application() -> object:",
        f'{INDENT}"""Return the application: its URL, or a WSGI or ASGI object."""',
        *(f"{INDENT}{line}" for line in _commented([f"return {_literal(_without_user(origin) or None)}"], origin)),
        "",
        "",
        *(_fixture(root, is_real_time=has_network_streams) if needs_fixture else ()),
        "def test_call(voice: Core) -> None:",
        f'{INDENT}"""The application behaves as it did in the call."""',
        *(f"{INDENT}{line}" for line in body),
    ]
    return "\n".join(lines) + "\n"


def _has_network_streams(root: Call) -> bool:
    """Return whether a call has media streams in real time, so that they can connect over the network."""
    entries = (entry for call in (root, *root.legs) for entry in call.timeline)
    return root.simulation.speed is not None and any(entry.kind == "stream" for entry in entries)


def _has_other_requests(root: Call) -> bool:
    """Return whether the application created other calls by requests to the API during a call."""
    calls = (call for call in root.registry.by_id.values() if call is not root and call.request)
    return any(call.began >= root.began for call in calls) and root.simulation.base_url.startswith("http://")


def _fixture(root: Call, *, is_real_time: bool) -> Iterator[str]:
    """Yield the lines of a fixture ``voice``.

    Args:
        root: The call.
        is_real_time: Whether time must be real, because streams over the network are silent in virtual time.
    """
    prefixes = [pair for pair in root.simulation.url_map.items() if is_real_time or not has_streams(dict([pair]))]
    pairs = ", ".join(f"{_literal(_without_user(key))}: {_literal(_without_user(value))}" for key, value in prefixes)
    has_server = _has_other_requests(root)
    arguments = [
        "voice_application",
        *([f"port={urlsplit(root.simulation.base_url).port}"] if has_server else []),
        *(["speed=1"] if is_real_time else []),
        *([f"url_map={{{pairs}}}"] if pairs else []),
    ]
    *before, last = _call(f"with {'Emulator' if has_server else 'Core'}", arguments)
    lines = [
        WITH_SERVER if has_server else REAL_TIME if is_real_time else WITH_MAP,
        *_commented([*before, f"{last} as core:"], *(url for pair in prefixes for url in pair)),
        f"{INDENT}yield core",
    ]
    yield from ["@pytest.fixture", "def voice(voice_application: object) -> Iterator[Core]:"]
    yield from (f"{INDENT}{line}" for line in lines)
    yield from ["", ""]


def _first_url(root: Call) -> str:
    """Return the URL of the first webhook of a call."""
    return str(root.dialed["url"] if root.dialed else root.request["answerUrl"])


def _origin(root: Call) -> str:
    """Return the scheme and host of the application; empty if the URL is relative and no webhook was sent."""
    events = (entry.details["url"] for entry in root.timeline if entry.kind == "event")
    parts = urlsplit(_first_url(root))
    parts = parts if parts.netloc else urlsplit(next(events, ""))
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))


def _lines(step: Step, root: Call) -> Iterator[str]:  # noqa: C901, PLR0912  one case for each kind of step
    """Yield the lines of a step, without the indentation of the function."""
    party = "call" if step.leg is None else f"leg_{step.leg + 1}"
    values = step.values
    match step.do:
        case "start":
            yield from _dial(root) if root.dialed else _create(root)
        case "react":
            given = {python_name(name): value for name, value in values.items() if name not in {"number", "reaction"}}
            arguments = [
                f"{name}={_literal(value)}" if isinstance(value, str) else f"{name}={_number(value)}"
                for name, value in given.items()
            ]
            yield from _call(f"voice.phone({_literal(values['number'])}).{REACTIONS[values['reaction']]}", arguments)
        case "delay":
            yield from _call("voice.delay_webhooks", [f"{_number(values['seconds'])}", f"path={_literal(values['path'])}"])
        case "leg":
            # Not call.legs, because the leg may begin a little later than in the original call.
            yield f"{party} = voice.expect_call({_literal(root.legs[step.leg or 0].to)})"
        case "spoken":
            yield from _call(f"{party}.expect_speech", [_with_id(values["text"], root), *_within(values)])
        case "played":
            yield from _call(f"{party}.expect_audio", [_with_id(values["url"], root), *_within(values)])
        case "advance":
            yield f"voice.advance({_number(values['seconds'])})"
        case "press":
            yield f"{party}.press({_literal(values['digits'])})"
        case "say":
            yield from _with_sound(f"{party}.say", [_literal(values["text"])], values)
        case "play":
            yield from _with_sound(f"{party}.plays", [], values)
        case "close":
            yield f"{party}.close_stream({_with_id(values['name'], root)})"
        case "hang up":
            yield f"{party}.hang_up()"
        case "push":
            yield from [BY_CLIENT] if values["byClient"] else []
            document = _without_passwords(values["document"])
            yield from [NOT_COPIED] if document != values["document"] else []
            yield from _call("voice.push_bxml", [f"{party}.call_id", *_text_block(document, root)])
        case "redirect":
            yield BY_CLIENT
            given = _known(UPDATE_CALL, values["request"])
            given.pop("state", None)
            yield from _with_arguments("client.update_call", [f"{party}.call_id"], given)
        case "complete":
            yield BY_CLIENT
            yield f'client.update_call({party}.call_id, state="completed")'
        case _:  # the end
            yield f"assert call.expect_end({''.join(_within(values))}) == {_literal(values['cause'])}"


def _within(values: Mapping[str, Any]) -> list[str]:
    """Return the argument that sets how long a step waits, if it waits for longer than usual."""
    return [f"within={values['within']}"] if "within" in values else []


def _with_sound(function: str, arguments: list[str], values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a function call with the sound of a step, or with silence of the same length in place of the sound."""
    name = "audio=" if arguments else ""
    if values.get("file") is not None:
        arguments = [*arguments, f"{name}{_literal(values['file'])}"]
    elif values.get("audio", not arguments):
        yield SOUND_NOT_COPIED
        arguments = [*arguments, f"{name}silence({_number(values['seconds'])})"]
    elif "seconds" in values:
        arguments = [*arguments, f"seconds={_number(values['seconds'])}"]
    yield from _call(function, arguments)


def _dial(root: Call) -> Iterator[str]:
    url = urlsplit(_first_url(root))
    path = urlunsplit(("", "", url.path or "/", url.query, ""))
    given = {name: value for name, value in root.dialed.items() if name != "url" and value != DEFAULTS.get(name)}
    yield from _with_arguments("call = voice.dial", [_literal(path)], given)


def _create(root: Call) -> Iterator[str]:
    given = _known(CREATE_CALL, root.request)
    detection = given.pop("machine_detection", None)
    more: list[str] = []
    if detection is not None:
        settings = _known(MACHINE_DETECTION, detection)
        more.append(f"machine_detection=MachineDetection({', '.join(_keywords(settings))})")
        if not SECRETS.isdisjoint(settings):
            yield NOT_COPIED
    yield from _with_arguments("created = client.create_call", [], given, more)
    yield "call = voice.call(created.call_id)"


def _known(fields: Iterable[Field], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request as keyword arguments. Unknown names are left out: they could be any Python code."""
    return {python_name(field.name): request[field.name] for field in fields if field.name in request}


def _with_arguments(
    function: str, positional: Iterable[str], given: Mapping[str, Any], more: Iterable[str] = ()
) -> Iterator[str]:
    """Yield the lines of a function call, with a comment in place of its passwords."""
    lines = _call(function, [*positional, *_keywords(given), *more])
    yield from [NOT_COPIED, *lines] if not SECRETS.isdisjoint(given) else _commented(lines, *given.values())


def _keywords(given: Mapping[str, Any]) -> list[str]:
    """Return arguments as they are written in a function call, without passwords."""
    return [f"{name}={_literal(_without_user(value))}" for name, value in given.items() if name not in SECRETS]


def _without_passwords(document: str) -> str:
    """Return a document with dots in place of its passwords."""
    is_xml = NOT_XML.isdisjoint(problem.rule for problem in validate(document))
    return redact_document(document, is_xml=is_xml)


def _commented(lines: Iterable[str], *values: object) -> Iterator[str]:
    """Yield lines, with a comment before them if a value is a URL with a user."""
    if any(_without_user(value) != value for value in values):
        yield NOT_COPIED
    yield from lines


def _without_user(value: object) -> object:
    """Return a value; if it is a URL with a user and a password, return the URL without the user and the password."""
    scheme, separator, rest = value.partition("//") if isinstance(value, str) else ("", "", "")
    authority, *path = re.split("(?=[/?#])", rest, maxsplit=1)
    _, at, host = authority.rpartition("@")
    return f"{scheme}{separator}{host}{''.join(path)}" if at else value


def _call(function: str, arguments: list[str]) -> Iterator[str]:
    """Yield the lines of a function call: one line, or several lines if the call is long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= LONGEST_LINE and "\n" not in line:
        yield line
    else:
        yield f"{function}("
        yield from (f"{INDENT}{line}" for argument in arguments for line in f"{argument},".split("\n"))
        yield ")"


def _text_block(text: str, root: Call) -> list[str]:
    """Return a string as one argument, with a literal for each of its lines."""
    return ["\n".join(_with_id(line, root) for line in text.splitlines(keepends=True) or [""])]


def _with_id(text: str, root: Call) -> str:
    """Return a string as a literal in which the id of the call is replaced by the id in the test.

    Applications put the id into names, such as the name of a stream.
    """
    if root.call_id not in text:
        return _literal(text)
    escaped = text.replace("{", "{{").replace("}", "}}")
    return f"f{_literal(escaped.replace(root.call_id, '{call.call_id}'))}"


def _literal(value: object) -> str:
    """Return a value as a Python literal. A string is in double quotes, unless it contains double quotes."""
    written = repr(value)
    if not isinstance(value, str) or '"' in written or written.startswith('"'):
        return written
    return f'"{written[1:-1]}"'


def _number(value: float) -> str:
    """Return a number as a Python literal. By default the format has six digits, which would round the time of a long call."""
    return f"{value:.12g}"


def _plain(number: str) -> str:
    """Return a number without the characters that a docstring cannot contain."""
    return "".join(character for character in number if character.isprintable() and character not in '"\\')
