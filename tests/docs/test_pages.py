"""The README and the documentation: the code runs, the output is real, and the claims are true."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from werkzeug.serving import make_server

import bxml.command
from bxml.command.configuration import read
from bxml.lint.rules import RULES
from callcontrol import Client, Retries, errors
from callcontrol.emulator import Emulator
from examples import menu
from tests.callcontrol.ledger_files import outcomes

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}


class Block(NamedTuple):
    """A block of code in a page."""

    page: str
    language: str
    code: str
    output: str
    """The output that the page shows after the block. If the page shows no output, the string is empty."""
    before: tuple[Block, ...]
    """The Python blocks before this block in the page."""

    @property
    def file_name(self) -> str:
        """The file name in a comment on the first line. Without a comment, ``test_page.py`` for tests, or an empty string."""
        found = re.match(r"# (\w+\.py)\n", self.code)
        return found[1] if found else "test_page.py" if "\ndef test_" in self.code else ""


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the blocks of a page."""
    found: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)
    before: list[Block] = []
    for (language, code), (after, text) in itertools.pairwise([*found, ("", "")]):
        block = Block(page, language, code, text if after == "text" else "", tuple(before))
        before += [block] if language == "python" else []
        yield block


BLOCKS: Final = [block for page in PAGES for block in blocks_of(page)]
PYTHON: Final = [block for block in BLOCKS if block.language == "python"]


def run(block: Block) -> dict[str, Any]:
    """Run a block and return the names that it defines."""
    names: dict[str, Any] = {"__name__": "tests"}  # Flask looks for its files beside this module
    exec(compile(block.code, block.page, "exec"), names)
    return names


def block_with(phrase: str, page: str) -> Block:
    """Return the Python block with this phrase. The page must have exactly one such block."""
    (block,) = (block for block in PYTHON if block.page == page and phrase in block.code)
    return block


def shown(language: str, page: str, phrase: str = "") -> str:
    """Return the code of the block with this language and phrase. The page must have exactly one such block."""
    (block,) = (block for block in BLOCKS if (block.page, block.language) == (page, language) and phrase in block.code)
    return block.code


def write_files(block: Block, directory: Path) -> list[str]:
    """Write the files that a page contains up to and including a block, and return their names."""
    files = [each for each in (*block.before, block) if each.file_name]
    for each in files:
        (directory / each.file_name).write_text(each.code, encoding="utf-8")
    return [each.file_name for each in files]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    """Run an emulator of the API, with its URL and credentials in the environment, and change to an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with Emulator() as voice:
        variables = {"BW_ACCOUNT_ID": "9900123", "BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "secret", "BW_VOICE_URL": voice.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield voice


@pytest.mark.parametrize("block", PYTHON, ids=[f"{block.page}-{len(block.before) + 1}" for block in PYTHON])
def test_blocks_run(block: Block, environment: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs unchanged, with the files of earlier blocks, and prints the output that the page shows."""
    modules = [name.removesuffix(".py") for name in write_files(block, tmp_path)]
    try:
        run(block)
    finally:
        for name in modules:
            sys.modules.pop(name, None)
    assert capsys.readouterr().out == block.output


LAST_TESTS: Final = {block.page: block for block in PYTHON if "\ndef test_" in block.code}
"""For each page with tests: the last block that contains tests."""


@pytest.mark.parametrize("page", LAST_TESTS)
def test_tests_pass(page: str, tmp_path: Path) -> None:
    """The tests in a page pass when a reader runs them with pytest."""
    write_files(LAST_TESTS[page], tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark", str(tmp_path)]
    variables = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120, check=False)
    written = sum(block.code.count("\ndef test_") for block in PYTHON if block.page == page and block.file_name)
    assert done.returncode == 0, done.stdout
    assert f"{written} passed" in done.stdout


def test_flask_application_responds() -> None:
    """The Flask application responds with BXML at both of its URLs, and pressed keys do not become markup."""
    client = run(block_with("from flask", "docs/building.md"))["app"].test_client()
    welcome = client.post("/answer", json={})
    assert welcome.mimetype == "application/xml"
    assert b'<Gather gatherUrl="/menu"' in welcome.data
    pressed = client.post("/menu", json={"digits": "<Hangup/>"})
    assert b"You pressed &lt;Hangup/&gt;." in pressed.data


def test_fastapi_application_responds() -> None:
    """The FastAPI application responds with BXML."""
    response = asyncio.run(run(block_with("fastapi", "docs/building.md"))["answer"]({"to": "+19195550100"}))
    assert response.media_type == "application/xml"
    assert b'transferCallerId="+19195550100"' in response.body


def test_live_call_is_interrupted(environment: Emulator) -> None:
    """The example pushes its document into the call."""
    names = run(block_with("except CallNotActive", "docs/interrupting.md"))
    assert environment.call(names["call"].call_id).documents == [names["notice"].to_bxml()]
    request = environment.exchanges[-1].request
    assert (request.method, request.headers["Content-Type"]) == ("PUT", "application/xml")
    assert request.url.endswith(f"/accounts/9900123/calls/{names['call'].call_id}/bxml")
    assert environment.exchanges[-1].reply.status == 204


def test_many_calls_are_interrupted(environment: Emulator, tmp_path: Path) -> None:
    """For each answered call, the example pushes its document into the call and writes the outcome to the ledger."""
    with Client.from_env() as client:
        url = "https://app.example/answer"
        created = [
            client.create_call(to="+12125550123", from_="+19195550100", application_id="a", answer_url=url) for _ in range(3)
        ]
    calls = [environment.call(call.call_id) for call in created]
    environment.disconnect(calls[1].call_id)
    names = run(block_with("interrupt_many", "docs/interrupting.md"))
    assert [call.documents for call in calls] == [[names["notice"].to_bxml()], [], [names["notice"].to_bxml()]]
    assert outcomes(tmp_path / "closing.jsonl") == {calls[n].call_id: "delivered" for n in (0, 2)}


def test_tables_of_errors_and_retries_are_complete() -> None:
    """The page has the error class of each status, and the default of each field of ``Retries``."""
    page = PAGES["docs/interrupting.md"]
    for status, error in errors.BY_STATUS.items():
        assert re.search(rf"^\| {status if status < 500 else '5xx'} \| .*`~callcontrol\.{error.__name__}`", page, re.MULTILINE)
    for limit in fields(Retries):
        default = "" if limit.default is None else f"{limit.default:g} "
        assert f"| `{limit.name}` | {default}|" in page


def test_output_of_the_phone_is_real() -> None:
    """The command ``phone`` prints the output that the page shows."""
    screen = shown("text", "docs/emulator.md", "calling ")
    with make_server("127.0.0.1", 0, menu.app) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://localhost:{server.server_port}/answer"
        command = [sys.executable, "-c", "from callcontrol.command import main; main()", "phone", "--fast", url]
        ran = subprocess.run(command, input="2\n", capture_output=True, text=True, timeout=60, check=True)
        server.shutdown()
        thread.join()
    assert ran.stdout.replace(f":{server.server_port}/", ":5000/") == screen


def test_application_responds_to_events() -> None:
    """The application checks the password and responds to each event."""
    client = run(block_with("parse_event", "docs/webhooks.md"))["app"].test_client()

    def respond(event: dict[str, str], password: str = "the password given beside the URL") -> Any:
        return client.post("/events", json=event, auth=("shop", password))

    assert respond({"eventType": "initiate"}, password="another one").status_code == 401
    assert b'<Gather gatherUrl="/events" maxDigits="1">' in respond({"eventType": "initiate"}).data
    assert b'<Forward to="+12125550123"' in respond({"eventType": "gather", "digits": "1"}).data
    assert respond({"eventType": "gather", "digits": "2"}).data == b""
    assert respond({"eventType": "disconnect", "cause": "hangup"}).status_code == 204


def test_report_is_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The page shows a file and a report. For this file, the command prints exactly this report."""
    (tmp_path / "menu.bxml").write_text(shown("xml", "docs/validating.md", "repeatCount"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as end:
        bxml.command.bxml.main(["validate", "menu.bxml"], standalone_mode=False)
    assert end.value.code == 1
    assert capsys.readouterr().out == shown("text", "docs/validating.md", "4 errors and 2 warnings")


def test_configuration_is_valid(tmp_path: Path) -> None:
    """The configuration in the page is valid, and the page describes every setting."""
    path = tmp_path / "pyproject.toml"
    path.write_text(shown("toml", "docs/validating.md"), encoding="utf-8")
    configuration = read(str(path))
    assert configuration
    assert configuration.settings(str(tmp_path / "conferences" / "a.bxml")).context == "conference"
    for setting in fields(configuration)[2:]:
        assert f"| `{setting.name.replace('_', '-')}` |" in PAGES["docs/validating.md"]


def test_suppression_works() -> None:
    """The comment in the page suppresses the rule that it names."""
    code = shown("xml", "docs/validating.md", "bxml: ignore")
    assert bxml.validate(code) == []
    assert bxml.validate(code.replace("bxml: ignore", "")) != []


@pytest.mark.parametrize("command", ["validate", "format"])
def test_pre_commit_hook_exists(command: str) -> None:
    """The hooks that the page names exist and run the commands."""
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert f"- id: bxml-{command}\n" in hook
    assert f"- id: bxml-{command}\n" in PAGES["docs/validating.md"]
    assert f"  entry: bxml {command} --force-exclude --skip-foreign\n" in hook


def test_every_format_is_listed() -> None:
    """The page lists each output format."""
    listed = re.findall(r"^\| `(\w+)` \| (?:for|one|annotations|test|code)", PAGES["docs/validating.md"], re.MULTILINE)
    assert sorted(listed) == sorted(bxml.command.formats.NAMES)


def test_readme_is_short_and_its_number_of_rules_is_true() -> None:
    """The README has at most 250 lines, and claims no more rules than exist."""
    assert len(PAGES["README.md"].splitlines()) <= 250
    (claimed,) = re.findall(r"more than (\d+) rules beyond it", PAGES["README.md"])
    assert int(claimed) < len(RULES)


def test_ci_runs_the_documented_command() -> None:
    """CI runs exactly the command that the README and CONTRIBUTING.md give for the tests."""
    commands = [block.code.strip() for block in BLOCKS if (block.page, block.language) == ("README.md", "sh")]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == commands[1]
    assert commands[1] in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()


def test_every_page_is_linked() -> None:
    """The README links to each top-level page of the documentation, and has no broken links."""
    linked = set(re.findall(r"\]\((?!https?:)([^)#]+)", PAGES["README.md"]))
    top = {page for page in PAGES if re.fullmatch(r"docs/[\w-]+\.md", page)}
    assert top - linked == {"docs/changelog.md", "docs/contributing.md"}
    assert [path for path in linked if not (ROOT / path).exists()] == []
