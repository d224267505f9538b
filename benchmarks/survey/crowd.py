"""Participants who use a survey over HTTP as the page's script does, and a record of it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
from sqlalchemy import Select, select

from benchmarks.survey.survey_study import Replies
from db.database import Database
from db.models import DIRECTIONS, SCALES, SIDES, Answer, Participant, Play, Study, Trial
from survey.core import tokens

CONNECTIONS = 6  # of one browser to one server
PATIENCE = 15.0  # seconds a request may take, as the page has it
PAUSES = 5  # of one trial: both clips, what comes between, the ratings, the comment
LINK = re.compile(r"""(?:src|href)="([^"]+\.(?:js|css|svg))"|from "(\./[^"]+\.js)\"""")

HARM = ("lost", "doubled", "changed", "unknown", "damaged", "missing")

Answered = tuple[Any, ...]  # trial's token; direction and ratings, or replies; comment, seconds


class RefusalError(RuntimeError):
    """The server refused what it should have taken."""


@dataclass
class AnswerBook:
    """What participants sent, what was acknowledged to them, and how long that took.

    Attributes
    ----------
    submissions, acknowledged : dict
        Answers by their submission.
    plays : set of (trial's token, submission)
        Acknowledged ones.
    joined : list of str
        Acknowledged tokens.
    by_study : Counter
        Acknowledged answers.
    times : dict
        Seconds of every request that had a response, by kind.
    failures : Counter
        Requests without a response, or with one of 500 and more, by kind and reason.
    open : Counter
        Requests on their way, by kind.
    sent_back : set of str
        Submissions of answers that brought the address of the panel that somebody goes back to.
    """

    submissions: dict[str, Answered] = field(default_factory=dict)
    acknowledged: dict[str, Answered] = field(default_factory=dict)
    plays: set[tuple[str, str]] = field(default_factory=set)
    joined: list[str] = field(default_factory=list)
    by_study: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    sent_back: set[str] = field(default_factory=set)

    def compared(self, database: Database, *studies: str) -> dict[str, int]:
        """How many acknowledged things some studies lack, have twice or have otherwise.

        Returns
        -------
        dict
            Counts: acknowledged, lost, doubled, changed answers; `unknown` ones that nobody sent
            like this; `unacknowledged` ones that were stored all the same; lost plays and joins.
        """
        with database.read() as session:
            columns = (Trial.token, Answer.direction, *(getattr(Answer, name) for name in SCALES))
            more = (Answer.comment, Answer.seconds, Answer.replies)
            query = select(Answer.submission, *columns, *more)
            answers = session.execute(_of(studies, query.join(Trial, Trial.id == Answer.trial_id)))
            rows = [(key, *_said(*row)) for key, *row in answers]
            query = select(Trial.token, Play.submission).join(Trial, Trial.id == Play.trial_id)
            plays = {tuple(row) for row in session.execute(_of(studies, query))}
            query = select(Participant.token_hash).join(Participant.study)
            people = set(session.scalars(query.where(Study.name.in_(studies))))
        times = Counter(row[0] for row in rows)
        stored: dict[str, set[Answered]] = defaultdict(set)
        for key, *row in rows:
            stored[key].add(tuple(row))
        acknowledged = self.acknowledged
        return {
            "answers_acknowledged": len(acknowledged),
            "answers_lost": sum(key not in stored for key in acknowledged),
            "answers_doubled": sum(count > 1 for count in times.values()),
            "answers_changed": sum(
                bool(stored.get(key, {row}) - {row}) for key, row in acknowledged.items()
            ),
            "answers_unknown": sum(self.submissions.get(key) != tuple(row) for key, *row in rows),
            "answers_unacknowledged": sum(key not in acknowledged for key in stored),
            "plays_acknowledged": len(self.plays),
            "plays_lost": len(self.plays - plays),
            "joins_acknowledged": len(self.joined),
            "joins_lost": sum(tokens.hashed(token) not in people for token in self.joined),
        }


def _said(token: str, *row: Any) -> Answered:
    """An answer as it was sent: without what its design does not have."""
    *judged, comment, seconds, replies = row
    values = judged if replies is None else [json.dumps(replies, sort_keys=True)]
    return token, *values, comment, seconds


def _of(studies: Sequence[str], query: Select) -> Select:
    """A query of trials, for some studies."""
    query = query.join(Participant, Participant.id == Trial.participant_id)
    return query.join(Study, Study.id == Participant.study_id).where(Study.name.in_(studies))


def harm(report: Mapping[str, Any]) -> dict[str, int]:
    """Counts of lost, doubled, changed or damaged things in a report; empty if all are 0."""
    counts = {name: count for name, count in report.items() if any(word in name for word in HARM)}
    return {name: count for name, count in counts.items() if count}


class CrowdMember:
    """Somebody who takes part in a study.

    Parameters
    ----------
    url : str
        Of the survey, such as ``http://127.0.0.1:7861/survey``.
    study : str
    book : AnswerBook
        Shared by the crowd.
    dice : random.Random
    retry : float
        Seconds until a request is tried again.
    tls : ssl.SSLContext
        Shared, since making one takes longer than a request; not used on loopback.
    """

    def __init__(
        self,
        url: str,
        study: str,
        book: AnswerBook,
        dice: random.Random,
        retry: float,
        tls: ssl.SSLContext,
    ) -> None:
        self.url, self.study, self.book, self.dice, self.retry = url, study, book, dice, retry
        limits = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=60)
        self.client = httpx.AsyncClient(
            limits=limits, timeout=PATIENCE, verify=tls, trust_env=False
        )
        self.token = ""
        self.clips: set[str] = set()
        self.loaded: set[str] = set()  # pages, scripts and sheets

    async def join(self, panel: str | None = None) -> dict[str, Any]:
        """Take part and come as far as the first practice trial; the state there.

        With the parameter of a panel, as somebody whom it sends.
        """
        body: dict[str, Any] = {"study": self.study, "consent": True}
        if panel:
            # As the page does: who asks again, as no answer came, has their place by the device.
            body |= {"panel": {panel: secrets.token_hex(12)}, "device": secrets.token_hex(16)}
        self.token = (await self._ask("join", "/api/join", body)).json()["token"]
        self.book.joined.append(self.token)
        self.client.headers["Authorization"] = f"Bearer {self.token}"
        await self._ask("questions", "/api/questions", {"device": "headphones"})
        sides = {side: side for side in ("left", "right")}
        return (await self._ask("sound", "/api/sound", {**sides, "ok": True})).json()

    async def open_pages(self) -> None:
        """Load the page of consent with all that it links to, as on a first visit."""
        await self._load(f"{self.url}/s/{self.study}")

    async def open_own_page(self) -> None:
        """Load the participant's own page, with what the first one did not need."""
        await self._load(f"{self.url}/p/{self.token}")

    async def state(self) -> dict[str, Any]:
        """The participant's state, as the server gives it."""
        return (await self._ask("state", "/api/state")).json()

    async def fetch(self, state: dict[str, Any]) -> None:
        """Fetch the clips of this trial and of the next one, unless they are here."""
        clip_urls = [*state["trial"]["clips"].values(), *(state["next"] or {}).values()]
        missing = [url for url in clip_urls if url not in self.clips]
        mount = httpx.URL(self.url).path
        responses = await asyncio.gather(
            *(self._ask("clip", url.removeprefix(mount)) for url in missing)
        )
        for response in responses:
            if (
                len(response.content) != int(response.headers["content-length"])
                or not response.content
            ):
                raise RefusalError("a clip has not its length")
        self.clips = set(clip_urls)

    async def hear(self, trial: str, pace: float = 0, places: Iterable[str] = SIDES) -> None:
        """Play clips to their end."""
        for side in places:
            for event in ("started", "ended"):
                key = secrets.token_hex(16)
                body = {"trial": trial, "side": side, "event": event, "submission": key}
                await self._ask("play", "/api/plays", body)
                self.book.plays.add((trial, key))
                if event == "started":
                    await self.pause(pace)

    async def take(
        self, trial: dict[str, Any], replies: Replies | None, twice: bool = False
    ) -> dict[str, Any]:
        """Answer a trial, as its study asks; by a double click if `twice`; the state after it."""
        if replies is None:
            return await self.answer(trial["id"], twice)
        return await self.reply(trial["id"], replies(trial, self.dice), twice)

    async def answer(self, trial: str, twice: bool = False) -> dict[str, Any]:
        """Answer a trial, by a double click if `twice`; the state after it."""
        key, dice = secrets.token_hex(16), self.dice
        ratings = {scale: dice.randint(1, 5) for scale in SCALES}
        body = {"trial": trial, "submission": key, "direction": dice.choice(DIRECTIONS), **ratings}
        body |= {"comment": f"ü {key[:8]}", "seconds": round(dice.uniform(5, 60), 1)}
        row = tuple(body[name] for name in body if name != "submission")
        return await self._send("/api/answers", body, row, twice)

    async def reply(
        self, trial: str, replies: dict[str, Any], twice: bool = False
    ) -> dict[str, Any]:
        """The same in a design that has questions of its own."""
        body: dict[str, Any] = {"trial": trial, "submission": secrets.token_hex(16)}
        seconds = round(self.dice.uniform(5, 60), 1)
        body |= {"replies": replies, "comment": "ü", "seconds": seconds}
        row = (trial, json.dumps(replies, sort_keys=True), body["comment"], body["seconds"])
        return await self._send("/api/replies", body, row, twice)

    async def _send(
        self, path: str, body: dict[str, Any], row: Answered, twice: bool
    ) -> dict[str, Any]:
        key = body["submission"]
        self.book.submissions[key] = row
        clicks = (self._ask("answer", path, body) for _ in range(2 if twice else 1))
        response, *_ = await asyncio.gather(*clicks)
        self.book.acknowledged[key] = row
        self.book.by_study[self.study] += 1
        state = response.json()
        if state["leave"]:
            self.book.sent_back.add(key)
        return state

    async def pause(self, pace: float) -> None:
        """One of the pauses of a trial that lasts about `pace` seconds."""
        if pace:
            await asyncio.sleep(self.dice.uniform(0.5, 1.5) * pace / PAUSES)

    async def leave(self) -> None:
        """Close the browser."""
        await self.client.aclose()

    async def _load(self, page: str) -> None:
        pages = {page}
        while pages:
            self.loaded |= pages
            requests = (self._ask("page", address.removeprefix(self.url)) for address in pages)
            responses = zip(pages, await asyncio.gather(*requests), strict=True)
            links = {
                urljoin(address, "".join(link))
                for address, response in responses
                for link in LINK.findall(response.text)
            }
            pages = links - self.loaded

    async def _ask(self, kind: str, path: str, body: Any = None) -> httpx.Response:
        """The response to a request, repeated until it succeeds; a refusal is an error."""
        book, method = self.book, "GET" if body is None else "POST"
        while True:
            begin = time.perf_counter()
            book.open[kind] += 1
            try:
                response = await self.client.request(method, f"{self.url}{path}", json=body)
            except httpx.TransportError as error:
                book.failures[f"{kind}: {type(error).__name__}"] += 1
            else:
                book.times[kind].append(time.perf_counter() - begin)
                if response.is_success:
                    return response
                if response.status_code == 429:  # the page waits, too
                    await asyncio.sleep(int(response.headers["Retry-After"]))
                elif response.status_code < 500:
                    raise RefusalError(f"{kind}: {response.status_code} {response.text[:200]}")
                else:
                    book.failures[f"{kind}: {response.status_code}"] += 1
            finally:
                book.open[kind] -= 1
            await asyncio.sleep(self.retry * self.dice.uniform(0.75, 1.25))
