from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from survey.core.settings import DATA, Settings
from survey.core.token_strength import variety

TOKEN = "b3c9a1e07f2d4586"


def test_nothing_need_be_set() -> None:
    settings = Settings.from_env({})
    assert settings.data == DATA and settings.audio == DATA / "audio"
    assert settings.database_url == f"sqlite:///{DATA}/survey.sqlite"
    assert (
        settings.admin_token is settings.dataset is settings.hf_token is settings.public_url is None
    )
    assert not settings.ephemeral and not settings.force_open


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "FADERNETS_DATA": str(tmp_path),
            "DATABASE_URL": "postgresql://u:p@localhost/d",
            "FADERNETS_ADMIN_TOKEN": "sixteen letters!",
            "FADERNETS_DATASET": "somebody/answers",
            "HF_TOKEN": "hf_x",
            "FADERNETS_ALLOW_EPHEMERAL": "1",
            "FADERNETS_PUBLIC_URL": "https://example.org/music/",
        }
    )
    assert settings.data == tmp_path and settings.audio == tmp_path / "audio"
    assert settings.database_url == "postgresql://u:p@localhost/d"
    assert (settings.admin_token, settings.dataset) == ("sixteen letters!", "somebody/answers")
    assert settings.hf_token == "hf_x" and settings.force_open
    assert settings.public_url == "https://example.org/music"


def test_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings.from_env({"FADERNETS_DATA": str(tmp_path), "DATABASE_URL": ""})
    assert settings.database_url == f"sqlite:///{tmp_path}/survey.sqlite"


def test_a_short_admin_token_is_refused() -> None:
    with pytest.raises(ValueError, match="FADERNETS_ADMIN_TOKEN has 15 characters"):
        Settings.from_env({"FADERNETS_ADMIN_TOKEN": "fifteen letters"})
    assert Settings.from_env({"FADERNETS_ADMIN_TOKEN": ""}).admin_token is None


@pytest.mark.parametrize(
    "token",
    [
        "a" * 16,
        "ab" * 20,
        "1234567890123456",
        "0000111122223333",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfgh",
        "passwordpassword",
        "Password12345678",
        "adminadminadmin1",
        "asdfasdfasdfasdf",
        " " * 40,
    ],
)
def test_an_admin_token_without_variety_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="too easily guessed: at least 8 of its") as refused:
        Settings(admin_token=token)
    assert token not in str(refused.value)


def test_admin_tokens_made_by_chance_are_taken() -> None:
    random_tokens = [secrets.token_hex(8) for _ in range(2000)]
    assert sum(variety(token) < 8 for token in random_tokens) < 20
    for token in (secrets.token_hex(16), secrets.token_urlsafe(16), "sixteen letters!"):
        assert Settings(admin_token=token).admin_token == token


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("a", 1), ("aaaa", 1), ("abcd", 1), ("qwer", 1), ("REWQ", 1), ("wordword", 5)],
)
def test_variety(text: str, expected: int) -> None:
    assert variety(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("http://example.org:8080/music/", "http://example.org:8080/music"),
        ("https://[2001:db8::1]/a/b", "https://[2001:db8::1]/a/b"),
        ("HTTPS://Example.org", "HTTPS://Example.org"),
    ],
)
def test_public_addresses(url: str, expected: str) -> None:
    assert Settings(public_url=url).public_url == expected


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https:///music",
        "https://user:word@example.org",
        "https://example.org/?a=b",
        "https://example.org/music?",
        "https://example.org/#top",
        "https://example.org:99999",
        "https://example.org:port",
        "https://[::1",
        "https://exa mple.org",
        "https://example.org/a b",
        "https://example.org\n",
        'https://example.org/"><script>',
        "javascript://example.org/%0aalert(1)",
        "//example.org",
        "/music",
    ],
)
def test_other_public_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"such as https://example\.org/music") as refused:
        Settings.from_env({"FADERNETS_PUBLIC_URL": url})
    assert "word" not in str(refused.value) and "script" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "0", "false", "No", " off "])
def test_opening_is_not_forced_by_a_no(value: str) -> None:
    assert not Settings.from_env({"FADERNETS_ALLOW_EPHEMERAL": value}).force_open


@pytest.mark.parametrize(
    ("url", "ephemeral"),
    [("", True), ("sqlite:////data/x.sqlite", True), ("postgresql://u:p@host/name", False)],
)
def test_a_space_forgets_what_is_on_its_disk(url: str, ephemeral: bool) -> None:
    settings = Settings.from_env({"SPACE_ID": "somebody/space", "DATABASE_URL": url})
    assert settings.ephemeral is ephemeral


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        database_url="postgresql://u:password@h/d", admin_token=TOKEN, hf_token="hf_secret"
    )
    assert not any(word in repr(settings) for word in ("password", TOKEN, "hf_secret"))
