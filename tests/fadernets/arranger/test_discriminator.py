"""A discriminator has its say in which candidate is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets.arranger.arrange import DEFAULT, arrange
from fadernets.arranger.request import arrangement_request
from fadernets.discriminator.discriminator import Candidates, Discriminator
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes
from tests.fadernets.arranger.density_requests import asking

KEYS = torch.zeros(2, dtype=torch.long)
RUN = Notes.of(np.arange(16) / 4, np.arange(16) / 4 + 0.25, [60, 64, 67, 72] * 4, [64] * 16)
CHORDS = Notes.of([0, 0, 0, 2, 2, 2], [2, 2, 2, 4, 4, 4], [60, 64, 67, 59, 62, 67], [64] * 6)


class Likes:
    """Finds arrangements like music by what they are; notes what it was asked about."""

    def __init__(self, liking) -> None:
        self.liking, self.questions = liking, []

    def log_odds(self, candidates: Candidates) -> torch.Tensor:
        self.questions.append(candidates)
        return -100 * torch.tensor([float(self.liking(notes)) for notes in candidates.notes])


def weight(notes: Notes) -> float:
    """Greater where notes are high, late and long; different with hardly any note's change."""
    return round(float(notes.pitch @ (notes.onset + notes.offset / 7)), 6)


def further(source: Notes, notes: Notes, takes: bool) -> int:
    """Notes that are new where onsets are taken, or gone where they are added."""
    before, after = ({(onset, pitch) for onset, _, pitch, _ in n} for n in (source, notes))
    return len(after - before if takes else before - after)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("source", "takes", "legato"), [(RUN, True, 3.0), (CHORDS, False, 0.0)])
def test_what_it_likes_best_is_taken_of_what_changes_no_more_than_the_nearest(
    reviser, source, takes, legato, sign
):
    """The candidate of most weight, or of least; the density is as asked with both."""
    request = asking(arrangement_request([source]), rhythm=0.5)
    request = replace(request, legato=torch.full((1,), legato))
    disturbed = replace(DEFAULT, plan_noise=8.0, note_noise=4.0)
    options = {"candidates": 16, "seeds": [3], "weights": disturbed}
    (nearest,) = arrange(reviser, request, {}, KEYS[:1], **options)
    likes = Likes(lambda notes: sign * weight(notes))
    (result,) = arrange(reviser, request, {}, KEYS[:1], discriminator=likes, **options)
    (candidates,) = likes.questions
    assert len(candidates.notes) == 16 and candidates.steps == [16] * 16
    changes = [further(source, notes, takes) for notes in candidates.notes]
    most = further(source, nearest, takes)
    weights = [
        sign * weight(notes)
        for notes, change in zip(candidates.notes, changes, strict=True)
        if change <= most
    ]
    assert max(changes) > most and len(set(weights)) > 1
    assert sign * weight(result) == max(weights)
    assert measure(result)["rhythm"] == 0.5


def test_it_is_told_how_far_densities_were_moved(reviser):
    request = asking(arrangement_request([RUN, CHORDS]), rhythm=0.5)
    likes = Likes(lambda notes: 0)
    arrange(reviser, request, {}, KEYS, candidates=3, discriminator=likes)
    (candidates,) = likes.questions
    own = np.repeat([list(measure(notes, PAPER).values()) for notes in (RUN, CHORDS)], 3, axis=0)
    now = np.array([list(measure(notes, PAPER).values()) for notes in candidates.notes])
    assert candidates.moved == pytest.approx(now - own)


def test_without_weight_it_changes_nothing(reviser):
    request = asking(arrangement_request([RUN, CHORDS]), rhythm=0.5)
    without = arrange(reviser, request, {}, KEYS, candidates=6)
    likes = Likes(lambda notes: notes.pitch.mean())
    weights = replace(DEFAULT, unlike_music=0.0)
    unheard = arrange(
        reviser, request, {}, KEYS, candidates=6, discriminator=likes, weights=weights
    )
    assert [list(notes) for notes in without] == [list(notes) for notes in unheard]


def test_a_segment_of_which_nothing_else_is_asked_stays_as_it_is(reviser):
    """Whatever is said of it; on the one beside it the discriminator has its say."""
    request = arrangement_request([RUN, CHORDS], strict=False)
    rhythm = torch.tensor([0.5, measure(CHORDS)["rhythm"]])
    request = replace(request, densities=request.densities | {"rhythm": rhythm})
    likes = Likes(lambda notes: list(notes) != list(CHORDS))
    disturbed = replace(DEFAULT, plan_noise=30.0, note_noise=30.0)
    _, result = arrange(
        reviser, request, {}, KEYS, candidates=6, discriminator=likes, weights=disturbed
    )
    assert list(result) == list(CHORDS)
    assert any(list(notes) != list(CHORDS) for notes in likes.questions[0].notes[6:])


def test_its_answer_is_of_each_candidate_alone():
    torch.manual_seed(0)
    candidates = Candidates([RUN, Notes.empty(), CHORDS], [16] * 3, np.full((3, 2), 0.25))
    discriminator = Discriminator(candidates.table().shape[1]).eval()
    odds = discriminator.log_odds(candidates)
    assert odds[1] == 0 and odds[0] != odds[2]
    for number, notes in ((0, RUN), (2, CHORDS)):
        alone = discriminator.log_odds(Candidates([notes], [16], np.full((1, 2), 0.25)))
        assert float(alone) == pytest.approx(float(odds[number]), abs=1e-5)
    nothing = Candidates([Notes.empty()] * 2, [16] * 2, np.zeros((2, 2)))
    assert discriminator.log_odds(nothing).tolist() == [0, 0]


def test_to_be_longer_alone_is_to_be_otherwise(reviser):
    request = arrangement_request([RUN, CHORDS])
    longer = replace(request, legato=torch.full((2,), 6.0))
    likes = Likes(lambda notes: list(notes) not in (list(RUN), list(CHORDS)))
    result = arrange(reviser, longer, {}, KEYS, candidates=6, discriminator=likes)
    assert [list(notes) for notes in result] != [list(RUN), list(CHORDS)]


def test_where_fewer_onsets_alone_are_asked_for_they_may_come_elsewhere(reviser):
    request = asking(arrangement_request([RUN]), rhythm=0.5)
    likes = Likes(lambda notes: further(RUN, notes, takes=True))
    options = {"candidates": 16, "seeds": [3], "weights": replace(DEFAULT, note_noise=8.0)}
    (nearest,) = arrange(reviser, request, {}, KEYS[:1], **options)
    (result,) = arrange(reviser, request, {}, KEYS[:1], discriminator=likes, **options)
    assert further(RUN, result, takes=True) > further(RUN, nearest, takes=True)
