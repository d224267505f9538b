"""What the environment says of the listening test: its database, its folder, its secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from survey.core import token_strength

DATA = Path(__file__).resolve().parents[2] / "data"
SHORTEST_TOKEN = 16  # characters of the admin's token
LEAST_VARIETY = 8  # of them that cannot be told from those before
FALSE = ("", "0", "false", "no", "off")
PUBLIC = re.compile(
    r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[a-z0-9._~%/-]*)?", re.IGNORECASE
)
NOT_PUBLIC = (
    "FADERNETS_PUBLIC_URL must be an address such as https://example.org/music: with http or "
    "https and a host, without user, query and fragment"
)


@dataclass(frozen=True)
class Settings:
    """Where the survey keeps things and what it may do; secrets are not in its `repr`.

    Attributes
    ----------
    data : Path
        Folder of the SQLite file, of ``audio/`` and of the journal.
    database_url : str
        ``sqlite:///…`` or ``postgresql://…``.
    admin_token : str or None
        What opens the admin's pages; None: there are none. At least `SHORTEST_TOKEN` characters,
        at least `LEAST_VARIETY` of which do not just repeat or continue those before (aaaa, abab,
        1234, qwer).
    dataset : str or None
        Private dataset on the Hugging Face Hub that answers are copied to, ``owner/name``.
    bucket : Path or None
        Folder of a bucket mounted as a volume that answers are copied to instead.
    hf_token : str or None
        Token that may write to it.
    ephemeral : bool
        True where the disk is wiped at restart.
    force_open : bool
        True: studies may be opened although answers would be lost at the next restart.
    public_url : str or None
        Where the world finds the whole server, such as ``https://example.org/music``, the survey
        being below it; None: where a request was sent to.

    Raises
    ------
    ValueError
        If the admin's token is too short or too uniform, or the public address is none.
    """

    data: Path = DATA
    database_url: str = field(default="", repr=False)
    admin_token: str | None = field(default=None, repr=False)
    dataset: str | None = None
    bucket: Path | None = None
    hf_token: str | None = field(default=None, repr=False)
    ephemeral: bool = False
    force_open: bool = False
    public_url: str | None = None

    def __post_init__(self) -> None:
        if self.admin_token is not None:
            _check_token(self.admin_token)
        if self.public_url is not None:
            object.__setattr__(self, "public_url", _checked_url(self.public_url))
        if not self.database_url:
            path = self.data.absolute() / "survey.sqlite"
            object.__setattr__(self, "database_url", f"sqlite:///{path}")

    @property
    def audio(self) -> Path:
        """Folder of the clips, ``<sha256>.mp3``."""
        return self.data / "audio"

    @property
    def copied_to(self) -> str | None:
        """What answers are copied to, in words; None if they stay where they are."""
        if self.dataset is not None:
            return f"the private dataset {self.dataset}"
        return None if self.bucket is None else f"the bucket at {self.bucket}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process: DATABASE_URL, FADERNETS_DATA, FADERNETS_ADMIN_TOKEN,
        FADERNETS_DATASET, FADERNETS_BUCKET, HF_TOKEN, FADERNETS_ALLOW_EPHEMERAL and
        FADERNETS_PUBLIC_URL; empty ones count as unset.

        Raises
        ------
        ValueError
            As the class does.
        """
        env = os.environ if environ is None else environ
        bucket = env.get("FADERNETS_BUCKET")
        data, url = env.get("FADERNETS_DATA"), env.get("DATABASE_URL", "")
        return cls(
            data=Path(data).expanduser() if data else DATA,
            database_url=url,
            admin_token=env.get("FADERNETS_ADMIN_TOKEN") or None,
            dataset=env.get("FADERNETS_DATASET") or None,
            bucket=Path(bucket).expanduser() if bucket else None,
            hf_token=env.get("HF_TOKEN") or None,
            # A Space's disk is wiped; a database elsewhere is not.
            ephemeral=bool(env.get("SPACE_ID")) and not url.startswith("postgres"),
            force_open=env.get("FADERNETS_ALLOW_EPHEMERAL", "").strip().lower() not in FALSE,
            public_url=env.get("FADERNETS_PUBLIC_URL") or None,
        )


def _check_token(token: str) -> None:
    if len(token) < SHORTEST_TOKEN:
        raise ValueError(
            f"FADERNETS_ADMIN_TOKEN has {len(token)} characters; "
            f"at least {SHORTEST_TOKEN} are needed"
        )
    if token_strength.variety(token) < LEAST_VARIETY:
        raise ValueError(
            "FADERNETS_ADMIN_TOKEN is too easily guessed: at least "
            f"{LEAST_VARIETY} of its characters must not repeat or continue those before, "
            "as in aaaa, abab, 1234 or qwer"
        )


def _checked_url(url: str) -> str:
    """A public address without a slash at its end; the message never repeats what was given."""
    if not PUBLIC.fullmatch(url):
        raise ValueError(NOT_PUBLIC)
    try:
        urlsplit(url).port  # noqa: B018 (it is read to be checked)
    except ValueError as error:
        raise ValueError(NOT_PUBLIC) from error
    return url.rstrip("/")
