"""The tracks of a call have only the sounds that its recordings and transcriptions need."""

from __future__ import annotations

from callcontrol.emulator.call_audio import Sound, Track


def test_ended_sounds_are_dropped_unless_they_are_kept() -> None:
    """The memory of a call that is not recorded stays small."""
    for is_kept, expected in ((False, [0, 9]), (True, [0, 1, 9])):
        track = Track(is_kept=is_kept)
        for began, end in ((0, 20), (1, 2), (9, 10)):
            track.add(Sound(began, end))
        assert [sound.began for sound in track.sounds] == expected


def test_sounds_of_an_interval_are_found() -> None:
    """A long sound is found even if later sounds are short. An interruption shortens a sound, but never prolongs it."""
    track = Track(is_kept=True)
    sounds = [track.add(Sound(began, began + length)) for began, length in ((0, 10), (1, 1), (3, 1), (20, 1))]
    assert track.between(3.5, 20) == [sounds[0], sounds[2]]
    assert track.between(20.5, 30) == [sounds[3]]
    assert track.between(30.5, 40) == []
    sounds[0].stop(2)
    sounds[1].stop(9)
    assert track.between(3.5, 20) == [sounds[2]]
    assert sounds[1].end == 2


def test_sounds_without_audio_are_silence() -> None:
    """A mixture has the length of the interval."""
    track = Track()
    track.add(Sound(0, 1, "Hello."))
    heard = track.audio(0.5, 1.5)
    assert (heard.seconds, heard.channels) == (1, 1)
    assert not heard.samples.any()
