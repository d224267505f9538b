"""What the tables on valence and the presets say, from the results of `train.valence`."""

from __future__ import annotations

from collections.abc import Sequence

from fadernets.mood_transfer import MOODS, PRESETS, SIDES
from train.reporting.markdown import Table

SCORE_TITLES = {  # the scores of `train.valence.separations`
    "densities": "the two densities (baseline)",
    "judge": "judge: 17 features of the notes",
    "judge without key": "judge, deaf to the key",
    "mode alone": "major or minor alone",
    "both codes": "codes of the GM-VAE",
}


def carried(labels: dict) -> Table:
    """AUC of valence and arousal on pieces never seen, with intervals over pieces."""

    def separation(mood: str, protocol: str, score_name: str) -> str:
        score = labels[mood][protocol].get(score_name)
        if score is None:
            return "–"
        low, high = score["interval"]
        return f"{score['auc']:.2f} [{low:.2f}, {high:.2f}]"

    columns = (
        ("valence", "cross_validated"),
        ("valence", "held_out"),
        ("arousal", "cross_validated"),
    )
    counts = [labels[mood][protocol] for mood, protocol in columns]
    rows = [
        (words, *(separation(*column, score_name) for column in columns))
        for score_name, words in SCORE_TITLES.items()
    ]
    rows.append(
        (
            "pieces, of them with low; segments",
            *(f"{c['pieces']}, {c['pieces_with_low']}; {c['segments']:,}" for c in counts),
        )
    )
    return rows, (
        "AUC",
        "valence, cross-validated",
        "valence, held out",
        "arousal, cross-validated",
    )


def presets(models: dict[str, dict], names: Sequence[str]) -> Table:
    """Share of segments that each preset moved as asked, and what it left of them."""
    rows = []
    for model in names:
        for preset, moods in (*PRESETS.items(), *((f"valence {s}", {"valence": s}) for s in SIDES)):
            moves, control = models[model][preset], models[model]["nothing"]["judges"]
            shares = [
                f"{_percent(moves['judges'][mood][side]['moved'])} "
                f"({_percent(control[mood][side]['moved'])})"
                if (side := moods.get(mood))
                else "–"
                for mood in ("arousal", "valence")
            ]
            identity = moves["identity"]
            rows.append(
                (
                    f"{model}: {preset}",
                    *shares,
                    ", ".join(f"{moves['judges'][m]['mean_change']:+.2f}" for m in MOODS),
                    f"{identity['note_f1']:.2f}, {identity['pitch_class_cosine']:.2f}, "
                    f"{identity['key_kept']:.2f}, {moves['tonic_kept']:.2f}",
                )
            )
    return rows, (
        "preset",
        "arousal moved (by nothing)",
        "valence moved (by nothing)",
        "mean log-odds: arousal, valence",
        "F1, harmony, key kept, tonic kept",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
