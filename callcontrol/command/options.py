"""Options for the fields of a request, made from their tables, and requests made from what was given.

The names are the API's with hyphens: ``--answer-url`` is ``answerUrl``. What an option means is read from the documentation of
the method that takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from inspect import cleandoc
from types import MappingProxyType
from typing import Any, Final, TypeVar

import click

from bxml.command.errors import CannotRun
from bxml.messages.naming import python_name
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
"""What stands for a value in the help; TEXT for those that are not here."""

_NUMBER: Final = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII).fullmatch

CAN_BE_SEEN: Final = "Others on this machine can see it."
"""Said of each secret that is given on a command line."""


def flag(name: str, prefix: str = "") -> str:
    """The option for a field: ``--answer-url`` for ``answerUrl``."""
    return f"--{prefix}{python_name(name).strip('_').replace('_', '-')}"


def keyword(name: str, prefix: str = "") -> str:
    """What the value of an option is called in Python."""
    return prefix.replace("-", "_") + python_name(name)


def options(
    table: tuple[Field, ...],
    documented: object,
    *,
    prefix: str = "",
    without: Collection[str] = (),
    arguments: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[F], F]:
    """Add an option for each field of a table to a command, in the order of the table.

    Args:
        table: The table.
        documented: What has the docstring that describes the fields.
        prefix: What the options begin with.
        without: Fields that are not options.
        arguments: Fields that are arguments of the command, and how the command calls them.
    """
    spelled = {python_name(field.name): arguments.get(field.name) or flag(field.name, prefix) for field in table}
    meanings = {name: _reworded(text, spelled) for name, text in _arguments_of(documented).items()}

    def add(command: F) -> F:
        for field in reversed(table):
            if field.name not in {*without, *arguments}:
                command = _option(field, meanings.get(python_name(field.name), ""), prefix)(command)
        return command

    return add


def _option(field: Field, meaning: str, prefix: str) -> Callable[[F], F]:
    if field.kind == "boolean":
        either = f"{flag(field.name, prefix)}/{flag(field.name, 'no-' + prefix)}"
        return click.option(either, keyword(field.name, prefix), default=None, help=meaning)
    if field.kind == "secret":
        meaning = f"{meaning} {CAN_BE_SEEN}".strip()
    metavar = "|".join(field.words) or _METAVARS.get(field.kind, "TEXT")
    return click.option(flag(field.name, prefix), keyword(field.name, prefix), metavar=metavar, help=meaning)


def _arguments_of(documented: object) -> dict[str, str]:
    """What a docstring says of each argument; nothing where Python has dropped them."""
    _, _, section = cleandoc(documented.__doc__ or "").partition("Args:\n")
    section = section.partition("\n\n")[0]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _reworded(text: str, spelled: Mapping[str, str]) -> str:
    """A sentence in which the names of arguments are those of options."""
    return re.sub(r"``(.+?)``", lambda name: spelled.get(name[1], name[1]), text)


def given(
    table: tuple[Field, ...], values: Mapping[str, Any], *, prefix: str = "", spelled: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The fields of a request that were given, by their names in Python.

    Args:
        table: The table.
        values: The values of all options.
        prefix: What the options begin with.
        spelled: Fields that are given in another way than by options, and how they are called.

    Raises:
        CannotRun: if the API would not take them.
    """
    found = {field.name: _value(field, values.get(keyword(field.name, prefix))) for field in table}
    found = {name: value for name, value in found.items() if value is not None}
    wrong = list(faults(table, found, spelled=lambda name: (spelled or {}).get(name) or flag(name, prefix)))
    if wrong:
        raise CannotRun("; ".join(wrong))
    return {python_name(name): value for name, value in found.items()}


def _value(field: Field, text: Any) -> Any:
    """A value as its field has it, or what was given, of which the table then says what is wrong."""
    if field.kind not in {"number", "integer"} or not isinstance(text, str) or not _NUMBER(text):
        return text
    return float(text) if "." in text else int(text)


def count(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A whole number above 0."""
    if text is None:
        return None
    if not re.fullmatch("0*[1-9][0-9]{0,8}", text):
        raise click.BadParameter("it is a whole number above 0")
    return int(text)
