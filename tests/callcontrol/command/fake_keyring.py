"""A keyring for tests. Its secrets come from an environment variable, so that a subprocess can use the keyring too."""

from __future__ import annotations

import json
import os
from typing import Final

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

SECRETS: Final = "FAKE_KEYRING"
"""Environment variable for a JSON object, which maps ``service/user`` to a secret. Without it, the keyring is locked."""


class FakeKeyring(KeyringBackend):
    """A keyring that is used only if a test selects it."""

    priority = -1.0

    def get_password(self, service: str, username: str) -> str | None:
        if SECRETS not in os.environ:
            raise KeyringLocked("the words of the keyring library")
        secret: str | None = json.loads(os.environ[SECRETS]).get(f"{service}/{username}")
        return secret

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store nothing; the base class requires this method."""
