from __future__ import annotations

import pytest

from demo.editing.opening import open_example
from demo.editing.piece_session import PieceSession
from fadernets.playback import audio


@pytest.fixture
def session() -> PieceSession:
    return open_example("mazurka")


@pytest.fixture
def rendered(monkeypatch) -> list[float]:
    """Seconds of sound that each call of a synthesiser gave."""
    seconds = []

    def count(*args):
        sound = real(*args)
        seconds.append(sound.seconds)
        return sound

    real = audio.SYNTHESISERS["midirenderer"]
    monkeypatch.setitem(audio.SYNTHESISERS, "midirenderer", count)
    return seconds
