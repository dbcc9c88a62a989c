"""The options of ``bxml validate`` that read and write a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

import click

from bxml.command.checker import Mode, Results

if TYPE_CHECKING:
    from bxml.command.baseline import Baseline

DEFAULT_NAME: Final = "bxml-baseline.json"
"""The name of the baseline that ``--write-baseline`` writes if neither ``--baseline`` nor the configuration names one."""

Command = TypeVar("Command", bound=Callable[..., object])


def with_baseline_options(command: Command) -> Command:
    """Add the options ``--baseline`` and ``--write-baseline`` to a command."""
    write = click.option(
        "--write-baseline",
        is_flag=True,
        help=f"Write the current problems to the baseline instead of reporting them (default file: {DEFAULT_NAME}).",
    )
    read = click.option("--baseline", metavar="FILE", help="Report only the problems that are not in this baseline.")
    return read(write(command))


def chosen_baseline(
    option: str | None, configured: str, *, write_baseline: bool, mode: Mode, report_option: str
) -> Baseline | None:
    """Read the baseline that the options or the configuration name; return ``None`` if no baseline is used.

    Args:
        option: The file that the options name.
        configured: The file that the configuration names, or an empty string.
        write_baseline: True if the baseline is written.
        mode: The work to do on the files.
        report_option: An option about a report, if such an option is given.

    Raises:
        UsageError: If the options cannot be combined.
        CannotRun: If the baseline cannot be read.
    """
    if write_baseline and mode != "report":
        raise click.UsageError(f"--write-baseline and --{mode} cannot be combined; run --fix first")
    if write_baseline and report_option:
        raise click.UsageError(f"--write-baseline and {report_option} cannot be combined; --write-baseline prints no report")
    if option and mode == "diff":
        raise click.UsageError("--baseline and --diff cannot be combined; --diff also shows the fixes of known problems")
    path = option or configured or (DEFAULT_NAME if write_baseline else "")
    if not path or mode == "diff":
        return None
    # Imported here because most runs have no baseline.
    from bxml.command.baseline import read

    return read(path, is_rewritten=write_baseline, may_be_missing=not option)


def no_report(results: Results) -> Iterator[str]:
    """Yield an empty string for each result, because ``--write-baseline`` prints no report."""
    return ("" for _ in results)
