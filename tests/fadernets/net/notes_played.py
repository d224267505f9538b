"""Notes of segments, to compare."""

from fadernets.music.notes import Notes
from tests.fadernets.music.generated import rows


def played(segments: list[Notes]) -> list[list]:
    """Notes as tuples, to compare."""
    return [rows(notes) for notes in segments]
