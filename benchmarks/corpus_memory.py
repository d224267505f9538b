"""Memory of a training corpus: ``python -m benchmarks.corpus_memory --data FILE --json OUT``.

The segments of a prepared file are repeated to corpora of some sizes, written as one file and as a
packed folder. A process of its own loads each and draws batches. Its memory is compared with that
of a process that loads a tenth of the file. Memory of its own and pages of mapped files, which the
system may drop at any time, are counted separately.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.milliseconds import milliseconds
from train import prepare
from train.data import packed
from train.evaluate import commit

BATCHES = 200
MILLION = 1e6


def repeated(arrays: dict[str, np.ndarray], segments: int) -> dict[str, np.ndarray]:
    """The arrays repeated to `segments` segments; copies of a piece get new numbers and names."""
    count = len(arrays["piece"])
    times = -(-segments // count)
    pieces = len(arrays["piece_name"])
    result = {
        name: np.concatenate([array] * times)[:segments]
        for name, array in arrays.items()
        if name not in packed.OF_PIECES
    }
    result["piece"] = (np.arange(segments) // count * pieces + result["piece"]).astype(np.int32)
    result["piece_corpus"] = np.tile(arrays["piece_corpus"], times)
    result["piece_name"] = np.array(
        [f"{t}/{n}" for t in range(times) for n in arrays["piece_name"]]
    )
    return result


def drawn(path: Path) -> dict[str, float]:
    """Seconds to load a corpus and a batch's milliseconds, and this process's memory then."""
    from train.data.dataset import Segments, stream

    began = time.perf_counter()
    data = Segments.load(path)
    loaded = time.perf_counter() - began
    rows = stream(data, 128, 1, 0)
    batches = [next(rows) for _ in range(BATCHES)]
    began = time.perf_counter()
    for batch in batches:
        data.batch(batch)
    seconds_a_batch = (time.perf_counter() - began) / BATCHES
    status = Path("/proc/self/status").read_text().split("\n")
    kilobytes = {
        line.split(":")[0]: line.split()[1] for line in status if line.startswith(("Rss", "VmHWM"))
    }
    return {
        "load_s": round(loaded, 2),
        "batch_ms": milliseconds(seconds_a_batch, 3),
        "own_mb": round(int(kilobytes["RssAnon"]) / 1024, 1),
        "mapped_mb": round(int(kilobytes["RssFile"]) / 1024, 1),
        "peak_mb": round(int(kilobytes["VmHWM"]) / 1024, 1),
    }


def measured(path: Path) -> dict[str, float]:
    """`drawn` in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.corpus_memory", "--drawn", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


def compared(source: Path, sizes: list[int], folder: Path) -> dict[str, Any]:
    """Memory of each size as a file and as a folder, and megabytes for each million segments."""
    with np.load(source) as stored:
        arrays = dict(stored)
    rows: list[dict[str, Any]] = []
    for size in [len(arrays["piece"]) // 10, *sizes]:
        file, mapped = folder / f"{size}.npz", folder / f"{size}"
        prepare.save(repeated(arrays, size), file)
        packed.pack([file], mapped)
        disk = sum(p.stat().st_size for p in mapped.iterdir()) / 2**20
        rows.append(
            {
                "segments": size,
                "file": measured(file) | {"disk_mb": round(file.stat().st_size / 2**20, 1)},
                "folder": measured(mapped) | {"disk_mb": round(disk, 1)},
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr)
    smallest, largest = rows[0], rows[-1]
    millions = (largest["segments"] - smallest["segments"]) / MILLION
    return {
        "machine": platform.machine(),
        "commit": commit(),
        "batches": BATCHES,
        "rows": rows,
        "mb_a_million": {
            kind: {
                part: round((largest[kind][part] - smallest[kind][part]) / millions, 1)
                for part in ("own_mb", "mapped_mb", "peak_mb", "disk_mb")
            }
            for kind in ("file", "folder")
        },
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus_memory", description=__doc__)
    parser.add_argument("--data", type=Path, help="file of train.prepare")
    parser.add_argument("--json", type=Path, help="file to write")
    parser.add_argument("--sizes", type=int, nargs="+", default=[250_000, 1_000_000])
    parser.add_argument("--drawn", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.drawn:
        print(json.dumps(drawn(options.drawn)))
        return 0
    if not options.data or not options.json:
        parser.error("--data and --json are needed")
    with tempfile.TemporaryDirectory() as folder:
        results = compared(options.data, options.sizes, Path(folder))
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["mb_a_million"], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
