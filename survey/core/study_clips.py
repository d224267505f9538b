"""Which clips a study has, as a query."""

from __future__ import annotations

from sqlalchemy import ColumnElement, CompoundSelect, select, true, union

from db.models import Stimulus, StimulusClip, Study

COLUMNS = (Stimulus.first_id, Stimulus.second_id)


def of_study(study_id: int) -> CompoundSelect[int]:
    """The numbers of the clips of a study, each once."""
    return _clips(Study.id == study_id)


def of_open_studies() -> CompoundSelect[int]:
    """The same of all open studies."""
    return _clips(Study.state == "open")


def of_any_study() -> CompoundSelect[int]:
    """The same of all studies."""
    return _clips(true())


def _clips(condition: ColumnElement[bool]) -> CompoundSelect[int]:
    stimuli = (select(column).join(Stimulus.study).where(condition) for column in COLUMNS)
    further = select(StimulusClip.clip_id).join(Stimulus).join(Stimulus.study).where(condition)
    return union(*stimuli, further)
