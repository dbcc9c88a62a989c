"""The ``bxml`` command: ``bxml validate`` checks files, ``bxml explain`` documents rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NoReturn

import click

from bxml.command import formats
from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Checker, Results, check_files
from bxml.command.configuration import Configuration, found, read, with_options
from bxml.command.files import files
from bxml.command.host_languages import HOST_LANGUAGES
from bxml.command.progress import Progress
from bxml.command.rule_options import complete_rules, rule_names
from bxml.command.rule_pages import listing, page
from bxml.command.standard_streams import PIPE_CLOSED, CannotWrite, Group, PipeClosed, ready, stop_writing, tell, write
from bxml.command.version_option import version_option
from bxml.lint import rule_registry
from bxml.messages.text import join_names
from bxml.parsing import template_languages
from bxml.parsing.template_languages import Template
from bxml.schema import CONTEXTS, Context

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report it."""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def bxml() -> None:
    """Validate BXML, the markup language of Bandwidth's Programmable Voice."""


@bxml.command(short_help="Report errors and warnings in BXML files.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(formats.NAMES),
    help="Report format (default: text, or github on GitHub Actions).",
)
@click.option("--context", type=click.Choice(CONTEXTS), help="Where the platform runs the documents (default: call).")
@click.option(
    "--select",
    multiple=True,
    callback=rule_names,
    shell_complete=complete_rules,
    metavar="RULE,...",
    help="Rules and groups of rules to run; the groups are all, default and schema.",
)
@click.option(
    "--ignore", multiple=True, callback=rule_names, shell_complete=complete_rules, metavar="RULE,...", help="Rules to skip."
)
@click.option(
    "--template",
    type=click.Choice(template_languages.CHOICES),
    help="Check templates: mask the tags of this language, or of the language of each file, and check the rest.",
)
@click.option(
    "--embedded",
    is_flag=True,
    help="Also check the BXML in the strings of Python, JavaScript, TypeScript, Java, Ruby and C# files.",
)
@click.option("--config", metavar="FILE", help="Configuration file (default: the nearest bxml.toml or pyproject.toml).")
@click.option("--stdin-filename", default="stdin.bxml", metavar="NAME", help="File name to report for stdin.")
@click.option(
    "--fail-on",
    type=click.Choice(["warning", "error"]),
    default="warning",
    help="Lowest severity that causes exit code 1 (default: warning).",
)
def validate(  # noqa: PLR0913  one parameter for each option
    *,
    paths: tuple[str, ...],
    format_name: str | None,
    context: Context | None,
    select: list[str],
    ignore: list[str],
    template: Template | None,
    embedded: bool,
    config: str | None,
    stdin_filename: str,
    fail_on: str,
) -> None:
    """Report errors and warnings in BXML files, with their positions.

    PATH is a file, a directory, a glob pattern, or - for stdin. In a directory, the command checks all *.bxml files, and
    the *.xml files whose root element is Response or Bxml.

    Exit code 0: no problems. 1: problems found. 2: the command could not run, or could not read a file. 141: the reader of
    stdout, such as head, closed the pipe before the end of the report.
    """
    configuration = with_options(_configuration(config), select, ignore, context)
    results = _report(
        paths, formats.format_of(format_name), Checker(configuration.settings, stdin_filename, template, embedded)
    )
    if not results.files:
        # A check that checks nothing must not pass: a mistyped path would hide every problem.
        raise CannotRun(f"no BXML files found in {join_names(paths)}; expected *.bxml, or *.xml with the root Response or Bxml")
    failing = results.errors if fail_on == "error" else results.errors + results.warnings
    sys.exit(2 if results.failures else min(failing, 1))


def _configuration(path: str | None) -> Configuration:
    return (read(path) or Configuration()) if path else found(os.curdir)


def _report(paths: tuple[str, ...], report: formats.Format, checker: Checker) -> Results:
    """Check files and write the report while the check is running."""
    extensions = checker.extensions
    progress = Progress(lambda: sum(1 for _ in files(paths, extensions)))
    results = Results(progress.over(_print_failures(check_files(files(paths, extensions), checker))))
    for piece in report(results):
        with progress.aside():
            write(piece)
    return results


def _print_failures(results: Iterable[Checked]) -> Iterator[Checked]:
    """Yield each result, and print to stderr why a file could not be read."""
    for checked in results:
        if checked.failure:
            tell("bxml", f"{checked.name}: {checked.failure}")
        yield checked


@bxml.command(short_help="Print the BXML in the strings of programs.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", help="Format (default: text).")
def extract(*, paths: tuple[str, ...], format_name: str) -> None:
    """Print the BXML in the strings of programs, with its place.

    PATH is a file, a directory, or a glob pattern. The command reads Python, JavaScript, TypeScript, Java, Ruby and C#. It
    prints each string whose whole text is a document, with the expressions of the program as they are, and without passwords.

    Exit code 0: all programs were searched. 2: the command could not run, or could not read a file.
    """
    # Imported here because no other command needs it.
    from bxml.command.extraction import Extraction

    extraction = Extraction(paths)
    for piece in extraction.json() if format_name == "json" else extraction.text():
        write(piece)
    for name, message in extraction.failures:
        tell("bxml", f"{name}: {message}")
    if not extraction.programs:
        raise CannotRun(f"no programs found in {join_names(paths)}; expected {join_names(HOST_LANGUAGES, 'or')}")
    sys.exit(2 if extraction.failures else 0)


@bxml.command(short_help="Print the documentation of a rule, or list all rules.")
@click.argument("rule", required=False, shell_complete=complete_rules)
def explain(rule: str | None) -> None:
    """Print the documentation of a rule: what it reports and why, with examples and the source.

    Without RULE, list all rules.
    """
    if rule is None:
        write("".join(listing()))
        return
    try:
        text = page(rule)
    except rule_registry.UnknownName as error:
        raise CannotRun(str(error)) from None
    write(text)


def main() -> None:
    """Run the command and exit; for an error that the user can cause, print one line and no traceback."""
    ready()
    try:
        bxml.main(prog_name="bxml", standalone_mode=False)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        with suppress(OSError):  # stderr cannot be written
            error.show()
        sys.exit(error.exit_code)
    except PipeClosed:
        stop_writing()
        sys.exit(PIPE_CLOSED)
    except CannotWrite as error:
        stop_writing()
        _fail(str(error))
    except CannotRun as error:
        _fail(str(error))
    except OSError as error:
        _fail(error.strerror or "operating system error")


def _fail(message: str) -> NoReturn:
    """Print a message to stderr and exit with code 2."""
    tell("bxml", message)
    sys.exit(2)
