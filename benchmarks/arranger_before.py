"""How long the arranger takes beside that of an older checkout, in turn in one run.

    python -m benchmarks.arranger_before CHECKOUT MIDI [MIDI ...] [--turns N] [--json FILE]

Both change the same segments, those that the older one takes as well, on one thread each, codes
included. Every version before the arranger took whole pieces will do as a checkout, such as one by
``git worktree add ../before cce37b18``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from benchmarks.measuring.milliseconds import median_ms
from benchmarks.measuring.timing import machine, ratio
from fadernets.music import midi
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from fadernets.net import FaderNet

FIELDS = ("onset", "offset", "pitch", "velocity")
ALONE = 20  # segments that are also changed one by one
# For each line of a number the older arranger changes that many segments, once together or one by
# one, and says how many seconds of the processor it took.
OLDER = """
import sys, time
import numpy as np, torch
from fadernets.net import FaderNet
from fadernets.notes import Notes
torch.set_num_threads(1)
net, data = FaderNet.load(), np.load(sys.argv[1])
notes = [Notes(*(data[f"{n}_{name}"] for name in ("onset", "offset", "pitch", "velocity")))
         for n in range(int(data["count"]))]
for line in sys.stdin:
    parts = [notes] if line.strip() == "all" else [[each] for each in notes[:int(line)]]
    begin = time.process_time()
    for part in parts:
        net.slide(net.encode(part), {"rhythm": 0.8})
    print(time.process_time() - begin, flush=True)
"""
NEWER = OLDER.replace("fadernets.notes", "fadernets.music.notes")


def usable(paths: Sequence[str]) -> list[Notes]:
    """The notes of all segments of some files that the paper's filter lets through."""
    paper = FaderNet.load("gmvae")
    return [
        segment.window.notes
        for path in paths
        for segment in segments(midi.read(path))
        if paper.problem(segment) is None
    ]


class Arranging:
    """A process that changes segments by one version of the arranger.

    Parameters
    ----------
    checkout : Path
        Of the version.
    script : str
    data : Path
        The segments.
    """

    def __init__(self, checkout: Path, script: str, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, str(data)],
            cwd=checkout,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def __enter__(self) -> Arranging:
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(BrokenPipeError):
            self._in.close()
        self._out.close()
        self._process.wait()

    def seconds(self, what: str) -> float:
        """Seconds of the processor, for so many segments one by one, or for ``all`` together.

        Raises
        ------
        RuntimeError
            If the process has ended.
        """
        with suppress(BrokenPipeError):
            self._in.write(f"{what}\n")
            self._in.flush()
        line = self._out.readline()
        if not line:
            raise RuntimeError("an arranger ended; what it said stands above")
        return float(line)


def measure(checkout: Path, notes: Sequence[Notes], turns: int) -> dict[str, object]:
    """How many times as long today's arranger takes as the older one, alone and together."""
    arrays = {
        f"{number}_{name}": getattr(each, name)
        for number, each in enumerate(notes)
        for name in FIELDS
    }
    alone = min(ALONE, len(notes))
    report: dict[str, object] = {"segments": len(notes), "alone": alone}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        data = Path(folder) / "segments.npz"
        np.savez(data, count=np.array(len(notes)), **arrays)
        root = Path(__file__).resolve().parents[1]
        versions = (checkout, OLDER), (root, NEWER)
        both = [stack.enter_context(Arranging(*version, data)) for version in versions]
        for what, name, count in ((f"{alone}", "one_by_one", alone), ("all", "together", 1)):
            times: list[list[float]] = [[], []]
            for turn in range(turns + 1):  # the first warms up
                for each, arranging in zip(times, both, strict=True):
                    seconds = arranging.seconds(what)
                    if turn:
                        each.append(seconds)
            older, newer = times
            report[name] = {
                "older_ms": median_ms(older, count),
                "newer_ms": median_ms(newer, count),
                "times_as_long": ratio(newer, older, 1, 1),
            }
    return report


def commit_of(checkout: Path) -> str:
    """The commit of a checkout."""
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("midi", nargs="+")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write")
    options = parser.parse_args(arguments)
    report: dict[str, object] = {"machine": machine()}
    report["older_commit"] = commit_of(options.checkout)
    report |= measure(options.checkout, usable(options.midi), options.turns)
    text = json.dumps(report, indent=1)
    print(text)
    if options.json:
        options.json.write_text(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
