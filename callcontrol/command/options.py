"""Conversion of the tables of request fields into command-line options, and of option values into request arguments.

Option names are the API's names with hyphens: ``--answer-url`` for ``answerUrl``. Help texts come from the docstring of the
client method that takes the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from inspect import cleandoc
from types import MappingProxyType
from typing import Any, Final, TypeVar

import click

from bxml.command.cannot_run import CannotRun
from bxml.messages.python_names import python_name
from bxml.messages.text import quote
from callcontrol import operation_table
from callcontrol.request_fields import Field, Kind, faults

F = TypeVar("F", bound=Callable[..., Any])

_METAVARS: Final[Mapping[Kind, str]] = {
    "phone": "NUMBER",
    "phone or sip": "NUMBER|SIP",
    "url": "URL",
    "number": "NUMBER",
    "integer": "NUMBER",
    "secret": "SECRET",
}
"""For these kinds of fields: the placeholder for the value in the help. The other kinds have ``TEXT``."""

_NUMBER: Final = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII).fullmatch

VISIBLE_TO_OTHERS: Final = "Visible to other users of this machine."
"""Warning in the help of each option that takes a secret."""


def flag(name: str, prefix: str = "") -> str:
    """Return the option name for a field: ``--answer-url`` for ``answerUrl``."""
    return f"--{prefix}{python_name(name).strip('_').replace('_', '-')}"


def keyword(name: str, prefix: str = "") -> str:
    """Return the parameter name of an option: ``answer_url`` for ``answerUrl``."""
    return prefix.replace("-", "_") + python_name(name)


def options(
    table: tuple[Field, ...],
    documented: object,
    *,
    prefix: str = "",
    without: Collection[str] = (),
    arguments: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[F], F]:
    """Return a decorator that adds an option for each field of a table to a command, in the order of the table.

    Args:
        table: The fields.
        documented: The method or class whose docstring describes the fields under ``Args:``.
        prefix: Text after ``--`` in each option name, such as ``machine-detection-``.
        without: Names of fields that get no option.
        arguments: Fields that are arguments of the command and not options. Each key is the name of a field; its value is the
            argument's name in the help.
    """
    spelled = {python_name(field.name): arguments.get(field.name) or flag(field.name, prefix) for field in table}
    helps = {name: _with_option_names(text, spelled) for name, text in _arguments_of(documented).items()}

    def add(command: F) -> F:
        # Reversed, because click lists the most recently added option at the top.
        for field in reversed(table):
            if field.name not in {*without, *arguments}:
                command = _option(field, helps.get(python_name(field.name), ""), prefix)(command)
        return command

    return add


def _option(field: Field, help_: str, prefix: str) -> Callable[[F], F]:
    if field.kind == "boolean":
        on_and_off = f"{flag(field.name, prefix)}/{flag(field.name, 'no-' + prefix)}"
        # The default None leaves the field out of the request, so that the API applies its own default.
        return click.option(on_and_off, keyword(field.name, prefix), default=None, help=help_)
    if field.kind == "secret":
        help_ = f"{help_} {VISIBLE_TO_OTHERS}".strip()
    metavar = "|".join(field.words) or _METAVARS.get(field.kind, "TEXT")
    return click.option(flag(field.name, prefix), keyword(field.name, prefix), metavar=metavar, help=help_)


def _arguments_of(documented: object) -> dict[str, str]:
    """Return the texts of the ``Args:`` entries of a docstring; the keys are the names of the entries.

    The result is empty under ``python -OO``, which removes docstrings.
    """
    _, _, section = cleandoc(documented.__doc__ or "").partition("Args:\n")
    section = section.partition("\n\n")[0]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _with_option_names(text: str, spelled: Mapping[str, str]) -> str:
    """Replace the names of Python arguments, in double backquotes, with option names."""
    return re.sub(r"``(.+?)``", lambda name: spelled.get(name[1], name[1]), text)


def request_arguments(
    table: tuple[Field, ...], values: Mapping[str, Any], *, prefix: str = "", spelled: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the request fields that were given; the keys are their Python names.

    Args:
        table: The fields.
        values: Values of the options; the keys are parameter names.
        prefix: Text after ``--`` in each option name.
        spelled: Names that messages use for fields that are arguments of the command and not options; the keys are field names.

    Raises:
        CannotRun: If the API would reject the values; the message lists every fault.
    """
    found = {field.name: _value(field, values.get(keyword(field.name, prefix))) for field in table}
    found = {name: value for name, value in found.items() if value is not None}
    wrong = list(faults(table, found, spelled=lambda name: (spelled or {}).get(name) or flag(name, prefix)))
    if wrong:
        raise CannotRun("; ".join(wrong))
    return {python_name(name): value for name, value in found.items()}


def _value(field: Field, text: Any) -> Any:
    """Return a number for a numeric field. An invalid string is returned unchanged; the later check of the table reports it."""
    if field.kind not in {"number", "integer"} or not isinstance(text, str) or not _NUMBER(text):
        return text
    return float(text) if "." in text else int(text)


def positive_integer(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """Return an option's value as an integer above 0, or ``None`` if it was not given.

    Raises:
        click.BadParameter: If the value is not an integer from 1 to 999999999.
    """
    if text is None:
        return None
    if not re.fullmatch("0*[1-9][0-9]{0,8}", text):
        raise click.BadParameter(f"expected an integer above 0, got {quote(text)}")
    return int(text)


def checked_id(text: str, place: str, what: str = "call") -> str:
    """Return the id of a call or a conference.

    Ids are checked before anything else is read, because a file name is taken for an id if the id is forgotten.

    Args:
        text: The id.
        place: The argument, or the file and the line, that the id comes from.
        what: ``call`` or ``conference``.

    Raises:
        CannotRun: If the string is not an id.
    """
    if not is_id(text):
        raise CannotRun(f"{place}: {quote(text)} is not a {what} id; an id consists of letters, digits, - and _")
    return text


def is_id(text: str) -> bool:
    """Return whether a string can be the id of a call or a conference."""
    return re.fullmatch(operation_table.ID, text) is not None
