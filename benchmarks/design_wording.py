"""Which claims the reports of the designs `mos`, `ab` and `abx` make of which listeners.

    python -m benchmarks.design_wording [--studies 150] [--seed 0]

Studies as in `benchmarks.design_coverage`. Unbiased listeners find all systems equally good, though
not each of them in each piece; in `abx` they hear no difference. Those who hear find them unequally
good. Biased ones are unbiased, but three times in ten prefer the second clip by a step, or answer
A, without listening. Lazy ones answer always the same, perfect ones always what is right. A claim
counts if the report makes it, or the p value of its table is below the level after Holm.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from benchmarks import design_coverage
from benchmarks.design_coverage import GOOD, SAME_AS, SYSTEMS, DesignWorld
from benchmarks.study_wording import LEAN, LEVEL
from survey.designs import habits
from survey.designs.design import Findings, Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems

RESULTS = Path(__file__).parent / "results" / "design_wording.json"
SIZES = ((12, 8), (48, 12))  # participants, pieces
DRAWS = 20  # of the bootstrap, on which no claim rests
UNBIASED, HEARING, BIASED, LAZY, PERFECT = "unbiased", "hearing", "biased", "lazy", "perfect"
LISTENERS = {"mos": (UNBIASED, HEARING, LAZY, PERFECT)} | dict.fromkeys(
    ("ab", "abx"), (UNBIASED, HEARING, BIASED, LAZY, PERFECT)
)
DIFFER = "systems differ, or are told apart"
ORDER = "one side is preferred, or one letter, whatever it is"
TREND = "answers change from the first trial to the last"
ALIKE = "some answer alike throughout"
MAKE = {"mos": design_coverage.mos, "ab": design_coverage.ab, "abx": design_coverage.abx}
QUALITY = Question(name="quality", text="?", least=1, most=5)
PREFERENCE = Question(name="preference", text="?", least=-3, most=3)


def study(
    design: str, kind: str, people: int, pieces: int, dice: np.random.Generator
) -> pd.DataFrame:
    """One study's ratings, each participant's trials in an order of their own."""
    hears = kind in (HEARING, PERFECT)
    apart = 0.0 if design == "abx" and not hears else 1.0
    world = DesignWorld(dice, people, pieces, GOOD if hears else np.zeros(len(SYSTEMS)), apart)
    table = MAKE[design](world)
    order = pd.Series(dice.random(len(table)), index=table.index)
    table["position"] = (order.groupby(table["participant"]).rank() - 1).astype(int)
    if kind in (LAZY, PERFECT):
        return table.assign(**(_lazy(table) if kind == LAZY else _perfect(table)))
    if kind == BIASED:
        careless = dice.random(len(table)) < LEAN
        column, answer = ("preference", 1.0) if design == "ab" else ("same_as", "A")
        table[column] = table[column].mask(careless, answer)
    return table


def _lazy(table: pd.DataFrame) -> dict[str, object]:
    always = {"quality": 3.0, "preference": 0.0, "same_as": "A"}
    return {name: answer for name, answer in always.items() if name in table}


def _perfect(table: pd.DataFrame) -> dict[str, object]:
    place = {name: at for at, name in enumerate(SYSTEMS)}
    if "system" in table:
        return {"quality": 1.0 + 2 * table["system"].map(place)}
    first, second = (table[f"system_{word}"] for word in ("first", "second"))
    if "preference" in table:
        return {"preference": 3.0 * np.sign(second.map(place) - first.map(place))}
    return {"same_as": np.where(table["system_third"] == first, "A", "B")}


def claims(design: str, table: pd.DataFrame) -> dict[str, bool]:
    """What the report claims of a study."""
    question, find, name = {
        "mos": (QUALITY, of_systems, "differences"),
        "ab": (PREFERENCE, of_preferences, "preferences"),
        "abx": (SAME_AS, of_discrimination, "discrimination"),
    }[design]
    findings: Findings = find(table, [question], Resampling(0, DRAWS))
    p_values = pd.to_numeric(findings.tables[name]["holm"])
    return {
        DIFFER: bool((p_values < LEVEL).any()),
        ORDER: any(
            one.startswith("Whichever it was") or "not one half" in one
            for one in findings.sentences
        ),
        TREND: any(
            " changes from the first" in one and not one.startswith("Whether")
            for one in findings.sentences
        ),
        ALIKE: bool(habits.of_everybody(table, [question], set())),
    }


def main(arguments: list[str] | None = None) -> int:
    """Simulate all studies and write how often each claim was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=150, help="of each kind in each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    cases = [(design, kind) for design, kinds in LISTENERS.items() for kind in kinds]
    rows = []
    for (design, kind), (people, pieces) in tqdm(list(product(cases, SIZES)), disable=None):
        by_study, place = [], cases.index((design, kind))
        for run in range(options.studies):
            dice = np.random.default_rng([options.seed, place, people, pieces, run])
            by_study.append(claims(design, study(design, kind, people, pieces, dice)))
        means = pd.DataFrame(by_study).astype(float).mean()
        rows.append(
            {
                "design": design,
                "listeners": kind,
                "participants": people,
                "pieces": pieces,
                "claims": {name: round(float(share), 4) for name, share in means.items()},
            }
        )
    report = {"studies": options.studies, "seed": options.seed, "level": LEVEL, "rows": rows}
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
