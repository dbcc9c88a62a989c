"""The progress of a run over many calls, with a fake clock, and both with and without a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from callcontrol.adaptive_rate_limiter import LimiterState
from callcontrol.command import bulk_progress
from callcontrol.command.bulk_progress import BulkProgress
from tests.callcontrol.command.test_output import Terminal
from tests.callcontrol.command.test_process import environment, on_a_terminal


class Time:
    """A fake clock, which also ends the run after the given number of waits."""

    def __init__(self, waits: int = 0) -> None:
        self.now, self.left, self.waited = 0.0, waits, list[float]()
        self.is_set = False

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def set(self) -> None:
        self.is_set = True

    def wait(self, timeout: float) -> bool:
        self.left -= 1
        if self.left < 0:
            return True
        self.now += timeout
        self.waited.append(timeout)
        return False


def not_limited() -> LimiterState:
    return LimiterState()


class TestLine:
    """The sentence that describes the progress."""

    def test_counts_rate_limit_and_time_left_are_in_the_line(self) -> None:
        """The line has the counts by outcome, the rate, the limiter's state, and the time left."""
        clock = Time()
        progress = BulkProgress(2000, lambda: LimiterState(12.0, 2.2), clock=clock)
        for outcome, calls in (("skipped", 500), ("delivered", 50), ("gone", 9), ("refused", 1)):
            progress.add(outcome, calls)
        clock.now = 5
        assert progress.line() == (
            "560 of 2,000 calls: 50 delivered, 9 gone, 1 refused, 500 skipped; "
            "12.0 calls/s, limited to 12 requests/s, paused for 2 s; about 2 min 0 s left"
        )

    def test_time_left_is_unknown_without_a_rate(self) -> None:
        """Before the first outcome, and while nothing is sent, the time left is unknown."""
        clock = Time()
        progress = BulkProgress(3, not_limited, clock=clock)
        assert progress.line() == "0 of 3 calls: 0 delivered; 0.0 calls/s, not limited; unknown time left"
        progress.add("unknown")
        clock.now = 2
        assert progress.line() == "1 of 3 calls: 0 delivered, 1 unknown; 0.5 calls/s, not limited; about 4 s left"
        clock.now = 40
        progress.line()
        clock.now = 60
        assert "0.0 calls/s, not limited; unknown time left" in progress.line()

    def test_nothing_is_left_at_the_end(self) -> None:
        """If all calls have an outcome, the line does not show the remaining time."""
        clock = Time()
        progress = BulkProgress(1, not_limited, clock=clock)
        progress.add("delivered")
        clock.now = 1
        assert progress.line() == "1 of 1 call: 1 delivered; 1.0 calls/s, not limited"

    def test_rate_is_that_of_the_last_ten_seconds(self) -> None:
        """The rate is that of the last ten seconds. High rates are shown without decimals."""
        clock = Time()
        progress = BulkProgress(1_000_000, not_limited, clock=clock)
        rates: list[str] = []
        for second in range(1, 31):
            clock.now = second
            progress.add("delivered", 2000 if second <= 15 else 1)
            rates.append(progress.line().split("; ")[1].split()[0])
        assert (rates[0], rates[14], rates[29]) == ("2,000", "2,000", "1.0")
        assert len(progress._samples) <= 12

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.4, "about 0 s"),
            (59, "about 59 s"),
            (60, "about 1 min 0 s"),
            (3599, "about 59 min 59 s"),
            (7500, "about 2 h 5 min"),
        ],
    )
    def test_durations_have_two_units(self, seconds: float, text: str) -> None:
        """Long durations have no seconds."""
        assert bulk_progress._duration(seconds) == text

    def test_outcomes_of_later_versions_are_counted(self) -> None:
        """An outcome with an unknown name is counted under this name."""
        progress = BulkProgress(2, not_limited)
        progress.add("postponed")
        assert progress.counts == {"delivered": 0, "gone": 0, "refused": 0, "unknown": 0, "skipped": 0, "postponed": 1}


class TestDisplay:
    """The times at which the progress is printed."""

    def test_without_a_terminal_a_line_is_printed_every_thirty_seconds(self, capsys: pytest.CaptureFixture[str]) -> None:
        """If stderr is not a terminal, a line is printed every 30 seconds. No line is printed at the end."""
        clock = Time(waits=2)
        with BulkProgress(10, not_limited, clock=clock, ended=clock) as progress:
            progress._thread.join()
        assert clock.waited == [30, 30]
        line = "callcontrol: 0 of 10 calls: 0 delivered; 0.0 calls/s, not limited; unknown time left\n"
        assert capsys.readouterr() == ("", line * 2)
        assert clock.is_set

    @pytest.mark.parametrize(("waits", "is_drawn"), [(0, False), (1, True)])
    def test_terminal_shows_the_progress_after_a_second(
        self, monkeypatch: pytest.MonkeyPatch, waits: int, *, is_drawn: bool
    ) -> None:
        """On a terminal the progress appears after one second. A shorter run shows no progress."""
        clock = Time(waits)
        monkeypatch.setenv("TERM", "xterm")
        with monkeypatch.context() as context:
            terminal = Terminal()
            context.setattr(sys, "stderr", terminal)
            with BulkProgress(10, not_limited, clock=clock, ended=clock) as progress:
                progress._thread.join()
            assert clock.waited == [1] * waits
            assert ("0 of 10 calls" in terminal.getvalue()) is is_drawn
            assert sys.stderr is terminal

    def test_dumb_terminal_gets_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A terminal that cannot redraw lines gets a line every 30 seconds."""
        clock = Time(waits=1)
        monkeypatch.setenv("TERM", "dumb")
        with monkeypatch.context() as context:
            context.setattr(sys, "stderr", Terminal())
            with BulkProgress(10, not_limited, clock=clock, ended=clock) as progress:
                progress._thread.join()
        assert clock.waited == [30]

    def test_quiet_prints_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        """With ``quiet`` the calls are counted, and nothing is printed."""
        clock = Time(waits=3)
        with BulkProgress(10, not_limited, quiet=True, clock=clock, ended=clock) as progress:
            progress.add("delivered")
        assert (progress.counts["delivered"], clock.waited, capsys.readouterr()) == (1, [], ("", ""))

    def test_closed_stderr_is_not_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If stderr is closed, nothing is printed."""
        clock = Time(waits=2)
        with monkeypatch.context() as context:
            context.setattr(sys, "stderr", None)
            with BulkProgress(10, not_limited, clock=clock, ended=clock) as progress:
                progress._thread.join()
        assert clock.waited == [30, 30]

    def test_end_interrupts_the_wait(self) -> None:
        """If a run ends early, it does not wait until the next progress line is due."""
        before = time.monotonic()
        with BulkProgress(10, not_limited):
            pass
        assert time.monotonic() - before < 10


def test_outcome_costs_less_than_five_microseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting an outcome is cheap, even while the progress is drawn."""
    clock = Time(waits=1)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    costs: list[float] = []
    with BulkProgress(100_000, not_limited, clock=clock, ended=clock) as progress:
        progress._thread.join()
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(20_000):
                progress.add("delivered")
            costs.append((time.perf_counter() - start) / 20_000)
    assert min(costs) < 5e-6


SCRIPT: Final = """
import time
from bxml.command.standard_streams import tell
from callcontrol.adaptive_rate_limiter import LimiterState
from callcontrol.command import bulk_progress
from callcontrol.command.bulk_progress import BulkProgress

bulk_progress.INTERVAL = 0.5
with BulkProgress(100, lambda: LimiterState(12.0, 2.0)) as progress:
    for number in range(32):
        time.sleep(0.1)
        progress.add("gone" if number % 8 == 0 else "delivered")
        if number == 16:
            tell("callcontrol", "a message")
print(dict(progress.counts))
"""


def test_process_draws_on_a_terminal(empty_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows the progress, redraws it a few times, prints messages above it, and removes it at the end."""
    from tests.callcontrol.command import test_process

    monkeypatch.setattr(test_process, "COMMAND", (sys.executable, "-W", "error", "-c", SCRIPT))
    code, shown, _ = on_a_terminal(width=160)
    assert code == 0
    drawn = re.findall(r"(\d+) of 100 calls: (\d+) delivered, \d gone; \d+\.\d calls/s, limited to 12 requests/s", shown)
    assert 2 <= len({*drawn}) <= 8
    assert "\x1b[2Kcallcontrol: a message\r\n" in shown
    # The last line that was drawn is erased before the counts are printed.
    assert shown.endswith("\x1b[1A\x1b[2K{'delivered': 28, 'gone': 4, 'refused': 0, 'unknown': 0, 'skipped': 0}\r\n")


def test_process_prints_lines_in_a_pipe() -> None:
    """Without a terminal, whole lines are printed, without codes for a terminal."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT], env=environment(), capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0
    assert 3 <= sum(" of 100 calls: " in line for line in lines) <= 7
    assert all(line.startswith("callcontrol: ") and line.isprintable() for line in lines)
