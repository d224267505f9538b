"""What became of a selection, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demo.editing import service
from demo.editing.opening import open_example
from demo.editing.requests import EditRequest
from demo.editing.sentences import change_sentence
from fadernets.music.notes import NO_PEDAL, cut
from fadernets.playback.comparison import compare
from tests.demo.editing.requested import CLOSED, ask, with_a_rest


@pytest.mark.slow
def test_what_cannot_change_passes_and_is_named(net):
    session = with_a_rest()
    assert session.segments[CLOSED].problem
    answer = service.answer(net, session, ask(CLOSED - 1, CLOSED, rhythm=0.2))
    bar = 2 * CLOSED + 1  # segments are two bars of two beats
    sentence = f"Unchanged, {session.segments[CLOSED].problem}: bars {bar}–{bar + 1}."
    assert sentence in answer["summary"] and not answer["closed"]
    result = session.result(net, EditRequest(CLOSED - 1, CLOSED, faders={"rhythm": 0.2}))
    start = session.segments[CLOSED].start
    assert list(cut(result.notes, start)) == list(session.segments[CLOSED].notes)


def test_all_that_pass_are_named(net):
    session = with_a_rest()
    answer = service.answer(net, session, ask(0, 41))
    assert f"here: bars {2 * CLOSED + 1}–{2 * CLOSED + 2}." in answer["summary"]
    paper = replace(open_example("rag"), takes_any=False)
    answer = service.answer(net, paper, ask(0, 41))
    closed = [s.index for s in paper.segments if s.paper_problem]
    assert len(closed) > 5
    assert f"bars {paper.places(closed[:1])[0]}" in answer["summary"]


def test_notes_that_are_louder_only_are_not_as_played(net, session):
    """Energetic music may have the same notes."""
    piece = session.piece
    loud = replace(piece, notes=replace(piece.notes, velocity=piece.notes.velocity + 9))
    rolls = compare(piece, loud)
    count = len(piece.notes)
    assert change_sentence(rolls, is_neutral=False) == (
        f"{count} notes kept, 0 new, 0 gone; of those kept {count} louder."
    )
    same = compare(piece, piece)
    assert change_sentence(same, is_neutral=True) == "As played. Move a fader to change it."
    there = "As played: what the faders ask for is there already, or they can go no further."
    assert change_sentence(same, is_neutral=False) == there
    assert change_sentence(same, is_neutral=False, is_explained=True) == "As played."
    paced = " The result is heard at another tempo; the rolls keep the original's time."
    assert change_sentence(same, is_neutral=False, is_paced=True) == "All notes as played." + paced
    louder = change_sentence(rolls, is_neutral=False, is_paced=True)
    assert louder == change_sentence(rolls, is_neutral=False) + paced
    ends = piece.notes.offset - np.where(np.arange(count) < 3, 0.9, 0.0) * (
        piece.notes.offset - piece.notes.onset
    )
    short = replace(piece, notes=replace(piece.notes, offset=ends), pedal=NO_PEDAL)
    dry = replace(piece, pedal=NO_PEDAL)
    assert change_sentence(compare(dry, short), is_neutral=False).endswith(
        "of those kept 3 shorter."
    )
