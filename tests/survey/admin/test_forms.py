"""The sentences with which forms are refused, and forms that are sent in other ways."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from db.database import Database
from db.models import Study
from survey.admin.authentication import AdminError
from survey.admin.forms import AdminForm, InvitationForm, SettingsForm, StudyForm
from tests.postgres import ONE
from tests.survey.manager import ADMIN, SAME, Manager, basic, stored_study

SETTINGS = {"title": "A title", "participants": "20"}
STUDY = {"name": "new", "pairs": "2", "strengths": "1", "seed": "0"}


@pytest.mark.parametrize(
    ("form", "values", "sentence"),
    [
        (InvitationForm, {}, "count must be a whole number from 1 to 500."),
        (InvitationForm, {"count": "x"}, "count must be a whole number from 1 to 500."),
        (InvitationForm, {"count": "1.5"}, "count must be a whole number from 1 to 500."),
        (InvitationForm, {"count": "1_0"}, "count must be a whole number from 1 to 500."),
        (InvitationForm, {"count": "١"}, "count must be a whole number from 1 to 500."),
        (InvitationForm, {"count": "501"}, "count must be a whole number from 1 to 500."),
        (
            InvitationForm,
            {"count": "1", "label": "x" * 50_001},
            "label must have at most 50000 characters.",
        ),
        (SettingsForm, SETTINGS | {"title": " "}, "title must not be empty."),
        (SettingsForm, {"participants": "1"}, "title must not be empty."),
        (SettingsForm, SETTINGS | {"title": "x" * 201}, "title must have at most 200 characters."),
        (SettingsForm, SETTINGS | {"title": "a\0"}, "title must not hold the character NUL."),
        (
            SettingsForm,
            SETTINGS | {"participants": "0"},
            "participants must be a whole number from 1 to 100000.",
        ),
        (
            SettingsForm,
            SETTINGS | {"lease": "10081"},
            "lease must be a whole number from 1 to 10080.",
        ),
        (SettingsForm, SETTINGS | {"language": "xx"}, "language must be one of: de, en."),
        (StudyForm, STUDY | {"seed": "-1"}, "seed must be a whole number from 0 to 4294967295."),
        (StudyForm, STUDY | {"pairs": "201"}, "pairs must be a whole number from 1 to 200."),
        (StudyForm, STUDY | {"trials": "0"}, "trials must be a whole number from 1 to 100000."),
    ],
)
def test_what_is_wrong_in_one_sentence(
    form: type[AdminForm], values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AdminError) as refused:
        form.model_validate(values)
    assert (refused.value.status, refused.value.message) == (422, sentence)


def test_blanks_at_the_ends_go() -> None:
    form = SettingsForm.model_validate(SETTINGS | {"title": " A title\n", "participants": " 7 "})
    assert (form.title, form.participants, form.lease) == ("A title", 7, None)


@ONE
def test_a_wrong_value_does_not_say_so_to_other_sites(
    client: TestClient, database: Database, study: Study
) -> None:
    """The form's token is checked before its values."""
    path = "/admin/studies/small/invitations"
    response = client.post(path, headers=basic(ADMIN) | SAME, data={"count": "x"})
    assert response.status_code == 403 and "out of date" in response.text


@ONE
def test_a_form_in_several_parts(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    """A script may send one so; a file is no text."""
    path = "/studies/small/settings"
    form = manager.form(path, path) | SETTINGS
    headers = manager.headers | SAME
    parts = {name: (None, value) for name, value in form.items()}
    response = client.post(f"/admin{path}", headers=headers, files=parts, follow_redirects=False)
    assert manager.confirm(response).status_code == 303
    assert stored_study(database).title == "A title"
    parts["title"] = ("title.txt", "Another")
    refused = client.post(f"/admin{path}", headers=headers, files=parts, follow_redirects=False)
    assert refused.status_code == 422 and stored_study(database).title == "A title"
    assert "title must be text." in refused.text
    headers |= {"content-type": "multipart/form-data; boundary=x"}
    broken = client.post(f"/admin{path}", headers=headers, content=b"--y\r\n")
    assert broken.status_code == 422 and "The form cannot be read." in broken.text
    assert broken.headers["content-type"].startswith("text/html")


@ONE
@pytest.mark.parametrize("path", ["/studies/small/settings", "/new/sounds", "/new/phrases"])
@pytest.mark.parametrize("charset", ["undefined", "utf-7", "raw_unicode_escape", "a\0b"])
def test_a_form_in_a_coding_that_is_no_text(
    manager: Manager, client: TestClient, database: Database, study: Study, path: str, charset: str
) -> None:
    """Python knows codings that fail otherwise than a text does, or make half a character."""
    headers = manager.headers | SAME
    headers |= {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    field = b'--x\r\nContent-Disposition: form-data; name="form"\r\n\r\n+2AA-\\ud800\r\n--x--\r\n'
    answer = client.post(f"/admin{path}", headers=headers, content=field)
    assert answer.status_code == 422 and "The form cannot be read." in answer.text
