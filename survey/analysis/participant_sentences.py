"""Who took part, who was left out and what that changes, as plain sentences."""

from __future__ import annotations

from db.models import HEADPHONE_SOUNDS, SCALES
from survey.analysis.number_format import (
    did,
    people,
    percent,
    probability,
)
from survey.analysis.results import Exclusion, ParticipantFlow, Results
from survey.core.headphones import PASSED
from survey.ratings.habits import BY_TURNS, THROUGHOUT, Habit
from survey.statistics.reservations import MANY_LEFT

RULES_FROM = {
    "study": "The rules of exclusion are the study's, fixed before its first answer.",
    "default": "The rules of exclusion are this software's own, applied to answers from elsewhere.",
    "file": "The rules of exclusion were given at the analysis, in place of the study's own.",
    "none": "No rule of exclusion was applied, whatever the study's own are.",
}


def flow(section: ParticipantFlow) -> list[str]:
    """Section 1: who came how far, and who was left out by which rule."""
    stages = (
        (section.invited, "was invited", "were invited"),
        (section.consented, "consented", "consented"),
        (section.began, "began", "began"),
        (section.withdrawn, "withdrew", "withdrew"),
        (section.answered, "answered at least one trial", "answered at least one trial"),
        (section.finished, "reached the end", "reached the end"),
        (section.left_out, "is left out by the rules", "are left out by the rules"),
        (section.kept, "is analysed", "are analysed"),
    )
    known = [did(count, one, more) for count, one, more in stages if count is not None]
    sentences = [f"Of all people: {'; '.join(known)}."]
    if section.withdrawn:
        sentences.append("The answers of those who withdrew are erased.")
    for rule in section.exclusions:
        sentences.append(
            f"Rule “{rule.rule}” leaves out people who {rule.meaning}: "
            f"{_ruled(rule, section.answered)}."
        )
    if not section.exclusions:
        sentences.append("No exclusion rule applies.")
    return [
        *sentences,
        *_haste(section),
        *_habits(section),
        *_gone(section),
        *_dropout(section),
        *_headphones(section),
    ]


def _ruled(rule: Exclusion, answered: int) -> str:
    if not rule.checked:
        return "this could not be checked, for the answers do not tell"
    untold = answered - rule.checked
    return people(rule.participants) + (
        f"; of {people(untold)} the answers do not tell" if untold else ""
    )


def _haste(section: ParticipantFlow) -> list[str]:
    haste = section.haste
    if not haste.known:
        return ["Whether clips were heard before the answer is not known."]
    sentences = [
        f"{haste.answers} of {haste.known} answers ({percent(haste.answers / haste.known)}) came "
        "before their clips could be heard, or all at once after a lost connection; "
        f"{people(haste.participants)} gave more than half of theirs so."
    ]
    who = "them" if haste.analysed == haste.participants else f"{haste.analysed} of them"
    if haste.participants:
        sentences.append(
            f"No rule leaves {who} out: people who answer without listening are analysed as "
            "listeners."
            if haste.analysed
            else "The rules leave them out."
        )
    return sentences


def _habits(section: ParticipantFlow) -> list[str]:
    """How many people's answers follow a habit, whatever they heard."""
    sentences, scales = [], []
    for one in section.habits:
        who = f"{people(one.participants)} ({analysed(one)})"
        name = one.habit.removesuffix(THROUGHOUT)
        if one.habit == BY_TURNS:
            sentences.append(
                f"{who} gave directions by turns, in the order of the trials, right no more often "
                "than by guessing."
            )
        elif name in SCALES:
            scales.append(f"{name} by {who}")
        else:
            sentences.append(
                f"{who} answered “{name}” in nearly all trials, whichever direction was meant."
            )
    if scales:
        sentences.append(f"Rated alike in nearly all trials: {', '.join(scales)}.")
    if sentences:
        sentences.append(
            "People who do not listen answer so, and people who hear no difference; the answers do "
            "not tell which. The table by participant names them."
        )
    return sentences


def analysed(habit: Habit) -> str:
    """Whether those with a habit are analysed."""
    if habit.participants == 1:
        return "analysed" if habit.analysed else "not analysed"
    words = {0: "none analysed", habit.participants: "all analysed"}
    return words.get(habit.analysed, f"{habit.analysed} analysed")


def _gone(section: ParticipantFlow) -> list[str]:
    """Who began and is not at the end; the ratings alone show only those who rated something."""
    began, finished, withdrew = section.began, section.finished, section.withdrawn
    if began is None or finished is None or withdrew is None or began <= finished:
        return []
    later = max(0, section.answered - finished)
    sooner = max(0, began - finished - withdrew - later)
    ways = (
        (withdrew, "withdrew", "withdrew"),
        (sooner, "has rated nothing that counts", "have rated nothing that counts"),
        (later, "has rated something", "have rated something"),
    )
    verb = "is" if began - finished == 1 else "are"
    sentence = (
        f"{began - finished} of {people(began)} who began {verb} not at the end "
        f"({percent((began - finished) / began)}): "
        f"{', '.join(did(*way) for way in ways if way[0])}."
    )
    if began - finished >= MANY_LEFT * began:
        unknown = [
            words for count, words in ((withdrew, "withdrew"), (sooner, "rated nothing")) if count
        ]
        sentence += " That is many."
        if unknown:
            sentence += f" What those heard who {' or '.join(unknown)} cannot be known."
        sentence += (
            " The results are for people who stay, and if others leave because they hear less, "
            "intervals hold the truth of all people less often than 95 times in 100."
        )
    return [sentence]


def _dropout(section: ParticipantFlow) -> list[str]:
    dropout = section.dropout
    if dropout is None or not dropout.matters:
        return []
    rates = f"{percent(dropout.left_agreement)} of the answers of those who left agree, by the mean"
    if dropout.stayed_agreement is not None:
        rates += f" participant, and {percent(dropout.stayed_agreement)} of those who stayed"
    test = "" if dropout.p is None else f" ({probability(dropout.p)}, Welch)"
    verb = "is" if dropout.analysed == 1 else "are"
    subject = f"{dropout.analysed} of them {verb}" if dropout.analysed else "None of them is"
    means = "the results are for people who stay"
    if dropout.analysed:
        means += " more than for others, for those who left gave fewer answers"
    return [
        f"{dropout.left} of {dropout.left + dropout.stayed} people who answered left before the "
        f"end: {rates}{test}. {subject} analysed. If people leave because they hear less, {means}, "
        "and intervals hold the truth of all people less often than 95 times in 100."
    ]


def _headphones(section: ParticipantFlow) -> list[str]:
    sentences = []
    if section.turned_away:
        sentences.append(
            f"{people(section.turned_away)} failed the headphone check and could not take part."
        )
    check = section.headphones
    if check is None:
        return sentences
    sentences.append(
        f"Of {people(check.checked)} analysed who did the headphone check, {check.passed} passed "
        f"it: {PASSED} or more of {HEADPHONE_SOUNDS} sounds with a tone in antiphase, after Woods "
        "et al. (2017)."
    )
    groups = [
        f"{percent(share)} of the answers of those who {words}"
        for share, words in (
            (check.passed_agreement, "passed"),
            (check.failed_agreement, "did not"),
        )
        if share is not None
    ]
    if groups:
        sentences.append(f"By the mean participant, {', and '.join(groups)} agree.")
    return sentences


def comparison(results: Results) -> list[str]:
    """Section 1: what the exclusions change."""
    if results.flow.answered == results.flow.kept:
        return [
            "The rules leave out nobody who answered: results with and without exclusions are the "
            "same."
        ]
    changes = []
    for name, kept_sections, everyone in results.parts():
        included, all_answers = (
            percent(part.intervals["overall"].twoway.value) for part in (kept_sections, everyone)
        )
        changes.append(
            f"With exclusions, {included} of the answers agree with the intended direction; "
            f"without them, {all_answers}" + (f" ({name})." if name else ".")
        )
    return [*changes, "What follows is with exclusions."]
