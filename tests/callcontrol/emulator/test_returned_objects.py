"""The classes of the objects that the emulator returns are public and documented, and their ``repr`` is short."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import get_annotations, isclass, isfunction
from pathlib import Path
from typing import Any, Final

import pytest

import bxml
from callcontrol import Request, emulator
from callcontrol.emulator import Audio, Core

ROOT: Final = Path(__file__).parents[3]

REFERENCE: Final = (ROOT / "docs/api/emulator.md").read_text(encoding="utf-8")

ENTRY: Final = re.compile(r"^\.\. autoclass:: callcontrol\.emulator\.(\w+).*\n(?:   :members:(.*))?", re.MULTILINE)
"""A class in the reference, and the list of its members; an empty list means all public members."""

LONGEST: Final = 320
"""Maximum length of a ``repr`` in characters."""

SECRET: Final = "hunter2"


def documented_members() -> Iterator[tuple[str, str]]:
    """Yield the class and the name of each method, property and field that the reference lists."""
    for name, listed in ENTRY.findall(REFERENCE):
        cls = getattr(emulator, name)
        members = listed.replace(",", " ").split() or [each for each in vars(cls) if not each.startswith("_")]
        yield from ((name, member) for member in members)
    prose = REFERENCE.partition("A test can also read")[2].partition("```")[0]
    yield from (("Call", attribute) for attribute in re.findall(r"`(\w+)`", prose))


MEMBERS: Final = list(documented_members())


def returned_type(cls: type, member: str) -> str:
    """Return the annotation of the object that a method returns, or that a property or field contains."""
    value: Any = getattr(cls, member, None)
    function = getattr(value, "fget", value)
    if isfunction(function):
        return str(get_annotations(function).get("return", ""))
    return " ".join(str(get_annotations(base).get(member, "")) for base in cls.__mro__)


def emulator_classes() -> dict[str, type]:
    """Return all classes of the emulator, by name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("callcontrol.emulator.")]
    found = [value for module in modules for value in vars(module).values() if isclass(value)]
    return {cls.__name__: cls for cls in found if cls.__module__.startswith("callcontrol.emulator.")}


def test_members_are_found() -> None:
    """The tested members include methods, properties and fields."""
    assert {("Core", "dial"), ("Call", "legs"), ("Call", "recordings"), ("Recording", "clips")} <= set(MEMBERS)
    assert returned_type(emulator.Core, "dial") == "Call"
    assert returned_type(emulator.Call, "legs") == "list[Call]"
    assert "list[Recording]" in returned_type(emulator.Call, "recordings")


@pytest.mark.parametrize(("name", "member"), MEMBERS)
def test_class_of_a_returned_object_is_public(name: str, member: str) -> None:
    """A test can import the class of each object that it gets, for example to annotate a helper function."""
    names = set(re.findall(r"\w+", returned_type(getattr(emulator, name), member)))
    assert names & emulator_classes().keys() <= set(emulator.__all__)


@pytest.mark.parametrize("page", ["README.md", "docs/emulator.md", "docs/media-streams.md"])
def test_members_in_the_guides_are_in_the_reference(page: str) -> None:
    """The reference describes each method and attribute of a call that a guide names."""
    text = (ROOT / page).read_text(encoding="utf-8")
    used = {("Call", member) for member in re.findall(r"\bcall\.([a-z]\w*)", text)}
    assert used <= set(MEMBERS)


def application(_: object, start_response: Any) -> list[bytes]:
    """Respond with a document that starts everything that the emulator can return, with passwords in URLs."""
    start_response("200 OK", [("Content-Type", "application/xml")])
    document = (
        bxml.Response()
        .start_recording(recording_available_url=f"https://user:{SECRET}@app.example/recording", transcribe=True)
        .start_stream(destination=f"wss://user:{SECRET}@app.example/audio", name="bot")
        .start_transcription(name="text")
        .speak_sentence("Hello.")
        .conference("room", conference_event_url=f"https://user:{SECRET}@app.example/room")
    )
    return [document.to_bytes()]


def returned_objects() -> Iterator[object]:
    """Yield an object of each public class, after a call with a recording, a stream, a transcription and a conference."""
    core = Core(application)
    call = core.dial("/answer", username="user", password=SECRET)
    core.advance(5)
    core.fail(429, operation="CreateCall")
    core.delay_webhooks(3)
    (conference,) = core.conferences
    yield from (core, call, conference, *conference.options.values(), *core.faults, *core.webhook_delays)
    yield from (*call.streams.values(), *call.transcriptions.values(), core.phone("+19195550111"))
    call.hang_up()
    recording = call.expect_recording()
    core.run()
    core.handle(Request("GET", call.url))
    yield from (recording, recording.transcription, *recording.clips(), recording.audio(), *core.exchanges)
    yield from (call, call.timeline, call.timeline[-1], core.phone("+19195550111").is_busy())


@pytest.fixture(scope="module")
def returned() -> list[object]:
    """Return an object of each public class."""
    return list(returned_objects())


def test_each_public_class_is_among_the_returned_objects(returned: list[object]) -> None:
    """The objects of this test have all public classes, except those that only a caller creates."""
    classes = {cls.__name__ for each in returned for cls in type(each).__mro__}
    public = {name for name in emulator.__all__ if isclass(getattr(emulator, name))}
    assert public - classes == {"Assumptions", "Emulator", "NoApplication", "NotHeard"}


def test_repr_is_short_and_has_no_passwords(returned: list[object]) -> None:
    """A failed assertion shows an object in one line; it contains no password, no audio and no other object's fields."""
    shown = [repr(each) for each in returned]
    assert [each for each in shown if len(each) > LONGEST or "\n" in each or SECRET in each] == []


def test_repr_of_a_recording(returned: list[object]) -> None:
    """The ``repr`` shows the id, the format and the length."""
    recording = next(each for each in returned if isinstance(each, emulator.Recording))
    identified = f"Recording(recording_id='{recording.recording_id}'"
    assert repr(recording) == f"{identified}, channels=1, seconds=5.0, file_format='wav')"


def test_repr_of_audio(returned: list[object]) -> None:
    """The ``repr`` shows the shape and the rate."""
    shown = [repr(each) for each in returned if isinstance(each, Audio)]
    assert shown == ["Audio(samples of shape (40000, 1), rate=8000)"]


def test_repr_of_a_phone() -> None:
    """The ``repr`` shows the reaction."""
    assert "cause='busy'" in repr(Core().phone("+19195550111").is_busy())
