from __future__ import annotations

import hashlib

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import aliased

from db.database import Database
from db.models import Clip, Stimulus, Trial
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.person import Person


@ONE
def test_an_address_gives_its_clip(client: TestClient, database: Database) -> None:
    Person.join(client)
    first, second = aliased(Clip), aliased(Clip)
    query = (
        select(Trial.first_token, Trial.second_token, first.sha256, second.sha256)
        .join(Stimulus, Stimulus.id == Trial.stimulus_id)
        .join(first, first.id == Stimulus.first_id)
        .join(second, second.id == Stimulus.second_id)
    )
    with database.read() as session:
        rows = session.execute(query).all()
    assert len(rows) == 8
    for tokens, hashes in ((row[:2], row[2:]) for row in rows):
        for token, sha256 in zip(tokens, hashes, strict=True):
            response = client.get(f"/audio/{token}")
            assert response.status_code == 200
            assert hashlib.sha256(response.content).hexdigest() == sha256


@ONE
def test_headers_are_the_same_for_all_clips(client: TestClient, database: Database) -> None:
    Person.join(client)
    with database.read() as session:
        pairs = session.execute(select(Trial.first_token, Trial.second_token)).all()
    heads = set()
    for token in (token for pair in pairs for token in pair):
        headers = dict(client.get(f"/audio/{token}").headers)
        assert headers.pop("etag") == f'"{token}"'
        heads.add(tuple(headers.items()))
    assert len(heads) == 1
    clip_headers = dict(heads.pop())
    assert clip_headers["content-type"] == "audio/mpeg"
    assert clip_headers["cache-control"] == "private, max-age=86400, immutable"
    assert "content-disposition" not in clip_headers


@ONE
def test_two_participants_share_no_address(client: TestClient) -> None:
    clips = [Person.ready(client).state()["trial"]["clips"] for _ in range(2)]
    assert len({address for pair in clips for address in pair.values()}) == 4
    assert client.get(clips[0]["first"]).content == client.get(clips[1]["first"]).content


RANGES = (("bytes=0-1", 0, 2), ("bytes=100-", 100, None), ("bytes=-50", -50, None))


def test_ranges(client: TestClient) -> None:
    """Phones play nothing from a server that cannot do this."""
    clip = Person.ready(client).state()["trial"]["clips"]["first"]
    full = client.get(clip)
    size = len(full.content)
    assert full.headers["accept-ranges"] == "bytes"
    for byte_range, start, end in RANGES:
        part = client.get(clip, headers={"Range": byte_range})
        assert part.status_code == 206
        assert part.content == full.content[start:end]
        first, last = start % size, size - 1 if end is None else end - 1
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        repeated = client.get(clip, headers={"Range": byte_range, "If-Range": full.headers["etag"]})
        assert repeated.status_code == 206
        changed = client.get(clip, headers={"Range": byte_range, "If-Range": '"other"'})
        assert changed.status_code == 200 and changed.content == full.content


@ONE
def test_ranges_that_are_none(client: TestClient) -> None:
    clip = Person.ready(client).state()["trial"]["clips"]["first"]
    assert client.get(clip, headers={"Range": "bytes=999999-"}).status_code == 416
    head = client.head(clip)
    assert head.status_code == 200 and not head.content
    assert int(head.headers["content-length"]) == len(client.get(clip).content)


NOBODYS = (
    "x" * 22,
    "..%2f..%2fsurvey.sqlite",
    "%2e%2e%2fsurvey.sqlite",
    "..%5c..%5csurvey.sqlite",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "a%00b",
    "%00" * 22,
    "1",
    "%ff%fe",
    "a" * 5000,
    "' OR 1=1 --",
)


@ONE
def test_other_addresses_are_unknown(client: TestClient) -> None:
    for name in NOBODYS:
        response = client.get(f"/audio/{name}")
        assert response.status_code == 404, name
        assert response.json()["error"] == "unknown"


@ONE
def test_hashes_and_file_names_are_no_addresses(client: TestClient, settings: Settings) -> None:
    names = [path.name for path in settings.audio.iterdir()]
    assert len(names) == 20
    for name in (names[0], names[0].removesuffix(".mp3")):
        assert client.get(f"/audio/{name}").status_code == 404


@ONE
def test_a_lost_file_is_unknown(client: TestClient, settings: Settings) -> None:
    clip = Person.ready(client).state()["trial"]["clips"]["first"]
    for path in settings.audio.iterdir():
        path.unlink()
    assert client.get(clip).status_code == 404
