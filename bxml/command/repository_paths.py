"""Paths of files as reports for code hosting platforms need them: normalized, and relative to the root of the repository."""

from __future__ import annotations

import os
from typing import Final

ROOT_VARIABLES: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""The environment variables in which GitHub Actions and GitLab pass the root of the repository to a job."""


def repository_root() -> str:
    """Return the root of the repository that contains the current directory.

    The variables in :data:`ROOT_VARIABLES` name the root on CI systems. A variable is used only if its directory contains the
    current directory. Without such a variable, the root is the nearest directory with ``.git``. Without ``.git``, it is the
    current directory.
    """
    current = os.getcwd()
    for root in filter(None, map(os.environ.get, ROOT_VARIABLES)):
        if _contains(root, current):
            return root
    directory = current
    # .git is a file in a worktree and in a submodule.
    while not os.path.exists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return current
        directory = parent
    return directory


def repository_path(name: str, root: str) -> str:
    """Return a path without ``.`` and ``..``, and with slashes: relative to the root for a path below the root, else absolute.

    Args:
        name: The path, relative to the current directory or absolute.
        root: The root of the repository, as :func:`repository_root` returns it.
    """
    path = os.path.abspath(name)
    return (os.path.relpath(path, root) if _contains(root, path) else path).replace(os.sep, "/")


def _contains(directory: str, path: str) -> bool:
    return os.path.join(path, "").startswith(os.path.join(os.path.abspath(directory), ""))
