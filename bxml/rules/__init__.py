"""What is legal by the schema and wrong all the same: one module for each rule, whose docstring is the rule's page."""

from __future__ import annotations

from typing import Final

from bxml.rule import Rule
from bxml.rules import (
    unknown_voice,
    unreachable_verb,
)

_MODULES: Final[tuple[Rule, ...]] = (
    unknown_voice,
    unreachable_verb,
)

RULES: Final[dict[str, Rule]] = {module.__name__.rpartition(".")[2].replace("_", "-"): module for module in _MODULES}
"""Every rule by its name, which is that of its module."""

OFF_BY_DEFAULT: Final[frozenset[str]] = frozenset()
"""The rules that speak only when they are asked for; each says in its page why."""
