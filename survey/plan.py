"""How many participants a study needs, by simulation.

    python -m survey.plan --items 20 --participants 48     what so many would give
    python -m survey.plan --items 20 --width 0.15          how many for an interval so wide
    python -m survey.plan --items 20 --effect 0.2          how many to tell it from guessing

Simulated participants answer as `survey.simulate.Truth` says; their answers go through the very
statistics that a real study's do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from tqdm import tqdm

from survey.ratings.exclusion import kept
from survey.simulate import PEOPLE, Truth, simulate
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.crossed_design import Crossed, of_matrix
from survey.statistics.precision import design_effect
from survey.statistics.reliability import icc_one_way
from survey.statistics.signal_detection import detection

RUNS = 400
POWER = 0.8
GUESSING = 0.5
MOST = 2000  # participants beyond which no study goes
FEWEST = 3
LOOKS = 24  # participants of each kind, to show what they look like

Tick = Callable[[], None]


@dataclass(frozen=True)
class StudySize:
    """The study to be simulated.

    Attributes
    ----------
    truth : Truth
        How its participants answer.
    items : int
        Items of the study.
    each : int
        How many of them a participant rates.
    careless : float
        Share of participants who answer at random, 0 to 1.
    runs, seed : int
        Of the simulation.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    truth: Truth
    items: int = 20
    each: int = 20
    careless: float = 0.0
    runs: int = RUNS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.items < 2:
            raise ValueError(f"a study has at least 2 items, not {self.items}")
        if not 1 <= self.each <= self.items:
            raise ValueError(f"a participant rates 1 to {self.items} items, not {self.each}")
        if not 0 <= self.careless <= 1:
            raise ValueError(f"the careless share is from 0 to 1, not {self.careless}")
        if self.runs < 1:
            raise ValueError(f"there is at least one run, not {self.runs}")


def truth_of(share: float, truth: Truth) -> Truth:
    """The truth whose agreement, over all people and items, is `share`."""
    if not 0.01 < share < 0.99:
        raise ValueError(f"agreement must be between 0.01 and 0.99 to be planned for, not {share}")
    middle = brentq(lambda at: replace(truth, agreement=at).share() - share, 1e-7, 1 - 1e-7)
    return replace(truth, agreement=float(middle))


def expected(plan: StudySize, participants: int, tick: Tick = lambda: None) -> dict[str, Any]:
    """What a study with so many participants is expected to give.

    Returns
    -------
    dict
        agreement and rating: mean, width (the median two-way 95 % interval's), rho, and design
        effects by participants and observed; power: how often agreement's interval lies above
        guessing one of two.
    """
    found: dict[str, list[dict[str, float]]] = {"agreement": [], "rating": []}
    above = 0
    for at in range(plan.runs):
        agrees, ratings = drawn(plan, participants, np.random.default_rng([plan.seed, at]))
        one = twoway.share(agrees)
        above += one.low is not None and one.low > GUESSING
        found["agreement"].append(_seen(agrees, one))
        found["rating"].append(_seen(ratings, twoway.mean(ratings)))
        tick()
    medians = {
        name: {key: _median([run[key] for run in runs]) for key in runs[0]}
        for name, runs in found.items()
    }
    return {"participants": participants, **medians, "power": above / plan.runs}


def needed(
    plan: StudySize, enough: Callable[[dict[str, Any]], bool], tick: Tick = lambda: None
) -> dict[str, Any] | None:
    """What the smallest sufficient study is expected to give; None if `MOST` is not enough."""
    low, high = FEWEST - 1, FEWEST
    best = expected(plan, high, tick)
    while not enough(best):
        if high == MOST:
            return None
        low, high = high, min(2 * high, MOST)
        best = expected(plan, high, tick)
    while high - low > 1:
        middle = (low + high) // 2
        found = expected(plan, middle, tick)
        if enough(found):
            high, best = middle, found
        else:
            low = middle
    return best


def drawn(
    plan: StudySize, participants: int, random: np.random.Generator
) -> tuple[Crossed, Crossed]:
    """Agreement and ratings of one simulated study."""
    agrees = plan.truth.agreements(random, participants, plan.items)
    ratings = plan.truth.ratings(random, participants, plan.items)
    careless = random.random(participants) < plan.careless
    agrees[careless] = random.random((careless.sum(), plan.items)) < 1 / 3
    ratings[careless] = random.integers(1, 6, (careless.sum(), plan.items))
    if plan.each < plan.items:
        order = random.random(agrees.shape).argsort(axis=1)
        agrees[order >= plan.each] = np.nan
        ratings[order >= plan.each] = np.nan
    return of_matrix(agrees), of_matrix(ratings)


def looks(items: int, seed: int, truth: Truth) -> list[dict[str, Any]]:
    """What `LOOKS` participants of each kind look like to the analysis."""
    found = []
    for kind in PEOPLE:
        table = simulate({kind: LOOKS}, items, seed, truth)
        transfers = table[table["kind"] == "transfer"]
        higher = detection(transfers)["higher"]
        found.append(
            {
                "kind": kind,
                "agreement": by_direction(transfers)["overall"].mean,
                "d_prime": higher["d_prime"],
                "criterion": higher["criterion"],
                "left_out": 1 - len(kept(table)[0]) / LOOKS,
            }
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 for a question that makes no sense."""
    options = _parser().parse_args(arguments)
    try:
        plan = _plan(options)
        with tqdm(unit="study", file=sys.stderr, leave=False, delay=1) as bar:
            answer = _answer(plan, options, bar.update)
        seen = looks(max(plan.items, 8), plan.seed, plan.truth)
        if options.json:
            whole = {"plan": asdict(plan), "answer": answer, "kinds": seen}
            options.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*_said(plan, options, answer), "", *_table(seen)]))
    return 0


def _plan(options: argparse.Namespace) -> StudySize:
    truth = Truth(participant_sd=options.participant_sd, item_sd=options.item_sd)
    share = options.agreement if options.effect is None else GUESSING + options.effect
    each = options.items if options.each is None else options.each
    if options.participants is not None and not FEWEST <= options.participants <= MOST:
        raise ValueError(f"participants are from {FEWEST} to {MOST}, not {options.participants}")
    for name in ("width", "effect"):
        value = getattr(options, name)
        if value is not None and not 0 < value < 1:
            raise ValueError(f"{name} is between 0 and 1, not {value}")
    return StudySize(
        truth_of(share, truth), options.items, each, options.careless, options.runs, options.seed
    )


def _answer(plan: StudySize, options: argparse.Namespace, tick: Tick) -> dict[str, Any] | None:
    if options.width is not None:
        return needed(plan, lambda found: found["agreement"]["width"] <= options.width, tick)
    if options.effect is not None:
        return needed(plan, lambda found: found["power"] >= options.power, tick)
    return expected(plan, options.participants or 48, tick)


def _seen(answers: Crossed, one: twoway.Estimate) -> dict[str, float]:
    n = len(answers.values)
    naive = float(answers.values.var(ddof=1)) / n
    rho = icc_one_way(answers.participants, answers.values) or 0.0
    return {
        "mean": answers.mean,
        "width": np.nan if one.low is None or one.high is None else one.high - one.low,
        "rho": rho,
        "design_effect": design_effect(n / answers.participant_count, rho),
        "observed": one.error**2 / naive if one.error and naive else np.nan,
    }


def _median(values: list[float]) -> float | None:
    there = [value for value in values if not np.isnan(value)]
    return float(np.median(there)) if there else None


def _said(plan: StudySize, options: argparse.Namespace, answer: dict[str, Any] | None) -> list[str]:
    goal = ""
    if options.width is not None:
        goal = f"agreement's 95 % interval to be at most {options.width:g} wide"
    elif options.effect is not None:
        goal = f"agreement {options.effect:g} above guessing, found {options.power:.0%} of the time"
    if answer is None:
        return [f"For {goal}, {MOST} participants are not enough: it takes more items."]
    people = answer["participants"]
    said = [f"For {goal}: {people} participants."] if goal else []
    said.append(
        f"{people} participants, {plan.each} of {plan.items} items each, "
        f"{plan.careless:.0%} careless; {plan.runs} simulated studies:"
    )
    for name in ("agreement", "rating"):
        found = answer[name]
        wide = "unknown" if found["width"] is None else f"{found['width']:.3f}"
        more = "unknown" if found["observed"] is None else f"{found['observed']:.2f}"
        said.append(
            f"  {name}: {found['mean']:.3f}, 95 % interval {wide} wide; participants alike by "
            f"{found['rho']:.3f}, design effect {found['design_effect']:.2f} by them alone, "
            f"{more} by them and the items"
        )
    said.append(
        f"  agreement is found to be above guessing in {answer['power']:.0%} of the studies"
    )
    return said


def _table(seen: list[dict[str, Any]]) -> list[str]:
    head = f"What {LOOKS} participants of a kind look like to the analysis:"
    names = f"{'kind':<12}{'agreement':>10}{'d-prime':>10}{'c':>8}{'left out':>10}"
    rows = [
        f"{one['kind']:<12}{one['agreement']:>10.1%}{one['d_prime']:>10.2f}"
        f"{round(one['criterion'], 2) + 0.0:>8.2f}{one['left_out']:>10.0%}"
        for one in seen
    ]
    return [head, names, *rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.plan", description="Plan a listening test by simulation."
    )
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument("--participants", type=int, help="what so many give; default 48")
    goal.add_argument("--width", type=float, help="of agreement's 95 %% interval, as 0.15")
    goal.add_argument("--effect", type=float, help="agreement above guessing one of two, as 0.1")
    parser.add_argument("--items", type=int, default=20, help="transfers of the study")
    parser.add_argument("--each", type=int, help="items a participant rates; default all")
    parser.add_argument("--agreement", type=float, default=0.8, help="expected share, default 0.8")
    parser.add_argument("--participant-sd", type=float, default=0.7, help="in logits, default 0.7")
    parser.add_argument("--item-sd", type=float, default=1.0, help="in logits, default 1.0")
    parser.add_argument("--careless", type=float, default=0.0, help="share answering at random")
    parser.add_argument("--power", type=float, default=POWER, help=f"default {POWER}")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"simulated studies, default {RUNS}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", type=Path, help="the answer as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
