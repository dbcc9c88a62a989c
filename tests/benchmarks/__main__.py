# ruff: noqa: T201  this module prints results
"""Compare the speed of bxml with that of other packages, and print the times: ``python -m tests.benchmarks``.

The packages take turns within one run, so other load on the machine affects all of them equally.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.benchmarks.test_building import BUILDERS, VERBS, build_from_a_list, build_in_a_chain
from tests.benchmarks.test_emulated_calls import CALLS as SIMULTANEOUS_CALLS
from tests.benchmarks.test_emulated_calls import calls_per_second, memory_per_call
from tests.benchmarks.test_importing import FIRST_DOCUMENT, MODULES, seconds_to_import, seconds_to_run_statements
from tests.benchmarks.test_interrupting import client_and_pushes, seconds_by_workers, seconds_in_bulk, seconds_of_processor
from tests.benchmarks.test_media_streams import FRAMES_PER_SECOND, SECONDS, STREAMS, load, seconds_of_virtual_hour
from tests.benchmarks.test_validating import FILES, commands, one_file, seconds_to_run, write_files

DOCUMENTS: Final = 500
"""Number of documents that each package builds in one turn."""

CALLS: Final = 2_000
"""Number of calls that each package interrupts in one turn."""


def seconds_to_build(build: Callable[[], str]) -> float:
    """Return the seconds to build one document."""
    start = perf_counter()
    for _ in range(DOCUMENTS):
        build()
    return (perf_counter() - start) / DOCUMENTS


def timed(build: Callable[[], object]) -> float:
    """Call ``build`` once, and return the number of seconds that it takes."""
    start = perf_counter()
    build()
    return perf_counter() - start


def measure_in_turns(measures: Mapping[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    """Run every measurement once per turn and return the results. The results of the first turn, a warm-up, are left out."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(turns + 1):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: seconds[1:] for name, seconds in taken.items()}


def report(title: str, taken: Mapping[str, list[float]]) -> None:
    """Print the minimum and median time of each package, and bxml's minimum divided by the minimum of the package."""
    print(f"{title}\n{'':16}{'minimum':>10}{'median':>10}{'bxml is':>10}")
    for name, seconds in taken.items():
        ratio = min(taken["bxml"]) / min(seconds)
        print(f"{name:16}{min(seconds) * 1e6:8.0f}µs{median(seconds) * 1e6:8.0f}µs{ratio:9.2f}x")
    print()


if __name__ == "__main__":
    report(
        "Build, check (except bandwidth-sdk) and serialize a document",
        measure_in_turns({name: partial(seconds_to_build, build) for name, build in BUILDERS.items()}, turns=20),
    )
    report(
        f"Build a document of {VERBS} verbs with fluent methods",
        measure_in_turns(
            {"bxml": partial(timed, build_in_a_chain), "from a list": partial(timed, build_from_a_list)}, turns=10
        ),
    )
    report(
        "Import in a new process",
        measure_in_turns({name: partial(seconds_to_import, module) for name, module in MODULES.items()}, turns=20),
    )
    report(
        "Import and write a first document in a new process",
        measure_in_turns(
            {
                "bxml": partial(seconds_to_run_statements, FIRST_DOCUMENT),
                "import of lxml": partial(seconds_to_import, MODULES["lxml"]),
            },
            turns=20,
        ),
    )
    with client_and_pushes() as (client, pushes), TemporaryDirectory() as temporary:
        report(
            "Interrupt a live call: processor time of the client",
            measure_in_turns({name: partial(seconds_of_processor, push, CALLS) for name, push in pushes.items()}, turns=10),
        )
        ledgers = (f"{temporary}/{number}.jsonl" for number in count())
        bulk: dict[str, Callable[[], float]] = {
            name: partial(seconds_in_bulk, push, CALLS) for name, push in pushes.items() if "," not in name
        }
        bulk["bxml"] = partial(seconds_by_workers, client, CALLS, None)
        bulk["with a ledger"] = lambda: seconds_by_workers(client, CALLS, next(ledgers))
        report("Interrupt many calls with 16 workers: time per call", measure_in_turns(bulk, turns=6))
    print(f"{SIMULTANEOUS_CALLS} simultaneous calls, each with three webhooks to Flask in the same process")
    print(f"{max(calls_per_second() for _ in range(5)):,.0f} calls per second at best")
    peak, kept, after = (size / 1024 for size in memory_per_call())
    print(f"KiB per call: {peak:.1f} at the peak, {kept:.1f} with its timeline, {after:.2f} after the emulator is deleted\n")
    print(f"{STREAMS} simultaneous media streams in real time for {SECONDS:g} s, to an application in another process")
    measured = load()
    rates = [each.rate / FRAMES_PER_SECOND for each in measured.arrivals]
    print(f"rate of each stream: {min(rates):.1%} to {max(rates):.1%} of the {FRAMES_PER_SECOND} messages per second")
    print(f"longest time between two messages: {max(each.longest_gap for each in measured.arrivals) * 1000:.0f} ms")
    print(f"processor time of the emulator: {measured.processor:.0%} of one core")
    print(f"growth of memory in the second half: {measured.growth:.1f} MiB")
    hour = min(seconds_of_virtual_hour() for _ in range(3))
    print(f"an hour of a stream in virtual time: {hour:.1f} s at best\n")
    with TemporaryDirectory() as temporary:
        directory = Path(temporary)
        write_files(directory)
        each = {name: partial(seconds_to_run, command) for name, command in commands(directory).items()}
        slow = {name: [each.pop(name)()] for name in ("xmlschema",)}  # takes minutes, so this command runs once
        report(
            f"Check {FILES} files against the schema, and with bxml also against all its rules",
            measure_in_turns(each, turns=5) | slow,
        )
        report(
            "Check one file",
            measure_in_turns(
                {name: partial(seconds_to_run, command) for name, command in one_file(directory).items()}, turns=20
            ),
        )
