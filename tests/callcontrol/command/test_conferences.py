"""The commands ``conference bxml``, ``conference redirect`` and ``conference end``, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from callcontrol import Client, request_fields
from callcontrol.emulator import Emulator
from callcontrol.emulator.conferences import Conference
from tests.callcontrol.command.conftest import DOCUMENT, Run
from tests.callcontrol.command.test_calls import arguments_for
from tests.callcontrol.command.test_process import ran as ran_in_a_process
from tests.callcontrol.scripted_api import ACCOUNT

URL: Final = "https://app.example/menu"
NOT_ALLOWED: Final = "<Bxml><Hangup/></Bxml>\n"
"""A valid document with a verb that a conference does not allow."""


@pytest.fixture
def room(voice: Emulator) -> Conference:
    """Create a conference, and write a document for it to ``notice.bxml``."""
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
    return voice.add_conference("room", account_id=ACCOUNT)


def test_process_pushes_redirects_and_ends(room: Conference) -> None:
    """The commands work in a process, with the documented exit codes."""
    id_ = room.conference_id
    for arguments, outcome in (
        (["bxml", id_, "notice.bxml"], "delivered"),
        (["redirect", id_, URL], "redirected"),
        (["end", id_], "ended"),
    ):
        ran = ran_in_a_process("conference", *arguments)
        assert (ran.code, ran.records, ran.err) == (0, [{"conferenceId": id_, "outcome": outcome}], "")
    assert (room.documents, room.redirects, room.is_active) == ([DOCUMENT], [URL], False)
    assert ran_in_a_process("conference", "end", id_).code == 3
    assert ran_in_a_process("conference", "bxml", id_, "none.bxml").code == 2
    Path("notice.bxml").write_text(NOT_ALLOWED, encoding="utf-8")
    assert ran_in_a_process("conference", "bxml", id_, "notice.bxml").code == 1


class TestBxml:
    """Tests of ``callcontrol conference bxml``."""

    @pytest.mark.parametrize("given", [["notice.bxml"], ["-"], []])
    def test_document_is_delivered(self, run: Run, room: Conference, given: list[str]) -> None:
        """The document in a file, or on stdin, is pushed unchanged."""
        ran = run("conference", "bxml", room.conference_id, *given, stdin=DOCUMENT)
        assert (ran.code, ran.err) == (0, "")
        assert ran.records == [{"conferenceId": room.conference_id, "outcome": "delivered"}]
        assert room.documents == [DOCUMENT]

    @pytest.mark.parametrize(
        "configured",
        ["", 'context = "call"\n', 'ignore = ["conference-verb"]\n', '[per-path-context]\n"*" = "call"\n'],
    )
    def test_verb_that_a_conference_does_not_allow_is_an_error(
        self, run: Run, voice: Emulator, room: Conference, configured: str
    ) -> None:
        """A verb that a conference does not allow blocks the document, whatever the configuration says."""
        Path("notice.bxml").write_text(NOT_ALLOWED, encoding="utf-8")
        Path("bxml.toml").write_text(configured, encoding="utf-8")
        ran = run("conference", "bxml", room.conference_id, "notice.bxml")
        assert (ran.code, ran.err) == (1, "")
        assert "conference-verb" in ran.out
        assert not voice.exchanges

    def test_ignored_rule_does_not_block(self, run: Run, room: Conference) -> None:
        """With ``--ignore`` a document that breaks a rule is delivered."""
        document = "<Bxml><PlayAudio>menu.wav</PlayAudio></Bxml>"
        ran = run("conference", "bxml", room.conference_id, stdin=document)
        assert (ran.code, room.documents) == (1, [])
        ran = run("conference", "bxml", room.conference_id, "--ignore", "relative-url", stdin=document)
        assert (ran.code, room.documents) == (0, [document])

    def test_configuration_cannot_allow_invalid_documents(self, run: Run, voice: Emulator, room: Conference) -> None:
        """An attribute is rejected even if the configuration allows it."""
        Path("bxml.toml").write_text('allow-attributes = ["length"]\n', encoding="utf-8")
        ran = run("conference", "bxml", room.conference_id, stdin='<Bxml><Pause length="1"/></Bxml>')
        assert ran.code == 1
        assert "length" in ran.out
        assert not voice.exchanges

    def test_forgotten_id_is_reported(self, run: Run, voice: Emulator) -> None:
        """If the id is forgotten, the file name is rejected as an id, and the command does not wait for stdin."""
        message = 'CONFERENCE_ID: "notice.bxml" is not a conference id; an id consists of letters, digits, - and _'
        assert run("conference", "bxml", "notice.bxml") == (2, "", f"callcontrol: {message}\n")

    @pytest.mark.parametrize("repeat", [True, False])
    def test_repeat_allows_a_second_push(
        self, run: Run, room: Conference, monkeypatch: pytest.MonkeyPatch, *, repeat: bool
    ) -> None:
        """``--repeat`` lets the client retry a push that may already have arrived."""
        asked: list[bool] = []
        monkeypatch.setattr(Client, "update_conference_bxml", lambda *_, **arguments: asked.append(arguments["repeat"]))
        assert run("conference", "bxml", room.conference_id, "notice.bxml", *["--repeat"] * repeat).code == 0
        assert asked == [repeat]


class TestRedirect:
    """Tests of ``callcontrol conference redirect``."""

    def test_every_field_has_an_option(self, run: Run, voice: Emulator, room: Conference) -> None:
        """Every field of UpdateConference has an option, except ``status`` and ``redirectUrl``."""
        fields = tuple(each for each in request_fields.UPDATE_CONFERENCE if each.name not in {"status", "redirectUrl"})
        arguments, sent = arguments_for(fields)
        assert run("conference", "redirect", room.conference_id, URL, *arguments).code == 0
        assert json.loads(voice.exchanges[-1].request.body) == {"redirectUrl": URL, **sent}

    @pytest.mark.parametrize("repeat", [True, False])
    def test_repeat_allows_a_second_redirect(
        self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch, *, repeat: bool
    ) -> None:
        """``--repeat`` lets the client retry a redirect that may already have happened."""
        asked: list[bool] = []
        monkeypatch.setattr(Client, "update_conference", lambda *_, **arguments: asked.append(arguments["repeat"]))
        assert run("conference", "redirect", "conf-1", URL, *["--repeat"] * repeat).code == 0
        assert asked == [repeat]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["conf-1", "menu"], 'URL="menu" is not an absolute http(s) URL: it does not begin with http:// or https://'),
            ([URL, URL], f'CONFERENCE_ID: "{URL}" is not a conference id; an id consists of letters, digits, - and _'),
        ],
    )
    def test_invalid_arguments_are_not_sent(self, run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
        """A string is rejected if it is not a valid id or URL. Nothing is sent."""
        assert run("conference", "redirect", *arguments) == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges


def test_conference_is_ended(run: Run, room: Conference) -> None:
    """The conference ends. A second command exits with code 3, because the API no longer knows the conference."""
    ran = run("conference", "end", room.conference_id)
    assert (ran.code, ran.records, ran.err) == (0, [{"conferenceId": room.conference_id, "outcome": "ended"}], "")
    assert not room.is_active
    assert run("conference", "end", room.conference_id).code == 3


@pytest.mark.parametrize("arguments", [["bxml", "conf-1"], ["redirect", "conf-1", URL], ["end", "conf-1"]])
def test_unknown_conference_exits_with_3(run: Run, voice: Emulator, arguments: list[str]) -> None:
    """The commands exit with code 3 for an unknown conference, and the message says what to check."""
    ran = run("conference", *arguments, stdin=DOCUMENT)
    assert (ran.code, ran.out) == (3, "")
    assert " of conference conf-1: 404 Not Found: " in ran.err
    assert "check the id; the conference may have ended" in ran.err


def test_missing_command_names_the_help(run: Run) -> None:
    """If the command after ``conference`` is missing, the message names the help."""
    assert run("conference") == (2, "", "callcontrol: missing command; see callcontrol conference --help\n")
