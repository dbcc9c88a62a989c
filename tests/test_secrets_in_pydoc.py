"""Documentation that Python generates from the packages shows no secret of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

PLANTED: Final = "planted-0a1b2c"

SHOW: Final = """
import importlib, inspect, pkgutil, pydoc, sys

def callables(holder):
    for value in vars(holder).values():
        value = getattr(value, "__func__", getattr(value, "fget", value))
        if inspect.isfunction(value) or inspect.isclass(value):
            yield value
        if inspect.isclass(value) and value.__module__ == holder.__name__:
            yield from callables(value)

for package in map(importlib.import_module, ("bxml", "callcontrol")):
    for name in (package.__name__, *(found.name for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."))):
        module = importlib.import_module(name)
        print("module", name)
        print(pydoc.render_doc(module, renderer=pydoc.plaintext))
        for value in callables(module):
            try:
                print(f"signature {name} {value.__qualname__}{inspect.signature(value)}")
            except (TypeError, ValueError):
                pass
"""
"""A program that prints the documentation of every module, and the signature of every public or private function and class."""


@pytest.fixture(scope="module")
def shown() -> str:
    """The documentation of both packages, from a process with secrets in its environment."""
    secrets = dict.fromkeys(("BW_CLIENT_ID", "BW_CLIENT_SECRET", "BW_USERNAME", "BW_PASSWORD", "OTHER_SECRET"), PLANTED)
    command = [sys.executable, "-W", "error", "-c", SHOW]
    done = subprocess.run(command, env={**os.environ, **secrets}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_does_not_show_the_environment(shown: str) -> None:
    """Neither ``pydoc`` nor a signature shows an environment variable, for example as a default value."""
    assert [line[:200] for line in shown.splitlines() if PLANTED in line] == []
    assert "environ({" not in shown


def test_the_search_covers_everything(shown: str) -> None:
    """The output has modules, classes, methods and functions of both packages."""
    for part in (
        "module bxml.xml_text",
        "module callcontrol.client",
        "signature callcontrol.client Client.from_env(",
        "gather_url",
    ):
        assert part in shown
