"""What work of the page and of programs takes, beside the price it is given before.

    python -m benchmarks.prices [--kinds NAME ...] [--pieces NAME ...] [--before FILE] [--out FILE]

Each kind of work is done on each piece as a worker does it that does not know the piece yet, on
one thread. Seconds are those of a processor, the synthesiser's among them. Prices are seconds of an
idle core, and how they compare decides whose turn it is: so each ratio of seconds to price is
divided by that of an ordinary piece that is planned shortly before, which a slow or busy machine
hurts alike. Work that is priced above `--most` is left out. `--before` names a report with the
prices of another version, such as `--only-prices` writes. Rows of the report that `--keep` names
stay where they are not measured anew, so that all need not be measured at once.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring.timing import machine, rounded
from benchmarks.pieces.priced_pieces import PIECES, piece, tune
from demo.compute import cost
from demo.compute.worker import Tasks, load_tasks
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession

ENOUGH_SECONDS = 0.5  # of one kind on one piece, after which it is not repeated
REPEATS = 3  # at most; the least counts, because others' work can only add to it
ORDINARY_SEGMENTS = 16  # of the piece by which seconds are compared
PACE_SECONDS = 3.0  # of work, after which that piece is planned again
NEUTRAL = {"number": 1, "original": True, "vorbis": True}
SEEDS = (3, 14, 15, 92, 65, 35, 89, 79)


@dataclass(frozen=True)
class Subject:
    """A piece as a file, and as the server knows it."""

    name: str
    path: str
    session: PieceSession

    @property
    def last(self) -> int:
        """The last segment."""
        return len(self.session.spans) - 1

    @property
    def middle(self) -> int:
        """The segment in the middle."""
        return self.last // 2

    def one(self, **changes: Any) -> dict[str, Any]:
        """Values of a move of one segment's fader."""
        return {**NEUTRAL, "first": self.middle, "last": self.middle, "rhythm": 0.5, **changes}

    def whole(self, **changes: Any) -> dict[str, Any]:
        """Values of a move of the whole piece's fader."""
        return {**NEUTRAL, "first": 0, "last": self.last, "rhythm": 0.5, **changes}

    def parts(self, count: int, share: float = 1.0) -> list[list[float]]:
        """Parts drawn once more, each that share of the piece."""
        length = self.session.piece.length
        return [[0.0, share * length, seed] for seed in (SEEDS * 4)[:count]]

    def bars(self, count: int) -> list[list[float]]:
        """The segment in the middle drawn once more so many times."""
        begin, end = self.session.ends((self.middle, self.middle))
        return [[begin, end, seed] for seed in (SEEDS * 4)[:count]]


# Kind of work -> its task and what the task is given, behind the piece.
Work = tuple[str, tuple[Any, ...]]
_EVERYWHERE = {"everywhere": True}
KINDS: dict[str, Callable[[Subject], Work]] = {
    "read": lambda s: ("price_opening", (s.path,)),
    "open": lambda s: ("open_file", (s.path,)),
    "one segment": lambda s: ("answer", (s.one(),)),
    "one segment, a mood": lambda s: ("answer", (s.one(arousal=0.9, valence=-0.9),)),
    "one segment, locks": lambda s: ("answer", (s.one(lock="melody"),)),
    "one segment, strict": lambda s: ("answer", (s.one(strict=True, seed=3),)),
    "one segment, drawn 32 times": lambda s: ("answer", (s.one(redrawn=s.bars(32)),)),
    "one segment, everywhere": lambda s: ("answer", (s.one(**_EVERYWHERE),)),
    "one segment, everywhere, drawn 8 times": lambda s: (
        "answer", (s.one(**_EVERYWHERE, redrawn=s.bars(8)),)
    ),
    "other drawings": lambda s: ("vary", (s.one(seeds=[1, 2, 3]),)),
    "other drawings, drawn 8 times": lambda s: (
        "vary", (s.one(seeds=[1, 2, 3], redrawn=s.bars(8), redrawn_now=s.bars(8)),)
    ),
    "all": lambda s: ("answer", (s.whole(),)),
    "all, moods": lambda s: ("answer", (s.whole(arousal=0.9, valence=-0.9),)),
    "all, locks": lambda s: ("answer", (s.whole(lock="melody"),)),
    "all, a hand locked": lambda s: ("answer", (s.whole(lock="left"),)),
    "all, strict": lambda s: ("answer", (s.whole(strict=True, seed=3),)),
    "all, drawn once more": lambda s: ("answer", (s.whole(redrawn=s.parts(1)),)),
    "all, drawn 3 times": lambda s: ("answer", (s.whole(redrawn=s.parts(3)),)),
    "all, half drawn 6 times": lambda s: ("answer", (s.whole(redrawn=s.parts(6, 0.5)),)),
    "all, locks, drawn 3 times": lambda s: (
        "answer", (s.whole(lock="melody", redrawn=s.parts(3)),)
    ),
    "all, strict, drawn 3 times": lambda s: (
        "answer", (s.whole(strict=True, redrawn=s.parts(3)),)
    ),
    "sound of a part": lambda s: ("hear", (s.whole(chunk=1, gain=1.0),)),
    "sound of a part, untold gain": lambda s: ("hear", (s.whole(chunk=0),)),
    "MIDI": lambda s: ("save", (s.whole(kind="midi", scope="piece", curves=True),)),
    "MIDI of one segment": lambda s: ("save", (s.one(kind="midi", scope="selection"),)),
    "WAV": lambda s: ("save", (s.whole(rhythm=0.0, kind="wav", scope="piece"),)),
    "OGG": lambda s: ("save", (s.whole(rhythm=0.0, kind="ogg", scope="piece"),)),
    "MP3": lambda s: ("save", (s.whole(rhythm=0.0, kind="mp3", scope="piece"),)),
    "mix, with an example": lambda s: ("mix_piece", (s.whole(), "mazurka", True)),
    "mix, with itself": lambda s: ("mix_piece", (s.whole(), s.path, False)),
    "/slide": lambda s: ("change", ({"rhythm": 0.5},)),
    "/transfer": lambda s: ("change", ({"arousal": -1.0},)),
    "/process": lambda s: ("change", ({"rhythm": 0.5, "note": -0.5, "lock": "melody"},)),
    "/mix": lambda s: ("mix", (s.path, {})),
    "/describe": lambda s: ("describe", ({"notes": True},)),
    "/render": lambda s: ("render", ({"kind": "mp3"},)),
}  # fmt: skip
CALLS = ("change", "mix", "describe", "render")
WITH_FILE = ("save", "mix_piece", *CALLS)


def price(subject: Subject, work: Work) -> float:
    """Seconds that the server takes work for, before it begins."""
    task, arguments = work
    session = subject.session
    if task == "price_opening":
        return cost.of_reading(subject.path)
    if task == "open_file":
        return cost.of_opening(session)
    if task == "answer":
        return cost.of_answer(session, *arguments)
    if task == "hear":
        return cost.of_answer(session, *arguments, hear=True)
    if task == "vary":
        return cost.of_varying(session, *arguments)
    if task == "save":
        return cost.of_saving(session, *arguments)
    if task == "mix_piece":
        values, donor, is_example = arguments
        return cost.of_mixing(session, values, None if is_example else session)
    *donors, values = arguments
    donor_sessions = [session for _ in donors]
    return cost.of_reading(subject.path) + cost.of_call(task, session, values, *donor_sessions)


def seconds(tasks: Tasks, subject: Subject, work: Work, folder: Path) -> float:
    """Seconds of a processor that it takes, as a worker does it."""
    task, arguments = work
    pickle_bytes = pickle.dumps(subject.session)
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < ENOUGH_SECONDS:
        output = (str(folder / f"made{len(list(folder.iterdir()))}"),) if task in WITH_FILE else ()
        begin = _processor_seconds()
        if task in ("price_opening", "open_file"):
            tasks[task](_ignored, *arguments)
        elif task in CALLS:
            tasks[task](_ignored, subject.path, *arguments, *output)
        else:
            tasks[task](pickle.loads(pickle_bytes), *arguments, *output)
        times.append(_processor_seconds() - begin)
    return min(times)


def _processor_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usages)


def _ignored(count: int, total: int) -> None:
    """Progress that nobody looks at."""


def measured(
    tasks: Tasks, kinds: list[str], pieces: list[str], most: float, folder: Path
) -> Iterator[dict[str, Any]]:
    """The price of each kind of work on each piece, its seconds and how they compare.

    Parameters
    ----------
    most : float
        Price above which work is left out.
    """
    output_folder = folder / "made"
    output_folder.mkdir()
    data = piece(tune(ORDINARY_SEGMENTS), 4.0 * ORDINARY_SEGMENTS)
    ordinary, pace, since = subject_of("ordinary", data, folder), 0.0, float("inf")
    plan: Work = ("answer", (ordinary.whole(original=False, peak=0.5),))
    for subject in (subject_of(name, PIECES[name](), folder) for name in pieces):
        for kind in kinds:
            work = KINDS[kind](subject)
            row = {**_row(subject, kind), "price_s": rounded(price(subject, work))}
            if row["price_s"] > most:
                continue
            if since > PACE_SECONDS:
                pace = seconds(tasks, ordinary, plan, output_folder) / price(ordinary, plan)
                since = 0.0
            try:
                duration = seconds(tasks, subject, work, output_folder)
            except ValueError as error:
                yield {**row, "refused": str(error)}
                continue
            since += duration
            compared = {"seconds": rounded(duration), "pace": rounded(pace)}
            yield {**row, **compared, "ratio": rounded(duration / pace / row["price_s"])}


def prices(kinds: list[str], pieces: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    """The price of each kind of work on each piece."""
    for subject in (subject_of(name, PIECES[name](), folder) for name in pieces):
        for kind in kinds:
            price_s = price(subject, KINDS[kind](subject))
            yield {**_row(subject, kind), "price_s": rounded(price_s)}


def subject_of(name: str, data: bytes, folder: Path) -> Subject:
    """A file of that name in a folder, and the piece that it holds."""
    path = folder / f"{name}.mid"
    path.write_bytes(data)
    return Subject(name, str(path), open_file(path))


def _row(subject: Subject, kind: str) -> dict[str, Any]:
    session = subject.session
    held = {"segments": len(session.spans), "notes": len(session.piece.notes)}
    return {"piece": subject.name, "kind": kind, **held}


def _rows(report: Path | None) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of a report by kind of work and piece; none without a report."""
    rows = json.loads(report.read_text())["rows"] if report else []
    return {(row["kind"], row["piece"]): row for row in rows}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prices", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--pieces", nargs="+", choices=PIECES, default=list(PIECES))
    parser.add_argument("--most", type=float, default=4.0, help="seconds of a price")
    parser.add_argument("--only-prices", action="store_true", help="do no work")
    parser.add_argument("--before", type=Path, help="report of another version")
    parser.add_argument("--keep", type=Path, help="report whose other rows stay")
    parser.add_argument("--out", type=Path, help="file to write")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the rows, write the report; returns the exit status."""
    options = parser().parse_args(arguments)
    report: dict[str, Any] = {"machine": machine(), "most_s": options.most, "rows": []}
    before, row_of = _rows(options.before), _rows(options.keep)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = (
            prices(options.kinds, options.pieces, folder)
            if options.only_prices
            else measured(load_tasks(None), options.kinds, options.pieces, options.most, folder)
        )
        for row in rows:
            earlier = before.get((row["kind"], row["piece"]))
            if earlier is not None and "ratio" in row:
                row["ratio_before"] = rounded(row["ratio"] * row["price_s"] / earlier["price_s"])
            row_of[row["kind"], row["piece"]] = row
            print(json.dumps(row), flush=True)
            if options.out:  # what a run that is cut short has measured, too
                report["rows"] = list(row_of.values())
                options.out.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
