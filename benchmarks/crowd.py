"""Participants who use a survey over HTTP as the page's script does, and what they know of it."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
from sqlalchemy import Select, select

from db.database import Database
from db.models import DIRECTIONS, SCALES, SIDES, Answer, Participant, Play, Study, Trial
from survey.core import tokens

CONNECTIONS = 6  # of one browser to one server
PATIENCE = 15.0  # seconds a request may take, as the page has it
PAUSES = 5  # of one trial: both clips, what comes between, the ratings, the comment
LINK = re.compile(r"""(?:src|href)="([^"]+\.(?:js|css|svg))"|from "(\./[^"]+\.js)\"""")

HARM = ("lost", "doubled", "changed", "unknown", "damaged", "missing")

Answered = tuple[Any, ...]  # trial's token, direction, the ratings, comment, seconds


class RefusalError(RuntimeError):
    """The server refused what it should have taken."""


@dataclass
class Book:
    """What participants sent, what was acknowledged to them, and how long that took.

    Attributes
    ----------
    sent, acknowledged : dict
        Answers by their submission.
    plays : set of (trial's token, submission)
        Acknowledged ones.
    joined : list of str
        Acknowledged tokens.
    times : dict
        Seconds of every request that had a response, by kind.
    failures : Counter
        Requests without a response, or with one of 500 and more, by kind and reason.
    open : Counter
        Requests on their way, by kind.
    """

    sent: dict[str, Answered] = field(default_factory=dict)
    acknowledged: dict[str, Answered] = field(default_factory=dict)
    plays: set[tuple[str, str]] = field(default_factory=set)
    joined: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)

    def compared(self, database: Database, study: str) -> dict[str, int]:
        """How many acknowledged things a study lacks, has twice or has otherwise.

        Returns
        -------
        dict
            Counts: acknowledged, lost, doubled, changed answers; `unknown` ones that nobody sent
            like this; `unacknowledged` ones that were stored all the same; lost plays and joins.
        """
        with database.read() as session:
            columns = (Trial.token, Answer.direction, *(getattr(Answer, name) for name in SCALES))
            query = select(Answer.submission, *columns, Answer.comment, Answer.seconds)
            rows = session.execute(_of(study, query.join(Trial, Trial.id == Answer.trial_id))).all()
            query = select(Trial.token, Play.submission).join(Trial, Trial.id == Play.trial_id)
            plays = {tuple(row) for row in session.execute(_of(study, query))}
            query = select(Participant.token_hash).join(Participant.study)
            people = set(session.scalars(query.where(Study.name == study)))
        times = Counter(row[0] for row in rows)
        stored: dict[str, set[Answered]] = defaultdict(set)
        for key, *row in rows:
            stored[key].add(tuple(row))
        known = self.acknowledged
        return {
            "answers_acknowledged": len(known),
            "answers_lost": sum(key not in stored for key in known),
            "answers_doubled": sum(count > 1 for count in times.values()),
            "answers_changed": sum(
                bool(stored.get(key, {row}) - {row}) for key, row in known.items()
            ),
            "answers_unknown": sum(self.sent.get(key) != tuple(row) for key, *row in rows),
            "answers_unacknowledged": sum(key not in known for key in stored),
            "plays_acknowledged": len(self.plays),
            "plays_lost": len(self.plays - plays),
            "joins_acknowledged": len(self.joined),
            "joins_lost": sum(tokens.hashed(token) not in people for token in self.joined),
        }


def _of(study: str, query: Select) -> Select:
    """A query of trials, for one study."""
    query = query.join(Participant, Participant.id == Trial.participant_id)
    return query.join(Study, Study.id == Participant.study_id).where(Study.name == study)


def harm(report: Mapping[str, Any]) -> dict[str, int]:
    """What a report holds of lost, doubled, changed or damaged; empty if the promise was kept."""
    found = {name: count for name, count in report.items() if any(word in name for word in HARM)}
    return {name: count for name, count in found.items() if count}


class Person:
    """Somebody who takes part in a study.

    Parameters
    ----------
    url : str
        Of the survey, such as ``http://127.0.0.1:7861/survey``.
    study : str
    book : Book
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
        book: Book,
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

    async def join(self) -> dict[str, Any]:
        """Take part and come as far as the first practice trial; the state there."""
        body = {"study": self.study, "consent": True}
        self.token = (await self._ask("join", "/api/join", body)).json()["token"]
        self.book.joined.append(self.token)
        self.client.headers["Authorization"] = f"Bearer {self.token}"
        await self._ask("questions", "/api/questions", {"device": "headphones"})
        heard = {side: side for side in ("left", "right")}
        return (await self._ask("sound", "/api/sound", {**heard, "ok": True})).json()

    async def open_pages(self) -> None:
        """Load the page of consent with all that it links to, as on a first visit."""
        await self._load(f"{self.url}/s/{self.study}")

    async def open_own_page(self) -> None:
        """Load the participant's own page, with what the first one did not need."""
        await self._load(f"{self.url}/p/{self.token}")

    async def state(self) -> dict[str, Any]:
        """Where this person is."""
        return (await self._ask("state", "/api/state")).json()

    async def fetch(self, state: dict[str, Any]) -> None:
        """Fetch the clips of this trial and of the next one, unless they are here."""
        wanted = [*state["trial"]["clips"].values(), *(state["next"] or {}).values()]
        missing = [url for url in wanted if url not in self.clips]
        mount = httpx.URL(self.url).path
        said = await asyncio.gather(
            *(self._ask("clip", url.removeprefix(mount)) for url in missing)
        )
        for one in said:
            if len(one.content) != int(one.headers["content-length"]) or not one.content:
                raise RefusalError("a clip has not its length")
        self.clips = set(wanted)

    async def hear(self, trial: str, pace: float = 0) -> None:
        """Play both clips to their end."""
        for side in SIDES:
            for event in ("started", "ended"):
                key = secrets.token_hex(16)
                body = {"trial": trial, "side": side, "event": event, "submission": key}
                await self._ask("play", "/api/plays", body)
                self.book.plays.add((trial, key))
                if event == "started":
                    await self.pause(pace)

    async def judge(self, trial: str, twice: bool = False) -> dict[str, Any]:
        """Answer a trial, by a double click if `twice`; the state after it."""
        key, dice = secrets.token_hex(16), self.dice
        ratings = {scale: dice.randint(1, 5) for scale in SCALES}
        body = {"trial": trial, "submission": key, "direction": dice.choice(DIRECTIONS), **ratings}
        body |= {"comment": f"ü {key[:8]}", "seconds": round(dice.uniform(5, 60), 1)}
        self.book.sent[key] = row = tuple(body[name] for name in body if name != "submission")
        clicks = (self._ask("answer", "/api/answers", body) for _ in range(2 if twice else 1))
        said = (await asyncio.gather(*clicks))[0]
        self.book.acknowledged[key] = row
        return said.json()

    async def pause(self, pace: float) -> None:
        """One of the pauses of a trial that lasts about `pace` seconds."""
        if pace:
            await asyncio.sleep(self.dice.uniform(0.5, 1.5) * pace / PAUSES)

    async def leave(self) -> None:
        """Close the browser."""
        await self.client.aclose()

    async def _load(self, page: str) -> None:
        todo = {page}
        while todo:
            self.loaded |= todo
            asked = (self._ask("page", address.removeprefix(self.url)) for address in todo)
            found = zip(todo, await asyncio.gather(*asked), strict=True)
            links = {
                urljoin(address, "".join(link))
                for address, said in found
                for link in LINK.findall(said.text)
            }
            todo = links - self.loaded

    async def _ask(self, kind: str, path: str, body: Any = None) -> httpx.Response:
        """A response, however often that takes; refusals are errors of the benchmark."""
        book, method = self.book, "GET" if body is None else "POST"
        while True:
            begin = time.perf_counter()
            book.open[kind] += 1
            try:
                said = await self.client.request(method, f"{self.url}{path}", json=body)
            except httpx.TransportError as error:
                book.failures[f"{kind}: {type(error).__name__}"] += 1
            else:
                book.times[kind].append(time.perf_counter() - begin)
                if said.is_success:
                    return said
                if said.status_code == 429:  # the page waits, too
                    await asyncio.sleep(int(said.headers["Retry-After"]))
                elif said.status_code < 500:
                    raise RefusalError(f"{kind}: {said.status_code} {said.text[:200]}")
                else:
                    book.failures[f"{kind}: {said.status_code}"] += 1
            finally:
                book.open[kind] -= 1
            await asyncio.sleep(self.retry * self.dice.uniform(0.75, 1.25))
