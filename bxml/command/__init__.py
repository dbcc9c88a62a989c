"""The command ``bxml``: ``bxml validate`` for files, ``bxml explain`` for rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from bxml.command import formats
from bxml.command.checker import Checked, Checker, Results, checked
from bxml.command.configuration import Configuration, found, read, with_options
from bxml.command.console import CannotWrite, ready, stop_writing, tell, write
from bxml.command.errors import CannotRun
from bxml.command.explain import listing, page
from bxml.command.files import files
from bxml.command.progress import Progress
from bxml.command.version import version_option
from bxml.lint import registry
from bxml.messages.text import listed

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem  # only completion needs it

from bxml.schema import CONTEXTS, Context


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def bxml() -> None:
    """Check BXML, the language of Bandwidth's Programmable Voice."""


def _names(_: click.Context, parameter: click.Parameter, given: Sequence[str]) -> list[str]:
    """The names of rules, of which each option may hold several."""
    names = [name.strip() for several in given for name in several.split(",") if name.strip()]
    try:
        registry.selected(names) if parameter.name == "select" else registry.selected((), names)
    except registry.UnknownName as error:
        raise click.BadParameter(str(error)) from None
    if given and not names:
        raise click.BadParameter("it names no rule")
    return names


def _completed_rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the rules that begin with what was typed after the last comma; options also take groups of rules."""
    del context
    from click.shell_completion import CompletionItem

    typed, comma, last = incomplete.rpartition(",") if parameter.name != "rule" else ("", "", incomplete)
    summaries = {name: entry.summary for name, entry in registry.entries().items()}
    groups = {} if parameter.name == "rule" else dict.fromkeys(registry.GROUPS, "a group of rules")
    names = (groups | summaries).items()
    return [CompletionItem(f"{typed}{comma}{name}", help=summary) for name, summary in names if name.startswith(last)]


@bxml.command(short_help="Say what is wrong with files, and where.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(formats.NAMES), help="By default text, and github on GitHub Actions.")
@click.option("--context", type=click.Choice(CONTEXTS), help="Where the documents are run; by default call.")
@click.option(
    "--select",
    multiple=True,
    callback=_names,
    shell_complete=_completed_rules,
    metavar="RULE,...",
    help="Rules to apply, or all, default, schema.",
)
@click.option(
    "--ignore", multiple=True, callback=_names, shell_complete=_completed_rules, metavar="RULE,...", help="Rules to skip."
)
@click.option("--config", metavar="FILE", help="The configuration; by default the nearest bxml.toml or pyproject.toml.")
@click.option("--stdin-filename", default="stdin.bxml", metavar="NAME", help="What standard input is called.")
@click.option("--fail-on", type=click.Choice(["warning", "error"]), default="warning", help="Least severity for exit code 1.")
def validate(  # noqa: PLR0913  one for each option
    *,
    paths: tuple[str, ...],
    form: str | None,
    context: Context | None,
    select: list[str],
    ignore: list[str],
    config: str | None,
    stdin_filename: str,
    fail_on: str,
) -> None:
    """Say what is wrong with BXML files, and where.

    PATH is a file, a directory (its *.bxml files, and its *.xml files that have the root of a document), a pattern, or - for
    standard input.

    Exit code 0: nothing is wrong. 1: something is. 2: the command could not run, or could not read a file.
    """
    configuration = with_options(_configuration(config), select, ignore, context)
    results = _report(paths, formats.format_of(form), Checker(configuration.settings, stdin_filename))
    if not results.files:
        raise CannotRun(f"there is no BXML in {listed(paths)}")
    counted = results.errors if fail_on == "error" else results.errors + results.warnings
    sys.exit(2 if results.failures else min(counted, 1))


def _configuration(path: str | None) -> Configuration:
    return (read(path) or Configuration()) if path else found(os.curdir)


def _report(paths: tuple[str, ...], form: formats.Format, checker: Checker) -> Results:
    """Check files and write the report, each as soon as there is something of it."""
    progress = Progress(lambda: sum(1 for _ in files(paths)))
    results = Results(progress.over(_with_failures_told(checked(files(paths), checker))))
    for piece in form(results):
        with progress.aside():
            write(piece)
    return results


def _with_failures_told(found: Iterable[Checked]) -> Iterator[Checked]:
    for file in found:
        if file.failure:
            click.echo(f"bxml: {formats.plain(file.name)}: {file.failure}", err=True)
        yield file


@bxml.command(short_help="Print the page of a rule, or list all rules.")
@click.argument("rule", required=False, shell_complete=_completed_rules)
def explain(rule: str | None) -> None:
    """Print what a rule does, why, a bad and a good example, and where the fact is from.

    Without RULE, list all rules.
    """
    if rule is None:
        write("".join(listing()))
        return
    try:
        text = page(rule)
    except registry.UnknownName as error:
        raise CannotRun(str(error)) from None
    write(text)


def main() -> None:
    """Run the command; whatever a user can cause ends with an exit code and a sentence."""
    ready()
    try:
        bxml.main(prog_name="bxml", standalone_mode=False)
    except click.Abort:
        sys.exit(130)  # as shells have it for an interruption
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CannotWrite as error:
        stop_writing()
        _refuse(str(error))
    except CannotRun as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(error.strerror or "the system refuses")


def _refuse(sentence: str) -> NoReturn:
    tell("bxml", sentence)
    sys.exit(2)
