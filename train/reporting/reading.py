"""Reading results files, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from train.reporting.paper import NAMES
from train.reporting.results.evaluation import ARRANGERS, Evaluation
from train.reporting.results.latent import Latent
from train.reporting.results.transfers import Transfers

Result = Evaluation | Latent | Transfers
KINDS: dict[object, type[Latent] | type[Transfers]] = {"latent": Latent, "transfers": Transfers}


@dataclass
class ResultFiles:
    """All that some files hold, in the paper's order of models.

    Attributes
    ----------
    evaluations, latents, transfers : list
        Of `train.evaluate`, `train.latent`, `train.transfers`.
    others : list of Path
        Results of something else.
    """

    evaluations: list[Evaluation] = field(default_factory=list)
    latents: list[Latent] = field(default_factory=list)
    transfers: list[Transfers] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)


def read(paths: Iterable[Path]) -> ResultFiles:
    """What results files hold, models in the order of the paper's Table 1, others after them.

    A file of something else is no error and kept by name.

    Raises
    ------
    ValueError
        If a file cannot be read, a part of it is damaged or two models have one name.
    """
    results = ResultFiles()
    for path in paths:
        stored = _stored(path)
        if not isinstance(stored, list):
            results.others.append(path)
            continue
        for entry in stored:
            part = _part(path, entry, alone=len(stored) == 1)
            if part is None:
                results.others.append(path)
            elif isinstance(part, Evaluation):
                results.evaluations.append(part)
            elif isinstance(part, Latent):
                results.latents.append(part)
            else:
                results.transfers.append(part)
    results.evaluations.sort(key=_place)
    results.latents.sort(key=_place)
    results.transfers.sort(key=_place)
    for parts in (results.evaluations, results.latents, results.transfers):
        names = [part.name for part in parts]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two results are of one name: {twice[0]}")
    return results


def _stored(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def _part(path: Path, entry: object, alone: bool) -> Result | None:
    """One entry of a file, None if it is of something else."""
    if not isinstance(entry, dict):
        raise ValueError(f"{path} is damaged: it lists {entry!r:.40}, which is no result")
    kind: type[Result] = KINDS.get(entry.get("kind"), Evaluation)
    if kind is Evaluation and "checkpoint" not in entry:
        return None
    if kind is Evaluation:
        entry = entry | {"name": path.stem if alone else entry["checkpoint"]}
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "a part"
        raise ValueError(f"{path} is damaged: {place}: {fault['msg']}") from error


def _place(part: Result) -> tuple[int, str]:
    """The paper's order, a model that is none of the paper's last."""
    order = list(NAMES)
    is_own = getattr(part, "player", None) in ARRANGERS or part.model not in order
    return len(order) if is_own else order.index(part.model), part.name
