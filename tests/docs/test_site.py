"""The documentation site builds without warnings or network access, and its generated parts are complete."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from html import unescape
from importlib import import_module
from inspect import isclass, ismodule
from pathlib import Path
from typing import Final

import click
import pytest

import bxml.command
import callcontrol.command
from bxml.lint.rule_registry import entries
from bxml.messages import foreign_names
from callcontrol.command.exit_codes import CODES
from callcontrol.emulator import Assumptions
from callcontrol.emulator.control_api import ROUTES

ROOT: Final = Path(__file__).parents[2]

MODULES: Final = {
    "bxml": "bxml",
    "bxml.ssml": "ssml",
    "bxml.strategies": "bxml-strategies",
    "callcontrol": "callcontrol",
    "callcontrol.events": "events",
    "callcontrol.webhooks": "webhooks",
    "callcontrol.celery": "celery",
    "callcontrol.shared_rate": "shared-rate",
    "callcontrol.emulator": "emulator",
    "callcontrol.strategies": "callcontrol-strategies",
}
"""The public modules, each with the name of its page."""


def missing_names(site: Path) -> Iterator[str]:
    """Yield each public name without an entry in the API reference."""
    for module_name, page in MODULES.items():
        module = import_module(module_name)
        names = getattr(module, "__all__", None) or [
            name for name, value in vars(module).items() if isclass(value) and value.__module__ == module_name
        ]
        html = (site / "api" / f"{page}.html").read_text(encoding="utf-8")
        names = [name for name in names if not name.startswith("_") and not ismodule(getattr(module, name))]
        yield from (f"{module_name}.{name}" for name in names if f'id="{module_name}.{name}"' not in html)


def missing_rules(site: Path) -> Iterator[str]:
    """Yield each rule without a section."""
    html = (site / "rules.html").read_text(encoding="utf-8")
    yield from (name for name in entries() if f'id="{name}"' not in html or f'href="#{name}"' not in html)


def missing_examples(site: Path) -> Iterator[str]:
    """For each rule, yield the lines of its example that are missing or changed in its section."""
    text = _text(site / "rules.html")
    lines = (line.strip() for entry in entries().values() for line in re.findall(r"^ {4}(.+)$", entry.page, re.MULTILINE))
    yield from (line for line in lines if line.isprintable() and line not in text)  # HTML has no control characters


def missing_options(site: Path) -> Iterator[str]:
    """Yield each command and option without an entry in the command reference."""
    text = _text(site / "commands.html")
    for group in (bxml.command.bxml, callcontrol.command.callcontrol):
        for command in (group, *group.commands.values()):
            options = [each for each in command.params if isinstance(each, click.Option)]
            yield from (f"{command.name} {option.opts[-1]}" for option in options if option.opts[-1] not in text)


def missing_exit_codes(site: Path) -> Iterator[str]:
    """Yield the meaning of each exit code that is missing from the table of exit codes."""
    text = _text(site / "interrupting.html")
    yield from (meaning for meaning in CODES.values() if meaning not in text)


def missing_foreign_names(site: Path) -> Iterator[str]:
    """Yield each foreign name (from TwiML, the first generation or an SDK) that is missing from the tables."""
    twilio, sdk = _text(site / "from-twilio.html"), _text(site / "from-bandwidth-sdk.html")
    yield from (name for name in foreign_names.ELEMENTS if f"<{name.rpartition('/')[2]}>" not in twilio)
    attributes = [*foreign_names.TWIML_ATTRIBUTES.items(), *foreign_names.TWIML_ATTRIBUTES_WITHOUT_COUNTERPART.items()]
    yield from (f"{element}/@{name}" for element, names in attributes for name in names if name not in twilio)
    yield from (
        place for place in (*foreign_names.SDK_ATTRIBUTES, *foreign_names.FIRST_GENERATION_ATTRIBUTES) if place not in sdk
    )


def missing_assumptions(site: Path) -> Iterator[str]:
    """Yield each assumption and control request that is missing from the emulator's page."""
    text = _text(site / "emulator.html")
    yield from (each.name for each in fields(Assumptions) if each.name not in text or f"{each.default:,}" not in text)
    yield from (str(route) for route in ROUTES if str(route) not in text)


def loaded_from_other_hosts(site: Path) -> Iterator[str]:
    """Yield each script, style sheet and image that a page loads over the network."""
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*\ssrc="([^"]+)"|<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', html)
        yield from (address for pair in loaded for address in pair if address.startswith(("http:", "https:", "//")))


def _text(page: Path) -> str:
    """Return the text of a page, without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_site_builds_without_warnings_and_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sphinx prints no warnings, every generated part is complete, and pages load nothing from other hosts."""
    for name in ("http_proxy", "https_proxy"):  # nothing listens on this port, so every download fails
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site = tmp_path / "site"
    options = ["-b", "html", "-W", "--keep-going", "-n", "-q", "-d", str(tmp_path / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(site)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    checks = (
        missing_names,
        missing_rules,
        missing_examples,
        missing_options,
        missing_exit_codes,
        missing_foreign_names,
        missing_assumptions,
        loaded_from_other_hosts,
    )
    assert {check.__name__: list(check(site)) for check in checks} == {check.__name__: [] for check in checks}
