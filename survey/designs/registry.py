"""All designs by their names."""

from __future__ import annotations

from survey.designs import ab, abx, mos, mushra, transfer
from survey.designs.design import Design, DesignError

DESIGNS: dict[str, Design] = {
    design.name: design
    for design in (transfer.DESIGN, mos.DESIGN, ab.DESIGN, abx.DESIGN, mushra.DESIGN)
}


def find(name: str) -> Design:
    """The design of a name.

    Raises
    ------
    DesignError
        If there is none.
    """
    if name not in DESIGNS:
        raise DesignError(f"There is no design {name!r}; there are: {', '.join(DESIGNS)}.")
    return DESIGNS[name]
