from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise, product

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Answer, Participant, Stimulus, Study, Trial
from survey.participant.assignment import CATCH, Candidate, _candidate, draw, loads, order
from tests.survey.person import Person
from tests.survey.together import together


def candidates(lower: int, higher: int) -> list[Candidate]:
    directions = ["lower"] * lower + ["higher"] * higher
    return [Candidate(number, "transfer", direction) for number, direction in enumerate(directions)]


def cells(database: Database) -> dict[str, int]:
    """How often each transfer stimulus has been assigned."""
    query = (
        select(Stimulus.name, func.count(Trial.id))
        .outerjoin(Trial, Trial.stimulus_id == Stimulus.id)
        .where(Stimulus.kind == "transfer")
        .group_by(Stimulus.name)
    )
    with database.read() as session:
        return dict(session.execute(query).all())


@pytest.mark.slow
@pytest.mark.parametrize("trials_each", [3, 4])
def test_fifty_who_join_at_once_are_balanced(
    client: TestClient, database: Database, trials_each: int
) -> None:
    with database.write() as session:
        session.execute(update(Study).values(trials_each=trials_each))
    together([lambda: Person.join(client)] * 50)
    load_by_cell = cells(database)
    assert sum(load_by_cell.values()) == 50 * trials_each and len(load_by_cell) == 8
    assert max(load_by_cell.values()) - min(load_by_cell.values()) <= 1, load_by_cell


def test_every_participant_hears_everything_once(client: TestClient, database: Database) -> None:
    for _ in range(6):
        Person.join(client)
    query = (
        select(Trial.participant_id, Trial.position, Stimulus.kind, Stimulus.intended)
        .join(Stimulus)
        .order_by(Trial.participant_id, Trial.position)
    )
    with database.read() as session:
        rows = session.execute(query).all()
        participants = session.scalar(select(func.count(Participant.id)))
    orders = set()
    for _, group in groupby(rows, key=lambda row: row.participant_id):
        trials = list(group)
        assert [row.position for row in trials] == list(range(8))
        assert [row.kind for row in trials[:2]] == ["practice"] * 2
        assert Counter(row.kind for row in trials[2:]) == {
            "transfer": 4,
            "identical": 1,
            "swapped": 1,
        }
        directions = Counter(row.intended for row in trials if row.kind == "transfer")
        assert directions == {"lower": 2, "higher": 2}
        assert not any(
            first.kind in CATCH and second.kind in CATCH for first, second in pairwise(trials)
        )
        orders.add(tuple(row.kind + row.intended for row in trials))
    assert participants == 6 and len(orders) > 1


def test_places_of_who_stays_away_are_free_again(client: TestClient, database: Database) -> None:
    people = [Person.join(client) for _ in range(4)]
    with database.read() as session:
        assert set(loads_of(session).values()) == {2}
    absent = people[:2]
    with database.write() as session:
        for participant in session.scalars(select(Participant).order_by(Participant.id).limit(2)):
            participant.seen_at -= timedelta(minutes=61)
    with database.read() as session:
        assert sum(loads_of(session).values()) == 8
    for _ in absent:
        Person.join(client)
    with database.read() as session:
        assert set(loads_of(session).values()) == {2}


def test_answers_count_after_the_lease(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    for _ in range(2 + 3):  # practice, then at least one transfer trial
        person.step()
    with database.write() as session:
        session.execute(update(Participant).values(seen_at=Participant.consented_at))
        moment = session.scalars(select(Participant)).one().seen_at - timedelta(minutes=61)
        session.execute(update(Participant).values(seen_at=moment))
    with database.read() as session:
        query = select(Trial.stimulus_id).join(Answer).join(Stimulus)
        answered_stimuli = session.scalars(query.where(Stimulus.kind == "transfer")).all()
        load = loads_of(session)
    assert answered_stimuli and load == dict.fromkeys(answered_stimuli, 1)


def test_being_about_keeps_the_places(client: TestClient, database: Database) -> None:
    """For participants who have answered anything; for the others see `test_unused_places`."""
    person = Person.ready(client)
    with database.write() as session:
        participant = session.scalars(select(Participant)).one()
        participant.seen_at -= timedelta(minutes=59)
    person.state()
    with database.write() as session:
        participant = session.scalars(select(Participant)).one()
        participant.seen_at -= timedelta(minutes=59)
    with database.read() as session:
        assert sum(loads_of(session).values()) == 4


def test_a_stimulus_with_fewer_answers_comes_first() -> None:
    stimuli = candidates(5, 5)
    load = {stimulus.id: 3 for stimulus in stimuli} | {1: 0, 3: 1, 7: 0, 8: 2}
    for seed in range(20):
        chosen = draw(stimuli, load, 4, random.Random(seed))
        assert {stimulus.id for stimulus in chosen} == {1, 3, 7, 8}


def test_equals_are_drawn_by_chance() -> None:
    stimuli = candidates(5, 5)
    drawn = [draw(stimuli, {}, 4, random.Random(seed)) for seed in range(300)]
    counts = Counter(stimulus.id for chosen in drawn for stimulus in chosen)
    assert len(counts) == 10 and all(80 < count < 160 for count in counts.values()), counts


@pytest.mark.parametrize(
    ("lower", "higher", "count", "expected"),
    [(5, 5, 4, (2, 2)), (1, 9, 4, (1, 3)), (0, 5, 3, (0, 3)), (2, 2, 9, (2, 2)), (0, 0, 3, (0, 0))],
)
def test_directions_are_shared_where_possible(
    lower: int, higher: int, count: int, expected: tuple[int, int]
) -> None:
    chosen = draw(candidates(lower, higher), {}, count, random.Random(1))
    assert len({stimulus.id for stimulus in chosen}) == len(chosen)
    counts = Counter(stimulus.group for stimulus in chosen)
    assert (counts["lower"], counts["higher"]) == expected


def test_pairs_are_shared_before_their_orders() -> None:
    """Of three pairs in both orders three trials are one of each pair, six one in each order."""
    pairs = [pair for names in ("ab", "ac", "bc") for pair in (names, names[::-1])]
    stimuli = [
        _candidate(number, "rated", None, item, tuple(pair))
        for number, (item, pair) in enumerate(product("0123456789", pairs))
    ]
    for seed in range(20):
        six = draw(stimuli, {}, 6, random.Random(seed))
        assert len({one.systems for one in six[:3]}) == 3
        assert len({one.group for one in six}) == 6


def test_the_odd_one_goes_to_the_direction_that_has_less() -> None:
    stimuli = candidates(2, 2)
    for seed in range(20):
        chosen = draw(stimuli, {0: 2, 1: 2, 2: 2, 3: 1}, 3, random.Random(seed))
        assert Counter(stimulus.group for stimulus in chosen) == {"lower": 1, "higher": 2}


@pytest.mark.parametrize("swap", [False, True])
def test_directions_of_unequal_size_are_compared_by_their_mean_load(swap: bool) -> None:
    """Two stimuli with two answers each have more than four that have five together."""
    rarer, commoner = ("higher", "lower") if swap else ("lower", "higher")
    stimuli = [
        Candidate(number, "transfer", direction)
        for number, direction in enumerate([rarer] * 2 + [commoner] * 4)
    ]
    load = {0: 2, 1: 2, 2: 1, 3: 1, 4: 1, 5: 2}
    for seed in range(20):
        (chosen,) = draw(stimuli, load, 1, random.Random(seed))
        assert chosen.group == commoner


def test_stimuli_without_any_answer_are_missing_in_the_loads_and_come_first() -> None:
    stimuli = candidates(4, 4)
    load = dict.fromkeys((0, 1, 2, 4, 5, 6), 1)
    for seed in range(20):
        assert {stimulus.id for stimulus in draw(stimuli, load, 2, random.Random(seed))} == {3, 7}


def test_who_joins_later_hears_what_the_first_left(client: TestClient, database: Database) -> None:
    """Two by two, whatever the first of them drew: after each pair all loads are equal."""
    for pairs in range(1, 4):
        Person.join(client)
        with database.read() as session:
            loads_now = loads_of(session)
        assert sorted(loads_now.values())[-4:] == [pairs] * 4
        Person.join(client)
        with database.read() as session:
            assert set(loads_of(session).values()) == {pairs} and len(loads_of(session)) == 8


def test_an_answer_renews_the_lease(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    silent(database, minutes=59)
    assert person.answer(trial).status_code == 200
    silent(database, minutes=59)
    with database.read() as session:
        assert sum(loads_of(session).values()) == 4
    silent(database, minutes=2)
    with database.read() as session:
        assert sum(loads_of(session).values()) == 0  # practice alone was answered


def test_nobody_joins_where_there_is_nothing_to_hear(
    client: TestClient, database: Database
) -> None:
    with database.write() as session:
        study = session.scalars(select(Study)).one()
        mine = update(Stimulus).where(Stimulus.kind == "transfer")
        session.execute(mine.values(kind="practice"))
        body = {"study": study.name, "consent": True}
    refused = client.post("/api/join", json=body)
    assert refused.status_code == 403, refused.text
    with database.read() as session:
        assert session.scalar(select(func.count(Participant.id))) == 0


def silent(database: Database, minutes: float) -> None:
    """Let time pass since everybody was last seen."""
    with database.write() as session:
        for participant in session.scalars(select(Participant)):
            participant.seen_at -= timedelta(minutes=minutes)


def test_orders_have_no_long_runs_and_no_neighbouring_catch_trials() -> None:
    catches = [Candidate(100 + n, CATCH[n % 2], ("same", "higher")[n % 2]) for n in range(4)]
    firsts = set()
    for seed in range(100):
        ordered = order(candidates(10, 10), catches, random.Random(seed))
        assert sorted(first.id for first in ordered) == [*range(20), 100, 101, 102, 103]
        runs = [len(list(group)) for _, group in groupby(ordered, key=lambda first: first.group)]
        assert max(runs) <= 3
        assert not any(
            first.kind in CATCH and second.kind in CATCH for first, second in pairwise(ordered)
        )
        firsts.add(ordered[0].id)
    assert len(firsts) > 10


@pytest.mark.slow
def test_a_catch_trial_comes_at_every_place_equally_often() -> None:
    """Before, between and after the transfers: nobody can guess where it is."""
    catch = Candidate(100, "identical", "same")
    orders = [order(candidates(2, 1), [catch], random.Random(seed)) for seed in range(2000)]
    places = Counter(ordered.index(catch) for ordered in orders)
    assert sorted(places) == [0, 1, 2, 3]
    assert all(count / 2000 == pytest.approx(0.25, abs=0.05) for count in places.values())


def test_what_cannot_be_ordered_well_is_ordered_all_the_same() -> None:
    catches = [Candidate(100 + n, "identical", "same") for n in range(5)]
    assert len(order(candidates(9, 0), [], random.Random(0))) == 9
    assert len(order(candidates(1, 1), catches, random.Random(0))) == 7


def loads_of(session: Session) -> dict[int, int]:
    """Loads of the transfer stimuli."""
    load = loads(session, session.scalars(select(Study)).one())
    kinds = session.execute(select(Stimulus.id).where(Stimulus.kind == "transfer")).scalars()
    return {key: load[key] for key in kinds if key in load}
