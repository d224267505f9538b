"""How fast decoding, training, preparing and arranging are, against plain code in the same run.

    python -m benchmarks.speed [--parts P ...] [--quick] [--repeats N] [--midi DIR] [--json FILE]

What is compared is timed in turn. The plain rendering (`benchmarks.plain_gru`) has the same
weights. Inputs are public-domain examples; `--midi` takes other files for the preparation.
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

from benchmarks import arranging, decoding, preparing, training_step
from benchmarks.timing import machine
from fadernets.music import examples
from fadernets.music.notes import Notes
from fadernets.music.piece import segments
from fadernets.net import FaderNet
from train import prepare
from train.data.corpora import performances
from train.data.dataset import Segments

PARTS = ("decoding", "training", "preparing", "arranging")
QUICK_FILES = ("chorale", "mazurka")
SHIPPED = "shipped"  # the size of the GM-VAE that is shipped, with its weights
PIECE = 90  # segments: three minutes at 120 beats a minute


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    found.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    found.add_argument("--hidden", nargs="+", type=int, help="sizes of untrained models")
    found.add_argument("--batches", nargs="+", type=int, help="of decoding")
    found.add_argument("--training-batches", nargs="+", type=int, default=[1, 128])
    found.add_argument("--threads", nargs="+", type=int)
    found.add_argument("--repeats", type=int, help="turns, after one to warm up")
    found.add_argument("--quick", action="store_true", help="fewer of each")
    found.add_argument("--midi", type=Path, help="folder of MIDI files to prepare")
    found.add_argument("--json", type=Path, help="file to write")
    return found


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line with what it leaves open filled in.

    Raises
    ------
    ValueError
        If a number is below 1 or the output cannot be written.
    """
    given = parser().parse_args(arguments)
    given.hidden = given.hidden or ([128, 512] if given.quick else [128, 256, 512])
    given.batches = given.batches or ([1, 8, 128] if given.quick else [1, 8, 32, 128, 512])
    given.threads = given.threads or ([1] if given.quick else [1, 2])
    given.repeats = 3 if given.repeats is None and given.quick else given.repeats
    given.repeats = 5 if given.repeats is None else given.repeats
    for name in ("hidden", "batches", "training_batches", "threads"):
        if min(getattr(given, name)) < 1:
            raise ValueError(f"{name} {min(getattr(given, name))} is below 1")
    if given.repeats < 1:
        raise ValueError(f"repeats {given.repeats} is below 1")
    if given.json and not given.json.absolute().parent.is_dir():
        raise ValueError(f"{given.json.parent} is no folder to write to")
    return given


@contextmanager
def threads(number: int) -> Iterator[None]:
    """PyTorch on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def music(names: tuple[str, ...]) -> list[Notes]:
    """The usable segments of some examples."""
    return [s.notes for name in names for s in segments(examples.load(name)) if s.problem is None]


def data(folder: Path, names: tuple[str, ...]) -> Segments:
    """The examples prepared for training."""
    files = [prepare.prepare_file(s) for s in preparing.write_examples(folder, names)]
    prepare.save(prepare.join(files, seed=0), folder / "segments.npz")
    return Segments.load(folder / "segments.npz", "random_split")


def measure(given: argparse.Namespace, folder: Path) -> dict:
    """All that is asked for."""
    names = QUICK_FILES if given.quick else tuple(examples.EXAMPLES)
    begin, source = time.perf_counter(), music(names)
    report = {
        "machine": machine(),
        "repeats": given.repeats,
        **{part: [] for part in given.parts},
    }
    prepared = data(folder, names) if "training" in given.parts else None
    sources = performances(given.midi or folder) if given.midi or prepared else None
    for number in given.threads:
        with threads(number):
            for part in given.parts:
                _say(f"{part}, {number} thread(s)")
                if part == "decoding":
                    found = _decoding(given, source)
                elif part == "training" and prepared:
                    found = [
                        training_step.measure(
                            prepared, hidden, given.training_batches, given.repeats, folder
                        )
                        for hidden in given.hidden
                    ]
                elif part == "preparing" and number == given.threads[0]:  # it uses one core
                    sources = sources or preparing.write_examples(folder, names)
                    windows = 8 if given.quick else 24
                    found = [preparing.measure(sources, windows, given.repeats)]
                elif part == "arranging":
                    net, piece = FaderNet.load(), (source * PIECE)[:PIECE]
                    found = [
                        arranging.measure(net, piece[:count], given.repeats) for count in (1, PIECE)
                    ]
                else:
                    found = []
                report[part] += [{"threads": number, **row} for row in found]
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    report["seconds"] = round(time.perf_counter() - begin, 1)
    return report


def _decoding(given: argparse.Namespace, source: list[Notes]) -> list[dict]:
    most, plainly = max(given.batches), 1 if given.quick else 2
    found = []
    for hidden in (*given.hidden, SHIPPED):
        if hidden == SHIPPED:
            decoder, condition = decoding.trained(source, most)
        else:
            decoder, condition = decoding.fitted(hidden, source, most)
        measured = decoding.measure(decoder, condition, given.batches, given.repeats, plainly)
        found.append({"trained": hidden == SHIPPED, **measured})
    return found


def _say(what: str) -> None:
    print(f"benchmarks.speed: {what}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    try:
        given = options(arguments)
        with tempfile.TemporaryDirectory() as folder:
            report = measure(given, Path(folder))
        text = json.dumps(report, indent=2)
        if given.json:
            given.json.write_text(text + "\n")
    except (OSError, ValueError) as error:
        _say(str(error))
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
