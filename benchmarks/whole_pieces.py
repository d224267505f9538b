"""How fast whole pieces are changed, whether memory stays flat, and whether neighbours fit.

    python -m benchmarks.whole_pieces [MIDI ...] [--segments N] [--repeats N] [--calls N]
                                      [--pieces N] [--threads N] [--json FILE]

A piece and a segment are compared with the bare forward pass of the reviser over as many
arrangements as they take, and a piece with its segments each on its own, in one batch; all are
timed in turn. MIDI files are timed, too, moved by an offset; and all their segments are changed by
each fader up and down by one sd of the training segments, and borders compared with the middles of
segments and with the original.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import torch

from benchmarks.measuring.milliseconds import median_ms, milliseconds
from benchmarks.measuring.timing import interleaved, machine, ratio
from fadernets.arranger.arrange import half_precision
from fadernets.music import examples, midi
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid
from fadernets.music.notes import STEPS, Notes, concatenate
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.music.stitching import stitch
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from fadernets.whole_piece import changed
from train.metrics.borders import BorderFit

ASKED = {"rhythm": 0.8}
OFFSETS = {"rhythm": {"rhythm": 0.3}, "both": {"rhythm": 0.5, "note": 0.3}}
WINDOWS = 40  # of a performance that are timed alone
SD = {"rhythm": 0.229, "note": 0.84}  # of the training segments' densities
BARE = 32  # segments of the reviser's bare pass
WARM, WARM_PIECES = 50, 5  # calls after which memory has to stay
SHORT = 64  # segments of the piece that is changed again and again


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


def reviser_alone(net: FaderNet, count: int) -> Callable[[], object]:
    """The reviser's forward pass over the candidates of so many segments, and nothing else."""
    arranger = net.realiser
    assert isinstance(arranger, Arranger)
    rows = count * arranger.candidates
    generator = torch.Generator().manual_seed(0)
    onset, hold = (torch.rand(rows, STEPS, PITCHES, generator=generator) < 0.03 for _ in range(2))
    grid = Grid(onset.float(), hold.float(), 0.5 * onset)
    labels = {name: torch.ones(rows, STEPS, dtype=torch.long) for name in arranger.reviser.labels}
    keys = torch.zeros(rows, dtype=torch.long)

    @torch.inference_mode()
    def forward() -> object:
        with torch.autocast("cpu", torch.bfloat16, enabled=half_precision(keys.device)):
            return arranger.reviser(grid, labels, keys)

    return forward


def fit(net: FaderNet, pieces: Sequence[Piece]) -> dict[str, object]:
    """How results fit at borders, by fader and direction, and how the originals do."""
    fits = {"original": BorderFit()}
    for piece in pieces:
        numbers = [segment.index for segment in segments(piece) if net.problem(segment) is None]
        fits["original"].add(piece, piece, numbers)
        for name, sign in product(net.faders, (-1, 1)):

            def change(
                part: list[Segment], name: str = name, by: float = sign * SD[name]
            ) -> list[Notes]:
                own = net.densities(part, [name])[name]
                return net.slide(part, {name: net.position(name, own + by)})

            result = changed(piece, numbers, change)
            fits.setdefault(f"{name} {sign:+d} sd", BorderFit()).add(piece, result, numbers)
    return {way: each.as_json() for way, each in fits.items()}


def performance(net: FaderNet, piece: Piece, repeats: int) -> dict[str, object]:
    """Seconds that a whole piece takes, and milliseconds of its windows alone, codes included."""
    numbers = [segment.index for segment in segments(piece) if net.problem(segment) is None]

    def change(part: list[Segment], moved: str = "rhythm") -> list[Notes]:
        return net.slide(part, offsets=OFFSETS[moved])

    middle = len(numbers) // 2
    windows = numbers[max(0, middle - WINDOWS // 2) : middle + WINDOWS // 2]
    actions = {f"{number}": partial(changed, piece, [number], change) for number in windows}
    alone = [float(np.median(each)) for each in interleaved(actions, 1).values()]
    wholes = {
        moved: partial(changed, piece, numbers, partial(change, moved=moved)) for moved in OFFSETS
    }
    whole = interleaved(wholes, repeats)
    return {
        "minutes": round(piece.duration / 60, 1),
        "segments": len(numbers),
        "notes": len(piece.notes),
        "piece_s": {moved: round(float(np.median(each)), 2) for moved, each in whole.items()},
        "window_ms": {
            "median": median_ms(alone),
            "p90": milliseconds(float(np.quantile(alone, 0.9))),
        },
    }


def grown(call: Callable[[int], object], calls: int, warm: int) -> float:
    """MB by which the memory held at the end of so many calls is more than after the warm ones."""
    sizes = []
    for number in range(calls):
        call(number)
        sizes.append(held_mb())
    return round(sizes[-1] - sizes[min(warm, calls) - 1], 1)


def held_mb() -> float:
    """Memory of this process: what it holds now, or the most it held where Linux does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


def measure(net: FaderNet, count: int, repeats: int, calls: int, pieces: int) -> dict:
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
            "reviser": reviser_alone(net, BARE),
        },
        repeats,
    )
    grown_by_segments = grown(
        lambda call: net.slide([every[call % len(every)]], ASKED), calls, WARM
    )
    short = range(min(SHORT, len(every)))
    grown_by_pieces = grown(
        lambda call: changed(piece, short, lambda part: net.slide(part, ASKED)), pieces, WARM_PIECES
    )
    return {
        "segments": len(every),
        "reviser_ms": median_ms(seconds["reviser"], BARE),
        "segment_in_reviser_times": ratio(seconds["segment"], seconds["reviser"], 1, BARE),
        "piece_in_reviser_times": ratio(seconds["piece"], seconds["reviser"], len(every), BARE),
        "segment_ms": median_ms(seconds["segment"]),
        "piece_s": round(float(np.median(seconds["piece"])), 2),
        "alone_s": round(float(np.median(seconds["each on its own"])), 2),
        "times_as_long": ratio(seconds["piece"], seconds["each on its own"], 1, 1),
        "calls": calls,
        "grown_mb": grown_by_segments,
        "pieces": pieces,
        "grown_by_pieces_mb": grown_by_pieces,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_pieces", description=__doc__)
    parser.add_argument("midi", type=Path, nargs="*", metavar="MIDI")
    parser.add_argument("--segments", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--pieces", type=int, default=100, help="calls with a whole piece")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file to write")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    net = FaderNet.load()
    result = measure(net, options.segments, options.repeats, options.calls, options.pieces)
    if options.midi:
        pieces = [midi.read(path) for path in options.midi]
        result["performances"] = [performance(net, piece, options.repeats) for piece in pieces]
        result["fit"] = fit(net, pieces)
    text = json.dumps({"machine": machine(), "threads": options.threads, **result}, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
