"""How fast decoding, training, preparing and arranging are, against plain code in the same run.

    python -m benchmarks.speed [--parts P ...] [--quick] [--repeats N] [--midi DIR] [--json FILE]

What is compared is timed in turn. The plain rendering (`benchmarks.model.plain_gru`) has the same
weights. Inputs are public-domain examples; `--midi` takes other files for the preparation. Parts
that are not asked for stay in the JSON file as they are, with what they were measured on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from benchmarks.measuring.timing import machine
from benchmarks.model import arranging, decoding, preparing, training_step
from fadernets.music import examples
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from train import prepare
from train.data.corpora import performances
from train.data.dataset import Segments

PARTS = ("decoding", "training", "preparing", "arranging")
QUICK_FILES = ("chorale", "mazurka")
SHIPPED = "shipped"  # the size of the GM-VAE that is shipped, with its weights
SEGMENTS_OF_A_PIECE = 90  # three minutes at 120 beats a minute


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--hidden", nargs="+", type=int, help="sizes of untrained models")
    parser.add_argument("--batches", nargs="+", type=int, help="of decoding")
    parser.add_argument("--training-batches", nargs="+", type=int, default=[1, 128])
    parser.add_argument("--threads", nargs="+", type=int)
    parser.add_argument("--repeats", type=int, help="turns, after one to warm up")
    parser.add_argument("--quick", action="store_true", help="fewer of each")
    parser.add_argument("--midi", type=Path, help="folder of MIDI files to prepare")
    parser.add_argument("--json", type=Path, help="file to write")
    return parser


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line with what it leaves open filled in.

    Raises
    ------
    ValueError
        If a number is below 1 or the output cannot be written.
    """
    settings = parser().parse_args(arguments)
    settings.hidden = settings.hidden or ([128, 512] if settings.quick else [128, 256, 512])
    settings.batches = settings.batches or ([1, 8, 64] if settings.quick else [1, 8, 64, 512])
    settings.threads = settings.threads or ([1] if settings.quick else [1, 2])
    settings.repeats = 3 if settings.repeats is None and settings.quick else settings.repeats
    settings.repeats = 5 if settings.repeats is None else settings.repeats
    for name in ("hidden", "batches", "training_batches", "threads"):
        if min(getattr(settings, name)) < 1:
            raise ValueError(f"{name} {min(getattr(settings, name))} is below 1")
    if settings.repeats < 1:
        raise ValueError(f"repeats {settings.repeats} is below 1")
    if settings.json and not settings.json.absolute().parent.is_dir():
        raise ValueError(f"{settings.json.parent} is no folder to write to")
    return settings


@contextmanager
def threads(number: int) -> Iterator[None]:
    """PyTorch on `number` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def music(names: tuple[str, ...]) -> list[Notes]:
    """The usable segments of some examples."""
    pieces = (segments(examples.load(name), "beats") for name in names)
    return [s.notes for piece in pieces for s in piece if s.paper_problem is None]


def data(folder: Path, names: tuple[str, ...]) -> Segments:
    """The examples prepared for training."""
    files = [prepare.prepare_file(s) for s in preparing.write_examples(folder, names)]
    prepare.save(prepare.join(files, seed=0), folder / "segments.npz")
    return Segments.load(folder / "segments.npz", "random_split")


def measure(settings: argparse.Namespace, folder: Path) -> dict:
    """The report of all parts that are asked for."""
    names = QUICK_FILES if settings.quick else tuple(examples.EXAMPLES)
    begin, source = time.perf_counter(), music(names)
    report = {
        "machine": machine(),
        "repeats": settings.repeats,
        **{part: [] for part in settings.parts},
    }
    prepared = data(folder, names) if "training" in settings.parts else None
    sources = performances(settings.midi or folder) if settings.midi or prepared else None
    for number in settings.threads:
        with threads(number):
            for part in settings.parts:
                _say(f"{part}, {number} thread(s)")
                if part == "decoding":
                    rows = _decoding(settings, source)
                elif part == "training" and prepared:
                    rows = [
                        training_step.measure(
                            prepared, hidden, settings.training_batches, settings.repeats, folder
                        )
                        for hidden in settings.hidden
                    ]
                elif part == "preparing" and number == settings.threads[0]:  # it uses one core
                    sources = sources or preparing.write_examples(folder, names)
                    windows = 8 if settings.quick else 24
                    rows = [preparing.measure(sources, windows, settings.repeats)]
                elif part == "arranging":
                    net, piece = (
                        FaderNet.load(),
                        (source * SEGMENTS_OF_A_PIECE)[:SEGMENTS_OF_A_PIECE],
                    )
                    rows = [
                        arranging.measure(net, piece[:count], settings.repeats)
                        for count in (1, SEGMENTS_OF_A_PIECE)
                    ]
                else:
                    rows = []
                report[part] += [{"threads": number, **row} for row in rows]
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    report["seconds"] = round(time.perf_counter() - begin, 1)
    return report


def joined(stored: dict, report: dict) -> dict:
    """A stored report with the parts of a new one, and which of them were measured together."""
    parts = [part for part in PARTS if part in report]
    runs = []
    for run in stored.get("runs", []):
        if others := [part for part in run["parts"] if part not in parts]:
            runs.append({**run, "parts": others})
    about = {name: value for name, value in report.items() if name not in PARTS}
    measured = {part: report.get(part, stored.get(part)) for part in PARTS}
    return {
        "runs": [*runs, {"parts": parts, **about}],
        **{part: rows for part, rows in measured.items() if rows is not None},
    }


def _decoding(settings: argparse.Namespace, source: list[Notes]) -> list[dict]:
    max_batch, rows = max(settings.batches), []
    for hidden in (*settings.hidden, SHIPPED):
        if hidden == SHIPPED:
            decoder, condition = decoding.trained(source, max_batch)
            length = decoding.MAX_TOKENS
        else:
            decoder, condition, length = decoding.memorised(hidden, long_music(), max_batch)
        measured = decoding.measure(decoder, condition, settings.batches, settings.repeats, length)
        rows.append({"trained": hidden == SHIPPED, **measured})
    return rows


def long_music() -> list[Notes]:
    """All segments of the examples, also those that are too long for the paper's models."""
    pieces = (segments(examples.load(name), "beats") for name in examples.EXAMPLES)
    return [s.notes for piece in pieces for s in piece if len(s.notes)]


def _say(message: str) -> None:
    print(f"benchmarks.speed: {message}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    try:
        settings = options(arguments)
        with tempfile.TemporaryDirectory() as folder:
            report = measure(settings, Path(folder))
        text = json.dumps(report, indent=2)
        if settings.json:
            stored = json.loads(settings.json.read_text()) if settings.json.exists() else {}
            settings.json.write_text(json.dumps(joined(stored, report), indent=2) + "\n")
    except (OSError, ValueError) as error:
        _say(str(error))
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
