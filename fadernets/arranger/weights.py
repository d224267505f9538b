"""What speaks for and against the notes of an arrangement beside the reviser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArrangementWeights:
    """How strongly an arrangement leans towards the segment it is made of.

    The defaults were chosen on unseen segments of another seed than those that are reported;
    `train.ablation` measures what each does.

    Attributes
    ----------
    passes : int
        The reviser sees its own choice that often, less one.
    stays_rhythm, stays_note : float
        Nats against another rhythm label than the segment's; against each note more or fewer.
    rhythm_decoder, note_decoder : float
        Weights of the codes' label decoders.
    stays_onset, stays_hold : float
        Log-odds that a note of the segment has in advance.
    in_melody : float
        Log-odds of the segment's highest notes, and against notes above them.
    in_harmony : float
        Log-odds of the pitch class heard longest over one that is not heard.
    plan_noise, note_noise : float
        How much candidates differ: nats, log-odds.
    recall : float
        What the share of kept notes counts beside harmony and key, among candidates.
    """

    passes: int = 1
    stays_rhythm: float = 3.0
    stays_note: float = 1.0
    rhythm_decoder: float = 1.0
    note_decoder: float = 0.5
    stays_onset: float = 6.0
    stays_hold: float = 4.0
    in_melody: float = 3.0
    in_harmony: float = 2.0
    plan_noise: float = 4.0
    note_noise: float = 2.0
    recall: float = 0.3
