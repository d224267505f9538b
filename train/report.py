"""Write the README's and the model card's tables from results files: ``python -m train.report``.

A table stands between the comments ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->`` and is made
from the JSON in ``train/results/`` alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "fadernets" / "pretrained" / "gmvae" / "README.md")


def read(name: str) -> dict:
    """A results file, by name."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def data_table() -> str:
    """What `train.prepare` found."""
    found = read("prepare")
    rhythm, note = found["rhythm_density"], found["note_density"]
    rows = [
        ("files read, unusable", f"{found['files']:,}, {found['files_unusable']}"),
        ("segments of performances", f"{found['segments_performances']:,}"),
        ("segments of VGMIDI", f"{found['segments_vgmidi']:,}"),
        (
            "of these high, low arousal",
            f"{found['segments_high_arousal']:,}, {found['segments_low_arousal']:,}",
        ),
        ("tokens a segment", f"{found['mean_tokens']:.1f}"),
        ("rhythm density, mean ± sd", f"{rhythm['mean']:.3f} ± {rhythm['sd']:.3f}"),
        ("note density, mean ± sd", f"{note['mean']:.2f} ± {note['sd']:.2f}"),
        (
            "rhythm density at high, low arousal",
            f"{rhythm['mean_high_arousal']:.3f}, {rhythm['mean_low_arousal']:.3f}",
        ),
        (
            "note density at high, low arousal",
            f"{note['mean_high_arousal']:.2f}, {note['mean_low_arousal']:.2f}",
        ),
        ("seconds on 2 cores", f"{found['seconds']:.0f}"),
    ]
    return table(rows, ("data", ""))


def training_table() -> str:
    """How the shipped model was trained."""
    run = read("gmvae-training")
    losses = run["validation"]
    rows = [
        ("hardware", run["hardware"]),
        ("steps × batch, minutes", f"{run['steps']:,} × {run['batch']}, {run['minutes']:.0f}"),
        ("weights", f"{run['parameters'] / 1e6:.1f} million"),
        ("validation cross-entropy, events", f"{losses['events']:.3f} nats a token"),
        (
            "validation cross-entropy, rhythm and note labels",
            f"{losses['rhythm']:.3f}, {losses['note']:.3f} nats a step",
        ),
        ("validation KL, rhythm and note", f"{losses['rhythm_kl']:.3f}, {losses['note_kl']:.3f}"),
    ]
    return table(rows, ("training", ""))


def model_table() -> str:
    """What the shipped model does with unseen segments."""
    found = read("gmvae")[0]
    again, arousal = found["reconstruction"], found["arousal"]
    rows = [
        ("token accuracy, told the tokens before", f"{found['token_accuracy']:.3f}"),
        ("reconstruction, note F1 (pitch, onset within 50 ms)", f"{again['note_f1']:.3f}"),
        ("reconstruction, pitch-class cosine", f"{again['pitch_class_cosine']:.3f}"),
    ]
    for name, fader in found["faders"].items():
        measured = fader["measured_mean"]
        rows += [
            (
                f"{name} fader from 0 to 1: asked, measured mean",
                f"{fader['asked'][0]:.2f} → {fader['asked'][-1]:.2f}, "
                f"{measured[0]:.2f} → {measured[-1]:.2f}",
            ),
            (
                f"{name} fader: Spearman of the mean, of each segment",
                f"{fader['spearman_of_mean']:.3f}, {fader['spearman_each']:.3f}",
            ),
        ]
    rows.append(
        (
            f"arousal of {arousal['labelled_pieces']} unseen pieces: AUC, accuracy",
            f"{arousal['auc']:.3f}, {arousal['accuracy']:.3f}",
        )
    )
    for target in ("low", "high"):
        moved = arousal[target]
        rows.append(
            (
                f"transfer to {target}: q(high) heard before, after",
                f"{moved['mean_before']:.2f}, {moved['mean_after']:.2f}",
            )
        )
    return table(rows, (f"{found['segments']} test segments", ""))


def speed_table() -> str:
    """How fast the demo answers, from `benchmarks.demo_latency`."""
    found = read("latency")
    rows = [
        (stage, f"{times['median_ms']:.0f}", f"{times['p95_ms']:.0f}")
        for stage, times in found.items()
        if isinstance(times, dict)
    ]
    what = f"fader released → there, {found['segments']} segment, {found['repeats']} releases"
    start = f"Start to usable page: {found['start_s']:.1f} s. Measured on 2 cores without a GPU."
    return f"{table(rows, (what, 'median ms', '95 % ms'))}\n\n{start}"


TABLES: dict[str, Callable[[], str]] = {
    "data": data_table,
    "training": training_table,
    "model": model_table,
    "speed": speed_table,
}


def fill(text: str, tables: dict[str, Callable[[], str]] | None = None) -> str:
    """A page with every marked table made anew.

    Raises
    ------
    ValueError
        If a marker names no table.
    """
    tables = TABLES if tables is None else tables

    def one(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in tables:
            raise ValueError(f"no table is named {name!r}")
        return f"<!-- {name}:begin -->\n{tables[name]()}\n<!-- {name}:end -->"

    return re.sub(r"<!-- (?P<name>\w+):begin -->.*?<!-- (?P=name):end -->", one, text, flags=re.S)


def main() -> int:
    """Fill every page; returns the exit status."""
    for page in PAGES:
        page.write_text(fill(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
