import numpy as np
import pytest
import soundfile

from fadernets.music import midi
from fadernets.playback import audio
from tests.fadernets.command_line.commands import run


@pytest.mark.slow
def test_render_plays_the_piece(source, tmp_path):
    assert run("render", source, tmp_path / "out.wav") == 0
    samples, rate = soundfile.read(tmp_path / "out.wav")
    duration = midi.read(source).duration
    assert len(samples) / rate == pytest.approx(duration + audio.TAIL, abs=0.01)
    assert np.abs(samples).max() > 0.5
