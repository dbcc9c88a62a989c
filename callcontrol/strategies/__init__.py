"""Hypothesis strategies for webhooks: events that the platform sends, and responses of applications.

Strategies for BXML are in :mod:`bxml.strategies`. This module needs the extra ``hypothesis``.
"""

from __future__ import annotations

try:
    from callcontrol.strategies.event_strategies import event_bodies, events
    from callcontrol.strategies.webhook_response_strategies import ResponseKind, responses
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"callcontrol.strategies needs {_missing.name}: install bxml-callcontrol[hypothesis]", name=_missing.name
    ) from None

__all__ = ["ResponseKind", "event_bodies", "events", "responses"]
