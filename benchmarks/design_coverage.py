"""How often intervals of the designs `mos`, `ab`, `abx` and `mushra` hold the truth.

    python -m benchmarks.design_coverage [--runs 200] [--seed 0]

Studies are simulated with systems that are unequally good, to some people and in some pieces more
than in others, and with people who leave: a third of them, at any place. A right interval holds the
mean over all people and all pieces that could have been drawn in 95 % of the studies; with 200 runs
the standard error of that is 1.5 points. The truth is the mean of two million single answers, none
of them of one person or one piece with another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from survey.comparisons import preferences, systems
from survey.designs.design import Resampling
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
SAME_AS = Question(name="same_as", kind="choice", text="?", choices=("A", "B"))


class World:
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


def on_scale(values: np.ndarray) -> np.ndarray:
    """Opinions from 1 to 5."""
    return np.clip(np.round(2.6 + values), 1, 5)


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


def mos(world: World) -> pd.DataFrame:
    """Every system in every piece, rated."""
    person, piece = world.answered(len(SYSTEMS))
    system = np.tile(np.arange(len(SYSTEMS)), len(person) // len(SYSTEMS))
    quality = on_scale(world.heard(person, piece, system))
    return table(person, piece, system=names(system), quality=quality)


def ab(world: World) -> pd.DataFrame:
    """Every pair of systems in every piece, in either order."""
    pairs = np.array(list(combinations(range(len(SYSTEMS)), 2)))
    person, piece = world.answered(len(pairs))
    pair = pairs[np.tile(np.arange(len(pairs)), len(person) // len(pairs))]
    pair = world.dice.permuted(pair, axis=1)
    heard = [world.heard(person, piece, pair[:, at]) for at in (0, 1)]
    columns = {"system_first": names(pair[:, 0]), "system_second": names(pair[:, 1])}
    return table(person, piece, **columns, preference=preferred(*heard))


def abx(world: World) -> pd.DataFrame:
    """The first and the last system in every piece, and one of them again."""
    person, piece = world.answered(1)
    pair = world.dice.permuted(np.tile([0, len(SYSTEMS) - 1], (len(person), 1)), axis=1)
    last = pair[np.arange(len(pair)), world.dice.integers(0, 2, len(pair))]
    trio = np.column_stack([pair, last])
    heard = [world.heard(person, piece, trio[:, at]) for at in range(3)]
    words = zip(("first", "second", "third"), trio.T, strict=True)
    columns = {f"system_{word}": names(system) for word, system in words}
    return table(person, piece, **columns, same_as=np.where(is_first(*heard), "A", "B"))


def truth(seed: int) -> dict[str, np.ndarray]:
    """What is to be held, by measure."""
    dice = np.random.default_rng([seed, 0])
    everything = np.tile(np.arange(len(SYSTEMS)), (ANSWERS, 1))
    heard = alone(dice, everything)
    means = on_scale(heard).mean(axis=0)
    said = {
        pair: preferred(heard[:, pair[0]], heard[:, pair[1]]) for pair in permutations(range(3), 2)
    }
    wins = np.zeros((1, 3, 3))
    for (one, other), values in said.items():
        wins[0, one, other] = ((1 - np.sign(values)) / 2).mean()
    ends = np.tile([0, len(SYSTEMS) - 1], (ANSWERS, 1))
    right = 0.0
    for last in (0, 1):
        trio = np.column_stack([ends, ends[:, last]])
        right += (is_first(*alone(dice, trio).T) == (last == 0)).mean() / 2
    pairs = list(combinations(range(3), 2))
    return {
        "mean": means,
        "difference": np.array([means[one] - means[other] for one, other in pairs]),
        "preference": np.array([said[pair].mean() for pair in pairs]),
        "strength": preferences.bradley_terry(wins)[0],
        "strength, bootstrap": preferences.bradley_terry(wins)[0],
        "told apart": np.array([right]),
    }


def study(dice: np.random.Generator, people: int, pieces: int) -> Iterator[tuple[str, list]]:
    """Each measure's intervals, of one study of each design; and the naive ones, if any."""
    rated = mos(World(dice, people, pieces))
    means = systems.means(rated, ["quality"])
    yield "mean", [(one.mean, one.naive) for one in means]
    yield "difference", [(one.difference, None) for one in systems.differences(rated, ["quality"])]
    compared = ab(World(dice, people, pieces))
    pair_preferences = preferences.preferences(compared, "preference")
    yield "preference", [(one.strength, one.naive) for one in pair_preferences]
    strengths = preferences.strengths(compared, "preference", DRAWS, 0)
    yield "strength", [(one.strength, None) for one in strengths]
    yield "strength, bootstrap", [(one.bootstrap, None) for one in strengths]
    tested = abx(World(dice, people, pieces))
    findings = of_discrimination(tested, [SAME_AS], Resampling(0, DRAWS))
    row = findings.tables["discrimination"].iloc[0]
    yield "told apart", [(row, None)]


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
        widths: dict[str, list[float]] = {}
        for run in range(runs):
            dice = np.random.default_rng([seed, pieces, people, run])
            for measure, intervals in study(dice, people, pieces):
                for (ends, other), value in zip(intervals, known[measure], strict=True):
                    held.setdefault(measure, []).append(holds(ends, value))
                    if ends.low is not None and ends.high is not None:
                        widths.setdefault(measure, []).append(ends.high - ends.low)
                    if other is not None:
                        naive.setdefault(measure, []).append(holds(other, value))
            progress()
        rows += [
            {
                "measure": measure,
                "pieces": pieces,
                "participants": people,
                "coverage": float(np.mean(hits)),
                "naive": float(np.mean(naive[measure])) if measure in naive else None,
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
