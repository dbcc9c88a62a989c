"""The options of ``bxml validate`` about its reports and its exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Final, NamedTuple

import click

from bxml.command import formats
from bxml.command.checker import Results
from bxml.command.report_outputs import OutputFile, output_files
from bxml.problem import Severity

WITH_STATISTICS: Final = ("text", "concise", "github", "json")
"""The formats that can be combined with ``--statistics``."""


class ReportOptions(NamedTuple):
    """The values of the options."""

    format_name: str | None
    output_file: Sequence[OutputFile]
    statistics: bool
    max_problems: int | None
    quiet: bool
    fail_on: Severity | None
    exit_zero: bool

    def report(self) -> formats.Format:
        """Return the report for stdout."""
        if not self.statistics:
            return formats.format_of(self.format_name)
        # Imported here because most runs do not need it.
        from bxml.command import statistics_report

        return statistics_report.as_json if self.format_name == "json" else statistics_report.text

    @property
    def uses_stdout(self) -> bool:
        """True if a report is written to stdout."""
        return self.statistics or all(file.format_name for file in self.output_file)

    @property
    def chosen(self) -> str:
        """The first option that has no effect without a report; an empty string if no such option is given."""
        given = {
            "--format": self.format_name,
            "--output-file": self.output_file,
            "--statistics": self.statistics,
            "--max-problems": self.max_problems,
        }
        return next((option for option, value in given.items() if value), "")

    def exit_code(self, results: Results, failing: int) -> int:
        """Return the exit code of the command.

        Args:
            results: The counted results.
            failing: The number of problems or fixes that cause exit code 1.
        """
        if results.failures or results.unfixed:
            return 2
        return 0 if self.exit_zero else min(failing, 1)


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command; the command receives their values as the argument ``reports``."""

    @wraps(command)
    def with_reports(  # noqa: PLR0913  one parameter for each option
        *,
        format_name: str | None,
        output_file: Sequence[OutputFile],
        statistics: bool,
        max_problems: int | None,
        quiet: bool,
        fail_on: Severity | None,
        exit_zero: bool,
        **others: object,
    ) -> None:
        if statistics and format_name not in {None, *WITH_STATISTICS}:
            raise click.UsageError(
                f"--statistics cannot be combined with --format {format_name}; "
                f"to write this report too, use --output-file {format_name}=FILE"
            )
        reports = ReportOptions(format_name, output_file, statistics, max_problems, quiet, fail_on, exit_zero)
        command(reports=reports, **others)

    for option in reversed(_OPTIONS):
        option(with_reports)
    return with_reports


def _set_colour(context: click.Context, _: click.Parameter, value: str) -> None:
    context.color = {"auto": None, "always": True, "never": False}[value]


_OPTIONS: Final = (
    click.option(
        "--format",
        "format_name",
        type=click.Choice(formats.NAMES),
        help="Report format (default: text, or github on GitHub Actions).",
    ),
    click.option(
        "--output-file",
        multiple=True,
        callback=output_files,
        metavar="[FORMAT=]FILE",
        help="Write the report to a file instead of stdout. With FORMAT=, write a further report in that format. Repeatable.",
    ),
    click.option("--statistics", is_flag=True, help="Print the number of problems of each rule instead of the problems."),
    click.option(
        "--max-problems", type=click.IntRange(min=1), metavar="N", help="Report at most N problems, but count all problems."
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print problems and errors only: no summary and no progress bar."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        expose_value=False,
        callback=_set_colour,
        help="Use of colors on stdout (default: auto, only on a terminal).",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(["warning", "error"]),
        help="Lowest severity that causes exit code 1 (default: the setting fail-on, otherwise warning).",
    ),
    click.option("--exit-zero", is_flag=True, help="Exit with code 0 even if problems were found."),
)
