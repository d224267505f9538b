"""What routes take from their request and from the application, as parameters with a type.

Plain `async` functions: FastAPI would run others in a thread each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from db.database import Database
from survey.core.settings import Settings
from survey.core.templates import mount_path
from survey.journal.journal import Journal
from survey.participant.join_rate import JoinLimiter
from survey.participant.newcomers import Newcomers
from survey.records.traces import Traces


async def _mount(request: Request) -> str:
    return mount_path(request)


def bearer(request: Request) -> str:
    """The bearer token; "" if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _token(request: Request) -> str:
    return bearer(request)


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _journal(request: Request) -> Journal | None:
    journal: Journal | None = request.app.state.journal
    return journal


async def _join_limiter(request: Request) -> JoinLimiter:
    limiter: JoinLimiter = request.app.state.join_limiter
    return limiter


async def _newcomers(request: Request) -> Newcomers:
    newcomers: Newcomers = request.app.state.newcomers
    return newcomers


async def _address(request: Request) -> str | None:
    return None if request.client is None else request.client.host


async def _traces(request: Request) -> Traces:
    traces: Traces = request.app.state.traces
    return traces


DatabaseDep = Annotated[Database, Depends(_database)]
SettingsDep = Annotated[Settings, Depends(_settings)]
JournalDep = Annotated[Journal | None, Depends(_journal)]
TracesDep = Annotated[Traces, Depends(_traces)]
JoinLimiterDep = Annotated[JoinLimiter, Depends(_join_limiter)]
NewcomersDep = Annotated[Newcomers, Depends(_newcomers)]
AddressDep = Annotated[str | None, Depends(_address)]
MountPath = Annotated[str, Depends(_mount)]


@dataclass(frozen=True)
class ParticipantRequest:
    """A request of somebody who has joined.

    Attributes
    ----------
    token : str
        The token that the browser sent for its participant; not checked yet.
    base : str
        Path at which the survey is mounted.
    database : Database
    journal : Journal or None
        None where answers are not copied off the disk.
    traces : Traces
    """

    token: Annotated[str, Depends(_token)]
    base: MountPath
    database: DatabaseDep
    journal: JournalDep
    traces: TracesDep


ParticipantDep = Annotated[ParticipantRequest, Depends()]
