"""A run over many calls by workers on other machines, with the same progress and tally as a local run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from callcontrol.adaptive_rate_limiter import LimiterState
from callcontrol.celery import App, Submitted, has_messages, send, submit
from callcontrol.client import Client
from callcontrol.command.bulk_progress import SKIPPED, BulkProgress
from callcontrol.command.bulk_run import EndedBySignal, interrupted_by_signals, report_tally
from callcontrol.command.exit_codes import Interrupted
from callcontrol.command.output import NAME, count_of_calls
from callcontrol.command.verbosity import is_quiet, tell
from callcontrol.ledger import DOUBTFUL, LedgerState
from callcontrol.push_outcomes import Tally

POLL: Final = 0.5
"""Seconds between two queries of the ledger."""

SHARE: Final = 3
"""Minimum pause between two queries, as a multiple of the duration of a query."""

WINDOW: Final = 5_000
"""Maximum number of calls in one query. The workers begin with the first calls, so a query needs no further calls."""

STALLED: Final = 30.0
"""Seconds without an outcome after which the command says that no worker seems to run."""


def run_on_workers(  # noqa: PLR0913  one argument per setting
    app: App,
    client: Client,
    ids: Sequence[str],
    document: bytes,
    *,
    rules: Mapping[str, Collection[str]],
    rate: float | None = None,
    repeat_unknown: bool = False,
    as_json: bool = False,
) -> int:
    """Submit calls to the workers, wait for their outcomes, print the tally, and return the exit code.

    The run does not depend on this process: the workers continue if it ends, and the same command continues to show the run.

    Args:
        app: The application of the workers.
        client: A client of the account.
        ids: The ids of the calls, without duplicates.
        document: The document.
        rules: The arguments ``select`` and ``ignore``.
        rate: Maximum number of calls that begin per second, of all workers together.
        repeat_unknown: Whether to interrupt again the calls that may have received the document.
        as_json: Whether to print JSON even on a terminal.

    Raises:
        Interrupted: If Ctrl-C, SIGTERM or SIGHUP ended the command. The workers continue.
        CallControlError: If the ledger or the broker cannot be used.
    """
    progress = BulkProgress(len(ids), lambda: LimiterState(rate), quiet=is_quiet())
    counts = Counter[LedgerState]()
    app.check()
    try:
        with interrupted_by_signals(), app.ledger:
            submitted = submit(app, client, ids, document, **rules, rate=rate, repeat_unknown=repeat_unknown)
            skipped = f"; {count_of_calls(len(submitted.skipped))} skipped" if submitted.skipped else ""
            calls = count_of_calls(len(submitted.awaited))
            tell(NAME, f"{calls} submitted to the workers; the outcomes are in {app.ledger.name}{skipped}")
            with progress:
                progress.add(SKIPPED, len(submitted.skipped))
                for state in _finished(app, submitted):
                    counts[state] += 1
                    progress.add(_outcome(state))
    except KeyboardInterrupt as interrupt:
        cause = f"interrupted{f' by {interrupt.name}' if isinstance(interrupt, EndedBySignal) else ''}"
        code = interrupt.exit_code if isinstance(interrupt, EndedBySignal) else None
        message = f"{cause}; the workers continue with the calls that were submitted; run the same command again to watch them"
        raise Interrupted(message, code) from None
    tally = tally_of(counts, submitted)
    return report_tally(tally, app.ledger.name, as_json=as_json)


def tally_of(counts: Counter[LedgerState], submitted: Submitted) -> Tally:
    """Return the number of calls with each outcome. A call in doubt counts as ``unknown``."""
    skipped = Counter(submitted.skipped.values())
    return Tally(
        delivered=counts["delivered"],
        gone=counts["gone"],
        refused=counts["refused"],
        unknown=sum(counts[state] for state in DOUBTFUL),
        skipped=skipped.total() + submitted.duplicates,
        skipped_gone=skipped["gone"],
        skipped_unknown=sum(skipped[state] for state in DOUBTFUL),
    )


def _finished(app: App, submitted: Submitted) -> Iterator[LedgerState]:
    """Yield the state of each awaited call when the call is no longer queued or in progress."""
    left = submitted.awaited
    last = time.monotonic()
    with app.ledger.open(submitted.key) as ledger:
        while left:
            begin = time.monotonic()
            window = left[:WINDOW]
            unfinished = ledger.unfinished(window)
            done = [call_id for call_id in window if call_id not in unfinished]
            states = ledger.states(done)
            for call_id in done:
                yield states.get(call_id, "unknown")
            left = [call_id for call_id in window if call_id in unfinished] + left[WINDOW:]
            now = time.monotonic()
            if done:
                last = now
            elif now - last > STALLED:
                last = now
                _resume(app, submitted, [call_id for call_id in window if unfinished[call_id] == "queued"])
            if left:
                time.sleep(max(POLL, SHARE * (now - begin)))


def _resume(app: App, submitted: Submitted, queued: Sequence[str]) -> None:
    """Send the messages again if the queue is empty, because a worker that was killed may have taken them.

    Raises:
        CallControlError: If the broker cannot be reached.
    """
    if has_messages(app):
        tell(NAME, f"no outcome for {STALLED:.0f} s; check that a worker runs: celery -A callcontrol.celery worker")
    elif queued:
        tell(NAME, f"no outcome for {STALLED:.0f} s; {count_of_calls(len(queued))} submitted again")
        send(app, submitted, queued)


def _outcome(state: LedgerState) -> str:
    """Return the outcome that the progress counts."""
    return "unknown" if state in DOUBTFUL else state
