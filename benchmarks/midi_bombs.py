"""What hostile MIDI files cost to open: ``python -m benchmarks.midi_bombs --json OUT``.

Each file of `benchmarks.bombs` is opened as the page opens it, up to the message that draws it, in
a process of its own, forked from one that has read nothing; its memory beyond what it had before is
measured. Of those that may be opened, the later steps follow. ``--before RESULT`` keeps what an
earlier result says of the code before there were limits. Linux.
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

LONGEST = 60  # seconds of the processor after which a file's process is killed
MOST_GB = 8  # of its address space
MOST_LATER = 200_000  # notes, with more of which nothing is done after the file was opened
ROOT = Path(__file__).resolve().parents[1]


def megabytes(name: str) -> float:
    """Memory of this process, by its name in Linux's /proc/self/status."""
    (kilobytes,) = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(kilobytes) / 1024


class Taken:
    """Seconds, also of the processor, and megabytes that steps took, one after the other."""

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
    """What opening a file takes and what is said of it; its later steps, too, if wanted."""
    from demo.editing import piece_session, service
    from fadernets.music.midi import MidiError

    def message() -> piece_session.PieceSession:
        found = piece_session.open_file(path)
        json.dumps(service.piece_message(found))
        return found

    taken = Taken()
    try:
        found = taken("open", message)
    except MidiError as error:
        return {**taken.steps["open"], "said": str(error)}
    except Exception as error:  # noqa: BLE001 - what nothing handles is what is looked for
        return {**taken.steps["open"], "said": f"unhandled: {type(error).__name__}: {error}"[:200]}
    result = {**taken.steps["open"], "said": "opened", "notes": len(found.piece.notes)}
    if later and len(found.piece.notes) <= MOST_LATER:
        try:
            _later(found, taken)
        except Exception as error:  # noqa: BLE001
            result["said"] = f"opened; unhandled later: {type(error).__name__}: {error}"[:200]
        result["later"] = {name: step for name, step in taken.steps.items() if name != "open"}
    return result


def _later(found, taken: Taken) -> None:
    """What may be done with a piece, all of it changed, and the sound of its fullest segment."""
    from demo.editing.piece_session import excerpt
    from fadernets.music import midi
    from fadernets.music.notes import BEATS
    from fadernets.music.piece import stitch
    from fadernets.playback import audio, pianoroll

    changed = {s.index: s.notes for s in found.segments if s.index % 2}
    result = taken("stitch", lambda: stitch(found.piece, changed))
    taken("compare", lambda: pianoroll.compare(found.piece, result))
    taken("write", lambda: midi.dump(result))
    fullest = max(found.segments, key=lambda s: len(s.notes))
    segment = excerpt(found.piece, fullest.start, fullest.start + BEATS)
    taken("sound of a segment", lambda: audio.render(segment))


def told(path: Path, later: bool = False, most_gb: float = MOST_GB) -> dict:
    """`opened` in a fork of this process, which may die of it."""
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (int(most_gb * 2**30),) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST + 1))
        try:
            os.write(sending, json.dumps(opened(path, later)).encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving) as told:
        text = told.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if text:
        return json.loads(text)
    why = signal.Signals(-status).name if status < 0 else f"status {status}"
    return {"seconds": None, "cpu_s": None, "mb": None, "said": f"died: {why}"}


def asked(
    tree: Path, makes: Iterable[Callable[[], bytes]], folder: Path, later: bool = False
) -> Iterator[dict]:
    """`told` of some files, by the code of a checkout, in one new process that has all imported.

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
    from benchmarks import bombs

    rows = []
    openings = asked(ROOT, bombs.ALL.values(), folder, later=True)
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
            print(json.dumps(told(Path(line.rstrip("\n")), options.later)), flush=True)
        return 0
    if not options.json:
        parser.error("--json is needed")
    from benchmarks import timing  # imports torch, which the processes of the files do not have

    machine = timing.machine()
    earlier = json.loads(options.before.read_text()) if options.before else {"rows": []}
    with tempfile.TemporaryDirectory() as folder:
        rows = table(
            {row["kind"]: row["before"] for row in earlier["rows"] if "before" in row},
            Path(folder),
        )
    found = {
        "machine": machine,
        "before": earlier.get("before"),
        "longest_s": LONGEST,
        "most_gb": MOST_GB,
        "rows": rows,
    }
    options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    for row in rows:
        after = row["after"]
        print(f"{row['kind']:45} {after['cpu_s']:6} s {after['mb']:7} MB  {after['said']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
