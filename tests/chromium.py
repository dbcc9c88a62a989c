"""Chromium for the tests of web pages: where it is, and how to install it.

``python -m tests.chromium`` installs Debian's package if the command runs as root on Debian; otherwise it prints how to install
it. Without a browser, the tests of web pages are skipped.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
"""The names of the browser's executable."""

HOW_TO_INSTALL: Final = "no Chromium on the PATH; to test web pages too, run apt-get install chromium as root"
"""The reason for a skipped test."""

PACKAGE: Final = "chromium"
"""The name of Debian's package. In Ubuntu, the package with this name only installs a snap."""

ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
"""Arguments that let Chromium run as root and without a network."""

SECONDS: Final = 90
"""Maximum duration of each command, for machines without a network."""

Run = Callable[..., subprocess.CompletedProcess[str]]


def executable() -> str | None:
    """Return the path of the browser, or ``None`` if no browser is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def commands(names: Mapping[str, str], *, is_root: bool) -> Sequence[Sequence[str]]:
    """Return the commands that install the browser, or an empty tuple if this machine cannot install it.

    Args:
        names: The release of the operating system, as ``platform.freedesktop_os_release`` returns it.
        is_root: Whether the commands would run as root.
    """
    if not is_root or names.get("ID") != "debian" or shutil.which("apt-get") is None:
        return ()
    return (("apt-get", "-qq", "update"), ("apt-get", "-qq", "install", "--yes", "--no-install-recommends", PACKAGE))


def install(run: Run = subprocess.run) -> str:
    """Install the browser if possible, and return a message. If a browser exists, the message is empty.

    Args:
        run: Function that runs a command.
    """
    if executable() is not None:
        return ""
    try:
        names = platform.freedesktop_os_release()
    except OSError:
        names = {}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in commands(names, is_root=hasattr(os, "geteuid") and os.geteuid() == 0):
        try:
            ran = run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"{HOW_TO_INSTALL} ({' '.join(command)} took longer than {SECONDS} s)"
        if ran.returncode:
            return f"{HOW_TO_INSTALL} ({' '.join(command)} failed with exit code {ran.returncode})"
    return "" if executable() is not None else HOW_TO_INSTALL


def main() -> None:
    """Install the browser, or print the instructions.

    The exit code is always 0, because the tests can run without a browser.
    """
    message = install()
    if message:
        sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    main()
