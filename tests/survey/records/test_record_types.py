"""The shapes of records have the fields that rows have."""

from __future__ import annotations

from typing import NotRequired, get_origin, get_type_hints

import pytest

from survey.records import record_types, rows

BESIDE = {  # what a record holds beside its row's fields
    "Study": {"stimuli", "invitations", "consent_texts"},
    "Stimulus": {"first", "second", "more"},
    "Participant": {"trials", "invitation", "panel"},
    "Trial": {"stimulus", "plays", "answer"},
}
PRIVATE = {"Invitation": rows.PrivateInvitationRow, "Participant": rows.PrivateParticipantRow}


@pytest.mark.parametrize(
    "name",
    "Study Clip Stimulus Invitation ConsentText Participant PanelPlace Trial Play Answer "
    "Replies".split(),
)
def test_a_record_has_the_fields_of_its_row(name):
    record = getattr(record_types, f"{name}Record")
    row = PRIVATE.get(name, getattr(rows, f"{name}Row"))
    assert get_type_hints(record).keys() == row.model_fields.keys() | BESIDE.get(name, set())


@pytest.mark.parametrize("name", PRIVATE)
def test_what_only_private_records_have_is_not_required(name):
    record, row = getattr(record_types, f"{name}Record"), getattr(rows, f"{name}Row")
    private_fields = PRIVATE[name].model_fields.keys() - row.model_fields.keys()
    hints = get_type_hints(record, include_extras=True)
    assert private_fields
    assert all(get_origin(hints[field]) is NotRequired for field in private_fields)
