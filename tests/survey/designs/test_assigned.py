"""Who hears what: systems, pairs and orders are shared out evenly."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Stimulus, Trial
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.person import Person

pytestmark = ONE


def assigned(database: Database) -> dict[int, list[Stimulus]]:
    """Every participant's stimuli."""
    by_person = defaultdict(list)
    with database.read() as session:
        query = select(Participant.id, Stimulus).join(Trial, Trial.participant_id == Participant.id)
        query = query.join(Stimulus, Stimulus.id == Trial.stimulus_id).order_by(Trial.position)
        for person, stimulus in session.execute(query):
            by_person[person].append(stimulus)
    return by_person


def come(client: TestClient, people: int) -> None:
    for _ in range(people):
        Person.ready(client, "rated")


@pytest.mark.slow
def test_both_orders_of_a_pair_are_heard_equally_often(
    rated: Build, served: TestClient, database: Database
) -> None:
    rated("ab", items=4)
    come(served, 6)
    of_people = assigned(database)
    for stimuli in of_people.values():
        assert len(stimuli) == 12  # 4 items of 3 pairs, none of them twice
        assert len({(one.item, frozenset(one.systems)) for one in stimuli}) == 12
        orders = Counter(tuple(one.systems) for one in stimuli)
        assert len(orders) == 6 and set(orders.values()) <= {1, 2, 3}
    heard = Counter(one.name for stimuli in of_people.values() for one in stimuli)
    assert len(heard) == 24 and set(heard.values()) <= {2, 3, 4}
    assert sum(heard.values()) == 72


@pytest.mark.slow
def test_every_system_is_heard_equally_often(
    rated: Build, served: TestClient, database: Database
) -> None:
    rated("mos", items=4, trials_each=8)
    come(served, 4)
    of_people = assigned(database)
    for stimuli in of_people.values():
        assert Counter(one.systems[0] for one in stimuli) == dict.fromkeys(
            ("alder", "birch", "cedar", "reference"), 2
        )
    heard = Counter(one.name for stimuli in of_people.values() for one in stimuli)
    assert set(heard.values()) == {2}


@pytest.mark.slow
def test_x_is_either_equally_often(rated: Build, served: TestClient, database: Database) -> None:
    rated("abx", items=2)
    come(served, 4)
    for stimuli in assigned(database).values():
        assert len(stimuli) == 12  # 2 items of 6 pairs
        assert len({(one.item, frozenset(one.systems)) for one in stimuli}) == 12
    everything = [one for stimuli in assigned(database).values() for one in stimuli]
    firsts = sum(one.systems[2] == one.systems[0] for one in everything)
    assert firsts == pytest.approx(len(everything) / 2, abs=6)


@pytest.mark.slow
@pytest.mark.parametrize("design", ["mos", "ab", "abx", "mushra"])
def test_no_address_or_page_tells_who_made_a_clip(
    rated: Build, served: TestClient, database: Database, design: str
) -> None:
    rated(design)
    person = Person.ready(served, "rated")
    state = person.state()
    texts = [served.get(f"/p/{person.token}").text, str(state)]
    for url in state["trial"]["clips"].values():
        answer = served.get(url)
        texts.append(str(dict(answer.headers)) + answer.content.decode("latin-1"))
    secrets = ("alder", "birch", "cedar", "anchor", "item0", "item1", "flac", "wav")
    assert [word for text in texts for word in secrets if word in text] == []
