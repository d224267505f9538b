"""What phrases are to be made: the same for the command and for the admin's page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from survey.building.study_spec import MOST_PAIRS, BuildError, check_strengths
from survey.designs import registry
from survey.designs.design import DesignError, Item
from survey.phrases.way import ways

TABLE = "stimuli.csv"  # in the folder of phrases
LEAST_SECONDS, MOST_SECONDS = 1.0, 100.0  # that a phrase may be asked to last


@dataclass(frozen=True)
class PhrasesPlan:
    """What phrases are to be made.

    Attributes
    ----------
    midi : Path or None
        Folder of MIDI files; None takes pieces that come with music21.
    ways : tuple of str
        Where moods go, of `survey.phrases.way.WAYS`.
    checkpoints : tuple of str or None
        Shipped models or folders; None: the default.
    strengths : tuple of float
        Of the transfers; every model at each.
    phrases, practice : int
        Of each way, to be rated and for practice; at most `MOST_PAIRS` in all.
    seconds : (float, float)
        That a phrase lasts at least and at most.
    seed : int
        The same seed, music and versions of the libraries give the same files, byte by byte.

    Raises
    ------
    BuildError
        If a value is out of its range.
    """

    midi: Path | None = None
    ways: tuple[str, ...] = ("low", "high")
    checkpoints: tuple[str | None, ...] = (None,)
    strengths: tuple[float, ...] = (1.0,)
    phrases: int = 6
    practice: int = 1
    seconds: tuple[float, float] = (8.0, 20.0)
    seed: int = 1

    def __post_init__(self) -> None:
        ways(self.ways)
        check_strengths(self.strengths)
        shortest, longest = self.seconds
        if not LEAST_SECONDS <= shortest <= longest <= MOST_SECONDS:
            raise BuildError(
                f"Phrases last {LEAST_SECONDS:g} to {MOST_SECONDS:g} s, the shortest first."
            )
        if self.phrases < 1:
            raise BuildError("There is nothing to rate without phrases.")
        if self.practice < 0 or self.each > MOST_PAIRS:
            raise BuildError(f"{self.each} phrases of each way are not 1 to {MOST_PAIRS}.")
        if not self.checkpoints:
            raise BuildError("Choose one model or several.")

    @property
    def each(self) -> int:
        """Phrases of each way, practice included."""
        return self.phrases + self.practice

    def check_design(self, name: str) -> None:
        """Refuse a design of which no study can be made of these phrases, before they are made.

        Raises
        ------
        BuildError
        """
        systems = tuple(map(str, range(len(self.checkpoints) * len(self.strengths))))
        try:
            design = registry.find(name)
            design.check(design.stimuli(Item(f"{self.ways[0]}-01", systems, has_reference=True)))
        except DesignError as error:
            raise BuildError(str(error)) from error
        for way in ways(self.ways) if design.is_transfer else []:
            if not way.direction:
                raise BuildError(
                    f"The design {name} is of arousal, which {way.name} leaves as it is."
                )

    def options(self, names: list[str]) -> str:
        """The same as options of the command, with the names of the models; without the music."""
        return (
            f"--ways {' '.join(self.ways)} --checkpoint {' '.join(names)} "
            f"--strength {' '.join(f'{strength:g}' for strength in self.strengths)} "
            f"--phrases {self.phrases} --practice {self.practice} "
            f"--seconds {' '.join(f'{seconds:g}' for seconds in self.seconds)} --seed {self.seed}"
        )
