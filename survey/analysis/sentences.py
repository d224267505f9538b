"""What was rated, what strength and size of a change do, and what to plan, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.models import BEST, WORST
from survey.analysis import scale_ends
from survey.analysis.heard_sentences import NAMES, SIGNIFICANT
from survey.analysis.number_format import (
    between,
    counted,
    in_points,
    interval,
    number,
    probability,
)
from survey.analysis.results import Sections
from survey.statistics.conditions import AGREEMENT, Contrast
from survey.statistics.dose_response import Changes, Correlation, Dose, Slope
from survey.statistics.estimate import CONSTANT, RAISED
from survey.statistics.mean_opinion_score import MIDDLE, Opinion
from survey.statistics.precision import Precision
from survey.statistics.reliability import NO_ALPHA, Reliability, ScaleReliability

NAMED = 3  # numbers that are named before the rest is counted
FEW_POINTS = (
    "A correlation over items counts on no more points than there are pieces: where these are few, "
    "it may tell nothing of a change that is there."
)


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


def non_finite(names: Sequence[str]) -> list[str]:
    """At the end: which numbers are missing since they are none that can be written."""
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        "Some values of the data are so large that numbers computed from them are not finite; they "
        f"are left empty: {', '.join(names[:NAMED])}{more}."
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
            f"median {scores.median:g} of {counted(scores.n, 'rating')}."
        )
        if mean.low is not None and mean.high is not None and mean.note != CONSTANT:
            sentence += (
                f" Naively {between(scores.naive, number)}. Against the middle of the scale, "
                f"{MIDDLE:g}: {probability(scores.holm)}."
            )
            if mean.low < WORST or mean.high > BEST:
                sentence += (
                    f" The interval reaches past the scale, {WORST} to {BEST}; it is not clipped."
                )
            if mean.note not in (None, RAISED):
                sentence += f" Note: {mean.note}."
        sentences.append(sentence)
    placed = [
        scale_ends.Placed(scale, one.twoway, int(one.participants.freedom or 0) + 1, WORST, BEST)
        for scale, one in section.items()
    ]
    return [*sentences, *scale_ends.sentences(placed)]


def raised(parts: Sequence[tuple[str, Sections]]) -> list[str]:
    """Once a report: of which measures the largest one-way variance stands for the two-way one."""
    names = []
    for name, part in parts:
        estimates = {f"agreement on {NAMES[of]}": one.twoway for of, one in part.intervals.items()}
        estimates |= {scale: one.twoway for scale, one in part.opinion.items()}
        names += [
            f"{measure} at {name}" if name else measure
            for measure, estimate in estimates.items()
            if estimate.note == RAISED
        ]
    return raised_of(names)


def raised_of(names: Sequence[str]) -> list[str]:
    """That the largest one-way variance stands for the two-way one of these; [] if of none."""
    if not names:
        return []
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        f"Of {', '.join(names[:NAMED])}{more}, the variance clustered both ways came out clearly "
        "below that of one way alone, as it may by chance; the larger one stands for it, so that "
        "the interval is not too short."
    ]


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
        return NO_ALPHA
    return f"is {number(value)}"


def change(section: Changes) -> list[str]:
    """Section 8: heard against actual change."""
    sentences = [
        "Each row of a heat map adds up to 100 %; the number below is the count of answers. A row "
        "of measured changes goes from the smallest to the largest change of the items in it."
    ]
    for name, correlations in section.correlations.items():
        sentences.append(
            f"How arousal is heard to change against the measured change of {name}, within a "
            f"direction: {_correlations(correlations)}."
        )
    return sentences


def doses(section: Sequence[Dose]) -> list[str]:
    """Section 8: what more of the same transfer does."""
    sentences = []
    for dose in section:
        model = f" by model {dose.checkpoint}" if dose.checkpoint and len(section) > 1 else ""
        sentences += [
            _slope(NAMES[word], model, slope)
            for word, slope in dose.slopes.items()
            if slope.value is not None
        ]
        sentences.append(
            "How far arousal is heard to go the way that was intended, against the transfer's "
            f"strength{model}, within a direction: {_correlations(dose.correlations)}."
        )
    return [*sentences, FEW_POINTS] if section else []


def _slope(items: str, model: str, slope: Slope) -> str:
    """Whether people hear more of a stronger transfer, or less, or that it cannot be told."""
    change = slope.value or 0.0
    ends = (
        f"from strength {slope.least:g} to {slope.most:g} of the transfer{model}, the mean answer "
        f"to them {_goes(change)} the way that was intended (as intended 1, same 0, the other way "
        "−1) along a straight line, differences between participants and between segments taken "
        f"out; {_tested_slope(slope)}."
    )
    if slope.holm is None or slope.holm >= SIGNIFICANT:
        return (
            f"Of {items}, that people hear more of a stronger transfer, or less, cannot be told: "
            f"{ends}"
        )
    more = "less" if change < 0 else "more"
    return f"Of {items}, people hear {more} of a stronger transfer: {ends}"


def _goes(change: float) -> str:
    amount = number(abs(change))
    return f"goes {amount} back from" if change < 0 else f"goes {amount} further"


def _tested_slope(slope: Slope) -> str:
    ends = interval(slope, number)
    return ends if slope.holm is None else f"{ends}, {probability(slope.holm)}"


def planning(section: Mapping[str, Precision]) -> list[str]:
    """Section 9: what clustering costs, and what more participants would bring."""
    sentences = []
    for name, values in section.items():
        person, observed = values.participants, values.observed
        if person.design_effect is None or observed is None:
            sentences.append(f"{name.capitalize()}: answers are too few, or too alike, to plan by.")
            continue
        show, unit = (in_points, "percentage points") if name == "agreement" else (number, "points")
        sentences.append(
            f"{name.capitalize()}: {person.size:.1f} answers a participant, alike by ρ = "
            f"{number(person.rho, 3)}, make a design effect of "
            f"{number(person.design_effect)}; participants and pieces together multiply the "
            f"naive variance by {number(observed)}."
        )
        width = values.half_widths["96"]
        if width is not None:
            at_best = (
                " if pieces differ as little as it seems; what any number of them would give at "
                "best cannot be told, for pieces differ by no more than chance."
                if values.limit is None
                else f", any number of them ± {show(values.limit)} at best."
            )
            sentences.append(
                f"With as many pieces, 96 participants would give ± {show(width)} {unit}{at_best}"
            )
    return sentences


def _correlations(by_direction: Mapping[str, Correlation]) -> str:
    return "; ".join(f"{NAMES[word]}, {_correlation(one)}" for word, one in by_direction.items())


def _correlation(estimate: Correlation) -> str:
    if estimate.value is None:
        return estimate.note or "no correlation that is a finite number"
    ends = estimate.note or f"{between(estimate, number)}, {probability(estimate.holm)}"
    return f"Spearman's ρ over {counted(estimate.n, 'item')} is {number(estimate.value)} ({ends})"
