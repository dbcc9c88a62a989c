"""The wheel works without the source tree, and contains the schema and the type information."""

import os
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from this source tree."""
    directory = tmp_path_factory.mktemp("wheel")
    # The build backend is downloaded only if it is not installed.
    options = ["--no-isolation"] if find_spec("hatchling") else []
    run(sys.executable, "-m", "build", "--wheel", *options, "--outdir", str(directory), str(ROOT))
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new virtual environment with the wheel installed."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    interpreter = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--no-deps", "--no-index", str(wheel))
    # The new environment uses lxml from the current environment, so nothing is downloaded. The installed wheel has precedence.
    site_packages = run(str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site_packages) / "current_environment.pth").write_text(sysconfig.get_path("platlib"), encoding="utf-8")
    return interpreter


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command, check that it succeeds, and return its output."""
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("name", ["bxml.xsd", "xml-lang.xsd"])
def test_wheel_contains_the_schema(wheel: Path, name: str) -> None:
    """The wheel contains the files of the schema unchanged."""
    with ZipFile(wheel) as archive:
        assert archive.read(f"bxml/schemas/{name}") == (ROOT / "schemas" / name).read_bytes()


def test_wheel_contains_the_phone_in_the_browser(wheel: Path) -> None:
    """The wheel contains each file of the page unchanged."""
    page = "callcontrol/emulator/browser_phone/page"
    with ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if name.startswith(f"{page}/")}
    assert found == {f"{page}/{file.name}": file.read_bytes() for file in (ROOT / page).iterdir()}
    assert f"{page}/index.html" in found


def test_wheel_contains_only_the_packages(wheel: Path) -> None:
    """The wheel contains the pytest plugin, and both packages with ``py.typed``, but not the tests."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"bxml/py.typed", "callcontrol/py.typed"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "bxml",
        "callcontrol",
        "pytest_callcontrol.py",
    }


def test_installed_package_works_without_the_source(python: Path, tmp_path: Path) -> None:
    """The installed package builds, serializes, parses and validates documents in another directory."""
    script = """if True:
        import bxml, pathlib
        from bxml import schema
        document = bxml.Response().speak_sentence("Hello.").gather(max_digits=1)
        assert bxml.parse(document.to_bytes()) == document
        assert [problem.rule for problem in bxml.validate("<Response><Say/></Response>")] == ["unknown-element"]
        print(pathlib.Path(bxml.__file__).parent)
        print(pathlib.Path(schema.path()).parent.parent)
    """
    package, parent_of_the_schema = run(str(python), "-I", "-c", script, cwd=tmp_path).split("\n")[:2]
    assert package == parent_of_the_schema
    assert Path(package).resolve().is_relative_to(python.parents[1].resolve())
