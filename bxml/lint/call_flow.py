"""The verbs of a document in the order in which a call runs them, and what each does to the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bxml import schema
from bxml.schema import Context, Element, When

if TYPE_CHECKING:
    from bxml.parsing.tree import Node

T = TypeVar("T")

ROOTS: Final = ("Response", "Bxml")
"""Where a rule looks that looks at a document as a whole."""


@dataclass(eq=False, repr=False)
class Flow:
    """A document as a call runs it."""

    root: Node
    context: Context
    line: Callable[[Node], int | None]
    """The line of an element; ``None`` where there are no lines."""

    @cached_property
    def _made(self) -> dict[object, Any]:
        return {}

    def once(self, make: Callable[[Flow], T]) -> T:
        """What a function makes of the document, which it does once for all that ask."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @cached_property
    def verbs(self) -> list[Node]:
        """The verbs, in their order."""
        return list(self.root.children)

    @cached_property
    def reached(self) -> list[Node]:
        """The verbs as far as the first that the call never comes back from."""
        last = next((index for index, verb in enumerate(self.verbs) if never_returns(verb)), len(self.verbs))
        return self.verbs[: last + 1]

    def before(self, verb: Node) -> list[Node]:
        """The verbs that stand before one; none if it is no verb of the document itself."""
        return self.verbs[: self._numbers.get(verb, 0)]

    def reaches(self, verb: Node) -> bool:
        """Whether the call comes to an element as a verb of the document itself."""
        return self._numbers.get(verb, len(self.reached)) < len(self.reached)

    @cached_property
    def _numbers(self) -> dict[Node, int]:
        """How many verbs stand before each."""
        return {verb: number for number, verb in enumerate(self.verbs)}

    def named(self, element: Node) -> str:
        """An element in a sentence that is about another."""
        line = self.line(element)
        return f"<{element.name}>" if line is None else f"<{element.name}> of line {line}"

    @property
    def is_pushed(self) -> bool:
        """Whether the document goes into a live call, rather than answers a request."""
        return self.root.name == "Bxml"


def answers(verb: Node) -> bool:
    """Whether a verb answers an incoming call that is not answered yet."""
    declared = schema.law().elements.get(verb.name)
    return declared is not None and _is_so(declared.behavior.answers, verb, declared)


def never_returns(verb: Node) -> bool:
    """Whether nothing that stands behind a verb is ever run."""
    declared = schema.law().elements.get(verb.name)
    return declared is not None and _is_so(declared.behavior.ends, verb, declared)


def takes_time(verb: Node) -> bool:
    """Whether a verb keeps the call while it runs, as one may that is newer than the schema."""
    declared = schema.law().elements.get(verb.name)
    return declared is None or _is_so(declared.behavior.blocks, verb, declared)


def holds(verb: Node) -> bool:
    """Whether a verb is there to keep the call, as one may be that is newer than the schema."""
    declared = schema.law().elements.get(verb.name)
    return declared is None or _is_so(declared.behavior.holds, verb, declared)


def _is_so(when: When, verb: Node, declared: Element) -> bool:
    if not when.attribute:
        return when.always
    attribute = declared.attributes[when.attribute]
    value = verb.attributes.get(when.attribute, attribute.default)
    return value == "true" if "bool" in attribute.type.lineage else value is not None
