"""Files as people have them: a file dropped into ``cases`` is a test.

``cases/valid/*.bxml`` are silent. ``cases/invalid/CONTEXT/*.bxml`` are answered with what stands beside them in a file that
ends in ``.out``; those in ``cases/invalid/all`` are checked by all rules, also by those that are off by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bxml.command import main
from bxml.lint import registry

CASES = Path(__file__).parent / "cases"
VALID = sorted(CASES.glob("valid/*.bxml"))
INVALID = sorted(CASES.glob("invalid/*/*.bxml"))

UNSEEN = {"against-schema", "unchecked-attribute", "document-size", "nesting-depth"}
"""Rules that no file breaks, or only one too large to be read by people."""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def report(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code of the command, and what it says of a file."""
    folder = path.parent.name
    options = {"valid": [], "all": ["--select", "all"]}.get(folder, ["--context", folder])
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", path.relative_to(CASES).as_posix(), *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert isinstance(end.value.code, int)
    return end.value.code, capsys.readouterr().out


def name_of(path: Path) -> str:
    """The file without what all have."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_valid(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of what is right."""
    assert report(path, capsys, monkeypatch) == (0, "no problems in 1 file\n")


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_invalid(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is said as it is written down."""
    expected = path.with_suffix(".out")
    code, out = report(path, capsys, monkeypatch)
    assert code == 1
    assert expected.exists(), f"write {expected.name}:\n{out}"
    assert out == expected.read_text(encoding="utf-8")


def test_every_rule_has_a_case() -> None:
    """No rule is without a file that breaks it."""
    seen = "".join(path.with_suffix(".out").read_text(encoding="utf-8") for path in INVALID)
    assert {name for name in registry.entries() if f"[{name}]" not in seen} == UNSEEN


def test_nothing_is_left_behind() -> None:
    """Each expected output belongs to a file."""
    assert {path.with_suffix(".bxml") for path in CASES.rglob("*.out")} == set(INVALID)
