"""The action of GitHub, the component of GitLab and the configurations in the documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]

PAGE: Final = (ROOT / "docs" / "validating.md").read_text(encoding="utf-8")

CONFIGURATIONS: Final = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

PLACEHOLDER: Final = "git.example/bxml-callcontrol"
"""The address of the repository, which readers replace."""

ACTION: Final = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

SPEC, COMPONENT = yaml.safe_load_all((ROOT / "templates" / "bxml-validate.yml").read_text(encoding="utf-8"))

RISKY: Final = '<Response><SpeakSentence voice="newest">Hello.</SpeakSentence></Response>'
"""A document with one warning."""


EMPTY: Final = ("", " ", "\n \n")
"""Values of the input ``paths`` that name no file."""

PATTERNS: Final = "  my valid.bxml \n\nservices/*/call flows\n"
"""A value of the input ``paths`` with spaces, an empty line and a pattern."""


def run(
    script: str, directory: Path, variables: dict[str, str], *options: str, shell: str = "bash"
) -> subprocess.CompletedProcess[str]:
    """Run a script as the CI system does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [shell, *options, *(["-eo", "pipefail"] if shell == "bash" else ["-e"]), "-c", script]
    environment = {**os.environ, "PATH": path, "PYTHON": sys.executable, "RUNNER_TEMP": str(directory), **variables}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def action(directory: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action with inputs."""
    step = ACTION["runs"]["steps"][-1]
    values = {name: given["default"] for name, given in ACTION["inputs"].items()} | inputs
    variables = {
        name: values[found[1]]
        for name, value in step["env"].items()
        if (found := re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value))
    }
    return run(step["run"], directory, {"GITHUB_ACTIONS": "true", **variables})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory with a document that has one warning, and a valid document."""
    (tmp_path / "risky.bxml").write_text(RISKY, encoding="utf-8")
    (tmp_path / "my valid.bxml").write_text("<Response/>", encoding="utf-8")
    return tmp_path


def test_action_annotates(directory: Path) -> None:
    """By default the action checks the whole repository, and a warning fails the job."""
    ran = action(directory)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith("::warning file=risky.bxml,")


def test_action_inputs(directory: Path) -> None:
    """The inputs select files, configuration and severity, and write a SARIF report. No input is run as a shell command."""
    assert action(directory, **{"fail-on": "error"}).returncode == 0
    valid = action(directory, paths="my valid.bxml\n$(touch hacked)\n")
    assert (valid.returncode, valid.stderr) == (2, "bxml: $(touch hacked): no such file or directory\n")
    assert not (directory / "hacked").exists()
    assert action(directory, paths="my valid.bxml\n").returncode == 0
    (directory / "my bxml.toml").write_text('ignore = ["unknown-voice"]', encoding="utf-8")
    assert action(directory, config="my bxml.toml").returncode == 0
    (directory / "other.toml").write_text('context = "call"', encoding="utf-8")
    assert action(directory, config="other.toml", **{"fail-on": "error"}).returncode == 0
    (directory / "bxml.toml").write_text('fail-on = "error"', encoding="utf-8")
    assert action(directory).returncode == 0
    assert action(directory, **{"fail-on": "warning"}).returncode == 1
    assert action(directory, **{"sarif-file": "out/my report.sarif"}).returncode == 0
    assert '"unknown-voice"' in (directory / "out" / "my report.sarif").read_text(encoding="utf-8")


@pytest.mark.parametrize("paths", EMPTY)
def test_action_fails_if_it_checks_nothing(directory: Path, paths: str) -> None:
    """An empty input, such as a variable that is not set, fails the job with a message."""
    ran = action(directory, paths=paths)
    assert (ran.returncode, ran.stdout) == (2, "::error::bxml checked nothing, because the input paths is empty\n")


def test_action_takes_patterns(directory: Path) -> None:
    """The input ``paths`` can contain patterns, and paths with spaces. White space around a path is ignored."""
    flows = directory / "services" / "sales" / "call flows"
    flows.mkdir(parents=True)
    (flows / "menu.bxml").write_text(RISKY, encoding="utf-8")
    ran = action(directory, paths=PATTERNS)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith("::warning file=services/sales/call flows/menu.bxml,")
    (directory / "-o.bxml").write_text(RISKY, encoding="utf-8")
    assert action(directory, paths="-o.bxml").stdout.startswith("::warning file=-o.bxml,")


HOSTILE: Final = ("bxml", "click", "json", "lxml", "pip", "re", "sitecustomize", "usercustomize")
"""Names of modules that the action imports."""


@pytest.mark.parametrize("variables", [{}, {"PYTHONPATH": "."}])
def test_action_imports_no_file_of_the_repository(directory: Path, variables: dict[str, str]) -> None:
    """The action runs in the directory of the checked repository, but does not import its files."""
    for name in HOSTILE:
        (directory / f"{name}.py").write_text("open('hacked', 'w').close()\n", encoding="utf-8")
    _, install, check = ACTION["runs"]["steps"]
    variables = {**variables, "GITHUB_ACTION_PATH": str(directory / "missing")}
    fixed = {"PYTHONPATH": install["env"]["PYTHONPATH"]} if "PYTHONPATH" in install["env"] else {}
    installed = run(install["run"], directory, variables | fixed)
    assert "missing" in installed.stderr
    inputs = {"PATHS": ".", "CONFIG": "", "FAIL_ON": "warning", "SARIF_FILE": "", "GITHUB_ACTIONS": "true"}
    checked = run(check["run"], directory, variables | inputs)
    assert (checked.returncode, checked.stderr) == (1, "")
    assert not (directory / "hacked").exists()


def test_action_installs_itself() -> None:
    """The action installs the package from its own files, and does not change the Python that later steps use."""
    python, install, _ = ACTION["runs"]["steps"]
    assert python["with"]["update-environment"] is False
    assert install["run"] == '"$PYTHON" -P -m pip install --quiet --target "$RUNNER_TEMP/bxml" "$GITHUB_ACTION_PATH"\n'


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_component_reports(directory: Path, shell: str) -> None:
    """The component writes the two reports that the job uploads, and takes the same paths as the action."""
    job = COMPONENT["bxml-validate"]
    variables = {
        name: re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: str(SPEC["spec"]["inputs"][found[1]]["default"]), value)
        for name, value in job["variables"].items()
    }
    assert variables["PYTHONPATH"] == ""  # Python must not import files of the checked repository
    install, check = job["script"]
    assert install == 'pip install --quiet "$BXML_PACKAGE"'
    path = directory / "bin"
    path.mkdir()
    (path / "bxml").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from bxml.command import main; main()" "$@"\n')
    (path / "bxml").chmod(0o755)
    variables |= {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for paths in EMPTY:
        ran = run(check, directory, variables | {"BXML_PATHS": paths}, shell=shell)
        assert (ran.returncode, ran.stderr) == (2, "bxml checked nothing, because the input paths is empty\n")
    ran = run(check, directory, variables | {"BXML_PATHS": PATTERNS}, shell=shell)
    assert (ran.returncode, ran.stderr) == (2, "bxml: services/*/call flows: no file matches this pattern\n")
    ran = run(check, directory, variables, shell=shell)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert {(directory / name).exists() for name in job["artifacts"]["reports"].values()} == {True}
    assert run(check, directory, variables | {"BXML_FAIL_ON": "error"}, shell=shell).returncode == 0
    (directory / "bxml.toml").write_text('fail-on = "error"', encoding="utf-8")
    assert run(check, directory, variables, shell=shell).returncode == 0
    used = {*re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", str(job))}
    assert used == SPEC["spec"]["inputs"].keys()


def test_every_configuration_has_the_placeholder_only() -> None:
    """Each configuration in the page is valid YAML, and the address of the repository is its only placeholder."""
    parsed: list[Any] = [yaml.safe_load(text) for text in CONFIGURATIONS]
    assert len(parsed) >= 4
    assert [text for text in CONFIGURATIONS if PLACEHOLDER not in text] == []
    assert set(re.findall(r"[\w.]+\.example/[\w-]+", "".join(CONFIGURATIONS))) == {PLACEHOLDER}


def test_named_inputs_and_reports_exist() -> None:
    """The page lists each input of the action and of the component."""
    for name in (*ACTION["inputs"], *SPEC["spec"]["inputs"]):
        assert f"| `{name}` |" in PAGE
