"""Makes phrases and a study of them for the admin's page, in a process of its own.

``python -m survey.phrases.child_process JOB``; people use ``survey.stimuli`` and ``survey.build``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from survey.building import child_process
from survey.building.child_process import BuildJob
from survey.phrases.plan import PhrasesPlan

if TYPE_CHECKING:
    from survey.building.corpus import Progress


@dataclass(frozen=True)
class PhrasesJob(BuildJob):
    """A study of phrases that are made first, where its table of sounds is to be.

    Attributes
    ----------
    plan : PhrasesPlan
    """

    PROGRAM: ClassVar[str] = "survey.phrases.child_process"
    plan: PhrasesPlan = field(default_factory=PhrasesPlan)

    def prepare(self, progress: Progress) -> list[str]:
        """Make the phrases; what is better known of them."""
        from survey.phrases.making import make  # PyTorch takes seconds to import

        if self.spec.stimuli is None:
            raise ValueError("phrases need a place for their table")
        outcome = make(self.plan, self.spec.stimuli.parent, progress)
        left_out = [
            f"Left out: {work}: {why.rstrip('.')}." for work, why in outcome.left_out.items()
        ]
        return [*outcome.sentences, *left_out]


if __name__ == "__main__":
    sys.exit(child_process.main(sys.argv[1], PhrasesJob))
