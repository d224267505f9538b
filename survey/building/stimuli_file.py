"""A table of sounds from anywhere: which file is which item by which system.

As CSV, one row a file: ``item, system, file`` and, if wanted, ``reference, source, direction,
model, strength, text, settings, practice``. Files are named as seen from the table's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from survey.building.study_spec import BuildError
from survey.comparisons import anchors
from survey.designs.design import REFERENCE, Item
from survey.ratings.columns import Column
from survey.ratings.csv_file import read_cells

MOST_ROWS = 5000
LONGEST_NAME = 40  # characters of an item or a system, so that names of trials have room
LONGEST_TEXT = 2000
COLUMNS = (
    Column("item", "text", "what the file is a version of", needed=True, filled=True),
    Column("system", "text", "who made it", needed=True, filled=True),
    Column("file", "text", "WAV, FLAC, MP3, OGG or MIDI", needed=True, filled=True),
    Column("reference", "text", "file of the item's original"),
    Column("source", "text", "piece that the item is from; none: the item is one of its own"),
    Column("direction", "word", "of arousal, from the reference", values=("lower", "higher")),
    Column("model", "text", "that made it; none: the system is one (transfer)"),
    Column("strength", "number", "of the transfer; none: 1 (transfer)", limits=(0.0, 1000.0)),
    Column("text", "text", "shown beside the item's clips"),
    Column("settings", "text", "how its versions were made; kept with the study, never shown"),
    Column("practice", "flag", "whether the item is for practice only"),
)
OF_ITEM = ("reference", "source", "text", "settings", "practice")  # the same in all rows of an item


@dataclass(frozen=True)
class SoundFile:
    """A file, or what is left of it below some kilohertz."""

    path: Path
    low_pass: float | None = None

    def name_in(self, folder: Path) -> str:
        """As a table in that folder names it."""
        try:
            name = str(self.path.relative_to(folder))
        except ValueError:
            name = self.path.name
        return name if self.low_pass is None else f"{name} below {self.low_pass:g} kHz"

    @property
    def is_made(self) -> bool:
        """Whether it is an anchor that is made of the file."""
        return self.low_pass is not None


@dataclass(frozen=True)
class ListedItem:
    """An item with its files.

    Attributes
    ----------
    name, source, text, settings : str
    files : dict
        System to file, `REFERENCE` first where there is one.
    directions : dict
        System to direction, where the table tells it.
    is_practice : bool
    models, strengths : dict
        System to the model that it is, and to the strength of its transfer, where the table tells.
    """

    name: str
    source: str
    text: str
    settings: str
    files: dict[str, SoundFile]
    directions: dict[str, str]
    is_practice: bool
    models: dict[str, str] = field(default_factory=dict)
    strengths: dict[str, float] = field(default_factory=dict)

    @property
    def item(self) -> Item:
        """As designs have it."""
        systems = tuple(system for system in self.files if system != REFERENCE)
        return Item(self.name, systems, REFERENCE in self.files)


def read(path: Path) -> list[ListedItem]:
    """The items of a table, in the order of their first rows.

    Raises
    ------
    BuildError
        If it is no such table, or says two things of one item; the message names the row.
    """
    if path.exists() and not path.is_file():
        raise BuildError(f"{path.name} is no file.")
    try:
        cells, _ = read_cells(path, lambda header: list(COLUMNS))
    except ValueError as error:
        raise BuildError(f"{path.name}: {error}.") from error
    count = len(cells["item"])
    if not 0 < count <= MOST_ROWS:
        raise BuildError(f"{path.name} has {count} rows; 1 to {MOST_ROWS} can be used.")
    items: dict[str, ListedItem] = {}
    item_cells: dict[str, tuple[object, ...]] = {}
    for at in range(count):
        row = {name: values[at] for name, values in cells.items()}
        name, system = row["item"].strip(), row["system"].strip()
        try:
            _check_names(name, system, row.get("model") or system)
            of_item = tuple(row.get(column) or None for column in OF_ITEM)
            if item_cells.setdefault(name, of_item) != of_item:
                raise BuildError(f"item {name!r} was otherwise before ({', '.join(OF_ITEM)})")
            item = items.setdefault(name, _item(path, name, row))
            if system in item.files:
                raise BuildError(f"item {name!r} has a file of system {system!r} already")
        except BuildError as error:
            raise BuildError(f"{path.name}, row {at + 1}: {error}.") from error
        item.files[system] = SoundFile(path.parent / row["file"].strip())
        if row.get("direction"):
            item.directions[system] = row["direction"]
        if row.get("model"):
            item.models[system] = row["model"]
        if row.get("strength") is not None:
            item.strengths[system] = row["strength"]
    return list(items.values())


def with_anchors(items: Sequence[ListedItem], kilohertz: Sequence[float]) -> list[ListedItem]:
    """Items with versions of their references that lack high frequencies, as further systems.

    Raises
    ------
    BuildError
        If an item has a system that is called like one of them.
    """
    items_with_anchors = []
    for item in items:
        files = dict(item.files)
        if REFERENCE in files:
            path = files[REFERENCE].path
            anchor_files = {anchors.below(limit): SoundFile(path, limit) for limit in kilohertz}
            for system in files.keys() & anchor_files.keys():
                raise BuildError(
                    f"Item {item.name} has a system {system!r}, which is what the anchor is called "
                    "that is made of its reference; call it otherwise, or make no anchors."
                )
            files |= anchor_files
        items_with_anchors.append(replace(item, files=files))
    return items_with_anchors


def numbered(items: Sequence[ListedItem]) -> dict[str, int]:
    """The number of every item among those of its source, from 0."""
    counts: dict[str, int] = {}
    numbers = {}
    for item in items:
        numbers[item.name] = counts.get(item.source, 0)
        counts[item.source] = numbers[item.name] + 1
    return numbers


def _item(path: Path, name: str, row: dict[str, str]) -> ListedItem:
    text = row.get("text") or ""
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise BuildError(f"a text has at most {LONGEST_TEXT} characters, and no NUL")
    reference = (row.get("reference") or "").strip()
    files = {REFERENCE: SoundFile(path.parent / reference)} if reference else {}
    source = (row.get("source") or name).replace("\0", "")
    settings = row.get("settings") or ""
    return ListedItem(name, source, text, settings, files, {}, bool(row.get("practice")))


def _check_names(item: str, system: str, model: str) -> None:
    for what, name in (("item", item), ("system", system), ("model", model)):
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise BuildError(f"{what} {name!r:.50} is not a name of 1 to {LONGEST_NAME} characters")
    if system == REFERENCE:
        raise BuildError(
            f"no system can be called {REFERENCE!r}; name the file in the column reference"
        )
