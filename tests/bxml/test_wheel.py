"""What is installed works on its own: far from the source tree, with the schema and the types inside."""

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
    """The wheel, built from this source tree."""
    directory = tmp_path_factory.mktemp("wheel")
    # The back end is fetched only where it is not installed.
    options = ["--no-isolation"] if find_spec("hatchling") else []
    run(sys.executable, "-m", "build", "--wheel", *options, "--outdir", str(directory), str(ROOT))
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment in which the wheel is installed."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    interpreter = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--no-deps", "--no-index", str(wheel))
    # lxml is borrowed from here, so that nothing has to be fetched; what the wheel installed comes before it.
    site_packages = run(str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site_packages) / "borrowed.pth").write_text(sysconfig.get_path("platlib"), encoding="utf-8")
    return interpreter


def run(*command: str, cwd: Path | None = None) -> str:
    """What a command prints; it must not fail."""
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("name", ["bxml.xsd", "xml-lang.xsd"])
def test_the_schema_is_in_the_wheel(wheel: Path, name: str) -> None:
    """The schema is where the package looks for it, unchanged."""
    with ZipFile(wheel) as archive:
        assert archive.read(f"bxml/schemas/{name}") == (ROOT / "schemas" / name).read_bytes()


def test_the_wheel_holds_the_packages_and_no_more(wheel: Path) -> None:
    """Both packages are there with their mark for type checkers, and the tests are not."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"bxml/py.typed", "callcontrol/py.typed"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "bxml",
        "callcontrol",
        "pytest_callcontrol.py",
    }


def test_the_installed_package_works_far_from_its_source(python: Path, tmp_path: Path) -> None:
    """A document is built, written, read, and a wrong one found out, with the installed schema, from another directory."""
    script = """if True:
        import bxml, pathlib
        from bxml import schema
        document = bxml.Response().speak_sentence("Hello.").gather(max_digits=1)
        assert bxml.parse(document.to_bytes()) == document
        assert [problem.rule for problem in bxml.validate("<Response><Say/></Response>")] == ["unknown-element"]
        print(pathlib.Path(bxml.__file__).parent)
        print(pathlib.Path(schema.path()).parent.parent)
    """
    package, home_of_the_schema = run(str(python), "-I", "-c", script, cwd=tmp_path).split("\n")[:2]
    assert package == home_of_the_schema
    assert Path(package).resolve().is_relative_to(python.parents[1].resolve())
