"""What was heard, how sure that is, and what it tells: sections 2 to 5 in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping

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
from survey.statistics.chance_tests import Chance, LowerLessHigher
from survey.statistics.estimate import CONSTANT, LEVEL, NONE, RAISED
from survey.statistics.pieces import FEW_PIECES, MusicAmount
from survey.statistics.signal_detection import Detection, Lean

NAMES = {
    "overall": "all items",
    "lower": "items meant to be lower",
    "higher": "items meant to be higher",
}
SIGNIFICANT = 1 - LEVEL
ROUNDING = 1e-9  # of shares that are equal


def direction(section: Directions) -> list[str]:
    """Section 2: what was heard, by what was intended."""
    sentences = []
    for row in section.table:
        counts = ", ".join(
            f"{count} ({percent(row.shares[word])}) {word}" for word, count in row.counts.items()
        )
        missing = f"; {row.missing} gave no direction" if row.missing else ""
        answers = counted(row.n, "answer")
        sentences.append(f"Items meant to be {row.row}, {answers}: {counts}{missing}.")
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
            f"{agreement.agree} of {counted(agreement.n, 'answer')} to {NAMES[name]} "
            f"{'agrees' if agreement.agree == 1 else 'agree'}: "
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
        if agreement.twoway.note not in (None, RAISED):
            sentences.append(f"Note: {agreement.twoway.note}.")
    return [*sentences, *_edges(section)]


def _edges(section: Mapping[str, Agreement]) -> list[str]:
    """That a few hard pieces may be missing, or too many, where the answers look like it."""
    with_interval = {name: one for name, one in section.items() if one.twoway.low is not None}
    all_near = [name for name, one in with_interval.items() if near_edge(one.twoway.value)]
    half_near = {
        name: one
        for name, one in with_interval.items()
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


def music(section: MusicAmount, intervals: bool = True) -> list[str]:
    """Section 3: how much music that is, and what `intervals`, if there are any, are for."""
    amount = f"The items are {counted(section.segments, 'segment')} of "
    if not intervals and section.pieces is not None:
        amount += f"{counted(section.pieces, 'piece')}."
        return [amount, *_only_piece(section)]
    if not intervals:
        return ["The ratings do not tell which piece every segment is from."]
    if section.pieces is None:
        return [
            "The ratings do not tell which piece every segment is from; "
            f"{counted(section.segments, 'segment')} "
            f"{'is' if section.segments == 1 else 'are'} counted as independent, and the intervals "
            "are for other music only as far as they are."
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


def _only_piece(section: MusicAmount) -> list[str]:
    if section.pieces != 1:
        return []
    return ["They are all of one piece: nothing can be said of other pieces."]


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
            f"{probability(test.holm)}"
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
        f"{in_points(paired.twoway.value)} percentage points by answer, "
        f"{interval(paired.twoway, in_points)}{_tested(paired)}.",
        *_directions_differ(paired),
        f"Of these very items alone: {in_points(gap.value)} points by participant, "
        f"{interval(gap, in_points, 'for these very items')}, "
        f"{probability(paired.flips.holm)} by sign flips; "
        f"{people(lower)} {'agrees' if lower <= 1 else 'agree'} more on lower, "
        f"{paired.better.higher} more on higher, {paired.better.equal} equally on both.",
        *_only_these(paired),
    ]


def _only_these(paired: LowerLessHigher) -> list[str]:
    """That a difference of these items is none of the directions, where it is not."""
    holm = paired.flips.holm
    if holm is None or holm >= SIGNIFICANT or tells_directions(paired):
        return []
    return [
        "People agree more on these very items of one direction than on those of the other; "
        "whether they would with other pieces cannot be told."
    ]


def tells_directions(paired: LowerLessHigher) -> bool:
    """Whether agreement on lower and on higher items differs for other pieces, too."""
    return paired.holm is not None and paired.holm < SIGNIFICANT


def _directions_differ(paired: LowerLessHigher) -> list[str]:
    if not tells_directions(paired) or paired.twoway.value is None:
        return []
    more, less = ("lower", "higher") if paired.twoway.value > 0 else ("higher", "lower")
    return [
        f"People agree more on items meant to be {more} than on those meant to be {less}, and "
        "would with other pieces of their kind."
    ]


def _tested(test: LowerLessHigher) -> str:
    return "" if test.holm is None else f", {probability(test.holm)}"


def _beside(difference: float | None) -> str:
    """On which side of chance a rate lies, as in "above 50 %"."""
    if difference is None or abs(difference) < ROUNDING:
        return "at"
    return "above" if difference > 0 else "below"


def bias(section: Mapping[str, Detection], lean: Lean) -> list[str]:
    """Section 5: hearing apart from a habit of answering."""
    sentences = []
    for answer, detection in section.items():
        d_prime, criterion = detection.d_prime, detection.criterion
        if d_prime is None or criterion is None:
            sentences.append(f"Without items of both directions, “{answer}” cannot be judged.")
            continue
        untold = d_prime.low is None or detection.alike
        d_ends, c_ends = (
            "no interval" if untold else between(measure, number)
            for measure in (d_prime, criterion)
        )
        why = f" No interval, for {(d_prime.note or '').removeprefix(NONE)}." if untold else ""
        sentences.append(
            f"“{answer}” was answered to {percent(detection.hits.rate)} of the items meant so and "
            f"to {percent(detection.alarms.rate)} of the opposite ones: "
            f"d′ = {number(d_prime.value)} ({d_ends}), how well both are told apart, 0 being "
            f"not at all; c = {number(criterion.value)} ({c_ends}), which every “same” raises."
            f"{why}"
        )
    return [*sentences, *_lean(lean)]


def _lean(lean: Lean) -> list[str]:
    more = lean.more_lower
    if more.value is None:
        return []
    amount = f"{in_points(abs(more.value))} percentage points"
    ends = interval(more, in_points)
    identical = ""
    if lean.identical:
        identical = (
            f" Of {counted(lean.identical, 'answer')} to identical pairs, where nothing is to be "
            f"heard, {lean.identical_lower} called them lower and {lean.identical_higher} higher."
        )
    if more.low is None or more.note == CONSTANT or lean.holm is None:
        difference = f"“lower” less “higher” is {in_points(more.value)} percentage points"
        return [
            "How far people in general lean to “lower” or “higher” cannot be told: items of both "
            f"directions alike, {difference}, {ends}.{identical}"
        ]
    if lean.holm >= SIGNIFICANT:
        return [
            "No lean to “lower” or to “higher” is to be seen: items of both directions alike, "
            f"“lower” less “higher” is {in_points(more.value)} percentage points, {ends}, "
            f"{probability(lean.holm)}."
        ]
    word, other = ("lower", "higher") if more.value > 0 else ("higher", "lower")
    return [
        f"People answer “{word}” more often than “{other}”, items of both directions alike: by "
        f"{amount} (“lower” less “higher”: {ends}, {probability(lean.holm)}). Either they lean to "
        f"“{word}”, or changes to {word} are easier to hear.{identical}"
    ]
