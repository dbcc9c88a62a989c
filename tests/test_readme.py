"""The README keeps its word: its blocks run, its output is the real one, its commands are those of CI."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from callcontrol.emulator import Emulator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
OUTPUT = {before: after for (_, before), (language, after) in itertools.pairwise(BLOCKS) if language == "text"}


def run(code: str) -> dict[str, Any]:
    """The names that a block of the README defines."""
    names: dict[str, Any] = {"__name__": "tests"}  # for Flask, which looks for its files beside the module
    exec(compile(code, "README.md", "exec"), names)
    return names


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An environment in which the API is an emulator."""
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
    (code,) = (code for code in PYTHON if "flask" in code)
    client = run(code)["app"].test_client()
    welcome = client.post("/answer", json={})
    assert welcome.mimetype == "application/xml"
    assert b'<Gather gatherUrl="/menu"' in welcome.data
    pressed = client.post("/menu", json={"digits": "<Hangup/>"})
    assert b"You pressed &lt;Hangup/&gt;." in pressed.data


def test_fastapi_application_answers() -> None:
    """The FastAPI application answers with BXML."""
    (code,) = (code for code in PYTHON if "fastapi" in code)
    answer = asyncio.run(run(code)["answer"]({"to": "+19195550100"}))
    assert answer.media_type == "application/xml"
    assert b'transferCallerId="+19195550100"' in answer.body


def test_live_call_is_interrupted(environment: Emulator) -> None:
    """The block about live calls has pushed its notice into the call."""
    (code,) = (code for code in PYTHON if "notice" in code)
    names = run(code)
    assert environment.call(names["call"].call_id).documents == [names["notice"].to_bxml()]


def test_ci_is_the_second_command() -> None:
    """CI runs exactly the command that the README gives for the tests."""
    commands = [code.strip() for language, code in BLOCKS if language == "sh"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == commands[1]
