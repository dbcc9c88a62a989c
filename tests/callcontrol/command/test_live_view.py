"""What is seen of calls while they live."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from callcontrol.command.live_view import Screen
from callcontrol.emulator import Core
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from tests.callcontrol.emulator.document_application import MENU, answering

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")


def watched(documents: Mapping[str, str], *, as_json: bool = False) -> tuple[Core, Screen]:
    """An emulator, some time after its beginning, and what shows what happens in it."""
    core, screen = Core(answering(documents)), Screen(as_json=as_json)
    core.watch(screen.show)
    core.advance(7)
    return core, screen


def heard(core: Core, screen: Screen, **dialled: Any) -> Call:
    """A call to its end, which is that of the screen."""
    call = core.dial("/answer", **dialled)
    screen.own = call
    core.run()
    return call


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that were shown, without their colours."""
    return STYLE.sub("", capsys.readouterr().out).splitlines()


def test_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Each thing is a line with the seconds of its call: what is heard, what goes by, and what the caller does."""
    core, screen = watched(MENU)
    call = core.dial("/answer", status_url="https://user:secret@app.example/status")
    screen.own = call
    call.expect_speech("welcome")
    call.press("1")
    call.say("What?")
    core.run()
    assert shown(capsys) == [
        "    7.00  c-00000001  initiated",  # before the screen was told whose call it is
        "    0.00  → initiate  POST https://app.example/answer",
        "    0.00  ← 200  to initiate, 132 bytes",
        "    0.00  answered",
        "    0.00  “Welcome.”",
        "    0.00  pressed 1",
        "    0.00  gathered 1",
        "    0.00  → gather  POST https://app.example/menu · digits: 1",
        "    0.00  ← 200  to gather, 56 bytes",
        "    0.00  “Bye.”",
        "    0.00  said What?",
        "    0.00  ignored nothing listened to what was said",
        "    0.24  disconnected · hangup",
        "    0.24  → disconnect  POST https://…@app.example/status · cause: hangup",
        "    0.24  ← 200  to disconnect, 0 bytes",
    ]


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """No keys are nothing."""
    core, screen = watched(MENU)
    heard(core, screen)
    assert "   60.48  gathered nothing" in shown(capsys)


def test_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Other calls and conferences are told from it by the parts of their ids that differ, and are in its time."""
    transfer = "<Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer><Conference>room</Conference>"
    core, screen = watched({"/answer": f"<Response><Pause duration='2'/>{transfer}</Response>"})
    core.phone("+13365550142").answers(after=3, hangs_up_after=1)
    call = core.dial("/answer")
    screen.own = call
    core.advance(7)
    call.hang_up()
    lines = shown(capsys)
    assert "    5.00  c-00000002  answered" in lines
    assert "    5.00  joined c-00000002 · transferTo: +13365550142" in lines
    assert "    6.00  joined the conference room" in lines
    assert "    7.00  conf-00000001  left c-00000001" in lines


def test_without_a_call_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no call that it is about, each has its id, and the time is the emulator's."""
    core, _ = watched(MENU)
    core.dial("/answer")
    core.run()
    lines = shown(capsys)
    assert lines[0] == "    7.00  c-00000001  initiated"
    assert lines[-1] == "   67.72  c-00000001  disconnected · hangup"


@pytest.mark.parametrize(
    ("line", "style"),
    [
        ("“Welcome.”", "32"),
        ("answered", "1"),
        ("→ initiate", "36"),
        ("← 200", "36"),
        ("← 404", "31"),
        ("gathered", ""),
        ("the application raised ZeroDivisionError", "31"),
    ],
)
def test_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str, style: str) -> None:
    """What is heard, what goes by and what goes wrong look different, unless nothing is to be coloured."""

    def show() -> str:
        core, screen = watched(MENU)
        heard(core, screen, status_url="/nowhere")
        (found, *_) = (each for each in capsys.readouterr().out.splitlines() if line in each)
        return str(found)

    if "raised" in line:
        monkeypatch.setattr("tests.callcontrol.command.test_live_view.answering", lambda _: lambda *_: 1 // 0)
    assert ("\x1b[" + style in show()) if style else ("\x1b" not in show().replace("\x1b[0m", ""))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in show()


def test_what_is_not_valid(capsys: pytest.CaptureFixture[str]) -> None:
    """A document that is not valid is shown with the report of ``bxml validate``, and no other rule than the schema's."""
    core, screen = watched({"/answer": '<Response>\n  <Gather maxDigits="51" voice="x"/><SpeakSentence/>\n</Response>'})
    heard(core, screen)
    lines = shown(capsys)
    at = lines.index("    0.00  invalid BXML from https://app.example/answer")
    assert lines[at + 1].startswith('https://app.example/answer:2:22: error: maxDigits="51" is too')
    assert lines[at + 2] == '  2 |   <Gather maxDigits="51" voice="x"/><SpeakSentence/>'
    assert lines[at + 3] == "    |                      ^^"
    assert lines[-1].startswith("    0.00  disconnected · invalid-bxml · 2:22: ")


def test_a_verb_in_the_wrong_place(capsys: pytest.CaptureFixture[str]) -> None:
    """A document that is only not valid where it is run is shown with the emulator's words for it."""
    core, _ = watched(MENU)
    conference = core.add_conference("room")
    conference.note("answer", "200", content="<Bxml><Gather/></Bxml>", event="conferenceCreated", bytes=22)
    conference.note("invalid", "1:8: <Gather> is not run\nin a conference", url="https://app.example/menu")
    conference.note("api", "UpdateConferenceBxml")
    conference.note("invalid", "1:8: <Gather> is not run")
    lines = shown(capsys)[1:]
    assert lines[:3] == [
        "    7.00  conf-00000001  invalid BXML from https://app.example/menu",
        "  1:8: <Gather> is not run",
        "  in a conference",
    ]
    assert lines[4:] == ["    7.00  conf-00000001  invalid BXML from the API", "  1:8: <Gather> is not run"]


def test_what_the_api_pushed(capsys: pytest.CaptureFixture[str]) -> None:
    """A document that came by the API has no URL."""
    core, screen = watched(MENU)
    call = core.dial("/answer")
    screen.own = call
    call.note("api", "UpdateCallBxml", content="<Bxml><Foo/></Bxml>")
    call.note("invalid", "1:7: …")
    assert shown(capsys)[-4:-2] == [
        "    0.00  invalid BXML from the API",
        "the document:1:8: error: <Foo> is not an element of BXML; see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml [unknown-element]",
    ]


def test_nothing_moves_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What an application or a caller sends is shown, and not followed; nor does any CI find a command in it."""
    monkeypatch.setenv("NO_COLOR", "1")
    evil = "\x9b2J\u202e##[error]x"
    core, screen = watched({"/answer": f"<Response><SpeakSentence>{evil}</SpeakSentence><{evil[0]}/></Response>"})
    screen.say(evil)
    screen.draft(evil)
    call = heard(core, screen, from_=evil, status_url=f"/{evil}")
    core.dial("/answer").say(evil)
    screen.sum_up(call)
    out = capsys.readouterr().out
    assert r"\x9b2J\u202e" in out
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", out.replace("\r", ""))
    assert "##[error]" not in out


def test_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    """At the end stands the timeline, in which no password can be read."""
    core, screen = watched(MENU)
    call = heard(core, screen, status_url="https://user:secret@app.example/status")
    capsys.readouterr()
    screen.sum_up(call)
    lines = shown(capsys)
    assert lines[:2] == ["", f"timeline of {call.call_id}"]
    assert lines[2:] == str(call.timeline).replace("user:secret", "…").splitlines()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs each thing is an object, verbs as well, and there is nothing else."""
    core, screen = watched(MENU, as_json=True)
    screen.say("Hello.")
    call = heard(core, screen, status_url="https://user:secret@app.example/status")
    screen.sum_up(call)
    out = capsys.readouterr().out
    records = [json.loads(line) for line in out.splitlines()]
    assert records == [
        {"id": call.call_id, **json.loads(json.dumps(entry.as_json()).replace("user:secret", "…"))} for entry in call.timeline
    ]
    assert "secret" not in out


class TestDrafts:
    """What is being written stays at the foot."""

    def test_a_draft(self, capsys: pytest.CaptureFixture[str]) -> None:
        """It is written over, as wide as it was, and is gone once it is said."""
        screen = Screen()
        screen.draft("a")
        screen.draft("日本")
        screen.draft("")
        assert capsys.readouterr().out == f"\r\rsay: a\r{' ' * 6}\rsay: 日本\r{' ' * 9}\r"

    def test_lines_go_above_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What happens meanwhile is shown above."""
        screen = Screen()
        screen.draft("yes")
        capsys.readouterr()
        screen.say("Hello.")
        blank = f"\r{' ' * 8}\r"
        assert capsys.readouterr().out == f"{blank}Hello.\n\r\rsay: yes"


def test_conferences_have_ids(capsys: pytest.CaptureFixture[str]) -> None:
    """A conference is shown by its own id."""
    core, _ = watched(MENU, as_json=True)
    conference: Conference = core.add_conference("room")
    conference.note("state", "completed")
    assert json.loads(capsys.readouterr().out)["id"] == conference.conference_id
