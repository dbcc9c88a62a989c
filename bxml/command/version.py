"""The version of the package."""

from __future__ import annotations


def version() -> str:
    """The version that is installed."""
    from importlib.metadata import version as installed  # only here, for its import takes as long as a hundred files

    return installed("bxml-callcontrol")
