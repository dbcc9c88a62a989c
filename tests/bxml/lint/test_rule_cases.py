"""The files in ``cases``, each of which is a test case for ``bxml validate``.

``cases/valid/*.bxml`` have no problems. For ``cases/invalid/CONTEXT/*.bxml`` the expected output is in the file with the suffix
``.out``. The files in ``cases/invalid/all`` are checked by all rules, including those that are off by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bxml.command import main
from bxml.lint import rule_registry

CASES = Path(__file__).parent / "cases"
VALID = sorted(CASES.glob("valid/*.bxml"))
INVALID = sorted(CASES.glob("invalid/*/*.bxml"))

WITHOUT_CASE = {"against-schema", "unchecked-attribute", "document-size", "nesting-depth"}
"""The rules without a test case: no file can violate the rule, or a violation requires a file too large for a test case."""


@pytest.fixture(autouse=True)
def _work_in_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def report(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Return the exit code and the output of the command for a file."""
    folder = path.parent.name
    options = {"valid": [], "all": ["--select", "all"]}.get(folder, ["--context", folder])
    monkeypatch.setattr(sys, "argv", ["bxml", "validate", path.relative_to(CASES).as_posix(), *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert isinstance(end.value.code, int)
    return end.value.code, capsys.readouterr().out


def name_of(path: Path) -> str:
    """Return the folder and the name of a file, without the suffix."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_valid_file_has_no_problems(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A valid file has no problems."""
    assert report(path, capsys, monkeypatch) == (0, "no problems in 1 file\n")


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_invalid_file_has_the_expected_output(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output for an invalid file is equal to its file with the suffix ``.out``."""
    expected = path.with_suffix(".out")
    code, out = report(path, capsys, monkeypatch)
    assert code == 1
    assert expected.exists(), f"{expected.name} is missing; write this output to it:\n{out}"
    assert out == expected.read_text(encoding="utf-8")


def test_every_rule_has_a_case() -> None:
    """Each rule, except those in ``WITHOUT_CASE``, has at least one file that violates it."""
    seen = "".join(path.with_suffix(".out").read_text(encoding="utf-8") for path in INVALID)
    assert {name for name in rule_registry.entries() if f"[{name}]" not in seen} == WITHOUT_CASE


def test_every_expected_output_has_a_case() -> None:
    """Each expected output belongs to an invalid file."""
    assert {path.with_suffix(".bxml") for path in CASES.rglob("*.out")} == set(INVALID)
