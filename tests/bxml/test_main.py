"""``python -m bxml`` and ``python -m callcontrol`` run the commands."""

from __future__ import annotations

import gc
import runpy
import sys
from collections.abc import Iterator

import pytest

from bxml import __version__
from bxml.__main__ import main


@pytest.fixture(autouse=True)
def unfreeze() -> Iterator[None]:
    """Let the garbage collection of the other tests search all objects again."""
    yield
    gc.unfreeze()


@pytest.mark.parametrize("package", ["bxml", "callcontrol"])
def test_python_m_runs_the_command(package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The module ``__main__`` of a package is the command of the same name."""
    monkeypatch.setattr(sys, "argv", ["__main__.py", "--version"])
    monkeypatch.delitem(sys.modules, f"{package}.__main__", raising=False)
    runpy.run_module(package, run_name="__main__")
    assert capsys.readouterr().out == f"{package} {__version__}\n"


def test_garbage_collection_runs_while_the_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage collection is off only during the imports: a run of 20,000 files must not keep its garbage."""
    was_on: list[bool] = []
    monkeypatch.setattr("bxml.command.main", lambda: was_on.append(gc.isenabled()))
    main()
    assert was_on == [True]
    assert gc.get_freeze_count()
