"""Fixtures for tests of the emulator."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callcontrol.emulator import audio, speech_synthesis
from tests.callcontrol.emulator.test_audio import tone


@pytest.fixture(autouse=True)
def _no_speech_synthesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make spoken words silent, even on a machine that has a program for speech synthesis."""
    speech_synthesis.synthesized.cache_clear()
    monkeypatch.setattr(speech_synthesis, "PROGRAM", "a-program-that-is-not-installed")
    yield
    speech_synthesis.synthesized.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that installs a Python script in place of the program for speech synthesis.

    The script finds the text in the variable ``text``, and two seconds of speech in the file ``tone.wav`` beside it.
    """
    program = tmp_path / "synthesizer"
    monkeypatch.setattr(speech_synthesis, "PROGRAM", str(program))
    (tmp_path / "tone.wav").write_bytes(audio.to_wav(tone(2, 22050)))

    def write(source: str) -> None:
        program.write_text(f"#!{sys.executable} -IS\nimport sys\ntext = sys.stdin.read()\n{source}\n")
        program.chmod(0o755)

    return write


@pytest.fixture
def speech(install: Callable[[str], None]) -> bytes:
    """Install a program for speech synthesis, and return the two seconds of audio that it makes of any text, in mu-law."""
    install("sys.stdout.buffer.write(open(__file__.replace('synthesizer', 'tone.wav'), 'rb').read())")
    return audio.encode_pcmu(tone(2, 22050)).replace(b"\x7f", b"\xff")
