"""An installed program synthesizes speech. In these tests, a script replaces the program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bxml import Response
from callcontrol.emulator import audio, speech_synthesis
from callcontrol.emulator.speech_synthesis import synthesized
from tests.callcontrol.emulator.api_requests import ask
from tests.callcontrol.emulator.scripted_application import core
from tests.callcontrol.emulator.table_application import Answers

Install = Callable[[str], None]


SPEAK = "sys.stdout.buffer.write(open(__file__.replace('synthesizer', 'tone.wav'), 'rb').read())"


def test_without_a_program_there_is_no_speech(install: Install) -> None:
    """Without a program, a recording has silence in place of the words."""
    assert install is not None
    assert synthesized("Hello.") is None


def test_locale_chooses_the_voice(install: Install) -> None:
    """A language that the program does not know is spoken in English."""
    install(f"if sys.argv[2] not in ('fr-fr', 'en-us') or text != 'Bonjour': sys.exit(1)\n{SPEAK}")
    for locale in ("fr_FR", "xx_XX"):
        heard = synthesized("Bonjour", locale)
        assert heard is not None
        assert len(heard) == 16_000


@pytest.mark.parametrize("source", ["sys.exit(1)", "print('no audio')"])
def test_program_that_fails(install: Install, source: str) -> None:
    """The failure is not an error of the emulator."""
    install(source)
    assert synthesized("Hello.") is None


def test_program_that_cannot_be_run_or_takes_too_long(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program must finish within a time limit."""
    install("import time; time.sleep(9)")
    monkeypatch.setattr(speech_synthesis, "LONGEST_SYNTHESIS", 0.05)
    assert synthesized("Hello.") is None
    Path(speech_synthesis.PROGRAM).write_text("#!/does/not/exist\n")
    assert synthesized("Hello again.") is None


def test_recording_contains_the_words(install: Install) -> None:
    """The words of the application take the time that the emulator assumes, here 0.6 s. The caller's words are recorded too."""
    install(SPEAK)
    voice = core(Answers(answer=Response().start_recording(multi_channel=True).speak_sentence("Ten chars.").pause(duration=2)))
    call = voice.dial("/answer")
    voice.advance(1)
    call.say("Five.")
    call.expect_end()
    voice.run()
    path = f"calls/{call.call_id}/recordings/{call.recordings[0].recording_id}/media"
    samples = audio.read_audio(ask(voice, "GET", path).body).samples
    heard = [
        [bool(samples[round(8000 * start) : round(8000 * (start + 0.2)), side].any()) for side in (0, 1)]
        for start in (0.2, 0.7, 1.05, 1.4)
    ]
    assert heard == [[False, True], [False, False], [True, False], [False, False]]
