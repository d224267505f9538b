import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Invitation, Study, now
from survey.admin import invitations
from survey.core import tokens
from tests.postgres import ONE
from tests.survey.person import Person


def test_an_invitation_is_good_for_one_person(
    client: TestClient, database: Database, study: Study
) -> None:
    with database.write() as session:
        session.get(Study, study.id).invited_only = True
        invitation_tokens = invitations.create(session, study, 3, "batch")
    assert len(set(invitation_tokens)) == 3 and all(
        tokens.shaped(token) for token in invitation_tokens
    )
    Person.join(client, invitation=invitation_tokens[0])
    body = {"study": "small", "consent": True, "invitation": invitation_tokens[0]}
    assert client.post("/api/join", json=body).status_code == 403
    assert (
        client.post("/api/join", json=body | {"invitation": invitation_tokens[1]}).status_code
        == 201
    )
    with database.read() as session:
        listed = invitations.listed(session, study)
    assert [invitation.used_at is None for invitation in listed] == [True, False, False]
    assert {invitation.label for invitation in listed} == {"batch"}


def test_the_links_are_nowhere_in_the_database(database: Database, study: Study) -> None:
    with database.write() as session:
        (token,) = invitations.create(session, study, 1)
    with database.read() as session:
        row = session.execute(select(Invitation.__table__)).one()
    assert token not in repr(row)
    assert row.token_hash == tokens.hashed(token)


@ONE
@pytest.mark.parametrize("count", [0, -1, invitations.MOST_AT_ONCE + 1])
def test_counts_that_cannot_be(database: Database, study: Study, count: int) -> None:
    with pytest.raises(ValueError, match=str(count)), database.write() as session:
        invitations.create(session, study, count)


@ONE
def test_a_label_that_is_too_long(database: Database, study: Study) -> None:
    with pytest.raises(ValueError, match="101"), database.write() as session:
        invitations.create(session, study, 1, "x" * 101)


@ONE
def test_revoking(client: TestClient, database: Database, study: Study) -> None:
    with database.write() as session:
        (token,) = invitations.create(session, study, 1)
    with database.write() as session:
        (invitation,) = invitations.listed(session, study)
        invitations.revoke(session, study, invitation.id)
    body = {"study": "small", "consent": True, "invitation": token}
    assert client.post("/api/join", json=body).status_code == 403
    with pytest.raises(ValueError, match="no invitation"), database.write() as session:
        invitations.revoke(session, study, invitation.id)


@ONE
def test_a_used_one_and_another_studys_cannot_be_revoked(database: Database, study: Study) -> None:
    with database.write() as session:
        other_study = Study(name="other", title="Other", trials_each=1)
        session.add(other_study)
        session.flush()
        invitations.create(session, study, 1)
        (invitation,) = invitations.listed(session, study)
        with pytest.raises(ValueError, match="no invitation"):
            invitations.revoke(session, other_study, invitation.id)
        invitation.used_at = now()
        with pytest.raises(ValueError, match="used already"):
            invitations.revoke(session, study, invitation.id)
