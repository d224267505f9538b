"""What the table on the discriminator says, from the results of `train.discriminator`."""

from __future__ import annotations

from train.reporting.markdown import Table
from train.reporting.results.discriminator import Discriminating


def rows(result: Discriminating) -> Table:
    """How well it tells arrangements of training pieces that it did not learn from."""
    cells = [
        (
            corpus.music,
            f"{corpus.pieces}, {corpus.held_out_pieces}",
            f"{corpus.windows:,}",
            f"{corpus.auc_of_any:.2f}",
            f"{corpus.auc_of_chosen:.2f}",
        )
        for corpus in result.corpora
    ]
    head = (
        "training pieces of", "pieces, held out", "segments",
        "AUC, a candidate at random", "AUC, the one it would take",
    )  # fmt: skip
    return cells, head
