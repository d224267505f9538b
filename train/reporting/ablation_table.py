"""What the ablation's table says, from the results of `train.ablation`."""

from __future__ import annotations

from train.reporting.markdown import Table
from train.reporting.paper import SCORES

UNMOVED = "0"  # beside the moves of `train.ablation.kept`


def control(found: dict) -> Table:
    """Scores of Table 1, target errors and time of every idea."""
    rows = [
        (
            idea["idea"],
            "yes" if idea["searches"] else "–",
            *(f"{fader[score]:.2f}" for score in SCORES for fader in _faders(idea)),
            ", ".join(f"{fader['target_error']:.3f}" for fader in _faders(idea)),
            f"{idea['time']['one_ms']:.0f}",
            f"{idea['time']['each_ms']:.1f}",
        )
        for idea in found["rows"]
    ]
    names = list(found["rows"][0]["control"]) if found["rows"] else []
    head = [f"{score} {fader}" for score in SCORES for fader in names]
    error = f"error {', '.join(names)}"
    return rows, ("idea", "search", *head, error, "ms, 1 segment", "ms each of many")


def kept(found: dict) -> Table:
    """What is left of the music with every idea: note F1, harmony, key kept, melody."""
    first = found["rows"][0]["identity"] if found["rows"] else {}
    moves = [move for move in first if move != UNMOVED]
    rows = [
        (
            idea["idea"],
            f"{idea['identity'][UNMOVED]['note_f1']:.3f}",
            *(_kept(idea["identity"][move]) for move in moves),
        )
        for idea in found["rows"]
    ]
    return rows, ("F1, harmony, key kept, melody", "F1, nothing moved", *moves)


def _faders(idea: dict) -> list[dict]:
    return list(idea["control"].values())


def _kept(moved: dict) -> str:
    scores = ("note_f1", "pitch_class_cosine", "key_kept", "contour")
    return ", ".join(f"{moved[score]:.2f}" for score in scores)
