# ruff: noqa: T201  it is here to print
"""Prints how long bxml takes in comparison: ``python -m tests.benchmarks``.

All that is compared takes turns within one run, so that whatever else the machine does falls on each alike.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.benchmarks.test_building import WAYS
from tests.benchmarks.test_calling import CALLS as CALLS_AT_ONCE
from tests.benchmarks.test_calling import calls_a_second, memory_of
from tests.benchmarks.test_importing import MODULES, seconds_to_import
from tests.benchmarks.test_interrupting import seconds_by_workers, seconds_in_bulk, seconds_of_processor, ways
from tests.benchmarks.test_validating import FILES, commands, one_file, seconds_to_run, write_files

DOCUMENTS: Final = 500
"""Documents in one turn."""

CALLS: Final = 2_000
"""Interruptions in one turn."""


def seconds_to_build(way: Callable[[], str]) -> float:
    """Seconds that one document takes."""
    start = perf_counter()
    for _ in range(DOCUMENTS):
        way()
    return (perf_counter() - start) / DOCUMENTS


def in_turns(measures: Mapping[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    """What each measure gives, each time it is its turn; the first turn, which warms up, is left out."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(turns + 1):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: seconds[1:] for name, seconds in taken.items()}


def report(title: str, taken: Mapping[str, list[float]]) -> None:
    """A line for each package: its least and its median time, and how often bxml's least goes into them."""
    print(f"{title}\n{'':16}{'least':>10}{'median':>10}{'bxml is':>10}")
    for name, seconds in taken.items():
        ratio = min(taken["bxml"]) / min(seconds)
        print(f"{name:16}{min(seconds) * 1e6:8.0f}µs{median(seconds) * 1e6:8.0f}µs{ratio:9.2f}x")
    print()


if __name__ == "__main__":
    report(
        "A document built, checked (not by bandwidth-sdk) and written",
        in_turns({name: partial(seconds_to_build, way) for name, way in WAYS.items()}, turns=20),
    )
    report(
        "An import in a new process",
        in_turns({name: partial(seconds_to_import, module) for name, module in MODULES.items()}, turns=20),
    )
    with ways() as (client, pushes), TemporaryDirectory() as temporary:
        report(
            "A live call interrupted: processor time of the client",
            in_turns({name: partial(seconds_of_processor, push, CALLS) for name, push in pushes.items()}, turns=10),
        )
        ledgers = (f"{temporary}/{number}.jsonl" for number in count())
        bulk: dict[str, Callable[[], float]] = {
            name: partial(seconds_in_bulk, push, CALLS) for name, push in pushes.items() if "," not in name
        }
        bulk["bxml"] = partial(seconds_by_workers, client, CALLS, None)
        bulk["with a ledger"] = lambda: seconds_by_workers(client, CALLS, next(ledgers))
        report("Many interrupted by 16 workers: time for each", in_turns(bulk, turns=6))
    print(f"{CALLS_AT_ONCE} calls at once, each with three webhooks to Flask in the same process")
    print(f"{max(calls_a_second() for _ in range(5)):,.0f} calls a second at best")
    peak, kept, after = (size / 1024 for size in memory_of())
    print(f"memory for each: {peak:.1f} KiB at most, {kept:.1f} with its timeline, {after:.2f} once the emulator is gone\n")
    with TemporaryDirectory() as temporary:
        directory = Path(temporary)
        write_files(directory)
        each = {name: partial(seconds_to_run, command) for name, command in commands(directory).items()}
        slow = {name: [each.pop(name)()] for name in ("xmlschema",)}  # minutes, so that once is enough
        report(f"{FILES} files checked, by bxml against all its rules", in_turns(each, turns=5) | slow)
        report(
            "One file checked",
            in_turns({name: partial(seconds_to_run, command) for name, command in one_file(directory).items()}, turns=20),
        )
