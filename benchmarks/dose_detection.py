"""How often the report finds that people hear more of a stronger transfer, and claims it wrongly.

    python -m benchmarks.dose_detection [--runs 300] [--seed 0]

Studies of three strengths, of people who hear 80 % of the changes at the middle one; the odds of
hearing grow with strength, or do not. A claim counts after Holm's correction, if the report makes
it of either direction: by the slope within people and segments, by the rank correlation over items,
which counts pieces, or by the strengths' agreement compared two by two.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from tqdm import tqdm

from benchmarks.study_wording import (
    HEARD,
    LEVEL,
    PERSON_SD,
    PIECE_SD,
    SAME,
    SEGMENT_SD,
    STRENGTHS,
)
from survey.statistics.agreement import INTENDED
from survey.statistics.conditions import AGREEMENT, contrasts
from survey.statistics.dose_response import Correlation, Slope, doses
from survey.statistics.families import corrected

RESULTS = Path(__file__).parent / "results" / "dose_detection.json"
SIZES = ((8, 4, 3), (12, 6, 2), (48, 12, 2), (48, 20, 1))  # participants, pieces, segments of each
GROWTHS = (0.0, 0.5, 1.5)  # logits from the smallest strength to the largest
ALL, DRAWN = "all strengths", "one, drawn"  # of a segment, that one person hears
SLOPE, CORRELATION, COMPARED = "slope", "correlation", "compared"


def study(
    growth: float, hears: str, people: int, pieces: int, each: int, random: np.random.Generator
) -> pd.DataFrame:
    """One study's transfers: the columns that the claims are made of."""
    segments, steps = pieces * each, np.array(STRENGTHS)
    if hears == ALL:
        person, segment, at = np.indices((people, segments, len(steps))).reshape(3, -1)
    else:
        person, segment = np.indices((people, segments)).reshape(2, -1)
        at = random.integers(0, len(steps), person.shape)
    strength = steps[at]
    side = random.permutation(segments) % 2
    eased = random.normal(0, PIECE_SD, pieces)[np.arange(segments) // each]
    eased = eased + random.normal(0, SEGMENT_SD, segments)
    skill = random.normal(0, PERSON_SD, people)
    grown = growth * (strength - steps.mean()) / np.ptp(steps)
    is_heard = random.random(person.shape) < expit(
        logit(HEARD) + skill[person] + eased[segment] + grown
    )
    words = np.array(INTENDED)
    intended, opposite = words[side[segment]], words[1 - side[segment]]
    missed = np.where(random.random(person.shape) < SAME, "same", opposite)
    return pd.DataFrame(
        {
            "participant": person,
            "item": [f"{one}-{step:g}" for one, step in zip(segment, strength, strict=True)],
            "intended": intended,
            "heard": np.where(is_heard, intended, missed),
            "strength": strength,
            "source": [f"piece {one // each}" for one in segment],
            "segment": segment % each,
            **dict.fromkeys(("rhythm", "melody", "harmony", "naturalness"), np.nan),
        }
    )


def claims(table: pd.DataFrame) -> dict[str, bool]:
    """Which of the three ways claims that strength matters."""
    (dose,) = corrected(doses(table), Correlation, Slope)
    compared = [one for one in contrasts(table) if one.measure == AGREEMENT]
    tests_by_way: dict[str, list[Any]] = {
        SLOPE: list(dose.slopes.values()),
        CORRELATION: list(dose.correlations.values()),
        COMPARED: compared,
    }
    return {
        way: any(one.holm is not None and one.holm < LEVEL for one in tests)
        for way, tests in tests_by_way.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Simulate all studies and write how often each claim was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    rows = []
    for hears, size, growth in tqdm(list(product((ALL, DRAWN), SIZES, GROWTHS)), disable=None):
        people, pieces, each = size
        by_run = []
        for run in range(options.runs):
            random = np.random.default_rng([options.seed, run])
            by_run.append(claims(study(growth, hears, people, pieces, each, random)))
        means = pd.DataFrame(by_run).astype(float).mean()
        rows.append(
            {
                "hears": hears,
                "participants": people,
                "pieces": pieces,
                "segments": pieces * each,
                "growth": growth,
                **{way: round(float(share), 4) for way, share in means.items()},
            }
        )
    report = {"runs": options.runs, "seed": options.seed, "rows": rows}
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
