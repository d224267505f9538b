import io
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.playback import audio
from fadernets.playback.audio import (
    PIANO,
    TAIL,
    AudioError,
    Sound,
    pair,
    render,
    wav_bytes,
)
from tests.fadernets.playback.synthesisers import BOTH


def piece(*rows, pedal=(), length=None):
    """A piece of rows (onset, offset, pitch, velocity) in beats; 60 qpm, so a beat is a second"""
    notes = Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()
    return Piece(
        notes=notes,
        pedal=np.array(pedal, float).reshape(-1, 2),
        tempo=np.array([[0.0, 60.0]]),
        meter=np.array([[0, 4, 4]]),
        length=float(notes.offset.max(initial=0.0)) if length is None else length,
    )


def scale(seconds, velocity=80):
    """Four notes a second"""
    rows = [(i / 4, i / 4 + 0.25, 48 + i % 24, velocity) for i in range(4 * seconds)]
    return piece(*rows)


def decibels(sound, start=0.0, stop=None):
    """RMS level between two times in seconds, dB of full scale"""
    first, last = (
        None if seconds is None else int(seconds * sound.rate) for seconds in (start, stop)
    )
    return 10 * np.log10(np.mean(np.square(sound.samples[first:last], dtype=float)) + 1e-20)


@pytest.mark.slow
@BOTH
def test_velocity_is_loudness(synthesiser):
    soft, loud = (
        render(piece((0, 1, 60, velocity)), gain=1.0, synthesiser=synthesiser)
        for velocity in (20, 110)
    )
    assert decibels(loud) - decibels(soft) > 15


@pytest.mark.slow
@BOTH
def test_the_pedal_sustains(synthesiser):
    key, pedalled = (
        render(piece((0, 0.5, 60, 90), pedal=pedal, length=4.0), gain=1.0, synthesiser=synthesiser)
        for pedal in ((), [(0.2, 3.5)])
    )
    assert decibels(pedalled, 0, 0.5) == pytest.approx(decibels(key, 0, 0.5), abs=1)
    assert decibels(pedalled, 2.0, 3.0) - decibels(key, 2.0, 3.0) > 20
    assert decibels(pedalled, 2.0, 3.0) - decibels(pedalled, 5.0, 6.0) > 20  # and lets go


@pytest.mark.slow
@BOTH
def test_a_sound_is_as_long_as_the_piece_and_its_tail(synthesiser):
    for length in (2.0, 5.5):  # the last note ends at 2; a file may go on in silence
        sound = render(piece((0, 2, 60, 90), length=length), synthesiser=synthesiser)
        assert sound.rate in (44_100, 48_000)
        assert sound.samples.dtype == np.float32
        assert sound.samples.shape == (round((length + TAIL) * sound.rate), 2)
        assert sound.seconds == pytest.approx(length + TAIL)


@BOTH
def test_the_tail_rings_on(synthesiser):
    sound = render(piece((0, 1, 60, 110)), synthesiser=synthesiser)
    assert decibels(sound, 1.05, 1.3) > -60
    assert decibels(sound, 1.05, 1.3) - decibels(sound, 2.5, 3.0) > 20


@BOTH
def test_notes_come_when_they_should(synthesiser):
    sound = render(piece((1, 2, 60, 110), length=3.0), gain=1.0, synthesiser=synthesiser)
    loud = np.flatnonzero(np.abs(sound.samples).max(axis=1) > 0.2 * sound.peak)
    assert loud[0] / sound.rate == pytest.approx(1.0, abs=0.05)


@pytest.mark.slow
@BOTH
def test_rendering_is_deterministic(synthesiser):
    first, second = (render(scale(2), synthesiser=synthesiser) for _ in range(2))
    np.testing.assert_array_equal(first.samples, second.samples)


@pytest.mark.slow
def test_threads_and_child_processes_give_the_same_samples(monkeypatch):
    pieces = [scale(2), scale(3), scale(2, velocity=40)]
    alone = [render(music).samples for music in pieces]
    with ThreadPoolExecutor(6) as pool:
        together = [sound.samples for sound in pool.map(render, pieces * 4)]
    monkeypatch.setattr(audio, "IN_PROCESS", 0.0)
    with ThreadPoolExecutor(3) as pool:
        together += [sound.samples for sound in pool.map(render, pieces)]
    for expected, samples in zip(alone * 5, together, strict=True):
        np.testing.assert_array_equal(samples, expected)


@pytest.mark.slow
def test_a_long_piece_does_not_stop_other_threads():
    """midirenderer holds the interpreter lock, for about a second in a piece this long"""
    finished = threading.Event()
    gaps = []

    def watch():
        before = time.perf_counter()
        while not finished.is_set():
            time.sleep(0.005)
            now = time.perf_counter()
            gaps.append(now - before)
            before = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        render(scale(60))
    finally:
        finished.set()
        watcher.join()
    assert len(gaps) > 10
    assert sum(gap for gap in gaps if gap > 0.1) < 0.5 * sum(gaps)


def test_normalising_fills_the_range_but_leaves_soft_music_soft():
    loud, soft = render(piece((0, 1, 60, 110))), render(piece((0, 1, 60, 20)))
    assert loud.peak == pytest.approx(audio.PEAK, abs=1e-3)
    assert soft.gain == audio.LOUDEST_GAIN
    assert 0.01 < soft.peak < 0.2


@pytest.mark.slow
def test_a_pair_has_one_gain_and_does_not_clip():
    soft, loud = piece((0, 1, 60, 30)), piece((0, 2, 60, 110), (0, 2, 64, 110))
    raw = [render(side, gain=1.0) for side in (soft, loud)]
    for sides in ((soft, loud), (render(soft), render(loud, gain=0.3))):
        first, second = pair(*sides)
        assert first.gain == second.gain
        assert second.peak == pytest.approx(audio.PEAK, abs=1e-4)
        assert len(first.samples) == len(second.samples) == len(raw[1].samples)
        np.testing.assert_allclose(second.samples, raw[1].samples * second.gain, atol=1e-5)
        expected = raw[0].samples * first.gain
        np.testing.assert_allclose(first.samples[: len(expected)], expected, atol=1e-5)
        assert not first.samples[len(expected) :].any()
    np.testing.assert_allclose(pair(loud, soft)[0].samples, second.samples, atol=1e-6)


def test_a_pair_leaves_its_arguments_alone():
    original = render(piece((0, 1, 60, 80)))
    before = original.samples.copy()
    pair(original, piece((0, 1, 62, 120)))
    np.testing.assert_array_equal(original.samples, before)


def test_sounds_of_no_stated_gain_are_what_the_synthesiser_gave():
    """Samples and the gain of a pair are worked out by hand from the louder one's peak."""
    soft, loud = (np.full((10, 2), size, np.float32) for size in (0.1, 0.25))
    first, second = pair(Sound(soft, 44_100), Sound(loud, 44_100))
    assert first.gain == second.gain == pytest.approx(audio.PEAK / 0.25)
    np.testing.assert_allclose(first.samples, soft * audio.PEAK / 0.25, rtol=1e-6)


def test_a_pair_needs_one_sample_rate():
    samples = np.full((10, 2), 0.5, np.float32)
    with pytest.raises(ValueError, match="44100 and 48000"):
        pair(Sound(samples, 44_100), Sound(samples, 48_000))


def test_wav_files_have_16_bits_and_the_same_samples():
    sound = render(piece((0, 1, 60, 100)))
    info = soundfile.info(io.BytesIO(wav_bytes(sound)))
    assert (info.format, info.subtype, info.channels) == ("WAV", "PCM_16", 2)
    samples, rate = soundfile.read(io.BytesIO(wav_bytes(sound)), dtype="float32")
    assert rate == sound.rate
    np.testing.assert_allclose(samples, sound.samples, atol=1 / 32768)


def test_too_loud_a_sound_is_clipped_and_does_not_wrap_around():
    samples = np.array([[2.0, -2.0], [0.5, -0.5]], np.float32)
    decoded, _ = soundfile.read(io.BytesIO(wav_bytes(Sound(samples, 48_000))))
    np.testing.assert_allclose(decoded, [[1, -1], [0.5, -0.5]], atol=1e-4)


@pytest.mark.parametrize("gain", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bad_gain_is_named(gain):
    with pytest.raises(ValueError, match=f"gain {gain}"):
        render(piece((0, 1, 60, 80)), gain=gain)


def test_the_synthesiser_can_be_chosen_by_the_environment(monkeypatch):
    monkeypatch.setenv("FADERNETS_SYNTHESISER", "accordion")
    with pytest.raises(AudioError, match="SYNTHESISER must be one of .*, and not 'accordion'"):
        render(piece((0, 1, 60, 80)))
    render(piece((0, 1, 60, 80)), synthesiser="midirenderer")  # an argument goes first


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("fluidsynth"), reason="no fluidsynth program")
def test_fluidsynth_by_the_environment(monkeypatch):
    by_argument = render(scale(2), gain=1.0, synthesiser="fluidsynth")
    monkeypatch.setenv("FADERNETS_SYNTHESISER", "fluidsynth")
    by_environment = render(scale(2), gain=1.0)
    np.testing.assert_array_equal(by_environment.samples, by_argument.samples)
    default = render(scale(2), gain=1.0, synthesiser="midirenderer")
    assert np.abs(default.samples - by_environment.samples).max() > 0.01


def test_without_the_program_fluidsynth_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AudioError, match="FluidSynth is not installed"):
        render(piece((0, 1, 60, 80)), synthesiser="fluidsynth")


@BOTH
def test_no_notes_are_refused(synthesiser):
    with pytest.raises(AudioError, match="no notes"):
        render(piece(length=4.0), synthesiser=synthesiser)


@BOTH
@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read: No such file"),
        (b"", "is not an SF2 file"),
        (bytes(10_000), "is not an SF2 file"),
        (PIANO.read_bytes()[:100_000], "SoundFont"),  # cut short
    ],
    ids=["missing", "empty", "zero", "short"],
)
def test_a_bad_font_is_an_error(tmp_path, monkeypatch, synthesiser, content, message):
    font = tmp_path / "font.sf2"
    if content is not None:
        font.write_bytes(content)
    monkeypatch.setenv("FADERNETS_SOUNDFONT", str(font))
    for seconds in (1, 11):  # in this process and in a child
        with pytest.raises(AudioError, match=message) as caught:
            render(scale(seconds), synthesiser=synthesiser)
        assert "\n" not in str(caught.value)


@BOTH
def test_a_font_of_silence_is_an_error(tmp_path, monkeypatch, synthesiser):
    """The shipped font with every sample 0: well formed, and heard as nothing"""
    font = bytearray(PIANO.read_bytes())
    start = font.index(b"smpl") + 8
    size = int.from_bytes(font[start - 4 : start], "little")
    font[start : start + size] = bytes(size)
    path = Path(tmp_path, "silent.sf2")
    path.write_bytes(font)
    monkeypatch.setenv("FADERNETS_SOUNDFONT", str(path))
    with pytest.raises(AudioError, match=f"{synthesiser} is silent"):
        render(piece((0, 1, 60, 100)), synthesiser=synthesiser)


def test_the_piano_font_stands_beside_its_licence():
    assert PIANO.stat().st_size == 7_841_552
    assert "MIT license" in PIANO.with_name("piano-fluidr3.LICENSE.txt").read_text()
    assert "FluidR3" in PIANO.with_name("README.md").read_text()


def test_fluidsynth_without_midi2audio_is_told(monkeypatch):
    monkeypatch.setattr(audio.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(audio, "find_spec", lambda name: None)
    with pytest.raises(AudioError, match=r"pip install 'fadernets\[fluidsynth\]'"):
        audio.SYNTHESISERS["fluidsynth"](b"", PIANO, 1.0)
