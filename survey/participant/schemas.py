"""What browsers may send and are answered; checked strictly: a number in quotes is no number."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from db.models import (
    HEADPHONE_SOUNDS,
    LONGEST_PANEL_ID,
    AgeBand,
    Device,
    Place,
    PlayEvent,
    Training,
)
from survey.ratings.judgement import Comment, Judgement, Seconds

Name = Annotated[str, StringConstraints(max_length=64)]
Number = Annotated[str, StringConstraints(max_length=LONGEST_PANEL_ID)]
Submission = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,64}$")]  # 128 bits or more
Channel = Literal["left", "right", "none"]


class Body(BaseModel):
    """A request's body: exactly these fields, exactly these types."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Join(Body):
    """Somebody agrees to take part; `text` is the hash of what they have read, if they say.

    `panel` has the panel's numbers for whom one sent, by the parameters of the address; `device` is
    a secret that the browser drew and keeps, by which its owner comes to their place again.
    """

    study: Name
    consent: bool = False
    invitation: Name | None = None
    panel: Annotated[dict[Name, Number], Field(max_length=9)] | None = None
    text: Name | None = None
    device: Secret | None = None


class Questions(Body):
    """The optional questions; None is an answer, too."""

    age_band: AgeBand | None = None
    training: Training | None = None
    device: Device | None = None


class SoundCheck(Body):
    """On which side each test sound was heard, and whether the page counts that as right."""

    left: Channel
    right: Channel
    ok: bool


class HeadphoneAnswers(Body):
    """Which tone of each sound was the quietest, in the order of the sounds."""

    answers: Annotated[
        list[Literal[1, 2, 3]], Field(min_length=HEADPHONE_SOUNDS, max_length=HEADPHONE_SOUNDS)
    ]


class Played(Body):
    """A clip began or ended to play."""

    trial: Name
    side: Place
    event: PlayEvent
    submission: Submission


class Answered(Body, Judgement):
    """A participant's judgement of a trial."""

    trial: Name
    submission: Submission
    comment: Comment | None = None
    seconds: Seconds | None = None


class Replied(Body):
    """A participant's replies to the study's questions; `survey.designs.questions` checks them."""

    trial: Name
    submission: Submission
    replies: dict[Name, Any]
    comment: Comment | None = None
    seconds: Seconds | None = None


class Withdrawal(Body):
    """Somebody wants to be erased."""

    confirm: bool


class Reachable(BaseModel):
    """The server and its database can be reached."""

    ok: bool


class Joined(BaseModel):
    """Somebody takes part: the resume token, and the path of their page."""

    token: str
    url: str


class Withdrawn(BaseModel):
    """Somebody was erased."""

    withdrawn: bool
