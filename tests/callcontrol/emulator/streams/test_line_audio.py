"""The audio of a call: positions, queues, cuts, mixtures and the limit of what is kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callcontrol.emulator import audio
from callcontrol.emulator.line_audio import CallAudio, Track, pcmu_of, position
from tests.callcontrol.emulator.streams.bot_application import tone

SILENT = 0xFF


def test_audio_is_read_where_it_was_added() -> None:
    """A gap is silent, and audio that overlaps earlier audio is queued behind it."""
    track = Track(10)
    assert (track.end, track.read(0, 100)) == (0, None)
    assert track.add(10, b"aaaa") == 10
    assert track.add(12, b"bb") == 14
    assert track.add(20, b"cc") == 20
    assert track.end == 22
    assert track.read(8, 24) == b"\xff\xffaaaabb\xff\xff\xff\xffcc\xff\xff"
    assert track.read(11, 15) == b"aaab"
    assert track.read(16, 20) is None
    assert track.read(21, 22) == b"c"
    assert track.read(22, 30) is None
    assert track.read(5, 5) is None


def test_a_cut_drops_all_later_audio() -> None:
    """The audio before the cut stays."""
    track = Track(10)
    track.add(0, b"aaaa")
    track.add(10, b"bb")
    assert track.cut(12) == 0
    assert track.cut(2) == 4
    assert (track.end, track.read(0, 12)) == (2, b"aa" + b"\xff" * 10)
    assert track.cut(0) == 2
    assert (track.end, track.read(0, 12)) == (0, None)


def test_old_audio_is_forgotten() -> None:
    """At most one second more than the limit is kept. Old audio is dropped, even in the middle of a piece."""
    track = Track(1)
    track.add(0, b"a" * 100)
    track.add(4000, b"b" * 8000)
    track.add(20_000, b"c" * 10)
    assert track.read(0, 100) is None
    assert track.read(11_990, 20_010) is not None
    track.add(100_000, b"d")
    assert track.read(0, 100_000) is None
    for number in range(1000):
        track.add(200_000 + number * 160, b"e" * 160)
    kept = track.read(0, 10**6)
    assert kept is not None
    assert kept.count(b"e") <= 3 * 8000
    assert track.end == 200_000 + 160_000


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 50), st.booleans()), max_size=20))
def test_track_agrees_with_a_plain_array(actions: list[tuple[int, int, bool]]) -> None:
    """Adding and cutting have the same effect as on an array of samples."""
    track, plain, end, now = Track(1000), np.full(10_000, SILENT), 0, 0
    for number, (step, length, is_cut) in enumerate(actions):
        now += step
        if is_cut:
            assert track.cut(now) == max(0, end - now)
            plain[now:] = SILENT
            end = min(end, now)
        elif length:
            start = max(now, end)
            assert track.add(now, bytes([number]) * length) == start
            plain[start : start + length] = number
            end = start + length
    read = track.read(0, 10_000) or b"\xff" * 10_000
    assert read == bytes(plain.astype(np.uint8))
    middle = track.read(100, 400)
    assert (middle or b"\xff" * 300) == bytes(plain[100:400].astype(np.uint8))


def test_sources_are_mixed() -> None:
    """The loudest possible sum is clipped, not wrapped."""
    line = CallAudio(10)
    assert line.read("inbound", 0, 160) is None
    line.said.add(0, b"\x90" * 160)
    assert line.read("inbound", 0, 160) == b"\x90" * 160
    assert line.read("outbound", 0, 160) is None
    loud = pcmu_of(audio.Audio(np.full((160, 1), 30_000, np.int16), 8000))
    line.new_source().add(0, loud)
    assert line.read("outbound", 0, 160) == loud
    line.new_source().add(80, loud[:80])
    mixed = line.read("outbound", 0, 160)
    assert mixed is not None
    samples = audio.decode_pcmu(mixed).samples[:, 0]
    assert samples[:80].max() < 31_000
    assert samples[80:].min() > 32_000


def test_connected_callers_hear_each_other() -> None:
    """A caller hears the other caller, but only while the two calls are connected."""
    one, other = CallAudio(10), CallAudio(10)
    one.said.add(0, b"1" * 10)
    one.connect(other)
    assert other.read("outbound", 0, 10) == b"1" * 10
    assert one.read("outbound", 0, 10) is None
    one.disconnect(other)
    assert other.read("outbound", 0, 10) is None


def test_sources_of_audio() -> None:
    """A file and an ``Audio`` object with the same samples give the same audio."""
    spoken = tone(0.1)
    assert pcmu_of(spoken) == pcmu_of(audio.to_wav(spoken))
    assert len(pcmu_of(spoken)) == position(0.1) == 800
