"""Hypothesis strategies for BXML: documents, elements and speech, for property tests of applications.

Names, nesting, ranges, lengths and enumerations are read from the schema. This module needs the extra ``hypothesis``.
"""

from __future__ import annotations

try:
    from bxml.strategies.element_strategies import documents, elements, speech, verbs
    from bxml.strategies.text_strategies import texts
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"bxml.strategies needs {_missing.name}: install bxml-callcontrol[hypothesis]", name=_missing.name
    ) from None

__all__ = ["documents", "elements", "speech", "texts", "verbs"]
