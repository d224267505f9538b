"""What participants read: whole in every language, and kept as it was agreed to."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import AGE_BANDS, DEVICES, SCALES, TRAININGS, Participant, Study
from survey.building import study_spec
from survey.core import templates, texts
from survey.designs import registry
from survey.participant import pages
from tests.postgres import ONE
from tests.survey.person import Person

STATIC = templates.FOLDER.parent / "static"
# Keys that scripts and templates put together from parts.
JOINED = ("note.failed", "note.unplayable", "note.direction")
REFUSALS = (
    "draft",
    "closed",
    "invited",
    "panel",
    "unaccepted",
    "full",
    "elsewhere",
)  # of the page to agree


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of texts with the real English ones, to add to."""
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "en.json").write_bytes((texts.FOLDER / "en.json").read_bytes())
    monkeypatch.setattr(texts, "FOLDER", folder)
    texts._read.cache_clear()
    yield folder
    texts._read.cache_clear()


def raw(language: str) -> dict[str, str]:
    content = json.loads((texts.FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return dict(texts._flat(content))


def small(**values: object) -> Study:
    fields = {"name": "small", "title": "A study", "trials_each": 20, "language": "en"}
    return Study(**fields | {"contact": "", "retention": ""} | values)


def test_there_is_english_and_german() -> None:
    assert {"en", "de"} <= set(texts.languages())


@pytest.mark.parametrize("language", texts.languages())
def test_a_language_has_all_texts_and_says_the_same_things(language: str) -> None:
    english, translated = raw("en"), raw(language)
    assert list(translated) == list(english)
    assert translated["language"] == language
    for key, text in translated.items():
        assert text.strip() == text != "", key
        assert texts.names(text) == texts.names(english[key]), key


def test_german_is_german() -> None:
    untranslated = [key for key, text in raw("de").items() if text == raw("en")[key]]
    assert set(untranslated) <= {"direction", "tools.pause", "help.tab"}


def test_choices_have_words() -> None:
    say = texts.load("en")
    for name, values in (("age_band", AGE_BANDS), ("training", TRAININGS), ("device", DEVICES)):
        for value in values:
            assert say(f"questions.{name}s.{value}")
    for scale in SCALES:
        assert say(f"scales.{scale}") and say(f"scales.{scale}_why")


def test_scripts_use_texts_that_pages_give_them() -> None:
    """Every key in a script is one of the page's, and every key that is nowhere is found out."""
    scripts = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    scripts.pop("admin.js")
    english = raw("en")
    parts = {"consent.js": pages.CONSENT_WORDS}
    groups = {key.partition(".")[0] for key in english if "." in key}
    quoted = re.compile(rf'["`]((?:{"|".join(sorted(groups))})\.[a-z_]+)["`]')
    script_keys = set(JOINED)
    for name, script in scripts.items():
        keys = set(quoted.findall(script))
        script_keys |= keys
        for key in keys:
            assert key in english, (name, key)
            assert key.partition(".")[0] in parts.get(name, pages.PARTICIPANT_WORDS), (name, key)
    sources = "".join(path.read_text() for path in templates.FOLDER.glob("participant/*.html"))
    sources += (templates.FOLDER / "base.html").read_text()
    sources += "".join(Path(module.__file__).read_text() for module in (texts, study_spec))
    script_keys |= set(re.findall(r'\(\s*"([a-z_]+\.[a-z_]+)"', sources))
    built = (
        "questions.",
        "headphones.",
        "failed.",
        "closed.",
        "guide.",
        "missing.",
        "withdrawn.",
        "gone.",
        "scales.",
        "clip.",
        "trial.key_",
        "refused.",
        "rated.",
        "places.",
        "asked.",
        *(f"{design}." for design in registry.DESIGNS),
    )
    refusals = {f"consent.{name}" for name in REFUSALS}
    refusals |= {"consent.headphones_text", "consent.headphones_gate"}
    directions = {f"trial.{name}" for name in ("first", "second", "lower", "same", "higher")}
    unused = set(english) - script_keys - refusals - directions - {"language", "direction"}
    assert {key for key in unused if not key.startswith(built)} == set()


def test_words_of_a_design_stand_for_others() -> None:
    english = raw("en")
    own = [key.partition(".") for key in english if key.partition(".")[0] in registry.DESIGNS]
    assert own and all(key in english for _, _, key in own)


def test_languages_of_regions_and_unknown_ones() -> None:
    assert texts.load("de-AT").language == "de"
    assert texts.load("DE").language == "de"
    assert texts.load("tlh").language == "en"
    assert texts.load("../en").language == "en"


def test_a_file_is_enough_for_a_language(folder: Path) -> None:
    (folder / "ar.json").write_text('{"direction": "rtl", "home": {"title": "اختبارات"}}', "utf-8")
    say = texts.load("ar")
    assert (say.language, say.direction, say("home.title")) == ("ar", "rtl", "اختبارات")
    assert say("home.none") == texts.load("en")("home.none")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"direction": "up"}', '{"home": 1}', '{"home": ["a"]}']
)
def test_a_broken_file_is_named(folder: Path, content: str) -> None:
    (folder / "xx.json").write_text(content)
    with pytest.raises(ValueError, match=r"xx\.json"):
        texts.load("xx")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        texts.load("en")("home.nothing")
    with pytest.raises(KeyError):
        texts.load("en")("trial.title", number=1)


def test_values_are_put_in() -> None:
    assert texts.load("en")("trial.title", number=3, total=24) == "Pair 3 of 24"


def test_what_is_agreed_to_says_what_the_study_says() -> None:
    study = small(contact="a@example.org", retention="Until 2030.")
    consent = texts.consent(study)
    for part in ("A study", "a@example.org", "Until 2030.", texts.load("en")("consent.agree")):
        assert part in consent
    assert f"About {texts.minutes(study)} minutes" in consent
    assert "{" not in consent
    unsaid = texts.consent(small())
    assert texts.load("en")("consent.kept_unsaid") in unsaid and "Write to" not in unsaid


def test_what_a_text_of_the_studys_own_leaves_out_is_told() -> None:
    """A contact that is changed later stands in the software's text alone."""
    study = small(contact="a@example.org", retention="Until\r\n2030.")
    assert texts.unsaid(study) == []
    study.information = texts.information(study)
    assert texts.unsaid(study) == []
    study.contact, study.retention = "b@example.org", "Until 2040."
    contact, retention = texts.unsaid(study)
    assert "the contact (“b@example.org”) does not stand" in contact
    assert "how long answers are kept (“Until 2040.”) does not stand" in retention
    study.contact = study.retention = ""
    assert texts.unsaid(study) == []


def test_longer_studies_take_longer() -> None:
    assert texts.minutes(small(trials_each=4)) == 7  # 8 pairs of 35 s, and 2 minutes
    assert texts.minutes(small(trials_each=20)) == 16


@ONE
def test_what_was_shown_is_what_is_kept(client: TestClient, database: Database) -> None:
    with database.read() as session:
        study = session.scalars(select(Study)).one()
    page = client.get("/s/small").text
    for block in texts.consent(study).split("\n"):
        assert not block or block in page
    Person.join(client)
    with database.read() as session:
        stored_hash = session.scalars(select(Participant.consent)).one()
    assert stored_hash == hashlib.sha256(texts.consent(study).encode()).hexdigest()
