"""What the ablation's table says, from the results of `train.ablation`."""

from __future__ import annotations

from train.reporting.markdown import Table
from train.reporting.paper import SCORES
from train.reporting.results.ablation import Ablation, VariantIdentity

UNMOVED = "0"  # beside the moves of `train.ablation.identities`


def control(ablation: Ablation) -> Table:
    """Scores of Table 1, target errors and time of every variant."""
    rows = [
        (
            row.idea,
            "yes" if row.searches else "–",
            *(f"{getattr(fader, s):.2f}" for s in SCORES for fader in row.control.values()),
            ", ".join(f"{fader.target_error:.3f}" for fader in row.control.values()),
            f"{row.time.one_ms:.0f}",
            f"{row.time.each_ms:.1f}",
        )
        for row in ablation.rows
    ]
    names = list(ablation.rows[0].control) if ablation.rows else []
    head = [f"{score} {fader}" for score in SCORES for fader in names]
    error = f"error {', '.join(names)}"
    return rows, ("idea", "search", *head, error, "ms, 1 segment", "ms each of many")


def preserved(ablation: Ablation) -> Table:
    """What is left of the music with every variant: note F1, harmony, key kept, melody."""
    moved_scores = ablation.rows[0].identity if ablation.rows else {}
    moves = [move for move in moved_scores if move != UNMOVED]
    rows = [
        (
            row.idea,
            f"{row.identity[UNMOVED].note_f1:.3f}",
            *(_identity_cell(row.identity[move]) for move in moves),
        )
        for row in ablation.rows
    ]
    return rows, ("F1, harmony, key kept, melody", "F1, nothing moved", *moves)


def _identity_cell(scores: VariantIdentity) -> str:
    return (
        f"{scores.note_f1:.2f}, {scores.pitch_class_cosine:.2f}, "
        f"{scores.key_kept:.2f}, {scores.contour:.2f}"
    )
