"""The pytest plugin: the fixture ``voice``, and the timelines of all calls in the report of a failed test.

pytest imports every installed plugin, also for tests of other projects. The emulator is therefore imported only when needed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from callcontrol.emulator.in_process_emulator import Core
    from callcontrol.emulator.timeline import Timeline

MOST_ENTRIES: Final = 200
"""Maximum number of entries of a timeline in a report; earlier entries are left out. A call in a loop has thousands of them."""


@pytest.fixture
def voice_application() -> object:
    """Return the application under test: a WSGI or ASGI object, or a URL.

    Override this fixture to return your application. The default is ``None``, for tests of a client without an application.
    """
    return None


@pytest.fixture
def voice(voice_application: object) -> Iterator[Core]:
    """Yield an emulator that calls ``voice_application``, in virtual time and without a port; each test gets a new one."""
    from callcontrol.emulator.in_process_emulator import Core

    with Core(voice_application) as core:
        yield core


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the timelines of all calls to the report of a failed test.

    The plugin searches the arguments and local variables of the test for emulators, so a test can also create its own emulator.
    """
    module = sys.modules.get("callcontrol.emulator.in_process_emulator")
    error = call.excinfo.value if call.excinfo else None
    if error is not None and module is not None and isinstance(error, module.NoApplication):
        error.add_note("the fixture voice_application returns None; define one that returns the application")
    report = yield
    if module is not None and report.failed:
        # isinstance is not used, because it reads __class__, which can make a lazy object create its value or raise.
        found = (value for value in _values(item, error) if issubclass(type(value), module.Core))
        # If the constructor of a Core raised, the Core has no calls.
        cores: dict[int, Core] = {id(core): core for core in found if hasattr(core, "_calls")}
        report.sections += _timelines(cores.values(), shown=getattr(error, "timeline", None))
    return report


def _values(item: pytest.Item, error: BaseException | None) -> Iterator[Any]:
    """Yield the arguments of a test, and the local variables of all frames in the traceback of its error."""
    yield from getattr(item, "funcargs", {}).values()
    for frame, _ in walk_tb(error.__traceback__ if error else None):
        yield from frame.f_locals.values()


def _timelines(cores: Iterable[Core], shown: object) -> Iterator[tuple[str, str]]:
    """Yield the title and the text of each timeline; leave out a timeline that the error message already contains."""
    for core in cores:
        of_calls = {call.call_id: call.timeline for call in core.calls}
        of_conferences = {conference.conference_id: conference.timeline for conference in core.conferences}
        for id_, timeline in (of_calls | of_conferences).items():
            if timeline is not shown:
                yield f"timeline of {id_}", _format(timeline)


def _format(timeline: Timeline) -> str:
    from bxml.messages.text import escape_unprintable

    left_out = max(0, len(timeline) - MOST_ENTRIES)
    lines = [escape_unprintable(line) for entry in timeline[left_out:] for line in str(entry).splitlines()]
    return "\n".join(([f"… {left_out} earlier entries"] if left_out else []) + lines)
