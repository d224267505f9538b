"""A check whether somebody wears headphones: which of three tones is the quietest, six times.

One tone is 6 dB quieter than the others. Another has its two channels in antiphase: in the air
these cancel, so that by loudspeakers it is the one that seems quietest; by headphones it is as loud
as the third. Every order of the three comes once, and who names the quiet one five times or more
has passed, as in K. J. P. Woods, M. H. Siegel, J. Traer and J. H. McDermott, "Headphone screening
to facilitate web-based auditory experiments", Attention, Perception, & Psychophysics 79 (2017).
Loudspeakers that are far apart may pass, too: A. E. Milne et al., "An online headphone screening
test based on dichotic pitch", Behavior Research Methods 53 (2021), compare it with a stricter one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations

from db.models import Participant, Study

QUIET, ANTIPHASE, PLAIN = "quiet", "antiphase", "plain"
PATTERNS = tuple(permutations((QUIET, ANTIPHASE, PLAIN)))  # of a sound each
PASSED = 5  # of these named rightly, at least


def order(participant: Participant) -> list[int]:
    """The order in which somebody hears the patterns, by their places: always the same for one."""
    return random.Random(participant.public_id).sample(range(len(PATTERNS)), len(PATTERNS))


def files(participant: Participant) -> list[str]:
    """The files of the sounds in that order, below ``static/``."""
    return [f"tones-{place + 1}.mp3" for place in order(participant)]


def right(participant: Participant, answers: Sequence[int]) -> int:
    """How often the quiet tone was named, each answer its place from 1 in the sound."""
    true_places = [PATTERNS[place].index(QUIET) + 1 for place in order(participant)]
    return sum(answer == true for answer, true in zip(answers, true_places, strict=True))


def is_asked(study: Study, participant: Participant) -> bool:
    """Whether somebody has the check still before them."""
    return study.headphones != "none" and participant.headphones_right is None


def is_turned_away(study: Study, participant: Participant) -> bool:
    """Whether somebody cannot take part for what came out."""
    score = participant.headphones_right
    return study.headphones == "gate" and score is not None and score < PASSED
