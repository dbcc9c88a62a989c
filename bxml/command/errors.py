"""Why the command could not run."""

from __future__ import annotations


class CannotRun(Exception):
    """What was asked for cannot be done; the text is a sentence for whoever asked."""
