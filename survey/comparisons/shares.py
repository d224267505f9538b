"""What one participant's trials leave out: some of what is compared, stimuli that nobody hears."""

from __future__ import annotations


def uneven(trials: int, most: int, compared: int, name: str) -> list[str]:
    """Where one person's trials do not go round all that is compared.

    Parameters
    ----------
    trials : int
        Of one participant.
    most : int
        How many one participant can have, of the same versions only one.
    compared : int
        How many there are to be told apart.
    name : str
        What these are, in the plural.
    """
    trials = min(trials, most)
    if compared < 2 or not trials % compared:
        return []
    if trials < compared:
        return [
            f"one participant has {trials} {'trial' if trials == 1 else 'trials'}, and there are "
            f"{compared} {name}: nobody hears them all, so that different people tell them apart, "
            f"and intervals are wider. With {compared} trials, or a multiple, everybody does."
        ]
    lower, higher = trials - trials % compared, trials + compared - trials % compared
    numbers = f"{lower} or {higher}" if higher <= most else str(lower)
    return [
        f"one participant has {trials} trials, which do not go round {compared} {name}: everybody "
        f"hears some of them more often than others. {numbers} trials would be as many of each."
    ]


def unheard(people: str, number: int, trials: int, stimuli: int) -> list[str]:
    """Where so many people cannot hear all.

    Parameters
    ----------
    people : str
        Who they are, with their number.
    number, trials, stimuli : int
        Of people, of the trials of one of them, and of all that there is to be heard.
    """
    heard = number * trials
    if heard >= stimuli:
        return []
    return [
        f"{people} hear {heard} at most of {stimuli} stimuli, and the others are heard by nobody. "
        "Ask more people, give each more trials, or build fewer stimuli."
    ]


def name_of(clips: int) -> str:
    """What is compared where so many systems are in one trial, in the plural."""
    return "systems" if clips == 1 else "pairs of systems"
