"""Whether a piece follows the beats of its file, as scores and takes to a click do.

A performance recorded without a click has beats and bars only by the clock of the recorder, and
their numbers mean nothing to a musician.
"""

from __future__ import annotations

import numpy as np

DIVISIONS = (1, 2, 3, 4)  # of a beat on which onsets may gather
# Those of demisemiquavers, sextuplets and shorter notes: most notes of a slow movement may stand
# between the divisions above. Of few notes these gather on one of so many by chance.
FINE_DIVISIONS = (6, 8, 16)
MANY_NOTES = 64
# Length of the onsets' mean direction, 0 to 1, from which they follow the beat: most scores have .9
# and more, performances .05 at most.
MIN_MEAN_DIRECTION = 0.45
MIN_NOTES = 16  # of fewer, the mean direction says nothing


def follows_beats(onset: np.ndarray) -> bool:
    """Whether onsets gather on a division of the beat, by the length of their mean direction.

    True of too few notes to tell.

    Parameters
    ----------
    onset : float array, shape (n,)
        Beats from the beginning of a piece.
    """
    if len(onset) < MIN_NOTES:
        return True
    turn = np.exp(2j * np.pi * onset)  # an exponential takes longer than a power
    divisions = DIVISIONS + FINE_DIVISIONS * (len(onset) >= MANY_NOTES)
    directions = [abs((turn**division).mean()) for division in divisions]
    return bool(max(directions) >= MIN_MEAN_DIRECTION)
