"""What the environment says of the listening test: its database, its folder, its secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
SHORTEST_TOKEN = 16  # characters of the admin's token
FALSE = ("", "0", "false", "no", "off")


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
        What opens the admin's pages, at least `SHORTEST_TOKEN` characters; None: there are none.
    dataset : str or None
        Private dataset on the Hugging Face Hub that answers are copied to, ``owner/name``.
    hf_token : str or None
        Token that may write to it.
    ephemeral : bool
        True where the disk is wiped at restart.
    force_open : bool
        True: studies may be opened although answers would be lost at the next restart.

    Raises
    ------
    ValueError
        If the admin's token is too short.
    """

    data: Path = DATA
    database_url: str = field(default="", repr=False)
    admin_token: str | None = field(default=None, repr=False)
    dataset: str | None = None
    hf_token: str | None = field(default=None, repr=False)
    ephemeral: bool = False
    force_open: bool = False

    def __post_init__(self) -> None:
        if self.admin_token is not None and len(self.admin_token) < SHORTEST_TOKEN:
            raise ValueError(
                f"FADERNETS_ADMIN_TOKEN has {len(self.admin_token)} characters; "
                f"at least {SHORTEST_TOKEN} are needed"
            )
        if not self.database_url:
            path = self.data.absolute() / "survey.sqlite"
            object.__setattr__(self, "database_url", f"sqlite:///{path}")

    @property
    def audio(self) -> Path:
        """Folder of the clips, ``<sha256>.mp3``."""
        return self.data / "audio"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process: DATABASE_URL, FADERNETS_DATA, FADERNETS_ADMIN_TOKEN,
        FADERNETS_DATASET, HF_TOKEN and FADERNETS_ALLOW_EPHEMERAL; empty ones count as unset.

        Raises
        ------
        ValueError
            As the class does.
        """
        env = os.environ if environ is None else environ
        data, url = env.get("FADERNETS_DATA"), env.get("DATABASE_URL", "")
        return cls(
            data=Path(data).expanduser() if data else DATA,
            database_url=url,
            admin_token=env.get("FADERNETS_ADMIN_TOKEN") or None,
            dataset=env.get("FADERNETS_DATASET") or None,
            hf_token=env.get("HF_TOKEN") or None,
            # A Space's disk is wiped; a database elsewhere is not.
            ephemeral=bool(env.get("SPACE_ID")) and not url.startswith("postgres"),
            force_open=env.get("FADERNETS_ALLOW_EPHEMERAL", "").strip().lower() not in FALSE,
        )
