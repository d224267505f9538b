"""What a paper on a listening test should say, and what of it the data say.

After arXiv:2503.03250, which has a checklist for reporting listening tests. The items here are
this software's, in its own words and order: read that one beside. An item that neither ratings nor
database answer is left to the authors; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from survey.analysis.number_format import counted
from survey.analysis.results import ParticipantFlow, Provenance
from survey.comparisons import repeats
from survey.designs.design import Design
from survey.designs.questions import Question
from survey.publishing.material import Material, of_ratings
from survey.publishing.study_facts import StudyFacts

TO_BE_FILLED_IN = "to be filled in by the authors"
HEADPHONES = {
    "none": "no check",
    "covariate": "a check with tones in antiphase, which turned nobody away",
    "gate": "a check with tones in antiphase; who failed could not take part",
}


@dataclass(frozen=True)
class Known:
    """All that items may be answered from; `facts` is None where there is a table alone."""

    design: Design
    questions: tuple[Question, ...]
    table: pd.DataFrame
    flow: ParticipantFlow
    facts: StudyFacts | None
    provenance: Provenance
    preregistered: str = ""

    @property
    def material(self) -> Material:
        """What the study is about; without a database, as far as its ratings tell."""
        if self.facts is not None:
            return self.facts.material
        return of_ratings(self.table, self.design.is_transfer)


Answer = Callable[[Known], str | None]


def answered(known: Known) -> list[tuple[str, str]]:
    """Every item with its answer, or with `TO_BE_FILLED_IN`."""
    return [(item, answer(known) or TO_BE_FILLED_IN) for item, answer in ITEMS]


def _authors(known: Known) -> str | None:
    return None


def _planned(known: Known) -> str | None:
    """What stands in the preregistration, in the authors' words."""
    return "as the preregistration has it" if known.preregistered else None


def _design(known: Known) -> str:
    return f"{known.design.name}: {known.design.about}"


def _questions(known: Known) -> str:
    if known.design.is_transfer:
        return (
            "direction of the change of arousal (lower, same, higher); rhythm, melody, harmony and "
            "naturalness, each from 1 (worst) to 5 (best)"
        )
    return "; ".join(of_question(question) for question in known.questions)


def of_question(question: Question) -> str:
    """A question with what could be replied."""
    if question.is_number:
        ends = question.ends
        least, most = (
            f"{end} ({ends[at]})" if ends else f"{end}"
            for at, end in enumerate((question.least, question.most))
        )
        scale = "slider" if question.kind == "slider" else "scale"
        kind = f"{scale} from {least} to {most}".replace("-", "−")
    elif question.kind == "choice":
        kind = f"choice of {', '.join(question.choices)}"
    else:
        kind = "free text"
    each = ", asked of each clip" if question.each else ""
    page = f", on page {question.page} of the trial" if question.page > 1 else ""
    return f"“{question.text}” ({kind}{each}{page})"


def _systems(known: Known) -> str | None:
    return known.material.named_systems or None


def _items(known: Known) -> str:
    return known.material.amount


def _clips(known: Known) -> str | None:
    facts = known.facts
    if facts is None:
        return None
    return f"clips of {facts.clip_seconds:.1f} s. {facts.sounds}"


def _order(known: Known) -> str | None:
    if known.facts is None:
        return None
    return "drawn for each participant; the least answered trials first"


def _practice(known: Known) -> str | None:
    facts = known.facts
    return None if facts is None else f"{counted(facts.practice, 'practice trial')}, not analysed"


def _trials(known: Known) -> str:
    sizes = _answers(known).groupby("participant").size()
    summary = f"{sizes.min()} to {sizes.max()} answered, median {sizes.median():g}"
    if len(repeats.without(known.table)) < len(known.table):
        summary += "; some of them once more, which is not counted here"
    return summary if known.facts is None else f"{known.facts.trials_in_words} given; {summary}"


def _answers(known: Known) -> pd.DataFrame:
    """A row for every trial that somebody answered, not for what came once more."""
    first = repeats.without(known.table)
    return first.drop_duplicates(["participant", _trial(first)])


def _trial(table: pd.DataFrame) -> str:
    return "stimulus" if "stimulus" in table else "item"


def _answers_each(known: Known) -> str:
    sizes = _answers(known).groupby(_trial(known.table)).size()
    return f"{sizes.min()} to {sizes.max()} participants a trial, median {sizes.median():g}"


def _seconds(known: Known) -> str | None:
    seconds = known.table["seconds"].dropna()
    return None if seconds.empty else f"median {seconds.median():.1f} s a trial"


def _recruited(known: Known) -> str | None:
    facts = known.facts
    if facts is None or not (facts.panel or facts.invited_only):
        return None
    return f"by {facts.panel}" if facts.panel else "by invitation, a link for each"


def _counts(known: Known) -> str:
    flow = known.flow
    stages = (
        ("invited", flow.invited),
        ("consented", flow.consented),
        ("answered", flow.answered),
        ("finished", flow.finished),
        ("left out by rules", flow.left_out),
        ("analysed", flow.kept),
    )
    return ", ".join(f"{count} {stage}" for stage, count in stages if count is not None)


def _rules(known: Known) -> str:
    if not known.flow.exclusions:
        return "none"
    return "; ".join(
        f"who {rule.meaning}: {rule.participants if rule.checked else 'could not be checked'}"
        for rule in known.flow.exclusions
    )


def of_people(table: pd.DataFrame, column: str) -> str | None:
    """How many participants said what of themselves; never who."""
    people = table.drop_duplicates("participant")[column]
    answers = people.dropna()
    answers = answers[answers != ""]
    if answers.empty:
        return None
    counts = answers.value_counts().sort_index()
    words = ", ".join(f"{name}: {count}" for name, count in counts.items())
    untold = len(people) - len(answers)
    return f"{words}; {untold} did not say" if untold else words


def _age(known: Known) -> str | None:
    return of_people(known.table, "age_band")


def _training(known: Known) -> str | None:
    return of_people(known.table, "training")


def _device(known: Known) -> str | None:
    return of_people(known.table, "device")


def _headphones(known: Known) -> str | None:
    if known.facts is not None:
        return HEADPHONES[known.facts.headphones]
    return "a check with tones in antiphase" if known.flow.headphones else None


def _attention(known: Known) -> str | None:
    facts = known.facts
    if facts is None:
        return None
    trials = counted(facts.catch, "catch trial") if facts.catch else "no catch trials"
    return f"{trials}; an answer was taken only after all clips had been played"


def _when(known: Known) -> str | None:
    facts = known.facts
    if facts is None or facts.opened is None:
        return None
    return f"from {facts.opened}" + (f" to {facts.closed}" if facts.closed else ", not yet closed")


def _language(known: Known) -> str | None:
    return None if known.facts is None else known.facts.language


def _statement(known: Known) -> str | None:
    return None if known.facts is None else f"“{known.facts.statement}”"


def _statistics(known: Known) -> str:
    return (
        "two-way clustered 95 % intervals (participants and pieces), p values after Holm, with "
        "exclusions and without"
    )


def _preregistered(known: Known) -> str | None:
    return known.preregistered or None


def _software(known: Known) -> str:
    provenance = known.provenance
    libraries = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    return f"version {provenance.code_version}; {libraries}; seed {provenance.seed}"


def _data(known: Known) -> str:
    return f"{known.provenance.rows} ratings, SHA-256 {known.provenance.data_sha256}"


ITEMS: tuple[tuple[str, Answer], ...] = (
    ("What the test is to find out, and the hypotheses", _planned),
    ("Preregistration", _preregistered),
    ("Kind of test", _design),
    ("Questions as they were asked, with scales and the words at their ends", _questions),
    ("Instructions that participants read", _authors),
    ("Language of the test", _language),
    ("Systems, reference and anchors", _systems),
    ("How systems were trained or made", _authors),
    ("Number of items and of pieces that they are from", _items),
    ("How items were chosen", _authors),
    ("Clips: length, coding, loudness", _clips),
    ("Order of trials", _order),
    ("Trials of one participant", _trials),
    ("Answers to each trial", _answers_each),
    ("Practice", _practice),
    ("Time taken", _seconds),
    ("When the test ran", _when),
    ("How participants were found", _recruited),
    ("How many took part, and how many are analysed", _counts),
    ("How the number of participants was decided", _authors),
    ("Age of participants in years", _age),
    ("Musical training of participants", _training),
    ("Gender, mother tongues and hearing of participants", _authors),
    ("Payment", _authors),
    ("Consent: the sentence agreed to", _statement),
    ("Ethics: approval, and by whom", _authors),
    ("What participants listened with", _device),
    ("Room, and level of the sound", _authors),
    ("Check of headphones", _headphones),
    ("Attention", _attention),
    ("Rules of exclusion, and how many fell under each", _rules),
    ("Statistics", _statistics),
    ("Software", _software),
    ("Data that results were computed from", _data),
    ("Where clips, ratings and code can be had", _authors),
)
