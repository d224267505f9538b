"""What hostile MIDI files cost to open: ``python -m benchmarks.midi_bombs --json OUT``.

Each file of `benchmarks.pieces.bombs` is opened as the page opens it, up to the message that draws
it, in a process of its own, forked from one that has read nothing; its memory beyond what it had
before is measured. Files that may be opened go through the later steps too. ``--before RESULT``
keeps the figures of an earlier result for the code before there were limits. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

CPU_LIMIT_S = 60  # of a file's process, which is killed then
MEMORY_LIMIT_GB = 8  # of its address space
MAX_NOTES_FOR_LATER_STEPS = 200_000  # a file with more notes is only opened
ROOT = Path(__file__).resolve().parents[1]


def megabytes(name: str) -> float:
    """Memory of this process, by its name in Linux's /proc/self/status."""
    (kilobytes,) = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(kilobytes) / 1024


class StepCosts:
    """Seconds, seconds of processor and megabytes of each step, by its name."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    def __call__(self, name: str, action: Callable):
        """Do a step and return what it gives."""
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM, the peak, begins here
        before = megabytes("VmRSS")
        began, worked = time.perf_counter(), time.process_time()
        try:
            return action()
        finally:
            self.steps[name] = {
                "seconds": round(time.perf_counter() - began, 2),
                "cpu_s": round(time.process_time() - worked, 2),
                "mb": round(max(0.0, megabytes("VmHWM") - before), 1),
            }


def opened(path: Path, later: bool) -> dict:
    """Cost of opening a file and the message about it; with `later`, of the later steps too."""
    from demo.editing import opening, service
    from demo.editing.piece_session import PieceSession
    from fadernets.music.midi import MidiError

    def message() -> PieceSession:
        session = opening.open_file(path)
        json.dumps(service.piece_message(session))
        return session

    costs = StepCosts()
    try:
        session = costs("open", message)
    except MidiError as error:
        return {**costs.steps["open"], "said": str(error)}
    except Exception as error:  # noqa: BLE001 - unhandled errors are what this looks for
        return {**costs.steps["open"], "said": f"unhandled: {type(error).__name__}: {error}"[:200]}
    result = {**costs.steps["open"], "said": "opened", "notes": len(session.piece.notes)}
    if later and len(session.piece.notes) <= MAX_NOTES_FOR_LATER_STEPS:
        try:
            _later(session, costs)
        except Exception as error:  # noqa: BLE001
            result["said"] = f"opened; unhandled later: {type(error).__name__}: {error}"[:200]
        result["later"] = {name: step for name, step in costs.steps.items() if name != "open"}
    return result


def _later(session, costs: StepCosts) -> None:
    """Measure the later steps: every other segment changed, and the sound of the fullest."""
    from demo.editing.excerpts import excerpt
    from fadernets.music import midi
    from fadernets.music.notes import BEATS
    from fadernets.music.stitching import stitch
    from fadernets.playback import audio, comparison

    changed = {s.index: s.notes for s in session.segments if s.index % 2}
    result = costs("stitch", lambda: stitch(session.piece, changed))
    costs("compare", lambda: comparison.compare(session.piece, result))
    costs("write", lambda: midi.dump(result))
    fullest = max(session.segments, key=lambda s: len(s.notes))
    segment = excerpt(session.piece, fullest.start, fullest.start + BEATS)
    costs("sound of a segment", lambda: audio.render(segment))


def opened_in_fork(
    path: Path, later: bool = False, memory_limit_gb: float = MEMORY_LIMIT_GB
) -> dict:
    """`opened` in a fork of this process, which may die of it."""
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (int(memory_limit_gb * 2**30),) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 1))
        try:
            os.write(sending, json.dumps(opened(path, later)).encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if text:
        return json.loads(text)
    reason = signal.Signals(-status).name if status < 0 else f"status {status}"
    return {"seconds": None, "cpu_s": None, "mb": None, "said": f"died: {reason}"}


def opened_by_checkout(
    tree: Path, makes: Iterable[Callable[[], bytes]], folder: Path, later: bool = False
) -> Iterator[dict]:
    """`opened_in_fork` of each file, by the code of a checkout, in one process with all imports.

    There is one file at a time, ``bomb.mid`` in the folder.
    """
    command = [sys.executable, "-P", __file__, "--serve", *(["--later"] if later else [])]
    path = folder / "bomb.mid"
    with subprocess.Popen(
        command,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        for make in makes:
            path.write_bytes(make())
            print(path, file=process.stdin, flush=True)
            yield json.loads(process.stdout.readline())
            path.unlink()
        process.stdin.close()


def table(before: dict[str, dict], folder: Path) -> list[dict]:
    """A row for each file: kind, bytes, and what happened, earlier and now."""
    from benchmarks.pieces import bombs

    rows = []
    openings = opened_by_checkout(ROOT, bombs.ALL.values(), folder, later=True)
    for (kind, make), after in zip(bombs.ALL.items(), openings, strict=True):
        earlier = {"before": before[kind]} if kind in before else {}
        rows.append({"kind": kind, "bytes": len(make()), **earlier, "after": after})
        print(kind, json.dumps(after), file=sys.stderr)
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.midi_bombs", description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write")
    parser.add_argument("--before", type=Path, help="result whose column before is kept")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--later", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        import_module("demo.editing.service")  # so that no file's process has to
        for line in sys.stdin:
            print(json.dumps(opened_in_fork(Path(line.rstrip("\n")), options.later)), flush=True)
        return 0
    if not options.json:
        parser.error("--json is needed")
    from benchmarks.measuring import timing

    machine = timing.machine()
    earlier = json.loads(options.before.read_text()) if options.before else {"rows": []}
    with tempfile.TemporaryDirectory() as folder:
        rows = table(
            {row["kind"]: row["before"] for row in earlier["rows"] if "before" in row},
            Path(folder),
        )
    report = {
        "machine": machine,
        "before": earlier.get("before"),
        "longest_s": CPU_LIMIT_S,
        "most_gb": MEMORY_LIMIT_GB,
        "rows": rows,
    }
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    for row in rows:
        after = row["after"]
        print(f"{row['kind']:45} {after['cpu_s']:6} s {after['mb']:7} MB  {after['said']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
