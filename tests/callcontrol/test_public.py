"""What is public is chosen, typed, and quick to import."""

import subprocess
import sys
from importlib import resources
from inspect import isclass, ismodule
from pathlib import Path

import pytest

import callcontrol
from callcontrol import emulator, errors, events

ROOT = Path(callcontrol.__file__).parents[1]


@pytest.mark.parametrize("module", [callcontrol, emulator], ids=lambda module: module.__name__)
def test_what_is_public_is_listed(module: object) -> None:
    """``__all__`` has every name of the package that is no module, in order."""
    public = {name for name, value in vars(module).items() if not name.startswith("_") and not ismodule(value)}
    assert getattr(module, "__all__", None) == sorted(public)


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


def imported_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    program = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_a_client_needs_no_server() -> None:
    """The client works where the extra ``emulator`` is not installed."""
    modules = imported_by("import callcontrol")
    assert "urllib3" in modules
    assert not modules & {"starlette", "uvicorn", "anyio", "click", "rich"}


def test_a_webhook_needs_no_framework() -> None:
    """What comes to webhooks is read, and checked, where no framework or another one is installed."""
    modules = imported_by("import callcontrol.events, callcontrol.webhooks")
    assert not modules & {"flask", "fastapi", "starlette", "django"}


def test_the_emulator_has_a_server() -> None:
    """What the client does without is what the emulator imports."""
    assert imported_by("import callcontrol.emulator") >= {"starlette", "uvicorn"}


def test_documents_need_no_client() -> None:
    """Whoever builds BXML pays for no HTTP."""
    assert not imported_by("import bxml") & {"callcontrol", "requests", "urllib3"}
