"""The whole paper by one command: ``python -m train.paper --out DIR --piano DIR --vgmidi DIR``.

Prepares the data, trains the seven models on the paper's two splits side by side, evaluates them,
and draws the figures. What is there already is not made again, and a run that was stopped goes on
where it stood, so the same command is given again until all is done. With another option, what
depends on it is made again, and nothing else. ``--data FILE`` takes a
prepared file instead of MIDI folders; options that are not listed here go to `train.fit`, such as
``--steps 5000``. ``--pack DIR`` only writes the weights so far, in half precision and in files of
16 MB at most, to be carried away; with ``--exact`` whole states, from which training goes on to the
bit. ``--unpack DIR`` puts either back into ``--out``. Weights alone can then be exported by
`train.export`, but training cannot go on from them.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import torch

from fadernets import checkpoint
from train import export, fit
from train.data.dataset import SPLITS, Segments
from train.data.definitions import AUTHORS, DEFINITIONS
from train.run.config import WITHOUT_EFFECT
from train.run.half_precision import pack, unpack
from train.run.loop import LOG
from train.run.made_of import MadeOf, checksum, listing
from train.run.module_calls import begin_calls, call, end_calls
from train.run.ownership import owned
from train.run.resume import CHECKPOINT, load_state
from train.run.side_by_side import SplitRun, TrainingRuns, time_left

DATA, PROGRESS, REPLACED = "segments.npz", "progress.log", "replaced"
MODELS = ("vanilla", "gmvae", "pati", "cvae", "fadernetworks", "glsr", "singlegmvae")
STOPPED = "stopped; the same command goes on"
STAGES = ("train", "evaluate", "figures")
SIZES: dict[str, dict[str, object]] = {
    "paper": {},  # the defaults of `ModelConfig` and `TrainConfig`
    "small": {
        "hidden": 192,
        "steps": 2_000,
        "beta_free_steps": 400,
        "beta_anneal_steps": 1_000,
        "decay_steps": 500,
    },
    "tiny": {  # minutes of one core each, for several seeds
        "hidden": 64,
        "latent": 32,
        "embedding": 32,
        "batch": 64,
        "steps": 700,
        "learning_rate": 3e-3,
        "beta_free_steps": 100,
        "beta_anneal_steps": 300,
        "decay_steps": 200,
        "precision": "float32",  # faster than bfloat16 at this size
    },
}


def evaluate(
    runs: Sequence[SplitRun],
    data: Path,
    out: Path,
    jobs: int,
    protocol: Mapping[str, object],
    device: str,
    made_of: MadeOf,
) -> bool:
    """Evaluate the finished models, each on the test segments of its split, `jobs` at a time."""

    def inputs(run: SplitRun) -> dict[str, object]:
        sums = run.folder / checkpoint.SUMS
        return {"weights": checksum(sums), "data": checksum(data), **protocol}

    def result(run: SplitRun) -> Path:
        return out / "results" / run.split / f"{run.model}.json"

    options = [text for n, v in protocol.items() for text in (f"--{n}", v)]
    waiting = [
        run for run in runs if run.is_done and not made_of.is_current(result(run), inputs(run))
    ]
    began, results = time.monotonic(), []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            calls = {
                pool.submit(
                    call, "train.evaluate", "--checkpoint", run.folder, "--data", data,
                    "--split", run.split, "--out", result(run), *options, "--device", device,
                ): run
                for run in waiting
            }  # fmt: skip
            for future in as_completed(calls):
                results.append(future.result())
                if results[-1]:
                    made_of.keep(result(calls[future]), inputs(calls[future]))
                seconds_each = (time.monotonic() - began) / len(results)
                words = time_left(seconds_each * (len(waiting) - len(results)))
                print(f"evaluated {len(results)} of {len(waiting)}; {words}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_calls()
            raise
    return all(results)


def record(runs: Sequence[SplitRun], out: Path, hardware: str, made_of: MadeOf) -> None:
    """Write how the finished models were trained."""
    # Cards are lent on machines without what results files need: training imports none of it.
    from train.reporting.writing import text_of, write

    for run in (run for run in runs if run.is_done):
        path = out / "results" / run.split / f"{run.model}-training.json"
        inputs = {"weights": checksum(run.folder / checkpoint.SUMS)}
        if not made_of.is_current(path, inputs):
            model, _ = checkpoint.load(run.folder)
            state = load_state(run.folder / CHECKPOINT)
            write(path, text_of(export.history(state, run.folder / LOG, model, hardware)))
            made_of.keep(path, inputs)


def figures(runs: Sequence[SplitRun], data: Path, out: Path, device: str, made_of: MadeOf) -> bool:
    """Maps of codes, transfers, figures and tables of the finished models, by split."""
    from train.reporting.writing import write

    succeeded = True
    for split in dict.fromkeys(run.split for run in runs):
        finished_runs = [run for run in runs if run.split == split and run.is_done]
        if not finished_runs:
            continue
        results = out / "results" / split
        names = [
            part for run in finished_runs for part in ("--checkpoint", f"{run.model}={run.folder}")
        ]
        on_data = ("--data", data, "--split", split, "--device", device)
        weights = {run.model: checksum(run.folder / checkpoint.SUMS) for run in finished_runs}
        for name, options, inputs in (
            ("latent", on_data, weights | {"data": checksum(data)}),
            ("transfers", (), weights),
        ):
            path = results / f"{name}.json"
            if not made_of.is_current(path, inputs):
                print(f"{name} of {split}, {len(finished_runs)} models", flush=True)
                if call(f"train.{name}", *names, *options, "--out", path):
                    made_of.keep(path, inputs)
                else:
                    succeeded = False
        files = sorted(p for p in results.glob("*.json") if not p.stem.endswith("-training"))
        drawn = out / "figures" / split
        inputs = {"results": checksum(*files)}
        if not made_of.is_current(drawn, inputs):
            if call("train.figures", *files, "--out", drawn):
                made_of.keep(drawn, inputs)
            else:
                succeeded = False
        write(results / "report.md", report(results))
    write(out / "results" / "claims.md", claim_by_claim(out / "results"))
    return succeeded


def report(results: Path) -> str:
    """The paper's tables beside ours, of a folder of results."""
    from train.reporting import comparison
    from train.reporting.markdown import table

    evaluations = comparison.evaluations(results)
    tables = (comparison.control, comparison.preserved, comparison.arousal)
    texts = [table(*rows(evaluations)) for rows in tables]
    return "\n\n".join([*texts, table(*comparison.trained(results))]) + "\n"


def claim_by_claim(results: Path) -> str:
    """Whether the paper holds, on each split, as docs/paper.md has it of ours."""
    from train.reporting import claims, paper_tables
    from train.reporting.markdown import table
    from train.reporting.split_results import SPLIT_TITLES, Models

    sets = [Models.read(title, results / split) for split, title in SPLIT_TITLES.items()]
    tables = (claims.claims, paper_tables.scores, paper_tables.scores_as_played)
    return "\n\n".join(table(*rows(sets)) for rows in (*tables, paper_tables.speeds)) + "\n"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.paper", description=__doc__)
    options.add_argument("--out", type=Path, required=True, help="folder of everything made")
    options.add_argument("--data", type=Path, help="prepared file, in place of the MIDI folders")
    options.add_argument("--piano", type=Path, help="folder of piano performances")
    options.add_argument("--vgmidi", type=Path, help="folder with annotations.json and midi/")
    options.add_argument(
        "--definition", choices=DEFINITIONS, help=f"of the labels; {AUTHORS} where none is given"
    )
    options.add_argument("--size", choices=SIZES, default="paper")
    options.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    options.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS)[::-1])
    options.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    options.add_argument("--minutes", type=float, default=float("inf"), help="of training")
    options.add_argument("--jobs", type=int, help="models trained at a time")
    options.add_argument("--runs", type=int, default=10, help="of Table 1")
    options.add_argument("--samples", type=int, default=100, help="segments of each run")
    options.add_argument("--segments", type=int, default=200, help="test segments of the rest")
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--hardware", default=platform.machine(), help="for the record, in words")
    options.add_argument("--pack", type=Path, help="only write the weights so far here")
    options.add_argument("--exact", action="store_true", help="with --pack: whole states")
    options.add_argument("--unpack", type=Path, help="only put what --pack wrote here into --out")
    return options


def fit_command(options: argparse.Namespace, data: Path, further: list[str]) -> list[str]:
    """The command of `train.fit` but for model, split and folder."""
    settings = {"precision": "tf32", "save_every": 1_000} if options.device != "cpu" else {}
    settings |= SIZES[options.size]
    flags = [t for n, v in settings.items() for t in (f"--{n.replace('_', '-')}", str(v))]
    return [
        *(sys.executable, "-m", "train.fit", "--data", str(data), "--device", options.device),
        *("--threads", "1", "--with-parent", *flags, *further),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options, fit_options = parser().parse_known_args(arguments)
    for name in ("minutes", "jobs", "runs", "samples", "segments"):
        value = getattr(options, name)
        if value is not None and not value > 0:
            parser().error(f"--{name} must be more than 0, not {value}")
    if options.exact and not options.pack:
        parser().error("--exact goes with --pack")
    begin_calls()
    try:
        return _made(options, fit_options)
    except (OSError, ValueError) as error:
        print(f"train.paper: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(STOPPED, flush=True)
        return 130


def _made(options: argparse.Namespace, fit_options: list[str]) -> int:
    """All that the command line asks for; returns the exit status.

    Raises
    ------
    OSError, ValueError
        If something that was given cannot be used.
    """
    out: Path = options.out
    data = options.data or out / DATA
    runs = [SplitRun(s, m, out / s / m) for s in options.splits for m in options.models]
    if options.pack:
        pack(runs, options.pack, options.exact)
        return 0
    if options.unpack:
        names = unpack(options.unpack, out)
        print(f"{', '.join(names) or 'nothing'} taken from {options.unpack}")
        return 0
    # Before the minutes that preparing takes: an option that is mistyped is said at once.
    command = fit_command(options, data, fit_options)
    config = fit.parser().parse_args([*command[3:], "--out", str(out)])
    if config.resume:
        parser().error("--resume is not needed: what is there is resumed")
    fit.configurations(vars(config))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):  # that the folder can be written, too
        pass
    made_of = MadeOf(out)
    if not prepared(options, data, made_of):
        return 1
    check_data(data, options.definition)
    annealed = config.beta_free_steps + config.beta_anneal_steps
    jobs = options.jobs or (len(options.models) if options.device != "cpu" else os.cpu_count() or 1)
    succeeded = True
    if "train" in options.stages:
        own_options = fit.parser().parse_args(["--data", "", "--out", "", *fit_options])
        inputs = run_inputs(config) | {"data": checksum(data)}
        begin_anew(runs, inputs, out, made_of, any_precision=own_options.precision is None)
        training = TrainingRuns(runs, command, jobs, 60 * options.minutes, config.steps, annealed)
        succeeded = training.train(out / PROGRESS)
        for run in training.all:
            if run.settled and not run.is_done:
                succeeded &= call(
                    "train.export", "--run", run.folder, "--data", data, "--out", run.folder
                )
        if training.stopping:
            print(STOPPED, flush=True)
            return 130
    elif not any(run.is_done for run in runs):
        raise ValueError(f"no model in {out} is trained yet")
    if "evaluate" in options.stages:
        protocol = {name: getattr(options, name) for name in ("runs", "samples", "segments")}
        succeeded &= evaluate(runs, data, out, jobs, protocol, options.device, made_of)
        record(runs, out, options.hardware, made_of)
    if "figures" in options.stages:
        # Of all models: who asks for one more has the maps of the others still.
        every_run = [SplitRun(s, m, out / s / m) for s in options.splits for m in MODELS]
        succeeded &= figures(every_run, data, out, options.device, made_of)
    return 0 if succeeded else 1


def check_data(data: Path, definition: str | None) -> None:
    """Check that data can be trained on, and that their labels are those that were asked for.

    Raises
    ------
    ValueError
        If not.
    """
    if not data.exists():
        raise ValueError(f"{data} is not there: give a file of train.prepare")
    measured = Segments.load(data).definition
    if definition and measured != definition:
        raise ValueError(
            f"the labels of {data} measure {measured!r}, not {definition!r}: give the folders of "
            "MIDI files to have them prepared again"
        )


def prepared(options: argparse.Namespace, data: Path, made_of: MadeOf) -> bool:
    """Prepare the data if they are not there, or made of other files or by another definition."""
    if options.data or (data.exists() and not options.piano):
        return True
    if not options.piano:
        parser().error("give --data FILE of train.prepare, or --piano and --vgmidi")
    inputs = {
        "definition": options.definition or AUTHORS,
        "piano": listing(options.piano),
        "vgmidi": listing(options.vgmidi),
    }
    if made_of.is_current(data, inputs):
        return True
    if changes := made_of.changes(data, inputs):
        print(f"data: {'; '.join(changes)}: prepared again", flush=True)
    corpora = ["--piano", options.piano]
    corpora += ["--vgmidi", options.vgmidi] if options.vgmidi else []
    summary = options.out / "results" / "prepare.json"
    succeeded = call("train.prepare", *corpora, "--definition", inputs["definition"], "--out", data,
                     "--summary", summary)  # fmt: skip
    if succeeded:
        made_of.keep(data, inputs)
    return succeeded


def run_inputs(config: argparse.Namespace) -> dict[str, object]:
    """The settings of `train.fit` that every run of a command has in common."""
    others = ("data", "out", "resume", "split", "device", "threads", "with_parent", "model")
    return {name: value for name, value in vars(config).items() if name not in others}


def begin_anew(
    runs: Sequence[SplitRun],
    inputs: Mapping[str, object],
    out: Path,
    made_of: MadeOf,
    any_precision: bool,
) -> None:
    """Put aside runs that were made of something else, so that they are trained again.

    Where nobody asked for a precision, a finished run may have any: what a card has trained is
    finished on a machine without a card, too.
    """
    for run in runs:
        before = made_of.inputs_of(run.folder)
        free = (*WITHOUT_EFFECT, "precision") if any_precision and run.is_done else WITHOUT_EFFECT
        own = {**inputs, **{name: before[name] for name in free if name in before}}
        if run.folder.exists() and (changes := made_of.changes(run.folder, own)):
            aside = out / REPLACED / run.split / run.model
            number = sum(1 for _ in aside.glob("*")) + 1
            aside.mkdir(parents=True, exist_ok=True)
            with owned(run.folder):  # a process that has lost the one that started it saves first
                run.folder.rename(aside / f"{number}")
            print(f"{run.name}: {'; '.join(changes)}: trained again; the run before is in "
                  f"{REPLACED}/{run.name}/{number}", flush=True)  # fmt: skip
        made_of.keep(run.folder, own)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up, as for Ctrl-C
    sys.exit(main())
