"""Weights of the preferences that an arrangement adds to the reviser's log-odds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArrangementWeights:
    """How strongly an arrangement prefers the labels and notes of its segment.

    The defaults were chosen on unseen segments of another seed than those that are reported;
    `train.ablation` measures what each does.

    Attributes
    ----------
    passes : int
        Times that the reviser is asked; from the second on it is shown its last choice.
    stays_rhythm, stays_note : float
        Cost in nats of a rhythm label other than the segment's; of each note more or fewer.
    even_rhythm : float
        Cost in nats of each onset by which a plan is ahead of the segment's rhythm, or behind it,
        at every beat: what is taken or added shall be so all over the segment.
    even_note : float
        Cost in nats of the square of how many notes a step has more or fewer, for the same reason.
    unlike_gaps, unlike_beats : float
        Where fewer onsets are asked for of music that has beats, or more of a written grid, cost in
        nats of each gap between onsets that is unlike the one before in time, and of each step that
        strikes where a beat before, or two, does not, or the other way round.
    uneven_when_fewer, uneven_when_more : float
        Where fewer onsets, or more, are asked for of a take without a click, cost in nats of each
        octave by which a gap between onsets is longer or shorter than the one before.
    in_pattern : float
        Nats in favour of an onset, where fewer are asked for, that every beat has at its place;
        half of them against one that no other beat has, half for one that all have.
    on_beat : float
        Nats in favour of an onset on a beat, where fewer are asked for of music that has beats.
    in_gaps : float
        Nats in favour of an onset, where more are asked for, for each step beyond one to the
        nearest onset of the segment: busy music has no long gaps.
    keeps_melody : float
        Cost in nats of a step without an onset where the segment strikes its highest note.
    lets_go : float
        Cost in nats of each note that ends in a step without an onset, where the segment has none
        end: notes end when others are struck.
    free_notes : float
        How far the note density may go along, in notes at once, where nobody asks for one.
    passes_by : float
        Log-odds against holding a note that gave way to another within its step.
    rhythm_decoder, note_decoder : float
        Weights of the codes' label decoders, 1 for their log-probabilities as they are.
    stays_onset, stays_hold : float
        Log-odds added to an onset of the segment; to a hold over a key that does not sound, half
        of them where more onsets or more notes are asked for.
    in_melody : float
        Log-odds added to the highest note of each step, and taken from keys above it.
    in_bass : float
        Log-odds added to the lowest note of each step, and taken from keys below it.
    in_harmony : float
        Log-odds added to the pitch class that sounds longest; to others in proportion.
    again : float
        Log-odds taken from a new strike of a key that sounds in the step before.
    adds : float
        Log-odds taken from every new strike where neither more onsets nor more notes are asked
        for: what becomes calmer or thinner gets nothing new.
    clashes : float
        Log-odds taken from a new strike a second away from a key that sounds.
    rings : float
        Log-odds added to notes that ring in, and to those that the next segment goes on with;
        cost of each of them that a plan has no room for.
    plan_noise, note_noise : float
        Size of the random differences between candidates: nats of a plan, log-odds of a note.
    recall : float
        Weight of the share of kept notes in the choice of a candidate; harmony and key count 1.
    beside : float
        Weight, in that choice, of each octave of register and each 20 of velocity by which a
        candidate jumps further at the borders of its segment than the segment does.
    unlike_music : float
        Weight, in that choice, of the log-odds by which a candidate is told from real music.
    """

    passes: int = 1
    stays_rhythm: float = 3.0
    stays_note: float = 1.0
    even_rhythm: float = 2.0
    even_note: float = 0.5
    unlike_gaps: float = 2.0
    unlike_beats: float = 1.0
    uneven_when_fewer: float = 3.0
    uneven_when_more: float = 1.0
    in_pattern: float = 6.0
    on_beat: float = 2.0
    in_gaps: float = 3.0
    keeps_melody: float = 8.0
    lets_go: float = 1.0
    free_notes: float = 0.3
    passes_by: float = 4.0
    rhythm_decoder: float = 1.0
    note_decoder: float = 0.5
    stays_onset: float = 6.0
    stays_hold: float = 4.0
    in_melody: float = 6.0
    in_bass: float = 3.0
    in_harmony: float = 2.0
    again: float = 7.0
    adds: float = 20.0
    clashes: float = 2.0
    rings: float = 8.0
    plan_noise: float = 2.0
    note_noise: float = 2.0
    recall: float = 1.0
    beside: float = 0.06
    unlike_music: float = 0.3
