"""Of candidates those are preferred that jump no further at borders than their segments do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets.arranger.borders import further_jumps
from fadernets.arranger.request import grid_of
from fadernets.music.notes import Notes
from fadernets.music.texture import Texture, texture
from fadernets.music.windows import Window

NONE = Texture(np.nan, np.nan)
SOURCE = Notes.of([0, 1, 2, 3], [1, 2, 3, 4], [60, 62, 64, 72], [80, 80, 60, 60])


def jumps(beside, *candidates: Notes, steps: int = 16, source: Notes = SOURCE) -> list[float]:
    window = Window(source, steps, beside=beside)
    return further_jumps([window], grid_of([source]), grid_of(candidates)).tolist()


def test_against_a_plain_computation():
    rng = np.random.default_rng(0)

    def music() -> Notes:
        onset = rng.integers(0, 16, 12) / 4
        offset = np.minimum(onset + rng.integers(1, 5, 12) / 4, 4.0)
        pitch = rng.permutation(np.arange(30, 100))[:12]  # no key twice
        return Notes.of(onset, offset, pitch, rng.integers(1, 128, 12))

    for _ in range(20):
        source, *candidates = (music() for _ in range(4))
        beside = tuple(Texture(rng.uniform(40, 90), rng.uniform(20, 120)) for _ in range(2))
        totals = []
        for candidate in candidates:
            total = 0.0
            for near, half in zip(beside, ((0, 2), (2, 4)), strict=True):
                far, own = (np.subtract(texture(n, *half), near) for n in (candidate, source))
                further = np.maximum(np.abs(far) - np.abs(own), 0) / (12, 20)
                total += float(np.nan_to_num(further).sum())
            totals.append(total)
        # Velocities at which onsets of a step are heard are those of the grid: to a rounding.
        assert jumps(beside, *candidates, source=source) == pytest.approx(totals, abs=1e-4)


def test_only_what_is_further_counts():
    higher = replace(SOURCE, pitch=SOURCE.pitch + 12)
    beside = Texture(72.0, 80.0), NONE
    assert jumps(beside, SOURCE, higher) == [0.0, 0.0]  # 61 is as far from 72 as 73 is, or further
    assert jumps((Texture(61.0, 80.0), NONE), SOURCE, higher) == pytest.approx([0.0, 1.0])


def test_loudness_counts_as_register_does():
    louder = replace(SOURCE, velocity=SOURCE.velocity + 20)
    assert jumps((NONE, Texture(68.0, 60.0)), SOURCE, louder) == pytest.approx([0.0, 1.0], abs=1e-4)


def test_the_last_half_of_a_short_segment_ends_with_it():
    notes = SOURCE[:2]  # of two beats, in steps 0 to 7
    higher = replace(notes, pitch=notes.pitch + [0, 12])
    beside = NONE, Texture(62.0, np.nan)
    assert jumps(beside, notes, higher, steps=8, source=notes) == pytest.approx([0.0, 1.0])


@pytest.mark.slow
def test_where_nothing_is_known_nothing_speaks_against_a_candidate():
    assert jumps(None, SOURCE, SOURCE.shifted(1.0)[:3]) == [0.0, 0.0]
    windows = [Window(SOURCE), Window(SOURCE, beside=(Texture(60.0, 80.0), NONE))]
    higher = replace(SOURCE, pitch=SOURCE.pitch + 12)
    further = further_jumps(windows, grid_of([SOURCE] * 2), grid_of([higher] * 2))
    torch.testing.assert_close(further[0], torch.tensor(0.0))
    assert further[1] > 0
