"""Preparing MIDI for training: ours against a path of music21, a segment at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import music21
import numpy as np

from benchmarks.measuring.timing import interleaved, rate, ratio
from fadernets.music import events, examples, midi
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import BEATS, HIGHEST_PITCH, LOWEST_PITCH, Notes
from fadernets.music.segment_limits import problem
from train.data.corpora import Source, performances
from train.prepare import prepare_file


def write_examples(folder: Path, names: tuple[str, ...]) -> list[Source]:
    """Public-domain examples as MIDI files."""
    for name in names:
        midi.write(examples.load(name), folder / f"{name}.mid")
    return performances(folder)


def by_music21(path: Path, max_windows: int | None = None) -> list[dict[str, object]]:
    """Tokens, labels and key of a file's usable segments, by music21, each cut by itself.

    At most `max_windows` windows of four beats are read.
    """
    flat = music21.converter.parse(path, forceSource=True, storePickle=False).flatten()
    count = max(1, int(np.ceil(flat.highestTime / BEATS)))
    segments: list[dict[str, object]] = []
    for index in range(count if max_windows is None else min(max_windows, count)):
        window: Any = flat.getElementsByOffset(
            index * BEATS, (index + 1) * BEATS, includeEndBoundary=False
        ).stream()
        notes = _notes(window, index * BEATS)
        if problem(notes) is not None:
            continue
        segments.append(
            {
                "tokens": events.encode(notes),
                "key": _key(window.analyze("key")),
                **{name: a.label(notes) for name, a in ATTRIBUTES.items()},
            }
        )
    return segments


def _notes(window: music21.stream.Stream, start: float) -> Notes:
    rows = [
        (
            float(struck.offset) - start,
            min(float(struck.offset + struck.quarterLength) - start, BEATS),
            pitch.midi,
            struck.volume.velocity or 64,
        )
        for struck in window.notes
        for pitch in struck.pitches
        if LOWEST_PITCH <= pitch.midi <= HIGHEST_PITCH and struck.quarterLength
    ]
    return Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()


def _key(key: music21.key.Key) -> int:
    return key.tonic.pitchClass + 12 * (key.mode == "minor")


def measure(sources: list[Source], windows: int, repeats: int) -> dict:
    """Segments a second, files read and written to arrays, with one core."""
    own_count = sum(len(prepare_file(source).arrays["length"]) for source in sources)
    music21_count = sum(len(by_music21(source.path, windows)) for source in sources)
    times = interleaved(
        {
            "ours": lambda: [prepare_file(source) for source in sources],
            "music21": lambda: [by_music21(source.path, windows) for source in sources],
        },
        repeats,
    )
    return {
        "files": len(sources),
        "segments": own_count,
        "segments_music21": music21_count,
        "ours_segments_s": rate(times["ours"], own_count),
        "music21_segments_s": rate(times["music21"], music21_count),
        "times_music21": ratio(times["music21"], times["ours"], music21_count, own_count),
    }
