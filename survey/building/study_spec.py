"""What study is to be built: a name, music, a model, and how many pairs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from db.models import TRANSFER
from survey.core import texts
from survey.designs import registry, rules
from survey.designs.design import DesignError
from survey.designs.questions import Question
from survey.ratings import exclusion
from survey.ratings.exclusion import Rules

NAME = "listening-test"
MOST_PAIRS = 200
LONGEST_LEASE_MINUTES = 7 * 24 * 60
DARKEST, BRIGHTEST = 0.5, 16.0  # kHz
WEAKEST, STRONGEST = 0.01, 10.0
LONGEST_TEXT = 200  # characters of a title or a contact
LONGEST_NOTE = 2000  # of how long answers are kept
LONGEST_STATEMENT = 500  # of the sentence that people agree to
LONGEST_INFORMATION = 10_000  # of what they read before


class BuildError(ValueError):
    """A study cannot be built as asked; the message is one sentence for a person."""


def checked_name(name: str) -> str:
    """A study's name, if it can be a part of addresses.

    Raises
    ------
    BuildError
        If not.
    """
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", name):
        raise BuildError(
            f"{name!r} cannot name a study: use 1 to 64 small letters, digits and hyphens."
        )
    return name


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
    information, statement : str
        What participants read before they agree, and the sentence that they agree to; "" for those
        of the language's words. A line that begins with ``# `` is a heading.
    design : str
        One of `survey.designs.registry`.
    questions : tuple of Question or None
        What is asked; None: what the design asks. None in the design `transfer`.
    stimuli : Path or None
        A table of sounds, as `survey.building.stimuli_file` reads it, instead of music.
    loudness : str
        Of these sounds: "align" or "keep".
    anchors : tuple of float or None
        Versions of the references that are added: kilohertz above which nothing is heard; None:
        those of the design.
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
    repeats : int
        Trials of each participant that come once more, of those whose questions are data.
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
    chosen_by : str
        Who hears which segments of MIDI files are calm: the shipped "classifier" of notes, which
        knows no model, or the "model" that transfers them, as studies of earlier versions have it.

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
    information: str = ""
    statement: str = ""
    design: str = TRANSFER
    questions: tuple[Question, ...] | None = None
    stimuli: Path | None = None
    loudness: Literal["align", "keep"] = "align"
    anchors: tuple[float, ...] | None = None
    midi: Path | None = None
    pairs: int = 10
    checkpoint: str | None = None
    strengths: tuple[float, ...] = (1.0,)
    seed: int = 1
    trials_each: int | None = None
    repeats: int = 0
    is_open: bool = False
    actor: str = "admin"
    rules: Rules | None = None
    lease: int = 60
    chosen_by: Literal["classifier", "model"] = "classifier"

    def __post_init__(self) -> None:
        if self.language not in texts.languages():
            known = ", ".join(texts.languages())
            raise BuildError(f"There are no texts in {self.language!r}; there are: {known}.")
        say = texts.for_design(texts.load(self.language), self.design)
        title = say("home.study") if self.title is None else self.title
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "information", texts.tidy(self.information))
        checked_name(self.name)
        for text, name, most in (
            (title, "title", LONGEST_TEXT),
            (self.contact, "contact", LONGEST_TEXT),
            (self.retention, "retention note", LONGEST_NOTE),
            (self.information, "information", LONGEST_INFORMATION),
            (self.statement, "statement", LONGEST_STATEMENT),
        ):
            if len(text) > most:
                raise BuildError(f"The {name} is longer than {most} characters.")
            if "\0" in text:
                raise BuildError(f"The {name} holds the character NUL, which cannot be stored.")
        if not title.strip():
            raise BuildError("The title is empty.")
        if not 1 <= self.pairs <= MOST_PAIRS:
            raise BuildError(f"{self.pairs} pairs are not between 1 and {MOST_PAIRS}.")
        check_strengths(self.strengths)
        try:
            design = registry.find(self.design)
        except DesignError as error:
            raise BuildError(str(error)) from error
        if self.stimuli is None and not design.is_transfer:
            raise BuildError(
                f"A study of the design {self.design} takes a table of sounds, with --stimuli."
            )
        if any(not DARKEST <= limit <= BRIGHTEST for limit in self.anchors or ()):
            raise BuildError(
                f"Anchors are cut off at {DARKEST:g} to {BRIGHTEST:g} kHz, which is not so here."
            )
        if self.questions is not None and design.is_transfer:
            raise BuildError(f"The design {self.design} has no questions of your own.")
        if self.repeats < 0 or (self.repeats and design.is_transfer):
            raise BuildError(
                f"A study of the design {self.design} repeats no trials; it has identical and "
                "swapped pairs."
                if design.is_transfer
                else f"{self.repeats} trials cannot be repeated."
            )
        if self.rules is not None:
            try:
                if design.is_transfer:
                    exclusion.checked(self.rules)
                else:
                    rules.checked_rules(self.rules)
            except ValueError as error:
                raise BuildError(f"These rules cannot be: {error}") from error
        if not 1 <= self.lease <= LONGEST_LEASE_MINUTES:
            raise BuildError(
                f"A lease of {self.lease} minutes is not between 1 and {LONGEST_LEASE_MINUTES}."
            )
        if self.seed < 0:
            raise BuildError(f"The seed {self.seed} is below 0.")
        if self.stimuli is not None:
            if self.trials_each is not None and self.trials_each < 1:
                raise BuildError("A participant needs one trial at least.")
        elif not 1 <= self.each <= self.transfers:
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


def check_strengths(strengths: Sequence[float]) -> None:
    """Refuse strengths of transfers that are out of their range, or cannot be told apart.

    Raises
    ------
    BuildError
    """
    for strength in strengths:
        if not (math.isfinite(strength) and WEAKEST <= strength <= STRONGEST):
            raise BuildError(
                f"The strength {strength:g} is not between {WEAKEST:g} and {STRONGEST:g}."
            )
    names = [f"{strength:g}" for strength in strengths]
    if not names or len(set(names)) < len(names):
        raise BuildError("Give one strength or several different ones.")
