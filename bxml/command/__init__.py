"""The ``bxml`` command.

``bxml validate`` checks files, ``bxml format`` formats them, ``bxml extract`` finds BXML in programs, ``bxml explain``
documents rules, ``bxml schema`` prints the schema, and ``bxml lsp`` runs the language server.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Literal, NoReturn

import click

from bxml.command import formats
from bxml.command.baseline_options import chosen_baseline, no_report, with_baseline_options
from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Checker, Results, check_files
from bxml.command.configuration import with_options
from bxml.command.configuration_lookup import Configurations
from bxml.command.file_options import FileOptions, file_options
from bxml.command.files import STDIN
from bxml.command.fix_options import fix_summary, mode_of, with_fix_options
from bxml.command.host_languages import HOST_LANGUAGES
from bxml.command.passed_over import PassedOver, list_files
from bxml.command.progress import Progress
from bxml.command.report_options import ReportOptions, report_options
from bxml.command.report_outputs import Output, opened, refuse_checked_files, write_reports
from bxml.command.rule_options import complete_rules, rule_names
from bxml.command.rule_pages import listing, page
from bxml.command.standard_streams import PIPE_CLOSED, CannotWrite, Group, PipeClosed, ready, stop_writing, tell, write
from bxml.command.version_option import version_option
from bxml.lint import rule_registry
from bxml.messages.text import join_names
from bxml.parsing import template_languages
from bxml.parsing.template_languages import Template
from bxml.schema import CONTEXTS, Context
from bxml.schema import path as schema_path

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report it."""

SCHEMA_FILES = ("bxml.xsd", "xml-lang.xsd")
"""The files of the schema."""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def bxml() -> None:
    """Validate and format BXML, the markup language of Bandwidth's Programmable Voice."""


@bxml.command(short_help="Report errors and warnings in BXML files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@report_options
@click.option(
    "--context", type=click.Choice(CONTEXTS), help="Context in which the platform runs the documents (default: call)."
)
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
    type=click.Choice([*template_languages.CHOICES, "none"]),
    help="Check templates in this language; auto detects the language of each file. Tags of the template are not checked.",
)
@click.option(
    "--embedded/--no-embedded",
    default=None,
    help="Also check the BXML in the strings of Python, JavaScript, TypeScript, Java, Ruby and C# files.",
)
@click.option("--config", metavar="FILE", help="Configuration file (default: the nearest bxml.toml or pyproject.toml).")
@click.option("--stdin-filename", default="stdin.bxml", metavar="NAME", help="File name to report for stdin.")
@file_options
@with_fix_options
@with_baseline_options
def validate(  # noqa: PLR0913  one parameter for each option
    *,
    paths: tuple[str, ...],
    reports: ReportOptions,
    context: Context | None,
    select: list[str],
    ignore: list[str],
    template: Template | Literal["none"] | None,
    embedded: bool | None,
    config: str | None,
    stdin_filename: str,
    files: FileOptions,
    fix: bool,
    diff: bool,
    baseline: str | None,
    write_baseline: bool,
) -> None:
    """Report errors and warnings in BXML files, with their positions.

    PATH is a file, a directory, a glob pattern, or - for stdin; the default is the current directory. In a directory, the
    command checks all *.bxml files, and the *.xml files whose root element is Response or Bxml.

    Exit code 0: no problems. 1: problems found; with --diff, fixes found. 2: the command could not run, or could not read or
    write a file. 141: the reader of stdout, such as head, closed the pipe before the end of the report.
    """
    mode = mode_of(paths, fix=fix, diff=diff, report_option=reports.chosen)
    configurations = Configurations(config, partial(with_options, select=select, ignore=ignore, context=context))
    project = configurations.of("")
    reports = reports._replace(fail_on=reports.fail_on or project.fail_on)
    known = chosen_baseline(baseline, project.baseline, write_baseline=write_baseline, mode=mode, report_option=reports.chosen)
    option = "--fix" if fix else "--diff" if diff else "--write-baseline" if write_baseline else reports.chosen
    if files.show_files and option:
        raise click.UsageError(f"--show-files and {option} cannot be combined; --show-files checks nothing")
    language = project.template if template is None else None if template == "none" else template
    checker = Checker(
        configurations.settings, stdin_filename, mode, language, project.embedded if embedded is None else embedded
    )
    selection = files.selection(paths, configurations, checker.extensions)
    refuse_checked_files(reports.output_file, selection.files)
    passed_over = PassedOver()
    checked = checker.unchecked_files(selection.files()) if files.show_files else check_files(selection.files(), checker)
    checked = passed_over.leaving_out(checked)
    instead = list_files if files.show_files else no_report if write_baseline else formats.format_of("diff") if diff else None
    if known and not files.show_files:
        checked = known.compare(checked, configurations.settings)
    # --fix cannot change stdin.
    results = _report(checked, reports, instead, selection.count, can_fix=mode == "report" and STDIN not in paths)
    if not reports.quiet:
        selection.tell_about(passed_over)
        for note in configurations.notes():
            tell("bxml", note)
    if not results.files:
        selection.require_files()
    for line in known.summary() if known and not files.show_files else ():
        tell("bxml", "" if reports.quiet else line)
    tell("bxml", "" if reports.quiet else fix_summary(results, mode))
    failing = 0 if write_baseline else results.fixes if diff else results.failing
    sys.exit(reports.exit_code(results, failing))


def _report(
    checked: Iterable[Checked],
    reports: ReportOptions,
    instead: formats.Format | None,
    count: Callable[[], int],
    *,
    can_fix: bool,
) -> Results:
    """Check files and write the reports while the check is running.

    Args:
        checked: The results, not counted yet.
        reports: The options about reports.
        instead: The output of an option that prints no report, such as a diff; ``None`` to write the reports.
        count: Function that returns the number of files.
        can_fix: True if the summary counts the problems that ``--fix`` can fix.
    """
    progress = Progress(count)
    checked = _print_failures(checked)
    results = Results(
        checked if reports.quiet else progress.over(checked),
        fail_on=reports.fail_on or "warning",
        max_problems=reports.max_problems,
        quiet=reports.quiet,
        can_fix=can_fix,
    )

    def write_to_stdout(text: str) -> None:
        with progress.aside():
            write(text)

    with opened(reports.output_file, formats.format_of(reports.format_name)) as outputs:
        if instead or reports.uses_stdout:
            outputs.insert(0, Output(instead or reports.report(), write_to_stdout))
        write_reports(results, outputs)
    return results


def _print_failures(results: Iterable[Checked]) -> Iterator[Checked]:
    """Yield each result, and print to stderr why a file could not be read or fixed."""
    for checked in results:
        if checked.failure:
            tell("bxml", f"{checked.name}: {checked.failure}")
        if checked.unfixed:
            tell("bxml", f"{checked.name}: cannot be fixed: {checked.unfixed}")
        yield checked


@bxml.command("format", short_help="Format BXML files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Change no file; exit with code 1 if a file is not formatted.")
@click.option("--diff", is_flag=True, help="Like --check, but print the changes as a diff.")
@click.option("--config", metavar="FILE", help="Configuration file (default: the nearest bxml.toml or pyproject.toml).")
@click.option("--stdin-filename", default="stdin.bxml", metavar="NAME", help="File name to report for stdin.")
@file_options
def format_(  # noqa: PLR0913  one parameter for each option
    *, paths: tuple[str, ...], check: bool, diff: bool, config: str | None, stdin_filename: str, files: FileOptions
) -> None:
    """Format BXML files: indentation, quotes, and the white space in tags.

    PATH is a file, a directory, a glob pattern, or - to write the formatted stdin to stdout; the default is the current
    directory.

    Text, comments and the order of attributes do not change. The parsed document stays equal.

    Exit code 0: done, or everything is formatted. 1: with --check or --diff, a file is not formatted. 2: the command could not
    run, or could not format a file.
    """
    # Imported here because validate, which runs far more often, does not need it.
    from bxml.command.format_files import FormatMode
    from bxml.command.format_report import format_paths, format_stdin

    if STDIN in paths and (len(paths) > 1 or files.files_from is not None or files.show_files):
        raise click.UsageError('the path "-" cannot be combined with other paths, --files-from or --show-files')
    mode: FormatMode = "diff" if diff else "check" if check else "write"
    if STDIN in paths:
        sys.exit(format_stdin(stdin_filename, mode))
    sys.exit(format_paths(files.selection(paths, Configurations(config)), mode))


@bxml.command(short_help="Print the BXML in the strings of programs.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", help="Format (default: text).")
def extract(*, paths: tuple[str, ...], format_name: str) -> None:
    """Print the BXML in the strings of programs, with file names and positions.

    PATH is a file, a directory, or a glob pattern. The command reads Python, JavaScript, TypeScript, Java, Ruby and C#. It
    prints each string whose whole text is a document. Expressions in the string are printed unchanged; passwords are hidden.

    Exit code 0: all programs were searched. 2: the command could not run, or could not read a file.
    """
    # Imported here because no other command needs it.
    from bxml.command.extraction import Extraction

    extraction = Extraction(paths)
    for piece in extraction.json() if format_name == "json" else extraction.text():
        write(piece)
    for name, message in extraction.failures:
        tell("bxml", f"{name}: {message}")
    tell("bxml", extraction.note)
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


@bxml.command("schema", short_help="Print the XSD of BXML, or its path.")
@click.argument("file", type=click.Choice(SCHEMA_FILES), default=SCHEMA_FILES[0])
@click.option("--path", is_flag=True, help="Print the path of the file instead of its text.")
def schema_(file: str, *, path: bool) -> None:
    """Print the XSD of BXML, for editors and other tools.

    bxml.xsd is the schema. It imports xml-lang.xsd, so a copy needs both files in one directory.
    """
    location = schema_path(file)
    if path:
        write(f"{location}\n")
        return
    with open(location, "rb") as stream:
        write(stream.read())


@bxml.command(short_help="Run the language server for editors.")
def lsp() -> None:
    """Run the language server: an editor starts this command, and communicates with it over stdin and stdout.

    The server reports problems while you type, and offers quick fixes, documentation and completions. It requires the extra
    lsp.
    """
    try:
        # Imported here because only this command needs it; it imports asyncio and pygls.
        from bxml.command.language_server.server import run
    except ModuleNotFoundError as error:
        raise CannotRun(f"the package {error.name} is not installed; run pip install 'bxml-callcontrol[lsp]'") from None
    run()


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
        # Python has the name in filename, but not in the text of the error.
        name = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        _fail(f"{name}{error.strerror or 'operating system error'}")


def _fail(message: str) -> NoReturn:
    """Print a message to stderr and exit with code 2."""
    tell("bxml", message)
    sys.exit(2)
