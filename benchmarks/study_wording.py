"""Which claims the report makes of which listeners.

    python -m benchmarks.study_wording [--studies 600] [--others 150] [--seed 0]

Studies are simulated of listeners of one kind: unbiased ones, who hear both directions equally well
and hear no more of a stronger transfer; biased, lazy and perfect ones, people who guess, unbiased
ones half of whom answer "same" to all, their ratings at random, and unbiased ones who do hear more
of a stronger transfer. Each study is simulated in two sizes, and reported as a whole, each of its
three strengths by itself: a claim counts if it is made anywhere in the report. What it claims of
unbiased listeners more often than at its level, once in twenty, misleads. "Before" are claims that
it made of one condition each without regard to the others, and of strengths and directions taken
together.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from tqdm import tqdm

from db.models import SCALES
from survey.analysis import heard_sentences, sentences
from survey.analysis.analyse import TESTS
from survey.ratings import habits
from survey.ratings.columns import CHANGE, ordered, table_of
from survey.statistics.agreement import INTENDED, Agreement, by_direction, intervals
from survey.statistics.chance_tests import Chance, against_chance, lower_against_higher
from survey.statistics.conditions import AGREEMENT, conditions, contrasts
from survey.statistics.dose_response import SIGN, Changes, changes, doses, spearman
from survey.statistics.estimate import Estimate
from survey.statistics.families import corrected
from survey.statistics.mean_opinion_score import Opinion, opinions
from survey.statistics.signal_detection import Lean, lean

RESULTS = Path(__file__).parent / "results" / "study_wording.json"
HALF_LAZY = "half lazy, ratings vary"
MORE_OF_MORE = "unbiased, more of stronger"
LISTENERS = ("unbiased", "biased", "lazy", "perfect", "guessing", HALF_LAZY, MORE_OF_MORE)
SIZES = ((12, 8, 2), (48, 20, 1))  # participants, pieces, segments of each
STRENGTHS = (0.5, 1.0, 1.5)
HEARD, PERSON_SD, PIECE_SD, SEGMENT_SD = 0.8, 0.7, 0.8, 0.6
SAME = 0.5  # how often somebody who does not hear the change says "same"
GROWTH = 1.5  # logits that such people hear more by, from the smallest strength to the largest
LEAN = 0.3  # how often biased people answer "lower" without listening
LEVEL = 0.05
LEANS, CONDITIONS = "people lean to a word", "agreement differs between strengths"
SCALES_DIFFER = "some scale differs between strengths"
DIRECTIONS = "agreement differs between directions"
ITEMS = "these items of both directions differ"
SLOPE = "more, or less, is heard of a stronger transfer"
DOSE, MEASURED = "strength: correlation in a direction", "measured change: in a direction"
GUESSING, MIDDLE = "agreement is not guessing", "some scale's mean is not the middle"
HARD_PIECES = "a few hard pieces may be missing"
HABIT = "some answer the same throughout"
SCALE_HABIT = "some rate a scale alike throughout"
LEANS_BEFORE = "before: lean, each strength by itself"
OTHERS_BEFORE = "before: directions, each strength by itself"
DIRECTIONS_BEFORE = "before: directions differ, of these very items"
DOSE_BEFORE = "before: correlation with signed strength"
MEASURED_BEFORE = "before: correlation with signed measured change"


def study(
    kind: str, people: int, pieces: int, each: int, random: np.random.Generator
) -> pd.DataFrame:
    """One study's ratings: everybody hears each segment once, at a strength drawn for them."""
    segments = pieces * each
    person, segment = np.indices((people, segments)).reshape(2, -1)
    shape = person.shape
    side = random.permutation(segments) % 2
    strength = np.array(STRENGTHS)[random.integers(0, len(STRENGTHS), shape)]
    change = (2 * side - 1) * random.gamma(4, 0.25, segments)
    eased = random.normal(0, PIECE_SD, pieces)[np.arange(segments) // each]
    eased = eased + random.normal(0, SEGMENT_SD, segments)
    skill = random.normal(0, PERSON_SD, people)
    grown = GROWTH * (strength - np.mean(STRENGTHS)) / np.ptp(STRENGTHS)
    of_strength = grown if kind == MORE_OF_MORE else 0.0
    clear = logit(HEARD) + skill[person] + eased[segment] + of_strength
    hears = random.random(shape) < expit(clear)
    words = np.array(INTENDED)
    intended, opposite = words[side[segment]], words[1 - side[segment]]
    unbiased = np.where(hears, intended, np.where(random.random(shape) < SAME, "same", opposite))
    heard = {
        "unbiased": unbiased,
        MORE_OF_MORE: unbiased,
        "biased": np.where(random.random(shape) < LEAN, "lower", unbiased),
        "lazy": np.full(shape, "same"),
        HALF_LAZY: np.where(person % 2, unbiased, "same"),
        "perfect": intended,
        "guessing": np.array(list(SIGN))[random.integers(0, 3, shape)],
    }[kind]
    columns: dict[str, Any] = {
        "study": "simulated",
        "participant": np.char.add("p", person.astype(str)),
        "item": [f"s{at}-{step:g}" for at, step in zip(segment, strength, strict=True)],
        "kind": "transfer",
        "intended": intended,
        "heard": heard,
        **{scale: _ratings(kind, person, segment, random) for scale in SCALES},
        "strength": strength,
        "source": [f"piece {at // each}" for at in segment],
        "segment": segment % each,
        CHANGE + "rhythm": change[segment] * strength,
        "finished": True,
        "position": random.random((people, segments)).argsort(axis=1).argsort(axis=1).ravel(),
    }
    return _table(pd.DataFrame(columns))


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """Ratings with all columns that the analysis reads."""
    dictionary = ordered(["rhythm"])
    missing = {
        column.name: "" if column.form == "text" else None
        for column in dictionary
        if column.name not in rows
    }
    return table_of(rows.assign(**missing).to_dict("list"), dictionary)


def _ratings(
    kind: str, person: np.ndarray, segment: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    if kind == "lazy":
        return np.full(person.shape, 3.0)
    at_random = random.integers(1, 6, person.shape).astype(float)
    if kind == "guessing":
        return at_random
    own = random.normal(0, 0.6, person.max() + 1)[person]
    its = random.normal(0, 0.35, segment.max() + 1)[segment]
    usual = np.clip(np.round(3.4 + own + its + random.normal(0, 0.8, person.shape)), 1, 5)
    return np.where(person % 2, usual, at_random) if kind == HALF_LAZY else usual


def claims(table: pd.DataFrame, seed: int) -> dict[str, bool]:
    """What the report claims of a study, in any of its conditions."""
    parts = [_part(table[rows], seed) for _, rows in conditions(table)]
    both: list[Any] = [parts, doses(table)]
    parts, dose = corrected(both, *TESTS)
    compared = contrasts(table)
    habit_names = set(chain(*habits.of_everybody(table).values()))
    text = " ".join(sentence for part in parts for sentence in _sentences(part))
    of_doses = " ".join(sentences.doses(dose))
    paired = [part.chance.lower_less_higher for part in parts]
    pooled = lower_against_higher(by_direction(table), seed)
    signed = table["strength"] * table["intended"].map(SIGN)
    return {
        LEANS: "People answer" in text,
        CONDITIONS: _any(one.holm for one in compared if one.measure == AGREEMENT),
        SCALES_DIFFER: _any(one.holm for one in compared if one.measure != AGREEMENT),
        DIRECTIONS: "People agree more on items meant to be" in text,
        ITEMS: "these very items of one direction" in text,
        SLOPE: any(
            f"people hear {word} of a stronger transfer:" in of_doses for word in ("more", "less")
        ),
        DOSE: _any(one.holm for model in dose for one in model.correlations.values()),
        MEASURED: _any(
            one.holm
            for part in parts
            for by_direction in part.change.correlations.values()
            for one in by_direction.values()
        ),
        GUESSING: _any(
            test.holm
            for part in parts
            for against in part.chance.against.values()
            for test in [against.one_of_three]
        ),
        MIDDLE: _any(one.holm for part in parts for one in part.opinion.values()),
        HARD_PIECES: "few hard pieces" in text,
        HABIT: any(not habit.startswith(SCALES) for habit in habit_names),
        SCALE_HABIT: any(habit.startswith(SCALES) for habit in habit_names),
        LEANS_BEFORE: _any(part.lean.p for part in parts),
        OTHERS_BEFORE: _any(one.p for one in paired),
        DIRECTIONS_BEFORE: _any([pooled.flips.p, pooled.sign_test]),
        DOSE_BEFORE: _excludes_0(_over_both(table, signed)),
        MEASURED_BEFORE: _excludes_0(_over_both(table, table[CHANGE + "rhythm"])),
    }


@dataclass(frozen=True)
class WordedPart:
    """What claims rest on, of one condition, as in `survey.analysis.results.Sections`."""

    intervals: dict[str, Agreement]
    chance: Chance
    lean: Lean
    opinion: dict[str, Opinion]
    change: Changes


def _part(rows: pd.DataFrame, seed: int) -> WordedPart:
    agreement = by_direction(rows)
    return WordedPart(
        intervals=intervals(rows),
        chance=Chance(against_chance(agreement, seed), lower_against_higher(agreement, seed)),
        lean=lean(rows),
        opinion=opinions(rows),
        change=changes(rows),
    )


def _sentences(part: WordedPart) -> list[str]:
    return [
        *heard_sentences.intervals(part.intervals),
        *heard_sentences.chance(part.chance),
        *heard_sentences.bias({}, part.lean),
    ]


def _any(p_values: Iterable[float | None]) -> bool:
    return any(p is not None and p < LEVEL for p in p_values)


def _excludes_0(ends: Estimate) -> bool:
    return ends.low is not None and ends.high is not None and ends.low * ends.high > 0


def _over_both(table: pd.DataFrame, actual: pd.Series) -> Estimate:
    """Both directions in one correlation, as the report had it."""
    items = pd.DataFrame({"actual": actual, "heard": table["heard"].map(SIGN)})
    means = items.groupby(table["item"]).mean()
    segments = (table["source"] + table["segment"].astype(str)).nunique()
    return spearman(means["actual"].to_numpy(float), means["heard"].to_numpy(float), segments)


def main(arguments: list[str] | None = None) -> int:
    """Simulate all studies and write how often each claim was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=600, help="of unbiased listeners, each size")
    parser.add_argument("--others", type=int, default=150, help="of each other kind, each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    rows = []
    for at, kind in enumerate(tqdm(LISTENERS, disable=None)):
        studies = options.studies if kind == "unbiased" else options.others
        for size in SIZES:
            by_study = [
                claims(study(kind, *size, np.random.default_rng([options.seed, at, run])), run)
                for run in range(studies)
            ]
            means = pd.DataFrame(by_study).astype(float).mean()
            people, pieces, each = size
            rows.append(
                {
                    "listeners": kind,
                    "participants": people,
                    "pieces": pieces,
                    "segments": pieces * each,
                    "studies": studies,
                    "claims": {name: round(float(share), 4) for name, share in means.items()},
                }
            )
    report = {"seed": options.seed, "level": LEVEL, "rows": rows}
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
