"""Panels that send participants to a study: Prolific, SONA, MTurk, and any other.

A panel sends people to the study's address with its number for them in the query, and knows what
became of somebody by the address to which they come back: one for who has finished, one for who
declined, one for who failed. A study keeps this in `Study.panel`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from db.models import LONGEST_PANEL_ID, Study
from survey.core import tokens

GENERIC = "generic"
CODE = "code"  # placeholder for the completion code
ENDS = ("finished", "declined", "failed")  # each with an address of its own
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
NUMBER = re.compile(rf"[A-Za-z0-9_.~@-]{{1,{LONGEST_PANEL_ID}}}")  # of somebody, as panels have it
PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
UNREAD = "ASSIGNMENT_ID_NOT_AVAILABLE"  # MTurk's, of who has only looked at the task
LONGEST_ADDRESS = 1000  # characters
MARK = 24  # digits of a mark


@dataclass(frozen=True)
class PanelKind:
    """What is known of a panel.

    Attributes
    ----------
    label : str
    parameters : dict of str to str
        What it puts into the query of the study's address, the number of somebody first, each with
        what stands for it in the address that the panel is given; "" if it fills in no links.
    hosts : tuple of str
        Where people come back to; one that begins with a dot: any below it; none: anywhere.
    path, needs : str, tuple of str
        How the path of the address for who has finished ends, and what its query has.
    returns : bool
        Whether there must be such an address; if not, people take their code along by hand.
    is_guessable : bool
        Whether its numbers can be guessed, as those that are short or count up.
    fills_links : bool
        Whether it puts the numbers into a link. MTurk has them in the address of a task's own frame
        alone, from where a script must take them.
    """

    label: str
    parameters: Mapping[str, str]
    hosts: tuple[str, ...]
    path: str
    needs: tuple[str, ...]
    returns: bool = True
    is_guessable: bool = False
    fills_links: bool = True


TASK = (
    '<p><a id="study" target="_blank" rel="noopener">Open the study</a></p>'
    '<script>document.getElementById("study").href = {address} + location.search</script>'
)
KINDS: dict[str, PanelKind] = {
    "prolific": PanelKind(
        "Prolific",
        {name: f"{{{{%{name}%}}}}" for name in ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")},
        ("app.prolific.com",),
        "/submissions/complete",
        ("cc",),
    ),
    "sona": PanelKind(
        "SONA",
        {"id": "%SURVEY_CODE%"},
        (".sona-systems.com",),
        "/webstudy_credit.aspx",
        ("experiment_id", "credit_token", "survey_code={id}"),
        is_guessable=True,
    ),
    "mturk": PanelKind(
        "MTurk",
        dict.fromkeys(("workerId", "assignmentId", "hitId"), ""),
        ("www.mturk.com", "workersandbox.mturk.com", "worker.mturk.com"),
        "/mturk/externalSubmit",
        ("assignmentId={assignmentId}",),
        returns=False,
        fills_links=False,
    ),
    GENERIC: PanelKind("another panel", {}, (), "", (), is_guessable=True),
}


@dataclass(frozen=True)
class Panel:
    """A study's panel.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name, parameter : str
        Of a generic one: what participants call it, and the parameter that has its number.
    finished, declined, failed : str
        Addresses to come back to, with placeholders in braces; "": none.
    fails_by_rules : bool
        Whether who finishes, and is left out by the study's rules, has failed.
    key : str
        Secret; what makes hashes of the panel's numbers unlike those of other studies.
    """

    kind: str
    name: str = ""
    parameter: str = ""
    finished: str = ""
    declined: str = ""
    failed: str = ""
    fails_by_rules: bool = False
    key: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or (KINDS[self.kind].label if self.kind else "")

    @property
    def parameters(self) -> dict[str, str]:
        """As `PanelKind.parameters`."""
        if self.kind == GENERIC:
            return {self.parameter: f"{{{self.parameter}}}"}
        return dict(KINDS[self.kind].parameters)

    @property
    def is_guessable(self) -> bool:
        """As of `PanelKind`: then a number alone opens nobody's place."""
        return KINDS[self.kind].is_guessable

    @property
    def fills_links(self) -> bool:
        """As of `PanelKind`."""
        return KINDS[self.kind].fills_links

    def entry(self, address: str) -> str:
        """What the panel is to be given: the study's address, or HTML that leads there."""
        if not self.fills_links:
            return TASK.format(address=json.dumps(address).replace("<", "\\u003c"))
        query = "&".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{address}?{query}"

    def read(self, query: Mapping[str, str]) -> dict[str, str] | None:
        """Whom the query of an address is of, by parameter; None if it does not say.

        A placeholder that the panel has left as it was says nothing, nor does MTurk's look at a
        task that nobody has accepted.
        """
        ids = {name: query.get(name, "") for name in self.parameters}
        numbers = {name: value for name, value in ids.items() if NUMBER.fullmatch(value)}
        missing = next(iter(self.parameters)) not in numbers
        return None if missing or self.is_preview(query) else numbers

    def is_preview(self, query: Mapping[str, str]) -> bool:
        """Whether the query of an address is of somebody who only looks at a task, as on MTurk."""
        return UNREAD in (query.get(name) for name in self.parameters)

    def number(self, ids: Mapping[str, str]) -> str:
        """The panel's number for somebody, of what `read` gives."""
        return ids[next(iter(self.parameters))]

    def address(self, end: str, ids: Mapping[str, str], code: str | None = None) -> str | None:
        """Where somebody comes back to who has finished, declined or failed; None: nowhere.

        Parameters
        ----------
        end : str
            One of `ENDS`.
        ids : mapping of str to str
            What `read` gave; of who came otherwise {}, and there is no address.
        code : str or None
            The completion code of who has one.
        """
        address: str = getattr(self, end)
        if not address or not ids:
            return None
        known = {**dict.fromkeys(self.parameters, ""), **ids, CODE: code or ""}
        return PLACEHOLDER.sub(lambda match: quote(known.get(match[1], ""), safe=""), address)

    def hashed(self, number: str) -> str:
        """What stands for a panel's number in an export: nobody without the key can make it."""
        return self._mac("export", number).hex()

    def mark(self, number: str) -> str:
        """What stands for a number in the admin's addresses: it tells no order, as rows' ids do."""
        return self._mac("mark", number).hex()[:MARK]

    def token(self, number: str, device: str | None) -> str:
        """The resume token of whom the panel sends: the same whenever they come.

        Where numbers can be guessed, whenever they come from the same device: `device` is the
        secret that it keeps. One that has none is given a token that nobody can make again.
        """
        if not self.is_guessable:
            mac = self._mac("token", number)
        elif device:
            mac = self._mac("token", f"{number}\0{device}")
        else:
            return tokens.secret()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def _mac(self, what: str, number: str) -> bytes:
        message = f"{what}\0{number}".encode()
        return hmac.new(self.key.encode(), message, hashlib.sha256).digest()

    def stored(self) -> dict[str, Any]:
        """The panel as `Study.panel` keeps it."""
        return asdict(self)

    def problems(self) -> list[str]:
        """Why people could not come by this panel, or not back to it: one sentence each."""
        if self.kind == GENERIC:
            if not self.name:
                return ["The panel needs a name, as participants know it."]
            if not PARAMETER.fullmatch(self.parameter) or self.parameter in (CODE, "invite"):
                return [
                    "The parameter that has the panel's number begins with a letter and has "
                    "letters, digits, hyphens and _ only; it is neither code nor invite."
                ]
        problems = [problem for end in ENDS if (problem := self._problem(end))]
        if not problems and not self.key:  # an export has neither key nor addresses
            return ["Save the panel once more: the study was imported, without the panel's key."]
        return problems

    def _problem(self, end: str) -> str | None:
        address: str = getattr(self, end)
        what, kind = f"The address for who has {end}", KINDS[self.kind]
        if not address:
            is_needed = end == "finished" and kind.returns
            return f"{what} is missing: {kind.label} pays nobody without it." if is_needed else None
        possible = [*self.parameters, CODE] if end == "finished" else list(self.parameters)
        for name in PLACEHOLDER.findall(address):
            if name not in possible:
                known = ", ".join(f"{{{word}}}" for word in possible)
                return f"{what} has the placeholder {{{name:.40}}}; there are {known}."
        plain = PLACEHOLDER.sub("0", address)
        if re.search(r"[{}%<>$\s\x00-\x20]", re.sub(r"%[0-9A-Fa-f]{2}", "", plain)):
            return (
                f"{what} has a character that no address has, or a placeholder of another "
                f"program; placeholders are written {{{possible[0]}}}."
            )
        host = host_of(plain)
        if host is None or PLACEHOLDER.search(address.partition("://")[2].partition("/")[0]):
            return f"{what} must begin with https:// and the name of the panel's server."
        if kind.hosts and not any(_is_of(host, known) for known in kind.hosts):
            return f"{what} leads to {host}; {kind.label} is at {_listed(kind.hosts)}."
        return self._incomplete(end, address, what)

    def _incomplete(self, end: str, address: str, what: str) -> str | None:
        """What an address lacks by which the panel would know who comes, and why."""
        kind = KINDS[self.kind]
        if self.kind == "prolific":  # every end has a code of its own there
            end = "finished"
        if end != "finished":
            return None
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        if not parts.path.endswith(kind.path):
            return f"{what} must be one of {kind.label}'s, with {kind.path} in it."
        for need in kind.needs:
            name, _, value = need.partition("=")
            query_value = query.get(name, [""])[0]
            if not query_value or (value and query_value != value):
                return f"{what} lacks {name}={value or '…'}: without it {kind.label} knows nobody."
        if self.kind == GENERIC and f"{{{self.parameter}}}" not in address:
            return f"{what} lacks {{{self.parameter}}}: without it {self.label} knows nobody."
        return None


def of(study: Study) -> Panel | None:
    """A study's panel; None if it has none."""
    return Panel(**study.panel) if study.panel else None


def checked(stored: dict[str, Any]) -> dict[str, Any]:
    """What is to be `Study.panel`, if it is a panel's, or {}.

    Raises
    ------
    ValueError
        If it is not.
    """
    if stored:
        kinds = {field.name: bool if field.type == "bool" else str for field in fields(Panel)}
        if stored.get("kind") not in KINDS or any(
            type(value) is not kinds.get(name) for name, value in stored.items()
        ):
            raise ValueError("this is no panel")
    return stored


def new_key() -> str:
    """A key for a study's panel: 256 bits."""
    return secrets.token_urlsafe(32)


def host_of(address: str) -> str | None:
    """The server of an https address; None if there is none that the world could find."""
    try:
        parts = urlsplit(address)
        usual = parts.scheme == "https" and parts.port in (None, 443) and "@" not in parts.netloc
    except ValueError:
        return None
    host = parts.hostname or ""
    return host if usual and HOST.fullmatch(host) else None


def _is_of(host: str, known: str) -> bool:
    return host.endswith(known) if known.startswith(".") else host == known


def _listed(hosts: tuple[str, ...]) -> str:
    return " or ".join(f"YOURS{host}" if host.startswith(".") else host for host in hosts)
