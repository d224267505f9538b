"""Sounds from files, and what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fadernets import Notes
from fadernets.music import midi
from survey.building.from_sounds import sound_file, sounds
from survey.building.from_sounds.sound_file import RATE, SoundError
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb
from tests.survey import music
from tests.survey.sound_files import tone


def saved(folder: Path, samples: np.ndarray, name: str = "a.wav", rate: int = RATE) -> Path:
    soundfile.write(folder / name, samples, rate)
    return folder / name


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg"])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_every_format_sounds_the_same(tmp_path: Path, name: str, rate: int) -> None:
    sound = sounds.read(saved(tmp_path, tone(440, 0.25, 1.0, rate), name, rate))
    assert sound.samples.shape[1] == 2 and (sound.samples[:, 0] == sound.samples[:, 1]).all()
    assert sound.seconds == pytest.approx(1.0, abs=0.06)
    spectrum = np.abs(np.fft.rfft(sound.samples[:RATE, 0]))
    assert spectrum.argmax() * RATE / len(sound.samples[:RATE]) == pytest.approx(440, abs=2)
    assert sound.peak == pytest.approx(0.25, abs=0.04)
    assert sound.remarks() == []


@pytest.mark.slow
def test_midi_is_rendered(tmp_path: Path) -> None:
    folder = music.write(tmp_path)
    sound = sounds.read(sorted(folder.glob("*.mid"))[0])
    assert sound.is_rendered and sound.seconds > 2 and sound.peak > 0.001


def test_two_channels_stay_two(tmp_path: Path) -> None:
    stereo = np.column_stack([tone(440), tone(660)])
    sound = sounds.read(saved(tmp_path, stereo))
    assert np.abs(sound.samples - stereo).max() < 1e-3


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(RATE), "silent"),
        (1e-4 * np.ones(RATE), "silent"),
        (0.5 * np.ones(RATE), "silent"),
        (tone(440, 0.2, 0.1), "lasts 0.10 s"),
        (np.column_stack([tone(440)] * 3), "3 channels"),
    ],
)
def test_what_cannot_be_heard_is_refused(tmp_path: Path, samples: np.ndarray, reason: str) -> None:
    with pytest.raises(SoundError, match=reason):
        sounds.read(saved(tmp_path, samples))


def test_what_is_too_long_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_file, "LONGEST", 0.5)
    with pytest.raises(SoundError, match="longer than 0.5 s"):
        sounds.read(saved(tmp_path, tone(440, 0.2, 0.7)))


@pytest.mark.parametrize(("rests", "remarks"), [(0, 0), (2, 1)])
def test_time_that_rendering_leaves_to_ring_out_is_no_silence_to_tell(
    tmp_path: Path, rests: int, remarks: int
) -> None:
    """Else every MIDI file had a warning; a rest at the end of the music has one."""
    notes = Notes.of([0.0, 2.0], [1.0, 2.5], [60, 64], [90, 90])
    midi.write(tiny.piece([notes, *[Notes.empty()] * rests]), tmp_path / "a.mid")
    sound = sounds.read(tmp_path / "a.mid")
    assert sound.silence[1] > sounds.LONG_SILENCE
    assert len(sound.remarks()) == remarks


def test_midi_that_is_too_long_is_refused_before_it_is_rendered(tmp_path: Path) -> None:
    """An hour took two minutes and three gigabytes, and the hour's file has 47 bytes."""
    start = 480 * 2 * 200
    long = mb.music(2) + mb.note(start, start + 480, 60)
    (tmp_path / "a.mid").write_bytes(mb.file(mb.track(*long)))
    with pytest.raises(SoundError, match="lasts longer than 120 s"):
        sounds.read(tmp_path / "a.mid")


@pytest.mark.parametrize("name", ["a.wav", "a.mid", "missing.wav"])
def test_what_is_no_sound_is_refused(tmp_path: Path, name: str) -> None:
    if name != "missing.wav":
        (tmp_path / name).write_bytes(b"RIFF nothing")
    with pytest.raises(SoundError):
        sounds.read(tmp_path / name)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    samples = tone(440)
    samples[5] = np.nan
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(SoundError, match="no numbers"):
        sounds.read(tmp_path / "a.wav")


def test_waves_that_are_cut_off_are_counted(tmp_path: Path) -> None:
    clipped = np.clip(tone(100, 1.4, 1.0), -1, 1)
    sound = sounds.read(saved(tmp_path, clipped))
    assert sound.clipped == pytest.approx(100, abs=1)
    assert "cut off at full scale" in sound.remarks()[0]
    assert sounds.read(saved(tmp_path, tone(100, 0.999, 1.0))).clipped == 0


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("pitch", [40, 110, 220])
def test_what_just_reaches_full_scale_is_not_cut_off(
    tmp_path: Path, name: str, rate: int, pitch: float
) -> None:
    """A low tone stays there for many samples; most sounds are brought to full scale."""
    top = 1 - 2**-15
    whole = saved(tmp_path, tone(pitch, top, 1.0, rate), name, rate)
    assert sounds.read(whole).clipped == 0
    cut = saved(tmp_path, np.clip(tone(pitch, 1.1, 1.0, rate), -top, top), name, rate)
    assert sounds.read(cut).clipped == pytest.approx(pitch, abs=1)
    assert sounds.read(cut, 3.5).remarks() == []  # an anchor: told of its reference


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg"])
def test_what_coding_puts_above_full_scale_is_not_cut_off(tmp_path: Path, name: str) -> None:
    wave = sum(tone(pitch, 1.0, 1.0) for pitch in (220, 440, 660))
    wave = 0.999 * wave / np.abs(wave).max()
    sound = sounds.read(saved(tmp_path, wave, name))
    assert sound.peak > 1 and sound.remarks() == []


def test_silence_at_the_ends_is_told(tmp_path: Path) -> None:
    samples = np.concatenate([np.zeros(2 * RATE), tone(440), np.zeros(3 * RATE)])
    sound = sounds.read(saved(tmp_path, samples))
    assert sound.silence == pytest.approx((2, 3), abs=0.01)
    assert sound.remarks() == [
        "it begins with 2.0 s of silence",
        "it ends with 3.0 s of silence",
    ]


def test_waves_off_the_centre_are_told(tmp_path: Path) -> None:
    sound = sounds.read(saved(tmp_path, tone(440, 0.2) - 0.25))
    assert sound.remarks() == [
        "its waves lie 25 % of full scale off the centre, which clicks at its ends and has its "
        "loudness misjudged"
    ]
    assert sounds.read(saved(tmp_path, tone(440, 0.2) + 0.005)).remarks() == []


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.mp3"])
def test_a_file_that_is_cut_short_is_told(tmp_path: Path, name: str) -> None:
    noise = 0.1 * np.random.default_rng(0).normal(size=4 * RATE)
    path = saved(tmp_path, noise, name)
    assert sounds.read(path).remarks() == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert sounds.read(path).remarks() == ["it is cut short: its end is missing in the file"]


def test_an_mp3_file_that_does_not_say_how_long_it_is_is_taken_as_whole(tmp_path: Path) -> None:
    path = saved(tmp_path, 0.1 * np.random.default_rng(0).normal(size=8 * RATE), "a.mp3")
    content = path.read_bytes()
    assert b"Info" in content[:200] or b"Xing" in content[:200]
    path.write_bytes(content[content.index(content[:2], 4) :])
    assert sounds.read(path).remarks() == []
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 60, 0]) + bytes(60 << 7)  # a picture of some 8 kB
    path.write_bytes(tag + content[: len(content) // 2])
    assert sounds.read(path).remarks() == ["it is cut short: its end is missing in the file"]


def test_a_wave_file_of_unknown_length_is_whole(tmp_path: Path) -> None:
    """As programs write them that cannot go back to the header."""
    path = saved(tmp_path, tone(440, 0.2, 1.0))
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff" * 4
    path.write_bytes(content)
    sound = sounds.read(path)
    assert sound.seconds == 1 and sound.remarks() == []


@pytest.mark.slow
def test_what_is_not_heard_of_a_midi_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "band.mid"
    programs = (0, 32, 48)
    tracks = [
        mb.track((0, mb.program(number, channel)), *mb.note(0, 480, 60 + channel, channel=channel))
        for channel, number in enumerate(programs)
    ]
    path.write_bytes(mb.file(*tracks))
    assert sounds.read(path).remarks() == ["its piano alone is heard, not Channel 2, Channel 3"]
    path.write_bytes(mb.file(*tracks[1:]))
    assert sounds.read(path).remarks() == [
        "a piano plays what is not a piano's: Channel 2, Channel 3"
    ]
    path.write_bytes(mb.file(*tracks[:1])[:-8])
    assert sounds.read(path).remarks() == ["it is cut short: its end is missing in the file"]


def test_an_anchor_lacks_what_is_above(tmp_path: Path) -> None:
    both = tone(1000, 0.2, 1.0) + tone(5000, 0.2, 1.0)
    path = saved(tmp_path, both)
    whole, anchor = (np.abs(np.fft.rfft(sounds.read(path, k).samples[:, 0])) for k in (None, 3.5))
    assert anchor[1000] == pytest.approx(whole[1000], rel=0.01)
    assert anchor[5000] < whole[5000] / 1000


def test_what_has_no_end_or_says_what_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    rate = tmp_path / "rate.wav"
    soundfile.write(rate, np.zeros((400, 1)), 8000)
    content = bytearray(rate.read_bytes())
    content[24:28] = (2**31 - 1).to_bytes(4, "little")
    rate.write_bytes(content)
    for path, reason in (
        (tmp_path / "pipe.wav", "it is no file"),
        (Path("/dev/zero"), "it is no file"),
        (tmp_path, "it is no file"),
        (rate, "samples a second, which no sound here has"),
    ):
        with pytest.raises(SoundError, match=reason):
            sounds.read(path)


@pytest.mark.parametrize("rate", [7919, 383_999])  # prime, and sharing no factor with ours
def test_a_rate_that_fits_none_is_converted_by_small_factors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    factors: list[int] = []
    resample = sound_file.signal.resample_poly

    def watched(samples: np.ndarray, up: int, down: int, axis: int) -> np.ndarray:
        factors.extend((up, down))
        return resample(samples, up, down, axis=axis)

    monkeypatch.setattr(sound_file.signal, "resample_poly", watched)
    sound = sounds.read(saved(tmp_path, tone(440, 0.25, 1.0, rate), rate=rate))
    assert max(factors) <= 6000
    assert sound.seconds == pytest.approx(1.0, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(sound.samples[:, 0]))
    assert np.fft.rfftfreq(len(sound.samples), 1 / RATE)[spectrum.argmax()] == pytest.approx(
        440, abs=1
    )
