"""Where nobody asks for a note density, notes come and go with the rhythm, and no others do."""

from __future__ import annotations

import pytest
import torch

from fadernets.arranger.arrange import arrange
from fadernets.arranger.free_counts import passing_notes, slack, usual_counts
from fadernets.arranger.request import ArrangementRequest, arrangement_request
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from fadernets.music.windows import Window
from tests.fadernets.arranger.density_requests import asking

# A turn of four notes about C within two steps, above a chord that is held.
TURN = Notes.of(
    [0, 0, 0.5, 0.625, 0.75, 0.875, 1.0],
    [0.5, 4, 0.625, 0.75, 0.875, 1.0, 4],
    [72, 48, 74, 72, 71, 72, 67],
    [64] * 7,
)
HELD = Notes.of([0, 0, 2], [4, 2, 4], [48, 64, 65], [64] * 3)


def free(*segments: Notes | Window) -> ArrangementRequest:
    return arrangement_request(segments, strict=False)


def test_ornaments_pass_and_other_notes_do_not():
    cells = passing_notes([TURN, HELD])
    row, step, key = cells.nonzero().T.tolist()
    assert (row, step) == ([0, 0], [2, 3])
    assert [k + 21 for k in key] == [74, 71]
    struck_together = Notes.of([0, 0, 0.01], [0.25, 0.25, 0.25], [60, 64, 67], [64] * 3)
    assert not passing_notes([struck_together, Notes.empty()]).any()


def test_two_notes_go_on_beside_an_onset_more_and_one_less_lets_no_ornament_ring():
    request = free(TURN)
    held, struck = (x[0].tolist() for x in usual_counts(request, passing_notes([TURN]).sum(2)))
    own = request.labels["note"][0].tolist()
    assert own == [2, 2, 3, 3] + [2] * 12
    assert held == [2, 2, 2, 2] + [2] * 12  # the steps of the turn, and the next, without an onset
    assert struck == [2, 3, 3, 3, 2] + [3] * 11  # of three notes one gives way
    strict = arrangement_request([TURN])
    for usual in usual_counts(strict, passing_notes([TURN]).sum(2)):
        assert usual[0].tolist() == own


def test_the_sum_may_differ_by_half_a_note_a_step_where_it_is_free():
    short = Window(HELD, steps=12)
    assert slack(free(HELD, short), 0.5).tolist() == [8, 6]
    assert slack(arrangement_request([HELD]), 0.5).tolist() == [0]


@pytest.mark.parametrize("is_free", [True, False])
def test_held_notes_make_no_room_for_new_ones(is_free):
    """Of an untrained reviser: what is asked exactly has to cut what is held."""
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    request = asking(free(HELD) if is_free else arrangement_request([HELD]), rhythm=6 / 16)
    (played,) = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long))
    ends = {(n[0], n[2]): n[1] for n in played}
    same_ends = [ends.get((on, pitch)) == off for on, off, pitch, _ in HELD]
    assert all(same_ends) is is_free
    densities = measure(played, ("rhythm", "note"))
    assert densities["rhythm"] == 6 / 16
    assert (densities["note"] == 2.0) is not is_free and 2.0 <= densities["note"] <= 2.5
