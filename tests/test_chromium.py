"""The browser for the tests is installed if possible. Otherwise one line says how to install it."""

from __future__ import annotations

import platform
import runpy
import shutil
import subprocess
from typing import Any

import pytest

from tests import chromium

DEBIAN = {"ID": "debian"}


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The commands that this machine has. By default the machine runs Debian, the user is root, and only apt-get exists."""
    names = {"apt-get"}
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in names else None)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: DEBIAN)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return names


class TestCommands:
    """The commands that install the browser."""

    def test_debian_as_root(self, found: set[str]) -> None:
        """On Debian, root installs the package without questions."""
        update, install = chromium.commands(DEBIAN, is_root=True)
        assert update == ("apt-get", "-qq", "update")
        assert install == ("apt-get", "-qq", "install", "--yes", "--no-install-recommends", "chromium")

    @pytest.mark.parametrize(
        ("release", "is_root"), [(DEBIAN, False), ({"ID": "ubuntu", "ID_LIKE": "debian"}, True), ({}, True)]
    )
    def test_elsewhere(self, found: set[str], release: dict[str, str], is_root: bool) -> None:  # noqa: FBT001
        """Nothing is installed on other systems. On Debian, nothing is installed if the user is not root."""
        assert chromium.commands(release, is_root=is_root) == ()

    def test_without_apt(self, found: set[str]) -> None:
        """Nothing is installed without apt-get."""
        found.clear()
        assert chromium.commands(DEBIAN, is_root=True) == ()


class TestInstalling:
    """The installation."""

    def test_an_existing_browser_is_used(self, found: set[str]) -> None:
        """If there is already a browser, no command is run."""
        found.add("google-chrome")
        assert chromium.executable() == "/usr/bin/google-chrome"
        assert chromium.install(pytest.fail) == ""

    def test_the_browser_is_installed(self, found: set[str]) -> None:
        """Both commands are run without asking questions. Afterwards the browser exists."""
        ran: list[Any] = []

        def run(command: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[str]:
            assert options["env"]["DEBIAN_FRONTEND"] == "noninteractive"
            ran.append(command)
            found.update({"chromium"} if "install" in command else ())
            return subprocess.CompletedProcess(command, 0)

        assert chromium.install(run) == ""
        assert [command[2] for command in ran] == ["update", "install"]

    def test_a_failure_is_one_line(self, found: set[str]) -> None:
        """If apt-get fails, one line says how to install the browser, and which command failed."""
        message = chromium.install(lambda command, **_: subprocess.CompletedProcess(command, 100))
        assert message == f"{chromium.HOW_TO_INSTALL} (apt-get -qq update failed with exit code 100)"

    def test_a_machine_without_a_network(self, found: set[str]) -> None:
        """If apt-get waits for a network, one line says how to install the browser."""

        def run(command: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[str]:
            raise subprocess.TimeoutExpired(command, options["timeout"])

        message = chromium.install(run)
        assert message == f"{chromium.HOW_TO_INSTALL} (apt-get -qq update took longer than {chromium.SECONDS} s)"

    def test_an_unknown_system(self, found: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """A system without a release file installs nothing."""

        def fail() -> dict[str, str]:
            raise OSError

        monkeypatch.setattr(platform, "freedesktop_os_release", fail)
        assert chromium.install(pytest.fail) == chromium.HOW_TO_INSTALL

    @pytest.mark.parametrize("browser", [{"chromium"}, set[str]()])
    def test_the_command(
        self, found: set[str], browser: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """If there is no browser, the command prints one line. Otherwise it prints nothing."""
        found.update(browser)
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        runpy.run_path(chromium.__file__, run_name="__main__")
        assert capsys.readouterr().err == ("" if browser else f"{chromium.HOW_TO_INSTALL}\n")
