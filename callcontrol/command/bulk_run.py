"""A run over many calls: its options and its ledger, the signals that end it, and the tally that it prints."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final, NoReturn, TypeVar

import click

from bxml.messages.text import join_names
from callcontrol.client import Client
from callcontrol.command.bulk_progress import SKIPPED, BulkProgress
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.command.ledger_names import add_ids, default_ledger, is_url, ledger_of
from callcontrol.command.options import positive_integer
from callcontrol.command.output import NAME, count_of_calls, show_outcome
from callcontrol.command.verbosity import is_quiet, tell
from callcontrol.errors import CallControlError
from callcontrol.ledger import UNSETTLED, LedgerKey, OpenLedger, Outcome, may_be_interrupted
from callcontrol.push_outcomes import Tally

F = TypeVar("F", bound=Callable[..., Any])


def bulk_options(command: F) -> F:
    """Add the options of a run over many calls to a command."""
    for option in reversed(_OPTIONS):  # click lists the most recently added option at the top
        command = option(command)
    return command


_OPTIONS: Final = (
    click.option(
        "--ledger",
        metavar="FILE",
        help="File or database URL for the outcome of each call; default: a file in the state directory of the user.",
    ),
    click.option(
        "--repeat-unknown",
        is_flag=True,
        help="Also repeat the request for calls that may have received it in an earlier run. A caller may hear the BXML twice.",
    ),
    click.option(
        "--workers", callback=positive_integer, metavar="NUMBER", help="Maximum number of calls at once; default: 16."
    ),
    click.option(
        "--rate",
        callback=positive_integer,
        metavar="NUMBER",
        help="Maximum number of calls that the run changes per second; default: unlimited.",
    ),
)


def check_settings(settings: Mapping[str, Any], *, are_many: bool, yes: bool) -> None:
    """Check that the options of a run are used only with several calls.

    Args:
        settings: The values of :func:`bulk_options`.
        are_many: Whether several calls can be selected.
        yes: Whether ``--yes`` was given.

    Raises:
        click.UsageError: If an option was given for a single call.
    """
    options = {"yes": yes, **settings}
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given and not are_many:
        requires = f"{join_names(given)} require{'s' * (len(given) == 1)}"
        raise click.UsageError(f"{requires} several ids, --from-file or --all-active", click.get_current_context())


BulkOperation = Callable[..., Tally]
"""A method of a client that changes many calls, such as ``interrupt_many``, with its document or URL already bound."""


def run_many(  # noqa: PLR0913  each argument is a part of the run
    client: Client, ids: Sequence[str], operation: BulkOperation, options: dict[str, Any], *, as_json: bool, all_active: bool
) -> NoReturn:
    """Change many calls, print the number of calls with each outcome, and end the process with the exit code.

    Args:
        client: The client, whose limiter the progress shows.
        ids: The ids of the calls, without duplicates.
        operation: Function that changes the calls.
        options: The values of :func:`bulk_options`.
        as_json: Whether to print JSON even on a terminal.
        all_active: Whether the calls were selected by ``--all-active``, which may select other calls later.

    Raises:
        Interrupted: If Ctrl-C, SIGTERM or SIGHUP ended the run. The tally is printed, and the requests in progress have ended.
        CallControlError: If the run ended with an error.
    """
    if not ids:
        show_outcome([{**asdict(Tally()), "ledger": None}], as_json=as_json)
        sys.exit(DONE)
    progress = BulkProgress(len(ids), lambda: client.limiter_state, quiet=is_quiet())
    ledger = AnnouncedLedger(options["ledger"], ids, progress, repeat_unknown=options["repeat_unknown"])
    settings = {name: value for name, value in options.items() if name != "ledger" and value is not None}

    def count(outcome: Outcome) -> None:
        progress.add(outcome.outcome)

    def show_partial() -> int:
        counts = progress.counts
        left = len(ids) - sum(counts.values())
        show_outcome([{**counts, **ledger.skipped, "left": left, "ledger": ledger.path}], as_json=as_json)
        return left

    try:
        with interrupted_by_signals(), progress:
            tally = operation(ids, **settings, ledger=ledger, on_outcome=count)
    except KeyboardInterrupt as interrupt:
        cause = f"interrupted{f' by {interrupt.name}' if isinstance(interrupt, EndedBySignal) else ''}"
        code = interrupt.exit_code if isinstance(interrupt, EndedBySignal) else None
        if not ledger.path:
            raise Interrupted(f"{cause}; nothing was sent", code) from None
        left = count_of_calls(show_partial())
        again = "run the same command again"
        if all_active and ledger.ids_path:
            again = f"use --from-file {ledger.ids_path} in place of --all-active"
        raise Interrupted(f"{cause}; {left} left; {again} to resume from {ledger.path}", code) from None
    except CallControlError:
        if ledger.path:
            show_partial()
        raise
    sys.exit(report_tally(tally, ledger.path, as_json=as_json))


def report_tally(tally: Tally, ledger: str, *, as_json: bool) -> int:
    """Print the tally of a run, with advice about calls that the run did not reach, and return the exit code.

    Args:
        tally: The number of calls with each outcome.
        ledger: The name of the ledger: a path, or a URL without a password.
        as_json: Whether to print JSON even on a terminal.
    """
    show_outcome([{**asdict(tally), "ledger": ledger}], as_json=as_json)
    if doubtful := tally.unknown + tally.skipped_unknown:
        may_have = f"{count_of_calls(doubtful)} may have received the request"
        tell(NAME, f"{may_have}; the next run skips them, unless you use --repeat-unknown")
    if tally.gone or tally.refused:
        unreached = f"{count_of_calls(tally.gone + tally.refused)} not reached"
        tell(NAME, f"{unreached}; to see the reasons, run: {NAME} ledger show {ledger}")
    missed = tally.gone, tally.refused, tally.unknown, tally.skipped_gone, tally.skipped_unknown
    return REFUSED if any(missed) else DONE


class AnnouncedLedger:
    """A ledger that prints its name when a run opens it.

    Args:
        path: The file, or the URL of a database; ``None`` for a file in the state directory of the user.
        ids: The ids of the calls of the run.
        progress: The progress of the run, to which the skipped calls are added.
        repeat_unknown: Whether the run interrupts again the calls that may have received the document.

    Attributes:
        path: The file or the URL without its password; empty until the ledger is opened.
        ids_path: The file beside the ledger with the ids of all calls; empty if the ledger is in a database.
        skipped: The members of a tally that count skipped calls.
    """

    def __init__(self, path: str | None, ids: Sequence[str], progress: BulkProgress, *, repeat_unknown: bool) -> None:
        self._given, self._ids, self._progress, self._repeat_unknown = path, ids, progress, repeat_unknown
        self.path = self.ids_path = ""
        self.skipped = {"skipped": 0, "skipped_gone": 0, "skipped_unknown": 0}

    def open(self, key: LedgerKey) -> OpenLedger:
        """Open the ledger, print its name, and count the calls that are in it.

        Raises:
            InvalidRequest: If the ledger cannot be used.
        """
        path = self._given or default_ledger(key)
        ledger = ledger_of(path)
        opened = ledger.open(key)
        if not is_url(path):
            self.ids_path = add_ids(path, self._ids)
        self.path = getattr(ledger, "name", path)  # the name of a database has no password
        known = Counter(opened.states(self._ids).values())
        skipped = Counter(known)
        for state in known:
            if may_be_interrupted(state, repeat_unknown=self._repeat_unknown):
                del skipped[state]
        self.skipped = {
            "skipped": skipped.total(),
            "skipped_gone": skipped["gone"],
            "skipped_unknown": sum(skipped[state] for state in UNSETTLED),
        }
        self._progress.add(SKIPPED, skipped.total())
        tell(NAME, self._announcement(known.total(), skipped.total()))
        return opened

    def _announcement(self, known: int, skipped: int) -> str:
        """Return the sentence that says what will be written, and where.

        Args:
            known: Number of calls of the run that are in the ledger.
            skipped: Number of these calls that the run skips.
        """
        calls = count_of_calls(len(self._ids))
        if skipped == len(self._ids):
            reason = f"because every call is skipped according to {self.path}"
            return f"{calls}; nothing is sent, {reason}; to send the request again, use another --ledger"
        resumed = f", which already contains {known:,} of these calls" if known else ""
        return f"{calls}; writing the outcome of each to {self.path}{resumed}"


# Signals


class EndedBySignal(KeyboardInterrupt):
    """A signal other than that of Ctrl-C ended the run.

    Attributes:
        name: Name of the signal.
        exit_code: The exit code of the process, as shells report it.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number


@contextmanager
def interrupted_by_signals() -> Generator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C during a ``with`` block. A signal that is ignored, as under nohup, stays ignored."""

    def end(number: int, _: object) -> None:
        raise EndedBySignal(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
