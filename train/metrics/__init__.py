"""How well a model plays and obeys: pure functions of notes and densities."""

from train.metrics.arousal import accuracy, auc, moved_as_asked
from train.metrics.control import (
    consistency,
    linearity_each,
    linearity_pooled,
    restrictiveness,
)
from train.metrics.identity import (
    ONSET_TOLERANCE,
    contour,
    key_kept,
    note_f1,
    pitch_class_cosine,
)
from train.metrics.response import failure_rate, spearman_each, spearman_of_mean, target_error

__all__ = [
    "ONSET_TOLERANCE",
    "accuracy",
    "auc",
    "consistency",
    "contour",
    "failure_rate",
    "key_kept",
    "linearity_each",
    "linearity_pooled",
    "moved_as_asked",
    "note_f1",
    "pitch_class_cosine",
    "restrictiveness",
    "spearman_each",
    "spearman_of_mean",
    "target_error",
]
