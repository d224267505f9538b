"""People whom a panel sends to the small study."""

from __future__ import annotations

from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import PanelPlace, Study
from survey.core.panels import Panel, new_key
from tests.survey.person import Person

PROLIFIC = "https://app.prolific.com/submissions/complete?cc="
FINISHED, DECLINED, FAILED = (f"{PROLIFIC}{code}" for code in ("DONE1", "NONE2", "FAIL3"))
NUMBER, OTHER = "5f3c1ab0123456789abcdef0", "600000000000000000000001"
CREDIT = (  # of SONA
    "https://lab.sona-systems.com/webstudy_credit.aspx"
    "?experiment_id=1&credit_token=a&survey_code={id}"
)
QUERY = f"PROLIFIC_PID={NUMBER}&STUDY_ID=abc&SESSION_ID=def"


def add_panel(database: Database, study: Study, **change: object) -> Panel:
    """Let Prolific, or the panel that is asked for, send people to a study."""
    fields = {"kind": "prolific", "finished": FINISHED, "declined": DECLINED, "failed": FAILED}
    panel = Panel(**{**fields, "key": new_key(), **change})
    with database.write() as session:
        session.get_one(Study, study.id).panel = panel.stored()
    return panel


def ids(number: str = NUMBER, session: str = "def") -> dict[str, str]:
    """What the panel says of somebody."""
    return {"PROLIFIC_PID": number, "STUDY_ID": "abc", "SESSION_ID": session}


def read(client: TestClient, path: str) -> str:
    """What a page shows, without the words that it has for its scripts."""
    return client.get(path).text.partition("<main")[2]


def send(client: TestClient, number: str = NUMBER, **fields: object) -> Person:
    """Somebody takes part whom the panel sent, and comes as far as the first practice trial."""
    person = Person.join(client, panel=ids(number), **fields)
    person.post("questions").raise_for_status()
    person.post("sound", left="left", right="right", ok=True).raise_for_status()
    return person


def places(database: Database) -> list[tuple[str, dict[str, str], str]]:
    with database.read() as session:
        rows = session.scalars(select(PanelPlace).order_by(PanelPlace.id))
        return [(place.panel_id, place.ids, place.outcome) for place in rows]


def join(client: TestClient, **body: object) -> tuple[int, dict]:
    response = client.post("/api/join", json={"study": "small", "consent": True, **body})
    return response.status_code, response.json()
