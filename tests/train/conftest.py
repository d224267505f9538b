"""A small corpus as MIDI files, and the same prepared."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from fadernets.music import midi
from tests.fadernets.tiny import bars, piece
from tests.train import score_files
from train import export, prepare
from train.data import corpora
from train.data.dataset import Segments
from train.figures import style

ROOT = Path(__file__).resolve().parents[2]
PERFORMANCES, SEGMENTS = 12, 20  # files, segments of each
RATED, RATED_SEGMENTS = 6, 10


@dataclass(frozen=True)
class Corpus:
    """Folders as `train.prepare` takes them."""

    piano: Path
    vgmidi: Path

    @property
    def sources(self) -> list[corpora.Source]:
        """All of its files."""
        return corpora.performances(self.piano) + corpora.vgmidi(self.vgmidi)


def command(*options, workers=1) -> list[str]:
    """A command line of `train.prepare`."""
    return [sys.executable, "-m", "train.prepare", *map(str, options), "--workers", str(workers)]


def rate(folder: Path, ratings: dict[str, tuple[int, list[dict]]]) -> None:
    """Write ``annotations.json``: measures and raters of each piece."""
    pieces = {
        name: {"midi": f"{name}.mid", "measures": measures, "annotations": raters}
        for name, (measures, raters) in ratings.items()
    }
    (folder / "annotations.json").write_text(json.dumps(pieces))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Corpus:
    """Performances, and pieces of which every other is rated high and every other low."""
    folder = tmp_path_factory.mktemp("corpus")
    folders = Corpus(folder / "piano", folder / "vgmidi")
    (folders.piano / "2004").mkdir(parents=True)
    (folders.vgmidi / "midi").mkdir(parents=True)
    for number in range(PERFORMANCES):
        path = folders.piano / ("2004" if number % 2 else "") / f"{number:02}.mid"
        midi.write(piece(bars(SEGMENTS, seed=number)), path)
    ratings = {}
    for number in range(RATED):
        path = folders.vgmidi / "midi" / f"game{number}.mid"
        midi.write(piece(bars(RATED_SEGMENTS, seed=100 + number), tempo=[(0, 90)]), path)
        arousal = [0.6 if number % 2 else -0.6] * RATED_SEGMENTS
        raters = [{"arousal": arousal, "valence": [0.1] * RATED_SEGMENTS}]
        ratings[f"game{number}"] = (RATED_SEGMENTS, raters)
    rate(folders.vgmidi, ratings)
    return folders


@pytest.fixture(scope="session")
def data_file(corpus, tmp_path_factory) -> Path:
    """The corpus prepared: 300 segments."""
    path = tmp_path_factory.mktemp("prepared") / "segments.npz"
    files = [prepare.prepare_file(source) for source in corpus.sources]
    prepare.save(prepare.join(files, seed=0), path)
    return path


@pytest.fixture(scope="session")
def data(data_file) -> Segments:
    return Segments.load(data_file)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Child processes take Ctrl-C even where the tests themselves were started without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def quick_export(monkeypatch) -> None:
    """Faders calibrated on a few values and segments."""
    monkeypatch.setattr(export, "SWEEP", 5)
    monkeypatch.setattr(export, "DECODED", 8)


@pytest.fixture
def quick_figures(monkeypatch) -> None:
    """PNGs of a few pixels."""
    monkeypatch.setattr(style, "DPI", 30)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Sums in one order: results repeat to the bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "before", tmp_path / "after"


@pytest.fixture
def golden(folders):
    """The pair of `score_files` in a folder of its own."""
    before, after = folders
    score_files.write(before, "op1/a.mid", score_files.piece(score_files.BEFORE))
    score_files.write(after, "op1/a.mid", score_files.piece(score_files.AFTER))
    return folders
