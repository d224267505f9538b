"""What programs get."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.editing import endpoints
from fadernets.music import midi


@pytest.mark.slow
def test_endpoint_changes_a_file(net, session, tmp_path):
    path = tmp_path / "in.mid"
    midi.write(session.piece, path)
    values = {"rhythm": 1.0, "first": 0, "last": None}
    new, figures = endpoints.change(net, path, values, tmp_path / "new")
    assert midi.read(new).length == pytest.approx(session.piece.length, abs=0.01)
    assert figures["after"]["rhythm"] > figures["before"]["rhythm"]
    assert figures["unchanged"] == [] and Path(new).name == "in_rhythm-up-1.00.mid"
    with pytest.raises(ValueError, match="rhythm"):
        endpoints.change(net, path, {"rhythm": 3.0}, tmp_path / "none")
