"""What the tables on valence and the presets say, from the results of `train.valence`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fadernets.mood_transfer import MOODS, PRESETS, SIDES
from train.reporting.markdown import NONE, Table, percent
from train.reporting.results.valence import ModelMoves, MoodSeparations, Separations

SCORE_TITLES = {  # the scores of `train.valence.separations`
    "densities": "the two densities (baseline)",
    "classifier": "classifier: 17 features of the notes",
    "classifier without key": "classifier, deaf to the key",
    "mode alone": "major or minor alone",
    "both codes": "codes of the GM-VAE",
}


def carried(labels: Mapping[str, MoodSeparations]) -> Table:
    """AUC of valence and arousal on pieces never seen, with intervals over pieces."""

    def separation(column: Separations, score_name: str) -> str:
        score = column.scores.get(score_name)
        if score is None:
            return NONE
        low, high = score.interval
        return f"{score.auc:.2f} [{low:.2f}, {high:.2f}]"

    valence, arousal = labels["valence"], labels["arousal"]
    columns = (valence.cross_validated, valence.held_out, arousal.cross_validated)
    rows = [
        (words, *(separation(column, score_name) for column in columns))
        for score_name, words in SCORE_TITLES.items()
    ]
    rows.append(
        (
            "pieces, of them with low; segments",
            *(f"{c.pieces}, {c.pieces_with_low}; {c.segments:,}" for c in columns),
        )
    )
    return rows, (
        "AUC",
        "valence, cross-validated",
        "valence, held out",
        "arousal, cross-validated",
    )


def presets(models: Mapping[str, ModelMoves], names: Sequence[str]) -> Table:
    """Share of segments that each preset moved as asked, and what it left of them."""
    rows = []
    for model in names:
        for preset, moods in (*PRESETS.items(), *((f"valence {s}", {"valence": s}) for s in SIDES)):
            transfers = models[model].transfers
            moves, control = transfers[preset], transfers["nothing"].effects
            shares = [
                f"{percent(moves.effects[mood].side(side).moved, 0)} "
                f"({percent(control[mood].side(side).moved, 0)})"
                if (side := moods.get(mood))
                else NONE
                for mood in ("arousal", "valence")
            ]
            identity = moves.identity
            rows.append(
                (
                    f"{model}: {preset}",
                    *shares,
                    ", ".join(f"{moves.effects[m].mean_change:+.2f}" for m in MOODS),
                    f"{identity.note_f1:.2f}, {identity.pitch_class_cosine:.2f}, "
                    f"{identity.key_kept:.2f}, {moves.tonic_kept:.2f}",
                )
            )
    return rows, (
        "preset",
        "arousal moved (by nothing)",
        "valence moved (by nothing)",
        "mean log-odds: arousal, valence",
        "F1, harmony, key kept, tonic kept",
    )
