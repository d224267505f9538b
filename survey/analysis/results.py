"""All statistics of one study, in the report's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.ratings.exclusion import (
    Excluded,
    Rules,
)
from survey.ratings.habits import Habit
from survey.statistics.agreement import Agreement, Directions
from survey.statistics.chance_tests import Chance
from survey.statistics.conditions import Condition, Contrast
from survey.statistics.dose_response import Changes, Dose
from survey.statistics.mean_opinion_score import Opinion
from survey.statistics.participants import Headphones, ParticipantSummary
from survey.statistics.pieces import MusicAmount
from survey.statistics.precision import Precision
from survey.statistics.reliability import Reliability
from survey.statistics.reservations import DropoutReport
from survey.statistics.signal_detection import Detection, Lean


@dataclass(frozen=True)
class Exclusion:
    """A rule that was applied, what it means, how many fell under it, of how many it can tell."""

    rule: str
    meaning: str
    participants: int
    checked: int


TOGETHER = "all conditions together, as asked"


@dataclass(frozen=True)
class Haste:
    """Answers that came before their clips could be heard.

    Attributes
    ----------
    answers, known : int
        Such answers, of how many whose time is known.
    participants, analysed : int
        Who gave more than half of theirs so, and how many of them no rule leaves out.
    """

    answers: int
    known: int
    participants: int
    analysed: int


@dataclass(frozen=True)
class ParticipantFlow:
    """How many people came how far; None where it is not known.

    Attributes
    ----------
    invited, consented, began, answered, finished, withdrawn, left_out, kept : int
        Those left out answered, and fell under a rule.
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`.
    exclusions : list of Exclusion
    excluded : list of Excluded
        One per participant and rule they fell under.
    haste : Haste
    habits : list of Habit
        That answers follow, whatever was heard.
    dropout : DropoutReport
        None where the ratings do not tell who finished.
    headphones : Headphones
        Of those who are kept; None if nobody did the check.
    turned_away : int
        Who failed a headphone check without which nobody takes part.
    """

    invited: int | None
    consented: int | None
    began: int | None
    answered: int
    finished: int | None
    withdrawn: int | None
    left_out: int
    kept: int
    rules: Rules
    exclusions: list[Exclusion]
    excluded: list[Excluded]
    haste: Haste
    habits: list[Habit]
    dropout: DropoutReport | None
    headphones: Headphones | None = None
    turned_away: int = 0


@dataclass(frozen=True)
class Sections:
    """All statistics of some participants' ratings; each type says what it holds.

    Attributes
    ----------
    intervals : dict
        Overall, lower, higher.
    bias : dict
        By answer, "higher" and "lower".
    opinion : dict
        By scale.
    reliability : dict
        Of "direction", and by scale.
    planning : dict
        Of "agreement", and by scale.
    """

    direction: Directions
    music: MusicAmount
    intervals: dict[str, Agreement]
    chance: Chance
    bias: dict[str, Detection]
    lean: Lean
    opinion: dict[str, Opinion]
    reliability: dict[str, Reliability]
    change: Changes
    planning: dict[str, Precision]


@dataclass(frozen=True)
class Both:
    """The statistics of one condition, with exclusions and without."""

    condition: Condition
    kept: Sections
    everyone: Sections


@dataclass(frozen=True)
class Results:
    """The statistics of a study, with its exclusions and without.

    Attributes
    ----------
    flow : ParticipantFlow
    kept, everyone : Sections
        With exclusions and without; None where there are several conditions, which are averaged
        only if that is asked.
    conditions : list of Both
        Each model and strength by itself; empty unless there are several.
    contrasts : list of Contrast
        These compared, with exclusions.
    doses : list of Dose
        What strength does, with exclusions; of each model that came at several.
    participants : list of ParticipantSummary
    lost : list of str
        Where a number came out that is not finite, and is None.
    """

    flow: ParticipantFlow
    kept: Sections | None
    everyone: Sections | None
    conditions: list[Both]
    contrasts: list[Contrast]
    doses: list[Dose]
    participants: list[ParticipantSummary]
    lost: list[str]

    def parts(self) -> list[tuple[str, Sections, Sections]]:
        """What is reported, in order: its name, with exclusions, without; "" if it is all."""
        parts = [(both.condition.name, both.kept, both.everyone) for both in self.conditions]
        if self.kept is None or self.everyone is None:
            return parts
        return [(TOGETHER if parts else "", self.kept, self.everyone), *parts]


@dataclass(frozen=True)
class Provenance:
    """What results were computed from, and by what.

    Attributes
    ----------
    study : str
        Its name; may be empty.
    rows : int
        Ratings.
    rules_from : str
        Whose exclusion rules were applied: "study", "default", "file" or "none".
    data_sha256, code_version : str
    seed, draws : int
        Of the bootstrap.
    versions : dict
        Of Python and of libraries.
    preregistration : sequence of str
        That the study was preregistered, and how study and analysis differ from that; none if it
        was not.
    """

    study: str
    rows: int
    rules_from: str
    data_sha256: str
    code_version: str
    seed: int
    draws: int
    versions: dict[str, str]
    preregistration: Sequence[str] = ()
