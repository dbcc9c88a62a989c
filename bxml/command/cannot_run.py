"""The error that ends a command before it has done its work."""

from __future__ import annotations


class CannotRun(Exception):
    """The command cannot do what was asked; the message is one line for the user."""
