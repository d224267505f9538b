from __future__ import annotations

import hashlib

import numpy as np
import pytest
import soundfile

from fadernets.playback import audio
from survey.building import clips
from tests.fadernets import tiny

RATE = audio.RATE
TEMPO = np.array([[0.0, 120.0]])


@pytest.fixture(scope="module")
def clip_files() -> list[bytes]:
    """Four versions of a segment; the first two are the same."""
    calm, busy, third = tiny.bars(3)
    return clips.make([calm, calm, busy, third], TEMPO, 2.0, clips.length(3.0))


def level(samples):
    return float(np.sqrt((samples**2).mean()))


@pytest.mark.slow
def test_nothing_but_the_music_differs(clip_files):
    assert len({len(data) for data in clip_files}) == 1
    assert {clips.decode(data).shape for data in clip_files} == {(clips.length(3.0), 2)}
    assert clip_files[0] == clip_files[1] and len(set(clip_files)) == 3


@pytest.mark.slow
def test_the_bit_rate_is_constant(clip_files):
    for data in clip_files:
        frame = clips.FRAME // 8 * clips.KBITS * 1000 // RATE
        assert len(data) % frame == 0
        headers = {data[place : place + 3] for place in range(0, len(data), frame)}
        assert headers == {b"\xff\xfb\xb4"}  # MPEG 1 layer III, 192 kbit/s, 48 kHz
        assert b"ID3" not in data[:3] and data[-128:-125] != b"TAG"


def test_the_same_samples_give_the_same_bytes():
    samples = 0.1 * np.random.default_rng(0).standard_normal((RATE, 2)).astype(np.float32)
    assert clips.encode(samples, RATE) == clips.encode(samples, RATE)


@pytest.mark.slow
def test_one_gain_for_all_versions():
    calm, busy = tiny.bars(2)
    faint = type(calm)(calm.onset, calm.offset, calm.pitch, np.full(len(calm), 30))
    versions = [busy, faint]
    data = clips.make(versions, TEMPO, 2.0, clips.length(2.0))
    lead = round(clips.LEAD_SECONDS * RATE)
    factors = []
    for coded, notes in zip(data, versions, strict=True):
        rendered = audio.render(clips._piece(notes, TEMPO), gain=1.0)
        decoded = clips.decode(coded)[lead : lead + 2 * RATE]
        factors.append(level(decoded) / level(rendered.samples[: 2 * RATE]))
    assert factors[0] == pytest.approx(factors[1], rel=0.02)
    peaks = [np.abs(clips.decode(coded)).max() for coded in data]
    assert 0.75 < max(peaks) < 1.0 and min(peaks) < 0.5 * max(peaks)


@pytest.mark.slow
def test_silence_around_the_music(clip_files):
    for data in clip_files:
        samples = clips.decode(data)
        music = round((clips.LEAD_SECONDS + 2.0 + clips.TAIL_SECONDS) * RATE)
        assert np.abs(samples[: round(0.05 * RATE)]).max() < 0.003
        assert np.abs(samples[music + clips.FRAME :]).max() == 0
        steps = np.abs(np.diff(samples[music - RATE // 2 :], axis=0))
        assert steps.max() < 0.01  # nothing clicks


@pytest.mark.slow
def test_a_tempo_map_is_played():
    (notes,) = tiny.bars(1)
    slow = np.array([[0.0, 120.0], [2.0, 40.0]])
    data = clips.make([notes], slow, 4.0, clips.length(4.0))[0]
    seconds = np.flatnonzero(np.abs(clips.decode(data)).max(1) > 0.02)[-1] / RATE
    assert 3.5 < seconds < 4.0 + clips.LEAD_SECONDS + clips.TAIL_SECONDS


def test_length_is_whole_frames():
    for seconds in (1.0, 2.345, 6.0):
        samples = clips.length(seconds)
        assert samples % clips.FRAME == 0
        assert (
            0
            <= samples / RATE - (clips.LEAD_SECONDS + seconds + clips.TAIL_SECONDS)
            < clips.FRAME / RATE
        )


def test_silence_is_never_stored():
    with pytest.raises(clips.ClipError, match="too soft to be heard"):
        clips.encode(np.full((RATE, 2), 0.001, np.float32), RATE)


@pytest.mark.slow
def test_files_are_named_by_their_hash(tmp_path, clip_files):
    folder = tmp_path / "new" / "audio"
    clip = clips.store(clip_files[0], clips.length(3.0), folder)
    path = folder / f"{clip.sha256}.mp3"
    assert path.read_bytes() == clip_files[0]
    assert clip.sha256 == hashlib.sha256(clip_files[0]).hexdigest()
    assert clip.bytes == len(clip_files[0]) and clip.seconds == pytest.approx(4.6, abs=0.03)
    before = path.stat().st_mtime_ns
    assert clips.store(clip_files[0], clips.length(3.0), folder) == clip
    assert path.stat().st_mtime_ns == before
    path.write_bytes(clip_files[0][:100])  # cut short by a full disk
    clips.store(clip_files[0], clips.length(3.0), folder)
    assert path.read_bytes() == clip_files[0] and len(list(folder.iterdir())) == 1


def test_a_failed_write_leaves_nothing(tmp_path, clip_files, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        clips.store(clip_files[0], 1, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_library_without_mp3_is_refused(monkeypatch):
    clips.check_coder()
    monkeypatch.setattr(soundfile, "available_subtypes", lambda _: {})
    with pytest.raises(clips.ClipError, match=r"^The installed libsndfile [\d.]+ cannot write MP3"):
        clips.check_coder()
