"""Fault injection: rules that make requests to the emulated API fail, so a test can check how an application reacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from callcontrol.emulator.scheduler import SECONDS
from callcontrol.operation_table import EMULATOR_OPERATIONS, ERROR_TYPES, OPERATIONS
from callcontrol.redacted_url_repr import redacted
from callcontrol.request_fields import Field, refuse_faults

TOKEN: Final = "Token"  # noqa: S105  a name, not a secret
"""The operation name of a token request, which exchanges credentials for a token."""

NAMES: Final = frozenset({*(operation.name for operation in (*OPERATIONS, *EMULATOR_OPERATIONS)), TOKEN})
"""The names of the operations that can fail."""

TIMES: Final = Field("times", "integer", minimum=1)
"""The argument that sets the number of requests that a rule applies to."""


@redacted
@dataclass
class Fault:
    """A rule that makes requests fail or delays them.

    Attributes:
        times: Number of requests that the rule still applies to.
        operation: Name of the operation that the rule applies to; ``None`` for any operation.
        status: Status of the error response; ``None`` if the rule sends no error response.
        cuts: Whether the connection is closed without a response.
        retry_after: Value of the header ``Retry-After``: seconds or a date.
        description: Description in the error response; ``None`` for the description of the API.
        seconds: Seconds of real time before the request is processed.
    """

    times: int
    operation: str | None
    status: int | None = None
    cuts: bool = False
    retry_after: str | None = None
    description: str | None = None
    seconds: float = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: If the operation does not exist, the API has no error with this status, or a number is out of range.
        """
        refuse_faults((TIMES, SECONDS), {"times": self.times, "seconds": self.seconds})
        if self.operation is not None and self.operation not in NAMES:
            raise ValueError(f"{self.operation!r} is not an operation; expected one of {', '.join(sorted(NAMES))}")
        if self.status is not None and self.status not in ERROR_TYPES:
            known = ", ".join(map(str, ERROR_TYPES))
            raise ValueError(f"{self.status} is not an error status of the API; expected one of {known}")

    def as_json(self) -> dict[str, Any]:
        """Return the fault with the same fields as in the control API's request that creates it."""
        effect = {"cut": True} if self.cuts else {"delay": self.seconds} if self.status is None else {"status": self.status}
        more = {"operation": self.operation, "retryAfter": self.retry_after, "description": self.description}
        return {**effect, "times": self.times, **{name: value for name, value in more.items() if value is not None}}

    def applies_to(self, operation: str) -> bool:
        """Return whether the rule applies to a request of this operation, and if so, count the request."""
        if self.times <= 0 or self.operation not in (None, operation):
            return False
        self.times -= 1
        return True
