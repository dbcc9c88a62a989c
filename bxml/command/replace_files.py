"""Replacement of a file in one step, so that no other program sees an incomplete file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from secrets import token_hex


def replace_content(path: str, content: bytes) -> None:
    """Write a file; replace an existing file with the same name.

    A symbolic link, hard links, the permissions and the owner are kept.

    Raises:
        OSError: If the file cannot be written. The old file is then unchanged, unless it is written in place.
    """
    path = os.path.realpath(path)
    if is_written_in_place(path):
        with open(path, "wb") as stream:
            stream.write(content)
        return
    exists = os.path.exists(path)
    if exists:
        require_writable(path)
    temporary = os.path.join(os.path.dirname(path), f".bxml-{token_hex(8)}")
    # Unlike a file of the module tempfile, this file has the permissions of a new file.
    with open(temporary, "xb") as new_file:
        try:
            new_file.write(content)
            new_file.close()
            if exists:
                # Imported here because it takes long.
                import shutil

                shutil.copystat(path, temporary)
                keep_owner(path, temporary)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise


def is_written_in_place(path: str) -> bool:
    """Return whether a file cannot be replaced in one step.

    This is true for a pipe or a device, a file with several hard links, and a file in a directory that is not writable.
    """
    path = os.path.realpath(path)
    if not os.path.exists(path):
        return False
    return not os.path.isfile(path) or os.stat(path).st_nlink > 1 or not os.access(os.path.dirname(path), os.W_OK)


def require_writable(path: str) -> None:
    """Raise an error if the user has no permission to change a file; replacing the file could still be possible.

    Raises:
        OSError: If the user may not change the file.
    """
    os.close(os.open(path, os.O_RDWR))


def keep_owner(path: str, new: str) -> None:
    """Give a new file the owner and the group of the file that it replaces, if this process may do so."""
    if sys.platform != "win32":
        status = os.stat(path)
        with suppress(PermissionError):
            os.chown(new, status.st_uid, status.st_gid)
