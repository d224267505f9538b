"""The draft of a paper on a small fixed study of every design, kept as files.

    python -m tests.survey.publishing.golden

writes them anew, to be read before they are committed: what changed is what researchers get.
"""

from __future__ import annotations

from pathlib import Path

from survey.analysis.results import Provenance
from survey.analyze import from_file
from survey.paper import files
from tests.survey.analysis.golden import RATINGS as OF_TRANSFER
from tests.survey.designs.golden import DESIGNS
from tests.survey.designs.golden import FOLDER as OF_DESIGNS

FOLDER = Path(__file__).parent / "golden"
RATINGS = {
    "transfer": OF_TRANSFER,
    **{name: OF_DESIGNS / name / "study" / "ratings.csv" for name in DESIGNS},
}


def small_paper(design: str) -> dict[str, bytes]:
    """All files of the draft of a design's study, by name."""
    data = from_file(RATINGS[design], None)
    provenance = Provenance(
        study=data.study,
        rows=len(data.table),
        rules_from=data.origin,
        data_sha256="0" * 64,
        code_version="0.0.0",
        seed=0,
        draws=200,
        versions={"python": "3"},
    )
    return files(data, None, provenance)


def main() -> None:
    """Write the texts."""
    for design in RATINGS:
        for name in ("paper.md", "paper.tex"):
            path = FOLDER / f"{design}{Path(name).suffix}"
            path.write_bytes(small_paper(design)[name])


if __name__ == "__main__":
    main()
