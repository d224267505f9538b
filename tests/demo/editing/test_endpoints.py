"""What programs get."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo.editing import endpoints
from fadernets.music import midi
from fadernets.music.notes import concatenate
from tests.fadernets import tiny


@pytest.mark.slow
def test_endpoint_changes_a_file(net, session, tmp_path):
    path = tmp_path / "in.mid"
    midi.write(session.piece, path)
    values = {"rhythm": 1.0, "first": 0, "last": None}
    new, figures = endpoints.change(net, endpoints.opened(net, path), values, tmp_path / "new")
    assert midi.read(new).length == pytest.approx(session.piece.length, abs=0.01)
    assert figures["after"]["rhythm"] > figures["before"]["rhythm"]
    assert figures["unchanged"] == [] and Path(new).name == "in_rhythm-up-1.00.mid"
    with pytest.raises(ValueError, match="rhythm"):
        endpoints.change(net, endpoints.opened(net, path), {"rhythm": 3.0}, tmp_path / "none")


@pytest.mark.slow
def test_very_many_segments_that_stay_are_counted(net, tmp_path):
    """The server keeps the answers of many programs, so that none may be large."""
    path = tmp_path / "rests.mid"
    last = tiny.bar(np.random.default_rng(1)).shifted(600 * 4.0)
    midi.write(tiny.piece([tiny.bar(np.random.default_rng(0))]), path)
    piece = midi.read(path)
    notes = concatenate([piece.notes, last])
    midi.write(replace(piece, notes=notes, length=2404.0, original=None), path)
    figures = endpoints.change(net, endpoints.opened(net, path), {"rhythm": 0.1}, tmp_path / "new")[
        1
    ]
    assert len(figures["unchanged"]) == endpoints.UNCHANGED_NAMED
    assert "99 more segments cannot be changed." in figures["notices"]
