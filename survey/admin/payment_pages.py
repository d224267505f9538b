"""The admin's page to pay people from: who has finished, and whether codes they send are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.responses import Response

from survey.admin.forms import CodesForm, PaidForm
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, audit, csrf, study_of
from survey.admin.study_pages import frame
from survey.records import payments

router = APIRouter(route_class=AdminRoute)


@router.get("/admin/studies/{name}/payments")
def listed(admin: AdminDep, name: str) -> Response:
    """All who have finished."""
    with admin.database.read() as session:
        return _page(admin, session, name)


@router.post("/admin/studies/{name}/payments", dependencies=[csrf("check")])
def check(admin: AdminDep, name: str, form: Annotated[CodesForm, Form()]) -> Response:
    """Say of codes whether somebody has finished with them; changes nothing."""
    with admin.database.read() as session:
        checked, words = payments.check(session, study_of(session, name), form.codes)
        return _page(admin, session, name, checked, words)


@router.post("/admin/studies/{name}/payments/paid", dependencies=[csrf("paid")])
def mark(admin: AdminDep, name: str, form: Annotated[PaidForm, Form()]) -> Response:
    """Note that codes have been paid, or have not."""
    with admin.database.write() as session:
        study = study_of(session, name)
        codes = [*form.codes.split(), *form.also]
        people = payments.mark(session, study, codes, form.paid == "yes")
        if people:
            # Without the codes: the log keeps nothing of who withdraws later.
            action = "paid" if form.paid == "yes" else "not paid"
            audit(session, study, action, participants=len(people))
            if admin.journal is not None:
                admin.journal.paid(session, people)
    return admin.redirect(f"/studies/{name}/payments")


def _page(
    admin: AdminRequest,
    session: Session,
    name: str,
    checked: list[payments.CheckedCode] | None = None,
    words: Sequence[str] = (),
) -> Response:
    study = study_of(session, name)
    finished = payments.finished(session, study)
    to_pay = [
        entry.finisher
        for entry in checked or ()
        if entry.finisher and not entry.finisher.paid_on and not entry.is_repeated
    ]
    return admin.render(
        "payments",
        finished=finished,
        unpaid=[finisher for finisher in finished if not finisher.paid_on],
        checked=checked,
        words=words,
        to_pay=to_pay,
        hasty=payments.codes(session, study, admin.services.live.of(session, study).hasty),
        **frame(admin, session, study, "/payments"),
    )
