"""The configuration file of the command, with named accounts: ``config.toml`` in the user's configuration directory.

::

    default-profile = "production"

    [profiles.production]
    account-id = "9900123"
    client-id = "client-7"
    client-secret-keyring = true

    [profiles.staging]
    account-id = "9900124"
    base-url = "https://test.voice.bandwidth.com"
    timeout = 5
    username = "user-7"
    password-env = "STAGING_PASSWORD"

The file contains the source of each secret, but not the secret itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from bxml.command.cannot_run import CannotRun
from bxml.messages.text import did_you_mean, escape_unprintable, join_names, quote, shorten
from callcontrol import operation_table
from callcontrol.command.secret_sources import LARGEST_DESCRIPTOR, EnvironmentVariable, FileDescriptor, Keyring, SecretSource
from callcontrol.errors import InvalidRequest
from callcontrol.request_arguments import LONGEST_TIMEOUT, checked_base_url

CONFIG: Final = "CALLCONTROL_CONFIG"
"""Environment variable for the path of the configuration file."""

FILE: Final = "config.toml"
"""Name of the configuration file in the user's configuration directory."""

DEFAULT: Final = "default-profile"
"""The setting that names the profile for commands without ``--profile``."""


@dataclass(frozen=True)
class Profile:
    """A named account.

    Args:
        name: The name.
        values: Values of the settings; the keys are ``account_id``, ``base_url``, ``client_id``, ``user`` and ``timeout``.
        secret: Source of the client secret, or of the password; ``None`` if the profile names no source.
    """

    name: str
    values: Mapping[str, Any]
    secret: SecretSource | None = None


@dataclass(frozen=True)
class ProfileFile:
    """The content of a configuration file.

    Args:
        path: Path of the file.
        exists: True if the file exists.
        profiles: The profiles, by name.
        default: Name of the default profile; ``None`` if the file names no default profile.
    """

    path: str
    exists: bool = True
    profiles: Mapping[str, Profile] = field(default_factory=dict[str, Profile])
    default: str | None = None

    def profile(self, name: str, source: str) -> Profile:
        """Return a profile by its name.

        Args:
            name: The name.
            source: The option, variable or setting that the name comes from, for messages.

        Raises:
            CannotRun: If the file has no such profile.
        """
        if name in self.profiles:
            return self.profiles[name]
        if not self.exists:
            next_step = f"; the file does not exist; create it with a table [profiles.{escape_unprintable(name)}]"
        elif not self.profiles:
            next_step = f"; the file has no profiles; add a table [profiles.{escape_unprintable(name)}]"
        else:
            names = map(escape_unprintable, self.profiles)
            next_step = did_you_mean(name, self.profiles) or f"; expected {join_names(names, 'or')}"
        raise CannotRun(f"{source}: {quote(name)} is not a profile in {self.path}{next_step}")


def read(environ: Mapping[str, str]) -> ProfileFile:
    """Return the content of the configuration file. Without a file, return no profiles.

    Args:
        environ: The environment variables; ``CALLCONTROL_CONFIG`` names another file, which must exist.

    Raises:
        CannotRun: If the file cannot be read, or its content is invalid.
    """
    path = environ.get(CONFIG) or _default_path()
    try:
        # Editors on Windows write a byte order mark, which is not part of TOML.
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except FileNotFoundError:
        if environ.get(CONFIG):
            raise CannotRun(f"{path}: no such file; create it, or correct {CONFIG}") from None
        return ProfileFile(path, exists=False)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotRun(f"{path}: not valid UTF-8; save the file as UTF-8") from None
    return _content(path, text)


def _default_path() -> str:
    from platformdirs import user_config_dir

    return os.path.join(user_config_dir("callcontrol", appauthor=False), FILE)


def _content(path: str, text: str) -> ProfileFile:
    import tomllib

    try:
        whole: dict[str, object] = tomllib.loads(text)
    # tomllib also raises a plain ValueError for a huge number and RecursionError for deep nesting.
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise CannotRun(f"{path}:{line[1] if line else text.count(chr(10)) + 1}: not valid TOML") from None
    try:
        return _profile_file(path, whole)
    except _InvalidSetting as error:
        raise CannotRun(f"{path}: {error}") from None


class _InvalidSetting(Exception):
    """A key or a value is invalid; the message begins with the key."""


def _profile_file(path: str, whole: Mapping[str, object]) -> ProfileFile:
    _check_keys(whole, (DEFAULT, "profiles"), "")
    tables = _table("profiles", whole.get("profiles", {}))
    profiles = {name: _profile(name, _table(f"profiles.{shorten(name)}", table)) for name, table in tables.items()}
    file = ProfileFile(path, profiles=profiles)
    if DEFAULT not in whole:
        return file
    name = _string(whole[DEFAULT], DEFAULT)
    return ProfileFile(path, profiles=profiles, default=file.profile(name, DEFAULT).name)


def _table(key: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _InvalidSetting(f"{key}: expected a table [{key}], got a value")
    return cast("dict[str, object]", value)


def _check_keys(table: Mapping[str, object], known: tuple[str, ...], prefix: str) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known) or f"; expected {join_names(known, 'or')}"
            raise _InvalidSetting(f"{prefix}{shorten(key)} is not a setting{hint}")


# One profile


def _profile(name: str, table: Mapping[str, object]) -> Profile:
    prefix = f"profiles.{shorten(name)}."
    _reject_clear_secrets(table, prefix)
    _check_keys(table, (*_SETTINGS, *_SOURCES), prefix)
    if "client-id" in table and "username" in table:
        raise _InvalidSetting(f"{prefix}client-id and {prefix}username cannot be combined; remove one of them")
    values = {keyword: read_value(table[key], prefix + key) for key, (keyword, read_value) in _SETTINGS.items() if key in table}
    return Profile(name, values, _secret_source(table, prefix))


def _reject_clear_secrets(table: Mapping[str, object], prefix: str) -> None:
    """Reject keys that contain a secret in clear text. The message does not quote the secret."""
    for key in table:
        secret = key.lower().replace("_", "-")
        if secret in _ID_OF_SECRET:
            raise _InvalidSetting(
                f"{prefix}{shorten(key)}: a secret in clear text is not allowed in this file; "
                f"remove it, and name its source with {secret}-keyring, {secret}-env or {secret}-fd"
            )


def _secret_source(table: Mapping[str, object], prefix: str) -> SecretSource | None:
    given = [key for key in _SOURCES if key in table]
    if not given:
        return None
    if len(given) > 1:
        raise _InvalidSetting(f"{join_names(prefix + key for key in given)} cannot be combined; a secret has one source")
    (key,) = given
    id_key = _ID_OF_SECRET[key.rpartition("-")[0]]
    if id_key not in table:
        raise _InvalidSetting(f"{prefix}{key} requires {prefix}{id_key}")
    return _SOURCES[key](table[key], prefix + key)


def _string(value: object, key: str) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    # A number is a frequent mistake, because ids look like numbers.
    fix = f'; write {key.rpartition(".")[2]} = "{value}"' if isinstance(value, int) and not isinstance(value, bool) else ""
    raise _InvalidSetting(f"{key}: expected a non-empty string, got {quote(value)}{fix}")


def _account_id(value: object, key: str) -> str:
    text = _string(value, key)
    if not re.fullmatch(operation_table.ID, text):
        raise _InvalidSetting(f"{key}: {quote(text)} is not an id; expected letters, digits, - and _")
    return text


def _base_url(value: object, key: str) -> str:
    text = _string(value, key)
    try:
        return checked_base_url(text)
    except InvalidRequest as error:
        raise _InvalidSetting(f"{key} {str(error).removeprefix('base_url ')}") from None


def _timeout(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_TIMEOUT:
        raise _InvalidSetting(f"{key}: {quote(value)} is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}")
    return value


# The messages about a source quote no value, because the value may be a secret in the wrong place.


def _environment_variable(value: object, key: str) -> SecretSource:
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", value):
        raise _InvalidSetting(f"{key}: expected the name of an environment variable, such as PRODUCTION_SECRET")
    return EnvironmentVariable(value, key)


def _file_descriptor(value: object, key: str) -> SecretSource:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_DESCRIPTOR:
        raise _InvalidSetting(f"{key}: expected the number of a file descriptor, such as 3")
    return FileDescriptor(value, key)


def _keyring(value: object, key: str) -> SecretSource:
    if value is not True:
        raise _InvalidSetting(f"{key}: expected true; without this setting, the keyring is not used")
    return Keyring(key)


_SETTINGS: Final[Mapping[str, tuple[str, Callable[[object, str], Any]]]] = {
    "account-id": ("account_id", _account_id),
    "base-url": ("base_url", _base_url),
    "client-id": ("client_id", _string),
    "username": ("user", _string),
    "timeout": ("timeout", _timeout),
}
"""For each setting of a profile: its key in :attr:`Profile.values`, and the function that checks its value."""

_ID_OF_SECRET: Final = {"client-secret": "client-id", "password": "username"}
"""For each secret: the setting with the id that it belongs to."""

_SOURCES: Final[Mapping[str, Callable[[object, str], SecretSource]]] = {
    f"{secret}-{kind}": read_source
    for secret in _ID_OF_SECRET
    for kind, read_source in (("keyring", _keyring), ("env", _environment_variable), ("fd", _file_descriptor))
}
"""For each setting that names the source of a secret: the function that reads its value."""
