"""How fast whole pieces are changed, and whether memory stays flat.

    python -m benchmarks.whole_pieces [--segments N] [--repeats N] [--calls N] [--json FILE]

Segments that see their neighbours are compared with the same segments each on its own, in one
batch, as the arranger took them before; both are timed in turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from pathlib import Path

import numpy as np
import torch

from benchmarks.timing import interleaved, machine, ratio
from fadernets.music import examples
from fadernets.music.notes import concatenate
from fadernets.music.piece import Piece, segments, stitch
from fadernets.net import FaderNet
from fadernets.whole_piece import changed

ASKED = {"rhythm": 0.8}
WARM = 50  # calls after which memory has to stay


def long_piece(count: int) -> Piece:
    """An example, again and again, of so many segments."""
    piece = examples.load("prelude")
    beats = 4.0 * len(segments(piece))
    times = -(-count // len(segments(piece)))
    notes = concatenate([piece.notes.shifted(beats * turn) for turn in range(times)])
    length = 4.0 * count
    notes = notes[notes.onset < length - 0.1]
    tempo, meter = piece.tempo[:1], np.array([[0.0, 4, 4]])
    return Piece(notes, np.zeros((0, 2)), tempo, meter, length, "long")


def measure(net: FaderNet, count: int, repeats: int, calls: int) -> dict:
    """Milliseconds a segment, seconds a piece, and how memory grows over many calls."""
    piece = long_piece(count)
    every = segments(piece)
    middle = every[len(every) // 2]

    def alone() -> Piece:
        notes = net.slide([segment.notes for segment in every], ASKED)
        return stitch(piece, dict(enumerate(notes)))

    seconds = interleaved(
        {
            "segment": lambda: net.slide([middle], ASKED),
            "piece": lambda: changed(piece, range(len(every)), lambda part: net.slide(part, ASKED)),
            "each on its own": alone,
        },
        repeats,
    )
    sizes = []
    for call in range(calls):
        net.slide([every[call % len(every)]], ASKED)
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return {
        "segments": len(every),
        "segment_ms": round(1e3 * float(np.median(seconds["segment"])), 1),
        "piece_s": round(float(np.median(seconds["piece"])), 2),
        "alone_s": round(float(np.median(seconds["each on its own"])), 2),
        "times_as_long": ratio(seconds["piece"], seconds["each on its own"], 1, 1),
        "calls": calls,
        "grown_mb": round((sizes[-1] - sizes[min(WARM, calls - 1)]) / 1024, 1),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_pieces", description=__doc__)
    parser.add_argument("--segments", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file to write")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    result = measure(FaderNet.load(), given.segments, given.repeats, given.calls)
    text = json.dumps({"machine": machine(), "threads": given.threads, **result}, indent=1)
    if given.json:
        given.json.write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
