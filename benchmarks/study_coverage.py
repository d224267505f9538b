"""How often the report's headline interval holds the truth, and whether it warns where it does not.

    python -m benchmarks.study_coverage [--runs 1000] [--seed 0] [--vgmidi annotations.json]

Studies are simulated as they are: segments within pieces, people who leave, who lean to one answer,
pieces that are hard. A right interval holds the mean over all people and all pieces that could have
been drawn in 95 % of them; with 1,000 runs the standard error of that is 0.7 points, with 500 one
point. "Before" is the interval that counted every segment as music of its own and took any variance
above 0.

With the raw ratings of VGMIDI studies are drawn of real raters, too. A piece is cut into five
parts; the median of one half of its raters is the intended direction, the other half answer. Raters
have no names there, so a participant is whoever has the same number in every piece. The truth is
the mean over all pieces and all raters of the other half.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

from survey.statistics import twoway
from survey.statistics.agreement import is_half, near_edge, pieces_at_edge
from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import t_quantile
from survey.statistics.reservations import MANY_LEFT

RESULTS = Path(__file__).parent / "results" / "study_coverage.json"
PIECES, PARTICIPANTS = (4, 6, 12, 40), (8, 48, 200)
SEGMENTS = {4: 5, 6: 5, 12: 3, 40: 2}  # of each piece
UNEQUAL = (1, 1, 2, 3, 6)  # segments of a piece, drawn
PARTS = 5  # of a real piece
DEAD_ZONE = 0.05  # of arousal, -1 to 1: changes that are no change


@dataclass(frozen=True)
class StudyWorld:
    """What studies are drawn from; sds are of log-odds.

    `lower` and `higher` are the agreement of a middling person on a middling segment of each
    direction, `leave` the share of people who leave, `poorer` whether these hear less.
    """

    name: str
    lower: float = 0.85
    higher: float = 0.85
    person_sd: float = 0.7
    piece_sd: float = 0.8
    segment_sd: float = 0.6
    unequal: bool = False
    leave: float = 0.0
    poorer: bool = False

    def truth(self) -> dict[str, float]:
        """Agreement over all people, pieces and segments: of all, and of lower ones."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(100)
        sd = math.sqrt(self.person_sd**2 + self.piece_sd**2 + self.segment_sd**2)
        lower, higher = (
            float((weights * expit(logit(middle) + sd * nodes)).sum() / weights.sum())
            for middle in (self.lower, self.higher)
        )
        return {"all": (lower + higher) / 2, "lower": lower}


WORLDS = (
    StudyWorld("usual"),
    StudyWorld("pieces of unequal sizes", unequal=True),
    StudyWorld("half leave, at random", leave=0.5),
    StudyWorld("half leave, who hear less", leave=0.5, poorer=True),
    StudyWorld("people lean to “lower”", lower=0.95, higher=0.6),
    StudyWorld("few hard pieces", lower=0.99, higher=0.99, piece_sd=2.5, segment_sd=0),
    StudyWorld("near 1", lower=0.97, higher=0.97),
    StudyWorld("near 0", lower=0.03, higher=0.03),
    StudyWorld("guessing: nobody and nothing differs", 1 / 3, 1 / 3, 0, 0, 0),
)


@dataclass(frozen=True)
class SimulatedStudy:
    """Answers of one study by direction, and the share of people who left."""

    answers: dict[str, Crossed]
    left: float


def drawn(
    world: StudyWorld, people: int, pieces: int, random: np.random.Generator
) -> SimulatedStudy:
    """One study: everybody hears every segment, or leaves, and the rules leave them out."""
    sizes = random.choice(UNEQUAL, pieces) if world.unequal else np.full(pieces, SEGMENTS[pieces])
    piece = np.repeat(np.arange(pieces), sizes)
    segments = len(piece)
    lower = random.permutation(segments) % 2 == 0
    skill = random.normal(0, world.person_sd, (people, 1))
    eased = random.normal(0, world.piece_sd, pieces)[piece]
    eased = eased + random.normal(0, world.segment_sd, segments)
    middle = np.where(lower, logit(world.lower), logit(world.higher))
    agrees = (random.random((people, segments)) < expit(middle + skill + eased)).astype(float)
    leaves = random.random(people) < world.leave
    if world.poorer:  # the less somebody hears, the likelier they leave; the same share leaves
        leaves = random.random(people) < expit(-3 * skill[:, 0] / world.person_sd)
    stay = np.flatnonzero(~leaves)
    person, segment = np.indices((len(stay), segments)).reshape(2, -1)
    person = stay[person]
    answers = Crossed(agrees[person, segment], person, piece[segment], segment)
    return SimulatedStudy(
        {"all": answers, "lower": answers.only(lower[segment])}, float(leaves.mean())
    )


def covered(world: StudyWorld, people: int, pieces: int, runs: int, seed: int) -> Iterator[dict]:
    """One row for all items and one for lower ones."""
    truth = world.truth()
    judgements: dict[str, list[tuple[bool, float, bool, bool]]] = {name: [] for name in truth}
    for run in range(runs):
        study = drawn(world, people, pieces, np.random.default_rng([seed, people, pieces, run]))
        for name, answers in study.answers.items():
            judgements[name].append(_judged(answers, truth[name], study.left))
    for name, judged in judgements.items():
        yield {
            "world": world.name,
            "of": name,
            "participants": people,
            "pieces": pieces,
            "truth": round(truth[name], 4),
            **_row(judged),
        }


def before(answers: Crossed) -> tuple[float, float] | None:
    """The interval of the version before: segments for items, any variance above 0."""
    if answers.segments is None:
        raise ValueError("the answers do not tell their segments")
    by_segment = Crossed(answers.values, answers.participants, answers.segments)
    estimate = twoway.share(by_segment)
    if estimate.low is None or estimate.high is None:
        return None
    if estimate.freedom is None or estimate.value is None:  # all agree, or none
        return estimate.low, estimate.high
    scores = twoway.centred(by_segment)
    variance = twoway.two_way(scores)
    if variance <= 0:
        variance = twoway.clustered_variance(scores)[0]
    slope = 1 / (estimate.value * (1 - estimate.value))
    reach = t_quantile(estimate.freedom) * math.sqrt(variance) * slope
    middle = logit(estimate.value)
    return float(expit(middle - reach)), float(expit(middle + reach))


def _judged(answers: Crossed, truth: float, left: float) -> tuple[bool, float, bool, bool]:
    """Whether the interval holds, its width, whether the report warns, and the one before.

    Where there is no interval nothing is claimed, which is no error.
    """
    now, earlier = twoway.share(answers), before(answers)
    edge = near_edge(now.value) or is_half(pieces_at_edge(answers), answers.item_count)
    warned = edge or left >= MANY_LEFT
    held_before = earlier is None or earlier[0] <= truth <= earlier[1]
    if now.low is None or now.high is None:
        return True, 1.0, True, held_before
    return now.low <= truth <= now.high, now.high - now.low, warned, held_before


def _row(judged: list[tuple[bool, float, bool, bool]]) -> dict[str, float | None]:
    held, width, warned, held_before = (np.array(column) for column in zip(*judged, strict=True))
    silent = ~warned.astype(bool)
    return {
        "runs": len(judged),
        "before": round(float(held_before.mean()), 4),
        "coverage": round(float(held.mean()), 4),
        "width": round(float(np.median(width)), 4),
        "warned": round(float(warned.mean()), 4),
        "coverage_without_warning": round(float(held[silent].mean()), 4) if silent.any() else None,
    }


def real_answers(file: Path, seed: int) -> dict[str, list[np.ndarray]]:
    """Who of one half agrees with the other half, by piece.

    Returns
    -------
    dict of lists of arrays, each shape (raters, items)
        "changes": from each part to the next; "levels": each part against neutral arousal.
    """
    pieces = json.loads(file.read_text(encoding="utf-8"))
    random = np.random.default_rng(seed)
    agreement: dict[str, list[np.ndarray]] = {"changes": [], "levels": []}
    for name in sorted(pieces):
        series = [np.array(rater["arousal"], float) for rater in pieces[name]["annotations"]]
        usual = int(np.median([len(values) for values in series]))
        raters = np.stack([values for values in series if len(values) == usual])
        if usual < PARTS or len(raters) < 16:
            continue
        means = np.stack([part.mean(axis=1) for part in np.array_split(raters, PARTS, 1)], axis=1)
        order = random.permutation(len(means))
        intending, answering = order[: len(order) // 2], order[len(order) // 2 :]
        for kind, values in (("changes", np.diff(means, axis=1)), ("levels", means)):
            intended = np.sign(np.median(values[intending], axis=0))
            heard = np.sign(values) * (np.abs(values) > DEAD_ZONE)
            has_direction = intended != 0
            if has_direction.any():
                agreement[kind].append(
                    (heard[answering] == intended)[:, has_direction].astype(float)
                )
    return agreement


def covered_by_raters(
    answers: list[np.ndarray], people: int, pieces: int, runs: int, seed: int
) -> dict:
    """Studies of real raters: pieces drawn, and as many raters of each."""
    weights = [piece.shape[1] for piece in answers]
    truth = float(np.average([piece.mean() for piece in answers], weights=weights))
    judged = []
    for run in range(runs):
        random = np.random.default_rng([seed, people, pieces, run])
        parts, first = [], 0
        for number, at in enumerate(random.integers(0, len(answers), pieces)):
            piece = answers[at]
            raters = piece[random.integers(0, len(piece), people)]
            person, segment = np.indices(raters.shape).reshape(2, -1)
            codes = np.full(raters.size, number)
            parts.append(Crossed(raters.ravel(), person, codes, segment + first))
            first += piece.shape[1]
        study = Crossed(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("values", "participants", "items", "segments")
            )
        )
        judged.append(_judged(study, truth, 0.0))
    return {"participants": people, "pieces": pieces, "truth": round(truth, 4), **_row(judged)}


def main(arguments: list[str] | None = None) -> int:
    """Simulate all studies and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vgmidi", type=Path, metavar="FILE", help="annotations.json")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    cells = list(product(WORLDS, PARTICIPANTS, PIECES))
    rows = [
        row
        for world, people, pieces in tqdm(cells, unit="cell", mininterval=5, disable=None)
        for row in covered(world, people, pieces, options.runs, options.seed)
    ]
    raters = []
    if options.vgmidi:
        for kind, answers in real_answers(options.vgmidi, options.seed).items():
            for people, pieces in product((8, 15), PIECES):
                row = covered_by_raters(answers, people, pieces, options.runs, options.seed)
                raters.append({"items": kind, "of_pieces": len(answers), **row})
    report = {
        "seed": options.seed,
        "runs": options.runs,
        "worlds": [asdict(world) for world in WORLDS],
        "simulated": rows,
        "raters": raters,
    }
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
