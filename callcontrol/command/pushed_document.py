"""The documents of the ``bxml`` commands: reading, checking, and the options that select the rules of the check."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar

import click

from bxml import BxmlError
from bxml.command import formats
from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Checker, Results
from bxml.command.configuration import Configuration, with_options
from bxml.command.configuration_lookup import Configurations
from bxml.command.files import STDIN
from bxml.command.rule_options import complete_rules, rule_names
from bxml.command.standard_streams import write
from bxml.lint import rule_registry
from bxml.lint.linter import Settings
from bxml.messages.text import join_names
from callcontrol.command.error_report import print_json_error, wants_json
from callcontrol.command.exit_codes import REFUSED
from callcontrol.command.options import is_id
from callcontrol.command.verbosity import is_quiet
from callcontrol.request_arguments import CONFERENCE_VERB, RELATIVE_URL, checked_document

F = TypeVar("F", bound=Callable[..., Any])

STDIN_NAME: Final = "stdin.bxml"
"""File name that reports use for a document from stdin, the same as in ``bxml validate``."""


def always_blocking(*, conference: bool) -> tuple[str, ...]:
    """Return the rules that a document for a call or a conference must not break, unless ``--ignore`` names them."""
    return (RELATIVE_URL, CONFERENCE_VERB) if conference else (RELATIVE_URL,)


def rule_options(*, conference: bool = False) -> Callable[[F], F]:
    """Return a decorator that adds the options ``--select`` and ``--ignore`` to a command that pushes a document.

    Args:
        conference: True if the command pushes the document into a conference.
    """
    always = join_names(always_blocking(conference=conference))
    must_not = f"Rules that the document must not break, in addition to {always}; other rules only cause warnings."
    texts = {"--select": must_not, "--ignore": "Rules that the document may break, such as relative-url."}

    def add(command: F) -> F:
        # Reversed, because click lists the most recently added option at the top.
        for name, text in reversed(texts.items()):
            command = click.option(
                name, multiple=True, callback=rule_names, shell_complete=complete_rules, metavar="RULE,...", help=text
            )(command)
        return command

    return add


class Rules(NamedTuple):
    """The options ``--select`` and ``--ignore``."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]

    def applied_to(self, configuration: Configuration, *, conference: bool = False) -> Configuration:
        """Return a configuration in which the rules that block a document, for a call or a conference, are errors."""
        if conference:
            configuration = with_options(configuration, (), (), "conference")
        blocking = rule_registry.selected((*always_blocking(conference=conference), *self.select), self.ignore)
        ignore = [name for name in configuration.ignore if name not in blocking]
        return replace(
            configuration,
            select=(*configuration.select, *blocking),
            ignore=(*ignore, *self.ignore),
            severity={**configuration.severity, **dict.fromkeys(blocking, "error")},
        )


class PushedDocument(NamedTuple):
    """A valid document, with the path of its file and the rules that were checked."""

    path: str
    content: bytes
    rules: Rules


def read_valid_document(path: str, rules: Rules, *, conference: bool = False) -> PushedDocument:
    """Read a document. If it is invalid, print the report of ``bxml validate`` and end the process.

    Args:
        path: The file, or ``-`` for stdin.
        rules: The options ``--select`` and ``--ignore``.
        conference: True if the document is pushed into a conference, which allows fewer verbs.

    Raises:
        CannotRun: If the file cannot be read.
    """
    configuration = Configurations().of(os.path.dirname(path))
    data, checked = _check(path, rules.applied_to(configuration, conference=conference))
    results, report = _report(checked)
    if not results.errors and not _is_valid(data, rules, conference=conference):
        # The project's configuration can allow attributes or ignore rules, but the client does not use it, so check without it.
        results, report = _report(_check(path, rules.applied_to(Configuration(), conference=conference))[1])
    if results.errors:
        write("".join(formats.format_of("json")(results)) if wants_json() else report)
        if wants_json():
            print_json_error(f"{path}: the document is invalid; stdout has the report", REFUSED)
        sys.exit(REFUSED)
    if results.warnings and not is_quiet():
        click.echo(report, nl=False, err=True)
    return PushedDocument(path, data, rules)


def _check(path: str, configuration: Configuration) -> tuple[bytes, Checked]:
    def settings(name: str) -> Settings:
        return replace(configuration.settings(name), pushed=True)

    try:
        return Checker(settings, STDIN_NAME).document(path)
    except OSError as error:
        hint = "; the last argument is the file with the document; - is stdin" if path != STDIN and is_id(path) else ""
        raise CannotRun(f"{path}: {error.strerror}{hint}") from None


def _report(checked: Checked) -> tuple[Results, str]:
    results = Results([checked])
    return results, "".join(formats.format_of(None)(results))


def _is_valid(data: bytes, rules: Rules, *, conference: bool) -> bool:
    try:
        checked_document(data, **rules._asdict(), conference=conference)
    except BxmlError:
        return False
    return True
