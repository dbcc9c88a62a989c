"""The plugin of pytest: a fixture with calls, and their timelines in the report of a test that fails.

pytest imports this with everything that is installed, so that nothing else is imported here before a test wants it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from callcontrol.emulator.core import Core
    from callcontrol.emulator.timeline import Timeline

MOST_ENTRIES: Final = 200
"""Entries of a timeline that a report shows, the last ones; a call that goes round in circles has thousands."""


@pytest.fixture
def voice_application() -> object:
    """The application under test, which tests define for themselves: a WSGI or ASGI object, or a URL; none by default."""
    return None


@pytest.fixture
def voice(voice_application: object) -> Iterator[Core]:
    """The platform in virtual time and without a port, which calls ``voice_application``."""
    from callcontrol.emulator.core import Core

    with Core(voice_application) as core:
        yield core


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the timelines of all calls to what is shown of a failure, whatever fixture the emulator is from."""
    module = sys.modules.get("callcontrol.emulator.core")
    error = call.excinfo.value if call.excinfo else None
    if error is not None and module is not None and isinstance(error, module.NoApplication):
        error.add_note("the fixture voice_application gave none: define one that returns the application")
    report = yield
    if module is not None and report.failed:  # for without it nobody has an emulator
        # By its type: the class that a lazy object says it has is that of what it makes only then.
        cores: dict[int, Core] = {id(value): value for value in _values(item, error) if issubclass(type(value), module.Core)}
        report.sections += _timelines(cores.values(), shown=getattr(error, "timeline", None))
    return report


def _values(item: pytest.Item, error: BaseException | None) -> Iterator[Any]:
    """What a test was given, and what it had where it failed."""
    yield from getattr(item, "funcargs", {}).values()
    for frame, _ in walk_tb(error.__traceback__ if error else None):
        yield from frame.f_locals.values()


def _timelines(cores: Iterable[Core], shown: object) -> Iterator[tuple[str, str]]:
    """The timelines of all calls and conferences but the one that the error shows."""
    for core in cores:
        of_calls = {call.call_id: call.timeline for call in core.calls}
        of_conferences = {conference.conference_id: conference.timeline for conference in core.conferences}
        for id_, timeline in (of_calls | of_conferences).items():
            if timeline is not shown:
                yield f"timeline of {id_}", _shown(timeline)


def _shown(timeline: Timeline) -> str:
    from bxml.messages.text import one_line

    left_out = max(0, len(timeline) - MOST_ENTRIES)
    lines = [one_line(line) for entry in timeline[left_out:] for line in str(entry).splitlines()]
    return "\n".join(([f"… {left_out} entries before"] if left_out else []) + lines)
