"""Fixtures for tests of the emulator."""

from collections.abc import Iterator

import pytest

from callcontrol.emulator import speech_synthesis


@pytest.fixture(autouse=True)
def _no_speech_synthesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make spoken words silent, even on a machine that has a program for speech synthesis."""
    speech_synthesis.synthesized.cache_clear()
    monkeypatch.setattr(speech_synthesis, "PROGRAM", "a-program-that-is-not-installed")
    yield
    speech_synthesis.synthesized.cache_clear()
