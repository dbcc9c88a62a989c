"""The import contracts in ``pyproject.toml`` hold: modules import only from lower layers, and no cycle exists."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
COMMAND: Final = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    """Check every contract in the ``pyproject.toml`` of a directory, as the command ``lint-imports`` does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", COMMAND, "--no-cache"]
    return subprocess.run(arguments, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept() -> None:
    """A broken contract is shown with the import that breaks it."""
    finished = lint_imports(ROOT)
    assert finished.returncode == 0, finished.stdout[finished.stdout.find("Contracts") :]
    assert " 0 broken" in finished.stdout


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    """The check sees imports inside functions and under ``TYPE_CHECKING``; ``bxml.builder`` has imports of both kinds."""
    config = tmp_path / "pyproject.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["bxml"]\n[[tool.importlinter.contracts]]\nname = "upside down"\n'
        'type = "layers"\nlayers = ["bxml.builder.schema_binding", "bxml.builder.element"]\n',
        encoding="utf-8",
    )
    finished = lint_imports(tmp_path)
    assert finished.returncode == 1
    broken = r"bxml\.builder\.element -> bxml\.builder\.schema_binding \(l\.\d+, l\.\d+\)"
    assert re.search(broken, finished.stdout), finished.stdout
