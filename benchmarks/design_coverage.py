"""How often intervals of the designs `mos`, `ab`, `abx` and `mushra` hold the truth.

    python -m benchmarks.design_coverage [--runs 200] [--seed 0]

Studies are simulated with systems that are unequally good, to some people and in some pieces more
than in others, and with people who leave: a third of them, at any place. A right interval holds the
mean over all people and all pieces that could have been drawn in 95 % of the studies; with 200 runs
the standard error of that is 1.5 points. The truth is the mean of two million single answers, none
of them of one person or one piece with another.

On the pages of `mushra` are the same systems, two anchors and the hidden reference, from 0 to 100;
a page's ratings have a term in common. Most people find the reference and put it near 100, some to
whom it is less clear take it for a good system. Of means it is counted in how many studies the
report says that they are near an end of their scale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from survey.analysis.scale_ends import Placed
from survey.comparisons import preferences, systems
from survey.comparisons.anchors import below, is_anchor
from survey.designs.design import REFERENCE, Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.questions import Question
from survey.statistics.estimate import Interval

RESULTS = Path(__file__).parent / "results" / "design_coverage.json"
PIECES, PARTICIPANTS = (4, 6, 12, 40), (8, 48, 200)
SYSTEMS = ("a", "b", "c")
GOOD = np.array([0.0, 0.4, 0.8])  # to a middling person in a middling piece
PERSON_SD, PIECE_SD, PERSON_ALONE, PIECE_ALONE, ANSWER_SD = 0.5, 0.35, 0.3, 0.25, 0.9
LEAVE = 1 / 3  # of the people, at any place
DRAWS = 300  # of the bootstrap
ANSWERS = 2_000_000  # that the truth is the mean of
MIDDLING, HIGH = 2.6, 4.3  # what the first system is given: as usual; where most are very good
POINTS = 25  # of a page's scale, to one of the scale from 1 to 5
PAGE = (*SYSTEMS, below(3.5), below(7), REFERENCE)
ON_PAGE = 50 + POINTS * np.array([*GOOD, -1.4, -0.8])  # all but the reference
PAGE_SD, CLIP_SD = 0.3, 0.5  # of all clips of a page together; of one of them
MISSED, PERSON_MISSES, PIECE_MISSES = -2.5, 1.2, 0.8  # logits of taking the reference for another
FOUND_SD, TAKEN_FOR = 4.0, 75.0  # points: how far below 100 it is put; where, if not found
SAME_AS = Question(name="same_as", kind="choice", text="?", choices=("A", "B"))


class DesignWorld:
    """How good each system is to each person in each piece.

    Parameters
    ----------
    dice : numpy Generator
    people, pieces : int
    good : array, shape (systems,)
        To a middling person in a middling piece.
    apart : float
        How much people and pieces differ in what they make of single systems: 0, not at all.
    """

    def __init__(
        self,
        dice: np.random.Generator,
        people: int,
        pieces: int,
        good: np.ndarray = GOOD,
        apart: float = 1.0,
    ) -> None:
        self.dice, self.people, self.pieces = dice, people, pieces
        count = len(SYSTEMS)
        person = dice.normal(0, PERSON_SD, (people, 1))
        person = person + dice.normal(0, apart * PERSON_ALONE, (people, count))
        piece = dice.normal(0, PIECE_SD, (pieces, 1))
        piece = piece + dice.normal(0, apart * PIECE_ALONE, (pieces, count))
        self.good = good + person[:, None] + piece[None]  # (people, pieces, systems)

    def heard(self, person: np.ndarray, piece: np.ndarray, system: np.ndarray) -> np.ndarray:
        """How good clips sound once."""
        noise = self.dice.normal(0, ANSWER_SD, len(system))
        return np.asarray(self.good[person, piece, system] + noise)

    def answered(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Person and piece of the answers that come, in as many trials of each piece."""
        person, piece = np.divmod(np.arange(self.people * self.pieces), self.pieces)
        place = self.dice.permuted(np.tile(np.arange(self.pieces), (self.people, 1)), axis=1)
        stays = np.where(
            self.dice.random(self.people) < LEAVE,
            self.dice.integers(1, self.pieces + 1, self.people),
            self.pieces,
        )
        there = place.ravel() < stays[person]
        return np.repeat(person[there], count), np.repeat(piece[there], count)


def alone(dice: np.random.Generator, system: np.ndarray) -> np.ndarray:
    """How good systems sound to people and in pieces of their own: two such, of the same both."""
    rows, clips = system.shape
    shared = dice.normal(0, np.hypot(PERSON_SD, PIECE_SD), (rows, 1))
    apart = dice.normal(0, np.hypot(PERSON_ALONE, PIECE_ALONE), (rows, len(SYSTEMS)))
    once = dice.normal(0, ANSWER_SD, (rows, clips))
    own = np.take_along_axis(apart, system, axis=1)
    return np.asarray(GOOD[system] + shared + own + once)


def on_scale(values: np.ndarray, middling: float = MIDDLING) -> np.ndarray:
    """Opinions from 1 to 5."""
    return np.clip(np.round(middling + values), 1, 5)


def preferred(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Preferences from -3 to 3."""
    return np.clip(np.round(second - first), -3, 3)


def is_first(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Whether the third clip sounds more like the first."""
    return np.asarray(abs(third - first) < abs(third - second))


def table(person: np.ndarray, piece: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    """Ratings as of `survey.designs.ratings`."""
    return pd.DataFrame({"participant": person, "item": piece, "source": "", **columns})


def names(system: np.ndarray) -> np.ndarray:
    """Names of systems by their numbers."""
    return np.array(SYSTEMS, dtype=object)[system]


def mos(world: DesignWorld, middling: float = MIDDLING) -> pd.DataFrame:
    """Every system in every piece, rated."""
    person, piece = world.answered(len(SYSTEMS))
    system = np.tile(np.arange(len(SYSTEMS)), len(person) // len(SYSTEMS))
    quality = on_scale(world.heard(person, piece, system), middling)
    return table(person, piece, system=names(system), quality=quality)


def ab(world: DesignWorld) -> pd.DataFrame:
    """Every pair of systems in every piece, in either order."""
    pairs = np.array(list(combinations(range(len(SYSTEMS)), 2)))
    person, piece = world.answered(len(pairs))
    pair = pairs[np.tile(np.arange(len(pairs)), len(person) // len(pairs))]
    pair = world.dice.permuted(pair, axis=1)
    heard = [world.heard(person, piece, pair[:, at]) for at in (0, 1)]
    columns = {"system_first": names(pair[:, 0]), "system_second": names(pair[:, 1])}
    return table(person, piece, **columns, preference=preferred(*heard))


def abx(world: DesignWorld) -> pd.DataFrame:
    """The first and the last system in every piece, and one of them again."""
    person, piece = world.answered(1)
    pair = world.dice.permuted(np.tile([0, len(SYSTEMS) - 1], (len(person), 1)), axis=1)
    last = pair[np.arange(len(pair)), world.dice.integers(0, 2, len(pair))]
    trio = np.column_stack([pair, last])
    heard = [world.heard(person, piece, trio[:, at]) for at in range(3)]
    words = zip(("first", "second", "third"), trio.T, strict=True)
    columns = {f"system_{word}": names(system) for word, system in words}
    return table(person, piece, **columns, same_as=np.where(is_first(*heard), "A", "B"))


def on_pages(
    dice: np.random.Generator, person: np.ndarray, piece: np.ndarray, people: int, pieces: int
) -> np.ndarray:
    """What is given to the clips of `PAGE`, one row a page.

    Parameters
    ----------
    person, piece : int arrays, shape (pages,)
        From 0, below `people` and `pieces`.
    """
    others = len(PAGE) - 1
    good = ON_PAGE + POINTS * (
        (dice.normal(0, PERSON_SD, (people, 1)) + dice.normal(0, PERSON_ALONE, (people, others)))[
            person
        ]
        + (dice.normal(0, PIECE_SD, (pieces, 1)) + dice.normal(0, PIECE_ALONE, (pieces, others)))[
            piece
        ]
        + dice.normal(0, PAGE_SD, (len(person), 1))
        + dice.normal(0, CLIP_SD, (len(person), others))
    )
    misses = MISSED + dice.normal(0, PERSON_MISSES, people)[person]
    misses += dice.normal(0, PIECE_MISSES, pieces)[piece]
    missed = dice.random(len(person)) < 1 / (1 + np.exp(-misses))
    recognised = 100 - abs(dice.normal(0, FOUND_SD, len(person)))
    confusion = dice.normal(TAKEN_FOR, POINTS * CLIP_SD, len(person))
    reference = np.where(missed, confusion, recognised)
    return np.clip(np.round(np.column_stack([good, reference])), 0, 100)


def mushra(world: DesignWorld) -> pd.DataFrame:
    """A page of each piece."""
    person, piece = world.answered(1)
    ratings = on_pages(world.dice, person, piece, world.people, world.pieces)
    rows = [np.repeat(of, len(PAGE)) for of in (person, piece)]
    names_of = np.tile(np.array(PAGE, dtype=object), len(person))
    return table(*rows, system=names_of, quality=ratings.ravel())


def of_page(system: str) -> str:
    """What a mean of a page's system counts as."""
    if system == REFERENCE:
        return "hidden reference, mushra"
    return "anchor, mushra" if is_anchor(system) else "mean, mushra"


def truth(seed: int) -> dict[str, np.ndarray]:
    """What is to be held, by measure."""
    dice = np.random.default_rng([seed, 0])
    everything = np.tile(np.arange(len(SYSTEMS)), (ANSWERS, 1))
    heard = alone(dice, everything)
    means = on_scale(heard).mean(axis=0)
    preferences_of = {
        pair: preferred(heard[:, pair[0]], heard[:, pair[1]]) for pair in permutations(range(3), 2)
    }
    wins = np.zeros((1, 3, 3))
    for (one, other), values in preferences_of.items():
        wins[0, one, other] = ((1 - np.sign(values)) / 2).mean()
    ends = np.tile([0, len(SYSTEMS) - 1], (ANSWERS, 1))
    right = 0.0
    for last in (0, 1):
        trio = np.column_stack([ends, ends[:, last]])
        right += (is_first(*alone(dice, trio).T) == (last == 0)).mean() / 2
    pairs = list(combinations(range(3), 2))
    everybody = np.arange(ANSWERS)
    pages = on_pages(dice.spawn(1)[0], everybody, everybody, ANSWERS, ANSWERS).mean(axis=0)
    by_kind: dict[str, list[float]] = {}
    for system, value in sorted(zip(PAGE, pages, strict=True)):
        by_kind.setdefault(of_page(system), []).append(value)
    return {
        "mean": means,
        "mean, high": on_scale(heard, HIGH).mean(axis=0),
        "difference": np.array([means[one] - means[other] for one, other in pairs]),
        "preference": np.array([preferences_of[pair].mean() for pair in pairs]),
        "strength": preferences.bradley_terry(wins)[0],
        "strength, bootstrap": preferences.bradley_terry(wins)[0],
        "told apart": np.array([right]),
        **{kind: np.array(values) for kind, values in by_kind.items()},
        "difference, mushra": np.array([pages[one] - pages[other] for one, other in pairs]),
    }


@dataclass(frozen=True)
class Found:
    """What a report has of a measure: its interval, the naive one, and whether it has doubts."""

    ends: Interval
    naive: Interval | None = None
    is_warned_of: bool | None = None


def of_mean(one: systems.SystemMean, most: int, least: int) -> Found:
    """A system's mean."""
    placed = Placed(one.system, one.mean, one.participants, least, most)
    return Found(one.mean, one.naive, placed.is_near_an_end)


def study(dice: np.random.Generator, people: int, pieces: int) -> Iterator[tuple[str, list[Found]]]:
    """What is found of each measure, of one study of each design."""
    rated = mos(DesignWorld(dice, people, pieces))
    yield "mean", [of_mean(one, 5, 1) for one in systems.means(rated, ["quality"])]
    yield "difference", [Found(one.difference) for one in systems.differences(rated, ["quality"])]
    compared = ab(DesignWorld(dice, people, pieces))
    pair_preferences = preferences.preferences(compared, "preference")
    yield "preference", [Found(one.strength, one.naive) for one in pair_preferences]
    strengths = preferences.strengths(compared, "preference", DRAWS, 0)
    yield "strength", [Found(one.strength) for one in strengths]
    yield "strength, bootstrap", [Found(one.bootstrap) for one in strengths]
    tested = abx(DesignWorld(dice, people, pieces))
    findings = of_discrimination(tested, [SAME_AS], Resampling(0, DRAWS))
    row = findings.tables["discrimination"].iloc[0]
    yield "told apart", [Found(row)]
    of_pages, of_high = dice.spawn(2)
    paged = mushra(DesignWorld(of_pages, people, pieces))
    means = systems.means(paged, ["quality"])
    for kind in dict.fromkeys(map(of_page, PAGE)):
        yield kind, [of_mean(one, 100, 0) for one in means if of_page(one.system) == kind]
    differences = systems.differences(paged, ["quality"])
    pairs = [one for one in differences if {one.first, one.second} <= set(SYSTEMS)]
    yield "difference, mushra", [Found(one.difference) for one in pairs]
    high = systems.means(mos(DesignWorld(of_high, people, pieces), HIGH), ["quality"])
    yield "mean, high", [of_mean(one, 5, 1) for one in high]


def holds(ends: Interval, value: float) -> bool:
    """Whether an interval holds a value; none holds nothing."""
    return ends.low is not None and ends.high is not None and ends.low <= value <= ends.high


def measured(runs: int, seed: int, progress: Callable[[], object]) -> list[dict[str, object]]:
    """Coverage in every size, by measure."""
    known = truth(seed)
    rows: list[dict[str, object]] = []
    for pieces, people in product(PIECES, PARTICIPANTS):
        held: dict[str, list[bool]] = {}
        naive: dict[str, list[bool]] = {}
        warned: dict[str, list[bool]] = {}
        widths: dict[str, list[float]] = {}
        for run in range(runs):
            dice = np.random.default_rng([seed, pieces, people, run])
            for measure, estimates in study(dice, people, pieces):
                for one, value in zip(estimates, known[measure], strict=True):
                    held.setdefault(measure, []).append(holds(one.ends, value))
                    if one.ends.low is not None and one.ends.high is not None:
                        widths.setdefault(measure, []).append(one.ends.high - one.ends.low)
                    if one.naive is not None:
                        naive.setdefault(measure, []).append(holds(one.naive, value))
                    if one.is_warned_of is not None:
                        warned.setdefault(measure, []).append(one.is_warned_of)
            progress()
        rows += [
            {
                "measure": measure,
                "pieces": pieces,
                "participants": people,
                "coverage": float(np.mean(hits)),
                "naive": float(np.mean(naive[measure])) if measure in naive else None,
                "warned": float(np.mean(warned[measure])) if measure in warned else None,
                "width": float(np.median(widths[measure])),
            }
            for measure, hits in held.items()
        ]
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Simulate, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tqdm(total=options.runs * len(PIECES) * len(PARTICIPANTS)) as bar:
        rows = measured(options.runs, options.seed, lambda: bar.update(1))
    record = {"runs": options.runs, "seed": options.seed, "draws": DRAWS, "rows": rows}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
