"""The report's numbers as plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.models import BEST, WORST
from survey.analysis.number_format import (
    between,
    counted,
    in_points,
    interval,
    number,
    people,
    percent,
    probability,
)
from survey.analysis.results import ParticipantFlow, Results
from survey.statistics.agreement import Agreement, Directions
from survey.statistics.chance_tests import Chance
from survey.statistics.dose_response import Changes
from survey.statistics.estimate import Estimate
from survey.statistics.mean_opinion_score import MIDDLE, Opinion
from survey.statistics.pieces import Music
from survey.statistics.precision import Precision
from survey.statistics.reliability import Reliability, ScaleReliability
from survey.statistics.signal_detection import Detection
from survey.statistics.strength import AtStrength

NAMES = {
    "overall": "all items",
    "lower": "items meant to be lower",
    "higher": "items meant to be higher",
}
NAMED = 3  # numbers that are named before the rest is counted
RULES_FROM = {
    "study": "The rules of exclusion are the study's, fixed before its first answer.",
    "default": "The rules of exclusion are this software's own, applied to answers from elsewhere.",
    "file": "The rules of exclusion were given at the analysis, in place of the study's own.",
    "none": "No rule of exclusion was applied, whatever the study's own are.",
}


def flow(section: ParticipantFlow) -> list[str]:
    """Section 1: who came how far, and who was left out by which rule."""
    stages = {
        "were invited": section.invited,
        "consented": section.consented,
        "withdrew, their answers erased": section.withdrawn,
        "answered at least one trial": section.answered,
        "reached the end": section.finished,
        "are analysed": section.kept,
    }
    known = [f"{count} {verb}" for verb, count in stages.items() if count is not None]
    sentences = [f"Of all people: {'; '.join(known)}."]
    for rule in section.exclusions:
        sentences.append(
            f"Rule “{rule.rule}”, left out who {rule.meaning}: {people(rule.participants)}."
        )
    if not section.exclusions:
        sentences.append("No exclusion rule applies.")
    return sentences


def comparison(results: Results) -> list[str]:
    """Section 1: what the exclusions change."""
    if results.flow.answered == results.flow.kept:
        return ["Nobody was left out: results with and without exclusions are the same."]
    included, everyone = (
        percent(sections.intervals["overall"].twoway.value)
        for sections in (results.kept, results.everyone)
    )
    return [
        f"With exclusions, {included} of the answers agree with the intended direction; "
        f"without them, {everyone}. What follows is with exclusions."
    ]


def direction(section: Directions) -> list[str]:
    """Section 2: what was heard, by what was intended."""
    sentences = []
    for row in section.table:
        counts = ", ".join(
            f"{count} ({percent(row.shares[word])}) {word}" for word, count in row.counts.items()
        )
        missing = f"; {row.missing} gave no direction" if row.missing else ""
        sentences.append(f"Items meant to be {row.row}, {row.n} answers: {counts}{missing}.")
    for row in section.catch:
        counts = ", ".join(f"{count} {word}" for word, count in row.counts.items())
        sentences.append(f"Catch trials ({row.row}): {counts}.")
    return sentences


def intervals(section: Mapping[str, Agreement]) -> list[str]:
    """Section 3: agreement with its intervals."""
    sentences = []
    for name, agreement in section.items():
        if not agreement.n:
            sentences.append(f"There are no answers to {NAMES[name]}.")
            continue
        sentences.append(
            f"{agreement.agree} of {agreement.n} answers to {NAMES[name]} agree: "
            f"{percent(agreement.twoway.value)}; {interval(agreement.twoway, percent)}."
        )
        check = ""
        if agreement.bootstrap is not None:
            ends = between(agreement.bootstrap, percent)
            check = f" As a check, resampling people and items gives {ends}."
        sentences.append(
            f"Naively, as if answers were independent: {between(agreement.naive, percent)}.{check}"
        )
        if agreement.twoway.note:
            sentences.append(f"Note: {agreement.twoway.note}.")
    return sentences


def music(section: Music) -> list[str]:
    """Section 3: how much music that is, and what its intervals may be said of."""
    if section.pieces is None:
        return [
            f"The ratings do not tell which piece every segment is from; {section.segments} "
            "segments are counted as independent, and the intervals are for other music only as "
            "far as they are."
        ]
    amount = f"{counted(section.segments, 'segment')} of {counted(section.pieces, 'piece')}"
    sentences = [
        f"The items are {amount}. The intervals are for other people and for other segments of "
        "music of these pieces’ kind, chosen as these were."
    ]
    if section.pieces == 1:
        sentences.append("They are all of one piece: nothing can be said of other pieces.")
    elif section.by_piece is not None:
        sentences.append(
            "Segments of one piece count as independent, and may be alike. With pieces for units, "
            f"{interval(section.by_piece, percent, 'of agreement on all items')}; for other "
            "pieces, report that one."
        )
    return sentences


def strengths(section: Sequence[AtStrength]) -> list[str]:
    """Section 3: agreement at each strength, where there are several."""
    if not section:
        return []
    shares = []
    for row in section:
        agreement = row.agreement["overall"]
        ends = "" if agreement.low is None else f" ({between(agreement, percent)})"
        shares.append(f"{percent(agreement.value)}{ends} at {row.strength:g}")
    return [
        "All numbers but these take all strengths together. A segment is one piece of music at all "
        f"of them. Agreement by strength: {'; '.join(shares)}."
    ]


def non_finite(names: Sequence[str]) -> list[str]:
    """At the end: which numbers are missing since they are none that can be written."""
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        "Some values of the data are so large that numbers computed from them are not finite; they "
        f"are left empty: {', '.join(names[:NAMED])}{more}."
    ]


def chance(section: Chance) -> list[str]:
    """Section 4: agreement against guessing, and the two directions against each other."""
    sentences = []
    for name, tests in section.against.items():
        rate = tests.mean_rate.value
        if rate is None:
            continue
        parts = [
            f"{percent(test.chance)}, guessing {guess}: {probability(test.p)}"
            for guess, test in tests.guesses.items()
        ]
        sentences.append(
            f"The mean participant's agreement on {NAMES[name]} is {percent(rate)}; against "
            f"{', and against '.join(parts)} (sign flips of {people(tests.one_of_two.n)})."
        )
    paired = section.lower_less_higher
    gap = paired.difference
    if gap.value is None:
        return [*sentences, "Nobody answered items of both directions, so they cannot be compared."]
    return [
        *sentences,
        f"Agreement on lower less agreement on higher items: "
        f"{in_points(gap.value)} percentage points by participant, "
        f"{interval(gap, in_points, 'for these very items')}, "
        f"{probability(paired.flips.p)} by sign flips; "
        f"{in_points(paired.twoway.value)} points by answer, "
        f"{interval(paired.twoway, in_points)}.",
        f"{people(paired.better.lower)} agree more on lower, {paired.better.higher} more on "
        f"higher, {paired.better.equal} equally on both ({probability(paired.sign_test)}, exact "
        "sign test).",
    ]


def bias(section: Mapping[str, Detection]) -> list[str]:
    """Section 5: hearing apart from a habit of answering."""
    sentences = []
    for answer, detection in section.items():
        ends = detection.bootstrap
        if detection.d_prime is None or detection.criterion is None or ends is None:
            sentences.append(f"Without items of both directions, “{answer}” cannot be judged.")
            continue
        lean = "rarely" if detection.criterion > 0 else "readily"
        # Both ends on one side of 0.
        sure = (ends.criterion.low or 0) * (ends.criterion.high or 0) > 0
        sentences.append(
            f"“{answer}” was answered to {percent(detection.hits.rate)} of the items meant so and "
            f"to {percent(detection.alarms.rate)} of the opposite ones: "
            f"d′ = {number(detection.d_prime)} ({between(ends.d_prime, number)}), how well "
            f"both are told apart, 0 being not at all; c = {number(detection.criterion)} "
            f"({between(ends.criterion, number)}): "
            + (
                f"people answer “{answer}” {lean}, whatever they hear."
                if sure
                else f"no clear habit of answering “{answer}”, or of avoiding it."
            )
        )
    return sentences


def opinion(section: Mapping[str, Opinion]) -> list[str]:
    """Section 6: mean opinion scores."""
    sentences = []
    for scale, scores in section.items():
        mean = scores.twoway
        if mean.value is None:
            sentences.append(f"There are no ratings of {scale}.")
            continue
        past = ""
        if mean.low is not None and mean.high is not None:
            if mean.low < WORST or mean.high > BEST:
                past = (
                    f" The interval reaches past the scale, {WORST} to {BEST}; it is not clipped."
                )
        note = f" Note: {mean.note}." if mean.note else ""
        sentences.append(
            f"{scale.capitalize()}: mean {number(mean.value)}, {interval(mean, number)}; "
            f"naively {between(scores.naive, number)}; median {scores.median:g} of "
            f"{scores.n} ratings. Against the middle of the scale, {MIDDLE:g}: "
            f"{probability(scores.holm)}, by Holm's correction for several scales.{past}{note}"
        )
    return sentences


def reliability(section: Mapping[str, Reliability]) -> list[str]:
    """Section 7: whether participants agree with each other."""
    sentences = [
        "1 is full agreement between participants, 0 none beyond chance. The direction's "
        f"Krippendorff's α is {number(section['direction'].alpha)}."
    ]
    for scale, values in section.items():
        if isinstance(values, ScaleReliability):
            sentences.append(
                f"{scale.capitalize()}: α {number(values.alpha)}; one participant's rating of an "
                f"item is as reliable as ICC(A,1) = {number(values.icc_1)}, the mean of "
                f"{number(values.k, 1)} participants as ICC(A,k) = {number(values.icc_k)}."
            )
    return sentences


def change(section: Changes) -> list[str]:
    """Section 8: heard against actual change."""
    sentences = [
        "Each row of the heat map adds up to 100 %; the number below is the count of answers."
    ]
    for name, correlation in section.correlations.items():
        sentences.append(
            f"How arousal is heard to change against the measured change of {name}: "
            f"{_correlation(correlation)}."
        )
    if section.strength_correlation is not None:
        sentences.append(
            "How arousal is heard to change against the transfer's signed strength: "
            f"{_correlation(section.strength_correlation)}."
        )
    return sentences


def planning(section: Mapping[str, Precision]) -> list[str]:
    """Section 9: what clustering costs, and what more participants would bring."""
    sentences = []
    for name, values in section.items():
        person, observed = values.participants, values.observed
        if person.design_effect is None or observed is None:
            sentences.append(f"{name.capitalize()}: too few answers to plan by.")
            continue
        points = percent if name == "agreement" else number
        sentences.append(
            f"{name.capitalize()}: {person.size:.1f} answers a participant, alike by ρ = "
            f"{number(person.rho, 3)}, make a design effect of "
            f"{number(person.design_effect)}; participants and items together multiply the "
            f"naive variance by {number(observed)}."
        )
        if values.components is not None:
            sentences.append(
                f"With as many items, 96 participants would give ± "
                f"{points(values.half_widths['96'])}, any number of them ± "
                f"{points(values.limit)} at best."
            )
    return sentences


def _correlation(estimate: Estimate) -> str:
    if estimate.value is None:
        return estimate.note or "no correlation that is a finite number"
    ends = "" if estimate.low is None else f" ({between(estimate, number)})"
    return f"Spearman's ρ over {estimate.n} items is {number(estimate.value)}{ends}"
