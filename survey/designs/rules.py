"""Rules of exclusion that a study of any design can have."""

from __future__ import annotations

from survey.ratings.exclusion import Rules, checked

# The others are about pairs.
RULES = ("finished", "median_seconds", "faster_than_clips", "repeats_apart")
NEW_STUDY_RULES: dict[str, bool | float | None] = {
    "finished": True,
    "median_seconds": None,  # clips may have any length
    "faster_than_clips": 0.5,
    "repeats_apart": None,  # who hears no difference may answer otherwise the second time
}


def checked_rules(rules: Rules) -> Rules:
    """The rules of exclusion, if a study of questions can have them.

    Raises
    ------
    ValueError
        If not; the message names the rule.
    """
    for rule, limit in checked(rules).items():
        if rule not in RULES and limit is not None:
            raise ValueError(
                f"exclusion rule {rule!r} is about pairs of the design transfer; "
                f"use {', '.join(RULES)}"
            )
    return rules
