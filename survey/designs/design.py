"""What a design is: which clips a trial has, what is asked of them, and how that is analysed.

Each design is a module of this room with a `DESIGN`, and a row in `survey.designs.registry`. Its
name is the same in `python -m survey.build --design`, in the database and in exports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from db.models import PLACES, TRANSFER
from survey.core.texts import Texts
from survey.designs.questions import Question
from survey.statistics.estimate import Estimate

REFERENCE = "reference"  # the system of what others are versions of


class DesignError(ValueError):
    """A study of this design cannot be; the message is one sentence for a person."""


@dataclass(frozen=True)
class Item:
    """What is to be rated, in several versions.

    Attributes
    ----------
    name : str
    systems : tuple of str
        Who made the versions there are, `REFERENCE` left out; in the order of the table.
    has_reference : bool
    """

    name: str
    systems: tuple[str, ...]
    has_reference: bool


@dataclass(frozen=True)
class Resampling:
    """The seed and the number of draws of an analysis's bootstrap."""

    seed: int
    draws: int


@dataclass(frozen=True)
class Chart:
    """Means with intervals, to be drawn as bars.

    Attributes
    ----------
    name : str
        Of its files.
    means : dict
        By what is below each bar.
    least, most : float
        Ends of the scale.
    label : str
        Of the scale.
    """

    name: str
    means: Mapping[str, Estimate]
    least: float
    most: float
    label: str


@dataclass(frozen=True)
class Findings:
    """What an analysis says of some participants' ratings: tables by name, sentences, charts."""

    tables: Mapping[str, pd.DataFrame]
    sentences: Sequence[str] = ()
    charts: Sequence[Chart] = ()


Analysis = Callable[[pd.DataFrame, Sequence[Question], Resampling], Findings]


@dataclass(frozen=True)
class Design:
    """A design.

    Attributes
    ----------
    name : str
        32 characters at most.
    stimuli : callable
        Of an item, the trials that can be made: each the systems of its clips, in their order.
        Raises `DesignError` if the item lacks something.
    questions : callable
        What is asked where a study says nothing else, in a language's words.
    analyse : callable or None
        Of the ratings (`survey.designs.ratings`), the questions and a seed. None: that of
        `survey.analysis`, of the design `transfer` alone.
    labels : tuple of str
        What the clips are called, keys of the words' `rated.places`; further ones are numbered.
    has_reference : bool
        Whether the first clip is the reference, openly: nothing is asked of it.
    is_shuffled : bool
        Whether the clips that are compared come in another order in every trial.
    in_order : bool
        Whether each clip waits until the one before was heard.
    anchors : tuple of float
        Versions of the reference that are added unless a study says otherwise: kilohertz above
        which nothing is heard.
    about : str
        One line of what it is, for `--help` and the documentation.
    """

    name: str
    stimuli: Callable[[Item], list[tuple[str, ...]]]
    questions: Callable[[Texts], Sequence[Question]] = lambda say: ()
    analyse: Analysis | None = None
    labels: tuple[str, ...] = ()
    has_reference: bool = False
    is_shuffled: bool = False
    in_order: bool = True
    anchors: tuple[float, ...] = ()
    about: str = ""

    @property
    def is_transfer(self) -> bool:
        """Whether answers are a direction and four ratings, not replies."""
        return self.name == TRANSFER

    def compared(self, size: int) -> range:
        """The places of the clips that are compared, of a trial of so many."""
        return range(int(self.has_reference), size)

    def label(self, place: int, size: int, say: Texts) -> str:
        """What the clip at a place is called, in a language's words."""
        if place < len(self.labels):
            return say(f"places.{self.labels[place]}")
        return say("places.number", number=place + 1 - len(self.labels))

    def key(self, place: int) -> str:
        """The letter that plays the clip at a place, the same in every language; "" for none."""
        if place >= len(self.labels):
            return ""
        return "a" if self.labels[place] == "clip" else self.labels[place][0]

    def check(self, systems: Sequence[tuple[str, ...]]) -> None:
        """Refuse trials of too many clips.

        Raises
        ------
        DesignError
        """
        for clips in systems:
            if not 1 <= len(clips) <= len(PLACES):
                raise DesignError(
                    f"A trial of {len(clips)} clips is not possible; it has 1 to {len(PLACES)}."
                )
