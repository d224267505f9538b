"""Figure 4: arousal among codes with and without low-level features (paper 5.1)."""

from __future__ import annotations

import numpy as np

from train.figures import facts, style
from train.figures.figure3 import legend, sides
from train.figures.style import Drawn
from train.reporting.reading import ResultFiles
from train.reporting.results.latent import Latent
from train.reporting.results.part import present

WITHOUT = "singlegmvae"
SIZE = 18  # of a dot, square points


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """One figure, a panel a model; needs a model of either sort."""
    if not results.latents:
        return [], ["figure 4: no results of train.latent"]
    rated = [latent for latent in results.latents if latent.labelled]
    lacking = [latent.name for latent in results.latents if latent not in rated]
    missing = [f"figure 4: {name} has no map of rated segments" for name in lacking]
    with_features = [latent for latent in rated if latent.model != WITHOUT]
    without = [latent for latent in rated if latent.model == WITHOUT]
    for sort, models in (("with", with_features), ("without", without)):
        if not models:
            missing.append(f"figure 4: no model {sort} low-level features to compare")
    if not with_features or not without:
        return [], missing
    latents = with_features + without
    figure = style.figure(0.45 + style.WIDTH / max(3, len(latents)) + 0.35)
    for axes, latent in zip(
        figure.subplots(1, len(latents), squeeze=False)[0], latents, strict=True
    ):
        part = present(latent.labelled)
        sides(axes, np.array(part.x), np.array(part.y), np.array(part.arousal), SIZE)
        sort = "without" if latent.model == WITHOUT else "with"
        axes.set_title(f"{sort} low-level features\n{latent.name}")
        axes.set_xlabel(measured(latent))
    part = present(latents[0].labelled)
    legend(figure, rated=np.array(part.arousal))
    drawn = Drawn(
        "figure4",
        figure,
        "Maps of the codes of rated segments: "
        + "; ".join(f"{latent.name} {measured(latent)}".replace("\n", ", ") for latent in latents),
        f"{part.segments} rated segments that no model saw, of {part.pieces} pieces; t-SNE with "
        f"perplexity {latents[0].perplexity:g}; intervals are over pieces. "
        f"{facts.provenance(latents)}",
    )
    return [drawn], missing


def measured(latent: Latent) -> str:
    """How far apart the two sides lie, and how well the model tells them apart."""
    part = present(latent.labelled)
    text = f"silhouette {part.silhouette:.2f}"
    if part.auc is not None:
        low, high = part.auc_interval or (float("nan"), float("nan"))
        text += f"\nAUC {part.auc:.2f} ({low:.2f} to {high:.2f})"
    return text
