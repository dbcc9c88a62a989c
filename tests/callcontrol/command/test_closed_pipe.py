"""Both commands in real pipes: ``| head -1``, and readers that close the pipe before the first line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import CREATE, Ran
from tests.callcontrol.command.test_process import environment

LONG: Final = 150_000
"""A number of bytes that is too large for any pipe, so that the writer notices that ``head -1`` has ended."""


def piped(command: str, *arguments: str, reader: str, streams: str = "") -> Ran:
    """Run a command with its stdout in a pipe. Return the command's exit code, the reader's output, and the command's stderr.

    Args:
        command: ``bxml`` or ``callcontrol``.
        arguments: The arguments of the command.
        reader: Shell command that reads the pipe.
        streams: Redirections of the command, such as ``2>&1 >/dev/null``.
    """
    # The delay lets a reader that reads nothing exit first.
    python = f"import time; from {command}.command import main; time.sleep(0.2); main()"
    words = " ".join(f"'{each}'" for each in arguments)
    shell = f"{sys.executable} -c '{python}' {words} {streams} | {reader}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], env=environment(), capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("bxml", ["--help"]),
        ("bxml", ["--version"]),
        ("bxml", ["explain"]),
        ("bxml", ["explain", "unknown-voice"]),
        ("bxml", ["validate", "menu.bxml"]),
        ("bxml", ["validate", "--format", "json", "menu.bxml"]),
        ("callcontrol", ["--help"]),
        ("callcontrol", ["--version"]),
        ("callcontrol", ["list", "--help"]),
        ("callcontrol", ["list"]),
        ("callcontrol", ["list", "--dry-run"]),
    ],
)
def test_closed_pipe_ends_both_commands_like_sigpipe(
    voice: Emulator, new_call: Callable[..., str], command: str, arguments: list[str]
) -> None:
    """If the reader closes the pipe first, both commands print no message and end with 141."""
    new_call()
    Path("menu.bxml").write_text("<Bxml><Say/></Bxml>", encoding="utf-8")
    assert piped(command, *arguments, reader="true") == (141, "", "")


def test_head_prints_the_first_line_of_a_long_list(voice: Emulator, new_call: Callable[..., str]) -> None:
    """``callcontrol list | head -1`` prints one call; the rest of the list is not requested."""
    ids = [new_call() for _ in range(20)]
    voice.call(ids[0]).to = "sip:" + "x" * LONG
    before = len(voice.exchanges)
    ran = piped("callcontrol", "list", "--page-size", "1", reader="head -1")
    assert (ran.code, ran.err) == (141, "")
    assert [call["callId"] for call in ran.records] == ids[:1]
    assert len(voice.exchanges) - before < len(ids)


def test_head_prints_the_first_line_of_a_long_report(voice: Emulator) -> None:
    """``bxml validate | head -1`` prints the first line of a long report."""
    Path("menu.bxml").write_text("<Bxml>" + "<Say/>\n" * 5000 + "</Bxml>", encoding="utf-8")
    ran = piped("bxml", "validate", "--format", "concise", "menu.bxml", reader="head -1")
    assert (ran.code, ran.out.count("\n"), ran.err) == (141, 1, "")
    assert ran.out.startswith("menu.bxml:1:")


def test_complete_output_is_a_success(voice: Emulator, new_call: Callable[..., str]) -> None:
    """If the output was written before the reader ended, the exit code is that of the command."""
    new_call()
    assert piped("callcontrol", "list", reader="head -1").code == 0
    assert piped("bxml", "--help", reader="head -1").code == 0


def test_change_is_reported_although_the_pipe_is_closed(voice: Emulator) -> None:
    """If the pipe is closed, the new call is printed to stderr with exit code 0, so a script does not create a second call."""
    ran = piped("callcontrol", *CREATE, reader="true")
    (call,) = voice._calls.by_id
    assert ran.code == 0
    assert ran.err.startswith("callcontrol: done, but the result could not be written to stdout: {")
    assert call in ran.err


@pytest.mark.parametrize(
    ("command", "arguments", "code"), [("bxml", ["validate", "nothing"], 2), ("bxml", ["x"], 2), ("callcontrol", ["x"], 2)]
)
def test_errors_keep_their_exit_code_if_stderr_is_closed(command: str, arguments: list[str], code: int) -> None:
    """If the message of an error cannot be written, the exit code of the error does not change."""
    assert piped(command, *arguments, reader="true", streams="2>&1 >/dev/null") == (code, "", "")
