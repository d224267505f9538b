from dataclasses import replace
from pathlib import Path

import pytest

from survey.core.settings import Settings
from survey.journal.journal import JournalError, connect
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET


class TestConnect:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path, dataset=DATASET, hf_token="hf_not_real", ephemeral=True)

    def test_without_a_dataset_there_is_none(self, settings: Settings, hub: Hub):
        assert connect(replace(settings, dataset=None), hub) is None

    def test_a_public_dataset_is_refused(self, settings: Settings, hub: Hub):
        hub.put(DATASET, private=False)
        with pytest.raises(JournalError, match="lab/answers is public: make it private"):
            connect(settings, hub)
        assert len(hub.commits(DATASET)) == 1

    def test_a_missing_dataset_is_made_private(self, settings: Settings, hub: Hub):
        journal = connect(settings, hub)
        assert journal is not None and journal.flush()
        assert hub.repo_info(DATASET).private
        journal.close()

    def test_without_a_token(self, settings: Settings, hub: Hub):
        with pytest.raises(JournalError, match="HF_TOKEN is not set"):
            connect(replace(settings, hf_token=None), hub)

    def test_without_a_hub(self, settings: Settings, hub: Hub):
        hub.down = True
        with pytest.raises(JournalError, match="cannot be used: 503"):
            connect(settings, hub)

    def test_a_name_that_is_none(self, settings: Settings):
        """The library itself refuses it, before any request."""
        with pytest.raises(JournalError, match="a dataset/with/slashes"):
            connect(replace(settings, dataset="a dataset/with/slashes"))
