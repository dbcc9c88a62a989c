"""The README keeps its word: its blocks run, its output is the real one, its commands are those of CI."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.serving import make_server

import bxml.command
from bxml.command.configuration import read
from bxml.rules import RULES
from callcontrol import Client
from callcontrol.emulator import Core, Decisions, Emulator
from examples import menu

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
OUTPUT = {before: after for (_, before), (language, after) in itertools.pairwise(BLOCKS) if language == "text"}


def run(code: str) -> dict[str, Any]:
    """The names that a block of the README defines."""
    names: dict[str, Any] = {"__name__": "tests"}  # for Flask, which looks for its files beside the module
    exec(compile(code, "README.md", "exec"), names)
    return names


def block(phrase: str) -> str:
    """The only block of Python with this phrase."""
    (code,) = (code for code in PYTHON if phrase in code)
    return code


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An environment in which the API is an emulator, and a directory that files may be written to."""
    monkeypatch.chdir(tmp_path)
    with Emulator() as voice:
        variables = {"BW_ACCOUNT_ID": "9900123", "BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "secret", "BW_VOICE_URL": voice.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield voice


@pytest.mark.parametrize("code", PYTHON, ids=[code.splitlines()[0] for code in PYTHON])
def test_blocks_run(code: str, environment: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs as it stands, and prints what the block after it shows."""
    run(code)
    assert capsys.readouterr().out == OUTPUT.get(code, "")


def test_flask_application_answers() -> None:
    """The Flask application answers both of its URLs with BXML, and what was pressed stays text."""
    client = run(block("def menu()"))["app"].test_client()
    welcome = client.post("/answer", json={})
    assert welcome.mimetype == "application/xml"
    assert b'<Gather gatherUrl="/menu"' in welcome.data
    pressed = client.post("/menu", json={"digits": "<Hangup/>"})
    assert b"You pressed &lt;Hangup/&gt;." in pressed.data


def test_fastapi_application_answers() -> None:
    """The FastAPI application answers with BXML."""
    answer = asyncio.run(run(block("fastapi"))["answer"]({"to": "+19195550100"}))
    assert answer.media_type == "application/xml"
    assert b'transferCallerId="+19195550100"' in answer.body


def test_live_call_is_interrupted(environment: Emulator) -> None:
    """The block about live calls has pushed its notice into the call."""
    names = run(block("except CallNotActive"))
    assert environment.call(names["call"].call_id).documents == [names["notice"].to_bxml()]


def test_many_calls_are_interrupted(environment: Emulator, tmp_path: Path) -> None:
    """The block about many calls has pushed its notice into each that is answered, and has a line for it."""
    with Client.from_env() as client:
        url = "https://app.example/answer"
        made = [
            client.create_call(to="+12125550123", from_="+19195550100", application_id="a", answer_url=url) for _ in range(3)
        ]
    calls = [environment.call(call.call_id) for call in made]
    environment.disconnect(calls[1].call_id)
    names = run(block("interrupt_many"))
    assert [call.documents for call in calls] == [[names["notice"].to_bxml()], [], [names["notice"].to_bxml()]]
    assert len((tmp_path / "closing.jsonl").read_text(encoding="utf-8").splitlines()) == 2


HEARD: Final = [
    value for code in PYTHON if "(voice: Core)" in code for name, value in run(code).items() if name.startswith("test_")
]


@pytest.mark.parametrize("test", HEARD)
def test_call_flows_are_heard(test: Callable[[Core], None]) -> None:
    """The tests in the README pass, with what the plugin gives them."""
    with Core(menu.app) as voice:
        test(voice)


def test_the_phone_shows_what_the_readme_shows() -> None:
    """The command in the README hears the menu say what stands below it, and a timeline follows."""
    (screen,) = (shown for language, shown in BLOCKS if language == "text" and shown.startswith("calling "))
    with make_server("127.0.0.1", 0, menu.app) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://localhost:{server.server_port}/answer"
        command = [sys.executable, "-c", "from callcontrol.command import main; main()", "phone", "--fast", url]
        ran = subprocess.run(command, input="2\n", capture_output=True, text=True, timeout=60, check=True)
        server.shutdown()
        thread.join()
    shown, _, timeline = ran.stdout.replace(f":{server.server_port}/", ":5000/").partition("\n\ntimeline of ")
    assert shown + "\n" == screen
    assert "We are open from nine to five." in timeline


def test_every_decision_is_told() -> None:
    """Each that can be decided otherwise stands in the table, with its default."""
    for each in fields(Decisions):
        (row,) = re.findall(rf"^\| .*`{each.name}`.*$", README, re.MULTILINE)
        value = each.default
        words = {"seconds_of_a_character": "60 ms", "seconds_of_a_webhook": "no time", "seconds_of_a_conference": "24 hours"}
        answers = {True: "is rejected", False: "sends no event"}
        told = answers[value] if isinstance(value, bool) else words.get(each.name, f"{value:,}")
        assert told in row or (value == 0 and "at once" in row), row


def test_webhooks_are_answered() -> None:
    """The application that reads events knows its vendor by the password, and answers what may be answered."""
    client = run(block("parse_event"))["app"].test_client()

    def answer(event: dict[str, str], password: str = "the password given beside the URL") -> Any:
        return client.post("/events", json=event, auth=("shop", password))

    assert answer({"eventType": "initiate"}, password="another one").status_code == 401
    assert b'<Gather gatherUrl="/events" maxDigits="1">' in answer({"eventType": "initiate"}).data
    assert b'<Forward to="+12125550123"' in answer({"eventType": "gather", "digits": "1"}).data
    assert answer({"eventType": "gather", "digits": "2"}).data == b""
    assert answer({"eventType": "disconnect", "cause": "hangup"}).status_code == 204


def test_the_screen_is_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says of the file in the README what the README shows."""
    at = BLOCKS.index(("sh", ".venv/bin/bxml validate menu.bxml\n"))
    (tmp_path / "menu.bxml").write_text(BLOCKS[at - 1][1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as end:
        bxml.command.bxml.main(["validate", "menu.bxml"], standalone_mode=False)
    assert end.value.code == 1
    assert capsys.readouterr().out == BLOCKS[at + 1][1]


def test_the_configuration_is_one(tmp_path: Path) -> None:
    """The configuration in the README can be followed."""
    (code,) = (code for language, code in BLOCKS if language == "toml")
    path = tmp_path / "pyproject.toml"
    path.write_text(code, encoding="utf-8")
    configuration = read(str(path))
    assert configuration
    assert configuration.settings(str(tmp_path / "conferences" / "a.bxml")).context == "conference"


def test_the_comment_works() -> None:
    """The comment in the README leaves out what it names."""
    (code,) = (code for language, code in BLOCKS if language == "xml" and "ignore" in code)
    assert bxml.validate(code) == []
    assert bxml.validate(code.replace("bxml: ignore", "")) != []


def test_the_rules_are_counted() -> None:
    """The README knows how many rules there are."""
    assert f"{len(RULES)} rules" in README


def test_the_hook_exists() -> None:
    """pre-commit finds the hook that the README names, which runs the command."""
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert "- id: bxml-validate\n" in hook
    assert "- id: bxml-validate\n" in README
    assert "  entry: bxml validate\n" in hook


def test_ci_is_the_second_command() -> None:
    """CI runs exactly the command that the README gives for the tests."""
    commands = [code.strip() for language, code in BLOCKS if language == "sh"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == commands[1]
