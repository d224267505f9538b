"""Systems that are compared: a model at a strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fadernets import FaderNet, whole_piece
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from survey.building.stimuli_file import LONGEST_NAME
from survey.building.study_spec import BuildError, check_strengths


@dataclass(frozen=True, eq=False)
class System:
    """A model at a strength.

    Attributes
    ----------
    name : str
        By which it is told from the others.
    net : FaderNet
    strength : float
        At 1 a mood goes from one pole to the other.
    """

    name: str
    net: FaderNet
    strength: float

    def takes(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments that the model can change."""
        return [segment for segment in segments if self.net.problem(segment) is None]

    def changed(self, piece: Piece, segments: Sequence[Segment], moods: Mapping[str, str]) -> Piece:
        """The piece with these segments changed, the others as they are; no chance in it."""
        numbers = [segment.index for segment in self.takes(segments)]
        return whole_piece.changed(
            piece, numbers, lambda part: self.net.transfer(part, moods, self.strength)
        )


def systems(
    checkpoints: Sequence[str | None], strengths: Sequence[float], moods: set[str]
) -> list[System]:
    """Every model at every strength.

    Parameters
    ----------
    checkpoints : sequence of str or None
        Shipped models or folders; None: the default.
    strengths : sequence of float
    moods : set of str
        What the models must be able to move.

    Raises
    ------
    fadernets.checkpoint.CheckpointError
        If one cannot be loaded.
    BuildError
        If two have one name, a model cannot move a mood, or a strength is none.
    """
    check_strengths(strengths)
    nets = [FaderNet.load(checkpoint) for checkpoint in checkpoints]
    all_systems = []
    for net in nets:
        for mood in sorted(moods):
            try:
                net.shifted([], {mood: "high"})  # which looks for the mood alone
            except ValueError as error:
                raise BuildError(
                    f"The model {net.name} cannot transfer {mood}: {str(error).rstrip('.')}."
                ) from error
        for strength in strengths:
            name = net.name if len(strengths) == 1 else f"{net.name} {strength:g}"
            all_systems.append(System(name[-LONGEST_NAME:], net, strength))
    names = [system.name for system in all_systems]
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"Two models are called {name!r}; give one folder another name.")
    return all_systems
