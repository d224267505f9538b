from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from db.database import Database
from survey.core.settings import Settings
from survey.journal.durability import durability
from survey.journal.journal import Journal
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET


class TestDurability:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path)

    def test_a_disk_that_stays(self, settings: Settings):
        assert durability(settings, Database(f"sqlite:///{settings.data}/survey.sqlite")).ok

    def test_postgresql(self, settings: Settings):
        status = durability(replace(settings, ephemeral=True), Database("postgresql://h/n"))
        assert status.ok and "PostgreSQL" in status.sentence

    @pytest.mark.parametrize("force", [False, True])
    def test_a_disk_that_is_wiped(self, settings: Settings, force: bool):
        wiped = replace(settings, ephemeral=True, force_open=force)
        status = durability(wiped, Database(f"sqlite:///{settings.data}/survey.sqlite"))
        assert not status.ok and "FADERNETS_DATASET" in status.sentence
        status = durability(
            replace(wiped, dataset=DATASET), Database(f"sqlite:///{settings.data}/survey.sqlite")
        )
        assert not status.ok and "lab/answers cannot be used" in status.sentence

    def test_nothing_uploaded_yet(
        self, settings: Settings, hub: Hub, start: Callable[..., Journal]
    ):
        hub.gate.clear()
        host = replace(settings, dataset=DATASET, hf_token="hf_not_real", ephemeral=True)
        journal = start(host)
        database = Database(f"sqlite:///{settings.data}/survey.sqlite")
        assert "nothing has been uploaded yet" in durability(host, database, journal).sentence
        hub.gate.set()
        assert journal.flush() and durability(host, database, journal).ok

    @pytest.fixture
    def host(self, settings: Settings) -> Settings:
        return settings
