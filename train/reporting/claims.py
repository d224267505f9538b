"""Claim by claim: what the paper says (Tan and Herremans, ISMIR 2020) beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from train.reporting import verdicts
from train.reporting.markdown import NONE, Table, percent
from train.reporting.paper import (
    COLUMNS,
    FADERS,
    LISTENERS,
    NAMES,
    NOTE,
    PAPER,
    RHYTHM,
)
from train.reporting.split_results import Models

REGULARISED = ("vanilla", "gmvae", "pati")  # by Pati et al.'s loss
OTHERS = ("cvae", "fadernetworks", "glsr")


@dataclass(frozen=True)
class Claim:
    """One claim of the paper.

    Attributes
    ----------
    words, paper : str
        What it says, and its figures.
    measured : Models -> str
        Whether it holds, and ours.
    """

    words: str
    paper: str
    measured: Callable[[Models], str]


def column(score: str, fader: str) -> int:
    """The place of a score in Table 1."""
    return COLUMNS.index((score, fader))


def least_above_greatest(higher: Iterable[str], lower: Iterable[str], place: int) -> str:
    """The paper's least figure of some models and its greatest of others: "0.90 > 0.80"."""
    least = min(PAPER[NAMES[model]][place] for model in higher)
    return f"{least:.2f} > {max(PAPER[NAMES[model]][place] for model in lower):.2f}"


def _ranked_claim(words: str, higher: Sequence[str], lower: Sequence[str], place: int) -> Claim:
    fader = COLUMNS[place][1]
    figures = least_above_greatest(higher, lower, place)
    return Claim(f"{words}: {fader}", figures, verdicts.ranked(higher, lower, place))


CLAIMS = (
    *(
        _ranked_claim(
            "Table 1: Vanilla VAE, GM-VAE and Pati et al. are more linear than the other three",
            REGULARISED, OTHERS, column("linearity", fader),
        )
        for fader in FADERS
    ),
    _ranked_claim(
        "Table 1: the same three are more consistent",
        REGULARISED, OTHERS, column("consistency", RHYTHM),
    ),
    *(
        _ranked_claim(
            "Table 1: the GM-VAE is more consistent than the Vanilla VAE",
            ("gmvae",), ("vanilla",), column("consistency", fader),
        )
        for fader in FADERS
    ),
    *(
        _ranked_claim(
            "Table 1: CVAE and Fader Networks leave the other density more alone than the GM-VAE",
            ("cvae", "fadernetworks"), ("gmvae",), column("restrictiveness", fader),
        )
        for fader in FADERS
    ),
    Claim("Table 1: order of the models in each column (Kendall's τ)", "1", verdicts.order),
    Claim(
        f"Table 1: the GM-VAE's scores, less {verdicts.NEAR} at most", "6 of 6", verdicts.reached
    ),
    Claim("Figure 3: segments of the two clusters lie apart (silhouette)", "seen", verdicts.apart),
    Claim("Figure 3: every segment belongs to a cluster", "seen", verdicts.all_belong),
    *(
        Claim(f"Figure 3: the cluster of high arousal has {words}", "seen", measure)
        for words, measure in (
            ("more onsets", verdicts.density_of_clusters(RHYTHM, 1)),
            ("fewer notes", verdicts.density_of_clusters(NOTE, -1)),
        )
    ),
    *(
        Claim(f"… what people rated high has {words}", NONE, measure)
        for words, measure in (
            ("more onsets", verdicts.density_of_ratings(RHYTHM, 1)),
            ("fewer notes", verdicts.density_of_ratings(NOTE, -1)),
        )
    ),
    Claim(
        "Figure 3: z^d follows the density, rhythm, note (rank correlation)", "seen",
        verdicts.follows,
    ),
    Claim("Figure 4: codes with low-level features tell arousal apart, without do not", "seen",
          verdicts.with_features),
    *(
        Claim(
            f"Section 5.2: a shift to {side} arousal is heard",
            f"{percent(LISTENERS[side])} of responses", verdicts.shifted(side),
        )
        for side in ("high", "low")
    ),
    Claim("1 % of labels is enough (against 0, 5, 100 %)", "said", verdicts.few_labels),
)  # fmt: skip


def claims(sets: Sequence[Models]) -> Table:
    """Every claim, the paper's figures and ours."""
    rows = [(c.words, c.paper, *(c.measured(models) for models in sets)) for c in CLAIMS]
    return rows, ("claim", "paper", *(models.title for models in sets))
