"""Every admin's page: who gets in, which posts count, where links go."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Mount

from db.database import Database
from db.models import Study
from survey.admin.authentication import OFF
from survey.app import close, create_app
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.manager import ADMIN, SAME, Forms, Manager, basic, contents, stored_study

TRIES = 5  # wrong tokens that are answered 401
GETS = (
    "",
    "/",
    "/new",
    "/build",
    "/build/live",
    "/studies/small",
    "/studies/small/live",
    "/studies/small/heatmap.svg",
    "/studies/small/mos.svg",
    "/studies/small/settings",
    "/studies/small/consent",
    "/studies/small/payments",
    "/studies/small/export",
    "/studies/small/export/ratings.csv",
    "/studies/small/export/study.json",
    "/studies/small/export/dictionary.csv",
    "/studies/small/export/participants.csv",
    "/studies/small/export/payments.csv",
    "/studies/small/log",
    "/studies/small/invitations",
    "/studies/small/participants",
    "/studies/small/participants/{person}/erase",
    "/studies/small/delete",
)
POSTS = (
    "/new",
    "/studies/small/open",
    "/studies/small/close",
    "/studies/small/settings",
    "/studies/small/invitations",
    "/studies/small/invitations/{invitation}/revoke",
    "/studies/small/participants/{person}/erase",
    "/studies/small/preview",
    "/studies/small/plan",
    "/studies/small/clone",
    "/studies/small/delete",
    "/studies/small/payments",
    "/studies/small/payments/paid",
)


@pytest.mark.slow
def test_every_page_opens(manager: Manager, filled: dict[str, str]) -> None:
    manager.send("/studies/small", "/studies/small/close")  # there are no figures before
    for path in GETS:
        response = manager.get(path.format_map(filled))
        assert response.status_code == 200, f"{path}: {response.text}"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert "set-cookie" not in response.headers


@pytest.mark.slow
@ONE
def test_no_page_without_signing_in(client: TestClient, filled: dict[str, str]) -> None:
    paths = [("GET", path) for path in GETS] + [("POST", path) for path in POSTS]
    for method, path in paths:
        response = client.request(method, "/admin" + path.format_map(filled))
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"].startswith("Basic ")
        assert "A small study" not in response.text and filled["person"] not in response.text


@ONE
def test_no_page_when_they_are_off(settings: Settings, study: Study) -> None:
    app = create_app(replace(settings, admin_token=None))
    with TestClient(app) as client:
        for path in GETS:
            response = client.get("/admin" + path, headers=basic(""))
            assert response.status_code == 404 and OFF in response.text.replace("&#39;", "'")
        for path in POSTS:
            assert client.post("/admin" + path, headers=basic("")).status_code == 404
    close(app)


@pytest.mark.slow
@ONE
def test_no_post_without_its_form(
    client: TestClient, database: Database, filled: dict[str, str]
) -> None:
    before = contents(database)
    for path in POSTS:
        address = "/admin" + path.format_map(filled)
        bare = client.post(address, headers=basic(ADMIN) | SAME, data={"form": "x"})
        assert bare.status_code == 403 and "out of date" in bare.text, path
        foreign = basic(ADMIN) | {"Sec-Fetch-Site": "cross-site"}
        assert client.post(address, headers=foreign).status_code == 403
    assert contents(database) == before


@ONE
def test_a_form_is_good_for_its_action_and_study_alone(
    manager: Manager, database: Database, study: Study
) -> None:
    with database.write() as session:
        session.add(Study(name="other", title="Other", trials_each=1, state="open"))
    form = manager.form("/studies/small", "/studies/small/close")
    assert manager.post("/studies/other/close", form).status_code == 403
    assert manager.post("/studies/small/settings", form).status_code == 403
    assert manager.post("/studies/small/close", form).status_code == 303


@ONE
def test_no_study_of_this_name(manager: Manager, client: TestClient, study: Study) -> None:
    script = {"Authorization": f"Bearer {ADMIN}"}
    for path in GETS:
        if path.startswith("/studies"):
            response = manager.get(path.replace("small", "none").format(person="x"))
            assert response.status_code == 404 and "There is no study of this name" in response.text
    for path in POSTS:
        if path.startswith("/studies"):
            address = path.replace("small", "none").format(person="x", invitation="1")
            data = {"title": "t", "participants": "1", "count": "1", "codes": "x", "paid": "no"}
            data |= {"new_name": "n", "trials": "1"}
            response = client.post(f"/admin{address}", headers=script, data=data)
            assert response.status_code == 404, response.text


@pytest.mark.slow
@ONE
def test_wrong_tokens_keep_nobody_out(client: TestClient, study: Study) -> None:
    wrong_header, script = (
        basic("not the token at all"),
        {"Authorization": "Bearer not the token at all"},
    )
    responses = [client.get("/admin", headers=wrong_header) for _ in range(TRIES + 1)]
    assert [answer.status_code for answer in responses] == [401] * TRIES + [429]
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 12
    assert client.get("/admin", headers=script).status_code == 401  # scripts are counted apart
    for _ in range(100):
        client.get("/admin", headers=wrong_header)
        client.get("/admin", headers=script)
    assert client.get("/admin", headers=script).status_code == 429
    right_headers = (
        basic(ADMIN),
        basic(ADMIN, "another name"),
        {"Authorization": f"Bearer {ADMIN}"},
    )
    assert [client.get("/admin", headers=header).status_code for header in right_headers] == [
        200
    ] * 3
    assert client.get("/api/health").status_code == 200
    # A browser keeps sending what was mistyped until it is asked for something else.
    (link,) = re.findall(r'href="(/admin/[^"]*)"', responses[-1].text)
    second_response = client.get(link, headers=wrong_header)
    assert second_response.status_code == 401 and second_response.headers[
        "www-authenticate"
    ].startswith("Basic ")
    assert client.get(link, headers=basic(ADMIN)).status_code == 200


@pytest.mark.slow
@ONE
@pytest.mark.parametrize("root", ["", "/survey"])
def test_links_stay_where_the_survey_is_mounted(app: FastAPI, root: str) -> None:
    outer = Starlette(routes=[Mount(root, app)]) if root else app
    with TestClient(outer) as client:
        manager = Manager(client, ADMIN, root)
        paths = [path for path in GETS if "person" not in path and "." not in path]
        for path in paths:
            page = manager.get(path).text
            links = re.findall(r'(?:href|src|action|data-live)="(/[^"]*)"', page)
            assert all(link.startswith(f"{root}/") for link in links), path
            for link in set(links):
                if "/admin" in link and "export/" not in link and link not in Forms(page).forms:
                    assert client.get(link, headers=manager.headers).status_code in (200, 405)
        assert f'value="http://testserver{root}/s/small"' in manager.get("/studies/small").text
        moved = manager.send("/studies/small", "/studies/small/close")
        assert moved.headers["location"] == f"{root}/admin/studies/small"


@pytest.mark.slow
@ONE
def test_nothing_that_the_policy_forbids(manager: Manager, filled: dict[str, str]) -> None:
    for path in GETS:
        if "export/" in path:
            continue
        page = manager.get(path.format_map(filled)).text
        assert not re.search(r"<style|\sstyle=|<script(?! src)|\son\w+=|javascript:", page), path


@ONE
@pytest.mark.parametrize(
    "body",
    [b"a=%ff", b"\xff", b"form=" + b"x" * 100_000],
    ids=[
        "percent",
        "byte",
        "long",
    ],  # a name of 100,000 characters would be no argument of a process
)
def test_forms_that_are_none(client: TestClient, study: Study, body: bytes) -> None:
    headers = basic(ADMIN) | SAME | {"Content-Type": "application/x-www-form-urlencoded"}
    response = client.post("/admin/studies/small/close", headers=headers, content=body)
    assert response.status_code == (413 if len(body) > 100 else 422)
    assert "<h1>" in response.text


@pytest.mark.slow
@ONE
def test_the_list_of_studies(
    manager: Manager, client: TestClient, filled: dict[str, str], database: Database
) -> None:
    row = re.search(r'<tr>\s*<th scope="row".*?</tr>', manager.get("").text, re.S)
    assert row is not None
    cells = re.findall(r'<td class="number(?: wide-only)?">(\d+)</td>', row.group())
    assert cells == ["1", "1", "6"] and "A small study" in row.group()


@ONE
def test_no_study_at_all(settings: Settings) -> None:
    app = create_app(settings)
    with TestClient(app) as client:
        assert "There is no study yet" in Manager(client, ADMIN).get("").text
    close(app)


@ONE
def test_titles_are_text(manager: Manager, database: Database, study: Study) -> None:
    with database.write() as session:
        session.get(Study, study.id).title = "<script>alert(1)</script>"
    for path in ("", "/studies/small", "/studies/small/settings"):
        page = manager.get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


@ONE
def test_a_script_may_do_it_all(client: TestClient, database: Database, study: Study) -> None:
    script = {"Authorization": f"Bearer {ADMIN}"}
    response = client.post("/admin/studies/small/close", headers=script, follow_redirects=False)
    assert response.status_code == 303 and stored_study(database).state == "closed"
