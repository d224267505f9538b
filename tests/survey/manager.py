"""An admin who uses the pages as a browser without scripts does: reads forms and sends them."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

from httpx import Client, Response
from sqlalchemy import select

from db.database import Database
from db.models import Audit, Study

ADMIN = "a long token for the tests"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}


def basic(token: str, name: str = "admin") -> dict[str, str]:
    """The header a browser sends once somebody has signed in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


class Forms(HTMLParser):
    """The forms of a page: where they go, and the values they have."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._area: str | None = None
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((attributes.get("action", ""), {}))
        elif tag == "option" and self._select and "value" in attributes:
            if "selected" in attributes or self._select not in self.forms[-1][1]:
                self.forms[-1][1][self._select] = attributes["value"]
        elif not self.forms or "name" not in attributes:
            return
        elif tag == "select":
            self._select = attributes["name"]
        elif tag == "input" and (attributes.get("type") != "checkbox" or "checked" in attributes):
            self.forms[-1][1][attributes["name"]] = attributes.get("value", "")
        elif tag == "textarea":
            self._area = attributes["name"]
            self.forms[-1][1][self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1][1][self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None


class Manager:
    """Somebody who has the admin's token."""

    def __init__(self, client: Client, token: str, base: str = "") -> None:
        self.client, self.base, self.headers = client, base, basic(token)

    def get(self, path: str) -> Response:
        """Open a page, such as "/studies/small"."""
        return self.client.get(f"{self.base}/admin{path}", headers=self.headers)

    def form(self, page: str, path: str) -> dict[str, str]:
        """The values of the form on a page that goes to a path."""
        response = self.get(page)
        assert response.status_code == 200, response.text
        forms = {action or response.url.path: form for action, form in Forms(response.text).forms}
        return forms[f"{self.base}/admin{path}"]

    def post(self, path: str, form: dict[str, str]) -> Response:
        """Send a form's values."""
        return self.client.post(
            f"{self.base}/admin{path}",
            data=form,
            headers=self.headers | SAME,
            follow_redirects=False,
        )

    def confirm(self, response: Response) -> Response:
        """Say yes to what a page asks before a study's settings are changed."""
        assert response.status_code == 409, response.text
        forms = dict(Forms(response.text).forms)
        action = next(action for action in forms if action.endswith("/settings"))
        return self.post(action.removeprefix(f"{self.base}/admin"), forms[action])

    def send(self, page: str, path: str, **change: str) -> Response:
        """Send a form of a page, with some values changed."""
        return self.post(path, self.form(page, path) | change)


def stored_study(database: Database) -> Study:
    """The small study, as it is now."""
    with database.read() as session:
        return session.scalars(select(Study).where(Study.name == "small")).one()


def actions(database: Database) -> list[tuple[str, str]]:
    """Who did what, by the log."""
    with database.read() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id))
        return [(row.actor, row.action) for row in rows]


def contents(database: Database) -> dict[str, list]:
    """All rows of all tables, every value as it is stored."""
    with database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in Study.metadata.sorted_tables
        }
