"""A bucket in the place of a dataset: what a wiped host gets back, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db.database import Database
from db.models import Study
from survey.core.settings import Settings
from survey.journal import bucket
from survey.journal.durability import durability
from survey.journal.journal import Journal, JournalError, connect
from tests.survey.crowd import join
from tests.survey.journalling import crowd, text_of, wipe
from tests.waiting import wait_until

Begin = Callable[..., Journal]


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as one of another disk."""
    monkeypatch.setattr(bucket, "is_same_disk", lambda one, other: False)
    (tmp_path / "bucket").mkdir()
    return tmp_path / "bucket"


@pytest.fixture
def host(settings: Settings, mounted: Path) -> Settings:
    return replace(settings, bucket=mounted, ephemeral=True)


@pytest.fixture
def begin(host: Settings) -> Iterator[Begin]:
    began: list[Journal] = []

    def begin(settings: Settings = host, minutes: float = 60) -> Journal:
        journal = connect(settings, minutes=minutes)
        assert journal is not None
        began.append(journal)
        return journal

    yield begin
    for journal in began:
        journal.close(10)


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.slow
def test_a_wiped_host_gets_everything_back(
    database: Database, study: Study, host: Settings, empty: Database, begin: Begin
) -> None:
    journal = begin()
    journal.restore(database)
    with database.write() as session:
        journal.opened(session, study)
    crowd(database, study, journal)
    assert journal.close()
    wipe(host)
    restarted = begin()
    outcome = restarted.restore(empty)
    assert (outcome.studies, outcome.participants, outcome.problems) == (1, 3, [])
    assert text_of(empty) == text_of(database)
    assert restarted.flush()
    assert durability(host, empty, restarted).ok
    assert [path.suffix for path in host.bucket.iterdir()] == [".jsonl"] * 2


@pytest.mark.slow
def test_who_withdrew_is_gone_from_the_bucket(
    database: Database, study: Study, host: Settings, begin: Begin
) -> None:
    journal = begin()
    journal.restore(database)
    with database.write() as session:
        person, _ = join(session, study)
        journal.joined(session, person)
        name = person.public_id
    assert journal.flush()
    assert name.encode() in written(host.bucket)
    journal.withdrawn(name, study.name)
    assert journal.flush()
    assert name.encode() not in written(host.bucket)


def test_a_bucket_that_takes_nothing_is_told_and_tried_again(
    host: Settings, mounted: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(bucket, "replace", refuse)
        journal = begin()
        assert not journal.flush()
        assert journal.failure == "the bucket's folder takes nothing: no space left on device"
        assert not list(mounted.iterdir())
    assert journal.flush()
    assert journal.failure is None
    assert b'"start"' in written(mounted)


def test_nothing_is_written_where_the_bucket_was_until_it_is_mounted_again(
    mounted: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begin()
    assert journal.flush()
    volume = mounted.rename(mounted.with_name("volume"))
    mounted.mkdir()
    monkeypatch.setattr(bucket, "disk", lambda folder: -1)
    assert not journal.flush()
    assert journal.failure == "the bucket's folder takes nothing: it is no longer mounted"
    assert not list(mounted.iterdir())
    mounted.rmdir()
    volume.rename(mounted)  # as another volume than before
    assert journal.flush()
    assert journal.failure is None


def test_a_file_goes_with_its_own_alone(mounted: Path, begin: Begin, host: Settings) -> None:
    (mounted / "old.jsonl").write_bytes(b'{"type": "start", "at": ""}\n')
    journal = begin()
    assert journal.flush()
    (mounted / "late.jsonl").write_bytes(b"{}\n")  # which the bucket did not show before
    (host.data / "journal" / "old.jsonl").unlink()
    assert journal.flush()
    assert not (mounted / "old.jsonl").exists()
    assert (mounted / "late.jsonl").exists()


def test_a_copy_comes_by_itself(mounted: Path, begin: Begin, host: Settings) -> None:
    journal = begin(minutes=0.0005)
    assert journal.flush()
    for path in mounted.iterdir():
        path.unlink()
    wait_until(lambda: bool(list(mounted.glob("*.jsonl"))))


def test_what_is_no_bucket_is_refused(settings: Settings, tmp_path: Path) -> None:
    lacking = replace(settings, bucket=tmp_path / "none")
    with pytest.raises(JournalError, match="there is no such folder: mount it"):
        connect(lacking)
    wiped = replace(settings, bucket=tmp_path, ephemeral=True)
    with pytest.raises(JournalError, match="no bucket is mounted there"):
        connect(wiped)
    with pytest.raises(JournalError, match="please keep one"):
        connect(replace(wiped, dataset="a/b", hf_token="hf_x"))


def test_the_setting_is_a_folder() -> None:
    settings = Settings.from_env({"FADERNETS_BUCKET": "/bucket/answers", "SPACE_ID": "a/b"})
    assert settings.bucket == Path("/bucket/answers")
    assert settings.copied_to == "the bucket at /bucket/answers"
    assert Settings.from_env({"FADERNETS_BUCKET": ""}).bucket is None
