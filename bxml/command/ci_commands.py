"""Commands that a CI system executes if they appear in a log."""

from __future__ import annotations

import re
from typing import Final

# Azure Pipelines has ##[…] and ##vso[…], TeamCity has ##teamcity[…].
_COMMAND: Final = re.compile(r"##(?=\w*\[)")
_LINE_END: Final = re.compile(r"[\r\n]")


def without_commands(text: str) -> str:
    """Return a string without CI commands: some CI systems execute ``##[…]`` and ``##vso[…]`` anywhere in a log."""
    return _COMMAND.sub("#\N{ZERO WIDTH SPACE}#", text)


def has_command(line: str) -> bool:
    """Return whether a CI system would execute a command in a line of a log.

    On GitHub Actions, a carriage return also ends a line, and white space before the ``::`` of a command is ignored.
    """
    return without_commands(line) != line or any(part.lstrip().startswith("::") for part in _LINE_END.split(line))
