"""``callcontrol bxml``: a document for a call, or for many."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bxml.command
from bxml.command.errors import CannotRun
from callcontrol import Client
from callcontrol.command import push
from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import DOCUMENT, INVALID, RISKY, Run
from tests.callcontrol.scripted_api import CALL_ID


@pytest.fixture(autouse=True)
def _notice() -> None:
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")


def validated(
    capsys: pytest.CaptureFixture[str], path: str, monkeypatch: pytest.MonkeyPatch, stdin: str = ""
) -> tuple[int, str, str]:
    """What ``bxml validate`` says of a document."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", path])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        bxml.command.main()
    assert isinstance(end.value.code, int)
    return (end.value.code, *capsys.readouterr())


class TestOneCall:
    """One call is interrupted."""

    @pytest.mark.parametrize("given", [["notice.bxml"], ["-"], []])
    def test_a_document(self, run: Run, voice: Emulator, new_call: Callable[..., str], given: list[str]) -> None:
        """The document of a file, or of standard input, goes into the call as it is."""
        call_id = new_call()
        ran = run("bxml", call_id, *given, stdin=DOCUMENT)
        assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "delivered"}], "")
        assert voice.call(call_id).documents == [DOCUMENT]

    @pytest.mark.parametrize("platform", ["", "true"])
    @pytest.mark.parametrize(
        "content", [INVALID, "<Bxml>", "", "<Response><Hangup/>\x0b</Response>", f"<Bxml>{'x' * 70_000}</Bxml>"]
    )
    @pytest.mark.parametrize("path", ["notice.bxml", "-"])
    def test_an_invalid_document(  # noqa: PLR0913
        self,
        run: Run,
        voice: Emulator,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        *,
        path: str,
        content: str,
        platform: str,
    ) -> None:
        """It is refused with the very output of ``bxml validate``, and nothing is sent."""
        monkeypatch.setenv("GITHUB_ACTIONS", platform)
        Path("notice.bxml").write_text(content, encoding="utf-8")
        report = validated(capsys, path, monkeypatch, content)
        assert report[0] == 1
        assert run("bxml", CALL_ID, path, stdin=content) == report
        assert not voice.exchanges

    def test_a_document_that_was_allowed(
        self,
        run: Run,
        voice: Emulator,
        new_call: Callable[..., str],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What a project allows its files, an interruption is not allowed: the API would end the call."""
        Path("notice.bxml").write_text('<Bxml><Pause length="1"/></Bxml>', encoding="utf-8")
        report = validated(capsys, "notice.bxml", monkeypatch)
        Path("bxml.toml").write_text('allow-attributes = ["length"]\n', encoding="utf-8")
        assert validated(capsys, "notice.bxml", monkeypatch)[0] == 0
        assert run("bxml", new_call(), "notice.bxml") == report

    def test_a_document_with_warnings(
        self,
        run: Run,
        voice: Emulator,
        new_call: Callable[..., str],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A document that is only risky is delivered, and the warning told beside the result."""
        Path("notice.bxml").write_text(RISKY, encoding="utf-8")
        _, report, _ = validated(capsys, "notice.bxml", monkeypatch)
        ran = run("bxml", new_call(), "notice.bxml")
        assert (ran.code, ran.err) == (0, report)

    @pytest.mark.parametrize("path", ["none.bxml", "."])
    def test_no_file(self, run: Run, voice: Emulator, path: str) -> None:
        """A file that cannot be read is told of."""
        ran = run("bxml", CALL_ID, path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {path}: ")

    def test_a_file_for_an_id(self, run: Run, voice: Emulator) -> None:
        """Who forgets the id is told so, rather than to wait for standard input."""
        sentence = 'CALL_ID: "notice.bxml" is no id; it consists of letters, digits, - and _'
        assert run("bxml", "notice.bxml") == (2, "", f"callcontrol: {sentence}\n")

    def test_too_late(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """A call that is over is not active."""
        call_id = new_call()
        voice.disconnect(call_id)
        assert run("bxml", call_id, "notice.bxml").code == 3

    def test_repetitions_are_told(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the client logs of a request that is repeated is told to whoever waits; no other library says anything."""

        def interrupt(*_: object) -> None:
            logging.getLogger("urllib3.connectionpool").warning("a pool is full")
            logging.getLogger("callcontrol").warning("UpdateCallBxml of call %s: 503, again", "c-1")

        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr(Client, "update_call_bxml", interrupt)
        ran = run("bxml", new_call(), "notice.bxml")
        assert (ran.code, ran.err) == (0, "callcontrol: UpdateCallBxml of call c-1: 503, again\n")


class TestMisuse:
    """What cannot be meant."""

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ([], "CALL_ID is missing"),
            (["--from-file", "ids.txt", "--all-active"], "--from-file and --all-active exclude each other"),
            ([CALL_ID, "notice.bxml", "--yes"], "--yes, --ledger, --workers and --rate are for many calls"),
            ([CALL_ID, "notice.bxml", "--rate", "5"], "--yes, --ledger, --workers and --rate are for many calls"),
            ([CALL_ID, "notice.bxml", "--from-file", "ids.txt"], "with many calls, FILE is all that is taken"),
            (["--from-file", "-", "-"], "standard input cannot be both the ids and the document"),
            (["--from-file", "-"], "standard input cannot be both the ids and the document"),
            (["--all-active", "notice.bxml"], "without a terminal to ask on, --all-active takes --yes"),
        ],
    )
    def test_options_that_do_not_fit(self, run: Run, voice: Emulator, arguments: list[str], sentence: str) -> None:
        """Options that make no sense together are told of, and nothing is read or sent."""
        assert run("bxml", *arguments) == (2, "", f"callcontrol: {sentence}; callcontrol bxml --help says more\n")
        assert not voice.exchanges

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("c-1\n\nc 2\n", 'ids.txt:3: "c 2" is no id; it consists of letters, digits, - and _'),
            ("\n", "ids.txt: there are no ids in it"),
            (None, "ids.txt: No such file or directory"),
        ],
    )
    def test_files_without_ids(self, run: Run, voice: Emulator, content: str | None, sentence: str) -> None:
        """Each line of the file is looked at before anything is sent."""
        if content is not None:
            Path("ids.txt").write_text(content, encoding="utf-8")
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml") == (2, "", f"callcontrol: {sentence}\n")
        assert not voice.exchanges


@pytest.fixture
def ids(new_call: Callable[..., str]) -> list[str]:
    """Five calls that are answered, of which ``ids.txt`` has a list."""
    ids = [new_call() for _ in range(5)]
    Path("ids.txt").write_text("\ufeff" + "\r\n".join([*ids, "", ids[0]]), encoding="utf-8")
    return ids


def ledger() -> list[dict[str, Any]]:
    """What the one ledger beside the document has."""
    (path,) = Path().glob("notice.bxml.????????.ledger.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class TestManyCalls:
    """Many calls are interrupted."""

    def test_a_list_of_ids(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """Each call of the file has the document, once; the outcomes are counted, and kept beside the document."""
        ran = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--workers", "2", "--rate", "1000")
        (path,) = Path().glob("*.jsonl")
        counts = {"delivered": 5, "gone": 0, "refused": 0, "unknown": 0, "skipped": 0}
        assert (ran.code, ran.records) == (0, [{**counts, "ledger": str(path)}])
        assert ran.err == f"callcontrol: 5 calls; the outcome for each is kept in {path}\n"
        assert [voice.call(call_id).documents for call_id in ids] == [[DOCUMENT]] * 5
        assert {(line["call_id"], line["outcome"]) for line in ledger()} == {(call_id, "delivered") for call_id in ids}

    def test_ids_from_standard_input(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The ids can come from another command, and the document as well, but not both."""
        assert run("bxml", "--from-file", "-", "notice.bxml", stdin="\n".join(ids)).code == 0
        assert run("bxml", "--from-file", "ids.txt", stdin=DOCUMENT).code == 0
        assert [len(voice.call(call_id).documents) for call_id in ids] == [2] * 5
        assert len([*Path().glob("stdin.bxml.*.jsonl")]) == 1

    def test_nothing_is_delivered_twice(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The same command goes on with what is left, and says so; it succeeds once nothing is left."""
        voice.disconnect(ids[0])
        first, again = (run("bxml", "--from-file", "ids.txt", "notice.bxml") for _ in range(2))
        assert (first.code, first.records[0]["delivered"], first.records[0]["gone"]) == (1, 4, 1)
        assert (again.code, again.records[0]["delivered"], again.records[0]["skipped"]) == (0, 0, 5)
        assert [len(voice.call(call_id).documents) for call_id in ids] == [0, 1, 1, 1, 1]

    def test_a_document_that_was_changed(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """Another document under the same name is delivered as if there had been none."""
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml").code == 0
        Path("notice.bxml").write_text(DOCUMENT.replace("We", "They"), encoding="utf-8")
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml").records[0]["delivered"] == 5

    def test_a_ledger_of_ones_own(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """``--ledger`` says where the outcomes are kept; one of another document is refused."""
        arguments = ("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "night.jsonl")
        assert run(*arguments).records[0]["ledger"] == "night.jsonl"
        Path("notice.bxml").write_text(DOCUMENT.replace("We", "They"), encoding="utf-8")
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "night.jsonl, line 1: belongs to another document" in ran.err

    def test_wrong_credentials(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """What would be refused for each call ends the command at the first."""
        ran = run("--client-secret", "wrong", "bxml", "--from-file", "ids.txt", "notice.bxml")
        assert (ran.code, ran.out) == (1, "")
        assert "401 Unauthorized" in ran.err

    def test_all_active(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """All calls that are answered, and no others."""
        voice.disconnect(ids[0])
        ran = run("bxml", "--all-active", "--yes", "notice.bxml")
        assert (ran.code, ran.records[0]["delivered"]) == (0, 4)
        assert [len(voice.call(call_id).documents) for call_id in ids] == [0, 1, 1, 1, 1]

    def test_none_active(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where no call is answered, there is nothing to ask and nothing to do."""
        monkeypatch.setattr(push, "_can_ask", lambda: True)
        ran = run("bxml", "--all-active", "notice.bxml")
        assert (ran.code, ran.records[0]["delivered"]) == (0, 0)
        assert "?" not in ran.err

    @pytest.mark.parametrize(("answer", "code", "delivered"), [("y", 0, 1), ("n", 1, 0), ("", 1, 0)])
    def test_a_question(  # noqa: PLR0913
        self,
        run: Run,
        voice: Emulator,
        ids: list[str],
        monkeypatch: pytest.MonkeyPatch,
        *,
        answer: str,
        code: int,
        delivered: int,
    ) -> None:
        """On a terminal it is asked first, with the number of calls; nothing is sent unless the answer is yes."""
        monkeypatch.setattr(push, "_can_ask", lambda: True)
        ran = run("bxml", "--all-active", "notice.bxml", stdin=f"{answer}\n")
        assert ran.code == code
        assert "5 calls will be interrupted; go on? [y/N]: " in ran.err
        assert ("callcontrol: nothing was sent\n" in ran.err) is not delivered
        assert [len(voice.call(call_id).documents) for call_id in ids] == [delivered] * 5

    def test_repetitions_are_not_told(self, run: Run, voice: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Of many calls, what is repeated is not told: what counts is in the ledger."""
        interrupt_many = Client.interrupt_many

        def warn(*arguments: Any, **options: Any) -> Any:
            logging.getLogger("callcontrol").warning("repeated")
            return interrupt_many(*arguments, **options)

        monkeypatch.setattr(Client, "interrupt_many", warn)
        assert "repeated" not in run("bxml", "--from-file", "ids.txt", "notice.bxml").err

    def test_interrupted(self, run: Run, voice: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Who interrupts it is told how to go on."""

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Client, "interrupt_many", interrupt)
        ran = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "night.jsonl")
        assert (ran.code, ran.out) == (130, "")
        assert ran.err.endswith("callcontrol: interrupted; the same command goes on where it stopped, by night.jsonl\n")

    def test_nobody_has_opened_standard_input(self, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ids cannot be read from there then."""
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(CannotRun, match=r"^-: standard input is closed$"):
            push._ids_in("-")
        assert not push._can_ask()
