"""Pairs that a researcher collects from the demo's page, until a study is made of them.

Each is three files in the data folder, and all of them are a table of sounds, which
`survey.building.stimuli_file` reads. What lies there outlives a restart, and no study.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pandas as pd

from fadernets.atomic_file import replacing
from survey.building.stimuli_file import LONGEST_NAME
from survey.building.study_spec import BuildError
from survey.ratings.csv_file import write_csv

TABLE = "pairs.csv"
SYSTEM = "demo"  # who made the second clips
LONGEST_SECONDS = 60.0  # of a clip; people remember 8 to 20 s of music
LONGEST_SETTINGS = 20_000  # characters, each six in JSON at most: a cell of CSV has 131,072
MOST = 500
IDENTIFIER = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class CollectedPair:
    """What was heard on the page before and after, and how it was made.

    Attributes
    ----------
    id : str
        12 hexadecimal digits.
    piece, bars : str
        Where it is from, such as "Prelude" and "bars 3–4".
    direction : str
        How arousal is meant to change.
    moved : str
        The faders, in words, such as "Rhythm density +0.50".
    settings : str
        All settings of the page as it wrote them, JSON.
    seconds : float
        Of the longer clip.
    collected : str
        When, ISO 8601 in UTC.
    """

    id: str
    piece: str
    bars: str
    direction: Literal["lower", "higher"]
    moved: str
    settings: str
    seconds: float
    collected: str

    @property
    def item(self) -> str:
        """Its name in studies."""
        letters = unicodedata.normalize("NFKD", f"{self.piece} {self.bars}".lower())
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        words = re.sub("[^a-z0-9]+", "-", plain)
        return f"{words.strip('-')[: LONGEST_NAME - 5].strip('-')}-{self.id[:4]}".strip("-")


class CollectedPairs:
    """The pairs of a data folder.

    Parameters
    ----------
    data : Path
        The survey's.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data / "pairs"

    def all(self) -> list[CollectedPair]:
        """All pairs, in the order of collecting; a file that is no pair is left out."""
        pairs = []
        for path in self.folder.glob("*.json"):
            try:
                pairs.append(CollectedPair(**json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError):
                continue
        return sorted(pairs, key=lambda pair: (pair.collected, pair.id))

    def add(
        self,
        before: bytes,
        after: bytes,
        *,
        piece: str,
        bars: str,
        direction: Literal["lower", "higher"],
        moved: str,
        settings: str,
    ) -> CollectedPair:
        """Keep a pair of MIDI files; both are rendered once, so that no later study fails by them.

        Raises
        ------
        BuildError
            If one cannot be heard or is too long, if both are the same, or are a pair already, or
            there are too many.
        OSError
            If the disk cannot be written to.
        """
        from survey.building.from_sounds import sound_file, sounds  # SciPy takes a second to import

        if len(settings) > LONGEST_SETTINGS:
            raise BuildError("These settings have too many points to be kept with a pair.")
        if before == after:
            raise BuildError("Nothing was changed in these bars, so there is nothing to compare.")
        pairs = self.all()
        if len(pairs) >= MOST:
            raise BuildError(f"There are {MOST} pairs already; take some away first.")
        of_these = [pair for pair in pairs if (pair.piece, pair.bars) == (piece, bars)]
        if any(self._has(pair.id, before, after) for pair in of_these):
            raise BuildError(
                "This pair has been added already; take the other one away first to add it anew."
            )
        identifier = secrets.token_hex(6)
        self.folder.mkdir(parents=True, exist_ok=True)
        files = self._files(identifier)
        try:
            seconds = 0.0
            for path, content in zip(files, (before, after), strict=True):
                with replacing(path, durable=True) as part:
                    part.write_bytes(content)
                seconds = max(seconds, sounds.read(path).seconds)
            if seconds > LONGEST_SECONDS:
                raise BuildError(
                    f"These bars last {seconds:.0f} s; choose up to {LONGEST_SECONDS:.0f} s, "
                    "better 8 to 20."
                )
            moment = datetime.now(UTC).isoformat(timespec="microseconds")
            pair = CollectedPair(
                identifier, piece, bars, direction, moved, settings, round(seconds, 2), moment
            )
            with replacing(self._record(identifier), durable=True) as part:
                part.write_text(json.dumps(asdict(pair)), encoding="utf-8")
        except BaseException as error:
            for path in files:
                path.unlink(missing_ok=True)
            if isinstance(error, sound_file.SoundError):
                raise BuildError(f"One of the two cannot be heard: {error}.") from error
            raise
        return pair

    def remove(self, identifier: str) -> None:
        """Take a pair away; studies that were made of it keep their clips."""
        if IDENTIFIER.fullmatch(identifier):
            for path in (self._record(identifier), *self._files(identifier)):
                path.unlink(missing_ok=True)

    def table(self) -> Path:
        """Write the table of sounds of all pairs; where it is.

        Raises
        ------
        BuildError
            If there are none.
        """
        pairs = self.all()
        if not pairs:
            raise BuildError("There is no pair yet; collect some from the demo's page.")
        path = self.folder / TABLE
        header = ["item", "system", "file", "reference", "source", "direction", "settings"]
        rows = []
        for pair in pairs:
            before, after = (each.name for each in self._files(pair.id))
            settings_text = json.dumps(
                {"pair": pair.id, "moved": pair.moved, "page": pair.settings}
            )
            rows.append(
                (pair.item, SYSTEM, after, before, pair.piece, pair.direction, settings_text)
            )
        with replacing(path, shared=True) as part:
            write_csv(pd.DataFrame(rows, columns=header), part)
        return path

    def _has(self, identifier: str, *contents: bytes) -> bool:
        paths = zip(self._files(identifier), contents, strict=True)
        return all(path.is_file() and path.read_bytes() == content for path, content in paths)

    def _record(self, identifier: str) -> Path:
        return self.folder / f"{identifier}.json"

    def _files(self, identifier: str) -> tuple[Path, Path]:
        return tuple(self.folder / f"{identifier}-{side}.mid" for side in ("before", "after"))  # type: ignore[return-value]
