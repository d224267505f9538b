"""How far an arrangement came: the density asked for, the one reached, and what could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fadernets.arranger import label_plan
from fadernets.arranger.note_limits import note_limits, plan_limits, repeats_of
from fadernets.arranger.request import ArrangementRequest, grid_of, step_notes
from fadernets.music.attributes import ONSET, PLANNED_COUNTS, PLANNED_ONSETS, measure
from fadernets.music.grid import counts, grid
from fadernets.music.notes import Notes


@dataclass(frozen=True)
class Reach:
    """A density of a segment.

    Attributes
    ----------
    asked, reached : float
    lowest, highest : float
        What can be reached with the notes that are locked; of the note density, beside as many
        onsets as the arrangement has.
    """

    asked: float
    reached: float
    lowest: float
    highest: float

    @property
    def is_possible(self) -> bool:
        """Whether what was asked for can be reached."""
        return self.lowest - 1e-6 <= self.asked <= self.highest + 1e-6


def reach(request: ArrangementRequest, arranged: Sequence[Notes]) -> list[dict[str, Reach]]:
    """How far each of n segments came, by density.

    Parameters
    ----------
    request : ArrangementRequest
    arranged : sequence of n Notes
        What `fadernets.arranger.arrange.arrange` made of it.
    """
    if not request.windows:
        return []
    notes, size = step_notes(request.notes), len(request.windows)
    source = grid(notes, size)
    limits = note_limits(request.windows, source, counts(notes, size).sum(2))
    repeats = repeats_of(request.notes)
    plans = plan_limits(request.windows, source, limits, repeats)
    steps = request.steps.cpu()
    fewest, most = plans.onsets
    onsets = (grid_of(arranged).rhythm == ONSET).sum(1).clamp(fewest, most)
    least, greatest = label_plan.sums(onsets, limits.not_held(repeats), plans)
    ends = {
        PLANNED_ONSETS: (fewest / steps, most / steps),
        PLANNED_COUNTS: (least / steps, greatest / steps),
    }
    answers = []
    for row, (window, result) in enumerate(zip(request.windows, arranged, strict=True)):
        reached = measure(result, ends, window.steps)
        targets = {name: float(request.densities[name][row]) for name in ends}
        if request.counts_are_free[row]:  # what nobody asked for is what it came to
            targets[PLANNED_COUNTS] = reached[PLANNED_COUNTS]
        answers.append(
            {
                name: Reach(
                    targets[name],
                    reached[name],
                    float(low[row]),
                    float(high[row]),
                )
                for name, (low, high) in ends.items()
            }
        )
    return answers
