"""Public names are listed, documented, typed, and quick to import."""

import subprocess
import sys
from importlib import resources
from importlib.metadata import version as installed
from inspect import isclass, isfunction
from pathlib import Path

import pytest

import bxml
import callcontrol
from callcontrol import emulator, errors, events

ROOT = Path(callcontrol.__file__).parents[1]


def test_public_names_are_listed() -> None:
    """``__all__`` has every public name of the package in order, including the two names that are imported on first use."""
    imported = {name for name, value in vars(callcontrol).items() if name in callcontrol.__all__ or isclass(value)}
    assert callcontrol.__all__ == sorted({*imported, "AsyncClient", "SqlLedger"})


def test_public_names_of_the_emulator_are_listed() -> None:
    """``__all__`` contains all names that are imported immediately, and ``Emulator``, which is imported on first use."""
    immediate = {
        name
        for name, value in vars(emulator).items()
        if (isclass(value) or isfunction(value)) and not name.startswith("_") and value.__module__.startswith("callcontrol")
    }
    assert emulator.__all__ == sorted({*immediate, emulator.Emulator.__name__})


@pytest.mark.parametrize("module", [bxml, callcontrol, emulator], ids=lambda module: module.__name__)
def test_unknown_name_raises_attribute_error(module: object) -> None:
    """The message is the same as that of any module."""
    with pytest.raises(AttributeError, match=r"module '[a-z.]+' has no attribute 'Nothing'"):
        _ = module.Nothing  # type: ignore[attr-defined]


def test_every_error_is_public() -> None:
    """Every error class can be imported from the package."""
    classes = {name for name, value in vars(errors).items() if isclass(value) and issubclass(value, errors.CallControlError)}
    assert classes <= set(callcontrol.__all__)


@pytest.mark.parametrize(
    "cls",
    [
        *(value for value in vars(callcontrol).values() if isclass(value)),
        *(value for value in vars(events).values() if isclass(value) and value.__module__ == events.__name__),
    ],
)
def test_public_class_has_a_docstring(cls: type) -> None:
    """Each public class has its own docstring, not an inherited one."""
    assert vars(cls)["__doc__"]


def test_package_is_typed() -> None:
    """The marker ``py.typed`` tells type checkers to read the annotations."""
    assert resources.files("callcontrol").joinpath("py.typed").is_file()


def imported_modules(statement: str) -> set[str]:
    """Return the modules that a new interpreter has imported after a statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def imported_by(statement: str) -> set[str]:
    """Return the top-level modules that a new interpreter has imported after a statement."""
    return {name.partition(".")[0] for name in imported_modules(statement)}


def test_client_does_not_import_the_emulator_extra() -> None:
    """The client works without the extra ``emulator``."""
    assert not imported_by("from callcontrol import Client") & {"starlette", "uvicorn", "anyio", "click", "rich"}


def test_webhooks_do_not_import_a_framework() -> None:
    """Events can be parsed and checked without any web framework."""
    modules = imported_by("import callcontrol.events, callcontrol.webhooks")
    assert not modules & {"flask", "fastapi", "starlette", "django"}


def test_only_the_server_needs_the_emulator_extra() -> None:
    """``Core`` works without the extra. Only ``Emulator`` imports the packages of the extra."""
    core = "from callcontrol.emulator import Core; Core(lambda *_: []).dial('/answer').hang_up()"
    assert not imported_by(core) & {"starlette", "uvicorn", "anyio"}
    assert imported_by("from callcontrol.emulator import Emulator") >= {"starlette", "uvicorn"}


def test_both_packages_have_the_installed_version() -> None:
    """``__version__`` is the installed version, and is read on first use."""
    assert bxml.__version__ == callcontrol.__version__ == installed("bxml-callcontrol")
    assert "importlib.metadata" not in imported_modules("import bxml")
    assert "importlib.metadata" in imported_modules("import bxml; bxml.__version__")


def test_bxml_does_not_import_the_client() -> None:
    """Building BXML imports no HTTP library."""
    assert not imported_by("import bxml") & {"callcontrol", "requests", "urllib3"}
