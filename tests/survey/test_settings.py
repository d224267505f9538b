from __future__ import annotations

from pathlib import Path

import pytest

from survey.settings import DATA, Settings


def test_nothing_need_be_set() -> None:
    found = Settings.from_env({})
    assert found.data == DATA and found.audio == DATA / "audio"
    assert found.database_url == f"sqlite:///{DATA}/survey.sqlite"
    assert found.admin_token is found.dataset is found.hf_token is None
    assert not found.ephemeral and not found.force_open


def test_everything_can_be_set(tmp_path: Path) -> None:
    found = Settings.from_env(
        {
            "FADERNETS_DATA": str(tmp_path),
            "DATABASE_URL": "postgresql://u:p@localhost/d",
            "FADERNETS_ADMIN_TOKEN": "sixteen letters!",
            "FADERNETS_DATASET": "somebody/answers",
            "HF_TOKEN": "hf_x",
            "FADERNETS_ALLOW_EPHEMERAL": "1",
        }
    )
    assert found.data == tmp_path and found.audio == tmp_path / "audio"
    assert found.database_url == "postgresql://u:p@localhost/d"
    assert (found.admin_token, found.dataset) == ("sixteen letters!", "somebody/answers")
    assert found.hf_token == "hf_x" and found.force_open


def test_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    found = Settings.from_env({"FADERNETS_DATA": str(tmp_path), "DATABASE_URL": ""})
    assert found.database_url == f"sqlite:///{tmp_path}/survey.sqlite"


def test_a_short_admin_token_is_refused() -> None:
    with pytest.raises(ValueError, match="FADERNETS_ADMIN_TOKEN has 15 characters"):
        Settings.from_env({"FADERNETS_ADMIN_TOKEN": "fifteen letters"})
    assert Settings.from_env({"FADERNETS_ADMIN_TOKEN": ""}).admin_token is None


@pytest.mark.parametrize("said", ["", "0", "false", "No", " off "])
def test_opening_is_not_forced_by_a_no(said: str) -> None:
    assert not Settings.from_env({"FADERNETS_ALLOW_EPHEMERAL": said}).force_open


@pytest.mark.parametrize(
    ("url", "ephemeral"),
    [("", True), ("sqlite:////data/x.sqlite", True), ("postgresql://u:p@host/name", False)],
)
def test_a_space_forgets_what_is_on_its_disk(url: str, ephemeral: bool) -> None:
    found = Settings.from_env({"SPACE_ID": "somebody/space", "DATABASE_URL": url})
    assert found.ephemeral is ephemeral


def test_secrets_are_not_shown() -> None:
    found = Settings(
        database_url="postgresql://u:password@h/d", admin_token="x" * 16, hf_token="hf_secret"
    )
    assert not any(word in repr(found) for word in ("password", "x" * 16, "hf_secret"))
