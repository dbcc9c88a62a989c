"""The tracks of calls: positions, queues, cuts, mixtures, connections, and the limit of what is kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callcontrol.emulator import audio
from callcontrol.emulator.audio import SILENCE, pcmu_of
from callcontrol.emulator.call_audio import BLOCK, LONGEST_PIECE, SAMPLE, PlayQueue, Sound, Track, position, read_blocks
from callcontrol.emulator.scheduler import Scheduler
from tests.callcontrol.emulator.streams.bot_application import tone

SILENT = 0xFF


def queue(seconds: float = 10) -> tuple[Scheduler, Track, PlayQueue]:
    """Return a queue with its track and its scheduler."""
    scheduler = Scheduler()
    track = Track(scheduler, seconds)
    return scheduler, track, PlayQueue(track)


def constant(pcmu: bytes, start: int, count: int) -> Sound:
    """Return a sound whose samples are all equal.

    Args:
        pcmu: The sample.
        start: The position of the beginning.
        count: The number of samples.
    """
    return Sound(start * SAMPLE, (start + count) * SAMPLE, source=lambda: pcmu * count)


class TestQueue:
    """A queue plays the audio of a media stream."""

    def test_audio_is_read_where_it_was_added(self) -> None:
        """A gap is silent, and audio that overlaps earlier audio is queued behind it."""
        scheduler, track, played = queue()
        assert (played.end, track.read(0, 100)) == (0, None)
        for now, pcmu, start in ((10, b"aaaa", 10), (12, b"bb", 14), (20, b"cc", 20)):
            scheduler.advance_to(now * SAMPLE)
            assert played.add(pcmu) == start
        assert played.end == 22
        assert track.read(8, 24) == b"\xff\xffaaaabb\xff\xff\xff\xffcc\xff\xff"
        assert track.read(11, 15) == b"aaab"
        assert track.read(16, 20) is None
        assert track.read(21, 22) == b"c"
        assert track.read(22, 30) is None

    def test_a_cut_drops_all_later_audio(self) -> None:
        """The audio before the cut stays. The audio after the cut takes no memory."""
        scheduler, track, played = queue()
        played.add(b"aaaa" * LONGEST_PIECE)
        scheduler.advance_to(2 * SAMPLE)
        assert played.cut() == 4 * LONGEST_PIECE - 2
        assert (played.end, track.read(0, 12)) == (2, b"aa" + b"\xff" * 10)
        assert [len(sound.pcmu or b"") for sound in track.sounds] == [2, 0, 0, 0]
        assert played.cut() == 0
        scheduler.advance_to(10 * SAMPLE)
        played.add(b"b")
        assert len(track.sounds) == 2
        assert track.read(0, 12) == b"aa" + b"\xff" * 8 + b"b\xff"

    def test_short_pieces_become_one_sound(self) -> None:
        """An hour of messages of 20 ms has 3600 sounds, not 180,000."""
        scheduler, track, played = queue(3600)
        for number in range(500):
            scheduler.advance_to(number * 0.02)
            played.add(bytes([number % 256]) * 160)
        assert len(track.sounds) == 10
        assert track.read(0, 80_000) == b"".join(bytes([number % 256]) * 160 for number in range(500))

    def test_old_audio_is_forgotten(self) -> None:
        """The kept audio exceeds the limit by at most the length of one sound."""
        scheduler, track, played = queue(1)
        for number in range(1000):
            scheduler.advance_to(number * 0.02)
            played.add(b"e" * 160)
        kept = track.read(0, 10**6)
        assert kept is not None
        assert 8000 <= kept.count(b"e") <= 8000 + 2 * LONGEST_PIECE
        assert len(played._pieces) == 1
        assert played.end == 160_000

    @given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 50), st.booleans()), max_size=20))
    def test_queue_agrees_with_a_plain_array(self, actions: list[tuple[int, int, bool]]) -> None:
        """Adding and cutting have the same effect as on an array of samples."""
        scheduler, track, played = queue()
        plain, end, now = np.full(10_000, SILENT), 0, 0
        for number, (step, length, is_cut) in enumerate(actions):
            now += step
            scheduler.advance_to(now * SAMPLE)
            if is_cut:
                assert played.cut() == max(0, end - now)
                plain[now:] = SILENT
                end = min(end, now)
            elif length:
                start = max(now, end)
                assert played.add(bytes([number]) * length) == start
                plain[start : start + length] = number
                end = start + length
        read = track.read(0, 10_000) or b"\xff" * 10_000
        assert read == bytes(plain.astype(np.uint8))
        middle = track.read(100, 400)
        assert (middle or b"\xff" * 300) == bytes(plain[100:400].astype(np.uint8))


class TestReading:
    """A track returns its sounds and their mixture."""

    def test_sounds_of_an_interval_are_found(self) -> None:
        """A long sound is found even if later sounds are short. An interruption shortens a sound, but never prolongs it."""
        scheduler = Scheduler()
        track, sounds = Track(scheduler), []
        for began, length in ((0, 10), (1, 1), (3, 1), (20, 1)):
            scheduler.advance_to(began)
            sounds.append(track.add(Sound(began, began + length)))

        def found(start: float, end: float) -> list[Sound]:
            return [heard.sound for heard in track.between(start, end)]

        assert found(3.5, 20) == [sounds[0], sounds[2]]
        assert found(20.5, 30) == [sounds[3]]
        assert found(30.5, 40) == []
        sounds[3].stop(20.2)
        sounds[1].stop(9)
        assert found(20.5, 30) == []
        assert (sounds[3].end, sounds[1].end) == (20.2, 2)

    def test_ended_sounds_are_dropped_unless_they_are_kept(self) -> None:
        """The memory of a call that is not recorded stays small."""
        for seconds, expected in ((5, [0, 9]), (None, [0, 1, 9])):
            scheduler = Scheduler()
            track = Track(scheduler) if seconds is None else Track(scheduler, seconds)
            for began, end in ((0, 20), (1, 2), (9, 10)):
                scheduler.advance_to(began)
                track.add(Sound(began, end))
            assert sorted(sound.began for sound in track.sounds) == expected

    def test_sounds_without_audio_are_silence(self) -> None:
        """A stream sends no audio, and a recording has the length of the interval."""
        track = Track(Scheduler())
        track.add(Sound(0, 1, "Hello."))
        assert track.read(4000, 12_000) is None
        assert b"".join(read_blocks([track], 0.5, 1.5)) == SILENCE * 8000

    def test_audio_is_loaded_once_and_only_if_it_is_heard(self) -> None:
        """A stream reads a sound in parts of 20 ms, but the sound is decoded only once."""
        loaded: list[str] = []

        def load(name: str) -> bytes:
            loaded.append(name)
            return b"a" * 8000

        scheduler = Scheduler()
        track = Track(scheduler)
        track.add(Sound(0, 1, source=lambda: load("first")))
        track.add(Sound(2, 3, source=lambda: load("second")))
        for start in range(0, 12_000, 160):
            scheduler.advance_to((start + 160) * SAMPLE)
            assert track.read(start, start + 160) == (b"a" * 160 if start < 8000 else None)
        assert loaded == ["first"]

    def test_a_sound_that_is_shorter_than_assumed_ends_with_silence(self) -> None:
        """Speech synthesis may be faster or slower than the emulator assumes."""
        track = Track(Scheduler())
        track.add(Sound(0, 4 * SAMPLE, source=lambda: b"aa"))
        track.add(Sound(6 * SAMPLE, 8 * SAMPLE, source=lambda: b"bbbb"))
        assert track.read(0, 10) == b"aa\xff\xff\xff\xffbb\xff\xff"

    def test_sounds_are_mixed(self) -> None:
        """The loudest possible sum is clipped, not wrapped. A short sound may be heard within a longer one."""
        loud = pcmu_of(audio.Audio(np.full((1, 1), 30_000, np.int16), 8000))
        track = Track(Scheduler())
        track.add(constant(loud, 0, 160))
        track.add(constant(loud, 80, 40))
        mixed = track.read(0, 160)
        assert mixed is not None
        samples = audio.decode_pcmu(mixed).samples[:, 0]
        assert samples[80:120].min() > 32_000
        assert max(samples[:80].max(), samples[120:].max()) < 31_000
        other = Track(Scheduler())
        other.add(constant(loud, 40, 160))
        (mixed,) = read_blocks([track, other], 0, 0.025)
        samples = audio.decode_pcmu(mixed).samples[:, 0]
        assert [int(samples[at]) > 31_000 for at in (20, 60, 100, 150, 180)] == [False, True, True, True, False]

    @given(
        st.lists(st.tuples(st.integers(0, 3 * BLOCK), st.integers(1, 2 * BLOCK)), max_size=6),
        st.integers(0, BLOCK),
        st.integers(0, 2 * BLOCK),
    )
    def test_blocks_are_parts_of_the_whole(self, sounds: list[tuple[int, int]], start: int, length: int) -> None:
        """Sounds that begin in one block and end in another one are complete."""
        tracks = [Track(Scheduler()), Track(Scheduler())]
        both = Track(Scheduler())
        for number, (at, count) in enumerate(sounds):
            tracks[number % 2].add(constant(bytes([0x90 + number]), at, count))
            both.add(constant(bytes([0x90 + number]), at, count))
        blocks = [*read_blocks(tracks, start * SAMPLE, (start + length) * SAMPLE)]
        assert max(map(len, blocks), default=0) <= BLOCK
        assert b"".join(blocks) == (both.read(start, start + length) or SILENCE * length)


class TestConnections:
    """A track passes its sounds on while it is connected."""

    def test_connected_callers_hear_each_other(self) -> None:
        """The rest of a sound is heard if it began before the connection. The disconnection cuts it."""
        scheduler = Scheduler()
        speaker, listener = Track(scheduler), Track(scheduler)
        speaker.add(constant(b"1", 0, 10))
        speaker.add(constant(b"2", 20, 10))
        scheduler.advance_to(4 * SAMPLE)
        speaker.connect(listener)
        listener.add(constant(b"4", 11, 39))
        scheduler.advance_to(22 * SAMPLE)
        speaker.disconnect(listener)
        scheduler.advance_to(24 * SAMPLE)
        speaker.add(constant(b"3", 40, 10))
        assert [(heard.began / SAMPLE, heard.end / SAMPLE) for heard in listener.between(0, 1)] == [(4, 10), (11, 50), (20, 22)]
        assert listener.read(0, 20) == b"\xff" * 4 + b"1" * 6 + b"\xff" + b"4" * 9
        assert speaker.read(0, 50) == b"1" * 10 + b"\xff" * 10 + b"2" * 10 + b"\xff" * 10 + b"3" * 10

    def test_interruption_cuts_a_sound_on_all_tracks(self) -> None:
        """A track of a recording gets the sounds of a conference from the track of a member."""
        scheduler = Scheduler()
        tracks = [Track(scheduler) for _ in range(3)]
        for track, listener in pairwise(tracks):
            track.connect(listener)
        sound = tracks[0].add(constant(b"1", 0, 10))
        scheduler.advance_to(5 * SAMPLE)
        sound.stop(scheduler.now)
        assert {track.read(0, 20) for track in tracks} == {b"1" * 5 + b"\xff" * 15}

    def test_disconnection_is_passed_on(self) -> None:
        """A recording of a member does not have the rest of a sound that the member no longer hears."""
        scheduler = Scheduler()
        tracks = [Track(scheduler) for _ in range(3)]
        for track, listener in pairwise(tracks):
            track.connect(listener)
        tracks[0].add(constant(b"1", 0, 10))
        scheduler.advance_to(5 * SAMPLE)
        tracks[0].disconnect(tracks[1])
        assert tracks[2].read(0, 20) == b"1" * 5 + b"\xff" * 15

    def test_queue_is_heard_as_it_grows(self) -> None:
        """Audio that is added at the moment in which earlier audio ends belongs to the same sound."""
        scheduler, track, played = queue()
        listener = Track(scheduler)
        played.add(b"1" * 10)
        scheduler.advance_to(10 * SAMPLE)
        track.connect(listener)
        played.add(b"2" * 10)
        assert len(track.sounds) == 1
        assert listener.read(0, 30) == b"\xff" * 10 + b"2" * 10 + b"\xff" * 10

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 30), st.integers(0, 9)), max_size=30))
    def test_tracks_agree_with_plain_sets(self, actions: list[tuple[int, int, int, int]]) -> None:
        """At each position, a connected track has the sounds that were heard at that moment."""
        scheduler = Scheduler()
        speaker, listener = Track(scheduler), Track(scheduler)
        sounds: list[Sound] = []
        connections: list[tuple[int, int]] = []
        is_connected, now = False, 0
        for step, action, length, delay in actions:
            now += step
            scheduler.advance_to(now)
            if action == 0:
                sounds.append(speaker.add(Sound(now + delay, now + delay + length)))
            elif action == 1 and sounds:
                sounds[length % len(sounds)].stop(now)
            elif is_connected:
                speaker.disconnect(listener)
                connections[-1] = (connections[-1][0], now)
                is_connected = False
            else:
                speaker.connect(listener)
                connections.append((now, 10**6))
                is_connected = True
            speaker.read((now - 1) * 8000, now * 8000)
        for at in range(now + 50):
            heard = {sound for sound in sounds if sound.began <= at < sound.end}
            assert {each.sound for each in speaker.between(at, at + 1)} == heard
            is_passed_on = any(start <= at < end for start, end in connections)
            assert {each.sound for each in listener.between(at, at + 1)} == (heard if is_passed_on else set())


def test_sources_of_audio() -> None:
    """A file and an ``Audio`` object with the same samples give the same audio."""
    spoken = tone(0.1)
    assert pcmu_of(spoken) == pcmu_of(audio.to_wav(spoken))
    assert len(pcmu_of(spoken)) == position(0.1) == 800
