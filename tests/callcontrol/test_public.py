"""What is public is chosen, typed, and quick to import."""

import subprocess
import sys
from importlib import resources
from importlib.metadata import version as installed
from inspect import isclass
from pathlib import Path

import pytest

import bxml
import callcontrol
from callcontrol import emulator, errors, events

ROOT = Path(callcontrol.__file__).parents[1]


def test_public_names_are_listed() -> None:
    """``__all__`` has every class and function that the package imports, in order."""
    imported = {name for name, value in vars(callcontrol).items() if name in callcontrol.__all__ or isclass(value)}
    assert callcontrol.__all__ == sorted(imported)


def test_what_is_public_of_the_emulator_is_listed() -> None:
    """``__all__`` has what is imported at once, and what is when it is wanted."""
    at_once = {name for name, value in vars(emulator).items() if isclass(value) and value.__module__.startswith("callcontrol")}
    assert emulator.__all__ == sorted({*at_once, emulator.Emulator.__name__})


@pytest.mark.parametrize("module", [bxml, callcontrol, emulator], ids=lambda module: module.__name__)
def test_what_is_not_public_is_not_there(module: object) -> None:
    """A name that is none is missed as it is of any module."""
    with pytest.raises(AttributeError, match=r"module '[a-z.]+' has no attribute 'Nothing'"):
        _ = module.Nothing  # type: ignore[attr-defined]


def test_every_error_is_public() -> None:
    """Whatever can be raised can be caught by a name of the package."""
    classes = {name for name, value in vars(errors).items() if isclass(value) and issubclass(value, errors.CallControlError)}
    assert classes <= set(callcontrol.__all__)


@pytest.mark.parametrize(
    "cls",
    [
        *(value for value in vars(callcontrol).values() if isclass(value)),
        *(value for value in vars(events).values() if isclass(value) and value.__module__ == events.__name__),
    ],
)
def test_what_is_public_is_described(cls: type) -> None:
    """Each public class has a docstring of its own."""
    assert vars(cls)["__doc__"]


def test_types_are_shipped() -> None:
    """Type checkers read the annotations of the package."""
    assert resources.files("callcontrol").joinpath("py.typed").is_file()


def imported_modules(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def imported_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    return {name.partition(".")[0] for name in imported_modules(statement)}


def test_a_client_needs_no_server() -> None:
    """The client works where the extra ``emulator`` is not installed."""
    assert not imported_by("from callcontrol import Client") & {"starlette", "uvicorn", "anyio", "click", "rich"}


def test_a_webhook_needs_no_framework() -> None:
    """What comes to webhooks is read, and checked, where no framework or another one is installed."""
    modules = imported_by("import callcontrol.events, callcontrol.webhooks")
    assert not modules & {"flask", "fastapi", "starlette", "django"}


def test_only_the_server_needs_the_extra() -> None:
    """The emulator without a socket works where the extra is not installed; with one it imports what the extra brings."""
    core = "from callcontrol.emulator import Core; Core(lambda *_: []).dial('/answer').hang_up()"
    assert not imported_by(core) & {"starlette", "uvicorn", "anyio"}
    assert imported_by("from callcontrol.emulator import Emulator") >= {"starlette", "uvicorn"}


def test_both_packages_have_the_installed_version() -> None:
    """``__version__`` is the version that is installed, and is read only when it is asked for."""
    assert bxml.__version__ == callcontrol.__version__ == installed("bxml-callcontrol")
    assert "importlib.metadata" not in imported_modules("import bxml")
    assert "importlib.metadata" in imported_modules("import bxml; bxml.__version__")


def test_documents_need_no_client() -> None:
    """Whoever builds BXML pays for no HTTP."""
    assert not imported_by("import bxml") & {"callcontrol", "requests", "urllib3"}
