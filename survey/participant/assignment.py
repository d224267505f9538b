"""Which stimuli a participant hears, and in which order.

Each participant gets equally many stimuli that lower and that raise arousal, first those with the
smallest load. The load of a stimulus is the number of answers that it has or that participants have
promised. A promise ends when the participant has been silent for `lease_minutes`, or sooner if they
have only joined (`survey.participant.unused_places`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from db.models import Answer, Participant, Stimulus, Study, Trial
from survey.core import tokens
from survey.participant import unused_places

LONGEST_RUN = 3  # trials in a row that are meant to change arousal the same way
DRAWS = 300  # orders drawn to find one without longer runs
CATCH = ("identical", "swapped")


@dataclass(frozen=True)
class Candidate:
    """A stimulus to be assigned.

    Attributes
    ----------
    id : int
        Of the stimulus.
    kind, intended : str
        One of `db.models.KINDS` and of `db.models.DIRECTIONS`.
    """

    id: int
    kind: str
    intended: str


def assign(session: Session, participant: Participant, rng: random.Random | None = None) -> int:
    """Create a new participant's trials, practice first.

    No two participants are assigned at the same time: the study's row is locked until the
    transaction ends (`Database.write`; on SQLite it has locked everything already).

    Parameters
    ----------
    session : Session
    participant : Participant
        Already in the database, without trials.
    rng : random.Random, optional
        None takes the system's randomness.

    Returns
    -------
    int
        How many trials besides practice there are; 0 if the study has nothing to hear.
    """
    rng = rng or random.SystemRandom()
    lock = select(Study).where(Study.id == participant.study_id).with_for_update(key_share=True)
    study = session.scalars(lock).one()
    query = (
        select(Stimulus.id, Stimulus.kind, Stimulus.intended)
        .where(Stimulus.study_id == study.id)
        .order_by(Stimulus.id)
    )
    stimuli = [Candidate(*row) for row in session.execute(query)]
    transfers = [stimulus for stimulus in stimuli if stimulus.kind == "transfer"]
    chosen = draw(transfers, loads(session, study), study.trials_each, rng)
    if not chosen:
        return 0
    main = order(chosen, [stimulus for stimulus in stimuli if stimulus.kind in CATCH], rng)
    practice = [stimulus for stimulus in stimuli if stimulus.kind == "practice"]
    session.execute(insert(Trial), _rows(participant, practice + main))
    return len(main)


def loads(session: Session, study: Study) -> dict[int, int]:
    """How many answers each transfer stimulus has or is promised; those without any are missing."""
    alive = unused_places.holds_places(study.lease_minutes)
    query = (
        select(Trial.stimulus_id, func.count())
        .join(Participant, Participant.id == Trial.participant_id)
        .outerjoin(Answer, Answer.trial_id == Trial.id)
        .where(Participant.study_id == study.id)
        .where(or_(Answer.id.is_not(None), alive))
        .group_by(Trial.stimulus_id)
    )
    return dict(session.execute(query).all())


def draw(
    stimuli: Sequence[Candidate], load: dict[int, int], count: int, rng: random.Random
) -> list[Candidate]:
    """Choose `count` stimuli, or all if there are fewer.

    Each stimulus comes from the intended direction that was chosen less often so far; if both are
    equal, from the one with the smaller mean load. Within a direction it is drawn at random from
    the stimuli of the smallest load.

    Parameters
    ----------
    stimuli : sequence of Candidate
    load : dict
        What `loads` gives.
    count : int
    rng : random.Random
    """
    remaining: dict[str, list[Candidate]] = defaultdict(list)  # by intended direction
    for stimulus in rng.sample(stimuli, len(stimuli)):
        remaining[stimulus.intended].append(stimulus)
    mean_load = {
        direction: sum(load.get(stimulus.id, 0) for stimulus in group) / len(group)
        for direction, group in remaining.items()
    }
    for group in remaining.values():
        # `pop` takes the last. Sorting is stable: stimuli of equal load stay in random order.
        group.sort(key=lambda stimulus: load.get(stimulus.id, 0), reverse=True)
    chosen: list[Candidate] = []
    counts = dict.fromkeys(remaining, 0)
    while len(chosen) < count and any(remaining.values()):
        direction = min(
            (direction for direction, group in remaining.items() if group),
            key=lambda direction: (counts[direction], mean_load[direction], rng.random()),
        )
        counts[direction] += 1
        chosen.append(remaining[direction].pop())
    return chosen


def order(
    transfers: Sequence[Candidate], catches: Sequence[Candidate], rng: random.Random
) -> list[Candidate]:
    """A random order without two catch trials side by side and without long runs.

    If none is found (more catch trials than gaps, one direction only), the best of `DRAWS` orders.

    Parameters
    ----------
    transfers, catches : sequence of Candidate
    rng : random.Random
    """
    best: list[Candidate] = []
    fewest: int | None = None
    for _ in range(DRAWS):
        trials = _shuffled(transfers, catches, rng)
        faults = _faults(trials)
        if fewest is None or faults < fewest:
            best, fewest = trials, faults
        if not fewest:
            break
    return best


def _shuffled(
    transfers: Sequence[Candidate], catches: Sequence[Candidate], rng: random.Random
) -> list[Candidate]:
    """Transfers in random order, catch trials in gaps between them, each in its own if possible."""
    trials = rng.sample(transfers, len(transfers))
    gaps = range(len(trials) + 1)
    places = rng.sample(gaps, min(len(catches), len(gaps)))
    places += rng.choices(gaps, k=len(catches) - len(places))
    # From the last gap to the first, so that an insertion moves no gap that is still to come.
    for place, catch in sorted(zip(places, catches, strict=True), key=lambda pair: -pair[0]):
        trials.insert(place, catch)
    return trials


def _faults(stimuli: Sequence[Candidate]) -> int:
    """How bad an order is: 0 if no run is too long and no two catch trials are adjacent.

    Two catch trials side by side weigh more than any run.
    """
    runs = [
        len(list(group)) for _, group in groupby(stimuli, key=lambda stimulus: stimulus.intended)
    ]
    pairs = zip(stimuli, stimuli[1:], strict=False)
    adjacent = sum(first.kind in CATCH and second.kind in CATCH for first, second in pairs)
    return sum(max(0, run - LONGEST_RUN) for run in runs) + len(stimuli) * adjacent


def _rows(participant: Participant, stimuli: Sequence[Candidate]) -> list[dict[str, object]]:
    return [
        {
            "participant_id": participant.id,
            "stimulus_id": stimulus.id,
            "position": position,
            "token": tokens.opaque(),
            "first_token": tokens.opaque(),
            "second_token": tokens.opaque(),
        }
        for position, stimulus in enumerate(stimuli)
    ]
