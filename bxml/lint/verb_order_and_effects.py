"""The verbs of a document in the order in which a call runs them, and the effect of each verb on the call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from bxml import schema
from bxml.schema import Context, Element, When

if TYPE_CHECKING:
    from bxml.lint.unknown_parts import Reads
    from bxml.parsing.tree import Instruction, Node

T = TypeVar("T")

ROOTS: Final = ("Response", "Bxml")
"""The root elements, which are the targets of rules about a whole document."""


class UnknownOrder(Exception):
    """The order of the verbs is unknown, so a rule that depends on the order cannot be checked."""


@dataclass(eq=False, repr=False)
class Flow:
    """The verbs of a document in the order in which a call runs them.

    Args:
        root: The root element of the document.
        context: The context in which the document is run.
        line: Function that returns the line of an element, counted from 1, or ``None`` if the document has no source text.
    """

    root: Node
    context: Context
    line: Callable[[Node], int | None]
    pushed: bool = False
    """True if the document is pushed into a live call or conference, whatever its root."""
    instructions: Sequence[Instruction] = ()
    """The processing instructions of the document."""
    source: str | None = None
    """The source text of the document; ``None`` if it is unknown."""
    is_order_known: bool = True
    """False if the document is a template whose conditions or loops decide which verbs run."""
    reads: Reads | None = None
    """The record of whether unknown parts have been read; ``None`` for a document that is not a template."""

    @cached_property
    def _results(self) -> dict[object, tuple[Any, bool]]:
        return {}

    def cached(self, compute: Callable[[Flow], T]) -> T:
        """Return the result of a function for this document, computed once for all rules."""
        if self.reads is None:
            if compute not in self._results:
                self._results[compute] = compute(self), False
            return cast("T", self._results[compute][0])
        read_before = self.reads.has_unknown
        if compute not in self._results:
            self.reads.has_unknown = False
            result = compute(self)
            self._results[compute] = result, self.reads.has_unknown
        # Each rule that uses the result depends on the unknown parts that were read to compute it.
        result, has_unknown = self._results[compute]
        self.reads.has_unknown = read_before or has_unknown
        return cast("T", result)

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """Yield parts of the document that a rule checks independently of each other.

        A problem of one part then does not depend on unknown values that a rule has read for another part.
        """
        for item in items:
            if self.reads:
                self.reads.has_unknown = False
            yield item

    @cached_property
    def verbs(self) -> list[Node]:
        """The verbs in document order.

        Raises:
            UnknownOrder: If the order of the verbs is unknown.
        """
        if not self.is_order_known:
            raise UnknownOrder
        return list(self.root.children)

    @property
    def reached(self) -> list[Node]:
        """The verbs up to and including the first verb that ends the document."""
        return self.cached(_reached)

    def before(self, verb: Node) -> list[Node]:
        """Return the verbs before a verb; return an empty list if the element is not a child of the root."""
        return self.verbs[: self._indexes.get(verb, 0)]

    def reaches(self, verb: Node) -> bool:
        """Return whether an element is a child of the root that the call reaches."""
        return self._indexes.get(verb, len(self.reached)) < len(self.reached)

    @cached_property
    def _indexes(self) -> dict[Node, int]:
        return {verb: index for index, verb in enumerate(self.verbs)}

    def describe(self, element: Node) -> str:
        """Return the name of an element with its line, for the message about another element."""
        line = self.line(element)
        return f"<{element.name}>" if line is None else f"<{element.name}> on line {line}"

    @property
    def is_pushed(self) -> bool:
        """True if the document is pushed into a live call and is not the response to a request."""
        return self.pushed or self.root.name == "Bxml"


def _reached(flow: Flow) -> list[Node]:
    last = next((index for index, verb in enumerate(flow.verbs) if never_returns(verb)), len(flow.verbs))
    return flow.verbs[: last + 1]


def answers(verb: Node) -> bool:
    """Return whether a verb answers an incoming call that is not answered yet."""
    declared = schema.vocabulary().elements.get(verb.name)
    # Here and in never_returns, the result is false for a verb newer than the schema, because faults must be certain.
    return declared is not None and _applies(declared.behavior.answers, verb, declared)


def never_returns(verb: Node) -> bool:
    """Return whether the verbs after a verb are never run."""
    declared = schema.vocabulary().elements.get(verb.name)
    return declared is not None and _applies(declared.behavior.ends, verb, declared)


def takes_time(verb: Node) -> bool:
    """Return whether the call waits until a verb has finished.

    The result is true for a verb that is newer than the schema, because such a verb may take time.
    """
    declared = schema.vocabulary().elements.get(verb.name)
    return declared is None or _applies(declared.behavior.blocks, verb, declared)


def holds(verb: Node) -> bool:
    """Return whether a verb is intended to keep the call connected.

    The result is true for a verb that is newer than the schema, because its intention is unknown.
    """
    declared = schema.vocabulary().elements.get(verb.name)
    return declared is None or _applies(declared.behavior.holds, verb, declared)


def _applies(when: When, verb: Node, declared: Element) -> bool:
    """Return whether a verb meets a condition: a boolean attribute must be true, any other attribute must have a value."""
    if not when.attribute:
        return when.always
    attribute = declared.attributes[when.attribute]
    value = verb.attributes.get(when.attribute, attribute.default)
    return value == "true" if "bool" in attribute.type.lineage else value is not None
