"""Which stimuli a participant hears, and in which order.

Each participant gets equally many stimuli of every group: those that lower and that raise arousal,
or those of the same systems, and of these in the same order. First come those with the smallest
load; of those that differ in the order of the same versions alone, nobody hears two. The load of a
stimulus is the number of answers that it has or that participants have promised. A promise ends
when the participant has been silent for `lease_minutes`, or sooner if they have only joined
(`survey.participant.unused_places`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from db.models import MAIN, SIDES, Answer, Participant, Stimulus, Study, Trial, TrialClip
from survey.comparisons.repeats import REPEAT, SUFFIX
from survey.core import tokens
from survey.designs import registry
from survey.designs.design import Design
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
    kind : str
        One of `db.models.KINDS`.
    group : hashable
        What of its sort a participant is to get as many of as of others.
    size : int
        How many clips it has.
    versions : hashable
        What nobody is to hear twice.
    systems : tuple of str
        Whose it is, in no order.
    """

    id: int
    kind: str
    group: Hashable
    size: int = len(SIDES)
    versions: Hashable = None
    systems: tuple[str, ...] = ()


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
        select(Stimulus.id, Stimulus.kind, Stimulus.intended, Stimulus.item, Stimulus.systems)
        .where(Stimulus.study_id == study.id)
        .order_by(Stimulus.id)
    )
    stimuli = [_candidate(*row) for row in session.execute(query)]
    main_stimuli = [stimulus for stimulus in stimuli if stimulus.kind in MAIN]
    chosen = draw(main_stimuli, loads(session, study), study.trials_each, rng)
    if not chosen:
        return 0
    main = order(chosen, [stimulus for stimulus in stimuli if stimulus.kind in CATCH], rng)
    repeats = study.build.get("repeats", 0)
    if repeats:
        main = with_repeats(main, _repeats(session, study), repeats, rng)
    practice = [stimulus for stimulus in stimuli if stimulus.kind == "practice"]
    _add_trials(session, registry.find(study.design), participant, practice + main, rng)
    return len(main)


def _candidate(
    key: int, kind: str, intended: str | None, item: str, systems: Sequence[str]
) -> Candidate:
    if not systems:
        return Candidate(key, kind, intended, versions=key)
    in_no_order = tuple(sorted(set(systems)))
    return Candidate(key, kind, tuple(systems), len(systems), (item, in_no_order), in_no_order)


def loads(session: Session, study: Study) -> dict[int, int]:
    """How many answers each stimulus has or is promised; those without any are missing."""
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
    """Choose `count` stimuli, or all if there are fewer; no two of the same versions.

    Each stimulus comes from the systems, and of these from the group, that were chosen least often
    so far; of equal ones, from the group with the smallest mean load. Within a group it is drawn at
    random from the stimuli of the smallest load.

    Parameters
    ----------
    stimuli : sequence of Candidate
    load : dict
        What `loads` gives.
    count : int
    rng : random.Random
    """
    remaining: dict[Hashable, list[Candidate]] = defaultdict(list)  # by group
    for stimulus in rng.sample(stimuli, len(stimuli)):
        remaining[stimulus.group].append(stimulus)
    mean_load = {
        name: sum(load.get(stimulus.id, 0) for stimulus in group) / len(group)
        for name, group in remaining.items()
    }
    systems = {name: group[0].systems or name for name, group in remaining.items()}
    for group in remaining.values():
        # `pop` takes the last. Sorting is stable: stimuli of equal load stay in random order.
        group.sort(key=lambda stimulus: load.get(stimulus.id, 0), reverse=True)
    chosen: list[Candidate] = []
    heard: set[Hashable] = set()
    counts = dict.fromkeys(remaining, 0)
    counts_of_systems = dict.fromkeys(systems.values(), 0)
    while len(chosen) < count and any(remaining.values()):
        name = min(
            (name for name, group in remaining.items() if group),
            key=lambda name: (
                *(counts_of_systems[systems[name]], counts[name]),
                *(mean_load[name], rng.random()),
            ),
        )
        stimulus = remaining[name].pop()
        if stimulus.versions in heard and stimulus.versions is not None:
            continue
        heard.add(stimulus.versions)
        counts[name] += 1
        counts_of_systems[systems[name]] += 1
        chosen.append(stimulus)
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


def with_repeats(
    trials: Sequence[Candidate], again: Mapping[int, Candidate], count: int, rng: random.Random
) -> list[Candidate]:
    """An order in which some trials of its first half come once more, in random gaps of the second.

    At least one other trial is between, wherever there are three trials or more.

    Parameters
    ----------
    trials : sequence of Candidate
    again : mapping
        By the number of a stimulus: the stimulus that is the same once more.
    count : int
        How many are to come twice; half of the trials at most do.
    rng : random.Random
    """
    half = len(trials) // 2
    twice = [one for one in trials[:half] if one.id in again]
    chosen = rng.sample(twice, min(count, len(twice)))
    later = list(trials[half:])
    places = sorted(rng.choices(range(1, len(later) + 1), k=len(chosen)), reverse=True)
    for place, one in zip(places, chosen, strict=True):
        later.insert(place, again[one.id])
    return [*trials[:half], *later]


def _repeats(session: Session, study: Study) -> dict[int, Candidate]:
    """The stimulus that is another one once more, by the number of that one."""
    query = select(Stimulus).where(Stimulus.study_id == study.id)
    stimuli = {one.name: one for one in session.scalars(query)}
    return {
        stimuli[name.removesuffix(SUFFIX)].id: _candidate(
            one.id, one.kind, one.intended, one.item, one.systems
        )
        for name, one in stimuli.items()
        if one.kind == REPEAT and name.removesuffix(SUFFIX) in stimuli
    }


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
    runs = [len(list(group)) for _, group in groupby(stimuli, key=lambda stimulus: stimulus.group)]
    pairs = zip(stimuli, stimuli[1:], strict=False)
    adjacent = sum(first.kind in CATCH and second.kind in CATCH for first, second in pairs)
    return sum(max(0, run - LONGEST_RUN) for run in runs) + len(stimuli) * adjacent


def _add_trials(
    session: Session,
    design: Design,
    participant: Participant,
    stimuli: Sequence[Candidate],
    rng: random.Random,
) -> None:
    """Write the rows of trials in their order, each with a new address for every clip."""
    rows = [
        {
            "participant_id": participant.id,
            "stimulus_id": stimulus.id,
            "position": position,
            "token": tokens.opaque(),
            "first_token": tokens.opaque(),
            "second_token": tokens.opaque(),
            "arrangement": _arrangement(design, stimulus.size, rng),
        }
        for position, stimulus in enumerate(stimuli)
    ]
    session.execute(insert(Trial), rows)
    if all(stimulus.size <= len(SIDES) for stimulus in stimuli):
        return
    mine = select(Trial.id).where(Trial.participant_id == participant.id).order_by(Trial.position)
    further = [
        {"trial_id": trial, "place": place, "token": tokens.opaque()}
        for trial, stimulus in zip(session.scalars(mine), stimuli, strict=True)
        for place in range(len(SIDES), stimulus.size)
    ]
    session.execute(insert(TrialClip), further)


def _arrangement(design: Design, size: int, rng: random.Random) -> list[int] | None:
    """Which clip comes at which place; None: in their order."""
    if not design.is_shuffled:
        return None
    compared = list(design.compared(size))
    return [*range(compared[0]), *rng.sample(compared, len(compared))]
