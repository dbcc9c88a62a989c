"""The plugin of pytest: a fixture with calls, and their timelines in the report of a test that fails.

pytest imports this with everything that is installed, so that nothing else is imported here before a test wants it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from callcontrol.emulator.core import Core

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
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the timelines of all calls to what is shown of a failure, whatever fixture the emulator is from."""
    report = yield
    if report.failed:
        report.sections += _timelines(getattr(item, "funcargs", {}).values())
    return report


def _timelines(values: Any) -> Iterator[tuple[str, str]]:
    module = sys.modules.get("callcontrol.emulator.core")
    if module is not None:  # for without it nobody has an emulator
        for core in {id(value): value for value in values if isinstance(value, module.Core)}.values():
            for call in core.calls:
                yield f"timeline of {call.call_id}", _shown(call.timeline)
            for conference in core.conferences:
                yield f"timeline of {conference.conference_id}", _shown(conference.timeline)


def _shown(timeline: Any) -> str:
    from bxml.words import one_line

    left_out = max(0, len(timeline) - MOST_ENTRIES)
    lines = [one_line(line) for entry in timeline[left_out:] for line in str(entry).splitlines()]
    return "\n".join(([f"… {left_out} entries before"] if left_out else []) + lines)
