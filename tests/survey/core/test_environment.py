"""Which variables a process gets that works with strangers' files."""

from __future__ import annotations

import pytest

from survey.core.environment import without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "FADERNETS_ADMIN_TOKEN",
        "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
        "DATABASE_URL",
        "PGPASSWORD",
        "AWS_SECRET_ACCESS_KEY",
        "MY_SECRET",
        "OPENAI_API_KEY",
        "SMTP_PASSWD",
        "session_tokens",
        "DB_PASS",
        "PGPASS",
        "PASSPHRASE",
        "DB_PWD",
        "ACCESSKEY",
        "ADMINTOKEN",
        "GITHUB_PAT",
        "BASIC_AUTH",
        "SENTRY_DSN",
        "REDIS_URL",
        "MONGO_URI",
        "SQLALCHEMY_DATABASE_URI",
        "DATABASE_URL_2",
    ],
)
def test_secrets_stay_behind(name: str) -> None:
    assert without_secrets({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}
    assert without_secrets({name: "x"}, needed=[name]) == {name: "x"}


@pytest.mark.parametrize("name", ["PATH", "FADERNETS_MODEL", "KEYBOARD", "TOKENIZERS_PARALLELISM"])
def test_all_else_goes_along(name: str) -> None:
    assert without_secrets({name: "x"}) == {name: "x"}
