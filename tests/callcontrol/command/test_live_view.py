"""The live output of ``emulator`` and ``phone``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from callcontrol.command.live_view import LiveView
from callcontrol.emulator import Core
from callcontrol.emulator.calls import Call
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.document_runner import MAX_REPORTED
from tests.callcontrol.emulator.document_application import BYE, MENU, WELCOME, answering
from tests.callcontrol.emulator.test_document_runner import push

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")


def watched(documents: Mapping[str, str], **choices: Any) -> tuple[Core, LiveView]:
    """Return an emulator that started seven seconds ago, and a view of it."""
    core, view = Core(answering(documents)), LiveView(**choices)
    core.watch(view.show)
    core.advance(7)
    return core, view


def run_call(core: Core, view: LiveView, **dialled: Any) -> Call:
    """Make a call that the view follows, and run it to its end."""
    call = core.dial("/answer", **dialled)
    view.followed = call
    core.run()
    return call


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the printed lines, without colors."""
    return STYLE.sub("", capsys.readouterr().out).splitlines()


def test_each_entry_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each timeline entry is a line that begins with the seconds since the call began."""
    core, view = watched(MENU)
    call = core.dial("/answer", status_url="https://user:secret@app.example/status")
    view.followed = call
    call.expect_speech("welcome")
    call.press("1")
    call.say("What?")
    core.run()
    assert shown(capsys) == [
        "    7.00  c-00000001  initiated",  # printed before the view follows the call
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
        "    0.00  ignored no verb was listening for speech",
        "    0.24  disconnected · hangup",
        "    0.24  → disconnect  POST https://…@app.example/status · cause: hangup",
        "    0.24  ← 200  to disconnect, 0 bytes",
    ]


def test_silence_is_gathered_as_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A Gather that gets no keys is shown as ``gathered nothing``."""
    core, view = watched(MENU)
    run_call(core, view)
    assert "   60.48  gathered nothing" in shown(capsys)


def test_length_of_the_audio_of_a_stream_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The text of the entry contains the details."""
    core, view = watched(MENU)
    call = run_call(core, view)
    call.note("stream", 'stream "bot" played 4.98 s', seconds=4.98013, dropped=None)
    assert shown(capsys)[-1].endswith('  stream "bot" played 4.98 s')


def test_other_calls_have_short_ids(capsys: pytest.CaptureFixture[str]) -> None:
    """Other calls and conferences are shown with short ids, and with the time of the followed call."""
    transfer = "<Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer><Conference>room</Conference>"
    core, view = watched({"/answer": f"<Response><Pause duration='2'/>{transfer}</Response>"})
    core.phone("+13365550142").answers(after=3, hangs_up_after=1)
    call = core.dial("/answer")
    view.followed = call
    core.advance(7)
    call.hang_up()
    lines = shown(capsys)
    assert "    5.00  c-00000002  answered" in lines
    assert "    5.00  joined c-00000002 · transferTo: +13365550142" in lines
    assert '    6.00  joined conference "room"' in lines
    assert "    7.00  conf-00000001  left c-00000001" in lines


def test_without_a_followed_call_times_are_those_of_the_emulator(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a followed call, each line has an id and the time of the emulator."""
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
def test_kinds_have_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str, style: str) -> None:
    """Speech, webhooks and errors have different colors. With ``NO_COLOR`` nothing has a color."""

    def show() -> str:
        core, view = watched(MENU)
        run_call(core, view, status_url="/nowhere")
        (found, *_) = (each for each in capsys.readouterr().out.splitlines() if line in each)
        return str(found)

    if "raised" in line:
        monkeypatch.setattr("tests.callcontrol.command.test_live_view.answering", lambda _: lambda *_: 1 // 0)
    assert ("\x1b[" + style in show()) if style else ("\x1b" not in show().replace("\x1b[0m", ""))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in show()


def test_invalid_document_is_shown_with_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    """An invalid document is shown once with the report of ``bxml validate``: first its errors, then its warnings."""
    warned = '<SpeakSentence voice="nobody">Hi.</SpeakSentence>'
    core, view = watched({"/answer": f'<Response>{warned}\n  <Gather maxDigits="51" voice="x"/><SpeakSentence/>\n</Response>'})
    run_call(core, view)
    lines = shown(capsys)
    at = lines.index("    0.00  invalid BXML from https://app.example/answer")
    assert lines[at + 1].startswith('https://app.example/answer:2:22: error: maxDigits="51" is too')
    assert lines[at + 2] == '  2 |   <Gather maxDigits="51" voice="x"/><SpeakSentence/>'
    assert lines[at + 3] == "    |                      ^^"
    places = [line.split()[0] for line in lines[at:] if line.startswith("https:")]
    assert [place.removeprefix("https://app.example/answer:") for place in places] == ["2:22:", "2:26:", "2:38:", "1:33:"]
    assert any('warning: voice="nobody" is not a known voice' in line for line in lines)
    assert lines[-1] == "    0.00  disconnected · invalid-bxml"


def test_report_of_a_long_document_says_how_much_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A long report shows only the first problems, and says how many problems it leaves out."""
    core, view = watched({"/answer": f"<Response>{'<Dance/>' * 99}</Response>"})
    run_call(core, view)
    lines = shown(capsys)
    assert len([line for line in lines if line.startswith("https:")]) == MAX_REPORTED
    assert lines[-2] == "and 79 more"


def test_misplaced_verb_is_shown_with_the_message_of_the_emulator(capsys: pytest.CaptureFixture[str]) -> None:
    """A document that is valid by the schema, but not in a conference, is shown with the message of the emulator."""
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


def test_pushed_document_has_no_url(capsys: pytest.CaptureFixture[str]) -> None:
    """If a pushed document is invalid, the report contains no URL."""
    core, view = watched(MENU)
    call = core.dial("/answer")
    view.followed = call
    call.expect_speech("Welcome")
    push(core, call.call_id, "<Bxml><Foo/></Bxml>")
    assert shown(capsys)[-5:-3] == [
        "    0.00  invalid BXML from the API",
        (
            "the document:1:8: error: <Foo> is not an element of BXML; "
            "see https://dev.bandwidth.com/docs/voice/programmable-voice/bxml [unknown-element]"
        ),
    ]


def test_control_characters_are_escaped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters from applications and callers are escaped, and so is text that a CI system would run as a command."""
    monkeypatch.setenv("NO_COLOR", "1")
    evil = "\x9b2J\u202e##[error]x"
    core, view = watched({"/answer": f"<Response><SpeakSentence>{evil}</SpeakSentence><{evil[0]}/></Response>"})
    view.message(evil)
    run_call(core, view, from_=evil, status_url=f"/{evil}")
    core.dial("/answer").say(evil)
    out = capsys.readouterr().out
    assert r"\x9b2J\u202e" in out
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", out.replace("\r", ""))
    assert "##[error]" not in out


def test_json_contains_every_entry(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON output has one object for each timeline entry. It includes verbs, and contains nothing else."""
    core, view = watched(MENU, as_json=True)
    view.message("Hello.")
    call = run_call(core, view, status_url="https://user:secret@app.example/status")
    out = capsys.readouterr().out
    records = [json.loads(line) for line in out.splitlines()]
    assert records == [
        {"id": call.call_id, **json.loads(json.dumps(entry.as_json()).replace("user:secret", "…"))} for entry in call.timeline
    ]
    assert "secret" not in out


class TestDetails:
    """The details that ``phone`` shows: documents, verbs and the names of other phones."""

    def test_documents_and_verbs_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Each document is shown below its response.

        Each verb is shown with the input that it accepts. Passwords are hidden.
        """
        secret = "<Redirect redirectUrl='https://user:secret@app.example/over' username='u' password='secret'/>"
        core, view = watched({"/answer": f"<Response>{WELCOME[10:-11]}{secret}</Response>", "/over": BYE}, is_detailed=True)
        run_call(core, view)
        lines = shown(capsys)
        (at,) = (place for place, line in enumerate(lines) if line.startswith("    0.00  ← 200  to initiate"))
        assert lines[at + 1 : at + 9] == [
            "          <Response>",
            '            <Gather gatherUrl="/menu" maxDigits="1" firstDigitTimeout="60">',
            "              <SpeakSentence>Welcome.</SpeakSentence>",
            "            </Gather>",
            '            <Redirect redirectUrl="https://…@app.example/over" username="u" password="…"/>',
            "          </Response>",
            "    0.00  ▶ Gather · keys 0-9 * # (up to 1) · 60 s",
            "    0.00  answered",
        ]

    def test_long_documents_are_shortened(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Only the first lines of a long document are shown, with a hint. The last document can be printed in full."""
        pauses = "<Pause/>" * 7
        for prints_whole_documents in (False, True):
            core, view = watched(
                {"/answer": f"<Response>{pauses}</Response>"}, is_detailed=True, prints_whole_documents=prints_whole_documents
            )
            view.hint = "ask"
            run_call(core, view)
            lines = [line[10:] for line in shown(capsys) if line.startswith(" " * 10)]
            whole = ["<Response>", *["  <Pause/>"] * 7, "</Response>"]
            assert lines == (whole if prints_whole_documents else [*whole[:6], "… 3 more lines; ask"])
            view.show_last_document()
            assert [line[10:] for line in shown(capsys)] == whole

    def test_no_document_has_come_yet(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Before the first document, a message is shown in its place."""
        LiveView(is_detailed=True).show_last_document()
        assert shown(capsys) == ["no document came yet"]

    def test_verb_of_a_conference_has_only_a_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A verb of a conference is shown with its name only."""
        core, _ = watched(MENU, is_detailed=True)
        core.add_conference("room").note("verb", "PlayAudio")
        assert shown(capsys) == ["    7.00  conf-00000001  ▶ PlayAudio"]

    def test_other_phones_have_names(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A call can have a name, which is printed in place of its id."""
        core, view = watched(MENU)
        call = core.dial("/answer")
        view.names[call.call_id] = "+13365550142"
        call.hang_up()
        assert shown(capsys)[-1] == "    7.00  +13365550142  disconnected · hangup"

    def test_errors_are_printed_to_stderr(self, capsys: pytest.CaptureFixture[str]) -> None:
        """An error goes to stderr, above the last line of the terminal."""
        LiveView().error("That is wrong.")
        assert capsys.readouterr() == ("", "callcontrol: That is wrong.\n")

    @pytest.mark.parametrize("choices", [{}, {"virtual_option": "--fast"}, {"as_json": True}], ids=str)
    def test_silent_streams_are_explained_once(self, capsys: pytest.CaptureFixture[str], choices: dict[str, Any]) -> None:
        """If streams are not connected because time is virtual, one line says what to do."""
        stream = '<StartStream destination="wss://bot.example/audio"/>'
        core, view = watched({"/answer": f"<Response>{stream}{stream}</Response>"}, **choices)
        run_call(core, view)
        assert capsys.readouterr().err == (
            "callcontrol: media streams are not connected: in virtual time they only work in process; "
            f"leave out {choices.get('virtual_option', '--virtual')}, "
            "or run the application in process, with callcontrol.emulator.Core(app)\n"
        )


class TestNarrowTerminal:
    """Lines that are longer than the terminal."""

    @pytest.fixture(autouse=True)
    def _narrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr("callcontrol.command.live_view.terminal_width", lambda: 40)

    def test_entries_have_a_hanging_indent(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The further lines of an entry begin below its text. A long line of a document continues with a deeper indent."""
        sentence = "<SpeakSentence>Welcome to Examples and Sons.</SpeakSentence>"
        core, view = watched({"/answer": f"<Response>{sentence}</Response>"}, is_detailed=True)
        run_call(core, view)
        assert shown(capsys)[1:] == [
            "    0.00  → initiate  POST",
            "          https://app.example/answer",
            "    0.00  ← 200  to initiate, 81 bytes",
            "          <Response>",
            "            <SpeakSentence>Welcome to",
            "                Examples and",
            "                Sons.</SpeakSentence>",
            "          </Response>",
            "    0.00  ▶ SpeakSentence",
            "    0.00  answered",
            "    0.00  “Welcome to Examples and",
            "          Sons.”",
            "    1.74  disconnected · hangup",
        ]

    def test_messages_have_a_hanging_indent(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The further lines of a message are indented by two more spaces."""
        LiveView().message("  duration    1.74 s, answered after 0.00 s")
        assert shown(capsys) == ["  duration    1.74 s, answered after", "    0.00 s"]

    def test_each_line_has_the_style(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """The style of an entry does not cover its time or the indent."""
        monkeypatch.delenv("NO_COLOR")
        core, view = watched(MENU)
        core.dial("/answer").note("spoken", "Welcome to Examples and Sons.")
        view.followed = core.calls[0]
        core.calls[0].note("spoken", "Welcome to Examples and Sons.")
        *_, first, second = capsys.readouterr().out.splitlines()
        assert first == "    0.00  \x1b[32m“Welcome to Examples and\x1b[0m"
        assert second == "          \x1b[32mSons.”\x1b[0m"


def test_conference_is_shown_with_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON output, the entries of a conference have the id of the conference."""
    core, _ = watched(MENU, as_json=True)
    conference: Conference = core.add_conference("room")
    conference.note("state", "completed")
    assert json.loads(capsys.readouterr().out)["id"] == conference.conference_id
