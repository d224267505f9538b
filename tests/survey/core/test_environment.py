"""Which variables a process gets that works with strangers' files, and numbers of them."""

from __future__ import annotations

import pytest

from survey.core.environment import positive_number, without_secrets


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


@pytest.mark.parametrize("text", ["many", "0", "-5", "nan", "inf", "0.5", "1,5"])
def test_what_is_no_number_from_1_up_names_the_variable(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FADERNETS_OPEN_NOTES", text)
    with pytest.raises(ValueError, match=r"^FADERNETS_OPEN_NOTES must be .*, such as 3000000$"):
        positive_number("FADERNETS_OPEN_NOTES", 3_000_000)


def test_a_number_is_the_variables_or_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FADERNETS_KEEP_FILES", "1.5")
    assert positive_number("FADERNETS_KEEP_FILES", 3600) == 1.5
    monkeypatch.setenv("FADERNETS_KEEP_FILES", "")
    assert positive_number("FADERNETS_KEEP_FILES", 3600) == 3600
