"""Faults that the emulated API shows by rule, so that an application meets them before it meets the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from callcontrol.emulator.scheduler import SECONDS
from callcontrol.operations import ERROR_TYPES, OPERATIONS
from callcontrol.redaction import redacted
from callcontrol.request_fields import Field, refuse_faults

TOKEN: Final = "Token"  # noqa: S105  a name
"""What the exchange of credentials for a token is called among operations."""

NAMES: Final = frozenset({*(operation.name for operation in OPERATIONS), TOKEN})
"""The operations that can fail."""


TIMES: Final = Field("times", "integer", minimum=1)
"""How many requests something happens to."""


@redacted
@dataclass
class Fault:
    """A rule by which requests fail.

    Attributes:
        times: How many of them yet.
        operation: Of which operation; of any if ``None``.
        status: What they are answered; ``None`` if nothing, or what they would be answered anyway.
        cuts: Whether the connection is cut instead.
        retry_after: What they are told in ``Retry-After``: seconds or a date.
        description: What they are told is wrong.
        seconds: How long they wait for that, of real time.
    """

    times: int
    operation: str | None
    status: int | None = None
    cuts: bool = False
    retry_after: str | None = None
    description: str | None = None
    seconds: float = 0

    def __post_init__(self) -> None:
        """Check what was given.

        Raises:
            ValueError: if there is no such operation, the API has no such error, or there is no such number or time.
        """
        refuse_faults((TIMES, SECONDS), {"times": self.times, "seconds": self.seconds})
        if self.operation is not None and self.operation not in NAMES:
            raise ValueError(f"there is no operation {self.operation}; there are {', '.join(sorted(NAMES))}")
        if self.status is not None and self.status not in ERROR_TYPES:
            raise ValueError(f"the API has no error {self.status}; it has {', '.join(map(str, ERROR_TYPES))}")

    def takes(self, operation: str) -> bool:
        """Whether a request of this operation fails by it, which is then one of those."""
        if self.times <= 0 or self.operation not in (None, operation):
            return False
        self.times -= 1
        return True
