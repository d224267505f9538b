"""The report's numbers as plain sentences."""

from __future__ import annotations

from typing import Any

from db.models import BEST, WORST
from survey.analysis.number_format import (
    between,
    counted,
    hundred,
    in_points,
    interval,
    number,
    people,
    percent,
    probability,
)
from survey.statistics.mean_opinion_score import MIDDLE

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


def flow(found: dict[str, Any]) -> list[str]:
    """Section 1: who came how far, and who was left out by which rule."""
    verbs = {
        "invited": "were invited",
        "consented": "consented",
        "withdrawn": "withdrew, their answers erased",
        "answered": "answered at least one trial",
        "finished": "reached the end",
        "kept": "are analysed",
    }
    known = [f"{found[stage]} {verb}" for stage, verb in verbs.items() if found[stage] is not None]
    said = [f"Of all people: {'; '.join(known)}."]
    for rule in found["exclusions"]:
        said.append(
            f"Rule “{rule['rule']}”, left out who {rule['meaning']}: "
            f"{people(rule['participants'])}."
        )
    if not found["exclusions"]:
        said.append("No exclusion rule applies.")
    return said


def comparison(results: dict[str, Any]) -> list[str]:
    """Section 1: what the exclusions change."""
    out = results["flow"]["answered"] - results["flow"]["kept"]
    if not out:
        return ["Nobody was left out: results with and without exclusions are the same."]
    shares = [
        results[who]["intervals"]["overall"]["twoway"]["value"] for who in ("kept", "everyone")
    ]
    return [
        f"With exclusions, {percent(shares[0])} of the answers agree with the intended direction; "
        f"without them, {percent(shares[1])}. What follows is with exclusions."
    ]


def direction(found: dict[str, Any]) -> list[str]:
    """Section 2: what was heard, by what was intended."""
    said = []
    for row in found["table"]:
        counts = ", ".join(
            f"{count} ({percent(row['shares'][word])}) {word}"
            for word, count in row["counts"].items()
        )
        missing = f"; {row['missing']} gave no direction" if row["missing"] else ""
        said.append(f"Items meant to be {row['row']}, {row['n']} answers: {counts}{missing}.")
    for row in found["catch"]:
        counts = ", ".join(f"{count} {word}" for word, count in row["counts"].items())
        said.append(f"Catch trials ({row['row']}): {counts}.")
    return said


def intervals(found: dict[str, Any]) -> list[str]:
    """Section 3: agreement with its intervals."""
    said = []
    for name, values in found.items():
        if not values["n"]:
            said.append(f"There are no answers to {NAMES[name]}.")
            continue
        said.append(
            f"{values['agree']} of {values['n']} answers to {NAMES[name]} agree: "
            f"{percent(values['twoway']['value'])}; {interval(values['twoway'], percent)}."
        )
        naive, drawn = values["naive"], values["bootstrap"]
        said.append(
            f"Naively, as if answers were independent: {percent(naive['low'])} to "
            f"{percent(naive['high'])}. As a check, resampling people and items gives "
            f"{percent(drawn['low'])} to {percent(drawn['high'])}."
        )
        if values["twoway"]["note"]:
            said.append(f"Note: {values['twoway']['note']}.")
    return said


def music(found: dict[str, Any]) -> list[str]:
    """Section 3: how much music that is, and what its intervals may be said of."""
    pieces = found["pieces"]
    if pieces is None:
        return [
            f"The ratings do not tell which piece every segment is from; {found['segments']} "
            "segments are counted as independent, and the intervals are for other music only as "
            "far as they are."
        ]
    much = f"{counted(found['segments'], 'segment')} of {counted(pieces, 'piece')}"
    said = [
        f"The items are {much}. The intervals are for other people and for other segments of music "
        "of these pieces’ kind, chosen as these were."
    ]
    if pieces == 1:
        said.append("They are all of one piece: nothing can be said of other pieces.")
    elif found["by_piece"] is not None:
        said.append(
            "Segments of one piece count as independent, and may be alike. With pieces for units, "
            f"{interval(found['by_piece'], percent, 'of agreement on all items')}; for other "
            "pieces, report that one."
        )
    return said


def strengths(found: list[dict[str, Any]]) -> list[str]:
    """Section 3: agreement at each strength, where there are several."""
    if not found:
        return []
    each = []
    for row in found:
        one = row["agreement"]["overall"]
        sure = "" if one["low"] is None else f" ({between(one, percent)})"
        each.append(f"{percent(one['value'])}{sure} at {row['strength']:g}")
    return [
        "All numbers but these take all strengths together. A segment is one piece of music at all "
        f"of them. Agreement by strength: {'; '.join(each)}."
    ]


def lost(names: list[str]) -> list[str]:
    """At the end: which numbers are missing since they are none that can be written."""
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        "Some values of the data are so large that numbers computed from them are not finite; they "
        f"are left empty: {', '.join(names[:NAMED])}{more}."
    ]


def chance(found: dict[str, Any]) -> list[str]:
    """Section 4: agreement against guessing, and the two directions against each other."""
    said = []
    for name, tests in found["against"].items():
        rate = tests["mean_rate"]["value"]
        if rate is None:
            continue
        parts = [
            f"{percent(tests[guess]['chance'])}, guessing {guess}: {probability(tests[guess]['p'])}"
            for guess in ("one of three", "one of two")
        ]
        said.append(
            f"The mean participant's agreement on {NAMES[name]} is {percent(rate)}; against "
            f"{', and against '.join(parts)} (sign flips of {people(tests['one of two']['n'])})."
        )
    paired = found["lower_less_higher"]
    gap = paired["difference"]
    if gap["value"] is None:
        return [*said, "Nobody answered items of both directions, so they cannot be compared."]
    better = paired["better"]
    return [
        *said,
        f"Agreement on lower less agreement on higher items: "
        f"{number(hundred(gap['value']), 1)} percentage points by participant, "
        f"{interval(gap, in_points, 'for these very items')}, "
        f"{probability(paired['flips']['p'])} by sign flips; "
        f"{number(hundred(paired['twoway']['value']), 1)} points by answer, "
        f"{interval(paired['twoway'], in_points)}.",
        f"{people(better['lower'])} agree more on lower, {better['higher']} more on higher, "
        f"{better['equal']} equally on both ({probability(paired['sign_test'])}, exact sign test).",
    ]


def bias(found: dict[str, Any]) -> list[str]:
    """Section 5: hearing apart from a habit of answering."""
    said = []
    for answer, values in found.items():
        hits, alarms = values["hits"], values["alarms"]
        if values["d_prime"] is None:
            said.append(f"Without items of both directions, “{answer}” cannot be judged.")
            continue
        ends = values["bootstrap"]
        lean = "rarely" if values["criterion"] > 0 else "readily"
        sure = (ends["criterion"]["low"] or 0) * (ends["criterion"]["high"] or 0) > 0
        said.append(
            f"“{answer}” was answered to {percent(hits['rate'])} of the items meant so and to "
            f"{percent(alarms['rate'])} of the opposite ones: d′ = {number(values['d_prime'])} "
            f"({number(ends['d_prime']['low'])} to {number(ends['d_prime']['high'])}), how well "
            f"both are told apart, 0 being not at all; c = {number(values['criterion'])} "
            f"({number(ends['criterion']['low'])} to {number(ends['criterion']['high'])}): "
            + (
                f"people answer “{answer}” {lean}, whatever they hear."
                if sure
                else f"no clear habit of answering “{answer}”, or of avoiding it."
            )
        )
    return said


def opinion(found: dict[str, Any]) -> list[str]:
    """Section 6: mean opinion scores."""
    said = []
    for scale, values in found.items():
        mean = values["twoway"]
        if mean["value"] is None:
            said.append(f"There are no ratings of {scale}.")
            continue
        past = ""
        if mean["low"] is not None and (mean["low"] < WORST or mean["high"] > BEST):
            past = f" The interval reaches past the scale, {WORST} to {BEST}; it is not clipped."
        note = f" Note: {mean['note']}." if mean["note"] else ""
        said.append(
            f"{scale.capitalize()}: mean {number(mean['value'])}, {interval(mean, number)}; "
            f"naively {between(values['naive'], number)}; median {values['median']:g} of "
            f"{values['n']} ratings. Against the middle of the scale, {MIDDLE:g}: "
            f"{probability(values['holm'])}, by Holm's correction for several scales.{past}{note}"
        )
    return said


def reliability(found: dict[str, Any]) -> list[str]:
    """Section 7: whether participants agree with each other."""
    said = [
        "1 is full agreement between participants, 0 none beyond chance. The direction's "
        f"Krippendorff's α is {number(found['direction']['alpha'])}."
    ]
    for scale, values in found.items():
        if scale == "direction":
            continue
        said.append(
            f"{scale.capitalize()}: α {number(values['alpha'])}; one participant's rating of an "
            f"item is as reliable as ICC(A,1) = {number(values['icc_1'])}, the mean of "
            f"{number(values['k'], 1)} participants as ICC(A,k) = {number(values['icc_k'])}."
        )
    return said


def change(found: dict[str, Any]) -> list[str]:
    """Section 8: heard against actual change."""
    said = ["Each row of the heat map adds up to 100 %; the number below is the count of answers."]
    for name, values in found["correlations"].items():
        said.append(
            f"How arousal is heard to change against the measured change of {name}: "
            f"{_correlation(values)}."
        )
    if found["strength_correlation"] is not None:
        said.append(
            "How arousal is heard to change against the transfer's signed strength: "
            f"{_correlation(found['strength_correlation'])}."
        )
    return said


def planning(found: dict[str, Any]) -> list[str]:
    """Section 9: what clustering costs, and what more participants would bring."""
    said = []
    for name, values in found.items():
        person, observed = values["participants"], values["observed"]
        if person["design_effect"] is None or observed is None:
            said.append(f"{name.capitalize()}: too few answers to plan by.")
            continue
        points = percent if name == "agreement" else number
        said.append(
            f"{name.capitalize()}: {person['size']:.1f} answers a participant, alike by ρ = "
            f"{number(person['rho'], 3)}, make a design effect of "
            f"{number(person['design_effect'])}; participants and items together multiply the "
            f"naive variance by {number(observed)}."
        )
        if values["components"] is not None:
            said.append(
                f"With as many items, 96 participants would give ± "
                f"{points(values['half_widths']['96'])}, any number of them ± "
                f"{points(values['limit'])} at best."
            )
    return said


def _correlation(found: dict[str, Any]) -> str:
    if found["value"] is None:
        return found["note"] or "no correlation that is a finite number"
    sure = "" if found["low"] is None else f" ({between(found, number)})"
    return f"Spearman's ρ over {found['n']} items is {number(found['value'])}{sure}"
