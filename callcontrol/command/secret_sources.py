"""The sources of a client secret or a password: an environment variable, a file descriptor, or the system's keyring."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from bxml.command.cannot_run import CannotRun

LARGEST_DESCRIPTOR: Final = 2**31 - 1
"""The largest number of a file descriptor."""

SERVICE: Final = "callcontrol"
"""Name of the service under which the keyring stores the secrets."""


class SecretSource(Protocol):
    """A source of a secret."""

    description: ClassVar[str]
    """The kind of source, for the list of profiles."""

    def read(self, environ: Mapping[str, str], user: str) -> str:
        """Return the secret.

        Args:
            environ: The environment variables.
            user: The client id or user name that the secret belongs to.

        Raises:
            CannotRun: If there is no secret. The message names the source and the next step.
        """
        ...


@dataclass(frozen=True)
class EnvironmentVariable:
    """An environment variable with a secret.

    Args:
        name: Name of the variable.
        key: The setting that names the variable, for messages.
    """

    name: str
    key: str
    description: ClassVar[str] = "environment variable"

    def read(self, environ: Mapping[str, str], user: str) -> str:  # noqa: ARG002  part of the protocol
        """Return the value of the variable.

        Raises:
            CannotRun: If the variable is not set. The message does not quote the name, which may be a secret in the wrong
                place.
        """
        secret = environ.get(self.name, "").strip()
        if not secret:
            raise CannotRun(f"{self.key} names an environment variable that is not set; set it to the secret")
        return secret


@dataclass(frozen=True)
class FileDescriptor:
    """An open file descriptor from which a secret is read, such as 3 in ``callcontrol --password-fd 3 list 3<secret.txt``.

    Args:
        number: The number of the file descriptor.
        key: The option or setting that has the number, for messages.
    """

    number: int
    key: str
    description: ClassVar[str] = "file descriptor"

    def read(self, environ: Mapping[str, str], user: str) -> str:  # noqa: ARG002  part of the protocol
        """Return the text up to the end of the file, without spaces and line breaks around it.

        Raises:
            CannotRun: If the file descriptor is not open, cannot be read, or has no text.
        """
        subject = f"{self.key}: file descriptor {self.number}"
        open_it = f"in a shell, add {self.number}<FILE"
        try:
            with open(self.number, encoding="utf-8", closefd=False) as file:
                secret = file.read().strip()
        except OSError as error:
            reason = "is not open" if error.errno == errno.EBADF else f"cannot be read: {error.strerror}"
            raise CannotRun(f"{subject} {reason}; {open_it}") from None
        except UnicodeDecodeError:
            raise CannotRun(f"{subject} does not contain UTF-8 text; {open_it}") from None
        if not secret:
            raise CannotRun(f"{subject} contains no secret; {open_it}")
        return secret


@dataclass(frozen=True)
class Keyring:
    """The system's keyring, which is read with the package ``keyring``.

    Args:
        key: The setting that selects the keyring, for messages.
    """

    key: str
    description: ClassVar[str] = "keyring"

    def read(self, environ: Mapping[str, str], user: str) -> str:  # noqa: ARG002  part of the protocol
        """Return the secret that the keyring has for the service ``callcontrol`` and the user.

        Raises:
            CannotRun: If the package is not installed, the keyring cannot be used, or it has no such secret.
        """
        try:
            import keyring
        except ModuleNotFoundError:
            raise CannotRun(
                f"{self.key}: the package keyring is not installed; run pip install 'bxml-callcontrol[keyring]'"
            ) from None
        try:
            secret = keyring.get_password(SERVICE, user)
        except Exception:  # noqa: BLE001  each backend has errors of its own
            raise CannotRun(
                f"{self.key}: the system's keyring cannot be used; unlock it, or name another source of the secret"
            ) from None
        if not secret:
            raise CannotRun(
                f"{self.key}: the keyring has no secret for the user {user}; to store it, run keyring set {SERVICE} {user}"
            )
        return secret
