"""What a database knows of a study beside its ratings: how it was made, and when it ran."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from db.models import MAIN, Study
from survey.analysis.number_format import counted
from survey.core import panels, texts
from survey.publishing.material import Material, of_study

PHRASES = (
    "They are phrases of whole bars, drawn at random: to be lowered in arousal, of the most "
    "energetic third, to be raised, of the calmest, by a classifier of notes that knows no model."
)
SEGMENTS = (
    "They were drawn at random: to be raised in arousal, of the calmest third, to be lowered, of "
    "the most energetic, by {}."
)
LISTENERS = {"classifier": "a classifier of notes that knows no model", "model": "the model itself"}


@dataclass(frozen=True)
class StudyFacts:
    """Facts of a study; dates have no hours.

    Attributes
    ----------
    title, language : str
    trials_each : int
        That one participant is given, catch trials and practice left out.
    catch, practice : int
        Such trials on top, for everybody.
    repeats : int
        Trials of each participant that come once more.
    material : Material
    clip_seconds : float
        Length of every clip, silence at its ends included.
    sounds : str
        How clips were made, a sentence or more.
    panel : str
        Who sent participants; "" if nobody did.
    headphones : str
        "none", "covariate" or "gate".
    invited_only : bool
    statement : str
        The sentence that they agreed to.
    opened, closed : str or None
        Dates, ISO 8601.
    """

    title: str
    language: str
    trials_each: int
    catch: int
    practice: int
    repeats: int
    material: Material
    clip_seconds: float
    sounds: str
    panel: str
    headphones: str
    invited_only: bool
    statement: str
    opened: str | None
    closed: str | None

    @property
    def trials_in_words(self) -> str:
        """The trials that everybody was given, as words: "30 trials and 4 catch trials"."""
        if not self.catch:
            again = f" and {self.repeats} of them once more" if self.repeats else ""
            return counted(self.trials_each, "trial") + again
        trials = "transfer" if self.trials_each == 1 else "transfers"
        return f"{self.trials_each} {trials} and {counted(self.catch, 'catch trial')}"

    @property
    def practised(self) -> str:
        """The trials before, as words: "after 2 practice trials"."""
        return (
            f"after {counted(self.practice, 'practice trial')}"
            if self.practice
            else "without practice"
        )


def facts(study: Study) -> StudyFacts:
    """The facts of a study that is still in its session."""
    main = [stimulus for stimulus in study.stimuli if stimulus.kind in MAIN]
    kinds = Counter(stimulus.kind for stimulus in study.stimuli)
    return StudyFacts(
        title=study.title,
        language=study.language,
        trials_each=study.trials_each,
        catch=kinds["identical"] + kinds["swapped"],
        practice=kinds["practice"],
        repeats=study.build.get("repeats", 0),
        material=of_study(study),
        clip_seconds=main[0].first.seconds,
        sounds=_sounds(study),
        panel=_panel(study),
        headphones=study.headphones,
        invited_only=study.invited_only,
        statement=texts.statement(study),
        opened=study.opened_at.date().isoformat() if study.opened_at else None,
        closed=study.closed_at.date().isoformat() if study.closed_at else None,
    )


def _panel(study: Study) -> str:
    panel = panels.of(study)
    return "" if panel is None else panel.label


def _sounds(study: Study) -> str:
    build = study.build
    clips = build.get("clips", {})
    coded = "Clips were coded as MP3"
    if "kbits" in clips and "rate" in clips:
        coded += f" at a constant {clips['kbits']} kbit/s and {clips['rate']} Hz"
    coded += ", all with the same number of samples."
    if "stimuli" in build:
        loud = "The loudness of the sounds was left as it was."
        if build.get("lufs") is not None:
            lufs = f"{build['lufs']:.1f}".replace("-", "−")
            loud = f"All were brought to {lufs} LUFS (ITU-R BS.1770-4) without limiting."
        anchors = build.get("anchors") or []
        low = ""
        if anchors:
            limits = " and ".join(f"{limit:g}" for limit in anchors)
            low = f" Anchors are the reference without what is above {limits} kHz."
        drawn = f" {PHRASES}" if phrases_options(study) else ""
        return f"{len(build['stimuli'])} sound files were used.{drawn} {loud}{low} {coded}"
    rendering = f"Both clips of a pair were rendered by {clips.get('synthesiser', 'a synthesiser')}"
    model = build.get("checkpoint", {}).get("name")
    of_model = f" Segments were transferred by the model {model}." if model else ""
    chosen = build.get("selection")
    listener = LISTENERS.get((chosen or {}).get("by", "model"), "the model")
    drawn = f" {SEGMENTS.format(listener)}" if chosen else ""
    return f"{rendering} with one gain for both.{of_model}{drawn} {coded}"


def phrases_options(study: Study) -> str:
    """Options of ``survey.stimuli`` that made the phrases of a study; "" if nothing tells of such.

    They are in the settings of its items, which may be any text in studies of other sounds.
    """
    for item in study.build.get("items", {}).values():
        try:
            settings = json.loads(item.get("settings", ""))
        except (ValueError, RecursionError):
            return ""
        options = (
            settings.get("options") if isinstance(settings, dict) and "bars" in settings else None
        )
        return options if isinstance(options, str) else ""
    return ""
