"""The page of consent in headless Chromium: what is agreed to is what was read, in one language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from db.database import Database
from db.models import ConsentText, Participant, Study
from survey.admin import invitations
from survey.core import texts
from tests.survey.browser.visitor import PHONE, Visitor
from tests.survey.person import Person

pytestmark = pytest.mark.browser
GERMAN = texts.load("de")
OWN = """We ask you to hear music.

# What is kept
Your answers,
and nothing else."""


def change(database: Database, study: Study, **values: object) -> None:
    with database.write() as session:
        row = session.get_one(Study, study.id)
        for name, value in values.items():
            setattr(row, name, value)


def agree(visitor: Visitor) -> None:
    visitor.page.locator("#agree").check()
    visitor.page.locator("#consent [type=submit]").click()


def test_who_reads_while_the_text_changes_reads_again(
    visit: Callable[..., Visitor], database: Database, study: Study
) -> None:
    change(database, study, language="de")
    visitor = visit(cut=True)
    visitor.page.goto(f"{visitor.address}/s/small")
    change(database, study, information=OWN)
    agree(visitor)
    visitor.status(GERMAN("refused.changed"))
    with database.read() as session:
        assert session.scalars(select(Participant)).all() == []
    visitor.page.reload()
    expect(visitor.page.locator("h2")).to_have_text("What is kept")
    assert visitor.page.locator("section p").inner_text() == "Your answers,\nand nothing else."
    agree(visitor)
    visitor.page.wait_for_url("**/p/*")
    with database.read() as session:
        (text,) = session.scalars(select(ConsentText.text))
    assert text is not None and "What is kept\nYour answers,\nand nothing else." in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_refusals_are_in_the_studys_language(
    visit: Callable[..., Visitor], database: Database, study: Study, language: str
) -> None:
    """Whichever the browser's own is."""
    say, other = texts.load(language), {"en": "de-DE", "de": "en-US"}[language]
    change(database, study, language=language)
    with database.write() as session:
        (token,) = invitations.create(session, session.get_one(Study, study.id), 1)
    visitor = visit(cut=True, size=PHONE, locale=other)
    visitor.page.goto(f"{visitor.address}/s/small?invite={token}")
    visitor.page.wait_for_load_state("networkidle")
    response = visitor.page.request.post(
        f"{visitor.address}/api/join",
        data={"study": "small", "consent": True, "invitation": token},
    )
    assert response.status == 201
    agree(visitor)
    visitor.status(say("refused.used"))
    change(database, study, state="closed")
    agree(visitor)
    visitor.status(say("refused.closed"))


def test_a_refusal_without_a_study_is_in_its_language_too(
    visit: Callable[..., Visitor], database: Database, study: Study, person: Callable[[], Person]
) -> None:
    """The server does not know whose it is; the page does, and says so."""
    change(database, study, language="de")
    visitor = visit(cut=True, locale="en-US")
    visitor.come(person())
    answer = visitor.page.evaluate(
        "async () => { const { ask } = await import(document.documentElement.dataset.base"
        " + '/static/server.js');"
        " try { await ask('answers', 'x'.repeat(43), { rhythm: 9 }); }"
        " catch (error) { return error.message; } }"
    )
    assert answer.startswith("Der Wert von ")
