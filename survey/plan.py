"""How many participants a study needs, by simulation.

python -m survey.plan --items 20 --participants 48     what so many would give
python -m survey.plan --items 20 --width 0.15          how many for an interval so wide
python -m survey.plan --items 20 --effect 0.2          how many to tell it from guessing
python -m survey.plan --design ab --effect 0.3         how many to find so much between two systems

For the design transfer by `survey.planning.power`, for others by `survey.planning`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from db.models import TRANSFER
from survey.comparisons import shares
from survey.designs import registry
from survey.planning.design_plan import DesignPlan, study_of
from survey.planning.power import (
    FEWEST_PARTICIPANTS,
    GUESSING,
    LOOKS,
    MOST_PARTICIPANTS,
    RUNS,
    Expectation,
    Look,
    StudySize,
    Tick,
    expected,
    looks,
    needed,
    truth_of,
)
from survey.statistics.json_fields import plain
from survey.statistics.pieces import FEW_PIECES
from survey.statistics.simulation import Truth

POWER = 0.8
AGREEMENT = 0.8
OF_SYSTEMS = ("participant_system", "item_system", "answer")  # fields of `Spread`
SPREADS = ("participant", "item", *OF_SYSTEMS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 for a question that makes no sense."""
    options = _parser().parse_args(arguments)
    try:
        if options.design != TRANSFER:
            return _of_design(options)
        _require_transfer(options)
        size = _size(options)
        with tqdm(unit="study", file=sys.stderr, leave=False, delay=1) as bar:
            answer = _answer(size, options, bar.update)
        kinds = looks(max(size.items, 8), size.seed, size.truth)
        if options.json:
            plan = {**plain(size), "pieces": size.piece_count}
            record = plain({"plan": plan, "answer": answer, "kinds": kinds})
            options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*_sentences(size, options, answer), "", *_table(kinds)]))
    return 0


def _of_design(options: argparse.Namespace) -> int:
    """The answer for a design whose questions are data."""
    if options.agreement is not None:
        raise ValueError(f"--agreement is of the design {TRANSFER}; others have --difference")
    _check_participants(options)
    difference = options.difference if options.effect is None else options.effect
    study = study_of(
        registry.find(options.design),
        2 if options.systems is None else options.systems,
        difference,
        {name: getattr(options, f"{name}_sd") for name in SPREADS},
        options.items,
        options.pieces,
        options.trials,
        options.each,
    )
    plan = DesignPlan(
        study,
        options.participants,
        options.width,
        options.effect,
        options.power,
        options.careless,
        options.runs,
        options.seed,
    )
    with tqdm(unit="study", file=sys.stderr, leave=False, delay=1) as bar:
        answer = plan.answer(bar.update)
    if options.json:
        plan_fields = {
            "design": options.design,
            "systems": list(study.form.names),
            "difference": study.difference,
            "spread": plain(study.spread),
            **{name: getattr(study, name) for name in ("items", "pieces", "trials")},
            **{name: getattr(plan, name) for name in ("power", "careless", "runs", "seed")},
        }
        record = {"plan": plan_fields, "answer": plain(answer)}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("\n".join(plan.sentences(answer)))
    return 0


def _require_transfer(options: argparse.Namespace) -> None:
    """Refuse what is asked of other designs alone."""
    for name in ("systems", "difference", *(f"{name}_sd" for name in OF_SYSTEMS)):
        if getattr(options, name) is not None:
            raise ValueError(
                f"--{name.replace('_', '-')} is of designs that compare systems; name one with "
                "--design"
            )


def _check_participants(options: argparse.Namespace) -> None:
    if (
        options.participants is not None
        and not FEWEST_PARTICIPANTS <= options.participants <= MOST_PARTICIPANTS
    ):
        raise ValueError(
            f"participants are from {FEWEST_PARTICIPANTS} to {MOST_PARTICIPANTS}, "
            f"not {options.participants}"
        )


def _size(options: argparse.Namespace) -> StudySize:
    usual = Truth()
    truth = Truth(
        participant_sd=_or(options.participant_sd, usual.participant_sd),
        item_sd=_or(options.item_sd, usual.item_sd),
    )
    share = GUESSING + options.effect if options.effect else _or(options.agreement, AGREEMENT)
    each = next((one for one in (options.each, options.trials) if one is not None), options.items)
    _check_participants(options)
    for name in ("width", "effect"):
        value = getattr(options, name)
        if value is not None and not 0 < value < 1:
            raise ValueError(f"{name} is between 0 and 1, not {value}")
    return StudySize(
        truth_of(share, truth),
        options.items,
        each,
        options.careless,
        options.runs,
        options.seed,
        options.pieces,
    )


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _answer(size: StudySize, options: argparse.Namespace, tick: Tick) -> Expectation | None:
    if options.width is not None:
        return needed(size, lambda study: _is_narrow(study, options.width), tick)
    if options.effect is not None:
        return needed(size, lambda study: study.power >= options.power, tick)
    return expected(size, options.participants or 48, tick)


def _is_narrow(study: Expectation, width: float) -> bool:
    return study.agreement.width is not None and study.agreement.width <= width


def _sentences(
    size: StudySize, options: argparse.Namespace, answer: Expectation | None
) -> list[str]:
    goal = ""
    if options.width is not None:
        goal = f"agreement's 95 % interval to be at most {options.width:g} wide"
    elif options.effect is not None:
        goal = f"agreement {options.effect:g} above guessing, found {options.power:.0%} of the time"
    if answer is None:
        return [
            f"For {goal}, {MOST_PARTICIPANTS} participants are not enough: it takes more pieces of "
            f"music than {size.piece_count}."
        ]
    people = answer.participants
    sentences = [f"For {goal}: {people} participants."] if goal else []
    sentences.append(
        f"{people} participants, {size.each} of {size.items} items each, of {size.piece_count} "
        f"pieces, {size.careless:.0%} careless; {size.runs} simulated studies:"
    )
    if size.piece_count < FEW_PIECES:
        sentences.append(
            f"  {size.piece_count} pieces are few: more of them make intervals narrower, more "
            "segments or people hardly do"
        )
    sentences += [
        f"  {words}"
        for words in shares.unheard(f"{people} participants", people, size.each, size.items)
    ]
    for name, precision in (("agreement", answer.agreement), ("rating", answer.rating)):
        width = "unknown" if precision.width is None else f"{precision.width:.3f}"
        observed = "unknown" if precision.observed is None else f"{precision.observed:.2f}"
        sentences.append(
            f"  {name}: {precision.mean:.3f}, 95 % interval {width} wide (median); participants "
            f"alike by {precision.rho:.3f}, design effect {precision.design_effect:.2f} by them "
            f"alone, {observed} by them and the pieces"
        )
    sentences.append(
        f"  agreement is found to be above guessing in {answer.power:.0%} of the studies"
    )
    return sentences


def _table(kinds: list[Look]) -> list[str]:
    head = f"What {LOOKS} participants of a kind look like to the analysis:"
    names = f"{'kind':<12}{'agreement':>10}{'d-prime':>10}{'c':>8}{'left out':>10}"
    rows = [
        f"{look.kind:<12}{look.agreement:>10.1%}{look.d_prime:>10.2f}"
        f"{round(look.criterion or 0.0, 2) + 0.0:>8.2f}{look.left_out:>10.0%}"  # no minus at 0
        for look in kinds
    ]
    return [head, names, *rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.plan", description="Plan a listening test by simulation."
    )
    parser.add_argument(
        "--design", choices=registry.DESIGNS, default=TRANSFER, help="default %(default)s"
    )
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument("--participants", type=int, help="what so many give; default 48")
    goal.add_argument("--width", type=float, help="of the 95 %% interval, as 0.15")
    goal.add_argument(
        "--effect",
        type=float,
        help="to be found: agreement, or right answers of abx, above one half, as 0.1; "
        "else points between systems",
    )
    parser.add_argument("--items", type=int, default=20, help="transfers of the study")
    parser.add_argument(
        "--pieces",
        type=int,
        help="of music that the items are of, 2 or more, for segments of one piece are alike; "
        f"default {FEW_PIECES}, or as many as items",
    )
    of_one = parser.add_mutually_exclusive_group()
    of_one.add_argument("--trials", type=int, help="of one participant; default all")
    of_one.add_argument("--each", type=int, help="the same: as many as there are of so many items")
    parser.add_argument(
        "--agreement", type=float, help=f"expected share (transfer), default {AGREEMENT}"
    )
    parser.add_argument("--systems", type=int, help="to be compared (all but transfer), default 2")
    parser.add_argument(
        "--difference",
        type=float,
        help="expected between the first system and the last (all but transfer): in points, "
        "default a tenth of the scale; of abx the right answers above one half, default 0.1",
    )
    parser.add_argument(
        "--participant-sd", type=float, help="of participants: in logits, else in points"
    )
    parser.add_argument("--item-sd", type=float, help="of items: in logits, else in points")
    parser.add_argument(
        "--participant-system-sd", type=float, help="in points, to each system apart"
    )
    parser.add_argument("--item-system-sd", type=float, help="in points, of each system apart")
    parser.add_argument("--answer-sd", type=float, help="in points, of single answers")
    parser.add_argument("--careless", type=float, default=0.0, help="share answering at random")
    parser.add_argument("--power", type=float, default=POWER, help=f"default {POWER}")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"simulated studies, default {RUNS}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", type=Path, help="the answer as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
