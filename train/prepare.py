"""MIDI to arrays: ``python -m train.prepare --piano DIR --vgmidi DIR --out FILE``.

The arrays are all that training and evaluation read; see `train.data.dataset` for their shapes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets.atomic_file import replacing
from fadernets.music import events, key, midi
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import BEATS, STEPS
from train.data import corpora, parallel
from train.data.corpora import Source
from train.data.definitions import DEFINITIONS, SOUND, labelled
from train.data.packed import BY_KEYS, DEFINITION, INCOMPLETE
from train.reporting.results.preparation import DENSITY, DensitySummary, Preparation
from train.reporting.writing import write

SHARES = (0.8, 0.1, 0.1)  # train, validation, test


@dataclass(frozen=True)
class Prepared:
    """One file's segments, or why it has none.

    Attributes
    ----------
    name : str
    corpus : int
    arrays : name -> array with one row a segment
    dropped : reason -> segments left out for it
    error : str or None
        Why the file could not be used.
    """

    name: str
    corpus: int
    arrays: dict[str, np.ndarray]
    dropped: Counter[str]
    error: str | None = None


def prepare_file(source: Source, definition: str = SOUND) -> Prepared:
    """All usable segments of one file as arrays, labelled by one of `DEFINITIONS`."""
    try:
        piece = midi.read(source.path)
    except (midi.MidiError, OSError) as error:
        return Prepared(source.name, source.corpus, {}, Counter(), str(error))
    if piece.original and piece.original.damage:
        damage = f"{source.name} is damaged or cut short."
        return Prepared(source.name, source.corpus, {}, Counter(), damage)
    parts = labelled(piece, definition)
    dropped = Counter(part.problem for part in parts if part.problem)
    usable_parts = [part for part in parts if not part.problem]
    usable = [part.segment for part in usable_parts]
    if not usable:
        reason = f"none of its {dropped.total()} segments can be used"
        return Prepared(source.name, source.corpus, {}, dropped, reason)
    n = len(usable)
    tokens = np.full((n, events.MAX_TOKENS), events.PAD, np.int16)
    length = np.zeros(n, np.uint8)
    for row, part in enumerate(usable_parts):
        encoded = events.encode(part.notes)
        tokens[row, : len(encoded)] = encoded
        length[row] = len(encoded)
    arrays: dict[str, np.ndarray] = {
        "tokens": tokens,
        "length": length,
        "key": np.array([key.find(part.notes) for part in usable_parts], np.uint8),
        "start": np.array([s.start for s in usable], np.float32),
    }
    for name in usable_parts[0].labels:
        arrays[name] = np.array([part.labels[name] for part in usable_parts], np.uint8).reshape(
            n, STEPS
        )
    for name, attribute in ATTRIBUTES.items():
        labels = [attribute.label(s.notes) for s in usable]
        arrays[name + BY_KEYS] = np.array(labels, np.uint8).reshape(n, STEPS)
    ratings = np.full((n, 2), np.nan, np.float32)
    if source.ratings is not None:
        starts = corpora.measure_starts(piece)
        for row, segment in enumerate(usable):
            end = segment.start + BEATS
            ratings[row] = corpora.rating(source.ratings, starts, segment.start, end)
    arrays["arousal"], arrays["valence"] = ratings.T
    return Prepared(source.name, source.corpus, arrays, dropped)


def report(file: Prepared) -> None:
    """Print why a file cannot be used."""
    if file.error:
        tqdm.write(f"skipped {file.name}: {file.error}", file=sys.stderr)


def split(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random 80/10/10 split of n things: uint8, 0 train, 1 validation, 2 test."""
    bounds = np.rint(np.cumsum(SHARES) * n).astype(int)
    order = np.empty(n, np.uint8)
    order[rng.permutation(n)] = np.searchsorted(bounds, np.arange(n), side="right")
    return order


def sides_of(path: Path) -> dict[str, int]:
    """On which side of the ``split`` of a prepared file each piece is, by its name.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no prepared file.
    """
    try:
        with np.load(path) as arrays:
            first = np.unique(arrays["piece"], return_index=True)[1]  # a segment of each piece
            return dict(zip(arrays["piece_name"].tolist(), arrays["split"][first], strict=True))
    except (KeyError, ValueError, *INCOMPLETE) as error:
        raise ValueError(f"{path} is no file of train.prepare: {error}") from error


def join(
    files: list[Prepared], seed: int, sides: Mapping[str, int] | None = None
) -> dict[str, np.ndarray]:
    """The arrays of all usable files in order of corpus and name, with both splits.

    ``split`` keeps all segments of a piece on one side: that of `sides`, where the piece is there.
    ``random_split`` is the paper's: it splits segment by segment, so a model trains on the
    neighbours of a test segment.
    """
    usable = sorted((f for f in files if not f.error), key=lambda f: (f.corpus, f.name))
    counts = [len(f.arrays["length"]) for f in usable]
    arrays = {k: np.concatenate([f.arrays[k] for f in usable]) for k in usable[0].arrays}
    arrays["piece"] = np.repeat(np.arange(len(usable), dtype=np.int32), counts)
    arrays["piece_name"] = np.array([f.name for f in usable])
    arrays["piece_corpus"] = np.array([f.corpus for f in usable], np.uint8)
    rng = np.random.default_rng(seed)
    of_piece = np.zeros(len(usable), np.uint8)
    for corpus in np.unique(arrays["piece_corpus"]):
        members = arrays["piece_corpus"] == corpus
        of_piece[members] = split(int(members.sum()), rng)
    drawn = zip(arrays["piece_name"].tolist(), of_piece, strict=True)
    of_piece = np.array([(sides or {}).get(name, side) for name, side in drawn], np.uint8)
    arrays["split"] = of_piece[arrays["piece"]]
    arrays["random_split"] = split(len(arrays["piece"]), rng)
    return arrays


def check_output(path: Path) -> None:
    """Check that a file can be written, before the minutes of work that make it.

    Raises
    ------
    OSError
        If it cannot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def save(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write the arrays; a run that fails leaves no half-written file."""
    with replacing(path, shared=True) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def summary(
    files: list[Prepared],
    arrays: dict[str, np.ndarray],
    seconds: float,
    definition: str = SOUND,
) -> Preparation:
    """Counts and checksums of the prepared data; means and sds of densities are of performances."""
    dropped = sum((f.dropped for f in files), Counter())
    corpus = arrays["piece_corpus"][arrays["piece"]]
    rated = np.abs(arrays["arousal"]) > 0.1
    performed = corpus == corpora.PERFORMANCES
    high, low = rated & (arrays["arousal"] > 0), rated & (arrays["arousal"] < 0)
    densities = {}
    for name in filter(arrays.__contains__, ATTRIBUTES):
        density = ATTRIBUTES[name].density(arrays[name])
        played = density[performed]
        densities[name + DENSITY] = DensitySummary(
            mean=_rounded(np.mean, played),
            sd=_rounded(np.std, played),
            percentiles_5_50_95=[_rounded(np.percentile, played, 4, q) for q in (5, 50, 95)],
            mean_high_arousal=_rounded(np.mean, density[high]),
            mean_low_arousal=_rounded(np.mean, density[low]),
        )
    counts = {
        "definition": definition,
        "seconds": round(seconds, 1),
        "files": len(files),
        "files_unusable": sum(f.error is not None for f in files),
        "segments_performances": int(performed.sum()),
        "segments_vgmidi": int((corpus == corpora.VGMIDI).sum()),
        "segments_high_arousal": int(high.sum()),
        "segments_low_arousal": int(low.sum()),
        "dropped": dict(dropped.most_common()),
        "mean_tokens": _rounded(np.mean, arrays["length"][performed], 2),
        "tokens_sha256": hashlib.sha256(arrays["tokens"].tobytes()).hexdigest(),
    }
    return Preparation.model_validate(counts | densities)


def _rounded(statistic, values: np.ndarray, digits: int = 4, *arguments: float) -> float | None:
    """A statistic of values, or None if there are no values."""
    return round(float(statistic(values, *arguments)), digits) if len(values) else None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.prepare", description=__doc__)
    options.add_argument("--piano", type=Path, required=True, help="folder of piano performances")
    options.add_argument("--vgmidi", type=Path, help="folder with annotations.json and midi/")
    options.add_argument("--out", type=Path, required=True, help="file to write, .npz")
    options.add_argument("--definition", choices=DEFINITIONS, default=SOUND, help="of the labels")
    options.add_argument("--seed", type=int, default=0, help="of the splits")
    options.add_argument("--split-of", type=Path, metavar="FILE", help="a prepared file: its split")
    options.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    options.add_argument("--summary", type=Path, help="also write the summary here, as JSON")
    return options


def gather(options: argparse.Namespace) -> list[Source]:
    """The files that the command line names, after a check of the outputs and settings.

    Raises
    ------
    OSError
        If an output cannot be written.
    ValueError
        If there is nothing to read or no worker.
    """
    if options.workers < 1:
        raise ValueError(f"workers must be at least 1, not {options.workers}")
    sources = corpora.performances(options.piano)
    if options.vgmidi:
        sources += corpora.vgmidi(options.vgmidi)
    for path in filter(None, (options.out, options.summary)):
        check_output(path)
    return sources


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    began = time.perf_counter()
    try:
        sources = gather(options)
        sides = sides_of(options.split_of) if options.split_of else None
    except (OSError, ValueError) as error:
        return _failed(str(error), 2)
    try:
        prepare = partial(prepare_file, definition=options.definition)
        files = parallel.each(prepare, sources, options.workers, report)
        if all(f.error for f in files):
            return _failed("no file holds a usable segment", 2)
        arrays = join(files, options.seed, sides)
        if options.definition != SOUND:
            arrays[DEFINITION] = np.array(options.definition)
        save(arrays, options.out)
        figures = summary(files, arrays, time.perf_counter() - began, options.definition)
        text = json.dumps(figures.stored(), indent=2)
        if options.summary:
            write(options.summary, text + "\n")
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenProcessPool:
        return _failed("a worker was killed, perhaps for want of memory; nothing is written", 1)
    except OSError as error:
        return _failed(str(error), 2)
    print(text)
    return 0


def _failed(message: str, status: int) -> int:
    print(f"train.prepare: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up, as for Ctrl-C
    sys.exit(main())
