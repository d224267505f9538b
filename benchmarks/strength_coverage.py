"""What becomes of intervals if a segment at several strengths counts as several pieces of music.

    python -m benchmarks.strength_coverage [--runs 1000] [--seed 0]

Studies are simulated in which every participant hears every segment at every strength, and what is
hard about a segment is as hard at all of them: the worst case for intervals that count items. A
right interval holds the truth in 95 % of the studies.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.special import expit, logit, roots_hermitenorm
from tqdm import tqdm

from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed

RESULTS = Path(__file__).parent / "results" / "strength_coverage.json"
PARTICIPANTS, SEGMENTS = 48, 20
STRENGTHS = (1, 3, 5)
AGREEMENT, PARTICIPANT_SD, SEGMENT_SD = 0.85, 0.7, 1.0  # the sds are of log-odds


def truth() -> float:
    """Agreement over all people and segments that could have been drawn."""
    nodes, weight = roots_hermitenorm(60)
    sd = np.hypot(PARTICIPANT_SD, SEGMENT_SD)
    return float((weight * expit(logit(AGREEMENT) + sd * nodes)).sum() / weight.sum())


def drawn(strengths: int, random: np.random.Generator) -> dict[str, Crossed]:
    """One study's agreements, its items counted each by itself, and by segment."""
    shape = PARTICIPANTS, SEGMENTS, strengths
    people = random.normal(0, PARTICIPANT_SD, (PARTICIPANTS, 1, 1))
    segments = random.normal(0, SEGMENT_SD, (1, SEGMENTS, 1))
    agrees = random.random(shape) < expit(logit(AGREEMENT) + people + segments)
    person, segment, strength = (axis.ravel() for axis in np.indices(shape))
    values = agrees.ravel().astype(float)
    return {
        "item": Crossed(values, person, segment * strengths + strength),
        "segment": Crossed(values, person, segment),
    }


def covered(strengths: int, runs: int, seed: int) -> dict:
    """Coverage and mean width of the two-way interval, by what counts as a unit."""
    agreement = truth()
    ends: dict[str, list[tuple[float, float]]] = {"item": [], "segment": []}
    for run in tqdm(range(runs), desc=f"{strengths} strengths", disable=None):
        for unit, answers in drawn(strengths, np.random.default_rng([seed, run])).items():
            interval = twoway.share(answers)
            assert interval.low is not None and interval.high is not None
            ends[unit].append((interval.low, interval.high))
    return {
        "strengths": strengths,
        "runs": runs,
        "truth": round(agreement, 4),
        **{
            unit: {
                "coverage": round(float(np.mean([a <= agreement <= b for a, b in all_ends])), 4),
                "width": round(float(np.mean([b - a for a, b in all_ends])), 4),
            }
            for unit, all_ends in ends.items()
        },
    }


def main() -> int:
    """Simulate all numbers of strengths and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = [covered(strengths, options.runs, options.seed) for strengths in STRENGTHS]
    text = json.dumps(rows, indent=1)
    print(text)
    options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
