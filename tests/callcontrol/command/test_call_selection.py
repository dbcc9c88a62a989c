"""Selecting calls by several ids, a file, or ``--all-active`` with filters, and the checks before anything is sent."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pytest

from callcontrol import Client, Tally, TransportError
from callcontrol.command import api_command, callcontrol, confirmation, many_calls
from callcontrol.emulator import Emulator
from callcontrol.operation_table import GET_CALL_STATE
from tests.callcontrol.command.conftest import DOCUMENT, HOOK, PASSWORD, Ran, Run
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID

URL = "https://app.example/menu"
OTHER = "c-0a1b2c3d-11112222-3333-4444-5555-000000000000"
NO_ID = "is not a call id; an id consists of letters, digits, - and _"

COMMANDS: dict[str, tuple[list[str], str]] = {
    "bxml": (["notice.bxml"], "delivered"),
    "redirect": ([URL], "delivered"),
    "hangup": ([], "delivered"),
}
"""For each command that changes calls: its last arguments, and the outcome of a changed call."""


@pytest.fixture(autouse=True)
def _notice() -> None:
    Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")


@pytest.fixture
def ids(new_call: Callable[..., str]) -> list[str]:
    """Create three answered calls with different numbers, and list their ids in ``ids.txt``."""
    ids = [new_call(to=f"+1212555012{number}", from_=f"+1919555010{number}") for number in range(3)]
    Path("ids.txt").write_text("\n".join(ids), encoding="utf-8")
    return ids


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command treat stdout as a terminal, and read the answers to its questions from stdin."""
    for module in (api_command, many_calls, sys.modules["callcontrol.command.output"]):
        monkeypatch.setattr(module, "prints_table", lambda as_json: not as_json)
    monkeypatch.setattr(confirmation, "can_prompt", lambda: True)


def reached(voice: Emulator, command: str, ids: list[str]) -> list[bool]:
    """For each call, return true if the command changed the call."""
    calls = [voice.call(call_id) for call_id in ids]
    changed: dict[str, Callable[[Any], bool]] = {
        "bxml": lambda call: call.documents == [DOCUMENT],
        "redirect": lambda call: call.redirects == [URL],
        "hangup": lambda call: call.state == "disconnected",
    }
    return [changed[command](call) for call in calls]


def outcomes(ran: Ran) -> dict[str, int]:
    """Return the number of calls with each outcome."""
    return {name: count for name, count in ran.records[0].items() if name != "ledger" and count}


@pytest.mark.parametrize("command", COMMANDS)
class TestSelecting:
    """The ways to select calls, for each command that changes calls."""

    def test_several_ids(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """The calls whose ids are given as arguments are changed. Each call is changed once."""
        last, outcome = COMMANDS[command]
        ran = run(command, *ids[:2], ids[0], *last)
        assert (ran.code, outcomes(ran)) == (0, {outcome: 2})
        assert reached(voice, command, ids) == [True, True, False]

    @pytest.mark.parametrize("path", ["ids.txt", "-"])
    def test_ids_of_a_file(self, run: Run, voice: Emulator, ids: list[str], command: str, path: str) -> None:
        """The calls whose ids are in the file or on stdin are changed."""
        last, outcome = COMMANDS[command]
        ran = run(command, "--from-file", path, *last, stdin="\n".join(ids[:2] if path == "-" else ids))
        count = 2 if path == "-" else 3
        assert (ran.code, outcomes(ran)) == (0, {outcome: count})
        assert reached(voice, command, ids) == [True, True, path != "-"]

    def test_all_active(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """All active calls are changed."""
        last, outcome = COMMANDS[command]
        ran = run(command, "--all-active", "--yes", *last)
        assert (ran.code, outcomes(ran)) == (0, {outcome: 3})
        assert reached(voice, command, ids) == [True] * 3

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (["--to", "+12125550121"], [False, True, False]),
            (["--from", "+19195550102"], [False, False, True]),
            (["--to", "+12125550121", "--from", "+19195550102"], [False] * 3),
            (["--state", "answered"], [True] * 3),
            (["--since", "10m"], [True] * 3),
            (["--since", "yesterday", "--until", "now"], [True] * 3),
            (["--until", "10m"], [False] * 3),
            (["--min-start-time", "2020-01-01", "--max-start-time", "2020-01-02T09:00Z"], [False] * 3),
        ],
    )
    def test_filters(  # noqa: PLR0913
        self, run: Run, voice: Emulator, ids: list[str], *, command: str, filters: list[str], expected: Any
    ) -> None:
        """Filters narrow the active calls. If no call is left, nothing is changed, and stderr says so."""
        ran = run(command, "--all-active", "--yes", *filters, *COMMANDS[command][0])
        assert ran.code == 0
        assert reached(voice, command, ids) == expected
        assert ("matches --" in ran.err) is not any(expected)

    def test_ended_call_is_not_reached(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """If one call is not reached, the other calls are changed, and the exit code is 1."""
        last, outcome = COMMANDS[command]
        ran = run(command, CALL_ID, *ids, *last)
        assert (ran.code, outcomes(ran)) == (1, {"gone": 1, outcome: 3})
        assert reached(voice, command, ids) == [True] * 3

    def test_dry_run_prints_every_id(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """``--dry-run`` prints the first request, the number of calls and their ids, and sends nothing."""
        count = len(voice.exchanges)
        for arguments in (ids, ["--from-file", "ids.txt"]):
            ran = run(command, *arguments, *COMMANDS[command][0], "--dry-run")
            (record,) = ran.records
            assert (ran.code, ran.err, record["calls"], record["callIds"]) == (0, "", 3, ids)
            assert ids[0] in record["url"]
        assert len(voice.exchanges) == count

    def test_dry_run_lists_the_active_calls(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """With ``--all-active``, ``--dry-run`` requests the list of calls, and changes nothing."""
        before = len(voice.exchanges)
        ran = run(command, "--all-active", "--to", "+12125550121", *COMMANDS[command][0], "--dry-run")
        (record,) = ran.records
        assert (ran.code, ran.err, record["calls"], record["callIds"]) == (0, "", 1, [ids[1]])
        assert record["method"] in {"PUT", "POST"}
        sent = [exchange.request for exchange in voice.exchanges[before:] if "/accounts/" in exchange.request.url]
        assert [request.method for request in sent] == ["GET"]
        assert reached(voice, command, ids) == [False] * 3

    def test_dry_run_without_calls(self, run: Run, voice: Emulator, command: str, request: pytest.FixtureRequest) -> None:
        """If no call is active, ``--dry-run`` prints no request. On a terminal, it prints only the message on stderr."""
        ran = run(command, "--all-active", *COMMANDS[command][0], "--dry-run")
        assert (ran.code, ran.records) == (0, [{"calls": 0, "callIds": []}])
        assert re.fullmatch(r"callcontrol: no (answered|active) call found; the API lists .*\n", ran.err)
        request.getfixturevalue("terminal")
        assert run(command, "--all-active", *COMMANDS[command][0], "--dry-run") == (0, "", ran.err)

    def test_dry_run_on_a_terminal(self, run: Run, voice: Emulator, terminal: None, command: str) -> None:
        """On a terminal, the first ids and the number of further ids are printed."""
        ids = [f"c-{number}" for number in range(1_012)]
        Path("ids.txt").write_text("\n".join(ids), encoding="utf-8")
        ran = run(command, "--from-file", "ids.txt", *COMMANDS[command][0], "--dry-run")
        _, listed = ran.out.split("1,012 calls would get such a request:\n")
        assert listed.splitlines() == [*(f"  {each}" for each in ids[:10]), "  and 1,002 more; --json prints every id"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--to", "+12125550123", CALL_ID, OTHER], "--to requires --all-active"),
            (["--to", "+12125550123", "--since", "2h", "--from-file", "ids.txt"], "--to and --since require --all-active"),
            (["--from-file", "ids.txt", "--all-active"], "--from-file and --all-active cannot be combined"),
            (["--all-active", "--since", "1h", "--until", "2h"], r"--since, \S+Z, is after --until, \S+Z"),
            (["--all-active"], "--all-active requires --yes if there is no terminal to confirm on"),
            (["--all-active", CALL_ID], "--from-file and --all-active accept .*"),
            (
                ["--all-active", "--state", "ringing", "--yes"],
                "invalid value for '--state': \"ringing\" is not a state that --all-active selects; expected .*answered.*",
            ),
            (["--all-active", "--state", "disconnected", "--yes"], 'invalid value .*: "disconnected" is not a state that .*'),
            (["--all-active", "--since", "soon"], "invalid value for '--since'.*: \"soon\" is not a time; expected a dur.*"),
        ],
    )
    def test_invalid_combination_is_reported(
        self, run: Run, voice: Emulator, *, command: str, arguments: list[str], message: str
    ) -> None:
        """Options that cannot be combined are rejected before anything is read or sent."""
        ran = run(command, *arguments, *COMMANDS[command][0])
        assert (ran.code, ran.out) == (2, "")
        assert re.fullmatch(f"callcontrol: {message}; see callcontrol {command} --help\n", ran.err)
        assert not voice.exchanges

    @pytest.mark.parametrize("option", ["--to", "--from"])
    def test_number_without_a_plus_is_reported(self, run: Run, voice: Emulator, command: str, option: str) -> None:
        """The message suggests the E.164 form of a number, and nothing is sent."""
        ran = run(command, "--all-active", "--yes", option, "12125550130", *COMMANDS[command][0])
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f'callcontrol: {option}="12125550130" is not a phone number in E.164 form or a SIP URI; ')
        assert ran.err.endswith('; did you mean "+12125550130"?\n')
        assert not voice.exchanges

    def test_invalid_id_is_reported(self, run: Run, voice: Emulator, command: str) -> None:
        """Every id is checked before anything is sent."""
        ran = run(command, CALL_ID, "c 2", *COMMANDS[command][0])
        assert ran == (2, "", f'callcontrol: CALL_ID: "c 2" {NO_ID}\n')
        assert not voice.exchanges

    def test_wrong_credentials_end_the_command(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """The command ends at the first call if every call would cause the same error."""
        ran = run("--client-secret", "wrong", command, *ids, *COMMANDS[command][0])
        tally = ran.records[0]
        assert (ran.code, tally["delivered"], tally["refused"] + tally["left"]) == (1, 0, 3)
        assert "401 Unauthorized" in ran.err


class TestQuestion:
    """The question that is asked before all active calls are changed."""

    @pytest.mark.parametrize(
        ("command", "detail", "participle"),
        [
            ("bxml", 'document: "We close."', "interrupted"),
            ("redirect", f"URL:     {URL}", "redirected"),
            ("hangup", "", "ended"),
        ],
    )
    @pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
    def test_question(  # noqa: PLR0913
        self,
        run: Run,
        voice: Emulator,
        ids: list[str],
        new_call: Callable[..., str],
        terminal: None,
        *,
        command: str,
        detail: str,
        participle: str,
        answer: str,
        code: int,
    ) -> None:
        """The question names the account, the host, the number of calls and the new BXML, and shows the first three calls."""
        ids += [new_call(), new_call()]
        ran = run(command, "--all-active", *COMMANDS[command][0], stdin=f"{answer}\n")
        host = voice.url.removeprefix("http://").partition("/")[0]
        width = 9 if command == "bxml" else 8
        shown = [f"{each}  from +1919555010{n} to +1212555012{n}  answered" for n, each in enumerate(ids[:3])]
        lines = [
            f"{'account:':{width}} {ACCOUNT} at {host}",
            *filter(None, [detail]),
            f"{'calls:':{width}} {shown[0]}",
            *(f"{'':{width}} {line}" for line in [*shown[1:], "and 2 more"]),
        ]
        question = f"5 calls will be {participle}. Continue? [y/N]: "
        assert ran.err.startswith("\n".join([*lines, question]))
        assert ran.code == code
        assert reached(voice, command, ids) == [answer == "y"] * 5
        assert ("writing the outcome" in ran.err) is (answer == "y")
        assert Path("state").exists() is (answer == "y")

    def test_passwords_are_hidden(self, run: Run, voice: Emulator, ids: list[str], terminal: None) -> None:
        """The URL of a redirect is shown without its password; ``run`` checks this."""
        ran = run("redirect", "--all-active", f"https://shop:{HOOK}@app.example/menu", stdin="n\n")
        assert "app.example/menu" in ran.err

    def test_one_call(self, run: Run, voice: Emulator, new_call: Callable[..., str], terminal: None) -> None:
        """If there is only one call, the question shows this call and does not mention further calls."""
        new_call()
        ran = run("hangup", "--all-active", stdin="n\n")
        assert "1 call will be ended. Continue?" in ran.err
        assert "more" not in ran.err

    @pytest.mark.parametrize("command", COMMANDS)
    def test_no_question_without_calls(self, run: Run, voice: Emulator, terminal: None, command: str) -> None:
        """Without calls there is no question, and no file is promised or written."""
        ran = run(command, "--all-active", *COMMANDS[command][0], "--json")
        assert ran.code == 0
        assert re.fullmatch(r"callcontrol: no (answered|active) call found; the API lists .*\n", ran.err)
        assert ran.records == [{**asdict(Tally()), "ledger": None}]
        assert [*Path().iterdir()] == [Path("notice.bxml")]


class TestArguments:
    """The last argument of ``bxml`` and ``redirect``."""

    def test_last_of_two_arguments_is_the_document(self, run: Run, voice: Emulator) -> None:
        """If the document is forgotten, the message says that the last argument must be the file of the document."""
        hint = "the last argument is the file with the document; - is stdin"
        for ids in ([CALL_ID, OTHER], [CALL_ID, OTHER, "c-3"]):
            assert run("bxml", *ids) == (2, "", f"callcontrol: {ids[-1]}: No such file or directory; {hint}\n")
        assert run("bxml", CALL_ID, OTHER, "-", stdin=DOCUMENT).code == 1
        assert run("bxml", "notice.bxml", CALL_ID) == (2, "", f'callcontrol: CALL_ID: "notice.bxml" {NO_ID}\n')

    def test_repeated_id_is_one_call(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """An id that is given twice counts as one call. The output is the output for one call."""
        ran = run("bxml", ids[0], ids[0], "notice.bxml")
        assert (ran.code, ran.records) == (0, [{"callId": ids[0], "outcome": "delivered"}])

    def test_several_calls_can_have_a_ledger(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The options for many calls can be used with several ids."""
        ran = run("bxml", *ids, "notice.bxml", "--ledger", "night.jsonl", "--workers", "2", "--rate", "1000")
        assert (ran.code, ran.records[0]["ledger"]) == (0, "night.jsonl")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "missing arguments CALL_ID and URL"),
            ([CALL_ID], "missing argument URL"),
            (["--all-active", "--yes"], "missing argument URL"),
            ([URL], "missing argument CALL_ID"),
            (["--all-active", "--yes", CALL_ID, URL], "--from-file and --all-active accept only the argument URL"),
        ],
    )
    def test_redirect_needs_a_url(self, run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
        """The message names the argument that is missing."""
        assert run("redirect", *arguments) == (2, "", f"callcontrol: {message}; see callcontrol redirect --help\n")
        assert not voice.exchanges

    @pytest.mark.parametrize("command", ["get", "hangup"])
    def test_ids_and_options_cannot_be_combined(self, run: Run, voice: Emulator, command: str) -> None:
        """Ids as arguments and a file with ids cannot be combined."""
        message = "--from-file and --all-active accept no call ids"
        ran = run(command, CALL_ID, "--from-file", "ids.txt")
        assert ran == (2, "", f"callcontrol: {message}; see callcontrol {command} --help\n")

    @pytest.mark.parametrize("command", ["get", "hangup", "bxml", "list"])
    def test_tag_cannot_select(self, run: Run, voice: Emulator, command: str) -> None:
        """``--tag`` is rejected with a reason, because the API does not return the tags of calls."""
        ran = run(command, "--tag", "closing")
        reason = "calls cannot be selected by tag, because the API does not return the tags of calls; use --to, --from, --state"
        assert ran.code == 2
        assert ran.err.startswith(f"callcontrol: {reason}")
        assert "--tag" not in run(command, "--help").out


class TestStates:
    """The states that commands select."""

    @pytest.fixture
    def three_states(self, voice: Emulator, new_call: Callable[..., str]) -> list[str]:
        """Create a ringing, an answered and an ended call."""
        voice.phone("+12125550131").answers(after=20)
        ringing = new_call(to="+12125550131")
        voice.advance(1)
        answered, ended = new_call(), new_call()
        voice.disconnect(ended)
        assert voice.call(ringing).state == "initiated"
        return [ringing, answered, ended]

    def test_hangup_ends_ringing_calls(self, run: Run, voice: Emulator, three_states: list[str]) -> None:
        """``hangup --all-active`` ends ringing calls too. It does not select calls that have already ended."""
        assert outcomes(run("hangup", "--all-active", "--yes")) == {"delivered": 2}
        assert reached(voice, "hangup", three_states) == [True] * 3

    def test_redirect_leaves_ringing_calls(self, run: Run, voice: Emulator, three_states: list[str]) -> None:
        """``redirect --all-active`` selects only answered calls, because no other call can be redirected."""
        assert outcomes(run("redirect", "--all-active", "--yes", URL)) == {"delivered": 1}
        assert reached(voice, "redirect", three_states) == [False, True, False]

    def test_state_narrows(self, run: Run, voice: Emulator, three_states: list[str]) -> None:
        """``--state`` narrows the active calls."""
        assert outcomes(run("hangup", "--all-active", "--yes", "--state", "initiated")) == {"delivered": 1}
        assert reached(voice, "hangup", three_states) == [True, False, True]

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            (
                "--state",
                "ringing",
                '"ringing" is not a call state; expected queued, initiated, answered or disconnected; did you mean initiated?',
            ),
            (
                "--state",
                "Answerd",
                '"Answerd" is not a call state; expected queued, initiated, answered or disconnected; did you mean answered?',
            ),
            ("--state", "x", '"x" is not a call state; expected queued, initiated, answered or disconnected'),
            (
                "--disconnect-cause",
                "bussy",
                (
                    '"bussy" is not a disconnect cause; expected hangup, busy, timeout, cancel, rejected, callback-error, '
                    "invalid-bxml, application-error, account-limit, node-capacity-exceeded, error or unknown; "
                    "did you mean busy?"
                ),
            ),
        ],
    )
    def test_unknown_word_is_reported(self, run: Run, voice: Emulator, option: str, value: str, message: str) -> None:
        """The message lists the allowed words and suggests the most similar word. Nothing is sent."""
        ran = run("list", option, value)
        assert ran == (2, "", f"callcontrol: invalid value for '{option}': {message}; see callcontrol list --help\n")
        assert not voice.exchanges

    def test_word_of_another_command_is_not_suggested(self, run: Run, voice: Emulator) -> None:
        """A suggested state is always a state that the command can select."""
        ran = run("redirect", "--all-active", "--state", "ringing", URL)
        assert "expected answered; see" in ran.err

    def test_states_are_completed(self) -> None:
        """The shell completes states and causes."""
        context = click.Context(callcontrol.commands["list"])
        completed = {
            str(option.name): [item.value for item in option.shell_complete(context, "a")]
            for option in callcontrol.commands["list"].params
            if option.name in {"state", "disconnect_cause"}
        }
        assert completed == {"state": ["answered"], "disconnect_cause": ["application-error", "account-limit"]}


class TestList:
    """``list`` without a result, and the times in its options."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "no call found"),
            (["--to", "+12125550139"], "no call matches --to"),
            (["--state", "queued", "--until", "now"], "no call matches --state and --until"),
        ],
    )
    def test_empty_list_is_reported(self, run: Run, voice: Emulator, arguments: list[str], message: str) -> None:
        """If no call is listed, stderr says so, and the exit code is 0."""
        assert run("list", *arguments) == (0, "", f"callcontrol: {message}; the API lists the calls of the last seven days\n")

    def test_list_with_a_result_is_not_reported(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """If at least one call is listed, nothing is printed to stderr, even if a later page contains no matching call."""
        voice.disconnect(ids[2])
        ran = run("list", "--state", "answered", "--page-size", "1")
        assert ([call["callId"] for call in ran.records], ran.err) == (ids[:2], "")

    @pytest.mark.parametrize("options", [("--since", "--until"), ("--min-start-time", "--max-start-time")])
    def test_times_are_sent_in_utc(self, run: Run, voice: Emulator, options: tuple[str, str]) -> None:
        """Each option for a time has two names. The times are sent in the API's format."""
        ran = run("list", options[0], "2026-11-02T09:30+01:00", options[1], "2026-11-02T09:30:00.5Z", "--dry-run")
        assert "minStartTime=2026-11-02T08%3A30%3A00.000Z" in ran.records[0]["url"]
        assert "maxStartTime=2026-11-02T09%3A30%3A00.500Z" in ran.records[0]["url"]

    def test_order_of_times_is_checked(self, run: Run, voice: Emulator) -> None:
        """A range is rejected if it ends before it begins. A range of one moment is valid."""
        assert run("list", "--until", "now", "--since", "now", "--dry-run").code == 0
        assert "is after --until" in run("list", "--since", "today", "--until", "yesterday").err
        assert not voice.exchanges


class TestRuns:
    """``redirect`` and ``hangup`` use a ledger for several calls, as ``bxml`` does."""

    @pytest.mark.parametrize("command", ["redirect", "hangup"])
    def test_run_is_resumed(self, run: Run, voice: Emulator, ids: list[str], command: str) -> None:
        """If the same command runs again, it skips the changed calls. Hang-ups and redirects have ledgers of their own."""
        last = COMMANDS[command][0]
        first, again = (run(command, CALL_ID, *ids, *last, "--rate", "1000") for _ in range(2))
        assert (first.code, outcomes(first)) == (1, {"gone": 1, "delivered": 3})
        assert (again.code, outcomes(again)) == (1, {"skipped": 4, "skipped_gone": 1})
        assert reached(voice, command, ids) == [True] * 3
        run("redirect", *ids, "https://app.example/other")
        assert len([*Path("state/callcontrol/ledgers").glob("*.jsonl")]) == 2

    @pytest.mark.parametrize("command", ["redirect", "hangup"])
    def test_options_of_a_run_need_several_calls(self, run: Run, voice: Emulator, command: str) -> None:
        """The options of a run are rejected for a single call."""
        ran = run(command, CALL_ID, *COMMANDS[command][0], "--rate", "5")
        message = f"--rate requires several ids, --from-file or --all-active; see callcontrol {command} --help"
        assert ran == (2, "", f"callcontrol: {message}\n")

    def test_all_fields_of_a_redirect_are_sent(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """Each option of ``redirect`` has the same effect for several calls as for one call."""
        options = (
            "--redirect-method",
            "GET",
            "--redirect-fallback-url",
            "https://backup.example/",
            "--tag",
            "closing",
            "--repeat",
        )
        run("redirect", ids[0], URL, *options)
        run("redirect", *ids[1:], URL, *options)
        bodies = [json.loads(each.request.body) for each in voice.exchanges if each.request.url.rpartition("/")[2] in ids]
        assert len(bodies) == 3
        assert bodies[0]["redirectFallbackUrl"] == "https://backup.example/"
        assert bodies == [bodies[0]] * 3


class TestGet:
    """``get`` of several calls."""

    @pytest.mark.parametrize("arguments", [["IDS"], ["--from-file", "ids.txt"], ["--all-active"], ["IDS", "--wait"]])
    def test_states_are_printed(self, run: Run, voice: Emulator, ids: list[str], arguments: list[str]) -> None:
        """Each state is printed, in the order of the ids."""
        ran = run("get", *(each for word in arguments for each in (ids if word == "IDS" else [word])))
        assert (ran.code, ran.err) == (0, "")
        assert [(record["callId"], record["state"]) for record in ran.records] == [(each, "answered") for each in ids]

    def test_all_active_needs_no_further_requests(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The list of calls contains the states, so only ``--wait`` requests each call."""
        before = len(voice.exchanges)
        assert len(run("get", "--all-active", "--from", "+19195550101").records) == 1
        assert not [each for each in voice.exchanges[before:] if f"/{ids[1]}" in each.request.url]
        assert len(run("get", "--all-active", "--from", "+19195550101", "--wait").records) == 1
        assert [each for each in voice.exchanges[before:] if f"/{ids[1]}" in each.request.url]

    def test_unknown_call_is_reported(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """An unreadable call is reported on stderr. The states of the other calls are printed, and the exit code is 1."""
        ran = run("get", ids[0], CALL_ID, ids[1])
        assert (ran.code, [record["callId"] for record in ran.records]) == (1, ids[:2])
        assert ran.err.startswith(f"callcontrol: GetCallState of call {CALL_ID}: 404 Not Found: ")

    def test_terminal_shows_one_table(self, run: Run, voice: Emulator, ids: list[str], terminal: None) -> None:
        """On a terminal, all states are printed in one table with one heading."""
        head, *lines = run("get", *ids).out.splitlines()
        assert head.split()[:2] == ["callId", "state"]
        assert [line.split()[0] for line in lines] == ids

    def test_no_active_call_is_reported(self, run: Run, voice: Emulator) -> None:
        """Without active calls, stderr says so, and the exit code is 0."""
        message = "no active call matches --to; the API lists the calls of the last seven days"
        assert run("get", "--all-active", "--to", "+12125550139") == (0, "", f"callcontrol: {message}\n")

    def test_dry_run(self, run: Run, voice: Emulator) -> None:
        """``--dry-run`` prints the first request, and also the ids if they are known."""
        (record,) = run("get", CALL_ID, OTHER, "--dry-run").records
        assert (record["url"].rpartition("/")[2], record["callIds"]) == (CALL_ID, [CALL_ID, OTHER])
        (record,) = run("get", "--all-active", "--dry-run").records
        assert record["url"].endswith("/calls")
        assert not voice.exchanges

    def test_error_of_every_call_ends_the_command(
        self, run: Run, voice: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Wrong credentials, or a connection that cannot be made, end the command at the first call."""
        assert run("--user", "user-7", "--password", f"{PASSWORD[:-1]}", "get", *ids).code == 1

        def fail(_: Client, call_id: str) -> None:
            raise TransportError("no connection", GET_CALL_STATE.name, call_id, sent=False)

        monkeypatch.setattr(Client, "get_call_state", fail)
        ran = run("get", *ids)
        assert (ran.code, ran.err.count("no connection")) == (2, 1)
