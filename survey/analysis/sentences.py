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
from survey.statistics.agreement import Agreement, Directions, is_half, near_edge
from survey.statistics.chance_tests import Chance
from survey.statistics.conditions import AGREEMENT, Contrast
from survey.statistics.dose_response import Changes, Dose
from survey.statistics.estimate import CONSTANT, LEVEL, Estimate
from survey.statistics.mean_opinion_score import MIDDLE, Opinion
from survey.statistics.pieces import FEW_PIECES, Music
from survey.statistics.precision import Precision
from survey.statistics.reliability import Reliability, ScaleReliability
from survey.statistics.signal_detection import Detection, Lean

NAMES = {
    "overall": "all items",
    "lower": "items meant to be lower",
    "higher": "items meant to be higher",
}
SIGNIFICANT = 1 - LEVEL
ROUNDING = 1e-9  # of shares that are equal
NAMED = 3  # numbers that are named before the rest is counted


def contrasts(section: Sequence[Contrast]) -> list[str]:
    """Section 1: conditions against each other."""
    sentences = []
    for contrast in section:
        if contrast.difference.value is None:
            continue
        show, unit = (
            (in_points, "percentage points")
            if contrast.measure == AGREEMENT
            else (
                number,
                "points",
            )
        )
        sentences.append(
            f"{contrast.measure.capitalize()} at {contrast.first} less that at {contrast.second}: "
            f"{show(contrast.difference.value)} {unit}, {interval(contrast.difference, show)}"
            + (
                f", {probability(contrast.holm)} by Holm's correction."
                if contrast.holm is not None
                else "."
            )
        )
    return sentences


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
        if agreement.twoway.low is None:
            continue
        check = ""
        if agreement.bootstrap is not None and agreement.bootstrap.note is None:
            ends = between(agreement.bootstrap, percent)
            check = f" As a check, resampling people and pieces gives {ends}."
        sentences.append(
            f"Naively, as if answers were independent: {between(agreement.naive, percent)}.{check}"
        )
        if agreement.twoway.note:
            sentences.append(f"Note: {agreement.twoway.note}.")
    return [*sentences, *_edges(section)]


def _edges(section: Mapping[str, Agreement]) -> list[str]:
    """That a few hard pieces may be missing, or too many, where the answers look like it."""
    told = {name: one for name, one in section.items() if one.twoway.low is not None}
    all_near = [name for name, one in told.items() if near_edge(one.twoway.value)]
    half_near = {
        name: one
        for name, one in told.items()
        if name not in all_near and is_half(one.pieces_at_edge, one.pieces)
    }
    observed = []
    if all_near:
        names = ", ".join(NAMES[name] for name in all_near)
        observed.append(f"Nearly all answers, or nearly none, agree on {names}.")
    for name, one in half_near.items():
        word = "all" if (one.twoway.value or 0) >= 0.5 else "none of the"
        observed.append(
            f"On {one.pieces_at_edge} of {counted(one.pieces, 'piece')} nearly {word} answers to "
            f"{NAMES[name]} agree, on the other pieces not."
        )
    if not observed:
        return []
    return [
        f"{' '.join(observed)} If there are a few hard pieces among many easy ones, those chosen "
        "may have too few of them, or none: such intervals hold the truth less often than 95 times "
        "in 100. More pieces help, more people do not."
    ]


def music(section: Music, intervals: bool = True) -> list[str]:
    """Section 3: how much music that is, and what `intervals`, if there are any, are for."""
    amount = f"The items are {counted(section.segments, 'segment')} of "
    if not intervals and section.pieces is not None:
        amount += f"{counted(section.pieces, 'piece')}."
        return [amount, *_only_piece(section)]
    if not intervals:
        return ["The ratings do not tell which piece every segment is from."]
    if section.pieces is None:
        return [
            f"The ratings do not tell which piece every segment is from; {section.segments} "
            "segments are counted as independent, and the intervals are for other music only as "
            "far as they are."
        ]
    sentences = [
        f"{amount}{counted(section.pieces, 'piece')}. The intervals count pieces, for segments of "
        "one piece are alike: they are for other people and for other pieces of these pieces’ "
        "kind, chosen as these were."
    ]
    sentences += _only_piece(section)
    if 1 < section.pieces < FEW_PIECES:
        sentences.append(
            f"{section.pieces} pieces are few. The intervals are wide for it, and rest on the "
            "pieces being like each other; more segments or people make them hardly narrower."
        )
    if section.by_segment is not None and section.by_segment.low is not None:
        sentences.append(
            "If every segment counted by itself, agreement on all items had the interval "
            f"{between(section.by_segment, percent)}: too short for other pieces, to be compared "
            "only."
        )
    return sentences


def _only_piece(section: Music) -> list[str]:
    if section.pieces != 1:
        return []
    return ["They are all of one piece: nothing can be said of other pieces."]


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
        if tests.one_of_two.p is None:
            sentences.append(
                f"The only participant's agreement on {NAMES[name]} is {percent(rate)}; one person "
                "cannot be tested against guessing."
            )
            continue
        parts = [
            f"{_beside(test.difference)} {percent(test.chance)}, guessing {guess}: "
            f"{probability(test.p)}"
            for guess, test in tests.guesses.items()
        ]
        sentences.append(
            f"The mean participant's agreement on {NAMES[name]} is {percent(rate)}: "
            f"{'; '.join(parts)} (sign flips of {people(tests.one_of_two.n)}, two-sided)."
        )
    paired = section.lower_less_higher
    gap = paired.difference
    if gap.value is None:
        return [*sentences, "Nobody answered items of both directions, so they cannot be compared."]
    if paired.flips.p is None:
        return [*sentences, "One participant alone tells nothing of both directions compared."]
    lower = paired.better.lower
    return [
        *sentences,
        f"Agreement on lower less agreement on higher items: "
        f"{in_points(gap.value)} percentage points by participant, "
        f"{interval(gap, in_points, 'for these very items')}, "
        f"{probability(paired.flips.p)} by sign flips; "
        f"{in_points(paired.twoway.value)} points by answer, "
        f"{interval(paired.twoway, in_points)}.",
        f"{people(lower)} {'agrees' if lower == 1 else 'agree'} more on lower, "
        f"{paired.better.higher} more on higher, {paired.better.equal} equally on both "
        f"({probability(paired.sign_test)}, exact sign test).",
    ]


def _beside(difference: float | None) -> str:
    """On which side of chance a rate lies, as in "above 50 %"."""
    if difference is None or abs(difference) < ROUNDING:
        return "at"
    return "above" if difference > 0 else "below"


def bias(section: Mapping[str, Detection], lean: Lean) -> list[str]:
    """Section 5: hearing apart from a habit of answering."""
    sentences = []
    untold = lean.more_lower.low is None  # one participant, or one piece of a direction
    for answer, detection in section.items():
        ends = detection.bootstrap
        if detection.d_prime is None or detection.criterion is None or ends is None:
            sentences.append(f"Without items of both directions, “{answer}” cannot be judged.")
            continue
        d_ends, c_ends = (
            "no interval" if untold or measure.note else between(measure, number)
            for measure in (ends.d_prime, ends.criterion)
        )
        why = f" No interval, for {ends.d_prime.note}." if ends.d_prime.note else ""
        sentences.append(
            f"“{answer}” was answered to {percent(detection.hits.rate)} of the items meant so and "
            f"to {percent(detection.alarms.rate)} of the opposite ones: "
            f"d′ = {number(detection.d_prime)} ({d_ends}), how well both are told apart, 0 being "
            f"not at all; c = {number(detection.criterion)} ({c_ends}), which every “same” raises."
            f"{why}"
        )
    return [*sentences, *_lean(lean)]


def _lean(lean: Lean) -> list[str]:
    more = lean.more_lower
    if more.value is None:
        return []
    amount = f"{in_points(abs(more.value))} percentage points"
    ends = interval(more, in_points)
    identical = (
        f" Of identical pairs, where nothing is to be heard, {lean.identical_lower} were called "
        f"lower and {lean.identical_higher} higher."
    )
    if more.low is None or more.note == CONSTANT or lean.p is None:
        difference = f"“lower” less “higher” is {in_points(more.value)} percentage points"
        return [
            "How far people in general lean to “lower” or “higher” cannot be told: items of both "
            f"directions alike, {difference}, {ends}.{identical}"
        ]
    if lean.p >= SIGNIFICANT:
        return [
            "No lean to “lower” or to “higher” is to be seen: items of both directions alike, "
            f"“lower” less “higher” is {in_points(more.value)} percentage points, {ends}, "
            f"{probability(lean.p)}."
        ]
    word, other = ("lower", "higher") if more.value > 0 else ("higher", "lower")
    return [
        f"People answer “{word}” more often than “{other}”, items of both directions alike: by "
        f"{amount} (“lower” less “higher”: {ends}, {probability(lean.p)}, a test that errs once in "
        f"twenty). Either they lean to “{word}”, or changes to {word} are easier to hear."
        f"{identical}"
    ]


def opinion(section: Mapping[str, Opinion]) -> list[str]:
    """Section 6: mean opinion scores."""
    sentences = []
    for scale, scores in section.items():
        mean = scores.twoway
        if mean.value is None:
            sentences.append(f"There are no ratings of {scale}.")
            continue
        sentence = (
            f"{scale.capitalize()}: mean {number(mean.value)}, {interval(mean, number)}; "
            f"median {scores.median:g} of {scores.n} ratings."
        )
        if mean.low is not None and mean.high is not None and mean.note != CONSTANT:
            sentence += (
                f" Naively {between(scores.naive, number)}. Against the middle of the scale, "
                f"{MIDDLE:g}: {probability(scores.holm)}, by Holm's correction for several scales."
            )
            if mean.low < WORST or mean.high > BEST:
                sentence += (
                    f" The interval reaches past the scale, {WORST} to {BEST}; it is not clipped."
                )
            if mean.note:
                sentence += f" Note: {mean.note}."
        sentences.append(sentence)
    return sentences


def reliability(section: Mapping[str, Reliability]) -> list[str]:
    """Section 7: whether participants agree with each other."""
    sentences = [
        "1 is full agreement between participants, 0 none beyond chance. The direction's "
        f"Krippendorff's α {_alpha(section['direction'].alpha)}."
    ]
    for scale, values in section.items():
        if not isinstance(values, ScaleReliability):
            continue
        sentence = f"{scale.capitalize()}: α {_alpha(values.alpha)}; "
        if values.icc_1 is None:
            sentence += f"no ICC: {values.note}."
        else:
            sentence += (
                f"one participant's rating of an item is as reliable as ICC(A,1) = "
                f"{number(values.icc_1)}, the mean of {number(values.k, 1)} participants as "
                f"ICC(A,k) = {number(values.icc_k)}."
            )
        sentences.append(sentence)
    return sentences


def _alpha(value: float | None) -> str:
    if value is None:
        return "cannot be told: fewer than two items have two answers, or all answers are equal"
    return f"is {number(value)}"


def change(section: Changes) -> list[str]:
    """Section 8: heard against actual change."""
    sentences = [
        "Each row of the heat map adds up to 100 %; the number below is the count of answers."
    ]
    for name, correlations in section.correlations.items():
        sentences.append(
            f"How arousal is heard to change against the measured change of {name}, within a "
            f"direction: {_correlations(correlations)}."
        )
    return sentences


def doses(section: Sequence[Dose]) -> list[str]:
    """Section 8: what more of the same transfer does."""
    return [
        "How far arousal is heard to go the way that was intended, against the transfer's strength"
        + (f" by model {dose.checkpoint}" if dose.checkpoint and len(section) > 1 else "")
        + f", within a direction: {_correlations(dose.correlations)}."
        for dose in section
    ]


def planning(section: Mapping[str, Precision]) -> list[str]:
    """Section 9: what clustering costs, and what more participants would bring."""
    sentences = []
    for name, values in section.items():
        person, observed = values.participants, values.observed
        if person.design_effect is None or observed is None:
            sentences.append(f"{name.capitalize()}: answers are too few, or too alike, to plan by.")
            continue
        points = percent if name == "agreement" else number
        sentences.append(
            f"{name.capitalize()}: {person.size:.1f} answers a participant, alike by ρ = "
            f"{number(person.rho, 3)}, make a design effect of "
            f"{number(person.design_effect)}; participants and items together multiply the "
            f"naive variance by {number(observed)}."
        )
        width = values.half_widths["96"]
        if width is not None:
            at_best = (
                " if items differ as little as it seems; what any number of them would give at "
                "best cannot be told, for items differ by no more than chance."
                if values.limit is None
                else f", any number of them ± {points(values.limit)} at best."
            )
            sentences.append(
                f"With as many items, 96 participants would give ± {points(width)}{at_best}"
            )
    return sentences


def _correlations(by_direction: Mapping[str, Estimate]) -> str:
    return "; ".join(f"{NAMES[word]}, {_correlation(one)}" for word, one in by_direction.items())


def _correlation(estimate: Estimate) -> str:
    if estimate.value is None:
        return estimate.note or "no correlation that is a finite number"
    ends = estimate.note if estimate.low is None else between(estimate, number)
    return f"Spearman's ρ over {estimate.n} items is {number(estimate.value)} ({ends})"
