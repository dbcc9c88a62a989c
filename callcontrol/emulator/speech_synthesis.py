"""Speech synthesis, with the program ``espeak-ng`` if it is installed."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from typing import Final

from callcontrol.emulator.audio import pcmu_of

PROGRAM: Final = "espeak-ng"
"""The program, which Linux distributions and Homebrew package under this name."""

WORDS_PER_MINUTE: Final = 220
"""The speed of speech. At this speed a sentence lasts about as long as the emulator assumes by default."""

LONGEST_SYNTHESIS: Final = 30.0
"""Maximum number of seconds that the program may take for a sentence."""

SENTENCES: Final = 256
"""Maximum number of sentences that are kept."""


def is_installed() -> bool:
    """Return whether the program is installed."""
    return shutil.which(PROGRAM) is not None


@lru_cache(SENTENCES)
def synthesized(text: str, locale: str = "en_US") -> bytes | None:
    """Return the audio of a sentence in mu-law; ``None`` if the program is not installed or fails.

    Args:
        text: The sentence.
        locale: Language and country, such as ``en_US``; a language that the program does not know is spoken in English.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    for voice in (locale.lower().replace("_", "-"), "en-us"):
        command = [program, "-v", voice, "-s", str(WORDS_PER_MINUTE), "--stdin", "--stdout"]
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=LONGEST_SYNTHESIS, check=False)  # noqa: S603  the text is not part of the command
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode == 0:
            return _read(done.stdout)
    return None


def _read(content: bytes) -> bytes | None:
    try:
        return pcmu_of(content)
    except (ValueError, ModuleNotFoundError):  # without the libraries for audio, speech is silent
        return None
