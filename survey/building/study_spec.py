"""What study is to be built: a name, music, a model, and how many pairs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from survey.core import texts
from survey.ratings import exclusion
from survey.ratings.exclusion import Rules

NAME = "listening-test"
MOST_PAIRS = 200
LONGEST_LEASE_MINUTES = 7 * 24 * 60
WEAKEST, STRONGEST = 0.01, 10.0
LONGEST_TEXT = 200  # characters of a title or a contact
LONGEST_NOTE = 2000  # of how long answers are kept


class BuildError(ValueError):
    """A study cannot be built as asked; the message is one sentence for a person."""


@dataclass(frozen=True)
class StudySpec:
    """What study is to be built.

    Attributes
    ----------
    name : str
        Small letters, digits and hyphens; part of the study's address.
    title : str or None
        What participants read; None: what the language's words say.
    language : str
        Of all that participants read, one of `survey.core.texts.languages`.
    contact : str
        Whom they may write to.
    retention : str
        What the consent page says of how long answers are kept.
    midi : Path or None
        Folder of MIDI files; None takes pieces that come with music21.
    pairs : int
        Segments in each direction, 1 to `MOST_PAIRS`.
    checkpoint : str or None
        A shipped model, a checkpoint's folder or None for the default.
    strengths : tuple of float
        Of the transfer, above 0. Every segment is transferred at every strength.
    seed : int
        The same seed, music and versions of the libraries give the same study, byte by byte.
    trials_each : int or None
        Transfer trials of one participant; None for all there are.
    is_open : bool
        Whether participants may begin at once.
    actor : str
        Who builds it, one of `db.models.ACTORS`.
    rules : dict or None
        Whom the analysis leaves out, as `survey.ratings.exclusion.apply_rules` says; None for its
        `NEW_STUDY_RULES`.
    lease : int
        Minutes of silence after which a participant's place is given to others, up to
        `LONGEST_LEASE_MINUTES`.

    Raises
    ------
    BuildError
        If a value is out of its range.
    """

    name: str = NAME
    title: str | None = None
    language: str = texts.DEFAULT
    contact: str = ""
    retention: str = ""
    midi: Path | None = None
    pairs: int = 10
    checkpoint: str | None = None
    strengths: tuple[float, ...] = (1.0,)
    seed: int = 1
    trials_each: int | None = None
    is_open: bool = False
    actor: str = "admin"
    rules: Rules | None = None
    lease: int = 60

    def __post_init__(self) -> None:
        if self.language not in texts.languages():
            known = ", ".join(texts.languages())
            raise BuildError(f"There are no texts in {self.language!r}; there are: {known}.")
        title = texts.load(self.language)("home.study") if self.title is None else self.title
        object.__setattr__(self, "title", title)
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", self.name):
            raise BuildError(
                f"{self.name!r} cannot name a study: use 1 to 64 small letters, digits and hyphens."
            )
        for text, name, most in (
            (title, "title", LONGEST_TEXT),
            (self.contact, "contact", LONGEST_TEXT),
            (self.retention, "retention note", LONGEST_NOTE),
        ):
            if len(text) > most:
                raise BuildError(f"The {name} is longer than {most} characters.")
        if not title.strip():
            raise BuildError("The title is empty.")
        if not 1 <= self.pairs <= MOST_PAIRS:
            raise BuildError(f"{self.pairs} pairs are not between 1 and {MOST_PAIRS}.")
        for strength in self.strengths:
            if not (math.isfinite(strength) and WEAKEST <= strength <= STRONGEST):
                raise BuildError(
                    f"The strength {strength:g} is not between {WEAKEST:g} and {STRONGEST:g}."
                )
        names = [f"{strength:g}" for strength in self.strengths]
        if not names or len(set(names)) < len(names):
            raise BuildError("Give one strength or several different ones.")
        if self.rules is not None:
            try:
                exclusion.checked(self.rules)
            except ValueError as error:
                raise BuildError(f"These rules cannot be: {error}") from error
        if not 1 <= self.lease <= LONGEST_LEASE_MINUTES:
            raise BuildError(
                f"A lease of {self.lease} minutes is not between 1 and {LONGEST_LEASE_MINUTES}."
            )
        if self.seed < 0:
            raise BuildError(f"The seed {self.seed} is below 0.")
        if not 1 <= self.each <= self.transfers:
            raise BuildError(
                f"A participant cannot have {self.trials_each} of {self.transfers} trials."
            )

    @property
    def transfers(self) -> int:
        """Transfer pairs of the study."""
        return 2 * self.pairs * len(self.strengths)

    @property
    def each(self) -> int:
        """Transfer trials of one participant."""
        return self.transfers if self.trials_each is None else self.trials_each
