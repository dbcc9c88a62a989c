"""Fixes of files: the options ``--fix`` and ``--diff`` of ``bxml validate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from bxml import schema
from bxml.problem import Problem

MAX_ROUNDS: Final = 10
"""Maximum number of times that a document is fixed and checked again. A fix can make another one possible."""


def fixed(data: bytes, problems: Sequence[Problem], check: Callable[[bytes], Sequence[Problem]]) -> tuple[bytes, int]:
    """Apply all certain fixes of a document, also those that become possible by other fixes.

    Args:
        data: The document.
        problems: The problems of the document.
        check: Function that returns the problems of a changed document.

    Returns:
        The fixed document, and the number of fixes. Without a fix, the document is returned unchanged.
    """
    from bxml.lint.apply_fixes import applied

    count = 0
    for _ in range(MAX_ROUNDS):
        fixes = [problem.fix for problem in problems if problem.fix]
        # Problems have fixes only if the document is valid UTF-8.
        text, number = applied(data.decode(), fixes) if fixes else ("", 0)
        changed = text.encode()
        if not number or len(changed) > schema.maximum_bytes():
            break
        data, count = changed, count + number
        problems = check(data)
    return data, count


def replace_file(path: str, old: bytes, new: bytes) -> None:
    """Replace the content of a file.

    The file is replaced in one step, so that it is never incomplete; a symbolic link and the permissions are kept.

    Raises:
        OSError: If the file cannot be written, or no longer has the old content.
    """
    import shutil
    from tempfile import NamedTemporaryFile

    path = os.path.realpath(path)
    # Also raises if the user may replace, but not change the file.
    with open(path, "r+b") as file:
        if file.read() != old:
            raise OSError(0, "changed while it was being fixed; run the command again")
    with NamedTemporaryFile(dir=os.path.dirname(path), prefix=".bxml-", delete=False) as new_file:
        try:
            new_file.write(new)
            new_file.close()
            shutil.copystat(path, new_file.name)
            keep_owner(path, new_file.name)
            os.replace(new_file.name, path)
        except OSError:
            os.unlink(new_file.name)
            raise


def keep_owner(path: str, new: str) -> None:
    """Give a new file the owner and the group of the file that it replaces, if this process may do so."""
    from contextlib import suppress

    if sys.platform != "win32":
        status = os.stat(path)
        with suppress(PermissionError):
            os.chown(new, status.st_uid, status.st_gid)
