"""How often the report's intervals of d' and c hold the truth.

    python -m benchmarks.study_detection [--runs 1600] [--seed 0]

Studies are those of `benchmarks.study_coverage`, in which everybody who does not hear the change
says "same" half of the time, and the other way else. The truth is that of the pooled rates over all
people and pieces that could have been drawn. "Before" are percentiles of a bootstrap of people and
pieces, as the report had them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit, logit
from tqdm import tqdm

from survey.statistics.agreement import INTENDED
from survey.statistics.bootstrap import percentiles, totals
from survey.statistics.estimate import Interval
from survey.statistics.signal_detection import criterion, d_prime, detection, loglinear

RESULTS = Path(__file__).parent / "results" / "study_detection.json"
SIZES = ((8, 6, 20), (48, 4, 20), (48, 6, 30), (48, 12, 20), (48, 20, 20))  # people, pieces, items
HEARD = {"usual": 0.8, "nearly all heard": 0.95}  # by a middling person of a middling segment
PERSON_SD, PIECE_SD, SEGMENT_SD = 0.7, 0.8, 0.6
SAME = 0.5  # how often somebody who does not hear the change says "same"
DRAWS = 500
OF_TRUTH = 4_000_000  # people with a segment each


def truth(heard: float) -> tuple[float, float]:
    """d' and c of the answer "higher" over all people and pieces."""
    sd = np.sqrt(PERSON_SD**2 + PIECE_SD**2 + SEGMENT_SD**2)
    hits = expit(logit(heard) + np.random.default_rng(0).normal(0, sd, OF_TRUTH)).mean()
    alarms = (1 - hits) * (1 - SAME)
    return float(d_prime(hits, alarms)), float(criterion(hits, alarms))


def study(
    heard: float, people: int, pieces: int, items: int, random: np.random.Generator
) -> pd.DataFrame:
    """One study's ratings: everybody hears every segment, half of them of each direction."""
    person, segment = np.indices((people, items)).reshape(2, -1)
    piece, side = segment % pieces, segment // (items // 2)
    eased = random.normal(0, PIECE_SD, pieces)[piece] + random.normal(0, SEGMENT_SD, items)[segment]
    skill = random.normal(0, PERSON_SD, people)[person]
    hears = random.random(len(person)) < expit(logit(heard) + skill + eased)
    words = np.array(INTENDED)
    missed = np.where(random.random(len(person)) < SAME, "same", words[1 - side])
    return pd.DataFrame(
        {
            "participant": person,
            "item": segment.astype(str),
            "source": piece.astype(str),
            "segment": segment,
            "intended": words[side],
            "heard": np.where(hears, words[side], missed),
        }
    )


def before(table: pd.DataFrame, seed: int) -> tuple[Interval, Interval]:
    """Percentiles of d' and of c over resampled people and pieces."""
    people, pieces = table["participant"].to_numpy(), table["source"].astype(int).to_numpy()
    shape = (people.max() + 1, pieces.max() + 1)
    heard_higher, is_higher = (table["heard"] == "higher").to_numpy(), table["intended"] == "higher"

    def matrix(rows: np.ndarray) -> sparse.csr_array:
        return sparse.csr_array((rows.astype(float), (people, pieces)), shape=shape)

    sums = totals(
        {
            "hits": matrix(heard_higher & is_higher),
            "higher": matrix(is_higher),
            "alarms": matrix(heard_higher & ~is_higher),
            "lower": matrix(~is_higher),
        },
        DRAWS,
        seed,
    )
    both = (sums["higher"] > 0) & (sums["lower"] > 0)
    rates = loglinear(sums["hits"], sums["higher"]), loglinear(sums["alarms"], sums["lower"])
    d, c = (np.where(both, of(*rates), np.nan) for of in (d_prime, criterion))
    return percentiles(d), percentiles(c)


def covered(heard: str, size: tuple[int, int, int], runs: int, seed: int) -> dict:
    """One row: how often each interval holds, and where there is none, which claims nothing."""
    known = truth(HEARD[heard])
    by_run = []
    for run in range(runs):
        table = study(HEARD[heard], *size, np.random.default_rng([seed, *size, run]))
        higher = detection(table)["higher"]
        now = [estimate for estimate in (higher.d_prime, higher.criterion) if estimate is not None]
        none = higher.alike or any(estimate.low is None for estimate in now)
        by_run.append(
            [
                *(none or _holds(ends, true) for ends, true in zip(now, known, strict=True)),
                *(_holds(e, true) for e, true in zip(before(table, run), known, strict=True)),
                none,
            ]
        )
    d, c, d_before, c_before, none = np.mean(by_run, axis=0).round(4).tolist()
    people, pieces, items = size
    return {
        **{"studies": heard, "participants": people, "pieces": pieces, "items": items},
        **{"d_prime": d, "criterion": c, "d_prime_before": d_before, "criterion_before": c_before},
        "none": none,
    }


def _holds(ends: Interval, true: float) -> bool:
    return ends.low is not None and ends.high is not None and ends.low <= true <= ends.high


def main(arguments: list[str] | None = None) -> int:
    """Simulate all studies and write how often each interval holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    cells = [(heard, size) for heard in HEARD for size in SIZES]
    rows = [
        covered(heard, size, options.runs, options.seed)
        for heard, size in tqdm(cells, disable=None)
    ]
    report = {"seed": options.seed, "runs": options.runs, "rows": rows}
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
