"""A participant who uses the API as the page's script does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

SIDES = ("first", "second")
RATINGS = {"rhythm": 3, "melody": 4, "harmony": 2, "naturalness": 5}


class Person:
    """Somebody with a resume token.

    Attributes
    ----------
    client : TestClient or httpx.Client
    base : str
        Where the survey is mounted.
    token : str
    """

    def __init__(self, client: TestClient, token: str, base: str = "") -> None:
        self.client, self.token, self.base = client, token, base
        self.headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    def join(
        cls, client: TestClient, study: str = "small", base: str = "", **fields: str
    ) -> Person:
        """Take part in a study."""
        body = {"study": study, "consent": True, **fields}
        response = client.post(f"{base}/api/join", json=body)
        assert response.status_code == 201, response.text
        return cls(client, response.json()["token"], base)

    @classmethod
    def ready(cls, client: TestClient, study: str = "small", base: str = "") -> Person:
        """Take part and come as far as the first practice trial."""
        person = cls.join(client, study, base)
        person.post("questions", device="headphones").raise_for_status()
        person.post("sound", left="left", right="right", ok=True).raise_for_status()
        return person

    def post(self, path: str, **body: Any) -> Response:
        """Send a request to the API."""
        return self.client.post(f"{self.base}/api/{path}", json=body, headers=self.headers)

    def state(self) -> dict[str, Any]:
        """The participant's state, from the server."""
        response = self.client.get(f"{self.base}/api/state", headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()

    def hear(self, trial: str, places: Iterable[str] = SIDES) -> None:
        """Play clips of a trial to their end."""
        for side in places:
            for event in ("started", "ended"):
                response = self.post("plays", trial=trial, side=side, event=event, submission=key())
                assert response.status_code == 204, response.text

    def answer(self, trial: str, submission: str | None = None, **change: Any) -> Response:
        """Answer a trial."""
        fields = {"direction": "higher", "comment": "", "seconds": 12.5, **RATINGS, **change}
        return self.post("answers", trial=trial, submission=submission or key(), **fields)

    def step(self, **change: Any) -> dict[str, Any]:
        """Hear and answer the current trial; the state after it."""
        trial = self.state()["trial"]["id"]
        self.hear(trial)
        response = self.answer(trial, **change)
        assert response.status_code == 200, response.text
        return response.json()

    def reply(self, replies: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Hear the current trial of another design and reply to its questions; the state after."""
        trial = self.state()["trial"]
        self.hear(trial["id"], trial["clips"])
        fields = {"trial": trial["id"], "submission": key(), "replies": replies(trial)}
        response = self.post("replies", **fields, seconds=12.5)
        assert response.status_code == 200, response.text
        return response.json()

    def finish(self, **change: Any) -> dict[str, Any]:
        """Answer all that is left; the last state."""
        state = self.state()
        while state["trial"]:
            state = self.step(**change)
        return state


def key() -> str:
    """A submission's key."""
    return secrets.token_urlsafe(16)
