"""``callcontrol bxml``: push a document into one call, or into many."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bxml.command
from bxml.command.cannot_run import CannotRun
from callcontrol import Client
from callcontrol.command import call_selection, confirmation
from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import DOCUMENT, INVALID, RISKY, Run
from tests.callcontrol.ledger_files import outcomes
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID


@pytest.fixture(autouse=True)
def _notice() -> None:
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")


def validated(
    capsys: pytest.CaptureFixture[str], path: str, monkeypatch: pytest.MonkeyPatch, stdin: str = ""
) -> tuple[int, str, str]:
    """Return the exit code, stdout without the advice to use ``--fix``, and stderr of ``bxml validate`` for a document."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", path])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        bxml.command.main()
    assert isinstance(end.value.code, int)
    out, err = capsys.readouterr()
    return (end.value.code, out.replace("; 1 problem can be fixed with --fix", ""), err)


RELATIVE = '<Response><Redirect redirectUrl="menu"/></Response>'
"""A document with a relative URL, which the platform cannot resolve, because a pushed document has no base URL."""


class TestRules:
    """Rules that block a document, and the options that change them."""

    @pytest.mark.parametrize("configured", ["", 'ignore = ["relative-url"]\n', 'severity = {relative-url = "warning"}\n'])
    @pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--ignore", "unknown-voice"]])
    def test_relative_url_is_an_error(self, run: Run, voice: Emulator, configured: str, arguments: list[str]) -> None:
        """A relative URL blocks a pushed document, even if the configuration ignores the rule or lowers its severity."""
        Path("notice.bxml").write_text(RELATIVE, encoding="utf-8")
        Path("bxml.toml").write_text(configured, encoding="utf-8")
        Path("ids.txt").write_text("c-1\n", encoding="utf-8")
        for target in ([CALL_ID], ["--from-file", "ids.txt"], ["--all-active", "--yes"]):
            ran = run("bxml", *target, "notice.bxml", *arguments)
            assert ran.code == 1
            assert 'redirectUrl="menu" is relative, but a pushed document has no base URL' in ran.out
        assert not voice.exchanges

    def test_configuration_of_the_document_is_used(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Like ``bxml validate``, the command uses the configuration that is nearest to the document."""
        Path("strict").mkdir()
        Path("strict/notice.bxml").write_text(
            '<Bxml><SpeakSentence voice="Susan">Hello.</SpeakSentence></Bxml>', encoding="utf-8"
        )
        Path("strict/bxml.toml").write_text('severity = { unknown-voice = "error" }', encoding="utf-8")
        ran = run("bxml", new_call(), "strict/notice.bxml")
        assert (ran.code, "[unknown-voice]" in ran.out) == (1, True)

    def test_ignored_rule_does_not_block(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """With ``--ignore relative-url`` the document is delivered to one call, and to many."""
        call_id = new_call()
        Path("ids.txt").write_text(f"{call_id}\n", encoding="utf-8")
        Path("notice.bxml").write_text(RELATIVE, encoding="utf-8")
        for target in ([call_id], ["--from-file", "ids.txt"]):
            assert run("bxml", *target, "notice.bxml", "--ignore", "relative-url", "--dry-run").code == 0
        ran = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--ignore", "relative-url")
        assert (ran.code, voice.call(call_id).documents) == (0, [RELATIVE])

    def test_selected_rule_blocks(self, run: Run, voice: Emulator) -> None:
        """A warning becomes an error if its rule is selected."""
        Path("notice.bxml").write_text(RISKY, encoding="utf-8")
        ran = run("bxml", CALL_ID, "notice.bxml", "--select", "unknown-voice")
        assert ran.code == 1
        assert "error" in ran.out
        assert "unknown-voice" in ran.out
        assert not voice.exchanges

    @pytest.mark.parametrize("option", ["--select", "--ignore"])
    def test_unknown_rule_is_reported(self, run: Run, voice: Emulator, option: str) -> None:
        """The message for an unknown rule names a similar rule."""
        ran = run("bxml", CALL_ID, "notice.bxml", option, "relative-urls")
        assert (ran.code, ran.out) == (2, "")
        assert "relative-urls is not a rule; did you mean relative-url?" in ran.err


class TestOneCall:
    """Pushing into one call."""

    @pytest.mark.parametrize("given", [["notice.bxml"], ["-"], []])
    def test_document_is_delivered(self, run: Run, voice: Emulator, new_call: Callable[..., str], given: list[str]) -> None:
        """The document in a file, or on stdin, is pushed unchanged."""
        call_id = new_call()
        ran = run("bxml", call_id, *given, stdin=DOCUMENT)
        assert (ran.code, ran.records, ran.err) == (0, [{"callId": call_id, "outcome": "delivered"}], "")
        assert voice.call(call_id).documents == [DOCUMENT]

    @pytest.mark.parametrize("platform", ["", "true"])
    @pytest.mark.parametrize(
        "content", [INVALID, "<Bxml>", "", "<Response><Hangup/>\x0b</Response>", f"<Bxml>{'x' * 70_000}</Bxml>"]
    )
    @pytest.mark.parametrize("path", ["notice.bxml", "-"])
    def test_invalid_document_is_rejected(  # noqa: PLR0913
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
        """An invalid document is rejected with the output of ``bxml validate``, and nothing is sent."""
        monkeypatch.setenv("GITHUB_ACTIONS", platform)
        Path("notice.bxml").write_text(content, encoding="utf-8")
        report = validated(capsys, path, monkeypatch, content)
        assert report[0] == 1
        assert run("bxml", CALL_ID, path, stdin=content) == report
        assert not voice.exchanges

    def test_configuration_cannot_allow_invalid_documents(
        self,
        run: Run,
        voice: Emulator,
        new_call: Callable[..., str],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """An attribute is rejected even if the configuration allows it, because the API would end the call."""
        Path("notice.bxml").write_text('<Bxml><Pause length="1"/></Bxml>', encoding="utf-8")
        report = validated(capsys, "notice.bxml", monkeypatch)
        Path("bxml.toml").write_text('allow-attributes = ["length"]\n', encoding="utf-8")
        assert validated(capsys, "notice.bxml", monkeypatch)[0] == 0
        assert run("bxml", new_call(), "notice.bxml") == report

    def test_document_with_warnings_is_delivered(
        self,
        run: Run,
        voice: Emulator,
        new_call: Callable[..., str],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A document with warnings is delivered, and the warnings are printed to stderr."""
        Path("notice.bxml").write_text(RISKY, encoding="utf-8")
        _, report, _ = validated(capsys, "notice.bxml", monkeypatch)
        ran = run("bxml", new_call(), "notice.bxml")
        assert (ran.code, ran.err) == (0, report)

    @pytest.mark.parametrize("path", ["none.bxml", "."])
    def test_unreadable_file_is_reported(self, run: Run, voice: Emulator, path: str) -> None:
        """If a file cannot be read, the message names the file."""
        ran = run("bxml", CALL_ID, path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"callcontrol: {path}: ")

    def test_forgotten_id_is_reported(self, run: Run, voice: Emulator) -> None:
        """If the id is forgotten, the file name is rejected as an id, and the command does not wait for stdin."""
        message = 'CALL_ID: "notice.bxml" is not a call id; an id consists of letters, digits, - and _'
        assert run("bxml", "notice.bxml") == (2, "", f"callcontrol: {message}\n")

    def test_ended_call_exits_with_3(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """The command exits with code 3 if the call has already ended."""
        call_id = new_call()
        voice.disconnect(call_id)
        assert run("bxml", call_id, "notice.bxml").code == 3

    def test_retries_are_printed(
        self, run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The client's log of a retry is printed to stderr. Log lines of other libraries are not printed."""

        def interrupt(*_: object, **__: object) -> None:
            logging.getLogger("urllib3.connectionpool").warning("a pool is full")
            logging.getLogger("callcontrol").warning("UpdateCallBxml of call %s: 503, again", "c-1")

        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr(Client, "update_call_bxml", interrupt)
        ran = run("bxml", new_call(), "notice.bxml")
        assert (ran.code, ran.err) == (0, "callcontrol: UpdateCallBxml of call c-1: 503, again\n")


NEEDED = "several ids, --from-file or --all-active"


class TestMisuse:
    """Usage errors."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "missing argument CALL_ID"),
            (["--from-file", "ids.txt", "--all-active"], "--from-file and --all-active cannot be combined"),
            ([CALL_ID, "notice.bxml", "--yes", "--celery"], f"--yes and --celery require {NEEDED}"),
            ([CALL_ID, "notice.bxml", "--rate", "5"], f"--rate requires {NEEDED}"),
            (
                ["--from-file", "ids.txt", "notice.bxml", "--celery", "--workers", "2"],
                "--celery cannot be combined with --ledger or --workers; set CALLCONTROL_LEDGER and CALLCONTROL_WORKERS",
            ),
            ([CALL_ID, "notice.bxml", "--from-file", "ids.txt"], "--from-file and --all-active accept only the argument FILE"),
            (["--from-file", "-", "-"], "the ids and the document cannot both come from stdin"),
            (["--from-file", "-"], "the ids and the document cannot both come from stdin"),
            (["--all-active", "notice.bxml"], "--all-active requires --yes if there is no terminal to confirm on"),
        ],
    )
    def test_invalid_combination_is_reported(self, run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
        """Options that cannot be combined are rejected, and nothing is read or sent."""
        assert run("bxml", *arguments) == (2, "", f"callcontrol: {message}; see callcontrol bxml --help\n")
        assert not voice.exchanges

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("c-1\n\nc 2\n", 'ids.txt:3: "c 2" is not a call id; an id consists of letters, digits, - and _'),
            ("\n", "ids.txt contains no call ids; expected one id per line"),
            (None, "ids.txt: No such file or directory"),
        ],
    )
    def test_every_line_must_be_an_id(self, run: Run, voice: Emulator, content: str | None, message: str) -> None:
        """Each line of the file is checked before anything is sent."""
        if content is not None:
            Path("ids.txt").write_text(content, encoding="utf-8")
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml") == (2, "", f"callcontrol: {message}\n")
        assert not voice.exchanges


@pytest.fixture
def ids(new_call: Callable[..., str]) -> list[str]:
    """Create five answered calls, and list their ids in ``ids.txt``."""
    ids = [new_call() for _ in range(5)]
    Path("ids.txt").write_text("\ufeff" + "\r\n".join([*ids, "", ids[0]]), encoding="utf-8")
    return ids


class TestCelery:
    """``--celery`` lets workers interrupt the calls."""

    @pytest.fixture
    def arguments(self, new_call: Callable[..., str]) -> tuple[str, ...]:
        Path("ids.txt").write_text(f"{new_call()}\n", encoding="utf-8")
        return ("bxml", "--from-file", "ids.txt", "notice.bxml", "--celery", "--rate", "7", "--repeat-unknown")

    def test_calls_are_passed_to_the_workers(
        self, run: Run, voice: Emulator, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The ids, the document and the options are passed on, and the exit code is that of the run."""
        passed: list[Any] = []

        def run_on_workers(app: Any, client: Client, ids: list[str], document: bytes, **options: Any) -> int:
            passed.extend([app.conf.broker_url, client.account_id, ids, document.decode(), options])
            return 1

        monkeypatch.setattr("callcontrol.command.celery_run.run_on_workers", run_on_workers)
        monkeypatch.setenv("CALLCONTROL_BROKER", "memory://")
        monkeypatch.setenv("CALLCONTROL_LEDGER", "sqlite:///night.db")
        assert run(*arguments).code == 1
        ids = Path("ids.txt").read_text(encoding="utf-8").split()
        rules = {"select": (), "ignore": ()}
        options = {"rules": rules, "rate": 7, "repeat_unknown": True, "as_json": False}
        assert passed == ["memory://", ACCOUNT, ids, DOCUMENT, options]

    def test_missing_settings_are_reported(self, run: Run, voice: Emulator, arguments: tuple[str, ...]) -> None:
        """Without the URLs of the broker and the ledger, the message names the variables."""
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "CALLCONTROL_BROKER and CALLCONTROL_LEDGER are not set" in ran.err

    def test_missing_extra_is_reported(
        self, run: Run, voice: Emulator, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without Celery, the message names the extra that installs it."""
        for name in ("callcontrol.celery", "callcontrol.command.celery_run"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setitem(sys.modules, "celery", None)
        message = "callcontrol.celery needs celery: install bxml-callcontrol[celery]"
        assert run(*arguments) == (2, "", f"callcontrol: {message}\n")


class TestManyCalls:
    """Pushing into many calls."""

    def test_listed_calls_are_interrupted(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """Each call in the file gets the document once. The outcomes are counted, and written to the state directory."""
        ran = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--workers", "2", "--rate", "1000")
        path, beside = sorted(Path("state/callcontrol/ledgers").absolute().iterdir())
        counts = {"delivered": 5, "gone": 0, "refused": 0, "unknown": 0, "skipped": 0, "skipped_gone": 0, "skipped_unknown": 0}
        assert (ran.code, ran.records) == (0, [{**counts, "ledger": str(path)}])
        assert ran.err == f"callcontrol: 5 calls; writing the outcome of each to {path}\n"
        assert [voice.call(call_id).documents for call_id in ids] == [[DOCUMENT]] * 5
        assert outcomes(path) == dict.fromkeys(ids, "delivered")
        assert (beside.name, beside.read_text(encoding="ascii").split()) == (f"{path.name}.ids", ids)
        assert beside.stat().st_mode & 0o777 == 0o600

    def test_ids_or_document_may_come_from_stdin(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """Either the ids or the document can be piped from another command."""
        assert run("bxml", "--from-file", "-", "notice.bxml", stdin="\n".join(ids)).code == 0
        other = DOCUMENT.replace("We", "They")
        assert run("bxml", "--from-file", "ids.txt", stdin=other).code == 0
        assert [voice.call(call_id).documents for call_id in ids] == [[DOCUMENT, other]] * 5
        assert run("bxml", "--from-file", "ids.txt", stdin=DOCUMENT).records[0]["skipped"] == 5

    def test_second_run_skips_delivered_calls(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """A second run of the command skips all delivered and gone calls, and ends with the same exit code."""
        voice.disconnect(ids[0])
        first, again = (run("bxml", "--from-file", "ids.txt", "notice.bxml") for _ in range(2))
        assert (first.code, first.records[0]["delivered"], first.records[0]["gone"]) == (1, 4, 1)
        assert (again.code, again.records[0]["delivered"], again.records[0]["skipped"]) == (1, 0, 5)
        next_step = "to send the request again, use another --ledger"
        skips = "nothing is sent, because every call is skipped according to"
        assert again.err == f"callcontrol: 5 calls; {skips} {again.records[0]['ledger']}; {next_step}\n"
        assert [len(voice.call(call_id).documents) for call_id in ids] == [0, 1, 1, 1, 1]

    def test_changed_document_is_delivered_again(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """A changed document under the same name is delivered to all calls."""
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml").code == 0
        Path("notice.bxml").write_text(DOCUMENT.replace("We", "They"), encoding="utf-8")
        assert run("bxml", "--from-file", "ids.txt", "notice.bxml").records[0]["delivered"] == 5

    def test_ledger_option_names_the_file(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """``--ledger`` names the file for the outcomes; a ledger of another document is rejected."""
        arguments = ("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "night.jsonl")
        assert run(*arguments).records[0]["ledger"] == "night.jsonl"
        Path("notice.bxml").write_text(DOCUMENT.replace("We", "They"), encoding="utf-8")
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "night.jsonl belongs to another document" in ran.err

    def test_wrong_credentials_end_the_command(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The command ends at the first call if every call would cause the same error."""
        ran = run("--client-secret", "wrong", "bxml", "--from-file", "ids.txt", "notice.bxml")
        assert ran.code == 1
        assert "401 Unauthorized" in ran.err

    def test_all_active_interrupts_answered_calls(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """``--all-active`` interrupts all answered calls, and no other calls."""
        voice.disconnect(ids[0])
        ran = run("bxml", "--all-active", "--yes", "notice.bxml")
        assert (ran.code, ran.records[0]["delivered"]) == (0, 4)
        assert [len(voice.call(call_id).documents) for call_id in ids] == [0, 1, 1, 1, 1]

    def test_all_active_without_calls_does_not_ask(self, run: Run, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without answered calls, ``--all-active`` does nothing, and does not ask for confirmation."""
        monkeypatch.setattr(confirmation, "can_prompt", lambda: True)
        ran = run("bxml", "--all-active", "notice.bxml")
        assert (ran.code, ran.records[0]["delivered"]) == (0, 0)
        assert "?" not in ran.err

    @pytest.mark.parametrize(("answer", "code", "delivered"), [("y", 0, 1), ("n", 1, 0), ("", 1, 0)])
    def test_all_active_asks_for_confirmation(  # noqa: PLR0913
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
        """On a terminal, ``--all-active`` shows the number of calls and asks, and sends nothing unless the answer is yes."""
        monkeypatch.setattr(confirmation, "can_prompt", lambda: True)
        ran = run("bxml", "--all-active", "notice.bxml", stdin=f"{answer}\n")
        assert ran.code == code
        assert "5 calls will be interrupted. Continue? [y/N]:" in ran.err
        assert ("callcontrol: nothing was sent\n" in ran.err) is not delivered
        assert [len(voice.call(call_id).documents) for call_id in ids] == [delivered] * 5

    def test_retries_are_not_printed(self, run: Run, voice: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Retries are not printed for many calls, because the ledger has the outcomes."""
        interrupt_many = Client.interrupt_many

        def warn(*arguments: Any, **options: Any) -> Any:
            logging.getLogger("callcontrol").warning("repeated")
            return interrupt_many(*arguments, **options)

        monkeypatch.setattr(Client, "interrupt_many", warn)
        assert "repeated" not in run("bxml", "--from-file", "ids.txt", "notice.bxml").err

    def test_early_interruption_sends_nothing(
        self, run: Run, voice: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After Ctrl-C before the first request, the message says that nothing was sent."""

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Client, "interrupt_many", interrupt)
        ran = run("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "night.jsonl")
        assert (ran.code, ran.out) == (130, "")
        assert ran.err == "callcontrol: interrupted; nothing was sent\n"

    def test_closed_stdin_is_reported(self, voice: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ids cannot be read from a closed stdin."""
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(CannotRun, match=r"^-: standard input is closed$"):
            call_selection.read_ids("-")
        assert not confirmation.can_prompt()
