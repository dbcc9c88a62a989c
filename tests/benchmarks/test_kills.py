"""Killing a run over 2,000 calls at 50 random moments, and resuming it each time with the same command.

``python -m tests.benchmarks.test_kills`` prints the number of calls that received the document once, twice and never, and the
states in the ledger. The ordinary tests kill a run less often.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from callcontrol.file_ledger import read_ledger
from tests.callcontrol import interruption_server
from tests.callcontrol.command.conftest import DOCUMENT

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = (
    *(sys.executable, "-c", "from callcontrol.command import main; main()"),
    *("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", "ledger.jsonl", "--workers", "4"),
)
LONGEST: Final = 1.2
"""Maximum seconds from the start of the command until it is killed. The command needs about half of this time to start."""


class Survived(NamedTuple):
    """The result of a run that was killed and resumed several times, and then ran to its end."""

    kills: int
    deliveries: Counter[int]
    """Number of calls, by the number of times that they received the document."""
    states: Counter[str]
    """For each state in the ledger: the number of calls."""
    untold: int
    """Number of calls that received the document although their state in the ledger is not ``delivered`` or ``in doubt``."""


def killed_and_resumed(kills: int, calls: int, seconds: float, seed: int = 0) -> Survived:
    """Kill the command at random moments, then run it to its end.

    Args:
        kills: Number of kills.
        calls: Number of calls.
        seconds: Seconds that the server needs for each request.
        seed: Seed of the random moments.
    """
    moments = random.Random(seed)
    ids = [f"c-{number}0-5550100" for number in range(calls)]  # the server has no fault for these ids
    with TemporaryDirectory() as directory, interruption_server.serving(seconds) as server:
        for name, text in {"ids.txt": "\n".join(ids), "notice.bxml": DOCUMENT}.items():
            Path(directory, name).write_text(text, encoding="utf-8")
        account = {"BW_ACCOUNT_ID": "9900123", "BW_USERNAME": "user", "BW_PASSWORD": "pass", "BW_VOICE_URL": server.url}
        environment = os.environ | account | {"PYTHONPATH": str(ROOT)}
        for left in reversed(range(kills + 1)):
            process = subprocess.Popen(
                COMMAND, cwd=directory, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if left:
                time.sleep(moments.uniform(0, LONGEST))
                process.kill()
            process.wait()
        states = {entry.call_id: entry.state for entry in read_ledger(Path(directory, "ledger.jsonl"))[1]}
        told = {call_id for call_id, state in states.items() if state in {"delivered", "in doubt"}}
        deliveries = Counter(server.delivered[call_id] for call_id in ids)
        return Survived(kills, deliveries, Counter(states.values()), len(set(server.delivered) - told))


def test_short_run_survives_kills() -> None:
    """After two kills, no call has received the document twice. The ledger names each call that may have received it."""
    survived = killed_and_resumed(2, 200, 0.01, seed=1)
    assert max(survived.deliveries) <= 1
    assert survived.states.total() == 200
    assert survived.untold == 0


def report(kills: int = 50, calls: int = 2000) -> None:
    """Kill a run, and print the result."""
    survived = killed_and_resumed(kills, calls, 0.05)
    print(f"{kills} kills of a run over {calls} calls")  # noqa: T201
    for number, found in sorted(survived.deliveries.items()):
        print(f"  received the document {number} times: {found} calls")  # noqa: T201
    for state, found in survived.states.items():
        print(f"  {state} in the ledger: {found} calls")  # noqa: T201
    print(f"  not in the ledger, but received the document: {survived.untold} calls")  # noqa: T201


if __name__ == "__main__":
    report()
