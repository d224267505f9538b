"""MIDI files to one file of arrays: ``python -m train.prepare --piano DIR --vgmidi DIR --out FILE``.

The arrays are all that training and evaluation read; see `train.dataset` for their shapes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets import events, key, midi
from fadernets.attributes import ATTRIBUTES
from fadernets.notes import BEATS, STEPS
from fadernets.piece import segments
from train import corpora
from train.corpora import Source

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


def prepare_file(source: Source) -> Prepared:
    """All usable segments of one file as arrays."""
    try:
        piece = midi.read(source.path)
    except (midi.MidiError, OSError) as error:
        return Prepared(source.name, source.corpus, {}, Counter(), str(error))
    kept, dropped = [], Counter()
    for segment in segments(piece):
        if segment.problem is None:
            kept.append(segment)
        else:
            dropped[segment.problem] += 1
    n = len(kept)
    tokens = np.full((n, events.MAX_TOKENS), events.PAD, np.int16)
    length = np.zeros(n, np.uint8)
    for row, segment in enumerate(kept):
        encoded = events.encode(segment.notes)
        tokens[row, : len(encoded)] = encoded
        length[row] = len(encoded)
    arrays = {
        "tokens": tokens,
        "length": length,
        "key": np.array([key.find(s.notes) for s in kept], np.uint8),
        "start": np.array([s.start for s in kept], np.float32),
    }
    for name, attribute in ATTRIBUTES.items():
        labels = [attribute.label(s.notes) for s in kept]
        arrays[name] = np.array(labels, np.uint8).reshape(n, STEPS)
    ratings = np.full((n, 2), np.nan, np.float32)
    if source.ratings is not None:
        starts = corpora.measure_starts(piece)
        for row, segment in enumerate(kept):
            end = segment.start + BEATS
            ratings[row] = corpora.rating(source.ratings, starts, segment.start, end)
    arrays["arousal"], arrays["valence"] = ratings.T
    return Prepared(source.name, source.corpus, arrays, dropped)


def split(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random 80/10/10 split of n things: uint8, 0 train, 1 validation, 2 test."""
    bounds = np.rint(np.cumsum(SHARES) * n).astype(int)
    order = np.empty(n, np.uint8)
    order[rng.permutation(n)] = np.searchsorted(bounds, np.arange(n), side="right")
    return order


def join(files: list[Prepared], seed: int) -> dict[str, np.ndarray]:
    """The arrays of all files in order of corpus and name, with both splits.

    ``split`` keeps every performance and every VGMIDI piece on one side; ``random_split`` is the
    paper's, segment by segment, where the neighbours of a test segment are trained on.
    """
    used = [f for f in sorted(files, key=lambda f: (f.corpus, f.name)) if len(f.arrays["length"])]
    counts = [len(f.arrays["length"]) for f in used]
    arrays = {k: np.concatenate([f.arrays[k] for f in used]) for k in used[0].arrays}
    arrays["piece"] = np.repeat(np.arange(len(used), dtype=np.int32), counts)
    arrays["piece_name"] = np.array([f.name for f in used])
    arrays["piece_corpus"] = np.array([f.corpus for f in used], np.uint8)
    rng = np.random.default_rng(seed)
    of_piece = np.zeros(len(used), np.uint8)
    for corpus in np.unique(arrays["piece_corpus"]):
        members = arrays["piece_corpus"] == corpus
        of_piece[members] = split(int(members.sum()), rng)
    arrays["split"] = of_piece[arrays["piece"]]
    arrays["random_split"] = split(len(arrays["piece"]), rng)
    return arrays


def save(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write the arrays at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def summary(files: list[Prepared], arrays: dict[str, np.ndarray], seconds: float) -> dict:
    """What was prepared, in numbers; densities are of the performances."""
    dropped = sum((f.dropped for f in files), Counter())
    corpus = arrays["piece_corpus"][arrays["piece"]]
    rated = np.abs(arrays["arousal"]) > 0.1
    performed = corpus == corpora.PERFORMANCES
    found = {
        "seconds": round(seconds, 1),
        "files": len(files),
        "files_unusable": sum(f.error is not None for f in files),
        "segments_performances": int(performed.sum()),
        "segments_vgmidi": int((corpus == corpora.VGMIDI).sum()),
        "segments_high_arousal": int((rated & (arrays["arousal"] > 0)).sum()),
        "segments_low_arousal": int((rated & (arrays["arousal"] < 0)).sum()),
        "dropped": dict(dropped.most_common()),
        "mean_tokens": round(float(arrays["length"][performed].mean()), 2),
        "tokens_sha256": hashlib.sha256(arrays["tokens"].tobytes()).hexdigest(),
    }
    for name, attribute in ATTRIBUTES.items():
        density = attribute.density(arrays[name])
        found[f"{name}_density"] = {
            "mean": round(float(density[performed].mean()), 4),
            "sd": round(float(density[performed].std()), 4),
            "percentiles_5_50_95": np.percentile(density[performed], (5, 50, 95)).tolist(),
            "mean_high_arousal": round(float(density[rated & (arrays["arousal"] > 0)].mean()), 4),
            "mean_low_arousal": round(float(density[rated & (arrays["arousal"] < 0)].mean()), 4),
        }
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.prepare", description=__doc__)
    parser.add_argument("--piano", type=Path, required=True, help="folder of piano performances")
    parser.add_argument("--vgmidi", type=Path, help="folder with annotations.json and midi/")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .npz")
    parser.add_argument("--seed", type=int, default=0, help="of the splits")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--summary", type=Path, help="also write the summary here, as JSON")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        sources = corpora.performances(options.piano)
        if options.vgmidi:
            sources += corpora.vgmidi(options.vgmidi)
    except ValueError as error:
        print(f"train.prepare: {error}", file=sys.stderr)
        return 2
    files = []
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        done = pool.imap_unordered(prepare_file, sources, chunksize=4)
        for file in tqdm(done, total=len(sources), unit="file", disable=None):
            files.append(file)
            if file.error:
                tqdm.write(f"skipped {file.name}: {file.error}", file=sys.stderr)
    if not any(len(f.arrays.get("length", ())) for f in files):
        print("train.prepare: no file holds a usable segment", file=sys.stderr)
        return 2
    arrays = join([f for f in files if f.error is None], options.seed)
    save(arrays, options.out)
    text = json.dumps(summary(files, arrays, time.perf_counter() - began), indent=2)
    if options.summary:
        options.summary.write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
